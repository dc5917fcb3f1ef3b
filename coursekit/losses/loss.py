"""The record of one loss: everything that demos, tests, tables and benchmarks need to know about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from typing import Any

from numpy.typing import ArrayLike

from coursekit.arrays import Array
from coursekit.hyperparameter import Hyperparameter, known_only
from coursekit.registry import Registry


@dataclass(frozen=True)
class Loss:
    """One loss and all that is known about it.

    Attributes
    ----------
    name, label : str
        The key in `LOSSES`, and the name for people.
    function : callable
        ``function(scores, y, **params) -> (loss, dscores)``; the record itself is called in the same way.
    formula, gradient : str
        LaTeX, without dollar signs: the loss of one sample (of one number, if y holds values), and its derivative.
    y : str
        What the targets are: "classes", integers (N,), with scores (N, C); "probabilities", numbers from 0 to 1 in the
        shape of the scores; or "values", any numbers in the shape of the scores.
    params : tuple of Hyperparameter
        Numbers that shape the loss.
    kinks : callable, optional
        ``kinks(scores, y, **params)`` gives distances to the places where the gradient jumps: a gradient check needs
        all of them larger than its step. None if it never jumps.
    verdict, source : str
        What to use it for, and the paper.
    """

    name: str
    label: str
    function: Callable[..., tuple[float, Array]]
    formula: str
    gradient: str
    y: str
    params: tuple[Hyperparameter, ...] = ()
    kinks: Callable[..., Array] | None = None
    verdict: str = ""
    source: str = ""

    @cached_property
    def accepts(self) -> tuple[str, ...]:
        """The names of all its parameters, arrays such as ``class_weights`` included."""
        return tuple(signature(self.function).parameters)[2:]

    def __call__(self, scores: Array, y: ArrayLike, **params: Any) -> tuple[float, Array]:
        """Return the mean loss of the batch and its gradient with respect to the scores.

        Raises
        ------
        TypeError
            If the loss has no such parameter.
        TypeError, ValueError
            As ``function`` does.
        """
        if params:
            known_only(self.name, params, self.accepts)
        return self.function(scores, y, **params)


LOSSES: Registry[Loss] = Registry("loss")
#: What a loss is to those who ask it: a function from scores and targets y to its value and ∂L/∂scores.
LossFunction = Callable[[Array, Any], tuple[float, Array]]


def loss_of(loss: LossFunction | str) -> LossFunction:
    """Return a loss by its name in `LOSSES`, and a function as it is; else raise ``TypeError``."""
    if isinstance(loss, str):
        return LOSSES[loss]
    if not callable(loss):
        raise TypeError(f"The loss is a name in LOSSES or a function (scores, y) → (loss, dscores), but is {loss!r}.")
    return loss
