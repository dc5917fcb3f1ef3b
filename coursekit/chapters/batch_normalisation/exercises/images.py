"""Section 5: one mean and one variance a channel."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def conv_batch_norm(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    """Batch norm of images (N, C, H, W): each channel is one long column of N · H · W values."""
    n, c, h, w = x.shape
    columns = x.transpose(0, 2, 3, 1).reshape(-1, c)
    y = gamma * (columns - columns.mean(axis=0)) / np.sqrt(columns.var(axis=0) + eps) + beta
    return y.reshape(n, h, w, c).transpose(0, 3, 1, 2)


def _images(rng: np.random.Generator) -> list[Case]:
    """Three batches of images; the last are as wide as they have channels, so that a wrong broadcast fits."""
    return [
        (
            rng.normal(rng.normal(size=(c, 1, 1)), rng.uniform(0.5, 3, (c, 1, 1)), (n, c, h, w)),
            rng.uniform(0.5, 2, c),
            rng.normal(size=c),
            eps,
        )
        for n, c, h, w, eps in ((3, 2, 4, 5, 0.1), (4, 3, 2, 3, 0.2), (2, 4, 3, 4, 0.05))
    ]


def _along(axis: tuple[int, ...] | int, x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    """Normalise over ``axis``, then scale and shift each channel."""
    x_hat = (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(x.var(axis=axis, keepdims=True) + eps)
    return gamma[:, None, None] * x_hat + beta[:, None, None]


def _reshape_only(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    columns = x.reshape(-1, x.shape[1])
    y = gamma * (columns - columns.mean(axis=0)) / np.sqrt(columns.var(axis=0) + eps) + beta
    return y.reshape(x.shape)


def _not_turned_back(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    return conv_batch_norm(x, gamma, beta, eps).transpose(0, 2, 3, 1).reshape(x.shape)


def _channels_last(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    return conv_batch_norm(x, gamma, beta, eps).transpose(0, 2, 3, 1)


def _gamma_along_width(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    axis = (0, 2, 3)
    return gamma * (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(x.var(axis=axis, keepdims=True) + eps) + beta


def _by_channel(x: Array, gamma: Array, beta: Array, spread: Array) -> Array:
    """Take the mean away, divide each channel by ``spread`` (C,), then scale and shift."""
    wide = (slice(None), None, None)
    return gamma[wide] * (x - x.mean(axis=(0, 2, 3))[wide]) / spread[wide] + beta[wide]


exercise(
    conv_batch_norm,
    task=(
        "Return batch norm of images x (N, C, H, W) with the batch's own statistics: one mean, variance, gamma "
        "and beta a channel."
    ),
    returns=("y",),
    cases=_images,
    misconceptions=(
        Misconception(
            "one mean a pixel",
            lambda x, gamma, beta, eps: _along(0, x, gamma, beta, eps),
            "you take a mean for every pixel. A convolution treats all places alike; so must its batch norm.",
        ),
        Misconception(
            "one mean an image",
            lambda x, gamma, beta, eps: _along((2, 3), x, gamma, beta, eps),
            "you normalise every image by itself. The statistics of a channel also run over the samples.",
        ),
        Misconception(
            "one mean a sample",
            lambda x, gamma, beta, eps: _along((1, 2, 3), x, gamma, beta, eps),
            "you normalise every sample over all of its channels. Each channel has statistics of its own.",
        ),
        Misconception(
            "one mean for all",
            lambda x, gamma, beta, eps: _along((0, 1, 2, 3), x, gamma, beta, eps),
            "you take one mean and variance for everything. Each channel has its own.",
        ),
        Misconception(
            "reshaped without transposing",
            _reshape_only,
            "a reshape moves no numbers: your columns mix the channels. Bring the channel axis to the end first.",
        ),
        Misconception(
            "not turned back",
            _not_turned_back,
            "the numbers are right, but in the wrong places: before you turn the channels back, undo the reshape.",
        ),
        Misconception(
            "channels last",
            _channels_last,
            "the numbers are right, but the channels are still the last axis. y has the shape of x.",
        ),
        Misconception(
            "gamma along the width",
            _gamma_along_width,
            "mean and variance are right, but gamma (C,) meets the last axis of x, which is the width. Give it the "
            "shape of the channels.",
        ),
        Misconception(
            "no root",
            lambda x, gamma, beta, eps: _by_channel(x, gamma, beta, x.var(axis=(0, 2, 3)) + eps),
            "the axes are right, but you divide by the variance. Divide by the standard deviation, its root.",
        ),
        Misconception(
            "epsilon outside the root",
            lambda x, gamma, beta, eps: _by_channel(x, gamma, beta, x.std(axis=(0, 2, 3)) + eps),
            "the axes are right. Epsilon is added to the variance, under the root, not to its root.",
        ),
        Misconception(
            "no epsilon",
            lambda x, gamma, beta, eps: _by_channel(x, gamma, beta, x.std(axis=(0, 2, 3))),
            "the axes are right, but epsilon is left out. It is added to the variance, under the root.",
        ),
        Misconception(
            "unbiased",
            lambda x, gamma, beta, eps: _by_channel(x, gamma, beta, np.sqrt(x.var(axis=(0, 2, 3), ddof=1) + eps)),
            "the axes are right. Here it is the plain variance, with 1/m; m − 1 belongs to the running one.",
        ),
        Misconception(
            "no gamma and beta",
            lambda x, gamma, beta, eps: conv_batch_norm(x, np.ones_like(gamma), 0 * beta, eps),
            "that is the normalised x. Each channel still has to be scaled by its gamma and shifted by its beta.",
        ),
        Misconception(
            "shift before scale",
            lambda x, gamma, beta, eps: conv_batch_norm(x, gamma, gamma * beta, eps),
            "you scale beta too. First multiply by gamma, then add beta.",
        ),
    ),
    hints=(
        "Over which axes does one channel's mean run? Over all but the channel's own.",
        "Bring the channels to the end, x.transpose(0, 2, 3, 1), and reshape to (N·H·W, C): now it is batch norm "
        "of rows.",
        "Reshape the result to (N, H, W, C), and .transpose(0, 3, 1, 2) brings the channels back.",
    ),
    takeaway="A channel is one unit, seen at N · H · W places: that is how many values its statistics are made of.",
)
