"""A run from its first step to its last in one call, with a progress bar, and its course in columns."""

import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from coursekit.arrays import Array, Seed
from coursekit.habits import knows_habits
from coursekit.losses import LossFunction
from coursekit.network import Sequential
from coursekit.progress_bar import PAUSE, bar, write_over
from coursekit.training.fit import fit
from coursekit.training.run import Callback, Row


class Picture(bytes):
    """A PNG, which a notebook shows."""

    def _repr_png_(self) -> bytes:
        return bytes(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write it to a file."""
        Path(path).write_bytes(self)


@dataclass(frozen=True, eq=False)
class Course:
    """A training run in columns, one number a step: ``history.loss``, or ``pandas.DataFrame(vars(history))``.

    Attributes
    ----------
    step, epoch : (S,) arrays of whole numbers
        From 1 on.
    loss, lr : (S,) arrays
        The loss of the batch before the step, and the rate of the step.
    val_loss, val_accuracy : (S,) arrays
        In the last step of an epoch, if there is validation data (the accuracy if its labels are classes); else NaN.
    """

    step: Array
    epoch: Array
    loss: Array
    lr: Array
    val_loss: Array
    val_accuracy: Array

    def __len__(self) -> int:
        return len(self.step)

    def __repr__(self) -> str:
        if not len(self):
            return "no step: the run had ended before"
        words = f"{len(self)} steps, to epoch {self.epoch[-1]}: loss {self.loss[0]:.3g} → {self.loss[-1]:.3g}"
        return words + _judged(_last(self.val_loss), _last(self.val_accuracy))

    def plot(self) -> Picture:
        """Draw the loss of each step, and at the ends of epochs the validation's loss and accuracy.

        Returns
        -------
        Picture
            A PNG: a notebook shows it, ``history.plot().save("run.png")`` writes it to a file.
        """
        from coursekit.figures.course_picture import course_picture  # which takes matplotlib

        return Picture(course_picture(self.step, self.loss, self.val_loss, self.val_accuracy))


@knows_habits
def train(
    net: Sequential,
    loss: LossFunction | str,
    optimiser: Any,
    data: tuple[Array, ...],
    epochs: int = 10,
    batch_size: int = 32,
    rng: Seed = 0,
    callbacks: Sequence[Callback] = (),
    resume_from: str | PathLike[str] | None = None,
    progress: bool = True,
) -> Course:
    """Train a network to the end, as `fit` does step by step, and return the course of it.

    Parameters
    ----------
    net, loss, optimiser, data, epochs, batch_size, rng, callbacks, resume_from
        As of `fit`.
    progress : bool
        Show a bar, in a notebook or a terminal.

    Returns
    -------
    Course
        A column for each number of the rows, and ``plot()``.

    Raises
    ------
    ValueError, TypeError, KeyError
        As `fit` does.

    Examples
    --------
    >>> from coursekit.layers import Linear
    >>> from coursekit.optimisers import OPTIMISERS
    >>> x = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    >>> net = Sequential([Linear(2, 2, 0)])
    >>> history = train(net, "softmax_cross_entropy", OPTIMISERS["sgd"](lr=1.0), (x, (x[:, 0] > 0).astype(int)), 5)
    >>> len(history), bool(history.loss[-1] < history.loss[0])
    (10, True)
    """
    rows: Iterable[Row] = fit(net, loss, optimiser, data, epochs, batch_size, rng, callbacks, resume_from)
    if progress and sys.stderr.isatty():
        rows = _with_bar(rows, epochs, math.ceil(len(data[0]) / batch_size), sys.stderr)
    columns = zip(*rows, strict=True)
    kinds = (int, int, float, float, float, float)
    return Course(*(np.array(c, k) for c, k in zip(tuple(columns) or [()] * len(kinds), kinds, strict=True)))


def _with_bar(rows: Iterable[Row], epochs: int, steps: int, out: TextIO) -> Iterator[Row]:
    """Pass the rows on, and keep one line about the newest; ``steps`` are those of an epoch."""
    shown, judged, width = -math.inf, "", 0
    row = None
    for row in rows:
        if row.val_loss is not None:
            judged = _judged(row.val_loss, math.nan if row.val_accuracy is None else row.val_accuracy)
        if time.monotonic() - shown > PAUSE:
            shown = time.monotonic()
            width = write_over(_line(row, epochs, steps, judged), width, out)
        yield row
    if row is not None:
        write_over(_line(row, epochs, steps, judged), width, out)
        out.write("\n")


def _line(row: Row, epochs: int, steps: int, judged: str) -> str:
    return f"epoch {row.epoch}/{epochs} {bar(row.step / (epochs * steps))} loss {row.loss:.3g}{judged}"


def _judged(loss: float, accuracy: float) -> str:
    words = "" if math.isnan(loss) else f", validation loss {loss:.3g}"
    return words + ("" if math.isnan(accuracy) else f", accuracy {100 * accuracy:.1f}%")


def _last(column: Array) -> float:
    """Return the last number that is none of the NaNs, or NaN."""
    known = column[~np.isnan(column)]
    return float(known[-1]) if len(known) else math.nan
