"""Optimisers with one slip in their rule, as plain functions: what happens if you write it so."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.optimisers.own import OwnOptimiser, optimiser_of


def nesterov_behind(w: Array, grad: Array, memory: dict[str, Any], lr: float, momentum: float) -> Array:
    """Take the gradient behind, at θ + η μ v, where Nesterov takes it ahead, at θ − η μ v.

    w is the place of the gradient, as in `coursekit.optimisers.Nesterov`; θ itself is η μ v ahead of it.
    """
    behind = momentum * memory.get("v", 0.0)
    memory["v"] = behind + grad
    moved: Array = w - lr * behind - lr * memory["v"] + lr * momentum * memory["v"]
    return moved


def adam_slip(
    w: Array, grad: Array, memory: dict[str, Any], lr: float, beta1: float, beta2: float, correct: Callable[..., Any]
) -> Array:
    """Make a step of Adam whose means are corrected by ``correct(memory, beta1, beta2)``."""
    memory["m"] = beta1 * memory.get("m", 0.0) + (1 - beta1) * grad
    memory["v"] = beta2 * memory.get("v", 0.0) + (1 - beta2) * grad**2
    m, v = correct(memory, beta1, beta2)
    moved: Array = w - lr * m / (np.sqrt(v) + 1e-8)
    return moved


def not_at_all(memory: dict[str, Any], beta1: float, beta2: float) -> tuple[Array, Array]:
    """Leave the means as they are."""
    return memory["m"], memory["v"]


def without_exponent(memory: dict[str, Any], beta1: float, beta2: float) -> tuple[Array, Array]:
    """Divide by 1 − β where it should be 1 − βᵗ."""
    return memory["m"] / (1 - beta1), memory["v"] / (1 - beta2)


def written_back(memory: dict[str, Any], beta1: float, beta2: float) -> tuple[Array, Array]:
    """Divide by 1 − β, and keep the quotients as the means of the next step."""
    memory["m"], memory["v"] = without_exponent(memory, beta1, beta2)
    return memory["m"], memory["v"]


class Slip(NamedTuple):
    """A rule with a slip, under the name that a dropdown shows."""

    label: str
    rule: Callable[..., Array]
    numbers: tuple[str, ...]  # which of momentum, beta1 and beta2 it takes


ADAM = ("beta1", "beta2")
SLIPS = {
    "nesterov_behind": Slip("Nesterov, behind", nesterov_behind, ("momentum",)),
    "adam_uncorrected": Slip("Adam, uncorrected", partial(adam_slip, correct=not_at_all), ADAM),
    "adam_no_exponent": Slip("Adam, by 1 − β", partial(adam_slip, correct=without_exponent), ADAM),
    "adam_written_back": Slip("Adam, written back", partial(adam_slip, correct=written_back), ADAM),
}


def slipped(name: str, numbers: dict[str, float]) -> type[OwnOptimiser]:
    """Make the optimiser of a slip with its momentum, beta1 and beta2."""
    label, rule, taken = SLIPS[name]
    return optimiser_of(name, label, partial(rule, **{number: numbers[number] for number in taken}))
