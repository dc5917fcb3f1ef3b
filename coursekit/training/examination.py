"""A network and its training put to the tests of a checklist: what is measured, on copies of the net that is given."""

import copy
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.data import Images, split
from coursekit.diagnostics import LayerReport, network_report
from coursekit.losses import LOSSES
from coursekit.network import CostTable, Sequential, cost_table
from coursekit.parameters import together
from coursekit.training.fit import evaluate, fit
from coursekit.training.run import Callback, Run

FEW = 20  # samples that a net should be able to learn by heart
PATIENCE = 200  # steps that it has for them
SOME = 256  # samples in which signals are looked at
SHOWN = 12  # misread images that are kept
LOSS = LOSSES["softmax_cross_entropy"]


class Misread(NamedTuple):
    """Validation images that the trained net takes for something else."""

    images: Array  # (K, ...), at most `SHOWN`
    labels: Array  # (K,)
    taken_for: Array  # (K,)
    total: int  # of all that are misread


class Examination(NamedTuple):
    """What was measured; S steps were taken, C classes told apart."""

    classes: int
    first_loss: float
    by_heart: tuple[int, float]  # of the few samples those read correctly in the end, and their loss
    born: list[LayerReport]  # before the first step
    trained: list[LayerReport]  # in the end
    ratio: float  # ‖Δθ‖ / ‖θ‖, the median over all steps
    loss: Array  # (S,), of each step's batch
    validation: Array  # (E, 2): the step that ends an epoch, and the validation loss then
    train_right: float  # share
    val_right: float
    test_right: float
    misread: Misread
    cost: CostTable
    training: str  # how it was trained, in words
    seconds: float  # of the processor, for the training alone
    unfinished: bool  # whether the seconds were used up before the last epoch


class _Ratios(Callback):
    """Keep ‖Δθ‖ / ‖θ‖ of every step."""

    def __init__(self) -> None:
        super().__init__()
        self.ratios: list[float] = []

    def before_update(self, run: Run) -> None:
        self._before = [theta.copy() for (theta,) in together(run.net.params)]

    def after_update(self, run: Run) -> None:
        now = [theta for (theta,) in together(run.net.params)]
        change = math.sqrt(sum(_squares(new - old) for new, old in zip(now, self._before, strict=True)))
        size = math.sqrt(sum(map(_squares, now)))
        self.ratios.append(change / size if size else math.inf)


def _squares(array: Array) -> float:
    return float(np.vdot(array, array))


def examine(
    net: Sequential,
    optimiser: Any,
    train: Images,
    test: Images,
    epochs: int = 10,
    batch_size: int = 32,
    callbacks: Sequence[Callback] = (),
    seconds: float = math.inf,
    seed: int = 0,
) -> Examination:
    """Measure what a careful person would look at before and while a network trains, and what it then can do.

    A fifth of the training images is kept for validation. The test images are looked at once, at the very end.

    Parameters
    ----------
    net : Sequential
        As it is before its first step, with one score for each class. It takes images (N, C, H, W), or their pixels
        (N, D). Copies of it are trained; it stays as it is.
    optimiser : optimiser
        From `OPTIMISERS`; copies of it are used.
    train, test : Images
        For instance those of `load_digits`.
    epochs, batch_size : int
        As for `fit`.
    callbacks : sequence of Callback
        As for `fit`; copies of them are used, and not for the few samples that are learned by heart.
    seconds : float
        The training ends when the processor has worked so long for it.
    seed : int
        Deals and shuffles.

    Returns
    -------
    Examination

    Raises
    ------
    ValueError
        If the net takes neither images nor pixels of this size, or gives less than one score a class.
    """
    rng = np.random.default_rng(seed)
    read = _as_read(net, train.images)
    classes = _enough_scores(net, read(train.images[:2]), train.labels)
    learn, judge = split(train.images, train.labels, (0.8, 0.2), rng)
    x, x_val = read(learn.x), read(judge.x)
    few = _by_heart(net, optimiser, x[:FEW], learn.labels[:FEW], rng)
    some = x_val[:SOME], LOSS, judge.labels[:SOME]
    with np.errstate(all="ignore"):  # an overflow is a result
        first_loss = LOSS(copy.deepcopy(net).forward(x[:SOME], training=True), learn.labels[:SOME])[0]
        plan = (optimiser, (x, learn.labels, x_val, judge.labels), epochs, batch_size, callbacks, seconds)
        run = _train(copy.deepcopy(net), *plan, rng)
        return Examination(
            classes,
            first_loss,
            few,
            network_report(copy.deepcopy(net), *some, training=True),
            network_report(run.net, *some),
            *(run.ratio, run.loss, run.validation),
            _right(run.net, x, learn.labels),
            _right(run.net, x_val, judge.labels),
            _right(run.net, read(test.images), test.labels),
            _misread(run.net, judge.x, x_val, judge.labels),
            cost_table(copy.deepcopy(net), x.shape[1:]),
            _in_words(optimiser, epochs, batch_size, callbacks, len(x)),
            *(run.seconds, run.unfinished),
        )


class _Trained(NamedTuple):
    """A network after its training, and what was seen on the way."""

    net: Sequential
    ratio: float
    loss: Array  # (S,)
    validation: Array  # (E, 2)
    seconds: float
    unfinished: bool


def _train(
    net: Sequential,
    optimiser: Any,
    data: tuple[Array, ...],
    epochs: int,
    batch_size: int,
    callbacks: Sequence[Callback],
    seconds: float,
    rng: np.random.Generator,
) -> _Trained:
    """Train a network in place with copies of optimiser and callbacks, as long as its seconds and numbers last."""
    ratios, losses, validation = _Ratios(), [], []
    start = time.process_time()
    watched = [*copy.deepcopy(list(callbacks)), ratios]
    for row in fit(net, LOSS, copy.deepcopy(optimiser), data, epochs, batch_size, rng, watched):
        losses.append(row.loss)
        if row.val_loss is not None:
            validation.append((row.step, row.val_loss))
        if time.process_time() - start > seconds or not math.isfinite(row.loss):
            break
    spent, planned = time.process_time() - start, epochs * math.ceil(len(data[0]) / batch_size)
    return _Trained(
        net,
        float(np.median(ratios.ratios)),
        np.array(losses),
        np.array(validation).reshape(-1, 2),
        spent,
        spent > seconds and len(losses) < planned,
    )


def _enough_scores(net: Sequential, x: Array, labels: Array) -> int:
    """Return the number of classes, or raise ``ValueError`` if the net gives fewer scores."""
    classes = int(labels.max()) + 1
    scores = copy.deepcopy(net).forward(x)
    if scores.shape[1] < classes:
        raise ValueError(
            f"report_card: there are {classes} classes, but the net's output has shape {scores.shape}. "
            f"Let its last layer be Linear(…, {classes}, rng)."
        )
    return classes


def _right(net: Sequential, x: Array, labels: Array) -> float:
    """Return the share of samples that are read correctly."""
    return evaluate(net, LOSS, x, labels)[1] or 0.0


def _in_words(optimiser: Any, epochs: int, batch_size: int, callbacks: Sequence[Callback], count: int) -> str:
    helpers = "".join(f", {type(callback).__name__}" for callback in callbacks)
    label = getattr(optimiser, "label", type(optimiser).__name__)
    return f"{label}, rate {optimiser.lr:g}, {epochs} epochs of {count:,} images in batches of {batch_size}{helpers}"


def _as_read(net: Sequential, images: Array) -> Callable[[Array], Array]:
    """Return what turns images into the net's input: nothing, or their pixels in a row."""
    dtype = next((array.dtype for array in net.params.values()), images.dtype)

    def as_images(x: Array) -> Array:
        return x.astype(dtype)

    def as_pixels(x: Array) -> Array:
        return x.reshape(len(x), -1).astype(dtype)

    complaint = "Put Flatten() before the last Linear."
    for read in (as_images, as_pixels):
        try:
            if copy.deepcopy(net).forward(read(images[:2])).ndim == 2:
                return read
        except (ValueError, TypeError) as error:
            complaint = str(error)
    shape = " × ".join(map(str, images.shape[1:]))
    raise ValueError(
        f"report_card: the net takes neither images ({shape}) nor their {images[0].size} pixels, or does not give one "
        f"row of scores a sample. {complaint}"
    )


def _by_heart(net: Sequential, optimiser: Any, x: Array, labels: Array, rng: np.random.Generator) -> tuple[int, float]:
    """Train a copy on a few samples alone; return how many it reads in the end, and their loss."""
    net = copy.deepcopy(net)
    with np.errstate(all="ignore"):
        for row in fit(net, LOSS, copy.deepcopy(optimiser), (x, labels), PATIENCE, len(x), rng):
            if not math.isfinite(row.loss):
                break
        scores = net.forward(x)
        return int((scores.argmax(1) == labels).sum()), LOSS(scores, labels)[0]


def _misread(net: Sequential, images: Array, x: Array, labels: Array) -> Misread:
    taken_for = net.predict(x)
    wrong = np.flatnonzero(taken_for != labels)
    some = wrong[:SHOWN]
    return Misread(images[some], labels[some], taken_for[some], len(wrong))
