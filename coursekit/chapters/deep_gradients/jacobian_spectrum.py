"""The singular values of a deep net's input–output Jacobian, with Gaussian weights and with orthogonal ones."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, legend, level, line, say, segments, stepped
from coursekit.figures.style import BLUE, INK, ORANGE, PAPER, axes, headline, rough
from coursekit.initialisers import INITIALISERS

WIDTH, DEEPEST = 64, 64
NAMES = ("identity", "tanh", "relu")
ROUNDING = 1e-13  # of the largest singular value: what is smaller is rounding
KINDS = ("lecun_normal", "orthogonal")
HALF = 0.36  # of a column, left Gaussian, right orthogonal


@dataclass(frozen=True)
class State(DemoState):
    """Layers of 64 units; ``gain`` multiplies all weights, which keep the length of a signal in a linear net."""

    depth: int = slider(2, 1, DEEPEST, "depth (layers)", step=0.1, log=True, main=True)
    activation: str = choice("identity", Records(ACTIVATIONS, names=NAMES), "activation", main=True)
    gain: float = slider(1.0, 0.7, 1.6, "gain (weights ×)", log=True, main=True)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """Singular values of the nets of some depths, largest first: of Gaussian weights (row 0) and orthogonal ones."""

    depths: Array  # (K,), the last one the chosen depth
    spectra: Array  # (K, 2, WIDTH)
    ticks: Array  # (2, K · WIDTH, 2, 2), a short line for each of them, log₂ depth across
    means: tuple[Array, ...]  # of each kind (K,), root mean squares
    places: tuple[Array, ...]  # of each kind (K,), where they are drawn
    ellipses: Array  # (2, 2, points), a circle of inputs behind the chosen depth, its longest half-axis 1
    state: State

    @property
    def middle(self) -> tuple[float, float]:
        """The median singular value at the chosen depth, of both kinds."""
        gaussian, orthogonal = np.median(self.spectra[-1], axis=1)
        return float(gaussian), float(orthogonal)

    @property
    def _last_means(self) -> list[float]:
        return [float(each[-1]) for each in self.means]

    @property
    def layers(self) -> str:
        """What the net is made of."""
        name = "linear" if self.state.activation == "identity" else ACTIVATIONS[self.state.activation].label
        return f"{self.state.depth} {name} layer{'s' * (self.state.depth > 1)}"

    @property
    def readout(self) -> str:
        """Largest, median and root mean square of both kinds."""
        parts = [
            f"{kind} weights: largest {rough(values[0])}, median {rough(median)}, root mean square {rough(mean)}"
            for kind, values, median, mean in zip(
                ("Gaussian", "orthogonal"), self.spectra[-1], self.middle, self._last_means, strict=True
            )
        ]
        return f"Singular values behind {self.layers}, gain {self.state.gain:.3g}. {'; '.join(parts)}."


@lru_cache(maxsize=2)  # 4 MB each
def draw(seed: int) -> tuple[Array, Array]:
    """Draw one input (n,) of mean square 1, and the weights of all layers (L, 2, n, n), Gaussian and orthogonal."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(WIDTH)
    weights = [[INITIALISERS[kind](WIDTH, WIDTH, rng=rng, dtype=np.float64) for kind in KINDS] for _ in range(DEEPEST)]
    return x / np.sqrt(np.mean(x**2)), np.array(weights)


def jacobians(state: State) -> Array:
    """Return ∂a_ℓ/∂x behind every layer, (depth, 2, n, n): the product of all layers' own::

        ∂a_ℓ/∂x = g W₁ D₁ · g W₂ D₂ ⋯ g W_ℓ D_ℓ        D_ℓ = diag f'(z_ℓ)

    Row i is the gradient of all outputs with respect to input i.

    References
    ----------
    Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks. Pennington, Schoenholz and Ganguli (2017), Resurrecting the sigmoid in deep learning through dynamical
    isometry.
    """
    x, weights = draw(state.seed)
    activation = ACTIVATIONS[state.activation]
    a, product, found = np.stack([x, x])[:, None], np.eye(WIDTH), []
    for w in state.gain * weights[: state.depth]:
        z = a @ w  # (2, 1, n): each kind has its own net
        a, cache = activation.forward(z)
        product = product @ w * activation.backward(np.ones_like(z), cache)
        found.append(product)
    return np.array(found)


def shown_depths(depth: int) -> Array:
    """Return the powers of two well below a depth, and the depth itself."""
    powers = 2 ** np.arange(int(math.log2(DEEPEST)))
    return np.append(powers[powers < depth / 1.3], depth)


def compute(state: State) -> Frame:
    """Take the singular values of the nets of a few depths."""
    depths = shown_depths(state.depth)
    spectra = np.linalg.svd(jacobians(state)[depths - 1], compute_uv=False)
    spectra[spectra < ROUNDING * spectra[..., :1]] = 0
    places = np.log2(depths) + np.array([[-HALF / 2], [HALF / 2]]) * 1.1
    return Frame(
        depths=depths,
        spectra=spectra,
        ticks=np.stack([ticks(places[kind], spectra[:, kind]) for kind in range(2)]),
        means=tuple(np.sqrt(np.mean(spectra**2, axis=2)).T),
        places=tuple(places),
        ellipses=np.stack([ellipse(values) for values in spectra[-1]]),
        state=state,
    )


def ticks(places: Array, spectra: Array) -> Array:
    """Return a short level line (K · n, 2, 2) for each singular value of spectra (K, n), around its place (K,)."""
    values = spectra.reshape(-1)
    x = np.repeat(places, spectra.shape[1])
    left, right = (np.stack([x + side * HALF / 2, values], axis=1) for side in (-1, 1))
    return np.stack([left, right], axis=1)


def ellipse(values: Array) -> Array:
    """Return what becomes of a circle (2, points): along the largest singular value, and along the median one."""
    turn = np.linspace(0, 2 * np.pi, 181)
    largest = values[0] or 1.0
    return np.stack([values[0] / largest * np.cos(turn), np.median(values) / largest * np.sin(turn)])


class View:
    """Singular values by depth; beside them what becomes of a circle of inputs at the chosen depth."""

    size = (10.4, 4.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_spectra(figure)
        self.circle = axes(figure, (0.735, 0.125, 0.25, 0.70), "a circle becomes")
        self.circle.set_aspect("equal", anchor="NW")  # or a circle would be none
        self.circle.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), xticks=[], yticks=[])
        self.circle.spines[:].set_visible(False)
        self.ellipses = [
            line(self.circle, style, color=color, linewidth=2.6, ghost=True)
            for color, style in ((ORANGE, "-"), (BLUE, "--"))
        ]

    def _make_spectra(self, figure: Figure) -> None:
        self.spectra = axes(figure, (0.075, 0.125, 0.60, 0.70), "", "depth (layers)", "singular value")
        entries = ("▬ Gaussian", ORANGE), ("▬ orthogonal", BLUE), ("◆ root mean square", INK)
        legend(self.spectra, *entries)
        self.spectra.set(yscale="log", xlim=(-0.6, 6.6))
        self.spectra.set_xticks(range(7), [str(2**power) for power in range(7)])
        self.spectra.grid(visible=False, axis="x")
        level(self.spectra, 1)
        self.ticks = [segments(self.spectra, color, linewidths=1.8, alpha=0.8, ghost=True) for color in (ORANGE, BLUE)]
        look: dict[str, Any] = {"markersize": 6, "color": INK, "markeredgecolor": PAPER}
        self.means = [line(self.spectra, "D", **look) for _ in range(2)]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        gaussian, orthogonal = frame.middle
        say(self.headline, f"{frame.layers}, the median: Gaussian {rough(gaussian)}, orthogonal {rough(orthogonal)}")
        largest = float(frame.spectra.max()) or 1.0  # all are 0 where no gradient passes
        seen = frame.spectra[frame.spectra > 0]
        low = stepped(-math.log10(seen.min(initial=1.0)), 4.4, 9, 13.5, 22)
        fit(self.spectra, ylim=(10.0**-low, 10.0 ** stepped(math.log10(largest), 1, 3, 6, 15)))
        for made, values in zip(self.ticks, frame.ticks, strict=True):
            made.set_segments(values)
        for made, x, values in zip(self.means, frame.places, frame.means, strict=True):
            made.set_data(x, values)
        for made, points in zip(self.ellipses, frame.ellipses, strict=True):
            made.set_data(*points)


def case(depth: int, activation: str = "identity", gain: float = 1.0) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"depth": depth, "activation": activation, "gain": gain}


demo(
    __name__,
    title="Directions that get lost",
    question=Question(
        "Gaussian weights of variance 1/n keep the mean square of a gradient as it is. Behind 2 linear layers the "
        "median singular value is 0.6. What is it behind 32?",
        ("Still about 0.6", "About 0.1", "Below 0.0001"),
        answer=2,
        explanation="The mean square stays because a few directions grow and make up for all the others: the median "
        "one shrinks by × 0.7 a layer. An orthogonal matrix only turns, so all singular values are 1, the product's "
        "too.",
        settings={"depth": 32},
    ),
    others={
        "ReLU": Question(
            "With orthogonal weights all 64 singular values of a linear net stay 1, however deep it is. What is their "
            "median behind 32 ReLU layers, with a gain of √2?",
            ("1", "About 0.5", "0"),
            answer=2,
            explanation="Each layer switches about half of its units off, and whole directions of the input go with "
            "them. Their root mean square stays near 1, but no gain brings back what is 0.",
            settings=case(32, "relu", 1.41),
        ),
        "tanh": Question(
            "Behind 32 tanh layers with a gain of 1 Gaussian weights leave a median singular value of 10⁻⁶. What do "
            "orthogonal ones leave?",
            ("About 10⁻⁶, too", "About 10⁻³", "About 0.1"),
            answer=2,
            explanation="Near 0 tanh is nearly linear, and the signals have become small enough for that. All "
            "directions shrink, but much alike: even the largest value is only 0.29.",
            settings=case(32, "tanh"),
        ),
    },
    notice="Each dash is one singular value of ∂a/∂x: the factor by which the net stretches one direction of its "
    "input, and a gradient on its way back. Xavier, He and the edge of chaos keep only the diamonds level. At the "
    "right a circle through two directions, that of the largest value and that of the median one: where it has become "
    "a needle, only the first is left. Deep linear nets whose values are all 1 learn in a time that does not grow "
    "with depth (Saxe et al., 2014).",
    presets={
        "32, linear": case(32),
        "64, linear": case(64),
        "32, tanh": case(32, "tanh"),
        "tanh, gain 1.5": case(32, "tanh", 1.5),
        "32, ReLU": case(32, "relu", 1.41),
    },
)
