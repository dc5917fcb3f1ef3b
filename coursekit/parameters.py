"""Arrays by name in one buffer, so that an optimiser updates a whole network in one kernel call."""

from collections.abc import Iterable, Iterator, Mapping

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
    """Whether all of them are slices of one buffer."""
    return isinstance(arrays, NamedArrays) and arrays.flat is not None


def together(params: Mapping[str, Array], *others: Mapping[str, Array]) -> Iterator[tuple[Array, ...]]:
    """Yield flat arrays that belong together: one tuple if everything is packed, else one for each name.

    Parameters
    ----------
    params, *others : mapping from name to array
        The same names and shapes, e.g. parameters, gradients and momenta. C-contiguous, so that a flat view exists.
    """
    group: Iterable[Mapping[str, Array]] = (params, *others)
    if all(is_packed(arrays) and list(arrays) == list(params) for arrays in group):
        yield tuple(arrays.flat for arrays in group)  # type: ignore[attr-defined]
        return
    for name in params:
        yield tuple(arrays[name].reshape(-1) for arrays in group)
