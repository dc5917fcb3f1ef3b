"""Section 5: how a gradient passes two layers, down to the first weights."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def two_layer_gradients(
    x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array
) -> tuple[Array, Array, Array, Array]:
    """Gradients of the mean over the samples of ½ ‖ReLU(x w1 + b1) w2 + b2 − y‖²."""
    z = x @ w1 + b1  # (N, H)
    h = np.maximum(z, 0)
    dscores = (h @ w2 + b2 - y) / len(x)  # (N, C)
    dz = (dscores @ w2.T) * (z > 0)
    return x.T @ dz, dz.sum(axis=0), h.T @ dscores, dscores.sum(axis=0)


def _networks(rng: np.random.Generator) -> list[Case]:
    """Three networks; the second has as many hidden units as outputs, so that w2 fits in both directions."""
    return [
        (
            rng.normal(size=(n, d)),
            rng.normal(size=(n, c)),
            rng.normal(size=(d, h)),
            rng.normal(size=h),
            rng.normal(size=(h, c)),
            rng.normal(size=c),
        )
        for n, d, h, c in ((6, 3, 5, 2), (7, 2, 4, 4), (5, 4, 3, 2))
    ]


Gradients = tuple[Array, Array, Array, Array]


def _sum_over_batch(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    return len(x) * dw1, len(x) * db1, len(x) * dw2, len(x) * db2


def _mean_over_all(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    c = y.shape[1]
    return dw1 / c, db1 / c, dw2 / c, db2 / c


def _factor_two(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    return 2 * dw1, 2 * db1, 2 * dw2, 2 * db2


def _sign(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    return -dw1, -db1, -dw2, -db2


def _with(
    x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array, back: Array, mask: Array, hidden: Array
) -> Gradients:
    """The right dscores, for the wrong answers that go astray behind it."""
    dscores = (np.maximum(x @ w1 + b1, 0) @ w2 + b2 - y) / len(x)
    dz = (dscores @ back) * mask
    return x.T @ dz, dz.sum(axis=0), hidden.T @ dscores, dscores.sum(axis=0)


def _no_mask(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    z = x @ w1 + b1
    return _with(x, y, w1, b1, w2, b2, w2.T, np.ones_like(z), np.maximum(z, 0))


def _value_as_mask(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    h = np.maximum(x @ w1 + b1, 0)
    return _with(x, y, w1, b1, w2, b2, w2.T, h, h)


def _mask_of_gradient(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    h = np.maximum(x @ w1 + b1, 0)
    return _with(x, y, w1, b1, w2, b2, w2.T, (h @ w2 + b2 - y) @ w2.T > 0, h)


def _mask_without_bias(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    return _with(x, y, w1, b1, w2, b2, w2.T, x @ w1 > 0, np.maximum(x @ w1 + b1, 0))


def _z_for_h(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    z = x @ w1 + b1
    return _with(x, y, w1, b1, w2, b2, w2.T, z > 0, z)


def _w2_not_transposed(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    z = x @ w1 + b1
    return _with(x, y, w1, b1, w2, b2, w2, z > 0, np.maximum(z, 0))


def _mean_biases(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Gradients:
    dw1, db1, dw2, db2 = two_layer_gradients(x, y, w1, b1, w2, b2)
    return dw1, db1 / len(x), dw2, db2 / len(x)


exercise(
    two_layer_gradients,
    task=(
        "Return dw1, db1, dw2, db2 of the loss ½ ‖scores − y‖², averaged over the N samples, "
        "with scores = ReLU(x @ w1 + b1) @ w2 + b2."
    ),
    returns=("dw1", "db1", "dw2", "db2"),
    cases=_networks,
    misconceptions=(
        Misconception(
            "sum instead of mean",
            _sum_over_batch,
            "your gradients are N times too large: the loss is the mean over the N samples.",
        ),
        Misconception(
            "mean over all elements",
            _mean_over_all,
            "your gradients are C times too small: the mean is over the N samples, and the C outputs add up.",
        ),
        Misconception(
            "factor 2",
            _factor_two,
            "your gradients are twice what they should be: the loss has a ½, which cancels the 2 of the square.",
        ),
        Misconception(
            "sign",
            _sign,
            "the sign is wrong: is it scores − y, or y − scores?",
        ),
        Misconception(
            "no mask",
            _no_mask,
            "dw2 and db2 are right. On the way to z the gradient passes ReLU: where was it closed?",
        ),
        Misconception(
            "value as mask",
            _value_as_mask,
            "dw2 and db2 are right. You multiply by ReLU's value; its slope is 1 where it is open.",
        ),
        Misconception(
            "mask of the gradient",
            _mask_of_gradient,
            "dw2 and db2 are right. The sign of z opens or closes ReLU, not that of the gradient.",
        ),
        Misconception(
            "mask without the bias",
            _mask_without_bias,
            "dw2 and db2 are right. ReLU is open where all that enters it is positive, b1 included.",
        ),
        Misconception(
            "z instead of h",
            _z_for_h,
            "dw1 and db1 are right. What enters the second layer is h, behind the ReLU, not z.",
        ),
        Misconception(
            "w2 not transposed",
            _w2_not_transposed,
            "dw2 and db2 are right. The gradient goes back through w2 transposed: (N, C) @ (C, H) gives (N, H).",
        ),
        Misconception(
            "biases as means",
            _mean_biases,
            "the weights' gradients are right. The 1/N is in δ already, so the biases' gradients are sums.",
        ),
    ),
    hints=(
        "Forward: z = x @ w1 + b1, h = ReLU(z), scores = h @ w2 + b2. Keep z and h.",
        "dscores = (scores − y) / N; it is δ of layer 2: dw2 = h.T @ dscores, and db2 sums it over the rows.",
        "dz = (dscores @ w2.T) · (z > 0) is δ of the first layer. Treat it as you treated dscores.",
    ),
    takeaway="That is all of backpropagation: δ of a layer, from it the weights' gradient, then δ one layer down.",
)
