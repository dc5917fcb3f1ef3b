"""Section 6: a convolution, backward."""

import numpy as np

from coursekit.arrays import Array
from coursekit.chapters.cnns.exercises.forward import conv_forward, image_and_filters
from coursekit.exercises.exercise import Case, Misconception, exercise


def conv_backward(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    """Send each δ back over the window it came from: dx (C, H, W) and dw (F, C, KH, KW)."""
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    kh, kw = w.shape[2:]
    for f, i, j in np.ndindex(*dout.shape):
        dx[:, i : i + kh, j : j + kw] += dout[f, i, j] * w[f]
        dw[f] += dout[f, i, j] * x[:, i : i + kh, j : j + kw]
    return dx, dw


def _gradient_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for x, w, b in image_and_filters(rng):
        cases.append((rng.normal(size=conv_forward(x, w, b).shape), x, w))
    return cases


def _overwritten(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    dx, (_, dw) = np.zeros_like(x), conv_backward(dout, x, w)
    kh, kw = w.shape[2:]
    for f, i, j in np.ndindex(*dout.shape):
        dx[:, i : i + kh, j : j + kw] = dout[f, i, j] * w[f]
    return dx, dw


def _last_window(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    (dx, _), dw = conv_backward(dout, x, w), np.zeros_like(w)
    kh, kw = w.shape[2:]
    for f, i, j in np.ndindex(*dout.shape):
        dw[f] = dout[f, i, j] * x[:, i : i + kh, j : j + kw]
    return dx, dw


def _turned_dx(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    return conv_backward(dout, x, w[:, :, ::-1, ::-1])[0], conv_backward(dout, x, w)[1]


def _turned_dw(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    dx, dw = conv_backward(dout, x, w)
    return dx, dw[:, :, ::-1, ::-1]


def _mean_over_places(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    dx, dw = conv_backward(dout, x, w)
    return dx, dw / dout[0].size


def _swapped(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    dx, dw = conv_backward(dout, x, w)
    return dw, dx


def _first_filter(dout: Array, x: Array, w: Array) -> tuple[Array, Array]:
    return conv_backward(dout[:1], x, w[:1])[0], conv_backward(dout, x, w)[1]


exercise(
    conv_backward,
    task="Return dx (C, H, W) and dw (F, C, KH, KW) of the convolution with stride 1 and without padding, for the "
    "gradient dout (F, OH, OW).",
    returns=("dx", "dw"),
    cases=_gradient_cases,
    misconceptions=(
        Misconception(
            "dx overwritten",
            _overwritten,
            "dw is right. In dx, windows overlap: a pixel hears from every window it was in, so add, do not overwrite.",
        ),
        Misconception(
            "dw overwritten",
            _last_window,
            "dx is right. A filter was used at every place, so its gradient is the sum over all places; you keep "
            "the last one.",
        ),
        Misconception(
            "w turned in dx",
            _turned_dx,
            "dw is right. In dx the kernel lies the wrong way round. If you add window by window, take w as it is; if "
            "you correlate the padded dout with it, turn it by 180° first.",
        ),
        Misconception(
            "dw turned",
            _turned_dw,
            "dx is right. dw is turned by 180°: nothing is turned in dw, it correlates x with dout.",
        ),
        Misconception(
            "mean over the places",
            _mean_over_places,
            "dx is right. dw is divided by the number of places: the gradients of shared weights add up.",
        ),
        Misconception(
            "one filter",
            _first_filter,
            "dw is right. dx hears from the first filter only; every filter has looked at x.",
        ),
        Misconception(
            "swapped",
            _swapped,
            "you return dw first. Return dx, dw.",
        ),
    ),
    hints=(
        "Forward, y[f, i, j] = (window · w[f]).sum() + b[f]. What is its derivative by the window, and by w[f]?",
        "Start with zeros and use the three loops of the forward pass. Each δ = dout[f, i, j] adds to both gradients.",
        "dx[:, i : i + KH, j : j + KW] += δ · w[f], and dw[f] += δ · x[:, i : i + KH, j : j + KW].",
    ),
    takeaway="What was read in forward is added to in backward. All overlaps together are the full correlation.",
)
