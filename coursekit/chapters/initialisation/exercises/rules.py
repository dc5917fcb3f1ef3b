"""Sections 5 to 7: how large the first weights must be, by Xavier's rule, by He's, and for a convolution."""

import math

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def xavier_bound(fan_in: int, fan_out: int) -> float:
    """The bound a of U(−a, a) with the variance a²/3 = 2 / (fan_in + fan_out)."""
    return math.sqrt(6 / (fan_in + fan_out))


def _pairs_of_fans(rng: np.random.Generator) -> list[Case]:
    return [tuple(fans) for fans in rng.integers(10, 800, (5, 2)).tolist()]


exercise(
    xavier_bound,
    task="Return the bound a for which weights from U(−a, a) have Xavier's variance, 2 / (fan_in + fan_out).",
    returns=("bound",),
    cases=_pairs_of_fans,
    misconceptions=(
        Misconception(
            "standard deviation",
            lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),
            "that is the standard deviation of a weight. U(−a, a) has the variance a²/3, so its bound a is larger.",
        ),
        Misconception(
            "variance",
            lambda fan_in, fan_out: 2 / (fan_in + fan_out),
            "that is the variance of a weight. Which a gives U(−a, a) this variance?",
        ),
        Misconception(
            "no root",
            lambda fan_in, fan_out: 6 / (fan_in + fan_out),
            "that is a², the square of the bound.",
        ),
        Misconception(
            "root of the numerator",
            lambda fan_in, fan_out: math.sqrt(6) / (fan_in + fan_out),
            "the root covers only the 6. It belongs over the whole fraction.",
        ),
        Misconception(
            "fan_in only",
            lambda fan_in, fan_out: math.sqrt(6 / fan_in),
            "fan_out is missing. Xavier's variance is a compromise between the forward and the backward pass.",
        ),
        Misconception(
            "half the variance",
            lambda fan_in, fan_out: math.sqrt(3 / (fan_in + fan_out)),
            "that is √2 times too small: a² is three times the variance, and the variance has a 2 above the line.",
        ),
        Misconception(
            "product of the fans",
            lambda fan_in, fan_out: math.sqrt(6 / (fan_in * fan_out)),
            "you multiply the fans. Xavier's variance divides by their sum.",
        ),
        Misconception(
            "width of the interval",
            lambda fan_in, fan_out: 2 * math.sqrt(6 / (fan_in + fan_out)),
            "that is the width of the interval from −a to a. The bound is a.",
        ),
    ),
    hints=(
        "U(−a, a) has the variance a²/3: the integral of w²/(2a) from −a to a.",
        "Set a²/3 equal to 2 / (fan_in + fan_out).",
        "a² = 6 / (fan_in + fan_out). Take the root.",
    ),
    takeaway="A uniform distribution reaches √3 times its standard deviation: hence 6 where the variance has 2.",
)


def he_std(fan_in: int) -> float:
    """The standard deviation √(2 / fan_in), for layers behind a ReLU."""
    return math.sqrt(2 / fan_in)


def _fans(rng: np.random.Generator) -> list[Case]:
    return [(fan_in,) for fan_in in rng.integers(10, 800, 5).tolist()]


exercise(
    he_std,
    task="Return the standard deviation of a weight with which a layer behind a ReLU keeps the size of the signal.",
    returns=("std",),
    cases=_fans,
    misconceptions=(
        Misconception(
            "variance",
            lambda fan_in: 2 / fan_in,
            "that is the variance of a weight. The standard deviation is its root.",
        ),
        Misconception(
            "no ReLU",
            lambda fan_in: 1 / math.sqrt(fan_in),
            "that keeps a linear layer. ReLU sets half of the signal to 0; make up for the lost half.",
        ),
        Misconception(
            "2 outside the root",
            lambda fan_in: 2 / math.sqrt(fan_in),
            "that is √2 times too large: ReLU halves the variance, so the 2 belongs under the root.",
        ),
        Misconception(
            "root of the numerator",
            lambda fan_in: math.sqrt(2) / fan_in,
            "the root covers only the 2. It belongs over the whole fraction.",
        ),
        Misconception(
            "uniform bound",
            lambda fan_in: math.sqrt(6 / fan_in),
            "that is the bound of He's uniform distribution. Its standard deviation is √3 times smaller.",
        ),
        Misconception(
            "half",
            lambda fan_in: math.sqrt(1 / (2 * fan_in)),
            "your weights are half as large as they must be: ReLU loses half of the signal; make up for it.",
        ),
    ),
    hints=(
        "For z = x w without an activation, Var(z) = fan_in · Var(w) · E[x²].",
        "Behind a ReLU, E[x²] is half the variance of what went in. Which fan_in · Var(w) makes up for that?",
        "fan_in · Var(w) = 2, and the standard deviation is the root of the variance.",
    ),
    takeaway="The 2 makes up for the half of the signal that ReLU sets to 0.",
)


def conv_he_std(filters: int, channels: int, height: int, width: int) -> float:
    """The standard deviation √(2 / fan_in) for a convolution: fan_in = channels · height · width of the window."""
    return math.sqrt(2 / (channels * height * width))


def _filter_shapes(rng: np.random.Generator) -> list[Case]:
    """Windows that are no squares too, and never as many filters as channels."""
    shapes = ((64, 3, 7, 7), (8, 32, 3, 3), (96, 48, 1, 5), (16, 10, 5, 2))
    return [(filters + int(rng.integers(9)), *rest) for filters, *rest in shapes]


exercise(
    conv_he_std,
    task="Return He's standard deviation for the weights of a convolution: filters, channels, and the window's size.",
    returns=("std",),
    cases=_filter_shapes,
    misconceptions=(
        Misconception(
            "uniform bound",
            lambda filters, channels, height, width: math.sqrt(6 / (channels * height * width)),
            "that is the bound of He's uniform distribution. Its standard deviation is √3 times smaller.",
        ),
        Misconception(
            "2 outside the root",
            lambda filters, channels, height, width: 2 / math.sqrt(channels * height * width),
            "that is √2 times too large: ReLU halves the variance, so the 2 belongs under the root.",
        ),
        Misconception(
            "channels only",
            lambda filters, channels, height, width: math.sqrt(2 / channels),
            "a unit of a convolution adds up a whole window in each channel, not one pixel.",
        ),
        Misconception(
            "window only",
            lambda filters, channels, height, width: math.sqrt(2 / (height * width)),
            "that is the window in one channel. A filter reaches through all channels.",
        ),
        Misconception(
            "fan_out",
            lambda filters, channels, height, width: math.sqrt(2 / (filters * height * width)),
            "you count with the filters: that is fan_out. He's rule keeps the signal on its way forward.",
        ),
        Misconception(
            "all weights",
            lambda filters, channels, height, width: math.sqrt(2 / (filters * channels * height * width)),
            "you divide by the number of all weights. One unit has only those of one filter.",
        ),
        Misconception(
            "filters only",
            lambda filters, channels, height, width: math.sqrt(2 / filters),
            "that is the number of filters. What does one unit add up?",
        ),
        Misconception(
            "one side of the window",
            lambda filters, channels, height, width: math.sqrt(2 / (channels * height)),
            "a window has a height and a width: both count.",
        ),
        Misconception(
            "variance",
            lambda filters, channels, height, width: 2 / (channels * height * width),
            "that is the variance of a weight. The standard deviation is its root.",
        ),
        Misconception(
            "no ReLU",
            lambda filters, channels, height, width: math.sqrt(1 / (channels * height * width)),
            "the fan-in is right. The 2 that makes up for ReLU is missing.",
        ),
        Misconception(
            "Xavier",
            lambda filters, channels, height, width: math.sqrt(2 / ((filters + channels) * height * width)),
            "that is Xavier's. He's rule divides by the fan-in alone.",
        ),
    ),
    hints=(
        "How many products does one output of one filter add up?",
        "fan_in = channels · height · width: a window in every channel.",
        "The root of 2 / fan_in.",
    ),
    takeaway="The image's size does not come into it: each output adds up one window, wherever it lies.",
)
