"""Section 3 of chapter 01: the hinge loss of a multiclass SVM and its gradient."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def hinge_loss(scores: Array, y: Array) -> tuple[np.float64, Array]:
    """Mean multiclass SVM loss with margin 1, and its gradient."""
    return _hinge(scores, y)


def _hinge(scores: Array, y: Array, margin: float = 1.0) -> tuple[np.float64, Array]:
    n = len(scores)
    rows = np.arange(n)
    excess = scores - scores[rows, y][:, None] + margin  # (N, C)
    excess[rows, y] = 0
    dscores = (excess > 0).astype(float)
    dscores[rows, y] = -dscores.sum(axis=1)
    return np.maximum(excess, 0).sum() / n, dscores / n


def batches(rng: np.random.Generator) -> list[Case]:
    """Three batches of scores, spread so widely that some samples keep the margin and some do not."""
    return [
        (rng.normal(0, 2, (samples, classes)), rng.permutation(np.arange(samples) % classes))
        for samples, classes in ((6, 4), (9, 3), (5, 5))
    ]


def _own_column(dscores: Array, y: Array, value: Array | float) -> Array:
    """``dscores`` with another value at the right classes."""
    changed = dscores.copy()
    changed[np.arange(len(y)), y] = value
    return changed


def _own_class_counted(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = hinge_loss(scores, y)
    return loss + 1, dscores


def _mean_over_classes(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = hinge_loss(scores, y)
    return loss / scores.shape[1], dscores / scores.shape[1]


def _lead_reversed(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = hinge_loss(-scores, y)
    return loss, -dscores


def _squared(scores: Array, y: Array) -> tuple[np.float64, Array]:
    n, rows = len(scores), np.arange(len(scores))
    excess = np.maximum(scores - scores[rows, y][:, None] + 1, 0)
    excess[rows, y] = 0
    return (excess**2).sum() / n, _own_column(2 * excess, y, -2 * excess.sum(axis=1)) / n


def _not_divided(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = hinge_loss(scores, y)
    return loss, len(scores) * dscores


def _one_pull_only(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = hinge_loss(scores, y)
    return loss, _own_column(dscores, y, -1 / len(scores))


def _right_class_left_alone(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = hinge_loss(scores, y)
    return loss, _own_column(dscores, y, 0.0)


def _uphill(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = hinge_loss(scores, y)
    return loss, -dscores


def _sum_of_hinges(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = hinge_loss(scores, y)
    return len(scores) * loss, len(scores) * dscores


exercise(
    hinge_loss,
    task="Return the mean multiclass SVM loss with margin 1 of scores (N, C) and labels y, and its gradient.",
    returns=("loss", "dscores"),
    cases=batches,
    misconceptions=(
        Misconception(
            "own class counted",
            _own_class_counted,
            "your loss is 1 too large: for j = y the term is max(0, 0 + 1). The sum leaves this class out.",
        ),
        Misconception(
            "sum instead of mean",
            _sum_of_hinges,
            "loss and gradient are N times too large: the loss is the mean over the samples.",
        ),
        Misconception(
            "mean over classes",
            _mean_over_classes,
            "you divide by C as well. The terms of one sample are added up; only the samples are averaged.",
        ),
        Misconception(
            "no margin",
            lambda scores, y: _hinge(scores, y, 0.0),
            "the margin is missing: a wrong score must stay 1 below the right one, not just below it.",
        ),
        Misconception(
            "wrong way round",
            _lead_reversed,
            "you punish a right score that leads. The term is for a wrong score that comes too near or is above.",
        ),
        Misconception(
            "squared",
            _squared,
            "that is the squared hinge loss. Here each term counts as it is.",
        ),
        Misconception(
            "gradient not divided",
            _not_divided,
            "the loss is right. It is a mean, so its gradient has the same 1 / N in it.",
        ),
        Misconception(
            "one pull only",
            _one_pull_only,
            "nearly: s_y stands in every term of its sample that is above 0, and in none if all are 0. Count them.",
        ),
        Misconception(
            "right class left alone",
            _right_class_left_alone,
            "the wrong classes are right. But s_y stands in the terms as well, with a minus.",
        ),
        Misconception(
            "uphill",
            _uphill,
            "the loss is right, the gradient has the wrong sign: raising a wrong score raises the loss.",
        ),
    ),
    hints=(
        "scores[np.arange(N), y][:, None] is a column of the right scores; the margins are then one subtraction.",
        "Set the right class's own term to 0 before you sum. The slope of max(0, e) is 1 where e > 0, else 0.",
        "dscores is 1 / N where a term is above 0; at the right class it is minus the sum of its row.",
    ),
    takeaway="Samples past the margin have a row of zeros: the hinge learns only from those that are too near.",
)
