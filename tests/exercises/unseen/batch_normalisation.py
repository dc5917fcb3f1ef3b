"""Answers to the exercises of chapter 07."""

import math

import numpy as np

from unseen.record import right, wrong

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
