"""Answers to the exercises of chapter 08."""

import math

import numpy as np

from unseen.record import right, wrong

# ---- momentum_step


@right("momentum_step")
def _(theta, v, grad, rate, momentum):
    velocity = np.add(momentum * v, grad)
    return [theta + velocity * -rate, velocity]


@right("momentum_step")
def _(theta, v, grad, rate, momentum):
    theta, v, grad = (a.astype(np.float32) for a in (theta, v, grad))
    v = np.float32(momentum) * v - np.float32(rate) * grad
    return theta + v, v


@right("momentum_step")
def _(theta, v, grad, rate, momentum):
    m = momentum * v + rate * grad
    return theta - m, m


@wrong("momentum_step", "the gradient joins after the move", "Update v first")
def _(theta, v, grad, rate, momentum):
    theta = theta - rate * v
    v = momentum * v + grad
    return theta, v


@wrong("momentum_step", "an average as in Adam", "undiminished")
def _(theta, v, grad, rate, momentum):
    v = v + (1 - momentum) * (grad - v)
    return theta - rate * v, v


@wrong("momentum_step", "velocity never fades", "forgets nothing")
def _(theta, v, grad, rate, momentum):
    v = v + grad
    return theta - v * rate, v


@wrong("momentum_step", "rate on both lines", "the rate comes in twice")
def _(theta, v, grad, rate, momentum):
    v = momentum * v + rate * grad
    return theta - rate * v, v


@wrong("momentum_step", "plus, as for a step downhill, with a sum of gradients", "against it")
def _(theta, v, grad, rate, momentum):
    v = momentum * v + grad
    return theta + rate * v, v


@wrong("momentum_step", "only what is new comes back", "momentum")
def _(theta, v, grad, rate, momentum):
    return theta - rate * (grad + momentum * v), v * momentum


@wrong("momentum_step", "in place", "in place")
def _(theta, v, grad, rate, momentum):
    v *= momentum
    v += grad
    return theta - rate * v, v


# ---- nesterov_step


@right("nesterov_step")
def _(theta, v, grad, rate, momentum):
    v_prev = -rate * v
    v_new = momentum * v_prev - rate * grad(theta)
    return theta - momentum * v_prev + (1 + momentum) * v_new, -v_new / rate


@right("nesterov_step")
def _(theta, v, grad, rate, momentum):
    lookahead = theta + momentum * v
    v = momentum * v - rate * grad(lookahead)
    theta = theta + v
    return theta, v


@right("nesterov_step")
def _(theta, v, grad, rate, momentum):
    m = momentum * v + rate * grad(theta - momentum * v)
    return theta - m, m


@right("nesterov_step")
def _(theta, v, grad, rate, momentum):
    theta, v = theta.astype(np.float32), v.astype(np.float32)
    g = grad(theta).astype(np.float32)
    v = np.float32(momentum) * v + g
    return theta - np.float32(rate) * (g + np.float32(momentum) * v), v


@right("nesterov_step")
def _(theta, v, grad, rate, momentum):
    previous, v = v, momentum * v - rate * grad(theta)
    return theta - momentum * previous + (1 + momentum) * v, v


@wrong("nesterov_step", "a plus from a book with a minus", "behind")
def _(theta, v, grad, rate, momentum):
    m = momentum * v + grad(theta + rate * momentum * v)
    return theta - rate * m, m


@wrong("nesterov_step", "the gradient where it stands", "plain momentum")
def _(theta, v, grad, rate, momentum):
    v = momentum * v - rate * grad(theta)
    return theta + v, v


@wrong("nesterov_step", "looks a whole velocity ahead", "too far ahead")
def _(theta, v, grad, rate, momentum):
    g = grad(theta - rate * v)
    v = momentum * v + g
    return theta - rate * v, v


@wrong("nesterov_step", "starts where it looked", "jump twice")
def _(theta, v, grad, rate, momentum):
    theta = theta + momentum * v
    v = momentum * v - rate * grad(theta)
    return theta + v, v


@wrong("nesterov_step", "looks ahead without the rate", "no rate")
def _(theta, v, grad, rate, momentum):
    ahead = theta - momentum * v
    v = momentum * v + grad(ahead)
    return theta - rate * v, v


@wrong("nesterov_step", "returns the velocity of before", "just v, unchanged")
def _(theta, v, grad, rate, momentum):
    return theta - rate * (momentum * v + grad(theta - rate * momentum * v)), v


@wrong("nesterov_step", "grad taken for an array", "when it is called")
def _(theta, v, grad, rate, momentum):
    v = momentum * v + grad
    return theta - rate * (grad + momentum * v), v


# ---- rmsprop_step


@right("rmsprop_step")
def _(theta, s, grad, rate, beta, eps):
    s = s + (1 - beta) * (grad * grad - s)
    return theta - rate * (grad / (s**0.5 + eps)), s


@right("rmsprop_step")
def _(theta, s, grad, rate, beta, eps):
    theta, s, grad = (a.astype(np.float32) for a in (theta, s, grad))
    s = np.float32(beta) * s + np.float32(1 - beta) * np.square(grad)
    return theta - np.float32(rate) * grad / (np.sqrt(s) + np.float32(eps)), s


@right("rmsprop_step")
def _(theta, s, grad, rate, beta, eps):
    out = [
        (t - rate * g / (math.sqrt(n) + eps), n)
        for t, n, g in zip(theta, beta * s + (1 - beta) * grad**2, grad, strict=True)
    ]
    return np.array(out).T


@wrong("rmsprop_step", "adds up", "AdaGrad")
def _(theta, s, grad, rate, beta, eps):
    s = s + np.square(grad)
    return theta - rate * grad / (np.sqrt(s) + eps), s


@wrong("rmsprop_step", "ε in the root", "inside the root")
def _(theta, s, grad, rate, beta, eps):
    s = beta * s + (1 - beta) * grad**2
    return theta - rate / np.sqrt(s + eps) * grad, s


@wrong("rmsprop_step", "beta on the new", "wrong way round")
def _(theta, s, grad, rate, beta, eps):
    s = beta * grad**2 + (1 - beta) * s
    return theta - rate * grad / (np.sqrt(s) + eps), s


@wrong("rmsprop_step", "a norm instead of each square", "Each keeps a mean of its own")
def _(theta, s, grad, rate, beta, eps):
    s = beta * s + (1 - beta) * np.dot(grad, grad)
    return theta - rate * grad / (np.sqrt(s) + eps), s


@wrong("rmsprop_step", "brackets: ε behind the quotient", "brackets")
def _(theta, s, grad, rate, beta, eps):
    s = beta * s + (1 - beta) * grad**2
    return theta - rate * grad / np.sqrt(s) + eps, s


@wrong("rmsprop_step", "the rate below the line as well")
def _(theta, s, grad, rate, beta, eps):
    s = beta * s + (1 - beta) * grad**2
    return theta - grad / (rate * (np.sqrt(s) + eps)), s


@wrong("rmsprop_step", "the square is new, the mean is not", "latest square alone")
def _(theta, s, grad, rate, beta, eps):
    s = grad**2
    return theta - rate * grad / (np.sqrt(s) + eps), s


# ---- adam_step


@right("adam_step")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    m = m + (1 - beta1) * (grad - m)
    v = v + (1 - beta2) * (grad * grad - v)
    return theta - rate * m / (1 - np.power(beta1, t)) / (np.sqrt(v / (1 - np.power(beta2, t))) + eps), m, v


@right("adam_step")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    theta, m, v, grad = (a.astype(np.float32) for a in (theta, m, v, grad))
    m = np.float32(beta1) * m + np.float32(1 - beta1) * grad
    v = np.float32(beta2) * v + np.float32(1 - beta2) * grad**2
    root = np.float32(math.sqrt(1 - beta2**t))
    pace = np.float32(rate) * root / np.float32(1 - beta1**t)
    return theta - pace * m / (np.sqrt(v) + np.float32(eps) * root), m, v


@right("adam_step")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    power1 = power2 = 1.0
    for _ in range(t):
        power1, power2 = power1 * beta1, power2 * beta2
    means = beta1 * m + grad - beta1 * grad, beta2 * v + grad**2 - beta2 * grad**2
    return theta - rate * means[0] / (1 - power1) / (eps + (means[1] / (1 - power2)) ** 0.5), *means


@wrong("adam_step", "no correction at all", "start at 0")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - rate * m / (np.sqrt(v) + eps), m, v


@wrong("adam_step", "corrected in place of the means", "before the correction")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    m = (beta1 * m + (1 - beta1) * grad) / (1 - beta1**t)
    v = (beta2 * v + (1 - beta2) * grad**2) / (1 - beta2**t)
    return theta - rate * m / (np.sqrt(v) + eps), m, v


@wrong("adam_step", "counts steps from 0", "power is one too large")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong("adam_step", "the paper's faster order, with ε as it is", "before the correction")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    pace = rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return theta - pace * m / (np.sqrt(v) + eps), m, v


@wrong("adam_step", "ε joins before the root", "inside the root")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    v_hat = v / (1 - beta2**t)
    return theta - rate * (m / (1 - beta1**t)) / (v_hat + eps) ** 0.5, m, v


@wrong("adam_step", "RMSProp's numerator", "Above the line you have grad")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - rate * grad / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong("adam_step", "momentum's sum above the line", "v is right")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps):
    m = beta1 * m + grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


# ---- adamw_step


def adam(theta, m, v, grad, t, rate, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@right("adamw_step")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    step, m, v = adam(theta, m, v, grad, t, rate, beta1, beta2, eps)
    return (1 - rate * decay) * theta - step, m, v


@right("adamw_step")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    theta, m, v, grad = (a.astype(np.float32) for a in (theta, m, v, grad))
    step, m, v = adam(theta, m, v, grad, t, *map(np.float32, (rate, beta1, beta2, eps)))
    return (theta - np.float32(rate * decay) * theta - step).astype(np.float32), m, v


@right("adamw_step")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    step, m, v = adam(theta, m, v, grad, t, 1.0, beta1, beta2, eps)
    return theta - rate * (step + decay * theta), m, v


@wrong("adamw_step", "L2 as in the old Adam", "L2 inside Adam")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    step, m, v = adam(theta, m, v, grad + decay * theta, t, rate, beta1, beta2, eps)
    return theta - step, m, v


@wrong("adamw_step", "the decay does not follow the rate", "does not follow the rate")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    step, m, v = adam(theta, m, v, grad, t, rate, beta1, beta2, eps)
    return theta * (1 - decay) - step, m, v


@wrong("adamw_step", "shrinks after the step", "after Adam's step")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    step, m, v = adam(theta, m, v, grad, t, rate, beta1, beta2, eps)
    theta = theta - step
    return theta * (1 - rate * decay), m, v


@wrong("adamw_step", "decays the gradient", "decay · grad")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    step, m, v = adam(theta, m, v, grad, t, rate, beta1, beta2, eps)
    return theta - step - rate * decay * grad, m, v


@wrong("adamw_step", "decays the step", "share of Adam's step")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    step, m, v = adam(theta, m, v, grad, t, rate, beta1, beta2, eps)
    return theta - step * (1 - rate * decay), m, v


@wrong("adamw_step", "decay joins the corrected mean", "divided by √v̂")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    direction = m / (1 - beta1**t) + decay * theta
    return theta - rate * direction / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong("adamw_step", "forgets the correction", "t has no influence on theta")
def _(theta, m, v, grad, t, rate, beta1, beta2, eps, decay):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - rate * (m / (np.sqrt(v) + eps) + decay * theta), m, v


# ---- warmup_rate


@right("warmup_rate")
def _(step, peak, warmup, total):
    share = np.clip((step - warmup) / (total - warmup), 0, 1)
    return peak * min(1, (step + 1) / warmup) * np.cos(np.pi / 2 * share) ** 2


@right("warmup_rate")
def _(step, peak, warmup, total):
    if step >= total:
        return 0
    if step < warmup:
        return np.float32(peak) * np.float32(step + 1) / np.float32(warmup)
    return np.float32(peak / 2 + peak / 2 * math.cos(math.pi * (step - warmup) / (total - warmup)))


@right("warmup_rate")
def _(step, peak, warmup, total):
    rates = [peak * k / warmup for k in range(1, warmup + 1)]
    rates += [peak * (1 + math.cos(math.pi * k / (total - warmup))) / 2 for k in range(total - warmup)]
    return rates[step] if step < total else 0.0


@wrong("warmup_rate", "step 0 has rate 0", "rate 0")
def _(step, peak, warmup, total):
    if step < warmup:
        return peak * step / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * min(1, (step - warmup) / (total - warmup))))


@wrong("warmup_rate", "<= instead of <", "< or <=")
def _(step, peak, warmup, total):
    if step <= warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * min(1, (step - warmup) / (total - warmup))))


@wrong("warmup_rate", "the cosine goes on behind the end", "rises again")
def _(step, peak, warmup, total):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


@wrong("warmup_rate", "the last step before total gets 0", "one step early")
def _(step, peak, warmup, total):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * min(1, (step - warmup) / (total - warmup - 1))))


@wrong("warmup_rate", "the cosine counts from the start", "leaps down")
def _(step, peak, warmup, total):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 2 * (1 + math.cos(math.pi * min(1, step / total)))


@wrong("warmup_rate", "whole division", "//")
def _(step, peak, warmup, total):
    if step < warmup:
        return peak * ((step + 1) // warmup)
    return peak * 0.5 * (1 + math.cos(math.pi * min(1, (step - warmup) / (total - warmup))))


@wrong("warmup_rate", "the peak is forgotten", "peak")
def _(step, peak, warmup, total):
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1, (step - warmup) / (total - warmup))))


@wrong("warmup_rate", "a quarter wave by the sine", "quarter of a wave")
def _(step, peak, warmup, total):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * max(0, math.cos(math.pi / 2 * min(1, (step - warmup) / (total - warmup))))


# ---- choose_rate


@right("choose_rate")
def _(rates, losses):
    best, chosen = math.inf, None
    for rate, curve in zip(rates, losses, strict=True):
        mean = sum(curve[3 * len(curve) // 4 :]) / (len(curve) // 4)
        if mean < best:
            best, chosen = mean, rate
    return chosen


@right("choose_rate")
def _(rates, losses):
    quarters = np.split(losses.astype(np.float32), 4, axis=1)
    return np.float32(rates)[np.nanargmin(quarters[-1].mean(axis=1))]


@right("choose_rate")
def _(rates, losses):
    finite = np.isfinite(losses[:, -1])
    order = losses[finite, -(losses.shape[1] // 4) :].sum(axis=1).argsort()
    return rates[finite][order[0]]


@wrong("choose_rate", "nan wins", "diverged")
def _(rates, losses):
    quarter = losses.shape[1] // 4
    return rates[losses[:, -quarter:].mean(axis=1).argmin()]


@wrong("choose_rate", "the last value decides", "last losses")
def _(rates, losses):
    return rates[np.nanargmin(losses[:, -1])]


@wrong("choose_rate", "the mean of all steps", "whole run")
def _(rates, losses):
    means = losses.mean(axis=1)
    means[np.isnan(means)] = np.inf
    return rates[np.argmin(means)]


@wrong("choose_rate", "the lowest point of any curve", "lowest single loss")
def _(rates, losses):
    row, _ = np.unravel_index(np.nanargmin(losses), losses.shape)
    return rates[row]


@wrong("choose_rate", "an index", "place of the right rate")
def _(rates, losses):
    return np.nanargmin(losses[:, -(losses.shape[1] // 4) :].mean(axis=1))


@wrong("choose_rate", "the largest rate that is stable", "largest rate that does not diverge")
def _(rates, losses):
    return max(rate for rate, curve in zip(rates, losses, strict=True) if not np.isnan(curve).any())


@wrong("choose_rate", "always the same place", "rate should be")
def _(rates, losses):
    return rates[1]


@wrong("choose_rate", "averages over the runs", "single number")
def _(rates, losses):
    return rates[np.argsort(losses[:, -(losses.shape[1] // 4) :], axis=0)[0]]


@wrong("choose_rate", "nan replaced in the argument itself", "in place")
def _(rates, losses):
    losses[np.isnan(losses)] = np.inf
    return rates[losses[:, -(losses.shape[1] // 4) :].mean(axis=1).argmin()]
