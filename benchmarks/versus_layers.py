"""Batch norm, dropout and pooling against PyTorch eager: ``python -m benchmarks.versus_layers``."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.side_by_side import Row, print_table
from coursekit import layers

TARGET = 1.4
BACKWARD_TARGET = 0.7  # a scatter of a few values, as fast as memory either way
Pair = tuple[Callable[..., Any], Callable[..., Any]]


def rows() -> Iterator[Row]:
    """Yield the work, with what it needs prepared."""
    for shape in ((32, 100), (256, 100), (64, 16, 28, 28), (64, 32, 14, 14)):
        yield _batch_norm(shape)
    for shape in ((32, 100), (256, 1000), (64, 16, 28, 28)):
        yield _dropout(shape)
    windows = [((64, 16, 28, 28), 2), ((64, 32, 14, 14), 2), ((64, 16, 27, 27), 3), ((64, 32, 13, 13), 3)]
    for shape, size in windows:
        yield from _pool("max", (layers.max_pool2d_forward, layers.max_pool2d_backward), shape, size, BACKWARD_TARGET)
    for shape, size in windows[::2]:
        yield from _pool("mean", (layers.avg_pool2d_forward, layers.avg_pool2d_backward), shape, size, TARGET)


def _batch_norm(shape: tuple[int, ...]) -> Row:
    x, dout = _normal(shape), _normal(shape)
    gamma, beta = _normal(shape[1:2]), _normal(shape[1:2])
    running = layers.RunningStatistics.start(shape[1])
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, gamma, beta)]
    statistics = torch.zeros(shape[1]), torch.ones(shape[1])

    def ours() -> Any:
        _, cache = layers.batch_norm_forward(x, gamma, beta, running)
        return layers.batch_norm_backward(dout, cache)

    def theirs() -> Any:
        y = functional.batch_norm(leaves[0], *statistics, *leaves[1:], training=True)
        return torch.autograd.grad(y, leaves, torch.from_numpy(dout))

    def plain() -> Any:
        over = (0, *range(2, x.ndim))
        scale, shift = (array.reshape(-1, *[1] * (x.ndim - 2)) for array in (gamma, beta))
        root = np.sqrt(x.var(over, keepdims=True) + 1e-5)
        normalised = (x - x.mean(over, keepdims=True)) / root
        y = scale * normalised + shift
        count = x.size // x.shape[1]
        dbeta, dgamma = dout.sum(over, keepdims=True), (dout * normalised).sum(over, keepdims=True)
        return y, scale / root * (dout - dbeta / count - normalised * (dgamma / count))

    return Row(f"batch norm {shape}, forward + backward", ours, theirs, TARGET, plain)


def _dropout(shape: tuple[int, ...]) -> Row:
    x, dout = _normal(shape), _normal(shape)
    leaf = torch.tensor(x, requires_grad=True)
    rng = np.random.default_rng(0)

    def ours() -> Any:
        _, cache = layers.dropout_forward(x, 0.5, rng)
        return layers.dropout_backward(dout, cache)

    def theirs() -> Any:
        return torch.autograd.grad(functional.dropout(leaf, 0.5), leaf, torch.from_numpy(dout))

    def plain() -> Any:
        mask = (rng.random(shape, np.float32) >= 0.5) * np.float32(2)
        return x * mask, dout * mask

    return Row(f"dropout {shape}, forward + backward", ours, theirs, TARGET, plain)


def _pool(name: str, pair: Pair, shape: tuple[int, ...], size: int, backward_target: float) -> Iterator[Row]:
    forward, backward = pair
    other = functional.max_pool2d if name == "max" else functional.avg_pool2d
    x = _normal(shape)
    leaf = torch.tensor(x, requires_grad=True)
    y, cache = forward(x, size, 2)
    dout = _normal(y.shape)
    out, delta = other(leaf, size, 2), torch.from_numpy(dout)
    work = f"{name}-pool {shape}, {size} × {size} / 2"
    yield Row(f"{work}, forward", lambda: forward(x, size, 2), lambda: other(leaf, size, 2), TARGET)
    yield Row(
        f"{work}, backward",
        lambda: backward(dout, cache),
        lambda: torch.autograd.grad(out, leaf, delta, retain_graph=True),
        backward_target,
    )


def _normal(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(len(shape)).standard_normal(shape, np.float32)


def main() -> int:
    """Print the table; return how many targets were missed."""
    return len(print_table(rows()))


if __name__ == "__main__":
    main()
