"""How a layer's weights are drawn: ``INITIALISERS["he_normal"](fan_in, fan_out, rng=rng)`` gives (fan_in, fan_out).

Glorot and Bengio (2010) and He et al. (2015) ask one question of a layer z = x w: which Var(w) keeps the variance of
the signal, forward (Var z = fan_in · Var w · Var x) and backward (fan_out · Var w · Var δ)?
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from coursekit.arrays import Array, Seed, float_dtype, seeded
from coursekit.hyperparameter import in_range, known_only, whole_number
from coursekit.registry import Registry

Shape = tuple[int, ...]
MOST = 2**40  # numbers in an array: 8 terabytes of float64


@dataclass(frozen=True)
class Initialiser:
    """One way to draw weights.

    Attributes
    ----------
    name, label : str
        The key in `INITIALISERS`, and the name for people.
    draw : callable
        ``draw(rng, shape, fan_in, fan_out, **params) -> float64 array``.
    std : callable
        ``std(fan_in, fan_out, **params) -> float``, the standard deviation of one weight of a matrix (fan_in, fan_out).
    formula : str
        LaTeX, without dollar signs.
    verdict, source : str
        What to use it for, and the paper.
    """

    name: str
    label: str
    draw: Callable[..., Array]
    std: Callable[..., float]
    formula: str
    verdict: str
    source: str = ""

    def __call__(
        self,
        fan_in: int,
        fan_out: int,
        rng: Seed | None = None,
        shape: Shape | None = None,
        dtype: Any = np.float32,
        **params: float,
    ) -> Array:
        """Draw one layer's weights.

        Parameters
        ----------
        fan_in, fan_out : int
            How many inputs feed one unit, and how many units one input feeds.
        rng : numpy.random.Generator or int, optional
            Where the numbers come from, or its seed; ``zeros`` and ``constant`` need none.
        shape : tuple of int, optional
            ``(fan_in, fan_out)`` unless given, e.g. (F, C, KH, KW) for filters.
        dtype : dtype
            float32 unless asked.
        **params
            ``std``, ``bound``, ``value`` or ``gain``, where the scheme has it.

        Raises
        ------
        ValueError
            If a fan is not a positive whole number, a spread or gain negative or not finite, or ``rng`` missing.
        TypeError
            If the scheme has no such parameter, or it is no number, ``rng`` is neither generator nor seed, or ``dtype``
            is neither float32 nor float64.
        """
        dtype = float_dtype(dtype, self.name)
        fan_in, fan_out = whole_number(fan_in, f"{self.name}: fan_in"), whole_number(fan_out, f"{self.name}: fan_out")
        known_only(self.name, params, list(signature(self.std).parameters)[2:])
        for name, value in params.items():
            in_range(value, f"{self.name}: {name}", 0 if name in ("std", "bound", "gain") else -math.inf)
        if rng is None and self.draw not in (_zeros, _constant):
            raise ValueError(f"{self.name} draws random weights: pass rng=np.random.default_rng(seed).")
        if rng is not None:
            rng = seeded(rng, self.name)
        shape = _checked((fan_in, fan_out) if shape is None else shape, self.name)
        return self.draw(rng, shape, fan_in, fan_out, **params).astype(dtype, copy=False)


def _checked(shape: Any, where: str) -> Shape:
    """Return a shape as a tuple of whole numbers, of an array that some memory can hold."""
    if not isinstance(shape, tuple | list) or not shape:
        raise TypeError(f"{where}: shape must be a tuple of whole numbers, e.g. (64, 10), but is {shape!r}.")
    sizes = tuple(whole_number(size, f"{where}: a size in shape") for size in shape)
    if math.prod(sizes) > MOST:
        raise ValueError(f"{where}: no memory holds an array {sizes}. Take smaller sizes: some thousand units.")
    return sizes


INITIALISERS: Registry[Initialiser] = Registry("initialiser")


def _zeros(rng: Any, shape: Shape, fan_in: int, fan_out: int) -> Array:
    return np.zeros(shape)


def _constant(rng: Any, shape: Shape, fan_in: int, fan_out: int, value: float = 1.0) -> Array:
    return np.full(shape, float(value))


INITIALISERS.add(
    Initialiser(
        "zeros",
        "Zeros",
        _zeros,
        lambda fan_in, fan_out: 0.0,
        formula=r"w = 0",
        verdict="Right for biases, fatal for weights: every unit stays the same as its neighbours.",
        source="Goodfellow, Bengio and Courville (2016), Deep Learning, section 8.4",
    )
)
INITIALISERS.add(
    Initialiser(
        "constant",
        "Constant",
        _constant,
        lambda fan_in, fan_out, value=1.0: 0.0,
        formula=r"w = c",
        verdict="As zeros: equal weights get equal gradients, so they stay equal.",
        source="Goodfellow, Bengio and Courville (2016), Deep Learning, section 8.4",
    )
)


def _normal(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int, std: float = 1.0) -> Array:
    return std * rng.standard_normal(shape)


def _uniform(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int, bound: float = 1.0) -> Array:
    return rng.uniform(-bound, bound, shape)


INITIALISERS.add(
    Initialiser(
        "normal",
        "Normal",
        _normal,
        lambda fan_in, fan_out, std=1.0: std,
        formula=r"w \sim N(0, s^2)",
        verdict="A fixed scale cannot suit layers of every width: 0.01 fades in deep nets, 1 saturates.",
        source="Krizhevsky, Sutskever and Hinton (2012), section 5, use s = 0.01",
    )
)
INITIALISERS.add(
    Initialiser(
        "uniform",
        "Uniform",
        _uniform,
        lambda fan_in, fan_out, bound=1.0: bound / math.sqrt(3),
        formula=r"w \sim U(-a, a), \quad \mathrm{Var}(w) = \tfrac{a^2}{3}",
        verdict="As normal, with a variance of a²/3.",
        source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, section 4.6",
    )
)


def _scaled(name: str, label: str, std: Callable[..., float], uniform: bool, **texts: str) -> None:
    """Register a scheme given by its standard deviation; a uniform one reaches ±√3 times it."""

    def draw(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int, **params: float) -> Array:
        spread = std(fan_in, fan_out, **params)
        if uniform:
            return _uniform(rng, shape, fan_in, fan_out, bound=math.sqrt(3) * spread)
        return _normal(rng, shape, fan_in, fan_out, std=spread)

    INITIALISERS.add(Initialiser(name, label, draw, std, **texts))


def xavier_std(fan_in: int, fan_out: int, gain: float = 1.0) -> float:
    """σ = gain · √(2 / (fan_in + fan_out)), the compromise between forward and backward."""
    return gain * math.sqrt(2 / (fan_in + fan_out))


def he_std(fan_in: int, fan_out: int, gain: float = math.sqrt(2)) -> float:
    """σ = gain / √fan_in with gain √2, because ReLU halves the second moment."""
    return gain / math.sqrt(fan_in)


def lecun_std(fan_in: int, fan_out: int) -> float:
    """σ = 1 / √fan_in, which keeps the variance of a linear layer."""
    return 1 / math.sqrt(fan_in)


GLOROT = (
    "Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks, equation 16"
)
HE = "He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, equation 10"
_scaled(
    "xavier_uniform",
    "Xavier, uniform",
    xavier_std,
    uniform=True,
    formula=r"w \sim U(-a, a), \quad a = \sqrt{\tfrac{6}{n_{in} + n_{out}}}",
    verdict="For tanh and other functions that are linear near 0.",
    source=GLOROT,
)
_scaled(
    "xavier_normal",
    "Xavier, normal",
    xavier_std,
    uniform=False,
    formula=r"\mathrm{Var}(w) = \tfrac{2}{n_{in} + n_{out}}",
    verdict="For tanh and other functions that are linear near 0.",
    source=GLOROT + " (its variance, equation 12)",
)
_scaled(
    "he_uniform",
    "He, uniform",
    he_std,
    uniform=True,
    formula=r"w \sim U(-a, a), \quad a = \sqrt{\tfrac{6}{n_{in}}}",
    verdict="For ReLU and its relatives.",
    source=HE,
)
_scaled(
    "he_normal",
    "He, normal",
    he_std,
    uniform=False,
    formula=r"\mathrm{Var}(w) = \tfrac{2}{n_{in}}",
    verdict="For ReLU and its relatives: the 2 makes up for the half that ReLU sets to 0.",
    source=HE,
)
_scaled(
    "lecun_normal",
    "LeCun, normal (1/√fan_in)",
    lecun_std,
    uniform=False,
    formula=r"\mathrm{Var}(w) = \tfrac{1}{n_{in}}",
    verdict="The simplified Xavier of many courses; right for SELU.",
    source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, equation 16",
)


def orthogonal_std(fan_in: int, fan_out: int, gain: float = 1.0) -> float:
    """σ = gain / √max(fan_in, fan_out): rows or columns of length ``gain``."""
    return gain / math.sqrt(max(fan_in, fan_out))


def _orthogonal(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int, gain: float = 1.0) -> Array:
    """Return Q of a random matrix's QR decomposition, signs fixed by R's diagonal so that Q is uniform.

    Filters (F, C, KH, KW) are one matrix (F, C · KH · KW). The K pieces of a maxout layer (D, H, K), and the filters at
    the places of a locally connected layer (OH, OW, F, C, KH, KW), are linear maps of their own: each is orthogonal.
    """
    if len(shape) == 3:
        pieces = [_orthogonal(rng, shape[:2], fan_in, fan_out, gain) for _ in range(shape[2])]
        return np.stack(pieces, axis=2)
    if len(shape) == 6:
        places = [_orthogonal(rng, shape[2:], fan_in, fan_out, gain) for _ in range(shape[0] * shape[1])]
        return np.reshape(places, shape)
    rows, columns = shape[0], math.prod(shape[1:])
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return gain * (q if rows >= columns else q.T).reshape(shape)


INITIALISERS.add(
    Initialiser(
        "orthogonal",
        "Orthogonal",
        _orthogonal,
        orthogonal_std,
        formula=r"w^{\top} w = g^2 I",
        verdict="Keeps every length exactly in a linear net, however deep.",
        source="Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear dynamics of learning",
    )
)
