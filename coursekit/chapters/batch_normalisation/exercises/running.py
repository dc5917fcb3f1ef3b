"""Section 4: the variance that is kept for test time."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def running_variance(running: Array, x: Array, momentum: float) -> Array:
    """(1 − momentum) · running + momentum · m / (m − 1) · σ² of the batch."""
    m = len(x)
    return (1 - momentum) * running + momentum * x.var(axis=0) * m / (m - 1)


def _running(rng: np.random.Generator) -> list[Case]:
    return [
        (
            rng.uniform(0.5, 3, units),
            rng.normal(rng.normal(size=units), rng.uniform(0.5, 3, units), (samples, units)),
            momentum,
        )
        for samples, units, momentum in ((5, 3, 0.1), (2, 4, 0.3), (8, 2, 0.05))
    ]


exercise(
    running_variance,
    task="Return the running variance (D,) after the batch x (N, D); the newest batch has the weight momentum.",
    returns=("running",),
    cases=_running,
    misconceptions=(
        Misconception(
            "biased",
            lambda running, x, momentum: (1 - momentum) * running + momentum * x.var(axis=0),
            "you keep the variance with 1/m, which is too small on average. Make up for that.",
        ),
        Misconception(
            "the other way round",
            lambda running, x, momentum: (1 - momentum) * running + momentum * x.var(axis=0) * (len(x) - 1) / len(x),
            "you make the variance smaller still. An estimate that is too small on average has to grow.",
        ),
        Misconception(
            "momentum of the old",
            lambda running, x, momentum: momentum * running + (1 - momentum) * x.var(axis=0, ddof=1),
            "here momentum is the weight of the newest batch; you give it to the old average.",
        ),
        Misconception(
            "no average",
            lambda running, x, momentum: x.var(axis=0, ddof=1),
            "that is the estimate from this batch alone. Let it move the running average by a little.",
        ),
        Misconception(
            "added up",
            lambda running, x, momentum: running + momentum * x.var(axis=0, ddof=1),
            "your average only grows: what is added must be taken from the old one.",
        ),
        Misconception(
            "standard deviation",
            lambda running, x, momentum: (1 - momentum) * running + momentum * x.std(axis=0, ddof=1),
            "you mix a standard deviation into a variance.",
        ),
        Misconception(
            "average of deviations",
            lambda running, x, momentum: ((1 - momentum) * np.sqrt(running) + momentum * x.std(axis=0, ddof=1)) ** 2,
            "you average standard deviations and square the result. It is the variances that are averaged.",
        ),
        Misconception(
            "one variance for all",
            lambda running, x, momentum: (1 - momentum) * running + momentum * x.var(ddof=1),
            "you take one variance for all units. Each unit has its own: name the axis.",
        ),
    ),
    hints=(
        "The batch's own estimate first: right on average, along axis 0, with N − 1 below the line.",
        "x.var(axis=0) · m / (m − 1), with m = len(x), or x.var(axis=0, ddof=1).",
        "new = (1 − momentum) · running + momentum · estimate.",
    ),
    takeaway="Training divides by the batch's plain variance; what is kept for test time is its unbiased estimate.",
)
