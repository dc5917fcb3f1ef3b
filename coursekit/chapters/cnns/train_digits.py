"""A small convolutional network learns to read digits while you watch one digit on its way through it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from coursekit.activations.softmax import softmax_forward
from coursekit.arrays import Array
from coursekit.data import Images, Part, load_digits, split
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, areas, level, line, put, rectangles, say
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
    optimiser: str = choice("momentum", OPTIMISERS, "optimiser", main=True)
    filters: int = slider(12, 1, MAX_FILTERS, "filters", on_release=True)
    digit: int = slider(9, 1, 2 * CLASSES, "digit on its way", on_release=True, main=True)
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
    digit: Array  # (8, 8), that on its way
    maps: Array  # (20, F, 8, 8), of the shown test digits behind the ReLU
    pooled: Array  # (20, F, 4, 4)
    chances: Array  # (20, 10), softmax of the scores
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
    def chance(self) -> Array:
        """What the network gives each class for the digit on its way, (10,)."""
        chances: Array = self.chances[self.state.digit - 1]
        return chances

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
            f"{int((~self.wrong).sum())} of the {len(self.wrong)} shown. The digit on its "
            f"way is {self.labels[self.state.digit - 1]} and is read as {self.answers[self.state.digit - 1]}."
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


def network(filters: int, rng: np.random.Generator, dtype: Any = np.float32) -> Sequential:
    """Build (1, 8, 8) → (filters, 8, 8) → pooled (filters, 4, 4) → ten scores."""
    conv = Conv2d(1, filters, 3, rng, padding=1, dtype=dtype)
    linear = Linear(filters * 4 * 4, CLASSES, rng, "he_normal", dtype=dtype)
    return Sequential([conv, Activation("relu"), MaxPool2d(2), Flatten(), linear])


ENDED: dict[State, Frame] = {}  # the run that ended last


def frames(state: State) -> Iterator[Frame]:
    """Train, and show the network four times an epoch; where only the digit is another one, nothing is trained anew."""
    for other, frame in ENDED.items():
        if other != state and other.replace(digit=state.digit) == state:
            yield look_at(frame, state)
            return
    for frame in run(state):
        yield frame
    ENDED.clear()
    ENDED[state] = frame


def run(state: State) -> Iterator[Frame]:
    """Train, and take four pictures an epoch."""
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
    conv, relu, pool, flatten, linear = net.layers
    maps = relu.forward(conv.forward(data.test.images[data.shown]))
    pooled = pool.forward(maps)
    return Frame(
        filters=net.params["0.w"][:, 0].copy(),
        digit=data.test.images[data.shown[state.digit - 1], 0],
        maps=maps.copy(),
        pooled=pooled.copy(),
        chances=softmax_forward(linear.forward(flatten.forward(pooled)))[0],
        epoch=np.array(epochs),
        loss=np.array(losses),
        val_epoch=np.arange(len(accuracies)),
        val_accuracy=np.array(accuracies),
        answers=answers[data.shown],
        labels=data.test.labels[data.shown],
        test_accuracy=float(right.mean()),
        state=state,
    )


def look_at(frame: Frame, state: State) -> Frame:
    """Return the frame with another digit on its way."""
    data = digits(state.seed)
    return replace(frame, digit=data.test.images[data.shown[state.digit - 1], 0], state=state)


@lru_cache(maxsize=16)
def compute(state: State) -> Frame:
    """Train to the end and return the last frame."""
    if state.digit != 1:
        return look_at(compute(state.replace(digit=1)), state)
    *_, last = run(state)
    return last


def preview(state: State) -> State:
    """Fewer digits to learn from: the same curves, a quicker and poorer run."""
    return state.replace(samples=256)


LOWEST, HIGHEST = 0.001, 10.0  # the losses that the picture spans
GAP = 6  # pixels between the typical digits and the odd ones
SLOTS = 4  # filters stand in a square of 4 × 4


def mosaic(maps: Array) -> Array:
    """Lay maps (F, K, K) out in a square of 4 × 4 with gaps, (4 K + 3, 4 K + 3); what is empty is NaN."""
    side = maps.shape[1] + 1
    tiles = np.full((SLOTS * SLOTS, side, side), np.nan)
    tiles[: len(maps), :-1, :-1] = maps
    return tiles.reshape(SLOTS, SLOTS, side, side).transpose(0, 2, 1, 3).reshape(SLOTS * side, SLOTS * side)[:-1, :-1]


def scaled(filters: Array) -> Array:
    """Scale each of the filters (F, 3, 3) so that its largest weight is 1 or −1."""
    shares: Array = filters / np.abs(filters).max((1, 2), keepdims=True)
    return shares


LEFT = np.array([10 * i + GAP * (i >= CLASSES) for i in range(2 * CLASSES)])  # where a digit's place begins


def strip(images: Array) -> Array:
    """Lay twenty digits (20, 1, 8, 8) out in one row, ten and ten, with room below each for an answer, (13, 206)."""
    row = np.zeros((13, LEFT[-1] + 10))
    for left, image in zip(LEFT, images[:, 0], strict=True):
        row[:8, left + 1 : left + 9] = image
    return row


class View:
    """Loss and accuracy; one digit on its way through the layers; twenty test digits with the network's answers."""

    size = (10.4, 6.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_curves(figure)
        self._make_way(figure)
        self._make_digits(figure)

    def _make_curves(self, figure: Figure) -> None:
        self.losses = axes(figure, (0.075, 0.695, 0.385, 0.19), "training loss (log scale)", "epoch")
        self.losses.set(yscale="log", ylim=(LOWEST, HIGHEST))
        self.losses.set_yticks([0.001, 0.01, 0.1, CHANCE], ["0.001", "0.01", "0.1", "chance"])
        self.losses.minorticks_off()
        level(self.losses, CHANCE)
        self.accuracies = axes(figure, (0.58, 0.695, 0.405, 0.19), "validation digits right (%)", "epoch")
        self.accuracies.set_ylim(0, 104)
        level(self.accuracies, 100 / CLASSES)
        self.loss = line(self.losses, color=AMBER, linewidth=1.8, ghost=True)
        self.loss_now = line(self.losses, "o", color=AMBER, markersize=6, clip_on=False)
        self.accuracy = line(self.accuracies, "s-", color=BLUE, markersize=4, linewidth=1.8, ghost=True)

    def _make_way(self, figure: Figure) -> None:
        grey = {"cmap": "Greys", "vmin": 0, "vmax": 1}
        self.digit = picture(figure, 0.02, "a digit, 8 × 8", np.zeros((8, 8)), grey)
        signed = {"cmap": "gray", "vmin": -1, "vmax": 1}
        self.filters = picture(figure, 0.205, "filters (white: +)", mosaic(np.ones((1, 3, 3))), signed)
        self.maps = picture(figure, 0.39, "maps after ReLU", mosaic(np.ones((1, 8, 8))), grey)
        self.pooled = picture(figure, 0.575, "pooled to 4 × 4", mosaic(np.ones((1, 4, 4))), grey)
        ax = axes(figure, (0.79, 0.275, 0.195, 0.29), "softmax of scores")
        ax.set(xlim=(-0.6, CLASSES - 0.4), ylim=(0, 1.02), yticks=[0, 1])
        ax.set_xticks(range(CLASSES))
        self.chances = Bars(ax, BLUE, range(CLASSES), 0.7, ghost=9)
        for x in (0.1875, 0.3725, 0.5575, 0.7525):
            figure.text(x, 0.415, "→", fontsize=15, color=INK, ha="center", va="center")

    def _make_digits(self, figure: Figure) -> None:
        ax = axes(figure, (0.02, 0.012, 0.965, 0.15), "test digits: a typical one of each class, then the oddest")
        ax.grid(visible=False)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        data = digits(0)  # the test digits are the same for every seed
        ax.imshow(strip(data.test.images[data.shown]), cmap="Greys", vmin=0, vmax=1)
        ax.set_anchor("N")
        self.chosen = areas(ax, "none", edgecolors=BLUE, linewidths=2.0, clip_on=False)
        self.boxes = areas(ax, "none", edgecolors=RED, linewidths=2.0, clip_on=False)
        style = {"fontsize": 11, "ha": "center", "va": "center", "animated": True}
        self.answers = [ax.text(left + 4.5, 10.1, "", **style) for left in LEFT]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        epochs = frame.state.epochs
        for ax in (self.losses, self.accuracies):
            fit_axes(ax, xlim=(0, epochs), xticks=range(0, epochs + 1, 1 if epochs <= 8 else 4))
        self._show_headline(frame)
        self._show_way(frame)
        self.loss.set_data(frame.epoch, frame.loss)
        put(self.loss_now, frame.epoch[-1], np.clip(frame.loss[-1], LOWEST, HIGHEST))
        self.accuracy.set_data(frame.val_epoch, 100 * frame.val_accuracy)
        for text, answer, wrong in zip(self.answers, frame.answers, frame.wrong, strict=True):
            say(text, f"× {answer}" if wrong else str(answer), RED if wrong else INK)
            text.set_fontweight("bold" if wrong else "normal")
        left = LEFT[frame.wrong] - 0.1
        self.boxes.set_verts(rectangles(left, left + 9.2, -0.7, 7.7))

    def _show_way(self, frame: Frame) -> None:
        at = frame.state.digit - 1
        self.digit.set_data(frame.digit)
        with np.errstate(all="ignore"):
            self.filters.set_data(np.ma.masked_invalid(mosaic(scaled(frame.filters))))
            brightest = frame.maps[at].max()
            for image, maps in ((self.maps, frame.maps[at]), (self.pooled, frame.pooled[at])):
                image.set_data(np.ma.masked_invalid(mosaic(maps / brightest if brightest > 0 else maps)))
        self.chances.show(frame.chance)
        self.chances.areas.set_facecolor(
            [RED if frame.wrong[at] and k == frame.answers[at] else BLUE for k in range(CLASSES)]
        )
        left = LEFT[[at]] - 0.4
        self.chosen.set_verts(rectangles(left, left + 9.8, -1.0, 12.3))

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


def picture(figure: Figure, left: float, title: str, first: Array, look: dict[str, Any]) -> AxesImage:
    """Add a picture in the row of the digit's way."""
    ax = axes(figure, (left, 0.255, 0.155, 0.32), title)
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_color("#bbbbbb")
    return ax.imshow(first, animated=True, **look)


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
    notice="Follow one digit from left to right: each filter makes a map of where its pattern is met, ReLU keeps what "
    "is positive, pooling keeps the strongest of four, and the linear layer weighs all that is left, ten times. The "
    "filters start as noise, some become edges, and they change most in the first epoch. Move the digit: where the "
    "network errs, see which class comes second. Where the rate is too bold, all units die: every map is empty, and "
    "all digits get the same answer.",
    presets={
        "Momentum": {"lr": 0.05, "optimiser": "momentum", "filters": 12, "batch_size": 32, "epochs": 20},
        "Too timid a rate": {"lr": 0.001, "optimiser": "sgd", "filters": 12, "batch_size": 32, "epochs": 20},
        "Too bold a rate": {"lr": 3.0, "optimiser": "sgd", "filters": 12, "batch_size": 32, "epochs": 20},
        "Two filters": {"lr": 0.05, "optimiser": "momentum", "filters": 2, "batch_size": 32, "epochs": 20},
        "Adam": {"lr": 0.01, "optimiser": "adam", "filters": 12, "batch_size": 32, "epochs": 20},
    },
)
