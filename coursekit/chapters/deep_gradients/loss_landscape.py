"""A slice through the loss around a trained net, with shortcuts and without, in directions scaled filter by filter."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from coursekit.arrays import Array
from coursekit.chapters.deep_gradients.slices import Plane, coarse_to_fine, rewrite_relu
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit as fit_axes
from coursekit.figures.marks import legend, level, line, say
from coursekit.figures.style import INK, PAPER, PURPLE, axes, headline, percent
from coursekit.layers import Activation, Layer, Linear, Residual
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import fit

DIGITS, CLASSES, WIDTH = 128, 10, 32
EPOCHS, BATCH, RATE = 50, 32, 0.001
STEPS = EPOCHS * DIGITS // BATCH
PAIRS = 8  # of trained nets that are kept
REACH = 0.75  # half the width of the slice, in lengths of the weights
POINTS, COARSE = 25, 8  # each way; every 8th comes first, then every 4th, every 2nd, all
GRID = np.linspace(-REACH, REACH, POINTS)
ALONG = np.linspace(-REACH, REACH, 41)  # the places of the cuts
LOWEST, HIGHEST = 1e-3, 1e6  # losses that are shown
LOSS = LOSSES["softmax_cross_entropy"]
CHANCE = math.log(CLASSES)


@dataclass(frozen=True)
class State(DemoState):
    """The depth of both nets, how the directions of the slice are scaled, and how the weights are written."""

    blocks: int = slider(2, 1, 20, "blocks of two layers", on_release=True, main=True)
    normalised: bool = switch(True, "filter-normalised", main=True)
    factor: int = choice(1, {"1: as trained": 1, "2": 2, "4": 4, "8": 8}, "weights × c, ÷ c", main=True)
    small: bool = switch(True, "blocks start ÷ √blocks")
    seed: int = 0
    finest: int = 1  # the distance between neighbouring points that are computed

    @property
    def layers(self) -> int:
        """How many layers of weights there are: one in front of the blocks, and one behind them."""
        return 2 * self.blocks + 2

    def without_effect(self) -> dict[str, str]:
        return {"small": "with a single block the root is 1"} if self.blocks == 1 else {}


class Slice(NamedTuple):
    """What is known of the loss around one net; NaN where it is not known yet."""

    training: Array  # (K,), loss at each step
    surface: Array  # (POINTS, POINTS), log₁₀ of the loss
    random: Array  # (41,), loss along the first direction
    gradient: Array  # (41,), loss along the gradient

    @property
    def basin(self) -> float:
        """In what share of the slice the loss is below chance."""
        return float((self.surface < math.log10(CHANCE)).mean())


@dataclass(frozen=True)
class Frame:
    """Both nets, and how far the work is."""

    plain: Slice
    shortcut: Slice
    distance: Array  # (41,), from the trained weights, along both cuts
    factors: Array  # (2,), by which the first and the second weights of each block are multiplied
    progress: float
    state: State

    @property
    def story(self) -> str:
        """How wide the two basins are."""
        start = f"{self.state.layers} layers"
        steps = len(self.plain.training)
        if steps < STEPS:
            return f"{start}: both nets train, step {steps} of {STEPS}"
        if self.progress < 1:
            return f"{start}: the slices fill up"
        without, having = (percent(one.basin) for one in (self.plain, self.shortcut))
        return f"{start}: better than chance in {without} of the slice, with shortcuts in {having}"

    @property
    def readout(self) -> str:
        """How the slice is taken, how the weights are written, and the story."""
        kind = "Filter-normalised" if self.state.normalised else "Unscaled Gaussian"
        c = self.state.factor
        same = f", first weights of each block × {c}, second ÷ {c}: the same function" if c > 1 else ""
        full = "" if self.state.small or self.state.blocks == 1 else " Blocks with shortcuts start undivided."
        return f"{kind} directions{same}.{full} {self.story}."


# ---- the nets


class Trained(NamedTuple):
    """A net after its training."""

    params: dict[str, Array]  # float32
    losses: Array  # (STEPS,)


@lru_cache(maxsize=4)
def digits(seed: int) -> tuple[Array, Array]:
    """Draw digits x (128, 64), centred, and their labels (128,)."""
    images, labels = load_digits("train", np.float64)
    rows = np.random.default_rng(seed).choice(len(images), DIGITS, replace=False)
    x = images[rows].reshape(DIGITS, -1)
    return x - x.mean(0), labels[rows]


def network(blocks: int, shortcuts: bool, small: bool, seed: int, dtype: Any = np.float64) -> Sequential:
    """Build 64 → 32, blocks of two layers, → 10, with He's weights: the same draw with shortcuts and without.

    A block with a shortcut is y = relu(x + f(x)). If they are ``small`` the last weights of f are divided by √blocks;
    else the signal about doubles its mean square in every block. Without shortcuts it would be lost by a division.
    """
    rng = np.random.default_rng([seed, 1])

    def linear(fan_in: int, fan_out: int) -> Linear:
        return Linear(fan_in, fan_out, rng, "he_normal", dtype=dtype)

    layers: list[Layer] = [linear(64, WIDTH), Activation("relu")]
    for _ in range(blocks):
        first, last = linear(WIDTH, WIDTH), linear(WIDTH, WIDTH)
        block: list[Layer] = [first, Activation("relu"), last]
        if shortcuts:
            last.params["w"] /= math.sqrt(blocks) if small else 1
            block = [Residual(block)]
        layers += [*block, Activation("relu")]
    return Sequential([*layers, linear(WIDTH, CLASSES)])


Key = tuple[int, bool, int]  # blocks, small, seed
KEPT: dict[Key, tuple[Trained, Trained]] = {}  # the pairs that were trained last


def train(blocks: int, small: bool, seed: int) -> Iterator[list[list[float]]]:
    """Train both nets side by side with Adam; yield their losses after each step, and keep the pair in the end."""
    # float64: what 200 steps make of rounding then stays far below what is drawn, on every processor.
    nets = [network(blocks, shortcuts, small, seed) for shortcuts in (False, True)]
    losses: list[list[float]] = [[], []]
    runs = [
        fit(net, LOSS, OPTIMISERS["adam"](lr=RATE), digits(seed), EPOCHS, BATCH, np.random.default_rng(seed))
        for net in nets
    ]
    for rows in zip(*runs, strict=True):
        for own, row in zip(losses, rows, strict=True):
            own.append(row.loss)
        yield losses
    if len(KEPT) >= PAIRS:
        del KEPT[next(iter(KEPT))]
    plain, shortcut = (
        Trained({name: array.astype(np.float32) for name, array in net.params.items()}, np.array(own))
        for net, own in zip(nets, losses, strict=True)
    )
    KEPT[blocks, small, seed] = plain, shortcut


# ---- the run


def frames(state: State) -> Iterator[Frame]:
    """Train both nets, unless they are still there; then fill the slices, coarse to fine."""
    key = state.blocks, state.small, state.seed
    if key not in KEPT:
        for step, losses in enumerate(train(*key), 1):
            if step % (1 + 40 // state.layers) == 0 and step < STEPS:
                yield frame_of([unknown(np.array(own)) for own in losses], 0.5 * step / STEPS, state)
    yield from filling(KEPT[key], state)


def filling(pair: tuple[Trained, Trained], state: State) -> Iterator[Frame]:
    """Fill the slices around both nets; the cuts come after the first, coarse round."""
    planes = [plane(trained, shortcuts, state) for trained, shortcuts in zip(pair, (False, True), strict=True)]
    slices = [unknown(trained.losses) for trained in pair]
    order = coarse_to_fine(POINTS, COARSE, state.finest)
    first = sum(spacing == COARSE for _, _, spacing in order)
    several = 8 + 150 // state.layers  # points from one frame to the next
    for done, (row, column, spacing) in enumerate(order, 1):
        for own, part in zip(planes, slices, strict=True):
            height = math.log10(np.clip(own.at(GRID[column], GRID[row]), LOWEST, HIGHEST))
            like_it(part.surface, row, column, spacing)[...] = height
        if done == first:
            yield frame_of(slices, 0.5 + 0.5 * done / len(order), state)
            slices = [with_cuts(own, part) for own, part in zip(planes, slices, strict=True)]
        elif done % several == 0 or done == len(order):
            yield frame_of(slices, 0.5 + 0.5 * done / len(order), state)


def unknown(training: Array) -> Slice:
    """Make a slice of which only the training is known."""
    cut = np.full(len(ALONG), np.nan)
    return Slice(training, np.full((POINTS, POINTS), np.nan), cut, cut)


def plane(trained: Trained, shortcuts: bool, state: State) -> Plane:
    """Lay a plane through a trained net, in the same random directions with shortcuts and without."""
    net = network(state.blocks, shortcuts, state.small, state.seed, np.float32)
    for name, array in trained.params.items():
        net.params[name] = array
    rewrite_relu(net, state.factor)
    x, labels = digits(state.seed)
    rng = np.random.default_rng([state.seed, 2])
    return Plane(net, LOSS, (x.astype(np.float32), labels), state.normalised, rng)


def with_cuts(plane: Plane, part: Slice) -> Slice:
    """Add both cuts."""
    random, gradient = (
        np.clip(plane.along(direction, ALONG), LOWEST, HIGHEST) for direction in (plane.directions[0], plane.gradient)
    )
    return part._replace(random=random, gradient=gradient)


def like_it(surface: Array, row: int, column: int, spacing: int) -> Array:
    """Return the points (k, k) of a surface that look like this one until they are computed themselves."""
    before, behind = spacing // 2, (spacing + 1) // 2
    return surface[max(row - before, 0) : row + behind, max(column - before, 0) : column + behind]


def frame_of(slices: list[Slice], progress: float, state: State) -> Frame:
    """Make a frame of what is known of both nets."""
    plain, shortcut = (one._replace(surface=one.surface.copy()) for one in slices)
    return Frame(plain, shortcut, ALONG, np.array([state.factor, 1 / state.factor]), progress, state)


@lru_cache(maxsize=16)
def compute(state: State) -> Frame:
    """Run, or look up, all and return the last frame."""
    *_, last = frames(state)
    return last


def preview(state: State) -> State:
    """Only every 4th point each way."""
    return state.replace(finest=4)


# ---- the picture

EDGES = (0.03, 0.3, CHANCE, 10, 100, 1000)  # of the bands; outside are the lowest and the highest
BANDS = ListedColormap(["#0b3c66", "#2e7ab8", "#a8cbe8", "#fbe3c2", "#f0ab55", "#c96a10", "#7a3300"])
NORM = BoundaryNorm(np.log10([LOWEST / 10, *EDGES, 10 * HIGHEST]), BANDS.N)


class View:
    """Two slices side by side with the key to their colours; beside them the training, and two cuts."""

    size = (10.4, 4.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.plain = surface(figure, 0.065, "without shortcuts")
        self.shortcut = surface(figure, 0.335, "with shortcuts")
        self._make_key(figure)
        self._make_training(figure)
        self._make_cuts(figure)

    def _make_key(self, figure: Figure) -> None:
        ax = axes(figure, (0.60, 0.135, 0.014, 0.68), "loss")
        ax.grid(visible=False)
        ax.imshow(np.arange(BANDS.N)[:, None], cmap=BANDS, origin="lower", aspect="auto", extent=(0, 1, 0, BANDS.N))
        ax.set_xticks([])
        ax.set_yticks(range(1, BANDS.N), ["0.03", "0.3", "chance", "10", "100", "1000"])
        ax.yaxis.tick_right()

    def _make_training(self, figure: Figure) -> None:
        ax = axes(figure, (0.73, 0.62, 0.255, 0.195), "", "training step")
        legend(ax, ("— without", INK), ("— with", PURPLE))
        ax.set(xlim=(0, STEPS), yscale="log", ylim=(1e-4, 10))
        ax.set_yticks([1e-4, 1e-2, CHANCE], ["0.0001", "0.01", "chance"])
        ax.minorticks_off()
        level(ax, CHANCE)
        self.training = [line(ax, color=color, linewidth=1.6, ghost=True) for color in (INK, PURPLE)]

    def _make_cuts(self, figure: Figure) -> None:
        ax = axes(figure, (0.73, 0.135, 0.255, 0.30), "", "distance")
        legend(ax, ("— random", INK), ("- - gradient", INK))
        ax.set(xlim=(-REACH, REACH), xticks=[-0.5, 0, 0.5], yscale="log", ylim=(LOWEST, HIGHEST))
        ax.set_yticks([1e-3, CHANCE, 1e3, 1e6], ["0.001", "chance", "1000", "10⁶"])
        ax.minorticks_off()
        level(ax, CHANCE)
        self.gradient = [line(ax, color=color, linewidth=1.3, linestyle=(0, (4, 2))) for color in (INK, PURPLE)]
        self.random = [line(ax, color=color, linewidth=2.2, ghost=True) for color in (INK, PURPLE)]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        c = frame.state.factor
        say(self.headline, frame.story)
        for image, part in ((self.plain, frame.plain), (self.shortcut, frame.shortcut)):
            image.set_data(part.surface)
            fit_axes(image.axes, xlabel=f"weights × {c}, ÷ {c}" if c > 1 else "direction 1")
        for own, part in enumerate((frame.plain, frame.shortcut)):
            self.training[own].set_data(np.arange(1, len(part.training) + 1), part.training)
            self.random[own].set_data(frame.distance, part.random)
            self.gradient[own].set_data(frame.distance, part.gradient)


def surface(figure: Figure, left: float, title: str) -> AxesImage:
    """Add a map of the loss with a cross at the trained weights; set by ``set_data``."""
    ax = axes(figure, (left, 0.135, 0.245, 0.68), title, "direction 1", "direction 2" if left < 0.2 else "")
    ax.grid(visible=False)
    edge = REACH * POINTS / (POINTS - 1)  # a point's pixel reaches half a step beyond it
    image = ax.imshow(
        np.zeros((2, 2)),
        cmap=BANDS,
        norm=NORM,
        origin="lower",
        extent=(-edge, edge, -edge, edge),
        aspect="auto",
        interpolation="bilinear",
        interpolation_stage="data",
        animated=True,
    )
    ticks = [-0.5, 0, 0.5]
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=ticks, yticks=ticks if left < 0.2 else [])
    ax.scatter(0, 0, s=81, marker="+", color=PAPER, linewidths=1.8, animated=True)
    return image


SHALLOW: dict[str, Any] = {"blocks": 2, "normalised": True, "factor": 1, "small": True}
DEEP = SHALLOW | {"blocks": 10}

demo(
    __name__,
    title="A slice of the loss",
    question=Question(
        "Blue is better than chance: 31% of the slice around a trained net of 6 layers, 41% where blocks of two have "
        "a shortcut. The nets get 22 layers. What is left of the blue?",
        ("About 10% in both", "2%; with shortcuts 15%", "30% and 40%: both are trained"),
        answer=1,
        explanation="Without shortcuts each layer multiplies the error that the layers before it have made. With them "
        "a block that starts small adds a small error to what passes unharmed.",
        settings=DEEP,
    ),
    others={
        "scale": Question(
            "In each block the first weights are multiplied by 4, the second divided by 4. ReLU lets that pass: the "
            "same outputs. Along unscaled random directions, what becomes of the blue?",
            ("Nothing: the net is the same", "It shrinks to 1%", "It grows fourfold"),
            answer=1,
            explanation="Steps of one length for all weights are huge beside the small ones. The net is no sharper: "
            "scale each filter's step by its own length, and the picture is the same for every c.",
            settings=SHALLOW | {"normalised": False, "factor": 4},
        ),
    },
    notice="Both nets start from one draw and train on the same 128 digits; the cross is where they end. At a distance "
    "of 1 every filter has changed by as much as it weighs. Deepen the nets. Undivided blocks add up, and next to "
    "nothing is left of what shortcuts save. Unscaled, the same net looks sharper with another c. A slice shows two "
    "random directions of thousands: along the gradient, dashed, the blue ends sooner.",
    presets={
        "6 layers": SHALLOW,
        "22 layers": DEEP,
        "22, undivided": DEEP | {"small": False},
        "Unscaled": SHALLOW | {"normalised": False},
        "Unscaled, c = 4": SHALLOW | {"normalised": False, "factor": 4},
    },
)
