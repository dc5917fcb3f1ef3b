"""What a learner writes in the notebook and then finds in the figures: ``ck.mine.optimiser("mine", step)``.

Each function here checks what it is given at once, and puts it into a registry of the course, where every dropdown
finds it: those of open figures, too. A name of the course is never overwritten; one of the learner's own is.
"""

import copy
import inspect
from typing import Any

import numpy as np

from coursekit.adversarial import input_gradient
from coursekit.chapters.capstone.readers import NETWORKS, Reader, dtype_of
from coursekit.exercises.checking import CheckResult, Verdict
from coursekit.exercises.outcome import raised
from coursekit.exercises.time_limit import Ending, run_with_limit
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.optimisers.own import OwnCodeError, OwnOptimiser, Step, optimiser_of
from coursekit.registry import Registry

FORM = "def step(w, grad, memory, lr): return w - lr * grad"
LIMIT = 5.0  # seconds for all trials
CLASSES = 10
LOSS = LOSSES["softmax_cross_entropy"]
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
    _fitting_name(name, OPTIMISERS)
    if complaint := _unlike(step, ("w", "grad", "memory", "lr")):
        return CheckResult(name, Verdict.WRONG, complaint)
    kind = optimiser_of(name, f"{name} (yours)", step)
    moved, complaint = _tried(kind)
    if complaint:
        return CheckResult(name, Verdict.WRONG, complaint)
    if not moved:
        message = f"w stays where it is. Return the new w, or change it in place: w -= lr * grad. The form: {FORM}."
        return CheckResult(name, Verdict.NOT_ATTEMPTED, message)
    OPTIMISERS.add_own(kind)
    return CheckResult(name, Verdict.CORRECT, f"it is in every dropdown of optimisers now, as “{kind.label}”.")


def network(name: str, net: Sequential) -> CheckResult:
    """Let a trained network of your own read what is drawn in the figure `own_digit`, under ``name``.

    Parameters
    ----------
    name : str
        What to call it. A name of your own may be used again: the newer one replaces the older.
    net : Sequential
        Takes images (N, 1, 8, 8) with values from 0 to 1, and gives scores (N, 10). It is copied as it is now; if you
        train it further, call this again.

    Returns
    -------
    CheckResult
        ✓ and it is in the figure's dropdown; or what is wrong, and nothing has changed.

    Raises
    ------
    ValueError
        If the name is one of the course's, or no name.

    Examples
    --------
    >>> from coursekit.layers import Flatten, Linear
    >>> network("plain", Sequential([Flatten(), Linear(64, 10, np.random.default_rng(0))]))
    ✓ plain: it is in the figure own_digit now, as “plain (yours)”.
    >>> NETWORKS.remove_own()
    """
    _fitting_name(name, NETWORKS)
    if not isinstance(net, Sequential):
        message = f"it takes a network, Sequential([...]), but got {type(net).__name__}."
        return CheckResult(name, Verdict.WRONG, message)
    kept = copy.deepcopy(net)
    if complaint := _misreads(kept):
        return CheckResult(name, Verdict.WRONG, complaint)
    own = NETWORKS.add_own(Reader(name, f"{name} (yours)", lambda: kept))
    return CheckResult(name, Verdict.CORRECT, f"it is in the figure own_digit now, as “{own.label}”.")


def _misreads(net: Sequential) -> str:
    """Say what keeps a network from reading images (N, 1, 8, 8) and from answering with scores (N, 10), or nothing."""
    x = np.random.default_rng(0).uniform(size=(2, 1, 8, 8)).astype(dtype_of(net))
    try:
        with np.errstate(all="ignore"):
            scores = net.forward(x)
            if complaint := _no_scores(scores, len(x)):
                return complaint
            slopes = input_gradient(net, LOSS, x, scores.argmax(1))
    except Exception as error:
        return (
            f"for images of shape {x.shape} it raises {raised(error).message.removesuffix('.')}. It gets them as they "
            "are: a network that begins with Linear(64, …) needs Flatten() before that."
        )
    if slopes.shape != x.shape:
        return f"its backward returns {slopes.shape} for images of shape {x.shape}, and should return their shape."
    return ""


def _no_scores(scores: Any, samples: int) -> str:
    """Say what is wrong with the scores of so many images, or nothing."""
    if np.shape(scores) != (samples, CLASSES):
        return (
            f"for {samples} images it gives an array of shape {np.shape(scores)}, but a row of {CLASSES} scores for "
            f"each is needed, ({samples}, {CLASSES}). Let its last layer be Linear(…, {CLASSES}, rng)."
        )
    if not np.isfinite(scores).all():
        return "its scores are not all finite numbers. Train it anew, with a smaller rate."
    return ""


def _fitting_name(name: Any, registry: Registry[Any]) -> None:
    """Raise ``ValueError`` unless the name is short, and none of the course's."""
    if not isinstance(name, str) or not 0 < len(name) <= 16 or not name.isprintable() or name != name.strip():
        raise ValueError(f"The name must be a text of 1 to 16 letters, but is {name!r}. Try 'mine'.")
    if name in registry and not registry.is_own(name):
        raise ValueError(
            f"{name!r} is the name of an entry of the course ({registry.kind}), and that one stays. Try 'mine'."
        )


def _unlike(function: Any, parameters: tuple[str, ...]) -> str:
    """Say what keeps a thing from being called with these arguments, or nothing."""
    if not callable(function):
        return f"it takes the function itself, without brackets, but got {type(function).__name__}. The form: {FORM}."
    try:
        inspect.signature(function).bind(*parameters)
    except TypeError:
        return f"it is called with {', '.join(parameters)}, in this order. The form: {FORM}."
    except ValueError:  # a function in C tells nothing of its parameters
        pass
    return ""


def _tried(kind: type[OwnOptimiser]) -> tuple[bool, str]:
    """Return whether it moves any of the trials, and what goes wrong."""
    found = [(False, "it ends the kernel: take exit() out.")]

    def try_all() -> None:
        try:
            moves = [_moves(kind, shape, dtype) for shape, dtype in TRIALS]
            found.append((any(moves), ""))
        except OwnCodeError as error:
            found.append((False, str(error)))
        except SystemExit:
            pass

    if run_with_limit(try_all, LIMIT) is not Ending.IN_TIME:
        return False, f"it did not finish within {LIMIT:g} s. Does every loop reach its end?"
    return found[-1]


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
