"""Section 5 of chapter 01: what equal scores cost."""

import math

import numpy as np

from coursekit.exercises.exercise import Case, Misconception, exercise


def initial_loss(classes: int) -> tuple[np.float64, np.float64]:
    """(C − 1, log C): what equal scores cost."""
    return np.float64(classes - 1), np.log(classes)


def _class_counts(rng: np.random.Generator) -> list[Case]:
    return [(int(count),) for count in 3 + rng.permutation(60)[:5]]


exercise(
    initial_loss,
    task="All scores are nearly 0. Return what the hinge loss (margin 1) and the softmax cross-entropy then are.",
    returns=("hinge", "cross_entropy"),
    cases=_class_counts,
    misconceptions=(
        Misconception(
            "own class counted",
            lambda classes: (classes, math.log(classes)),
            "the cross-entropy is right. In the hinge loss the right class has no term of its own.",
        ),
        Misconception(
            "hinge as a mean",
            lambda classes: (1.0, math.log(classes)),
            "the cross-entropy is right. The hinge loss adds up the terms of one sample; it does not average them.",
        ),
        Misconception(
            "hinge is 0",
            lambda classes: (0.0, math.log(classes)),
            "the cross-entropy is right. Equal scores do not keep the margin: what is max(0, 0 + 1)?",
        ),
        Misconception(
            "bits",
            lambda classes: (classes - 1, math.log2(classes)),
            "the hinge loss is right. The cross-entropy uses the natural logarithm.",
        ),
        Misconception(
            "sign",
            lambda classes: (classes - 1, -math.log(classes)),
            "the hinge loss is right. A loss is −log p, and log of 1 / C is negative.",
        ),
        Misconception(
            "probability",
            lambda classes: (classes - 1, 1 / classes),
            "the hinge loss is right. 1 / C is the probability of the right class, not yet the loss.",
        ),
        Misconception(
            "perfect start",
            lambda classes: (classes - 1, 0.0),
            "the hinge loss is right. The cross-entropy is 0 only for a right class with probability 1.",
        ),
        Misconception(
            "swapped",
            lambda classes: (math.log(classes), classes - 1),
            "you return the cross-entropy first. Return hinge, cross_entropy.",
        ),
    ),
    hints=(
        "Put sⱼ = s_y = 0 into max(0, sⱼ − s_y + 1). How many classes have such a term?",
        "The softmax of equal scores gives every class the same probability. Which one, and what is −log of it?",
        "C − 1 terms of 1, and −log(1 / C) = log C.",
    ),
    takeaway="Print the loss before the first step: if it is not near this number, look for the bug now.",
)
