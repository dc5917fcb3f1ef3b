"""Every activation, forward and backward, in units of one ``np.tanh`` over the same array, interleaved.

Run ``python -m benchmarks.activations``. The list is the registry: a new activation appears here by itself.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from coursekit.activations import ACTIVATIONS, Activation

SHAPES = ((32, 64), (1000, 500))
ROUNDS = 40


def seconds(action: Callable[[], Any]) -> float:
    """Time one call."""
    start = perf_counter()
    action()
    return perf_counter() - start


def ratios(activation: Activation, x: np.ndarray) -> tuple[float, float]:
    """Medians over the rounds of forward ÷ np.tanh and backward ÷ np.tanh."""
    out = np.empty_like(x)
    y, cache = activation.forward(x)
    dout = np.random.default_rng(1).standard_normal(y.shape, x.dtype)
    activation.backward(dout, cache)  # compiled before the clock starts
    forward, backward = [], []
    for _ in range(ROUNDS):
        unit = seconds(lambda: np.tanh(x, out=out))
        forward.append(seconds(lambda: activation.forward(x)) / unit)
        backward.append(seconds(lambda: activation.backward(dout, cache)) / unit)
    return median(forward), median(backward)


def main() -> int:
    """Print the table."""
    rng = np.random.default_rng(0)
    arrays = {shape: rng.standard_normal(shape, np.float32) for shape in SHAPES}
    print("| activation, float32 | " + " | ".join(f"{shape} forward | backward" for shape in SHAPES) + " |")
    print("|---|" + "---|---|" * len(SHAPES))
    for activation in ACTIVATIONS.values():
        cells = [f"{ratio:.1f}" for x in arrays.values() for ratio in ratios(activation, x)]
        print(f"| {activation.label} | {' | '.join(cells)} |")
    return 0


if __name__ == "__main__":
    main()
