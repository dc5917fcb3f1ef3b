"""Losses against PyTorch: value and gradient of a batch, float32, one thread.

Run ``python -m benchmarks.versus_losses``.
"""

from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.side_by_side import Action, Row, print_table
from coursekit.losses import LOSSES

SHAPES = ((32, 10), (128, 10), (256, 100), (1000, 10))
# loss → the function in PyTorch, and how many times faster ours should be
CLASSES = {
    "hinge": (F.multi_margin_loss, 1.4),
    "squared_hinge": (partial(F.multi_margin_loss, p=2), 1.4),
    "softmax_cross_entropy": (F.cross_entropy, 1.4),
}
VALUES = {
    "binary_cross_entropy": (F.binary_cross_entropy_with_logits, 1.0),
    "mse": (F.mse_loss, 1.0),
    "mae": (F.l1_loss, 1.0),
    "huber": (F.huber_loss, 1.0),
}


def theirs(loss: Action, scores: np.ndarray, y: np.ndarray) -> Action:
    """Forward and backward in PyTorch eager."""
    leaf, target = torch.tensor(scores, requires_grad=True), torch.tensor(y)

    def run() -> torch.Tensor:
        leaf.grad = None
        loss(leaf, target).backward()
        return leaf.grad

    return run


def plain_cross_entropy(scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return what one writes in NumPy."""
    rows = np.arange(len(y))
    shifted = scores - scores.max(1, keepdims=True)
    dscores = np.exp(shifted)
    totals = dscores.sum(1, keepdims=True)
    loss = (np.log(totals[:, 0]) - shifted[rows, y]).mean()
    dscores /= totals
    dscores[rows, y] -= 1
    return loss, dscores / len(y)


def plain_hinge(scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return what one writes in NumPy."""
    rows = np.arange(len(y))
    excess = np.maximum(scores - scores[rows, y][:, None] + 1, 0)
    excess[rows, y] = 0
    dscores = (excess > 0).astype(scores.dtype)
    dscores[rows, y] = -dscores.sum(1)
    return excess.sum() / len(y), dscores / len(y)


PLAIN = {"softmax_cross_entropy": plain_cross_entropy, "hinge": plain_hinge}


def rows() -> list[Row]:
    """Every loss that PyTorch has too, at course sizes."""
    rng = np.random.default_rng(0)
    made = []
    for name, (torch_loss, target) in (CLASSES | VALUES).items():
        for shape in SHAPES:
            scores = rng.standard_normal(shape, np.float32)
            y = rng.integers(0, shape[1], shape[0]) if name in CLASSES else rng.random(shape, np.float32)
            plain = partial(PLAIN[name], scores, y) if name in PLAIN else None
            made.append(
                Row(f"{name} {shape}", partial(LOSSES[name], scores, y), theirs(torch_loss, scores, y), target, plain)
            )
    return made


def main() -> int:
    """Print the table; return how many targets were missed."""
    return len(print_table(rows()))


if __name__ == "__main__":
    main()
