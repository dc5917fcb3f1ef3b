"""Losses and penalties: the value, summed in float64, and its gradient.

No loop both sums one array and fills another: the compiler would choose the order of its additions by how far apart
the two lie in memory, and the last digit of a loss would change from call to call.
"""

import math

import numpy as np

from coursekit.arrays import Array
from coursekit.kernels.elementwise import OPTIONS, exp
from coursekit.kernels.jit import kernel, overload, reduction, types

F = np.float32


def log1p(x: float) -> float:
    """log(1 + x) without losing the digits of a small x, for 0 ≤ x ≤ 1."""
    return math.log1p(x)


@overload(log1p, jit_options=OPTIONS)
def _log1p(x):  # type: ignore[no-untyped-def]
    if x != types.float32:
        return lambda x: math.log1p(x)

    def log1p32(x):  # type: ignore[no-untyped-def]
        """2 artanh t = 2 (t + t³/3 + t⁵/5 + …) with t = x / (2 + x) ≤ 1/3; relative error 1e−7."""
        t = x / (F(2) + x)
        z = t * t
        p = F(1 / 13)
        p = p * z + F(1 / 11)
        p = p * z + F(1 / 9)
        p = p * z + F(1 / 7)
        p = p * z + F(1 / 5)
        p = p * z + F(1 / 3)
        return F(2) * (t * z * p + t)

    return log1p32


@kernel
def all_between(values: Array, low: float, high: float) -> bool:
    """Whether low ≤ v ≤ high for every v (M,); NaN is not between."""
    outside = 0
    for i in range(values.size):
        outside += not (values[i] >= low and values[i] <= high)
    return outside == 0


@reduction
def hinge(scores: Array, labels: Array, margin: float, dscores: Array) -> float:
    """Return Σₙ Σ_{j≠y} max(0, sⱼ − s_y + margin), and fill ``dscores`` (N, C) with its gradient ÷ N."""
    zero, gap, share = scores.dtype.type(0), scores.dtype.type(margin), scores.dtype.type(1 / len(scores))
    total = 0.0
    for n in range(scores.shape[0]):
        y = labels[n]
        for j in range(scores.shape[1]):
            dscores[n, j] = scores[n, j] - scores[n, y]
        dscores[n, y] = -gap  # so that y adds nothing
        pull = 0.0
        for j in range(scores.shape[1]):  # in one loop with the difference, −s_y + gap might be added up first
            excess = dscores[n, j] + gap
            push = share if excess > 0 else (zero if excess <= 0 else excess)  # the last keeps NaN
            total += np.float64(max(excess, zero))
            pull += np.float64(push)
            dscores[n, j] = push
        dscores[n, y] = -pull
    return total


@reduction
def squared_hinge(scores: Array, labels: Array, margin: float, dscores: Array) -> float:
    """Return Σₙ Σ_{j≠y} max(0, sⱼ − s_y + margin)², and fill ``dscores`` (N, C) with its gradient ÷ N."""
    zero, gap, share = scores.dtype.type(0), scores.dtype.type(margin), scores.dtype.type(2 / len(scores))
    total = 0.0
    for n in range(scores.shape[0]):
        y = labels[n]
        for j in range(scores.shape[1]):
            dscores[n, j] = scores[n, j] - scores[n, y]
        dscores[n, y] = -gap
        pull = 0.0
        for j in range(scores.shape[1]):
            lead = max(dscores[n, j] + gap, zero)
            excess = np.float64(lead)
            total += excess * excess
            pull += excess
            dscores[n, j] = lead * share
        dscores[n, y] = -pull * share
    return total


@reduction
def softmax_cross_entropy(scores: Array, labels: Array, sharpness: float, losses: Array, dscores: Array) -> float:
    """Fill ``losses`` (N,) with −log p_y, p = softmax(sharpness · s), ``dscores`` with the mean's gradient; return Σ.

    With e = exp(sharpness · (s − max s)), −log p_y = log(1 + Σ_{j≠y} eⱼ / e_y) keeps its digits when p_y is near 1,
    and so does the gradient p_y − 1 = −Σ_{j≠y} pⱼ.
    """
    scale = scores.dtype.type(sharpness)
    slope = sharpness / len(scores)
    sum_of_losses = 0.0
    for n in range(scores.shape[0]):
        y = labels[n]
        highest = scores[n, 0]
        for j in range(scores.shape[1]):
            highest = max(scores[n, j], highest)
        for j in range(scores.shape[1]):
            dscores[n, j] = exp((scores[n, j] - highest) * scale)
        own = np.float64(dscores[n, y])
        dscores[n, y] = 0
        others = 0.0
        for j in range(scores.shape[1]):
            others += np.float64(dscores[n, j])
        total = own + others
        share = scores.dtype.type(slope / total)
        for j in range(scores.shape[1]):
            dscores[n, j] *= share
        dscores[n, y] = -slope * others / total
        lag = np.float64((highest - scores[n, y]) * scale)
        losses[n] = math.log1p(others / own) if own > others else math.log(total) + lag
        sum_of_losses += losses[n]
    return sum_of_losses


@reduction
def soft_cross_entropy(scores: Array, targets: Array, sharpness: float, dscores: Array) -> float:
    """Return −Σ t log p with p = softmax(sharpness · s), and fill ``dscores`` with sharpness · (p Σⱼ tⱼ − t).

    The targets t (N, C) need not sum to 1 in a row: they carry the weights of classes and of the mean.
    """
    scale = scores.dtype.type(sharpness)
    loss = 0.0
    for n in range(scores.shape[0]):
        highest = scores[n, 0]
        for j in range(scores.shape[1]):
            highest = max(scores[n, j], highest)
        total, mass = 0.0, 0.0
        for j in range(scores.shape[1]):
            dscores[n, j] = exp((scores[n, j] - highest) * scale)
        for j in range(scores.shape[1]):
            total += np.float64(dscores[n, j])
            mass += np.float64(targets[n, j])
        log_total = math.log(total)
        share = scores.dtype.type(mass / total)
        for j in range(scores.shape[1]):
            lag = np.float64((highest - scores[n, j]) * scale)
            loss += np.float64(targets[n, j]) * (log_total + lag) if targets[n, j] > 0 else 0.0  # 0 log 0 = 0
        for j in range(scores.shape[1]):
            dscores[n, j] = (dscores[n, j] * share - targets[n, j]) * scale
    return loss


@kernel
def _doubt(s: float, y: float, zero: float, one: float) -> float:
    """log(1 + eˢ) − s y as |s| times the share that is against its sign, + log(1 + e⁻|s|): no exponential overflows.

    Against s > 0 is 1 − y, else y. Where nothing is against it an infinite logit costs 0, which ∞ · 0 would make NaN.
    """
    against = one - y if s > 0 else y
    return np.float64(abs(s) * against if against > 0 else zero) + np.float64(log1p(exp(-abs(s))))


@reduction
def binary_cross_entropy(scores: Array, y: Array, dscores: Array) -> float:
    """Return Σ log(1 + eˢ) − s y over flat arrays (M,), and fill ``dscores`` with (σ(s) − y) ÷ M."""
    zero, one, share = scores.dtype.type(0), scores.dtype.type(1), scores.dtype.type(1 / scores.size)
    total = 0.0
    for i in range(scores.size):
        total += _doubt(scores[i], y[i], zero, one)
    for i in range(scores.size):
        small = exp(-abs(scores[i]))
        sigmoid = (one if scores[i] > 0 else small) / (one + small)
        dscores[i] = (sigmoid - y[i]) * share
    return total


@reduction
def mse(scores: Array, y: Array, dscores: Array) -> float:
    """Return Σ (s − y)² over flat arrays (M,), and fill ``dscores`` with 2 (s − y) ÷ M."""
    share = scores.dtype.type(2 / scores.size)
    total = 0.0
    for i in range(scores.size):
        error = np.float64(scores[i] - y[i])
        total += error * error
    for i in range(scores.size):
        dscores[i] = share * (scores[i] - y[i])
    return total


@reduction
def mae(scores: Array, y: Array, dscores: Array) -> float:
    """Return Σ |s − y| over flat arrays (M,), and fill ``dscores`` with sign(s − y) ÷ M, 0 where they are equal."""
    share = scores.dtype.type(1 / scores.size)
    total = 0.0
    for i in range(scores.size):
        total += np.float64(abs(scores[i] - y[i]))
    for i in range(scores.size):
        error = scores[i] - y[i]
        dscores[i] = share if error > 0 else (-share if error < 0 else error)  # the last keeps 0 and NaN
    return total


@reduction
def huber(scores: Array, y: Array, delta: float, dscores: Array) -> float:
    """Return Σ ½ c² + δ (|e| − |c|) over flat arrays (M,), and fill ``dscores`` with c ÷ M; c is e = s − y in ±δ."""
    bend, share = scores.dtype.type(delta), scores.dtype.type(1 / scores.size)
    total = 0.0
    for i in range(scores.size):
        error = scores[i] - y[i]
        clipped = min(max(error, -bend), bend)
        total += np.float64(clipped) * np.float64(clipped) / 2 + delta * np.float64(abs(error) - abs(clipped))
    for i in range(scores.size):
        dscores[i] = share * min(max(scores[i] - y[i], -bend), bend)
    return total


@reduction
def elastic_net(w: Array, l1: float, l2: float, dw: Array) -> float:
    """Return Σ l1 |w| + l2 w² over w (M,), and fill ``dw`` with l1 sign(w) + 2 l2 w, where sign(0) = 0."""
    step, slope, zero = w.dtype.type(l1), w.dtype.type(2 * l2), w.dtype.type(0)
    total, squares = 0.0, 0.0
    for i in range(w.size):
        size = np.float64(abs(w[i]))
        total += size
        squares += size * size
    for i in range(w.size):
        pull = step if w[i] > 0 else (-step if w[i] < 0 else w[i])  # the last keeps 0 and NaN
        dw[i] = pull + (slope * w[i] if slope > 0 else zero)
    if math.isnan(total):
        return total
    # Without a share that is 0, which makes NaN of an infinite weight.
    return (l1 * total if l1 > 0 else 0.0) + (l2 * squares if l2 > 0 else 0.0)
