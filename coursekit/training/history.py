"""Runs that are small enough to keep whole, so that a slider can scrub through them."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.network.lean import LeanPasses
from coursekit.optimisers import OPTIMISERS


class Trainer:
    """A network in plain gradient descent, one step at a time, until its loss overflows.

    Parameters
    ----------
    net : Sequential
    loss : str
        A name in `LOSSES`.
    lr : float
        The learning rate.

    Attributes
    ----------
    net, loss
        What it was given, the loss as its record.
    passes : LeanPasses
        The network's passes, in room that is kept.
    steps : int
        How many were taken.
    overflow : int or None
        The step at which the loss became infinite or NaN.
    """

    def __init__(self, net: Sequential, loss: str, lr: float) -> None:
        self.net, self.passes = net, LeanPasses(net)
        self.steps = 0
        self.overflow: int | None = None
        self._scores = np.empty((0, 0))
        self.loss = LOSSES[loss]
        self._params = net.params
        self._optimiser = OPTIMISERS["sgd"](lr=lr)
        self._memory = self._optimiser.init(self._params)

    @property
    def lr(self) -> float:
        """The learning rate of the next step; it may be set."""
        return self._optimiser.lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._optimiser.lr = lr

    def step(self, x: Array, y: Array) -> tuple[float, Array]:
        """Take a step on x (N, …); return the loss before it and the scores (N, C).

        From an overflow on the network stands still: the loss is NaN, the scores are those of the overflow.
        """
        if self.overflow is not None:
            return math.nan, self._scores
        with np.errstate(all="ignore"):  # an overflow is a result
            self._scores = scores = self.passes.forward(x)
            loss, dscores = self.loss(scores, y)
            if not math.isfinite(loss):
                self.overflow = self.steps
                return math.nan, scores
            self.passes.parameter_gradients(dscores)
            self.descend()
        return loss, scores

    def descend(self) -> None:
        """Take a step against the gradients that the network holds."""
        self._optimiser.step(self._params, self.net.grads, self._memory)
        self.steps += 1


class History(NamedTuple):
    """A whole run; index 0 is the network before its first step."""

    x: Array  # (N, D)
    labels: Array  # (N,)
    params: dict[str, Array]  # weights and biases by name, each (steps + 1, …)
    slope: Array  # (steps + 1,), what a PReLU has learned; 0 without one
    loss: Array  # (steps + 1,)
    accuracy: Array  # (steps + 1,), share of the samples judged correctly


def keep_every_step(net: Sequential, loss: str, lr: float, x: Array, labels: Array, steps: int) -> History:
    """Train by gradient descent on all of x (N, D) at once, and keep what the network was and said at every step.

    A loss that wants no class numbers asks a network with one output for the logit of class 1.
    """
    trainer = Trainer(net, loss, lr)
    y = labels if trainer.loss.y == "classes" else labels[:, None].astype(x.dtype)
    now = dict(net.params)
    learned = next((now.pop(name) for name in net.params if name.endswith(".alpha")), np.zeros(1))
    kept: dict[str, list[Array]] = {name: [] for name in now}
    losses, said, slope = [], [], []
    for _ in range(steps + 1):
        for name, array in now.items():
            kept[name].append(array.copy())
        slope.append(learned.item())
        value, scores = trainer.step(x, y)
        losses.append(value)
        said.append(scores)
    right = (predicted(np.array(said)) == labels).mean(1)  # of all steps at once: a mean of few costs as much
    params = {name: np.array(arrays) for name, arrays in kept.items()}
    return History(x, labels, params, np.array(slope), np.array(losses), right)


def predicted(scores: Array) -> Array:
    """Return the class (…, N) that scores (…, N, C) name; of one score (…, N, 1) the sign tells."""
    return np.asarray(scores[..., 0] > 0 if scores.shape[-1] == 1 else scores.argmax(-1))


def batches(x: Array, labels: Array, size: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """Draw x (size, …) and labels (size,) without end, each batch without repetition: the same for every trainer."""
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.choice(len(x), size, replace=False)
        yield x[rows], labels[rows]
