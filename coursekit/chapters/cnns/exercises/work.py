"""Section 10: what a separable convolution costs."""

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def separable_work(channels: int, filters: int, kernel: int, height: int, width: int) -> int:
    """K² C weights of the depthwise layer and C F of the 1 × 1 layer, each used at all H W places."""
    return (kernel**2 * channels + channels * filters) * height * width


def _pairs_of_layers(rng: np.random.Generator) -> list[Case]:
    drawn = [tuple(int(rng.integers(*span)) for span in ((3, 40), (41, 90), (2, 8), (5, 20), (21, 40))) for _ in "1234"]
    return [(256, 64, 3, 28, 14), *drawn]


exercise(
    separable_work,
    task="Return how many multiply–adds a depthwise layer (kernel × kernel) and the 1 × 1 layer after it do together, "
    "from channels to filters maps of height × width. Stride 1, padded so that the size stays; biases do not count.",
    returns=("work",),
    cases=_pairs_of_layers,
    misconceptions=(
        Misconception(
            "ordinary layer",
            lambda channels, filters, kernel, height, width: kernel**2 * channels * filters * height * width,
            "that is the work of one ordinary layer. Here the pattern in space and the mixing of channels are done one "
            "after the other.",
        ),
        Misconception(
            "depthwise layer alone",
            lambda channels, filters, kernel, height, width: kernel**2 * channels * height * width,
            "the 1 × 1 layer is missing: it mixes the channels, at every place.",
        ),
        Misconception(
            "1 × 1 layer alone",
            lambda channels, filters, kernel, height, width: channels * filters * height * width,
            "the depthwise layer is missing: kernel × kernel weights for every channel, at every place.",
        ),
        Misconception(
            "weights instead of work",
            lambda channels, filters, kernel, height, width: kernel**2 * channels + channels * filters,
            "you count the weights. Each of them is used at every place of the map.",
        ),
        Misconception(
            "depthwise with all filters",
            lambda channels, filters, kernel, height, width: (
                (kernel**2 * filters + channels * filters) * height * width
            ),
            "the depthwise layer has one flat filter for each channel that comes in; the number of filters belongs to "
            "the 1 × 1 layer.",
        ),
        Misconception(
            "kernel not squared",
            lambda channels, filters, kernel, height, width: (kernel * channels + channels * filters) * height * width,
            "a kernel of size 3 has 3 × 3 weights.",
        ),
        Misconception(
            "places only once",
            lambda channels, filters, kernel, height, width: kernel**2 * channels * height * width + channels * filters,
            "the weights of the 1 × 1 layer are used at every place, too.",
        ),
        Misconception(
            "biases counted",
            lambda channels, filters, kernel, height, width: (
                (kernel**2 * channels + channels + channels * filters + filters) * height * width
            ),
            "you count the biases, too. A bias is added, not multiplied.",
        ),
        Misconception(
            "places that are left without padding",
            lambda channels, filters, kernel, height, width: (
                (kernel**2 * channels + channels * filters) * (height - kernel + 1) * (width - kernel + 1)
            ),
            "that is the number of places without padding. The layer is padded, so the map keeps its size.",
        ),
    ),
    hints=(
        "Take the two layers one by one. How many weights has each, and at how many places is a weight used?",
        "The depthwise layer has kernel² weights for each channel, the 1 × 1 layer channels · filters of them.",
        "Add the two numbers of weights, and multiply by height · width.",
    ),
    takeaway="That is 1 / filters + 1 / kernel² of an ordinary layer's work: with many 3 × 3 filters about a ninth.",
)
