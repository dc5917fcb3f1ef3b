"""A step of SGD with momentum whose weight decay stands beside the velocity."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Convention, Misconception, exercise

Step = tuple[Array, Array]


def decoupled_decay(w: Array, v: Array, grad: Array, rate: float, momentum: float, strength: float) -> Step:
    """Step by v ← μ v + g; w ← w − η v − 2 η λ w."""
    v = momentum * v + grad
    return w - rate * v - 2 * rate * strength * w, v


def _on_the_way(rng: np.random.Generator) -> list[Case]:
    """Three steps in the middle of a run; no two of the numbers are alike, and none is ½ or 1 − μ."""
    return [
        (rng.normal(0, 2, count), rng.normal(size=count), rng.normal(size=count), *numbers)
        for count, *numbers in ((3, 0.2, 0.9, 0.3), (4, 0.05, 0.7, 0.8), (5, 0.4, 0.8, 0.15))
    ]


def _decays(shrink: Callable[..., Array]) -> Callable[..., Any]:
    """The step with momentum, from which a decay made of (old w, moved w, new v, g, η, λ) is taken."""

    def wrong(w: Array, v: Array, grad: Array, rate: float, momentum: float, strength: float) -> Step:
        v = momentum * v + grad
        moved = w - rate * v
        return moved - shrink(w, moved, v, grad, rate, strength), v

    return wrong


def _joins(gradient: Callable[..., Array]) -> Callable[..., Any]:
    """Momentum with another gradient, made of (g, w, η, λ)."""

    def wrong(w: Array, v: Array, grad: Array, rate: float, momentum: float, strength: float) -> Step:
        v = momentum * v + gradient(grad, w, rate, strength)
        return w - rate * v, v

    return wrong


def _both(w: Array, v: Array, grad: Array, rate: float, momentum: float, strength: float) -> Step:
    v = momentum * v + grad + 2 * strength * w
    return w - rate * v - 2 * rate * strength * w, v


def _velocity_decays(w: Array, v: Array, grad: Array, rate: float, momentum: float, strength: float) -> Step:
    v = momentum * v + grad
    v = v - 2 * rate * strength * v
    return w - rate * v, v


def _plain_step(w: Array, v: Array, grad: Array, rate: float, momentum: float, strength: float) -> Step:
    return w - rate * grad - 2 * rate * strength * w, momentum * v + grad


def _with_velocity(velocity: Callable[..., Array]) -> Callable[..., Any]:
    """The step with another velocity, made of (v, g, μ)."""

    def wrong(w: Array, v: Array, grad: Array, rate: float, momentum: float, strength: float) -> Step:
        v = velocity(v, grad, momentum)
        return w - rate * v - 2 * rate * strength * w, v

    return wrong


def _otherwise(sign: int, inside: bool) -> Callable[..., Any]:
    """The same path, with a velocity that points uphill (1) or downhill (−1) and holds the rate or not."""

    def right(w: Array, v: Array, grad: Array, rate: float, momentum: float, strength: float) -> Step:
        v = momentum * v + sign * (rate if inside else 1) * grad
        return (1 - 2 * rate * strength) * w - sign * (1 if inside else rate) * v, v

    return right


exercise(
    decoupled_decay,
    task="Return w and the velocity v (D,) after a step with momentum, as in momentum_step, whose weight decay is "
    "decoupled: v sees nothing but grad, the gradient of the data loss, and beside the step w loses a share of what it "
    "was. With momentum 0 this must be gradient descent on data loss + strength · Σ w², which tells you the share.",
    returns=("w", "v"),
    cases=_on_the_way,
    misconceptions=(
        Misconception(
            "L2 in the velocity",
            _joins(lambda g, w, rate, strength: g + 2 * strength * w),
            "that is L2 in the gradient: the penalty's slope enters the velocity, which goes on pulling for many steps "
            "more. Leave grad as it is, and let w shrink beside the step.",
        ),
        Misconception(
            "L2 in the velocity, no factor 2",
            _joins(lambda g, w, rate, strength: g + strength * w),
            "strength · w enters the velocity. The decay stands beside it; and what is the slope of strength · w²?",
        ),
        Misconception(
            "share in the velocity",
            _joins(lambda g, w, rate, strength: g + 2 * rate * strength * w),
            "the share is right, but it enters the velocity, where it is multiplied by the rate again. Take it from w "
            "itself.",
        ),
        Misconception(
            "both",
            _both,
            "w decays twice: beside the velocity, which is right, and inside it as well.",
        ),
        Misconception(
            "no factor 2",
            _decays(lambda w, moved, v, g, rate, strength: rate * strength * w),
            "v is right. With momentum 0 your step descends data loss + ½ · strength · Σ w². Here there is no ½ that "
            "would cancel the exponent.",
        ),
        Misconception(
            "no rate",
            _decays(lambda w, moved, v, g, rate, strength: 2 * strength * w),
            "v is right. Your decay does not follow the rate: what does gradient descent multiply a slope with?",
        ),
        Misconception(
            "neither",
            _decays(lambda w, moved, v, g, rate, strength: strength * w),
            "v is right. You take the share strength. Write down a step on data loss + strength · Σ w² with momentum "
            "0: what stands before w?",
        ),
        Misconception(
            "what stays is taken",
            _decays(lambda w, moved, v, g, rate, strength: (1 - 2 * rate * strength) * w),
            "v is right. You take away the share of w that should stay.",
        ),
        Misconception(
            "after the step",
            _decays(lambda w, moved, v, g, rate, strength: 2 * rate * strength * moved),
            "v is right. You shrink w after the step, and with it a part of the step. The share is of what w was "
            "before.",
        ),
        Misconception(
            "grows",
            _decays(lambda w, moved, v, g, rate, strength: -2 * rate * strength * w),
            "v is right, but your weights grow: the share is taken away.",
        ),
        Misconception(
            "no decay",
            _decays(lambda w, moved, v, g, rate, strength: 0 * w),
            "that is the step with momentum alone. Where does w lose its share?",
        ),
        Misconception(
            "decays by the gradient",
            _decays(lambda w, moved, v, g, rate, strength: 2 * rate * strength * g),
            "v is right. You take a share of grad away. It is w that decays.",
        ),
        Misconception(
            "decays by the velocity",
            _decays(lambda w, moved, v, g, rate, strength: 2 * rate * strength * v),
            "v is right. You take a share of the velocity away. It is w that decays.",
        ),
        Misconception(
            "velocity decays",
            _velocity_decays,
            "you shrink the velocity. It is w that decays; v stays as momentum makes it.",
        ),
        Misconception(
            "L1",
            _decays(lambda w, moved, v, g, rate, strength: rate * strength * np.sign(w)),
            "v is right. You take the same from every weight, as L1 does. The slope of w² grows with w.",
        ),
        Misconception(
            "squared",
            _decays(lambda w, moved, v, g, rate, strength: rate * strength * w**2),
            "v is right. You take the penalty itself, which is never negative. Its slope is what descends.",
        ),
        Misconception(
            "dampened",
            _with_velocity(lambda v, g, mu: mu * v + (1 - mu) * g),
            "the decay is right, but you weigh the gradient by 1 − momentum. As in chapter 08, v takes all of it.",
        ),
        Misconception(
            "no momentum",
            _plain_step,
            "v and the decay are right, but w steps by rate · grad. It should step by the velocity.",
        ),
    ),
    hints=(
        "Take momentum 0 first. A step of gradient descent on data loss + strength · Σ w² is "
        "w - rate * (grad + …): multiply out, and see which share of w goes.",
        "That share is 2 * rate * strength. Now the velocity: v = momentum * v + grad, without a word about the decay.",
        "Return w - rate * v - 2 * rate * strength * w, v.",
    ),
    takeaway="With plain gradient descent this is L2, with decay = 2 · strength. Under momentum they differ: what has "
    "entered a velocity goes on pulling, and a decay beside it acts once.",
    conventions=(
        Convention(
            "steps downhill",
            _otherwise(-1, inside=True),
            "Your v is the step itself; in coursekit v sums gradients, and the rate comes after. The path is the same "
            "while the rate stays as it is. With plain gradient descent it is that of L2.",
        ),
        Convention(
            "rate in the velocity",
            _otherwise(1, inside=True),
            "Your v holds the rate already; in coursekit the rate comes after. The path is the same while the rate "
            "stays as it is. With plain gradient descent it is that of L2.",
        ),
        Convention(
            "gradients with a minus",
            _otherwise(-1, inside=False),
            "Your v points downhill; in coursekit it has the other sign, and the path is the same. With plain gradient "
            "descent it is that of L2.",
        ),
    ),
)
