"""What training does from equal weights: equal units get equal gradients and stay equal, however long it goes on."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.curves import Scrubbed
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, fit, line, say, segments, stepped
from coursekit.figures.plane import PROBABILITY, Classes, boundaries, regions
from coursekit.figures.style import AMBER, BLUE, GHOST, PURPLE, axes, headline
from coursekit.layers import Activation, Linear, linear_forward
from coursekit.network import Sequential
from coursekit.training.history import History, keep_every_step

STEPS = 400
MAX_HIDDEN = 16
# Samples round each corner. The classes differ in size, so that the output bias has something to learn.
BLOBS = {(1, 1): 48, (-1, -1): 40, (1, -1): 36, (-1, 1): 36}
REACH = 2.1  # the data and the decision regions are shown from −REACH to REACH
GRID = 48  # points a side at which the decision regions are computed
SAME = 0.05  # units whose weights are all nearer than this look the same: the opening spread reaches half as far


@dataclass(frozen=True)
class State(DemoState):
    """Weights start as ``value + spread · N(0, 1)``, biases at 0."""

    spread: float = slider(0.01, 0.0, 0.5, "spread of the weights", step=0.01, main=True)
    value: float = slider(0.2, 0.0, 1.0, "weight common to all", step=0.05)
    step: int = slider(0, 0, STEPS, "training step", main=True)
    lr: float = slider(0.5, 0.05, 1.0, "learning rate", log=True)
    hidden: int = slider(8, 2, MAX_HIDDEN, "hidden units")
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The network at one step of its training; ``history`` holds the steps before and after it.

    ``twin`` is the run of the same network from equal weights.
    """

    history: History
    twin: History
    probability: Array  # (GRID, GRID), of class 1, rows from bottom to top
    groups: list[list[int]]  # hidden units that look the same
    state: State

    @property
    def different(self) -> int:
        """How many hidden units can be told apart in the picture."""
        return len(self.groups)

    @property
    def kinds(self) -> str:
        """That number in words."""
        if self.different > 1:
            return f"{self.different} different"
        return "all nearly alike" if self.state.spread else "all equal"

    @property
    def frozen(self) -> bool:
        """Whether every weight, of both layers, has been 0 from the first step to this one."""
        until = self.state.step + 1
        return not any(self.history.params[name][:until].any() for name in ("0.w", "2.w"))

    @property
    def readout(self) -> str:
        """How many units differ, and how well the network and its twin do."""
        step = self.state.step
        note = " Every weight is still exactly 0; only the output bias has moved." if self.frozen and step else ""
        return (
            f"Step {step}: {self.state.hidden} hidden units, {self.kinds}. "
            f"Loss {self.history.loss[step]:.3f}, {self.history.accuracy[step]:.1%} of the points right; "
            "from equal weights "
            f"{self.twin.accuracy[step]:.1%}.{note}"
        )


def corners(seed: int) -> tuple[Array, Array]:
    """Draw x (N, 2) round the corners of a square, and labels (N,): opposite corners share a class (XOR)."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(corner, 0.3, (count, 2)) for corner, count in BLOBS.items()])
    labels = np.concatenate([np.full(count, int(a != b)) for (a, b), count in BLOBS.items()])
    return x, labels


def network(spread: float, value: float, hidden: int, seed: int) -> Sequential:
    """Build 2 → hidden tanh → 2; a unit starts the same however many units there are beside it."""
    # float64: where a BLAS adds the columns of a matrix in different orders, float32 rounding errors could grow into a
    # difference between equal units that the learner would see.
    rng = np.random.default_rng([seed, 1])
    first = Linear(2, hidden, rng, init="constant", value=value, dtype=np.float64)
    last = Linear(hidden, 2, rng, init="constant", value=value, dtype=np.float64)
    first.params["w"] += spread * rng.standard_normal((MAX_HIDDEN, 2))[:hidden].T
    last.params["w"] += spread * rng.standard_normal((MAX_HIDDEN, 2))[:hidden]
    return Sequential([first, Activation("tanh"), last])


@lru_cache(maxsize=8)
def train(spread: float, value: float, lr: float, hidden: int, seed: int) -> History:
    """Train by gradient descent on all points at once and keep every step, so that a slider can scrub through them."""
    x, labels = corners(seed)
    return keep_every_step(network(spread, value, hidden, seed), "softmax_cross_entropy", lr, x, labels, STEPS)


def compute(state: State) -> Frame:
    """Train, or look up, the network of this state, and take it at ``state.step``."""
    history, twin = (train(spread, state.value, state.lr, state.hidden, state.seed) for spread in (state.spread, 0.0))
    w1, b1, w2, b2 = (history.params[name][state.step] for name in ("0.w", "0.b", "2.w", "2.b"))
    side = np.linspace(-REACH, REACH, GRID)
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    z, _ = linear_forward(points, w1, b1)
    a, _ = ACTIVATIONS["tanh"].forward(z)
    scores, _ = linear_forward(a, w2, b2)
    probabilities, _ = ACTIVATIONS["softmax"].forward(scores)
    units = np.concatenate([w1, b1[None], w2.T]).T  # all that makes a unit: its weights in, its bias, its weights out
    return Frame(history, twin, probabilities[:, 1].reshape(GRID, GRID), group(units), state)


def group(units: Array) -> list[list[int]]:
    """Put the rows of ``units`` that are nearer than `SAME` to the first of a group into that group."""
    groups: list[list[int]] = []
    for i, unit in enumerate(units):
        for members in groups:
            if np.abs(unit - units[members[0]]).max() < SAME:
                members.append(i)
                break
        else:
            groups.append([i])
    return groups


def arrows(tips: Array, reach: float) -> Array:
    """Outline arrows from the origin to ``tips`` (H, 2) as polygons (H, 7, 2); ``reach`` is half the plane's side."""
    length = np.linalg.norm(tips, axis=1)[:, None]
    along = np.divide(tips, length, out=np.zeros_like(tips), where=length > 0)
    across = along[:, ::-1] * (-1, 1)
    head = np.minimum(0.10 * reach, length)
    neck, shaft, barb = tips - head * along, 0.012 * reach * across, 0.4 * head * across
    return np.stack([-shaft, neck - shaft, neck - barb, tips, neck + barb, neck + shaft, shaft + 0 * tips], axis=1)


class Units:
    """Hidden units as arrows, with the way that their tips have come."""

    def __init__(self, figure: Figure, left: float, title: str, what: str) -> None:
        self.plane = ax = axes(figure, (left, 0.13, 0.185, 0.69), title, "w₁", what)
        self.trails = segments(ax, PURPLE, linewidths=1.3, alpha=0.35)
        self.arrows = areas(ax, PURPLE, ghost={"color": GHOST["color"], "linewidth": 0.8})
        self.tips = line(ax, "o", color=PURPLE, markersize=4)
        self.times = ax.text(0, 0, "", fontsize=15, fontweight="bold", color=PURPLE, ha="right", animated=True)

    def show(self, history: History, step: int, largest: list[int], reach: float) -> None:
        """Show the units of a step, and how many look like the ``largest`` group's."""
        w1 = history.params["0.w"]
        fit(self.plane, xlim=(-reach, reach), ylim=(-reach, reach))
        tips = w1[step].T
        self.arrows.set_verts(arrows(tips, reach))
        self.tips.set_data(*tips.T)
        trail = np.linspace(0, step, 41).round().astype(int)
        self.trails.set_segments(w1[trail].transpose(2, 0, 1))
        self.times.set_text(f"×{len(largest)}" if len(largest) > 1 else "")
        self.times.set_position(0.6 * tips[largest[0]] + 0.06 * reach * np.array([-1, 1]))


class View:
    """Units from equal weights beside those of the network shown, what that says of the plane, and its training."""

    size = (10.4, 4.3)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.equal = Units(figure, 0.06, "equal weights", "w₂")
        self.units = Units(figure, 0.30, "with a spread", "")
        self._make_plane(figure)
        self._make_curves(figure)

    def _make_plane(self, figure: Figure) -> None:
        ax = axes(figure, (0.54, 0.13, 0.185, 0.69), "its answers", "x₁", "")
        self.regions = regions(ax, REACH, **PROBABILITY)
        self.lines = segments(ax, PURPLE, linewidths=1.2, alpha=0.8)
        self.points = Classes(ax, (("o", BLUE), ("s", AMBER)))

    def _make_curves(self, figure: Figure) -> None:
        ticks = ([0, 0.2, 0.4, 0.6, np.log(2), 0.8, 1], ["0", "0.2", "0.4", "0.6", "log 2", "0.8", "1"])
        self.curves = Scrubbed(axes(figure, (0.79, 0.13, 0.195, 0.69), "", "training step"), STEPS, np.log(2), ticks)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        history, step = frame.history, frame.state.step
        self._show_headline(frame)
        # Of both whole runs: the axes stand still while the step slider moves.
        longest = max(np.abs(run.params["0.w"]).max() for run in (history, frame.twin))
        reach = stepped(longest / 0.9, 1.5, 3.0, 6.0, 12.0, 24.0)
        self.equal.show(frame.twin, step, list(range(frame.state.hidden)), reach)
        self.units.show(history, step, max(frame.groups, key=len), reach)
        self.regions.set_data(frame.probability)
        self.lines.set_segments(boundaries(history.params["0.w"][step], history.params["0.b"][step], REACH))
        self.points.show(history.x, history.labels)
        self.curves.show(history.loss, history.accuracy, step)

    def _show_headline(self, frame: Frame) -> None:
        start = "All weights are 0" if frame.frozen else f"{frame.state.hidden} units, {frame.kinds}"
        words = f"{start}: {frame.history.accuracy[frame.state.step]:.0%} right"
        say(self.headline, words, PURPLE if frame.different == 1 else BLUE)


demo(
    __name__,
    title="Equal weights stay equal",
    question=Question(
        "Left, eight hidden units with the same weights, 0.2 each: one arrow, and every step moves all eight alike. "
        "Beside it they differ by about 0.01, too little to see. How many can you tell apart after 400 steps?",
        ("None: they stay nearly equal", "2: one for each class", "Nearly all"),
        answer=2,
        explanation="Equal units get the same gradient, and stay equal. Units that differ a little get gradients that "
        "differ a little, and training makes the difference grow, until hardly two look the same.",
        settings={"step": STEPS},
    ),
    notice="Each arrow is one hidden unit's weights, its line in the plane is where that unit's input is 0. A "
    "spread of 0.01 is enough, because training makes small differences grow. With all weights 0 "
    "not even one unit learns: tanh(0) = 0 leaves the output weights without a gradient, and they pass none down.",
    presets={
        "All zero": {"spread": 0.0, "value": 0.0, "step": STEPS},
        "All equal": {"spread": 0.0, "value": 0.2, "step": STEPS},
        "A little random": {"spread": 0.01, "value": 0.2, "step": STEPS},
        "Random, around 0": {"spread": 0.5, "value": 0.0, "step": STEPS},
    },
)
