"""Answers to the exercises of chapter 01."""

import math

import numpy as np

from unseen.parts import softmax
from unseen.record import right, wrong

# ---- hinge_loss


def margins_of(scores, y):
    rows = np.arange(len(y))
    margins = np.maximum(0, scores - scores[rows, y].reshape(-1, 1) + 1)
    margins[rows, y] = 0
    return margins


@right("hinge_loss")
def _(scores, y):
    margins = margins_of(scores, y)
    mask = np.sign(margins)
    mask[np.arange(len(y)), y] -= mask.sum(axis=1)
    return margins.sum() / len(y), mask / len(y)


@right("hinge_loss")
def _(scores, y):
    n, classes = scores.shape
    loss, grad = 0, [[0.0] * classes for _ in range(n)]
    for i in range(n):
        for j in range(classes):
            if j != y[i] and scores[i, j] - scores[i, y[i]] + 1 > 0:
                loss += (scores[i, j] - scores[i, y[i]] + 1) / n
                grad[i][j] += 1 / n
                grad[i][y[i]] -= 1 / n
    return loss, grad


@right("hinge_loss")
def _(scores, y):
    one_hot = np.eye(scores.shape[1], dtype=np.float32)[y]
    own = (scores.astype(np.float32) * one_hot).sum(1, keepdims=True)
    open_ = (scores - own + 1 > 0) * (1 - one_hot)
    loss = ((scores - own + 1) * open_).sum(1).mean()
    return np.float32(loss), (open_ - one_hot * open_.sum(1, keepdims=True)) / np.float32(len(y))


@wrong("hinge_loss", "own class counted in the loss", "leaves this class out")
def _(scores, y):
    margins = np.maximum(0, scores - scores[np.arange(len(y)), y][:, None] + 1)
    mask = (margins_of(scores, y) > 0) * 1.0
    mask[np.arange(len(y)), y] = -mask.sum(axis=1)
    return margins.sum() / len(y), mask / len(y)


@wrong("hinge_loss", "right class gets −1, not −count", "Count them")
def _(scores, y):
    margins = margins_of(scores, y)
    mask = (margins > 0) * 1.0
    mask[np.arange(len(y)), y] = -1
    return margins.sum() / len(y), mask / len(y)


@wrong("hinge_loss", "loss is a mean of all entries", "divided by scores.shape[1]")
def _(scores, y):
    margins = margins_of(scores, y)
    mask = (margins > 0) * 1.0
    mask[np.arange(len(y)), y] = -mask.sum(axis=1)
    return margins.mean(), mask / len(y)


@wrong("hinge_loss", "margin forgotten", "margin")
def _(scores, y):
    rows = np.arange(len(y))
    margins = np.maximum(0, scores - scores[rows, y][:, None])
    mask = (margins > 0) * 1.0
    mask[rows, y] = -mask.sum(axis=1)
    return margins.sum() / len(y), mask / len(y)


@wrong("hinge_loss", "gradient of right class missing", "s_y")
def _(scores, y):
    margins = margins_of(scores, y)
    return margins.sum() / len(y), (margins > 0) / len(y)


@wrong("hinge_loss", "squared hinge", "squared")
def _(scores, y):
    margins = margins_of(scores, y)
    d = 2 * margins
    d[np.arange(len(y)), y] = -d.sum(axis=1)
    return (margins**2).sum() / len(y), d / len(y)


@wrong("hinge_loss", "gradient not averaged", "1 / N")
def _(scores, y):
    margins = margins_of(scores, y)
    mask = (margins > 0) * 1.0
    mask[np.arange(len(y)), y] = -mask.sum(axis=1)
    return margins.sum() / len(y), mask


@wrong("hinge_loss", "only the worst class")
def _(scores, y):
    margins = margins_of(scores, y)
    d = np.zeros_like(scores)
    for i, j in enumerate(margins.argmax(axis=1)):
        if margins[i, j] > 0:
            d[i, j] += 1 / len(y)
            d[i, y[i]] -= 1 / len(y)
    return margins.max(axis=1).mean(), d


@wrong("hinge_loss", "only the loss, as for autograd", "2 values")
def _(scores, y):
    return margins_of(scores, y).sum(1).mean()


# ---- softmax_cross_entropy


@right("softmax_cross_entropy")
def _(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    one_hot = np.eye(scores.shape[1])[y]
    return -(one_hot * log_p).sum() / len(y), (np.exp(log_p) - one_hot) / len(y)


@right("softmax_cross_entropy")
def _(scores, y):
    total, d = 0.0, []
    for s, label in zip(scores.tolist(), y.tolist(), strict=True):
        top = max(s)
        norm = math.fsum(math.exp(v - top) for v in s)
        total += top + math.log(norm) - s[label]
        d.append([(math.exp(v - top) / norm - (j == label)) / len(y) for j, v in enumerate(s)])
    return total / len(y), d


@right("softmax_cross_entropy")
def _(scores, y):
    shifted = (scores - scores.max(1)[:, None]).astype(np.float32)
    log_p = shifted - np.log(np.sum(np.exp(shifted), 1, keepdims=True))
    d = np.exp(log_p)
    d[range(len(y)), y] -= 1
    return -log_p[range(len(y)), y].mean(), np.divide(d, len(y), dtype=np.float32)


@wrong("softmax_cross_entropy", "p clipped before the log", "no infinity any more")
def _(scores, y):
    p = softmax(scores)
    d = p.copy()
    d[np.arange(len(y)), y] -= 1
    return -np.log(np.clip(p[np.arange(len(y)), y], 1e-12, 1)).mean(), d / len(y)


@wrong("softmax_cross_entropy", "log(p + 1e-8)", "no infinity any more")
def _(scores, y):
    p = softmax(scores)
    one_hot = np.eye(scores.shape[1])[y]
    return -(one_hot * np.log(p + 1e-8)).sum() / len(y), (p - one_hot) / len(y)


@wrong("softmax_cross_entropy", "maximum of the whole batch", "exp is 0 and then divided by")
def _(scores, y):
    e = np.exp(scores - np.max(scores))
    p = e / e.sum(axis=1, keepdims=True)
    one_hot = np.eye(scores.shape[1])[y]
    return -np.mean(np.log(p[range(len(y)), y])), (p - one_hot) / len(y)


@wrong("softmax_cross_entropy", "d[y] −= 1 takes rows", "row")
def _(scores, y):
    p = softmax(scores)
    log_p = scores - scores.max(1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(1, keepdims=True))
    d = p.copy()
    d[y] -= 1
    return -log_p[np.arange(len(y)), y].mean(), d / len(y)


@wrong("softmax_cross_entropy", "d[:, y] −= 1 takes whole columns", "column")
def _(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    d = np.exp(log_p)
    d[:, y] -= 1
    return -log_p[np.arange(len(y)), y].mean(), d / len(y)


@wrong("softmax_cross_entropy", "gradient not averaged", "1 / N")
def _(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return -log_p[np.arange(len(y)), y].mean(), np.exp(log_p) - np.eye(scores.shape[1])[y]


@wrong("softmax_cross_entropy", "no shift", "overflow")
def _(scores, y):
    e = np.exp(scores)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    p[np.arange(len(y)), y] -= 1
    return loss, p / len(y)


@wrong("softmax_cross_entropy", "only the −1 divided by N")
def _(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return -log_p[np.arange(len(y)), y].mean(), np.exp(log_p) - np.eye(scores.shape[1])[y] / len(y)


@wrong("softmax_cross_entropy", "softmax along the batch")
def _(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=0, keepdims=True)
    return -log_p[np.arange(len(y)), y].mean(), (np.exp(log_p) - np.eye(scores.shape[1])[y]) / len(y)


@wrong("softmax_cross_entropy", "mean over N · C in the loss", "scores.shape[1]")
def _(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    one_hot = np.eye(scores.shape[1])[y]
    return -(log_p * one_hot).mean(), (np.exp(log_p) - one_hot) / len(y)


@wrong("softmax_cross_entropy", "one-hot not subtracted", "right class")
def _(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return -log_p[np.arange(len(y)), y].mean(), np.exp(log_p) / len(y)


@wrong("softmax_cross_entropy", "sign of loss and gradient", "sign")
def _(scores, y):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return log_p[np.arange(len(y)), y].mean(), (np.eye(scores.shape[1])[y] - np.exp(log_p)) / len(y)


# ---- initial_loss


@right("initial_loss")
def _(classes):
    return [classes - 1, -math.log(1 / classes)]


@right("initial_loss")
def _(classes):
    scores, y = np.zeros((1, classes), np.float32), np.array([0])
    return margins_of(scores, y).sum(), -np.log(softmax(scores)[0, 0])


@right("initial_loss")
def _(classes):
    return np.array([classes - 1, np.log(classes)])


@wrong("initial_loss", "own class counted", "class")
def _(classes):
    return classes, np.log(classes)


@wrong("initial_loss", "hinge 0 for equal scores", "margin")
def _(classes):
    return 0, np.log(classes)


@wrong("initial_loss", "one margin only", "adds up the terms")
def _(classes):
    return 1, np.log(classes)


@wrong("initial_loss", "log to base 10", "natural")
def _(classes):
    return classes - 1, np.log10(classes)


@wrong("initial_loss", "order exchanged", "cross-entropy first")
def _(classes):
    return math.log(classes), classes - 1


@wrong("initial_loss", "probability for its log", "probability of the right class")
def _(classes):
    return classes - 1, 1 / classes


@wrong("initial_loss", "minus lost", "negative")
def _(classes):
    return classes - 1, np.log(1 / classes)


@wrong("initial_loss", "hinge averaged over classes", "divided by classes")
def _(classes):
    return (classes - 1) / classes, np.log(classes)


# ---- l2_gradient


@right("l2_gradient")
def _(dw, w, strength):
    total = dw.copy()
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            total[i, j] += strength * w[i, j]
            total[i, j] += strength * w[i, j]
    return total


@right("l2_gradient")
def _(dw, w, strength):
    return [[d + strength * (v + v) for d, v in zip(*rows, strict=True)] for rows in zip(dw, w, strict=True)]


@right("l2_gradient")
def _(dw, w, strength):
    return np.float32(dw) + np.float32(2 * strength) * np.float32(w)


@wrong("l2_gradient", "2 forgotten", "½")
def _(dw, w, strength):
    return dw + strength * w


@wrong("l2_gradient", "argument changed in place", "in place")
def _(dw, w, strength):
    dw += 2 * strength * w
    return dw


@wrong("l2_gradient", "penalty subtracted", "sign of the penalty")
def _(dw, w, strength):
    return dw - 2 * strength * w


@wrong("l2_gradient", "data gradient forgotten", "penalty's share alone")
def _(dw, w, strength):
    return 2 * strength * w


@wrong("l2_gradient", "penalty itself added", "derivative")
def _(dw, w, strength):
    return dw + strength * w**2


@wrong("l2_gradient", "L1 instead", "L1")
def _(dw, w, strength):
    return dw + strength * np.sign(w)


@wrong("l2_gradient", "weights summed")
def _(dw, w, strength):
    return dw + 2 * strength * w.sum()


@wrong("l2_gradient", "penalty averaged", "divide by the number of weights")
def _(dw, w, strength):
    return dw + 2 * strength * w / w.size


@wrong("l2_gradient", "strength on both terms", "penalty only")
def _(dw, w, strength):
    return strength * (dw + 2 * w)


@wrong("l2_gradient", "a weight update")
def _(dw, w, strength):
    return w - strength * dw


# ---- descend


@right("descend")
def _(w, c, rate, steps):
    return w * (1 - rate * c) ** steps


@right("descend")
def _(w, c, rate, steps):
    out = []
    for one, curve in zip(w.tolist(), c.tolist(), strict=True):
        for _ in range(steps):
            one -= rate * curve * one
        out.append(one)
    return out


@right("descend")
def _(w, c, rate, steps):
    w, c = w.astype(np.float32), np.diag(c).astype(np.float32)
    for _ in range(steps):
        w = w - np.float32(rate) * (w @ c)
    return w


@wrong("descend", "gradient computed before the loop", "as long as the first")
def _(w, c, rate, steps):
    gradient = c * w
    for _ in range(steps):
        w = w - rate * gradient
    return w


@wrong("descend", "returns inside the loop", "first step")
def _(w, c, rate, steps):
    for step in range(steps):
        w = w - rate * c * w
        if step < steps:
            return w
    return w


@wrong("descend", "plus", "uphill")
def _(w, c, rate, steps):
    for _ in range(steps):
        w = w + rate * c * w
    return w


@wrong("descend", "½ not cancelled", "half as long")
def _(w, c, rate, steps):
    for _ in range(steps):
        w = w - rate * 0.5 * c * w
    return w


@wrong("descend", "in place", "in place")
def _(w, c, rate, steps):
    for _ in range(steps):
        w -= rate * c * w
    return w


@wrong("descend", "slope of the sum of all weights", "slope of its own")
def _(w, c, rate, steps):
    for _ in range(steps):
        w = w - rate * np.sum(c * w)
    return w


@wrong("descend", "the whole path", "shape")
def _(w, c, rate, steps):
    path = [w]
    for _ in range(steps):
        path.append(path[-1] - rate * c * path[-1])
    return np.array(path)


@wrong("descend", "rate not used", "rate")
def _(w, c, rate, steps):
    for _ in range(steps):
        w = w - c * w
    return w


@wrong("descend", "the final loss instead", "single number")
def _(w, c, rate, steps):
    for _ in range(steps):
        w = w - rate * c * w
    return (c * w**2).sum() / 2


# ---- huber_loss


@right("huber_loss")
def _(scores, y, delta):
    r = scores - y
    small = np.minimum(abs(r), delta)
    return np.mean(small * (abs(r) - small / 2)), np.sign(r) * small / r.size


@right("huber_loss")
def _(scores, y, delta):
    total, slopes = 0, []
    for s, t in zip(scores, y, strict=True):
        r = s - t
        total += 0.5 * r * r if -delta <= r <= delta else delta * abs(r) - 0.5 * delta * delta
        slopes.append(max(-delta, min(delta, r)) / len(y))
    return total / len(y), slopes


@right("huber_loss")
def _(scores, y, delta):
    r = (scores - y).astype(np.float32)
    far = np.abs(r) > delta
    loss = np.float32(0.5) * r**2
    loss[far] = np.float32(delta) * (np.abs(r[far]) - np.float32(delta / 2))
    grad = np.where(far, np.float32(delta) * np.sign(r), r)
    return loss.mean(), grad / np.float32(len(r))


@wrong("huber_loss", "jump at δ: constant forgotten", "subtract ½ δ²")
def _(scores, y, delta):
    r = scores - y
    loss = np.where(abs(r) < delta, 0.5 * r**2, delta * abs(r)).mean()
    return loss, np.where(abs(r) < delta, r, delta * np.sign(r)) / len(y)


@wrong("huber_loss", "slope beyond is 1", "rises with δ")
def _(scores, y, delta):
    r = scores - y
    loss = np.where(abs(r) < delta, 0.5 * r**2, delta * (abs(r) - delta / 2)).mean()
    return loss, np.where(abs(r) < delta, r, np.sign(r)) / len(y)


@wrong("huber_loss", "residual the other way round", "wrong sign")
def _(scores, y, delta):
    r = y - scores
    loss = np.where(abs(r) < delta, 0.5 * r**2, delta * (abs(r) - delta / 2)).mean()
    return loss, np.clip(r, -delta, delta) / len(y)


@wrong("huber_loss", "gradient not averaged", "1 / N")
def _(scores, y, delta):
    r = scores - y
    loss = np.where(abs(r) < delta, 0.5 * r**2, delta * (abs(r) - delta / 2)).mean()
    return loss, np.clip(r, -delta, delta)


@wrong("huber_loss", "no absolute value in the condition", "compare |r|")
def _(scores, y, delta):
    r = scores - y
    loss = np.where(r < delta, 0.5 * r**2, delta * (r - delta / 2)).mean()
    return loss, np.where(r < delta, r, delta) / len(y)


@wrong("huber_loss", "mean taken of the residual first", "losses that are averaged")
def _(scores, y, delta):
    r = np.abs(scores - y).mean()
    loss = 0.5 * r**2 if r < delta else delta * (r - delta / 2)
    return loss, np.clip(scores - y, -delta, delta) / len(y)


@wrong("huber_loss", "½ missing inside", "slope would be 2 r")
def _(scores, y, delta):
    r = scores - y
    loss = np.where(abs(r) < delta, r**2, delta * (abs(r) - delta / 2)).mean()
    return loss, np.clip(r, -delta, delta) / len(y)


@wrong("huber_loss", "the two branches exchanged", "exchanged")
def _(scores, y, delta):
    r = scores - y
    loss = np.where(abs(r) > delta, 0.5 * r**2, delta * (abs(r) - delta / 2)).mean()
    return loss, np.where(abs(r) > delta, r, delta * np.sign(r)) / len(y)


@wrong("huber_loss", "residual itself clipped, then squared", "go on rising")
def _(scores, y, delta):
    r = np.clip(scores - y, -delta, delta)
    return (r**2 / 2).mean(), r / len(y)


# ---- smoothed_targets


@right("smoothed_targets")
def _(y, classes, eps):
    t = np.full((len(y), classes), eps / classes)
    t[np.arange(len(y)), y] += 1 - eps
    return t


@right("smoothed_targets")
def _(y, classes, eps):
    return [[1 - eps + eps / classes if k == label else eps / classes for k in range(classes)] for label in y]


@right("smoothed_targets")
def _(y, classes, eps):
    one_hot = (y[:, None] == np.arange(classes)).astype(np.float32)
    uniform = np.ones(classes, np.float32) / classes
    return one_hot + np.float32(eps) * (uniform - one_hot)


@wrong("smoothed_targets", "shared among the others only", "all C classes")
def _(y, classes, eps):
    t = np.full((len(y), classes), eps / (classes - 1))
    t[np.arange(len(y)), y] = 1 - eps
    return t


@wrong("smoothed_targets", "right class left at 1", "nothing from the right one")
def _(y, classes, eps):
    t = np.full((len(y), classes), eps / classes)
    t[np.arange(len(y)), y] += 1
    return t


@wrong("smoothed_targets", "ε for each wrong class", "each wrong class gets all of ε")
def _(y, classes, eps):
    t = np.full((len(y), classes), eps)
    t[np.arange(len(y)), y] = 1 - eps
    return t


@wrong("smoothed_targets", "right class set to exactly 1", "except at the right class")
def _(y, classes, eps):
    t = np.full((len(y), classes), eps / classes)
    t[np.arange(len(y)), y] = 1
    return t


@wrong("smoothed_targets", "whole rows filled", "row")
def _(y, classes, eps):
    t = np.full((len(y), classes), eps / classes)
    t[y] = 1 - eps + eps / classes
    return t


@wrong("smoothed_targets", "divided by the number of samples", "number of samples")
def _(y, classes, eps):
    return (1 - eps) * np.eye(classes)[y] + eps / len(y)


@wrong("smoothed_targets", "labels used as numbers", "shape (5, 3)")
def _(y, classes, eps):
    return (1 - eps) * y + eps / classes


@wrong("smoothed_targets", "no share for the right class", "gets its share")
def _(y, classes, eps):
    t = np.full((len(y), classes), eps / classes)
    t[np.arange(len(y)), y] = 1 - eps
    return t


# ---- wasted_bits


@right("wasted_bits")
def _(p, q):
    h_pq = sum(a * math.log2(1 / b) for a, b in zip(p, q, strict=True) if a)
    h_p = sum(a * math.log2(1 / a) for a in p if a)
    return h_pq, h_pq - h_p


@right("wasted_bits")
def _(p, q):
    total = -np.dot(p, np.log(q)) / np.log(2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return total, np.nansum(p * np.log2(p / q))


@right("wasted_bits")
def _(p, q):
    p, q = p.astype(np.float32), q.astype(np.float32)
    safe = np.where(p > 0, p, np.float32(1))
    total = -(p * np.log2(q)).sum()
    return total, total + (p * np.log2(safe)).sum()


@wrong("wasted_bits", "NaN where p is 0", "log(0) taken")
def _(p, q):
    with np.errstate(all="ignore"):
        return -(p * np.log2(q)).sum(), (p * np.log2(p / q)).sum()


@wrong("wasted_bits", "natural logarithm", "nat")
def _(p, q):
    p, q = p[p > 0], q[p > 0]
    return -(p * np.log(q)).sum(), (p * np.log(p / q)).sum()


@wrong("wasted_bits", "q weighs, p gives the lengths", "exchanged")
def _(p, q):
    p, q = p[p > 0], q[p > 0]
    return -(q * np.log2(p)).sum(), (q * np.log2(q / p)).sum()


@wrong("wasted_bits", "divergence upside down", "never below 0")
def _(p, q):
    p, q = p[p > 0], q[p > 0]
    return -(p * np.log2(q)).sum(), (p * np.log2(q / p)).sum()


@wrong("wasted_bits", "entropy minus cross-entropy", "never below 0")
def _(p, q):
    p, q = p[p > 0], q[p > 0]
    total = -(p * np.log2(q)).sum()
    return total, -(p * np.log2(p)).sum() - total


@wrong("wasted_bits", "log with a small number added", "something small left out or added")
def _(p, q):
    return -(p * np.log2(q + 1e-3)).sum(), (p * np.log2((p + 1e-3) / (q + 1e-3))).sum()


@wrong("wasted_bits", "lengths not weighted", "p has no influence")
def _(p, q):
    p, q = p[p > 0], q[p > 0]
    return -np.log2(q).mean(), (p * np.log2(p / q)).sum()


@wrong("wasted_bits", "waste as a difference of logs without weights", "times p")
def _(p, q):
    p, q = p[p > 0], q[p > 0]
    return -(p * np.log2(q)).sum(), (np.log2(p) - np.log2(q)).sum()


@wrong("wasted_bits", "both signs", "both are negative")
def _(p, q):
    p, q = p[p > 0], q[p > 0]
    return (p * np.log2(q)).sum(), (p * np.log2(q / p)).sum()


# ---- neuron_slopes


@right("neuron_slopes")
def _(z, y):
    a = 0.5 * (1 + np.tanh(z / 2))
    return (a - y) * (1 - np.tanh(z / 2) ** 2) / 2, a - y


@right("neuron_slopes")
def _(z, y):
    def losses(z):
        a = 1 / (1 + np.exp(-z))
        return np.array([(a - y) ** 2, -np.log(np.where(y == 1, a, 1 - a))])

    return tuple((losses(z + 1e-5) - losses(z - 1e-5)) / 2e-5)


@right("neuron_slopes")
def _(z, y):
    a = 1 / (1 + np.exp(-z.astype(np.float32)))
    error = a - y.astype(np.float32)
    return np.array([2 * error * a * (1 - a), error])


@wrong("neuron_slopes", "stops at a", "from a to z")
def _(z, y):
    a = 1 / (1 + np.exp(-z))
    return 2 * (a - y), a - y


@wrong("neuron_slopes", "2 forgotten", "½")
def _(z, y):
    a = 1 / (1 + np.exp(-z))
    return (a - y) * a * (1 - a), a - y


@wrong("neuron_slopes", "error the other way round in both", "wrong sign")
def _(z, y):
    a = 1 / (1 + np.exp(-z))
    return 2 * (y - a) * a * (1 - a), y - a


@wrong("neuron_slopes", "error the other way round in the first", "right but for the sign")
def _(z, y):
    a = 1 / (1 + np.exp(-z))
    return 2 * (y - a) * a * (1 - a), a - y


@wrong("neuron_slopes", "σ′ in both", "σ′ cancels")
def _(z, y):
    a = 1 / (1 + np.exp(-z))
    return 2 * (a - y) * a * (1 - a), (a - y) * a * (1 - a)


@wrong("neuron_slopes", "sigmoid without the minus", "σ(−z)")
def _(z, y):
    a = 1 / (1 + np.exp(z))
    return 2 * (a - y) * a * (1 - a), a - y


@wrong("neuron_slopes", "the losses themselves", "these are the two losses")
def _(z, y):
    a = 1 / (1 + np.exp(-z))
    return (a - y) ** 2, -y * np.log(a) - (1 - y) * np.log(1 - a)


@wrong("neuron_slopes", "means", "divide by N")
def _(z, y):
    a = 1 / (1 + np.exp(-z))
    return 2 * (a - y) * a * (1 - a) / len(z), (a - y) / len(z)


@wrong("neuron_slopes", "σ′ as a times a − 1", "right but for the sign")
def _(z, y):
    a = 1 / (1 + np.exp(-z))
    return 2 * (a - y) * a * (a - 1), a - y


@wrong("neuron_slopes", "z taken for a", "not z − y")
def _(z, y):
    return 2 * (z - y) * z * (1 - z), z - y
