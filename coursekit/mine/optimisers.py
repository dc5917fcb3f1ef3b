"""An optimiser of the learner's own."""

from typing import Any

import numpy as np

from coursekit.exercises.checking import CheckResult, Verdict
from coursekit.exercises.own_code import OwnCodeError
from coursekit.mine.names import check_name, label_of
from coursekit.mine.trial import NothingYetError, tried, unlike
from coursekit.optimisers import OPTIMISERS
from coursekit.optimisers.own import OwnOptimiser, Step, optimiser_of

FORM = "def step(w, grad, memory, lr): return w - lr * grad"
TRIALS = (((3,), np.float64), ((2, 3), np.float32), ((), np.float64))  # shape and dtype of w


def optimiser(name: str, step: Step) -> CheckResult:
    """Put an optimiser of your own into every dropdown of optimisers, under ``name``.

    Parameters
    ----------
    name : str
        What to call it. A name of your own may be used again: the newer one replaces the older.
    step : callable
        ``step(w, grad, memory, lr)``: is called for each array of parameters w, with its gradient, and returns the new
        w; or changes w in place (``w -= lr * grad``) and returns nothing. ``memory`` is a dict that starts empty and
        keeps from step to step what you put into it.

    Returns
    -------
    CheckResult
        ✓ and it is in the dropdowns; or what is wrong, and nothing has changed.

    Raises
    ------
    ValueError
        If the name is one of the course's, or no name.

    Examples
    --------
    >>> def step(w, grad, memory, lr):
    ...     memory["v"] = 0.9 * memory.get("v", 0) + grad
    ...     return w - lr * memory["v"]
    >>> optimiser("heavy", step)
    ✓ heavy: it is in every dropdown of optimisers now, as “heavy (yours)”.
    >>> OPTIMISERS.remove_own()
    """
    check_name(name, OPTIMISERS)
    if complaint := unlike(step, ("w", "grad", "memory", "lr"), FORM):
        return CheckResult(name, Verdict.WRONG, complaint)
    kind = optimiser_of(name, label_of(name), step)
    result = tried(name, lambda: _try(kind), f"it is in every dropdown of optimisers now, as “{kind.label}”.")
    if result.verdict is Verdict.CORRECT:
        OPTIMISERS.add_own(kind)
    return result


def _try(kind: type[OwnOptimiser]) -> None:
    moves = [_moves(kind, shape, dtype) for shape, dtype in TRIALS]  # all of them, so that each can raise
    if not any(moves):
        raise NothingYetError(
            f"w stays where it is. Return the new w, or change it in place: w -= lr * grad. The form: {FORM}."
        )


def _moves(kind: type[OwnOptimiser], shape: tuple[int, ...], dtype: Any) -> bool:
    """Take three steps down a bowl with weights of this shape; return whether they moved, and raise what goes wrong."""
    rng = np.random.default_rng(0)
    start = rng.uniform(1, 2, shape).astype(dtype)
    w, opt = np.array(start), kind(lr=0.01)
    params = {"w": w}
    state = opt.init(params)
    for step in (1, 2, 3):
        opt.step(params, {"w": w.copy()}, state)
        if not np.isfinite(w).all():
            raise OwnCodeError(
                f"w is {w.ravel()[~np.isfinite(w.ravel())][0]} after step {step}. Look for a division by 0, or the "
                "root of a negative number."
            )
    return bool((w != start).any())
