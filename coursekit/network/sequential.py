"""A network as a list of layers."""

from collections.abc import Iterator, Sequence

from coursekit.arrays import Array
from coursekit.layers import Layer
from coursekit.parameters import NamedArrays, packed


class Sequential:
    """Layers one after the other.

    Attributes
    ----------
    layers : list of Layer
        In the order in which the data passes them.
    params, grads : NamedArrays
        Every array by its path, e.g. ``"0.w"`` for the weights of the first layer, sharing memory with the layers: an
        optimiser that writes into them trains the network. They lie in one buffer, unless a layer is part of another
        network too.

    Raises
    ------
    ValueError
        If there is no layer, or the layers' dtypes differ.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("Sequential needs at least one layer.")
        self.params, self.grads = _gather(self.layers)

    def forward(self, x: Array, training: bool = False) -> Array:
        """Return the last layer's output, e.g. scores (N, C) for x (N, D)."""
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, dout: Array) -> Array:
        """Fill every layer's ``grads`` and return the gradient with respect to the input."""
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    def parameter_gradients(self, dout: Array) -> None:
        """As `backward`, without the gradient with respect to the input, which training does not need."""
        for layer in reversed(self.layers[1:]):
            dout = layer.backward(dout)
        self.layers[0].parameter_gradients(dout)

    def predict(self, x: Array) -> Array:
        """Return the index of the highest score of each sample, (N,)."""
        labels: Array = self.forward(x).argmax(-1)
        return labels


def walk(layers: Sequence[Layer], path: str = "") -> Iterator[tuple[str, Layer]]:
    """Yield every layer and its path, blocks before the layers inside them: "0", "1", "1.0", "1.1", "2"."""
    for i, layer in enumerate(layers):
        yield f"{path}{i}", layer
        yield from walk(layer.layers, f"{path}{i}.")


def _gather(layers: Sequence[Layer]) -> tuple[NamedArrays, NamedArrays]:
    """Return parameters and gradients by path; move them into one buffer each if every array still owns its memory."""
    params: dict[str, Array] = {}
    grads: dict[str, Array] = {}
    for path, layer in walk(layers):
        params |= {f"{path}.{name}": array for name, array in layer.params.items()}
        grads |= {f"{path}.{name}": layer.grads[name] for name in layer.params}
    if len({array.dtype for array in params.values()}) > 1:
        listed = ", ".join(f"{name} {array.dtype}" for name, array in params.items())
        raise ValueError(f"Sequential: all parameters must share one dtype, but they are {listed}.")
    if not params or any(array.base is not None for array in params.values()):
        return NamedArrays(params), NamedArrays(grads)
    all_params, all_grads = packed(params), packed(grads)
    for path, layer in walk(layers):
        for name in layer.params:
            layer.params[name], layer.grads[name] = all_params[f"{path}.{name}"], all_grads[f"{path}.{name}"]
    return all_params, all_grads
