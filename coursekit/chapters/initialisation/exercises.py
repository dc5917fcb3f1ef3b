"""The exercises of chapter 06: how large the first weights must be, and why they must differ."""

import math

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def xavier_bound(fan_in: int, fan_out: int) -> float:
    """The bound a of U(−a, a) with the variance a²/3 = 2 / (fan_in + fan_out)."""
    return math.sqrt(6 / (fan_in + fan_out))


def _pairs_of_fans(rng: np.random.Generator) -> list[Case]:
    return [tuple(fans) for fans in rng.integers(10, 800, (5, 2)).tolist()]


exercise(
    xavier_bound,
    task="Return the bound a for which weights from U(−a, a) have Xavier's variance, 2 / (fan_in + fan_out).",
    returns=("bound",),
    cases=_pairs_of_fans,
    misconceptions=(
        Misconception(
            "standard deviation",
            lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out)),
            "that is the standard deviation of a weight. U(−a, a) has the variance a²/3, so its bound a is larger.",
        ),
        Misconception(
            "variance",
            lambda fan_in, fan_out: 2 / (fan_in + fan_out),
            "that is the variance of a weight. Which a gives U(−a, a) this variance?",
        ),
        Misconception(
            "no root",
            lambda fan_in, fan_out: 6 / (fan_in + fan_out),
            "that is a², the square of the bound.",
        ),
        Misconception(
            "root of the numerator",
            lambda fan_in, fan_out: math.sqrt(6) / (fan_in + fan_out),
            "the root covers only the 6. It belongs over the whole fraction.",
        ),
        Misconception(
            "fan_in only",
            lambda fan_in, fan_out: math.sqrt(6 / fan_in),
            "fan_out is missing. Xavier's variance is a compromise between the forward and the backward pass.",
        ),
        Misconception(
            "half the variance",
            lambda fan_in, fan_out: math.sqrt(3 / (fan_in + fan_out)),
            "that is √2 times too small: a² is three times the variance, and the variance has a 2 above the line.",
        ),
        Misconception(
            "product of the fans",
            lambda fan_in, fan_out: math.sqrt(6 / (fan_in * fan_out)),
            "you multiply the fans. Xavier's variance divides by their sum.",
        ),
        Misconception(
            "width of the interval",
            lambda fan_in, fan_out: 2 * math.sqrt(6 / (fan_in + fan_out)),
            "that is the width of the interval from −a to a. The bound is a.",
        ),
    ),
    hints=(
        "U(−a, a) has the variance a²/3: the integral of w²/(2a) from −a to a.",
        "Set a²/3 equal to 2 / (fan_in + fan_out).",
        "a² = 6 / (fan_in + fan_out). Take the root.",
    ),
    takeaway="A uniform distribution reaches √3 times its standard deviation: hence 6 where the variance has 2.",
)


def he_std(fan_in: int) -> float:
    """The standard deviation √(2 / fan_in), for layers behind a ReLU."""
    return math.sqrt(2 / fan_in)


def _fans(rng: np.random.Generator) -> list[Case]:
    return [(fan_in,) for fan_in in rng.integers(10, 800, 5).tolist()]


exercise(
    he_std,
    task="Return the standard deviation of a weight with which a layer behind a ReLU keeps the size of the signal.",
    returns=("std",),
    cases=_fans,
    misconceptions=(
        Misconception(
            "variance",
            lambda fan_in: 2 / fan_in,
            "that is the variance of a weight. The standard deviation is its root.",
        ),
        Misconception(
            "no ReLU",
            lambda fan_in: 1 / math.sqrt(fan_in),
            "that keeps a linear layer. ReLU sets half of the signal to 0; make up for the lost half.",
        ),
        Misconception(
            "2 outside the root",
            lambda fan_in: 2 / math.sqrt(fan_in),
            "that is √2 times too large: ReLU halves the variance, so the 2 belongs under the root.",
        ),
        Misconception(
            "root of the numerator",
            lambda fan_in: math.sqrt(2) / fan_in,
            "the root covers only the 2. It belongs over the whole fraction.",
        ),
        Misconception(
            "uniform bound",
            lambda fan_in: math.sqrt(6 / fan_in),
            "that is the bound of He's uniform distribution. Its standard deviation is √3 times smaller.",
        ),
        Misconception(
            "half",
            lambda fan_in: math.sqrt(1 / (2 * fan_in)),
            "your weights are half as large as they must be: ReLU loses half of the signal; make up for it.",
        ),
    ),
    hints=(
        "For z = x w without an activation, Var(z) = fan_in · Var(w) · E[x²].",
        "Behind a ReLU, E[x²] is half the variance of what went in. Which fan_in · Var(w) makes up for that?",
        "fan_in · Var(w) = 2, and the standard deviation is the root of the variance.",
    ),
    takeaway="The 2 makes up for the half of the signal that ReLU sets to 0.",
)


def symmetric_gradients(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    """Gradients of the mean cross-entropy of softmax(tanh(x w1) w2)."""
    n = len(x)
    hidden = np.tanh(x @ w1)  # (N, H)
    dscores = _softmax(hidden @ w2)  # (N, C)
    dscores[np.arange(n), y] -= 1
    dscores /= n
    dz = (dscores @ w2.T) * (1 - hidden**2)  # (N, H)
    return x.T @ dz, hidden.T @ dscores


def _softmax(scores: Array) -> Array:
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _two_layers(rng: np.random.Generator) -> list[Case]:
    """Three networks; the second has as many hidden units as classes, so that w2 fits in both directions."""
    return [
        (
            rng.normal(size=(samples, features)),
            rng.integers(0, classes, samples),
            rng.normal(size=(features, hidden)),
            rng.normal(size=(hidden, classes)),
        )
        for samples, features, hidden, classes in ((6, 4, 3, 5), (7, 3, 4, 4), (5, 2, 6, 3))
    ]


def _hidden_and_dscores(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    """Both right, for the wrong answers that go astray behind them."""
    hidden = np.tanh(x @ w1)
    return hidden, (_softmax(hidden @ w2) - np.eye(w2.shape[1])[y]) / len(x)


def _sum_over_batch(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    dw1, dw2 = symmetric_gradients(x, y, w1, w2)
    return len(x) * dw1, len(x) * dw2


def _uphill(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    dw1, dw2 = symmetric_gradients(x, y, w1, w2)
    return -dw1, -dw2


def _transposed(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    dw1, dw2 = symmetric_gradients(x, y, w1, w2)
    return dw1.T, dw2.T


def _swapped(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    dw1, dw2 = symmetric_gradients(x, y, w1, w2)
    return dw2, dw1


def _no_one_hot(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    hidden = np.tanh(x @ w1)
    dscores = _softmax(hidden @ w2) / len(x)
    return x.T @ (dscores @ w2.T * (1 - hidden**2)), hidden.T @ dscores


def _no_slope(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    hidden, dscores = _hidden_and_dscores(x, y, w1, w2)
    return x.T @ (dscores @ w2.T), hidden.T @ dscores


def _tanh_twice(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    hidden, dscores = _hidden_and_dscores(x, y, w1, w2)
    return x.T @ (dscores @ w2.T * (1 - np.tanh(hidden) ** 2)), hidden.T @ dscores


def _w2_not_transposed(x: Array, y: Array, w1: Array, w2: Array) -> tuple[Array, Array]:
    hidden, dscores = _hidden_and_dscores(x, y, w1, w2)
    return x.T @ (dscores @ w2 * (1 - hidden**2)), hidden.T @ dscores


exercise(
    symmetric_gradients,
    task="Return dw1 and dw2, the gradients of the mean cross-entropy of softmax(tanh(x @ w1) @ w2) for labels y.",
    returns=("dw1", "dw2"),
    cases=_two_layers,
    misconceptions=(
        Misconception(
            "sum instead of mean",
            _sum_over_batch,
            "your gradients are N times too large: the loss is the mean over the N samples.",
        ),
        Misconception(
            "no one-hot",
            _no_one_hot,
            "the gradient of the scores is p − 1 at the right class and p elsewhere; you left out the 1.",
        ),
        Misconception(
            "wrong sign",
            _uphill,
            "the sign is wrong: these gradients point downhill. Is it p minus the one-hot label?",
        ),
        Misconception(
            "no tanh'",
            _no_slope,
            "dw2 is right. On the way to dw1 the gradient passes tanh: multiply by its derivative.",
        ),
        Misconception(
            "tanh' of tanh",
            _tanh_twice,
            "dw2 is right. For dw1 you take tanh twice: tanh'(z) = 1 − tanh²(z), and hidden is tanh(z) already.",
        ),
        Misconception(
            "w2 not transposed",
            _w2_not_transposed,
            "dw2 is right. The gradient goes back through w2 transposed: (N, C) @ (C, H) gives (N, H).",
        ),
        Misconception(
            "transposed",
            _transposed,
            "your gradients are transposed: each has the shape of its weights.",
        ),
        Misconception(
            "swapped",
            _swapped,
            "you return dw2 first. Return dw1, dw2.",
        ),
    ),
    hints=(
        "Forward: hidden = tanh(x @ w1), scores = hidden @ w2, p = softmax(scores). Keep hidden and p.",
        "dscores = (p − one-hot of y) / N, and dw2 = hidden.T @ dscores.",
        "dz = (dscores @ w2.T) · (1 − hidden²), and dw1 = x.T @ dz.",
    ),
    takeaway="Now call it with equal weights: all columns of dw1 are the same, so the hidden units stay equal.",
)


def collapse_layer(scale: float, width: int, threshold: float) -> int:
    """The first layer l, counted from 1, with (scale · √width)ˡ < threshold."""
    factor = scale * math.sqrt(width)
    return math.floor(math.log(threshold) / math.log(factor)) + 1


def _shrinking_networks(rng: np.random.Generator) -> list[Case]:
    """Five networks with scale · width < 1: who forgets the root gets a wrong number, not an endless loop."""
    widths = rng.integers(5, 40, 5).tolist()
    products = rng.uniform(0.3, 0.9, 5).tolist()
    exponents = rng.uniform(-9, -3, 5).tolist()
    return [
        (round(product / width, 4), width, float(f"{10**exponent:.2g}"))
        for width, product, exponent in zip(widths, products, exponents, strict=True)
    ]


exercise(
    collapse_layer,
    task=(
        "Unit-variance inputs go through tanh layers with weights scale · N(0, 1), nearly linear at this size. "
        "Return the number of the first layer (from 1) whose standard deviation is below the threshold."
    ),
    returns=("layer",),
    cases=_shrinking_networks,
    misconceptions=(
        Misconception(
            "no root",
            lambda scale, width, threshold: collapse_layer(scale * math.sqrt(width), width, threshold),
            "you multiply by scale · width. It is variances that add up, so the std grows only by √width.",
        ),
        Misconception(
            "no width",
            lambda scale, width, threshold: collapse_layer(scale, 1, threshold),
            "you multiply by scale alone. Each unit sums over width inputs, which makes its spread larger.",
        ),
        Misconception(
            "variance",
            lambda scale, width, threshold: collapse_layer(scale**2 * math.sqrt(width), width, threshold),
            "scale² · width is the factor of the variance. The threshold is for the standard deviation.",
        ),
        Misconception(
            "one too few",
            lambda scale, width, threshold: collapse_layer(scale, width, threshold) - 1,
            "that is one layer too early: do you count from 0, or round down?",
        ),
        Misconception(
            "one too many",
            lambda scale, width, threshold: collapse_layer(scale, width, threshold) + 1,
            "that is one layer too late: the std behind layer 1 is already scale · √width.",
        ),
        Misconception(
            "not rounded",
            lambda scale, width, threshold: math.log(threshold) / math.log(scale * math.sqrt(width)),
            "the ratio of logarithms is right, but layers are whole numbers. Which one is the first below?",
        ),
    ),
    hints=(
        "A unit sums width products of a weight and an input. What is its variance, if the inputs have variance 1?",
        "Each layer multiplies the standard deviation by scale · √width.",
        "Find the first whole l with (scale · √width)ˡ < threshold: in a loop, or with logarithms.",
    ),
    takeaway="The signal dies exponentially: try your function with scale 0.01 and width 500.",
)


def conv_he_std(filters: int, channels: int, height: int, width: int) -> float:
    """The standard deviation √(2 / fan_in) for a convolution: fan_in = channels · height · width of the window."""
    return math.sqrt(2 / (channels * height * width))


def _filter_shapes(rng: np.random.Generator) -> list[Case]:
    """Windows that are no squares too, and never as many filters as channels."""
    shapes = ((64, 3, 7, 7), (8, 32, 3, 3), (96, 48, 1, 5), (16, 10, 5, 2))
    return [(filters + int(rng.integers(9)), *rest) for filters, *rest in shapes]


exercise(
    conv_he_std,
    task="Return He's standard deviation for the weights of a convolution: filters, channels, and the window's size.",
    returns=("std",),
    cases=_filter_shapes,
    misconceptions=(
        Misconception(
            "channels only",
            lambda filters, channels, height, width: math.sqrt(2 / channels),
            "a unit of a convolution adds up a whole window in each channel, not one pixel.",
        ),
        Misconception(
            "window only",
            lambda filters, channels, height, width: math.sqrt(2 / (height * width)),
            "that is the window in one channel. A filter reaches through all channels.",
        ),
        Misconception(
            "fan_out",
            lambda filters, channels, height, width: math.sqrt(2 / (filters * height * width)),
            "you count with the filters: that is fan_out. He's rule keeps the signal on its way forward.",
        ),
        Misconception(
            "all weights",
            lambda filters, channels, height, width: math.sqrt(2 / (filters * channels * height * width)),
            "you divide by the number of all weights. One unit has only those of one filter.",
        ),
        Misconception(
            "filters only",
            lambda filters, channels, height, width: math.sqrt(2 / filters),
            "that is the number of filters. What does one unit add up?",
        ),
        Misconception(
            "one side of the window",
            lambda filters, channels, height, width: math.sqrt(2 / (channels * height)),
            "a window has a height and a width: both count.",
        ),
        Misconception(
            "variance",
            lambda filters, channels, height, width: 2 / (channels * height * width),
            "that is the variance of a weight. The standard deviation is its root.",
        ),
        Misconception(
            "no ReLU",
            lambda filters, channels, height, width: math.sqrt(1 / (channels * height * width)),
            "the fan-in is right. The 2 that makes up for ReLU is missing.",
        ),
        Misconception(
            "Xavier",
            lambda filters, channels, height, width: math.sqrt(2 / ((filters + channels) * height * width)),
            "that is Xavier's. He's rule divides by the fan-in alone.",
        ),
    ),
    hints=(
        "How many products does one output of one filter add up?",
        "fan_in = channels · height · width: a window in every channel.",
        "The root of 2 / fan_in.",
    ),
    takeaway="The image's size does not come into it: each output adds up one window, wherever it lies.",
)
