"""A small convolutional network learns to read digits while you watch its filters, its loss and its answers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import Images, Part, load_digits, split
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, level, line, put, rectangles, say
from coursekit.figures.marks import fit as fit_axes
from coursekit.figures.style import AMBER, BLUE, INK, RED, axes, headline
from coursekit.layers import Activation, Conv2d, Flatten, Linear, MaxPool2d
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import evaluate, fit

CLASSES = 10
PER_EPOCH = 4  # frames of an epoch; a point of the loss curve is the mean over the batches between two frames
MAX_FILTERS = 16
LOSS = LOSSES["softmax_cross_entropy"]
CHANCE = math.log(CLASSES)  # the loss of a network that gives every class the same score


@dataclass(frozen=True)
class State(DemoState):
    """3 × 3 filters, ReLU, 2 × 2 max-pooling, and a linear layer with ten scores."""

    lr: float = slider(0.05, 0.001, 3.0, "learning rate", log=True, on_release=True, main=True)
    optimiser: str = choice("momentum", OPTIMISERS.values(), "optimiser", main=True)
    filters: int = slider(12, 1, MAX_FILTERS, "filters", on_release=True, main=True)
    batch_size: int = choice(32, {str(size): size for size in (8, 16, 32, 64)}, "digits a batch")
    epochs: int = slider(20, 1, 30, "epochs", on_release=True)
    seed: int = 0
    samples: int = 1150  # of the digits to learn from


class Digits(NamedTuple):
    """The three parts of the digits, and those test digits that are shown."""

    train: Part  # 1150: the network learns from these
    val: Part  # 287: it is judged by these while you choose the settings
    test: Images  # 360: and by these once, at the end
    shown: Array  # (20,), indices into the test digits: ten typical ones, then ten odd ones


@dataclass(frozen=True)
class Frame:
    """The network after ``epoch[-1]`` epochs."""

    filters: Array  # (F, 3, 3)
    epoch: Array  # (K,), in quarters
    loss: Array  # (K,), mean over the batches since the point before
    val_epoch: Array  # (E + 1,), from 0: before the first step
    val_accuracy: Array  # (E + 1,), share of the validation digits that are read correctly
    answers: Array  # (20,), what the network says to the shown test digits
    labels: Array  # (20,), what they are
    test_accuracy: float
    state: State

    @property
    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return float(self.epoch[-1] / self.state.epochs)

    @property
    def wrong(self) -> Array:
        """Which of the shown digits are misread, (20,) bool."""
        return self.answers != self.labels

    @property
    def overflowed(self) -> bool:
        """Whether a loss, or a weight, is no longer a number."""
        return not (np.isfinite(self.loss).all() and np.isfinite(self.filters).all())

    @property
    def guesses(self) -> bool:
        """Whether the network reads hardly more validation digits than chance would."""
        return bool(self.val_accuracy[-1] < 1.5 / CLASSES)

    @property
    def readout(self) -> str:
        """How far the training is, the loss, and the accuracies."""
        start = f"Epoch {self.epoch[-1]:.4g} of {self.state.epochs}: "
        if self.overflowed:
            return f"{start}the loss is not a number any more. The learning rate is too large."
        test = f", {self.test_accuracy:.1%} of the 360 test digits" if self.progress == 1 else ""
        return (
            f"{start}loss {self.loss[-1]:.2g} (chance: log 10 = {CHANCE:.3g}). Read correctly: "
            f"{self.val_accuracy[-1]:.1%} of the validation digits{test}, "
            f"{int((~self.wrong).sum())} of the {len(self.wrong)} shown."
        )


@lru_cache(maxsize=4)
def digits(seed: int) -> Digits:
    """Deal the training digits into two parts, and choose for each class the most typical and the oddest test digit."""
    train, val = split(*load_digits("train"), (0.8, 0.2), np.random.default_rng([seed, 1]))
    test = load_digits("test")
    means = np.stack([test.images[test.labels == label].mean(0) for label in range(CLASSES)])
    distance = np.linalg.norm((test.images - means[test.labels]).reshape(len(test.labels), -1), axis=1)
    rows = [np.flatnonzero(test.labels == label) for label in range(CLASSES)]
    typical = [own[distance[own].argmin()] for own in rows]
    odd = [own[distance[own].argmax()] for own in rows]
    return Digits(train, val, test, np.array(typical + odd))


def network(filters: int, rng: np.random.Generator) -> Sequential:
    """Build (1, 8, 8) → (filters, 8, 8) → pooled (filters, 4, 4) → ten scores."""
    conv = Conv2d(1, filters, 3, rng, padding=1)
    linear = Linear(filters * 4 * 4, CLASSES, rng, "he_normal")
    return Sequential([conv, Activation("relu"), MaxPool2d(2), Flatten(), linear])


def frames(state: State) -> Iterator[Frame]:
    """Train, and show the network four times an epoch."""
    data, rng = digits(state.seed), np.random.default_rng(state.seed)
    x, labels = data.train.x[: state.samples], data.train.labels[: state.samples]
    net = network(state.filters, rng)
    optimiser = OPTIMISERS[state.optimiser](lr=state.lr)
    accuracies = [evaluate(net, LOSS, data.val.x, data.val.labels)[1] or 0.0]
    epochs: list[float] = []
    losses: list[float] = []
    block: list[float] = []
    steps = math.ceil(len(x) / state.batch_size)
    due = {math.ceil(steps * quarter / PER_EPOCH): quarter for quarter in range(1, PER_EPOCH + 1)}
    with np.errstate(all="ignore"):  # a learning rate that is too large makes the loss overflow: that is a lesson
        for row in fit(net, LOSS, optimiser, (x, labels, *data.val), state.epochs, state.batch_size, rng):
            block.append(row.loss)
            step = row.step - steps * (row.epoch - 1)
            if row.val_accuracy is not None:
                accuracies.append(row.val_accuracy)
            if step in due:
                epochs.append(row.epoch - 1 + due[step] / PER_EPOCH)
                losses.append(float(np.mean(block)))
                block = []
                yield look(net, state, data, epochs, losses, accuracies)


def look(
    net: Sequential, state: State, data: Digits, epochs: list[float], losses: list[float], accuracies: list[float]
) -> Frame:
    """Take a picture of the network as it is."""
    answers = net.predict(data.test.images)
    right = answers == data.test.labels
    return Frame(
        filters=net.params["0.w"][:, 0].copy(),
        epoch=np.array(epochs),
        loss=np.array(losses),
        val_epoch=np.arange(len(accuracies)),
        val_accuracy=np.array(accuracies),
        answers=answers[data.shown],
        labels=data.test.labels[data.shown],
        test_accuracy=float(right.mean()),
        state=state,
    )


@lru_cache(maxsize=16)
def compute(state: State) -> Frame:
    """Train to the end and return the last frame."""
    *_, last = frames(state)
    return last


def preview(state: State) -> State:
    """Fewer digits to learn from: the same curves, a quicker and poorer run."""
    return state.replace(samples=256)


LOWEST, HIGHEST = 0.001, 10.0  # the losses that the picture spans
SLOTS = 4  # filters stand in a square of 4 × 4


def mosaic(filters: Array) -> Array:
    """Lay filters (F, 3, 3) out in a square with gaps, (15, 15), each from −1 to 1; what is empty is NaN."""
    tiles = np.full((SLOTS * SLOTS, 4, 4), np.nan)
    tiles[: len(filters), :3, :3] = filters / np.abs(filters).max((1, 2), keepdims=True)
    return tiles.reshape(SLOTS, SLOTS, 4, 4).transpose(0, 2, 1, 3).reshape(4 * SLOTS, 4 * SLOTS)[:-1, :-1]


def strip(images: Array) -> Array:
    """Lay twenty digits (20, 1, 8, 8) out in two rows with room below each for an answer, (26, 99)."""
    tiles = np.zeros((2, CLASSES, 13, 10))
    tiles[:, :, :8, 1:9] = images.reshape(2, CLASSES, 8, 8)
    return tiles.transpose(0, 2, 1, 3).reshape(26, 10 * CLASSES)


class View:
    """Filters, loss and accuracy above; below them twenty test digits with the network's answers."""

    size = (10.4, 6.3)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_filters(figure)
        self._make_curves(figure)
        self._make_digits(figure)

    def _make_filters(self, figure: Figure) -> None:
        ax = axes(figure, (0.02, 0.46, 0.245, 0.41), "the filters")
        ax.grid(visible=False)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.text(0, -0.03, "black −, white +; each scaled", fontsize=9.5, color=INK, va="top", transform=ax.transAxes)
        self.filters = ax.imshow(mosaic(np.ones((1, 3, 3))), cmap="gray", vmin=-1, vmax=1, animated=True)

    def _make_curves(self, figure: Figure) -> None:
        self.losses = axes(figure, (0.335, 0.495, 0.275, 0.375), "training loss (log scale)", "epoch")
        self.losses.set(yscale="log", ylim=(LOWEST, HIGHEST))
        self.losses.set_yticks([0.001, 0.01, 0.1, CHANCE], ["0.001", "0.01", "0.1", "chance"])
        self.losses.minorticks_off()
        level(self.losses, CHANCE)
        self.accuracies = axes(figure, (0.69, 0.495, 0.295, 0.375), "validation digits right (%)", "epoch")
        self.accuracies.set_ylim(0, 104)
        level(self.accuracies, 100 / CLASSES)
        self.loss = line(self.losses, color=AMBER, linewidth=1.8, ghost=True)
        self.loss_now = line(self.losses, "o", color=AMBER, markersize=6, clip_on=False)
        self.accuracy = line(self.accuracies, "s-", color=BLUE, markersize=4, linewidth=1.8, ghost=True)

    def _make_digits(self, figure: Figure) -> None:
        ax = axes(
            figure, (0.02, 0.015, 0.965, 0.355), "test digits: a typical one of each class above, the oddest below"
        )
        ax.grid(visible=False)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        data = digits(0)  # the test digits are the same for every seed
        ax.imshow(strip(data.test.images[data.shown]), cmap="Greys", vmin=0, vmax=1, aspect="auto")
        self.boxes = areas(ax, "none", edgecolors=RED, linewidths=2.0, clip_on=False)
        style = {"fontsize": 11, "ha": "center", "va": "center", "animated": True}
        self.answers = [ax.text(10 * (i % 10) + 4.5, 13 * (i // 10) + 10.1, "", **style) for i in range(2 * CLASSES)]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        epochs = frame.state.epochs
        for ax in (self.losses, self.accuracies):
            fit_axes(ax, xlim=(0, epochs), xticks=range(0, epochs + 1, 1 if epochs <= 8 else 4))
        self._show_headline(frame)
        with np.errstate(all="ignore"):
            self.filters.set_data(np.ma.masked_invalid(mosaic(frame.filters)))
        self.loss.set_data(frame.epoch, frame.loss)
        put(self.loss_now, frame.epoch[-1], np.clip(frame.loss[-1], LOWEST, HIGHEST))
        self.accuracy.set_data(frame.val_epoch, 100 * frame.val_accuracy)
        for text, answer, wrong in zip(self.answers, frame.answers, frame.wrong, strict=True):
            say(text, f"× {answer}" if wrong else str(answer), RED if wrong else INK)
            text.set_fontweight("bold" if wrong else "normal")
        row, column = np.divmod(np.flatnonzero(frame.wrong), CLASSES)
        left, top = 10 * column - 0.1, 13 * row - 0.7
        self.boxes.set_verts(rectangles(left, left + 9.2, top, top + 8.4))

    def _show_headline(self, frame: Frame) -> None:
        if frame.overflowed:
            story, color = "the loss is not a number any more", RED
        elif frame.guesses:
            story, color = "no better than a guess", RED
        elif frame.progress == 1:
            story, color = f"{frame.test_accuracy:.1%} of the test digits read correctly", BLUE
        else:
            story, color = f"{frame.val_accuracy[-1]:.1%} of the validation digits read correctly", INK
        say(self.headline, f"Epoch {frame.epoch[-1]:.4g} of {frame.state.epochs}: {story}", color)


demo(
    __name__,
    title="A network learns to read",
    question=Question(
        "With 12 filters of 3 × 3 pixels the network reads 98% of the validation digits after 20 epochs. You leave "
        "it 2 filters. How many does it read then?",
        ("About one in ten: it can only guess", "About five in ten", "About nine in ten"),
        answer=2,
        explanation="Two filters leave 32 numbers of a digit, and the linear layer makes much of them. The other "
        "ten filters bring the last digits.",
        settings={"lr": 0.05, "optimiser": "momentum", "filters": 2, "batch_size": 32, "epochs": 20},
    ),
    notice="The filters start as noise, and some become edges: black on one side, white on the other. They "
    "change most in the first epoch, while the loss falls fastest. Stop, look, and go on with Start. Where the "
    "rate is too bold, all units die: their ReLUs give 0 for every digit, and all digits get the same answer.",
    presets={
        "Momentum": {"lr": 0.05, "optimiser": "momentum", "filters": 12, "batch_size": 32, "epochs": 20},
        "Too timid a rate": {"lr": 0.001, "optimiser": "sgd", "filters": 12, "batch_size": 32, "epochs": 20},
        "Too bold a rate": {"lr": 3.0, "optimiser": "sgd", "filters": 12, "batch_size": 32, "epochs": 20},
        "Two filters": {"lr": 0.05, "optimiser": "momentum", "filters": 2, "batch_size": 32, "epochs": 20},
        "Adam": {"lr": 0.01, "optimiser": "adam", "filters": 12, "batch_size": 32, "epochs": 20},
    },
)
