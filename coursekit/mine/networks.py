"""A network of the learner's own, which reads what is drawn."""

import copy
from typing import Any

import numpy as np

from coursekit.adversarial import input_gradient
from coursekit.chapters.capstone.readers import NETWORKS, Reader, dtype_of
from coursekit.exercises.checking import CheckResult, Verdict
from coursekit.exercises.outcome import raised
from coursekit.losses import LOSSES
from coursekit.mine.names import check_name, label_of
from coursekit.network import Sequential

CLASSES = 10
LOSS = LOSSES["softmax_cross_entropy"]


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
    check_name(name, NETWORKS)
    if not isinstance(net, Sequential):
        message = f"it takes a network, Sequential([...]), but got {type(net).__name__}."
        return CheckResult(name, Verdict.WRONG, message)
    kept = copy.deepcopy(net)
    if complaint := _misreads(kept):
        return CheckResult(name, Verdict.WRONG, complaint)
    own = NETWORKS.add_own(Reader(name, label_of(name), lambda: kept))
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
