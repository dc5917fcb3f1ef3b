"""A network as a list of layers."""

from collections.abc import Sequence

from coursekit.arrays import Array
from coursekit.layers import Layer


class Sequential:
    """Layers one after the other.

    ``params`` and ``grads`` name every array by its path, e.g. ``"0.w"`` for the weights of the first layer, and share
    memory with the layers, so an optimiser that writes into them trains the network.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("Sequential needs at least one layer.")

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

    @property
    def params(self) -> dict[str, Array]:
        """All parameters by path."""
        return {f"{i}.{name}": array for i, layer in enumerate(self.layers) for name, array in layer.params.items()}

    @property
    def grads(self) -> dict[str, Array]:
        """All gradients of the last backward pass by path."""
        return {f"{i}.{name}": array for i, layer in enumerate(self.layers) for name, array in layer.grads.items()}

    def predict(self, x: Array) -> Array:
        """Return the index of the highest score of each sample, (N,)."""
        labels: Array = self.forward(x).argmax(-1)
        return labels
