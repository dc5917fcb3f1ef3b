"""Section 5: a bump built of ReLU units."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def bump_weights(left: float, peak: float, right: float, height: float) -> Array:
    """Output weights (3,) of ReLUs with joints left, peak and right: each is the slope after minus that before."""
    up, down = height / (peak - left), height / (right - peak)
    return np.array([up, -up - down, down])


def _triangles(rng: np.random.Generator) -> list[Case]:
    """Two sides of unlike width, on either side of 0; the last bump points downwards."""
    widths = rng.uniform(0.5, 3, (4, 2)) + np.array([0.0, 1.0])
    starts, heights = rng.uniform(-4, 1, 4), rng.uniform(0.5, 6, 4) * (1, 1, 1, -1)
    return [
        (float(start), float(start + a), float(start + a + b), float(height))
        for start, (a, b), height in zip(starts, widths, heights, strict=True)
    ]


def _wrong_bend(name: str, factors: tuple[tuple[float, float], ...], message: str) -> Misconception:
    """Make a wrong answer whose weights are each so many times the slope up, and so many times the slope down."""

    def answer(left: float, peak: float, right: float, height: float) -> Array:
        return np.array(factors) @ (height / (peak - left), height / (right - peak))

    return Misconception(name, answer, message)


exercise(
    bump_weights,
    task="Three ReLU units have their joints at left, peak and right, and the bias is 0. Return the weights v₁, v₂, v₃ "
    "that make their sum a bump: 0 up to left, straight up to height at peak, straight down to 0 at right, 0 after it.",
    returns=("weights",),
    cases=_triangles,
    misconceptions=(
        _wrong_bend(
            "slopes for weights",
            ((1, 0), (0, -1), (0, 0)),
            "those are the slopes of the three pieces. A unit goes on for ever, so its weight is the slope after its "
            "joint minus the slope before it.",
        ),
        _wrong_bend(
            "first unit not undone",
            ((1, 0), (0, -1), (0, 1)),
            "v₁ and v₃ are right. After the peak the first unit is still climbing: v₂ has to undo its slope before "
            "the bump can fall.",
        ),
        _wrong_bend(
            "only levelled",
            ((1, 0), (-1, 0), (0, 1)),
            "v₁ and v₃ are right. Your v₂ undoes the climb, so the sum runs on level after the peak. It must fall.",
        ),
        _wrong_bend(
            "no third unit",
            ((1, 0), (-1, -1), (0, 0)),
            "v₁ and v₂ are right. After right your bump goes on falling: the third unit has to level it.",
        ),
        _wrong_bend(
            "both sides alike",
            ((1, 0), (-2, 0), (1, 0)),
            "that is a bump whose sides are equally wide. This one falls over the width right − peak.",
        ),
        _wrong_bend(
            "third falls again",
            ((1, 0), (-1, -1), (0, -1)),
            "v₁ and v₂ are right, but v₃ bends the sum down once more. The slope there changes from falling to 0.",
        ),
        _wrong_bend(
            "third undoes both",
            ((1, 0), (-1, -1), (1, 1)),
            "v₁ and v₂ are right. At right only the slope down is left to undo: the climb was undone at the peak.",
        ),
        _wrong_bend(
            "slope before minus slope after",
            ((1, 0), (1, 1), (0, 1)),
            "v₁ and v₃ are right. v₂ is the slope after the peak, a fall, minus the slope before it, a climb.",
        ),
        _wrong_bend(
            "fall taken as a climb",
            ((1, 0), (-1, 1), (0, 1)),
            "v₁ and v₃ are right. The slope after the peak is negative: v₂ undoes the climb, and then bends down once "
            "more.",
        ),
        _wrong_bend(
            "climb not turned",
            ((1, 0), (1, -1), (0, 1)),
            "v₁ and v₃ are right. v₂ is the slope after the peak minus the slope before it: the climb is taken away.",
        ),
        Misconception(
            "brackets",
            lambda left, peak, right, height: np.array(
                [height / peak - left, -(height / peak - left) - (height / right - peak), height / right - peak]
            ),
            "height / peak - left divides first and takes left away after it. The width needs brackets: peak - left.",
        ),
        Misconception(
            "heights for weights",
            lambda left, peak, right, height: np.array([height, -2 * height, height]),
            "those are heights. A weight is a bend, a change of slope, so it also depends on how wide each side is.",
        ),
        Misconception(
            "heights at the joints",
            lambda left, peak, right, height: np.array([0.0, height, 0.0]),
            "those are the heights at the joints. A weight says how much the slope changes there.",
        ),
        Misconception(
            "upside down",
            lambda left, peak, right, height: np.array([peak - left, left - right, right - peak]) / height,
            "your slopes are upside down: width divided by height. A slope is the rise over the run.",
        ),
        Misconception(
            "width of the whole",
            lambda left, peak, right, height: np.array([1, -2, 1]) * height / (right - left),
            "you divide by the width of the whole bump. It climbs over peak − left and falls over right − peak.",
        ),
    ),
    hints=(
        "Write down the slopes of the four pieces from left to right: 0, up, down, 0.",
        "The slope up is height / (peak − left). How much does the slope change at each joint?",
        "v₁ = up, v₂ = −up − down, v₃ = down, with down = height / (right − peak).",
    ),
    takeaway="Bumps side by side, each with its peak where the next one starts, add up to any line with bends.",
)
