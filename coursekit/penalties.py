"""Penalties on weights: ``PENALTIES["l2"](w, strength)`` gives strength · R(w) and its gradient.

Conventions: R is a sum over all elements of w, not a mean, and without a factor ½. So L2 is λ Σ w² with gradient 2 λ w;
where a text writes ½ λ Σ w², its λ is twice the one here.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coursekit.arrays import FLOATS, Array, float_array
from coursekit.hyperparameter import Hyperparameter, in_range, known_only
from coursekit.kernels import loss as kernels
from coursekit.registry import Registry


@dataclass(frozen=True)
class Penalty:
    """One penalty and all that is known about it.

    Attributes
    ----------
    name, label : str
        The key in `PENALTIES`, and the name for people.
    function : callable
        ``function(w, strength, **params) -> (value, gradient)``, w of any shape.
    formula, gradient : str
        LaTeX, without dollar signs.
    params : tuple of Hyperparameter
        Numbers that shape it, besides the strength.
    project : callable, optional
        ``project(w, limit)`` moves w, in place, to the nearest weights that the constraint allows.
    verdict, source : str
        What it does to weights, and the paper.
    """

    name: str
    label: str
    function: Callable[..., tuple[float, Array]]
    formula: str
    gradient: str
    params: tuple[Hyperparameter, ...] = ()
    project: Callable[[Array, float], None] | None = None
    verdict: str = ""
    source: str = ""

    def __call__(self, w: Array, strength: float, **params: float) -> tuple[float, Array]:
        """Return the value and its gradient with respect to w.

        Raises
        ------
        TypeError
            If w holds no floats or integers, the strength no number, or the penalty has no such parameter.
        ValueError
            If a number is out of its range.
        """
        known_only(self.name, params, [parameter.name for parameter in self.params])
        return self.function(w, strength, **params)


PENALTIES: Registry[Penalty] = Registry("penalty")

# The axes of one unit's incoming weights, by the number of dimensions: of a matrix, maxout, filters, filters a place.
INCOMING = {2: (0,), 3: (0,), 4: (1, 2, 3), 6: (3, 4, 5)}
UNITS = "(D, H), (D, H, K), (F, C, KH, KW) or (OH, OW, F, C, KH, KW)"


def l2(w: Array, strength: float) -> tuple[float, Array]:
    """L2, λ Σ w², and its gradient 2 λ w, proportional to the weight: large ones shrink fast, none becomes 0.

    Parameters
    ----------
    w : array, any shape
    strength : float
        λ ≥ 0.

    Returns
    -------
    value : float
    gradient : array of the shape of w

    Raises
    ------
    TypeError, ValueError
        See `coursekit.arrays.float_array`; and if the strength is not a finite number of at least 0.

    Examples
    --------
    Two neurons with the same score on x = [1, 1, 1, 1]: the penalty prefers the one that looks at all of x.

    >>> l2([1.0, 0.0, 0.0, 0.0], 1.0)[0], l2([0.25, 0.25, 0.25, 0.25], 1.0)[0]
    (1.0, 0.25)
    """
    in_range(strength, "l2: the strength", 0)
    return _elastic(w, "l2: w", 0.0, float(strength))


def l1(w: Array, strength: float) -> tuple[float, Array]:
    """L1, λ Σ |w|, and its gradient λ sign(w), the same for small weights as for large ones; 0 is taken at w = 0.

    Parameters, Returns and Raises as for `l2`. Gradient steps hop around 0; `soft_threshold` stops there.
    """
    in_range(strength, "l1: the strength", 0)
    return _elastic(w, "l1: w", float(strength), 0.0)


def elastic_net(w: Array, strength: float, ratio: float = 0.5) -> tuple[float, Array]:
    """Elastic net, λ Σ (ρ |w| + (1 − ρ) w²): L1 and L2 mixed; ratio ρ = 1 is L1, 0 is L2.

    Other Parameters, Returns and Raises as for `l2`; ρ lies between 0 and 1.
    """
    in_range(strength, "elastic_net: the strength", 0)
    in_range(ratio, "elastic_net: ratio", 0, 1)
    return _elastic(w, "elastic_net: w", float(strength * ratio), float(strength * (1 - ratio)))


def _elastic(w: Array, where: str, l1: float, l2: float) -> tuple[float, Array]:
    w = float_array(w, where)
    gradient = np.empty_like(w)
    return float(kernels.elastic_net(w.reshape(-1), l1, l2, gradient.reshape(-1))), gradient


def l0(w: Array, strength: float) -> tuple[float, Array]:
    """L0, λ times the number of weights that are not 0. Its gradient is 0 wherever there is one, and 0 is returned.

    Parameters, Returns and Raises as for `l2`.
    """
    in_range(strength, "l0: the strength", 0)
    w = float_array(w, "l0: w")
    count = math.nan if np.isnan(w).any() else np.count_nonzero(w)
    return strength * float(count), np.zeros_like(w)


def max_norm(w: Array, limit: float) -> tuple[float, Array]:
    """Max-norm, not a price but a fence: 0 if every unit's incoming weights have a norm ≤ c, infinity if not.

    Parameters
    ----------
    w : (D, H), (D, H, K), (F, C, KH, KW) or (OH, OW, F, C, KH, KW) array
        A unit is a column; one of the K pieces of a maxout unit; a filter; or the filter of one place.
    limit : float
        c > 0, in the place of the strength.

    Returns
    -------
    value : float
        0, infinity, or NaN if a weight is.
    gradient : array of zeros of the shape of w
        Nothing pulls inside the fence: keep to it with ``PENALTIES["max_norm"].project(w, limit)`` after each step.

    Raises
    ------
    TypeError, ValueError
        See `coursekit.arrays.float_array`; and if the limit is not a positive finite number.
    """
    in_range(limit, "max_norm: the limit", 0, above=True)
    w = float_array(w, "max_norm: w", tuple(INCOMING), UNITS)
    norms = _unit_norms(w)
    if np.isnan(norms).any():
        return math.nan, np.zeros_like(w)
    # √Σ of weights that were projected may exceed the limit by a rounding error.
    return math.inf if (norms > limit * (1 + 8 * np.finfo(w.dtype).eps)).any() else 0.0, np.zeros_like(w)


def project_max_norm(w: Array, limit: float) -> None:
    """Scale down, in place, each unit's incoming weights w_u ← w_u min(1, c / ‖w_u‖), so that their norm is at most c.

    If a norm is infinite no factor mends the unit, and it stays as it is: look at it.

    Parameters
    ----------
    w : (D, H), (D, H, K), (F, C, KH, KW) or (OH, OW, F, C, KH, KW) array
        Units as for `max_norm`. Changed.
    limit : float
        c > 0.

    Raises
    ------
    TypeError
        If w is not a float32 or float64 array: nothing else could be changed in place.
    ValueError
        If w has another number of dimensions or is read-only, or the limit is not a positive finite number.
    """
    in_range(limit, "project_max_norm: the limit", 0, above=True)
    if not isinstance(w, np.ndarray) or w.dtype not in FLOATS:
        kind = getattr(w, "dtype", type(w).__name__)
        raise TypeError(f"project_max_norm: w is changed in place and must be a float array, but is {kind}.")
    float_array(w, "project_max_norm: w", tuple(INCOMING), UNITS)
    if not w.flags.writeable:
        raise ValueError("project_max_norm: w is changed in place, but this array is read-only. Pass w.copy().")
    norms = _unit_norms(w)
    # Not min(1, c / norm), which would divide by 0.
    w *= np.where(np.isinf(norms), 1, limit / np.maximum(norms, limit)).astype(w.dtype)


def _unit_norms(w: Array) -> Array:
    """Return ‖w_u‖ of each unit's incoming weights, in float64, so shaped that it broadcasts against w."""
    with np.errstate(over="ignore"):
        norms: Array = np.sqrt(np.square(w, dtype=np.float64).sum(INCOMING[w.ndim], keepdims=True))
    if np.isinf(norms).any():  # perhaps the squares alone: hypot takes them of numbers that are scaled first, slowly
        norms = np.hypot.reduce(w.astype(np.float64), INCOMING[w.ndim], keepdims=True)
    return norms


def soft_threshold(w: Array, amount: float) -> Array:
    """Proximal step of L1, sign(w) max(|w| − a, 0): every weight moves by a towards 0, and stops there.

    Parameters
    ----------
    w : array, any shape
        Weights after the gradient step of the data loss alone. Not modified.
    amount : float
        a ≥ 0: learning rate times strength.

    Returns
    -------
    array of the shape of w
        With exact zeros where |w| ≤ a.

    Raises
    ------
    TypeError, ValueError
        See `coursekit.arrays.float_array`; and if the amount is not a finite number of at least 0.

    Examples
    --------
    >>> soft_threshold(np.array([0.75, -0.25, -2.0]), 0.5)
    array([ 0.25,  0.  , -1.5 ])

    References
    ----------
    Daubechies, Defrise and De Mol (2004), An iterative thresholding algorithm for linear inverse problems.
    """
    in_range(amount, "soft_threshold: the amount", 0)
    w = float_array(w, "soft_threshold: w")
    reach = w.dtype.type(amount)
    moved: Array = w - np.clip(w, -reach, reach)
    return moved


PENALTIES.add(
    Penalty(
        "l2",
        "L2",
        l2,
        formula=r"R = \lambda \sum w^2",
        gradient=r"\frac{\partial R}{\partial w} = 2 \lambda w",
        verdict="Spreads the weight over all inputs. Its pull fades with the weight, so nothing becomes exactly 0.",
        source="Hoerl and Kennard (1970), Ridge regression; as weight decay: Krogh and Hertz (1992)",
    )
)
PENALTIES.add(
    Penalty(
        "l1",
        "L1",
        l1,
        formula=r"R = \lambda \sum |w|",
        gradient=r"\frac{\partial R}{\partial w} = \lambda\, \mathrm{sign}(w)",
        verdict="A pull that does not fade: at the minimum, weights that are not needed are exactly 0.",
        source="Tibshirani (1996), Regression shrinkage and selection via the lasso",
    )
)
PENALTIES.add(
    Penalty(
        "elastic_net",
        "Elastic net",
        elastic_net,
        formula=r"R = \lambda \sum \left(\rho\, |w| + (1 - \rho)\, w^2\right)",
        gradient=r"\frac{\partial R}{\partial w} = \lambda \left(\rho\, \mathrm{sign}(w) + 2 (1 - \rho)\, w\right)",
        params=(Hyperparameter("ratio", 0.5, 0.0, 1.0, "the share of L1"),),
        verdict="Drops what is not needed as L1 does, and shares weight among inputs that say the same, as L2 does.",
        source="Zou and Hastie (2005), Regularization and variable selection via the elastic net",
    )
)
PENALTIES.add(
    Penalty(
        "l0",
        "L0",
        l0,
        formula=r"R = \lambda \sum \mathbf{1}[w \ne 0]",
        gradient=r"\frac{\partial R}{\partial w} = 0 \quad (w \ne 0)",
        verdict="Counts the weights in use: what L1 stands in for, because counting has no slope.",
        source="Louizos, Welling and Kingma (2018), Learning sparse neural networks through L0 regularization",
    )
)
PENALTIES.add(
    Penalty(
        "max_norm",
        "Max-norm",
        max_norm,
        formula=r"\lVert w_u \rVert_2 \le c \ \text{for every unit } u",
        gradient=r"\frac{\partial R}{\partial w} = 0 \quad (\lVert w_u \rVert_2 < c)",
        project=project_max_norm,
        verdict="Weights cannot run away, however large the learning rate, and are left alone inside the fence.",
        source="Srebro, Rennie and Jaakkola (2005), Maximum-margin matrix factorization; Srivastava et al. (2014), "
        "Dropout, section 5.1",
    )
)
