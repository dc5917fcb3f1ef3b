"""What a report on a network's layers means: the illness, where it begins, and what to try."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from coursekit.diagnostics.limits import BOLD, DEAD, SATURATED, TIMID
from coursekit.diagnostics.network import LayerReport

FACTOR = 100  # by which a signal, or a gradient, may differ from where it starts, in a trained network too


class Finding(NamedTuple):
    """One thing that is wrong in a network."""

    illness: str  # "not finite", "dead", "exploding", "vanishing", "saturated", "bold" or "timid"
    path: str  # of the layer where it begins
    words: str
    remedy: str


REMEDIES = {
    "not finite": "a smaller rate, smaller first weights, or clipped gradients",
    "dead": "biases of 0, He's weights, a smaller rate; or a leaky ReLU, which keeps a slope",
    "exploding": "smaller first weights (He's for ReLU, Xavier's for tanh), batch norm; clipping in a recurrent net",
    "vanishing": "larger first weights (He's for ReLU, Xavier's for tanh), batch norm, or shortcuts",
    "saturated": "smaller first weights (Xavier's), batch norm, or ReLU",
    "bold": "a rate ten times smaller",
    "timid": "a rate ten times larger",
}


def findings(report: Sequence[LayerReport]) -> list[Finding]:
    """Say what is wrong with a network, each illness once, at the layer where it begins; nothing if it looks healthy.

    Parameters
    ----------
    report : sequence of LayerReport
        What `network_report` says of one batch. Without gradients or updates, nothing is found in them.

    Returns
    -------
    list of Finding
        The gravest first.

    Examples
    --------
    >>> import numpy as np
    >>> from coursekit.diagnostics import network_report
    >>> from coursekit.layers import Activation, Linear
    >>> from coursekit.network import Sequential
    >>> rng = np.random.default_rng(0)
    >>> net = Sequential([Linear(8, 50, rng), Activation("relu"), Linear(50, 3, rng)])
    >>> findings(network_report(net, rng.normal(size=(100, 8)).astype(np.float32)))
    []
    >>> net.params["0.b"][...] = -9
    >>> print(findings(network_report(net, rng.normal(size=(100, 8)).astype(np.float32)))[0].words)
    100% of the units of layer 1 (relu) are flat for every sample: no gradient passes them

    References
    ----------
    CS231n, course notes, Neural networks part 3, Babysitting the learning process.
    """
    if bad := next((row for row in report if not math.isfinite(row.std)), None):
        return [_found("not finite", bad, f"the output of {_name(bad)} is not finite")]
    seen = (*_units(report), *_signals(report), *_gradients(report), *_updates(report))
    first: dict[str, Finding] = {}
    for finding in seen:
        first.setdefault(finding.illness, finding)
    return sorted(first.values(), key=lambda finding: list(REMEDIES).index(finding.illness))


def _found(illness: str, row: LayerReport, words: str) -> Finding:
    return Finding(illness, row.path, words, REMEDIES[illness])


def _name(row: LayerReport) -> str:
    return f"layer {row.path} ({row.kind})"


def _units(report: Sequence[LayerReport]) -> Iterator[Finding]:
    for row in report:
        if row.dead is not None and row.dead >= DEAD:
            words = f"{row.dead:.0%} of the units of {_name(row)} are flat for every sample: no gradient passes them"
            yield _found("dead", row, words)
        elif row.saturated is not None and row.saturated >= SATURATED and row.kind != "relu":
            words = f"{row.saturated:.0%} of the values of {_name(row)} are where it is flat"
            yield _found("saturated", row, words)


def _signals(report: Sequence[LayerReport]) -> Iterator[Finding]:
    """Compare each layer's spread with that of the first one, up to a layer that is dead: behind it nothing varies."""
    start = report[0]
    for row in report:
        if row.dead == 1 or not start.std:
            return
        illness = _beyond(row.std / start.std)
        if illness:
            words = f"the std of the signal is {start.std:.1g} in layer {start.path}, but {row.std:.1g} in {_name(row)}"
            yield _found(illness, row, words)


def _gradients(report: Sequence[LayerReport]) -> Iterator[Finding]:
    """Compare each layer's gradient with that of the last one, backwards, down to a layer that is dead."""
    last = report[-1]
    if not last.gradient:
        return
    for row in reversed(report):
        if row.gradient is None or row.dead == 1:
            return
        illness = _beyond(row.gradient / last.gradient)
        if illness:
            words = f"the gradient is {last.gradient:.1g} at layer {last.path}, but {row.gradient:.1g} at {_name(row)}"
            yield _found(illness, row, words)


def _beyond(factor: float) -> str:
    if not math.isfinite(factor) or factor > FACTOR:
        return "exploding"
    return "vanishing" if factor < 1 / FACTOR else ""


def _updates(report: Sequence[LayerReport]) -> Iterator[Finding]:
    for row in report:
        if row.update_ratio is None or TIMID <= row.update_ratio <= BOLD:
            continue
        illness = "bold" if row.update_ratio > BOLD else "timid"
        yield _found(illness, row, f"a step changes the weights of {_name(row)} by {100 * row.update_ratio:.1g}%")
