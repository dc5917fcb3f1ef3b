"""Section 9 of chapter 01: the slopes of a sigmoid neuron under two losses."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def neuron_slopes(z: Array, y: Array) -> tuple[Array, Array]:
    """∂/∂z of (σ(z) − y)² and of the binary cross-entropy, for each z by itself."""
    a = 1 / (1 + np.exp(-z))
    return 2 * (a - y) * a * (1 - a), a - y


def _sums_and_answers(rng: np.random.Generator) -> list[Case]:
    return [(rng.uniform(-5, 5, count), rng.permutation(np.arange(count) % 2).astype(float)) for count in (4, 6, 7)]


def _slopes_with(squared: Callable[[Array, Array, Array], Array], entropy: Any = None) -> Callable[..., Any]:
    """A wrong answer from z, a = σ(z) and y."""

    def wrong(z: Array, y: Array) -> tuple[Array, Array]:
        a = 1 / (1 + np.exp(-z))
        return squared(z, a, y), entropy(z, a, y) if entropy else a - y

    return wrong


def _right_squared(z: Array, a: Array, y: Array) -> Array:
    return 2 * (a - y) * a * (1 - a)


exercise(
    neuron_slopes,
    task="A neuron says a = σ(z). Return for each z (N,) with target y (N,) the slope ∂L/∂z of the squared error "
    "(a − y)², and that of the binary cross-entropy.",
    returns=("dz_squared", "dz_entropy"),
    cases=_sums_and_answers,
    misconceptions=(
        Misconception(
            "no slope of the sigmoid",
            _slopes_with(lambda z, a, y: 2 * (a - y)),
            "the cross-entropy is right. 2 (a − y) is ∂L/∂a of the squared error; from a to z there is σ′(z) to pass.",
        ),
        Misconception(
            "no factor 2",
            _slopes_with(lambda z, a, y: (a - y) * a * (1 - a)),
            "the cross-entropy is right. The other belongs to ½ (a − y)²: here there is no ½.",
        ),
        Misconception(
            "sigmoid twice",
            _slopes_with(
                lambda z, a, y: 2 * (a - y) * (1 / (1 + np.exp(-a))) * (1 - 1 / (1 + np.exp(-a))),
            ),
            "the cross-entropy is right. σ′(z) = a (1 − a); you have put a through the sigmoid once more.",
        ),
        Misconception(
            "z instead of a",
            _slopes_with(lambda z, a, y: 2 * (a - y) * z * (1 - z)),
            "the cross-entropy is right. σ′(z) is a (1 − a), in terms of the output, not z (1 − z).",
        ),
        Misconception(
            "sigmoid's slope in both",
            _slopes_with(_right_squared, lambda z, a, y: (a - y) * a * (1 - a)),
            "the squared error is right. In the cross-entropy ∂L/∂a has 1 / (a (1 − a)) in it: σ′ cancels.",
        ),
        Misconception(
            "slope with respect to a",
            _slopes_with(_right_squared, lambda z, a, y: (a - y) / (a * (1 - a))),
            "the squared error is right. Your second is ∂L/∂a; times σ′(z) = a (1 − a) it becomes ∂L/∂z.",
        ),
        Misconception(
            "one logarithm only",
            _slopes_with(_right_squared, lambda z, a, y: -y * (1 - a)),
            "the squared error is right. Your second is the slope of −y log a alone: where y is 0 the other logarithm, "
            "−(1 − y) log(1 − a), has a slope too.",
        ),
        Misconception(
            "signs",
            lambda z, y: tuple(-value for value in neuron_slopes(z, y)),
            "both have the wrong sign: where a > y the loss grows with z.",
        ),
        Misconception(
            "swapped",
            lambda z, y: neuron_slopes(z, y)[::-1],
            "both are right, but the squared error's comes first.",
        ),
        Misconception(
            "means",
            lambda z, y: tuple(value / len(z) for value in neuron_slopes(z, y)),
            "you divide by N. Each neuron is asked for by itself here: there is no mean.",
        ),
        Misconception(
            "sigmoid of −z",
            lambda z, y: _slopes_with(_right_squared)(-z, y),
            "1 / (1 + eᶻ) is σ(−z): the sigmoid rises with z, so its exponent is −z.",
        ),
        Misconception(
            "the losses",
            _slopes_with(
                lambda z, a, y: (a - y) ** 2,
                lambda z, a, y: -y * np.log(a) - (1 - y) * np.log(1 - a),
            ),
            "these are the two losses. Asked for is how they change with z: their slopes ∂L/∂z.",
        ),
        Misconception(
            "no sigmoid",
            lambda z, y: (2 * (z - y), z - y),
            "the neuron says a = σ(z): the error is a − y, not z − y.",
        ),
    ),
    hints=(
        "Compute a = 1 / (1 + e⁻ᶻ) first. Its slope is σ′(z) = a (1 − a).",
        "Chain rule: ∂L/∂z = ∂L/∂a · σ′(z). For the squared error ∂L/∂a = 2 (a − y).",
        "2 (a − y) a (1 − a), and a − y, in which σ′ has cancelled.",
    ),
    takeaway="The same error, and two slopes: only one of them still knows it where the sigmoid is flat.",
)
