"""A net learns a few noisy points by heart; its size, more points, λ and dropout, the last two while it trains."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations.softmax import softmax_forward
from coursekit.arrays import Array
from coursekit.data.synthetic import POINT_SETS
from coursekit.exercises.question import Question
from coursekit.figures.controls import slider
from coursekit.figures.curves import Moves
from coursekit.figures.demo import demo
from coursekit.figures.marks import legend, level, line, say
from coursekit.figures.plane import PROBABILITY, Classes, regions
from coursekit.figures.steering import Live, SteeredState
from coursekit.figures.style import AMBER, BLUE, INK, RED, axes, headline
from coursekit.layers import Activation, Dropout, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import Momentum
from coursekit.training import fit
from coursekit.training.callbacks import Penalty

STEPS, EVERY = 800, 20  # of a run; from one picture to the next
VALIDATION = 500  # points that judge
NOISE = 0.2  # spread of the points around their moons
REACH, GRID = 3.0, 40  # the plane is shown from −REACH to REACH, its regions computed at GRID² points
CHANCE = math.log(2)
LOSS = LOSSES["softmax_cross_entropy"]


@dataclass(frozen=True)
class State(SteeredState):
    """Two hidden tanh layers of the same size, momentum, all points in every step."""

    units: int = slider(64, 1, 100, "units a layer", log=True, on_release=True, main=True)
    strength: float = slider(0.0, 0.0, 0.1, "penalty λ", step=0.001, on_release=True, main=True, live=True)
    drop: float = slider(0.0, 0.0, 0.8, "dropped share p", step=0.05, on_release=True, main=True, live=True)
    points: int = slider(60, 20, 400, "points to learn from", step=10, on_release=True)
    flipped: float = slider(0.1, 0.0, 0.4, "share of wrong labels", step=0.05, on_release=True)
    seed: int = 0


class Curves(NamedTuple):
    """How the net did after every few steps, with nothing dropped; all arrays are (K,)."""

    steps: Array
    train: Array  # loss, without the penalty
    val: Array
    train_error: Array  # share of the points that are classified wrongly, from 0 to 1
    val_error: Array


@dataclass(frozen=True)
class Frame:
    """The run after ``step`` steps."""

    curves: Curves
    probability: Array  # (GRID, GRID), of class 1, rows from bottom to top
    points: "Labelled"
    state: State

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return int(self.curves.steps[-1])

    @property
    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return self.step / STEPS

    @property
    def gap(self) -> float:
        """Validation loss minus training loss."""
        return float(self.curves.val[-1] - self.curves.train[-1])

    @property
    def risen(self) -> float:
        """How far the validation loss lies above its lowest point so far."""
        return float(self.curves.val[-1] - self.curves.val.min())

    @property
    def overfits(self) -> bool:
        """Whether new points fare far worse than those learned."""
        return self.gap > 0.3

    @property
    def underfits(self) -> bool:
        """Whether even the training loss is far above that of a net that knows the moons, but no flipped label."""
        f = self.state.flipped
        known = -f * math.log(f) - (1 - f) * math.log(1 - f) if f else 0.0
        return bool(self.curves.train[-1] > known + 0.15)

    @property
    def verdict(self) -> str:
        """What the headline says."""
        c = self.curves
        if self.overfits:
            rise = f", {c.val[-1] / c.val.min():.1f} times its lowest" if self.risen > 0.1 else ""
            return f"Overfitting: training loss {c.train[-1]:.2f}, validation loss {c.val[-1]:.2f}{rise}"
        if self.underfits:
            return f"Underfitting: training loss {c.train[-1]:.2f}, validation loss {c.val[-1]:.2f}"
        return f"Training loss {c.train[-1]:.2f}, validation loss {c.val[-1]:.2f}: a gap of {self.gap:.2f}"

    @property
    def readout(self) -> str:
        """Step, losses, errors, the lowest validation loss, and the last move."""
        c, best = self.curves, int(self.curves.val.argmin())
        return (
            f"Step {self.step} of {STEPS}: training loss {c.train[-1]:.2f} ({c.train_error[-1]:.0%} wrong), "
            f"validation loss {c.val[-1]:.2f} ({c.val_error[-1]:.0%} wrong), gap {self.gap:.2f}. "
            f"Lowest validation loss: {c.val[best]:.2f} at step {c.steps[best]:.0f}." + self.state.last_move()
        )


# ---- the run


class Labelled(NamedTuple):
    """Points of two moons."""

    x: Array  # (N, 2)
    labels: Array  # (N,), as the net sees them
    flipped: Array  # (N,) bool: those whose label is wrong


def draw(count: int, flipped: float, rng: np.random.Generator) -> Labelled:
    """Draw points of two moons, in float64, of which a share ``flipped`` has the other class's label on average."""
    points, labels = POINT_SETS["moons"].draw(rng, count, noise=NOISE)
    wrong = rng.random(count) < flipped
    return Labelled(1.5 * (points - np.array([0.5, 0.25])), np.where(wrong, 1 - labels, labels), wrong)


@lru_cache(maxsize=8)
def dealt(count: int, flipped: float, seed: int) -> tuple[Labelled, Labelled]:
    """Deal the points to learn from and those to judge by, from the same source: wrong labels are in both."""
    learn, judge = (np.random.default_rng([seed, part]) for part in (5, 6))
    return draw(count, flipped, learn), draw(VALIDATION, flipped, judge)


def network(units: int, rng: np.random.Generator, drop: float = 0.0) -> Sequential:
    """Build 2 → units → units → 2 with tanh, and dropout behind each hidden layer."""
    # float64: a run by heart is sensitive, and all processors should show the same one.
    first, second, last = (
        Linear(*sizes, rng, "xavier_normal", dtype=np.float64) for sizes in ((2, units), (units, units), (units, 2))
    )
    hidden = [first, Activation("tanh"), Dropout(drop, rng), second, Activation("tanh"), Dropout(drop, rng)]
    return Sequential([*hidden, last])


def judged(net: Sequential, points: Labelled) -> tuple[float, float]:
    """Return the mean loss and the share of points that are classified wrongly, in test mode."""
    scores = net.forward(points.x)
    return LOSS(scores, points.labels)[0], float((scores.argmax(1) != points.labels).mean())


class Seen(NamedTuple):
    """A net on its way, and how it did so far."""

    net: Sequential
    curves: list[tuple[float, ...]]


def frames(state: State, live: Live | None = None) -> Iterator[Frame]:
    """Train, with λ and the dropped share that the controls say before each step."""
    live = live or Live(state)
    for seen in run(live):
        yield frame_of(seen, live.state)


def run(live: Live) -> Iterator[Seen]:
    """Train, and judge the net after every few steps."""
    state = live.state
    learn, judge = dealt(state.points, state.flipped, state.seed)
    rng = np.random.default_rng(state.seed)
    net, penalty = network(state.units, rng), Penalty("l2", 0.0)
    optimiser = Momentum(lr=0.1, momentum=0.9)
    rows = fit(net, LOSS, optimiser, (learn.x, learn.labels), STEPS, state.points, rng, [penalty])
    seen: list[tuple[float, ...]] = []
    for step in range(1, STEPS + 1):
        steer(net, penalty, live.state.at(step - 1))
        next(rows)
        if live.single or step % EVERY == 0:
            (train, train_error), (val, val_error) = judged(net, learn), judged(net, judge)
            seen.append((step, train, val, train_error, val_error))
            yield Seen(net, seen)


def frame_of(seen: Seen, state: State) -> Frame:
    """Show what the net says of the plane now, and how it did so far."""
    learn, _ = dealt(state.points, state.flipped, state.seed)
    return Frame(Curves(*np.array(seen.curves).T), mapped(seen.net), learn, state)


def steer(net: Sequential, penalty: Penalty, now: State) -> None:
    """Let the next step take these λ and p."""
    penalty.strength = now.strength
    for layer in net.layers:
        if isinstance(layer, Dropout):
            layer.p = now.drop


def mapped(net: Sequential) -> Array:
    """Return the probability (GRID, GRID) of class 1 over the plane."""
    side = np.linspace(-REACH, REACH, GRID)
    plane = np.stack(np.meshgrid(side, side), axis=2).reshape(-1, 2)
    return np.asarray(softmax_forward(net.forward(plane))[0][:, 1].reshape(GRID, GRID))


@lru_cache(maxsize=64)
def compute(state: State) -> Frame:
    """Train to the end, or look the run up, and return its last frame; of all others none looks at the plane."""
    *_, last = run(Live(state))
    return frame_of(last, state)


# ---- the picture


class View:
    """The points and what the net says of the plane; beside them loss and error of both sets."""

    size = (10.4, 5.0)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_plane(figure)
        self._make_curves(figure)

    def _make_plane(self, figure: Figure) -> None:
        ax = axes(figure, (0.055, 0.11, 0.41, 0.725), "", "x₁", "x₂")
        self.regions = regions(ax, REACH, **PROBABILITY)
        self.wrong = line(ax, "o", color=RED, markersize=11, fillstyle="none", markeredgewidth=1.4)
        self.points = Classes(ax, (("o", BLUE), ("s", AMBER)), markersize=5.5)
        legend(ax, ("● class 0", BLUE), ("■ class 1", AMBER), ("○ wrong label", RED))

    def _make_curves(self, figure: Figure) -> None:
        self.loss = ax = axes(figure, (0.545, 0.445, 0.44, 0.39), "loss")
        ax.set(xlim=(0, STEPS), yscale="log", ylim=(0.001, 5))
        ax.set_yticks([0.01, 0.1, CHANCE, 3], ["0.01", "0.1", "chance", "3"])
        ax.minorticks_off()
        ax.tick_params(labelbottom=False)
        level(ax, CHANCE)
        legend(ax, ("— training", AMBER), ("— validation", BLUE))
        self.error = axes(figure, (0.545, 0.11, 0.44, 0.235), "wrong (%)", "training step")
        self.error.set(xlim=(0, STEPS), ylim=(0, 52), yticks=[0, 25, 50])
        self.curves = [line(ax, color=color, linewidth=2.0, ghost=True) for color in (AMBER, BLUE)]
        self.errors = [line(self.error, color=color, linewidth=1.6, ghost=True) for color in (AMBER, BLUE)]
        names = {"strength": "λ", "drop": "p"}
        self.moves = Moves(ax, names, STEPS, others=[self.error])

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        c, points = frame.curves, frame.points
        say(self.headline, frame.verdict, RED if frame.overfits else INK)
        self.regions.set_data(frame.probability)
        self.points.show(points.x, points.labels)
        self.wrong.set_data(*points.x[points.flipped].T)
        for mark, values in zip(self.curves, (c.train, c.val), strict=True):
            mark.set_data(c.steps, values)
        for mark, values in zip(self.errors, (c.train_error, c.val_error), strict=True):
            mark.set_data(c.steps, 100 * values)
        self.moves.show(frame.state.moves())


# ---- what is asked


def case(**changes: Any) -> dict[str, Any]:
    """Settings of a telling case: all others are the defaults."""
    default = State()
    return {name: getattr(default, name) for name in ("until", *State.controls())} | changes


demo(
    __name__,
    title="Learned by heart",
    question=Question(
        "This net knows its points by heart, and the loss on others has risen sixfold. If a penalty of λ = 0.01 "
        "is switched on at step 400, what does the validation loss do?",
        ("It falls at once", "It stays where it was", "It rises more slowly"),
        answer=0,
        explanation="The penalty pulls the large weights in, and with them go the narrow bays around wrong labels: a "
        "net that overfits is not lost. The training loss rises, and that is no harm.",
        settings={"strength": 0.01, "until": ((400, "strength", 0.0),)},
    ),
    others={
        "more points": Question(
            "With 400 points in place of 60, and the same net, what becomes of the training loss, now 0?",
            ("It stays at 0", "It rises; the gap shrinks", "It rises; the gap grows"),
            answer=1,
            explanation="Among 400 points a wrong label has right ones close by, and no smooth boundary serves both. "
            "The training loss is 0.29 now, and the validation loss 0.42.",
            settings={"points": 400},
        ),
        "too much": Question(
            "λ = 0.01 helps. What does a λ ten times as large do from the start?",
            ("It helps ten times as much", "The boundary is all but straight", "It learns every point by heart"),
            answer=1,
            explanation="Weights that are held so small leave every tanh in its straight middle part, and the net "
            "hardly bends. The gap is closed, but both losses are high: it underfits.",
            settings={"strength": 0.1},
        ),
    },
    notice="Wrong labels are in both sets, so on new points no net errs much less often than they occur. Look "
    "for bays around the ringed points: they are what is learned by heart, and they cost new points that fall there. "
    "Press Start, and switch λ or dropout on when the validation loss turns. Losses are those of the data, without the "
    "penalty, and with no unit dropped.",
    presets={
        "By heart": case(),
        "λ from the start": case(strength=0.01),
        "λ from step 400": case(strength=0.01, until=((400, "strength", 0.0),)),
        "Dropout": case(drop=0.5),
        "A small net": case(units=2),
    },
)
