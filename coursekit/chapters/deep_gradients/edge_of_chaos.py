"""Random deep nets between order and chaos: what becomes of two inputs, and of a gradient, far up and far down."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.chapters.deep_gradients.gradient_depth import rms
from coursekit.chapters.deep_gradients.mean_field import DENSITY, Z, mean_product, means, slopes, values
from coursekit.exercises.question import Question
from coursekit.figures.blended import as_blended
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.handles import Point
from coursekit.figures.marks import RING, cursor, fit, legend, line, put, say, stepped
from coursekit.figures.style import INK, PAPER, PURPLE, RED, axes, headline, plain, rough

WIDTH, DEPTH = 300, 50
SCALES = 6  # depths up to about 6 ξ were found to train
WEIGHTS, BIASES = (0.5, 3.0), (0.0, 1.5)  # the ends of σ_w and σ_b
NAMES = ("tanh", "relu")
GRAVE = 1e2  # a gradient that shrinks or grows by more
NEAR = 0.02  # |ln χ| on the edge: a depth scale of 50 layers or more


@dataclass(frozen=True)
class State(DemoState):
    """Weights have the variance σ_w² / 300, as 300 units feed each unit; biases have the variance σ_b²."""

    weight_std: float = slider(0.9, *WEIGHTS, "σ_w of the weights", step=0.01, main=True)
    bias_std: float = slider(0.3, *BIASES, "σ_b of the biases", step=0.01, main=True)
    activation: str = choice("tanh", [ACTIVATIONS[name] for name in NAMES], "activation", main=True)
    angle: int = slider(20, 1, 90, "angle of the inputs (°)")
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """Angles in degrees at the inputs (entry 0) and in each layer, ∂L/∂z from the first layer to the last."""

    map: Array  # (rows, columns), ln χ over σ_b and σ_w
    edge: Array  # (rows, 2), points where χ = 1
    deep: Array  # (2, rows, 2), points where 6 ξ = 50: in order and in chaos
    angles: Array  # (DEPTH + 1,), measured
    angles_expected: Array
    gradients: Array  # (DEPTH,), root mean squares, 1 in the last layer; measured
    gradients_expected: Array
    chi: float  # by which a gradient's mean square changes in a layer, far from both ends
    state: State

    @property
    def scale(self) -> float:
        """ξ = 1 / |ln χ|: the layers in which the gradient's mean square changes by a factor of e."""
        rate = abs(math.log(self.chi))
        return 1 / rate if rate > 1e-4 else math.inf

    @property
    def phase(self) -> str:
        """In which phase the net is, as a word."""
        if abs(math.log(self.chi)) < NEAR:
            return "The edge"
        if self.chi < 1:
            return "Order"
        return "Chaos" if self.state.activation == "tanh" else "Explosion"

    @property
    def grave(self) -> bool:
        """Whether a gradient is lost, or explodes, on the way down."""
        return not 1 / GRAVE < self.gradients[0] < GRAVE

    @property
    def reach(self) -> str:
        """The depth that still trains, in words."""
        depth = SCALES * self.scale
        return f"{depth:.0f}" if depth < 1000 else "over 1,000"

    @property
    def readout(self) -> str:
        """Where the net stands, what becomes of angle and gradient, and how deep it may be."""
        state = self.state
        return (
            f"{self.phase}: {ACTIVATIONS[state.activation].label}, σ_w = {plain(state.weight_std)}, "
            f"σ_b = {plain(state.bias_std)}, χ = {plain(self.chi)}. Two inputs {state.angle}° apart are "
            f"{degrees(self.angles[-1])} apart after {DEPTH} layers (predicted {degrees(self.angles_expected[-1])}). "
            f"A gradient of 1 there is {rough(self.gradients[0])} in layer 1 (predicted "
            f"{rough(self.gradients_expected[0])}). 6 ξ: {self.reach} layers."
        )


def degrees(angle: float) -> str:
    """Write an angle."""
    return f"{angle:.0f}°" if angle >= 1 else f"{angle:.1f}°" if angle >= 0.05 else "0°"


# ---- the theory


class Theory(NamedTuple):
    """What wide layers do, one entry a layer."""

    angles: Array  # (DEPTH + 1,), in degrees
    gradients: Array  # (DEPTH,), root mean squares


def predict(state: State) -> Theory:
    """Follow the mean square q of the sums z, their correlation c for two inputs, and the gradient's mean square::

        q_ℓ = σ_w² E[f(√q_{ℓ−1} z)²] + σ_b²
        c_ℓ = (σ_w² E[f(u) f(v)] + σ_b²) / q_ℓ        u, v of mean square q_{ℓ−1} and correlation c_{ℓ−1}
        g_{ℓ−1} = χ_{ℓ−1} g_ℓ                         χ = σ_w² E[f'(√q z)²]

    Returns
    -------
    Theory

    References
    ----------
    Poole, Lahiri, Raghu, Sohl-Dickstein and Ganguli (2016), Exponential expressivity in deep neural networks through
    transient chaos. Schoenholz, Gilmer, Ganguli and Sohl-Dickstein (2017), Deep information propagation.
    """
    name, weight, bias = state.activation, state.weight_std**2, state.bias_std**2
    start = math.cos(math.radians(state.angle))
    q, c = weight + bias, (weight * start + bias) / (weight + bias)
    factors, cosines = [], [start, c]
    for _ in range(DEPTH - 1):
        layer, shared = means(name, q), mean_product(name, q, c)
        factors.append(weight * layer.slope)
        q = weight * layer.square + bias
        c = min((weight * shared + bias) / q, 1.0)
        cosines.append(c)
    gradients = np.append(np.cumprod(factors[::-1])[::-1], 1.0)
    return Theory(np.degrees(np.arccos(cosines)), np.sqrt(gradients))


def chi(state: State) -> float:
    """Return χ far from both ends, where q no longer changes: below 1 in order, above 1 in chaos."""
    near = _table(state.activation)
    weight = state.weight_std**2
    return float(weight * np.interp(_fixed_points(near, weight, state.bias_std**2), near.q, near.slopes))


class Table(NamedTuple):
    """Gaussian means over a range of mean squares q."""

    q: Array  # (K,)
    squares: Array  # (K,), E[f(√q z)²]
    slopes: Array  # (K,), E[f'(√q z)²]


@lru_cache(maxsize=2)
def _table(name: str) -> Table:
    q = np.geomspace(1e-6, 15, 400)
    u = np.sqrt(q)[:, None] * Z
    return Table(q, values(name, u) ** 2 @ DENSITY, slopes(name, u) ** 2 @ DENSITY)


def _fixed_points(table: Table, weight: float, bias: Array | float) -> Array:
    """Return the q that σ_w² E[f²] + σ_b² gives back, for every σ_b²; the table's end where q grows for ever.

    q − σ_w² E[f(√q z)²] is σ_b² there. It may fall at first; the layers come to rest where it rises.
    """
    left = table.q - weight * table.squares
    first = int(left.argmin())
    return np.asarray(np.interp(bias, left[first:], table.q[first:]))


class Plane(NamedTuple):
    """The map of one activation."""

    log_chi: Array  # (rows, columns)
    edge: Array  # (rows, 2)
    deep: Array  # (2, rows, 2)


@lru_cache(maxsize=2)
def plane(name: str) -> Plane:
    """Take ln χ over the plane, and the lines on which it is 0 and ∓6/50; along each row it rises with σ_w."""
    near = _table(name)
    weights, biases = np.linspace(*WEIGHTS, 101), np.linspace(*BIASES, 121)
    columns = [w**2 * np.interp(_fixed_points(near, w**2, biases**2), near.q, near.slopes) for w in weights]
    log_chi = np.log(np.stack(columns, axis=1))

    def level(value: float) -> Array:
        return np.stack([[np.interp(value, row, weights) for row in log_chi], biases], axis=1)

    return Plane(log_chi, level(0), np.stack([level(-SCALES / DEPTH), level(SCALES / DEPTH)]))


# ---- a real net


@lru_cache(maxsize=1)  # 18 MB
def draw(seed: int) -> tuple[Array, Array, Array, Array]:
    """Draw two orthogonal inputs (2, n) of mean square 1, weights (L, n, n) and biases (L, n), a gradient (n,)."""
    rng = np.random.default_rng(seed)
    inputs = np.linalg.qr(rng.standard_normal((WIDTH, 2)))[0].T * math.sqrt(WIDTH)
    weights = rng.standard_normal((DEPTH, WIDTH, WIDTH), np.float32) / np.float32(math.sqrt(WIDTH))
    biases = rng.standard_normal((DEPTH, WIDTH), np.float32)
    gradient = rng.standard_normal(WIDTH, np.float32)
    return inputs.astype(np.float32), weights, biases, gradient / np.float32(rms(gradient))


def measure(state: State) -> Theory:
    """Send two inputs at this angle up through a net of 300 units a layer, and a gradient down one of the paths."""
    inputs, weights, biases, gradient = draw(state.seed)
    turn, weight_std, bias_std = (np.float32(x) for x in (math.radians(state.angle), state.weight_std, state.bias_std))
    a = np.stack([inputs[0], np.cos(turn) * inputs[0] + np.sin(turn) * inputs[1]])
    angles, sums = [between(*a)], []
    for w, b in zip(weights, biases, strict=True):
        z = weight_std * (a @ w) + bias_std * b
        angles.append(between(*z))
        sums.append(z[0])
        a = values(state.activation, z)
    sizes = [1.0]
    for w, z in zip(weights[:0:-1], sums[-2::-1], strict=True):
        gradient = weight_std * (w @ gradient) * slopes(state.activation, z)
        sizes.append(rms(gradient))
    return Theory(np.array(angles), np.array(sizes[::-1]))


def between(u: Array, v: Array) -> float:
    """Return the angle of two vectors in degrees, exact also where it is tiny."""
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    return math.degrees(2 * math.atan2(np.linalg.norm(u - v), np.linalg.norm(u + v)))


def compute(state: State) -> Frame:
    """Place the net on the map, predict, and measure."""
    known, expected, measured = plane(state.activation), predict(state), measure(state)
    return Frame(
        known.log_chi,
        known.edge,
        known.deep,
        measured.angles,
        expected.angles,
        measured.gradients,
        expected.gradients,
        chi(state),
        state,
    )


PHASES = LinearSegmentedColormap.from_list("phases", ["#3f86c6", "#a9cdea", "#ffffff", "#f6c790", "#eaa658"])


class View:
    """The map; beside it two inputs on their way up, and a gradient on its way down."""

    size = (10.4, 5.2)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.shown = ""
        self._make_map(figure)
        self.angles = axes(figure, (0.61, 0.54, 0.375, 0.295), "angle", "", "degrees")
        self.gradients = axes(figure, (0.61, 0.115, 0.375, 0.295), "gradient", "layer", "")
        legend(self.angles, ("● measured", PURPLE), ("— theory", INK))
        legend(self.gradients, ("← down: ∂L/∂z", PURPLE))
        self.angles.set(ylim=(-4, 122), yticks=[0, 30, 60, 90])
        self.gradients.set_yscale("log")
        self.angles_expected, self.angles_measured = self._pair(self.angles)
        self.gradients_expected, self.gradients_measured = self._pair(self.gradients)
        self.deepest = cursor(self.angles, INK, linestyle=":")
        self.name = self.angles.text(0, 110, "6 ξ", fontsize=10.5, color=INK, va="center", animated=True)

    def _make_map(self, figure: Figure) -> None:
        self.plane = axes(figure, (0.065, 0.115, 0.44, 0.72), "", "σ_w of the weights", "σ_b of the biases")
        look = {"origin": "lower", "aspect": "auto", "interpolation": "bilinear", "cmap": PHASES}
        ends = (*WEIGHTS, *BIASES)
        self.map = as_blended(self.plane.imshow(np.zeros((2, 2)), extent=ends, norm=TwoSlopeNorm(0, -1.6, 0.9), **look))
        self.plane.set(xlim=WEIGHTS, ylim=BIASES)
        self.plane.grid(visible=False)
        self.edge = line(self.plane, color=INK, linewidth=2.4)
        self.deep = [line(self.plane, color=INK, linewidth=1.3, linestyle=(0, (4, 3))) for _ in range(2)]
        legend(self.plane, ("— edge: χ = 1", INK), (f"- - 6 ξ = {DEPTH} layers", INK))
        style = {"fontsize": 14, "fontweight": "bold", "color": INK}
        self.plane.text(0.56, 1.4, "order", va="top", **style)
        self.right = self.plane.text(2.94, 0.08, "", va="bottom", ha="right", **style)
        self.here = line(
            self.plane,
            "o",
            color=PURPLE,
            markersize=12,
            markeredgecolor=PAPER,
            markeredgewidth=1.5,
            clip_on=False,
            ghost=RING,
        )
        self.handles = (Point(self.plane, "weight_std", "bias_std"),)

    def _pair(self, ax: Any) -> tuple[Any, Any]:
        ax.set_xlim(-0.5, DEPTH + 0.5)
        expected = line(ax, color=INK, linewidth=1.6)
        return expected, line(ax, "o", color=PURPLE, markersize=4.5, ghost=True)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        state = frame.state
        ends = f"{state.angle}° become {degrees(frame.angles[-1])}, a gradient of 1 becomes {rough(frame.gradients[0])}"
        say(self.headline, f"{frame.phase}: {ends}", RED if frame.grave else INK)
        if self.shown != state.activation:  # drawn anew for another activation only
            self.shown = state.activation
            self.map.set_data(frame.map)
            self.right.set_text("chaos" if state.activation == "tanh" else "explosion")
        self.edge.set_data(*frame.edge.T)
        for made, points in zip(self.deep, frame.deep, strict=True):
            made.set_data(*points.T)
        put(self.here, state.weight_std, state.bias_std)
        self._show_layers(frame)

    def _show_layers(self, frame: Frame) -> None:
        layers = np.arange(DEPTH + 1)
        self.angles_expected.set_data(layers, frame.angles_expected)
        self.angles_measured.set_data(layers, frame.angles)
        self.gradients_expected.set_data(layers[1:], frame.gradients_expected)
        self.gradients_measured.set_data(layers[1:], frame.gradients)
        far = float(np.abs(np.log10(frame.gradients)).max())
        span = stepped(far, 1.8, 3.6, 7, 14, 29)
        fit(self.gradients, ylim=(10.0**-span, 10.0**span))
        depth = min(SCALES * frame.scale, 2 * DEPTH)
        self.deepest.set_xdata([depth, depth])
        self.name.set(x=depth + 0.6, visible=depth < DEPTH - 4)


def case(weight_std: float, bias_std: float, activation: str = "tanh") -> dict[str, Any]:
    """Settings of a telling case."""
    return {"weight_std": weight_std, "bias_std": bias_std, "activation": activation, "angle": 20}


demo(
    __name__,
    title="The edge of chaos",
    question=Question(
        "Two inputs 20° apart enter a random tanh net with σ_w = 0.9. After 20 layers they look the same. With "
        "σ_w = 2, how far apart are they after 50 layers?",
        ("0° again, only later", "Still about 20°", "About 75°, from any start"),
        answer=2,
        explanation="A small difference is multiplied by √χ = 1.15 in every layer here, until it reaches the one "
        "angle that a layer leaves as it is. Again the start is forgotten, but now gradients explode.",
        settings={"weight_std": 2.0},
    ),
    others={
        "where He stands": Question(
            "With tanh and no biases the edge is at σ_w = 1. Where is it for ReLU, which sets half of its sums to 0?",
            ("At σ_w = 1, too", "At √2, He's choice", "At 2"),
            answer=1,
            explanation="ReLU's slope is 1 for half of the sums, so χ = σ_w² / 2 whatever the biases are: it is 1 at "
            "σ_w² = 2.",
            settings=case(1.41, 0.0, "relu"),
        ),
    },
    notice="Far from both ends a layer multiplies a gradient's mean square by χ. Below 1, in order, gradients vanish "
    "and inputs become alike; above 1 gradients explode. Either way a factor of e takes ξ = 1 / |ln χ| layers, and "
    "nets were found to train up to about six times that depth (Schoenholz et al., 2017): for 50 layers roughly the "
    "strip between the dashed lines. Dots are one net of 300 units a layer; narrow nets scatter about the theory.",
    presets={
        "Order": case(0.9, 0.3),
        "Chaos": case(2.0, 0.3),
        "Edge, tanh": case(1.0, 0.0),
        "Edge, σ_b = 0.3": case(1.4, 0.3),
        "Edge, ReLU": case(1.41, 0.0, "relu"),
    },
)
