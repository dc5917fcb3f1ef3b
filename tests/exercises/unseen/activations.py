"""Answers to the exercises of chapter 04."""

import math

import numpy as np

from unseen.parts import relu
from unseen.record import right, wrong

# ---- leaky_relu


@right("leaky_relu")
def _(x, dout, slope):
    return np.maximum(x, slope * x), dout * ((x > 0) + slope * (x <= 0))


@right("leaky_relu")
def _(x, dout, slope):
    y = ((1 + slope) * x + (1 - slope) * np.abs(x)) / 2
    dx = dout.copy()
    dx[x < 0] *= slope
    return [y.tolist(), dx.tolist()]


@right("leaky_relu")
def _(x, dout, slope):
    slope = np.float32(slope)
    mask = np.where(x > 0, np.float32(1), slope)
    return np.float32(x) * mask, np.float32(dout) * mask


@wrong("leaky_relu", "values exchanged", "order")
def _(x, dout, slope):
    return np.where(x > 0, dout, slope * dout), np.where(x > 0, x, slope * x)


@wrong("leaky_relu", "mask of dout", "sign of")
def _(x, dout, slope):
    return np.where(x > 0, x, slope * x), np.where(dout > 0, dout, slope * dout)


@wrong("leaky_relu", "dout forgotten", "from above")
def _(x, dout, slope):
    return np.where(x > 0, x, slope * x), np.where(x > 0, 1, slope)


@wrong("leaky_relu", "plain ReLU backward", "below 0")
def _(x, dout, slope):
    return np.where(x > 0, x, slope * x), dout * (x > 0)


@wrong("leaky_relu", "slope not times x", "return the slope itself")
def _(x, dout, slope):
    return np.where(x > 0, x, slope), np.where(x > 0, dout, slope * dout)


@wrong("leaky_relu", "sign lost below 0", "absolute values")
def _(x, dout, slope):
    return np.where(x > 0, x, slope * np.abs(x)), np.where(x > 0, dout, slope * dout)


@wrong("leaky_relu", "input changed in place", "in place")
def _(x, dout, slope):
    x[x < 0] *= slope
    return x, np.where(x > 0, dout, slope * dout)


@wrong("leaky_relu", "slope fixed at 0.01", "slope")
def _(x, dout, slope):
    return np.where(x > 0, x, 0.01 * x), np.where(x > 0, dout, 0.01 * dout)


@wrong("leaky_relu", "y times dout", "by f(x)")
def _(x, dout, slope):
    y = np.where(x > 0, x, slope * x)
    return y, y * dout


@wrong("leaky_relu", "stacked in one array, y alone", "2 values")
def _(x, dout, slope):
    return np.where(x > 0, x, slope * x)


@wrong("leaky_relu", "threshold at the slope", "except where x > 0")
def _(x, dout, slope):
    return np.where(x > slope, x, slope * x), np.where(x > slope, dout, slope * dout)


# ---- sigmoid_saturation


@right("sigmoid_saturation")
def _(x):
    return 1 / (2 + 2 * np.cosh(x))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@right("sigmoid_saturation")
def _(x):
    return (sigmoid(x + 1e-4) - sigmoid(x - 1e-4)) / 2e-4


@right("sigmoid_saturation")
def _(x):
    s = sigmoid(x.astype(np.float32))
    return s - s**2


@right("sigmoid_saturation")
def _(x):
    return np.vectorize(lambda t: (1 - math.tanh(t / 2) ** 2) / 4)(x)


@wrong("sigmoid_saturation", "sigmoid itself", "the output")
def _(x):
    return sigmoid(x)


@wrong("sigmoid_saturation", "x taken for the output", "σ")
def _(x):
    return x * (1 - x)


@wrong("sigmoid_saturation", "slope of tanh", "tanh")
def _(x):
    return 1 - np.tanh(x) ** 2


@wrong("sigmoid_saturation", "1 − σ only", "one of the two factors")
def _(x):
    return 1 - sigmoid(x)


@wrong("sigmoid_saturation", "scaled to 1", "4 times")
def _(x):
    s = sigmoid(x)
    return 4 * s * (1 - s)


@wrong("sigmoid_saturation", "coarse difference quotient", "nearly right")
def _(x):
    return (sigmoid(x + 0.01) - sigmoid(x)) / 0.01


@wrong("sigmoid_saturation", "mean of all slopes", "average")
def _(x):
    return (sigmoid(x) * (1 - sigmoid(x))).mean()


@wrong("sigmoid_saturation", "exp(x) in the denominator's place, sign lost", "positive")
def _(x):
    return -np.exp(-x) / (1 + np.exp(-x)) ** 2


@right("sigmoid_saturation")
def _(x):
    return 0.25 / np.cosh(x / 2) ** 2


@wrong("sigmoid_saturation", "e⁻ˣ above the line forgotten", "that is σ²")
def _(x):
    return 1 / (1 + np.exp(-x)) ** 2


# ---- count_dead


@right("count_dead")
def _(z):
    return sum(max(column) <= 0 for column in z.T.tolist())


@right("count_dead")
def _(z):
    return np.count_nonzero(relu(z).sum(axis=0) == 0)


@right("count_dead")
def _(z):
    return z.shape[1] - len(set(np.nonzero(z > 0)[1]))


@wrong("count_dead", "rows, not columns", "count samples")
def _(z):
    return (z <= 0).all(axis=1).sum()


@wrong("count_dead", "0 is taken for alive", "0")
def _(z):
    return int((z < 0).all(axis=0).sum())


@wrong("count_dead", "share instead of count", "share")
def _(z):
    return (z <= 0).all(axis=0).mean()


@wrong("count_dead", "closed values counted", "values")
def _(z):
    return (z <= 0).sum()


@wrong("count_dead", "any for all", "closed for all")
def _(z):
    return (z <= 0).any(axis=0).sum()


@wrong("count_dead", "mean below 0", "mean")
def _(z):
    return int((z.mean(axis=0) <= 0).sum())


@wrong("count_dead", "living units", "living")
def _(z):
    return (z > 0).any(axis=0).sum()


@wrong("count_dead", "a mask", "sum")
def _(z):
    return (z <= 0).all(axis=0)


@wrong("count_dead", "first sample only", "sample")
def _(z):
    return (z[0] <= 0).sum()


@wrong("count_dead", "exactly 0 only", "0")
def _(z):
    return (z == 0).all(axis=0).sum()


@wrong("count_dead", "one too many", "1 too large")
def _(z):
    dead = 1
    for column in z.T:
        dead += max(column) <= 0
    return dead


@right("count_dead")
def _(z):
    return len([unit for unit in z.T if not np.any(unit > 0)])


@wrong("count_dead", "nearly dead counted as dead")
def _(z):
    return int((np.maximum(z, 0).mean(axis=0) < 0.1).sum())


@wrong("count_dead", "a truth for each unit, not added up", "sum of the entries")
def _(z):
    return (z <= 0).all(axis=0)


# ---- maxout_backward


@right("maxout_backward")
def _(dout, x, w, b):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(len(x)):
        for h in range(dout.shape[1]):
            k = max(range(w.shape[2]), key=lambda k: x[n] @ w[:, h, k] + b[h, k])
            dx[n] += dout[n, h] * w[:, h, k]
            dw[:, h, k] += dout[n, h] * x[n]
            db[h, k] += dout[n, h]
    return dx, dw, db


def maxout_parts(dout, x, w, b):
    z = np.einsum("nd,dhk->nhk", x, w) + b
    return z, np.eye(w.shape[2])[z.argmax(axis=2)] * dout[:, :, None]


@right("maxout_backward")
def _(dout, x, w, b):
    _, dz = maxout_parts(*(np.float32(a) for a in (dout, x, w, b)))
    return np.tensordot(dz, np.moveaxis(w, 0, -1), axes=2).astype("f"), np.tensordot(x.T, dz, axes=1), dz.sum(0)


@wrong("maxout_backward", "all pieces get the gradient", "largest")
def _(dout, x, w, b):
    dz = np.repeat(dout[:, :, None], w.shape[2], axis=2)
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dz.sum(axis=0)


@wrong("maxout_backward", "winner without the bias", "bias")
def _(dout, x, w, b):
    _, dz = maxout_parts(dout, x, w, 0 * b)
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dz.sum(axis=0)


@wrong("maxout_backward", "db averaged", "mean")
def _(dout, x, w, b):
    _, dz = maxout_parts(dout, x, w, b)
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dz.mean(axis=0)


@wrong("maxout_backward", "dx through all pieces", "all pieces")
def _(dout, x, w, b):
    _, dz = maxout_parts(dout, x, w, b)
    return np.einsum("nh,dhk->nd", dout, w), np.einsum("nd,nhk->dhk", x, dz), dz.sum(axis=0)


@wrong("maxout_backward", "= where += is meant")
def _(dout, x, w, b):
    z, dz = maxout_parts(dout, x, w, b)
    dw = np.zeros_like(w)
    for n, h in np.ndindex(*dout.shape):
        dw[:, h, z[n, h].argmax()] = dout[n, h] * x[n]
    return np.einsum("nhk,dhk->nd", dz, w), dw, dz.sum(axis=0)


@wrong("maxout_backward", "largest in size")
def _(dout, x, w, b):
    z, _ = maxout_parts(dout, x, w, b)
    dz = np.eye(w.shape[2])[np.abs(z).argmax(axis=2)] * dout[:, :, None]
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dz.sum(axis=0)


@wrong("maxout_backward", "wins counted without dout", "dout")
def _(dout, x, w, b):
    _, won = maxout_parts(np.ones_like(dout), x, w, b)
    dz = won * dout[:, :, None]
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), won.sum(axis=0)


@wrong("maxout_backward", "softmax over the pieces")
def _(dout, x, w, b):
    z, _ = maxout_parts(dout, x, w, b)
    share = np.exp(z) / np.exp(z).sum(axis=2, keepdims=True)
    dz = share * dout[:, :, None]
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dz.sum(axis=0)


@wrong("maxout_backward", "db of shape (H,)", "along axis 1")
def _(dout, x, w, b):
    _, dz = maxout_parts(dout, x, w, b)
    return np.einsum("nhk,dhk->nd", dz, w), np.einsum("nd,nhk->dhk", x, dz), dout.sum(axis=0)


# ---- bump_weights


@right("bump_weights")
def _(left, peak, right, height):
    slopes = [0, height / (peak - left), height / (peak - right), 0]
    return [slopes[i + 1] - slopes[i] for i in range(3)]


@right("bump_weights")
def _(left, peak, right, height):
    return tuple(np.diff(np.array([0, height / (peak - left), -height / (right - peak), 0], np.float32)))


@right("bump_weights")
def _(left, peak, right, height):
    x = np.array([peak, right, right + 1.0])
    return np.linalg.solve(relu(x[:, None] - np.array([left, peak, right])), [height, 0, 0])


@wrong("bump_weights", "slopes of the pieces", "slopes of the three pieces")
def _(left, peak, right, height):
    return height / (peak - left), -height / (right - peak), 0


@wrong("bump_weights", "second unit does not undo the first", "still climbing")
def _(left, peak, right, height):
    return height / (peak - left), -height / (right - peak), height / (right - peak)


@wrong("bump_weights", "brackets of the widths forgotten", "brackets")
def _(left, peak, right, height):
    return height / peak - left, -(height / peak - left) - (height / right - peak), height / right - peak


@wrong("bump_weights", "a bump of height 1", "a multiplication by it missing")
def _(left, peak, right, height):
    return 1 / (peak - left), -1 / (peak - left) - 1 / (right - peak), 1 / (right - peak)


@wrong("bump_weights", "sides exchanged", "reverse order")
def _(left, peak, right, height):
    up, down = height / (right - peak), height / (peak - left)
    return up, -up - down, down


@wrong("bump_weights", "down is already negative, and taken away again", "bends down once more")
def _(left, peak, right, height):
    up, down = height / (peak - left), -height / (right - peak)
    return up, -up - down, -down


@wrong("bump_weights", "joints for weights", "height has no influence")
def _(left, peak, right, height):
    return np.array([left, peak, right])


@wrong("bump_weights", "two units only")
def _(left, peak, right, height):
    return height / (peak - left), -height / (peak - left) - height / (right - peak)


# ---- softsign_slope


@right("softsign_slope")
def _(x):
    return (1 - abs(x / (1 + abs(x)))) ** 2


@right("softsign_slope")
def _(x):
    return np.where(x > 0, (1 + x) ** -2.0, (1 - x) ** -2.0)


@wrong("softsign_slope", "divisor taken as constant", "quotient rule")
def _(x):
    return 1 / (1 + np.sqrt(x**2))


@wrong("softsign_slope", "one side only", "x > 0")
def _(x):
    return (1 + x) ** -2.0


@wrong("softsign_slope", "tanh's habit", "tanh")
def _(x):
    y = x / (1 + np.abs(x))
    return 1 - y * y


@wrong("softsign_slope", "square inside", "arctan")
def _(x):
    return 1 / (x * x + 1)


@wrong("softsign_slope", "f returned", "slope")
def _(x):
    return x / (1 + np.abs(x))
