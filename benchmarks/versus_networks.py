"""Whole training steps, and the flagship's forward pass with its statistics, against PyTorch eager and plain NumPy.

Run ``python -m benchmarks.versus_networks``.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.side_by_side import Action, Row, print_table
from coursekit.activations import ACTIVATIONS
from coursekit.diagnostics import layer_histogram, layer_moments
from coursekit.layers import Activation, BatchNorm, Conv2d, Flatten, Layer, Linear, MaxPool2d
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.network.lean import LeanPasses
from coursekit.optimisers import OPTIMISERS

cross_entropy = LOSSES["softmax_cross_entropy"]


def our_step(layers: Sequence[Layer], x: np.ndarray, y: np.ndarray) -> Action:
    """Return a training step with Adam, as `fit` does it."""
    net, adam = Sequential(layers), OPTIMISERS["adam"](lr=1e-3)
    state, passes = adam.init(net.params), LeanPasses(net)

    def step() -> None:
        _, dscores = cross_entropy(passes.forward(x), y)
        passes.parameter_gradients(dscores)
        adam.step(net.params, net.grads, state)

    return step


def torch_step(layers: Sequence[nn.Module], x: np.ndarray, y: np.ndarray) -> Action:
    """Return the same step as PyTorch's tutorials write it."""
    net, inputs, labels = nn.Sequential(*layers), torch.from_numpy(x), torch.from_numpy(y)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)

    def step() -> None:
        adam.zero_grad()
        nn.functional.cross_entropy(net(inputs), labels).backward()
        adam.step()

    return step


def batch(rng: np.random.Generator, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw unit-normal inputs and labels of ten classes."""
    return rng.standard_normal(shape, np.float32), rng.integers(0, 10, shape[0])


def small_mlp(rng: np.random.Generator) -> Row:
    """The network of the digits chapters."""
    x, y = batch(rng, 32, 64)
    ours: list[Layer] = [Linear(64, 100, rng), Activation("relu"), Linear(100, 10, rng)]
    theirs = [nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10)]
    return Row("MLP 64-100-10, batch 32, Adam, a step", our_step(ours, x, y), torch_step(theirs, x, y), 10)


def deep_mlp(rng: np.random.Generator, samples: int, target: float) -> Row:
    """Six hidden layers with batch norm."""
    x, y = batch(rng, samples, 100)
    ours: list[Layer] = []
    theirs: list[nn.Module] = []
    for _ in range(6):
        ours += [Linear(100, 100, rng), BatchNorm(100), Activation("relu")]
        theirs += [nn.Linear(100, 100), nn.BatchNorm1d(100), nn.ReLU()]
    steps = our_step([*ours, Linear(100, 10, rng)], x, y), torch_step([*theirs, nn.Linear(100, 10)], x, y)
    return Row(f"6 × 100 MLP with batch norm, batch {samples}, Adam, a step", *steps, target)


def cnn(rng: np.random.Generator, target: float) -> Row:
    """Two convolutions and a linear layer on images of 28 × 28."""
    x, y = batch(rng, 64, 1, 28, 28)
    ours: list[Layer] = [
        Conv2d(1, 16, 3, rng, padding=1),
        Activation("relu"),
        MaxPool2d(2),
        Conv2d(16, 32, 3, rng, padding=1),
        Activation("relu"),
        MaxPool2d(2),
        Flatten(),
        Linear(32 * 7 * 7, 10, rng),
    ]
    theirs = [
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    ]
    work = "CNN conv16-pool-conv32-pool-linear, 28 × 28, batch 64, Adam, a step"
    return Row(work, our_step(ours, x, y), torch_step(theirs, x, y), target)


def flagship(rng: np.random.Generator) -> Row:
    """1000 samples through ten layers of 500: activations, then mean, std and a histogram of each."""
    x = rng.standard_normal((1000, 500), np.float32)
    weights = [rng.standard_normal((500, 500), np.float32) / np.float32(np.sqrt(500)) for _ in range(10)]
    tanh = ACTIVATIONS["tanh"].forward

    def ours() -> list[Any]:
        a, told = x, []
        for w in weights:
            a, _ = tanh(a @ w)
            told.append((layer_moments(a), layer_histogram(a, -1, 1, 60)))
        return told

    inputs, matrices = torch.from_numpy(x), [torch.from_numpy(w) for w in weights]

    @torch.no_grad()
    def theirs() -> list[Any]:
        a, told = inputs, []
        for w in matrices:
            a = torch.tanh(a @ w)
            told.append((a.mean(), a.std(), torch.histc(a, 60, -1, 1)))
        return told

    def naive() -> list[Any]:
        # As lecture notes write it: NumPy's default float64, weights drawn where they are used.
        a, told = x.astype(np.float64), []
        for _ in range(10):
            a = np.tanh(a @ (rng.standard_normal((500, 500)) / np.sqrt(500)))
            told.append((a.mean(), a.std(), np.histogram(a, 60, (-1, 1))[0]))
        return told

    return Row("flagship: 1000 × 500 × 10 tanh, mean, std, histograms", ours, theirs, 1.8, naive, 4.5)


def rows(count: int = 1) -> Iterator[Row]:
    """Yield the rows for so many threads."""
    rng = np.random.default_rng(0)
    if count == 1:
        yield small_mlp(rng)
        yield deep_mlp(rng, 32, 8)
        yield deep_mlp(rng, 256, 3)
        yield cnn(rng, 1)
        yield flagship(rng)
    else:
        yield cnn(rng, 0.9)


def main() -> list[str]:
    """Print both tables; return what missed its target."""
    return print_table(rows(1), 1) + print_table(rows(2), 2)


if __name__ == "__main__":
    main()
