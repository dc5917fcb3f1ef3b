"""One sigmoid neuron that starts wrong and sure: with squared error it hardly learns, with cross-entropy it does."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import RING, band, cursor, fit, legend, line, put, say
from coursekit.figures.style import AMBER, BLUE, INK, ORANGE, axes, headline, readable
from coursekit.losses import LOSSES

EPOCHS = 300
INPUT = 1.0
GOAL = 0.1  # an output this near to its target counts as learnt
REACH = 9.0
SUMS = np.linspace(-REACH, REACH, 181)  # z, for the curves behind the points


class Learner(NamedTuple):
    """A loss in this race, and its look."""

    loss: str
    color: str
    marker: str


LEARNERS = (
    Learner("mse", ORANGE, "s"),
    Learner("binary_cross_entropy", BLUE, "o"),
)


@dataclass(frozen=True)
class State(DemoState):
    """The neuron a = σ(w · 1 + b), before its first epoch; both losses have a rate of their own."""

    epoch: int = slider(0, 0, EPOCHS, "epoch", play=60, main=True)
    weight: float = slider(2.0, -4.0, 4.0, "first weight w", step=0.1, main=True)
    bias: float = slider(2.0, -4.0, 4.0, "first bias b", step=0.1, main=True)
    lr: float = slider(0.15, 0.03, 1.0, "learning rate η", log=True)
    ratio: int = slider(5, 1, 10, "squared error's η ×")
    target: int = choice(0, {"0": 0, "1": 1}, "target for input 1")


class Run(NamedTuple):
    """One neuron over all its epochs, and how hard its loss would pull anywhere."""

    output: Array  # (EPOCHS + 1,), a
    z: Array  # (EPOCHS + 1,)
    pull: Array  # (EPOCHS + 1,), |dL/dz|
    hill: Array  # (181,), |dL/dz| over SUMS


@dataclass(frozen=True)
class Frame:
    """Both neurons: the first learns with squared error, the second with cross-entropy."""

    runs: tuple[Run, ...]
    now: Array  # (2, 3), output, z and |dL/dz| of both at the epoch of the slider
    errors: tuple[Array, ...]  # (2,) each: the output, and the target that it should reach
    state: State

    @property
    def needed(self) -> tuple[int | None, int | None]:
        """The epochs that each loss needs until the output is within `GOAL` of the target; None if all do not do."""
        near = [np.abs(run.output - self.state.target) <= GOAL for run in self.runs]
        squared, entropy = (int(epochs.argmax()) if epochs.any() else None for epochs in near)
        return squared, entropy

    @property
    def readout(self) -> str:
        """What both need, and where both are now."""
        squared, entropy = map(spell, self.needed)
        return (
            f"To come within {GOAL:g} of {self.state.target}: squared error needs {squared}, cross-entropy {entropy}. "
            f"At epoch {self.state.epoch} the outputs are {self.now[0, 0]:.2f} and {self.now[1, 0]:.2f}, "
            f"|dL/dz| is {self.now[0, 2]:.3f} and {self.now[1, 2]:.3f}."
        )


def spell(epochs: int | None) -> str:
    """Write how many epochs were needed."""
    return f"more than {EPOCHS} epochs" if epochs is None else f"{epochs} epoch{'s' * (epochs != 1)}"


def cost_and_slope(loss: str, z: Array, y: Array) -> tuple[float, Array]:
    """Return L and dL/dz of the neuron a = σ(z) for targets y."""
    if loss == "mse":
        a, cache = ACTIVATIONS["sigmoid"].forward(z)
        cost, da = LOSSES["mse"](a, y)
        return cost, ACTIVATIONS["sigmoid"].backward(da, cache)  # dL/dz = 2 (a − y) σ'(z)
    return LOSSES[loss](z, y)  # dL/dz = a − y: σ'(z) has cancelled out


@lru_cache(maxsize=8)
def train(loss: str, w: float, b: float, lr: float, target: int) -> Run:
    """Take one step an epoch, and keep what the neuron did before each."""
    y = np.array([float(target)])
    sums, slopes = [], []
    for _ in range(EPOCHS + 1):
        z = np.array([w * INPUT + b])
        _, dz = cost_and_slope(loss, z, y)
        sums.append(z[0])
        slopes.append(dz[0])
        w -= lr * dz[0] * INPUT  # dL/dw = dL/dz · x
        b -= lr * dz[0]
    output, _ = ACTIVATIONS["sigmoid"].forward(np.array(sums))
    _, dsums = cost_and_slope(loss, SUMS, np.full_like(SUMS, target))  # of a mean over all of them
    return Run(output, np.array(sums), np.abs(slopes), np.abs(dsums) * len(SUMS))


def compute(state: State) -> Frame:
    """Train both neurons from the same start."""
    start, rates = (state.weight, state.bias), (state.ratio * state.lr, state.lr)
    runs = tuple(train(learner.loss, *start, rate, state.target) for learner, rate in zip(LEARNERS, rates, strict=True))
    now = np.array([[run.output[state.epoch], run.z[state.epoch], run.pull[state.epoch]] for run in runs])
    return Frame(runs, now, tuple(np.array([output, state.target]) for output in now[:, 0]), state)


class View:
    """The outputs against epochs; where both neurons stand on the sigmoid; how hard each is pulled."""

    size = (10.4, 4.3)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_race(figure)
        self._make_neuron(figure)
        self._make_pulls(figure)

    def _make_race(self, figure: Figure) -> None:
        self.race = ax = axes(figure, (0.085, 0.13, 0.36, 0.69), "", "epoch", "output a")
        ax.set(xlim=(0, EPOCHS), ylim=(-0.03, 1.03))
        legend(ax, ("■ squared error", ORANGE), ("● cross-entropy", BLUE))
        self.goal = band(ax, color=INK, alpha=0.10, linewidth=0)
        self.now = cursor(ax)
        self.curves = [line(ax, color=learner.color, linewidth=2.4, ghost=True) for learner in LEARNERS]
        self.ends = [
            line(ax, "|", color=readable(learner.color), markersize=16, markeredgewidth=2.2) for learner in LEARNERS
        ]
        self.race_dots = self._dots(ax)

    @staticmethod
    def _dots(ax: Axes, ghost: Any = False) -> list[Line2D]:
        style: dict[str, Any] = {
            "ghost": ghost,
            "markersize": 9,
            "markeredgecolor": INK,
            "markeredgewidth": 0.8,
            "clip_on": False,
        }
        return [line(ax, learner.marker, color=learner.color, zorder=4, **style) for learner in LEARNERS]

    def _make_neuron(self, figure: Figure) -> None:
        ax = axes(figure, (0.505, 0.13, 0.215, 0.69), "error a − y", "z = w · 1 + b")
        ax.set(xlim=(-REACH, REACH), ylim=(-0.03, 1.03), xticks=(-8, -4, 0, 4, 8))
        ax.plot(SUMS, ACTIVATIONS["sigmoid"].forward(SUMS)[0], color=INK, linewidth=1.8)
        self.errors = [line(ax, color=learner.color, linewidth=1.4) for learner in LEARNERS]
        self.neuron_dots = self._dots(ax, ghost=RING)

    def _make_pulls(self, figure: Figure) -> None:
        ax = axes(figure, (0.775, 0.13, 0.215, 0.69), "pull |dL/dz|", "z")
        ax.set(xlim=(-REACH, REACH), ylim=(-0.03, 1.03), xticks=(-8, -4, 0, 4, 8))
        self.hills = [line(ax, color=learner.color, linewidth=2.0) for learner in LEARNERS]
        style: dict[str, Any] = {"fontsize": 11, "animated": True}
        self.names = [ax.text(0, 0.86, "", color=BLUE, **style), ax.text(0, 0.4, "", color=AMBER, **style)]
        self.pull_dots = self._dots(ax)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        squared, entropy = map(spell, frame.needed)
        say(self.headline, f"Squared error needs {squared}, cross-entropy {entropy}")
        now, target = frame.state.epoch, frame.state.target
        self._show_target(target)
        for name, words in zip(self.names, ("|a − y|", "× 2 σ′(z)"), strict=True):
            name.set_text(words if now else "")
        self.now.set_xdata([now, now])
        for row, run in enumerate(frame.runs):
            output, z, _ = frame.now[row]
            put(self.race_dots[row], now, output)
            put(self.neuron_dots[row], z, output)
            self.errors[row].set_data([z, z], frame.errors[row])
            self._show_outcome(frame, row, run)

    def _show_outcome(self, frame: Frame, row: int, run: Run) -> None:
        """Show a run as a whole, and what it is pulled by; nothing of it before the first epoch."""
        begun, needed = frame.state.epoch > 0, frame.needed[row]
        _, z, pull = frame.now[row]
        self.curves[row].set_data(*(np.arange(EPOCHS + 1), run.output) if begun else ([], []))
        self.ends[row].set_data(*([needed], [run.output[needed]]) if begun and needed is not None else ([], []))
        self.hills[row].set_data(*(SUMS, run.hill) if begun else ([], []))
        self.pull_dots[row].set_data(*([z], [pull]) if begun else ([], []))

    def _show_target(self, target: int) -> None:
        """Move the goal and the names of the curves with the target."""
        middle = GOAL / 2 if target == 0 else 1 - GOAL / 2
        far, near = (1, -1) if target == 0 else (-1, 1)  # where the neuron is wrong, where it is right
        self.goal.set(y=middle - GOAL / 2, height=GOAL)
        labels = ["learnt", "0.2", "0.4", "0.6", "0.8", str(1 - target)]
        fit(self.race, yticks=[middle, 0.2, 0.4, 0.6, 0.8, 1 - target], yticklabels=labels)
        for name, side in zip(self.names, (near, far), strict=True):
            name.set(x=side * (REACH - 0.3), ha="left" if side < 0 else "right")


def start(weight: float, bias: float, ratio: int = 5, target: int = 0) -> dict[str, Any]:
    """Settings of a telling case, seen to its end."""
    return {"weight": weight, "bias": bias, "lr": 0.15, "ratio": ratio, "target": target, "epoch": EPOCHS}


demo(
    __name__,
    title="Wrong, sure, and slow to learn",
    question=Question(
        "From w = b = 2 squared error, with five times the rate of cross-entropy, brings the neuron to 0.1 in as "
        "many epochs. What if it starts at w = b = 4, surer still?",
        (
            "Both need a little longer",
            "Squared error needs far longer",
            "Squared error wins",
        ),
        answer=1,
        explanation="63 epochs instead of 50 for cross-entropy. At z = 8 the sigmoid is flat: σ′(8) = 0.0003, and "
        "squared error multiplies its gradient by that. To keep up it would need a rate of 13, and for a surer "
        "mistake yet another. In the gradient of cross-entropy σ′ cancels out, and the pull is the error itself.",
        settings={"weight": 4.0, "bias": 4.0, "lr": 0.15, "ratio": 5, "target": 0, "epoch": EPOCHS},
    ),
    notice="The third picture opens with the first epoch. The square sits at the flat foot of its hill, where the "
    "error is largest and the pull smallest; the circle is pulled hardest exactly there. Squared error is slow "
    "at the end of the way too, but there the error is small, and nobody minds.",
    presets={
        "Wrong and sure": start(2.0, 2.0),
        "Wrong, not sure": start(0.6, 0.9),
        "Very sure": start(4.0, 4.0),
        "The same rate": start(2.0, 2.0, ratio=1),
        "Target 1": start(-2.0, -2.0, target=1),
    },
)
