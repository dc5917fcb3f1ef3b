"""One step of Adam, with its means corrected for their start at 0."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise

Step = tuple[Array, Array, Array]


def adam_step(
    theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, beta1: float, beta2: float, eps: float
) -> Step:
    """Running means m of g and v of g², each divided by 1 − βᵗ for the step θ ← θ − η m̂ / (√v̂ + ε)."""
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - rate * m_hat / (np.sqrt(v_hat) + eps), m, v


def _early_steps(rng: np.random.Generator) -> list[Case]:
    """Steps 2, 3 and 6 of a run, where the correction is large, with an ε that is large enough to see.

    v is large enough for a mean without the square to stay positive: it is to be told from what is not a number.
    """
    return [
        (
            rng.normal(size=count),
            rng.normal(size=count) / 5,
            rng.uniform(0.2, 0.6, count),
            rng.uniform(0.3, 2, count) * rng.choice([-1.0, 1.0], count),
            *numbers,
        )
        for count, *numbers in (
            (3, 2, 0.1, 0.9, 0.97, 0.02),
            (4, 3, 0.3, 0.8, 0.95, 0.05),
            (2, 6, 0.05, 0.85, 0.99, 0.1),
        )
    ]


def _right_m(m: Array, g: Array, beta: float) -> Array:
    return beta * m + (1 - beta) * g


def _right_v(v: Array, g: Array, beta: float) -> Array:
    return beta * v + (1 - beta) * g**2


def _corrected(mean: Array, beta: float, t: int) -> Array:
    return mean / (1 - beta**t)


def _right_step(m_hat: Array, v_hat: Array, rate: float, eps: float) -> Array:
    return rate * m_hat / (np.sqrt(v_hat) + eps)


def _with(
    m_of: Callable[..., Array] = _right_m,
    v_of: Callable[..., Array] = _right_v,
    m_hat: Callable[..., Array] = _corrected,
    v_hat: Callable[..., Array] = _corrected,
    step: Callable[..., Array] = _right_step,
) -> Callable[..., Any]:
    """Adam with one part exchanged: means of (mean, g, β), corrections of (mean, β, t), step of (m̂, v̂, η, ε)."""

    def wrong(
        theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, beta1: float, beta2: float, eps: float
    ) -> Step:
        m, v = m_of(m, grad, beta1), v_of(v, grad, beta2)
        return theta - step(m_hat(m, beta1, t), v_hat(v, beta2, t), rate, eps), m, v

    return wrong


def _both_hats(hat: Callable[[Array, float, int], Array]) -> Callable[..., Any]:
    return _with(m_hat=hat, v_hat=hat)


def _written_back(power: Callable[[int], int]) -> Callable[..., Any]:
    """Return the corrected means, of which the next step would be made."""

    def wrong(
        theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, beta1: float, beta2: float, eps: float
    ) -> Step:
        m = _right_m(m, grad, beta1) / (1 - beta1 ** power(t))
        v = _right_v(v, grad, beta2) / (1 - beta2 ** power(t))
        return theta - _right_step(m, v, rate, eps), m, v

    return wrong


def _betas_exchanged(
    theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, beta1: float, beta2: float, eps: float
) -> Step:
    return adam_step(theta, m, v, grad, t, rate, beta2, beta1, eps)


def _gradient_above(
    theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, beta1: float, beta2: float, eps: float
) -> Step:
    m, v = _right_m(m, grad, beta1), _right_v(v, grad, beta2)
    return theta - _right_step(grad, _corrected(v, beta2, t), rate, eps), m, v


def _old_means(
    theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, beta1: float, beta2: float, eps: float
) -> Step:
    moved = theta - _right_step(_corrected(m, beta1, t), _corrected(v, beta2, t), rate, eps)
    return moved, _right_m(m, grad, beta1), _right_v(v, grad, beta2)


def _epsilon_before_correction(
    theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, beta1: float, beta2: float, eps: float
) -> Step:
    """The order that the paper recommends for speed, with ε where ε · √(1 − β₂ᵗ) would be the same."""
    m, v = _right_m(m, grad, beta1), _right_v(v, grad, beta2)
    pace = rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return theta - pace * m / (np.sqrt(v) + eps), m, v


def _same_beta_below(
    theta: Array, m: Array, v: Array, grad: Array, t: int, rate: float, beta1: float, beta2: float, eps: float
) -> Step:
    m, v = _right_m(m, grad, beta1), _right_v(v, grad, beta2)
    return theta - _right_step(_corrected(m, beta1, t), _corrected(v, beta1, t), rate, eps), m, v


MEANS = "m and v are right. "

exercise(
    adam_step,
    task="Return theta, m and v (D,) after step number t (the first is 1) of Adam, given all three before it and grad. "
    "m and v are the running means of grad and of its square, uncorrected; eps is added to the root, outside it.",
    returns=("theta", "m", "v"),
    cases=_early_steps,
    misconceptions=(
        Misconception(
            "no correction",
            _both_hats(lambda mean, beta, t: mean),
            MEANS + "But both start at 0 and are too small at first: divide each by what its shares add up to so far.",
        ),
        Misconception(
            "1 − beta",
            _both_hats(lambda mean, beta, t: mean / (1 - beta)),
            MEANS + "Dividing by 1 − beta is the correction of step 1; at step t the divisor is another.",
        ),
        Misconception(
            "written back",
            _written_back(lambda t: t),
            "theta is right this time, but you return the corrected means, and the next step would correct them once "
            "more. Return m and v as they were before the correction.",
        ),
        Misconception(
            "written back, 1 − beta",
            _written_back(lambda t: 1),
            "you divide by 1 − beta, without the step's number, and return the quotients: means that grow with every "
            "step, under which Adam freezes.",
        ),
        Misconception(
            "t from 0",
            _both_hats(lambda mean, beta, t: mean / (1 - beta ** (t - 1))),
            MEANS + "Your power is one too small, as if t began at 0: at t = 1 you would divide by 0.",
        ),
        Misconception(
            "t + 1",
            _both_hats(lambda mean, beta, t: mean / (1 - beta ** (t + 1))),
            MEANS + "Your power is one too large: t is given from 1, so the exponent is t itself.",
        ),
        Misconception(
            "power outside",
            _both_hats(lambda mean, beta, t: mean / (1 - beta) ** t),
            MEANS + "You take the power of 1 − beta; it is beta alone that is raised to it.",
        ),
        Misconception(
            "multiplied by the correction",
            _both_hats(lambda mean, beta, t: mean * (1 - beta**t)),
            MEANS + "You multiply by 1 − βᵗ, which makes what is too small even smaller.",
        ),
        Misconception(
            "divided by the power",
            _both_hats(lambda mean, beta, t: mean / beta**t),
            MEANS + "βᵗ is the share that is missing; the mean is divided by what is there.",
        ),
        Misconception(
            "only m corrected",
            _with(v_hat=lambda mean, beta, t: mean),
            MEANS + "You correct m alone. v starts at 0, too, and feels it longer, since beta2 is nearer to 1.",
        ),
        Misconception(
            "only v corrected",
            _with(m_hat=lambda mean, beta, t: mean),
            MEANS + "You correct v alone. m starts at 0, too.",
        ),
        Misconception(
            "beta1 in both corrections",
            _same_beta_below,
            MEANS + "You correct v with beta1. Its shares are made of beta2.",
        ),
        Misconception(
            "betas exchanged",
            _betas_exchanged,
            "beta1 and beta2 have changed places: beta1 belongs to the gradient's mean, beta2 to that of its square.",
        ),
        Misconception(
            "epsilon inside the root",
            _with(step=lambda m, v, rate, eps: rate * m / np.sqrt(v + eps)),
            MEANS + "Your eps is inside the root, as some books write it; here, as in Kingma and Ba's algorithm 1, it "
            "is added to the root.",
        ),
        Misconception(
            "no epsilon",
            _with(step=lambda m, v, rate, eps: rate * m / np.sqrt(v)),
            MEANS + "eps is left out: it is added to the root, and keeps the division defined where all gradients "
            "were 0.",
        ),
        Misconception(
            "epsilon before the correction",
            _epsilon_before_correction,
            MEANS + "Your eps joins √v before the correction, as in Keras; here it is added to √v̂, after it.",
        ),
        Misconception(
            "no root",
            _with(step=lambda m, v, rate, eps: rate * m / (v + eps)),
            MEANS + "You divide by the mean square itself; its root has the size of a gradient.",
        ),
        Misconception(
            "uphill",
            _with(step=lambda m, v, rate, eps: -rate * m / (np.sqrt(v) + eps)),
            MEANS + "But theta walks uphill: the step is subtracted.",
        ),
        Misconception(
            "gradient above the line",
            _gradient_above,
            MEANS + "Above the line you have grad: that is RMSProp with a correction. Where is the gradient's mean?",
        ),
        Misconception(
            "old means",
            _old_means,
            MEANS + "But theta moves by the old ones. Update them first: they hold this gradient, too.",
        ),
        Misconception(
            "square of the mean",
            lambda theta, m, v, grad, t, rate, beta1, beta2, eps: _with(
                v_of=lambda v, g, beta: _right_v(v, _right_m(m, g, beta1), beta)
            )(theta, m, v, grad, t, rate, beta1, beta2, eps),
            "m is right. Your v averages the squares of m; it is those of the gradient itself.",
        ),
        Misconception(
            "no square",
            _with(v_of=lambda v, g, beta: beta * v + (1 - beta) * g),
            "m is right. v averages the squares of the gradient: you left out the square.",
        ),
        Misconception(
            "sum in m",
            _with(m_of=lambda m, g, beta: beta * m + g),
            "v is right. In m the gradient has no share: that is momentum's sum. In a mean the shares add up to 1.",
        ),
        Misconception(
            "sums in both",
            _with(m_of=lambda m, g, beta: beta * m + g, v_of=lambda v, g, beta: beta * v + g**2),
            "your m and v are sums. In a running mean the shares, beta and that of the newest, add up to 1.",
        ),
        Misconception(
            "AdaGrad below",
            _with(v_of=lambda v, g, beta: v + g**2),
            "m is right. Your v adds up all squares, as AdaGrad does; here it is a running mean.",
        ),
        Misconception(
            "shares exchanged",
            _with(
                m_of=lambda m, g, beta: (1 - beta) * m + beta * g,
                v_of=lambda v, g, beta: (1 - beta) * v + beta * g**2,
            ),
            "the shares are the wrong way round in m and v: beta is what stays of the old mean.",
        ),
    ),
    hints=(
        "Two running means first: m of grad with beta1, v of grad**2 with beta2. Keep them as they are for returning.",
        "After t steps from 0 the shares of all gradients in m add up to 1 − beta1**t. Divide a copy of m by it, and v "
        "likewise.",
        "m_hat = m / (1 - beta1**t), v_hat = v / (1 - beta2**t), theta - rate * m_hat / (np.sqrt(v_hat) + eps).",
    ),
    takeaway="At t = 1 the corrected means are grad and grad²: the first step has length rate for any gradient.",
)
