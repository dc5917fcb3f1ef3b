"""An activation as a layer."""

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.layers.layer import Layer


class Activation(Layer):
    """An activation by name, with its scalar parameters fixed."""

    def __init__(self, name: str, **params: float) -> None:
        super().__init__()
        self.function = ACTIVATIONS[name]
        self.function_params = params

    def forward(self, x: Array, training: bool = False) -> Array:
        y: Array
        y, self.cache = self.function.forward(x, **self.function_params)
        return y

    def backward(self, dout: Array) -> Array:
        dx: Array = self.function.backward(dout, self._last_cache())
        return dx
