"""Convolution beside cross-correlation on one image, and kernels that photographers know."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, float_array, same_dtype
from coursekit.registry import Registry

# How many zeros go before and after the pixels of an axis, for a kernel of so many taps.
PADDING: dict[str, Callable[[int], tuple[int, int]]] = {
    "valid": lambda taps: (0, 0),
    "same": lambda taps: (taps // 2, (taps - 1) // 2),
    "full": lambda taps: (taps - 1, taps - 1),
}


def correlate2d(image: Array, kernel: Array, mode: str = "valid") -> Array:
    """Cross-correlation, y[i, j] = Σ_uv kernel[u, v] · image[i + u, j + v]: what a convolutional layer computes.

    Parameters
    ----------
    image : (H, W) array
    kernel : (KH, KW) array
    mode : {"valid", "same", "full"}
        Where the kernel may stand: inside the image; so that y has the image's size; wherever it touches the image.
        Pixels outside count as 0. In mode "same" an even kernel reaches one pixel further to the left and above than
        to the right and below, as in `numpy.correlate`, so that `convolve2d` is the same with the kernel rotated;
        PyTorch and `scipy.signal.correlate2d` let it reach further to the right and below.

    Returns
    -------
    y : array
        (H − KH + 1, W − KW + 1), (H, W) or (H + KH − 1, W + KW − 1).

    Raises
    ------
    ValueError
        If the mode is unknown, an array is empty or not 2-D, or the kernel does not fit into the image in mode "valid".
    TypeError
        If a dtype is not float32 or float64, or they differ.

    Examples
    --------
    >>> correlate2d(np.array([[1.0, 2.0, 4.0]]), np.array([[-1.0, 1.0]]))
    array([[1., 2.]])
    """
    return _correlate("correlate2d", image, kernel, mode, flip=False)


def convolve2d(image: Array, kernel: Array, mode: str = "valid") -> Array:
    """Convolution, y[i, j] = Σ_uv kernel[u, v] · image[i − u, j − v]: correlation with the kernel rotated by 180°.

    In mode "full" the order of the two does not matter, and it is how a layer's gradient flows back: for
    y = correlate2d(x, k) and δ = ∂L/∂y it is ∂L/∂x = convolve2d(δ, k, "full"). Arguments as in `correlate2d`.

    Examples
    --------
    >>> convolve2d(np.array([[1.0, 2.0, 4.0]]), np.array([[-1.0, 1.0]]))
    array([[-1., -2.]])
    """
    return _correlate("convolve2d", image, kernel, mode, flip=True)


def rotated(kernel: Array) -> Array:
    """Return the kernel turned by 180°."""
    return kernel[::-1, ::-1]


def _correlate(where: str, image: Array, kernel: Array, mode: str, flip: bool) -> Array:
    image = float_array(image, f"{where}: image", 2, "(H, W)")
    kernel = float_array(kernel, f"{where}: kernel", 2, "(KH, KW)")
    same_dtype(where, image=image, kernel=kernel)
    if mode not in PADDING:
        raise ValueError(f"{where}: mode must be one of {', '.join(PADDING)}, not {mode!r}.")
    if not image.size or not kernel.size:
        raise ValueError(f"{where}: an empty array has no windows: image {image.shape}, kernel {kernel.shape}.")
    padded = np.pad(image, [PADDING[mode](taps) for taps in kernel.shape])
    height, width = (size - taps + 1 for size, taps in zip(padded.shape, kernel.shape, strict=True))
    if height < 1 or width < 1:
        raise ValueError(
            f"{where}: a kernel {kernel.shape} does not fit into an image {image.shape}. Use mode 'same' or 'full'."
        )
    y = np.zeros((height, width), image.dtype)
    # One shifted copy of the image for each tap: y += kernel[u, v] · image[u:, v:]
    for (u, v), tap in np.ndenumerate(rotated(kernel) if flip else kernel):
        y += tap * padded[u : u + height, v : v + width]
    return y


@dataclass(frozen=True, eq=False)
class Filter:
    """A kernel with a name.

    Attributes
    ----------
    name, label : str
        The key in `FILTERS`, and the name for people.
    kernel : (K, K) array
        float64, for `correlate2d`; read-only.
    effect : str
        What it does to a photograph.
    """

    name: str
    label: str
    kernel: Array
    effect: str


FILTERS: Registry[Filter] = Registry("filter")


def _filter(name: str, label: str, rows: ArrayLike, effect: str, over: int = 1) -> None:
    kernel = np.array(rows, np.float64) / over
    kernel.flags.writeable = False
    FILTERS.add(Filter(name, label, kernel, effect))


_filter("identity", "Identity", [[0, 0, 0], [0, 1, 0], [0, 0, 0]], "Leaves every pixel as it is.")
_filter("box_blur", "Box blur", np.ones((3, 3)), "Each pixel becomes the mean of its 3 × 3 neighbourhood.", over=9)
_filter(
    "gaussian",
    "Gaussian blur",
    np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]),
    "A mean that weighs near pixels more: a smoother blur, with the binomial weights 1, 4, 6, 4, 1.",
    over=256,
)
_filter(
    "sharpen",
    "Sharpen",
    [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "Adds to each pixel what sets it apart from its neighbours.",
)
_filter(
    "sobel_x",
    "Sobel, left to right",
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "The slope from left to right: vertical edges, positive where it gets brighter.",
)
_filter(
    "sobel_y",
    "Sobel, top to bottom",
    [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "The slope from top to bottom: horizontal edges, positive where it gets brighter.",
)
_filter(
    "laplacian",
    "Laplacian",
    [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "The second derivative: 0 on even slopes and flat ground, large at edges and points.",
)
_filter(
    "emboss",
    "Emboss",
    [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "Lights the picture from the upper left, as if bright parts stood out.",
)
