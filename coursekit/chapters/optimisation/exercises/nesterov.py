"""One step of Nesterov momentum, in whichever of its forms."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Convention, Misconception, exercise

Gradient = Callable[[Array], Array]


def nesterov_step(theta: Array, v: Array, grad: Gradient, rate: float, momentum: float) -> tuple[Array, Array]:
    """Step by v ← μ v + ∇L(θ − η μ v); θ ← θ − η v."""
    v = momentum * v + grad(theta - rate * momentum * v)
    return theta - rate * v, v


def _bowl(theta: Array) -> Array:
    return np.arange(1, len(theta) + 1) * theta


def _waves(theta: Array) -> Array:
    return np.sin(2 * theta) + theta


def _coupled(theta: Array) -> Array:
    return theta**3 - theta.mean()


def _on_the_way(rng: np.random.Generator) -> list[Case]:
    """Three steps in the middle of a run, on three slopes; the velocities are long, so that ahead is elsewhere."""
    return [
        (rng.normal(size=count), rng.normal(0, 2, count), grad, rate, momentum)
        for grad, count, rate, momentum in ((_bowl, 3, 0.2, 0.9), (_waves, 4, 0.3, 0.7), (_coupled, 3, 0.1, 0.8))
    ]


# How a velocity is written: what a gradient adds to it, and what theta moves for it; the product is −η.
Form = Callable[[float], tuple[float, float]]
FORMS: dict[str, Form] = {
    "a sum of gradients": lambda rate: (1.0, -rate),
    "the step itself": lambda rate: (-rate, 1.0),
    "a sum of rate times gradient": lambda rate: (rate, -1.0),
    "a sum of gradients with a minus": lambda rate: (-1.0, rate),
}
SUM, STEP = FORMS["a sum of gradients"], FORMS["the step itself"]


def _looking(
    form: Form, where: Callable[[float], float], moved: Callable[[Array, Array, float], Any] | None = None
) -> Callable[..., Any]:
    """A step with the gradient at θ + pace · where(μ) · v; θ moves by pace · v, or by pace · ``moved(v, g, μ)``."""

    def step(theta: Array, v: Array, grad: Gradient, rate: float, momentum: float) -> tuple[Array, Array]:
        gain, pace = form(rate)
        g = gain * grad(theta + pace * where(momentum) * v)
        v = momentum * v + g
        return theta + pace * (moved(v, g, momentum) if moved else v), v

    return step


def _ahead(mu: float) -> float:
    return mu


def _here(mu: float) -> float:
    return 0.0


def _from_the_point_itself(v: Array, g: Array, mu: float) -> Array:
    """What the look-ahead point moves by, if it is the point that theta stands for."""
    return g + mu * v


def _no_rate_ahead(theta: Array, v: Array, grad: Gradient, rate: float, momentum: float) -> tuple[Array, Array]:
    v = momentum * v + grad(theta - momentum * v)
    return theta - rate * v, v


def _leaves_from_ahead(form: Form) -> Callable[..., Any]:
    """Both jumps: to the point ahead, and from there by the whole velocity."""

    def step(theta: Array, v: Array, grad: Gradient, rate: float, momentum: float) -> tuple[Array, Array]:
        gain, pace = form(rate)
        ahead = theta + pace * momentum * v
        v = momentum * v + gain * grad(ahead)
        return ahead + pace * v, v

    return step


def _velocity(keep: Callable[[float], float], gain: Callable[[float], float]) -> Callable[..., Any]:
    """Look ahead rightly, and make the velocity of other shares."""

    def step(theta: Array, v: Array, grad: Gradient, rate: float, momentum: float) -> tuple[Array, Array]:
        v = keep(momentum) * v + gain(momentum) * grad(theta - rate * momentum * v)
        return theta - rate * v, v

    return step


def _uphill(theta: Array, v: Array, grad: Gradient, rate: float, momentum: float) -> tuple[Array, Array]:
    v = momentum * v + grad(theta - rate * momentum * v)
    return theta + rate * v, v


def _no_rate(theta: Array, v: Array, grad: Gradient, rate: float, momentum: float) -> tuple[Array, Array]:
    v = momentum * v + grad(theta - rate * momentum * v)
    return theta - v, v


def _at_the_old_place(theta: Array, v: Array, grad: Gradient, rate: float, momentum: float) -> tuple[Array, Array]:
    """Move by plain momentum, and take the gradient behind that."""
    moved = theta - rate * (momentum * v + grad(theta))
    return moved, momentum * v + grad(moved)


def _in_two_forms(name: str, wrong: Callable[[Form], Callable[..., Any]], message: str) -> tuple[Misconception, ...]:
    """One mistake with v as a sum of gradients, and with v as the step itself."""
    return (
        Misconception(name, wrong(SUM), message),
        Misconception(f"{name}, v a step", wrong(STEP), f"with v as the step itself, {message}"),
    )


def _rewritten_takeaway(what: str) -> str:
    return (
        f"Your theta is the look-ahead point itself, as in PyTorch and in coursekit's Nesterov; your v is {what}. So "
        "the gradient is taken where theta is, and the jump ahead is part of the step."
    )


def _ahead_takeaway(what: str) -> str:
    if what == "the step itself":
        what = "the step itself, as in Sutskever et al. (2013), equations 3 and 4"
    return (
        f"You look ahead and take the gradient there; your v is {what}. So the step brakes before the far wall, not "
        "on it."
    )


exercise(
    nesterov_step,
    task="Return theta and the velocity v (D,) after a step of Nesterov momentum. grad is a function: grad(theta) is "
    "the gradient at any place you like.",
    returns=("theta", "v"),
    cases=_on_the_way,
    misconceptions=(
        *_in_two_forms(
            "gradient behind",
            lambda form: _looking(form, lambda mu: -mu),
            "you take the gradient behind theta: the sign of the look-ahead is wrong. It should lie where the velocity "
            "is about to lead.",
        ),
        *_in_two_forms(
            "plain momentum",
            lambda form: _looking(form, _here),
            "that is plain momentum: your gradient is taken where theta is, before the jump.",
        ),
        *_in_two_forms(
            "too far ahead",
            lambda form: _looking(form, lambda mu: 1.0),
            "you look too far ahead: only the share momentum of the velocity stays, so only that is sure to be jumped.",
        ),
        *_in_two_forms(
            "leaves from ahead",
            _leaves_from_ahead,
            "you jump twice. The point ahead is for the gradient only; theta sets off from where it was.",
        ),
        *_in_two_forms(
            "ahead in both forms",
            lambda form: _looking(form, _ahead, _from_the_point_itself),
            "you look ahead twice: once for the gradient, and once more in the step. Each form of the method does one.",
        ),
        *_in_two_forms(
            "no jump",
            lambda form: _looking(form, _ahead, lambda v, g, mu: g),
            "v is right, but theta moves by the gradient alone. It moves by the velocity.",
        ),
        *_in_two_forms(
            "gradient twice",
            lambda form: _looking(form, _here, lambda v, g, mu: g + v),
            "v fits the form whose theta is the look-ahead point. There the step is made of the gradient and the share "
            "momentum of the new v, not all of it.",
        ),
        Misconception(
            "no rate ahead",
            _no_rate_ahead,
            "your look-ahead has no rate: theta moves by rate · v, so what stays of v leads to theta − rate · "
            "momentum · v.",
        ),
        Misconception(
            "uphill",
            _uphill,
            "v is right. It adds up gradients, which point uphill: theta moves against it.",
        ),
        Misconception(
            "no rate",
            _no_rate,
            "v is right, but where is the rate? It multiplies the step.",
        ),
        Misconception(
            "dampened",
            _velocity(lambda mu: mu, lambda mu: 1 - mu),
            "you weigh the gradient by 1 − momentum. It joins the velocity undiminished.",
        ),
        Misconception(
            "nothing fades",
            _velocity(lambda mu: 1.0, lambda mu: 1.0),
            "your velocity forgets nothing: of the old one the share momentum stays.",
        ),
        Misconception(
            "gradient behind the step",
            _at_the_old_place,
            "you move first, by plain momentum, and take another gradient at the end for v. One gradient, ahead of "
            "theta, serves for both.",
        ),
    ),
    hints=(
        "Before you know the gradient you know part of the jump: what stays of the velocity. Where does that lead?",
        "Take the gradient at theta - rate * momentum * v, and then go on as with momentum.",
        "v = momentum * v + grad(theta - rate * momentum * v), and theta = theta - rate * v, from the old theta.",
    ),
    takeaway=_ahead_takeaway("a sum of gradients"),
    conventions=(
        *(
            Convention(f"ahead, v is {what}", _looking(form, _ahead), _ahead_takeaway(what))
            for what, form in FORMS.items()
            if form is not SUM
        ),
        *(
            Convention(
                f"rewritten, v is {what}",
                _looking(form, _here, _from_the_point_itself),
                _rewritten_takeaway(what),
            )
            for what, form in FORMS.items()
        ),
    ),
)
