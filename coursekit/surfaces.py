"""Loss surfaces of two weights, on which optimisers race: ``SURFACES["rosenbrock"].gradient(x, y)``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coursekit.arrays import Array
from coursekit.registry import Registry

Range = tuple[float, float]


@dataclass(frozen=True)
class Surface:
    """A function of two numbers.

    Attributes
    ----------
    name, label : str
        The key in `SURFACES`, and the name for people.
    value : callable
        ``value(x, y) -> f``, of numbers or of arrays of one shape.
    gradient : callable
        ``gradient(x, y) -> (∂f/∂x, ∂f/∂y)``, likewise.
    minimum : (float, float) or None
        Where f is smallest, if there is such a place; f is 0 there.
    start : (float, float)
        Where a path that shows something begins.
    x_range, y_range : (float, float)
        What a figure shows.
    formula, verdict, source : str
        LaTeX without dollar signs; what it teaches; where it is from.
    """

    name: str
    label: str
    value: Callable[[Any, Any], Any]
    gradient: Callable[[Any, Any], tuple[Any, Any]]
    minimum: tuple[float, float] | None
    start: tuple[float, float]
    x_range: Range
    y_range: Range
    formula: str
    verdict: str
    source: str


SURFACES: Registry[Surface] = Registry("surface")


def _bowl_gradient(x: Array, y: Array) -> tuple[Array, Array]:
    return x, 3 * y


SURFACES.add(
    Surface(
        "bowl",
        "Bowl",
        lambda x, y: (x**2 + 3 * y**2) / 2,
        _bowl_gradient,
        minimum=(0.0, 0.0),
        start=(-4.0, 1.5),
        x_range=(-5.0, 5.0),
        y_range=(-2.5, 2.5),
        formula=r"f = \tfrac{1}{2}(x^2 + 3 y^2)",
        verdict="The friendliest surface there is: plain descent arrives for every rate under 2/3.",
        source="Boyd and Vandenberghe (2004), Convex Optimization, section 9.3.2, with γ = 3",
    )
)


def _slope_gradient(x: Array, y: Array) -> tuple[Array, Array]:
    return x * 0 + 1, y * 0


SURFACES.add(
    Surface(
        "slope",
        "Even slope",
        lambda x, y: x + 0 * y,
        _slope_gradient,
        minimum=None,
        start=(4.5, 0.0),
        x_range=(-5.0, 5.0),
        y_range=(-2.0, 2.0),
        formula=r"f = x",
        verdict="The gradient is the same everywhere: what is left of a step is what the optimiser makes of it.",
        source="Kingma and Ba (2015), Adam: a method for stochastic optimization, section 3",
    )
)


def _ravine_gradient(x: Array, y: Array) -> tuple[Array, Array]:
    return x, 25 * y


SURFACES.add(
    Surface(
        "ravine",
        "Ravine",
        lambda x, y: (x**2 + 25 * y**2) / 2,
        _ravine_gradient,
        minimum=(0.0, 0.0),
        start=(-4.0, 1.0),
        x_range=(-5.0, 5.0),
        y_range=(-2.0, 2.0),
        formula=r"f = \tfrac{1}{2}(x^2 + 25 y^2)",
        verdict="25 times steeper across than along: plain descent diverges for a rate over 2/25, and crawls under it.",
        source="Sutton (1986), Two problems with backpropagation; Goodfellow et al. (2016), section 8.2.1",
    )
)


def _saddle_gradient(x: Array, y: Array) -> tuple[Array, Array]:
    return 2 * x, -2 * y


SURFACES.add(
    Surface(
        "saddle",
        "Saddle",
        lambda x, y: x**2 - y**2,
        _saddle_gradient,
        minimum=None,
        start=(-2.0, 0.01),
        x_range=(-2.5, 2.5),
        y_range=(-2.5, 2.5),
        formula=r"f = x^2 - y^2",
        verdict="The gradient is 0 at (0, 0), which is no minimum: who gets stuck there, and who slips away along y?",
        source="Dauphin et al. (2014), Identifying and attacking the saddle point problem",
    )
)


def _rosenbrock_gradient(x: Array, y: Array) -> tuple[Array, Array]:
    return -2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)


SURFACES.add(
    Surface(
        "rosenbrock",
        "Rosenbrock",
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        _rosenbrock_gradient,
        minimum=(1.0, 1.0),
        start=(-1.2, 1.0),
        x_range=(-2.0, 2.0),
        y_range=(-1.0, 3.0),
        formula=r"f = (1 - x)^2 + 100\,(y - x^2)^2",
        verdict="A bent valley with a flat floor: it is easy to find and slow to follow.",
        source="Rosenbrock (1960), An automatic method for finding the greatest or least value of a function",
    )
)


def _beale_terms(x: Array, y: Array) -> tuple[Array, Array, Array]:
    return 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3


def _beale_value(x: Array, y: Array) -> Array:
    a, b, c = _beale_terms(x, y)
    value: Array = a**2 + b**2 + c**2
    return value


def _beale_gradient(x: Array, y: Array) -> tuple[Array, Array]:
    a, b, c = _beale_terms(x, y)
    along_x = 2 * (a * (y - 1) + b * (y**2 - 1) + c * (y**3 - 1))
    along_y = 2 * x * (a + 2 * b * y + 3 * c * y**2)
    return along_x, along_y


SURFACES.add(
    Surface(
        "beale",
        "Beale",
        _beale_value,
        _beale_gradient,
        minimum=(3.0, 0.5),
        start=(1.0, 1.5),
        x_range=(-4.5, 4.5),
        y_range=(-4.5, 4.5),
        formula=r"f = (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
        verdict="Plateaus with steep walls: gradients differ by orders of magnitude from place to place.",
        source="Beale (1958), On an iterative method for finding a local minimum (Princeton technical report 25)",
    )
)
