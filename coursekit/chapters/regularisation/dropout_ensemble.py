"""Dropout as an ensemble: the average of many subnetworks beside the one net that stands for them at test time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations.softmax import softmax_forward
from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, legend, line, put, say
from coursekit.figures.style import BLUE, INK, PURPLE, RED, axes, headline, plain
from coursekit.layers import Activation, Dropout, Layer, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import Momentum
from coursekit.training import fit

INPUT, HIDDEN = 0.2, 0.5  # shares that are dropped, Srivastava et al. (2014), appendix A.4: keep 0.8 and 0.5
PIXELS, UNITS, CLASSES = 64, 128, 10
EPOCHS, BATCH, RATE = 20, 64, 0.05
MASKS = 1000  # of one digit
NEAREST = 0.003  # the smallest difference that is drawn; a smaller one lies at the edge
JURY, DIGITS = 100, 200  # masks, and test digits, of the loss over many
LOSS = LOSSES["softmax_cross_entropy"]
SCALINGS = {"right": "right", "forgotten": "forgotten", "done twice": "twice"}


@dataclass(frozen=True)
class State(DemoState):
    """A digit, a net that was trained with dropout, and how many of its subnetworks are asked."""

    masks: int = slider(10, 1, MASKS, "subnetworks", log=True, main=True)
    scaling: str = choice("right", SCALINGS, "test-time scaling", main=True)
    net: str = choice("deep", {"two hidden layers": "deep", "softmax regression": "softmax"}, "net", main=True)
    mean: str = choice("geometric", {m: m for m in ("geometric", "arithmetic")}, "mean of probabilities")
    digit: int = slider(12, 1, DIGITS, "test digit")
    seed: int = 0


class Jury(NamedTuple):
    """Mean loss and share wrong over the test digits."""

    loss: Array  # (JURY,), of the average of 1, 2, … subnetworks
    wrong: Array  # (JURY,), from 0 to 1


@dataclass(frozen=True)
class Frame:
    """One digit as judged by subnetworks, by their average and by the test-time net."""

    single: Array  # (masks, C), probabilities of every subnetwork
    distances: Array  # (masks,), largest difference in a class between test-time net and average of 1, 2, … of them
    scaled: Array  # (C,), probabilities of the test-time net
    jury: Jury
    scaled_loss: float  # of the test-time net over the test digits
    scaled_wrong: float
    ratio: float  # mean input of the last layer, test time over training
    label: int
    state: State

    @property
    def average(self) -> Array:
        """The mean (C,) of the subnetworks' probabilities."""
        return running_mean(np.log(self.single), self.state.mean)[-1]

    @property
    def distance(self) -> float:
        """Largest difference in a class between the average and the test-time net."""
        return float(self.distances[-1])

    @property
    def verdict(self) -> str:
        """What the headline says."""
        if self.state.scaling != "right":
            way = "large" if self.ratio > 1 else "small"
            factor = self.ratio if self.ratio > 1 else 1 / self.ratio
            return f"Scaling {self._scaling}: the last layer's inputs are {factor:.2g} times too {way} at test time"
        count = f"{self.state.masks} subnetworks" if self.state.masks > 1 else "One subnetwork"
        return f"{count} and the whole net differ by {plain(self.distance, 2)} at most in a class"

    @property
    def _scaling(self) -> str:
        return {value: label for label, value in SCALINGS.items()}[self.state.scaling]

    @property
    def readout(self) -> str:
        """The difference for this digit, the losses over many, and the mean input."""
        masks = min(self.state.masks, JURY)
        return (
            f"A {self.label}, {self.state.masks} of its subnetworks: their {self.state.mean} mean and the whole net "
            f"(scaling {self._scaling}) differ by {plain(self.distance, 2)} at most. Over {DIGITS} digits: average of "
            f"{masks}, loss {self.jury.loss[masks - 1]:.3f}, {self.jury.wrong[masks - 1]:.1%} wrong; whole net, loss "
            f"{self.scaled_loss:.3f}, {self.scaled_wrong:.1%} wrong. Mean input of the last layer: {self.ratio:.2g} "
            f"times that of training."
        )


# ---- nets


def network(kind: str, rng: np.random.Generator) -> Sequential:
    """Build softmax regression or 64 → 128 → 128 → 10; dropout before every linear layer."""
    sizes = [PIXELS, *([UNITS] * 2 if kind == "deep" else []), CLASSES]
    layers: list[Layer] = []
    for place, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        layers += [Activation("relu")] if place else []
        layers += [
            Dropout(HIDDEN if place else INPUT, rng),
            Linear(fan_in, fan_out, rng, "he_normal", dtype=np.float64),
        ]
    return Sequential(layers)


@lru_cache(maxsize=4)
def trained(kind: str, seed: int) -> Sequential:
    """Train on the digits, with dropout."""
    rng = np.random.default_rng([seed, 1])
    images, labels = load_digits("train", np.float64)
    net = network(kind, rng)
    data = (images.reshape(len(images), -1), labels)
    for _ in fit(net, LOSS, Momentum(lr=RATE, momentum=0.9), data, EPOCHS, BATCH, rng):
        pass
    return net


@lru_cache(maxsize=1)
def judged_digits() -> tuple[Array, Array]:
    """Return the digits x (DIGITS, 64) and labels (DIGITS,) that are judged."""
    images, labels = load_digits("test", np.float64)
    return images.reshape(len(images), -1)[:DIGITS], labels[:DIGITS]


def sampled(net: Sequential, x: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the last layer's inputs (N, H) and scores (N, C), each row of x (N, D) through its own subnetwork."""
    return through(net, x, lambda layer, h: dropped(h, layer.p, rng))


def dropped(h: Array, p: float, rng: np.random.Generator) -> Array:
    """Return h (N, H) with a share p of its values set to 0 and the others divided by 1 − p."""
    return h * (rng.random(h.shape) >= p) / (1 - p)


def whole(net: Sequential, x: Array, scaling: str) -> tuple[Array, Array]:
    """Return the last layer's inputs (N, H) and scores (N, C) of the test-time net.

    Training divides what it keeps by 1 − p (inverted dropout), so nothing is left to scale. "forgotten" is what follows
    if training does not divide and nobody multiplies afterwards: all inputs of a layer are 1 ÷ (1 − p) times too large.
    "twice" is training that divides and a test that multiplies all the same.
    """
    power = {"right": 0, "forgotten": -1, "twice": 1}[scaling]
    return through(net, x, lambda layer, h: h * (1 - layer.p) ** power)


def through(net: Sequential, x: Array, drop: Callable[[Dropout, Array], Array]) -> tuple[Array, Array]:
    """Return the last layer's inputs and the scores, with ``drop(layer, h)`` in place of what dropout layers do."""
    last = x
    for layer in net.layers:
        last, x = x, drop(layer, x) if isinstance(layer, Dropout) else layer.forward(x)
    return last, x


def running_mean(logs: Array, kind: str) -> Array:
    """Return the mean (M, …, C) of the first 1, 2, … M distributions, given as log probabilities (M, …, C).

    The geometric mean is the mean of the logs, made to add up to 1 again.
    """
    counts = np.arange(1, len(logs) + 1).reshape(-1, *[1] * (logs.ndim - 1))
    if kind == "arithmetic":
        return np.asarray(np.exp(logs).cumsum(0) / counts)
    return softmax_forward(logs.cumsum(0) / counts)[0]


def log_softmax(scores: Array) -> Array:
    """Return log probabilities of the shape of scores (…, C)."""
    return np.asarray(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))


@lru_cache(maxsize=8)
def asked(kind: str, digit: int, seed: int) -> Array:
    """Return what MASKS subnetworks say of one digit: log probabilities (MASKS, C)."""
    x, _ = judged_digits()
    rows = np.repeat(x[digit - 1 : digit], MASKS, axis=0)
    _, scores = sampled(trained(kind, seed), rows, np.random.default_rng([seed, 2, digit]))
    return log_softmax(scores)


class Asked(NamedTuple):
    """What JURY subnetworks say of all judged digits."""

    logs: Array  # (JURY, DIGITS, C), log probabilities
    mean_input: float  # of the last layer


@lru_cache(maxsize=4)
def jury(kind: str, seed: int) -> Asked:
    """Ask JURY subnetworks for all judged digits."""
    (x, _), rng, net = judged_digits(), np.random.default_rng([seed, 3]), trained(kind, seed)
    said = [sampled(net, x, rng) for _ in range(JURY)]
    return Asked(log_softmax(np.array([scores for _, scores in said])), float(np.mean([h for h, _ in said])))


@lru_cache(maxsize=8)
def verdicts(kind: str, mean: str, seed: int) -> Jury:
    """Return loss and share wrong of the average of 1, 2, … JURY subnetworks."""
    means, labels = running_mean(jury(kind, seed).logs, mean), judged_digits()[1]
    right = np.take_along_axis(means, labels[None, :, None], axis=2)
    return Jury(-np.log(right).mean((1, 2)), (means.argmax(2) != labels).mean(1))


@lru_cache(maxsize=8)
def whole_said(kind: str, scaling: str, seed: int) -> tuple[float, Array]:
    """Return the mean input of the whole net's last layer, and its scores (DIGITS, C)."""
    last, scores = whole(trained(kind, seed), judged_digits()[0], scaling)
    return float(last.mean()), scores


def compute(state: State) -> Frame:
    """Ask the subnetworks and the test-time net."""
    labels, logs = judged_digits()[1], asked(state.net, state.digit, state.seed)
    mean_input, scores = whole_said(state.net, state.scaling, state.seed)
    scaled, _ = softmax_forward(scores)
    mine = scaled[state.digit - 1]
    return Frame(
        single=np.exp(logs[: state.masks]),
        distances=np.abs(running_mean(logs[: state.masks], state.mean) - mine).max(1),
        scaled=mine,
        jury=verdicts(state.net, state.mean, state.seed),
        scaled_loss=LOSS(scores, labels)[0],
        scaled_wrong=float((scaled.argmax(1) != labels).mean()),
        ratio=mean_input / jury(state.net, state.seed).mean_input,
        label=int(labels[state.digit - 1]),
        state=state,
    )


# ---- the picture


class View:
    """What subnetworks say of a digit; how their average nears the test-time net; the loss of both over many digits."""

    size = (10.4, 4.8)
    SHOWN = 60  # subnetworks that have dots of their own

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_classes(figure)
        self._make_curves(figure)

    def _make_classes(self, figure: Figure) -> None:
        ax = axes(figure, (0.07, 0.115, 0.385, 0.715), "", "class", "probability")
        ax.set(xlim=(-0.6, CLASSES - 0.4), ylim=(0, 1.02), xticks=range(CLASSES), yticks=[0, 0.25, 0.5, 0.75, 1])
        self.bars = Bars(ax, BLUE, range(CLASSES), alpha=0.55)
        self.dots = line(ax, ".", color=INK, markersize=4, alpha=0.5)
        self.scaled = line(ax, "D", color=RED, markersize=8, fillstyle="none", markeredgewidth=2.0)
        legend(ax, ("· subnetworks", INK), ("▬ average", BLUE), ("◇ whole net", RED))

    def _make_curves(self, figure: Figure) -> None:
        self.far = ax = axes(figure, (0.545, 0.53, 0.44, 0.30), "largest difference in a class")
        ax.set(xscale="log", yscale="log", xlim=(1, MASKS), ylim=(NEAREST, 1))
        ax.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
        ax.tick_params(labelbottom=False)
        self.loss = axes(figure, (0.545, 0.115, 0.44, 0.30), f"loss on {DIGITS} digits", "subnetworks in the average")
        self.loss.set(xscale="log", xlim=(1, MASKS), ylim=(0, 1.5), yticks=[0, 0.5, 1, 1.5])
        for one in (self.far, self.loss):
            one.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
            one.minorticks_off()
        self.distance = line(self.far, color=PURPLE, linewidth=2.0, ghost=True)
        self.now = line(self.far, "o", color=PURPLE, markersize=8, clip_on=False)
        self.average = line(self.loss, color=BLUE, linewidth=2.2)
        self.level = line(self.loss, color=RED, linewidth=1.8, ghost=True)
        self.here = line(self.loss, "o", color=BLUE, markersize=8, clip_on=False)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        masks, some = frame.state.masks, frame.single[: self.SHOWN]
        say(self.headline, frame.verdict, INK if frame.state.scaling == "right" else RED)
        self.bars.show(frame.average)
        aside = 0.5 * (np.arange(len(some)) % 7 / 6 - 0.5)
        self.dots.set_data((np.arange(CLASSES) + aside[:, None]).ravel(), some.ravel())
        self.scaled.set_data(np.arange(CLASSES), frame.scaled)
        self.distance.set_data(np.arange(1, masks + 1), frame.distances)
        put(self.now, masks, max(frame.distance, NEAREST))
        self.average.set_data(np.arange(1, JURY + 1), frame.jury.loss)
        self.level.set_data([1, MASKS], [frame.scaled_loss] * 2)
        put(self.here, min(masks, JURY), frame.jury.loss[min(masks, JURY) - 1])


def case(masks: int, net: str = "deep", scaling: str = "right", mean: str = "geometric") -> dict[str, Any]:
    """Settings of a telling case."""
    return {"masks": masks, "net": net, "scaling": scaling, "mean": mean}


demo(
    __name__,
    title="A crowd in one net",
    question=Question(
        "The whole net is said to be the average of all its subnetworks. Ten of them, averaged, differ from it by 0.24 "
        "in a class. Does the difference go to 0 if you ask a thousand?",
        ("Yes: ten times smaller", "No: it levels off", "No: it grows"),
        answer=1,
        explanation="Chance averages out, but 0.08 is left: behind a ReLU the mean of what comes out is not what comes "
        "out of the mean. With softmax regression the same curve goes on falling.",
        settings={"masks": 1000},
    ),
    others={
        "forgotten": Question(
            "Training drops 20% of the pixels and half of the hidden units, and divides by nothing. At test time all "
            "are there. About how large are the last layer's inputs now?",
            ("As large as in training", "Twice as large", "Four times as large"),
            answer=2,
            explanation="Every layer hands its factor on: 1 ÷ (0.8 · 0.5 · 0.5) = 5 times what the scaled net has, and "
            "that is 0.78 of training's. The net is far too sure of itself.",
            settings={"scaling": "forgotten"},
        ),
        "which mean": Question(
            "With softmax regression the geometric mean of a thousand subnetworks is the whole net to within "
            "0.01. And their arithmetic mean?",
            ("The same", "It stays away from it", "It comes even closer"),
            answer=1,
            explanation="A mean of scores is a geometric mean of probabilities, made to add up to 1 again. The "
            "arithmetic mean is less sure than the whole net.",
            settings={"net": "softmax", "mean": "arithmetic", "masks": 1000},
        ),
    },
    notice="Each dot is a subnetwork: other hidden units, and other pixels, are missing in each. In training 20% of "
    "the pixels and 50% of the hidden units are dropped, and the rest divided by 0.8 and 0.5, so that nothing is left "
    "to scale at test time. Below, the red line is the whole net: one pass, and as good as an average of many.",
    presets={
        "Ten subnetworks": case(10),
        "A thousand": case(1000),
        "Softmax: exact": case(1000, "softmax"),
        "Scaling forgotten": case(100, "deep", "forgotten"),
        "Scaled twice": case(100, "deep", "twice"),
    },
)
