"""What every function does with the arrays it is given: check, explain, and make them fit for a kernel.

The policy: float32 stays float32, float64 stays float64, integers become float64, anything else is refused
with a message that says what was expected, what came and how to mend it. Inputs are never modified.
"""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[Any]
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def float_array(value: ArrayLike, where: str, ndim: int | tuple[int, ...] | None = None, shape: str = "") -> Array:
    """Return ``value`` as a C-contiguous, writeable, native float32 or float64 array, copied only if it must be.

    Parameters
    ----------
    value : array_like
        Floats keep their dtype; integers become float64.
    where : str
        Function and argument for the message, e.g. ``"linear_forward: x"``.
    ndim : int or tuple of int, optional
        Allowed numbers of dimensions.
    shape : str, optional
        The expected shape in words, e.g. ``"(N, D)"``.

    Raises
    ------
    TypeError
        If the dtype is neither float32, float64 nor an integer.
    ValueError
        If the number of dimensions is wrong, rows have different lengths, or a value is masked.
    """
    if _fits(value, ndim):
        return value  # type: ignore[return-value]  # _fits knows that it is an array
    array = any_array(value, where)
    dtype = array.dtype.newbyteorder("=")
    if dtype.kind in "iu":
        dtype = np.dtype(np.float64)
    elif dtype not in (np.float32, np.float64):
        raise TypeError(
            f"{where} must be float32 or float64 (integers are converted), but its dtype is {array.dtype}. "
            f"{_mend(array)}"
        )
    if ndim is not None and array.ndim not in np.atleast_1d(ndim):
        expected = shape or f"{ndim}-dimensional"
        raise ValueError(f"{where} must have shape {expected}, but its shape is {array.shape}. {_reshape(array, ndim)}")
    return np.require(array, dtype, ["C_CONTIGUOUS", "WRITEABLE"])


def any_array(value: ArrayLike, where: str) -> Array:
    """Return ``value`` as an array of whatever dtype it has; ragged rows and masked values raise ``ValueError``."""
    if type(value) is np.ndarray:
        return value
    if np.ma.is_masked(value):
        raise ValueError(f"{where} holds masked values, for which nothing stands in. Say what does: x.filled(0).")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{where} must be an array, but its rows have different lengths ({error})") from None


def _fits(value: ArrayLike, ndim: int | tuple[int, ...] | None) -> bool:
    """Whether a kernel may have ``value`` as it is: the common case, in a third of a microsecond."""
    return (
        type(value) is np.ndarray
        and value.dtype in FLOATS
        and value.flags.carray
        and (ndim is None or value.ndim == ndim or (type(ndim) is tuple and value.ndim in ndim))
    )


def _mend(array: Array) -> str:
    if array.dtype.kind == "c":
        return "Take x.real or abs(x) first."
    if array.dtype.kind == "O" and not array.ndim:
        return f"An array is needed, or a list of numbers, but it is of type {type(array.item()).__name__}."
    if array.dtype.kind == "O":
        return "An object array usually comes from rows of different lengths: make them equally long."
    return "Convert it with x.astype(np.float32)."


def _reshape(array: Array, ndim: int | tuple[int, ...]) -> str:
    if array.ndim == 1 and 2 in np.atleast_1d(ndim):
        return "A single sample is one row: write x[None, :]."
    return "Reshape it first."


def float_dtype(dtype: DTypeLike, where: str) -> np.dtype[Any]:
    """Return ``dtype`` if arrays of it can be made here: float32 or float64; else raise ``TypeError``."""
    try:
        made = None if dtype is None else np.dtype(dtype)  # of None NumPy makes float64
    except (TypeError, ValueError):  # of a module it is a ValueError
        made = None
    if made is None or made not in FLOATS:
        raise TypeError(f"{where}: dtype must be float32 or float64, but is {dtype if made is None else made}.")
    return made


Seed = np.random.Generator | int  # a generator, or the seed of one


def seeded(rng: Seed, where: str) -> np.random.Generator:
    """Return ``rng`` if it is a generator, and for a whole number one with that seed; else raise ``TypeError``."""
    if isinstance(rng, np.random.Generator):
        return rng
    if not isinstance(rng, Integral) or isinstance(rng, bool) or rng < 0:
        raise TypeError(
            f"{where}: rng must be a numpy.random.Generator or its seed, a whole number of at least 0, but is {rng!r}. "
            "Try np.random.default_rng(0)."
        )
    return np.random.default_rng(int(rng))


def generator_of(place: tuple[Any, ...], rng: Seed | None, where: str, others: str) -> np.random.Generator:
    """Return the generator of a layer, which may follow the sizes without its name; a seed goes by name.

    Where a number follows the sizes in other libraries it is no seed, but a stride or a count of layers.

    Parameters
    ----------
    place : tuple
        What came without a name behind the sizes.
    rng : numpy.random.Generator or int, optional
        What came by that name.
    where, others : str
        The layer, and what the number is elsewhere, as it is written here, for the message.

    Raises
    ------
    TypeError
        If there is none, both came, or what came is no generator.
    """
    if rng is None and len(place) == 1 and isinstance(place[0], np.random.Generator):
        return place[0]
    if place:
        came = ", ".join(map(repr, place)) + ("" if rng is None else " and rng")
        raise TypeError(
            f"{where}: of positional arguments only a generator may follow the sizes, but {came} came. Write {others}; "
            "and rng=0 for a seed: rng must be a numpy.random.Generator or its seed."
        )
    return seeded(rng, where)  # type: ignore[arg-type]  # which refuses None


def same_dtype(where: str, **arrays: Array) -> None:
    """Raise ``TypeError`` unless all arrays share one dtype (mixing would silently compute in float64)."""
    if len({array.dtype for array in arrays.values()}) > 1:
        listed = ", ".join(f"{name} is {array.dtype}" for name, array in arrays.items())
        raise TypeError(
            f"{where}: the arrays must share one dtype, but {listed}. Convert them with .astype(np.float32)."
        )


def upstream_gradient(dout: ArrayLike, where: str, shape: tuple[int, ...], dtype: Any) -> Array:
    """Return what backward is given, ∂L/∂out, in the output's dtype and fit for a kernel.

    Parameters
    ----------
    dout : array_like
        The gradient of the loss with respect to the output.
    where : str
        The function, for the message, e.g. ``"linear_backward"``.
    shape, dtype
        Those of the output of the forward pass.

    Raises
    ------
    TypeError
        If its dtype is neither float32, float64 nor an integer.
    ValueError
        If its shape is not that of the output.
    """
    dout = float_array(dout, f"{where}: dout")
    if dout.shape != shape:
        raise ValueError(f"{where}: dout must have shape {shape}, like the output, but has {dout.shape}.")
    return dout if dout.dtype == dtype else dout.astype(dtype)
