"""The exercises of chapter 01: two losses with their gradients, what a loss starts at, and the penalty's share."""

import math

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


def _batches(rng: np.random.Generator) -> list[Case]:
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
    cases=_batches,
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
    cases = _batches(rng)[:2]
    scores = 5000 * rng.choice([-2.0, -1.0, 1.0, 2.0], (4, 1)) + rng.uniform(-1, 1, (4, 3))
    y = rng.integers(0, 3, 4)
    scores[2, y[2]] -= 900
    return [*cases, (scores, y)]


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
