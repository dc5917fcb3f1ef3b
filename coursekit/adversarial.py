"""Inputs changed a little, on purpose, so that a network errs."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array, float_array
from coursekit.hyperparameter import in_range
from coursekit.losses import LossFunction, loss_of
from coursekit.network import Sequential, pass_kept


def fgsm(
    net: Sequential,
    loss: Callable[[Array, Any], tuple[float, Array]],
    x: Array,
    y: Any,
    epsilon: float,
    low: float = -math.inf,
    high: float = math.inf,
) -> Array:
    """Fast gradient sign method: x′ = x + ε · sign(∂L/∂x).

    Of all steps that change no input by more than ε, this one raises the loss most, as far as the loss is linear.

    Parameters
    ----------
    net : Sequential
        Asked in test mode; its ``grads`` are left as they were.
    loss : callable or str
        ``loss(scores, y) -> (value, dscores)``, one of `LOSSES`, or its name.
    x : (N, ...) array
    y : array
        What the loss wants: (N,) classes, or targets.
    epsilon : float
        The size of the step, in the units of x.
    low, high : float
        x′ is clipped to the range of the data, e.g. 0 and 1 for pixels; not at all unless asked.

    Returns
    -------
    (N, ...) array
        In the dtype of x.

    Raises
    ------
    ValueError
        If ``epsilon`` is negative or ``low`` is above ``high``.
    TypeError
        If the dtype of x is not float32 or float64.

    Examples
    --------
    >>> from coursekit.layers import Linear
    >>> from coursekit.losses import LOSSES
    >>> net = Sequential([Linear(2, 2, np.random.default_rng(0))])
    >>> net.params["0.w"][:] = [[1, -1], [-1, 1]]  # two features, each speaks for one class
    >>> fgsm(net, LOSSES["softmax_cross_entropy"], np.array([[0.5, 0.25]], np.float32), np.array([0]), 0.25)
    array([[0.25, 0.5 ]], dtype=float32)

    References
    ----------
    I. Goodfellow, J. Shlens and C. Szegedy (2015), Explaining and harnessing adversarial examples, section 4.
    """
    x = float_array(x, "fgsm: x")
    in_range(epsilon, "fgsm: epsilon", 0.0)
    if not low <= high:
        raise ValueError(f"fgsm: low must not be above high, but low is {low} and high is {high}.")
    step = x.dtype.type(epsilon) * np.sign(input_gradient(net, loss, x, y))
    attacked: Array = np.clip(x + step, low, high, dtype=x.dtype)
    return attacked


def input_gradient(net: Sequential, loss: LossFunction | str, x: Array, y: Any) -> Array:
    """Return ∂L/∂x (N, ...) in test mode, and leave ``grads`` and the last forward pass as they were; see `fgsm`."""
    kept = {name: array.copy() for name, array in net.grads.items()}
    with pass_kept(net):
        _, dscores = loss_of(loss)(net.forward(x), y)
        dx = net.backward(dscores)
    for name, array in kept.items():
        net.grads[name][...] = array
    return dx
