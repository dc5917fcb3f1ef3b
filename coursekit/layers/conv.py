"""The convolution layer, which computes a cross-correlation: the kernel is not flipped."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array, Seed, float_array, generator_of, same_dtype, upstream_gradient
from coursekit.hyperparameter import whole_number
from coursekit.initialisers import INITIALISERS
from coursekit.kernels.conv import col2im, col2im_same, im2col, im2col_same
from coursekit.layers.layer import Layer
from coursekit.layers.windows import Size, output_size, pair

CHUNK = 2**17  # numbers in the columns of some images at a time: half a megabyte of float32 stays in the cache


class Conv2dCache(NamedTuple):
    """What `conv2d_backward` needs."""

    x: Array  # (N, C, H, W)
    w: Array  # (F, C, KH, KW)
    stride: tuple[int, int]
    padding: tuple[int, int]
    out_shape: tuple[int, int, int, int]


def conv2d_forward(
    x: Array, w: Array, b: Array, stride: Size = 1, padding: Size = 0, *, exact: bool = False
) -> tuple[Array, Conv2dCache]:
    """Slide F filters over images, y[n, f, p, q] = Σ_cij x[n, c, p·s + i − P, q·s + j − P] w[f, c, i, j] + b[f].

    The images become columns, and then y = [w b] [cols; 1] is one matrix product: the bias is one more tap that always
    sees 1.

    Parameters
    ----------
    x : (N, C, H, W) array
        Images.
    w : (F, C, KH, KW) array
        Filters, as deep as the images.
    b : (F,) array
        Bias of each filter.
    stride : int or (int, int)
        Pixels from one place of the window to the next, s.
    padding : int or (int, int)
        Zeros on each side, P; with stride 1 and an odd kernel, (KH − 1) / 2 keeps the size.
    exact : bool
        Refuse sizes at which the last window falls short of the edge, in place of leaving the pixels there unseen.

    Returns
    -------
    y : (N, F, OH, OW) array, OH = ⌊(H − KH + 2 P) / s⌋ + 1
    cache : Conv2dCache

    Raises
    ------
    ValueError
        If the shapes do not fit, the window is larger than the padded image, or ``exact`` and the stride does not
        tile it.
    TypeError
        If a dtype is not float32 or float64, or the three differ.

    References
    ----------
    Goodfellow, Bengio and Courville (2016), Deep Learning, equations 9.6 (cross-correlation) and 9.8 (with strides).
    """
    x = float_array(x, "conv2d_forward: x", 4, "(N, C, H, W)")
    w = float_array(w, "conv2d_forward: w", 4, "(F, C, KH, KW)")
    b = float_array(b, "conv2d_forward: b", 1, "(F,)")
    same_dtype("conv2d_forward", x=x, w=w, b=b)
    (n, channels, height, width), (filters, depth, kh, kw) = x.shape, w.shape
    if depth != channels or b.shape[0] != filters:
        raise ValueError(
            f"conv2d_forward: x {x.shape}, w {w.shape} and b {b.shape} do not fit. x is (N, C, H, W), w is "
            "(F, C, KH, KW) and b is (F,): a filter is as deep as the image has channels."
        )
    stride = pair(stride, "conv2d_forward: stride")
    padding = pair(padding, "conv2d_forward: padding", least=0)
    oh = output_size("conv2d_forward", height, kh, stride[0], padding[0], exact)
    ow = output_size("conv2d_forward", width, kw, stride[1], padding[1], exact)
    cache = Conv2dCache(x, w, stride, padding, (n, filters, oh, ow))
    w_and_b = np.concatenate([w.reshape(filters, depth * kh * kw), b[:, np.newaxis]], axis=1)
    y = np.empty((n, filters, oh * ow), x.dtype)
    for some, cols in _columns(cache):
        # y = [w b] [cols; 1]
        np.matmul(w_and_b, cols, out=y[some])
    return y.reshape(cache.out_shape), cache


def conv2d_backward(dout: Array, cache: Conv2dCache) -> tuple[Array, Array, Array]:
    """Gradients of the convolution: dx = col2im(wᵀ δ), dw = δ colsᵀ, db = Σ δ, with δ = ``dout`` (N, F, OH, OW).

    dx is the full correlation of δ with the kernels rotated by 180°: each pixel collects from all places that saw it,
    and a pixel that no window saw gets 0.
    """
    dx = np.empty_like(cache.x)
    dw, db = _gradients(dout, cache, dx)
    return dx, dw, db


def _gradients(dout: Array, cache: Conv2dCache, dx: Array | None = None) -> tuple[Array, Array]:
    """Return dw and db, and fill ``dx`` if there is one."""
    x, w, _, _, out_shape = cache
    dout = upstream_gradient(dout, "conv2d_backward", out_shape, x.dtype)
    n, filters, oh, ow = out_shape
    delta = dout.reshape(n, filters, oh * ow)
    taps = w.shape[1] * w.shape[2] * w.shape[3]
    w_transposed = np.ascontiguousarray(w.reshape(filters, taps).T)
    dw_and_db = np.zeros((taps + 1, filters), x.dtype)
    for some, cols in _columns(cache):
        # [dw db]ᵀ = [cols; 1] δᵀ, summed over the images
        dw_and_db += np.matmul(cols, delta[some].transpose(0, 2, 1)).sum(0)
        if dx is not None:
            # dcols = wᵀ δ, in the same room
            np.matmul(w_transposed, delta[some], out=cols[:, :taps])
            _add_columns(cols, dx[some], cache)
    return np.ascontiguousarray(dw_and_db[:taps].T).reshape(w.shape), dw_and_db[taps]


def _columns(cache: Conv2dCache) -> Iterator[tuple[slice, Array]]:
    """Yield slices of the batch and their columns [cols; 1], few images at a time so that the columns stay in cache.

    The columns are one array that is filled again and again.
    """
    x, w, (sh, sw), (ph, pw), (n, _, oh, ow) = cache
    (channels, height, width), (kh, kw) = x.shape[1:], w.shape[2:]
    taps = channels * kh * kw
    count = max(1, CHUNK // max(1, (taps + 1) * oh * ow))
    room = np.empty((min(count, n), taps + 1, oh * ow), x.dtype)
    padded = None if _is_same(cache) else np.zeros((channels, height + 2 * ph, width + 2 * pw), x.dtype)
    for start in range(0, n, count):
        some = slice(start, start + count)
        cols = room[: min(count, n - start)]
        if padded is None:
            im2col_same(x[some], cols, kh, kw)
        else:
            im2col(x[some], padded, cols, kh, kw, sh, sw, ph, pw)
        cols[:, taps] = 1
        yield some, cols


def _add_columns(cols: Array, dx: Array, cache: Conv2dCache) -> None:
    """Fill ``dx`` (some images): each pixel is the sum of what the taps that saw it send back."""
    (height, width), (kh, kw), (ph, pw) = cache.x.shape[2:], cache.w.shape[2:], cache.padding
    if _is_same(cache):
        col2im_same(cols, dx, kh, kw)
    else:
        padded = np.empty((dx.shape[1], height + 2 * ph, width + 2 * pw), dx.dtype)
        col2im(cols, padded, dx, kh, kw, *cache.stride, ph, pw)


def _is_same(cache: Conv2dCache) -> bool:
    """Whether the output is as large as the input, window on window."""
    (kh, kw), (ph, pw) = cache.w.shape[2:], cache.padding
    return cache.stride == (1, 1) and (kh, kw) == (2 * ph + 1, 2 * pw + 1)


class Conv2d(Layer):
    """Convolution: x (N, channels, H, W) → (N, filters, OH, OW), weights by an initialiser's name, biases 0."""

    stride: Size
    padding: Size
    exact: bool

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel_size: Size,
        *place: np.random.Generator,
        rng: Seed | None = None,
        stride: Size = 1,
        padding: Size = 0,
        init: str = "he_normal",
        dtype: Any = np.float32,
        exact: bool = False,
        **init_params: Any,
    ) -> None:
        kh, kw = pair(kernel_size, "Conv2d: kernel_size")
        channels, filters = whole_number(channels, "Conv2d: channels"), whole_number(filters, "Conv2d: filters")
        fan_in, fan_out, shape = channels * kh * kw, filters * kh * kw, (filters, channels, kh, kw)
        generator = generator_of(place, rng, "Conv2d", "stride=2, padding=1 for these")
        weights = INITIALISERS[init](fan_in, fan_out, rng=generator, shape=shape, dtype=dtype, **init_params)
        super().__init__(w=weights, b=np.zeros(filters, dtype))
        self.stride = pair(stride, "Conv2d: stride")
        self.padding = pair(padding, "Conv2d: padding", least=0)
        self.exact = exact

    def forward(self, x: Array, training: bool = False) -> Array:
        w, b = self.params["w"], self.params["b"]
        y, self.cache = conv2d_forward(x, w, b, self.stride, self.padding, exact=self.exact)
        return y

    def backward(self, dout: Array) -> Array:
        dx, dw, db = conv2d_backward(dout, self._last_cache())
        self._keep(w=dw, b=db)
        return dx

    def parameter_gradients(self, dout: Array) -> None:
        dw, db = _gradients(dout, self._last_cache())
        self._keep(w=dw, b=db)

    def arguments(self) -> str:
        filters, channels, *size = self.params["w"].shape
        return f"{channels}, {filters}, {tuple(size)}, stride={self.stride}, padding={self.padding}"

    def _uses(self) -> int:
        _, _, oh, ow = self._last_cache().out_shape
        return int(oh * ow)
