"""Section 4: a convolution, forward."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def conv_forward(x: Array, w: Array, b: Array) -> Array:
    """Lay each filter of w (F, C, KH, KW) on every window of x (C, H, W): y (F, H − KH + 1, W − KW + 1)."""
    filters, _, kh, kw = w.shape
    y = np.zeros((filters, x.shape[1] - kh + 1, x.shape[2] - kw + 1))
    for f, i, j in np.ndindex(*y.shape):
        y[f, i, j] = (x[:, i : i + kh, j : j + kw] * w[f]).sum() + b[f]
    return y


def image_and_filters(rng: np.random.Generator) -> list[Case]:
    """No image and no kernel is a square; the last has as many filters as channels, so that both orders fit."""
    shapes = (((1, 5, 6), (2, 1, 2, 3)), ((2, 6, 4), (3, 2, 3, 2)), ((3, 4, 5), (3, 3, 2, 3)))
    return [(rng.normal(size=x), rng.normal(size=w), rng.normal(size=w[0])) for x, w in shapes]


def _flipped(x: Array, w: Array, b: Array) -> Array:
    return conv_forward(x, w[:, :, ::-1, ::-1], b)


def _channels_not_summed(x: Array, w: Array, b: Array) -> Array:
    return np.concatenate([conv_forward(x[c : c + 1], w[:, c : c + 1], b) for c in range(len(x))])


def _first_channel(x: Array, w: Array, b: Array) -> Array:
    return conv_forward(x[:1], w[:, :1], b)


def _mean(x: Array, w: Array, b: Array) -> Array:
    return conv_forward(x, w / w[0].size, b)


def _one_place_too_few(x: Array, w: Array, b: Array) -> Array:
    return conv_forward(x, w, b)[:, :-1, :-1]


exercise(
    conv_forward,
    task="Return y (F, OH, OW): every filter of w (F, C, KH, KW) laid on every window of x (C, H, W), plus its "
    "bias in b (F,). Stride 1, no padding.",
    returns=("y",),
    cases=image_and_filters,
    misconceptions=(
        Misconception(
            "no bias",
            lambda x, w, b: conv_forward(x, w, 0 * b),
            "the biases are missing: every filter adds its own to each of its sums.",
        ),
        Misconception(
            "flipped kernel",
            _flipped,
            "you turn the kernels by 180°. That is the convolution of mathematics; the layer lays them on as they are.",
        ),
        Misconception(
            "bias for each channel",
            lambda x, w, b: conv_forward(x, w, len(x) * b),
            "the bias comes in once for each channel. Add up the channels first, then add the bias once.",
        ),
        Misconception(
            "channels not summed",
            _channels_not_summed,
            "your output has a map for each filter and each channel. A filter adds up its channels.",
        ),
        Misconception(
            "first channel only",
            _first_channel,
            "only the first channel is seen. The window goes through all of them.",
        ),
        Misconception(
            "mean instead of sum",
            _mean,
            "you take the mean of the products. It is their sum.",
        ),
        Misconception(
            "one place too few",
            _one_place_too_few,
            "the last row and column of windows are missing: there are H − KH + 1 places, not H − KH.",
        ),
    ),
    hints=(
        "y has the shape (F, H − KH + 1, W − KW + 1). Fill it with three loops: filter, row, column.",
        "The window at row i and column j is x[:, i : i + KH, j : j + KW]: all channels.",
        "y[f, i, j] = (window * w[f]).sum() + b[f].",
    ),
    takeaway="A convolutional layer is a sliding dot product. Everything else is speed.",
)
