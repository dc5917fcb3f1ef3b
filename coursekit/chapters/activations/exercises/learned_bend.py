"""Section 7: maxout, backward."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def maxout_backward(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    """Gradients of y[n, h] = max over k of x[n] · w[:, h, k] + b[h, k]."""
    z = np.einsum("nd,dhk->nhk", x, w) + b
    won = z.argmax(axis=2)[:, :, None] == np.arange(w.shape[2])  # (N, H, K)
    dz = dout[:, :, None] * won
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dz.sum(axis=0)


def _maxout_layers(rng: np.random.Generator) -> list[Case]:
    return [
        (
            rng.normal(size=(samples, units)),
            rng.normal(size=(samples, features)),
            rng.normal(size=(features, units, pieces)),
            rng.normal(size=(units, pieces)),
        )
        for samples, features, units, pieces in ((6, 4, 3, 2), (5, 3, 4, 3), (7, 2, 5, 4))
    ]


def _maxout_from(dz: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """The linear part of the way back, for the wrong answers that go astray before it."""
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dz.sum(axis=0)


def _winners(x: Array, w: Array, b: Array) -> Array:
    z = np.einsum("nd,dhk->nhk", x, w) + b
    return z.argmax(axis=2)[:, :, None] == np.arange(w.shape[2])


def _to_all_pieces(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(np.repeat(dout[:, :, None], w.shape[2], axis=2), x, w)


def _shared_out(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(np.repeat(dout[:, :, None], w.shape[2], axis=2) / w.shape[2], x, w)


def _losers(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(dout[:, :, None] * ~_winners(x, w, b), x, w)


def _forgot_the_bias(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(dout[:, :, None] * _winners(x, w, 0 * b), x, w)


def _first_piece(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    return _maxout_from(dout[:, :, None] * (np.arange(w.shape[2]) == 0), x, w)


def _relu_as_well(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    z = np.einsum("nd,dhk->nhk", x, w) + b
    return _maxout_from(dout[:, :, None] * (_winners(x, w, b) & (z > 0)), x, w)


def _mean_over_batch(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array, Array]:
    dx, dw, db = maxout_backward(dout, x, w, b)
    return dx, dw / len(x), db / len(x)


exercise(
    maxout_backward,
    task=(
        "A Maxout layer says y[n, h] = max over k of x[n] · w[:, h, k] + b[h, k], for x (N, D), w (D, H, K) and "
        "b (H, K). Return dx, dw and db for the gradient dout (N, H)."
    ),
    returns=("dx", "dw", "db"),
    cases=_maxout_layers,
    misconceptions=(
        Misconception(
            "to all pieces",
            _to_all_pieces,
            "you give the gradient to all pieces. A max gate routes it to the largest one only.",
        ),
        Misconception(
            "shared out",
            _shared_out,
            "you share the gradient out among the pieces. That is the way of a mean, not of a max.",
        ),
        Misconception(
            "to the losers",
            _losers,
            "the gradient goes to the wrong ones: to all pieces but the largest.",
        ),
        Misconception(
            "bias forgotten",
            _forgot_the_bias,
            "sometimes the wrong piece gets it: the largest is that of x · w + b, with the bias.",
        ),
        Misconception(
            "always the first",
            _first_piece,
            "the first piece always gets the gradient. Which one is the largest differs from sample to sample.",
        ),
        Misconception(
            "ReLU as well",
            _relu_as_well,
            "you also stop the gradient where the maximum is negative, as ReLU would. Maxout has no floor at 0.",
        ),
        Misconception(
            "mean over the batch",
            _mean_over_batch,
            "dx is right. dw and db are N times too small: if the loss is a mean, dout is already divided by N.",
        ),
    ),
    hints=(
        "Compute z[n, h, k] as in the forward pass: np.einsum('nd,dhk->nhk', x, w) + b. Which k is the largest?",
        "dz is dout[n, h] at the largest k and 0 at all others; np.arange(K) == k[:, :, None] is a mask for it.",
        "From dz on it is a linear layer: db sums dz over n, dw[d, h, k] = Σₙ x[n, d] dz[n, h, k], dx sums dz · w.",
    ),
    takeaway="A Maxout unit always passes its gradient on, to exactly one piece; the others learn nothing from it.",
)
