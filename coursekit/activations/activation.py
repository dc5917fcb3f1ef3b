"""The record of one activation: everything that demos, tests, tables and benchmarks need to know about it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import FLOATS, Array, float_array, upstream_gradient
from coursekit.hyperparameter import Hyperparameter, known_only
from coursekit.registry import Registry


@dataclass(frozen=True)
class Activation:
    """One activation function and all that is known about it.

    Attributes
    ----------
    name, label : str
        The key in `ACTIVATIONS`, and the name for people.
    forward : callable
        ``forward(x, **params) -> (y, cache)``, any shape.
    backward : callable
        ``backward(dout, cache) -> dx``; with the gradients of its array parameters behind it, if it has any.
    formula, derivative : str
        LaTeX, without dollar signs.
    range : (float, float)
        Lower and upper bound of the output.
    gain : float
        What weights of variance ``gain² / fan_in`` need so that the signal keeps its size through depth:
        ``E[f(z)²] = 1 / gain²`` for z from N(0, 1). For sigmoid and tanh, which have one slope near 0, 1 / f'(0).
    flat : (float, float)
        Inputs at or below the first, or at or above the second, are *saturated*: the derivative there is under a tenth
        of its largest value and tends to 0 (or is 0). Infinite where the function never flattens.
    kinks : tuple of float
        Inputs without a derivative: gradient checks must not sample there.
    params : tuple of Hyperparameter
        Scalar parameters of ``forward``.
    learned : tuple of str
        Those of them that a layer learns; given as arrays, they have a gradient.
    loops : (callable, callable) or None
        The kernels of one that `elementwise` has registered, for whoever brings the arrays that they fill. A record
        made of another with `dataclasses.replace`, perhaps with a backward of its own, has none.
    draws : bool
        Whether it is random in training: then ``forward`` takes ``rng`` and ``training`` too.
    elementwise : bool
        Each output depends on one input, and the shape stays the same.
    zero_centred : bool
        Outputs scatter around 0 for inputs that do.
    verdict, source : str
        What to use it for, and the paper.
    pytorch : str
        The same as a module of PyTorch, its parameters in braces, others at their defaults; "" without one.
    """

    name: str
    label: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    formula: str
    derivative: str
    range: tuple[float, float]
    gain: float
    flat: tuple[float, float] = (-math.inf, math.inf)
    kinks: tuple[float, ...] = ()
    params: tuple[Hyperparameter, ...] = ()
    learned: tuple[str, ...] = ()
    loops: tuple[Callable[..., None], Callable[..., None]] | None = field(default=None, init=False)
    draws: bool = False
    elementwise: bool = True
    zero_centred: bool = False
    verdict: str = ""
    source: str = ""
    pytorch: str = ""

    def __repr__(self) -> str:
        return f"ACTIVATIONS[{self.name!r}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return _known, (self.name,)  # its functions cannot be pickled, and a copy is the same function


def _known(name: str) -> Activation:
    return ACTIVATIONS[name]


ACTIVATIONS: Registry[Activation] = Registry("activation")


class ElementwiseCache(NamedTuple):
    """What an elementwise backward needs: input, output and the scalar parameters."""

    x: Array
    y: Array
    params: tuple[Any, ...]


def elementwise(
    name: str,
    forward_kernel: Callable[..., Any],
    backward_kernel: Callable[..., Any],
    params: tuple[Hyperparameter, ...] = (),
    *,
    by_output: bool = False,
    **record: Any,
) -> Activation:
    """Register an activation given by two kernels over flat arrays.

    In float32 what is smaller than 1e−30 counts as 0, so that a net whose signal dies out does not slow down: the
    kernels pass their gradients, and what they let through near 0, to `coursekit.kernels.elementwise.flushed`.

    Parameters
    ----------
    name : str
        Its key in `ACTIVATIONS`.
    forward_kernel : callable
        ``(x, y, *params)`` fills ``y`` (M,).
    backward_kernel : callable
        ``(dout, x, y, dx, *params)`` fills ``dx`` (M,).
    params : tuple of Hyperparameter
        Passed to both kernels in this order, as numbers of the input's dtype.
    by_output : bool
        The backward kernel reads y, so the cache keeps one of its own: the caller may change what forward returned.
    **record
        The other fields of `Activation`.
    """
    where_x, where_dout = f"{name}: x", f"{name} backward"
    defaults = {dtype: _numbers(name, params, {}, dtype) for dtype in FLOATS}

    def forward(x: Array, **given: float) -> tuple[Array, ElementwiseCache]:
        x = float_array(x, where_x)
        numbers = _numbers(name, params, given, x.dtype) if given else defaults[x.dtype]
        y = np.empty_like(x)
        forward_kernel(x.reshape(-1), y.reshape(-1), *numbers)
        return y, ElementwiseCache(x, y.copy() if by_output else y, numbers)

    def backward(dout: Array, cache: ElementwiseCache) -> Array:
        x, y, numbers = cache
        dout = upstream_gradient(dout, where_dout, y.shape, y.dtype)
        dx = np.empty_like(x)
        backward_kernel(dout.reshape(-1), x.reshape(-1), y.reshape(-1), dx.reshape(-1), *numbers)
        return dx

    made = Activation(name, forward=forward, backward=backward, params=params, **record)
    object.__setattr__(made, "loops", (forward_kernel, backward_kernel))
    return ACTIVATIONS.add(made)


def _numbers(name: str, params: tuple[Hyperparameter, ...], given: dict[str, float], dtype: Any) -> tuple[Any, ...]:
    """Return the parameters' values in order, defaults filled in, as scalars of the input's dtype."""
    known = {parameter.name: parameter.default for parameter in params}
    known_only(name, given, list(known))
    try:
        numbers = tuple(dtype.type(value) for value in (known | given).values())
    except (TypeError, ValueError):
        numbers = (None,)
    if not all(isinstance(number, np.floating) for number in numbers):  # of a list, ``type`` makes an array
        raise TypeError(f"{name}: its parameters are numbers, but got {given}.")
    return numbers
