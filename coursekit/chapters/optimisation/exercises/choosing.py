"""A rate is chosen from the curves of four short runs."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.exercises.exercise import Case, Misconception, exercise

CLASSES, UNITS, LEAK = 10, 16, 0.1


def choose_rate(rates: Array, losses: Array) -> float:
    """The rate whose mean loss over the last quarter of the steps is lowest, among runs that did not diverge."""
    ends = losses[:, -losses.shape[1] // 4 :].mean(axis=1)  # (K,)
    return float(rates[np.argmin(np.where(np.isfinite(ends), ends, np.inf))])


def short_runs(rates: Array, steps: int, batch: int, seed: int) -> Array:
    """Train one net on digits with each of several rates, and tell the losses.

    The net is 64 → 16 leaky ReLU → 10 and its loss the mean over the batch of Σ (output − one-hot)², which has no upper
    end, so that a rate that is too high shows. All runs begin with the same weights and see the same batches.

    Parameters
    ----------
    rates : ndarray
        (K,) learning rates of plain gradient descent.
    steps, batch : int
        How many steps T, and how many digits in each.
    seed : int
        Draws weights and batches.

    Returns
    -------
    ndarray
        (K, T) losses of each step's own batch, before the step; inf and then nan where a run diverged.
    """
    return np.array([_short_run(float(rate), steps, batch, seed) for rate in rates])


@lru_cache(maxsize=64)
def _short_run(rate: float, steps: int, batch: int, seed: int) -> Array:
    (x_all, targets), rng = _digits(), np.random.default_rng(seed)
    w1 = rng.normal(0, np.sqrt(2 / x_all.shape[1]), (x_all.shape[1], UNITS))
    w2 = rng.normal(0, np.sqrt(2 / UNITS), (UNITS, CLASSES))
    losses = np.empty(steps)
    with np.errstate(all="ignore"):  # a run that diverges is one of those to choose from
        for step in range(steps):
            chosen = rng.integers(0, len(x_all), batch)
            x = x_all[chosen]
            z = x @ w1
            hidden = np.maximum(z, LEAK * z)
            error = hidden @ w2 - targets[chosen]
            losses[step] = (error**2).sum() / batch
            dout = 2 * error / batch
            dz = dout @ w2.T * np.where(z > 0, 1, LEAK)
            w1, w2 = w1 - rate * x.T @ dz, w2 - rate * hidden.T @ dout
    return losses


@lru_cache(maxsize=1)
def _digits() -> tuple[Array, Array]:
    images, labels = load_digits("train", np.float64)
    return images.reshape(len(images), -1), np.eye(CLASSES)[labels]


def _four_runs_each(rng: np.random.Generator) -> list[Case]:
    """Six sets of real runs, chosen so that every shortcut goes wrong in one of them; the rates come in any order."""
    made = []
    for lowest, steps, batch, seed in (
        (0.011, 60, 4, 5),
        (0.011, 60, 8, 2),
        (0.02, 80, 8, 13),
        (0.0078, 80, 8, 14),
        (0.016, 60, 4, 19),
        (0.0045, 40, 4, 37),
    ):
        rates = rng.permutation([float(f"{lowest * factor:.2g}") for factor in (1, 3, 9, 27)])
        made.append((rates, short_runs(rates, steps, batch, seed)))
    return made


def _lowest(score: Callable[[Array], Array], blind: bool = False) -> Callable[..., Any]:
    """Choose the rate with the lowest score of its losses; ``blind`` as np.argmin is, for which nan is lowest."""

    def wrong(rates: Array, losses: Array) -> Any:
        with np.errstate(all="ignore"):
            scores = score(losses)
        return rates[np.argmin(scores if blind else np.where(np.isfinite(scores), scores, np.inf))]

    return wrong


def _end(losses: Array) -> Array:
    return losses[:, -losses.shape[1] // 4 :]


def _going(rates: Array, losses: Array) -> Array:
    """The rates whose runs did not diverge, in order."""
    return np.sort(rates[np.isfinite(losses).all(axis=1)])


def _place(rates: Array, losses: Array) -> int:
    return int(np.flatnonzero(rates == choose_rate(rates, losses))[0])


exercise(
    choose_rate,
    task="The same net made four short runs. Row by row losses (4, T) holds the loss at each step, for the rates (4,), "
    "in any order. Return the rate to go on with: the one whose mean loss over the last quarter of steps is lowest. "
    "A run that diverged ends in inf or nan.",
    returns=("rate",),
    cases=_four_runs_each,
    misconceptions=(
        Misconception(
            "nan is lowest",
            _lowest(lambda losses: _end(losses).mean(axis=1), blind=True),
            "you choose a run that diverged. For np.argmin nan is the lowest of all: leave out what is not finite.",
        ),
        Misconception(
            "last loss",
            _lowest(lambda losses: losses[:, -1]),
            "you compare the last losses. Each is that of one batch, and depends on the digits in it: take a mean.",
        ),
        Misconception(
            "last loss, nan is lowest",
            _lowest(lambda losses: losses[:, -1], blind=True),
            "you compare the last losses, of one batch each, and for np.argmin nan is the lowest of all. Take a mean, "
            "and leave out what is not finite.",
        ),
        Misconception(
            "lowest loss",
            _lowest(lambda losses: np.nanmin(losses, axis=1)),
            "you look for the lowest single loss, which is that of an easy batch. Take the mean over the end.",
        ),
        Misconception(
            "lowest loss, nan is lowest",
            _lowest(lambda losses: losses.min(axis=1), blind=True),
            "you look for the lowest single loss, and for np.argmin nan is the lowest of all. Take the mean over the "
            "end, and leave out what is not finite.",
        ),
        Misconception(
            "whole run",
            _lowest(lambda losses: losses.mean(axis=1)),
            "you average over the whole run. A large rate may pay for its first steps and still end lowest.",
        ),
        Misconception(
            "whole run, nan is lowest",
            _lowest(lambda losses: losses.mean(axis=1), blind=True),
            "you average over the whole run, and for np.argmin nan is the lowest of all. Take the last quarter, and "
            "leave out what is not finite.",
        ),
        Misconception(
            "first quarter",
            _lowest(lambda losses: losses[:, : losses.shape[1] // 4].mean(axis=1)),
            "you compare how the runs begin. What is fast at first need not end lowest: take the last quarter.",
        ),
        Misconception(
            "first step",
            _lowest(lambda losses: losses[:, 1]),
            "you compare the losses after one step. Take the last quarter.",
        ),
        Misconception(
            "largest that goes",
            lambda rates, losses: _going(rates, losses)[-1],
            "you choose the largest rate that does not diverge. Sometimes a smaller one ends lower.",
        ),
        Misconception(
            "second largest that goes",
            lambda rates, losses: _going(rates, losses)[-2],
            "you choose one rate below the largest that goes, which is often wise. Here the curves decide.",
        ),
        Misconception(
            "smallest",
            lambda rates, losses: rates.min(),
            "you choose the smallest rate. It is safe, and slow: its run has not come far.",
        ),
        Misconception(
            "largest",
            lambda rates, losses: rates.max(),
            "you choose the largest rate, whatever its run did.",
        ),
        Misconception(
            "steadiest",
            _lowest(lambda losses: _end(losses).std(axis=1)),
            "you choose the run that trembles least. A run that stands still is steady, too: how low is it?",
        ),
        Misconception(
            "the place",
            _place,
            "that is the place of the right rate. Return the rate itself, rates[place].",
        ),
        Misconception(
            "the loss",
            lambda rates, losses: _end(losses)[_place(rates, losses)].mean(),
            "that is the lowest mean loss. Return the rate that reached it.",
        ),
    ),
    hints=(
        "The loss of one batch is luck: average over the last T // 4 steps, for each row by itself.",
        "means = losses[:, -T // 4:].mean(axis=1) has one number a rate; nan and inf mean that the run diverged.",
        "rates[np.argmin(np.where(np.isfinite(means), means, np.inf))].",
    ),
    takeaway="A single loss is luck, a mean of many is the run; and the best rate often lies close below one that "
    "diverges.",
)
