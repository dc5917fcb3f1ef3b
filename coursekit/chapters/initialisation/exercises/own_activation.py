"""Section 8: an activation that makes up for small weights."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def steep_tanh(z: Array, width: int, scale: float) -> Array:
    """A = tanh(g z) with g = 1 / (scale · √width), which keeps the std of a signal near 0."""
    return np.tanh(z / (scale * np.sqrt(width)))


def _sums(rng: np.random.Generator) -> list[Case]:
    """Sums z of layers with small weights, one of them with weights that are too large."""
    networks = (100, 0.05), (300, 0.02), (50, 0.3), (20, 0.04)
    return [
        (rng.normal(0, 1.5 * scale * np.sqrt(width), shape), width, scale)
        for (width, scale), shape in zip(networks, ((6, 5), (8, 2), (4, 3), (2, 7)), strict=True)
    ]


exercise(
    steep_tanh,
    task=(
        "Weights are scale · N(0, 1), width inputs a unit. Return tanh(g z) for the sums z of a layer, with the g that "
        "gives the outputs, near 0, the std of the layer's inputs."
    ),
    returns=("a",),
    cases=_sums,
    misconceptions=(
        Misconception(
            "no gain",
            lambda z, width, scale: np.tanh(z),
            "that is tanh as it was. Its slope at 0 is 1, and the factor of the weights stays.",
        ),
        Misconception(
            "no root",
            lambda z, width, scale: np.tanh(z / (scale * width)),
            "your g makes up for scale · width. It is variances that add up, so the std grows only by √width.",
        ),
        Misconception(
            "no width",
            lambda z, width, scale: np.tanh(z / scale),
            "your g makes up for scale alone. Each unit sums over width inputs, which makes its spread larger.",
        ),
        Misconception(
            "no scale",
            lambda z, width, scale: np.tanh(z / np.sqrt(width)),
            "your g makes up for √width alone. The weights have a std of scale.",
        ),
        Misconception(
            "variance",
            lambda z, width, scale: np.tanh(z / (scale**2 * width)),
            "scale² · width is the factor of the variance. What g multiplies is z itself.",
        ),
        Misconception(
            "the factor, not what makes up for it",
            lambda z, width, scale: np.tanh(scale * np.sqrt(width) * z),
            "your g is what the weights do already, so it happens twice. It should undo it.",
        ),
        Misconception(
            "gain outside",
            lambda z, width, scale: np.tanh(z) / (scale * np.sqrt(width)),
            "your g multiplies what tanh returns. That keeps small signals too, but here it belongs inside: tanh(g z).",
        ),
        Misconception(
            "straight line",
            lambda z, width, scale: z / (scale * np.sqrt(width)),
            "the gain is right, but the bend is gone: without tanh ten layers are one.",
        ),
    ),
    hints=(
        "By what factor does a layer change the std of a small signal? Exercise 2 has it.",
        "Near 0, tanh(g z) ≈ g z: the factor of the layer is g · scale · √width. It should be 1.",
        "g = 1 / (scale * np.sqrt(width)), and z is multiplied by it before tanh.",
    ),
    takeaway="Only the product of gain and weights counts: a steeper tanh does what larger weights do.",
)
