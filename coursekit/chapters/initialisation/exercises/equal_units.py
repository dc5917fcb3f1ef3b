"""Section 2: the gradients of two layers, in which equal units stay equal."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def symmetric_gradients(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    """Gradients of the mean cross-entropy of softmax(tanh(x w1) w2)."""
    n = len(x)
    hidden = np.tanh(x @ w1)  # (N, H)
    dscores = _softmax(hidden @ w2)  # (N, C)
    dscores[np.arange(n), y] -= 1
    dscores /= n
    dz = (dscores @ w2.T) * (1 - hidden**2)  # (N, H)
    return x.T @ dz, hidden.T @ dscores


def _softmax(scores: Array) -> Array:
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _two_layers(rng: np.random.Generator) -> list[Case]:
    """Three networks; the second has as many hidden units as classes, so that w2 fits in both directions."""
    return [
        (
            rng.normal(size=(samples, features)),
            rng.integers(0, classes, samples),
            rng.normal(size=(features, hidden)),
            rng.normal(size=(hidden, classes)),
        )
        for samples, features, hidden, classes in ((6, 4, 3, 5), (7, 3, 4, 4), (5, 2, 6, 3))
    ]


def _hidden_and_dscores(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    """Both right, for the wrong answers that go astray behind them."""
    hidden = np.tanh(x @ w1)
    return hidden, (_softmax(hidden @ w2) - np.eye(w2.shape[1])[y]) / len(x)


def _sum_over_batch(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    dw1, dw2 = symmetric_gradients(x, y, w1, w2)
    return len(x) * dw1, len(x) * dw2


def _uphill(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    dw1, dw2 = symmetric_gradients(x, y, w1, w2)
    return -dw1, -dw2


def _transposed(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    dw1, dw2 = symmetric_gradients(x, y, w1, w2)
    return dw1.T, dw2.T


def _swapped(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    dw1, dw2 = symmetric_gradients(x, y, w1, w2)
    return dw2, dw1


def _no_one_hot(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    hidden = np.tanh(x @ w1)
    dscores = _softmax(hidden @ w2) / len(x)
    return x.T @ (dscores @ w2.T * (1 - hidden**2)), hidden.T @ dscores


def _no_slope(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    hidden, dscores = _hidden_and_dscores(x, y, w1, w2)
    return x.T @ (dscores @ w2.T), hidden.T @ dscores


def _tanh_twice(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    hidden, dscores = _hidden_and_dscores(x, y, w1, w2)
    return x.T @ (dscores @ w2.T * (1 - np.tanh(hidden) ** 2)), hidden.T @ dscores


def _w2_not_transposed(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    hidden, dscores = _hidden_and_dscores(x, y, w1, w2)
    return x.T @ (dscores @ w2 * (1 - hidden**2)), hidden.T @ dscores


exercise(
    symmetric_gradients,
    task="Return dw1 and dw2, the gradients of the mean cross-entropy of softmax(tanh(x @ w1) @ w2) for labels y.",
    returns=("dw1", "dw2"),
    cases=_two_layers,
    misconceptions=(
        Misconception(
            "sum instead of mean",
            _sum_over_batch,
            "your gradients are N times too large: the loss is the mean over the N samples.",
        ),
        Misconception(
            "no one-hot",
            _no_one_hot,
            "the gradient of the scores is p − 1 at the right class and p elsewhere; you left out the 1.",
        ),
        Misconception(
            "wrong sign",
            _uphill,
            "the sign is wrong: these gradients point downhill. Is it p minus the one-hot label?",
        ),
        Misconception(
            "no tanh'",
            _no_slope,
            "dw2 is right. On the way to dw1 the gradient passes tanh: multiply by its derivative.",
        ),
        Misconception(
            "tanh' of tanh",
            _tanh_twice,
            "dw2 is right. For dw1 you take tanh twice: tanh'(z) = 1 − tanh²(z), and hidden is tanh(z) already.",
        ),
        Misconception(
            "w2 not transposed",
            _w2_not_transposed,
            "dw2 is right. The gradient goes back through w2 transposed: (N, C) @ (C, H) gives (N, H).",
        ),
        Misconception(
            "transposed",
            _transposed,
            "your gradients are transposed: each has the shape of its weights.",
        ),
        Misconception(
            "swapped",
            _swapped,
            "you return dw2 first. Return dw1, dw2.",
        ),
    ),
    hints=(
        "Forward: hidden = tanh(x @ w1), scores = hidden @ w2, p = softmax(scores). Keep hidden and p.",
        "dscores = (p − one-hot of y) / N, and dw2 = hidden.T @ dscores.",
        "dz = (dscores @ w2.T) · (1 − hidden²), and dw1 = x.T @ dz.",
    ),
    takeaway="Now call it with equal weights: all columns of dw1 are the same, so the hidden units stay equal.",
)
