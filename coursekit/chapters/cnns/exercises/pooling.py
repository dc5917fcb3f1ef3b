"""Section 7: max pooling, backward."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def max_pool_backward(dout: Array, x: Array) -> Array:
    """Send each δ of dout (H/2, W/2) to the largest pixel of its 2 × 2 window of x (H, W)."""
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dout.shape):
        window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        row, column = np.unravel_index(window.argmax(), window.shape)
        dx[2 * i + row, 2 * j + column] = dout[i, j]
    return dx


def _pooled(rng: np.random.Generator) -> list[Case]:
    """Signed numbers, so that the largest is not the largest in size; no two alike, so that ties play no part."""
    return [
        (rng.normal(size=shape), rng.normal(size=(2 * shape[0], 2 * shape[1]))) for shape in ((2, 3), (3, 2), (2, 4))
    ]


def _spread(dout: Array, x: Array) -> Array:
    return np.kron(dout, np.full((2, 2), 0.25))


def _everyone(dout: Array, x: Array) -> Array:
    return np.kron(dout, np.ones((2, 2)))


def _where_positive(dout: Array, x: Array) -> Array:
    return _everyone(dout, x) * (x > 0)


def _times_value(dout: Array, x: Array) -> Array:
    return max_pool_backward(dout, x) * x


exercise(
    max_pool_backward,
    task="Return dx (H, W) of max-pooling one channel x (H, W) with 2 × 2 windows and stride 2, for the gradient "
    "dout (H/2, W/2).",
    returns=("dx",),
    cases=_pooled,
    misconceptions=(
        Misconception(
            "spread like a mean",
            _spread,
            "you give each pixel a quarter. That is mean-pooling; a maximum listens to one pixel only.",
        ),
        Misconception(
            "to all pixels",
            _everyone,
            "all four pixels of a window get the whole gradient. Which of them decided the maximum?",
        ),
        Misconception(
            "positive pixels",
            _where_positive,
            "you let the gradient through where x is positive. That is ReLU's rule; here the largest of four counts.",
        ),
        Misconception(
            "smallest pixel",
            lambda dout, x: max_pool_backward(dout, -x),
            "your gradients go to the smallest pixel of each window.",
        ),
        Misconception(
            "largest in size",
            lambda dout, x: max_pool_backward(dout, np.abs(x)),
            "you look for the largest absolute value. The maximum of −5 and 2 is 2.",
        ),
        Misconception(
            "times the value",
            _times_value,
            "the places are right, but you multiply by x. The derivative of the maximum by its winner is 1.",
        ),
    ),
    hints=(
        "Start with zeros. The window of dout[i, j] is x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].",
        "window.argmax() counts row by row; np.unravel_index(…, window.shape) makes a row and a column of it.",
        "dx[2 * i + row, 2 * j + column] = dout[i, j].",
    ),
    takeaway="The maximum routes its gradient to the winner: the same max gate as in chapter 02.",
)
