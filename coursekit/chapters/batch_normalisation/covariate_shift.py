"""What enters one unit during training, with and without batch norm, and with a batch norm whose work is undone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.chapters.batch_normalisation.bn_grid import digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.curves import Look, NamedCurves
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, fit, level, line, say, stepped
from coursekit.figures.rest import last_wanted
from coursekit.figures.style import BLUE, INK, ORANGE, PURPLE, axes, headline, readable, rough
from coursekit.layers import Activation, BatchNorm, Layer, Linear
from coursekit.network import Sequential
from coursekit.training.history import Trainer

POINTS = 50  # of each curve; a point stands for a block of training steps
WIDTH = 32
DEPTH = 3
BATCH = 64
WATCHED = 256  # so many digits, always the same ones, show what enters the unit: what moves is not the batch
CLASSES = 10
CHANCE = math.log(CLASSES)
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)  # the quantiles that are shown: 90 %, 50 %, and the median
# Xavier's rule takes the activation for the identity; a sigmoid's slope at 0 is ¼, which the gain makes up for.
INITS: dict[str, dict[str, Any]] = {
    "sigmoid": {"init": "xavier_normal", "gain": 4.0},
    "tanh": {"init": "xavier_normal"},
    "relu": {"init": "he_normal"},
}


LOOKS = (Look("without", PURPLE), Look("batch norm", BLUE), Look("shaken", ORANGE, (0, (5, 1.5))))
KINDS = ("without batch norm", "with batch norm", "with batch norm, then shaken")


@dataclass(frozen=True)
class State(DemoState):
    """Three hidden layers of 32 units on digits, plain gradient descent on batches of 64."""

    shake: float = slider(0.0, 0.0, 2.0, "shaking", step=0.1, main=True)
    layer: int = slider(DEPTH, 1, DEPTH, "look at: layer", on_release=True, main=True)
    unit: int = slider(1, 1, WIDTH, "look at: unit", on_release=True)
    lr: float = slider(0.5, 0.03, 3.0, "learning rate", log=True)
    activation: str = choice("sigmoid", [ACTIVATIONS[name] for name in INITS], "activation")
    seed: int = 0
    every: int = 4  # training steps from one point to the next


@dataclass(frozen=True)
class Frame:
    """The run until ``steps[-1]``; one row a network, in the order of `LOOKS`."""

    steps: Array  # (K,), the end of each block of steps
    quantiles: Array  # (3, 5, K), of what enters the unit's activation, for the digits that are watched
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
    def jump(self) -> tuple[float, ...]:
        """How far the unit's median moves from one point to the next, on average."""
        path = np.abs(np.diff(self.quantiles[:, 2], axis=1)).sum(axis=1)
        return tuple((path / max(1, len(self.steps) - 1)).tolist())

    @property
    def readout(self) -> str:
        """Loss, restlessness and change of the gradient, network by network."""
        parts = []
        for i, look in enumerate(LOOKS):
            if not math.isfinite(self.loss[i, -1]):
                parts.append(f"{look.label} diverged")
                continue
            parts.append(
                f"{look.label}: loss {self.loss[i, -1]:.2f}, median wanders over {self.wander[i]:.1f} and jumps by "
                f"{self.jump[i]:.1f}, gradient changes by {rough(float(np.median(self.change[i])))} of itself"
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


class Trainee(Trainer):
    """A network in training; one can watch what enters a unit, and how its gradient changes along a step."""

    def __init__(self, kind: int, state: State) -> None:
        super().__init__(network(kind, state), "softmax_cross_entropy", state.lr)
        activations = [i for i, layer in enumerate(self.net.layers) if isinstance(layer, Activation)]
        self.before, self.unit = self.net.layers[: activations[state.layer - 1]], state.unit - 1

    def entering(self, x: Array) -> Array:
        """Return what enters the unit's activation for each row of x, as in training: (N,)."""
        for layer in self.before:
            x = layer.forward(x, training=True)
        return x[:, self.unit]

    def examine(self, x: Array, labels: Array) -> float:
        """Return the loss of a batch, whose gradient the network then holds."""
        loss, dscores = self.loss(self.passes.forward(x), labels)
        self.passes.parameter_gradients(dscores)
        return loss

    def gradient(self) -> Array:
        """Return the gradient that the network holds, with respect to all parameters, as one vector."""
        return np.concatenate([gradient.ravel() for gradient in self.net.grads.values()])

    def block(self, batches: list[tuple[Array, Array]]) -> tuple[Array, float, float]:
        """Take a step on each batch; return quantiles (5,), mean loss, and the gradient's change in the last step."""
        losses = []
        with np.errstate(all="ignore"):  # an overflow is a result
            for batch in batches:
                for layer in self.net.layers:
                    if isinstance(layer, Shake):
                        layer.draw()
                losses.append(self.examine(*batch))
                self.descend()
            before = self.gradient()  # a step leaves it as it was
            self.examine(*batch)
            change = float(np.linalg.norm(self.gradient() - before) / np.linalg.norm(before))
            entering = self.entering(digits()[0][:WATCHED])
        if self.overflow is None and not math.isfinite(sum(losses) + change):
            self.overflow = self.steps
        if self.overflow is not None:
            return np.full(len(LEVELS), math.nan), math.nan, math.nan
        return np.quantile(entering, LEVELS), float(np.mean(losses)), change


def frames(state: State) -> Iterator[Frame]:
    """Train the three networks on the same batches, and show the curves so far after every few steps."""
    x, labels = digits()
    trainees = [Trainee(kind, state) for kind in range(len(LOOKS))]
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
    return last_wanted(frames(state))


def preview(state: State) -> State:
    """A quarter of the training."""
    return state.replace(every=1)


class View:
    """What enters the unit on the left, one network under the other; loss and gradient on the right."""

    size = (10.4, 5.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        figure.text(0.07, 0.897, "what enters one unit", fontsize=11.5, color=INK)
        self.bands = [
            Band(figure, (0.07, bottom, 0.42, 0.195), kind, look.color)
            for bottom, kind, look in zip((0.635, 0.365, 0.095), KINDS, LOOKS, strict=True)
        ]
        loss = axes(figure, (0.575, 0.545, 0.30, 0.33), "training loss (log scale)")
        loss.set(yscale="log", ylim=(0.02, 5.0))
        loss.set_yticks([0.02, 0.1, 0.5, CHANCE], ["0.02", "0.1", "0.5", "chance"])
        level(loss, CHANCE)
        change = axes(figure, (0.575, 0.095, 0.30, 0.33), "change of the gradient along one step", "training step")
        change.set(yscale="log", ylim=(0.01, 10.0))
        change.set_yticks([0.01, 0.1, 1, 10], ["1 %", "10 %", "100 %", "1000 %"])
        self.axes = [*(band.ax for band in self.bands), loss, change]
        for ax in (*self.axes[:2], loss):
            ax.tick_params(labelbottom=False)
        self.bands[-1].ax.set_xlabel("training step   (median, 50 %, 90 %)", fontsize=10.5)
        for ax in (loss, change):
            ax.yaxis.set_minor_locator(NullLocator())  # its labels would cost more than all else
        self.loss, self.change = (NamedCurves(ax, LOOKS, linewidth=2.0) for ax in (loss, change))

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        for ax in self.axes:
            fit(ax, xlim=(0, POINTS * frame.state.every))
        reach = stepped(float(np.nanmax(np.abs(frame.quantiles), initial=0.0)), 4.0, 6.0, 8.0, 16.0, 32.0, 64.0)
        ends = [f"{look.label} {_loss(loss)}" for look, loss in zip(LOOKS, frame.loss[:, -1], strict=True)]
        say(self.headline, f"Step {frame.steps[-1]}, loss: {', '.join(ends)}")
        for band, quantiles, jump in zip(self.bands, frame.quantiles, frame.jump, strict=True):
            band.show(frame.steps, quantiles, reach, jump)
        for curves, values in ((self.loss, frame.loss), (self.change, frame.change)):
            names = [
                look.label + " ×" * (not known) for look, known in zip(LOOKS, np.isfinite(values[:, -1]), strict=True)
            ]
            curves.show(frame.steps, values, names)


class Band:
    """The middle 90 % and 50 % of the values as bands, the median as a line."""

    def __init__(self, figure: Figure, rect: tuple[float, float, float, float], kind: str, color: str) -> None:
        self.ax = axes(figure, rect, "", "", "value")
        self.ax.text(0.0, 1.04, kind, fontsize=11.5, color=readable(color), transform=self.ax.transAxes)
        style = {"fontsize": 10.5, "ha": "right", "transform": self.ax.transAxes, "animated": True}
        self.restless = self.ax.text(0.99, 0.05, "", color=readable(color), **style)
        self.areas = areas(self.ax, color, alpha=0.3)
        self.median = line(self.ax, color=readable(color), linewidth=1.6, ghost=True)

    def show(self, steps: Array, quantiles: Array, reach: float, jump: float) -> None:
        """Show quantiles (5, K) between −reach and reach, and how far the median jumps."""
        self.restless.set_text(f"median jumps by {jump:.2f}" if math.isfinite(jump) else "")
        fit(self.ax, ylim=(-reach, reach))
        self.median.set_data(steps, quantiles[2])
        known = np.isfinite(quantiles).all(0)
        x, rows = steps[known], quantiles[:, known]
        pairs = ((rows[0], rows[4]), (rows[1], rows[3]))
        self.areas.set_verts([np.stack([np.r_[x, x[::-1]], np.r_[low, high[::-1]]], 1) for low, high in pairs])


def _loss(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "×"


def case(shake: float, layer: int = DEPTH, lr: float = 0.5, activation: str = "sigmoid") -> dict[str, Any]:
    """Settings of a telling case."""
    return {"shake": shake, "layer": layer, "unit": 1, "lr": lr, "activation": activation}


demo(
    __name__,
    title="A story, and a doubt",
    question=Question(
        "A third network has batch norm too. Turn shaking up to 1, and behind its batch norm every unit is scaled and "
        "shifted at random, anew in every step. If batch norm helps because distributions stand still, this network "
        "must become the worst. Does it?",
        ("Yes, the worst of the three", "No: it comes second", "No: it stays as good as the second network"),
        answer=1,
        explanation="In the shaken network the unit's median jumps five times as far as in the one without batch norm, "
        "and yet it learns faster. What both networks with batch norm share is a gradient that changes less.",
        settings={"shake": 1.0},
    ),
    others={
        "shaken hard": Question(
            "Shaken by 1, the third network still learns faster than the one without batch norm. You shake twice as "
            "hard. What then?",
            ("It still comes second", "It falls behind the one without batch norm", "It no longer learns at all"),
            answer=1,
            explanation="Noise has its price, and at 2 it costs more than batch norm brings. So still distributions do "
            "no harm; only, they are not what makes batch norm so much faster.",
            settings={"shake": 2.0},
        )
    },
    notice="The bands show what the original paper is about: without batch norm they drift, with it they keep "
    "their place, and shaking throws them about. The curve at the lower right shows what later work points to: 100 % "
    "means that at the end of a step the gradient differs from that at its start by its whole length, so that the "
    "step went too far.",
    presets={
        "The story": case(0.0),
        "The doubt": case(1.0),
        "Shaken hard": case(2.0),
        "First layer": case(1.0, layer=1),
        "tanh": case(0.5, lr=0.1, activation="tanh"),
    },
)
