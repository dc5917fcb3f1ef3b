"""Answers to the exercises of chapter 10."""

import math

import numpy as np

from unseen.parts import relu
from unseen.record import right, wrong

# ---- signal_and_weight_gradients


@right("signal_and_weight_gradients")
def _(a, w, dout):
    slopes = 1 - a[1:] ** 2
    factors = slopes * w
    da = dout * np.concatenate([np.cumprod(factors[::-1])[::-1], [1.0]])
    return da, da[1:] * slopes * a[:-1]


@right("signal_and_weight_gradients")
def _(a, w, dout):
    a, w = a.astype(np.float32), w.astype(np.float32)
    grads, back = [np.float32(dout)], []
    for weight, out, inner in zip(w[::-1], a[:0:-1], a[-2::-1], strict=True):
        local = grads[0] * (1 - out * out)
        back.insert(0, local * inner)
        grads.insert(0, local * weight)
    return np.array(grads), np.array(back)


@right("signal_and_weight_gradients")
def _(a, w, dout):
    da, dw = np.empty_like(a), np.empty_like(w)
    da[-1] = dout
    for k in range(len(w), 0, -1):
        z = w[k - 1] * a[k - 1]
        dw[k - 1] = da[k] / np.cosh(z) ** 2 * a[k - 1]
        da[k - 1] = da[k] / np.cosh(z) ** 2 * w[k - 1]
    return da, dw


@wrong("signal_and_weight_gradients", "tanh taken for a sigmoid", "slope of the sigmoid")
def _(a, w, dout):
    da, dw = np.zeros_like(a), np.zeros_like(w)
    da[-1] = dout
    for k in range(len(w) - 1, -1, -1):
        dz = da[k + 1] * a[k + 1] * (1 - a[k + 1])
        da[k], dw[k] = dz * w[k], dz * a[k]
    return da, dw


@wrong("signal_and_weight_gradients", "the weights' gradients without tanh", "through the same tanh")
def _(a, w, dout):
    da = [dout]
    for k in range(len(w) - 1, -1, -1):
        da.append(da[-1] * (1 - a[k + 1] ** 2) * w[k])
    da = np.array(da[::-1])
    return da, da[1:] * a[:-1]


@wrong("signal_and_weight_gradients", "da grows from the back and is never turned", "in which you found it")
def _(a, w, dout):
    da, dw = [dout], []
    for k in range(len(w) - 1, -1, -1):
        dz = da[-1] * (1 - a[k + 1] ** 2)
        dw.append(dz * a[k])
        da.append(dz * w[k])
    return np.array(da), np.array(dw[::-1])


@wrong("signal_and_weight_gradients", "a weight is multiplied by what comes out", "not the layer's output")
def _(a, w, dout):
    da = np.zeros_like(a)
    da[-1] = dout
    for k in range(len(w) - 1, -1, -1):
        da[k] = da[k + 1] * (1 - a[k + 1] ** 2) * w[k]
    return da, da[1:] * (1 - a[1:] ** 2) * a[1:]


@wrong("signal_and_weight_gradients", "dout is taken for granted", "you start from 1")
def _(a, w, dout):
    da = np.ones_like(a)
    for k in range(len(w) - 1, -1, -1):
        da[k] = da[k + 1] * (1 - a[k + 1] ** 2) * w[k]
    return da, da[1:] * (1 - a[1:] ** 2) * a[:-1]


@wrong("signal_and_weight_gradients", "the square forgotten", "output squared")
def _(a, w, dout):
    da, dw = np.zeros(len(a)), np.zeros(len(w))
    da[-1] = dout
    for l in range(len(w) - 1, -1, -1):  # noqa: E741
        dz = da[l + 1] * (1 - a[l + 1])
        da[l], dw[l] = dz * w[l], dz * a[l]
    return da, dw


@wrong("signal_and_weight_gradients", "only slopes on the way back", "passes the weights, too")
def _(a, w, dout):
    slope = 1 - a[1:] ** 2
    da = np.append(np.cumprod(slope[::-1])[::-1], 1) * dout
    return da, da[1:] * slope * a[:-1]


# ---- read_report


@right("read_report")
def _(signal):
    logs = np.diff(np.log(signal))
    layer = int(np.argmax(logs))
    return layer + 1, math.exp(-logs[layer])


@right("read_report")
def _(signal):
    best = min((signal[k - 1] / signal[k], k) for k in range(1, len(signal)))
    return np.float32(best[1]), np.float32(best[0])


@wrong("read_report", "the index is not the layer", "count from 1")
def _(signal):
    ratio = signal[:-1] / signal[1:]
    return ratio.argmin(), ratio.min()


@wrong("read_report", "how many times it shrinks", "below 1")
def _(signal):
    ratio = signal[1:] / signal[:-1]
    return ratio.argmax() + 1, ratio.max()


@wrong("read_report", "looks for the smallest", "lost before")
def _(signal):
    k = int(np.argmin(signal))
    return k + 1, signal[k] / signal[k + 1]


@wrong("read_report", "the smallest, and where it stands", "lost before")
def _(signal):
    layer = np.argmin(signal)
    return layer, signal[layer]


@wrong("read_report", "steepest slope of the plain curve", "by subtraction")
def _(signal):
    k = int(np.argmax(signal[1:] - signal[:-1]))
    return k + 1, signal[k] / signal[k + 1]


@wrong("read_report", "layers from the output", "from the output")
def _(signal):
    back = signal[::-1]
    ratio = back[1:] / back[:-1]
    return ratio.argmin() + 1, ratio.min()


# ---- clip_by_norm


@right("clip_by_norm")
def _(dw, db, max_norm):
    norm = math.hypot(*dw.ravel(), *db)
    if norm <= max_norm:
        return dw, db
    return dw * max_norm / norm, db * max_norm / norm


@right("clip_by_norm")
def _(dw, db, max_norm):
    flat = np.concatenate([dw.ravel(), db]).astype(np.float32)
    flat /= np.maximum(1, np.linalg.norm(flat) / np.float32(max_norm))
    return flat[: dw.size].reshape(dw.shape), flat[dw.size :]


@wrong("clip_by_norm", "each array for itself", "its own norm")
def _(dw, db, max_norm):
    out = []
    for g in (dw, db):
        norm = np.linalg.norm(g)
        out.append(g * max_norm / norm if norm > max_norm else g)
    return tuple(out)


@wrong("clip_by_norm", "np.clip", "by value")
def _(dw, db, max_norm):
    return np.minimum(np.maximum(dw, -max_norm), max_norm), np.minimum(np.maximum(db, -max_norm), max_norm)


@wrong("clip_by_norm", "squares against the bound", "the root is missing")
def _(dw, db, max_norm):
    total = (dw * dw).sum() + (db * db).sum()
    if total > max_norm:
        return dw * max_norm / total, db * max_norm / total
    return dw, db


@wrong("clip_by_norm", "no condition", "at most 1")
def _(dw, db, max_norm):
    norm = math.sqrt((dw**2).sum() + (db**2).sum())
    return max_norm * dw / norm, max_norm * db / norm


@wrong("clip_by_norm", "divides by the norm and forgets the bound", "the length 1")
def _(dw, db, max_norm):
    norm = np.linalg.norm(np.append(dw, db))
    if norm > max_norm:
        dw, db = dw / norm, db / norm
    return dw, db


@wrong("clip_by_norm", "in place", "in place")
def _(dw, db, max_norm):
    share = min(1.0, max_norm / np.linalg.norm(np.append(dw, db)))
    dw *= share
    db *= share
    return dw, db


# ---- residual_backward


@right("residual_backward")
def _(dout, x, w1, w2):
    hidden = relu(x @ w1)
    dhidden = dout.dot(w2.transpose())
    dhidden[hidden == 0] = 0
    return np.add(dhidden.dot(w1.transpose()), dout), x.T.dot(dhidden), hidden.T.dot(dout)


@right("residual_backward")
def _(dout, x, w1, w2):
    dout, x, w1, w2 = (np.asarray(each, np.float32) for each in (dout, x, w1, w2))
    on = np.heaviside(x @ w1, np.float32(0))
    dz = np.einsum("nd,hd,nh->nh", dout, w2, on)
    return dout + np.einsum("nh,dh->nd", dz, w1), np.einsum("nd,nh->dh", x, dz), (on * (x @ w1)).T @ dout


@wrong("residual_backward", "a plain net", "shortcut brings dout")
def _(dout, x, w1, w2):
    h = relu(x @ w1)
    dz = (dout @ w2.T) * (h > 0)
    return dz @ w1.T, x.T @ dz, h.T @ dout


@wrong("residual_backward", "adds x, as forward does", "backward adds the gradient")
def _(dout, x, w1, w2):
    h = relu(x @ w1)
    dz = (dout @ w2.T) * (h > 0)
    return x + dz @ w1.T, x.T @ dz, h.T @ dout


@wrong("residual_backward", "adds 1", "not 1")
def _(dout, x, w1, w2):
    h = relu(x @ w1)
    dz = (dout @ w2.T) * (h > 0)
    return dz @ w1.T + 1, x.T @ dz, h.T @ dout


@wrong("residual_backward", "ReLU forgotten on the way back", "only where")
def _(dout, x, w1, w2):
    dz = dout @ w2.T
    return dout + dz @ w1.T, x.T @ dz, relu(x @ w1).T @ dout


@wrong("residual_backward", "ReLU once more on the way back", "gradient of either sign")
def _(dout, x, w1, w2):
    dhidden = np.maximum(0, dout @ w2.T)
    return dout + dhidden @ w1.T, x.T @ dhidden, np.maximum(0, x @ w1).T @ dout


@wrong("residual_backward", "w2 gets what was not bent", "not x w1")
def _(dout, x, w1, w2):
    z = x @ w1
    dz = np.where(z > 0, dout @ w2.T, 0)
    return dz @ w1.T + dout, x.T @ dz, z.T @ dout


@wrong("residual_backward", "multiplies by 1 plus the branch", "without another dout")
def _(dout, x, w1, w2):
    h = relu(x @ w1)
    dz = (dout @ w2.T) * (h > 0)
    return dout * (1 + dz @ w1.T), x.T @ dz, h.T @ dout


# ---- lstm_cell_backward


@right("lstm_cell_backward")
def _(dh, dc, c_old, i, f, g, o):
    c = f * c_old + i * g
    dcell = dh * o / np.cosh(c) ** 2
    dcell += dc
    return [dcell * part for part in (f, g, c_old, i)] + [dh * np.tanh(c)]


@right("lstm_cell_backward")
def _(dh, dc, c_old, i, f, g, o):
    dh, dc, c_old, i, f, g, o = (each.astype(np.float32) for each in (dh, dc, c_old, i, f, g, o))
    t = np.tanh(i * g + c_old * f)
    total = dc + (o - o * t * t) * dh
    return f * total, g * total, c_old * total, i * total, t * dh


@wrong("lstm_cell_backward", "the next step sends nothing", "two readers")
def _(dh, dc, c_old, i, f, g, o):
    t = np.tanh(f * c_old + i * g)
    dcell = dh * o * (1 - t**2)
    return dcell * f, dcell * g, dcell * c_old, dcell * i, dh * t


@wrong("lstm_cell_backward", "tanh has no slope", "where is its slope")
def _(dh, dc, c_old, i, f, g, o):
    dcell = dc + dh * o
    return dcell * f, dcell * g, dcell * c_old, dcell * i, dh * np.tanh(f * c_old + i * g)


@wrong("lstm_cell_backward", "both gradients through the gate", "only what comes from h")
def _(dh, dc, c_old, i, f, g, o):
    t = np.tanh(c_old * f + g * i)
    total = (dh + dc) * o * (1 - t * t)
    return f * total, g * total, c_old * total, i * total, t * dh


@wrong("lstm_cell_backward", "tanh's slope without a square", "the square is missing")
def _(dh, dc, c_old, i, f, g, o):
    t = np.tanh(c_old * f + g * i)
    total = dc + dh * o * (1 - t)
    return f * total, g * total, c_old * total, i * total, t * dh


@wrong("lstm_cell_backward", "through the sigmoids as well", "squashing functions")
def _(dh, dc, c_old, i, f, g, o):
    t = np.tanh(f * c_old + i * g)
    dcell = dc + dh * o * (1 - t**2)
    return (
        dcell * f,
        dcell * g * i * (1 - i),
        dcell * c_old * f * (1 - f),
        dcell * i * (1 - g * g),
        dh * t * o * (1 - o),
    )


@wrong("lstm_cell_backward", "the cell is sent back whole", "the forget gate")
def _(dh, dc, c_old, i, f, g, o):
    t = np.tanh(f * c_old + i * g)
    dcell = dc + dh * o * (1 - t**2)
    return dcell, dcell * g, dcell * c_old, dcell * i, dh * t


@wrong("lstm_cell_backward", "the output gate reads the bare cell", "not by c")
def _(dh, dc, c_old, i, f, g, o):
    c = f * c_old + i * g
    dcell = dc + dh * o * (1 - np.tanh(c) ** 2)
    return dcell * f, dcell * g, dcell * c_old, dcell * i, dh * c


@wrong("lstm_cell_backward", "each factor gets itself", "wrong way round")
def _(dh, dc, c_old, i, f, g, o):
    t = np.tanh(f * c_old + i * g)
    dcell = dc + dh * o * (1 - t**2)
    return dcell * f, dcell * i, dcell * c_old, dcell * g, dh * t


# ---- truncated_bptt


@right("truncated_bptt")
def _(states, dout, w, steps):
    last = states[-steps - 1 :]
    dw, dh = 0, dout[None]
    for before, now in zip(last[-2::-1], last[:0:-1], strict=True):
        dz = dh * (1 - now) * (1 + now)
        dw = dw + before[:, None] @ dz
        dh = dz @ w.T
    return dw


@right("truncated_bptt")
def _(states, dout, w, steps):
    states, dout, w = (each.astype(np.float32) for each in (states, dout, w))
    slopes = [1 - h * h for h in states]
    deltas = [dout * slopes[-1]]
    for k in range(2, steps + 1):
        deltas.append((deltas[-1] @ w.T) * slopes[-k])
    return sum(np.outer(states[-k - 1], delta) for k, delta in enumerate(deltas, 1))


@wrong("truncated_bptt", "goes back to the start", "whole")
def _(states, dout, w, steps):
    dw, dh = np.zeros(w.shape), dout
    for t in reversed(range(1, len(states))):
        dz = dh * (1 - states[t] ** 2)
        dw += np.outer(states[t - 1], dz)
        dh = dz @ w.T
    return dw


@wrong("truncated_bptt", "a step less than said", "too few")
def _(states, dout, w, steps):
    dw, dh = np.zeros(w.shape), dout
    T = len(states) - 1
    for t in range(T, T - steps + 1, -1):
        dz = dh * (1 - states[t] ** 2)
        dw += np.outer(states[t - 1], dz)
        dh = dz @ w.T
    return dw


@wrong("truncated_bptt", "w as in forward", "transposed w")
def _(states, dout, w, steps):
    dw, dh = np.zeros(w.shape), dout
    for t in range(len(states) - 1, len(states) - 1 - steps, -1):
        dz = dh * (1 - states[t] ** 2)
        dw += np.outer(states[t - 1], dz)
        dh = dz @ w
    return dw


@wrong("truncated_bptt", "dout at every step", "every step gets dout")
def _(states, dout, w, steps):
    dw = np.zeros(w.shape)
    for t in range(len(states) - steps, len(states)):
        dw += np.outer(states[t - 1], dout * (1 - states[t] ** 2))
    return dw


@wrong("truncated_bptt", "the last use only", "last use of w alone")
def _(states, dout, w, steps):
    return np.outer(states[-2], dout * (1 - states[-1] ** 2))


@wrong("truncated_bptt", "= for +=", "add them up")
def _(states, dout, w, steps):
    for t in range(len(states) - 1, len(states) - 1 - steps, -1):
        dz = dout * (1 - states[t] ** 2)
        dw = np.outer(states[t - 1], dz)
        dout = dz @ w.T
    return dw


@wrong("truncated_bptt", "begins at the last state but one", "one step too early")
def _(states, dout, w, steps):
    dw = 0
    for t in range(len(states) - 2, len(states) - 2 - steps, -1):
        dz = dout * (1 - states[t] ** 2)
        dw = dw + np.outer(states[t - 1], dz)
        dout = dz @ w.T
    return dw


@wrong("truncated_bptt", "the slope without a square", "state squared")
def _(states, dout, w, steps):
    dw = 0
    for t in range(len(states) - 1, len(states) - 1 - steps, -1):
        dz = dout * (1 - states[t])
        dw = dw + np.outer(states[t - 1], dz)
        dout = dz @ w.T
    return dw


@wrong("truncated_bptt", "rows and columns", "transposed")
def _(states, dout, w, steps):
    dw, dh = np.zeros(w.shape), dout
    for t in range(len(states) - 1, len(states) - 1 - steps, -1):
        dz = dh * (1 - states[t] ** 2)
        dw += np.outer(dz, states[t - 1])
        dh = w @ dz
    return dw


@wrong("truncated_bptt", "the mean of the steps", "gradients are added")
def _(states, dout, w, steps):
    parts, dh = [], dout
    for t in range(len(states) - 1, len(states) - 1 - steps, -1):
        dz = dh * (1 - states[t] ** 2)
        parts.append(np.outer(states[t - 1], dz))
        dh = w @ dz
    return np.mean(parts, axis=0)
