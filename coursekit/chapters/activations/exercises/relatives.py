"""Section 6: leaky ReLU, forward and backward."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def leaky_relu(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    """Forward y = x where x > 0, else slope · x; backward dx = dout · f'(x)."""
    y = np.where(x > 0, x, slope * x)
    dx = np.where(x > 0, dout, slope * dout)
    return y, dx


def _leaky_inputs(rng: np.random.Generator) -> list[Case]:
    """Both signs in x and in dout, so that a mask taken from the wrong one shows."""
    shapes = (6, 5), (4, 7), (3, 2, 4)
    return [
        (rng.normal(size=shape), rng.normal(size=shape), slope)
        for shape, slope in zip(shapes, (0.01, 0.2, 0.35), strict=True)
    ]


def _slope_forward_only(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return leaky_relu(x, dout, slope)[0], np.where(x > 0, dout, 0.0)


def _plain_relu(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return np.maximum(x, 0), np.where(x > 0, dout, 0.0)


def _mask_of_dout(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return leaky_relu(x, dout, slope)[0], np.where(dout > 0, dout, slope * dout)


def _no_upstream(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return leaky_relu(x, dout, slope)[0], np.where(x > 0, 1.0, slope)


def _times_the_output(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    y, _ = leaky_relu(x, dout, slope)
    return y, dout * y


def _wrong_way_round(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return np.minimum(x, slope * x), np.where(x > 0, slope * dout, dout)


def _minus_on_the_left(x: Array, dout: Array, slope: float) -> tuple[Array, Array]:
    return np.where(x > 0, x, -slope * x), np.where(x > 0, dout, -slope * dout)


exercise(
    leaky_relu,
    task="Return y, the leaky ReLU of x with this slope below 0, and dx, the gradient that goes back for dout.",
    returns=("y", "dx"),
    cases=_leaky_inputs,
    misconceptions=(
        Misconception(
            "ReLU",
            _plain_relu,
            "that is the plain ReLU: below 0 it says 0 and passes nothing back. Where is the slope?",
        ),
        Misconception(
            "slope forward only",
            _slope_forward_only,
            "y is right. But below 0 the curve is not flat, so its gradient there is not 0.",
        ),
        Misconception(
            "mask from dout",
            _mask_of_dout,
            "y is right. Where the gradient passes is decided by the sign of x, not by that of dout.",
        ),
        Misconception(
            "local gradient only",
            _no_upstream,
            "y is right. dx is only f'(x): the chain rule multiplies it by what comes from above.",
        ),
        Misconception(
            "output for slope",
            _times_the_output,
            "y is right. You multiply dout by f(x). Backward needs the derivative f'(x).",
        ),
        Misconception(
            "slope for its product",
            lambda x, dout, slope: (np.where(x > 0, x, slope), leaky_relu(x, dout, slope)[1]),
            "dx is right. Below 0 you return the slope itself. It multiplies x.",
        ),
        Misconception(
            "wrong way round",
            _wrong_way_round,
            "the two halves are exchanged: positive inputs pass unchanged, negative ones are made small.",
        ),
        Misconception(
            "minus sign",
            _minus_on_the_left,
            "below 0 your curve rises again. A leak keeps the sign of its input.",
        ),
    ),
    hints=(
        "Where x > 0 nothing is changed, forward or backward. Elsewhere both are multiplied by the same number.",
        "np.where(x > 0, a, b) takes a where x is positive and b elsewhere.",
        "y = np.where(x > 0, x, slope * x), and dx has dout in the place of x after the comma.",
    ),
    takeaway="Forward and backward use the same mask; the leak is what brings a gradient to a sleeping unit.",
)
