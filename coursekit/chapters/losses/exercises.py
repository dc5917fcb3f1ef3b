"""The exercises of chapter 01: losses with their gradients, what a loss starts at, targets, bits, and the penalty."""

import math
from collections.abc import Callable
from typing import Any

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


def huber_loss(scores: Array, y: Array, delta: float) -> tuple[np.float64, Array]:
    """Mean of ½ r² where |r| ≤ δ and of δ (|r| − ½ δ) beyond, r = s − y, and its gradient clip(r, −δ, δ) / N."""
    return _huber(scores - y, delta)


def _huber(r: Array, delta: float) -> tuple[np.float64, Array]:
    size = np.abs(r)
    each = np.where(size <= delta, r**2 / 2, delta * (size - delta / 2))
    return each.mean(), np.clip(r, -delta, delta) / len(r)


def _residuals(rng: np.random.Generator) -> list[Case]:
    """Residuals of both signs, some within δ and some beyond."""
    made = []
    for count, delta in ((6, 1.5), (9, 0.7), (5, 2.0)):
        y = rng.normal(0, 3, count)
        r = delta * rng.permutation(np.r_[-2.5, -0.4, 0.6, 3.0, rng.uniform(-2, 2, count - 4)])
        made.append((y + r, y, delta))
    return made


def _huber_with(each: Callable[[Array, float], Array], slope: Callable[[Array, float], Array]) -> Callable[..., Any]:
    """A wrong answer of its own formulas for one residual."""

    def wrong(scores: Array, y: Array, delta: float) -> tuple[np.float64, Array]:
        r = scores - y
        return each(r, delta).mean(), slope(r, delta) / len(r)

    return wrong


def _one_by_one(r: Array, delta: float) -> Array:
    """The Huber loss of each residual."""
    return np.array([_huber(value[None], delta)[0] for value in r])


def _clipped(r: Array, delta: float) -> Array:
    return np.clip(r, -delta, delta)


def _inside(r: Array, delta: float, within: Array, beyond: Array) -> Array:
    return np.where(np.abs(r) <= delta, within, beyond)


exercise(
    huber_loss,
    task="Return the mean Huber loss of the predictions scores (N,) for targets y (N,), and its gradient.",
    returns=("loss", "dscores"),
    cases=_residuals,
    misconceptions=(
        Misconception(
            "no constant",
            _huber_with(lambda r, d: _inside(r, d, r**2 / 2, d * np.abs(r)), _clipped),
            "the gradient is right. At |r| = δ your loss jumps from ½ δ² to δ²: subtract ½ δ² from the outer part.",
        ),
        Misconception(
            "no half",
            _huber_with(lambda r, d: _inside(r, d, r**2, d * (np.abs(r) - d / 2)), _clipped),
            "the gradient is right. Near 0 the loss is ½ r²; without the ½ its slope would be 2 r.",
        ),
        Misconception(
            "slope 1 beyond",
            _huber_with(_one_by_one, lambda r, d: _inside(r, d, r, np.sign(r))),
            "the loss is right. Beyond δ it rises with δ for each unit of the residual, not with 1.",
        ),
        Misconception(
            "clipped at 1",
            _huber_with(_one_by_one, lambda r, d: np.clip(r, -1, 1)),
            "the loss is right. You hold the slope between −1 and 1; δ says where it ends, and how steep it is there.",
        ),
        Misconception(
            "outer part not times δ",
            _huber_with(lambda r, d: _inside(r, d, r**2 / 2, np.abs(r) - d / 2), _clipped),
            "the gradient is right. Beyond δ the whole bracket |r| − ½ δ is multiplied by δ, or the line is too flat.",
        ),
        Misconception(
            "never clipped",
            _huber_with(_one_by_one, lambda r, d: r),
            "the loss is right. Your gradient is that of ½ r² everywhere: beyond δ it must stop growing.",
        ),
        Misconception(
            "no sign beyond",
            _huber_with(_one_by_one, lambda r, d: _inside(r, d, r, np.full_like(r, d))),
            "the loss is right. A residual below −δ pulls the other way: its slope is −δ.",
        ),
        Misconception(
            "uphill",
            _huber_with(_one_by_one, lambda r, d: -_clipped(r, d)),
            "the loss is right, the gradient has the wrong sign: the residual is prediction minus target.",
        ),
        Misconception(
            "one side only",
            _huber_with(lambda r, d: np.where(r <= d, r**2 / 2, d * (r - d / 2)), lambda r, d: np.where(r <= d, r, d)),
            "a residual far below −δ is far off too: compare |r| with δ, not r.",
        ),
        Misconception(
            "gradient not divided",
            lambda scores, y, delta: (_huber(scores - y, delta)[0], np.clip(scores - y, -delta, delta)),
            "the loss is right. It is a mean, so its gradient has the same 1 / N in it.",
        ),
        Misconception(
            "sum instead of mean",
            lambda scores, y, delta: tuple(len(y) * value for value in _huber(scores - y, delta)),
            "loss and gradient are N times too large: the loss is the mean over the samples.",
        ),
        Misconception(
            "absolute error",
            _huber_with(lambda r, d: np.abs(r), lambda r, d: np.sign(r)),
            "that is the absolute error. Huber is ½ r² as long as |r| ≤ δ.",
        ),
        Misconception(
            "squared error",
            _huber_with(lambda r, d: r**2, lambda r, d: 2 * r),
            "that is the squared error. Huber has a ½ before it, and goes on as a straight line beyond δ.",
        ),
    ),
    hints=(
        "r = scores − y. np.where(np.abs(r) <= delta, …, …) takes one formula inside and the other beyond.",
        "The two parts are ½ r² and δ (|r| − ½ δ); at |r| = δ both are ½ δ².",
        "The slope is r, held between −δ and δ: np.clip(r, -delta, delta). Both answers are means over N.",
    ),
    takeaway="Huber listens to an outlier, but never more than to a residual of δ.",
)


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


def wasted_bits(p: Array, q: Array) -> tuple[np.float64, np.float64]:
    """H(p, q) and D(p‖q), both in bits; an event that never happens, p = 0, costs nothing."""
    happens = p > 0
    p, q = p[happens], q[happens]
    return -(p * np.log2(q)).sum(), (p * np.log2(p / q)).sum()


def _pairs_of_distributions(rng: np.random.Generator) -> list[Case]:
    """Three pairs; in the last one an event never happens."""
    made = [(rng.dirichlet(np.full(size, 2.0)), rng.dirichlet(np.full(size, 2.0))) for size in (4, 6)]
    p = rng.dirichlet(np.full(5, 2.0))
    p[rng.integers(5)] = 0
    return [*made, (p / p.sum(), rng.dirichlet(np.full(5, 2.0)))]


def _bits_with(total: Callable[..., Any], waste: Callable[..., Any]) -> Callable[..., Any]:
    """A wrong answer, computed over the events that happen."""

    def wrong(p: Array, q: Array) -> tuple[Any, Any]:
        p, q = p[p > 0], q[p > 0]
        return total(p, q), waste(p, q)

    return wrong


def _total(p: Array, q: Array) -> Any:
    return -(p * np.log2(q)).sum()


def _waste(p: Array, q: Array) -> Any:
    return (p * np.log2(p / q)).sum()


def _exchanged(p: Array, q: Array) -> tuple[Any, Any]:
    with np.errstate(divide="ignore"):  # of an event with p = 0, whose word would be infinitely long
        return _total(q, p), _waste(q, p)


exercise(
    wasted_bits,
    task="Events come with probabilities p, the code was made for q. Return the mean length of a word, H(p, q), in "
    "bits, and what of it is wasted, D(p‖q). Some p may be 0.",
    returns=("cross_entropy", "divergence"),
    cases=_pairs_of_distributions,
    misconceptions=(
        Misconception(
            "nats",
            _bits_with(lambda p, q: -(p * np.log(q)).sum(), lambda p, q: (p * np.log(p / q)).sum()),
            "your unit is the nat: bits need the logarithm to base 2, np.log2.",
        ),
        Misconception(
            "one over a logarithm",
            _bits_with(lambda p, q: (p / np.log2(q)).sum(), _waste),
            "the divergence is right. A word has log₂(1/q) bits, which is −log₂ q, and not 1 / log₂ q.",
        ),
        Misconception(
            "one over a logarithm, positive",
            _bits_with(lambda p, q: (-p / np.log2(q)).sum(), _waste),
            "the divergence is right. 1 / log₂ q is not log₂(1 / q): for q = 1/8 a word has 3 bits, not a third.",
        ),
        Misconception(
            "roles exchanged",
            _exchanged,
            "p says how often an event comes, q how long its word is. You have exchanged them.",
        ),
        Misconception(
            "entropy",
            _bits_with(lambda p, q: -(p * np.log2(p)).sum(), _waste),
            "the divergence is right. Your first number is the entropy: the words have the lengths that q gives them.",
        ),
        Misconception(
            "entropy of q",
            _bits_with(lambda p, q: -(q * np.log2(q)).sum(), _waste),
            "the divergence is right. The words' lengths come from q, but events come as often as p says.",
        ),
        Misconception(
            "sign",
            _bits_with(lambda p, q: -_total(p, q), _waste),
            "the divergence is right. A length is −log₂ q: the log of a number below 1 is negative.",
        ),
        Misconception(
            "both signs",
            _bits_with(lambda p, q: -_total(p, q), lambda p, q: -_waste(p, q)),
            "both are negative. A length is −log₂ q, and the waste Σ p log₂ (p / q).",
        ),
        Misconception(
            "all is waste",
            _bits_with(_total, _total),
            "the cross-entropy is right. Not all of it is wasted: the best code would need bits as well.",
        ),
        Misconception(
            "entropy as waste",
            _bits_with(_total, lambda p, q: -(p * np.log2(p)).sum()),
            "the cross-entropy is right. Your second number is what the best code needs; the waste is the rest.",
        ),
        Misconception(
            "waste the other way up",
            _bits_with(_total, lambda p, q: -_waste(p, q)),
            "the cross-entropy is right. The waste is what it has more than the entropy, so it is never below 0.",
        ),
        Misconception(
            "not weighted",
            _bits_with(_total, lambda p, q: np.log2(p / q).sum()),
            "the cross-entropy is right. In the divergence, too, each event counts as often as it comes: times p.",
        ),
        Misconception(
            "mean over events",
            _bits_with(lambda p, q: -(p * np.log2(q)).mean(), lambda p, q: (p * np.log2(p / q)).mean()),
            "p is the weight already: a sum over the events, not their mean.",
        ),
    ),
    hints=(
        "A word has −log₂ q bits and is sent with probability p: what is its mean length?",
        "The waste is Σ p log₂(p / q). Leave out the events with p = 0 first: happens = p > 0.",
        "H(p, q) = −Σ p log₂ q, and D = H(p, q) − H(p), both over the events that happen.",
    ),
    takeaway="Cross-entropy is the bill, entropy what nobody can avoid, and the divergence the price of being wrong.",
)


def neuron_slopes(z: Array, y: Array) -> tuple[Array, Array]:
    """∂/∂z of (σ(z) − y)² and of the binary cross-entropy, for each z by itself."""
    a = 1 / (1 + np.exp(-z))
    return 2 * (a - y) * a * (1 - a), a - y


def _sums_and_answers(rng: np.random.Generator) -> list[Case]:
    return [(rng.uniform(-5, 5, count), rng.permutation(np.arange(count) % 2).astype(float)) for count in (4, 6, 7)]


def _slopes_with(squared: Callable[[Array, Array, Array], Array], entropy: Any = None) -> Callable[..., Any]:
    """A wrong answer from z, a = σ(z) and y."""

    def wrong(z: Array, y: Array) -> tuple[Array, Array]:
        a = 1 / (1 + np.exp(-z))
        return squared(z, a, y), entropy(z, a, y) if entropy else a - y

    return wrong


def _right_squared(z: Array, a: Array, y: Array) -> Array:
    return 2 * (a - y) * a * (1 - a)


exercise(
    neuron_slopes,
    task="A neuron says a = σ(z). Return for each z (N,) with target y (N,) the slope ∂L/∂z of the squared error "
    "(a − y)², and that of the binary cross-entropy.",
    returns=("dz_squared", "dz_entropy"),
    cases=_sums_and_answers,
    misconceptions=(
        Misconception(
            "no slope of the sigmoid",
            _slopes_with(lambda z, a, y: 2 * (a - y)),
            "the cross-entropy is right. 2 (a − y) is ∂L/∂a of the squared error; from a to z there is σ′(z) to pass.",
        ),
        Misconception(
            "no factor 2",
            _slopes_with(lambda z, a, y: (a - y) * a * (1 - a)),
            "the cross-entropy is right. The other belongs to ½ (a − y)²: here there is no ½.",
        ),
        Misconception(
            "sigmoid twice",
            _slopes_with(
                lambda z, a, y: 2 * (a - y) * (1 / (1 + np.exp(-a))) * (1 - 1 / (1 + np.exp(-a))),
            ),
            "the cross-entropy is right. σ′(z) = a (1 − a); you have put a through the sigmoid once more.",
        ),
        Misconception(
            "z instead of a",
            _slopes_with(lambda z, a, y: 2 * (a - y) * z * (1 - z)),
            "the cross-entropy is right. σ′(z) is a (1 − a), in terms of the output, not z (1 − z).",
        ),
        Misconception(
            "sigmoid's slope in both",
            _slopes_with(_right_squared, lambda z, a, y: (a - y) * a * (1 - a)),
            "the squared error is right. In the cross-entropy ∂L/∂a has 1 / (a (1 − a)) in it: σ′ cancels.",
        ),
        Misconception(
            "slope with respect to a",
            _slopes_with(_right_squared, lambda z, a, y: (a - y) / (a * (1 - a))),
            "the squared error is right. Your second is ∂L/∂a; times σ′(z) = a (1 − a) it becomes ∂L/∂z.",
        ),
        Misconception(
            "one logarithm only",
            _slopes_with(_right_squared, lambda z, a, y: -y * (1 - a)),
            "the squared error is right. Your second is the slope of −y log a alone: where y is 0 the other logarithm, "
            "−(1 − y) log(1 − a), has a slope too.",
        ),
        Misconception(
            "signs",
            lambda z, y: tuple(-value for value in neuron_slopes(z, y)),
            "both have the wrong sign: where a > y the loss grows with z.",
        ),
        Misconception(
            "swapped",
            lambda z, y: neuron_slopes(z, y)[::-1],
            "both are right, but the squared error's comes first.",
        ),
        Misconception(
            "means",
            lambda z, y: tuple(value / len(z) for value in neuron_slopes(z, y)),
            "you divide by N. Each neuron is asked for by itself here: there is no mean.",
        ),
        Misconception(
            "no sigmoid",
            lambda z, y: (2 * (z - y), z - y),
            "the neuron says a = σ(z): the error is a − y, not z − y.",
        ),
    ),
    hints=(
        "Compute a = 1 / (1 + e⁻ᶻ) first. Its slope is σ′(z) = a (1 − a).",
        "Chain rule: ∂L/∂z = ∂L/∂a · σ′(z). For the squared error ∂L/∂a = 2 (a − y).",
        "2 (a − y) a (1 − a), and a − y, in which σ′ has cancelled.",
    ),
    takeaway="The same error, and two slopes: only one of them still knows it where the sigmoid is flat.",
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
