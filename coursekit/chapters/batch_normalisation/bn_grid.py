"""Where does a deep network learn? Final loss over learning rate and weight scale, with and without batch norm."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import line, say, segments
from coursekit.figures.style import BLUE, INK, PAPER, PURPLE, axes, headline
from coursekit.figures.tiles import as_tiles
from coursekit.layers import Activation, BatchNorm, Layer, Linear
from coursekit.network import Sequential
from coursekit.training.history import Trainer

RATES = np.geomspace(1e-3, 10, 9)  # one a column
SCALES = np.geomspace(1e-2, 100, 9)  # one a row, from bottom to top
WIDTH = 32
CLASSES = 10
CHANCE = math.log(CLASSES)  # the loss of a network that gives every class the same score
LEARNED = CHANCE / 2  # a network below this loss learns
LOWEST, HIGHEST = 0.1, 10.0  # the losses that the colours span
AVERAGE = 10  # the final loss is the mean over the last so many steps


@dataclass(frozen=True)
class State(DemoState):
    """Hidden layers of 32 units and plain gradient descent on digits; every cell sees the same batches."""

    depth: int = slider(4, 1, 6, "hidden layers", on_release=True, main=True)
    activation: str = choice(
        "tanh", [ACTIVATIONS[name] for name in ("tanh", "relu", "sigmoid")], "activation", main=True
    )
    batch_size: int = slider(64, 2, 128, "batch size", on_release=True)
    seed: int = 0
    steps: int = 80


@dataclass(frozen=True)
class Frame:
    """Row 0 of each map is the smallest weight scale, column 0 the smallest learning rate."""

    without: Array  # (9, 9), final loss without batch norm, at most `HIGHEST`
    with_norm: Array  # (9, 9), the same with batch norm before every activation
    exploded: tuple[Array, Array]  # (9, 9) bool each: infinite, NaN, or worse than twice the loss of guessing
    rows: int  # how many rows are computed; the others hold `HIGHEST`
    state: State

    @property
    def progress(self) -> float:
        """How much of the map is done, from 0 to 1."""
        return self.rows / len(SCALES)

    @property
    def learned(self) -> tuple[float, float]:
        """Share of the computed cells that learn, without and with batch norm."""
        maps = self.without[: self.rows], self.with_norm[: self.rows]
        without, with_norm = (float((loss < LEARNED).mean()) for loss in maps)
        return without, with_norm

    @property
    def readout(self) -> str:
        """The shares of cells that learn and that explode."""
        without, with_norm = map(about, self.learned)
        bad_without, bad_with = (about(float(cells[: self.rows].mean())) for cells in self.exploded)
        return (
            f"{self.rows} of {len(SCALES)} rows, {self.state.steps} steps a cell. A loss below {LEARNED:.2f}, half of "
            f"guessing: {without} of the cells without batch norm, {with_norm} with it. "
            f"Exploded: {bad_without} without, {bad_with} with."
        )


def about(share: float) -> str:
    """Write a share to the nearest 5 %: a cell on the border may fall to either side on another processor."""
    percent = 5 * round(20 * share)
    return f"about {percent}%" if percent else "under 3%" if share else "none"


@lru_cache(maxsize=1)
def digits() -> tuple[Array, Array]:
    """Return the training digits as rows (1437, 64), and their labels."""
    images, labels = load_digits("train")
    return images.reshape(len(images), -1), labels


def network(scale: float, batch_norm: bool, state: State) -> Sequential:
    """Build the network of one cell: ``scale`` multiplies Xavier's (behind ReLU He's) weights of the hidden layers."""
    # The last layer is the same in every cell, or a large scale would be punished for loud answers before any training.
    rng = np.random.default_rng([state.seed, 1])
    init = "he_normal" if state.activation == "relu" else "xavier_normal"
    layers: list[Layer] = []
    for fan_in in (64, *[WIDTH] * (state.depth - 1)):
        linear = Linear(fan_in, WIDTH, rng, init)
        linear.params["w"] *= np.float32(scale)
        layers += [linear, *([BatchNorm(WIDTH)] if batch_norm else []), Activation(state.activation)]
    return Sequential([*layers, Linear(WIDTH, CLASSES, rng, "xavier_normal")])


def final_loss(net: Sequential, lr: float, state: State) -> float:
    """Train, and return the mean loss of the last batches; infinite if a loss overflows."""
    x, labels = digits()
    trainer = Trainer(net, "softmax_cross_entropy", lr)
    losses = []
    for rows in batches(state):
        losses.append(trainer.step(x[rows], labels[rows])[0])
        if trainer.overflow is not None:
            return math.inf
    return float(np.mean(losses[-AVERAGE:]))


def batches(state: State) -> Array:
    """Draw the rows of each step's batch, (steps, N): the same for every cell."""
    rng = np.random.default_rng(state.seed)
    return rng.integers(0, len(digits()[0]), (state.steps, state.batch_size))


def frames(state: State) -> Iterator[Frame]:
    """Fill both maps, one row of weight scales after the other, from the smallest up."""
    losses = np.full((2, len(SCALES), len(RATES)), math.inf)
    for row, scale in enumerate(SCALES):
        for batch_norm in (False, True):
            for column, lr in enumerate(RATES):
                losses[int(batch_norm), row, column] = final_loss(network(scale, batch_norm, state), lr, state)
        without, with_norm = np.minimum(losses, HIGHEST)
        exploded = losses > 2 * CHANCE
        exploded[:, row + 1 :] = False
        yield Frame(without, with_norm, (exploded[0], exploded[1]), row + 1, state)


def compute(state: State) -> Frame:
    """Fill both maps."""
    *_, last = frames(state)
    return last


def preview(state: State) -> State:
    """Only the first steps of training."""
    return state.replace(steps=4)


class View:
    """The two maps side by side, one colour scale."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.pinned = figure.text(0.012, 0.895, "", fontsize=10.5, color="#555555")
        figure.text(0.885, 0.895, "⋯ equal η/a²   ○ learns   × explodes", fontsize=11, color=INK, ha="right")
        self.maps = [
            Map(figure, (0.085, 0.125, 0.385, 0.685), "without batch norm", PURPLE),
            Map(figure, (0.50, 0.125, 0.385, 0.685), "with batch norm", BLUE),
        ]
        self.turns = segments(self.maps[1].ax, PAPER, linewidths=1.4, linestyles=":")
        self.turns.set_segments(equal_turns())
        self.maps[0].ax.set_ylabel("first weights, × Xavier's or He's", fontsize=10.5)
        self.maps[1].ax.tick_params(labelleft=False)
        bar = figure.add_axes((0.905, 0.125, 0.018, 0.685))
        colours = figure.colorbar(self.maps[0].image, cax=bar)
        colours.set_ticks([0.1, 0.3, LEARNED, CHANCE, 10], labels=["0.1", "0.3", "1.15", "chance", "≥ 10"])
        colours.ax.tick_params(labelsize=9.5, length=3, which="major")
        colours.ax.minorticks_off()
        colours.outline.set_visible(False)
        bar.set_title("final loss", fontsize=10.5, loc="left", color=INK)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        without, with_norm = map(about, frame.learned)
        doing = "" if frame.rows == len(SCALES) else f"Row {frame.rows} of {len(SCALES)}. "
        say(self.headline, f"{doing}Learns: {without} of the map without batch norm, {with_norm} with it")
        for shown, loss, exploded in zip(self.maps, (frame.without, frame.with_norm), frame.exploded, strict=True):
            shown.update(loss, exploded, frame.rows)

    def pin(self, frame: Frame | None) -> None:
        """Say how much learnt in a frame; its squares are the marks' own ghosts."""
        shares = map(about, frame.learned) if frame else ()
        self.pinned.set_text("□ pinned, without and with: {} and {} learn".format(*shares) if frame else "")


def equal_turns() -> Array:
    """Return lines (K, 2, 2) on a map along which η / a² stays the same, one a factor of 100 from the next.

    A step η behind batch norm turns the weights a w by an angle that goes as η / a²: the gradient is 1/a as long, and
    the weights are a times as long (van Laarhoven 2017, L2 regularization versus batch and weight normalization,
    section 3). Columns and rows are both half a power of ten apart, so a line goes two columns right for a row up.
    """
    ends = np.array([-0.5, len(SCALES) - 0.5])
    lines = [np.stack([2 * ends + right, ends], axis=1) for right in range(-13, 8, 4)]
    return np.array(lines)


class Map:
    """One heat map: ○ marks a cell that learns, × one that explodes."""

    def __init__(self, figure: Figure, rect: tuple[float, float, float, float], title: str, color: str) -> None:
        self.ax = axes(figure, rect, "", "learning rate")
        self.ax.grid(visible=False)
        self.ax.text(0.0, 1.035, title, fontsize=12, fontweight="bold", color=color, transform=self.ax.transAxes)
        box = (-0.5, len(RATES) - 0.5, -0.5, len(SCALES) - 0.5)
        style = {"origin": "lower", "extent": box, "aspect": "auto", "cmap": "cividis", "animated": True}
        style["interpolation"] = "nearest"
        norm = LogNorm(LOWEST, HIGHEST)
        self.image = as_tiles(self.ax.imshow(np.full((len(SCALES), len(RATES)), HIGHEST), norm=norm, **style))
        square = {"marker": "s", "linestyle": "", "markersize": 15, "markerfacecolor": "none", "zorder": 4}
        ghost = square | {"markeredgecolor": PAPER, "animated": True}
        self.learned = line(self.ax, "o", color=PAPER, markersize=8, markeredgecolor=INK, ghost=ghost)
        self.exploded = line(self.ax, "x", color=INK, markersize=9, markeredgewidth=1.8)
        (self.todo,) = self.ax.fill(
            [], [], facecolor=PAPER, hatch="..", edgecolor="#dddddd", linewidth=0, animated=True
        )
        self.ax.set(xlim=box[:2], ylim=box[2:])
        self.ax.set_xticks(range(0, len(RATES), 2), [f"{rate:g}" for rate in RATES.round(6)[::2]])
        self.ax.set_yticks(range(0, len(SCALES), 2), [f"{scale:g}" for scale in SCALES.round(6)[::2]])

    def update(self, loss: Array, exploded: Array, rows: int) -> None:
        """Show a map of which the first ``rows`` are computed."""
        self.image.set_data(loss)
        self.learned.set_data(*np.argwhere(loss < LEARNED)[:, ::-1].T)
        self.exploded.set_data(*np.argwhere(exploded)[:, ::-1].T)
        left, right, top = -0.5, len(RATES) - 0.5, len(SCALES) - 0.5
        self.todo.set_xy([[left, rows - 0.5], [right, rows - 0.5], [right, top], [left, top]])


def case(depth: int, activation: str, batch_size: int = 64) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"depth": depth, "activation": activation, "batch_size": batch_size}


demo(
    __name__,
    title="The map of what learns",
    question=Question(
        "Four hidden layers, tanh, 81 pairs of learning rate and weight scale: without batch norm only a few cells "
        "learn in 80 steps, with it most. You leave one hidden layer. What becomes of the map without batch norm?",
        ("The same few cells learn", "Many more learn, still fewer than with it", "It learns as the other does"),
        answer=1,
        explanation="A wrong scale is multiplied once a layer, so with one layer there is less to rescue. Still batch "
        "norm takes the weight scale out of the signal, and rows that are lost without it learn.",
        settings=case(1, "tanh"),
    ),
    notice="Every cell is a network, trained from the same draw of weights on the same batches. Without batch norm "
    "a band of weight scales works, and it narrows with depth. With it most of the map learns. Where the "
    "weights are large, a step turns them little, and only a large rate moves them: up to a = 1 the border runs along "
    "the dotted lines.",
    presets={
        "4 layers, tanh": case(4, "tanh"),
        "One layer": case(1, "tanh"),
        "6 layers, ReLU": case(6, "relu"),
        "Sigmoid": case(4, "sigmoid"),
        "Batches of 8": case(4, "tanh", batch_size=8),
    },
)
