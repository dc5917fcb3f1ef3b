"""The training loop."""

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any

import numpy as np

from coursekit.arrays import Array, any_array, float_array
from coursekit.hyperparameter import whole_number
from coursekit.network import Sequential
from coursekit.training.checkpoint import load_checkpoint
from coursekit.training.run import Callback, Data, LossFunction, Row, Run


def fit(
    net: Sequential,
    loss: LossFunction,
    optimiser: Any,
    data: tuple[Array, ...],
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    callbacks: Sequence[Callback] = (),
    resume_from: str | PathLike[str] | None = None,
) -> Iterator[Row]:
    """Train a network on shuffled mini-batches; each step happens when its row is asked for.

    So ``for row in fit(...)`` trains, `break` pauses or stops, and ``next`` goes on.

    Parameters
    ----------
    net : Sequential
        Trained in place.
    loss : callable
        ``loss(scores, y) -> (value, dscores)``, one of `LOSSES`, or ``partial(LOSSES["focal"], gamma=1)``.
    optimiser : optimiser
        From `OPTIMISERS`, with its learning rate.
    data : (x, y) or (x, y, x_val, y_val)
        Samples along the first axis. With validation data the last row of an epoch carries its loss and accuracy.
    epochs : int
        How many times every sample is seen.
    batch_size : int
        Samples a step; a larger one than there are samples takes all of them. A last batch is smaller, and if it would
        hold a single sample it joins the one before, because one sample has no variance.
    rng : numpy.random.Generator
        Shuffles. The same seeds give the same run, bit for bit.
    callbacks : sequence of Callback
        Schedules, clipping, early stopping, checkpoints; called in this order.
    resume_from : path, optional
        A file of `Checkpoint`: the run goes on where it was written and ends where it would have ended. Network,
        optimiser, data and callbacks must be made as they were then.

    Yields
    ------
    Row
        One for each step.

    Raises
    ------
    ValueError
        If x and y differ in length, there are no samples, or a number is not positive.
    """
    epochs, batch_size = whole_number(epochs, "fit: epochs"), whole_number(batch_size, "fit: batch_size")
    run = Run(net, loss, optimiser, _checked(Data(*data)), batch_size, rng, tuple(callbacks))
    run.memory = optimiser.init(net.params)
    for callback in run.callbacks:
        callback.begin(run)
    if resume_from is not None:
        load_checkpoint(resume_from, run)
    return _rows(run, epochs)


def _rows(run: Run, epochs: int) -> Iterator[Row]:
    while run.epoch < epochs and not run.finished:
        batches = _batches(run)
        for chosen in batches[run.batch :]:
            run.batch, run.chosen = run.batch + 1, chosen
            yield _step(run, last=run.batch == len(batches))
            if run.finished:
                return


def _step(run: Run, last: bool) -> Row:
    """Train on the chosen samples and tell the callbacks."""
    x, y = run.data.x[run.chosen], run.data.y[run.chosen]
    run.batch_loss, dscores = run.loss(run.net.forward(x, training=True), y)
    run.net.parameter_gradients(dscores)
    for callback in run.callbacks:
        callback.before_update(run)
    run.optimiser.step(run.net.params, run.net.grads, run.memory)
    for callback in run.callbacks:
        callback.after_update(run)
    run.step += 1
    row = Row(run.step, run.epoch + 1, run.batch_loss, run.optimiser.lr)
    if last:
        run.epoch, run.batch, run.epoch_rng = run.epoch + 1, 0, {}
        if run.data.x_val is not None:
            val_loss, val_accuracy = evaluate(run.net, run.loss, run.data.x_val, run.data.y_val)
            row = row._replace(val_loss=val_loss, val_accuracy=val_accuracy)
    for callback in run.callbacks:
        callback.after_row(run, row)
    return row


def _batches(run: Run) -> list[Array]:
    """Shuffle, and return the indices of each batch of this epoch."""
    resumed_at = dict(run.rng.bit_generator.state)
    if run.epoch_rng:  # resumed in the middle of an epoch: shuffle as at its start, then go on drawing where it was
        run.rng.bit_generator.state = run.epoch_rng
    else:
        run.epoch_rng = resumed_at
    count = len(run.data.x)
    order = run.rng.permutation(count)
    if run.batch:
        run.rng.bit_generator.state = resumed_at
    starts = list(range(0, count, run.batch_size))
    if run.batch_size > 1 and len(starts) > 1 and count - starts[-1] == 1:
        starts.pop()
    return np.split(order, starts[1:])


def evaluate(
    net: Sequential, loss: LossFunction, x: Array, y: Array | None, batch_size: int = 256
) -> tuple[float, float | None]:
    """Return the mean loss over all samples and the accuracy (None unless y holds classes), in test mode."""
    if len(x) == 0:
        raise ValueError("evaluate: x holds no sample, and the mean over none is not defined.")
    batch_size = whole_number(batch_size, "evaluate: batch_size")
    total, right = 0.0, 0
    labels = np.asarray(y)
    classes = labels.ndim == 1 and labels.dtype.kind in "iu"
    for start in range(0, len(x), batch_size):
        some = slice(start, start + batch_size)
        scores = net.forward(x[some])
        total += loss(scores, labels[some])[0] * len(scores)
        if classes:
            right += int((scores.argmax(-1) == labels[some]).sum())
    return total / len(x), right / len(x) if classes else None


def _checked(data: Data) -> Data:
    """Return the data as arrays, or say which do not fit."""
    if (data.x_val is None) != (data.y_val is None):
        raise ValueError("fit: validation data needs both: data is (x, y) or (x, y, x_val, y_val).")
    arrays = []
    for x, y, kind in ((data.x, data.y, ""), (data.x_val, data.y_val, "_val")):
        if x is None or y is None:
            continue
        x, y = float_array(x, f"fit: x{kind}"), any_array(y, f"fit: y{kind}")
        if x.ndim < 2 or len(x) == 0:
            raise ValueError(f"fit: x{kind} needs at least one sample a row, but its shape is {x.shape}.")
        if len(x) != len(y):
            raise ValueError(f"fit: x{kind} has {len(x)} samples, but y{kind} has {len(y)}.")
        arrays += [x, y]
    return Data(*arrays)
