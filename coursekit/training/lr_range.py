"""The learning-rate range test: a short run whose rate rises at every step shows which rates a network bears."""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.hyperparameter import in_range, whole_number
from coursekit.losses import LossFunction
from coursekit.network import Sequential, pass_kept, values_of, walk_once
from coursekit.optimisers import SGD, Optimiser
from coursekit.training.callbacks import Schedule
from coursekit.training.fit import fit
from coursekit.training.run import Row


class RangeTest(NamedTuple):
    """The loss at every rate that was tried, K ≤ steps of them."""

    lr: Array  # (K,), rising by the same factor from step to step
    loss: Array  # (K,), of each step's batch, before its update
    smoothed: Array  # (K,), a running mean of it; NaN or infinite where the run ended in that
    settled: int  # the step from which on this is a mean over enough batches

    @property
    def lowest(self) -> float:
        """The rate at which the smoothed loss is lowest: there the largest rates begin to do harm."""
        return float(self.lr[np.nanargmin(self.smoothed)])

    @property
    def steepest(self) -> float:
        """The rate at which the smoothed loss falls fastest from step to step, before its lowest point."""
        end = int(np.nanargmin(self.smoothed)) + 1
        begin = min(self.settled, end - 2)  # a mean over a few batches falls and rises by chance
        if begin < 0:
            return self.lowest
        return float(self.lr[begin + int(np.argmin(np.gradient(self.smoothed[begin:end])))])


def lr_range_test(
    net: Sequential,
    loss: LossFunction | str,
    data: tuple[Array, Array],
    low: float = 1e-5,
    high: float = 10.0,
    steps: int = 100,
    *,
    batch_size: int = 32,
    rng: np.random.Generator,
    optimiser: Optimiser | None = None,
    smoothing: float = 0.9,
    explosion: float = 4.0,
) -> RangeTest:
    """Train with a rate that rises exponentially, η_t = low (high / low)^(t / (steps − 1)), and put everything back.

    The loss is smoothed by an exponential mean with bias correction, m_t = β m_{t−1} + (1 − β) L_t, divided by 1 − βᵗ.
    The test ends early where this is ``explosion`` times the lowest it has been, infinite or NaN. Smith lets the rate
    rise linearly and looks at the accuracy; a rate that spans decades rises better by factors.

    Parameters
    ----------
    net : Sequential
        Its parameters, running statistics and generators are afterwards as they were.
    loss : callable or str
        One of `LOSSES`, or its name.
    data : (x, y)
        Samples to learn from, shuffled anew for every pass over them.
    low, high : float
        The first and the last rate.
    steps : int
        Rates to try, one step at each.
    batch_size : int
    rng : numpy.random.Generator
        Shuffles.
    optimiser : optimiser, optional
        Whose rate is looked for; plain gradient descent if there is none. Its own rate is not used, and is kept.
    smoothing : float
        β, from 0 (none) to below 1.
    explosion : float
        How many times its lowest value the smoothed loss may be, above 1.

    Returns
    -------
    RangeTest

    Raises
    ------
    ValueError
        If the rates do not rise from above 0, or a number is out of range.

    Examples
    --------
    >>> from coursekit.layers import Linear
    >>> from coursekit.losses import LOSSES
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.standard_normal((64, 2)), rng.standard_normal((64, 1))
    >>> net = Sequential([Linear(2, 1, rng, dtype=np.float64)])
    >>> found = lr_range_test(net, LOSSES["mse"], (x, y), 1e-3, 100.0, steps=51, rng=rng)
    >>> bool(found.steepest < found.lowest < found.lr[-1] < 100)
    True

    References
    ----------
    L. N. Smith (2017), Cyclical learning rates for training neural networks, IEEE WACV, section 3.3.
    """
    in_range(low, "lr_range_test: low", 0, above=True)
    in_range(high, "lr_range_test: high", low, above=True)
    in_range(smoothing, "lr_range_test: smoothing", 0, 1)
    in_range(explosion, "lr_range_test: explosion", 1, above=True)
    if smoothing == 1:
        raise ValueError("lr_range_test: smoothing must be below 1: with 1 the mean never hears of a loss.")
    steps = whole_number(steps, "lr_range_test: steps")
    optimiser = copy.copy(optimiser) if optimiser is not None else SGD(lr=low)
    optimiser.lr = low
    rise = (high / low) ** (1 / max(steps - 1, 1))
    callbacks = [Schedule(lambda t: rise**t)]
    with _put_back(net), np.errstate(all="ignore"):  # an explosion is what is looked for
        rows = fit(net, loss, optimiser, data, steps, batch_size, rng, callbacks)
        return _followed(rows, steps, smoothing, explosion)


@contextmanager
def _put_back(net: Sequential) -> Iterator[None]:
    """Leave a network's parameters, running statistics, generators and last pass as they were before the block."""
    values = {name: array.copy() for name, array in values_of(net).items()}
    drawing = [layer.rng for _, layer in walk_once(net.layers) if layer.rng is not None]
    generators = [(rng, rng.bit_generator.state) for rng in drawing]
    try:
        with pass_kept(net):
            yield
    finally:
        for name, array in values_of(net).items():
            array[...] = values[name]
        for generator, state in generators:
            generator.bit_generator.state = state


def _followed(rows: Iterator[Row], steps: int, smoothing: float, explosion: float) -> RangeTest:
    """Ask for rows until the loss explodes."""
    rates: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    mean, lowest = 0.0, math.inf
    for t, row in zip(range(1, steps + 1), rows, strict=False):
        # m_t = β m_{t−1} + (1 − β) L_t, and as it began with 0, it is too small by 1 − βᵗ
        mean = smoothing * mean + (1 - smoothing) * row.loss
        now = mean / (1 - smoothing**t)
        rates.append(row.lr)
        losses.append(row.loss)
        smoothed.append(now)
        lowest = min(lowest, now)
        if not now < explosion * lowest:
            break
    return RangeTest(np.array(rates), np.array(losses), np.array(smoothed), round(1 / (1 - smoothing)))
