"""Answers as learners write them, invented without a look at the known mistakes, each judged by hand.

The checker was not built on them: `test_unseen_answers.py` measures with them how it takes what it has not seen.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


@dataclass(frozen=True)
class Unseen:
    """One answer: to which exercise, what is wrong with it (nothing if it is right), and what should be said of it."""

    exercise: str
    answer: Callable[..., Any]
    mistake: str = ""
    says: str = ""  # a phrase of a message that helps; nothing if it is not named yet


ANSWERS: list[Unseen] = []


def right(exercise: str) -> Callable[[Callable[..., Any]], None]:
    """Add a right answer that is written in an unusual way."""
    return lambda answer: ANSWERS.append(Unseen(exercise, answer))


def wrong(exercise: str, mistake: str, says: str = "") -> Callable[[Callable[..., Any]], None]:
    """Add a wrong answer with its mistake and with words that the message should hold."""
    return lambda answer: ANSWERS.append(Unseen(exercise, answer, mistake, says))


def relu(x):
    return np.maximum(x, 0)


def softmax(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# ---- half_way


@right("half_way")
def _(w, b):
    low, high = -1e3, 1e3
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if (w * middle + b < 0) == (w > 0) else (low, middle)
    return middle


@right("half_way")
def _(w, b):
    return np.float32(0.0 - b) / np.float32(w)


@right("half_way")
def _(w, b):
    x, *_ = np.linalg.solve([[w]], [-b])
    return x


@wrong("half_way", "sign lost when moved across", "the sign is wrong")
def _(w, b):
    return b / w


@wrong("half_way", "subtracts instead of divides", "divide by it")
def _(w, b):
    return -b - w


@wrong("half_way", "the answer at x = 0", "w has no influence")
def _(w, b):
    return 1 / (1 + math.exp(-b))


@wrong("half_way", "sum set to one half", "is one half")
def _(w, b):
    return (1 / 2 - b) / w


@wrong("half_way", "sum set to 1", "answers 0.73")
def _(w, b):
    return (1 - b) / w


@wrong("half_way", "sign by the absolute weight", "some signs in x are wrong")
def _(w, b):
    return -b / abs(w)


@wrong("half_way", "product instead of quotient", "division by it missing")
def _(w, b):
    return -b * w


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


# ---- product_gate_backward


@right("product_gate_backward")
def _(x, y, z, dout):
    return np.array([z, z, x + y]) * dout


@right("product_gate_backward")
def _(x, y, z, dout):
    return (gradient * dout for gradient in (z, z, x + y))


@right("product_gate_backward")
def _(x, y, z, dout):
    h = 1e-4

    def f(x, y, z):
        return (x + y) * z

    dx = (f(x + h, y, z) - f(x - h, y, z)) / (2 * h) * dout
    return dx, dx, dout * x + dout * y


@wrong("product_gate_backward", "upstream gradient forgotten", "dout")
def _(x, y, z, dout):
    return z, z, x + y


@wrong("product_gate_backward", "dout missing in dz", "dout")
def _(x, y, z, dout):
    return z * dout, z * dout, x + y


@wrong("product_gate_backward", "x · y for x + y", "sum")
def _(x, y, z, dout):
    return z * dout, z * dout, x * y * dout


@wrong("product_gate_backward", "dz first", "order")
def _(x, y, z, dout):
    return (x + y) * dout, z * dout, z * dout


@wrong("product_gate_backward", "stops at the plus gate", "z")
def _(x, y, z, dout):
    return dout, dout, (x + y) * dout


@wrong("product_gate_backward", "plus gate halves", "does not share")
def _(x, y, z, dout):
    return z * dout / 2, z * dout / 2, (x + y) * dout


@wrong("product_gate_backward", "dout added, not multiplied", "you add")
def _(x, y, z, dout):
    return z + dout, z + dout, x + y + dout


@wrong("product_gate_backward", "inputs multiplied in", "by the input itself")
def _(x, y, z, dout):
    return x * z * dout, y * z * dout, (x + y) * z * dout


# ---- max_gate_backward


@right("max_gate_backward")
def _(x, y, dout):
    dx = np.zeros_like(dout)
    dx[x >= y] = dout[x >= y]
    return dx, dout - dx


@right("max_gate_backward")
def _(x, y, dout):
    dx = [d if a >= b else 0 for a, b, d in zip(x.flat, y.flat, dout.flat, strict=True)]
    dy = [0 if a >= b else d for a, b, d in zip(x.flat, y.flat, dout.flat, strict=True)]
    return np.reshape(dx, x.shape), np.reshape(dy, x.shape)


@right("max_gate_backward")
def _(x, y, dout):
    return np.where(np.maximum(x, y) == x, dout, 0), np.where(y > x, dout, -0.0)


@wrong("max_gate_backward", "a tie goes to both", "tie")
def _(x, y, dout):
    return dout * (x >= y), dout * (y >= x)


@wrong("max_gate_backward", "a tie goes to y", "tie")
def _(x, y, dout):
    return np.where(x > y, dout, 0), np.where(x > y, 0, dout)


@wrong("max_gate_backward", "a tie is halved, as in PyTorch", "tie")
def _(x, y, dout):
    first = np.where(x > y, 1, np.where(x == y, 0.5, 0))
    return dout * first, dout * (1 - first)


@wrong("max_gate_backward", "a tie goes to neither", "tie")
def _(x, y, dout):
    return dout * (x > y), dout * (y > x)


@wrong("max_gate_backward", "values instead of a mask", "multiply by the larger value")
def _(x, y, dout):
    return dout * x * (x >= y), dout * y * (y > x)


@wrong("max_gate_backward", "dout forgotten", "from above")
def _(x, y, dout):
    return (x >= y).astype(float), (x < y).astype(float)


@wrong("max_gate_backward", "mask of a ReLU", "0")
def _(x, y, dout):
    return dout * (x > 0), dout * (y > 0)


@wrong("max_gate_backward", "to the smaller one", "smaller")
def _(x, y, dout):
    return dout * (x < y), dout * (x >= y)


@wrong("max_gate_backward", "if on an array", "array")
def _(x, y, dout):
    if x >= y:
        return dout, 0 * dout
    return 0 * dout, dout


# ---- linear_backward


@right("linear_backward")
def _(dout, x, w):
    return np.einsum("nh,dh->nd", dout, w), np.einsum("nd,nh->dh", x, dout), np.einsum("nh->h", dout)


@right("linear_backward")
def _(dout, x, w):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(w.shape[1])
    for n in range(len(x)):
        db += dout[n]
        for h in range(w.shape[1]):
            dx[n] += dout[n, h] * w[:, h]
            dw[:, h] += dout[n, h] * x[n]
    return [dx, dw, db]


@right("linear_backward")
def _(dout, x, w):
    dout, x, w = (a.astype(np.float32) for a in (dout, x, w))
    return (w @ dout.T).T, (dout.T @ x).T, np.ones(len(x), np.float32) @ dout


@wrong("linear_backward", "db averaged", "mean")
def _(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


@wrong("linear_backward", "db not summed", "for every sample")
def _(dout, x, w):
    return dout @ w.T, x.T @ dout, dout


@wrong("linear_backward", "db with keepdims", "shape")
def _(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0, keepdims=True)


@wrong("linear_backward", "dw divided by N", "N times too small")
def _(dout, x, w):
    return dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0)


@wrong("linear_backward", "dw transposed", "transposed")
def _(dout, x, w):
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)


@wrong("linear_backward", "parameters first", "order")
def _(dout, x, w):
    return x.T @ dout, dout.sum(axis=0), dout @ w.T


@wrong("linear_backward", "db of all entries", "all entries of db")
def _(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum()


@wrong("linear_backward", "= where += is meant", "last")
def _(dout, x, w):
    dw = np.zeros_like(w)
    for n in range(len(x)):
        dw = np.outer(x[n], dout[n])
    return dout @ w.T, dw, dout.sum(axis=0)


@wrong("linear_backward", "w not transposed", "transpose")
def _(dout, x, w):
    return dout @ w, x.T @ dout, dout.sum(axis=0)


@wrong("linear_backward", "divides by w, so to speak")
def _(dout, x, w):
    return dout @ np.linalg.pinv(w), x.T @ dout, dout.sum(axis=0)


# ---- two_layer_gradients


@right("two_layer_gradients")
def _(x, y, w1, b1, w2, b2):
    grads = [np.zeros_like(p) for p in (w1, b1, w2, b2)]
    for xi, yi in zip(x, y, strict=True):
        h = relu(xi @ w1 + b1)
        d = h @ w2 + b2 - yi
        dh = np.where(h > 0, w2 @ d, 0)
        for g, part in zip(grads, (np.outer(xi, dh), dh, np.outer(h, d), d), strict=True):
            g += part / len(x)
    return grads


@right("two_layer_gradients")
def _(x, y, w1, b1, w2, b2):
    x, y, w1, b1, w2, b2 = (np.float32(a) for a in (x, y, w1, b1, w2, b2))
    z = x @ w1 + b1
    h = z * (z > 0)
    d = h @ w2 + b2 - y
    dz = d @ w2.T
    dz[z <= 0] = 0
    n = np.float32(len(x))
    return x.T @ dz / n, dz.mean(axis=0), h.T @ d / n, d.mean(0)


@wrong("two_layer_gradients", "no mean anywhere", "N times too large")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = h @ w2 + b2 - y
    dz = (d @ w2.T) * (h > 0)
    return x.T @ dz, dz.sum(0), h.T @ d, d.sum(0)


@wrong("two_layer_gradients", "mean for the weights only", "db1 and db2")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = h @ w2 + b2 - y
    dz = (d @ w2.T) * (h > 0)
    return x.T @ dz / len(x), dz.sum(0), h.T @ d / len(x), d.sum(0)


@wrong("two_layer_gradients", "mask of the gradient's own sign", "ReLU")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = (h @ w2 + b2 - y) / len(x)
    dz = relu(d @ w2.T)
    return x.T @ dz, dz.sum(0), h.T @ d, d.sum(0)


@wrong("two_layer_gradients", "mask without the bias", "b1")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = (h @ w2 + b2 - y) / len(x)
    dz = (d @ w2.T) * (x @ w1 > 0)
    return x.T @ dz, dz.sum(0), h.T @ d, d.sum(0)


@wrong("two_layer_gradients", "b2 left out of the scores", "b2")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = (h @ w2 - y) / len(x)
    dz = (d @ w2.T) * (h > 0)
    return x.T @ dz, dz.sum(0), h.T @ d, d.sum(0)


@wrong("two_layer_gradients", "factor 2 of the square", "twice")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = 2 * (h @ w2 + b2 - y) / len(x)
    dz = (d @ w2.T) * (h > 0)
    return x.T @ dz, dz.sum(0), h.T @ d, d.sum(0)


@wrong("two_layer_gradients", "mean over N · C, as MSELoss", "C times too small")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = (h @ w2 + b2 - y) / y.size
    dz = (d @ w2.T) * (h > 0)
    return x.T @ dz, dz.sum(0), h.T @ d, d.sum(0)


@wrong("two_layer_gradients", "db1 before the mask", "ReLU")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = (h @ w2 + b2 - y) / len(x)
    dh = d @ w2.T
    return x.T @ (dh * (h > 0)), dh.sum(0), h.T @ d, d.sum(0)


@wrong("two_layer_gradients", "dw2 from z, not h", "ReLU")
def _(x, y, w1, b1, w2, b2):
    z = x @ w1 + b1
    d = (relu(z) @ w2 + b2 - y) / len(x)
    dz = (d @ w2.T) * (z > 0)
    return x.T @ dz, dz.sum(0), z.T @ d, d.sum(0)


@wrong("two_layer_gradients", "y − scores", "sign")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = (y - h @ w2 - b2) / len(x)
    dz = (d @ w2.T) * (h > 0)
    return x.T @ dz, dz.sum(0), h.T @ d, d.sum(0)


@wrong("two_layer_gradients", "weights first, then biases", "order")
def _(x, y, w1, b1, w2, b2):
    h = relu(x @ w1 + b1)
    d = (h @ w2 + b2 - y) / len(x)
    dz = (d @ w2.T) * (h > 0)
    return x.T @ dz, h.T @ d, dz.sum(0), d.sum(0)


# ---- conv_backward


def conv_gradients(dout, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    kh, kw = w.shape[2:]
    for f, i, j in np.ndindex(*dout.shape):
        dx[:, i : i + kh, j : j + kw] += dout[f, i, j] * w[f]
        dw[f] += dout[f, i, j] * x[:, i : i + kh, j : j + kw]
    return dx, dw


@right("conv_backward")
def _(dout, x, w):
    kh, kw = w.shape[2:]
    dw = np.einsum("chwij,fij->fchw", sliding_window_view(x, dout.shape[1:], axis=(1, 2)), dout)
    padded = np.pad(dout, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    windows = sliding_window_view(padded, (kh, kw), axis=(1, 2))
    return np.einsum("fijhw,fchw->cij", windows, w[:, :, ::-1, ::-1]), dw


@right("conv_backward")
def _(dout, x, w):
    oh, ow = dout.shape[1:]
    dx, dw = np.zeros(x.shape, np.float32), np.zeros(w.shape, np.float32)
    for f, c, p, q in np.ndindex(*w.shape):
        patch = x[c, p : p + oh, q : q + ow]
        dw[f, c, p, q] = (patch * dout[f]).sum()
        dx[c, p : p + oh, q : q + ow] += w[f, c, p, q] * dout[f]
    return dx, dw


@wrong("conv_backward", "kernel not turned for dx")
def _(dout, x, w):
    kh, kw = w.shape[2:]
    padded = np.pad(dout, ((0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    windows = sliding_window_view(padded, (kh, kw), axis=(1, 2))
    return np.einsum("fijhw,fchw->cij", windows, w), conv_gradients(dout, x, w)[1]


@wrong("conv_backward", "= where += is meant in dx", "overwrite")
def _(dout, x, w):
    dx, kh, kw = np.zeros_like(x), w.shape[2], w.shape[3]
    for f, i, j in np.ndindex(*dout.shape):
        dx[:, i : i + kh, j : j + kw] = dout[f, i, j] * w[f]
    return dx, conv_gradients(dout, x, w)[1]


@wrong("conv_backward", "dw averaged over the places", "number of places")
def _(dout, x, w):
    dx, dw = conv_gradients(dout, x, w)
    return dx, dw / dout[0].size


@wrong("conv_backward", "order exchanged", "dw first")
def _(dout, x, w):
    return conv_gradients(dout, x, w)[::-1]


@wrong("conv_backward", "last row of places forgotten")
def _(dout, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    kh, kw = w.shape[2:]
    for f in range(dout.shape[0]):
        for i in range(dout.shape[1] - 1):
            for j in range(dout.shape[2]):
                dx[:, i : i + kh, j : j + kw] += dout[f, i, j] * w[f]
                dw[f] += dout[f, i, j] * x[:, i : i + kh, j : j + kw]
    return dx, dw


# ---- output_size


@right("output_size")
def _(size, kernel, stride, padding):
    return len(range(0, size + 2 * padding - kernel + 1, stride))


@right("output_size")
def _(size, kernel, stride, padding):
    return max(0.0, np.floor((size - kernel + 2 * padding) / stride) + 1) if kernel <= size + 2 * padding else 0.0


@right("output_size")
def _(size, kernel, stride, padding):
    count, end = 0, kernel
    while end <= size + 2 * padding:
        count, end = count + 1, end + stride
    return np.int32(count)


@wrong("output_size", "too large a window not refused", "window is larger")
def _(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride + 1


@wrong("output_size", "0 where there is a remainder", "remainder")
def _(size, kernel, stride, padding):
    span = size - kernel + 2 * padding
    return 0 if span < 0 or span % stride else span // stride + 1


@wrong("output_size", "padding counted once", "both")
def _(size, kernel, stride, padding):
    span = size - kernel + padding
    return 0 if span < 0 else span // stride + 1


@wrong("output_size", "+ 1 forgotten", "one more")
def _(size, kernel, stride, padding):
    span = size - kernel + 2 * padding
    return 0 if span < 0 else span // stride


@wrong("output_size", "returns a fraction", "round down")
def _(size, kernel, stride, padding):
    span = size - kernel + 2 * padding
    return 0 if span < 0 else span / stride + 1


# ---- parameter_count


@right("parameter_count")
def _(channels, filters, kernel):
    return np.zeros((filters, channels, kernel, kernel)).size + np.zeros(filters).size


@right("parameter_count")
def _(channels, filters, kernel):
    return np.float32(sum(kernel * kernel * channels + 1 for _ in range(filters)))


@wrong("parameter_count", "biases forgotten", "bias")
def _(channels, filters, kernel):
    return channels * filters * kernel**2


@wrong("parameter_count", "depth forgotten", "deep")
def _(channels, filters, kernel):
    return filters * (kernel**2 + 1)


@wrong("parameter_count", "one bias in all", "bias")
def _(channels, filters, kernel):
    return channels * filters * kernel**2 + 1


@wrong("parameter_count", "kernel not squared", "kernel")
def _(channels, filters, kernel):
    return filters * (channels * kernel + 1)


@wrong("parameter_count", "a bias for each channel", "bias")
def _(channels, filters, kernel):
    return filters * channels * (kernel**2 + 1)


@wrong("parameter_count", "a bias for each input channel, once", "change places")
def _(channels, filters, kernel):
    return filters * channels * kernel**2 + channels


# ---- conv_forward


def correlate(x, w):
    return np.einsum("cijhw,fchw->fij", sliding_window_view(x, w.shape[2:], axis=(1, 2)), w)


@right("conv_forward")
def _(x, w, b):
    return correlate(x, w) + b.reshape(-1, 1, 1)


@right("conv_forward")
def _(x, w, b):
    oh, ow = x.shape[1] - w.shape[2] + 1, x.shape[2] - w.shape[3] + 1
    y = np.repeat(np.float32(b), oh * ow).reshape(len(b), oh, ow)
    for p in range(w.shape[2]):
        for q in range(w.shape[3]):
            y += np.tensordot(w[:, :, p, q].astype("f"), x[:, p : p + oh, q : q + ow].astype("f"), axes=1)
    return y


@right("conv_forward")
def _(x, w, b):
    kh, kw = w.shape[2:]
    return [
        [
            [float(np.vdot(x[:, i : i + kh, j : j + kw], w[f]) + b[f]) for j in range(x.shape[2] - kw + 1)]
            for i in range(x.shape[1] - kh + 1)
        ]
        for f in range(len(w))
    ]


@wrong("conv_forward", "kernel flipped", "180°")
def _(x, w, b):
    return correlate(x, w[:, :, ::-1, ::-1]) + b[:, None, None]


@wrong("conv_forward", "bias forgotten", "bias")
def _(x, w, b):
    return correlate(x, w)


@wrong("conv_forward", "first channel only", "channel")
def _(x, w, b):
    return correlate(x[:1], w[:, :1]) + b[:, None, None]


@wrong("conv_forward", "bias once for each channel", "bias")
def _(x, w, b):
    return correlate(x, w) + len(x) * b[:, None, None]


@wrong("conv_forward", "output one too small", "1")
def _(x, w, b):
    return (correlate(x, w) + b[:, None, None])[:, :-1, :-1]


@wrong("conv_forward", "output of integers", "whole")
def _(x, w, b):
    return (correlate(x, w) + b[:, None, None]).astype(int)


@wrong("conv_forward", "mean for sum", "mean")
def _(x, w, b):
    return correlate(x, w) / w[0].size + b[:, None, None]


@wrong("conv_forward", "a batch axis in front, as in PyTorch", "shape")
def _(x, w, b):
    return (correlate(x, w) + b[:, None, None])[None]


# ---- max_pool_backward


def windows_of(x):
    h, w = x.shape[0] // 2, x.shape[1] // 2
    return x.reshape(h, 2, w, 2)


@right("max_pool_backward")
def _(dout, x):
    windows = windows_of(x)
    largest = windows == windows.max(axis=(1, 3), keepdims=True)
    return (largest * dout[:, None, :, None]).reshape(x.shape)


@right("max_pool_backward")
def _(dout, x):
    dx = [[0.0] * x.shape[1] for _ in x]
    for i in range(0, x.shape[0], 2):
        for j in range(0, x.shape[1], 2):
            _, r, c = max((x[r, c], r, c) for r in (i, i + 1) for c in (j, j + 1))
            dx[r][c] = float(dout[i // 2, j // 2])
    return dx


@right("max_pool_backward")
def _(dout, x):
    top = np.kron(windows_of(x).max(axis=(1, 3)), np.ones((2, 2)))
    return np.where(x == top, np.kron(dout, np.ones((2, 2))), 0).astype(np.float32)


@wrong("max_pool_backward", "spread as a mean", "mean-pooling")
def _(dout, x):
    return np.kron(dout, np.ones((2, 2))) / 4


@wrong("max_pool_backward", "to all four pixels", "all four pixels")
def _(dout, x):
    return np.repeat(np.repeat(dout, 2, axis=0), 2, axis=1)


@wrong("max_pool_backward", "times the pixel", "multiply by x")
def _(dout, x):
    windows = windows_of(x)
    top = windows.max(axis=(1, 3), keepdims=True)
    return ((windows == top) * top * dout[:, None, :, None]).reshape(x.shape)


@wrong("max_pool_backward", "1 where dout belongs", "dout")
def _(dout, x):
    windows = windows_of(x)
    return (windows == windows.max(axis=(1, 3), keepdims=True)).astype(float).reshape(x.shape)


@wrong("max_pool_backward", "row and column exchanged")
def _(dout, x):
    dx = np.zeros_like(x)
    for i, j in np.ndindex(*dout.shape):
        column, row = divmod(int(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].argmax()), 2)
        dx[2 * i + row, 2 * j + column] = dout[i, j]
    return dx


@wrong("max_pool_backward", "largest in size", "absolute value")
def _(dout, x):
    windows = np.abs(windows_of(x))
    largest = windows == windows.max(axis=(1, 3), keepdims=True)
    return (largest * dout[:, None, :, None]).reshape(x.shape)


@wrong("max_pool_backward", "smallest pixel", "smallest")
def _(dout, x):
    windows = windows_of(x)
    return ((windows == windows.min(axis=(1, 3), keepdims=True)) * dout[:, None, :, None]).reshape(x.shape)


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


# ---- sigmoid_saturation


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@right("sigmoid_saturation")
def _(x):
    return 1 / (2 + 2 * np.cosh(x))


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


# ---- maxout_backward


def maxout_parts(dout, x, w, b):
    z = np.einsum("nd,dhk->nhk", x, w) + b
    return z, np.eye(w.shape[2])[z.argmax(axis=2)] * dout[:, :, None]


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


# ---- condition_number


@right("condition_number")
def _(x):
    return np.linalg.cond(x) ** 2


@right("condition_number")
def _(x):
    s = np.linalg.svd(x, compute_uv=False)
    return [s[0] ** 2 / s[-1] ** 2][0]


@right("condition_number")
def _(x):
    values = np.linalg.eigvals(2 * x.T.dot(x) / x.shape[0])
    return np.max(values) / np.min(values)


@wrong("condition_number", "square forgotten", "squares")
def _(x):
    return np.linalg.cond(x)


@wrong("condition_number", "centred first", "centre")
def _(x):
    return np.linalg.cond(x - x.mean(axis=0)) ** 2


@wrong("condition_number", "smallest over largest", "smallest over the largest")
def _(x):
    values = np.linalg.eigvalsh(2 * x.T @ x / len(x))
    return values[0] / values[-1]


@wrong("condition_number", "covariance", "centre")
def _(x):
    values = np.linalg.eigvalsh(np.cov(x.T))
    return values.max() / values.min()


@wrong("condition_number", "N × N matrix")
def _(x):
    values = np.abs(np.linalg.eigvalsh(x @ x.T))
    return values[-1] / max(values[0], 1e-9)


@wrong("condition_number", "largest curvature only", "smallest")
def _(x):
    return np.linalg.eigvalsh(2 * x.T @ x / len(x))[-1]


@wrong("condition_number", "diagonal of the Hessian", "diagonal")
def _(x):
    curvatures = 2 * (x**2).mean(axis=0)
    return curvatures.max() / curvatures.min()


@wrong("condition_number", "squared once too often", "square")
def _(x):
    return np.linalg.cond(x.T @ x) ** 2


# ---- channel_mean


@right("channel_mean")
def _(train, test):
    out = np.empty_like(test)
    for c in range(train.shape[1]):
        out[:, c] = test[:, c] - np.mean([image[c].mean() for image in train])
    return out


@right("channel_mean")
def _(train, test):
    mean = np.einsum("nchw->c", train) / (train.size / train.shape[1])
    return (test.transpose(0, 2, 3, 1) - mean).transpose(0, 3, 1, 2).tolist()


@right("channel_mean")
def _(train, test):
    return np.float32(test) - np.float32(train).mean(axis=3).mean(axis=2).mean(axis=0)[None, :, None, None]


@wrong("channel_mean", "mean of the test images", "means of the test images")
def _(train, test):
    return test - test.mean(axis=(0, 2, 3), keepdims=True)


@wrong("channel_mean", "broadcast along the width", "lined up")
def _(train, test):
    return test - train.mean(axis=(0, 2, 3))


@wrong("channel_mean", "one mean for all", "channel")
def _(train, test):
    return test - train.mean()


@wrong("channel_mean", "a mean for each pixel", "pixel")
def _(train, test):
    return test - train.mean(axis=0)


@wrong("channel_mean", "divided by std too", "divide by a std")
def _(train, test):
    mean, std = train.mean(axis=(0, 2, 3), keepdims=True), train.std(axis=(0, 2, 3), keepdims=True)
    return (test - mean) / std


@wrong("channel_mean", "training images returned", "test")
def _(train, test):
    return train - train.mean(axis=(0, 2, 3), keepdims=True)


@wrong("channel_mean", "mean − test", "sign")
def _(train, test):
    return train.mean(axis=(0, 2, 3), keepdims=True) - test


@wrong("channel_mean", "in place", "in place")
def _(train, test):
    test -= train.mean(axis=(0, 2, 3), keepdims=True)
    return test


@wrong("channel_mean", "channels last", "axis")
def _(train, test):
    return test - train.mean(axis=(0, 1, 2), keepdims=True)


@wrong("channel_mean", "mean of both sets", "test")
def _(train, test):
    return test - np.concatenate([train, test]).mean(axis=(0, 2, 3), keepdims=True)


# ---- standardise


@right("standardise")
def _(x):
    std = x.std(axis=0)
    std[std < 1e-8] = 1
    return (x - x.mean(axis=0)) / std


@right("standardise")
def _(x):
    columns = []
    for c in x.T:
        columns.append(np.zeros(len(c)) if c.min() == c.max() else (c - c.mean()) / c.std())
    return np.stack(columns, axis=1).tolist()


@right("standardise")
def _(x):
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8)


@right("standardise")
def _(x):
    x = x.astype(np.float32)
    return (x - x.mean(0)) / np.maximum(x.std(0), 1e-4)


@wrong("standardise", "std of 1.4e-17 is not 0", "0.1")
def _(x):
    std = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(std == 0, 1, std)


@wrong("standardise", "constant column is nan", "divided by 0")
def _(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


@wrong("standardise", "variance for std", "variance")
def _(x):
    var = x.var(axis=0)
    return (x - x.mean(axis=0)) / np.where(var < 1e-20, 1, var)


@wrong("standardise", "variance for std, and var == 0", "variance")
def _(x):
    var = x.var(axis=0)
    return (x - x.mean(axis=0)) / np.where(var == 0, 1, var)


@wrong("standardise", "a large ε", "something small")
def _(x):
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-5)


@wrong("standardise", "samples, not features", "axis")
def _(x):
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


@wrong("standardise", "N − 1", "N − 1")
def _(x):
    std = x.std(axis=0, ddof=1)
    return (x - x.mean(axis=0)) / np.where(std < 1e-9, 1, std)


@wrong("standardise", "one mean and std for all", "feature")
def _(x):
    return (x - x.mean()) / x.std()


@wrong("standardise", "scaled to 0…1", "0 … 1")
def _(x):
    span = np.ptp(x, axis=0)
    return (x - x.min(axis=0)) / np.where(span == 0, 1, span)


@wrong("standardise", "mean not subtracted", "mean")
def _(x):
    std = x.std(axis=0)
    return x / np.where(std < 1e-9, 1, std)


# ---- pca_whitening


def moments(train):
    mean = train.mean(axis=0)
    return (mean, *np.linalg.eigh((train - mean).T @ (train - mean) / len(train)))


@right("pca_whitening")
def _(train, test, eps):
    variances, axes = np.linalg.eigh(np.cov(train, rowvar=False, bias=True))
    return np.matmul(test - np.mean(train, 0), axes) @ np.diag((variances + eps) ** -0.5)


@right("pca_whitening")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return [
        [float((row - mean) @ u) / math.sqrt(v + eps) for u, v in zip(axes.T, variances, strict=True)] for row in test
    ]


@wrong("pca_whitening", "mean of the test set", "training")
def _(train, test, eps):
    _, variances, axes = moments(train)
    return (test - test.mean(axis=0)) @ axes / np.sqrt(variances + eps)


@wrong("pca_whitening", "test not centred", "not centred")
def _(train, test, eps):
    _, variances, axes = moments(train)
    return test @ axes / np.sqrt(variances + eps)


@wrong("pca_whitening", "np.cov divides by N − 1", "N − 1")
def _(train, test, eps):
    variances, axes = np.linalg.eigh(np.cov(train.T))
    return (test - train.mean(axis=0)) @ axes / np.sqrt(variances + eps)


@wrong("pca_whitening", "ε outside the root", "root")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes / (np.sqrt(variances) + eps)


@wrong("pca_whitening", "U transposed", "as columns")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes.T / np.sqrt(variances + eps)


@wrong("pca_whitening", "largest component first", "order")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes[:, ::-1] / np.sqrt(variances[::-1] + eps)


@wrong("pca_whitening", "ε left out", "epsilon")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes / np.sqrt(variances)


@wrong("pca_whitening", "rotated back, ZCA", "back")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes / np.sqrt(variances + eps) @ axes.T


@wrong("pca_whitening", "divided by the variance", "variances")
def _(train, test, eps):
    mean, variances, axes = moments(train)
    return (test - mean) @ axes / (variances + eps)


@wrong("pca_whitening", "only rotated", "decorrelated")
def _(train, test, eps):
    mean, _, axes = moments(train)
    return (test - mean) @ axes


# ---- spot_the_leak


@right("spot_the_leak")
def _(train, test):
    mean = np.add.reduce(train) / len(train)
    std = np.sqrt(np.mean(np.square(train), axis=0) - mean**2)
    return tuple(((s - mean) / std).tolist() for s in (train, test))


@right("spot_the_leak")
def _(train, test):
    train, test = train.T.astype(np.float32), test.T.astype(np.float32)
    stats = [(row.mean(), row.std()) for row in train]
    return [np.array([(r - m) / s for r, (m, s) in zip(rows, stats, strict=True)]).T for rows in (train, test)]


@wrong("spot_the_leak", "each with its own statistics", "own")
def _(train, test):
    return tuple((s - s.mean(axis=0)) / s.std(axis=0) for s in (train, test))


@wrong("spot_the_leak", "std of the test set", "std")
def _(train, test):
    mean = train.mean(axis=0)
    return (train - mean) / train.std(axis=0), (test - mean) / test.std(axis=0)


@wrong("spot_the_leak", "N − 1", "N − 1")
def _(train, test):
    mean, std = train.mean(axis=0), train.std(axis=0, ddof=1)
    return (train - mean) / std, (test - mean) / std


@wrong("spot_the_leak", "test first", "order")
def _(train, test):
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (test - mean) / std, (train - mean) / std


@wrong("spot_the_leak", "one number for all features", "over what are mean and spread taken")
def _(train, test):
    return (train - train.mean()) / train.std(), (test - train.mean()) / train.std()


@wrong("spot_the_leak", "test left alone", "same step")
def _(train, test):
    return (train - train.mean(axis=0)) / train.std(axis=0), test


@wrong("spot_the_leak", "only centred", "spread")
def _(train, test):
    mean = train.mean(axis=0)
    return train - mean, test - mean


@wrong("spot_the_leak", "statistics of both", "both")
def _(train, test):
    both = np.vstack((train, test))
    return tuple((s - both.mean(axis=0)) / both.std(axis=0) for s in (train, test))


# ---- xavier_bound


@right("xavier_bound")
def _(fan_in, fan_out):
    return np.sqrt(3) * (2 / (fan_in + fan_out)) ** 0.5


@right("xavier_bound")
def _(fan_in, fan_out):
    return np.float32(1) / np.sqrt(np.float32(np.mean([fan_in, fan_out])) / 3)


@wrong("xavier_bound", "std, not bound", "standard deviation")
def _(fan_in, fan_out):
    return math.sqrt(2 / (fan_in + fan_out))


@wrong("xavier_bound", "root forgotten", "square of the bound")
def _(fan_in, fan_out):
    return 6 / (fan_in + fan_out)


@wrong("xavier_bound", "fan_out forgotten", "fan_out")
def _(fan_in, fan_out):
    return math.sqrt(6 / fan_in)


@wrong("xavier_bound", "sum halved", "√2")
def _(fan_in, fan_out):
    return math.sqrt(6 / ((fan_in + fan_out) / 2))


@wrong("xavier_bound", "(2a)²/12 solved for the width", "width of the interval")
def _(fan_in, fan_out):
    return math.sqrt(24 / (fan_in + fan_out))


@wrong("xavier_bound", "product of the fans", "multiply the fans")
def _(fan_in, fan_out):
    return math.sqrt(6 / (fan_in * fan_out))


# ---- he_std


@right("he_std")
def _(fan_in):
    return (fan_in / 2) ** -0.5


@right("he_std")
def _(fan_in):
    return np.sqrt(np.array(2.0, np.float32) / fan_in)


@wrong("he_std", "variance", "variance")
def _(fan_in):
    return 2 / fan_in


@wrong("he_std", "Xavier, without the 2", "lost half")
def _(fan_in):
    return 1 / math.sqrt(fan_in)


@wrong("he_std", "root of the 2 only", "root")
def _(fan_in):
    return math.sqrt(2) / fan_in


@wrong("he_std", "upside down", "1 divided by")
def _(fan_in):
    return math.sqrt(fan_in / 2)


@wrong("he_std", "bound for std", "√3")
def _(fan_in):
    return math.sqrt(6 / fan_in)


@wrong("he_std", "2 outside the root", "√2")
def _(fan_in):
    return 2 / math.sqrt(fan_in)


@wrong("he_std", "½ for 2", "half as large")
def _(fan_in):
    return math.sqrt(0.5 / fan_in)


@wrong("he_std", "whole-number division", "//")
def _(fan_in):
    return math.sqrt(2 // fan_in)


@wrong("he_std", "estimated from a draw")
def _(fan_in):
    return (np.random.default_rng(1).normal(size=1000) * math.sqrt(2 / fan_in)).std()


# ---- conv_he_std


@right("conv_he_std")
def _(filters, channels, height, width):
    return (np.prod([channels, height, width]) / 2) ** -0.5


@right("conv_he_std")
def _(filters, channels, height, width):
    fan_in = np.float32(np.zeros((filters, channels, height, width))[0].size)
    return np.sqrt(np.float32(2) / fan_in)


@wrong("conv_he_std", "Xavier's rule", "xavier")
def _(filters, channels, height, width):
    return math.sqrt(2 / ((channels + filters) * height * width))


@wrong("conv_he_std", "no 2 for ReLU", "ReLU")
def _(filters, channels, height, width):
    return 1 / math.sqrt(channels * height * width)


@wrong("conv_he_std", "variance", "variance")
def _(filters, channels, height, width):
    return 2 / (channels * height * width)


@wrong("conv_he_std", "2 outside the root", "under the root")
def _(filters, channels, height, width):
    return 2 / math.sqrt(channels * height * width)


@wrong("conv_he_std", "the window taken for a square", "width")
def _(filters, channels, height, width):
    return math.sqrt(2 / (channels * height**2))


@wrong("conv_he_std", "bound of the uniform distribution", "uniform")
def _(filters, channels, height, width):
    return math.sqrt(6 / (channels * height * width))


@wrong("conv_he_std", "the bias counted as an input")
def _(filters, channels, height, width):
    return math.sqrt(2 / (channels * height * width + 1))


# ---- symmetric_gradients


@right("symmetric_gradients")
def _(x, y, w1, w2):
    dw1, dw2 = 0 * w1, 0 * w2
    for xi, label in zip(x, y, strict=True):
        h = np.tanh(xi @ w1)
        p = np.exp(h @ w2)
        d = p / p.sum()
        d[label] -= 1
        dw1 += np.outer(xi, w2 @ d / np.cosh(xi @ w1) ** 2) / len(x)
        dw2 += np.outer(h, d) / len(x)
    return dw1, dw2


@right("symmetric_gradients")
def _(x, y, w1, w2):
    x, w1, w2 = np.float32(x), np.float32(w1), np.float32(w2)
    h = np.tanh(x @ w1)
    d = softmax(h @ w2) - np.eye(w2.shape[1], dtype=np.float32)[y]
    return np.einsum("nd,nc,hc,nh->dh", x, d / np.float32(len(x)), w2, 1 - h * h), (d.T @ h).T / np.float32(len(x))


def symmetric(x, y, w1, w2, slope):
    h = np.tanh(x @ w1)
    d = (softmax(h @ w2) - np.eye(w2.shape[1])[y]) / len(x)
    return x.T @ (d @ w2.T * slope(h)), h.T @ d


@wrong("symmetric_gradients", "tanh twice in its slope", "tanh")
def _(x, y, w1, w2):
    return symmetric(x, y, w1, w2, lambda h: 1 - np.tanh(h) ** 2)


@wrong("symmetric_gradients", "slope of tanh forgotten", "tanh")
def _(x, y, w1, w2):
    return symmetric(x, y, w1, w2, np.ones_like)


@wrong("symmetric_gradients", "slope of a sigmoid")
def _(x, y, w1, w2):
    return symmetric(x, y, w1, w2, lambda h: h * (1 - h))


@wrong("symmetric_gradients", "square forgotten in the slope")
def _(x, y, w1, w2):
    return symmetric(x, y, w1, w2, lambda h: 1 - h)


@wrong("symmetric_gradients", "no mean", "N times too large")
def _(x, y, w1, w2):
    dw1, dw2 = symmetric(x, y, w1, w2, lambda h: 1 - h**2)
    return dw1 * len(x), dw2 * len(x)


@wrong("symmetric_gradients", "order exchanged", "dw2 first")
def _(x, y, w1, w2):
    return symmetric(x, y, w1, w2, lambda h: 1 - h**2)[::-1]


@wrong("symmetric_gradients", "labels not subtracted", "left out the 1")
def _(x, y, w1, w2):
    h = np.tanh(x @ w1)
    d = softmax(h @ w2) / len(x)
    return x.T @ (d @ w2.T * (1 - h**2)), h.T @ d


@wrong("symmetric_gradients", "dw2 from x @ w1, before tanh")
def _(x, y, w1, w2):
    z = x @ w1
    d = (softmax(np.tanh(z) @ w2) - np.eye(w2.shape[1])[y]) / len(x)
    return x.T @ (d @ w2.T / np.cosh(z) ** 2), z.T @ d


# ---- collapse_layer


@right("collapse_layer")
def _(scale, width, threshold):
    layer, std = 0, 1.0
    while std >= threshold:
        std *= scale * width**0.5
        layer += 1
    return layer


@right("collapse_layer")
def _(scale, width, threshold):
    stds = (scale * np.sqrt(width)) ** np.arange(1, 5000)
    return int(np.argmax(stds < threshold)) + 1


@right("collapse_layer")
def _(scale, width, threshold):
    return float(np.ceil(np.log10(threshold) / np.log10(scale * np.sqrt(width))))


@wrong("collapse_layer", "counted from 0", "too early")
def _(scale, width, threshold):
    stds = (scale * np.sqrt(width)) ** np.arange(1, 5000)
    return int(np.argmax(stds < threshold))


@wrong("collapse_layer", "one too many", "too late")
def _(scale, width, threshold):
    layer, std = 1, 1.0
    while std > threshold:
        std *= scale * width**0.5
        layer += 1
    return layer


@wrong("collapse_layer", "root forgotten", "√width")
def _(scale, width, threshold):
    return math.floor(math.log(threshold) / math.log(scale * width)) + 1


@wrong("collapse_layer", "not rounded to a layer", "whole")
def _(scale, width, threshold):
    return math.log(threshold) / math.log(scale * math.sqrt(width))


@wrong("collapse_layer", "variance compared", "variance")
def _(scale, width, threshold):
    return math.ceil(math.log(threshold) / math.log(scale**2 * width))


@wrong("collapse_layer", "rounded to the nearest")
def _(scale, width, threshold):
    return round(math.log(threshold) / math.log(scale * math.sqrt(width)))


@wrong("collapse_layer", "width left out", "width")
def _(scale, width, threshold):
    return math.ceil(math.log(threshold) / math.log(scale))


# ---- unit_std_weights


@right("unit_std_weights")
def _(x, w1, w2):
    layers = []
    for w in (w1, w2):
        z = x @ w
        factor = 1 / np.sqrt(np.mean((z - z.mean()) ** 2))
        layers.append(w * factor)
        x = np.tanh(z * factor)
    return layers


@right("unit_std_weights")
def _(x, w1, w2):
    x, w1, w2 = np.float32(x), np.float32(w1), np.float32(w2)
    w1 /= np.std(np.dot(x, w1))
    a1 = np.tanh(np.dot(x, w1))
    w2 /= np.dot(a1, w2).var() ** 0.5
    return w1, w2


@wrong("unit_std_weights", "both measured before either is scaled", "old weights")
def _(x, w1, w2):
    z1 = x @ w1
    z2 = np.tanh(z1) @ w2
    return w1 / z1.std(), w2 / z2.std()


@wrong("unit_std_weights", "without tanh", "tanh")
def _(x, w1, w2):
    w1 = w1 / np.std(x @ w1)
    w2 = w2 / np.std((x @ w1) @ w2)
    return w1, w2


@wrong("unit_std_weights", "the outputs of tanh measured", "leaves tanh")
def _(x, w1, w2):
    w1 = w1 / np.std(np.tanh(x @ w1))
    return w1, w2 / np.std(np.tanh(np.tanh(x @ w1) @ w2))


@wrong("unit_std_weights", "variance", "variance")
def _(x, w1, w2):
    w1 = w1 / np.var(x @ w1)
    return w1, w2 / np.var(np.tanh(x @ w1) @ w2)


@wrong("unit_std_weights", "ReLU in the place of tanh", "not in ReLU")
def _(x, w1, w2):
    w1 = w1 / np.std(x @ w1)
    return w1, w2 / np.std(relu(x @ w1) @ w2)


@wrong("unit_std_weights", "a std for each unit", "each unit")
def _(x, w1, w2):
    w1 = w1 / (x @ w1).std(0, keepdims=True)
    return w1, w2 / (np.tanh(x @ w1) @ w2).std(0, keepdims=True)


@wrong("unit_std_weights", "changed in place", "in place")
def _(x, w1, w2):
    w1 /= (x @ w1).std()
    w2 /= (np.tanh(x @ w1) @ w2).std()
    return w1, w2


@wrong("unit_std_weights", "the sums returned", "return the sums")
def _(x, w1, w2):
    z1 = x @ w1 / (x @ w1).std()
    z2 = np.tanh(z1) @ w2
    return z1, z2 / z2.std()


# ---- batch_norm_forward


@right("batch_norm_forward")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    mean = np.where(training, x.mean(0), running_mean)
    var = np.where(training, ((x - mean) ** 2).mean(0), running_var)
    a = gamma / np.sqrt(var + eps)
    return a * x + (beta - a * mean)


@right("batch_norm_forward")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    y = [[0.0] * x.shape[1] for _ in x]
    for j in range(x.shape[1]):
        m, v = (x[:, j].mean(), x[:, j].var()) if training else (running_mean[j], running_var[j])
        for i in range(len(x)):
            y[i][j] = gamma[j] * (x[i, j] - m) / math.sqrt(v + eps) + beta[j]
    return np.array(y, np.float32)


@wrong("batch_norm_forward", "batch's statistics always", "at test time")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta


@wrong("batch_norm_forward", "modes exchanged", "mode")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    mean, var = (running_mean, running_var) if training else (x.mean(0), x.var(0))
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


@wrong("batch_norm_forward", "ε outside the root", "root")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    mean, var = (x.mean(0), x.var(0)) if training else (running_mean, running_var)
    return gamma * (x - mean) / (np.sqrt(var) + eps) + beta


@wrong("batch_norm_forward", "beta forgotten", "beta")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    mean, var = (x.mean(0), x.var(0)) if training else (running_mean, running_var)
    return gamma * (x - mean) / np.sqrt(var + eps)


@wrong("batch_norm_forward", "gamma times beta too", "beta")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    mean, var = (x.mean(0), x.var(0)) if training else (running_mean, running_var)
    return gamma * ((x - mean) / np.sqrt(var + eps) + beta)


@wrong("batch_norm_forward", "running variance as std", "training=True")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    if training:
        return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta
    return gamma * (x - running_mean) / (running_var + eps) + beta


@wrong("batch_norm_forward", "running statistics updated in place", "in place")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    if training:
        running_mean *= 0.9
        running_mean += 0.1 * x.mean(0)
        return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta
    return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta


@wrong("batch_norm_forward", "N − 1 in training", "N − 1")
def _(x, gamma, beta, running_mean, running_var, training, eps):
    mean, var = (x.mean(0), x.var(0, ddof=1)) if training else (running_mean, running_var)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


# ---- batch_norm_backward


def normalised(x, eps):
    sigma = np.sqrt(x.var(axis=0) + eps)
    return sigma, (x - x.mean(axis=0)) / sigma


@right("batch_norm_backward")
def _(dout, x, gamma, eps):
    n = len(x)
    sigma, x_hat = normalised(x, eps)
    dx_hat = dout * gamma
    dvar = (dx_hat * (x - x.mean(0)) * -0.5 * sigma**-3).sum(0)
    dmean = -(dx_hat / sigma).sum(0) + dvar * (-2 * (x - x.mean(0))).mean(0)
    return dx_hat / sigma + dvar * 2 * (x - x.mean(0)) / n + dmean / n, np.einsum("nd,nd->d", dout, x_hat), sum(dout)


@right("batch_norm_backward")
def _(dout, x, gamma, eps):
    sigma, x_hat = normalised(np.float32(x), np.float32(eps))
    d = np.float32(dout)
    n = np.float32(len(x))
    dgamma, dbeta = (d * x_hat).sum(0), d.sum(0)
    return np.float32(gamma) / (n * sigma) * (n * d - dbeta - x_hat * dgamma), dgamma, dbeta


@wrong("batch_norm_backward", "statistics taken for constants", "mean")
def _(dout, x, gamma, eps):
    sigma, x_hat = normalised(x, eps)
    return dout * gamma / sigma, (dout * x_hat).sum(0), dout.sum(0)


@wrong("batch_norm_backward", "variance taken for a constant", "variance")
def _(dout, x, gamma, eps):
    sigma, x_hat = normalised(x, eps)
    return gamma / sigma * (dout - dout.mean(0)), (dout * x_hat).sum(0), dout.sum(0)


@wrong("batch_norm_backward", "dgamma from x", "not x itself")
def _(dout, x, gamma, eps):
    sigma, x_hat = normalised(x, eps)
    dx = gamma / sigma * (dout - dout.mean(0) - x_hat * (dout * x_hat).mean(0))
    return dx, (dout * x).sum(0), dout.sum(0)


@wrong("batch_norm_backward", "gamma forgotten in dx", "gamma")
def _(dout, x, gamma, eps):
    sigma, x_hat = normalised(x, eps)
    return (dout - dout.mean(0) - x_hat * (dout * x_hat).mean(0)) / sigma, (dout * x_hat).sum(0), dout.sum(0)


@wrong("batch_norm_backward", "dbeta and dgamma averaged", "mean")
def _(dout, x, gamma, eps):
    sigma, x_hat = normalised(x, eps)
    dx = gamma / sigma * (dout - dout.mean(0) - x_hat * (dout * x_hat).mean(0))
    return dx, (dout * x_hat).mean(0), dout.mean(0)


@wrong("batch_norm_backward", "dbeta before dgamma", "before dgamma")
def _(dout, x, gamma, eps):
    sigma, x_hat = normalised(x, eps)
    dx = gamma / sigma * (dout - dout.mean(0) - x_hat * (dout * x_hat).mean(0))
    return dx, dout.sum(0), (dout * x_hat).sum(0)


@wrong("batch_norm_backward", "sums not divided by N in dx", "means over the batch")
def _(dout, x, gamma, eps):
    sigma, x_hat = normalised(x, eps)
    dgamma, dbeta = (dout * x_hat).sum(0), dout.sum(0)
    return gamma / sigma * (dout - dbeta - x_hat * dgamma), dgamma, dbeta


@wrong("batch_norm_backward", "ε left out", "epsilon")
def _(dout, x, gamma, eps):
    sigma, x_hat = normalised(x, 0)
    dx = gamma / sigma * (dout - dout.mean(0) - x_hat * (dout * x_hat).mean(0))
    return dx, (dout * x_hat).sum(0), dout.sum(0)


# ---- conv_batch_norm


@right("conv_batch_norm")
def _(x, gamma, beta, eps):
    mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    return gamma.reshape(1, -1, 1, 1) * (x - mean) / (var + eps) ** 0.5 + beta[:, None, None]


@right("conv_batch_norm")
def _(x, gamma, beta, eps):
    y = np.zeros(x.shape, np.float32)
    for c in range(x.shape[1]):
        y[:, c] = gamma[c] * (x[:, c] - np.mean(x[:, c])) / math.sqrt(np.var(x[:, c]) + eps) + beta[c]
    return y


@wrong("conv_batch_norm", "a mean for each pixel", "pixel")
def _(x, gamma, beta, eps):
    x_hat = (x - x.mean(0)) / np.sqrt(x.var(0) + eps)
    return gamma[:, None, None] * x_hat + beta[:, None, None]


@wrong("conv_batch_norm", "each image by itself", "image")
def _(x, gamma, beta, eps):
    mean, var = x.mean((2, 3), keepdims=True), x.var((2, 3), keepdims=True)
    return gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]


@wrong("conv_batch_norm", "layer norm", "over all of its channels")
def _(x, gamma, beta, eps):
    mean, var = x.mean((1, 2, 3), keepdims=True), x.var((1, 2, 3), keepdims=True)
    return gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]


@wrong("conv_batch_norm", "reshaped without transpose", "mix the channels")
def _(x, gamma, beta, eps):
    rows = x.reshape(-1, x.shape[1])
    return (gamma * (rows - rows.mean(0)) / np.sqrt(rows.var(0) + eps) + beta).reshape(x.shape)


@wrong("conv_batch_norm", "channels left in last place", "last axis")
def _(x, gamma, beta, eps):
    t = x.transpose(0, 2, 3, 1)
    return gamma * (t - t.mean((0, 1, 2))) / np.sqrt(t.var((0, 1, 2)) + eps) + beta


@wrong("conv_batch_norm", "gamma not broadcast to channels", "gamma (C,)")
def _(x, gamma, beta, eps):
    x_hat = (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + eps)
    return gamma * x_hat + beta


@wrong("conv_batch_norm", "ε left out", "epsilon")
def _(x, gamma, beta, eps):
    x_hat = (x - x.mean((0, 2, 3), keepdims=True)) / x.std((0, 2, 3), keepdims=True)
    return gamma[:, None, None] * x_hat + beta[:, None, None]


# ---- fold_batch_norm


@right("fold_batch_norm")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    def both(x):
        return gamma * (x @ w + b - running_mean) / np.sqrt(running_var + eps) + beta

    shift = both(np.zeros(len(w)))
    return both(np.eye(len(w))) - shift, shift


@right("fold_batch_norm")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    w, b, gamma, beta, mean, var = (np.float32(v) for v in (w, b, gamma, beta, running_mean, running_var))
    k = gamma / np.sqrt(var + np.float32(eps))
    return [w @ np.diag(k), k * b - k * mean + beta]


@wrong("fold_batch_norm", "mean left out", "mean")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    k = gamma / np.sqrt(running_var + eps)
    return w * k, k * b + beta


@wrong("fold_batch_norm", "bias of the layer left out", "own bias")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    k = gamma / np.sqrt(running_var + eps)
    return w * k, beta - k * running_mean


@wrong("fold_batch_norm", "ε added behind the root", "epsilon")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    k = gamma / (running_var**0.5 + eps)
    return w * k, (b - running_mean) * k + beta


@wrong("fold_batch_norm", "variance for std", "variance")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    k = gamma / (running_var + eps)
    return w * k, (b - running_mean) * k + beta


@wrong("fold_batch_norm", "β scaled as well", "beta is added after")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    k = gamma / np.sqrt(running_var + eps)
    return w * k, (b - running_mean + beta) * k


@wrong("fold_batch_norm", "a scale for each input", "b is right")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    k = gamma / np.sqrt(running_var + eps)
    rows = k if len(k) == len(w) else np.resize(k, len(w))
    return w * rows.reshape(-1, 1), (b - running_mean) * k + beta


@wrong("fold_batch_norm", "γ left out of the bias", "gamma is left out")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    s = np.sqrt(running_var + eps)
    return w * gamma / s, (b - running_mean) / s + beta


@wrong("fold_batch_norm", "bias first", "in another order")
def _(w, b, gamma, beta, running_mean, running_var, eps):
    k = gamma / np.sqrt(running_var + eps)
    return (b - running_mean) * k + beta, w * k


# ---- layer_norm


@right("layer_norm")
def _(x, gamma, beta, eps):
    out = np.empty_like(x)
    for i, row in enumerate(x):
        out[i] = gamma * (row - row.mean()) / np.sqrt(np.mean(row**2) - row.mean() ** 2 + eps) + beta
    return out


@right("layer_norm")
def _(x, gamma, beta, eps):
    columns = np.float32(x).T
    x_hat = (columns - columns.mean(0)) / np.sqrt(columns.var(0) + np.float32(eps))
    return np.float32(gamma) * x_hat.T + np.float32(beta)


@wrong("layer_norm", "over the batch", "batch norm")
def _(x, gamma, beta, eps):
    mu, var = np.mean(x, 0), np.var(x, 0)
    return (x - mu) / np.sqrt(var + eps) * gamma + beta


@wrong("layer_norm", "mean of rows, variance of columns", "runs over the batch")
def _(x, gamma, beta, eps):
    return gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(0) + eps) + beta


@wrong("layer_norm", "divided by the variance", "variance")
def _(x, gamma, beta, eps):
    mu, var = x.mean(1, keepdims=True), x.var(1, keepdims=True)
    return (x - mu) / (var + eps) * gamma + beta


@wrong("layer_norm", "std + ε", "epsilon")
def _(x, gamma, beta, eps):
    mu, std = x.mean(1, keepdims=True), x.std(1, keepdims=True)
    return (x - mu) / (std + eps) * gamma + beta


@wrong("layer_norm", "γ first", "Normalise first")
def _(x, gamma, beta, eps):
    x = gamma * x
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps) + beta


@wrong("layer_norm", "length 1 in the place of std 1", "sum of squares")
def _(x, gamma, beta, eps):
    centred = x - x.mean(1, keepdims=True)
    return gamma * centred / np.sqrt((centred**2).sum(1, keepdims=True) + eps) + beta


@wrong("layer_norm", "β left out", "beta has no influence")
def _(x, gamma, beta, eps):
    return gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps)


@wrong("layer_norm", "mean square of what is not centred", "not below")
def _(x, gamma, beta, eps):
    return gamma * (x - x.mean(1, keepdims=True)) / np.sqrt((x**2).mean(1, keepdims=True) + eps) + beta


@wrong("layer_norm", "D − 1", "1/D")
def _(x, gamma, beta, eps):
    sd = np.sqrt(np.var(x, axis=1, ddof=1, keepdims=True) + eps)
    return gamma * (x - x.mean(axis=1, keepdims=True)) / sd + beta


# ---- turning_angle


@right("turning_angle")
def _(w, dw, lr):
    angles = []
    for old, slope in zip(w.T, dw.T, strict=True):
        new = old - lr * slope
        across = new - (new @ old) / (old @ old) * old
        angles.append(math.degrees(math.atan2(np.linalg.norm(across), (new @ old) / np.linalg.norm(old))))
    return angles


@right("turning_angle")
def _(w, dw, lr):
    w, new = np.float32(w), np.float32(w) - np.float32(lr) * np.float32(dw)
    unit, unit_new = w / np.linalg.norm(w, axis=0), new / np.linalg.norm(new, axis=0)
    return np.rad2deg(np.arccos(np.einsum("dh,dh->h", unit, unit_new)))


@wrong("turning_angle", "radians", "radians")
def _(w, dw, lr):
    new = w - lr * dw
    return np.arccos((w * new).sum(0) / (np.linalg.norm(w, axis=0) * np.linalg.norm(new, axis=0)))


@wrong("turning_angle", "length of the step through the length of the weights", "short step")
def _(w, dw, lr):
    return np.degrees(lr * np.linalg.norm(dw, axis=0) / np.linalg.norm(w, axis=0))


@wrong("turning_angle", "right angles assumed", "right angles")
def _(w, dw, lr):
    return np.degrees(np.arctan2(lr * np.linalg.norm(dw, axis=0), np.linalg.norm(w, axis=0)))


@wrong("turning_angle", "step uphill", "uphill")
def _(w, dw, lr):
    new = w + lr * dw
    return np.degrees(np.arccos((w * new).sum(0) / np.linalg.norm(w, axis=0) / np.linalg.norm(new, axis=0)))


@wrong("turning_angle", "norm of the whole matrix", "axis of the norms")
def _(w, dw, lr):
    new = w - lr * dw
    return np.degrees(np.arccos((w * new).sum(0) / np.linalg.norm(w) / np.linalg.norm(new)))


@wrong("turning_angle", "arcsin for arccos", "arccos")
def _(w, dw, lr):
    new = w - lr * dw
    return np.degrees(np.arcsin((w * new).sum(0) / np.linalg.norm(w, axis=0) / np.linalg.norm(new, axis=0)))


@wrong("turning_angle", "rows", "rows")
def _(w, dw, lr):
    new = w - lr * dw
    return np.degrees(np.arccos((w * new).sum(1) / np.linalg.norm(w, axis=1) / np.linalg.norm(new, axis=1)))


# ---- running_variance


@right("running_variance")
def _(running, x, momentum):
    return running + momentum * (np.var(x, axis=0, ddof=1) - running)


@right("running_variance")
def _(running, x, momentum):
    unbiased = sum((row - sum(x) / len(x)) ** 2 for row in x) / (len(x) - 1)
    return list(np.float32(running * (1 - momentum) + unbiased * momentum))


@wrong("running_variance", "N for N − 1", "1/m")
def _(running, x, momentum):
    return (1 - momentum) * running + momentum * x.var(axis=0)


@wrong("running_variance", "momentum on the old one", "old average")
def _(running, x, momentum):
    return momentum * running + (1 - momentum) * x.var(axis=0, ddof=1)


@wrong("running_variance", "std remembered", "standard deviation")
def _(running, x, momentum):
    return (1 - momentum) * running + momentum * x.std(axis=0, ddof=1)


@wrong("running_variance", "changed in place", "in place")
def _(running, x, momentum):
    running *= 1 - momentum
    running += momentum * x.var(axis=0, ddof=1)
    return running


@wrong("running_variance", "mean remembered")
def _(running, x, momentum):
    return (1 - momentum) * running + momentum * x.mean(axis=0)


@wrong("running_variance", "both: weight exchanged and N")
def _(running, x, momentum):
    return momentum * running + (1 - momentum) * x.var(axis=0)


@wrong("running_variance", "batch without its weight")
def _(running, x, momentum):
    return (1 - momentum) * running + x.var(axis=0, ddof=1)


# ---- centred_difference


@right("centred_difference")
def _(f, x, h):
    feet = np.eye(x.size).reshape(x.size, *x.shape) * h
    return np.reshape([(f(x + foot) - f(x - foot)) / h / 2 for foot in feet], x.shape)


@right("centred_difference")
def _(f, x, h):
    gradient, flat = np.empty(x.shape, np.float32), x.reshape(-1)
    for k, old in enumerate(flat.tolist()):
        flat[k] = old + h
        above = f(x)
        flat[k] = old - h
        gradient.flat[k] = 0.5 / h * (above - f(x))
        flat[k] = old
    return gradient


def feet(f, x, h):
    """Yield a place and what f is with one foot above, and one below."""
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i], down[i] = up[i] + h, down[i] - h
        yield i, f(up), f(down)


@wrong("centred_difference", "the brackets around 2 * h are missing", "from left to right")
def _(f, x, h):
    gradient = np.zeros_like(x)
    for i, above, below in feet(f, x, h):
        gradient[i] = (above - below) / 2 * h
    return gradient


@wrong("centred_difference", "up and down are one array", "Work on a copy")
def _(f, x, h):
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up = down = x
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


@wrong("centred_difference", "a step of its own", "h has no influence")
def _(f, x, h):
    gradient = np.zeros_like(x)
    for i, above, below in feet(f, x, 1e-5):
        gradient[i] = (above - below) / 2e-5
    return gradient


@wrong("centred_difference", "h times the number", "h times the number itself")
def _(f, x, h):
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        foot = np.zeros_like(x)
        foot[i] = h * x[i]
        gradient[i] = (f(x + foot) - f(x - foot)) / (2 * h)
    return gradient


@wrong("centred_difference", "a flat list", "the shape is")
def _(f, x, h):
    return [(above - below) / (2 * h) for _, above, below in feet(f, x, h)]


@wrong("centred_difference", "one foot", "forward difference")
def _(f, x, h):
    return np.array([(above - f(x)) / h for _, above, _ in feet(f, x, h)]).reshape(x.shape)


@wrong("centred_difference", "whole rows moved", "should be an array of shape (2, 3)")
def _(f, x, h):
    gradient = np.zeros(len(x))
    for row in range(len(x)):
        foot = np.zeros_like(x)
        foot[row] = h
        gradient[row] = (f(x + foot) - f(x - foot)) / (2 * h)
    return gradient


# ---- field_size


@right("field_size")
def _(kernels, strides):
    pixels = 1
    for kernel, stride in zip(kernels[::-1], strides[::-1], strict=True):  # from the last layer down
        pixels = (pixels - 1) * stride + kernel
    return pixels


@right("field_size")
def _(kernels, strides):
    jumps = np.cumprod([1, *strides[:-1]])
    return np.float32(1 + np.dot(np.asarray(kernels) - 1, jumps))


@right("field_size")
def _(kernels, strides):
    if len(kernels) == 0:
        return 1
    first, last = 0, 0  # units of the last layer
    for kernel, stride in reversed(list(zip(kernels, strides, strict=True))):
        first, last = first * stride, last * stride + kernel - 1
    return last - first + 1


@wrong("field_size", "a layer adds its whole kernel", "the third is the one it stands on")
def _(kernels, strides):
    pixels = 0
    for kernel in kernels:
        pixels += kernel
    return pixels


@wrong("field_size", "strides have no say", "every stride is 1")
def _(kernels, strides):
    pixels = kernels[0]
    for kernel in kernels[1:]:
        pixels += kernel - 1
    return pixels


@wrong("field_size", "its own stride counts", "later layers only")
def _(kernels, strides):
    return 1 + sum((k - 1) * np.prod(strides[: i + 1]) for i, k in enumerate(kernels))


@wrong("field_size", "from the last layer down", "from the input on")
def _(kernels, strides):
    pixels = jump = 1
    for kernel, stride in zip(kernels[::-1], strides[::-1], strict=True):
        pixels += (kernel - 1) * jump
        jump *= stride
    return pixels


@wrong("field_size", "jump times kernel", "kernel − 1")
def _(kernels, strides):
    pixels, jump = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        pixels += kernel * jump
        jump *= stride
    return pixels


@wrong("field_size", "the field grows by its stride", "times as far")
def _(kernels, strides):
    pixels = 1
    for kernel, stride in zip(kernels, strides, strict=True):
        pixels = pixels * stride + kernel - 1
    return pixels


@wrong("field_size", "starts at 0", "start at 1")
def _(kernels, strides):
    pixels, jump = 0, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        pixels += (kernel - 1) * jump
        jump *= stride
    return pixels


@wrong("field_size", "the last layer is forgotten", "last layer")
def _(kernels, strides):
    pixels = jump = 1
    for kernel, stride in zip(kernels[:-1], strides[:-1], strict=True):
        pixels += (kernel - 1) * jump
        jump *= stride
    return pixels


@wrong("field_size", "kernels multiplied", "overlap")
def _(kernels, strides):
    pixels = 1
    for kernel in kernels:
        pixels *= kernel
    return pixels


# ---- separable_work


@right("separable_work")
def _(channels, filters, kernel, height, width):
    depthwise = sum(kernel * kernel for _ in range(channels) for _ in range(height * width))
    return depthwise + channels * filters * height * width


@right("separable_work")
def _(channels, filters, kernel, height, width):
    ordinary = np.float32(kernel) ** 2 * channels * filters * height * width
    return ordinary * (1 / np.float32(filters) + 1 / np.float32(kernel) ** 2)


@wrong("separable_work", "the two layers multiplied", "one ordinary layer")
def _(channels, filters, kernel, height, width):
    spatial, mixing = kernel * kernel, channels * filters
    return spatial * mixing * height * width


@wrong("separable_work", "only the spatial part", "1 × 1 layer is missing")
def _(channels, filters, kernel, height, width):
    return channels * (kernel * kernel) * (height * width)


@wrong("separable_work", "parameters counted", "used at every place")
def _(channels, filters, kernel, height, width):
    return channels * (kernel**2 + filters)


@wrong("separable_work", "a depthwise kernel for each output map", "each channel that comes in")
def _(channels, filters, kernel, height, width):
    return height * width * filters * (kernel**2 + channels)


@wrong("separable_work", "multiplications and additions counted apart", "2 times")
def _(channels, filters, kernel, height, width):
    return 2 * (kernel**2 + filters) * channels * height * width


@wrong("separable_work", "only one side of the map", "width")
def _(channels, filters, kernel, height, width):
    return (kernel**2 + filters) * channels * height


@wrong("separable_work", "kernel not squared", "3 × 3")
def _(channels, filters, kernel, height, width):
    return (kernel + filters) * channels * height * width


@wrong("separable_work", "1 × 1 from filters to filters")
def _(channels, filters, kernel, height, width):
    return (kernel**2 * channels + filters * filters) * height * width


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


# ---- through_a_layer


@right("through_a_layer")
def _(mean, covariance, w, b):
    units = w.shape[1]
    out = np.zeros((units, units))
    for i in range(units):
        for j in range(units):
            out[i, j] = w[:, i] @ covariance @ w[:, j]
    return b + w.T @ mean, out


@right("through_a_layer")
def _(mean, covariance, w, b):
    return np.einsum("d,dh->h", mean, w) + b, np.einsum("di,de,ej->ij", w, covariance, w).astype(np.float32)


@wrong("through_a_layer", "covariance times W only", "each of the two has passed W")
def _(mean, covariance, w, b):
    return mean @ w + b, np.dot(covariance, w)


@wrong("through_a_layer", "bias added to the covariance", "b changes covariance")
def _(mean, covariance, w, b):
    return mean @ w + b, w.T @ covariance @ w + b


@wrong("through_a_layer", "bias forgotten", "bias moves every sample")
def _(mean, covariance, w, b):
    return w.T @ mean, w.T @ covariance @ w


@wrong("through_a_layer", "W on the wrong side", "as for samples that stand in columns")
def _(mean, covariance, w, b):
    return mean @ w + b, w.dot(covariance).dot(w.T)


@wrong("through_a_layer", "variances only, as a vector", "table (H, H)")
def _(mean, covariance, w, b):
    return mean @ w + b, (covariance.diagonal()[:, None] * w**2).sum(axis=0)


@wrong("through_a_layer", "covariance not changed", "w has no influence")
def _(mean, covariance, w, b):
    return mean @ w + b, covariance


@wrong("through_a_layer", "outputs swapped", "another order")
def _(mean, covariance, w, b):
    return w.T @ covariance @ w, mean @ w + b


# ---- fold_scaling


@right("fold_scaling")
def _(w, b, mean, std):
    base = (-mean / std) @ w + b
    return np.stack([((unit - mean) / std) @ w + b - base for unit in np.eye(len(mean))]), base


@right("fold_scaling")
def _(w, b, mean, std):
    return np.diag(1 / std) @ w, (b - (mean / std) @ w).astype(np.float32)


@wrong("fold_scaling", "mean taken from the bias as it is", "w has no influence on bias")
def _(w, b, mean, std):
    return w / std[:, None], b - mean


@wrong("fold_scaling", "mean taken from the weights", "mean changes weights, and should not")
def _(w, b, mean, std):
    return (w - mean[:, None]) / std[:, None], b


@wrong("fold_scaling", "divided by the variance", "divide by std twice")
def _(w, b, mean, std):
    folded = w / (std**2)[:, None]
    return folded, b - mean @ folded


@wrong("fold_scaling", "undone instead of done", "you multiply by std")
def _(w, b, mean, std):
    return (w.T * std).T, b + mean @ w


@wrong("fold_scaling", "old bias lost", "bias b has no influence")
def _(w, b, mean, std):
    return w / std[:, None], -mean @ (w / std[:, None])


@wrong("fold_scaling", "bias as a row", "shape is (1, 2)")
def _(w, b, mean, std):
    return w / std[:, None], b.reshape(1, -1) - (mean / std).reshape(1, -1) @ w


@wrong("fold_scaling", "mean times each weight, added up along the units")
def _(w, b, mean, std):
    folded = w / std[:, None]
    return folded, b - (folded * mean).sum(axis=0)


# ---- more of chapters 04 and 05


@right("sigmoid_saturation")
def _(x):
    return 0.25 / np.cosh(x / 2) ** 2


@right("count_dead")
def _(z):
    return len([unit for unit in z.T if not np.any(unit > 0)])


@right("condition_number")
def _(x):
    values = np.linalg.eig(x.T @ x)[0]
    return max(values) / min(values)


@right("standardise")
def _(x):
    constant = np.ptp(x, axis=0) == 0
    return np.where(constant, 0, (x - x.mean(0)) / np.where(constant, 1, x.std(0)))


@wrong("sigmoid_saturation", "e⁻ˣ above the line forgotten", "that is σ²")
def _(x):
    return 1 / (1 + np.exp(-x)) ** 2


@wrong("count_dead", "nearly dead counted as dead")
def _(z):
    return int((np.maximum(z, 0).mean(axis=0) < 0.1).sum())


@wrong("count_dead", "a truth for each unit, not added up", "sum of the entries")
def _(z):
    return (z <= 0).all(axis=0)


@wrong("condition_number", "ratio of variances", "variances of the features")
def _(x):
    return x.std(axis=0).max() ** 2 / x.std(axis=0).min() ** 2


@wrong("condition_number", "of the correlations", "standardised data")
def _(x):
    return np.linalg.cond(np.corrcoef(x, rowvar=False))


@wrong("channel_mean", "averaged over the channels", "average over the channels")
def _(train, test):
    return test - train.mean(axis=1).mean(axis=0)


@wrong("channel_mean", "sum for mean", "subtract a sum")
def _(train, test):
    return test - train.sum(axis=3).sum(axis=2).sum(axis=0)[None, :, None, None]


@wrong("leaky_relu", "threshold at the slope", "except where x > 0")
def _(x, dout, slope):
    return np.where(x > slope, x, slope * x), np.where(x > slope, dout, slope * dout)


@wrong("spot_the_leak", "train returned twice", "test has no influence on test")
def _(train, test):
    scaled = (train - train.mean(0)) / train.std(0)
    return scaled, scaled
