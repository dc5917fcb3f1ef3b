"""Pooling: each window of a channel becomes one number, its maximum or its mean. Depth stays."""

from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.kernels import pool as kernels
from coursekit.layers.layer import Layer
from coursekit.layers.windows import Size, output_size, pair


class MaxPoolCache(NamedTuple):
    """What `max_pool2d_backward` needs."""

    argmax: Array  # (N, C, OH, OW), int32: where in its padded plane each maximum stands, counted row by row
    shape: tuple[int, ...]  # of x, (N, C, H, W)
    dtype: Any
    padding: tuple[int, int]


def max_pool2d_forward(
    x: Array, kernel_size: Size = 2, stride: Size | None = None, padding: Size = 0, *, exact: bool = False
) -> tuple[Array, MaxPoolCache]:
    """Max-pooling, y[n, c, i, j] = max over u, v of x[n, c, i · stride + u, j · stride + v].

    Parameters
    ----------
    x : (N, C, H, W) array
        Images.
    kernel_size : int or (int, int)
        Height and width of the window.
    stride : int or (int, int), optional
        Pixels from one window to the next; the window's own size unless given. Smaller, and windows overlap.
    padding : int or (int, int)
        Pixels of −∞ on each side, at most half a window: they never win.
    exact : bool
        Refuse sizes at which the last window falls short of the edge, in place of leaving the pixels there unseen.

    Returns
    -------
    y : (N, C, OH, OW) array
        OH = ⌊(H − height + 2 padding) / stride⌋ + 1. A window with a NaN gives NaN.
    cache : MaxPoolCache

    Raises
    ------
    ValueError
        If x has not four dimensions, a size is not a whole number, the window is larger than the padded image, the
        padding more than half of it, or ``exact`` and the windows do not end at the edge.
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
    (kh, kw), (sh, sw) = _sizes("max_pool2d_forward", kernel_size, stride)
    ph, pw = pair(padding, "max_pool2d_forward: padding", least=0)
    if 2 * ph > kh or 2 * pw > kw:
        raise ValueError(
            f"max_pool2d_forward: padding {(ph, pw)} is more than half of a window of {(kh, kw)}, so that a window "
            f"could see nothing but padding. Use at most {(kh // 2, kw // 2)}."
        )
    shape = _output_shape("max_pool2d_forward", x.shape, (kh, kw), (sh, sw), (ph, pw), exact)
    in_shape = x.shape
    if ph or pw:
        x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    y, argmax = np.empty(shape, x.dtype), np.empty(shape, np.int32)
    if kh == kw == sh == sw == 2:
        kernels.max_pool_2x2(_planes(x), _planes(y), _planes(argmax))
    else:
        kernels.max_pool(_planes(x), kh, kw, sh, sw, _planes(y), _planes(argmax))
    if ph or pw:
        # Where every pixel is −∞ too, the window's first one behind the padding wins.
        rows, columns = np.maximum(sh * np.arange(shape[2]), ph), np.maximum(sw * np.arange(shape[3]), pw)
        np.copyto(argmax, rows[:, np.newaxis] * x.shape[3] + columns, casting="same_kind", where=y == -np.inf)
    return y, MaxPoolCache(argmax, in_shape, x.dtype, (ph, pw))


def max_pool2d_backward(dout: Array, cache: MaxPoolCache) -> Array:
    """Max routes: each δ of ``dout`` (N, C, OH, OW) goes to the pixel that won its window, to the first if several did.

    A pixel that won several overlapping windows gets the sum; the others get 0.
    """
    argmax, (n, c, h, w), dtype, (ph, pw) = cache
    dout = upstream_gradient(dout, "max_pool2d_backward", argmax.shape, dtype)
    windows = argmax.shape[2] * argmax.shape[3]
    dx = np.empty((n, c, h + 2 * ph, w + 2 * pw), dtype)
    planes = dx.reshape(n * c, (h + 2 * ph) * (w + 2 * pw))
    kernels.max_pool_backward(dout.reshape(n * c, windows), argmax.reshape(n * c, windows), planes)
    return np.ascontiguousarray(dx[:, :, ph : ph + h, pw : pw + w])


class AvgPoolCache(NamedTuple):
    """What `avg_pool2d_backward` needs: only sizes, because a mean's gradient does not depend on the values."""

    shape: tuple[int, ...]  # of x, (N, C, H, W)
    dtype: Any
    kernel_size: tuple[int, int]
    stride: tuple[int, int]


def avg_pool2d_forward(
    x: Array, kernel_size: Size = 2, stride: Size | None = None, *, exact: bool = False
) -> tuple[Array, AvgPoolCache]:
    """Mean-pooling, y[n, c, i, j] = mean over u, v of x[n, c, i · stride + u, j · stride + v].

    Parameters, shapes and errors are those of `max_pool2d_forward`, without padding.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = avg_pool2d_forward(np.array([[[[1.0, 2.0], [4.0, 3.0]]]]))
    >>> y.item()
    2.5
    """
    x = float_array(x, "avg_pool2d_forward: x", 4, "(N, C, H, W)")
    size, step = _sizes("avg_pool2d_forward", kernel_size, stride)
    shape = _output_shape("avg_pool2d_forward", x.shape, size, step, exact=exact)
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


def _sizes(where: str, kernel_size: Size, stride: Size | None) -> tuple[Pair, Pair]:
    """Return window and stride as pairs."""
    size = pair(kernel_size, f"{where}: kernel_size")
    return size, size if stride is None else pair(stride, f"{where}: stride")


def _output_shape(
    where: str,
    shape: tuple[int, ...],
    size: Pair,
    step: Pair,
    padding: tuple[int | None, int | None] = (None, None),
    exact: bool = False,
) -> tuple[int, ...]:
    n, c, *sides = shape
    return n, c, *(output_size(where, *s, exact) for s in zip(sides, size, step, padding, strict=True))


def _planes(x: Array) -> Array:
    """View (N, C, H, W) as (N · C, H, W)."""
    n, c, h, w = x.shape
    return x.reshape(n * c, h, w)


class MaxPool2d(Layer):
    """Max-pooling over (N, C, H, W)."""

    kernel_size: Size
    stride: Size | None
    padding: Size
    exact: bool

    def __init__(
        self, kernel_size: Size = 2, stride: Size | None = None, padding: Size = 0, *, exact: bool = False
    ) -> None:
        super().__init__()
        _sizes("MaxPool2d", kernel_size, stride)
        pair(padding, "MaxPool2d: padding", least=0)
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.exact = exact

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = max_pool2d_forward(x, self.kernel_size, self.stride, self.padding, exact=self.exact)
        return y

    def arguments(self) -> str:
        stride = "" if self.stride is None else f", stride={self.stride}"
        return f"{self.kernel_size}{stride}" + (f", padding={self.padding}" if self.padding else "")

    def backward(self, dout: Array) -> Array:
        return max_pool2d_backward(dout, self._last_cache())


class AvgPool2d(Layer):
    """Mean-pooling over (N, C, H, W)."""

    kernel_size: Size
    stride: Size | None
    exact: bool

    def __init__(self, kernel_size: Size = 2, stride: Size | None = None, *, exact: bool = False) -> None:
        super().__init__()
        _sizes("AvgPool2d", kernel_size, stride)
        self.kernel_size = kernel_size
        self.stride = stride
        self.exact = exact

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = avg_pool2d_forward(x, self.kernel_size, self.stride, exact=self.exact)
        return y

    def arguments(self) -> str:
        return f"{self.kernel_size}" + ("" if self.stride is None else f", stride={self.stride}")

    def backward(self, dout: Array) -> Array:
        return avg_pool2d_backward(dout, self._last_cache())
