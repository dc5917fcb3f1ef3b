"""Slices through the loss around a net's weights: random directions, scaled filter by filter, and that of the gradient.

References
----------
Li, Xu, Taylor, Studer and Goldstein (2018), Visualizing the loss landscape of neural nets.
"""

import numpy as np

from coursekit.arrays import Array
from coursekit.losses import Loss
from coursekit.network import Sequential
from coursekit.parameters import NamedArrays, packed


def scaled(direction: NamedArrays, weights: NamedArrays, normalised: bool) -> NamedArrays:
    """Scale a direction to the size of the weights; biases do not move.

    Filter-normalised, each filter d of the direction, here the weights into one unit, gets the length of the filter w
    that it is added to, d ← d ‖w‖ / ‖d‖, as Li et al. (2018) propose. Else the direction as a whole gets the length of
    all weights together.

    Parameters
    ----------
    direction, weights : NamedArrays
        Under the same names weights (D, H), a filter a column, and biases (H,).
    normalised : bool

    Returns
    -------
    NamedArrays
        In one buffer.
    """
    moved = {name: array for name, array in direction.items() if array.ndim > 1}
    if normalised:
        made = {name: d * _ratio(_lengths(weights[name]), _lengths(d)) for name, d in moved.items()}
    else:
        whole = [np.sqrt(sum(np.square(part[name]).sum() for name in moved)) for part in (weights, moved)]
        made = {name: d * _ratio(*whole) for name, d in moved.items()}
    return packed({name: made.get(name, np.zeros_like(array)) for name, array in weights.items()})


def _lengths(filters: Array) -> Array:
    """Return the length of each column of filters (D, H), (H,)."""
    lengths: Array = np.sqrt(np.square(filters).sum(0))
    return lengths


def _ratio(wanted: Array, own: Array) -> Array:
    """Return wanted ÷ own, and 0 where a filter has no direction, as in the gradient of a unit that is always off."""
    ratio: Array = np.where(own > 0, wanted / np.where(own > 0, own, 1), 0)
    return ratio


def rewrite_relu(net: Sequential, factor: float) -> None:
    """Multiply every second layer's weights and biases by ``factor``, and divide the weights behind it by the same.

    It begins with the second layer and leaves out the last one. A ReLU lets a positive factor pass,
    relu(c z) = c relu(z), so the outputs stay what they are.
    """
    inner = list(net.params)[2:-2]
    for weights, bias, behind in zip(inner[::4], inner[1::4], inner[2::4], strict=True):
        net.params[weights] *= factor
        net.params[bias] *= factor
        net.params[behind] /= factor


class Plane:
    """A plane through the weights of a net, and the line along its gradient.

    Parameters
    ----------
    net : Sequential
        Its parameters are the origin. They are set for every point that is asked for.
    loss : Loss
    data : (x, y)
        On which the loss is taken.
    normalised : bool
        Whether directions are scaled filter by filter; see `scaled`.
    rng : numpy.random.Generator
        Draws the two directions of the plane.

    Attributes
    ----------
    directions : two arrays (M,)
        Random, and with the size of the weights.
    gradient : (M,) array
        The direction in which the loss rises, scaled in the same way.
    """

    def __init__(
        self, net: Sequential, loss: Loss, data: tuple[Array, Array], normalised: bool, rng: np.random.Generator
    ) -> None:
        self._net, self._loss, self._data = net, loss, data
        self._place = _buffer(net.params)
        self._origin = self._place.copy()
        draws = [_drawn_like(net.params, rng) for _ in range(2)]
        _, dscores = loss(net.forward(data[0]), data[1])
        net.parameter_gradients(dscores)
        first, second, self.gradient = (_buffer(scaled(each, net.params, normalised)) for each in (*draws, net.grads))
        self.directions = first, second

    def loss(self, *steps: tuple[float, Array]) -> float:
        """Return the loss some steps from the origin, each a distance and a direction."""
        self._place[:] = self._origin
        for distance, direction in steps:
            self._place += self._place.dtype.type(distance) * direction
        value, _ = self._loss(self._net.forward(self._data[0]), self._data[1])
        return value

    def at(self, a: float, b: float) -> float:
        """Return the loss at ``a`` along the first and ``b`` along the second direction."""
        return self.loss((a, self.directions[0]), (b, self.directions[1]))

    def along(self, direction: Array, distances: Array) -> Array:
        """Return the loss at distances (K,) along a direction."""
        return np.array([self.loss((distance, direction)) for distance in distances])


def _drawn_like(params: NamedArrays, rng: np.random.Generator) -> NamedArrays:
    dtype = next(iter(params.values())).dtype
    return packed({name: rng.standard_normal(array.shape).astype(dtype) for name, array in params.items()})


def _buffer(arrays: NamedArrays) -> Array:
    """Return the buffer in which all of a net's parameters lie."""
    assert arrays.flat is not None, "layers that are part of another net, too, have no buffer of their own"
    return arrays.flat


def coarse_to_fine(points: int, spacing: int, finest: int = 1) -> list[tuple[int, int, int]]:
    """Order the points of a square grid so that a picture of it is soon there, and then becomes finer.

    Parameters
    ----------
    points : int
        Each way; a multiple of ``spacing``, and 1 more.
    spacing, finest : int
        Between neighbours at first and at last, powers of two.

    Returns
    -------
    list of (row, column, spacing)
        Each point once, with the spacing of the round it belongs to.
    """
    order, known = [], set()
    while spacing >= finest:
        grid = range(0, points, spacing)
        fresh = [(row, column) for row in grid for column in grid if (row, column) not in known]
        order += [(row, column, spacing) for row, column in fresh]
        known.update(fresh)
        spacing //= 2
    return order
