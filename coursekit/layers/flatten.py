"""From images to rows: the step between the last convolution and the first fully connected layer."""

from math import prod

from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.layers.layer import Layer


class Flatten(Layer):
    """x (N, C, H, W) → (N, C·H·W), and the gradient back into the shape of x; sequences (N, T, D) too.

    Both are copies: whoever changes them in place leaves x, or the gradient from above, as it was.
    """

    def forward(self, x: Array, training: bool = False) -> Array:
        x = float_array(x, "Flatten: x", (2, 3, 4), "(N, C, H, W)")
        self.cache = x.shape, x.dtype
        return x.reshape(len(x), prod(x.shape[1:])).copy()

    def backward(self, dout: Array) -> Array:
        shape, dtype = self._last_cache()
        return upstream_gradient(dout, "Flatten", (shape[0], prod(shape[1:])), dtype).reshape(shape).copy()
