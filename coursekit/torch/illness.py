"""What is wrong with a network, from the numbers of its layers: which layer, which illness, what to try."""

import math
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import NamedTuple

from coursekit.diagnostics.limits import BOLD, DEAD, FADED, FAINT, GROWN, SATURATED, TIMID
from coursekit.figures.style import percent, plain
from coursekit.torch.kinds import bounded
from coursekit.torch.rows import Row

BACK = 100.0  # a gradient's norm may change tenfold on its way back through healthy layers: a hundredfold is told
ENOUGH = 16  # values a unit must have been seen at before it is called dead: by chance it is 0 for a few
NAMED = 4  # so many layers are named, the others counted


class Finding(NamedTuple):
    """One illness.

    Attributes
    ----------
    illness : str
        In a word or two, for a program: "vanishes", "dead", ….
    layers : tuple of str
        Which have it, the first or worst one first.
    words, remedy : str
        What is wrong, and what to try, for people.
    """

    illness: str
    layers: tuple[str, ...]
    words: str
    remedy: str


Sign = Callable[[Sequence[Row]], Finding | None]


def findings(rows: Sequence[Row], loss: float | None, backward: bool) -> list[Finding]:
    """Return what is wrong, the gravest first; an empty list for a healthy network.

    Parameters
    ----------
    rows : sequence of Row
        In the order in which layers were called.
    loss : float, optional
    backward : bool
        Whether there was a backward pass.
    """
    broken = _not_finite(rows, loss)
    if broken:
        return [broken]  # what comes after it is NaN as well
    back: tuple[Sign, ...] = (_unreached, _gradient_vanishes, _gradient_explodes)
    signs: tuple[Sign, ...] = (_explodes, _vanishes, _dead, _saturates, *(back if backward else ()))
    found = (sign(rows) for sign in (*signs, _bold, _timid, _left_out))
    return [one for one in found if one is not None]


def told(found: Sequence[Finding], rows: Sequence[Row], loss: float | None) -> Iterator[str]:
    """Yield the lines of a report: what is wrong, each with its remedy, or that nothing is."""
    for one in found:
        yield one.words
        yield f"    Try {one.remedy}"
    if not found:
        yield f"Nothing is wrong: {_health(rows)}"
    frozen = [row for row in rows if row.trainable is False]
    if frozen:
        yield f"Frozen, and so not learning: {_listed(frozen)}."
    if loss is not None and math.isfinite(loss):
        yield f"Loss of this batch: {plain(loss)}."


def _health(rows: Sequence[Row]) -> str:
    signal, path = _measured(rows), _path(rows)
    words = f"the signal lives in every layer ({len(signal)} of them)"
    if signal:
        words += f", std {_std(signal[0])} → {_std(signal[-1])}"
    if path:
        words += f"; the gradient arrives, norm {_norm(path[-1])} → {_norm(path[0])}"
    dead = max((row.dead for row in rows if row.dead is not None), default=None)
    if dead is not None:
        words += f"; at most {percent(dead)} of a layer's units are dead" if dead else "; no unit is dead"
    return f"{words}."


# ---- forward


def _not_finite(rows: Sequence[Row], loss: float | None) -> Finding | None:
    for row in _measured(rows):
        if not math.isfinite(row.std or 0.0):
            return Finding(
                "not finite",
                (row.name,),
                f"{called(row)} is the first layer whose output is not finite.",
                "looking at what goes into it, and at its weights, with torch.isfinite. A learning rate that is too "
                "high, log(0), a division by 0, or in float16 a number above 65,504 make the first one.",
            )
    if loss is not None and not math.isfinite(loss):
        return Finding(
            "not finite",
            ("loss",),
            "Every layer is finite, but the loss is not.",
            "a loss that takes scores rather than probabilities, such as cross_entropy; and look for NaN in the "
            "target. A loss that computes log(0) or divides by 0 is not finite.",
        )
    return None


def _explodes(rows: Sequence[Row]) -> Finding | None:
    signal = _measured(rows)[:-1]  # scores may be as large or small as they like
    first = signal[0].std or 0.0 if signal else 0.0
    grown = _from_then_on(signal, lambda row: (row.std or 0.0) > GROWN * max(first, 1.0))
    if not grown:
        return None
    return Finding(
        "explodes",
        _names(grown),
        f"The signal explodes: its std is {_std(signal[0])} after {called(signal[0])}, {_std(grown[0])} after "
        f"{called(grown[0])} and {_std(grown[-1])} in the end.",
        "smaller weights (kaiming_normal_ for ReLU, xavier_normal_ for tanh), inputs with a std of 1, or a norm "
        "behind each layer.",
    )


def _vanishes(rows: Sequence[Row]) -> Finding | None:
    signal = _measured(rows)[:-1]
    first = signal[0].std or 0.0 if signal else 0.0
    faded = _from_then_on(signal, lambda row: (row.std or 0.0) < FADED * max(first, FAINT))
    if len(faded) < 2:
        return None
    return Finding(
        "vanishes",
        _names(faded),
        f"The signal vanishes: its std is {_std(signal[0])} after {called(signal[0])}, {_std(faded[0])} after "
        f"{called(faded[0])} and {_std(faded[-1])} in the end.",
        "larger weights (kaiming_normal_ for ReLU, xavier_normal_ for tanh), a norm behind each layer, or shortcuts.",
    )


def _from_then_on(rows: Sequence[Row], sick: Callable[[Row], bool]) -> list[Row]:
    """The rows from which on all are sick to the end: a last norm that starts at 0, as in some residual nets, is none.

    Healthy again is healthy.
    """
    healthy = [i for i, row in enumerate(rows) if not sick(row)]
    return list(rows[healthy[-1] + 1 if healthy else 0 :])


def _dead(rows: Sequence[Row]) -> Finding | None:
    sick = [row for row in rows if (row.dead or 0.0) >= DEAD and (row.seen or 0) >= ENOUGH and not bounded(row.kind)]
    if not sick:
        return None
    sick.sort(key=lambda row: -(row.dead or 0.0))
    return Finding(
        "dead",
        _names(sick),
        f"Units are dead: in {called(sick[0])} {percent(sick[0].dead or 0.0)} of them pass no gradient for any sample "
        f"of this batch{_others(sick)}.",
        "a lower learning rate, biases of 0, a leaky ReLU, or a norm in front of it. A larger batch shows whether they "
        "are dead or only silent.",
    )


def _saturates(rows: Sequence[Row]) -> Finding | None:
    inner = _measured(rows)[:-1]  # the last one may say yes or no as firmly as it likes
    sick = [row for row in inner if (row.saturated or 0.0) > SATURATED and bounded(row.kind)]
    if not sick:
        return None
    worst = max(sick, key=lambda row: row.saturated or 0.0)
    return Finding(
        "saturates",
        _names(sick),
        f"Units saturate: in {called(worst)} {percent(worst.saturated or 0.0)} of the values lie where it is flat"
        f"{_others(sick)}.",
        "smaller weights (xavier_normal_), inputs with a std of 1, or a norm in front of it.",
    )


# ---- backward


def _unreached(rows: Sequence[Row]) -> Finding | None:
    lost = [row for row in rows if row.reached is False]
    if not lost:
        return None
    called_at_all = any(row.std is not None for row in lost)
    return Finding(
        "no gradient",
        _names(lost),
        f"No gradient reaches {_listed(lost)}, although it should learn.",
        "looking for .detach(), .data, .item() or torch.no_grad() between it and the loss, or for an output that the "
        "loss does not use."
        if called_at_all
        else "calling it in forward: nothing that the loss uses was computed with it.",
    )


def _gradient_vanishes(rows: Sequence[Row]) -> Finding | None:
    path = _path(rows)
    top = path[-1].gradient_norm or 0.0 if path else 0.0
    faded = [row for row in path if (row.gradient_norm or 0.0) < top / BACK]
    if len(faded) < 2 or path[0] is not faded[0]:
        return None
    return Finding(
        "gradient vanishes",
        _names(faded),
        f"The gradient vanishes on its way back: its norm is {_norm(path[-1])} at {called(path[-1])}, "
        f"{_norm(faded[-1])} at {called(faded[-1])} and {_norm(path[0])} at {called(path[0])}.",
        "larger weights, ReLU in place of sigmoid and tanh, a norm behind each layer, or shortcuts.",
    )


def _gradient_explodes(rows: Sequence[Row]) -> Finding | None:
    path = _path(rows)
    top = path[-1].gradient_norm or 0.0 if path else 0.0
    if not top or (path[0].gradient_norm or 0.0) <= top * BACK:
        return None
    return Finding(
        "gradient explodes",
        (path[0].name,),
        f"The gradient explodes on its way back: its norm is {_norm(path[-1])} at {called(path[-1])} and "
        f"{_norm(path[0])} at {called(path[0])}.",
        "smaller weights, a clipped gradient (torch.nn.utils.clip_grad_norm_), or a norm behind each layer.",
    )


# ---- steps


def _bold(rows: Sequence[Row]) -> Finding | None:
    moved = _moved(rows)
    ratio = median(row.update_ratio or 0.0 for row in moved) if moved else 0.0
    if ratio <= BOLD:
        return None
    return Finding(
        "bold",
        _names(sorted(moved, key=lambda row: -(row.update_ratio or 0.0))),
        f"Steps are too large: one changes the weights of a layer by {percent(ratio)}; about 0.1% is healthy.",
        "a lower learning rate, or a warm-up.",
    )


def _timid(rows: Sequence[Row]) -> Finding | None:
    moved = _moved(rows)
    ratio = median(row.update_ratio or 0.0 for row in moved) if moved else 1.0
    if ratio >= TIMID:
        return None
    return Finding(
        "timid",
        _names(sorted(moved, key=lambda row: row.update_ratio or 0.0)),
        f"Steps are tiny: one changes the weights of a layer by {plain(100 * ratio, 2)}%; about 0.1% is healthy."
        if ratio
        else "A step changes no weights.",
        "a higher learning rate.",
    )


def _left_out(rows: Sequence[Row]) -> Finding | None:
    left = [row for row in rows if row.trainable and row.update_ratio is None]
    if not left or not _moved(rows):
        return None
    return Finding(
        "left out",
        _names(left),
        f"The optimiser does not have the parameters of {_listed(left)}, although they should learn.",
        "giving it all of them, model.parameters(), once the last layer is made.",
    )


# ---- rows and words


def _measured(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.std is not None]


def _path(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.gradient_norm is not None]


def _moved(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.update_ratio is not None and row.trainable]


def _std(row: Row) -> str:
    return plain(row.std or 0.0, 2)


def _norm(row: Row) -> str:
    return plain(row.gradient_norm or 0.0, 2)


def called(row: Row) -> str:
    """A layer's name in a sentence; of one that has a number only, as in a Sequential, its kind too."""
    return f"{row.name} ({row.kind})" if row.name.replace(".", "").isdigit() else row.name


def _names(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(row.name for row in rows)


def _others(rows: Sequence[Row]) -> str:
    if len(rows) == 1:
        return ""
    return ", and in one other layer as well" if len(rows) == 2 else f", and in {len(rows) - 1} other layers as well"


def _listed(rows: Sequence[Row]) -> str:
    names, more = [called(row) for row in rows], len(rows) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
