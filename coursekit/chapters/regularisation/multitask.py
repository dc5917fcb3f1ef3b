"""One trunk and two heads: does a second task help the first, and when?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, legend, line, say, segments
from coursekit.figures.style import BLUE, GREY, INK, ORANGE, axes, headline
from coursekit.layers import Activation, Linear
from coursekit.losses import multitask
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

CLASSES = 10
HIDDEN = 32
PAIRS = 6  # of networks, each pair with the same first weights and the same labelled digits
POINTS = 100  # of a curve
LABELLED, OTHERS = 32, 96  # digits of a step that have their label, and digits for the second task only
SECOND: dict[str, tuple[str, Callable[[Array], Array]]] = {
    "pair": ("which pair: 0–1, 2–3, …", lambda digits: digits // 2),
    "loops": ("has it a loop?", lambda digits: np.isin(digits, (0, 6, 8, 9)).astype(int)),
    "parity": ("odd or even?", lambda digits: digits % 2),
    "noise": ("a label drawn by lot", lambda digits: np.random.default_rng(0).integers(0, 2, len(digits))),
}


@dataclass(frozen=True)
class State(DemoState):
    """All 1437 training digits have a label for the second task; so many of them one for the first."""

    labels: int = slider(20, 20, 1437, "digits with their label", log=True, on_release=True, main=True)
    second: str = choice("pair", {words: name for name, (words, _) in SECOND.items()}, "second task", main=True)
    weight: float = slider(1.0, 0.0, 3.0, "weight λ of task 2", step=0.1, on_release=True)
    every: int = 3  # steps from one point to the next
    seed: int = 0

    def without_effect(self) -> dict[str, str]:
        return {"second": "its weight is 0"} if self.weight == 0 else {}


@dataclass(frozen=True)
class Frame:
    """Accuracy on the test digits: a row for each pair, alone and with the second task."""

    steps: Array  # (K,)
    alone: Array  # (PAIRS, K)
    shared: Array  # (PAIRS, K)
    state: State

    @property
    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return float(self.steps[-1] / (POINTS * self.state.every))

    @property
    def gain(self) -> float:
        """What the second task adds to the mean accuracy, in points of a hundred."""
        return float(100 * (self.shared[:, -1] - self.alone[:, -1]).mean())

    @property
    def wins(self) -> int:
        """In how many pairs the network with two heads reads more."""
        return int((self.shared[:, -1] > self.alone[:, -1]).sum())

    @property
    def readout(self) -> str:
        """Both mean accuracies, and in how many pairs the second task helps."""
        return (
            f"Step {self.steps[-1]}, {self.state.labels} digits with their label. Test digits read, mean of {PAIRS}: "
            f"{self.alone[:, -1].mean():.1%} alone, {self.shared[:, -1].mean():.1%} with the second task; better in "
            f"{self.wins} of {PAIRS} pairs."
        )


@lru_cache
def digits() -> tuple[Array, Array, Array, Array]:
    """Return training digits x (1437, 64) and labels, test digits x (360, 64) and labels."""
    (train, labels), (test, test_labels) = load_digits("train"), load_digits("test")
    return train.reshape(len(train), -1), labels, test.reshape(len(test), -1), test_labels


class Learner(NamedTuple):
    """A network, its optimiser, and what the second task weighs for it."""

    net: Sequential
    optimiser: Any
    memory: dict[str, Any]
    weight: float

    def step(self, x: Array, y: Array, classes: tuple[int, int]) -> None:
        """Take a step on x (N, 64), y (N, 2)."""
        _, dscores = multitask(self.net.forward(x, training=True), y, classes, (1.0, self.weight))
        self.net.parameter_gradients(dscores)
        self.optimiser.step(self.net.params, self.net.grads, self.memory)

    def accuracy(self) -> float:
        """Share of the test digits that the first head reads."""
        _, _, x, labels = digits()
        return float((self.net.forward(x)[:, :CLASSES].argmax(1) == labels).mean())


def learner(seed: int, outputs: int, weight: float) -> Learner:
    """Make a trunk of 32 units with both heads in one last layer."""
    rng = np.random.default_rng(seed)
    first, heads = Linear(64, HIDDEN, rng, "he_normal"), Linear(HIDDEN, outputs, rng, "he_normal")
    net = Sequential([first, Activation("relu"), heads])
    optimiser = OPTIMISERS["adam"](lr=0.005)
    return Learner(net, optimiser, optimiser.init(net.params), weight)


def batches(state: State, seed: int) -> Iterator[tuple[Array, Array]]:
    """Draw x (N, 64) and y (N, 2) without end; rows from `LABELLED` on have no label for the first task, −1."""
    x, labels, _, _ = digits()
    rng = np.random.default_rng([seed, 1])
    known = rng.permutation(len(x))[: state.labels]
    both = np.stack([labels, SECOND[state.second][1](labels)], axis=1)
    while True:
        first = rng.choice(known, min(LABELLED, len(known)), replace=False)
        others = rng.choice(len(x), OTHERS, replace=False)
        y = both[np.concatenate([first, others])]
        y[len(first) :, 0] = -1
        yield x[np.concatenate([first, others])], y


def frames(state: State) -> Iterator[Frame]:
    """Train all pairs, and show the curves so far."""
    classes = CLASSES, int(SECOND[state.second][1](digits()[1]).max()) + 1
    seeds = [PAIRS * state.seed + i for i in range(PAIRS)]
    pairs = [(learner(s, sum(classes), 0.0), learner(s, sum(classes), state.weight)) for s in seeds]
    streams = [batches(state, s) for s in seeds]
    found: list[list[tuple[float, float]]] = []
    for step in range(1, POINTS * state.every + 1):
        for (alone, shared), stream in zip(pairs, streams, strict=True):
            x, y = next(stream)
            count = int((y[:, 0] >= 0).sum())
            alone.step(x[:count], y[:count] * (1, 0) - (0, 1), classes)  # −1: its second head learns nothing
            shared.step(x, y, classes)
        if step % state.every == 0:
            found.append([(alone.accuracy(), shared.accuracy()) for alone, shared in pairs])
            both = np.array(found).transpose(2, 1, 0)  # (2, PAIRS, K)
            yield Frame(state.every * np.arange(1, len(found) + 1), both[0], both[1], state)


@lru_cache(maxsize=8)
def compute(state: State) -> Frame:
    """Train to the end and return the last frame."""
    *_, last = frames(state)
    return last


def preview(state: State) -> State:
    """Fewer steps."""
    return state.replace(every=1)


class View:
    """Accuracy step by step, each network thin and the mean thick; how each pair ends."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.curves = axes(figure, (0.06, 0.125, 0.57, 0.69), "test digits read (%)", "step")
        legend(self.curves, ("- - alone", GREY), ("— with a second task", BLUE))
        self.curves.set(ylim=(0, 102), yticks=range(0, 101, 20))
        self.thin = [segments(self.curves, color, linewidths=0.8, alpha=0.5) for color in (GREY, BLUE)]
        self.alone = line(self.curves, color=GREY, linewidth=2.6, linestyle="--", ghost=True)
        self.shared = line(self.curves, color=BLUE, linewidth=2.6, ghost=True)
        self.ends = axes(figure, (0.71, 0.125, 0.275, 0.69), "each pair now (%)", "alone")
        self.ends.set_ylabel("with a second task", fontsize=10.5, color=INK)
        self.ends.plot([0, 100], [0, 100], color=INK, linewidth=1.0, linestyle=":")
        self.pairs = line(self.ends, "o", color=ORANGE, markersize=8, alpha=0.85, ghost=True)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        fit(self.curves, xlim=(0, POINTS * frame.state.every))
        words = f"{frame.gain:+.1f} points by a second task".replace("-", "−")
        say(self.headline, f"Step {frame.steps[-1]}: {words}; better in {frame.wins} of {PAIRS} pairs")
        for thin, curves in zip(self.thin, (frame.alone, frame.shared), strict=True):
            thin.set_segments([np.stack([frame.steps, 100 * curve], axis=1) for curve in curves])
        self.alone.set_data(frame.steps, 100 * frame.alone.mean(0))
        self.shared.set_data(frame.steps, 100 * frame.shared.mean(0))
        self.pairs.set_data(100 * frame.alone[:, -1], 100 * frame.shared[:, -1])
        lowest = min(frame.alone[:, -1].min(), frame.shared[:, -1].min())
        low = next(low for low in (90, 80, 60, 40, 0) if 100 * lowest > low or low == 0)
        high = 101 if low == 90 else 102
        fit(self.ends, xlim=(low, high), ylim=(low, high))


demo(
    __name__,
    title="A second task",
    question=Question(
        "Of 20 digits one knows the label, of all 1,437 only the pair (0–1, 2–3, …). A head for the pair makes the "
        "other read more. With all labels known, how much does it add?",
        ("As much as with 20", "Less than two points", "It costs several points"),
        answer=1,
        explanation="The trunk learns from both tasks. Where labels are few, the second brings most of what it learns; "
        "where all are known, the first task has taught it already.",
        settings={"labels": 1437, "second": "pair", "weight": 1.0},
    ),
    notice="Both networks of a pair begin with the same weights and see the same labelled digits; each dot is a pair, "
    "above the diagonal where the second task helps. It helps where it needs what the first one needs, and labels of "
    "the first are few. Labels drawn by lot only take room in the trunk.",
    presets={
        "Few labels": {"labels": 20, "second": "pair", "weight": 1.0},
        "Some labels": {"labels": 100, "second": "pair", "weight": 1.0},
        "All labels": {"labels": 1437, "second": "pair", "weight": 1.0},
        "Odd or even": {"labels": 20, "second": "parity", "weight": 1.0},
        "By lot": {"labels": 20, "second": "noise", "weight": 1.0},
    },
)
