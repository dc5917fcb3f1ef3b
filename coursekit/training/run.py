"""What a training run is made of, and where a callback may step in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.losses import LossFunction
from coursekit.network import Sequential


class Data(NamedTuple):
    """Samples to learn from and, if there are any, others to judge by."""

    x: Array  # (N, ...)
    y: Array  # (N,) or (N, ...)
    x_val: Array | None = None
    y_val: Array | None = None


class Row(NamedTuple):
    """One step of training, as told to whoever watches."""

    step: int  # updates so far
    epoch: int  # 1, 2, …
    loss: float  # mean over this batch, before the update; with the penalties of callbacks
    lr: float
    val_loss: float | None = None  # in the last row of an epoch, if there is validation data
    val_accuracy: float | None = None  # likewise, if the labels are classes


@dataclass
class Run:
    """The state of a training run: all that a checkpoint must hold."""

    net: Sequential
    loss: LossFunction
    optimiser: Any
    data: Data
    batch_size: int
    rng: np.random.Generator
    callbacks: Sequence["Callback"] = ()
    memory: dict[str, Any] = field(default_factory=dict)  # the optimiser's state
    step: int = 0
    epoch: int = 0  # finished ones
    batch: int = 0  # finished ones in this epoch
    epoch_rng: dict[str, Any] = field(default_factory=dict)  # the generator's state before this epoch was shuffled
    chosen: Array = field(default_factory=lambda: np.empty(0, np.int64))  # the samples of the last step
    batch_loss: float = 0.0
    factor: float = 1.0  # of the learning rate, in this step
    finished: bool = False  # a callback may set it; the run ends after this step


class Callback:
    """Steps into a run at some points; what it does not override does nothing.

    Attributes
    ----------
    arrays : dict from name to array
        What it remembers between steps. A checkpoint stores these arrays and writes them back.
    """

    arrays: dict[str, Array]

    def __init__(self) -> None:
        self.arrays = {}

    def __repr__(self) -> str:
        return self.settings() or type(self).__name__ + "()"

    def begin(self, run: Run) -> None:
        """Before the first step, and before a checkpoint is read: make room for ``arrays``."""

    def before_update(self, run: Run) -> None:
        """After backward, before the optimiser: gradients may be changed in place."""

    def after_update(self, run: Run) -> None:
        """After the optimiser: parameters may be changed in place."""

    def after_row(self, run: Run, row: Row) -> None:
        """When the row of this step is complete; ``run.finished = True`` ends the run."""

    def end(self, run: Run) -> None:
        """After the last step of all: the epochs are over, or the run is finished. Not if it is stopped or fails."""

    def settings(self) -> str:
        """Return in words what of it shapes the run, so that a checkpoint knows another; nothing if it only watches."""
        return ""
