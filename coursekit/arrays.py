"""What every function does with the arrays it is given: check, explain, and make them fit for a kernel.

The policy: float32 stays float32, float64 stays float64, integers become float64, anything else is refused
with a message that says what was expected, what came and how to mend it. Inputs are never modified.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


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
        If the number of dimensions is wrong.
    """
    array = np.asarray(value)
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


def _mend(array: Array) -> str:
    if array.dtype.kind == "c":
        return "Take x.real or abs(x) first."
    if array.dtype.kind == "O":
        return "An object array usually comes from rows of different lengths: make them equally long."
    return "Convert it with x.astype(np.float32)."


def _reshape(array: Array, ndim: int | tuple[int, ...]) -> str:
    if array.ndim == 1 and 2 in np.atleast_1d(ndim):
        return "A single sample is one row: write x[None, :]."
    return "Reshape it first."


def same_dtype(where: str, **arrays: Array) -> None:
    """Raise ``TypeError`` unless all arrays share one dtype (mixing would silently compute in float64)."""
    found = {name: array.dtype for name, array in arrays.items()}
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{name} is {dtype}" for name, dtype in found.items())
        raise TypeError(
            f"{where}: the arrays must share one dtype, but {listed}. Convert them with .astype(np.float32)."
        )


def same_shape(where: str, expected: Array, **arrays: Array) -> None:
    """Raise ``ValueError`` unless every array has the shape of ``expected``."""
    for name, array in arrays.items():
        if array.shape != expected.shape:
            raise ValueError(
                f"{where}: {name} must have shape {expected.shape}, like the output, but has {array.shape}."
            )
