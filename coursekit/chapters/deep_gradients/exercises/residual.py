"""The backward pass of a residual block."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def residual_backward(dout: Array, x: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
    """Through y = x + relu(x w1) w2: the branch as ever, and to dx the shortcut adds dout."""
    z = x @ w1
    dz = dout @ w2.T * (z > 0)
    return dout + dz @ w1.T, x.T @ dz, np.maximum(z, 0).T @ dout


def _blocks(rng: np.random.Generator) -> list[Case]:
    """Square and other blocks; the shortcut and the branch are of similar size."""
    return [
        (rng.normal(size=(n, d)), rng.normal(size=(n, d)), rng.normal(size=(d, h)), rng.normal(size=(h, d)))
        for n, d, h in ((5, 3, 4), (4, 3, 3), (6, 2, 5))
    ]


def _dx(rule: Callable[[Array, Array, Array, Array], Array]) -> Callable[..., Any]:
    """The right weight gradients and another dx, made of (dout, x, branch, y)."""

    def backward(dout: Array, x: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
        dx, dw1, dw2 = residual_backward(dout, x, w1, w2)
        return rule(dout, x, dx - dout, x + np.maximum(x @ w1, 0) @ w2), dw1, dw2

    return backward


def _gated(gate: Callable[[Array, Array], Array]) -> Callable[..., Any]:
    """All of it with another gate, made of (z, x)."""

    def backward(dout: Array, x: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
        z = x @ w1
        dz = dout @ w2.T * gate(z, x)
        return dout + dz @ w1.T, x.T @ dz, np.maximum(z, 0).T @ dout

    return backward


def _no_relu_in_w2(dout: Array, x: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
    dx, dw1, _ = residual_backward(dout, x, w1, w2)
    return dx, dw1, (x @ w1).T @ dout


def _shortcut_in_the_weights(dout: Array, x: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
    z, h = x @ w1, np.maximum(x @ w1, 0)
    dx, _, dw2 = residual_backward(dout, x, w1, w2)
    return dx, x.T @ (dout @ w2.T * (z > 0) + h), dw2


def _through_dx(dout: Array, x: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
    """The branch gets dx instead of dout: the shortcut is counted before the branch."""
    return residual_backward(2 * dout, x, w1, w2)


def _gate_on_all(dout: Array, x: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
    """A ReLU behind the sum, which is not there."""
    y = x + np.maximum(x @ w1, 0) @ w2
    return residual_backward(dout * (y > 0), x, w1, w2)


def _relu_of_the_gradient(dout: Array, x: Array, w1: Array, w2: Array) -> tuple[Array, Array, Array]:
    dz = np.maximum(dout @ w2.T, 0)
    return dout + dz @ w1.T, x.T @ dz, np.maximum(x @ w1, 0).T @ dout


exercise(
    residual_backward,
    task="The backward pass of a block with a shortcut, y = x + relu(x w1) w2. Given dout = ∂L/∂y (N, D), x (N, D), "
    "w1 (D, H) and w2 (H, D), return dx, dw1 and dw2.",
    returns=("dx", "dw1", "dw2"),
    cases=_blocks,
    misconceptions=(
        Misconception(
            "no shortcut",
            _dx(lambda dout, x, branch, y: branch),
            "dw1 and dw2 are right, but dx has come back by the branch alone: the shortcut brings dout to it as well.",
        ),
        Misconception(
            "only the shortcut",
            _dx(lambda dout, x, branch, y: dout),
            "dw1 and dw2 are right, but dx has come back by the shortcut alone: x goes into the branch, too.",
        ),
        Misconception(
            "1 instead of dout",
            _dx(lambda dout, x, branch, y: 1 + branch),
            "dw1 and dw2 are right. The shortcut has the slope 1, so it brings 1 · dout to dx, not 1.",
        ),
        Misconception(
            "x instead of dout",
            _dx(lambda dout, x, branch, y: x + branch),
            "dw1 and dw2 are right. You add x to dx, as forward does; backward adds the gradient, dout.",
        ),
        Misconception(
            "factor 1 + branch",
            _dx(lambda dout, x, branch, y: dout * (1 + branch)),
            "dw1 and dw2 are right. The branch holds dout already: dx = dout + branch, without another dout.",
        ),
        Misconception(
            "ways subtracted",
            _dx(lambda dout, x, branch, y: dout - branch),
            "dw1 and dw2 are right. Gradients of two ways that x takes are added.",
        ),
        Misconception(
            "mean of two ways",
            _dx(lambda dout, x, branch, y: (dout + branch) / 2),
            "dw1 and dw2 are right. Gradients of two ways are added, not averaged.",
        ),
        Misconception(
            "dout twice",
            _through_dx,
            "everything is twice what it should be: at a sum, each of the two ways gets dout, once.",
        ),
        Misconception(
            "no gate",
            _gated(lambda z, x: np.ones_like(z)),
            "the ReLU of the branch lets gradients pass only where x w1 was above 0.",
        ),
        Misconception(
            "gate upside down",
            _gated(lambda z, x: z < 0),
            "your gate is open where x w1 is below 0. There relu is 0 whatever comes, and passes no gradient.",
        ),
        Misconception(
            "gate of the gradient",
            _relu_of_the_gradient,
            "you cut off negative gradients. On its way back ReLU looks at what came in, x w1: where that was above "
            "0 it passes a gradient of either sign.",
        ),
        Misconception(
            "gate on the sum",
            _gate_on_all,
            "there is no ReLU behind the sum in this block: dout arrives at both ways as it is.",
        ),
        Misconception(
            "w2 saw no ReLU",
            _no_relu_in_w2,
            "dx and dw1 are right. What w2 was multiplied by in forward is relu(x w1), not x w1.",
        ),
        Misconception(
            "shortcut in the weights",
            _shortcut_in_the_weights,
            "dx and dw2 are right. The shortcut passes by the weights: dw1 knows only the branch.",
        ),
    ),
    hints=(
        "dout arrives at a sum: x and the branch each get it whole. Walk back through the branch as through any net.",
        "dz = dout @ w2.T, where x @ w1 > 0. From it dw1 and the branch's share of dx; x has two ways to y.",
        "dx = dout + dz @ w1.T; dw1 = x.T @ dz; dw2 = relu(x @ w1).T @ dout",
    ),
    takeaway="The shortcut adds dout to dx unharmed, whatever the branch does: the 1 in 1 + ∂f/∂x. The gradients "
    "of the weights come through the branch alone.",
)
