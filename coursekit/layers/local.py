"""The locally connected layer: a convolution whose filters are not shared, each place has its own."""

from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from coursekit.arrays import Array, Seed, float_array, generator_of, same_dtype, upstream_gradient
from coursekit.hyperparameter import whole_number
from coursekit.initialisers import INITIALISERS
from coursekit.layers.layer import Layer
from coursekit.layers.windows import Size, output_size, pair


class LocallyConnectedCache(NamedTuple):
    """What `locally_connected2d_backward` needs."""

    x_shape: tuple[int, ...]  # (N, C, H, W)
    windows: Array  # (OH · OW, N, C · KH · KW), what each place sees
    w: Array  # (OH, OW, F, C, KH, KW)
    stride: tuple[int, int]
    padding: tuple[int, int]


def locally_connected2d_forward(
    x: Array, w: Array, b: Array, stride: Size = 1, padding: Size = 0
) -> tuple[Array, LocallyConnectedCache]:
    """Convolution without sharing, y[n, f, i, j] = Σ w[i, j, f] ⊙ window(n, i, j) + b[f, i, j].

    Parameters
    ----------
    x : (N, C, H, W) array
        Images.
    w : (OH, OW, F, C, KH, KW) array
        F filters for each of the OH × OW places.
    b : (F, OH, OW) array
        Bias.
    stride, padding : int or (int, int)
        Pixels between two places, and zeros added at each edge: (height, width).

    Returns
    -------
    y : (N, F, OH, OW) array
    cache : LocallyConnectedCache

    Raises
    ------
    ValueError
        If the shapes do not fit, or the window is larger than the padded image.
    TypeError
        If a dtype is not float32 or float64, or the three differ.

    Examples
    --------
    >>> x = np.ones((1, 1, 1, 4))
    >>> w = np.array([1.0, 10.0, 100.0]).reshape(1, 3, 1, 1, 1, 1) * np.ones((1, 2))
    >>> locally_connected2d_forward(x, w, np.zeros((1, 1, 3)))[0]
    array([[[[  2.,  20., 200.]]]])

    References
    ----------
    Taigman, Yang, Ranzato and Wolf (2014), DeepFace, section 3.2.
    """
    x = float_array(x, "locally_connected2d_forward: x", 4, "(N, C, H, W)")
    w = float_array(w, "locally_connected2d_forward: w", 6, "(OH, OW, F, C, KH, KW)")
    b = float_array(b, "locally_connected2d_forward: b", 3, "(F, OH, OW)")
    same_dtype("locally_connected2d_forward", x=x, w=w, b=b)
    stride = pair(stride, "locally_connected2d_forward: stride")
    padding = pair(padding, "locally_connected2d_forward: padding", least=0)
    height, width, filters = _checked_sizes(x, w, b, stride, padding)
    windows = _windows(x, w.shape[4:], stride, padding)
    # y[place] = windows[place] w[place]ᵀ, one small matrix product for each place
    y = windows @ w.reshape(height * width, filters, windows.shape[2]).transpose(0, 2, 1)
    y = y.transpose(1, 2, 0).reshape(len(x), filters, height, width)
    y += b
    return y, LocallyConnectedCache(x.shape, windows, w, stride, padding)


def locally_connected2d_backward(dout: Array, cache: LocallyConnectedCache) -> tuple[Array, Array, Array]:
    """Gradients: at each place dw = δᵀ window and dwindow = δ w; dx adds up the windows that a pixel is in; db = Σₙ δₙ.

    δ = ``dout`` (N, F, OH, OW).
    """
    _, windows, w, *_ = cache
    height, width, filters = w.shape[:3]
    places, samples, taps = windows.shape
    dout = upstream_gradient(dout, "locally_connected2d_backward", (samples, filters, height, width), w.dtype)
    delta = np.ascontiguousarray(dout.reshape(samples, filters, places).transpose(2, 0, 1))  # (place, N, F)
    dwindows = delta @ w.reshape(places, filters, taps)
    dw = (delta.transpose(0, 2, 1) @ windows).reshape(w.shape)
    return _add_windows(dwindows, cache), dw, dout.sum(0)


def _checked_sizes(
    x: Array, w: Array, b: Array, stride: tuple[int, int], padding: tuple[int, int]
) -> tuple[int, int, int]:
    """Return OH, OW and F, after making sure that w and b have them."""
    height, width = (
        output_size("locally_connected2d_forward", *sizes)
        for sizes in zip(x.shape[2:], w.shape[4:], stride, padding, strict=True)
    )
    filters = w.shape[2]
    if w.shape[:4] != (height, width, filters, x.shape[1]) or b.shape != (filters, height, width):
        raise ValueError(
            f"locally_connected2d_forward: x {x.shape} under windows {w.shape[4:]} has {height} × {width} places, so w "
            f"must have shape {(height, width, filters, x.shape[1], *w.shape[4:])} and b {(filters, height, width)}, "
            f"but they have {w.shape} and {b.shape}."
        )
    return height, width, filters


def _windows(x: Array, kernel: tuple[int, ...], stride: tuple[int, int], padding: tuple[int, int]) -> Array:
    """Copy what each place sees into (OH · OW, N, C · KH · KW)."""
    (down, right), (above, left) = stride, padding
    if above or left:
        x = np.pad(x, ((0, 0), (0, 0), (above, above), (left, left)))
    seen = sliding_window_view(x, kernel, (2, 3))[:, :, ::down, ::right]
    samples, channels, height, width = seen.shape[:4]
    return seen.transpose(2, 3, 0, 1, 4, 5).reshape(height * width, samples, channels * kernel[0] * kernel[1])


def _add_windows(dwindows: Array, cache: LocallyConnectedCache) -> Array:
    """Add each window's gradient to the pixels it came from; one strided slice for each tap of the window."""
    samples, channels, rows, columns = cache.x_shape
    high, wide, _, _, *kernel = cache.w.shape
    (down, right), (above, left) = cache.stride, cache.padding
    taps = dwindows.reshape(high, wide, samples, channels, *kernel).transpose(4, 5, 2, 3, 0, 1)
    dx = np.zeros((samples, channels, rows + 2 * above, columns + 2 * left), dwindows.dtype)
    for i, j in np.ndindex(*kernel):
        dx[:, :, i : i + down * high : down, j : j + right * wide : right] += taps[i, j]
    return np.ascontiguousarray(dx[:, :, above : above + rows, left : left + columns])


class LocallyConnected2d(Layer):
    """Images (N, channels, H, W) → (N, filters, OH, OW), every place with filters of its own."""

    stride: Size
    padding: Size

    def __init__(
        self,
        channels: int,
        filters: int,
        image_size: Size,
        kernel_size: Size,
        *place: np.random.Generator,
        rng: Seed | None = None,
        stride: Size = 1,
        padding: Size = 0,
        init: str = "he_normal",
        dtype: Any = np.float32,
        **init_params: Any,
    ) -> None:
        channels = whole_number(channels, "LocallyConnected2d: channels")
        filters = whole_number(filters, "LocallyConnected2d: filters")
        image = pair(image_size, "LocallyConnected2d: image_size")
        kernel = pair(kernel_size, "LocallyConnected2d: kernel_size")
        self.stride = pair(stride, "LocallyConnected2d: stride")
        self.padding = pair(padding, "LocallyConnected2d: padding", least=0)
        height, width = (
            output_size("LocallyConnected2d", *sizes)
            for sizes in zip(image, kernel, self.stride, self.padding, strict=True)
        )
        taps = kernel[0] * kernel[1]
        shape = (height, width, filters, channels, *kernel)
        generator = generator_of(place, rng, "LocallyConnected2d", "stride=2, padding=1 for these")
        weights = INITIALISERS[init](channels * taps, filters * taps, generator, shape, dtype, **init_params)
        super().__init__(w=weights, b=np.zeros((filters, height, width), dtype))

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = locally_connected2d_forward(x, self.params["w"], self.params["b"], self.stride, self.padding)
        return y

    def backward(self, dout: Array) -> Array:
        dx, dw, db = locally_connected2d_backward(dout, self._last_cache())
        self._keep(w=dw, b=db)
        return dx

    def arguments(self) -> str:
        *places, filters, channels, height, width = self.params["w"].shape
        size = f"{(height, width)} at {places[0]} × {places[1]} places"
        return f"{channels}, {filters}, {size}, stride={self.stride}, padding={self.padding}"
