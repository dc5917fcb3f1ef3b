"""Slow, obvious twins of the package's functions: plain loops and ``math``, one number at a time."""

import math

import numpy as np

# Activations: one number in, one number out, with the parameters' names and defaults.


def identity(x):
    return x


def step(x):
    return 1.0 if x > 0 else 0.0


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def relu(x):
    return max(x, 0.0)


def leaky_relu(x, slope=0.01):
    return x if x > 0 else slope * x


def prelu(x, alpha=0.25):
    return x if x > 0 else alpha * x


def rrelu(x, lower=1 / 8, upper=1 / 3):
    return x if x > 0 else (lower + upper) / 2 * x


def elu(x, alpha=1.0):
    return x if x > 0 else alpha * math.expm1(x)


def selu(x):
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def swish(x, beta=1.0):
    return x * sigmoid(beta * x)


def gelu(x):
    return x * math.erfc(-x / math.sqrt(2)) / 2


# Activations of a whole row.


def softmax(row):
    powers = [math.exp(x - max(row)) for x in row]
    return [power / math.fsum(powers) for power in powers]


def crelu(row):
    return [relu(x) for x in row] + [relu(-x) for x in row]


OF_A_NUMBER = {
    f.__name__: f for f in (identity, step, sigmoid, relu, leaky_relu, prelu, rrelu, elu, selu, swish, gelu)
} | {"tanh": math.tanh}
OF_A_ROW = {f.__name__: f for f in (softmax, crelu)}


def activation(name, x, **params):
    """Apply the twin of the activation ``name`` to x (N, D)."""
    if name in OF_A_ROW:
        return np.array([OF_A_ROW[name]([float(value) for value in row], **params) for row in x])
    if name not in OF_A_NUMBER:
        raise LookupError(f"tests/naive.py has no twin of {name!r}: write its slow, obvious form there.")
    return np.array([[OF_A_NUMBER[name](float(value), **params) for value in row] for row in x])


def linear(x, w, b):
    """y[n, h] = Σ_d x[n, d] w[d, h] + b[h]."""
    y = np.zeros((len(x), len(b)))
    for n in range(x.shape[0]):
        for h in range(w.shape[1]):
            y[n, h] = math.fsum(float(x[n, d]) * float(w[d, h]) for d in range(w.shape[0])) + float(b[h])
    return y


def batch_norm(x, gamma, beta, eps=1e-5):
    """Normalise each channel x[:, c] by its own mean and (biased) variance; return y and x̂."""
    y, normalised = np.empty(x.shape), np.empty(x.shape)
    for c in range(x.shape[1]):
        mean, var = moments(x[:, c])
        for i in np.ndindex(x[:, c].shape):
            normalised[:, c][i] = (float(x[:, c][i]) - mean) / math.sqrt(var + eps)
            y[:, c][i] = gamma[c] * normalised[:, c][i] + beta[c]
    return y, normalised


def batch_norm_backward(dout, x, gamma, eps=1e-5):
    """Sum over the whole Jacobian, ∂x̂ᵢ/∂xⱼ = (1[i = j] − 1/m − x̂ᵢ x̂ⱼ / m) / √(σ² + ε); return dx, dγ, dβ."""
    normalised = batch_norm(x, np.ones(x.shape[1]), np.zeros(x.shape[1]), eps)[1]
    dx, dgamma, dbeta = np.zeros(x.shape), np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for c in range(x.shape[1]):
        std = math.sqrt(moments(x[:, c])[1] + eps)
        places = list(np.ndindex(x[:, c].shape))
        for i in places:
            dgamma[c] += dout[:, c][i] * normalised[:, c][i]
            dbeta[c] += dout[:, c][i]
            for j in places:
                jacobian = ((i == j) - (1 + normalised[:, c][i] * normalised[:, c][j]) / len(places)) / std
                dx[:, c][j] += dout[:, c][i] * gamma[c] * jacobian
    return dx, dgamma, dbeta


def softmax_cross_entropy(scores, y):
    """Mean of −log p[y], and its gradient (p − 1[y]) / N."""
    losses, gradient = [], np.zeros(scores.shape)
    for n, label in enumerate(y):
        row = [float(score) for score in scores[n]]
        losses.append(max(row) + math.log(math.fsum(math.exp(s - max(row)) for s in row)) - row[label])
        for c, probability in enumerate(softmax(row)):
            gradient[n, c] = (probability - (c == label)) / len(y)
    return math.fsum(losses) / len(losses), gradient


def moments(a):
    """Mean and variance, in two passes."""
    values = [float(value) for value in a.flat]
    mean = math.fsum(values) / len(values)
    return mean, math.fsum((value - mean) ** 2 for value in values) / len(values)


def histogram(a, low, high, bins):
    """Counts in equal bins over [low, high]; what lies beyond falls into the end bins, NaN into none."""
    counts = [0] * bins
    for value in a.flat:
        if value < low:
            counts[0] += 1
        elif value >= high:
            counts[-1] += 1
        elif not math.isnan(value):
            counts[math.floor((float(value) - low) / (high - low) * bins)] += 1
    return counts


def flatness(z, low, high):
    """Share of z (N, H) at or beyond ``low`` or ``high``, and share of columns that are so in every row."""
    flat = [[bool(value <= low or value >= high) for value in column] for column in z.T]
    return sum(map(sum, flat)) / z.size, sum(map(all, flat)) / len(flat)
