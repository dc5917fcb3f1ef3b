"""One step of AdamW: weight decay beside the gradient instead of inside it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.chapters.optimisation.exercises.adam import Step, adam_step
from coursekit.exercises.exercise import Case, Misconception, exercise


def adamw_step(
    theta: Array,
    m: Array,
    v: Array,
    grad: Array,
    t: int,
    rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
) -> Step:
    """A step of Adam, and beside it θ loses the share η λ: θ ← θ − η λ θ − η m̂ / (√v̂ + ε)."""
    moved, m, v = adam_step(theta, m, v, grad, t, rate, beta1, beta2, eps)
    return moved - rate * decay * theta, m, v


def _large_and_small_gradients(rng: np.random.Generator) -> list[Case]:
    """Three early steps whose gradients differ in size, so that decay that is divided by their root is seen."""
    return [
        (
            rng.normal(0, 2, count),
            rng.normal(size=count) / 5,
            rng.uniform(0.1, 0.6, count),
            rng.normal(size=count) * 3.0 ** np.arange(count),
            *numbers,
        )
        for count, *numbers in (
            (3, 2, 0.1, 0.9, 0.97, 0.02, 0.3),
            (4, 3, 0.3, 0.8, 0.95, 0.05, 0.1),
            (2, 6, 0.05, 0.85, 0.99, 0.1, 0.6),
        )
    ]


def _beside(shrink: Callable[..., Array]) -> Callable[..., Any]:
    """Adam, and beside it a decay made of (old θ, θ moved by Adam, g, η, λ)."""

    def wrong(theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, *rest: float) -> Step:
        moved, m, v = adam_step(theta, m, v, grad, t, rate, *rest[:3])
        return moved - shrink(theta, moved, grad, rate, rest[3]), m, v

    return wrong


def _inside(gradient: Callable[[Array, Array, float, float], Array]) -> Callable[..., Any]:
    """Adam with another gradient, made of (g, θ, η, λ)."""

    def wrong(theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, *rest: float) -> Step:
        return adam_step(theta, m, v, gradient(grad, theta, rate, rest[3]), t, rate, *rest[:3])

    return wrong


def _in_one_mean(first: bool) -> Callable[..., Any]:
    """λ θ joins the gradient for one of the two means only."""

    def wrong(theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, *rest: float) -> Step:
        beta1, beta2, eps, decay = rest
        both = grad + decay * theta
        m = beta1 * m + (1 - beta1) * (both if first else grad)
        v = beta2 * v + (1 - beta2) * (grad if first else both) ** 2
        return theta - rate * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v

    return wrong


def _divided_too(theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, *rest: float) -> Step:
    """λ θ joins m̂, behind the means but above the line."""
    _, beta2, eps, decay = rest
    moved, m, v = adam_step(theta, m, v, grad, t, rate, *rest[:3])
    return moved - rate * decay * theta / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


def _l2_and_decay(theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, *rest: float) -> Step:
    moved, m, v = adam_step(theta, m, v, grad + rest[3] * theta, t, rate, *rest[:3])
    return moved - rate * rest[3] * theta, m, v


def _shrunk_only(theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, *rest: float) -> Step:
    _, m, v = adam_step(theta, m, v, grad, t, rate, *rest[:3])
    return theta - rate * rest[3] * theta, m, v


exercise(
    adamw_step,
    task="Return theta, m and v (D,) after a step of AdamW: that of adam_step, and beside it theta loses the share "
    "rate · decay of what it was. The means do not see the decay.",
    returns=("theta", "m", "v"),
    cases=_large_and_small_gradients,
    misconceptions=(
        Misconception(
            "L2 in the gradient",
            _inside(lambda g, theta, rate, decay: g + decay * theta),
            "that is L2 inside Adam: decay · theta joins the gradient, and is divided by √v like the rest, so that "
            "weights with large gradients hardly decay. Leave grad as it is.",
        ),
        Misconception(
            "L2 in the gradient, twice",
            _inside(lambda g, theta, rate, decay: g + 2 * decay * theta),
            "the slope of decay · theta², 2 · decay · theta, joins the gradient: that is L2 inside Adam. Decay beside "
            "the gradient does not pass through the means.",
        ),
        Misconception(
            "L2 with the rate",
            _inside(lambda g, theta, rate, decay: g + rate * decay * theta),
            "the share rate · decay joins the gradient, where it is divided by √v and multiplied by the rate again. It "
            "is taken from theta itself.",
        ),
        Misconception(
            "decay in m only",
            _in_one_mean(first=True),
            "v is right, but decay · theta has entered m. Neither of the means sees the decay.",
        ),
        Misconception(
            "decay in v only",
            _in_one_mean(first=False),
            "m is right, but decay · theta has entered v. Neither of the means sees the decay.",
        ),
        Misconception(
            "both",
            _l2_and_decay,
            "theta decays twice: once beside the gradient, which is right, and once more inside it.",
        ),
        Misconception(
            "divided too",
            _divided_too,
            "m and v are right, but your decay is divided by √v̂ with the rest. It stands beside the quotient.",
        ),
        Misconception(
            "decay times the gradient",
            _beside(lambda theta, moved, g, rate, decay: rate * decay * g),
            "m and v are right. You take away decay · grad. What decays are the weights: decay · theta.",
        ),
        Misconception(
            "no rate",
            _beside(lambda theta, moved, g, rate, decay: decay * theta),
            "m and v are right. Your decay does not follow the rate. Loshchilov and Hutter's algorithm 2 writes it "
            "so, and a schedule multiplies both parts; here the share is rate · decay.",
        ),
        Misconception(
            "after the step",
            _beside(lambda theta, moved, g, rate, decay: rate * decay * moved),
            "m and v are right. You shrink theta after Adam's step, and a part of that step with it. The share is of "
            "what theta was before.",
        ),
        Misconception(
            "grows",
            _beside(lambda theta, moved, g, rate, decay: -rate * decay * theta),
            "m and v are right, but your weights grow: the share is taken away.",
        ),
        Misconception(
            "no decay",
            _beside(lambda theta, moved, g, rate, decay: 0 * theta),
            "that is Adam: theta loses nothing of itself.",
        ),
        Misconception(
            "twice",
            _beside(lambda theta, moved, g, rate, decay: 2 * rate * decay * theta),
            "m and v are right. Your decay is twice what it should be: the 2 is the slope of a square, and nothing is "
            "derived here.",
        ),
        Misconception(
            "sign only",
            _beside(lambda theta, moved, g, rate, decay: rate * decay * np.sign(theta)),
            "m and v are right. You take the same from every weight, as L1 does. A share is larger where theta is.",
        ),
        Misconception(
            "share of the step",
            _beside(lambda theta, moved, g, rate, decay: rate * decay * (moved - theta)),
            "m and v are right. You take away a share of Adam's step. It is theta that decays.",
        ),
        Misconception(
            "squared",
            _beside(lambda theta, moved, g, rate, decay: rate * decay * theta**2),
            "m and v are right. You take away decay · theta², which is always positive: negative weights would grow.",
        ),
        Misconception(
            "no step",
            _shrunk_only,
            "m and v are right, and so is the decay, but where is Adam's step?",
        ),
    ),
    hints=(
        "Adam's step first, with grad as it is: theta_new, m, v = adam_step(theta, m, v, grad, t, …).",
        "Beside it the old theta shrinks: rate * decay * theta is taken away, and divided by nothing.",
        "Return theta_new - rate * decay * theta, m, v.",
    ),
    takeaway="Every weight decays by the same share, whatever its gradients. With plain gradient descent this would be "
    "the same as L2 in the loss; with Adam it is not.",
)
