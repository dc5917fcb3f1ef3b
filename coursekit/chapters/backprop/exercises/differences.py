"""Section 6: gradients by differences, to check others against."""

from collections.abc import Callable

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def centred_difference(f: Callable[[Array], float], x: Array, h: float) -> Array:
    """Move one number of x at a time: (f(x + h eᵢ) − f(x − h eᵢ)) / 2h, in the shape of x."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


def _waves(x: Array) -> float:
    return float(np.sin(x * np.arange(1, x.size + 1).reshape(x.shape)).sum())


def _entangled(x: Array) -> float:
    return float(np.exp(x.mean()) + np.prod(x**2 + 1))


def _cubes(x: Array) -> float:
    return float((x**3).sum() - x.sum() ** 2)


def _functions(rng: np.random.Generator) -> list[Case]:
    """Bent functions and long steps, so that one foot and two feet say different things; a vector and two matrices."""
    return [
        (_waves, rng.normal(size=4), 0.05),
        (_entangled, rng.normal(size=(2, 3)), 0.02),
        (_cubes, rng.normal(size=(3, 2)), 0.1),
    ]


def _forward_difference(f: Callable[[Array], float], x: Array, h: float, way: int = 1) -> Array:
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        moved = x.copy()
        moved[i] += way * h
        gradient[i] = way * (f(moved) - f(x)) / h
    return gradient


def _not_moved_back(f: Callable[[Array], float], x: Array, h: float) -> Array:
    gradient, point = np.zeros(x.shape), x.copy()
    for i in np.ndindex(x.shape):
        point[i] += h
        above = f(point)
        point[i] -= 2 * h
        gradient[i] = (above - f(point)) / (2 * h)
    return gradient


def _stretched(f: Callable[[Array], float], x: Array, h: float) -> Array:
    """Differences with a step of h |xᵢ|."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] *= 1 + h
        down[i] *= 1 - h
        gradient[i] = (f(up) - f(down)) / (2 * h * x[i])
    return gradient


exercise(
    centred_difference,
    task="Return the slope of f along every number of the array x, by centred differences with step h: an array of the "
    "shape of x. f takes such an array and returns a number.",
    returns=("gradient",),
    cases=_functions,
    misconceptions=(
        Misconception(
            "forward difference",
            _forward_difference,
            "that is the forward difference: one foot stands at x. Let one foot stand h above and the other h below.",
        ),
        Misconception(
            "backward difference",
            lambda f, x, h: _forward_difference(f, x, h, -1),
            "one foot stands at x. Let one foot stand h above and the other h below.",
        ),
        Misconception(
            "divided by h",
            lambda f, x, h: 2 * centred_difference(f, x, h),
            "twice too large: from x − h to x + h the way is 2h long.",
        ),
        Misconception(
            "multiplied by h",
            lambda f, x, h: h**2 * centred_difference(f, x, h),
            "the change is divided by 2 and then multiplied by h: Python reads / 2 * h from left to right. Write "
            "/ (2 * h).",
        ),
        Misconception(
            "one foot, twice the way",
            lambda f, x, h: _forward_difference(f, x, h) / 2,
            "one foot stands at x and the other h away, but you divide by 2h. Let the first stand at x − h.",
        ),
        Misconception(
            "step in proportion",
            lambda f, x, h: x * _stretched(f, x, h),
            "your step is h times the number itself. It is h for every number, whatever its size.",
        ),
        Misconception(
            "h / 2 for each foot",
            lambda f, x, h: centred_difference(f, x, h / 2),
            "your feet stand only h / 2 away from x. A centred difference with step h goes from x − h to x + h.",
        ),
        Misconception(
            "all at once",
            lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
            "x + h moves all numbers at once, and you get one slope. Move one number at a time, and keep the others "
            "where they are.",
        ),
        Misconception(
            "all at once, in every place",
            lambda f, x, h: np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h)),
            "x + h moves all numbers at once, so every place gets the same slope. Move one number at a time.",
        ),
        Misconception(
            "not moved back",
            _not_moved_back,
            "a number that has been moved is not moved back before the next one has its turn. Put it back, or work on "
            "a fresh copy of x each time.",
        ),
        Misconception(
            "not divided",
            lambda f, x, h: 2 * h * centred_difference(f, x, h),
            "that is how much f changes. A slope is the change divided by the move, which is 2h long.",
        ),
        Misconception(
            "sign",
            lambda f, x, h: -centred_difference(f, x, h),
            "the sign is the opposite. The slope is (what f is above − what it is below) / 2h.",
        ),
    ),
    hints=(
        "Begin with np.zeros(x.shape), and fill it in a loop: for i in np.ndindex(x.shape).",
        "In the loop take two copies of x, and move the number i of one up by h, that of the other down by h.",
        "gradient[i] = (f(up) - f(down)) / (2 * h).",
    ),
    takeaway="Two calls of f for each number: slow, and independent of every formula, which is why it can judge one.",
)
