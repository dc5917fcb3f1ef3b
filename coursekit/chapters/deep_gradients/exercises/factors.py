"""The two gradients of a deep chain, that of the signal and that of the weights, told apart."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def signal_and_weight_gradients(a: Array, w: Array, dout: float) -> tuple[Array, Array]:
    """Walk back by da[l−1] = da[l] (1 − a[l]²) w[l], and take dw[l] = da[l] (1 − a[l]²) a[l−1] on the way."""
    da, dw = np.zeros(len(a)), np.zeros(len(w))
    da[-1] = dout
    for layer in reversed(range(len(w))):
        dz = da[layer + 1] * (1 - a[layer + 1] ** 2)
        da[layer] = dz * w[layer]
        dw[layer] = dz * a[layer]
    return da, dw


def _chains(rng: np.random.Generator) -> list[Case]:
    """Chains of three to five units with weights of both signs, and an upstream gradient that is not 1."""
    cases = []
    for depth, dout in ((3, 0.7), (4, -1.3), (5, 2.1)):
        w = rng.uniform(0.5, 1.6, depth) * rng.choice([-1, 1], depth)
        a = [rng.uniform(0.4, 1.2)]
        for weight in w:
            a.append(np.tanh(weight * a[-1]))
        cases.append((np.array(a), w, dout))
    return cases


Part = Callable[[float, float, float, float, float], float]  # of da, slope, w, the input a, the output a


def _walk(signal: Part, weight: Part, slope: Callable[[float, float, float], float]) -> Callable[..., Any]:
    """A walk back with other rules; the slope is made of (output, input, w)."""

    def walk(a: Array, w: Array, dout: float) -> tuple[Array, Array]:
        da, dw = np.zeros(len(a)), np.zeros(len(w))
        da[-1] = dout
        for layer in reversed(range(len(w))):
            steep = slope(a[layer + 1], a[layer], w[layer])
            given = da[layer + 1], steep, w[layer], a[layer], a[layer + 1]
            da[layer], dw[layer] = signal(*given), weight(*given)
        return da, dw

    return walk


def _tanh_slope(out: float, inner: float, w: float) -> float:
    return 1 - out**2


def _right_signal(da: float, slope: float, w: float, inner: float, out: float) -> float:
    return da * slope * w


def _right_weight(da: float, slope: float, w: float, inner: float, out: float) -> float:
    return da * slope * inner


def _only_last(a: Array, w: Array, dout: float) -> tuple[Array, Array]:
    """The weights' gradients with dout in the place of every signal gradient."""
    return signal_and_weight_gradients(a, w, dout)[0], dout * (1 - a[1:] ** 2) * a[:-1]


def _weights_turned(a: Array, w: Array, dout: float) -> tuple[Array, Array]:
    da, dw = signal_and_weight_gradients(a, w, dout)
    return da, dw[::-1]


def _signal_turned(a: Array, w: Array, dout: float) -> tuple[Array, Array]:
    da, dw = signal_and_weight_gradients(a, w, dout)
    return da[::-1], dw


exercise(
    signal_and_weight_gradients,
    task="A chain of units a[l] = tanh(w[l] · a[l−1]), the input a[0] among the outputs a (D + 1,); w (D,) starts with "
    "the first weight. Given dout = ∂L/∂a[D], return da (D + 1,), the gradient of every a, and dw (D,).",
    returns=("da", "dw"),
    cases=_chains,
    misconceptions=(
        Misconception(
            "slope of the sigmoid",
            _walk(_right_signal, _right_weight, lambda out, inner, w: out * (1 - out)),
            "a (1 − a) is the slope of the sigmoid. In terms of its output, tanh has the slope 1 − a².",
        ),
        Misconception(
            "slope without the square",
            _walk(_right_signal, _right_weight, lambda out, inner, w: 1 - out),
            "1 − a is no slope: that of tanh is 1 − a², with the output squared.",
        ),
        Misconception(
            "slope at the output",
            _walk(_right_signal, _right_weight, lambda out, inner, w: 1 - np.tanh(out) ** 2),
            "you take the slope at a[l], which has passed tanh already. The slope there is 1 − a[l]², or "
            "1 − tanh²(w[l] a[l−1]).",
        ),
        Misconception(
            "slope of the layer before",
            _walk(_right_signal, _right_weight, lambda out, inner, w: 1 - inner**2),
            "your slopes are one layer off: a step from a[l] to a[l−1] passes the tanh whose output is a[l].",
        ),
        Misconception(
            "no slope",
            _walk(_right_signal, _right_weight, lambda out, inner, w: 1.0),
            "the tanh is missing: each step back has two factors, its slope and the weight.",
        ),
        Misconception(
            "no slope in the weights",
            _walk(_right_signal, lambda da, slope, w, inner, out: da * inner, _tanh_slope),
            "da is right. A weight acts through the same tanh as the signal: dw has the factor 1 − a[l]² as well.",
        ),
        Misconception(
            "no weight in the signal",
            _walk(lambda da, slope, w, inner, out: da * slope, _right_weight, _tanh_slope),
            "on its way back the signal passes the weights, too: each step has the factor w[l].",
        ),
        Misconception(
            "signal times activation",
            _walk(_right_weight, _right_weight, _tanh_slope),
            "you send dw on as if it were da. What goes back to the input of w · a has the factor w; the factor a is "
            "for the weight.",
        ),
        Misconception(
            "weights like signals",
            _walk(_right_signal, _right_signal, _tanh_slope),
            "da is right. ∂(w a)/∂w is a, not w: dw has the layer's input as a factor.",
        ),
        Misconception(
            "output in the weights",
            _walk(_right_signal, lambda da, slope, w, inner, out: da * slope * out, _tanh_slope),
            "da is right. dw[l] has the factor a[l−1], what the weight was multiplied by, and not the layer's output.",
        ),
        Misconception(
            "dout everywhere",
            _only_last,
            "da is right, but dw does not use it: each weight sees the gradient that has come back to its own layer.",
        ),
        Misconception(
            "weights from the front",
            _weights_turned,
            "da is right. dw is in the order in which you found it, from the back: dw[0] belongs to the first weight.",
        ),
        Misconception(
            "signal from the back",
            _signal_turned,
            "da is in the order in which you found it, from the back: da[0] belongs to the input.",
        ),
        Misconception(
            "dout forgotten",
            lambda a, w, dout: signal_and_weight_gradients(a, w, 1.0),
            "you start from 1. The gradient that arrives at the end is dout.",
        ),
    ),
    hints=(
        "Start with da[D] = dout. From a[l] back to z = w[l] · a[l−1] there is one factor, the slope 1 − a[l]².",
        "From z there are two ways on: to a[l−1] with the factor w[l], and to w[l] with the factor a[l−1].",
        "for l in reversed(range(len(w))): dz = da[l + 1] * (1 - a[l + 1]**2); da[l] = dz * w[l]; dw[l] = dz * a[l]",
    ),
    takeaway="The signal's gradient collects a slope and a weight in every layer; a weight's gradient is that of the "
    "signal there, times the slope and the layer's input. So the two may shrink differently.",
)
