"""Every activation, forward and backward together, against PyTorch's function of the same name.

Run ``python -m benchmarks.versus_activations``. The list is the registry: a new activation appears here by itself.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.side_by_side import Action, Row, print_table
from coursekit.activations import ACTIVATIONS, Activation

SHAPES = ((32, 64), (1000, 500), (64, 16, 28, 28))
TARGET = 0.85
ALPHA = 0.25
WITHOUT_TWIN = {"step"}  # PyTorch's have no backward

# Where PyTorch's function has another name, other defaults, or does not exist and is put together.
TWINS: dict[str, Callable[..., Tensor]] = {
    "identity": torch.clone,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "swish": functional.silu,
    "rrelu": lambda x: functional.rrelu(x, training=True),
    "crelu": lambda x: functional.relu(torch.cat([x, -x], 1)),
    "softmax": lambda x: functional.softmax(x, dim=-1),
}


def options(name: str) -> dict[str, Any]:
    """Return what makes our function do all that it does in training."""
    if name == "prelu":
        return {"alpha": np.array(ALPHA, np.float32)}
    if name == "rrelu":
        return {"rng": np.random.default_rng(0), "training": True}
    return {}


def ours(activation: Activation, x: np.ndarray, dout: np.ndarray) -> Action:
    given = options(activation.name)

    def action() -> None:
        _, cache = activation.forward(x, **given)
        activation.backward(dout, cache)

    action()  # compiled before the clock starts
    return action


def theirs(name: str, x: np.ndarray, dout: np.ndarray) -> Action:
    function = TWINS.get(name) or getattr(functional, name)
    learned = [torch.tensor([ALPHA], requires_grad=True)] if name == "prelu" else []
    inputs = [torch.from_numpy(x.copy()).requires_grad_(), *learned]
    upstream = torch.from_numpy(dout)

    def action() -> None:
        for tensor in inputs:
            tensor.grad = None
        function(*inputs).backward(upstream)

    return action


def rows() -> list[Row]:
    """Return one row for each activation and shape."""
    rng = np.random.default_rng(0)
    listed = []
    for activation in ACTIVATIONS.values():
        if activation.name in WITHOUT_TWIN:
            continue
        for shape in SHAPES:
            x = rng.standard_normal(shape, np.float32)
            dout = rng.standard_normal(activation.forward(x)[0].shape, np.float32)
            work = f"{activation.label} {shape}"
            listed.append(Row(work, ours(activation, x, dout), theirs(activation.name, x, dout), TARGET))
    return listed


def main() -> int:
    """Print the table; return how many rows missed their target."""
    return len(print_table(rows()))


if __name__ == "__main__":
    main()
