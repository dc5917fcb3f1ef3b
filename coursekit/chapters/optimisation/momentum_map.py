"""How fast momentum converges on a quadratic, over all rates and momenta: the map has one best point."""

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.handles import Point
from coursekit.figures.marks import fit, legend, line, put, say, stepped, zero
from coursekit.figures.style import BLUE, INK, ORANGE, RED, axes, headline, plain
from coursekit.figures.tiles import as_tiles
from coursekit.surfaces import Range

STEPS = 80
RATES: Range = (0.0, 4.0)  # of η h, the rate times the largest curvature
CELLS = 121  # of the map, each way
FEWEST, MOST = 6.0, 300.0  # steps for a digit that the colours span
NEAR = 1.1  # the best point is found where no more than so many times its steps are needed
DIVERGES = "#cfc6c2"
SHADES = ["#0b1d51", "#1f4e9c", BLUE, "#5fb0c9", "#b5dfc4", "#f3f8dc"]
SPEED = LinearSegmentedColormap.from_list("speed", SHADES, N=16).with_extremes(bad=DIVERGES)  # few edges: contours


@dataclass(frozen=True)
class State(DemoState):
    """A ravine of curvatures 1 and κ; the rate is told as a multiple of 1/κ."""

    rate: float = slider(1.98, 0.02, RATES[1], "rate η × steepest h", step=0.01, main=True)
    momentum: float = slider(0.0, 0.0, 0.99, "momentum β", step=0.01, main=True)
    kappa: float = slider(100.0, 2.0, 1000.0, "condition number κ", log=True, main=True)
    best: bool = switch(False, "show the best point")


@dataclass(frozen=True)
class Frame:
    """The map, and the two coordinates of a path that starts at 1 in both."""

    map: Array  # (CELLS, CELLS), the factor of each step, a row a momentum, a column a rate
    steps: Array  # (STEPS + 1,)
    floor: Array  # (STEPS + 1,), along the flattest direction
    across: Array  # (STEPS + 1,), along the steepest
    star: Array  # (2,), the rate and momentum of the best point; off the map while it is not to be seen
    factor: float  # by which the distance shrinks at each step, in the long run
    state: State

    @property
    def diverges(self) -> bool:
        """Whether the distance grows."""
        return self.factor >= 1

    @property
    def found(self) -> bool:
        """Whether the settings are as good as the best ones."""
        return as_good(self.factor, self.state.kappa)

    @property
    def damping(self) -> str:
        """Whether each coordinate creeps to 0 (overdamped) or swings around it (underdamped)."""
        floor, across = (
            damped(rate, self.state.momentum) for rate in (self.state.rate / self.state.kappa, self.state.rate)
        )
        return f"it {floor} along and across" if floor == across else f"it {floor} along the floor, {across} across it"

    @property
    def story(self) -> str:
        """How many steps a digit takes."""
        return "diverges" if self.diverges else f"{plain(digit(self.factor), 3)} steps for each digit"

    @property
    def readout(self) -> str:
        """Factor, steps for a digit, damping; and the best point once it is to be seen."""
        state = self.state
        told = (
            f"κ = {state.kappa:.4g}, η h = {plain(state.rate)}, β = {plain(state.momentum)}: "
            f"factor {plain(self.factor, 4)} a step, {self.story}; {self.damping}."
        )
        if not (state.best or self.found):
            return told
        rate, momentum, factor = best(state.kappa)
        return f"{told} The best: η h = {plain(rate)}, β = {plain(momentum)}, factor {plain(factor, 4)}."


def factor_of(rate: Array | float, momentum: Array | float) -> Array:
    """Return by how much heavy-ball momentum shrinks a coordinate at each step, in the long run.

    With a = η h, w ← (1 + β − a) w − β w_before: it follows the roots z of z² − (1 + β − a) z + β = 0. Where they are
    complex, the coordinate swings and |z| = √β.
    """
    half = (1 + momentum - rate) / 2
    discriminant = half**2 - momentum
    creeping = np.abs(half) + np.sqrt(np.maximum(discriminant, 0))
    return np.where(discriminant < 0, np.sqrt(momentum), creeping)


def both(rate: Array | float, momentum: Array | float, kappa: float) -> Array:
    """Return the larger factor of the two directions: in the long run the slower one is all that is left."""
    return np.maximum(factor_of(rate, momentum), factor_of(np.divide(rate, kappa), momentum))


def best(kappa: float) -> tuple[float, float, float]:
    """Return Polyak's best η h, β and factor: there both directions are just about to swing."""
    root = math.sqrt(kappa)
    factor = (root - 1) / (root + 1)
    return 4 * kappa / (root + 1) ** 2, factor**2, factor


def digit(factor: float) -> float:
    """Return after how many steps the distance is a tenth."""
    return math.log(10) / -math.log(factor) if factor > 0 else 0.0


def as_good(factor: float, kappa: float) -> bool:
    """Whether a factor is about as good as the best one."""
    return factor < 1 and digit(factor) <= NEAR * digit(best(kappa)[2])


def damped(rate: float, momentum: float) -> str:
    """Say what a coordinate with a = η h does."""
    half = (1 + momentum - rate) / 2
    if half**2 < momentum:
        return "swings"
    return "creeps" if half > 0 else "hops from side to side"


def path(rate: float, momentum: float) -> Array:
    """Walk a coordinate of f = ½ h w² from 1 with a = η h: v ← β v + g, w ← w − η v."""
    w, v, walked = 1.0, 0.0, [1.0]
    for _ in range(STEPS):
        v = momentum * v + rate * w  # h times the velocity's η: only the product matters
        w -= v
        walked.append(w)
    return np.array(walked)


def compute(state: State) -> Frame:
    """Colour the map, and walk."""
    middles = (np.arange(CELLS) + 0.5) / CELLS  # of the cells
    rates, momenta = RATES[1] * middles[None, :], middles[:, None]
    factor = float(both(state.rate, state.momentum, state.kappa))
    shown = state.best or as_good(factor, state.kappa)
    return Frame(
        map=both(rates, momenta, state.kappa),
        steps=np.arange(STEPS + 1),
        floor=path(state.rate / state.kappa, state.momentum),
        across=path(state.rate, state.momentum),
        star=np.array(best(state.kappa)[:2] if shown else (-1.0, -1.0)),
        factor=factor,
        state=state,
    )


class View:
    """The map of rates and momenta, and both coordinates of the path step by step."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_map(figure)
        upper = axes(figure, (0.655, 0.52, 0.33, 0.30), "along the floor (curvature 1)")
        self.lower = lower = axes(figure, (0.655, 0.125, 0.33, 0.30), "across (curvature κ)", "step")
        self.floor, self.across = coordinate(upper, BLUE), coordinate(lower, ORANGE)
        upper.tick_params(labelbottom=False)

    def _make_map(self, figure: Figure) -> None:
        ax = axes(
            figure, (0.065, 0.125, 0.435, 0.695), "steps for each digit", "rate η × steepest curvature", "momentum β"
        )
        ax.grid(visible=False)
        look = {"cmap": SPEED, "vmin": math.log(FEWEST), "vmax": math.log(MOST), "interpolation": "nearest"}
        look |= {"origin": "lower", "extent": (*RATES, 0, 1), "aspect": "auto", "animated": True}
        self.map = as_tiles(ax.imshow(np.zeros((2, 2)), **look))
        ax.set(xlim=RATES, ylim=(0, 1))
        legend(ax, ("■ diverges", "#80726b"))
        self.best = line(ax, "*", color="#ffd23f", markersize=17, markeredgecolor=INK, zorder=6)
        self.here = line(
            ax, "o", color=RED, markersize=12, markeredgecolor="#ffffff", markeredgewidth=1.6, clip_on=False
        )
        self.handles = (Point(ax, "rate", "momentum"),)
        scale = axes(figure, (0.515, 0.125, 0.014, 0.695), "")
        scale.imshow(np.linspace(0, 1, 64)[:, None], origin="lower", extent=(0, 1, 0, 1), aspect="auto", cmap=SPEED)
        ticks = [10, 30, 100, 300]
        scale.set(xticks=[], yticks=[math.log(n / FEWEST) / math.log(MOST / FEWEST) for n in ticks])
        scale.set_yticklabels([str(n) for n in ticks])
        scale.yaxis.tick_right()
        scale.grid(visible=False)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        state = frame.state
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = math.log(10) / -np.log(frame.map)
        self.map.set_data(np.log(np.where((frame.map < 1) & (frame.map > 0), steps, np.nan)))
        put(self.here, state.rate, state.momentum)
        put(self.best, *frame.star)
        self.floor.set_data(frame.steps, frame.floor)
        fit(self.lower, ylim=(-(reach := stepped(np.abs(frame.across).max(), 1.15, 4.0, 12.0)), reach))
        self.across.set_data(frame.steps, frame.across)
        words = f"{'Found, ' * frame.found}{frame.story}: {frame.damping}"
        say(self.headline, words[0].upper() + words[1:], RED if frame.diverges else INK)


def coordinate(ax: Axes, color: str) -> Line2D:
    """Make the curve of one coordinate of the path."""
    ax.set(xlim=(0, STEPS), ylim=(-1.15, 1.15))
    zero(ax)
    return line(ax, ".-", color=color, linewidth=1.6, markersize=4, ghost=True)


def case(rate: float, momentum: float, kappa: float, best: bool = False) -> dict[str, float | bool]:
    """Settings of a telling case."""
    return {"rate": rate, "momentum": momentum, "kappa": kappa, "best": best}


demo(
    __name__,
    title="The map of rate and momentum",
    question=Question(
        "This ravine is 100 times as steep across as along. Plain descent at its best rate needs 115 steps for each "
        "digit of precision. How many does the best pair of rate and momentum need?",
        ("About 100: the ravine stays as it is", "About 58, half of them", "About 12"),
        answer=2,
        explanation="The root of κ replaces κ: (√κ − 1)/(√κ + 1) = 0.818 a step, not (κ − 1)/(κ + 1) = 0.980.",
        settings=case(3.3, 0.67, 100.0, best=True),
    ),
    notice="Look for the darkest place with both sliders. Too little momentum, and the floor creeps (overdamped); too "
    "much, and both directions swing (underdamped), and a step shrinks them by √β only. At the best point both are "
    "just about to swing. It lies close to the edge: a rate slightly too large costs far more than one slightly too "
    "small.",
    presets={
        "Plain descent": case(1.98, 0.0, 100.0),
        "Too little": case(2.4, 0.3, 100.0),
        "Too much": case(2.4, 0.95, 100.0),
        "The best": case(3.3, 0.67, 100.0, best=True),
        "A round bowl": case(1.34, 0.0, 2.0),
    },
    others={
        "rates": Question(
            "At κ = 100 the best pair, η h = 3.3 and β = 0.67, needs 12 steps for each digit. How many do you need if "
            "you raise β to 0.95?",
            ("Fewer: it gains speed", "None: it diverges", "About 90"),
            answer=2,
            explanation="Both directions swing now, and a step shrinks them by √β only: by √0.95 = 0.975. A speed that "
            "hardly fades takes long to lose.",
            settings=case(3.3, 0.95, 100.0),
        ),
    },
)
