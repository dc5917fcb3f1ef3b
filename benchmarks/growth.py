"""How the cost of a CNN's training step grows with the batch and with the pixels: the plot ``growth.png``.

Run ``python -m benchmarks.growth``.
"""

from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from coursekit.layers import Activation, Conv2d, Flatten, Linear, MaxPool2d
from coursekit.losses import LOSSES
from coursekit.network import Sequential

BATCHES = (16, 32, 64, 128, 256)
SIDES = (8, 12, 16, 24, 32, 48)
ROUNDS = 9
PLOT = Path(__file__).parent / "growth.png"


def seconds(batch: int, side: int) -> float:
    """Time a forward and backward pass of conv16-pool-conv32-pool-linear; the median of some rounds."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((batch, 1, side, side), np.float32), rng.integers(0, 10, batch)
    net = Sequential(
        [
            Conv2d(1, 16, 3, rng, padding=1),
            Activation("relu"),
            MaxPool2d(2),
            Conv2d(16, 32, 3, rng, padding=1),
            Activation("relu"),
            MaxPool2d(2),
            Flatten(),
            Linear(2 * side * side, 10, rng),
        ]
    )
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        net.parameter_gradients(LOSSES["softmax_cross_entropy"](net.forward(x, training=True), y)[1])
        times.append(perf_counter() - start)
    return median(times)


def slope(sizes: np.ndarray, times: np.ndarray) -> float:
    """Return the power with which time grows: 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def main() -> list[str]:
    """Measure, draw, and return what grows faster than linearly."""
    figure = Figure(figsize=(9, 3.6), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    missed = []
    cases = (
        ("images in a batch, 16 × 16 pixels", np.array(BATCHES), [(batch, 16) for batch in BATCHES]),
        ("pixels of an image, batch 32", np.array(SIDES) ** 2, [(32, side) for side in SIDES]),
    )
    for ax, (label, sizes, settings) in zip(figure.subplots(1, 2), cases, strict=True):
        times = np.array([seconds(*setting) for setting in settings])
        power = slope(sizes, times)
        print(f"{label}: time grows with the power {power:.2f}")
        missed += [label] * (power > 1.1)
        ax.loglog(sizes, 1e3 * times, "o-", color="#2e7ab8", label=f"measured, power {power:.2f}")
        ax.loglog(sizes, 1e3 * times[-1] * sizes / sizes[-1], ":", color="#717581", label="linear")
        ax.set(xlabel=label, ylabel="forward and backward, ms")
        ax.legend(frameon=False)
    figure.savefig(PLOT)
    return missed


if __name__ == "__main__":
    main()
