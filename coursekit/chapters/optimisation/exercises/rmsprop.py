"""One step of RMSProp."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def rmsprop_step(theta: Array, s: Array, grad: Array, rate: float, beta: float, eps: float) -> tuple[Array, Array]:
    """Step by s ← β s + (1 − β) g²; θ ← θ − η g / (√s + ε)."""
    s = beta * s + (1 - beta) * grad**2
    return theta - rate * grad / (np.sqrt(s) + eps), s


def _on_the_way(rng: np.random.Generator) -> list[Case]:
    """Three steps in the middle of a run, with an ε that is large enough to see.

    s is large enough for a mean without the square to stay positive: it is to be told from what is not a number.
    """
    return [
        (
            rng.normal(size=count),
            rng.uniform(1, 3, count),
            rng.uniform(0.3, 2, count) * rng.choice([-1.0, 1.0], count),
            *numbers,
        )
        for count, *numbers in ((3, 0.1, 0.9, 0.02), (4, 0.3, 0.8, 0.05), (2, 0.05, 0.7, 0.1))
    ]


def _with_mean(mean: Callable[[Array, Array, float], Array]) -> Callable[..., Any]:
    """A step with another s, made of (s, g, β)."""

    def wrong(theta: Array, s: Array, grad: Array, rate: float, beta: float, eps: float) -> tuple[Array, Array]:
        s = mean(s, grad, beta)
        return theta - rate * grad / (np.sqrt(s) + eps), s

    return wrong


def _with_step(step: Callable[[Array, Array, float, float], Array]) -> Callable[..., Any]:
    """The right s, and another step, made of (g, new s, η, ε)."""

    def wrong(theta: Array, s: Array, grad: Array, rate: float, beta: float, eps: float) -> tuple[Array, Array]:
        s = beta * s + (1 - beta) * grad**2
        return theta - step(grad, s, rate, eps), s

    return wrong


def _old_mean(theta: Array, s: Array, grad: Array, rate: float, beta: float, eps: float) -> tuple[Array, Array]:
    return theta - rate * grad / (np.sqrt(s) + eps), beta * s + (1 - beta) * grad**2


def _mean_not_updated(theta: Array, s: Array, grad: Array, rate: float, beta: float, eps: float) -> tuple[Array, Array]:
    return rmsprop_step(theta, s, grad, rate, beta, eps)[0], s


def _corrected_as_adam(
    theta: Array, s: Array, grad: Array, rate: float, beta: float, eps: float
) -> tuple[Array, Array]:
    s = beta * s + (1 - beta) * grad**2
    return theta - rate * grad / (np.sqrt(s / (1 - beta)) + eps), s


exercise(
    rmsprop_step,
    task="Return theta and the running mean s of squared gradients (D,) after a step of RMSProp, given both before it "
    "and grad. Of s the share beta stays; eps is added to the root, outside it.",
    returns=("theta", "s"),
    cases=_on_the_way,
    misconceptions=(
        Misconception(
            "AdaGrad",
            _with_mean(lambda s, g, beta: s + g**2),
            "that is AdaGrad: your s adds up all squares and never forgets, so that the steps only shrink. Here s is a "
            "running mean.",
        ),
        Misconception(
            "the latest square only",
            _with_mean(lambda s, g, beta: g**2),
            "your s is the latest square alone, which makes a step of one and the same size of every gradient. The "
            "share beta of the old s stays.",
        ),
        Misconception(
            "no squares",
            _with_mean(lambda s, g, beta: beta * s + (1 - beta) * g),
            "your s is a running mean of gradients; it is their squares that are averaged.",
        ),
        Misconception(
            "absolute values",
            _with_mean(lambda s, g, beta: beta * s + (1 - beta) * np.abs(g)),
            "your s is a running mean of |grad|; it is the squares that are averaged.",
        ),
        Misconception(
            "no 1 − beta",
            _with_mean(lambda s, g, beta: beta * s + g**2),
            "the square joins s undiminished, so that s grows to a sum. In a mean the shares add up to 1.",
        ),
        Misconception(
            "shares exchanged",
            _with_mean(lambda s, g, beta: (1 - beta) * s + beta * g**2),
            "the shares are the wrong way round: beta is what stays of the old mean.",
        ),
        Misconception(
            "squared share",
            _with_mean(lambda s, g, beta: beta * s + ((1 - beta) * g) ** 2),
            "you square 1 − beta together with the gradient. Only the gradient is squared.",
        ),
        Misconception(
            "one mean for all",
            _with_mean(lambda s, g, beta: beta * s + (1 - beta) * (g**2).sum()),
            "you add up the squares of all parameters. Each keeps a mean of its own.",
        ),
        Misconception(
            "epsilon inside the root",
            _with_step(lambda g, s, rate, eps: rate * g / np.sqrt(s + eps)),
            "s is right. Your eps is inside the root, as some books write it; here it is added to the root. The floor "
            "differs: √eps inside, eps outside.",
        ),
        Misconception(
            "no epsilon",
            _with_step(lambda g, s, rate, eps: rate * g / np.sqrt(s)),
            "s is right. eps is left out: it is added to the root, and keeps the division defined where all gradients "
            "were 0.",
        ),
        Misconception(
            "epsilon behind the quotient",
            _with_step(lambda g, s, rate, eps: rate * g / np.sqrt(s) - eps),
            "s is right. Your eps is added to theta, not to the root: the divisor needs brackets.",
        ),
        Misconception(
            "no root",
            _with_step(lambda g, s, rate, eps: rate * g / (s + eps)),
            "s is right. You divide by the mean square itself; its root has the size of a gradient.",
        ),
        Misconception(
            "multiplied",
            _with_step(lambda g, s, rate, eps: rate * g * (np.sqrt(s) + eps)),
            "s is right. Divide by its root: where gradients are large, the rate becomes small.",
        ),
        Misconception(
            "uphill",
            _with_step(lambda g, s, rate, eps: -rate * g / (np.sqrt(s) + eps)),
            "s is right, but theta walks uphill: the step is subtracted.",
        ),
        Misconception(
            "no gradient",
            _with_step(lambda g, s, rate, eps: rate / (np.sqrt(s) + eps)),
            "s is right. rate / √s is the rate of each parameter; what it multiplies is missing.",
        ),
        Misconception(
            "plain step",
            _with_step(lambda g, s, rate, eps: rate * g),
            "s is right, but theta does not use it: your step is rate · grad, plain gradient descent.",
        ),
        Misconception(
            "square above the line",
            _with_step(lambda g, s, rate, eps: rate * g**2 / (np.sqrt(s) + eps)),
            "s is right. Above the line stands the gradient itself, whose sign tells the direction, not its square.",
        ),
        Misconception(
            "old mean",
            _old_mean,
            "s is right, but theta is moved with the old one. Update s first: it holds this gradient, too.",
        ),
        Misconception(
            "mean not updated",
            _mean_not_updated,
            "theta is right. The s that you return is the one that you were given: the next step needs the new one.",
        ),
        Misconception(
            "corrected",
            _corrected_as_adam,
            "s is right, but you divide it by 1 − beta. RMSProp does not correct its mean; Adam does, with a power.",
        ),
    ),
    hints=(
        "First the mean, then the step: s is a running mean of grad**2, in which beta of the old one stays.",
        "s = beta * s + (1 - beta) * grad**2. Each parameter has the rate rate / (np.sqrt(s) + eps).",
        "theta = theta - rate * grad / (np.sqrt(s) + eps). Return theta, s.",
    ),
    takeaway="Divided by the root of its mean square, a gradient loses its size: steep and flat directions get steps "
    "of about the same length.",
)
