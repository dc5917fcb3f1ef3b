"""Answers to the exercises of chapter 06."""

import math

import numpy as np

from unseen.parts import relu, softmax
from unseen.record import right, wrong

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


# ---- steep_tanh


@right("steep_tanh")
def _(z, width, scale):
    return 1 - 2 / (np.exp(2 * z / np.sqrt(width * scale**2)) + 1)


@right("steep_tanh")
def _(z, width, scale):
    g = (scale * width**0.5) ** -1
    return [[math.tanh(g * one) for one in row] for row in z]


@wrong("steep_tanh", "root forgotten", "√width")
def _(z, width, scale):
    return np.tanh(z / scale / width)


@wrong("steep_tanh", "times instead of divided", "undo")
def _(z, width, scale):
    return np.tanh(z * scale * np.sqrt(width))


@wrong("steep_tanh", "gain behind the bend", "inside")
def _(z, width, scale):
    return 1 / (scale * np.sqrt(width)) * np.tanh(z)


@wrong("steep_tanh", "gain of the variance", "variance")
def _(z, width, scale):
    return np.tanh(z / (width * scale**2))


@wrong("steep_tanh", "no bend left", "bend")
def _(z, width, scale):
    return z / (scale * np.sqrt(width))
