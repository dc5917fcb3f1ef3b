"""Section 5: how many weights a convolution has."""

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def parameter_count(channels: int, filters: int, kernel: int) -> int:
    """Each filter has channels · kernel² weights and one bias."""
    return filters * (channels * kernel**2 + 1)


def _layers(rng: np.random.Generator) -> list[Case]:
    drawn = [tuple(int(rng.integers(*span)) for span in ((2, 40), (2, 70), (2, 8))) for _ in range(4)]
    return [(3, 10, 5), *drawn]


exercise(
    parameter_count,
    task="Return how many parameters a convolutional layer with square kernels has, biases included.",
    returns=("count",),
    cases=_layers,
    misconceptions=(
        Misconception(
            "no biases",
            lambda channels, filters, kernel: filters * channels * kernel**2,
            "those are the weights. Each filter also has a bias.",
        ),
        Misconception(
            "one bias",
            lambda channels, filters, kernel: filters * channels * kernel**2 + 1,
            "you count one bias for the whole layer. Each filter has its own.",
        ),
        Misconception(
            "flat filters",
            lambda channels, filters, kernel: filters * (kernel**2 + 1),
            "your filters are flat. A filter is as deep as its input: it has weights for every channel.",
        ),
        Misconception(
            "flat filters without biases",
            lambda channels, filters, kernel: filters * kernel**2,
            "your filters are flat: each has weights for every channel of its input. And the biases are missing.",
        ),
        Misconception(
            "a bias for each channel",
            lambda channels, filters, kernel: filters * channels * (kernel**2 + 1),
            "you give each filter a bias for every channel. The channels are added up first; one bias is enough.",
        ),
        Misconception(
            "kernel not squared",
            lambda channels, filters, kernel: filters * (channels * kernel + 1),
            "a kernel of size 5 has 5 × 5 weights in each channel.",
        ),
    ),
    hints=(
        "How many numbers does one filter multiply at one place? It sees all channels.",
        "One filter has channels · kernel² weights, and one bias.",
        "Multiply that by the number of filters.",
    ),
    takeaway="The size of the image does not occur: the same weights serve at every place.",
)
