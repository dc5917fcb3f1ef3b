"""A net whose signal vanishes against a healthy one: forward, backward and Adam must not slow down.

Numbers under 1e−38 are denormal in float32, and processors are up to 190 times slower with them.
Run ``python -m benchmarks.vanishing``.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.side_by_side import Action, threads, times_faster
from coursekit.layers import Activation, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

LIMIT = 1.5


def parts(activation: str, scale: float) -> Iterator[tuple[str, Action]]:
    """Yield forward, backward and Adam of ten layers of 300 units with weights scale · N(0, 1)."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((200, 300), np.float32), rng.integers(0, 10, 200)
    layers = [
        layer for _ in range(10) for layer in (Linear(300, 300, rng, init="normal", std=scale), Activation(activation))
    ]
    net, adam = Sequential([*layers, Linear(300, 10, rng, init="normal", std=scale)]), OPTIMISERS["adam"](lr=1e-12)
    state = adam.init(net.params)
    _, dscores = LOSSES["softmax_cross_entropy"](net.forward(x, training=True), y)
    net.backward(dscores)
    yield "forward", lambda: net.forward(x, training=True)
    yield "backward", lambda: net.backward(dscores)
    yield "Adam", lambda: adam.step(net.params, net.grads, state)


def main() -> list[str]:
    """Print time ÷ healthy time; return what is over the limit."""
    missed = []
    print("| net | threads | forward | backward | Adam |\n|---|---|---|---|---|")
    for activation, scale in (("tanh", 1e-4), ("relu", 1e-4), ("gelu", 1e-4), ("tanh", 1e-3)):
        for count in (1, 2):
            with threads(count):
                pairs = zip(parts(activation, scale), parts(activation, 1 / np.sqrt(300)), strict=True)
                ratios = {name: times_faster(healthy, sick) for (name, sick), (_, healthy) in pairs}
            work = f"{activation}, weights {scale:g} · N(0, 1)"
            print(f"| {work} | {count} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios.values()) + " |", flush=True)
            missed += [f"{work}: {name}" for name, ratio in ratios.items() if ratio > LIMIT]
    return missed


if __name__ == "__main__":
    main()
