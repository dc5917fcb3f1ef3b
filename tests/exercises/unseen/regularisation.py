"""Answers to the exercises of chapter 09."""

import math

import numpy as np

from unseen.record import right, wrong

# ---- l1_step


@right("l1_step")
def _(w, grad, rate, strength):
    w = w - rate * grad
    return w - np.clip(w, -rate * strength, rate * strength)


@right("l1_step")
def _(w, grad, rate, strength):
    w, grad = w.astype(np.float32), grad.astype(np.float32)
    z, a = w - np.float32(rate) * grad, np.float32(rate * strength)
    return np.where(z > a, z - a, np.where(z < -a, z + a, np.float32(0)))


@right("l1_step")
def _(w, grad, rate, strength):
    out = []
    for value, slope in zip(w, grad, strict=True):
        z = value - rate * slope
        size = max(0.0, abs(z) - rate * strength)
        out.append(math.copysign(size, z))
    return out


@right("l1_step")
def _(w, grad, rate, strength):
    z = w - rate * grad
    return z * np.maximum(0, 1 - rate * strength / np.abs(z))


@wrong("l1_step", "the penalty's slope in the gradient", "hops to the other side")
def _(w, grad, rate, strength):
    g = grad + strength * np.sign(w)
    return w - rate * g


@wrong("l1_step", "threshold without rate", "rate · strength")
def _(w, grad, rate, strength):
    z = w - rate * grad
    return np.sign(z) * np.maximum(np.abs(z) - strength, 0)


@wrong("l1_step", "the small ones are set to 0, the others left", "have paid nothing")
def _(w, grad, rate, strength):
    z = w - rate * grad
    z[np.abs(z) < rate * strength] = 0
    return z


@wrong("l1_step", "old sign, cut at 0 by hand", "its sign is another")
def _(w, grad, rate, strength):
    new = w - rate * grad - rate * strength * np.sign(w)
    new[np.sign(new) != np.sign(w)] = 0
    return new


@wrong("l1_step", "forgets that the maximum takes the sign away", "every sign has become a plus")
def _(w, grad, rate, strength):
    z = w - rate * grad
    return np.maximum(abs(z) - rate * strength, 0)


@wrong("l1_step", "sign of w instead of the moved weight", "before the data step")
def _(w, grad, rate, strength):
    z = w - rate * grad
    return np.sign(w) * np.maximum(np.abs(z) - rate * strength, 0)


@wrong("l1_step", "works on w itself", "in place")
def _(w, grad, rate, strength):
    w -= rate * grad
    return np.sign(w) * np.maximum(np.abs(w) - rate * strength, 0)


@wrong("l1_step", "penalty's value", "you subtract the penalty")
def _(w, grad, rate, strength):
    return w - rate * (grad + strength * np.abs(w))


@wrong("l1_step", "min for max")
def _(w, grad, rate, strength):
    z = w - rate * grad
    return np.sign(z) * np.minimum(np.abs(z) - rate * strength, 0)


# ---- decoupled_decay


@right("decoupled_decay")
def _(w, v, grad, rate, momentum, strength):
    v_new = grad + v * momentum
    return (1 - 2 * strength * rate) * w - v_new * rate, v_new


@right("decoupled_decay")
def _(w, v, grad, rate, momentum, strength):
    w, v, grad = (a.astype(np.float32) for a in (w, v, grad))
    v = np.float32(momentum) * v - np.float32(rate) * grad
    return w + v - np.float32(2 * rate * strength) * w, v


@right("decoupled_decay")
def _(w, v, grad, rate, momentum, strength):
    decay = 2 * strength
    pairs = [(a - rate * (momentum * b + g + decay * a), momentum * b + g) for a, b, g in zip(w, v, grad, strict=True)]
    return np.transpose(pairs)


@wrong("decoupled_decay", "as PyTorch's SGD does it", "L2 in the gradient")
def _(w, v, grad, rate, momentum, strength):
    grad = grad + 2 * strength * w
    v = momentum * v + grad
    return w - rate * v, v


@wrong("decoupled_decay", "decay is strength", "½ · strength")
def _(w, v, grad, rate, momentum, strength):
    v = momentum * v + grad
    return w - rate * v - rate * strength * w, v


@wrong("decoupled_decay", "shrinks at last", "after the step")
def _(w, v, grad, rate, momentum, strength):
    v = momentum * v + grad
    w = w - rate * v
    w = w - rate * 2 * strength * w
    return w, v


@wrong("decoupled_decay", "the whole weight but for the share", "should stay")
def _(w, v, grad, rate, momentum, strength):
    v = momentum * v + grad
    return w - rate * v - (1 - 2 * rate * strength) * w, v


@wrong("decoupled_decay", "share without the rate", "does not follow the rate")
def _(w, v, grad, rate, momentum, strength):
    v = momentum * v + grad
    return (1 - 2 * strength) * w - rate * v, v


@wrong("decoupled_decay", "momentum as a running mean", "by 1 − momentum")
def _(w, v, grad, rate, momentum, strength):
    v = momentum * v + (1 - momentum) * grad
    return w - rate * v - 2 * rate * strength * w, v


@wrong("decoupled_decay", "shrinks first, and the velocity sees the shrunk w", "enters the velocity")
def _(w, v, grad, rate, momentum, strength):
    shrunk = w * (1 - 2 * rate * strength)
    v = momentum * v + grad - (shrunk - w) / rate
    return w - rate * v, v


@wrong("decoupled_decay", "decay divided by 1 − momentum")
def _(w, v, grad, rate, momentum, strength):
    v = momentum * v + grad
    return w - rate * v - 2 * rate * strength / (1 - momentum) * w, v


# ---- early_stopping


@right("early_stopping")
def _(losses, patience, min_delta):
    best, best_epoch, wait = losses[0], 1, 0
    for i in range(1, len(losses)):
        if best - losses[i] > min_delta:
            best, best_epoch, wait = losses[i], i + 1, 0
        else:
            wait += 1
            if wait == patience:
                return best_epoch, i + 1
    return best_epoch, len(losses)


@right("early_stopping")
def _(losses, patience, min_delta):
    losses = losses.astype(np.float32)
    kept = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[kept] - np.float32(min_delta):
            kept = epoch
        if epoch - kept == patience:
            break
    return np.array([kept + 1, epoch + 1])


@right("early_stopping")
def _(losses, patience, min_delta):
    kept = 1
    while True:
        window = losses[kept : kept + patience]
        better = np.flatnonzero(window < losses[kept - 1] - min_delta)
        if not len(better):
            return kept, kept + len(window)
        kept += better[0] + 1


@wrong("early_stopping", "> patience", "one epoch too long")
def _(losses, patience, min_delta):
    best, kept, wait = math.inf, 0, 0
    for epoch, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            best, kept, wait = loss, epoch, 0
        else:
            wait += 1
        if wait > patience:
            return kept, epoch
    return kept, len(losses)


@wrong("early_stopping", "the count is never set back", "begins at 0 again")
def _(losses, patience, min_delta):
    best, kept, wait = math.inf, 0, 0
    for epoch, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            best, kept = loss, epoch
        else:
            wait += 1
            if wait >= patience:
                return kept, epoch
    return kept, len(losses)


@wrong("early_stopping", "epochs from 0", "count epochs from 0")
def _(losses, patience, min_delta):
    best, kept, wait = math.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < best - min_delta:
            best, kept, wait = loss, epoch, 0
        else:
            wait += 1
            if wait >= patience:
                return kept, epoch
    return kept, len(losses) - 1


@wrong("early_stopping", "compares with the last epoch", "with the epoch before")
def _(losses, patience, min_delta):
    wait, kept = 0, 1
    for epoch in range(2, len(losses) + 1):
        if losses[epoch - 1] < losses[epoch - 2] - min_delta:
            wait, kept = 0, epoch
        else:
            wait += 1
            if wait >= patience:
                return kept, epoch
    return kept, len(losses)


@wrong("early_stopping", "the lowest of all by argmin", "may end before it")
def _(losses, patience, min_delta):
    kept = np.argmin(losses) + 1
    return kept, min(kept + patience, len(losses))


@wrong("early_stopping", "the best creeps along below min_delta", "never adds up")
def _(losses, patience, min_delta):
    best, kept, wait = math.inf, 0, 0
    for epoch, loss in enumerate(losses, 1):
        wait = 0 if loss < best - min_delta else wait + 1
        if loss < best:
            best, kept = loss, epoch
        if wait >= patience:
            return kept, epoch
    return kept, len(losses)


@wrong("early_stopping", "the best creeps, the epoch does not", "the one to beat")
def _(losses, patience, min_delta):
    best, kept, bad = np.inf, 0, 0
    for epoch, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            kept, bad = epoch, 0
        else:
            bad += 1
            if bad >= patience:
                return kept, epoch
        best = min(best, loss)
    return kept, len(losses)


@wrong("early_stopping", "nothing returned where the curve ends first", "every branch")
def _(losses, patience, min_delta):
    best, kept = math.inf, 0
    for epoch, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            best, kept = loss, epoch
        elif epoch - kept >= patience:
            return kept, epoch
    return None


@wrong("early_stopping", "the other way round", "another order")
def _(losses, patience, min_delta):
    best, kept = math.inf, 0
    for epoch, loss in enumerate(losses, 1):
        if loss < best - min_delta:
            best, kept = loss, epoch
        elif epoch - kept >= patience:
            return epoch, kept
    return len(losses), kept


@wrong("early_stopping", "mixes a count from 0 with one from 1", "last counts from 0")
def _(losses, patience, min_delta):
    best, kept, wait = math.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < best - min_delta:
            best, kept, wait = loss, epoch, 0
        else:
            wait += 1
            if wait >= patience:
                return kept + 1, epoch
    return kept + 1, len(losses)


@wrong("early_stopping", "returns one less where the curve ends first", "last should be 10")
def _(losses, patience, min_delta):
    kept = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[kept] - min_delta:
            kept = epoch
        elif epoch - kept >= patience:
            return kept + 1, epoch + 1
    return kept + 1, len(losses) - 1


# ---- dropout_forward


@right("dropout_forward")
def _(x, u, p, training):
    if not training:
        return x
    mask = (u >= p) / (1 - p)
    return mask * x


@right("dropout_forward")
def _(x, u, p, training):
    x = x.astype(np.float32)
    if training:
        x[u < p] = 0
        x /= np.float32(1 - p)
    return x


@right("dropout_forward")
def _(x, u, p, training):
    keep = 1 - p if training else 1
    dropped = np.logical_and(training, np.less(u, p))
    return np.where(dropped, 0, x / keep)


@right("dropout_forward")
def _(x, u, p, training):
    if training:
        keep = 1 - p
        return x * (u < keep) / keep
    return x.copy()


@wrong("dropout_forward", "nothing scaled", "too small on average")
def _(x, u, p, training):
    return np.where(u < p, 0, x) if training else x


@wrong("dropout_forward", "as in the paper", "first published")
def _(x, u, p, training):
    return x * (u >= p) if training else (1 - p) * x


@wrong("dropout_forward", "p kept", "probability of keeping")
def _(x, u, p, training):
    if training:
        mask = (u < p).astype(float)
        return x * mask / p
    return x


@wrong("dropout_forward", "the flag is not looked at", "drop at test time")
def _(x, u, p, training):
    return x * (u >= p) / (1 - p)


@wrong("dropout_forward", "in place", "in place")
def _(x, u, p, training):
    if training:
        x[u < p] = 0
        x /= 1 - p
    return x


@wrong("dropout_forward", "divided by p", "divide by p")
def _(x, u, p, training):
    return np.where(u < p, 0, x / p) if training else x


@wrong("dropout_forward", "only what stays is returned", "shape (8,)")
def _(x, u, p, training):
    return x[u >= p] / (1 - p) if training else x


@wrong("dropout_forward", "the dropped ones keep 1 − p of themselves", "right for training=False")
def _(x, u, p, training):
    return np.where(u < p, x * (1 - p), x / (1 - p)) if training else x


@wrong("dropout_forward", "scaled by the mask's own mean", "happened to stay")
def _(x, u, p, training):
    if not training:
        return x
    mask = u >= p
    return x * mask * mask.size / mask.sum()


@wrong("dropout_forward", "mask drawn anew")
def _(x, u, p, training):
    if not training:
        return x
    return x * (np.random.default_rng(1).random(x.shape) >= p) / (1 - p)


@wrong("dropout_forward", "test scaled, training scaled", "at test time all values are there")
def _(x, u, p, training):
    y = x * (u >= p) if training else x
    return y / (1 - p)


# ---- dropout_backward


@right("dropout_backward")
def _(dout, kept, p):
    dx = np.zeros_like(dout)
    dx[kept] = dout[kept] / (1 - p)
    return dx


@right("dropout_backward")
def _(dout, kept, p):
    return np.where(kept, np.float32(1) / np.float32(1 - p), np.float32(0)) * dout.astype(np.float32)


@right("dropout_backward")
def _(dout, kept, p):
    return [[d / (1 - p) if k else 0 for d, k in zip(a, b, strict=True)] for a, b in zip(dout, kept, strict=True)]


@wrong("dropout_backward", "mask only", "divided by 1 − p")
def _(dout, kept, p):
    return np.where(kept, dout, 0)


@wrong("dropout_backward", "undoes the scale", "you undo")
def _(dout, kept, p):
    return dout * kept * (1 - p)


@wrong("dropout_backward", "divided by p", "divide by p")
def _(dout, kept, p):
    return kept * dout / p


@wrong("dropout_backward", "the others", "wrong way round")
def _(dout, kept, p):
    return np.where(kept, 0, dout / (1 - p))


@wrong("dropout_backward", "only the kept entries", "shape (8,)")
def _(dout, kept, p):
    return dout[kept] / (1 - p)


@wrong("dropout_backward", "in place", "in place")
def _(dout, kept, p):
    dout[~kept] = 0
    return dout / (1 - p)


@wrong("dropout_backward", "a new mask", "kept has no influence")
def _(dout, kept, p):
    return dout * (np.random.default_rng(2).random(dout.shape) >= p) / (1 - p)


@wrong("dropout_backward", "goes by the gradient's sign", "kept has no influence")
def _(dout, kept, p):
    return dout * (dout > 0) / (1 - p)


@wrong("dropout_backward", "the dropped ones pass unscaled", "where kept is False")
def _(dout, kept, p):
    return np.where(kept, dout / (1 - p), dout)


# ---- distinct_share


@right("distinct_share")
def _(n, draws):
    missed = 1.0
    for _ in range(draws):
        missed *= (n - 1) / n
    return 1 - missed


@right("distinct_share")
def _(n, draws):
    return np.float32(1) - np.float32((n - 1) / n) ** np.float32(draws)


@right("distinct_share")
def _(n, draws):
    return -math.expm1(draws * math.log1p(-1 / n))


@right("distinct_share")
def _(n, draws):
    seen = 0.0
    for _ in range(draws):
        seen += (n - seen) / n
    return seen / n


@wrong("distinct_share", "what is left out", "never drawn")
def _(n, draws):
    return ((n - 1) / n) ** draws


@wrong("distinct_share", "63 per cent", "same for every input")
def _(n, draws):
    return 0.632


@wrong("distinct_share", "the exponential", "limit for many rows")
def _(n, draws):
    return 1 - np.exp(-draws / n)


@wrong("distinct_share", "n in the power", "whatever draws says")
def _(n, draws):
    return 1 - ((n - 1) / n) ** n


@wrong("distinct_share", "how many", "number of different rows")
def _(n, draws):
    return n - n * (1 - 1 / n) ** draws


@wrong("distinct_share", "binomial: just once", "exactly once")
def _(n, draws):
    return math.comb(draws, 1) * (1 / n) * (1 - 1 / n) ** (draws - 1)


@wrong("distinct_share", "simulated once")
def _(n, draws):
    return len(set(np.random.default_rng(0).integers(0, n, draws).tolist())) / n


@wrong("distinct_share", "whole division", "//")
def _(n, draws):
    return 1 - (1 - 1 // n) ** draws


@wrong("distinct_share", "brackets")
def _(n, draws):
    return 1 - 1 - 1 / n**draws


@wrong("distinct_share", "the last row cannot be drawn")
def _(n, draws):
    return 1 - (1 - 1 / (n - 1)) ** draws


# ---- fgsm_step


@right("fgsm_step")
def _(x, y, forward, loss, backward, epsilon):
    scores = forward(x, training=False)
    dx = backward(loss(scores, y)[1])
    attacked = x.copy()
    attacked[dx > 0] += epsilon
    attacked[dx < 0] -= epsilon
    return np.minimum(np.maximum(attacked, 0), 1)


@right("fgsm_step")
def _(x, y, forward, loss, backward, epsilon):
    dx = backward(loss(forward(x, False), y)[1])
    step = np.float32(epsilon) * np.sign(dx).astype(np.float32)
    return (x.astype(np.float32) + step).clip(0, 1)


@right("fgsm_step")
def _(x, y, forward, loss, backward, epsilon):
    rows = []
    for i in range(len(x)):
        _, dscores = loss(forward(x[i : i + 1], False), y[i : i + 1])
        rows.append(np.clip(x[i] + epsilon * np.sign(backward(dscores)[0]), 0, 1))
    return np.stack(rows)


@wrong("fgsm_step", "in training mode", "training mode")
def _(x, y, forward, loss, backward, epsilon):
    scores = forward(x, True)
    _, dscores = loss(scores, y)
    return np.clip(x + epsilon * np.sign(backward(dscores)), 0, 1)


@wrong("fgsm_step", "as in training, against the gradient", "lowers the loss")
def _(x, y, forward, loss, backward, epsilon):
    _, dscores = loss(forward(x, False), y)
    return np.clip(x - epsilon * np.sign(backward(dscores)), 0, 1)


@wrong("fgsm_step", "no clip", "leave the range")
def _(x, y, forward, loss, backward, epsilon):
    _, dscores = loss(forward(x, False), y)
    return x + np.sign(backward(dscores)) * epsilon


@wrong("fgsm_step", "plain gradient ascent", "gradient itself")
def _(x, y, forward, loss, backward, epsilon):
    _, dscores = loss(forward(x, False), y)
    return np.clip(x + epsilon * backward(dscores), 0, 1)


@wrong("fgsm_step", "a direction of length 1", "length epsilon")
def _(x, y, forward, loss, backward, epsilon):
    _, dscores = loss(forward(x, False), y)
    dx = backward(dscores)
    return np.clip(x + epsilon * dx / np.linalg.norm(dx), 0, 1)


@wrong("fgsm_step", "forgets to unpack the loss", "two things")
def _(x, y, forward, loss, backward, epsilon):
    dscores = loss(forward(x, False), y)
    return np.clip(x + epsilon * np.sign(backward(dscores)), 0, 1)


@wrong("fgsm_step", "the scores go backward", "labels y have no influence")
def _(x, y, forward, loss, backward, epsilon):
    dx = backward(forward(x, False))
    return np.clip(x + epsilon * np.sign(dx), 0, 1)


@wrong("fgsm_step", "adds to x itself", "in place")
def _(x, y, forward, loss, backward, epsilon):
    _, dscores = loss(forward(x, False), y)
    x += epsilon * np.sign(backward(dscores))
    return np.clip(x, 0, 1)


@wrong("fgsm_step", "scaled back into the range instead of clipped")
def _(x, y, forward, loss, backward, epsilon):
    _, dscores = loss(forward(x, False), y)
    new = x + epsilon * np.sign(backward(dscores))
    return (new - new.min()) / (new.max() - new.min())


@wrong("fgsm_step", "clipped to within epsilon, not to the range", "leave the range")
def _(x, y, forward, loss, backward, epsilon):
    _, dscores = loss(forward(x, False), y)
    new = x + epsilon * np.sign(backward(dscores))
    return np.clip(new, x - epsilon, x + epsilon)


@wrong("fgsm_step", "no forward pass for these images")
def _(x, y, forward, loss, backward, epsilon):
    _, dscores = loss(forward(0 * x, False), y)
    return np.clip(x + epsilon * np.sign(backward(dscores)), 0, 1)


@wrong("fgsm_step", "leaves out epsilon and the range", "epsilon has no influence")
def _(x, y, forward, loss, backward, epsilon):
    _, dscores = loss(forward(x, False), y)
    return x + np.sign(backward(dscores))
