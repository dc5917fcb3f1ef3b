"""Arrays by name in one buffer, so that an optimiser updates a whole network in one kernel call."""

from collections.abc import Iterator, Mapping

import numpy as np

from coursekit.arrays import Array


class NamedArrays(dict[str, Array]):
    """Arrays by name, and ``flat``: one array (M,) whose slices they are, or None if each lies on its own."""

    flat: Array | None = None


def packed(arrays: Mapping[str, Array]) -> NamedArrays:
    """Copy the arrays, all of one dtype, into one buffer and return views of it under the same names.

    Examples
    --------
    >>> params = packed({"w": np.ones((2, 3)), "b": np.zeros(3)})
    >>> params.flat.shape
    (9,)
    """
    views = NamedArrays()
    views.flat = np.empty(sum(array.size for array in arrays.values()), next(iter(arrays.values())).dtype)
    start = 0
    for name, array in arrays.items():
        views[name] = views.flat[start : start + array.size].reshape(array.shape)
        views[name][...] = array
        start += array.size
    return views


def zeros_like(params: Mapping[str, Array]) -> NamedArrays:
    """Return zeros of the same names and shapes, in one buffer if ``params`` are."""
    zeros = {name: np.zeros_like(array) for name, array in params.items()}
    return packed(zeros) if is_packed(params) else NamedArrays(zeros)


def is_packed(arrays: Mapping[str, Array]) -> bool:
    """Whether they are slices of one buffer still, and all of it: not after one was replaced or removed, or a copy."""
    flat = getattr(arrays, "flat", None)
    return flat is not None and sum(array.size for array in arrays.values() if array.base is flat) == flat.size


def buffers(params: Mapping[str, Array], *others: Mapping[str, Array]) -> tuple[Array, ...] | None:
    """Return the buffer of each, if all are packed with the same names, shapes and dtype in the same order."""
    names, shapes = list(params), [array.shape for array in params.values()]
    for arrays in (params, *others):
        if not is_packed(arrays) or list(arrays) != names or [array.shape for array in arrays.values()] != shapes:
            return None
    flats = (params.flat, *(arrays.flat for arrays in others))  # type: ignore[attr-defined]
    return flats if len({flat.dtype for flat in flats}) == 1 else None


def together(params: Mapping[str, Array], *others: Mapping[str, Array]) -> Iterator[tuple[Array, ...]]:
    """Yield flat arrays that belong together: one tuple if all have fitting `buffers`, else one for each name.

    Parameters
    ----------
    params, *others : mapping from name to array
        The same names and shapes, e.g. parameters, gradients and momenta.

    Raises
    ------
    ValueError
        If an array is not C-contiguous: it has no flat view, and what is written into a copy is lost.
    """
    if flats := buffers(params, *others):
        yield flats
        return
    for name in params:
        yield tuple(_flat(name, arrays[name]) for arrays in (params, *others))


def _flat(name: str, array: Array) -> Array:
    if not array.flags.c_contiguous:
        raise ValueError(
            f"The array {name!r} {array.shape} is not C-contiguous, so it cannot be changed in place as one row of "
            "numbers. Use np.ascontiguousarray(array) in its place."
        )
    return array.reshape(-1)
