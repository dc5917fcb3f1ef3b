"""Section 3: at which layer the signal is gone."""

import math

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def collapse_layer(scale: float, width: int, threshold: float) -> int:
    """The first layer l, counted from 1, with (scale · √width)ˡ < threshold."""
    factor = scale * math.sqrt(width)
    return math.floor(math.log(threshold) / math.log(factor)) + 1


def _shrinking_networks(rng: np.random.Generator) -> list[Case]:
    """Five networks with scale · width < 1: who forgets the root gets a wrong number, not an endless loop."""
    widths = rng.integers(5, 40, 5).tolist()
    products = rng.uniform(0.3, 0.9, 5).tolist()
    exponents = rng.uniform(-9, -3, 5).tolist()
    return [
        (round(product / width, 4), width, float(f"{10**exponent:.2g}"))
        for width, product, exponent in zip(widths, products, exponents, strict=True)
    ]


exercise(
    collapse_layer,
    task=(
        "Unit-variance inputs go through tanh layers with weights scale · N(0, 1), nearly linear at this size. "
        "Return the number of the first layer (from 1) whose standard deviation is below the threshold."
    ),
    returns=("layer",),
    cases=_shrinking_networks,
    misconceptions=(
        Misconception(
            "no root",
            lambda scale, width, threshold: collapse_layer(scale * math.sqrt(width), width, threshold),
            "you multiply by scale · width. It is variances that add up, so the std grows only by √width.",
        ),
        Misconception(
            "no width",
            lambda scale, width, threshold: collapse_layer(scale, 1, threshold),
            "you multiply by scale alone. Each unit sums over width inputs, which makes its spread larger.",
        ),
        Misconception(
            "variance",
            lambda scale, width, threshold: collapse_layer(scale**2 * math.sqrt(width), width, threshold),
            "scale² · width is the factor of the variance. The threshold is for the standard deviation.",
        ),
        Misconception(
            "one too few",
            lambda scale, width, threshold: collapse_layer(scale, width, threshold) - 1,
            "that is one layer too early: do you count from 0, or round down?",
        ),
        Misconception(
            "one too many",
            lambda scale, width, threshold: collapse_layer(scale, width, threshold) + 1,
            "that is one layer too late: the std behind layer 1 is already scale · √width.",
        ),
        Misconception(
            "not rounded",
            lambda scale, width, threshold: math.log(threshold) / math.log(scale * math.sqrt(width)),
            "the ratio of logarithms is right, but layers are whole numbers. Which one is the first below?",
        ),
    ),
    hints=(
        "A unit sums width products of a weight and an input. What is its variance, if the inputs have variance 1?",
        "Each layer multiplies the standard deviation by scale · √width.",
        "Find the first whole l with (scale · √width)ˡ < threshold: in a loop, or with logarithms.",
    ),
    takeaway="The signal dies exponentially: try your function with scale 0.01 and width 500.",
)
