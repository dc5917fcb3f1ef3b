"""Predicted against measured: how a product of one factor a layer decides what reaches the end of a network."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS, Activation
from coursekit.arrays import Array
from coursekit.diagnostics import layer_moments
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, fit, legend, line, rectangles, say, stepped
from coursekit.figures.style import BLUE, INK, ORANGE, PAPER, PURPLE, RED, axes, headline, plain
from coursekit.initialisers import he_std, lecun_std, xavier_std

ROWS = 128
DEEPEST = 12
NARROWEST, WIDEST = 20, 600  # units; narrower layers scatter too much to compare, wider ones are too slow to drag
HELD = 2.0  # a signal that stays within this factor of its start is said to hold

# Share of the mean square that an activation lets through: c in He et al. (2015), where ReLU's is 1/2.
# tanh z ≈ z holds near 0 only, so its 1 is the prediction of a linear network.
SHARE = {"identity": 1.0, "relu": 0.5, "tanh": 1.0}

# std(fan_in, fan_out) of one weight.
RULES = {
    "fan_in": lecun_std,
    "fan_out": lambda fan_in, fan_out: lecun_std(fan_out, fan_in),
    "xavier": xavier_std,
    "he": he_std,
}


@dataclass(frozen=True)
class State(DemoState):
    """Weights have the rule's variance times ``gain``²; each layer is ``taper`` times as wide as the one below it."""

    gain: float = slider(1.0, 0.3, 3.0, "gain (weights ×)", step=0.01, log=True)
    rule: str = choice(
        "fan_in",
        {
            "1 / fan_in": "fan_in",
            "1 / fan_out": "fan_out",
            "Xavier: 2 / (fan_in + fan_out)": "xavier",
            "He: 2 / fan_in": "he",
        },
        "Var(w) = gain² ×",
        main=True,
    )
    activation: str = choice("identity", [ACTIVATIONS[name] for name in SHARE], "activation", main=True)
    depth: int = slider(8, 2, DEEPEST, "depth (layers)")
    width: int = slider(300, 50, 400, "width of the input", step=10)
    taper: float = slider(0.8, 0.7, 1.4, "taper (width ratio)", step=0.05, main=True)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """Mean squares: of a forward and ∂L/∂a backward, at the input (entry 0) and after each layer, (depth + 1,) each.

    Those of ∂L/∂W, ``weights`` (depth,), are a row's: a sum over N rows has N times as much.
    """

    widths: Array
    forward_predicted: Array
    forward: Array
    backward_predicted: Array
    backward: Array
    weights_predicted: Array
    weights: Array
    state: State

    @property
    def forward_change(self) -> float:
        """By how much the signal has grown when it leaves the top."""
        return float(self.forward[-1] / self.forward[0])

    @property
    def backward_change(self) -> float:
        """By how much the gradient has grown when it reaches the input."""
        return float(self.backward[0] / self.backward[-1])

    @property
    def spread(self) -> float:
        """How many times as large the weight gradient's mean square is in the top layer as in the first."""
        return float(self.weights[-1] / self.weights[0])

    @property
    def learning(self) -> str:
        """Which layers get the larger weight gradients, as a clause."""
        words = {
            "holds": "all layers learn alike",
            "grows": "late layers learn more",
            "fades": "early layers learn more",
        }
        return words[fate(self.spread)]

    @property
    def bent(self) -> bool:
        """Whether tanh is so far from linear that the prediction fails."""
        off = np.abs(np.log([self.forward / self.forward_predicted, self.backward / self.backward_predicted])).max()
        return self.state.activation == "tanh" and bool(off > np.log(HELD))

    @property
    def readout(self) -> str:
        """What happened in both directions, and whether it was foreseen."""
        sentence = (
            f"{self.state.depth} layers, {self.widths[0]} to {self.widths[-1]} units. Forward the mean square "
            f"{fate(self.forward_change)}: × {plain(self.forward_change, 2)} measured, "
            f"× {plain(self.forward_predicted[-1], 2)} predicted. Backward it "
            f"{fate(self.backward_change)}: × {plain(self.backward_change, 2)} measured, "
            f"× {plain(self.backward_predicted[0], 2)} predicted. By their weight gradients {self.learning}."
        )
        return sentence + (" tanh is not linear there, so the prediction fails." if self.bent else "")


def fate(change: float) -> str:
    """Say what became of a signal whose mean square changed by this factor."""
    if change > HELD:
        return "grows"
    return "fades" if change < 1 / HELD else "holds"


def layer_widths(state: State) -> Array:
    """Units of the input and of every layer, (depth + 1,): width · taper^l, between `NARROWEST` and `WIDEST`."""
    exact = state.width * state.taper ** np.arange(state.depth + 1)
    return np.clip(np.rint(exact), NARROWEST, WIDEST).astype(int)


@lru_cache(maxsize=1)  # up to 40 MB
def draw(seed: int) -> tuple[Array, Array, Array]:
    """Draw the largest network: x (N, WIDEST), weights of variance 1 (DEEPEST, WIDEST, WIDEST), a gradient like x.

    Smaller networks are corners of it, so a slider that changes depth or widths does not change the draw.
    """
    rng = np.random.default_rng(seed)
    shapes = ((ROWS, WIDEST), (DEEPEST, WIDEST, WIDEST), (ROWS, WIDEST))
    x, weights, dout = (rng.standard_normal(shape, np.float32) for shape in shapes)
    return x, weights, dout


def predict(widths: Array, stds: Array, share: float) -> tuple[Array, Array]:
    """Multiply one factor a layer, starting from 1 at the input (forward) and from 1 at the top (backward).

    With qₗ = E[aₗ²], gₗ = E[(∂L/∂aₗ)²] and c the share that the activation lets through::

        qₗ     = c · fan_inₗ  · Var(wₗ) · qₗ₋₁
        gₗ₋₁   = c · fan_outₗ · Var(wₗ) · gₗ

    Mean squares, not variances: behind a ReLU the mean is not 0, and what the next layer receives is E[a²]. Where the
    mean is 0 the two are the same.

    Parameters
    ----------
    widths : (L + 1,) int array
        Units of the input and of every layer.
    stds : (L,) array
        Standard deviation of one weight of each layer.
    share : float
        c: 1 for a linear network, 1/2 for ReLU.

    Returns
    -------
    forward, backward : (L + 1,) arrays
        q and g at the input and behind every layer.

    References
    ----------
    Glorot and Bengio (2010), equations 5 to 12; He, Zhang, Ren and Sun (2015), equations 8 to 14.
    """
    fan_in, fan_out = widths[:-1], widths[1:]
    forward = np.cumprod(share * fan_in * stds**2)
    backward = np.cumprod((share * fan_out * stds**2)[::-1])[::-1]
    return np.append(1.0, forward), np.append(backward, 1.0)


def predict_weights(forward: Array, backward: Array, share: float) -> Array:
    """Return E[(∂L/∂W)²] of each layer and row, (L,): what came in times what came back.

    With qₗ, gₗ and c as in `predict`, and ∂L/∂Wₗ = aₗ₋₁ᵀ ∂L/∂zₗ::

        E[(∂L/∂Wₗ)²] = qₗ₋₁ · c · gₗ

    qₗ₋₁ holds the factors of the layers below, gₗ those of the layers above. Where all layers are alike, every l has
    L − 1 equal factors, so the product is the same in all of them.

    References
    ----------
    Glorot and Bengio (2010), equation 14.
    """
    product: Array = forward[:-1] * share * backward[1:]
    return product


def mean_square(values: Array) -> float:
    """Return E[v²] = Var v + (E v)², summed in float64."""
    moments = layer_moments(values)
    return moments.std**2 + moments.mean**2


def measure(x: Array, weights: list[Array], stds: Array, activation: Activation, dout: Array) -> tuple[Array, ...]:
    """Send x (N, n₀) up and dout (N, n_L) down; return the mean squares of a and ∂L/∂a, (L + 1,), and ∂L/∂W, (L,)."""
    stds = stds.astype(x.dtype)
    signals, caches = [x], []
    for w, std in zip(weights, stds, strict=True):
        a, cache = activation.forward(std * (signals[-1] @ w))
        caches.append(cache)
        signals.append(a)
    backward, slopes = [mean_square(dout)], []
    for a, w, std, cache in zip(signals[-2::-1], weights[::-1], stds[::-1], caches[::-1], strict=True):
        dz = activation.backward(dout, cache)
        slopes.append(mean_square(a.T @ dz) / len(x))
        dout = std * (dz @ w.T)
        backward.append(mean_square(dout))
    forward = [mean_square(a) for a in signals]
    return np.array(forward), np.array(backward[::-1]), np.array(slopes[::-1])


def compute(state: State) -> Frame:
    """Predict from the widths alone, then draw such a network and measure."""
    widths = layer_widths(state)
    rule = RULES[state.rule]
    stds = state.gain * np.array([rule(fan_in, fan_out) for fan_in, fan_out in pairwise(widths)])
    share = SHARE[state.activation]
    forward_predicted, backward_predicted = predict(widths, stds, share)
    x, largest, dout = draw(state.seed)
    weights = [w[:fan_in, :fan_out] for w, (fan_in, fan_out) in zip(largest, pairwise(widths), strict=False)]
    activation = ACTIVATIONS[state.activation]
    weights_predicted = predict_weights(forward_predicted, backward_predicted, share)
    forward, backward, slopes = measure(x[:, : widths[0]], weights, stds, activation, dout[:, : widths[-1]])
    return Frame(widths, forward_predicted, forward, backward_predicted, backward, weights_predicted, slopes, state)


COLORS = {"holds": BLUE, "fades": PURPLE, "grows": RED}
SPANS = (1e2, 1e5, 1e10, 1e20)  # the axes reach from 1 / span to span


class Quantity:
    """Activations, signal gradients or weight gradients: predicted line, measured markers, the widths below."""

    def __init__(self, figure: Figure, left: float, title: str, what: str) -> None:
        self.panel = axes(figure, (left, 0.31, 0.255, 0.565), title, "", what)
        self.panel.set_yscale("log")
        self.panel.tick_params(labelbottom=False)
        self.panel.axhspan(1 / HELD, HELD, color=BLUE, alpha=0.12, linewidth=0, zorder=0)
        self.predicted = line(self.panel, color=ORANGE, linewidth=2.6)
        self.measured = line(self.panel, "o", markersize=8, ghost=True)
        self.strip = axes(figure, (left, 0.1, 0.255, 0.15), "", "layer (0: input)")
        self.strip.set(ylim=(0, WIDEST), yticks=[0, WIDEST / 2, WIDEST])
        self.widths = areas(self.strip, "#a9b5b3")

    def show(self, predicted: Array, measured: Array, widths: Array, change: float, span: float) -> None:
        """Show both curves, the last layer's value last, the markers in the colour of what happened."""
        layers = np.arange(len(widths))
        fit(self.panel, ylim=(1 / span, span))
        for ax in (self.panel, self.strip):
            fit(ax, xlim=(-0.4, len(widths) - 0.6), xticks=range(0, len(widths), 2 if len(widths) > 9 else 1))
        self.predicted.set_data(layers[-len(predicted) :], predicted)
        self.measured.set_data(layers[-len(measured) :], measured)
        self.measured.set(color=COLORS[fate(change)], markeredgecolor=PAPER)
        self.widths.set_verts(rectangles(layers - 0.3, layers + 0.3, 0, widths))


class View:
    """Activations, signal gradients and weight gradients side by side."""

    size = (10.4, 5.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.forward = Quantity(figure, 0.07, "forward →", "E[a²]")
        self.backward = Quantity(figure, 0.40, "← backward", "E[(∂L/∂a)²]")
        self.weights = Quantity(figure, 0.73, "weight gradients", "E[(∂L/∂W)²], a row")
        legend(self.forward.strip, ("● measured", INK), ("— predicted", ORANGE))
        self.forward.strip.set_ylabel("units", fontsize=10.5, color=INK)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        curves = np.concatenate([frame.forward_predicted, frame.forward, frame.backward_predicted, frame.backward])
        span = stepped(float(np.exp(np.abs(np.log(curves)).max())), *SPANS)
        forward, backward = frame.forward_change, frame.backward_change
        self.forward.show(frame.forward_predicted, frame.forward, frame.widths, forward, span)
        self.backward.show(frame.backward_predicted, frame.backward, frame.widths, backward, span)
        self.weights.show(frame.weights_predicted, frame.weights, frame.widths, frame.spread, span)
        words = f"Forward {fate(forward)}, × {plain(forward, 2)}; backward {fate(backward)}, × {plain(backward, 2)}"
        say(self.headline, words + (": tanh bends" if frame.bent else ""))


TAPERED = {"gain": 1.0, "depth": 8, "width": 300, "taper": 0.8, "activation": "identity"}
EVEN = {"gain": 1.0, "depth": 8, "width": 300, "taper": 1.0}

demo(
    __name__,
    title="One factor a layer",
    question=Question(
        "Eight linear layers, each 0.8 times as wide as the one below. With Var(w) = 1 / fan_in the mean square holds "
        "forward, and fades backward. You take 1 / fan_out, and backward it holds. What happens forward?",
        ("It holds too", "It grows", "It fades"),
        answer=1,
        explanation="Forward each layer multiplies by fan_in · Var(w) = fan_in / fan_out = 1 / 0.8, and 1 / 0.8 to the "
        "power of eight is about 6.",
        settings={"rule": "fan_out"},
    ),
    others={
        "ReLU and a gain": Question(
            "ReLU halves the mean square in each of eight layers, forward and backward. All are equally wide. Can one "
            "gain mend both directions?",
            ("Yes, both at once", "No: each needs its own", "Yes, but the weight gradients will grow"),
            answer=0,
            explanation="Where fan_in and fan_out are equal, each layer has the same factor on both ways. Which gain "
            "makes it 1?",
            settings={"gain": 1.2},
        ),
    },
    notice="The line is known before any number is drawn: it starts at 1 where the signal enters and is multiplied "
    "by one factor a layer. The shaded band is a factor of 2. Where widths differ, no Var(w) keeps both directions "
    "in it: 1 / fan_in holds forward, 1 / fan_out backward, and Xavier shares the drift between them. ReLU halves "
    "the mean square in every layer; He's 2 makes up for it. For tanh the line is that of a linear network, and "
    "fails where tanh bends. A weight's gradient holds the factors of all layers but its own, forward below and "
    "backward above: where the widths are equal it is the same in every layer, whatever the gain. Widths stay between "
    "20 and 600 units.",
    presets={
        "1 / fan_in: forward holds": {**TAPERED, "rule": "fan_in"},
        "1 / fan_out: backward holds": {**TAPERED, "rule": "fan_out"},
        "Xavier: the compromise": {**TAPERED, "rule": "xavier"},
        "ReLU halves it": {**EVEN, "rule": "xavier", "activation": "relu"},
        "He mends it": {**EVEN, "rule": "he", "activation": "relu"},
        "Too small: all learn alike": {**EVEN, "gain": 0.5, "rule": "xavier", "activation": "identity"},
        "tanh bends": {**EVEN, "gain": 2.0, "rule": "xavier", "activation": "tanh"},
    },
)
