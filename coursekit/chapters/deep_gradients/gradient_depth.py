"""Gradients of signals and of weights through a deep net, predicted by one factor a layer and measured beside it."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS, Activation
from coursekit.arrays import Array
from coursekit.chapters.deep_gradients.mean_field import Means, means
from coursekit.chapters.initialisation.collapse import ALIKE, Step, before_activation
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, legend, level, line, say, stepped
from coursekit.figures.style import BLUE, INK, ORANGE, PAPER, PURPLE, RED, axes, headline, plain, rough
from coursekit.kernels.elementwise import flush_tiny
from coursekit.layers import batch_norm_forward

WIDTH, DEEPEST = 500, 30
ROWS, SUMMED = 64, 1000  # rows that are sent through, and those over which ∂L/∂W counts as summed
EPS = 1e-5  # batch norm's own, added to the variance
GRAVE = 1e3  # weight gradients that differ this much, or a signal gradient that grows this much
FACTORS = (0.02, 0.05, 0.1, 0.2, 0.5, 0.7, 1, 1.4, 2, 5, 10)
NAMES = ("identity", "sigmoid", "tanh", "relu", "elu")


@dataclass(frozen=True)
class State(DemoState):
    """A net of equal layers, 500 units each; ``std`` is the standard deviation of every weight."""

    std: float = slider(0.01, 0.005, 0.3, "weight std σ", log=True, main=True)
    activation: str = choice("tanh", Records(ACTIVATIONS, names=NAMES), "activation", main=True)
    layer: str = choice(
        "plain",
        {
            "plain: f(aW)": "plain",
            "batch norm: f(BN(aW))": "norm",
            "shortcut: a + f(aW)": "shortcut",
            "both: a + f(BN(aW))": "both",
        },
        "each layer",
        main=True,
    )
    depth: int = slider(10, 2, DEEPEST, "depth (layers)")
    seed: int = 0
    rows: int = ROWS

    @property
    def shortcut(self) -> bool:
        """Whether a layer's input is added to what it makes of it."""
        return self.layer in ("shortcut", "both")

    @property
    def norm(self) -> bool:
        """Whether batch norm stands before the activation."""
        return self.layer in ("norm", "both")


class Sizes(NamedTuple):
    """Root mean squares, one for each layer, the first layer first."""

    given: Array  # (L,), of the layer's input a
    signals: Array  # (L,), of ∂L/∂a, a being its output
    weights: Array  # (L,), of ∂L/∂W, a sum over 1,000 rows


@dataclass(frozen=True)
class Frame:
    """What a real net shows, and what the product of factors says of it."""

    measured: Sizes
    predicted: Sizes
    layers: Array  # (L,), their numbers
    gaps: Array  # (L − 1,), between a layer and the one below
    factors: Array  # (L − 1,), ∂L/∂a of a layer over that of the layer above it, measured
    expected: Array  # (L − 1,), predicted
    state: State

    @property
    def spread(self) -> float:
        """How many times as large the largest weight gradient is as the smallest."""
        low, high = float(self.measured.weights.min()), float(self.measured.weights.max())
        return high / low if low else math.inf

    @property
    def grave(self) -> bool:
        """Whether layers learn at speeds that are far apart, or the gradient explodes."""
        return self.spread > GRAVE or float(self.measured.signals[0]) > GRAVE

    @property
    def words(self) -> str:
        """Both gradients, from the top layer to the first."""
        signals, weights = self.measured.signals, self.measured.weights
        alike = f"{rough(float(np.median(weights)))} in every layer" if self.spread < ALIKE else ends(weights)
        return f"Down the layers ∂L/∂a goes {ends(signals)}; ∂L/∂W is {alike}"

    @property
    def readout(self) -> str:
        """Both gradients at both ends, the factor, and what was foreseen."""
        state, measured, predicted = self.state, self.measured, self.predicted
        label = ACTIVATIONS[state.activation].label
        kind = {"plain": "plain", "norm": "batch norm", "shortcut": "shortcut", "both": "shortcut and batch norm"}
        return (
            f"{state.depth} {label} layers ({kind[state.layer]}), σ = {plain(state.std)}. From layer {state.depth} to "
            f"layer 1 the signal gradient goes from {rough(measured.signals[-1])} to {rough(measured.signals[0])} "
            f"(predicted {rough(predicted.signals[0])}), the weight gradient from {rough(measured.weights[-1])} to "
            f"{rough(measured.weights[0])} (predicted {rough(predicted.weights[0])})."
        )


# ---- the prediction


def predict(state: State) -> Sizes:
    """Multiply one factor a layer: what comes in on the way up, what comes back on the way down.

    Layer ℓ takes a of mean square q, forms z = a W with n weights of variance σ² a unit, and returns f(z)::

        E[z²]                = n σ² q            (batch norm: 1)
        E[(∂L/∂a_{ℓ−1})²]    = χ E[(∂L/∂a_ℓ)²]   with χ = n σ² E[f'(z)²]  (batch norm: over Var z; shortcut: 1 + χ)
        E[(∂L/∂W_ℓ)²]        = N q E[f'(z)²] E[(∂L/∂a_ℓ)²]                (batch norm: the same, with Var a for q)

    N is the number of rows, whose gradients are independent at the top. With batch norm only what varies over the
    batch counts, and its sums have the variance n σ² Var a.

    References
    ----------
    Glorot and Bengio (2010), equations 5 to 14. Schoenholz, Gilmer, Ganguli and Sohl-Dickstein (2017), Deep information
    propagation. Yang and Schoenholz (2017), Mean field residual networks: on the edge of chaos. Yang, Pennington, Rao,
    Sohl-Dickstein and Schoenholz (2019), A mean field theory of batch normalization.
    """
    growth = WIDTH * state.std**2  # n σ²
    given, passed, factors = [], [], []
    q, mean = 1.0, 0.0  # of a: the mean square and the mean
    for _ in range(state.depth):
        counted = q - mean**2 if state.norm else q
        shrunk = growth / (growth * counted + EPS) if state.norm else growth
        z = shrunk * counted
        layer = means(state.activation, z)
        given.append(q)
        passed.append(layer.slope * counted * shrunk / growth)
        factors.append(shrunk * layer.slope + state.shortcut)
        q, mean = _after(q, mean, layer, state)
    signals = np.append(np.cumprod(factors[:0:-1])[::-1], 1.0)
    weights = SUMMED * np.array(passed) * signals
    return Sizes(*(np.sqrt(each) for each in (np.array(given), signals, weights)))


def _after(q: float, mean: float, layer: Means, state: State) -> tuple[float, float]:
    """Return mean square and mean of a layer's output, from those of its input and of its activation."""
    if not state.shortcut:
        return layer.square, layer.value
    return q + 2 * mean * layer.value + layer.square, mean + layer.value


# ---- the measurement


@lru_cache(maxsize=1)  # 30 MB
def draw(seed: int) -> tuple[Array, Array, Array]:
    """Draw x (ROWS, WIDTH), weights of variance 1 (DEEPEST, WIDTH, WIDTH), and the gradient that enters at the top."""
    rng = np.random.default_rng(seed)
    shapes = ((ROWS, WIDTH), (DEEPEST, WIDTH, WIDTH), (ROWS, WIDTH))
    x, weights, dout = (rng.standard_normal(shape, np.float32) for shape in shapes)
    return x, weights, dout


def forward_pass(x: Array, weights: Array, state: State, activation: Activation) -> list[Step]:
    """Send x (N, n) up through layers of ``state``'s kind."""
    steps = []
    ones = np.ones(x.shape[1], x.dtype)
    for w in weights:
        z, norm_cache = np.float32(state.std) * (x @ w), None
        if state.norm:
            z, norm_cache = batch_norm_forward(z, gamma=ones, beta=0 * ones, eps=EPS)
        a, cache = activation.forward(z)
        x = x + a if state.shortcut else a
        flush_tiny(x.reshape(-1))
        steps.append(Step(z, x, cache, norm_cache))
    return steps


def measure(state: State) -> Sizes:
    """Send a batch up and a random gradient down, and take the root mean squares of every layer."""
    x, weights, dout = draw(state.seed)
    x, dout = x[: state.rows], dout[: state.rows]
    weights, activation = weights[: state.depth], ACTIVATIONS[state.activation]
    steps = forward_pass(x, weights, state, activation)
    inputs = [x, *(step.a for step in steps[:-1])]
    signals, slopes = [], []
    for a, w, step in zip(inputs[::-1], weights[::-1], steps[::-1], strict=True):
        dz = before_activation(dout, step, activation)
        signals.append(rms(dout))
        slopes.append(summed_rms(a, dz))
        down = np.float32(state.std) * (dz @ w.T)
        dout = dout + down if state.shortcut else down
        flush_tiny(dout.reshape(-1))
    return Sizes(np.array([rms(a) for a in inputs]), np.array(signals[::-1]), np.array(slopes[::-1]))


def rms(v: Array) -> float:
    """Return √E[v²] in float64: squares of what vanishes would be 0 in float32."""
    return float(np.linalg.norm(v.astype(np.float64))) / math.sqrt(v.size)


def summed_rms(a: Array, dz: Array) -> float:
    """Return the root mean square of ∂L/∂W = σ aᵀ ∂L/∂z of `SUMMED` rows, from N of them, without forming it.

    ‖aᵀ d‖² = Σ (a aᵀ) ∘ (d dᵀ), both (N, N): a tenth of the work. A sum of independent rows grows as their root.
    """
    sizes = rms(a), rms(dz)
    if not all(sizes):
        return 0.0
    a, dz = a / np.float32(sizes[0]), dz / np.float32(sizes[1])
    square = float(np.vdot(a @ a.T, dz @ dz.T)) / (a.shape[1] * dz.shape[1])
    return sizes[0] * sizes[1] * math.sqrt(max(square, 0) * SUMMED / len(a))


def ends(sizes: Array) -> str:
    """Write the top layer's size and the first layer's."""
    return f"{rough(sizes[-1])} → {rough(sizes[0])}"


def ratios(signals: Array) -> Array:
    """Return each size over the one above it, NaN where nothing is left to compare with."""
    above = np.where(signals[1:] > 0, signals[1:], np.nan)
    found: Array = signals[:-1] / above
    return found


def preview(state: State) -> State:
    """Half of the rows while a slider moves."""
    return state.replace(rows=ROWS // 2)


def compute(state: State) -> Frame:
    """Predict, then build such a net and measure."""
    measured, predicted = measure(state), predict(state)
    numbers = np.arange(1.0, state.depth + 1)
    return Frame(
        measured=measured,
        predicted=predicted,
        layers=numbers,
        gaps=numbers[:-1] + 0.5,
        factors=ratios(measured.signals),
        expected=ratios(predicted.signals),
        state=state,
    )


class View:
    """Sizes by layer, with their predicted lines; beside them the factor from each layer to the one below."""

    size = (10.4, 4.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.sizes = axes(figure, (0.075, 0.125, 0.56, 0.70), "", "layer", "root mean square")
        self.sizes.set_yscale("log")
        looks = (("o", BLUE), ("s", ORANGE), ("^", PURPLE))
        self.lines = [line(self.sizes, color=color, linewidth=2.0) for _, color in looks]
        edge = {"markersize": 8, "markeredgecolor": PAPER, "markeredgewidth": 0.6}
        self.marks = [line(self.sizes, look, color=color, ghost=True, **edge) for look, color in looks]
        legend(self.sizes, ("● in: a", BLUE), ("■ back: ∂L/∂a", ORANGE), ("▲ ∂L/∂W", PURPLE), ("— predicted", INK))
        self.steps = axes(figure, (0.715, 0.125, 0.27, 0.70), "factor a layer, backward", "between layers")
        self.steps.set_yscale("log")
        self.steps.set_yticks(FACTORS, [f"{factor:g}" for factor in FACTORS])
        self.steps.minorticks_off()
        level(self.steps, 1)
        self.expected = line(self.steps, color=ORANGE, linewidth=2.0)
        self.factors = line(self.steps, "s", color=ORANGE, ghost=True, **edge)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        say(self.headline, frame.words, RED if frame.grave else INK)
        self._fit(frame)
        for made, values in zip(self.lines, frame.predicted, strict=True):
            made.set_data(frame.layers, values)
        for made, values in zip(self.marks, frame.measured, strict=True):
            made.set_data(frame.layers, values)
        self.expected.set_data(frame.gaps, frame.expected)
        self.factors.set_data(frame.gaps, frame.factors)

    def _fit(self, frame: Frame) -> None:
        """Step the axes to what the frame needs; what has become 0 lies below them."""
        sizes = np.concatenate(frame.measured)
        decades = np.log10(sizes[(sizes > 0) & (sizes < np.inf)])
        low = stepped(-decades.min(), 0.5, 2.5, 5.5, 9.2, 13, 18.5, 24.5, 32)
        high = stepped(decades.max(), 0.5, 1.9, 3.0, 5.5, 8.5, 12.5, 18.5, 28)
        fit(self.sizes, ylim=(10.0**-low, 10.0**high))
        calm = np.nanmin(frame.factors) > 0.5 and np.nanmax(frame.factors) < 2.1
        fit(self.steps, ylim=(0.45, 2.2) if calm else (0.02, 10))
        last = int(stepped(len(frame.layers) - 1, 6, 10, 15, 20, DEEPEST))
        fit(self.sizes, xlim=(0.5, last + 0.5), xticks=range(1, last + 1, 1 if last <= 10 else 2))
        fit(self.steps, xlim=(0.5, last + 0.5), xticks=range(1, last + 1, -(-last // 6)))


def case(activation: str, std: float, layer: str = "plain", depth: int = 10) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"activation": activation, "std": std, "layer": layer, "depth": depth}


XAVIER, HE = 0.0447, 0.0632  # 1/√500 and √(2/500)

demo(
    __name__,
    title="What reaches the first layer",
    question=Question(
        "Ten tanh layers, σ = 0.01: all weights get a gradient ∂L/∂W of the same size, though ∂L/∂a fades. With "
        "sigmoid it fades too. What becomes of the weight gradients?",
        ("Still alike in all layers", "Far smaller in layer 1", "Far smaller in layer 10"),
        answer=1,
        explanation="∂L/∂W is what comes in times what comes back. With tanh both fade, in opposite directions. "
        "Sigmoid answers ½ to a sum of 0, so what comes in does not fade: nothing makes up for what comes back.",
        settings={"activation": "sigmoid"},
    ),
    others={
        "ReLU": Question(
            "Behind 30 tanh layers with Xavier's σ = 0.0447 a fifth of the signal gradient is left. ReLU's slope is 1 "
            "wherever it lets anything pass. What does ReLU leave?",
            ("All of it", "A fifth, too", "4 × 10⁻⁵"),
            answer=2,
            explanation="Half of the slopes are 0, and the weights are a factor of their own: together × 0.7 a layer. "
            "With tanh the signal shrinks as well, to where the slope is nearly 1.",
            settings={"activation": "relu"},
        ),
        "shortcut": Question(
            "In 30 plain ReLU layers with σ = 0.0447 the signal gradient shrinks by × 0.7 a layer. Each layer's input "
            "is now added to its output. What does the gradient do?",
            ("It shrinks, but less", "It keeps its size", "It grows"),
            answer=2,
            explanation="A layer's factor for the mean square is now 1, along the shortcut, plus ½, through the "
            "weights. The gradient can no longer vanish, but × 1.5 a layer explodes.",
            settings=case("relu", XAVIER, "shortcut", 30),
        ),
        "both": Question(
            "Batch norm alone lets the gradient of 30 ReLU layers grow by × 1.2 a layer, a shortcut alone by more. "
            "What do both together do?",
            ("It grows faster still", "It grows, ever more slowly", "It vanishes"),
            answer=1,
            explanation="The sum along the shortcuts grows from layer to layer, and each batch norm divides by its "
            "size, so layer ℓ adds a share of only about 1/ℓ: × 5 over all 30.",
            settings=case("relu", XAVIER, "both", 30),
        ),
    },
    notice="Markers are measured on a net of 500 units a layer, lines are the product of one factor a layer, known "
    "before a number is drawn. ∂L/∂a is read from the right, where it enters with size 1. What a layer's weights get "
    "is what comes in times what comes back, summed over 1,000 rows. A plain layer's factor is σ√500 times the "
    "typical slope, and sigmoid's slope is ¼ at most. With a bare shortcut and ReLU or ELU, deep nets lie above the "
    "line: inputs become alike, and gradients lean towards the direction that grows fastest.",
    presets={
        "tanh, 0.01": case("tanh", 0.01),
        "Sigmoid": case("sigmoid", 0.01),
        "ReLU, He": case("relu", HE, depth=30),
        "Shortcut": case("relu", XAVIER, "shortcut", 30),
        "Shortcut, BN": case("relu", XAVIER, "both", 30),
    },
)
