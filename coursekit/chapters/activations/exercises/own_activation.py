"""Section 8: the slope of an activation that the course does not have."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def softsign_slope(x: Array) -> Array:
    """f(x) = x / (1 + |x|) has f'(x) = 1 / (1 + |x|)²."""
    return 1 / (1 + np.abs(x)) ** 2


def _both_sides(rng: np.random.Generator) -> list[Case]:
    return [(rng.normal(0, 2, shape),) for shape in ((3, 3), (3, 4), (2, 5))]


exercise(
    softsign_slope,
    task="Return the slope f'(x) of softsign, f(x) = x / (1 + |x|), at every x.",
    returns=("slope",),
    cases=_both_sides,
    misconceptions=(
        Misconception(
            "the function itself",
            lambda x: x / (1 + np.abs(x)),
            "that is f(x). What is asked for is its slope.",
        ),
        Misconception(
            "not squared",
            lambda x: 1 / (1 + np.abs(x)),
            "you differentiate x and leave the divisor as it is. It depends on x too: the quotient rule.",
        ),
        Misconception(
            "no absolute value",
            lambda x: 1 / (1 + x) ** 2,
            "that is right for x > 0 only. To the left the divisor is 1 − x.",
        ),
        Misconception(
            "slope of |x| taken as 1",
            lambda x: (1 + np.abs(x) - x) / (1 + np.abs(x)) ** 2,
            "right for x > 0. For x < 0 the slope of |x| is −1, not 1.",
        ),
        Misconception(
            "slope of |x| forgotten",
            lambda x: (1 + np.abs(x) - x**2) / (1 + np.abs(x)) ** 2,
            "the slope of |x| is its sign, −1 or 1, not x.",
        ),
        Misconception(
            "tanh's slope",
            lambda x: 1 - (x / (1 + np.abs(x))) ** 2,
            "1 − y² is the slope of tanh, written with its output. Softsign has another one.",
        ),
        Misconception(
            "square for the absolute value",
            lambda x: 1 / (1 + x**2),
            "that is the slope of arctan. The square belongs to the whole divisor.",
        ),
        Misconception(
            "wrong sign",
            lambda x: -1 / (1 + np.abs(x)) ** 2,
            "softsign rises everywhere, so its slope is positive.",
        ),
    ),
    hints=(
        "Take x > 0 first, where f(x) = x / (1 + x), and use the quotient rule.",
        "For x < 0, f(x) = x / (1 − x). Both slopes have the same form, written with |x|.",
        "The numerator becomes (1 + |x|) − |x| = 1; np.abs is the absolute value.",
    ),
    takeaway="Softsign flattens as 1 / x², far more slowly than tanh: its gradient fades, but is never gone.",
)
