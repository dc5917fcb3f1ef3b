"""Read a report: in which layer is the gradient lost?"""

from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def read_report(signal: Array) -> tuple[Any, Any]:
    """Return the layer with the least ‖∂L/∂a[l−1]‖ ÷ ‖∂L/∂a[l]‖, counted from 1, and this factor."""
    factors = signal[:-1] / signal[1:]
    worst = factors.argmin()
    return worst + 1, factors[worst]


def _reports(rng: np.random.Generator) -> list[Case]:
    """Real backward passes through tanh nets of 24 units, one layer of which has far too small weights."""
    return [(_backward(rng, depth, sick),) for depth, sick in ((6, 3), (8, 6), (7, 4), (9, 2))]


def _backward(rng: np.random.Generator, depth: int, sick: int) -> Array:
    """Return the RMS of ∂L/∂a[0], …, ∂L/∂a[depth], where a[0] is the input."""
    width = 24
    weights = [rng.normal(size=(width, width)) * rng.uniform(0.5, 1.1) / np.sqrt(width) for _ in range(depth)]
    weights[sick - 1] *= 0.08
    outputs = [rng.normal(size=(50, width))]
    for w in weights:
        outputs.append(np.tanh(outputs[-1] @ w))
    gradient = rng.normal(size=(50, width)) / 50
    sizes = [np.sqrt(np.mean(gradient**2))]
    for w, out in zip(weights[::-1], outputs[:0:-1], strict=True):
        gradient = (gradient * (1 - out**2)) @ w.T
        sizes.append(np.sqrt(np.mean(gradient**2)))
    return np.array(sizes[::-1])


def _largest_difference(signal: Array) -> tuple[int, float]:
    worst = int(np.diff(signal).argmax())
    return worst + 1, float(signal[worst] / signal[worst + 1])


def _mean_factor(signal: Array) -> tuple[int, float]:
    return read_report(signal)[0], float((signal[0] / signal[-1]) ** (1 / (len(signal) - 1)))


def _upside_down(signal: Array) -> tuple[int, float]:
    layer, factor = read_report(signal)
    return layer, 1 / factor


exercise(
    read_report,
    task="A report of a backward pass: signal (D + 1,) holds the size of ∂L/∂a[l], the input a[0] first; layer l turns "
    "a[l−1] into a[l]. In which layer, from 1 to D, does the gradient lose most, as a factor? Return the layer, and "
    "the factor by which the gradient is multiplied there.",
    returns=("layer", "factor"),
    cases=_reports,
    misconceptions=(
        Misconception(
            "counted from 0",
            lambda signal: (read_report(signal)[0] - 1, read_report(signal)[1]),
            "the factor is right. Layers count from 1: the layer between a[0] and a[1] is layer 1.",
        ),
        Misconception(
            "factor upside down",
            _upside_down,
            "the layer is right. Its factor is what comes out of it, going back, divided by what comes in: below 1.",
        ),
        Misconception(
            "the smallest gradient",
            lambda signal: (int(signal.argmin()) + 1, float(signal.min() / signal[int(signal.argmin()) + 1])),
            "where the gradient is smallest it has been lost before: going back, everything behind the sick layer is "
            "small. Compare neighbours.",
        ),
        Misconception(
            "the smallest gradient and its place",
            lambda signal: (int(signal.argmin()), float(signal.min())),
            "you look for the smallest gradient. It has been lost before: going back, everything behind the sick layer "
            "is small. Compare neighbours.",
        ),
        Misconception(
            "largest difference",
            _largest_difference,
            "you compare by subtraction. A gradient of 0.01 cannot lose more than 0.01, and may lose 99% of it: "
            "compare by division.",
        ),
        Misconception(
            "largest factor",
            lambda signal: (int((signal[:-1] / signal[1:]).argmax()) + 1, float((signal[:-1] / signal[1:]).max())),
            "that is the layer in which the gradient loses least.",
        ),
        Misconception(
            "the other way round",
            lambda signal: (
                int((signal[1:] / signal[:-1]).argmin()) + 1,
                float((signal[1:] / signal[:-1]).min()),
            ),
            "you walk forward: the gradient comes from the end of the net, so signal[l] arrives at layer l, and "
            "signal[l − 1] leaves it.",
        ),
        Misconception(
            "counted from the end",
            lambda signal: (len(signal) - read_report(signal)[0], read_report(signal)[1]),
            "the factor is right. You count layers from the output; layer 1 is the one that gets the input.",
        ),
        Misconception(
            "mean factor",
            _mean_factor,
            "the layer is right. The factor that you return is the mean of all layers: this one's own is asked for.",
        ),
        Misconception(
            "whole loss",
            lambda signal: (read_report(signal)[0], float(signal[0] / signal[-1])),
            "the layer is right. The factor that you return is that of all layers together.",
        ),
        Misconception(
            "the size itself",
            lambda signal: (read_report(signal)[0], float(signal[read_report(signal)[0] - 1])),
            "the layer is right. What you return beside it is the gradient's size, not by what it was multiplied.",
        ),
    ),
    hints=(
        "The gradient comes from the right end, signal[D], and each layer multiplies it on its way to the left.",
        "Layer l gets signal[l] and hands on signal[l − 1]. Which quotient is its factor?",
        "factors = signal[:-1] / signal[1:]; the least one is in layer factors.argmin() + 1.",
    ),
    takeaway="In front of a sick layer every gradient is small, so the smallest one does not tell where it was lost: "
    "look for the step.",
)
