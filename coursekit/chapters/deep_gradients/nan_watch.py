"""A net that blows up: how large its numbers are in each layer at each step, and which of them goes first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.diagnostics import NonFinite, first_nonfinite, trace, trace_backward
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider, switch
from coursekit.figures.demo import demo
from coursekit.figures.marks import legend, level, line, rectangles, say
from coursekit.figures.number_grid import outlines
from coursekit.figures.style import BLUE, INK, ORANGE, RED, axes, headline, plain, rough
from coursekit.figures.tiles import as_tiles
from coursekit.layers import Activation, Layer, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS, clip_by_norm

LAYERS, UNITS, DIGITS, STEPS = 8, 32, 64, 12
LIMIT = 1.0  # the norm to which a gradient is clipped
TINY = 1e-8  # numbers below are as pale as this one
DTYPES: dict[str, Any] = {"float32": np.float32, "float64": np.float64}
SIZES = LinearSegmentedColormap.from_list("sizes", ["#fbf7ee", "#f3c27a", "#7a4a00"])
SIZES = SIZES.with_extremes(over=RED, under="#141414")
INFINITE, NAN = 2.0, -1.0  # what is drawn for them, beyond both ends of the scale from 0 to 1


@dataclass(frozen=True)
class State(DemoState):
    """Eight layers, plain descent on 64 digits; the first weights are ``scale`` times He's."""

    rate: float = slider(0.01, 0.001, 10.0, "learning rate", log=True, main=True)
    scale: float = slider(3.0, 0.5, 30.0, "first weights, times He", log=True, main=True)
    precision: str = choice("float32", {name: name for name in DTYPES}, "numbers", main=True)
    activation: str = choice("relu", {"ReLU": "relu", "tanh": "tanh"}, "activation")
    loss: str = choice(
        "softmax_cross_entropy", {"softmax, cross-entropy": "softmax_cross_entropy", "squared error": "mse"}, "loss"
    )
    clip: bool = switch(False, "clip the gradient to norm 1")
    seed: int = 0

    @property
    def largest(self) -> float:
        """The largest number that there is."""
        return float(np.finfo(DTYPES[self.precision]).max)


class First(NamedTuple):
    """Where something was not finite first."""

    step: int
    layer: int  # ℓ, from 1; 0 if it is the loss
    way: str  # "forward", "loss" or "backward"


@dataclass(frozen=True)
class Frame:
    """The largest numbers of a run; NaN where one is NaN."""

    forward: Array  # (LAYERS, STEPS), of what a linear layer sends on
    backward: Array  # (LAYERS, STEPS), of ∂L/∂W
    loss: Array  # (STEPS,)
    shades: tuple[Array, Array]  # (LAYERS, STEPS) each, as `shades` makes them of forward and backward
    first: First | None
    state: State

    @property
    def story(self) -> str:
        """What went first, or how large the numbers are."""
        if self.first is None:
            # From the fifth step on no two processors agree on the digits of a tanh net with weights as large as these.
            return f"all finite: the largest sum is {rough(float(self.forward.max()), 1.0)}, the loss {self.last_loss}"
        step, layer, way = self.first
        what = {
            "forward": f"the sums of layer {layer} overflow first, on the way forward",
            "loss": "the loss overflows first; all sums are finite",
            "backward": f"∂L/∂W of layer {layer} overflows first, on the way back",
        }
        return f"step {step}: {what[way]}"

    @property
    def last_loss(self) -> str:
        """The loss at the end."""
        return rough(float(self.loss[-1]))

    @property
    def readout(self) -> str:
        """The story, and the numbers one step before."""
        state = self.state
        start = f"{state.precision}, up to {plain(state.largest, 2)}: {self.story}."
        if self.first is None or self.first.step == 1:
            return start
        before = self.first.step - 2
        return (
            f"{start} One step before, the largest sum was {rough(self.forward[:, before].max())} and the largest "
            f"weight gradient {rough(self.backward[:, before].max())}."
        )


# ---- the run


@lru_cache(maxsize=4)
def digits(precision: str) -> tuple[Array, Array]:
    """Return 64 digits x (64, 64) and their classes (64,)."""
    images, labels = load_digits("train", DTYPES[precision])
    return images[:DIGITS].reshape(DIGITS, -1), labels[:DIGITS]


def network(state: State) -> Sequential:
    """Build 64 → 32 → … → 32 → 10."""
    rng, width = np.random.default_rng(state.seed), 64
    layers: list[Layer] = []
    for number in range(1, LAYERS + 1):
        units = UNITS if number < LAYERS else 10
        linear = Linear(width, units, rng, "he_normal", dtype=DTYPES[state.precision])
        linear.params["w"] *= linear.params["w"].dtype.type(state.scale)
        layers += [linear, Activation(state.activation)] if number < LAYERS else [linear]
        width = units
    return Sequential(layers)


def largest(arrays: Sequence[Array]) -> list[float]:
    """Return the largest |value| of each array, or NaN if one is."""
    return [float(np.abs(array).max()) for array in arrays]


def shades(values: Array, limit: float) -> Array:
    """Return the logarithm of values, from 0 for `TINY` to 1 for the limit; `INFINITE` and `NAN` for those."""
    low, high = math.log10(TINY), math.log10(limit)
    size = np.clip(np.nan_to_num(values, nan=limit, posinf=limit), TINY, limit)
    share: Array = (np.log10(size) - low) / (high - low)
    share[np.isinf(values)] = INFINITE
    share[np.isnan(values)] = NAN
    return share


def place(found: NonFinite | None, step: int) -> First | None:
    """Say in layers ℓ what `first_nonfinite` says in the network's paths, where every second one is an activation."""
    if found is None:
        return None
    if found.path == "loss":
        return First(step, 0, "loss")
    return First(step, int(found.path) // 2 + 1, "backward" if found.what == "gradient" else "forward")


@lru_cache(maxsize=16)
def compute(state: State) -> Frame:
    """Train for a few steps, whatever happens, and write down how large the numbers are."""
    net, loss, (x, labels) = network(state), LOSSES[state.loss], digits(state.precision)
    y = np.eye(10, dtype=x.dtype)[labels] if loss.y != "classes" else labels
    linear = [layer for layer in net.layers if isinstance(layer, Linear)]
    optimiser = OPTIMISERS["sgd"](lr=state.rate)
    memory, first = optimiser.init(net.params), None
    forward, backward, losses = np.empty((LAYERS, STEPS)), np.empty((LAYERS, STEPS)), np.empty(STEPS)
    with np.errstate(all="ignore"):  # that it overflows is what there is to see
        for step in range(STEPS):
            sums = [out for _, out in trace(net, x, training=True)[::2]]
            losses[step], dscores = loss(sums[-1], y)
            trace_backward(net, dscores)
            forward[:, step] = largest(sums)
            backward[:, step] = largest([layer.grads["w"] for layer in linear])
            seen = (*forward[:, step], losses[step], *backward[:, step])
            if first is None and not np.isfinite(seen).all():
                first = place(first_nonfinite(net, x, loss, y, training=True), step + 1)
            if state.clip:
                clip_by_norm(net.grads, LIMIT)
            optimiser.step(net.params, net.grads, memory)
    drawn = shades(forward, state.largest), shades(backward, state.largest)
    return Frame(forward, backward, losses, drawn, first, state)


# ---- the picture


class View:
    """Two maps, layer by step: the way forward and the way back; beside them the largest number of each step."""

    size = (10.4, 4.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.maps = [
            Map(figure, (0.055, 0.13, 0.29, 0.69), "forward: sums", "layer"),
            Map(figure, (0.395, 0.13, 0.29, 0.69), "back: ∂L/∂W", ""),
        ]
        legend(self.maps[1].ax, ("■ infinite", RED), ("■ NaN", INK))
        self.sizes = ax = axes(figure, (0.775, 0.13, 0.21, 0.69), "", "step", "largest, power of 10")
        legend(ax, ("● sums", BLUE), ("■ ∂L/∂W", ORANGE))
        ax.set(xlim=(0.5, STEPS + 0.5), ylim=(-10, 340), xticks=range(2, STEPS + 1, 2))
        ax.set_yticks([0, 38, 100, 200, 308])
        for name, dtype in DTYPES.items():
            power = np.log10(np.finfo(dtype).max)
            level(ax, power)
            ax.text(STEPS + 0.3, power + 4, f"end of {name}", fontsize=10, color=INK, ha="right", va="bottom")
        self.sums = line(ax, "o-", color=BLUE, markersize=5, linewidth=1.8, ghost=True)
        self.gradients = line(ax, "s--", color=ORANGE, markersize=4, linewidth=1.6, ghost=True)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        first = frame.first
        words = frame.story[0].upper() + frame.story[1:]
        say(self.headline, words, RED if first else INK)
        for shown, values, way in zip(self.maps, frame.shades, ("forward", "backward"), strict=True):
            shown.show(values, first if first and first.way == way else None)
        steps = np.arange(1, STEPS + 1)
        for mark, values in ((self.sums, frame.forward), (self.gradients, frame.backward)):
            top = values.max(0)
            drawn = np.isfinite(top) & (top > 0)
            mark.set_data(steps[drawn], np.log10(top[drawn]))


class Map:
    """Numbers by layer, the first one below, and step: the darker, the larger."""

    def __init__(self, figure: Figure, rect: Any, title: str, ylabel: str) -> None:
        self.ax: Axes = axes(figure, rect, title, "step", ylabel)
        self.ax.grid(visible=False)
        look = {"cmap": SIZES, "vmin": 0, "vmax": 1, "interpolation": "nearest", "aspect": "auto", "animated": True}
        extent = (0.5, STEPS + 0.5, 0.5, LAYERS + 0.5)
        self.image = as_tiles(self.ax.imshow(np.zeros((LAYERS, STEPS)), origin="lower", extent=extent, **look))
        self.ax.set(xticks=range(2, STEPS + 1, 2), yticks=range(1, LAYERS + 1))
        self.box = outlines(self.ax, BLUE, width=3.2)

    def show(self, values: Array, first: First | None) -> None:
        """Show what `shades` returns (LAYERS, STEPS), and a box around what went first."""
        self.image.set_data(values)
        edges = (first.step - 0.5, first.step + 0.5, first.layer - 0.5, first.layer + 0.5) if first else None
        self.box.set_verts(rectangles(*edges) if edges else [])


def case(rate: float, scale: float, **others: Any) -> dict[str, Any]:
    """Settings of a telling case: all others are the defaults."""
    default = State()
    return {name: getattr(default, name) for name in State.controls()} | {"rate": rate, "scale": scale} | others


demo(
    __name__,
    title="Which went first",
    question=Question(
        "In float32, with numbers up to 10³⁸, step 4 overflows. In float64 they go up to 10³⁰⁸. Which step overflows?",
        ("Step 6", "Step 32, eight times as late", "None"),
        answer=0,
        explanation="Large weights make large gradients, which make the next weights larger still: from step to step "
        "the exponent itself grows three to four times. However many powers of ten there are, they last a few steps.",
        settings={"precision": "float64"},
    ),
    others={
        "order": Question(
            "Cross-entropy, and the sums overflow in step 4, on the way forward. With the squared error instead, what "
            "goes first?",
            ("Sums, on the way forward", "The loss", "∂L/∂W, on the way back"),
            answer=2,
            explanation="δ of the squared error grows with the scores. ∂L/∂W = aᵀδ multiplies two numbers that are "
            "both large: finite sums, a product beyond 10³⁸, and it is in step 2.",
            settings={"loss": "mse"},
        ),
        "clip": Question(
            "Before each step the gradient is clipped to norm 1. What happens to the overflow in step 4?",
            ("It comes all the same", "It comes a few steps later", "It does not come"),
            answer=2,
            explanation="A step is now at most 0.01 long, so the weights cannot run away. They are still too large, as "
            "the first loss says; clipping cures the explosion, not its cause.",
            settings={"clip": True},
        ),
    },
    notice="Each column is a training step: read it upwards at the left, layer by layer, and then down at the right, "
    "the way that the gradient takes. Darker is larger, white is 0 (NaN > 0 is false, so ReLU sends nothing back), "
    "red is infinite, black is NaN; the blue box is what first_nonfinite names. NaN spreads to all later layers, "
    "and by their gradients to the weights: look at the first one, not at the loss, which says only that something "
    "happened.",
    presets={
        "Forward first": case(0.01, 3.0),
        "Backward first": case(0.01, 3.0, loss="mse"),
        "The loss first": case(0.1, 30.0, loss="mse", precision="float64"),
        "Clipped": case(0.01, 3.0, clip=True),
        "tanh": case(0.01, 3.0, activation="tanh"),
    },
)
