"""The passes of a training run in room that is kept from step to step: the layers' numbers, bit for bit, sooner.

What `Sequential.forward` returns is the caller's, so each pass makes new arrays, and checks all that it is given. A run
does the same thing a thousand times. Here the first batch of a size goes through the layers themselves, which check it;
those after it go through places that have their arrays already.

Nobody sees an array that is written again. While the room is in use the layers have no ``cache``: whoever asks for it,
or goes back through the network, is handed the last pass for good, and the run makes itself new room.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from coursekit.activations.activation import ElementwiseCache
from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.kernels.batch_norm import inverse_root, update_running
from coursekit.kernels.jit import COMPILES
from coursekit.kernels.linear import add_bias, column_sums
from coursekit.layers import (
    Activation,
    AvgPool2d,
    BatchNorm,
    BatchNormCache,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    LinearCache,
    MaxPool2d,
)
from coursekit.layers.batch_norm import LOOPS
from coursekit.network.sequential import Sequential

OWN_WAYS = {"forward", "backward", "parameter_gradients"}  # a layer with one of them as attribute was given another


class Place:
    """A layer at its place in the network, which passes as it always does; what it leaves for backward is kept here.

    Parameters
    ----------
    layer : Layer
    cache
        What the layer's own pass has left.
    """

    def __init__(self, layer: Layer, cache: Any) -> None:
        self.layer, self.cache = layer, cache
        self.attributes = vars(layer)

    def stands(self) -> bool:
        """Whether the layer is still set as it was."""
        return OWN_WAYS.isdisjoint(self.attributes)

    def forward(self, x: Array) -> Array:
        self.cache = None  # an old pass is not kept while the new one needs room
        y = self.layer.forward(x, training=True)
        self.cache = self.attributes.pop("cache")
        return y

    def backward(self, dout: Array) -> Array:
        with self._given_back():
            return self.layer.backward(dout)

    def parameter_gradients(self, dout: Array) -> None:
        with self._given_back():
            self.layer.parameter_gradients(dout)

    @contextmanager
    def _given_back(self) -> Iterator[None]:
        """Let the layer have its cache as long as it needs it."""
        self.layer.cache = self.cache
        yield
        if self.layer.lender is not None:
            del self.layer.cache

    def left(self) -> Any:
        """Return what the layer's own pass would have left as its ``cache``."""
        return self.cache


class LinearPlace(Place):
    """Affine map, y = x w + b."""

    def __init__(self, layer: Layer, cache: LinearCache) -> None:
        super().__init__(layer, cache)
        (n, d), h = cache.x.shape, cache.w.shape[1]
        self.x, self.w, self.b = cache.x, layer.params["w"], layer.params["b"]
        self.w_transposed, self.dw, self.db = self.w.T, layer.grads["w"], layer.grads["b"]
        self.y, self.dx = np.empty((n, h), cache.x.dtype), np.empty((n, d), cache.x.dtype)
        # `np.dot` asks less than `np.matmul`. But of one number times a row it leaves out 0 · ∞, which is NaN, and in
        # the browser only the other has a quick loop.
        self.product: Callable[..., Any] = np.dot if COMPILES and min(n, d, h) > 1 else np.matmul
        # A single column lies in one piece, and NumPy adds up its halves.
        self.sums: Callable[..., Any] = column_sums if h > 1 else _sum_of_rows

    def forward(self, x: Array) -> Array:
        self.x = x
        self.product(x, self.w, self.y)
        add_bias(self.y, self.b)
        return self.y

    def backward(self, dout: Array) -> Array:
        self.parameter_gradients(dout)
        self.product(dout, self.w_transposed, self.dx)
        return self.dx

    def parameter_gradients(self, dout: Array) -> None:
        self.product(self.x.T, dout, self.dw)
        self.sums(dout, self.db)

    def left(self) -> LinearCache:
        return LinearCache(self.x, self.w)


def _sum_of_rows(x: Array, total: Array) -> None:
    np.add.reduce(x, 0, out=total)


class ActivationPlace(Place):
    """An elementwise function that learns nothing."""

    layer: Activation

    def __init__(self, layer: Activation, cache: ElementwiseCache) -> None:
        super().__init__(layer, cache)
        self.set_to = layer.function, dict(layer.function_params)
        assert layer.function.loops is not None
        self.fill, self.fill_back = layer.function.loops
        self.x, self.numbers = cache.x, cache.params
        self.y, self.dx = np.empty_like(cache.x), np.empty_like(cache.x)
        self.flat = self.x.reshape(-1), self.y.reshape(-1), self.dx.reshape(-1)

    def stands(self) -> bool:
        return super().stands() and (self.layer.function, self.layer.function_params) == self.set_to

    def forward(self, x: Array) -> Array:
        flat_x, flat_y, flat_dx = self.flat
        if x is not self.x:
            self.x, flat_x = x, x.reshape(-1)
            self.flat = flat_x, flat_y, flat_dx
        self.fill(flat_x, flat_y, *self.numbers)
        return self.y

    def backward(self, dout: Array) -> Array:
        flat_x, flat_y, flat_dx = self.flat
        self.fill_back(dout.reshape(-1), flat_x, flat_y, flat_dx, *self.numbers)
        return self.dx

    parameter_gradients = backward  # type: ignore[assignment]  # there are none

    def left(self) -> ElementwiseCache:
        return ElementwiseCache(self.x, self.y, self.numbers)


class BatchNormPlace(Place):
    """Batch normalisation with the batch's own statistics."""

    layer: BatchNorm

    def __init__(self, layer: BatchNorm, cache: BatchNormCache) -> None:
        super().__init__(layer, cache)
        self.gamma, self.beta = layer.params["gamma"], layer.params["beta"]
        self.dgamma, self.dbeta = layer.grads["gamma"], layer.grads["beta"]
        self.mean, self.var, self.inverse_std, self.by_gamma, self.by_beta = np.empty((5, len(self.gamma)))
        self.running = layer.buffers["mean"], layer.buffers["var"]
        self.set_to = layer.momentum, layer.eps
        self.loops, self.count = LOOPS[cache.x.ndim], cache.x.size // len(self.gamma)
        self.x, self.y, self.dx = cache.x, np.empty_like(cache.x), np.empty_like(cache.x)
        shape = cache.x.shape if cache.x.ndim == 2 else (*cache.x.shape[:2], -1)
        self.rows: Callable[[Array], Array] = lambda array: array.reshape(shape)

    def stands(self) -> bool:
        mean, var = self.running
        buffers = self.layer.buffers
        same = buffers["mean"] is mean and buffers["var"] is var
        return super().stands() and same and (self.layer.momentum, self.layer.eps) == self.set_to

    def forward(self, x: Array) -> Array:
        self.x, rows = x, self.rows(x)
        momentum, eps = self.set_to
        self.loops.moments(rows, self.mean, self.var)
        update_running(*self.running, self.mean, self.var, self.count, momentum)
        inverse_root(self.var, eps, self.inverse_std)
        self.loops.normalise(rows, self.gamma, self.beta, self.mean, self.inverse_std, self.rows(self.y))
        return self.y

    def backward(self, dout: Array) -> Array:
        delta, rows = self.rows(dout), self.rows(self.x)
        self.parameter_gradients(dout)
        statistics = self.mean, self.inverse_std, self.by_gamma, self.by_beta
        self.loops.dx(delta, rows, self.gamma, *statistics, self.rows(self.dx))
        return self.dx

    def parameter_gradients(self, dout: Array) -> None:
        self.loops.sums(self.rows(dout), self.rows(self.x), self.mean, self.inverse_std, self.by_gamma, self.by_beta)
        self.dgamma[...], self.dbeta[...] = self.by_gamma, self.by_beta

    def left(self) -> BatchNormCache:
        return BatchNormCache(self.x, self.gamma, self.mean, self.inverse_std, True)


def _ways(kind: type) -> list[Any]:
    return [getattr(kind, name) for name in OWN_WAYS]


KINDS = Activation, AvgPool2d, BatchNorm, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Sequential
KNOWN = {kind: _ways(kind) for kind in KINDS}


def _is_known(layer: Layer) -> bool:
    """Whether its passes are those written here: they return new arrays, and keep none for longer than a step."""
    kind = type(layer)
    return kind in KNOWN and OWN_WAYS.isdisjoint(vars(layer)) and _ways(kind) == KNOWN[kind]


def _place(layer: Layer, cache: Any) -> Place:
    """Return the place of a layer that has just passed, and left this cache."""
    if isinstance(layer, Linear):
        return LinearPlace(layer, cache)
    if isinstance(layer, BatchNorm):
        return BatchNormPlace(layer, cache)
    if isinstance(layer, Activation) and layer.function.loops and not layer.params:
        return ActivationPlace(layer, cache)
    return Place(layer, cache)


class LeanPasses:
    """Forward and backward passes of one network in training, for whoever takes many steps.

    A network with blocks, with a layer at several places, or with one of a learner's own passes as outside a run.

    Parameters
    ----------
    net : Sequential
        Or any other layer, which then passes as always.
    """

    def __init__(self, net: Sequential) -> None:
        self.net = net
        self._packed: Any = None  # what the network's arrays were when the room was made
        self._rooms: dict[tuple[Any, ...], list[Place]] = {}  # by shape and dtype of the batch
        self._way: list[Place] = []  # of the last pass, if it went through places
        self._scores = np.empty(0)
        self.uses: list[Any] = []  # of the pass that was handed out last

    def forward(self, x: Array) -> Array:
        """Return the scores for a batch x, which are the caller's: those of ``net.forward(x, training=True)``."""
        x = float_array(x, "Sequential: x")
        room = x.shape, x.dtype
        way = self._rooms.get(room, []) if self._stands() else []
        if not way or not all(place.stands() for place in way):
            return self._checked_forward(x, room)
        self._take(way)
        for place in way:
            x = place.forward(x)
        self._scores = x
        return x.copy()

    def parameter_gradients(self, dout: Array) -> None:
        """Fill the gradients of the last pass from ``dout``, ∂L/∂scores, as the network's own method does."""
        if not self._way or "uses" in vars(self.net.layers):  # the loss has asked for the pass, or made another
            self.net.parameter_gradients(dout)
            return
        dout = upstream_gradient(dout, "Sequential", self._scores.shape, self._scores.dtype)
        _forget_looks(self._way)
        for place in self._way[:0:-1]:
            dout = place.backward(dout)
        self._way[0].parameter_gradients(dout)

    def hand_out(self) -> None:
        """Give the last pass to the layers, for good: room that somebody may look at is not written again."""
        net, way = self.net, self._way
        if net.lender is not self:
            return
        net.lender = net.layers.lender = None
        self.uses = [place.left() for place in way]
        vars(net.layers).setdefault("uses", self.uses)  # of a later pass that somebody made, they stay
        for place, use in zip(way, self.uses, strict=True):
            place.layer.lender = None
            place.attributes.setdefault("cache", use)
        self._rooms = {room: other for room, other in self._rooms.items() if other is not way}

    def _stands(self) -> bool:
        """Whether the network holds the layers and arrays that the room was made for."""
        if type(self.net) is not Sequential or not OWN_WAYS.isdisjoint(vars(self.net)):
            return False
        self.net.params, self.net.grads  # noqa: B018  # at a look the network follows what was exchanged
        return self.net.packed is self._packed

    def _take(self, way: list[Place]) -> None:
        """Keep the pass that begins from the layers."""
        net = self.net
        if net.lender is not self:
            for layer in (net, *net.layers):  # a function may stand in another network, too
                _hand_out(layer)
        if way is not self._way or net.lender is not self or net.layers.lender is not self:
            self._way = way
            for layer in (net, *net.layers):
                layer.lender = self
            net.layers.lender = self
        vars(net.layers).pop("uses", None)
        _forget_looks(way)

    def _checked_forward(self, x: Array, room: tuple[Any, ...]) -> Array:
        """Go through the layers themselves, which check the batch, and make room for those of its size."""
        net = self.net
        _hand_out(net)
        self._way = []
        scores = net.forward(x, training=True)
        if not _is_known(net) or net.packed is None:
            return scores
        if net.packed is not self._packed:
            self._rooms, self._packed = {}, net.packed
        known = all(_is_known(layer) and not layer.layers for layer in net.layers)
        if known and len({*map(id, net.layers)}) == len(net.layers):
            self._rooms[room] = [_place(*pair) for pair in zip(net.layers, net.layers.uses or (), strict=True)]
        return scores


def _forget_looks(way: list[Place]) -> None:
    """Take away what other passes of a layer, such as a look in between, have left there."""
    for place in way:
        place.attributes.pop("cache", None)


def _hand_out(net: Layer) -> None:
    """Let a run that keeps the last pass give it back."""
    if net.lender is not None:
        net.lender.hand_out()
