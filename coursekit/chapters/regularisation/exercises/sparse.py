"""A step that reaches zero: gradient descent with an L1 penalty."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def l1_step(w: Array, grad: Array, rate: float, strength: float) -> Array:
    """A step on the data loss, w − η g, and then η λ towards 0, at most as far as 0."""
    moved = w - rate * grad
    return np.sign(moved) * np.maximum(np.abs(moved) - rate * strength, 0)


def _large_small_and_zero(rng: np.random.Generator) -> list[Case]:
    """Weights that stay clear of 0, come too near it, are 0 and stay, leave it, or are carried past it by the data."""
    made = []
    for rate, strength in ((0.5, 0.8), (0.2, 1.5), (0.3, 0.6)):
        reach = rate * strength
        w = np.array([6, -5, 0.6, -0.7, 0, 0, 0.9, -2.5, 0.5]) * reach * rng.uniform(0.9, 1.1, 9)
        pull = np.array([1.5, -1.2, 0.3, -0.2, 0.5, 2.5, 1.4, -1.9, 3.2]) * strength * rng.uniform(0.9, 1.1, 9)
        order = rng.permutation(9)
        made.append((w[order], pull[order], rate, strength))
    return made


def _pulled(pull: Callable[..., Array]) -> Callable[..., Any]:
    """The step on the data loss, and then a pull made of (moved, old w, η, λ) is taken away."""

    def wrong(w: Array, grad: Array, rate: float, strength: float) -> Array:
        moved = w - rate * grad
        return moved - pull(moved, w, rate, strength)

    return wrong


def _shrunk(w: Array, amount: float) -> Array:
    return np.sign(w) * np.maximum(np.abs(w) - amount, 0)


def _stops_at_a_change_of_sign(w: Array, grad: Array, rate: float, strength: float) -> Array:
    stepped = w - rate * (grad + strength * np.sign(w))
    return np.where(stepped * w < 0, 0, stepped)


def _keeps_the_sign(w: Array, grad: Array, rate: float, strength: float) -> Array:
    stepped = w - rate * (grad + strength * np.sign(w))
    return np.where(np.sign(stepped) == np.sign(w), stepped, 0)


def _hard_threshold(w: Array, grad: Array, rate: float, strength: float) -> Array:
    moved = w - rate * grad
    return np.where(np.abs(moved) > rate * strength, moved, 0)


def _zero_for_ever(w: Array, grad: Array, rate: float, strength: float) -> Array:
    return np.where(w == 0, 0, l1_step(w, grad, rate, strength))


exercise(
    l1_step,
    task="grad is the gradient of the data loss at the weights w (D,). Return w after a step with the L1 penalty "
    "strength · Σ |w|: first a plain step on the data loss, then every weight moves by rate · strength towards 0. "
    "One that would pass 0 stops there.",
    returns=("w",),
    cases=_large_small_and_zero,
    misconceptions=(
        Misconception(
            "hops over 0",
            _pulled(lambda moved, w, rate, strength: rate * strength * np.sign(w)),
            "you add the slope strength · sign(w) to the gradient. It takes the same from every weight, however small, "
            "so that one near 0 hops to the other side, and back with the next step.",
        ),
        Misconception(
            "hops over 0, after the step",
            _pulled(lambda moved, w, rate, strength: rate * strength * np.sign(moved)),
            "weights that are nearer to 0 than rate · strength hop to the other side. They should stop at 0.",
        ),
        Misconception(
            "stops where the sign changes",
            _stops_at_a_change_of_sign,
            "you pull by the sign that w had before the data step and look for a change of sign. A weight that the "
            "data carries past 0, or away from it, is pulled the wrong way or not at all: step first, then pull.",
        ),
        Misconception(
            "stops where the sign changes, zeros too",
            _keeps_the_sign,
            "a weight becomes 0 if its sign is another than before the step, so that one that is 0 stays so for ever. "
            "Step on the data loss first, and let its result say which way 0 lies.",
        ),
        Misconception(
            "hard threshold",
            _hard_threshold,
            "the small weights are right, but the large ones have paid nothing: each moves by rate · strength as well.",
        ),
        Misconception(
            "zero for ever",
            _zero_for_ever,
            "your zeros stay zeros whatever the gradient. A weight may leave 0 if the data pull harder than strength.",
        ),
        Misconception(
            "old sign",
            lambda w, grad, rate, strength: np.sign(w) * np.abs(l1_step(w, grad, rate, strength)),
            "the sizes are right, but some signs are those that w had before the data step. It may have carried the "
            "weight past 0, or away from it.",
        ),
        Misconception(
            "penalty itself",
            _pulled(lambda moved, w, rate, strength: rate * strength * np.abs(w)),
            "you subtract the penalty, |w|, and not a pull. The pull is rate · strength, the same for every weight.",
        ),
        Misconception(
            "no rate in the pull",
            lambda w, grad, rate, strength: _shrunk(w - rate * grad, strength),
            "you pull by strength. The pull is a step like the other one: rate · strength.",
        ),
        Misconception(
            "twice as far",
            lambda w, grad, rate, strength: _shrunk(w - rate * grad, 2 * rate * strength),
            "you pull twice as far as asked. The 2 belongs to the slope of a square; that of |w| is 1.",
        ),
        Misconception(
            "pulled first",
            lambda w, grad, rate, strength: _shrunk(w, rate * strength) - rate * grad,
            "you pull first and step afterwards. What had just become 0 is moved off it again: take the data step "
            "first.",
        ),
        Misconception(
            "gradient pulled",
            lambda w, grad, rate, strength: w - rate * _shrunk(grad, strength),
            "you shrink the gradient. It is the weights that move towards 0, after the step.",
        ),
        Misconception(
            "negative weights lost",
            lambda w, grad, rate, strength: np.maximum(w - rate * grad - rate * strength, 0),
            "negative weights are lost: subtracting moves them away from 0, and max(…, 0) cuts them off. Shrink the "
            "size, |w|, and give it its sign back.",
        ),
        Misconception(
            "no sign back",
            lambda w, grad, rate, strength: np.maximum(np.abs(w - rate * grad) - rate * strength, 0),
            "the sizes are right, but every sign has become a plus.",
        ),
        Misconception(
            "penalty alone",
            lambda w, grad, rate, strength: _shrunk(w, rate * strength),
            "the pull is right, but the step on the data loss is missing.",
        ),
        Misconception(
            "data alone",
            lambda w, grad, rate, strength: w - rate * grad,
            "that is the step on the data loss. The penalty's pull towards 0 is missing.",
        ),
        Misconception(
            "grows",
            _pulled(lambda moved, w, rate, strength: -rate * strength * np.sign(moved)),
            "your penalty pushes weights away from 0.",
        ),
        Misconception(
            "uphill",
            lambda w, grad, rate, strength: _shrunk(w + rate * grad, rate * strength),
            "the pull is right, but the step goes uphill: a gradient points to where the loss grows.",
        ),
        Misconception(
            "L2",
            _pulled(lambda moved, w, rate, strength: 2 * rate * strength * w),
            "you take a share of every weight. That is L2, whose pull fades with the weight: nothing becomes exactly "
            "0.",
        ),
    ),
    hints=(
        "Two lines. The first is a plain step: moved = w - rate * grad. The second knows nothing of grad.",
        "How far is a weight from 0? np.abs(moved). How far is it after the pull, and never less than 0?",
        "np.sign(moved) * np.maximum(np.abs(moved) - rate * strength, 0).",
    ),
    takeaway="This is soft thresholding. A weight whose gradient stays smaller than strength goes to 0 and remains "
    "there: L1 weeds out what the data do not need.",
)
