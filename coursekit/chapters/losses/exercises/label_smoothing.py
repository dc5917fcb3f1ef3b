"""Section 7 of chapter 01: the targets of label smoothing."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def smoothed_targets(y: Array, classes: int, eps: float) -> Array:
    """(N, C) targets (1 − ε) · one-hot + ε / C (Szegedy et al. 2016, section 7)."""
    return (1 - eps) * np.eye(classes)[y] + eps / classes


def _labels_to_smooth(rng: np.random.Generator) -> list[Case]:
    return [
        (rng.permutation(np.arange(samples) % classes), classes, eps)
        for samples, classes, eps in ((5, 3, 0.15), (7, 5, 0.1), (6, 4, 0.3))
    ]


exercise(
    smoothed_targets,
    task="Return the (N, C) targets of label smoothing for labels y (N,), C = classes and ε = eps.",
    returns=("targets",),
    cases=_labels_to_smooth,
    misconceptions=(
        Misconception(
            "not smoothed",
            lambda y, classes, eps: np.eye(classes)[y],
            "that is the one-hot target. Smoothing takes ε away from the right class and shares it out.",
        ),
        Misconception(
            "share only",
            lambda y, classes, eps: np.full((len(y), classes), eps / classes),
            "the wrong classes are right. Where do the labels come in? The right class keeps 1 − ε besides its share.",
        ),
        Misconception(
            "right class without its share",
            lambda y, classes, eps: np.where(np.eye(classes)[y] > 0, 1 - eps, eps / classes),
            "the wrong classes are right. The right one gets its share ε / C back as well: each row must sum to 1.",
        ),
        Misconception(
            "shared among the wrong ones",
            lambda y, classes, eps: np.where(np.eye(classes)[y] > 0, 1 - eps, eps / (classes - 1)),
            "your rows sum to 1, and some programs do it so. Here ε is shared among all C classes, the right one too.",
        ),
        Misconception(
            "not shared",
            lambda y, classes, eps: np.where(np.eye(classes)[y] > 0, 1 - eps, eps),
            "each wrong class gets all of ε. It is shared: ε / C for each, and rows that sum to 1.",
        ),
        Misconception(
            "nothing taken away",
            lambda y, classes, eps: np.eye(classes)[y] + eps / classes,
            "you give every class its share, but take nothing from the right one: rows sum to 1 + ε.",
        ),
        Misconception(
            "nothing given",
            lambda y, classes, eps: (1 - eps) * np.eye(classes)[y],
            "you take ε from the right class, but give it to nobody: rows sum to 1 − ε.",
        ),
        Misconception(
            "the two swapped",
            lambda y, classes, eps: eps * np.eye(classes)[y] + (1 - eps) / classes,
            "1 − ε and ε have changed places: a small ε should change the targets a little.",
        ),
        Misconception(
            "shared among samples",
            lambda y, classes, eps: (1 - eps) * np.eye(classes)[y] + eps / len(y),
            "you divide ε by the number of samples. It is shared among the classes of one sample: ε / C.",
        ),
        Misconception(
            "transposed",
            lambda y, classes, eps: ((1 - eps) * np.eye(classes)[y] + eps / classes).T,
            "the numbers are right. A row is a sample, a column a class: (N, C).",
        ),
    ),
    hints=(
        "Begin with one-hot rows: np.eye(classes)[y].",
        "The right class keeps 1 − ε of its 1. Then every class, the right one too, gets ε / C.",
        "(1 − ε) · one-hot + ε / C. Add up a row: it must give 1.",
    ),
    takeaway="Smoothed targets are still probabilities; only nobody is ever asked to be certain.",
)
