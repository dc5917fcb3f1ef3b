"""Pooling: each window of a channel becomes one number, its maximum or its mean. Depth stays."""

from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.kernels import pool as kernels
from coursekit.layers.layer import Layer
from coursekit.layers.windows import Size, output_size, pair


class MaxPoolCache(NamedTuple):
    """What `max_pool2d_backward` needs."""

    argmax: Array  # (N, C, OH, OW), int32: where in its H × W plane each maximum stands, counted row by row
    shape: tuple[int, ...]  # of x, (N, C, H, W)
    dtype: Any


def max_pool2d_forward(x: Array, kernel_size: Size = 2, stride: Size | None = None) -> tuple[Array, MaxPoolCache]:
    """Max-pooling, y[n, c, i, j] = max over u, v of x[n, c, i · stride + u, j · stride + v].

    Parameters
    ----------
    x : (N, C, H, W) array
        Images.
    kernel_size : int or (int, int)
        Height and width of the window.
    stride : int or (int, int), optional
        Pixels from one window to the next; the window's own size unless given. Smaller, and windows overlap.

    Returns
    -------
    y : (N, C, OH, OW) array
        OH = (H − height) / stride + 1. A window with a NaN gives NaN.
    cache : MaxPoolCache

    Raises
    ------
    ValueError
        If x has not four dimensions, a size is not a positive whole number, or the windows do not end at the edge.
    TypeError
        If the dtype is not float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = max_pool2d_forward(np.array([[[[1.0, 2.0], [4.0, 3.0]]]]))
    >>> y.item(), cache.argmax.item()
    (4.0, 2)
    """
    x = float_array(x, "max_pool2d_forward: x", 4, "(N, C, H, W)")
    (kh, kw), (sh, sw), shape = _windows("max_pool2d_forward", x, kernel_size, stride)
    y, argmax = np.empty(shape, x.dtype), np.empty(shape, np.int32)
    if kh == kw == sh == sw == 2:
        kernels.max_pool_2x2(_planes(x), _planes(y), _planes(argmax))
    else:
        kernels.max_pool(_planes(x), kh, kw, sh, sw, _planes(y), _planes(argmax))
    return y, MaxPoolCache(argmax, x.shape, x.dtype)


def max_pool2d_backward(dout: Array, cache: MaxPoolCache) -> Array:
    """Max routes: each δ of ``dout`` (N, C, OH, OW) goes to the pixel that won its window, to the first if several did.

    A pixel that won several overlapping windows gets the sum; the others get 0.
    """
    argmax, shape, dtype = cache
    dout = upstream_gradient(dout, "max_pool2d_backward", argmax.shape, dtype)
    n, c, h, w = shape
    windows = argmax.shape[2] * argmax.shape[3]
    dx = np.empty(shape, dtype)
    kernels.max_pool_backward(dout.reshape(n * c, windows), argmax.reshape(n * c, windows), dx.reshape(n * c, h * w))
    return dx


class AvgPoolCache(NamedTuple):
    """What `avg_pool2d_backward` needs: only sizes, because a mean's gradient does not depend on the values."""

    shape: tuple[int, ...]  # of x, (N, C, H, W)
    dtype: Any
    kernel_size: tuple[int, int]
    stride: tuple[int, int]


def avg_pool2d_forward(x: Array, kernel_size: Size = 2, stride: Size | None = None) -> tuple[Array, AvgPoolCache]:
    """Mean-pooling, y[n, c, i, j] = mean over u, v of x[n, c, i · stride + u, j · stride + v].

    Parameters, shapes and errors are those of `max_pool2d_forward`.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = avg_pool2d_forward(np.array([[[[1.0, 2.0], [4.0, 3.0]]]]))
    >>> y.item()
    2.5
    """
    x = float_array(x, "avg_pool2d_forward: x", 4, "(N, C, H, W)")
    size, step, shape = _windows("avg_pool2d_forward", x, kernel_size, stride)
    y = np.empty(shape, x.dtype)
    kernels.avg_pool(_planes(x), *size, *step, _planes(y))
    return y, AvgPoolCache(x.shape, x.dtype, size, step)


def avg_pool2d_backward(dout: Array, cache: AvgPoolCache) -> Array:
    """Mean spreads: each δ of ``dout`` (N, C, OH, OW) gives δ / (height · width) to every pixel of its window."""
    shape, dtype, size, step = cache
    out_shape = _output_shape("avg_pool2d_backward", shape, size, step)
    dout = upstream_gradient(dout, "avg_pool2d_backward", out_shape, dtype)
    dx = np.empty(shape, dtype)
    kernels.avg_pool_backward(_planes(dout), *size, *step, _planes(dx))
    return dx


Pair = tuple[int, int]


def _windows(where: str, x: Array, kernel_size: Size, stride: Size | None) -> tuple[Pair, Pair, tuple[int, ...]]:
    """Return size and stride as pairs, and the shape of the output."""
    size = pair(kernel_size, f"{where}: kernel_size")
    step = size if stride is None else pair(stride, f"{where}: stride")
    return size, step, _output_shape(where, x.shape, size, step)


def _output_shape(where: str, shape: tuple[int, ...], size: Pair, step: Pair) -> tuple[int, ...]:
    n, c, h, w = shape
    return n, c, output_size(where, h, size[0], step[0], None), output_size(where, w, size[1], step[1], None)


def _planes(x: Array) -> Array:
    """View (N, C, H, W) as (N · C, H, W)."""
    n, c, h, w = x.shape
    return x.reshape(n * c, h, w)


class MaxPool2d(Layer):
    """Max-pooling over (N, C, H, W)."""

    def __init__(self, kernel_size: Size = 2, stride: Size | None = None) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = max_pool2d_forward(x, self.kernel_size, self.stride)
        return y

    def backward(self, dout: Array) -> Array:
        return max_pool2d_backward(dout, self._last_cache())


class AvgPool2d(Layer):
    """Mean-pooling over (N, C, H, W)."""

    def __init__(self, kernel_size: Size = 2, stride: Size | None = None) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = avg_pool2d_forward(x, self.kernel_size, self.stride)
        return y

    def backward(self, dout: Array) -> Array:
        return avg_pool2d_backward(dout, self._last_cache())
