"""Gradients by centred differences, and the check that a backward pass agrees with them."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, Seed, float_array, seeded
from coursekit.losses import LossFunction, loss_of


def numerical_gradient(f: Callable[[Array], float], x: Array, h: float = 1e-5) -> Array:
    """Centred differences, ∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h, with an error of order h².

    Parameters
    ----------
    f : callable
        From an array of the shape of x to a number.
    x : array, any shape
        The point, taken in float64; not modified.
    h : float
        The step.

    Returns
    -------
    array of the shape of x, float64

    Raises
    ------
    ValueError
        If the step is not positive, or f gives more than one number.
    TypeError
        If what f gives, or x, is no number.

    Examples
    --------
    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    _check_step("numerical_gradient", h)
    f, point = _to_a_number(f, "numerical_gradient"), _point(x, "numerical_gradient: x")
    gradient = np.empty_like(point)
    for i in np.ndindex(point.shape):
        centre = point[i]
        point[i] = centre + h
        above = f(point)
        point[i] = centre - h
        below = f(point)
        point[i] = centre
        gradient[i] = (above - below) / (2 * h)
    return gradient


def one_sided_slopes(f: Callable[[Array], float], x: Array, h: float = 1e-5) -> tuple[Array, Array]:
    """Slopes to the left, (f(x) − f(x − h eᵢ)) / h, and to the right, (f(x + h eᵢ) − f(x)) / h.

    Their mean is the centred difference. Where f is smooth they differ by about h f″; at a kink by its jump, however
    small h is.

    Parameters
    ----------
    f, x, h
        As for `numerical_gradient`.

    Returns
    -------
    left, right : arrays of the shape of x, float64

    Raises
    ------
    ValueError, TypeError
        As `numerical_gradient` does.

    Examples
    --------
    >>> left, right = one_sided_slopes(lambda x: float(np.maximum(x, 0).sum()), np.array([0.0, 2.0]))
    >>> left.round(3), right.round(3)
    (array([0., 1.]), array([1., 1.]))
    """
    _check_step("one_sided_slopes", h)
    f, point = _to_a_number(f, "one_sided_slopes"), _point(x, "one_sided_slopes: x")
    left, right = np.empty_like(point), np.empty_like(point)
    here = f(point)
    for i in np.ndindex(point.shape):
        centre = point[i]
        point[i] = centre - h
        left[i] = (here - f(point)) / h
        point[i] = centre + h
        right[i] = (f(point) - here) / h
        point[i] = centre
    return left, right


def _check_step(where: str, h: float) -> None:
    if not isinstance(h, Real) or not 0 < h < math.inf:
        raise ValueError(f"{where}: the step h must be positive, but is {h!r}. Try 1e-5.")


def _point(x: ArrayLike, where: str) -> Array:
    """Return a copy of ``x`` in float64."""
    return np.array(float_array(x, where), dtype=np.float64)


def _to_a_number(f: Callable[[Array], float], where: str) -> Callable[[Array], float]:
    """Return f, such that what is no single number is refused."""
    if not callable(f):
        raise TypeError(f"{where}: f must be a function from an array to a number, but is {f!r}.")

    def number(x: Array) -> float:
        value = f(x)
        if isinstance(value, float):  # the common case, np.float64 too
            return value
        if np.size(value) != 1:
            raise ValueError(
                f"{where}: f must give one number, but gave an array of shape {np.shape(value)}. A gradient is that of "
                "one number: sum it up, lambda x: f(x).sum(), or ask for one element of it."
            )
        try:
            return float(np.reshape(value, ()))
        except (TypeError, ValueError):
            raise TypeError(f"{where}: f must give a number, but gave {value!r}.") from None

    return number


def relative_error(a: Array, b: Array, floor: float = 1e-8) -> float:
    """The largest |a − b| / max(|a| + |b|, floor) over all elements; NaN if any element is NaN.

    Parameters
    ----------
    a, b : arrays of one shape
    floor : float
        What a difference is measured against where both are smaller: rounding noise around 0 is no error.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    CS231n, course notes, Neural networks part 3, Gradient checks.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"relative_error: the shapes differ, {a.shape} and {b.shape}.")
    return float(np.max(_errors(a, b, floor), initial=0.0))


def _errors(a: Array, b: Array, floor: float | Array) -> Array:
    scale = np.maximum(np.abs(a) + np.abs(b), floor)
    return np.asarray(np.abs(a - b) / np.where(scale == 0, 1, scale))  # 0 and 0 agree


@dataclass(frozen=True)
class Check:
    """One array's gradient against centred differences."""

    name: str  # e.g. "input 0", or a parameter's path
    error: float  # the largest relative error
    index: tuple[int, ...]  # where it is
    analytic: float  # what backward says there
    numeric: float  # what the differences say there
    kinks: int  # how many elements were left out because a kink is within the step
    kink: bool  # whether a kink explains the error


@dataclass(frozen=True)
class GradcheckReport:
    """Every array's check, and whether all errors are under the tolerance."""

    checks: tuple[Check, ...]
    tolerance: float

    @property
    def errors(self) -> tuple[float, ...]:
        """The relative error of each array's gradient, in order."""
        return tuple(check.error for check in self.checks)

    @property
    def passed(self) -> bool:
        """Whether every error is under the tolerance (a NaN is not)."""
        return all(error < self.tolerance for error in self.errors)

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        errors = ", ".join(f"{error:.0e}" for error in self.errors)
        verdict = "passed" if self.passed else "FAILED"
        lines = [f"gradcheck {verdict}: relative errors {errors} (tolerance {self.tolerance:.0e})"]
        if kinks := sum(check.kinks for check in self.checks):
            lines.append(f"{kinks} element(s) left out: a kink lies within the step")
        lines += [_worst(check) for check in self.checks if not check.error < self.tolerance]
        return "\n  ".join(lines)


def _worst(check: Check) -> str:
    place = f" at {check.index}" if check.index else ""
    hint = "; a kink is near: move the point, or skip_kinks=True" if check.kink else ""
    return f"{check.name}{place}: backward says {check.analytic:.6g}, differences say {check.numeric:.6g}{hint}"


def gradcheck(
    forward: Callable[..., tuple[Array, Any]],
    backward: Callable[[Array, Any], Any],
    *inputs: Array,
    rng: np.random.Generator,
    h: float = 1e-5,
    tolerance: float = 1e-6,
    skip_kinks: bool = False,
) -> GradcheckReport:
    """Compare a backward pass with centred differences of L = Σ dout ⊙ forward(...).

    A difference of two losses carries a rounding error of about ε|L| / h. An element that is small against it, or
    against the largest of its array, cannot be checked to many digits: its error is measured against a floor instead,
    so that rounding is never taken for a wrong gradient. An element that fails is looked at with half the step, too, so
    that what the differences themselves are off by, where the function bends strongly, is not taken for one either.

    Parameters
    ----------
    forward, backward : callable
        ``forward(*inputs) -> (out, cache)`` and ``backward(dout, cache) -> gradients of the inputs, in order``. The
        same inputs give the same output each time, and are not changed.
    *inputs : array
        float64 inputs away from kinks.
    rng : numpy.random.Generator
        Draws ``dout``: a non-uniform one, because a uniform one hides errors that cancel in a sum.
    h, tolerance : float
        The step, and the largest relative error that passes.
    skip_kinks : bool
        Leave out elements that fail because a kink lies within the step. The report counts them.

    Returns
    -------
    GradcheckReport

    Raises
    ------
    ValueError
        If backward returns another number of gradients, or a gradient of another shape than its input; if forward is
        random or changes an input; or if the step is lost in the rounding of an input, so that nothing can be checked.
    """
    points = [np.array(x, dtype=np.float64) for x in inputs]
    out, cache = forward(*points)
    dout = rng.normal(size=np.shape(out))
    found = backward(dout, cache)
    gradients = found if isinstance(found, tuple | list) else (found,)
    if len(gradients) != len(points):
        raise ValueError(f"gradcheck: backward returned {len(gradients)} gradients for {len(points)} inputs.")
    start = np.array(out)

    def loss_of(index: int) -> Callable[[Array], float]:
        # Against the start, so that outputs which do not change leave no rounding error in the sum.
        return lambda x: float((dout * (forward(*points[:index], x, *points[index + 1 :])[0] - start)).sum())

    settings = _Settings(h, tolerance, skip_kinks, float(np.linalg.norm(dout * start)))
    checks = [_check(f"input {i}", loss_of(i), points[i], gradients[i], settings) for i in range(len(points))]
    return GradcheckReport(tuple(checks), tolerance)


def check_network(
    net: Any,
    loss: LossFunction | str,
    x: Array,
    y: Any,
    rng: Seed,
    samples: int = 10,
    h: float = 1e-5,
    tolerance: float = 1e-6,
    training: bool = True,
    skip_kinks: bool = False,
) -> GradcheckReport:
    """Compare the gradient of every parameter of a network, and of its input, with centred differences of the loss.

    Every pass sees the same dropout mask and the same running statistics; afterwards the network is as it was, except
    for its gradients and caches.

    Parameters
    ----------
    net : Sequential
        With float64 parameters.
    loss : callable or str
        ``loss(scores, y) -> (value, dscores)``, or a name in `LOSSES`.
    x : (N, ...) array
        Inputs, taken in float64.
    y : array
        What the loss wants.
    rng : numpy.random.Generator or int
        Or its seed. Chooses the elements.
    samples : int
        At most so many elements of each array are checked.
    h, tolerance, skip_kinks
        As for `gradcheck`. In a network with ReLUs some unit may well change its side within the step.
    training : bool
        The mode of the forward passes.

    Returns
    -------
    GradcheckReport
        Its checks carry the parameters' paths, then "x".

    Raises
    ------
    TypeError
        If a parameter is not float64.
    ValueError
        If the step is lost in the rounding of an array, so that nothing can be checked; or if the loss is random
        although the layers' generators are rewound.
    """
    for name, param in net.params.items():
        if param.dtype != np.float64:
            raise TypeError(
                f"check_network: {name} is {param.dtype}, whose rounding hides errors. "
                "Build the network with dtype=np.float64."
            )
    judge, generator = loss_of(loss), seeded(rng, "check_network")
    x = np.array(x, dtype=np.float64)
    for name, array in {**net.params, "x": x}.items():
        _check_visible(name, array, h)
    rewind = _rewinder(net)
    scores = net.forward(x, training)
    value, dscores = judge(scores, y)
    arrays = {**net.params, "x": x}
    gradients = {"x": net.backward(dscores), **net.grads}
    settings = _Settings(h, tolerance, skip_kinks, abs(value) + float(np.linalg.norm(dscores * scores)))

    def check(name: str) -> Check:
        array = arrays[name]
        chosen = np.unravel_index(generator.choice(array.size, min(samples, array.size), replace=False), array.shape)
        kept = array[chosen]

        def loss_with(values: Array) -> float:
            array[chosen] = values
            rewind()
            try:
                return judge(net.forward(x, training), y)[0]
            finally:
                array[chosen] = kept

        found = _check(name, loss_with, kept, gradients[name][chosen], settings)
        return replace(found, index=tuple(int(axis[found.index]) for axis in chosen)) if found.index else found

    checks = tuple(check(name) for name in arrays)
    rewind()
    return GradcheckReport(checks, tolerance)


def _rewinder(net: Any) -> Callable[[], None]:
    """Return a function that puts every layer's generator and running statistics back to where they are now."""
    layers = list(_every(net.layers))
    buffers = [(array, array.copy()) for layer in layers for array in layer.buffers.values()]
    states = [(layer.rng, layer.rng.bit_generator.state) for layer in layers if layer.rng is not None]

    def rewind() -> None:
        for array, kept in buffers:
            array[...] = kept
        for generator, state in states:
            generator.bit_generator.state = state

    return rewind


def _every(layers: Sequence[Any]) -> Iterator[Any]:
    for layer in layers:
        yield layer
        yield from _every(layer.layers)


class _Settings(NamedTuple):
    """What all checks of one report share."""

    h: float
    tolerance: float
    skip_kinks: bool
    magnitude: float  # of the numbers whose rounding the differences see


def _check(name: str, f: Callable[[Array], float], x: Array, analytic: Array, settings: _Settings) -> Check:
    """Compare one gradient with the differences of f at x; see `gradcheck` for the floor."""
    h, tolerance, skip_kinks, magnitude = settings
    if np.shape(analytic) != x.shape:
        raise ValueError(f"gradcheck: {name} has shape {x.shape}, but its gradient has {np.shape(analytic)}.")
    if not x.size:
        return Check(name, 0.0, (), 0.0, 0.0, 0, kink=False)
    _check_visible(name, x, h)
    _check_repeatable(name, f, x, magnitude)
    left, right = one_sided_slopes(f, x, h)
    numeric, analytic = np.asarray((left + right) / 2), np.asarray(analytic)
    # The differences' own errors: rounding of L and of x + h, and a term of order h² in the array's scale.
    rounding = np.finfo(np.float64).eps * (16 * magnitude + np.abs(x * numeric)) / h
    floor = rounding / tolerance + 1e-4 * np.max(np.abs(numeric))
    errors = _errors(analytic, numeric, floor)
    kinks = np.asarray(~(errors < tolerance))
    if kinks.any():
        doubtful = kinks.copy()
        half = _slopes_of(f, x, doubtful, h / 2)
        numeric[doubtful], errors[doubtful] = _extrapolated(
            half, numeric, analytic, errors, floor + 2 * rounding / tolerance, doubtful
        )
        # For a smooth f the slopes' jump is h f″, so half the step halves it; a kink's is the same for every step.
        bends = np.abs((right - left)[doubtful] - 2 * (half[1] - half[0]))
        allowed = tolerance * np.maximum(np.abs(left) + np.abs(right), floor)[doubtful]
        kinks[doubtful] = ~(errors[doubtful] < tolerance) & (bends > allowed)
    if skip_kinks:
        errors = np.where(kinks, math.nan if kinks.all() else 0.0, errors)  # NaN: nothing is left to check
    index = tuple(int(i) for i in np.unravel_index(np.argmax(errors), x.shape))
    by_backward, by_differences = float(np.asarray(analytic)[index]), float(numeric[index])
    left_out = int(kinks.sum()) if skip_kinks else 0
    return Check(name, float(errors[index]), index, by_backward, by_differences, left_out, bool(kinks[index]))


def _check_visible(name: str, x: Array, h: float) -> None:
    """Refuse a step from which rounding, 16 ε max(|x|, 1) / h for a loss of the size of x, leaves not even two digits.

    Then errors as large as the gradient itself would pass for rounding.
    """
    largest = float(np.max(np.abs(x), initial=1.0))
    if 16 * np.finfo(np.float64).eps * largest > 0.01 * h:
        raise ValueError(
            f"gradcheck: {name} cannot be checked with a step of h = {h:g}, which is lost in rounding next to values "
            f"as large as {largest:.3g}. Use h={1e-5 * largest:.0e}" + (", or smaller values." if largest > 1 else ".")
        )


def _check_repeatable(name: str, f: Callable[[Array], float], x: Array, magnitude: float) -> None:
    """Refuse a function that changes its argument, or gives another value when it is called again."""
    point = x.copy()
    values = f(point), f(point)
    if not np.array_equal(point, x, equal_nan=True):
        raise ValueError(
            f"gradcheck: forward changes {name}, which it works on in place, so there is no point left at which to "
            "check. Let it make an array of its own, e.g. with x = x.copy()."
        )
    if abs(values[0] - values[1]) > 1e-9 * magnitude:
        raise ValueError(
            f"gradcheck: forward gives another result for the same {name} when it is called again, so differences "
            "tell nothing. If it draws random numbers, let it begin with the same ones, e.g. with "
            "rng = np.random.default_rng(0) inside; if it changes an input, let it work on a copy."
        )


def _slopes_of(f: Callable[[Array], float], x: Array, chosen: Array, h: float) -> tuple[Array, Array]:
    """Return the slopes to the left and to the right of the chosen elements of x alone."""
    point = x.copy()

    def f_of_chosen(values: Array) -> float:
        point[chosen] = values
        return f(point)

    return one_sided_slopes(f_of_chosen, x[chosen], h)


def _extrapolated(
    half: tuple[Array, Array], numeric: Array, analytic: Array, errors: Array, floor: Array, chosen: Array
) -> tuple[Array, Array]:
    """Return the chosen elements' differences and errors, from both steps together where that is nearer.

    Differences D(h) are off by h² f‴ / 6, which is no fault of backward where f bends strongly within the step, as a
    norm does at a small variance. In (4 D(h/2) − D(h)) / 3 this term cancels (Richardson); with three times the
    rounding, which is in ``floor``.
    """
    before = numeric[chosen]
    finer = (2 * (half[0] + half[1]) - before) / 3
    finer_errors = _errors(analytic[chosen], finer, floor[chosen])
    nearer = finer_errors < errors[chosen]
    return np.where(nearer, finer, before), np.where(nearer, finer_errors, errors[chosen])
