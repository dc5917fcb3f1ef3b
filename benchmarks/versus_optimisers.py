"""A step of every optimiser over the parameters of whole networks, against ``torch.optim``'s (its default, foreach)."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.side_by_side import Row, print_table
from coursekit.optimisers import OPTIMISERS
from coursekit.parameters import packed

SHAPES = {
    "MLP 64-100-10, 4 arrays": [(64, 100), (100,), (100, 10), (10,)],
    "MLP of 12 layers, 24 arrays": [(64, 100), (100,), *[(100, 100), (100,)] * 10, (100, 10), (10,)],
    "60,000 parameters, 1 array": [(200, 300)],
}
TORCH: dict[str, tuple[Any, dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "rmsprop": (torch.optim.RMSprop, {"alpha": 0.9}),
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {"weight_decay": 0.0}),
}
LR = 1e-4


def rows() -> Iterator[Row]:
    """Every optimiser on every network."""
    for network, shapes in SHAPES.items():
        for name in OPTIMISERS:
            yield step(name, network, shapes)


def step(name: str, network: str, shapes: list[tuple[int, ...]]) -> Row:
    """One step from the same parameters with the same gradients."""
    rng = np.random.default_rng(0)
    params = packed({str(i): rng.standard_normal(shape, np.float32) for i, shape in enumerate(shapes)})
    grads = packed({key: 0.01 * rng.standard_normal(array.shape, np.float32) for key, array in params.items()})
    ours = OPTIMISERS[name](lr=LR)
    state = ours.init(params)
    theirs = [torch.tensor(array, requires_grad=True) for array in params.values()]
    for tensor, gradient in zip(theirs, grads.values(), strict=True):
        tensor.grad = torch.tensor(gradient)
    optimiser, options = TORCH[name]
    return Row(
        f"{OPTIMISERS[name].label}, {network}",
        lambda: ours.step(params, grads, state),
        optimiser(theirs, lr=LR, **options).step,
        target=1.4,
    )


def main() -> int:
    """Print the table at one thread."""
    return len(print_table(rows()))


if __name__ == "__main__":
    sys.exit(bool(main()))
