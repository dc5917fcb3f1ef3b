"""What may happen beside the steps of a run: schedules, clipping, penalties, early stopping, a watch for NaN."""

import math
from collections.abc import Callable

import numpy as np

from coursekit.adversarial import fgsm
from coursekit.diagnostics import first_nonfinite
from coursekit.hyperparameter import in_range, whole_number
from coursekit.network import values_of
from coursekit.optimisers import clip_by_norm, clip_by_value
from coursekit.parameters import NamedArrays, together
from coursekit.penalties import PENALTIES
from coursekit.training.run import Callback, Row, Run


class Schedule(Callback):
    """In step t (0, 1, …) multiply the learning rate by ``factor(t)``; afterwards the optimiser has its own again.

    Two schedules multiply: a warm-up beside a decay.

    Parameters
    ----------
    factor : callable
        From a step to a number, e.g. one of `coursekit.schedules.SCHEDULES`.
    """

    def __init__(self, factor: Callable[[int], float]) -> None:
        super().__init__()
        if isinstance(factor, type) or not callable(factor):
            raise TypeError(
                "Schedule takes a function from a step to a factor, such as SCHEDULES['cosine'](total=100), "
                f"not {factor!r}."
            )
        self.factor = factor

    def before_update(self, run: Run) -> None:
        factor = self.factor(run.step)
        in_range(factor, f"Schedule: the factor of step {run.step}", 0.0)
        run.factor *= factor


class ClipNorm(Callback):
    """Scale all gradients down together so that their norm is at most ``max_norm``. See `clip_by_norm`."""

    def __init__(self, max_norm: float) -> None:
        super().__init__()
        in_range(max_norm, "ClipNorm: max_norm", 0.0, above=True)
        self.max_norm = max_norm

    def before_update(self, run: Run) -> None:
        clip_by_norm(run.net.grads, self.max_norm)

    def settings(self) -> str:
        return f"ClipNorm({self.max_norm:g})"


class ClipValue(Callback):
    """Cut every gradient to [−limit, limit]. See `clip_by_value`."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        in_range(limit, "ClipValue: limit", 0.0, above=True)
        self.limit = limit

    def before_update(self, run: Run) -> None:
        clip_by_value(run.net.grads, self.limit)

    def settings(self) -> str:
        return f"ClipValue({self.limit:g})"


class Penalty(Callback):
    """Add a penalty on the weights, not the biases, to the loss and to the gradients.

    Parameters
    ----------
    name : str
        From `PENALTIES`. ``max_norm`` adds nothing, and moves the weights back inside after each step.
    strength : float
        λ; the limit of ``max_norm``.
    """

    def __init__(self, name: str, strength: float) -> None:
        super().__init__()
        self.penalty = PENALTIES[name]
        in_range(strength, f"Penalty: the strength of {name}", 0.0)
        self.strength = strength

    def before_update(self, run: Run) -> None:
        if self.penalty.project is None:
            for name in _weights(run):
                value, gradient = self.penalty(run.net.params[name], self.strength)
                run.batch_loss += value
                run.net.grads[name] += gradient

    def after_update(self, run: Run) -> None:
        if self.penalty.project is not None:
            for name in _weights(run):
                self.penalty.project(run.net.params[name], self.strength)

    def settings(self) -> str:
        return f"Penalty({self.penalty.name!r}, {self.strength:g})"


def _weights(run: Run) -> list[str]:
    """Return the paths of weight matrices and filters: those named w, wx or wh."""
    return [name for name in run.net.params if name.rpartition(".")[2].startswith("w")]


class Adversarial(Callback):
    """Train on a mixture of the batch and of what FGSM makes of it: α · L(x) + (1 − α) · L(x + ε · sign(∂L/∂x)).

    It stands before clipping and penalties among the callbacks. A step takes about three times as long.

    Parameters
    ----------
    epsilon : float
        The size of the step. See `fgsm`.
    alpha : float
        The share of the clean loss, from 0 to 1.
    low, high : float
        The range of the data.

    Raises
    ------
    ValueError
        If ``epsilon`` is negative, or ``alpha`` is not from 0 to 1.

    References
    ----------
    I. Goodfellow, J. Shlens and C. Szegedy (2015), Explaining and harnessing adversarial examples, section 6.
    """

    def __init__(self, epsilon: float, alpha: float = 0.5, low: float = -math.inf, high: float = math.inf) -> None:
        super().__init__()
        in_range(epsilon, "Adversarial: epsilon", 0.0)
        in_range(alpha, "Adversarial: alpha", 0.0, 1.0)
        self.epsilon, self.alpha, self.low, self.high = epsilon, alpha, low, high

    def settings(self) -> str:
        return f"Adversarial({self.epsilon:g}, {self.alpha:g}, {self.low:g}, {self.high:g})"

    def before_update(self, run: Run) -> None:
        grads, y = run.net.grads, run.data.y[run.chosen]
        clean = {name: array.copy() for name, array in grads.items()}
        attacked = fgsm(run.net, run.loss, run.data.x[run.chosen], y, self.epsilon, self.low, self.high)
        loss, dscores = run.loss(run.net.forward(attacked, training=True), y)
        run.net.parameter_gradients(dscores)
        for name, array in clean.items():
            grads[name][...] = self.alpha * array + (1 - self.alpha) * grads[name]
        run.batch_loss = self.alpha * run.batch_loss + (1 - self.alpha) * loss


class EarlyStopping(Callback):
    """End the run when the validation loss has not improved for ``patience`` epochs, and take the best weights back.

    They come back, too, when the epochs run out before that.

    Parameters
    ----------
    patience : int
        Epochs to wait for an improvement.
    min_delta : float
        By how much the loss must fall for it to be one, at least 0.

    References
    ----------
    Prechelt (1998), Early stopping, but when?; Goodfellow, Bengio and Courville (2016), Deep Learning, algorithm 7.1.
    """

    def __init__(self, patience: int = 5, min_delta: float = 0.0) -> None:
        super().__init__()
        self.patience = whole_number(patience, "EarlyStopping: patience, in epochs,")
        in_range(min_delta, "EarlyStopping: min_delta", 0.0)
        self.min_delta = min_delta

    def begin(self, run: Run) -> None:
        if run.data.x_val is None:
            raise ValueError("EarlyStopping needs validation data: pass data=(x, y, x_val, y_val).")
        self._values = values_of(run.net)
        self.arrays = {"loss": np.full((), math.inf), "epoch": np.zeros((), np.int64)}
        self.arrays |= {f"best.{name}": array.copy() for name, array in self._values.items()}

    def after_row(self, run: Run, row: Row) -> None:
        if row.val_loss is None:
            return
        if row.val_loss < self.arrays["loss"] - self.min_delta:
            self.arrays["loss"][...], self.arrays["epoch"][...] = row.val_loss, row.epoch
            for name, array in self._values.items():
                self.arrays[f"best.{name}"][...] = array
        elif row.epoch - self.arrays["epoch"] >= self.patience:
            run.finished = True

    def end(self, run: Run) -> None:
        if np.isfinite(self.arrays["loss"]):  # else there was no best
            for name, array in self._values.items():
                array[...] = self.arrays[f"best.{name}"]


class NaNWatch(Callback):
    """Raise as soon as the loss, a gradient or a parameter is NaN or infinite, and name the step and the layer.

    Raises
    ------
    FloatingPointError
        With the step, the layer and what went first.
    """

    def before_update(self, run: Run) -> None:
        if not (math.isfinite(run.batch_loss) and _all_finite(run.net.grads)):
            self._raise(run)

    def after_update(self, run: Run) -> None:
        if not _all_finite(run.net.params):
            self._raise(run)

    def _raise(self, run: Run) -> None:
        # Forward again over this batch, then the gradients as they are.
        found = first_nonfinite(run.net, run.data.x[run.chosen]) or first_nonfinite(run.net)
        raise FloatingPointError(
            f"Step {run.step + 1}: the loss is {run.batch_loss:g}. First not finite: {found or 'the loss itself'}. "
            "Try a smaller learning rate, clipping, or another initialisation; and look at this batch."
        )


def _all_finite(arrays: NamedArrays) -> bool:
    return all(np.isfinite(flat).all() for (flat,) in together(arrays))
