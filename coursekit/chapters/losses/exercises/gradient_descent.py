"""Section 2 of chapter 01: some steps of gradient descent on a bowl."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def descend(w: Array, c: Array, rate: float, steps: int) -> Array:
    """The weights after so many steps w ← w − η ∇L on L = ½ Σ c w², whose gradient is c w."""
    for _ in range(steps):
        w = w - rate * c * w
    return w


def _bowls(rng: np.random.Generator) -> list[Case]:
    """Bowls of two to four weights; every factor 1 − η c lies between 0.1 and 0.9, so that each step counts."""
    made = []
    for count, steps, rate in ((2, 4, 0.2), (3, 3, 0.05), (4, 6, 0.3)):
        w = rng.uniform(0.5, 3, count) * rng.choice([-1.0, 1.0], count)
        made.append((w, rng.uniform(0.1, 0.9, count) / rate, rate, steps))
    return made


def _after(factor: Callable[..., Any]) -> Callable[..., Any]:
    """A wrong answer in which all steps together multiply each weight by a factor."""

    def wrong(w: Array, c: Array, rate: float, steps: int) -> Any:
        return w * factor(c, rate, steps)

    return wrong


def _with_one_slope(w: Array, c: Array, rate: float, steps: int) -> Array:
    for _ in range(steps):
        w = w - rate * (c * w).sum()
    return w


def _with_the_loss(w: Array, c: Array, rate: float, steps: int, each: bool) -> Array:
    for _ in range(steps):
        loss = c * w**2 / 2
        w = w - rate * (loss if each else loss.sum())
    return w


exercise(
    descend,
    task="The loss is L = ½ Σ c w², with weights w (D,) and how curved it is along each, c (D,). Return the weights "
    "after so many steps of gradient descent.",
    returns=("w",),
    cases=_bowls,
    misconceptions=(
        Misconception(
            "uphill",
            _after(lambda c, rate, steps: (1 + rate * c) ** steps),
            "that goes uphill: the gradient points to where the loss rises, so a step subtracts it.",
        ),
        Misconception(
            "one step only",
            _after(lambda c, rate, steps: 1 - rate * c),
            "that is the first step. Each of the others begins where the one before it ended.",
        ),
        Misconception(
            "gradient of the start",
            _after(lambda c, rate, steps: 1 - steps * rate * c),
            "every step of yours is as long as the first. The slope changes on the way: compute it anew at each place.",
        ),
        Misconception(
            "one step too many",
            _after(lambda c, rate, steps: (1 - rate * c) ** (steps + 1)),
            "you make one step too many.",
        ),
        Misconception(
            "one step too few",
            _after(lambda c, rate, steps: (1 - rate * c) ** (steps - 1)),
            "you make one step too few.",
        ),
        Misconception(
            "half kept",
            _after(lambda c, rate, steps: (1 - rate * c / 2) ** steps),
            "your steps are half as long as they should be: the derivative of ½ c w² is c w, as 2 and ½ cancel.",
        ),
        Misconception(
            "twice",
            _after(lambda c, rate, steps: (1 - 2 * rate * c) ** steps),
            "your steps are twice as long as they should be: the derivative of ½ c w² is c w, as 2 and ½ cancel.",
        ),
        Misconception(
            "no rate",
            _after(lambda c, rate, steps: (1 - c) ** steps),
            "where is the rate? A step is the rate times the gradient.",
        ),
        Misconception(
            "no curvature",
            _after(lambda c, rate, steps: (1 - rate) ** steps),
            "where is c? The gradient of ½ c w² is c w: a more curved direction is steeper at the same distance.",
        ),
        Misconception(
            "slope without w",
            lambda w, c, rate, steps: w - steps * rate * c,
            "your slope is c wherever you stand. It is c w: less and less on the way to the bottom.",
        ),
        Misconception(
            "slopes added up",
            _with_one_slope,
            "you add up the slopes and give all weights the same step. Each weight has a slope of its own, c w.",
        ),
        Misconception(
            "loss as step",
            lambda w, c, rate, steps: _with_the_loss(w, c, rate, steps, each=True),
            "you subtract the loss itself, ½ c w². A step needs its slope: the derivative with respect to w.",
        ),
        Misconception(
            "whole loss as step",
            lambda w, c, rate, steps: _with_the_loss(w, c, rate, steps, each=False),
            "you subtract the loss, one number, from all weights. A step needs a slope for each weight.",
        ),
    ),
    hints=(
        "The derivative of ½ c w² with respect to w is c w, for each weight by itself.",
        "One step is w = w - rate * c * w. Repeat it with for _ in range(steps).",
        "Write w = w - …, which makes a new array, and not w -= …, which would change the one you were given.",
    ),
    takeaway="Each step multiplies w by 1 − η c: while η c < 1, a direction shrinks the faster the more curved it is.",
)
