"""Section 4 of chapter 01: softmax cross-entropy and its gradient, stable for any scores."""

import math

import numpy as np

from coursekit.arrays import Array
from coursekit.chapters.losses.exercises.hinge import batches
from coursekit.exercises.exercise import Case, Misconception, exercise


def softmax_cross_entropy(scores: Array, y: Array) -> tuple[np.float64, Array]:
    """Mean of log Σ exp(s) − s_y, and its gradient (p − one-hot) / N."""
    n = len(scores)
    rows = np.arange(n)
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dscores = np.exp(log_p)
    dscores[rows, y] -= 1
    return -log_p[rows, y].mean(), dscores / n


def _small_and_huge_batches(rng: np.random.Generator) -> list[Case]:
    """Two usual batches, and one in which exp overflows without a shift, and p_y is too small for a float."""
    cases = batches(rng)[:2]
    scores = 5000 * rng.choice([-2.0, -1.0, 1.0, 2.0], (4, 1)) + rng.uniform(-1, 1, (4, 3))
    y = rng.integers(0, 3, 4)
    scores[2, y[2]] -= 900
    # Numbers that float32 holds: a good answer in float32 keeps all digits of their differences.
    return [*cases, (scores.astype(np.float32).astype(float), y)]


def _loss_times(factor: float) -> Misconception:
    def wrong(scores: Array, y: Array) -> tuple[np.float64, Array]:
        loss, dscores = softmax_cross_entropy(scores, y)
        return factor * loss, dscores

    message = "the gradient is right, and belongs to the natural logarithm. Your loss is in bits: use np.log."
    return Misconception("bits", wrong, message)


def _sum_of_losses(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = softmax_cross_entropy(scores, y)
    return len(scores) * loss, len(scores) * dscores


def _gradient_of_sum(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = softmax_cross_entropy(scores, y)
    return loss, len(scores) * dscores


def _no_one_hot(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = softmax_cross_entropy(scores, y)
    return loss, dscores + np.eye(scores.shape[1])[y] / len(scores)


def _sign_of_gradient(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = softmax_cross_entropy(scores, y)
    return loss, -dscores


def _sign_of_loss(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = softmax_cross_entropy(scores, y)
    return -loss, dscores


def _log_of_p(scores: Array, y: Array) -> tuple[np.float64, Array]:
    _, dscores = softmax_cross_entropy(scores, y)
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = shifted / shifted.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        return -np.log(p[np.arange(len(y)), y]).mean(), dscores


def _log_of_floored(floor: float) -> Misconception:
    """log(clip(p, floor)) or log(p + floor): alike where p is 0."""

    def wrong(scores: Array, y: Array) -> tuple[np.float64, Array]:
        _, dscores = softmax_cross_entropy(scores, y)
        shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = shifted / shifted.sum(axis=1, keepdims=True)
        return -np.log(np.maximum(p[np.arange(len(y)), y], floor)).mean(), dscores

    return Misconception(
        f"p kept above {floor:g}",
        wrong,
        f"no infinity any more, but no sample can cost more than −log({floor:g}) = {-math.log(floor):.1f}, and one "
        "here costs about 900. Simplify log(e^s / Σ e^s) on paper, and no p has to be kept away from 0.",
    )


FLOORS = (1e-300, 1e-100, 1e-30, 1e-20, 1e-16, float(np.finfo(float).eps), 1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7)


def _maximum_of_batch(scores: Array, y: Array) -> tuple[np.float64, Array]:
    rows = np.arange(len(scores))
    shifted = scores - scores.max()
    with np.errstate(all="ignore"):
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        dscores = np.exp(log_p)
        dscores[rows, y] -= 1
        return -log_p[rows, y].mean(), dscores / len(scores)


def _whole_rows(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = softmax_cross_entropy(scores, y)
    p = dscores * len(scores) + np.eye(scores.shape[1])[y]
    p[y[y < len(scores)]] -= 1
    return loss, p / len(scores)


def _whole_columns(scores: Array, y: Array) -> tuple[np.float64, Array]:
    loss, dscores = softmax_cross_entropy(scores, y)
    p = dscores * len(scores) + np.eye(scores.shape[1])[y]
    p[:, y] -= 1
    return loss, p / len(scores)


def _log_of_shifted(scores: Array, y: Array) -> tuple[np.float64, Array]:
    """Log-sum-exp of the shifted scores, minus the unshifted right one."""
    loss, dscores = softmax_cross_entropy(scores, y)
    return loss - scores.max(axis=1).mean(), dscores


exercise(
    softmax_cross_entropy,
    task="Return the mean cross-entropy of softmax(scores) for labels y, and its gradient. Scores may be ±10,000.",
    returns=("loss", "dscores"),
    cases=_small_and_huge_batches,
    misconceptions=(
        Misconception(
            "log of p",
            _log_of_p,
            "nearly: where p_y is too small for a float it is 0, and its log infinite. Simplify log(e^s / Σ e^s) "
            "on paper first.",
        ),
        *map(_log_of_floored, FLOORS),
        Misconception(
            "maximum of the batch",
            _maximum_of_batch,
            "scores.max() is the largest score of the whole batch. In a row that lies far below it every e^s is 0, and "
            "the log of their sum infinite: each row needs a maximum of its own.",
        ),
        Misconception(
            "1 from whole rows",
            _whole_rows,
            "the loss is right. d[y] is row number y of d, all of it: one entry of each row needs d[np.arange(N), y].",
        ),
        Misconception(
            "1 from whole columns",
            _whole_columns,
            "the loss is right. d[:, y] is those columns in every row: one entry of each row needs d[np.arange(N), y].",
        ),
        Misconception(
            "shift not undone",
            _log_of_shifted,
            "the gradient is right. You shift the scores in the sum, but s_y must be shifted by the same maximum.",
        ),
        Misconception(
            "sum instead of mean",
            _sum_of_losses,
            "loss and gradient are N times too large: the loss is the mean over the samples.",
        ),
        Misconception(
            "gradient not divided",
            _gradient_of_sum,
            "the loss is right. It is a mean, so its gradient has the same 1 / N in it.",
        ),
        Misconception(
            "no one-hot",
            _no_one_hot,
            "the loss is right. Your gradient is p / N: what is it at the right class?",
        ),
        Misconception(
            "gradient's sign",
            _sign_of_gradient,
            "the loss is right, the gradient has the wrong sign: raising a wrong score raises the loss.",
        ),
        Misconception(
            "loss's sign",
            _sign_of_loss,
            "your loss is negative: a probability below 1 has a negative logarithm.",
        ),
        _loss_times(1 / math.log(2)),
    ),
    hints=(
        "Subtract each row's maximum first: softmax does not change, and exp can no longer overflow.",
        "−log p_y = log Σ exp(s) − s_y. Compute it so, and never take the log of a p that may be 0.",
        "p = exp(log_p). The gradient is p, minus 1 at the right class, all divided by N.",
    ),
    takeaway="The gradient is what the softmax says minus what is true, and it is never quite 0.",
)
