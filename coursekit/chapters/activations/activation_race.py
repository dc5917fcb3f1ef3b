"""Training loss by activation: the same network, first weights and batches, six ways to bend, and a guest's."""

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS, ELEMENTWISE
from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.curves import Look, NamedCurves
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, fit, level, line, rows, say
from coursekit.figures.rest import still_wanted
from coursekit.figures.style import BLUE, BROWN, INK, ORANGE, PURPLE, RED, axes, headline
from coursekit.layers import Activation, Layer, Linear
from coursekit.network import Sequential
from coursekit.training.history import Trainer, batches, predicted

STEPS = 200
EVERY = 4  # training steps from one frame to the next; a point of a curve is the mean over them
POINTS = STEPS // EVERY
WIDTH = 64
BATCH = 64
CLASSES = 10
CHANCE = math.log(CLASSES)  # the loss of a network that gives every class the same score
LOWEST, HIGHEST = 0.01, 100.0  # the losses that the picture spans
GREEN, TEAL = "#2e7d32", "#00838f"
NOBODY, DASHED = "nobody", (0, (5, 1.5))  # who runs beside the others, and in which line a guest does
RUNNERS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu")
TANH, RELU = 1, 2
LOOKS = tuple(
    Look(ACTIVATIONS[name].label, color, style)
    for name, color, style in zip(
        RUNNERS,
        (RED, PURPLE, BLUE, "#717581", ORANGE, BROWN),
        ("-", "-", "-", (0, (4, 1.5)), "-", (0, (1.5, 1))),
        strict=True,
    )
)
SEATS = (*LOOKS, Look("", TEAL, DASHED))  # one is kept for a guest
GUESTS = Records(ACTIVATIONS, {"(nobody)": NOBODY}, names=[name for name in ELEMENTWISE if name not in RUNNERS])
Overflow = tuple[int | None, ...]  # one entry a runner


@dataclass(frozen=True)
class State(DemoState):
    """Layers of 64 units, plain gradient descent on batches of 64 digits; pixels from 0 to ``pixels``."""

    pixels: float = slider(16.0, 1.0, 16.0, "brightest pixel", log=True, main=True)
    lr: float = slider(0.03, 0.003, 0.3, "learning rate", log=True, main=True)
    depth: int = slider(3, 1, 8, "hidden layers")
    weights: str = choice("he", {"He's for all": "he", "each its own gain": "own"}, "first weights")
    guest: str = choice(NOBODY, GUESTS, "a seventh runner")
    goal: float = slider(0.5, 0.1, 1.5, "loss to reach", step=0.05)
    seed: int = 0
    every: int = EVERY  # training steps from one point to the next


@dataclass(frozen=True)
class Frame:
    """The race after ``steps[-1]`` steps; one row an activation, those of `RUNNERS` first, then a guest."""

    steps: Array  # (K,), the end of each block of steps
    loss: Array  # (6 or 7, K), mean over the batches of a block; NaN from the overflow on
    arrived: Array  # (6 or 7,), the step at which the loss was first at the goal; 0 if it has not been yet
    overflow: Overflow  # the step at which a loss became infinite or NaN
    state: State

    @property
    def progress(self) -> float:
        """How much of the race is over, from 0 to 1."""
        return len(self.steps) / POINTS

    @property
    def looks(self) -> tuple[Look, ...]:
        """The name and the look of each."""
        guest = self.state.guest
        return LOOKS if guest == NOBODY else (*LOOKS, Look(ACTIVATIONS[guest].label, TEAL, DASHED))

    @property
    def ratio(self) -> float | None:
        """How many times as many steps tanh took as ReLU, if both have arrived."""
        tanh, relu = self.arrived[[TANH, RELU]].tolist()
        return tanh / relu if tanh and relu else None

    @property
    def story(self) -> str:
        """Tanh against ReLU, in a sentence."""
        tanh, relu = self.arrived[[TANH, RELU]].tolist()
        if self.ratio:
            return f"tanh takes {self.ratio:.1f} times the steps of ReLU"
        if relu:
            return f"ReLU arrives after {relu} steps, tanh not by step {self.steps[-1]}"
        if tanh:
            return f"tanh arrives after {tanh} steps, ReLU not by step {self.steps[-1]}"
        return "Neither ReLU nor tanh has arrived"

    @property
    def readout(self) -> str:
        """The story, and everybody's steps."""
        entries = (
            f"{look.label} overflowed at step {lost}" if lost is not None else f"{look.label} {there or '–'}"
            for look, there, lost in zip(self.looks, self.arrived, self.overflow, strict=True)
        )
        return f"Step {self.steps[-1]}: {self.story}. Steps to a loss of {self.state.goal:g}: {'; '.join(entries)}."


def racer(activation: str, depth: int, lr: float, seed: int, init: str = "he_normal", **params: float) -> Trainer:
    """Build a network of ``depth`` hidden layers that is ready to train on digits."""
    rng = np.random.default_rng([seed, 1])
    layers: list[Layer] = []
    for _ in range(depth):
        layers += [Linear(WIDTH, WIDTH, rng, init, **params), Activation(activation)]
    return Trainer(Sequential([*layers, Linear(WIDTH, CLASSES, rng, init, **params)]), "softmax_cross_entropy", lr)


def runners(weights: str, depth: int, lr: float, seed: int, guest: str = NOBODY) -> list[Trainer]:
    """Build them all: σ = gain / √64 from the same draw, the gain He's √2 for all, or each activation's own."""
    running = RUNNERS if guest == NOBODY else (*RUNNERS, guest)
    gains = [ACTIVATIONS["relu" if weights == "he" else name].gain for name in running]
    return [racer(name, depth, lr, seed, gain=gain) for name, gain in zip(running, gains, strict=True)]


def race(
    racers: list[Trainer], seed: int, brightest: float = 1.0, every: int = EVERY
) -> Iterator[tuple[Array, Array, Overflow]]:
    """Train all on the same digits; give loss (K,) and share read correctly (K,) of every block, and the overflows."""
    images, labels = load_digits("train")
    draws = batches(np.float32(brightest) * images.reshape(len(images), -1), labels, BATCH, seed)
    for _ in range(POINTS):
        block = list(islice(draws, every))
        results = np.array([[_trained(racer, *batch) for batch in block] for racer in racers])  # (K, every, 2)
        yield *results.mean(1).T, tuple(racer.overflow for racer in racers)


def _trained(racer: Trainer, x: Array, labels: Array) -> tuple[float, float]:
    loss, scores = racer.step(x, labels)
    return loss, math.nan if racer.overflow is not None else float((predicted(scores) == labels).mean())


@lru_cache(maxsize=16)
def finished(
    kind: Hashable, guest: str, pixels: float, weights: str, lr: float, depth: int, seed: int, every: int
) -> tuple[Array, Overflow]:
    """Return all losses (6 or 7, K) and overflows; kept, because another goal needs no other race.

    ``kind`` changes when a learner writes the guest anew.
    """
    blocks = []
    for block in race(runners(weights, depth, lr, seed, guest), seed, pixels, every):
        still_wanted()
        blocks.append(block)
    return np.stack([losses for losses, _, _ in blocks], axis=1), blocks[-1][2]


def frames(state: State) -> Iterator[Frame]:
    """Race, and show the curves so far after every few steps."""
    curves = []
    racers = runners(state.weights, state.depth, state.lr, state.seed, state.guest)
    for losses, _, overflow in race(racers, state.seed, state.pixels, state.every):
        curves.append(losses)
        yield frame_of(np.stack(curves, axis=1), overflow, state)


def compute(state: State) -> Frame:
    """Run, or look up, the whole race and return its last frame."""
    guest = state.guest
    settings = (
        ACTIVATIONS.get(guest),
        guest,
        state.pixels,
        state.weights,
        state.lr,
        state.depth,
        state.seed,
        state.every,
    )
    return frame_of(*finished(*settings), state)


def preview(state: State) -> State:
    """A quarter of the race."""
    return state.replace(every=1)


def frame_of(loss: Array, overflow: Overflow, state: State) -> Frame:
    """Make a frame of the losses (6 or 7, K) so far."""
    steps = state.every * np.arange(1, loss.shape[1] + 1)
    return Frame(steps, loss, arrivals(steps, loss, state.goal), overflow, state)


def arrivals(steps: Array, loss: Array, goal: float) -> Array:
    """Return the first of the steps (K,) at which each row of loss (6, K) is at the goal; 0 where none is."""
    there = loss <= goal  # never where it is NaN
    return np.where(there.any(1), steps[there.argmax(1)], 0)


def race_axes(figure: Figure, width: float) -> Axes:
    """Add the axes of a race's losses, their left part of the figure ``width`` wide."""
    ax = axes(figure, (0.08, 0.125, width, 0.70), "training loss (log scale)", f"training step, in blocks of {EVERY}")
    ax.set(xlim=(0, STEPS), yscale="log", ylim=(LOWEST, HIGHEST))
    ax.set_yticks([0.01, 0.1, 1, CHANCE, 10, 100], ["0.01", "0.1", "1", "chance", "10", "100"])
    level(ax, CHANCE)
    return ax


def name_rows(ax: Axes, looks: tuple[Look, ...]) -> None:
    """Name the rows of the bars, if they are others than before."""
    fit(ax, ylim=(len(looks) - 0.5, -0.5), yticks=range(len(looks)), yticklabels=tuple(look.label for look in looks))


def with_room(values: Array, count: int) -> Array:
    """Return values (K, …), and so many rows in all: NaN for a guest who is not there."""
    missing = count - len(values)
    return np.concatenate([values, np.full((missing, *values.shape[1:]), np.nan)]) if missing else values


def names(looks: tuple[Look, ...], overflow: Overflow) -> list[str]:
    """Return what stands at the end of each curve."""
    return [
        look.label if lost is None else f"{look.label} × step {lost}"
        for look, lost in zip(looks, overflow, strict=True)
    ]


class View:
    """Loss curves with their names at the right end; beside them the steps that each took to the goal."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        ax = race_axes(figure, 0.445)
        self.goal = line(ax, color=GREEN, linewidth=1.4, linestyle=(0, (6, 3)))
        style = {"fontsize": 10.5, "transform": ax.get_yaxis_transform(), "animated": True, "color": GREEN}
        self.goal_name = ax.text(0.99, 1, "goal", ha="right", va="bottom", **style)
        self.curves = NamedCurves(ax, SEATS, linewidth=2.1)
        self._make_bars(figure)

    def _make_bars(self, figure: Figure) -> None:
        ax = axes(figure, (0.765, 0.125, 0.19, 0.70), "steps to the goal", "training steps")
        ax.set(xlim=(0, STEPS), xticks=range(0, STEPS + 1, 100))
        rows(ax, [look.label for look in LOOKS])
        self.bars = Bars(ax, [look.color for look in SEATS], range(len(SEATS)), lying=True, ghost=22)
        style = {"fontsize": 10.5, "va": "center", "color": INK, "animated": True}
        self.counts = [ax.text(0, place, "", **style) for place in range(len(SEATS))]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        ahead = frame.ratio and frame.ratio > 1.5
        say(self.headline, f"Step {frame.steps[-1]}: {frame.story}", BLUE if ahead else INK)
        self.goal.set_data([0, STEPS], [frame.state.goal] * 2)
        self.goal_name.set_y(frame.state.goal * 1.06)
        absent = len(SEATS) - len(frame.looks)
        labels = names(frame.looks, frame.overflow) + [""] * absent
        self.curves.show(frame.steps, with_room(frame.loss, len(SEATS)), labels)
        name_rows(self.bars.ax, frame.looks)
        self.bars.show(with_room(np.where(frame.arrived, frame.arrived, np.nan), len(SEATS)))
        self.counts[-1].set_text("")
        for text, there, lost in zip(self.counts, frame.arrived, frame.overflow, strict=False):
            text.set(text=str(there) if there else "not yet" if lost is None else "overflow", x=there + 5)


demo(
    __name__,
    title="The race of the activations",
    question=Question(
        "With raw pixels, from 0 to 16, tanh takes about three times the steps of ReLU to the same loss. Now "
        "divide the pixels by 16, and raise the rate to 0.1, which small inputs allow. What becomes of "
        "ReLU's lead?",
        ("It grows", "It stays about three times", "It is gone"),
        answer=2,
        explanation="Large inputs saturate tanh, and a saturated unit learns slowly; ReLU has no upper end at "
        "which to saturate. With inputs of a fitting size neither is in trouble: tanh is even a little ahead, at "
        "a rate of 0.03 as well.",
        settings={"pixels": 1.0, "lr": 0.1},
    ),
    notice="All see the same batches and start from the same draw, scaled by He's √2 or by a gain of their own: 4 "
    "for the sigmoid, 1 for tanh, √2 for ReLU. A seventh may run with them, also one of your own. The lead of ReLU is "
    "a lead over saturation: it is large where the inputs are large, and gone where they fit. The famous six times "
    "were measured once, on one network; move the sliders before you believe any such number.",
    presets={
        "Raw pixels": {"pixels": 16.0, "lr": 0.03, "depth": 3, "weights": "he"},
        "Scaled pixels": {"pixels": 1.0, "lr": 0.1, "depth": 3, "weights": "he"},
        "One hidden layer": {"pixels": 16.0, "lr": 0.03, "depth": 1, "weights": "he"},
        "Too bold for ReLU": {"pixels": 16.0, "lr": 0.1, "depth": 3, "weights": "he"},
        "A sigmoid that arrives": {"pixels": 1.0, "lr": 0.3, "depth": 3, "weights": "own"},
    },
)
