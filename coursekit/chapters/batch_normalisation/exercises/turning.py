"""Section 7: by what angle a step turns the weights."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def turning_angle(w: Array, dw: Array, lr: float) -> Array:
    """Return the angle in degrees between w and w − η dw, column by column."""
    new = w - lr * dw
    return np.degrees(np.arccos(_cosine(w, new, axis=0)))


def _cosine(a: Array, b: Array, axis: int | None) -> Array:
    return (a * b).sum(axis=axis) / np.sqrt((a * a).sum(axis=axis) * (b * b).sum(axis=axis))


def _steps(rng: np.random.Generator) -> list[Case]:
    """Steps, with decay, that turn by tens of degrees; the third is square, so that a wrong axis fits."""
    cases = []
    for inputs, units, lr in ((5, 3, 0.5), (6, 2, 0.8), (4, 4, 0.6)):
        w = rng.normal(size=(inputs, units))
        cases.append((w, rng.normal(size=w.shape) + 0.3 * w, lr))
    return cases


def _short_step(w: Array, dw: Array, lr: float) -> Array:
    return np.degrees(lr * np.linalg.norm(dw, axis=0) / np.linalg.norm(w, axis=0))


def _lengths_of_all(w: Array, dw: Array, lr: float) -> Array:
    new = w - lr * dw
    return np.degrees(np.arccos((w * new).sum(axis=0) / np.linalg.norm(w) / np.linalg.norm(new)))


def _right_angles(w: Array, dw: Array, lr: float) -> Array:
    return np.degrees(np.arctan(lr * np.linalg.norm(dw, axis=0) / np.linalg.norm(w, axis=0)))


exercise(
    turning_angle,
    task="Return, for each unit, the angle in degrees by which the step w − lr · dw turns its weights, a column of w.",
    returns=("angle",),
    cases=_steps,
    misconceptions=(
        Misconception(
            "radians",
            lambda w, dw, lr: np.radians(turning_angle(w, dw, lr)),
            "your angle is in radians. np.degrees turns it into degrees.",
        ),
        Misconception(
            "the cosine",
            lambda w, dw, lr: _cosine(w, w - lr * dw, axis=0),
            "that is the cosine of the angle. np.arccos undoes it.",
        ),
        Misconception(
            "right angles taken for granted",
            _right_angles,
            "that holds for a gradient at right angles to the weights. Here compare w with w − lr · dw.",
        ),
        Misconception(
            "length of the step",
            _short_step,
            "you divide the length of the step by that of the weights. That is an angle, in radians, only for a very "
            "short step at right angles to the weights.",
        ),
        Misconception(
            "lengths of the whole matrix",
            _lengths_of_all,
            "the products are right, but each column has a length of its own: name the axis of the norms.",
        ),
        Misconception(
            "arcsin",
            lambda w, dw, lr: 90 - turning_angle(w, dw, lr),
            "you take the arcsin. a · b / (‖a‖ ‖b‖) is a cosine, and arccos undoes it.",
        ),
        Misconception(
            "angle to the gradient",
            lambda w, dw, lr: np.degrees(np.arccos(_cosine(w, dw, axis=0))),
            "that is the angle between the weights and their gradient. Compare the weights before and after the step.",
        ),
        Misconception(
            "uphill",
            lambda w, dw, lr: turning_angle(w, -dw, lr),
            "you go uphill: gradient descent takes lr · dw away.",
        ),
        Misconception(
            "wrong axis",
            lambda w, dw, lr: np.degrees(np.arccos(_cosine(w, w - lr * dw, axis=1))),
            "you take the rows of w. A unit's weights are a column.",
        ),
        Misconception(
            "one angle for all",
            lambda w, dw, lr: np.degrees(np.arccos(_cosine(w, w - lr * dw, axis=None))),
            "you take one angle for the whole layer. Each unit, a column of w, turns by its own.",
        ),
        Misconception(
            "no learning rate",
            lambda w, dw, lr: turning_angle(w, dw, 1.0),
            "the step is lr · dw, not dw.",
        ),
    ),
    hints=(
        "What are the weights after the step? new = w − lr · dw.",
        "For two vectors cos(angle) = a · b / (‖a‖ ‖b‖). For each column, (w * new).sum(axis=0) is a · b.",
        "np.degrees(np.arccos(cosine)), with the norms np.linalg.norm(…, axis=0).",
    ),
    takeaway="Multiply w by 10, divide dw by 10, as batch norm does, and the angle is about a hundredth.",
)
