"""The vital signs of a run, written down at every step, and an early warning in words when they are bad."""

import math
from array import array
from typing import NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.diagnostics.limits import BOLD, DEAD, TIMID
from coursekit.kernels.optim import sum_of_squares
from coursekit.layers import Activation
from coursekit.parameters import together
from coursekit.training.fit import share_right
from coursekit.training.run import Callback, Row, Run

RECENT = 36  # steps over which a warning looks: what one batch does is noise


class Vitals(NamedTuple):
    """What was seen at each of K steps; all arrays are (K,)."""

    loss: Array  # of the batch, before the step
    val_loss: Array  # after the step, as all that follow
    val_accuracy: Array  # share from 0 to 1; NaN if the scores name no class
    gradient: Array  # ‖∂L/∂θ‖, over all parameters θ together
    ratio: Array  # ‖Δθ‖ / ‖θ‖, of the step to what it has changed
    dead: Array  # share of the ReLU units that say 0 to every sample of the validation set


class VitalSigns(Callback):
    """Write down at every step what a doctor would look at; it changes nothing.

    Needs validation data in the run, with classes as labels, and a network without blocks.

    Attributes
    ----------
    vitals : Vitals
        All steps so far, copied.

    Raises
    ------
    ValueError
        When the run begins, if it has no validation data or their labels are no classes.

    References
    ----------
    CS231n, course notes, Neural networks part 3, Babysitting the learning process.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen = [array("d") for _ in Vitals._fields]
        self._before: list[Array] = []
        self._gradient = 0.0

    @property
    def vitals(self) -> Vitals:
        return Vitals(*map(np.array, self._seen))

    def begin(self, run: Run) -> None:
        if run.data.y_val is None or run.data.y_val.dtype.kind not in "iu":
            raise ValueError(
                "VitalSigns looks at validation data with a class for each sample: give fit the data "
                "(x, y, x_val, y_val), with whole numbers in y_val."
            )

    def before_update(self, run: Run) -> None:
        self._before = [theta.copy() for (theta,) in together(run.net.params)]
        self._gradient = _norm([g for (g,) in together(run.net.grads)])

    def after_row(self, run: Run, row: Row) -> None:
        after = [theta for (theta,) in together(run.net.params)]
        change = _norm([new - old for new, old in zip(after, self._before, strict=True)])
        size = _norm(after)
        scores, dead = _examined(run)
        labels = run.data.y_val
        assert labels is not None
        right = share_right(scores, labels, run.loss)
        accuracy = math.nan if right is None else right
        ratio = change / size if size else math.inf
        now = (row.loss, run.loss(scores, labels)[0], accuracy, self._gradient, ratio, dead)
        for sign, value in zip(self._seen, now, strict=True):
            sign.append(value)


def _examined(run: Run) -> tuple[Array, float]:
    """Return the scores (N, C) of the validation samples, and the share of ReLU units that say 0 to all of them.

    Where scores are NaN, so is the share.
    """
    assert run.data.x_val is not None
    out, silent = run.data.x_val, [np.zeros(0, bool)]
    for layer in run.net.layers:
        out = layer.forward(out)
        if isinstance(layer, Activation) and layer.function.name == "relu":
            silent.append((out <= 0).all(0).ravel())
    units = np.concatenate(silent)
    dead = float(units.mean()) if units.size else 0.0
    return out, dead if np.isfinite(out).all() else math.nan


def _norm(arrays: list[Array]) -> float:
    return math.sqrt(sum(sum_of_squares(np.ascontiguousarray(array)) for array in arrays))


class Symptom(NamedTuple):
    """What is wrong: in one word for a program, and in words for people."""

    kind: str
    words: str


def early_warning(vitals: Vitals, classes: int, epoch: int) -> Symptom | None:
    """Return the gravest of the symptoms that a run shows now, or None if it looks healthy.

    Parameters
    ----------
    vitals : Vitals
        All steps so far, at least one.
    classes : int
        C of the softmax: a net that knows nothing has a loss of log C.
    epoch : int
        Steps in an epoch.

    References
    ----------
    CS231n, course notes, Neural networks part 3, Babysitting the learning process.
    """
    chance = math.log(classes)
    signs = (
        _not_a_number(vitals),
        _units_dead(vitals),
        _gradient_grows(vitals),
        _starts_wrong(vitals, chance) if len(vitals.loss) < 3 * RECENT else None,
        _too_bold(vitals),
        _guesses(vitals, chance),
        _too_timid(vitals, chance),
        _swings(vitals, epoch),
        _overfits(vitals),
        _stands_still(vitals),
        _starts_wrong(vitals, chance),
    )
    return next((sign for sign in signs if sign), None)


def _recent(values: Array, count: int = RECENT) -> float:
    return float(np.median(values[-count:]))


def _not_a_number(vitals: Vitals) -> Symptom | None:
    bad = ~np.isfinite(vitals.loss) | ~np.isfinite(vitals.val_loss)
    if not bad.any():
        return None
    since = int(bad.argmax()) + 1
    return Symptom("nan", f"Since step {since} the loss is not a number: start anew with a smaller rate")


def _units_dead(vitals: Vitals) -> Symptom | None:
    born, now = vitals.dead[0], vitals.dead[-1]
    if now < DEAD:
        return None
    if born > 0.8 * now and vitals.ratio[0] < BOLD:
        return Symptom("born dead", f"{now:.0%} of the units are dead since the first step: look at the biases")
    if now > vitals.dead[-2 * RECENT :][0] + 0.02:
        return Symptom("dying", f"Units are dying, {now:.0%} so far: lower the rate")
    return Symptom("dead", f"{now:.0%} of the units have died, and a lower rate brings hardly one back")


def _gradient_grows(vitals: Vitals) -> Symptom | None:
    if len(vitals.loss) < 2 * RECENT:
        return None
    growth = _recent(vitals.gradient, 6) / _recent(vitals.gradient[:-6])
    if growth < 3 or _recent(vitals.loss, 6) < max(_recent(vitals.loss[:-6]), 0.2):
        return None
    return Symptom("growing", f"The gradient has grown {growth:.0f} times, and the loss rises: lower the rate now")


def _starts_wrong(vitals: Vitals, chance: float) -> Symptom | None:
    first = vitals.loss[0]
    if first < chance + 1:
        return None
    return Symptom("start", f"The first loss was {first:.2g}, not {chance:.2g}: the first weights are too large")


def _too_bold(vitals: Vitals) -> Symptom | None:
    ratio = _recent(vitals.ratio, 12)
    if ratio < BOLD:
        return None
    return Symptom("bold", f"A step changes the weights by {ratio:.0%}: the rate is too high")


def _guesses(vitals: Vitals, chance: float) -> Symptom | None:
    steps, ratio = len(vitals.loss), _recent(vitals.ratio, 3 * RECENT)
    if steps < 3 * RECENT or _recent(vitals.val_loss, 6) < chance - 0.15 or ratio < TIMID:
        return None
    if _recent(vitals.gradient) < 0.3:
        return Symptom("faint", f"After {steps} steps it still guesses, and hardly a gradient arrives")
    return Symptom("labels", f"After {steps} steps of a good size it still guesses: look at data and labels")


def _too_timid(vitals: Vitals, chance: float) -> Symptom | None:
    ratio = _recent(vitals.ratio)
    if ratio > TIMID or _recent(vitals.loss) < 0.4 * chance or len(vitals.loss) < 12:
        return None
    return Symptom("timid", f"A step changes the weights by {100 * ratio:.1g}% only: the rate is too low")


def _swings(vitals: Vitals, epoch: int) -> Symptom | None:
    if len(vitals.loss) < 3 * epoch:
        return None
    turns = np.log(vitals.loss[-3 * epoch :]).reshape(3, epoch)
    turns = turns - turns.mean(1, keepdims=True)
    explained = turns.mean(0).var() / max(turns.var(), 1e-12)
    if explained < 0.75 or turns.std() < 0.5:
        return None
    return Symptom("swings", "The loss swings alike in every epoch: are the samples shuffled?")


def _overfits(vitals: Vitals) -> Symptom | None:
    if len(vitals.loss) < 3 * RECENT:
        return None
    train, val, before = _recent(vitals.loss), _recent(vitals.val_loss), _recent(vitals.val_loss[:-RECENT])
    if train > 0.2 or val - train < 0.3 or val < 0.99 * before:
        return None
    return Symptom("overfits", f"Overfitting: training loss {train:.1g}, and the validation loss stays at {val:.2g}")


def _stands_still(vitals: Vitals) -> Symptom | None:
    if len(vitals.loss) < 6 * RECENT:
        return None
    before, now = float(np.mean(vitals.loss[-6 * RECENT : -RECENT])), float(np.mean(vitals.loss[-RECENT // 2 :]))
    if now < 0.5 or now < 0.95 * before:
        return None
    return Symptom("plateau", f"The loss has stood at {now:.2g} for {6 * RECENT} steps")
