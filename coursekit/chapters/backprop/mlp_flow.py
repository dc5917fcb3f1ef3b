"""How much of the error reaches each layer: |δ| through a small network, as activation, weights and biases change."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.diagnostics import layer_flatness, layer_moments, trace, trace_backward
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, fit, legend, line, say, stepped
from coursekit.figures.style import BLUE, INK, ORANGE, PURPLE, RED, axes, headline, rough
from coursekit.layers import Activation, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential

ROWS = 128
PIXELS, CLASSES = 64, 10
DEEPEST, WIDEST = 12, 120
FLOOR, CEILING = 1e-12, 1e6  # the most that an axis shows; it opens so far only where something stands there
EVEN = 20.0  # layers whose |δ| agree within this factor learn at about one pace
KINDS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "identity")
NUMBER: dict[str, Any] = {"fontsize": 9.5, "va": "bottom", "color": INK, "animated": True}  # beside what it counts


@dataclass(frozen=True)
class State(DemoState):
    """Weights of a layer are ``weight_scale`` · N(0, 1) / √fan_in; every hidden unit has the same bias."""

    activation: str = choice("sigmoid", Records(ACTIVATIONS, names=KINDS), "activation f", main=True)
    weight_scale: float = slider(1.0, 0.05, 20.0, "weight scale ×", log=True, main=True)
    bias: float = slider(0.0, -6.0, 6.0, "bias b of hidden units", step=0.1, main=True)
    depth: int = slider(8, 2, DEEPEST, "depth (layers)")
    width: int = slider(60, 10, WIDEST, "width (units a layer)", step=10)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """One number a layer, the first layer first."""

    delta: Array  # (L,), root mean square of δ = ∂L/∂z
    weight_gradient: Array  # (L,), root mean square of ∂L/∂W
    std: Array  # (L,), of what the layer sends on: a, or the scores at the top
    flat: Array  # (L − 1,), share of the hidden values where f is flat
    state: State

    @property
    def ratio(self) -> float:
        """How much of the top layer's δ is left in the first."""
        return float(self.delta[0] / self.delta[-1])

    @property
    def story(self) -> str:
        """What becomes of the error on its way down, in a word."""
        if self.ratio == 0:
            return "never arrives"
        if self.ratio < 1 / EVEN:
            return "fades"
        return "grows" if self.ratio > EVEN else "arrives"

    @property
    def readout(self) -> str:
        """Both ends of the network, and why."""
        last = len(self.delta)
        return (
            f"Going back, the error {self.story}: |δ| is {rough(self.delta[-1])} in layer {last} and "
            f"{rough(self.delta[0])} in layer 1 (ratio {rough(self.ratio)}). |∂L/∂W| of layer 1 is "
            f"{rough(self.weight_gradient[0])}. Hidden values on a flat part of f: {self.flat.mean():.0%}. "
            f"Forward, the std is {rough(self.std[0])} in layer 1 and {rough(self.std[-2])} in layer {last - 1}."
        )


@lru_cache(maxsize=1)
def batch() -> tuple[Array, Array]:
    """128 digits as rows of 64 pixels, centred and scaled to a variance of 1, and their labels."""
    images, labels = load_digits("train")
    x = images[:ROWS].reshape(ROWS, PIXELS)
    return (x - x.mean()) / x.std(), labels[:ROWS]


@lru_cache(maxsize=2)
def draw(seed: int) -> list[Array]:
    """Draw N(0, 1) for the largest network; smaller ones are corners of it, so that a slider keeps the draw."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((WIDEST, WIDEST), np.float32) for _ in range(DEEPEST)]


def network(state: State) -> Sequential:
    """Build depth − 1 hidden layers and the layer of scores."""
    rng = np.random.default_rng(0)  # asked for by Linear; the weights are set below
    sizes = [PIXELS, *[state.width] * (state.depth - 1), CLASSES]
    layers: list[Any] = []
    for i, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        linear = Linear(fan_in, fan_out, rng, init="zeros")
        linear.params["w"][...] = state.weight_scale / np.sqrt(fan_in) * draw(state.seed)[i][:fan_in, :fan_out]
        layers.append(linear)
        if i < state.depth - 1:
            linear.params["b"][...] = state.bias
            layers.append(Activation(state.activation))
    return Sequential(layers)


def compute(state: State) -> Frame:
    """Run the batch forward and its cross-entropy back, and measure every layer on both ways."""
    x, labels = batch()
    net = network(state)
    outputs = [output for _, output in trace(net, x)]
    _, dscores = LOSSES["softmax_cross_entropy"](outputs[-1], labels)
    gradients = [gradient for _, gradient in trace_backward(net, dscores)]
    sums = range(0, len(outputs), 2)  # the linear layers; an activation follows each but the last
    function = ACTIVATIONS[state.activation]
    return Frame(
        # The loss is a mean over the batch; × ROWS gives δ of one sample, as in the equations.
        delta=np.array([ROWS * root_mean_square(gradients[i]) for i in sums]),
        weight_gradient=np.array([root_mean_square(net.grads[f"{i}.w"]) for i in sums]),
        std=np.array([layer_moments(outputs[min(i + 1, len(outputs) - 1)]).std for i in sums]),
        flat=np.array([layer_flatness(outputs[i], function).saturated for i in sums[:-1]]),
        state=state,
    )


def root_mean_square(values: Array) -> float:
    """√E[v²] = √(Var v + (E v)²), summed in float64."""
    moments = layer_moments(values)
    return float(np.hypot(moments.std, moments.mean))


STORIES = {
    "arrives": (BLUE, "The error arrives"),
    "fades": (PURPLE, "The error fades"),
    "never arrives": (RED, "The error never arrives"),
    "grows": (ORANGE, "The error grows"),
}


class View:
    """The signal on its way forward at the left, the error on its way back at the right."""

    size = (10.4, 4.5)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_forward(figure)
        self._make_back(figure)

    def _make_forward(self, figure: Figure) -> None:
        title = "forward →   std of what each layer sends on"
        self.forward = ax = axes(figure, (0.075, 0.125, 0.37, 0.66), title, "layer", "std (log scale)")
        ax.set(yscale="log")
        self.std = line(ax, "o-", color=INK, markersize=6, linewidth=1.6, ghost=True)
        ax.text(0.0, 0.985, " % of the values on a flat part of f:", transform=ax.transAxes, fontsize=10, va="top")
        below = NUMBER | {"ha": "center", "va": "top", "transform": ax.get_xaxis_transform()}
        self.flat = [ax.text(layer, 0.985, "", **below) for layer in range(1, DEEPEST)]

    def _make_back(self, figure: Figure) -> None:
        title = "← backward   bars: |δ|"
        self.back = ax = axes(figure, (0.555, 0.125, 0.43, 0.66), title, "layer", "size (log scale)")
        ax.set(yscale="log")
        legend(ax, ("◆ |∂L/∂W|", ORANGE))
        self.bars = Bars(ax, BLUE, [], base=FLOOR)
        self.weights = line(ax, "D", color=ORANGE, markersize=7, markeredgecolor=INK, markeredgewidth=0.8)
        self.delta = line(ax, "_", color=INK, markersize=16, markeredgewidth=1.6, ghost=True)
        self.numbers = [ax.text(0, 0, "", ha=side, **NUMBER) for side in ("left", "center")]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        color, story = STORIES[frame.story]
        layers = np.arange(1, len(frame.delta) + 1)
        low, high = limits(frame.delta, frame.weight_gradient)
        for ax, ylim in ((self.forward, limits(frame.std)), (self.back, (low, high))):
            fit(ax, xlim=(0.4, len(layers) + 0.6), xticks=range(1, len(layers) + 1), ylim=ylim)
        left = f"{story}: |δ| of layer 1 is {rough(frame.ratio)} times that of layer {len(layers)}"
        say(self.headline, story if frame.story == "never arrives" else left, color)
        self.std.set_data(layers, frame.std)
        for text, share in zip_longest(self.flat, frame.flat):
            text.set_text("" if share is None else f"\n{100 * share:.0f}")
        self.bars.places = layers
        self.bars.show(np.clip(frame.delta, FLOOR, CEILING))
        self.bars.areas.set_facecolor(color)
        self.delta.set_data(layers, frame.delta)
        self.weights.set_data(layers, frame.weight_gradient)
        for text, i in zip(self.numbers, (0, len(layers) - 1), strict=True):
            # For layer 1 the text is wider than its bar.
            below = np.maximum(frame.delta, frame.weight_gradient)[i : i + 3].max()
            place = (i + (1 if i else 0.68), 2 * float(np.clip(below, low, high / 30)))
            text.set(text=rough(frame.delta[i]), position=place)


def limits(*sizes: Array) -> tuple[float, float]:
    """Return the ends of a log axis that holds these sizes, zeros aside; they move in few steps."""
    shown = np.concatenate(sizes)
    shown = shown[(shown > 0) & (shown < np.inf)]  # an own activation may overflow
    shown = shown if len(shown) else np.ones(1)
    low = stepped(1.5 / float(shown.min()), 1e3, 1e7, 1 / FLOOR)
    return 1 / low, stepped(5 * float(shown.max()), 10.0, 1e3, CEILING)


def case(activation: str, weight_scale: float, bias: float = 0.0) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"activation": activation, "weight_scale": weight_scale, "bias": bias, "depth": 8}


demo(
    __name__,
    title="What reaches the first layer?",
    question=Question(
        "Eight layers of sigmoids: of the error that enters at layer 8, about a hundred-thousandth is left in layer "
        "1. σ'(z) is at most ¼, so you make all weights 4 times as large. How much is left then?",
        ("Nearly all of it", "About a hundredth", "Even less"),
        answer=1,
        explanation="Each layer multiplies δ by its weights and by σ'(z). Four times the weights make up for the ¼, "
        "but they also push z onto the flat parts of σ, where σ' is far below ¼. One cannot have both.",
        settings=case("sigmoid", 4.0),
    ),
    notice="On the way back every layer multiplies δ by its weights and by f'(z). Small weights starve the early "
    "layers. A bias that pushes all units onto a flat part of f starves them too, whatever the weights. The "
    "diamonds are what gradient descent uses: ∂L/∂W is δ times what came in, so a layer also learns slowly where "
    "its input is small. With tanh and small weights they lie level: the top layers get a large δ and no input.",
    presets={
        "Sigmoid": case("sigmoid", 1.0),
        "Saturated: bias 6": case("sigmoid", 1.0, 6.0),
        "Small weights, tanh": case("tanh", 0.1),
        "tanh, level": case("tanh", 1.2),
        "ReLU, level": case("relu", 1.41),
        "ReLU, all switched off": case("relu", 1.0, -6.0),
    },
)
