"""A cliff in the loss of a recurrent unit, and descent that meets it: unclipped, clipped by value, clipped by norm."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import legend, line, put, say, segments
from coursekit.figures.number_grid import written
from coursekit.figures.style import BLUE, INK, ORANGE, RED, axes, headline, plain, readable
from coursekit.optimisers import clip_by_norm, clip_by_value

STEPS = 80
START = (5.0, -1.5)  # w and b of all three
FIRST, TARGET = 0.5, 0.7  # the unit's first state, and what it should say at the end
W, B = (3.7, 6.3), (-3.0, 1.2)  # what is shown
PIXELS = 181  # of the map, either way
GREYS = (255 * colormaps["Greys"](np.arange(256))).astype(np.uint8)
THROWN = 1.0  # a step as long as this throws the weights away
RULES = ("unclipped", "by value", "by norm")
COLORS = (RED, ORANGE, BLUE)


@dataclass(frozen=True)
class State(DemoState):
    """One unit over ``time`` steps; three descents with one rate."""

    threshold: float = slider(0.05, 0.01, 10.0, "threshold c", log=True, main=True)
    time: int = slider(20, 1, 50, "time steps T", main=True)
    step: int = slider(STEPS, 0, STEPS, "step of the descent", play=80, main=True)
    rate: float = slider(0.5, 0.1, 2.0, "rate η", log=True)


class Descent(NamedTuple):
    """A way down, of K − 1 steps."""

    w: Array  # (K,)
    b: Array  # (K,)
    loss: Array  # (K,)
    gradient: Array  # (K, 2), before it is clipped: ∂L/∂w, ∂L/∂b

    @property
    def strides(self) -> Array:
        """The length (K − 1,) of every step."""
        return np.hypot(np.diff(self.w), np.diff(self.b))


@dataclass(frozen=True)
class Frame:
    """The loss from above, three ways down so far, and the largest gradient that the unclipped one has met."""

    error: Array  # (PIXELS, PIXELS), √L, rows from low to high b
    runs: tuple[Descent, Descent, Descent]  # in the order of RULES
    steepest: int  # how many steps the unclipped descent had made when its gradient was largest
    raw: Array  # (2,), that gradient
    clipped: tuple[Array, Array]  # (2,) each: what value and norm make of it
    state: State

    @property
    def thrown(self) -> list[str]:
        """Which descents have made a step so long that it threw them away."""
        return [rule for rule, run in zip(RULES, self.runs, strict=True) if (run.strides > THROWN).any()]

    @property
    def angles(self) -> tuple[float, float, float]:
        """The directions of the step against the steepest gradient, in degrees: unclipped, by value, by norm."""
        raw, value, norm = (math.degrees(math.atan2(-g[1], -g[0])) for g in (self.raw, *self.clipped))
        return raw, value, norm

    @property
    def turn(self) -> float:
        """By how many degrees clipping by value turns the steepest gradient."""
        turned = abs(self.angles[1] - self.angles[0]) % 360
        return min(turned, 360 - turned)

    @property
    def story(self) -> str:
        """Who has been thrown, and how far."""
        thrown = self.thrown
        if not self.state.step:
            return "all three are at the start"
        if not thrown:
            return f"nobody is thrown; the largest gradient is {plain(self.size, 2)} long"
        longest = {rule: plain(float(run.strides.max()), 2) for rule, run in zip(RULES, self.runs, strict=True)}
        first, *others = thrown
        return ", ".join([f"{first} thrown {longest[first]} far", *(f"{rule} {longest[rule]}" for rule in others)])

    @property
    def size(self) -> float:
        """The length of the largest gradient."""
        return float(np.hypot(*self.raw))

    @property
    def readout(self) -> str:
        """The story, every loss, and what clipping makes of the largest gradient."""
        step = self.state.step
        losses = ", ".join(f"{rule} {plain(run.loss[-1], 2)}" for rule, run in zip(RULES, self.runs, strict=True))
        raw, value, norm = (degrees(angle) for angle in self.angles)
        return (
            f"T = {self.state.time}, step {step}: {self.story}. Loss: {losses}. The largest unclipped gradient so far, "
            f"at step {self.steepest}, is {plain(self.size)} long and asks for a step at {raw}; by value {value}, "
            f"by norm {norm}."
        )


# ---- the unit


def loss_and_gradients(w: float, b: float, time: int) -> tuple[float, float, float]:
    """Return L = (σ(x_T) − 0.7)², ∂L/∂w and ∂L/∂b of one recurrent unit, x_t = w σ(x_{t−1}) + b.

    Each step back in time multiplies the gradient by w σ′(x) once more: the product whose factors make the cliff.

    References
    ----------
    R. Pascanu, T. Mikolov and Y. Bengio (2013), On the difficulty of training recurrent neural networks, figure 6.
    """
    said = [sigmoid(FIRST)]
    for _ in range(time):
        said.append(sigmoid(w * said[-1] + b))
    error, last = said[-1] - TARGET, said[-1]
    dx, dw, db = 2 * error * last * (1 - last), 0.0, 0.0  # ∂L/∂x_T
    for s in reversed(said[:-1]):
        dw += dx * s
        db += dx
        dx *= w * s * (1 - s)  # ∂L/∂x_{t−1}
    return error**2, dw, db


def sigmoid(x: float) -> float:
    """Return 1 / (1 + e⁻ˣ), for an x of any size."""
    return (1 + math.tanh(x / 2)) / 2


@lru_cache(maxsize=64)
def error_map(time: int) -> Array:
    """Return the error |σ(x_T) − 0.7| = √L (PIXELS, PIXELS) over the plane that is shown."""
    w, b = np.linspace(*W, PIXELS, dtype=np.float32), np.linspace(*B, PIXELS, dtype=np.float32)[:, None]
    said: Array = np.full((PIXELS, PIXELS), sigmoid(FIRST), np.float32)
    for _ in range(time):
        said = (1 + np.tanh((w * said + b) / 2)) / 2
    error: Array = abs(said - TARGET)
    return error


# ---- the ways down


def clipped(gradient: Array, rule: str, threshold: float) -> Array:
    """Return what a rule makes of a gradient (2,)."""
    grads = {"both": gradient.copy()}
    if rule == "by value":
        clip_by_value(grads, threshold)
    elif rule == "by norm":
        clip_by_norm(grads, threshold)
    return grads["both"]


@lru_cache(maxsize=64)
def descend(rule: str, threshold: float, rate: float, time: int) -> Descent:
    """Take all steps w ← w − η · clip(g)."""
    place, way = np.array(START), []
    for _ in range(STEPS + 1):
        w, b = place.tolist()
        loss, dw, db = loss_and_gradients(w, b, time)
        way.append((w, b, loss, dw, db))
        place = place - rate * clipped(np.array([dw, db]), rule, threshold)
    walked = np.array(way)
    return Descent(walked[:, 0], walked[:, 1], walked[:, 2], walked[:, 3:])


def compute(state: State) -> Frame:
    """Walk down three times, and clip the steepest gradient."""
    until = slice(0, state.step + 1)
    whole = (
        descend(RULES[0], 0.0, state.rate, state.time),
        descend(RULES[1], state.threshold, state.rate, state.time),
        descend(RULES[2], state.threshold, state.rate, state.time),
    )
    none, value, norm = (Descent(*(array[until] for array in run)) for run in whole)
    steepest = int(np.hypot(*none.gradient.T).argmax())
    raw = none.gradient[steepest]
    both = clipped(raw, RULES[1], state.threshold), clipped(raw, RULES[2], state.threshold)
    return Frame(error_map(state.time), (none, value, norm), steepest, raw, both, state)


# ---- the picture


class View:
    """The loss from above with three paths; the losses; the steepest step and what clipping makes of it."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_plane(figure)
        self._make_losses(figure)
        self._make_arrows(figure)

    def _make_plane(self, figure: Figure) -> None:
        ax = axes(figure, (0.06, 0.125, 0.37, 0.70), "", "weight w", "bias b")
        legend(ax, *((f"— {rule}", color) for rule, color in zip(RULES, COLORS, strict=True)))
        ax.grid(visible=False)
        look = {"interpolation": "bilinear", "aspect": "auto", "animated": True}
        self.map = ax.imshow(shades(np.zeros((2, 2))), origin="lower", extent=(*W, *B), **look)
        ax.set(xlim=W, ylim=B, yticks=range(-3, 2))
        widths = zip(COLORS, (1.6, 4.0, 1.6), strict=True)
        self.paths = [line(ax, ".-", color=color, linewidth=width, markersize=5, ghost=True) for color, width in widths]
        self.ends = [line(ax, "o", color=color, markersize=9, zorder=5) for color in COLORS]
        self.start = line(ax, "o", color=INK, markersize=8, fillstyle="none", markeredgewidth=1.5, zorder=6)
        self.place = line(ax, "x", color=INK, markersize=10, markeredgewidth=2.4, zorder=6)
        put(self.start, *START)

    def _make_losses(self, figure: Figure) -> None:
        ax = axes(figure, (0.505, 0.125, 0.195, 0.70), "loss (log scale)", "step")
        ax.set(xlim=(0, STEPS), yscale="log", ylim=(1e-5, 1))
        self.losses = [line(ax, color=color, linewidth=1.3, ghost=True) for color in COLORS]

    def _make_arrows(self, figure: Figure) -> None:
        ax = axes(figure, (0.785, 0.125, 0.205, 0.70), "steepest step (×)", "change of w ÷ ηc", "change of b ÷ ηc")
        ax.set(xlim=(-1.5, 1.5), ylim=(-1.45, 2.85), xticks=range(-1, 2), yticks=range(-1, 2))
        ax.set_aspect("equal", anchor="NW")
        around = np.linspace(0, 2 * np.pi, 97)
        ax.plot(np.cos(around), np.sin(around), color=BLUE, linewidth=1.0, linestyle=":")
        ax.plot([-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1], color=ORANGE, linewidth=1.0, linestyle=":")
        widths = (1.6, 3.4, 3.0)
        self.arrows = [
            segments(ax, color, linewidths=width, linestyles=[(0, (4, 2))] if color == RED else "-")
            for color, width in zip(COLORS, widths, strict=True)
        ]
        style = {"fontsize": 10, "va": "center", "ha": "right", "animated": True}
        self.words = [ax.text(1.5, 2.6 - 0.42 * i, "", color=readable(c), **style) for i, c in enumerate(COLORS)]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        step = frame.state.step
        say(self.headline, f"Step {step}: {frame.story}", RED if frame.thrown else INK)
        self.map.set_data(shades(frame.error))
        for run, path, end, loss in zip(frame.runs, self.paths, self.ends, self.losses, strict=True):
            path.set_data(run.w, run.b)
            put(end, run.w[-1], run.b[-1])
            loss.set_data(np.arange(step + 1), run.loss)
        put(self.place, frame.runs[0].w[frame.steepest], frame.runs[0].b[frame.steepest])
        self._show_arrows(frame)

    def _show_arrows(self, frame: Frame) -> None:
        """Draw the steps against the steepest gradient, one that does not fit up to the edge."""
        threshold = frame.state.threshold
        for rule, g, angle, mark, words in zip(
            RULES, (frame.raw, *frame.clipped), frame.angles, self.arrows, self.words, strict=True
        ):
            moved = -g / threshold
            length = float(np.hypot(*moved))
            mark.set_segments(arrow(moved * min(1.0, 1.42 / max(length, 1e-9))))
            words.set_text(f"{rule} {length:.{int(length < 10)}f} c, {degrees(angle)}")


def degrees(angle: float) -> str:
    """Write an angle."""
    return f"{written(angle)}°"


def shades(error: Array) -> Array:
    """Turn errors (H, W) from 0, white, to 1, black, into colours (H, W, 4): matplotlib takes twice as long for it."""
    colors: Array = GREYS[(255 * error).astype(np.uint8)]
    return colors


def arrow(tip: Array) -> list[Array]:
    """Return the strokes of an arrow from the origin to its tip (2,)."""
    back = 0.2 * tip / max(float(np.hypot(*tip)), 1e-9)
    across = 0.5 * np.array([-back[1], back[0]])
    return [np.array([np.zeros(2), tip]), np.array([tip - back + across, tip, tip - back - across])]


def case(threshold: float, time: int, rate: float) -> dict[str, float]:
    """Settings of a telling case."""
    return {"threshold": threshold, "time": time, "rate": rate, "step": STEPS}


demo(
    __name__,
    title="The cliff",
    question=Question(
        "Over 20 time steps the unit's loss has a cliff, off which plain descent is thrown. Over 5 time steps, how far "
        "is it thrown?",
        ("As far", "Half as far", "Not at all"),
        answer=2,
        explanation="Each step back in time multiplies the gradient by w σ′(x), here at most w/4 = 1.1, and adds its "
        "share to ∂L/∂w and ∂L/∂b. After 20 steps the largest gradient is 6.9 long, after 5 only 0.15: there is a "
        "slope, but no cliff.",
        settings={"time": 5},
    ),
    others={
        "rate": Question(
            "Over 50 time steps, with a rate of 0.5, plain descent is thrown 1.1 far. You halve the rate. How far is "
            "it thrown?",
            ("Half as far", "Not at all", "Over ten times as far"),
            answer=2,
            explanation="A smaller rate shortens all steps, but the cliff stays as steep. Short steps happen to land "
            "on its very edge, where the gradient is 49 long instead of 2.2. Clipping shortens only the step that is "
            "too long.",
            settings={"time": 50, "rate": 0.25},
        ),
        "direction": Question(
            "With c = 10 nothing is clipped, and all three steps at the cliff point up at 61°. With c = 0.05, where "
            "does the one clipped by value point?",
            ("At 61°, as before", "At 45°", "At 29°"),
            answer=1,
            explanation="Both its components are larger than c, so both are cut to c: 45°, whatever the direction was. "
            "Clipping by norm multiplies both by one factor, and keeps 61°.",
            settings={"threshold": 0.05},
        ),
    },
    notice="The darker, the higher: white is the valley, and the cliff is the line where white turns dark at once. The "
    "cross marks the largest gradient that plain descent has met; at the right is the step it asks for, and what is "
    "left of it: by value it ends in the square, by norm in the circle. A clipped step may still be ηc long, so at the "
    "bottom descent by value hops across the narrow valley.",
    presets={
        "Thrown": case(0.05, 20, 0.5),
        "5 time steps": case(0.05, 5, 0.5),
        "50, half the rate": case(0.05, 50, 0.25),
        "c too large": case(10.0, 20, 0.5),
        "c too small": case(0.01, 20, 0.5),
    },
)
