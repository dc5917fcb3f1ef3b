"""Section 5: what is taken from pictures."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def channel_mean(train: Array, test: Array) -> Array:
    """Subtract from test (M, C, H, W) one mean for each channel of train (N, C, H, W)."""
    return test - train.mean(axis=(0, 2, 3), keepdims=True)


def _pictures(rng: np.random.Generator) -> list[Case]:
    """As many channels as rows and columns, so that a mean over the wrong axes still fits."""
    return [
        (
            rng.uniform(0, 1, (n, side, side, side)) + np.arange(side)[:, None, None],
            rng.uniform(0, 2, (m,) + 3 * (side,)),
        )
        for n, m, side in ((5, 4, 3), (6, 3, 2), (4, 4, 3))
    ]


exercise(
    channel_mean,
    task="Subtract from the test images (M, C, H, W) the mean of each channel of the training images (N, C, H, W).",
    returns=("centred",),
    cases=_pictures,
    misconceptions=(
        Misconception(
            "statistics of the test set",
            lambda train, test: test - test.mean(axis=(0, 2, 3), keepdims=True),
            "these are the means of the test images. What the network gets must not depend on which other images "
            "are tested with it.",
        ),
        Misconception(
            "statistics of both",
            lambda train, test: test - np.concatenate([train, test]).mean(axis=(0, 2, 3), keepdims=True),
            "you take the mean over both sets. The test images must not take part in a statistic.",
        ),
        Misconception(
            "mean image",
            lambda train, test: test - train.mean(axis=0),
            "that is AlexNet's mean image: one mean for every pixel. Here all pixels of a channel share one mean.",
        ),
        Misconception(
            "one number",
            lambda train, test: test - train.mean(),
            "you subtract one number for all. Each channel has its own mean.",
        ),
        Misconception(
            "mean over the channels",
            lambda train, test: test - train.mean(axis=(0, 1)),
            "you average over the channels as well, which leaves one mean for each pixel. The channel is the one axis "
            "to keep.",
        ),
        Misconception(
            "sum",
            lambda train, test: test - train.sum(axis=(0, 2, 3), keepdims=True),
            "you subtract a sum. A mean is divided by the number of values.",
        ),
        Misconception(
            "channels last",
            lambda train, test: test - train.mean(axis=(0, 1, 2)),
            "you take the last axis for the channels: that is one mean for each column. Images are (N, C, H, W).",
        ),
        Misconception(
            "scaled as well",
            lambda train, test: channel_mean(train, test) / train.std(axis=(0, 2, 3), keepdims=True),
            "the means are right. You also divide by a std, which is a second step that is not asked for here.",
        ),
        Misconception(
            "no keepdims",
            lambda train, test: test - train.mean(axis=(0, 2, 3)),
            "the means are right, but (C,) is lined up with the last axis, the columns. Give them the shape (C, 1, 1).",
        ),
        Misconception(
            "image by image",
            lambda train, test: test - test.mean(axis=(2, 3), keepdims=True),
            "you centre every image by itself, which takes away how bright it is. The means come from train.",
        ),
        Misconception(
            "added",
            lambda train, test: test + train.mean(axis=(0, 2, 3), keepdims=True),
            "you add the means. Subtract them.",
        ),
    ),
    hints=(
        "Which axes of (N, C, H, W) does a mean for each channel average over? All but one.",
        "train.mean(axis=(0, 2, 3)) has the shape (C,), and must line up with axis 1 of test.",
        "keepdims=True makes it (1, C, 1, 1), which fits.",
    ),
    takeaway="Three numbers for colour images, of any size: that is all that VGG does to its input.",
)
