"""One step of gradient descent with momentum."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Convention, Misconception, exercise


def momentum_step(theta: Array, v: Array, grad: Array, rate: float, momentum: float) -> tuple[Array, Array]:
    """Step by v ← μ v + g; θ ← θ − η v."""
    v = momentum * v + grad
    return theta - rate * v, v


def _on_the_way(rng: np.random.Generator) -> list[Case]:
    """Three steps in the middle of a run; μ is never ½, and no rate is 1 − μ."""
    return [
        (rng.normal(size=count), rng.normal(size=count), rng.normal(size=count), rate, momentum)
        for count, rate, momentum in ((3, 0.2, 0.9), (4, 0.05, 0.7), (2, 0.4, 0.8))
    ]


def _step(velocity: Callable[..., Array], move: Callable[..., Array]) -> Callable[..., Any]:
    """A step whose velocity is made of (v, g, η, μ), and whose move is made of (new v, g, η, μ)."""

    def step(theta: Array, v: Array, grad: Array, rate: float, momentum: float) -> tuple[Array, Array]:
        new = velocity(v, grad, rate, momentum)
        return theta + move(new, grad, rate, momentum), new

    return step


def _right_velocity(v: Array, g: Array, rate: float, mu: float) -> Array:
    return mu * v + g


def _right_move(v: Array, g: Array, rate: float, mu: float) -> Array:
    return -rate * v


def _returns_old_velocity(theta: Array, v: Array, grad: Array, rate: float, momentum: float) -> tuple[Array, Array]:
    return momentum_step(theta, v, grad, rate, momentum)[0], v


exercise(
    momentum_step,
    task="Return theta and the velocity v (D,) after a step with momentum, given both before it and the gradient grad. "
    "Of v the share momentum stays, and the gradient joins it undiminished.",
    returns=("theta", "v"),
    cases=_on_the_way,
    misconceptions=(
        Misconception(
            "dampened",
            _step(lambda v, g, rate, mu: mu * v + (1 - mu) * g, _right_move),
            "you weigh the gradient by 1 − momentum, which makes v a running mean. Here v is a sum: the gradient joins "
            "it undiminished.",
        ),
        Misconception(
            "shares exchanged",
            _step(lambda v, g, rate, mu: (1 - mu) * v + mu * g, _right_move),
            "the shares are the wrong way round: momentum is what stays of the old velocity, and grad has no share.",
        ),
        Misconception(
            "1 − momentum stays",
            _step(lambda v, g, rate, mu: (1 - mu) * v + g, _right_move),
            "you keep the share 1 − momentum of the old velocity. At momentum = 0.9, nine tenths stay.",
        ),
        Misconception(
            "nothing fades",
            _step(lambda v, g, rate, mu: v + g, _right_move),
            "your velocity forgets nothing: multiply the old one by momentum before the gradient joins it.",
        ),
        Misconception(
            "gradient fades at once",
            _step(lambda v, g, rate, mu: mu * (v + g), _right_move),
            "you multiply the new gradient by momentum, too. Only the old velocity fades.",
        ),
        Misconception(
            "momentum on the gradient",
            _step(lambda v, g, rate, mu: v + mu * g, _right_move),
            "momentum belongs to the old velocity: you multiply the gradient by it instead.",
        ),
        Misconception(
            "no rate",
            _step(_right_velocity, lambda v, g, rate, mu: -v),
            "v is right, but where is the rate? θ − v would be a step of full length.",
        ),
        Misconception(
            "rate twice",
            _step(lambda v, g, rate, mu: mu * v + rate * g, _right_move),
            "the rate comes in twice: once on its way into v, and once more in the step. Choose one of the two.",
        ),
        Misconception(
            "uphill",
            _step(_right_velocity, lambda v, g, rate, mu: rate * v),
            "v is right. It adds up gradients, which point uphill: theta moves against it.",
        ),
        Misconception(
            "uphill, sign twice",
            _step(lambda v, g, rate, mu: mu * v - rate * g, lambda v, g, rate, mu: -v),
            "two minus signs make a plus: your v points downhill already, and you walk against it.",
        ),
        Misconception(
            "uphill, no minus",
            _step(lambda v, g, rate, mu: mu * v + rate * g, lambda v, g, rate, mu: v),
            "nothing in it says minus: gradients point uphill, and so does your step.",
        ),
        Misconception(
            "plain step",
            _step(_right_velocity, lambda v, g, rate, mu: -rate * g),
            "v is right, but theta does not use it: your step is rate · grad, plain gradient descent.",
        ),
        Misconception(
            "old velocity",
            lambda theta, v, grad, rate, momentum: (theta - rate * v, momentum * v + grad),
            "v is right, but theta moves by the old velocity. Update v first, then move by the new one.",
        ),
        Misconception(
            "gradient twice",
            _step(_right_velocity, lambda v, g, rate, mu: -rate * (v + g)),
            "v is right and holds grad already; theta adds it once more.",
        ),
        Misconception(
            "Nesterov",
            _step(_right_velocity, lambda v, g, rate, mu: -rate * (g + mu * v)),
            "that is Nesterov's step, which comes next. Here theta moves by rate · v.",
        ),
        Misconception(
            "velocity not updated",
            _returns_old_velocity,
            "theta is right. The v that you return is the one that you were given: the next step needs the new one.",
        ),
    ),
    hints=(
        "First the velocity, then the place: theta moves by the velocity that already holds this gradient.",
        "v = momentum * v + grad. Where does the rate come in, and with which sign?",
        "theta = theta - rate * v. Return theta, v.",
    ),
    takeaway="Under a constant gradient v grows to grad / (1 − momentum): ten times the gradient at momentum 0.9.",
    conventions=(
        Convention(
            "steps downhill",
            _step(lambda v, g, rate, mu: mu * v - rate * g, lambda v, g, rate, mu: v),
            "Your v is the step itself, as in Sutskever et al. (2013). In PyTorch and in coursekit v sums gradients, "
            "and the rate comes after. The path is the same while the rate stays as it is.",
        ),
        Convention(
            "rate in the velocity",
            _step(lambda v, g, rate, mu: mu * v + rate * g, lambda v, g, rate, mu: -v),
            "Your v holds the rate already. In PyTorch and in coursekit v sums gradients, and the rate comes after. "
            "The path is the same while the rate stays as it is.",
        ),
        Convention(
            "gradients with a minus",
            _step(lambda v, g, rate, mu: mu * v - g, lambda v, g, rate, mu: rate * v),
            "Your v points downhill. In PyTorch and in coursekit it has the other sign; the path is the same.",
        ),
    ),
)
