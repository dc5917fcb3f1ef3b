"""A whole network in numbers: what each layer sends on and gets back, how far a step moves it, the first NaN."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from coursekit.activations import Activation
from coursekit.arrays import Array
from coursekit.diagnostics.arrays import Flatness, layer_flatness, layer_moments
from coursekit.layers import Layer
from coursekit.losses import LossFunction, loss_of
from coursekit.network import Sequential, pass_kept, walk, walk_once


class Passage(NamedTuple):
    """What went into a layer and what came out, on the way forward; dout and dx on the way back."""

    path: str
    layer: Layer
    given: Array
    returned: Array


@contextmanager
def _recording(net: Sequential, method: str) -> Iterator[list[Passage]]:
    """Note every layer's calls of ``method``, also inside blocks, in the order in which they end."""
    passages: list[Passage] = []
    inside: list[list[tuple[str, Layer]]] = [_places(net.layers, "", method)]  # of the calls that are going on

    def recorded(layer: Layer, function: Callable[..., Array]) -> Callable[..., Array]:
        def call(given: Array, *args: Any, **options: Any) -> Array:
            path = _next_place(layer, inside[-1]) or first[id(layer)]
            inside.append(_places(layer.layers, f"{path}.", method))
            returned = function(given, *args, **options)
            inside.pop()
            passages.append(Passage(path, layer, given, returned))
            return returned

        return call

    layers = [layer for _, layer in walk_once(net.layers)]
    first = {id(layer): path for path, layer in walk_once(net.layers)}
    try:
        for layer in layers:
            vars(layer)[method] = recorded(layer, getattr(layer, method))
        yield passages
    finally:
        for layer in layers:
            vars(layer).pop(method, None)


def _places(layers: Sequence[Layer], path: str, method: str) -> list[tuple[str, Layer]]:
    """Return layers and their paths in the order of ``method``, by which two uses of one layer are told apart."""
    places = [(f"{path}{i}", layer) for i, layer in enumerate(layers)]
    return places if method == "forward" else places[::-1]


def _next_place(layer: Layer, places: list[tuple[str, Layer]]) -> str | None:
    """Take the first place of a layer out of those that are still to come, and return its path."""
    for i, (path, other) in enumerate(places):
        if other is layer:
            del places[i]
            return path
    return None


def _in_order(net: Sequential, passages: list[Passage]) -> list[Passage]:
    """Sort by the layers' order in the network, blocks before the layers inside them."""
    places = {path: place for place, (path, _) in enumerate(walk(net.layers))}
    return sorted(passages, key=lambda passage: places[passage.path])


def trace(net: Sequential, x: Array, training: bool = False) -> list[tuple[str, Array]]:
    """Run forward, and return every layer's path and output, also of layers inside blocks.

    Parameters
    ----------
    net : Sequential
    x : (N, ...) array
    training : bool

    Returns
    -------
    list of (path, output)
        In the order of `coursekit.network.walk`; the last one without a dot in its path is the network's output.

    Examples
    --------
    >>> from coursekit.layers import Activation
    >>> trace(Sequential([Activation("relu")]), np.array([[-1.0, 2.0]]))
    [('0', array([[0., 2.]]))]
    """
    with _recording(net, "forward") as passages:
        net.forward(x, training)
    return [(passage.path, passage.returned) for passage in _in_order(net, passages)]


def trace_backward(net: Sequential, dout: Array) -> list[tuple[str, Array]]:
    """Run backward after a forward pass, and return the gradient with respect to every layer's output, as `trace` does.

    The layers' ``grads`` are filled as by ``net.backward(dout)``.
    """
    with _recording(net, "backward") as passages:
        net.backward(dout)
    return [(passage.path, passage.given) for passage in _in_order(net, passages)]


class LayerReport(NamedTuple):
    """One layer in numbers; None where a number does not apply or was not asked for."""

    path: str
    kind: str  # the class, or the activation's name
    mean: float  # of the output
    std: float
    gradient: float | None  # root mean square of ∂L/∂output
    parameter_gradient: float | None  # root mean square of ∂L/∂ all of the layer's own parameters
    saturated: float | None  # of an activation, see `Flatness`
    dead: float | None
    update_ratio: float | None  # ‖update‖ / ‖parameters‖


def network_report(
    net: Sequential,
    x: Array,
    loss: LossFunction | str | None = None,
    y: Any = None,
    training: bool = False,
    updates: Mapping[str, Array] | None = None,
) -> list[LayerReport]:
    """Run forward, and backward if there is a loss; describe every layer in a row.

    Parameters
    ----------
    net : Sequential
    x : (N, ...) array
    loss : callable or str, optional
        ``loss(scores, y) -> (value, dscores)``, or a name in `LOSSES`; without it no gradient is reported.
    y : array, optional
        What the loss wants.
    training : bool
        The mode of the forward pass.
    updates : mapping from path to array, optional
        The last change of each parameter, e.g. ``{"0.w": after - before, ...}``.

    Returns
    -------
    list of LayerReport
        In the order of `coursekit.network.walk`.

    Raises
    ------
    ValueError
        If an update is missing.
    """
    if updates is not None:
        _complete("network_report", net.params, updates)
    with pass_kept(net):
        with _recording(net, "forward") as passages:
            scores = net.forward(x, training)
        gradients = dict(trace_backward(net, loss_of(loss)(scores, y)[1])) if loss else {}
    first = {id(layer): path for path, layer in walk_once(net.layers)}
    return [
        _describe(passage, first[id(passage.layer)], gradients.get(passage.path), updates)
        for passage in _in_order(net, passages)
    ]


def _describe(
    passage: Passage, listed: str, gradient: Array | None, updates: Mapping[str, Array] | None
) -> LayerReport:
    """Describe a passage of a layer whose parameters are ``listed`` under that path."""
    path, layer, given, returned = passage
    own = {f"{listed}.{name}": both for name, both in layer.own().items()}
    flatness = _flatness(layer, given)
    return LayerReport(
        path,
        _kind(layer),
        *layer_moments(returned),
        gradient=None if gradient is None else _rms([gradient]),
        parameter_gradient=_rms([g for _, g in own.values()]) if own and gradient is not None else None,
        saturated=flatness.saturated if flatness else None,
        dead=flatness.dead if flatness else None,
        update_ratio=_ratio([updates[n] for n in own], [array for array, _ in own.values()])
        if own and updates
        else None,
    )


def _kind(layer: Layer) -> str:
    function = getattr(layer, "function", None)
    return function.name if isinstance(function, Activation) else type(layer).__name__


def _flatness(layer: Layer, z: Array) -> Flatness | None:
    function = getattr(layer, "function", None)
    if not isinstance(function, Activation) or not function.elementwise or z.ndim not in (2, 4):
        return None
    return layer_flatness(z, function)


def _rms(arrays: list[Array]) -> float:
    """The root mean square over all values of several arrays."""
    return _norm(arrays) / math.sqrt(sum(array.size for array in arrays))


def _norm(arrays: list[Array]) -> float:
    """The Euclidean length of several arrays, as one long vector in float64."""
    return math.sqrt(sum(float(np.sum(np.square(array, dtype=np.float64))) for array in arrays))


def _ratio(updates: list[Array], params: list[Array]) -> float:
    change, size = _norm(updates), _norm(params)
    return change / size if size else (math.inf if change else 0.0)


def update_ratio(params: Mapping[str, Array], updates: Mapping[str, Array]) -> dict[str, float]:
    """‖Δw‖ / ‖w‖ for each parameter: about 1e−3 is healthy, far more shakes the network, far less hardly trains it.

    Parameters
    ----------
    params, updates : mapping from name to array
        The parameters, and their change in the last step. A parameter that is still all 0, as biases are at first, has
        no size to compare with: infinite if it changed, 0 if not.

    Raises
    ------
    ValueError
        If an update is missing.

    References
    ----------
    CS231n, course notes, Neural networks part 3, Ratio of weights:updates.
    """
    _complete("update_ratio", params, updates)
    return {name: _ratio([updates[name]], [array]) for name, array in params.items()}


def _complete(where: str, params: Mapping[str, Array], updates: Mapping[str, Array]) -> None:
    missing = [name for name in params if name not in updates]
    if missing:
        raise ValueError(f"{where}: there is no update of {', '.join(missing)}. Give after - before for each name.")


class NonFinite(NamedTuple):
    """The first place where a number was NaN or infinite."""

    path: str  # the layer's; "input" or "loss" outside of the layers
    kind: str  # the class, or the activation's name
    what: str  # "parameter", "activation" or "gradient"
    array: str  # the parameter's name, "output", "input" or "loss"

    def __str__(self) -> str:
        where = f"layer {self.path} ({self.kind})" if self.kind else self.path
        return f"{where}: {self.what} {self.array} is not finite"


def first_nonfinite(
    net: Sequential,
    x: Array | None = None,
    loss: LossFunction | str | None = None,
    y: Any = None,
    training: bool = False,
) -> NonFinite | None:
    """Say which layer and what became NaN or infinite first, or None if all is finite.

    Parameters
    ----------
    net : Sequential
    x : (N, ...) array, optional
        A batch to run forward. Without it only parameters, and the gradients of the last backward pass, are looked at.
    loss, y : optional
        ``loss(scores, y) -> (value, dscores)``, or its name, to run backward too.
    training : bool
        The mode of the forward pass.

    Returns
    -------
    NonFinite or None
        Forward each layer's parameters come before its output; backward goes from the last layer to the first.
    """
    with pass_kept(net), np.errstate(all="ignore"):  # what it looks for is what NumPy would warn about
        return next(_nonfinite(net, x, loss, y, training), None)


def _nonfinite(net: Sequential, x: Array | None, loss: Any, y: Any, training: bool) -> Iterator[NonFinite]:
    """Yield what is not finite, in the order in which a training step would meet it."""
    layers = list(walk(net.layers))
    if x is None:
        for path, layer in layers:
            yield from _bad(path, layer, "parameter", _own(layer, 0))
        for path, layer in reversed(layers):
            yield from _bad(path, layer, "gradient", _own(layer, 1))
        return
    if not np.isfinite(x).all():
        yield NonFinite("input", "", "activation", "input")
    with _recording(net, "forward") as passages:
        scores = net.forward(x, training)
    for path, layer, _, output in passages:
        yield from _bad(path, layer, "parameter", _own(layer, 0))
        yield from _bad(path, layer, "activation", {"output": output})
    if loss is None:
        return
    value, dscores = loss_of(loss)(scores, y)
    if not math.isfinite(value):
        yield NonFinite("loss", "", "activation", "loss")
    with _recording(net, "backward") as passages:
        net.backward(dscores)
    for path, layer, dout, _ in passages:
        yield from _bad(path, layer, "gradient", {"output": dout})
        yield from _bad(path, layer, "gradient", _own(layer, 1))


def _own(layer: Layer, which: int) -> dict[str, Array]:
    """Return a layer's own parameters (0) or their gradients (1) by name."""
    return {name: both[which] for name, both in layer.own().items()}


def _bad(path: str, layer: Layer, what: str, arrays: Mapping[str, Array]) -> Iterator[NonFinite]:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            yield NonFinite(path, _kind(layer), what, name)
