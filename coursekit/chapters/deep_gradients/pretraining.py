"""A deep tanh net after a random start, and one pre-trained layer by layer without labels; beside them ReLU with He."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from coursekit.arrays import Array
from coursekit.chapters.deep_gradients.autoencoder import TANH, pretrain
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.curves import Look, NamedCurves
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit as fit_axes
from coursekit.figures.marks import legend, level, line, say
from coursekit.figures.style import BLUE, INK, ORANGE, axes, headline
from coursekit.layers import Activation, Layer, Linear, linear_forward
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

WIDTH, CLASSES, DEEPEST = 32, 10, 10
STEPS, EVERY = 200, 5  # of fine-tuning; and from one look at the test digits to the next
LOOKS_EACH = 10  # at each layer while it is pre-trained
BATCH, RATE, PRE_RATE = 25, 0.02, 0.01
LOSS = LOSSES["softmax_cross_entropy"]
SHOWN = 8  # digits that are rebuilt
LOOKS = (Look("random", INK), Look("pre-trained", BLUE), Look("ReLU + He", ORANGE))
RANDOM, PRETRAINED, RELU = range(3)


@dataclass(frozen=True)
class State(DemoState):
    """Layers of 32 units; all digits to pre-train on, few with labels to fine-tune on."""

    depth: int = slider(2, 1, DEEPEST, "hidden layers", on_release=True, main=True)
    labels: int = slider(50, 20, 1000, "labelled digits", on_release=True, main=True)
    start: str = choice(
        "uniform", {"uniform ± 1/√n": "uniform", "Xavier": "xavier_normal"}, "first tanh weights", main=True
    )
    steps: int = slider(100, 10, 150, "steps a layer before", step=10, on_release=True)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The layers' pre-training, and then the race of the three nets."""

    unexplained: Array  # (L, K), of each layer begun, the share of its input's variance that is lost; NaN: not yet
    looks: Array  # (K,), the steps of a layer's training after which it was looked at
    digits: Array  # (8, 64), some training digits
    rebuilt: Array  # (8, 64), from the code of the layer that is trained, or was last
    steps: Array  # (S,), of fine-tuning
    accuracy: Array  # (3, S), share of the test digits that are read correctly
    progress: float
    state: State

    @property
    def story(self) -> str:
        """Which layer learns, or who reads how many digits."""
        depth, at = self.state.depth, len(self.unexplained)
        if not len(self.steps):
            now = self.unexplained[-1]
            lost = now[np.isfinite(now)][-1]
            return (
                f"Without labels: layer {at} of {depth} rebuilds its input, {min(lost, 9.99):.0%} of the variance lost"
            )
        told = ", ".join(f"{look.label} {share:.0%}" for look, share in zip(LOOKS, self.accuracy[:, -1], strict=True))
        return f"Step {self.steps[-1]} with labels: {told} of new digits right"

    @property
    def readout(self) -> str:
        """The nets, and the story."""
        state = self.state
        layers = f"{state.depth} hidden layer{'s' * (state.depth > 1)}"
        start = "uniform ± 1/√n" if state.start == "uniform" else "Xavier's rule"
        return f"{layers}, tanh weights by {start}, {state.labels} labelled digits. {self.story}."


class Task(NamedTuple):
    """Digits as rows of 64 pixels, float64 so that all processors show the same run."""

    x: Array  # (1437, 64), to pre-train on
    labels: Array  # (1437,)
    order: Array  # (1437,), the first of which have a label
    x_test: Array  # (360, 64)
    y_test: Array  # (360,)


@lru_cache(maxsize=4)
def task(seed: int) -> Task:
    """Load the digits, and draw which of them are labelled first."""
    (images, labels), (others, answers) = load_digits("train", np.float64), load_digits("test", np.float64)
    order = np.random.default_rng([seed, 3]).permutation(len(images))
    return Task(images.reshape(len(images), -1), labels, order, others.reshape(len(others), -1), answers)


def network(state: State, activation: str, rng: np.random.Generator) -> Sequential:
    """Build 64 → ``depth`` times 32 → 10: ReLU with He's weights, tanh as the state says.

    Uniform between ± 1/√n was the usual draw until Glorot and Bengio (2010, equation 1) called it into question: its
    variance is a third of 1/n.
    """
    relu = activation == "relu"
    named = "he_normal" if relu else state.start
    layers: list[Layer] = []
    for fan_in, fan_out in pairwise([64, *[WIDTH] * state.depth, CLASSES]):
        reach = {"bound": 1 / math.sqrt(fan_in)} if named == "uniform" else {}
        layers += [Linear(fan_in, fan_out, rng, named, dtype=np.float64, **reach), Activation(activation)]
    return Sequential(layers[:-1])


# ---- the run


def frames(state: State) -> Iterator[Frame]:
    """Pre-train the layers of one net, one after the other; then train all three on the labelled digits."""
    data = task(state.seed)
    nets = [network(state, activation, np.random.default_rng(state.seed)) for activation in ("tanh", "tanh", "relu")]
    before = None
    for before in pretraining(nets[PRETRAINED], data, state):
        yield before
    assert before is not None
    for steps, accuracy in race(nets, data, state):
        progress = 0.5 + 0.5 * steps[-1] / STEPS
        yield Frame(before.unexplained, before.looks, before.digits, before.rebuilt, steps, accuracy, progress, state)


def pretraining(net: Sequential, data: Task, state: State) -> Iterator[Frame]:
    """Train each layer to rebuild what it gets, and show what is left of some digits in its code."""
    rng, x = np.random.default_rng([state.seed, 1]), data.x
    decoders: list[tuple[Array, Array]] = []  # of the layers so far
    looks = state.steps * np.arange(1, LOOKS_EACH + 1) // LOOKS_EACH
    lost: list[list[float]] = []
    for linear in net.layers[:-1:2]:
        w, b = linear.params["w"], linear.params["b"]
        lost.append([])
        for step, (unexplained, c) in enumerate(pretrain(x, w, b, PRE_RATE, state.steps, rng), 1):
            if step not in looks:
                continue
            lost[-1].append(unexplained)
            rebuilt = rebuild(data.x[:SHOWN], net, [*decoders, (w, c)])
            done = (len(lost) - 1 + step / state.steps) / (2 * state.depth)
            nothing = np.empty(0, int), np.empty((3, 0))
            yield Frame(padded(lost, len(looks)), looks, data.x[:SHOWN], rebuilt, *nothing, done, state)
        decoders.append((w, c.copy()))
        x, _ = TANH.forward(linear_forward(x, w, b)[0])


def rebuild(x: Array, net: Sequential, decoders: list[tuple[Array, Array]]) -> Array:
    """Send x (N, D) up through as many layers as there are decoders (w, c), and down again."""
    for layer in net.layers[: 2 * len(decoders)]:
        x = layer.forward(x)
    for w, c in reversed(decoders):
        x = x @ w.T + c
    return x


def padded(rows: list[list[float]], length: int) -> Array:
    """Make an array (L, length) of rows that may be shorter: NaN behind their ends."""
    made = np.full((len(rows), length), np.nan)
    for row, values in zip(made, rows, strict=True):
        row[: len(values)] = values
    return made


def race(nets: list[Sequential], data: Task, state: State) -> Iterator[tuple[Array, Array]]:
    """Train all nets on the same batches; yield the steps looked at (S,) and the accuracies (3, S) so far."""
    rng, own = np.random.default_rng([state.seed, 2]), data.order[: state.labels]
    x, labels = data.x[own], data.labels[own]
    optimisers = [OPTIMISERS["momentum"](lr=RATE) for _ in nets]
    memories = [optimiser.init(net.params) for optimiser, net in zip(optimisers, nets, strict=True)]
    accuracies: list[list[float]] = []
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            accuracies.append([float((net.predict(data.x_test) == data.y_test).mean()) for net in nets])
            yield np.arange(0, step + 1, EVERY), np.array(accuracies).T
        rows = rng.choice(len(x), min(BATCH, len(x)), replace=False)
        for net, optimiser, memory in zip(nets, optimisers, memories, strict=True):
            _, dscores = LOSS(net.forward(x[rows], training=True), labels[rows])
            net.parameter_gradients(dscores)
            optimiser.step(net.params, net.grads, memory)


@lru_cache(maxsize=16)
def compute(state: State) -> Frame:
    """Run, or look up, all and return the last frame."""
    *_, last = frames(state)
    return last


# ---- the picture

LOWEST = 0.001  # share of the variance
BY_DEPTH = LinearSegmentedColormap.from_list("by_depth", [BLUE, "#b03a8f", ORANGE])
MARKERS = "os^DvPX*<>"  # of the layers, from the first on
SHADES = [to_hex(BY_DEPTH(share)) for share in np.linspace(0, 1, DEEPEST)]


def tiles(digits: Array) -> Array:
    """Lay digits (N, 64) out in a row with gaps, (8, 9 N − 1)."""
    row = np.full((8, 9 * len(digits)), np.nan)
    for i, digit in enumerate(digits):
        row[:, 9 * i : 9 * i + 8] = digit.reshape(8, 8)
    return row[:, :-1]


def strip(figure: Figure, bottom: float, title: str) -> AxesImage:
    """Add a row of digits; set by ``set_data``."""
    ax = axes(figure, (0.02, bottom, 0.39, 0.115), title)
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax.imshow(tiles(np.zeros((SHOWN, 64))), cmap="Greys", vmin=0, vmax=1, animated=True)


class View:
    """Digits and what the code keeps of them; the layers' errors; and the race with labels."""

    size = (10.4, 4.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.digits = strip(figure, 0.72, "digits without labels")
        self.rebuilt = strip(figure, 0.53, "rebuilt from the last code")
        self._make_layers(figure)
        self._make_race(figure)

    def _make_layers(self, figure: Figure) -> None:
        self.layers = axes(figure, (0.075, 0.125, 0.335, 0.28), "variance lost", "step of the layer's own training")
        legend(self.layers, ("— layer 1", SHADES[0]), ("— last", SHADES[-1]))
        self.layers.set(yscale="log", ylim=(LOWEST, 2))
        self.layers.set_yticks([0.001, 0.01, 0.1, 1], ["0.1%", "1%", "10%", "100%"])
        self.layers.minorticks_off()
        looks = zip(SHADES, MARKERS, strict=True)
        self.lost = [line(self.layers, mark, ls="-", color=color, linewidth=1.8, markersize=5) for color, mark in looks]

    def _make_race(self, figure: Figure) -> None:
        ax = axes(figure, (0.50, 0.125, 0.385, 0.71), "new digits right (%)", "training step with labels")
        ax.set(xlim=(0, STEPS), ylim=(0, 100))
        level(ax, 100 / CLASSES)
        self.race = NamedCurves(ax, LOOKS)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        say(self.headline, frame.story)
        self.digits.set_data(tiles(frame.digits))
        self.rebuilt.set_data(tiles(frame.rebuilt))
        fit_axes(self.layers, xlim=(0, frame.state.steps))
        for i, curve in enumerate(self.lost):
            begun = i < len(frame.unexplained)
            curve.set_data(frame.looks if begun else [], frame.unexplained[i] if begun else [])
        if len(frame.steps):
            self.race.show(frame.steps, 100 * frame.accuracy, [look.label for look in LOOKS])
        else:
            self.race.show(np.zeros(1), np.full((len(LOOKS), 1), np.nan), [""] * len(LOOKS))


demo(
    __name__,
    title="Layer by layer, without labels",
    question=Question(
        "Two tanh layers, 50 digits with labels: 72% of new digits are read after a random start, 78% after "
        "pre-training without labels. And with eight layers?",
        ("Both read more than with two", "10% and 73%", "About 10% each: tanh fades"),
        answer=1,
        explanation="These weights make the signal smaller in each layer, by √3, and the gradient with it: eight "
        "layers leave the random start at chance. Layers that have learnt to keep their input let both pass.",
        settings={"depth": 8, "labels": 50, "start": "uniform", "steps": 100},
    ),
    others={
        "start": Question(
            "Eight tanh layers read 10% of new digits after a random start, 73% after pre-training. You draw the first "
            "weights by Xavier's rule, about √3 times as large. What does the random start read now?",
            ("Still about 10%", "72%, nearly as much", "100%"),
            answer=1,
            explanation="The right scale alone lets signal and gradient pass. Since it is known, as He's for ReLU, the "
            "greedy way is seldom taken.",
            settings={"depth": 8, "labels": 50, "start": "xavier_normal", "steps": 100},
        ),
    },
    notice="First each layer learns to rebuild what it gets, from 1437 digits without labels; watch what the codes "
    "keep. Then all three nets train on the same few digits with labels, at one rate. With only 10 steps a layer, "
    "pre-training helps eight layers much less; with 1,000 labels the random start still reads few digits "
    "after 200 steps. ReLU with He's weights needs no pre-training to wake up.",
    presets={
        "2 layers": {"depth": 2, "labels": 50, "start": "uniform", "steps": 100},
        "8 layers": {"depth": 8, "labels": 50, "start": "uniform", "steps": 100},
        "8, Xavier": {"depth": 8, "labels": 50, "start": "xavier_normal", "steps": 100},
        "8, 1000 labels": {"depth": 8, "labels": 1000, "start": "uniform", "steps": 100},
        "8, hurried": {"depth": 8, "labels": 50, "start": "uniform", "steps": 10},
    },
)
