"""Section 10 of chapter 01: the gradient with the L2 penalty in it."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def l2_gradient(dw: Array, w: Array, strength: float) -> Array:
    """The gradient of (data loss + strength · Σ w²)."""
    return dw + 2 * strength * w


def _weights(rng: np.random.Generator) -> list[Case]:
    return [
        (rng.normal(size=shape), rng.normal(size=shape), float(rng.uniform(0.05, 0.8)))
        for shape in ((4, 3), (2, 5), (3, 3))
    ]


exercise(
    l2_gradient,
    task="dw is the gradient of the data loss. Return the gradient of data loss + strength · Σ w².",
    returns=("total",),
    cases=_weights,
    misconceptions=(
        Misconception(
            "no factor 2",
            lambda dw, w, strength: dw + strength * w,
            "that belongs to ½ · strength · Σ w². Here there is no ½ to cancel the exponent.",
        ),
        Misconception(
            "sign",
            lambda dw, w, strength: dw - 2 * strength * w,
            "the sign of the penalty is wrong: a gradient points to where the penalty grows.",
        ),
        Misconception(
            "no strength",
            lambda dw, w, strength: dw + 2 * w,
            "where is the strength λ? At λ = 0 the penalty must not count at all.",
        ),
        Misconception(
            "penalty only",
            lambda dw, w, strength: 2 * strength * w,
            "that is the penalty's share alone. The gradient of a sum is the sum of the gradients.",
        ),
        Misconception(
            "penalty itself",
            lambda dw, w, strength: dw + strength * w**2,
            "you add the penalty, not its derivative.",
        ),
        Misconception(
            "summed up",
            lambda dw, w, strength: dw + strength * np.sum(w**2),
            "you add the penalty's value to every entry. Each weight has a derivative of its own.",
        ),
        Misconception(
            "L1",
            lambda dw, w, strength: dw + strength * np.sign(w),
            "that is the gradient of L1, Σ |w|. L2 pulls harder on larger weights.",
        ),
        Misconception(
            "mean",
            lambda dw, w, strength: dw + 2 * strength * w / w.size,
            "you divide by the number of weights, but the penalty is a sum over them.",
        ),
        Misconception(
            "data loss scaled as well",
            lambda dw, w, strength: strength * (dw + 2 * w),
            "λ weighs the penalty only, not the data loss.",
        ),
    ),
    hints=(
        "The gradient of a sum is the sum of the two gradients, and the first of them is given.",
        "Take one weight: what is the derivative of λ w² with respect to w?",
        "dw + 2 · strength · w, element by element. Return a new array; do not add to dw in place.",
    ),
    takeaway="The penalty pulls each weight towards 0, in proportion to the weight: hence the name weight decay.",
)
