"""Answers to the exercises of chapter 02."""

import numpy as np

from unseen.parts import relu
from unseen.record import right, wrong

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


# ---- centred_difference


def feet(f, x, h):
    """Yield a place and what f is with one foot above, and one below."""
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i], down[i] = up[i] + h, down[i] - h
        yield i, f(up), f(down)


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
