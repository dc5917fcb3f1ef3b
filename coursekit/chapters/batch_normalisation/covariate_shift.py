"""What enters one unit during training, with and without batch norm, and with a batch norm whose work is undone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.chapters.batch_normalisation import CHAPTER
from coursekit.chapters.initialisation.init_race import spread_out
from coursekit.data import load_digits
from coursekit.diagnostics import trace
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import DEMOS, Demo
from coursekit.figures.style import AMBER, BLUE, GHOST, INK, ORANGE, PURPLE, axes, headline, rough
from coursekit.layers import Activation, BatchNorm, Layer, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

POINTS = 50  # of each curve; a point stands for a block of training steps
WIDTH = 32
DEPTH = 3
BATCH = 64
CLASSES = 10
CHANCE = math.log(CLASSES)
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)  # the quantiles that are shown: 90 %, 50 %, and the median
# Xavier's rule takes the activation for the identity; a sigmoid's slope at 0 is ¼, which the gain makes up for.
INITS: dict[str, dict[str, Any]] = {
    "sigmoid": {"init": "xavier_normal", "gain": 4.0},
    "tanh": {"init": "xavier_normal"},
    "relu": {"init": "he_normal"},
}


class Kind(NamedTuple):
    """One of the three networks, and its colours."""

    label: str
    short: str
    color: str
    text_color: str


KINDS = (
    Kind("without batch norm", "without", PURPLE, PURPLE),
    Kind("with batch norm", "batch norm", BLUE, BLUE),
    Kind("with batch norm, then shaken", "shaken", ORANGE, AMBER),
)


@dataclass(frozen=True)
class State(DemoState):
    """Three hidden layers of 32 units on digits, plain gradient descent on batches of 64."""

    shake: float = slider(1.0, 0.0, 2.0, "shaking", step=0.1, on_release=True)
    layer: int = slider(DEPTH, 1, DEPTH, "look at: layer", on_release=True)
    unit: int = slider(1, 1, WIDTH, "look at: unit", on_release=True)
    lr: float = slider(0.5, 0.03, 3.0, "learning rate", log=True, on_release=True)
    activation: str = choice("sigmoid", [ACTIVATIONS[name] for name in INITS], "activation")
    seed: int = 0
    every: int = 4  # training steps from one point to the next


@dataclass(frozen=True)
class Frame:
    """The run until ``steps[-1]``; one row a network, in the order of `KINDS`."""

    steps: Array  # (K,), the end of each block of steps
    quantiles: Array  # (3, 5, K), of what enters the unit's activation, over the samples of a block
    loss: Array  # (3, K), mean over the batches of a block; NaN from an overflow on
    change: Array  # (3, K), ‖g′ − g‖ / ‖g‖: how much the gradient changes along the last step of a block
    state: State

    @property
    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return float(self.steps[-1] / (POINTS * self.state.every))

    @property
    def wander(self) -> tuple[float, ...]:
        """How far apart the highest and the lowest of the unit's medians are."""
        return tuple(np.ptp(self.quantiles[:, 2], axis=1).tolist())

    @property
    def readout(self) -> str:
        """Loss, restlessness and change of the gradient, network by network."""
        parts = []
        for i, kind in enumerate(KINDS):
            if not math.isfinite(self.loss[i, -1]):
                parts.append(f"{kind.short} diverged")
                continue
            parts.append(
                f"{kind.short}: loss {self.loss[i, -1]:.2f}, median wanders over {self.wander[i]:.1f}, "
                f"gradient changes by {rough(float(np.median(self.change[i])))} of itself"
            )
        return f"Step {self.steps[-1]}. {'; '.join(parts)}."


class Shake(Layer):
    """y = s x + m with a scale and a shift for each unit, drawn anew for every step: covariate shift on purpose."""

    def __init__(self, strength: float, rng: np.random.Generator) -> None:
        super().__init__()
        self.strength, self.rng = strength, rng
        self.draw()

    def draw(self) -> None:
        """Draw m from U(−1, 1) · strength and s = exp(U(−½, ½) · strength)."""
        assert self.rng is not None
        self.shift = (self.strength * self.rng.uniform(-1, 1, WIDTH)).astype(np.float32)
        self.scale = np.exp(self.strength * self.rng.uniform(-0.5, 0.5, WIDTH)).astype(np.float32)

    def forward(self, x: Array, training: bool = False) -> Array:
        return x * self.scale + self.shift

    def backward(self, dout: Array) -> Array:
        return dout * self.scale


def network(kind: int, state: State) -> Sequential:
    """Build a network; all three start from the same weights."""
    rng = np.random.default_rng([state.seed, 1])
    layers: list[Layer] = []
    for i in range(DEPTH):
        layers.append(Linear(WIDTH if i else 64, WIDTH, rng, **INITS[state.activation]))
        layers += [BatchNorm(WIDTH)] if kind > 0 else []
        layers += [Shake(state.shake, np.random.default_rng([state.seed, 2, i]))] if kind > 1 else []
        layers.append(Activation(state.activation))
    return Sequential([*layers, Linear(WIDTH, CLASSES, rng, "xavier_normal")])


class Trainee:
    """A network in training that notes what enters one unit, its loss, and how its gradient changes along a step."""

    def __init__(self, kind: int, state: State) -> None:
        self.net = network(kind, state)
        self.params = self.net.params
        self.optimiser = OPTIMISERS["sgd"](lr=state.lr)
        self.memory = self.optimiser.init(self.params)
        activations = [i for i, layer in enumerate(self.net.layers) if isinstance(layer, Activation)]
        self.watched, self.unit = str(activations[state.layer - 1] - 1), state.unit - 1
        self.broken = False

    def gradient(self, x: Array, labels: Array) -> tuple[float, Array]:
        """Return the loss of a batch and its gradient with respect to all parameters, as one vector."""
        passed = trace(self.net, x, training=True)
        self.entered = dict(passed)[self.watched][:, self.unit]
        loss, dscores = LOSSES["softmax_cross_entropy"](passed[-1][1], labels)
        self.net.parameter_gradients(dscores)
        return loss, np.concatenate([gradient.ravel() for gradient in self.net.grads.values()])

    def block(self, batches: list[tuple[Array, Array]]) -> tuple[Array, float, float]:
        """Take a step on each batch; return quantiles (5,), mean loss, and the gradient's change in the last step."""
        losses, entered = [], []
        with np.errstate(all="ignore"):  # an overflow is a result
            for batch in batches:
                for layer in self.net.layers:
                    if isinstance(layer, Shake):
                        layer.draw()
                loss, gradient = self.gradient(*batch)
                losses.append(loss)
                entered.append(self.entered)
                self.optimiser.step(self.params, self.net.grads, self.memory)
            _, after = self.gradient(*batch)
            change = float(np.linalg.norm(after - gradient) / np.linalg.norm(gradient))
        self.broken = self.broken or not math.isfinite(sum(losses) + change)
        if self.broken:
            return np.full(len(LEVELS), math.nan), math.nan, math.nan
        return np.quantile(np.concatenate(entered), LEVELS), float(np.mean(losses)), change


@lru_cache(maxsize=1)
def digits() -> tuple[Array, Array]:
    """Return the training digits as rows (1437, 64), and their labels."""
    images, labels = load_digits("train")
    return images.reshape(len(images), -1), labels


def frames(state: State) -> Iterator[Frame]:
    """Train the three networks on the same batches, and show the curves so far after every few steps."""
    x, labels = digits()
    trainees = [Trainee(kind, state) for kind in range(len(KINDS))]
    draws = np.random.default_rng(state.seed).integers(0, len(x), (POINTS, state.every, BATCH))
    points: list[list[tuple[Array, float, float]]] = []
    for rows in draws:
        batches = [(x[chosen], labels[chosen]) for chosen in rows]
        points.append([trainee.block(batches) for trainee in trainees])
        yield Frame(
            steps=state.every * np.arange(1, len(points) + 1),
            quantiles=np.stack([[quantiles for quantiles, _, _ in point] for point in points], axis=-1),
            loss=np.array([[loss for _, loss, _ in point] for point in points]).T,
            change=np.array([[change for _, _, change in point] for point in points]).T,
            state=state,
        )


def compute(state: State) -> Frame:
    """Run the whole training and return its last frame."""
    *_, last = frames(state)
    return last


def preview(state: State) -> State:
    """A quarter of the training."""
    return state.replace(every=1)


LOSSES_SHOWN = (0.02, 5.0)
CHANGES_SHOWN = (0.01, 10.0)


class View:
    """What enters the unit on the left, one network under the other; loss and gradient on the right."""

    size = (10.4, 5.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        figure.text(0.07, 0.897, "what enters one unit's activation:", fontsize=11.5, color=INK)
        self.bands = [
            Band(figure, (0.07, bottom, 0.42, 0.195), KINDS[i]) for i, bottom in enumerate((0.635, 0.365, 0.095))
        ]
        for band in self.bands[:-1]:
            band.ax.tick_params(labelbottom=False)
        self.bands[-1].ax.set_xlabel("training step", fontsize=10.5)
        self.loss = Curves(figure, (0.575, 0.545, 0.30, 0.33), "training loss (log scale)", LOSSES_SHOWN)
        self.loss.ax.set_yticks([0.02, 0.1, 0.5, CHANCE], ["0.02", "0.1", "0.5", "chance"])
        self.loss.ax.axhline(CHANCE, color=INK, linewidth=1.0, linestyle=":")
        self.loss.ax.tick_params(labelbottom=False)
        title = "change of the gradient along one step"
        self.change = Curves(figure, (0.575, 0.095, 0.30, 0.33), title, CHANGES_SHOWN)
        self.change.ax.set_yticks([0.01, 0.1, 1, 10], ["1 %", "10 %", "100 %", "1000 %"])
        self.change.ax.set_xlabel("training step", fontsize=10.5)
        self._last = 0

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self._set_limits(frame)
        ends = [f"{k.short} {_loss(loss)}" for k, loss in zip(KINDS, frame.loss[:, -1], strict=True)]
        self.headline.set_text(f"Step {frame.steps[-1]}, loss: {', '.join(ends)}")
        for i, band in enumerate(self.bands):
            band.update(frame.steps, frame.quantiles[i])
        self.loss.update(frame.steps, frame.loss)
        self.change.update(frame.steps, frame.change)

    def _set_limits(self, frame: Frame) -> None:
        """Fit the step axis to the length of the run, and step the bands' height to what is in them."""
        last = POINTS * frame.state.every
        if last != self._last:
            self._last = last
            for ax in (*(band.ax for band in self.bands), self.loss.ax, self.change.ax):
                ax.set_xlim(0, last)
        largest = float(np.nanmax(np.abs(frame.quantiles), initial=0.0))
        reach = next((r for r in (4.0, 8.0, 16.0, 32.0) if largest <= r), 64.0)
        if self.bands[0].ax.get_ylim()[1] != reach:
            for band in self.bands:
                band.ax.set_ylim(-reach, reach)

    def pin(self, frame: Frame | None) -> None:
        """Keep a frame's medians, losses and changes as ghosts."""
        for i, band in enumerate(self.bands):
            band.ghost.set_data(*(frame.steps, frame.quantiles[i, 2]) if frame else ([], []))
        self.loss.pin(frame.steps if frame else None, frame.loss if frame else None)
        self.change.pin(frame.steps if frame else None, frame.change if frame else None)


class Band:
    """The middle 90 % and 50 % of the values as bands, the median as a line."""

    def __init__(self, figure: Figure, rect: tuple[float, float, float, float], kind: Kind) -> None:
        self.ax = axes(figure, rect, "", "", "value")
        self.ax.text(0.0, 1.04, kind.label, fontsize=11.5, color=kind.text_color, transform=self.ax.transAxes)
        if kind is KINDS[0]:
            style = {"fontsize": 10.5, "color": INK, "ha": "right", "transform": self.ax.transAxes}
            self.ax.text(1.0, 1.04, "line: median; bands: 50 %, 90 %", **style)
        self.areas = PolyCollection([], facecolors=kind.color, alpha=0.3, linewidths=0, animated=True)
        self.ax.add_collection(self.areas)
        (self.ghost,) = self.ax.plot([], [], **GHOST)
        (self.median,) = self.ax.plot([], [], color=kind.text_color, linewidth=1.6, animated=True)

    def update(self, steps: Array, quantiles: Array) -> None:
        """Show quantiles (5, K)."""
        self.median.set_data(steps, quantiles[2])
        known = np.isfinite(quantiles).all(0)
        x, rows = steps[known], quantiles[:, known]
        pairs = ((rows[0], rows[4]), (rows[1], rows[3]))
        self.areas.set_verts([np.stack([np.r_[x, x[::-1]], np.r_[low, high[::-1]]], 1) for low, high in pairs])


class Curves:
    """One curve a network on a log scale, its name at the right end."""

    def __init__(self, figure: Figure, rect: tuple[float, float, float, float], title: str, shown: Any) -> None:
        self.ax = axes(figure, rect, title, "", "")
        self.shown = shown
        self.ax.set(yscale="log", ylim=shown)
        self.ax.yaxis.set_minor_locator(NullLocator())  # its labels would cost more than all else
        self.ghosts = [self.ax.plot([], [], **(GHOST | {"color": kind.color}))[0] for kind in KINDS]
        styles = ("-", "-", (0, (5, 1.5)))
        self.lines = [
            self.ax.plot([], [], color=kind.color, linewidth=2.0, linestyle=style, animated=True)[0]
            for kind, style in zip(KINDS, styles, strict=True)
        ]
        style: dict[str, Any] = {"fontsize": 10.5, "va": "center", "transform": self.ax.transAxes, "animated": True}
        self.names = [self.ax.text(1.02, 0, "", color=kind.text_color, **style) for kind in KINDS]

    def update(self, steps: Array, values: Array) -> None:
        """Show values (3, K)."""
        low, high = self.shown
        for line, row in zip(self.lines, values, strict=True):
            line.set_data(steps, row)
        ends = np.clip(np.where(np.isfinite(values[:, -1]), values[:, -1], high), low, high)
        levels = spread_out(np.log(ends / low) / math.log(high / low), 0.09)
        for name, kind, level, end in zip(self.names, KINDS, levels, values[:, -1], strict=True):
            name.set_y(level)
            name.set_text(kind.short if math.isfinite(end) else f"{kind.short} ×")

    def pin(self, steps: Array | None, values: Array | None) -> None:
        """Keep curves as ghosts."""
        for i, ghost in enumerate(self.ghosts):
            ghost.set_data(*([], []) if steps is None or values is None else (steps, values[i]))


def _loss(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "×"


def case(shake: float, layer: int = DEPTH, lr: float = 0.5, activation: str = "sigmoid") -> dict[str, Any]:
    """Settings of a telling case."""
    return {"shake": shake, "layer": layer, "unit": 1, "lr": lr, "activation": activation}


DEMOS.add(
    Demo(
        "covariate_shift",
        CHAPTER,
        title="A story, and a doubt",
        State=State,
        compute=compute,
        View=View,
        frames=frames,
        preview=preview,
        question=Question(
            "A third network has batch norm too, but behind it every unit is scaled and shifted at random, anew in "
            "every step. If batch norm helps because distributions stand still, this one must be the worst. Is it?",
            ("Yes, the worst of the three", "No: it comes second", "No: it is the best"),
            answer=1,
            explanation="In the shaken network the distributions jump in every step, and yet it learns faster than the "
            "one without batch norm. What both networks with batch norm share is a gradient that changes less.",
            settings=case(1.0),
        ),
        notice="The bands show what the original paper is about: without batch norm they wander, with it they keep "
        "their place. The curve at the lower right shows what later work points to: 100 % means that at the end of a "
        "step the gradient differs from that at its start by its whole length, so that the step went too far.",
        presets={
            "The story": case(0.0),
            "The doubt": case(1.0),
            "Shaken hard": case(2.0),
            "First layer": case(1.0, layer=1),
            "tanh": case(0.5, lr=0.1, activation="tanh"),
        },
    )
)
