"""The training loop."""

import warnings
from collections.abc import Generator, Iterable, Iterator, Sequence
from inspect import GEN_CLOSED, getgeneratorstate
from os import PathLike
from typing import Any

import numpy as np

from coursekit.arrays import Array, Seed, any_array, float_array, seeded
from coursekit.habits import knows_habits
from coursekit.hyperparameter import whole_number
from coursekit.layers import Activation, Layer
from coursekit.losses import LOSSES, LossFunction, loss_of
from coursekit.network import Sequential, pass_kept
from coursekit.network.lean import LeanPasses
from coursekit.optimisers import OPTIMISERS
from coursekit.training.checkpoint import load_checkpoint
from coursekit.training.history import predicted
from coursekit.training.run import Callback, Data, Row, Run

TO_ITERATE = "a step is taken when its row is asked for. Write `for row in fit(...):`, or train(...)."
OF_LOGITS = ("softmax_cross_entropy", "focal", "large_margin_softmax", "binary_cross_entropy")


@knows_habits
def fit(
    net: Sequential,
    loss: LossFunction | str,
    optimiser: Any,
    data: tuple[Array, ...],
    epochs: int,
    batch_size: int,
    rng: Seed,
    callbacks: Sequence[Callback] = (),
    resume_from: str | PathLike[str] | None = None,
) -> "Rows":
    """Train a network on shuffled mini-batches; each step happens when its row is asked for.

    So ``for row in fit(...)`` trains, `break` pauses or stops, and ``next`` goes on.

    Parameters
    ----------
    net : Sequential
        Trained in place.
    loss : callable or str
        ``loss(scores, y) -> (value, dscores)``: one of `LOSSES`, or its name, or ``partial(LOSSES["focal"], gamma=1)``.
    optimiser : optimiser
        From `OPTIMISERS`, with its learning rate.
    data : (x, y) or (x, y, x_val, y_val)
        Samples along the first axis. With validation data the last row of an epoch carries its loss and accuracy.
    epochs : int
        How many times every sample is seen.
    batch_size : int
        Samples a step; a larger one than there are samples takes all of them. A last batch is smaller, and if it would
        hold a single sample it joins the one before, because one sample has no variance.
    rng : numpy.random.Generator or int
        Shuffles; a whole number is the seed of one. The same seeds give the same run, bit for bit.
    callbacks : sequence of Callback
        Schedules, clipping, early stopping, checkpoints; called in this order.
    resume_from : path, optional
        A file of `Checkpoint`: the run goes on where it was written and ends where it would have ended. Network, loss,
        optimiser, data, batch size and callbacks must be as they were then; more epochs may follow.

    Returns
    -------
    Rows
        An iterator over a `Row` for each step; its ``close()`` ends the run.

    Raises
    ------
    ValueError
        If x and y differ in length, there are no samples, or a number is not positive.
    TypeError
        If the network or the loss is none, the optimiser is a name or a class, which has no learning rate yet, ``rng``
        is neither generator nor seed, ``data`` is no such tuple, or ``callbacks`` no list of callbacks.
    KeyError
        If no loss has that name.

    Warns
    -----
    UserWarning
        If the network ends in a softmax or sigmoid, and the loss has its own; or, later, if no row was ever asked for.
    """
    epochs, batch_size = whole_number(epochs, "fit: epochs"), whole_number(batch_size, "fit: batch_size")
    optimiser, rng = _made(optimiser), seeded(rng, "fit")
    if not isinstance(net, Layer):
        raise TypeError(f"fit: the network must be one, such as Sequential([...]), but is {net!r}.")
    if isinstance(net, Sequential) and not net.layers:
        raise ValueError("fit: the network has no layer left. net.layers.append(layer) adds one.")
    loss = loss_of(loss)
    _warn_of_probabilities(net, loss)
    run = Run(net, loss, optimiser, _checked(data), batch_size, rng, _listed(callbacks))
    run.memory = optimiser.init(net.params)
    for callback in run.callbacks:
        callback.begin(run)
    if resume_from is not None:
        load_checkpoint(resume_from, run)
    return Rows(_rows(run, epochs))


class Rows(Iterator[Row]):
    """The rows of a run, as `fit` gives them: each is a step, taken when it is asked for."""

    def __init__(self, rows: Generator[Row, None, None]) -> None:
        self._rows = rows
        self._asked = False

    def __next__(self) -> Row:
        self._asked = True
        return next(self._rows)

    def close(self) -> None:
        """End the run where it is; it gives no more rows."""
        self._asked = True
        self._rows.close()

    def __repr__(self) -> str:
        if getgeneratorstate(self._rows) == GEN_CLOSED:
            return "A run that is over: it gives no more rows."
        return f"{'A run on its way' if self._asked else 'A run that has not begun'}: {TO_ITERATE}"

    def __del__(self) -> None:
        if not self._asked:
            warnings.warn(f"fit(...) has trained nothing: {TO_ITERATE}", stacklevel=2)


def _warn_of_probabilities(net: Layer, loss: LossFunction) -> None:
    """Warn if a loss that takes logits gets what a softmax or sigmoid has made of them, and would squash it again."""
    last: Layer = net
    while isinstance(last, Sequential) and last.layers:
        last = last.layers[-1]
    squashing = isinstance(last, Activation) and last.function.name in ("softmax", "sigmoid")
    name = getattr(getattr(loss, "func", loss), "name", "")  # ``func`` of a partial
    if squashing and name in OF_LOGITS:
        warnings.warn(
            f"{name} takes logits and squashes them itself, but the network ends in {last!r}: its gradients will be "
            "small. Leave that layer out.",
            stacklevel=4,  # who calls `fit`, behind what looks at its keywords
        )


def _made(optimiser: Any) -> Any:
    """Return an optimiser, or say how to make one of its name or its class."""
    kind = OPTIMISERS[optimiser] if isinstance(optimiser, str) else optimiser
    if isinstance(kind, type):
        name = getattr(kind, "name", kind.__name__)
        raise TypeError(f"fit: the optimiser needs its learning rate: OPTIMISERS[{name!r}](lr=0.01).")
    if not hasattr(kind, "init"):
        raise TypeError(f"fit: {kind!r} is no optimiser. Make one: OPTIMISERS['adam'](lr=0.01).")
    return kind


def _rows(run: Run, epochs: int) -> Generator[Row, None, None]:
    if run.finished or run.epoch >= epochs:  # resumed where it had ended
        _end(run)
    passes = LeanPasses(run.net)
    try:
        while run.epoch < epochs and not run.finished:
            batches = _batches(run)
            for chosen in batches[run.batch :]:
                run.batch, run.chosen = run.batch + 1, chosen
                with run.net.turn:  # other threads look between two steps
                    row = _step(run, passes, last=run.batch == len(batches))
                if run.finished or run.epoch == epochs:
                    _end(run)
                yield row
                if run.finished:
                    return
    finally:
        passes.hand_out()


def _end(run: Run) -> None:
    for callback in run.callbacks:
        callback.end(run)


def _step(run: Run, passes: LeanPasses, last: bool) -> Row:
    """Train on the chosen samples and tell the callbacks."""
    x, y = run.data.x.take(run.chosen, 0), run.data.y.take(run.chosen, 0)
    run.batch_loss, dscores = _pair(run.loss(passes.forward(x), y))
    passes.parameter_gradients(dscores)
    run.factor = 1.0
    for callback in run.callbacks:
        callback.before_update(run)
    rate = _update(run)
    for callback in run.callbacks:
        callback.after_update(run)
    run.step += 1
    row = Row(run.step, run.epoch + 1, run.batch_loss, rate)
    if last:
        run.epoch, run.batch, run.epoch_rng = run.epoch + 1, 0, {}
        if run.data.x_val is not None:
            val_loss, val_accuracy = evaluate(run.net, run.loss, run.data.x_val, run.data.y_val)
            row = row._replace(val_loss=val_loss, val_accuracy=val_accuracy)
    for callback in run.callbacks:
        callback.after_row(run, row)
    return row


def _pair(said: Any) -> tuple[float, Array]:
    """Return what a loss said, or say how one is written."""
    if not isinstance(said, tuple) or len(said) != 2:
        raise TypeError(
            f"fit: a loss returns two things, (loss, dscores), where dscores is ∂L/∂scores; this one returned "
            f"{type(said).__name__}."
        )
    return said


def _update(run: Run) -> float:
    """Let the optimiser take its step, and return its rate there: its own times the factor of the schedules."""
    base = run.optimiser.lr
    if run.factor == 1:
        run.optimiser.step(run.net.params, run.net.grads, run.memory)
        return float(base)
    run.optimiser.lr = rate = base * run.factor
    try:
        run.optimiser.step(run.net.params, run.net.grads, run.memory)
    finally:
        run.optimiser.lr = base
    return float(rate)


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


@knows_habits
def evaluate(
    net: Sequential, loss: LossFunction | str, x: Array, y: Array | None, batch_size: int = 256
) -> tuple[float, float | None]:
    """Return the mean loss over all samples and the accuracy (None unless y holds classes), in test mode.

    With one score a sample, the logit of `binary_cross_entropy`, its sign names the class.

    Batches of ``batch_size`` (samples) save memory and change nothing: the loss is asked once, for all scores together,
    since the mean of a weighted loss is not the mean of the batches' means. A backward pass may still follow the
    network's last `forward`.

    Raises
    ------
    ValueError
        If there is no sample, or the batch size is no whole number of at least 1.
    """
    if not np.ndim(x) or not hasattr(x, "__len__"):
        raise TypeError(f"evaluate: x must be an array, one sample a row, but is {x!r}.")
    if len(x) == 0:
        raise ValueError("evaluate: x holds no sample, and the mean over none is not defined.")
    batch_size = whole_number(batch_size, "evaluate: batch_size")
    with pass_kept(net):
        scores = np.concatenate([net.forward(x[i : i + batch_size]) for i in range(0, len(x), batch_size)])
    loss, labels = loss_of(loss), np.asarray(y)
    return loss(scores, labels)[0], share_right(scores, labels, loss)


def share_right(scores: Array, labels: Array, loss: LossFunction) -> float | None:
    """Return the share of samples whose class the scores name, or None if they name none."""
    binary = LOSSES["binary_cross_entropy"]
    if scores.shape[1:] == (1,) and loss in (binary, binary.function):
        labels = labels.reshape(-1)
    elif scores.ndim != 2 or scores.shape[1] == 1:
        return None
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        return None
    return float((predicted(scores) == labels).mean())


def _listed(callbacks: Sequence[Callback]) -> tuple[Callback, ...]:
    """Return the callbacks, or say how what was given becomes a list of them."""
    if isinstance(callbacks, Callback):
        raise TypeError(f"fit: callbacks is a list, also of a single one: [{type(callbacks).__name__}(...)].")
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"fit: callbacks is a list, not {callbacks!r}. Leave it out if there is none.")
    for one in callbacks:
        if isinstance(one, type):
            raise TypeError(f"fit: the callback {one.__name__} is a class. Make one of it: {one.__name__}(...).")
        if not isinstance(one, Callback):
            raise TypeError(f"fit: {one!r} is no callback. Those here are in coursekit.training, e.g. NaNWatch().")
        vars(one).setdefault("arrays", {})  # also of one whose __init__ leaves out super().__init__()
    return tuple(callbacks)


def _checked(given: tuple[Array, ...]) -> Data:
    """Return the data as arrays, or say which do not fit."""
    if not isinstance(given, tuple | list) or len(given) not in (2, 4):
        came = f"{len(given)} parts" if isinstance(given, tuple | list) else f"one {type(given).__name__}"
        raise TypeError(f"fit: data is (x, y) or (x, y, x_val, y_val), but {came} came.")
    data = Data(*given)
    if data.x is None or data.y is None:
        raise TypeError("fit: x and y must be arrays, but one is None. A network learns from targets: data is (x, y).")
    if (data.x_val is None) != (data.y_val is None):
        raise ValueError("fit: validation data needs both: data is (x, y) or (x, y, x_val, y_val).")
    arrays = []
    for x, y, kind in ((data.x, data.y, ""), (data.x_val, data.y_val, "_val")):
        if x is None or y is None:
            continue
        x, y = float_array(x, f"fit: x{kind}"), any_array(y, f"fit: y{kind}")
        if x.ndim < 2 or len(x) == 0:
            raise ValueError(f"fit: x{kind} needs at least one sample a row, but its shape is {x.shape}.")
        if not y.ndim:
            raise ValueError(f"fit: y{kind} needs one target a sample, but is a single {y.item()!r}.")
        if len(x) != len(y):
            raise ValueError(f"fit: x{kind} has {len(x)} samples, but y{kind} has {len(y)}.")
        arrays += [x, y]
    return Data(*arrays)
