"""What is found in a report: each illness once, where it begins, at its threshold and not before."""

import math

import numpy as np
import pytest

from coursekit.diagnostics import LayerReport, findings, network_report
from coursekit.diagnostics.findings import FACTOR, REMEDIES
from coursekit.diagnostics.limits import BOLD, DEAD, SATURATED, TIMID
from coursekit.layers import Activation, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential

LOSS = LOSSES["softmax_cross_entropy"]


def row(path, kind="Linear", std=1.0, **others):
    numbers = dict.fromkeys(("gradient", "parameter_gradient", "saturated", "dead", "update_ratio"))
    return LayerReport(str(path), kind, 0.0, std, **numbers | others)


def illnesses(*rows):
    return [(finding.illness, finding.path) for finding in findings(rows)]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([row(0), row(1, "relu", dead=DEAD, saturated=0.5)], [("dead", "1")]),
        ([row(0), row(1, "relu", dead=0.99 * DEAD, saturated=0.9)], []),
        ([row(0), row(1, "tanh", dead=0.0, saturated=SATURATED)], [("saturated", "1")]),
        ([row(0), row(1, "tanh", dead=0.0, saturated=0.99 * SATURATED)], []),
        ([row(0), row(1, std=1.01 / FACTOR), row(2, std=0.99 / FACTOR)], [("vanishing", "2")]),
        ([row(0), row(1, std=0.99 * FACTOR), row(2, std=1.01 * FACTOR)], [("exploding", "2")]),
        ([row(0, gradient=0.99 / FACTOR), row(1, gradient=0.5), row(2, gradient=1.0)], [("vanishing", "0")]),
        ([row(0, gradient=1.01 * FACTOR), row(1, gradient=1.0)], [("exploding", "0")]),
        ([row(0, update_ratio=1.01 * BOLD)], [("bold", "0")]),
        ([row(0, update_ratio=0.99 * TIMID)], [("timid", "0")]),
        ([row(0, update_ratio=BOLD), row(1, update_ratio=TIMID)], []),
        ([row(0, std=math.nan), row(1, "relu", dead=1.0)], [("not finite", "0")]),
        ([row(0), row(1, "relu", std=0.0, dead=1.0), row(2, std=0.0)], [("dead", "1")]),  # not vanishing as well
        ([row(0, gradient=0.0), row(1, "relu", 0.0, dead=1.0, gradient=1.0), row(2, gradient=1.0)], [("dead", "1")]),
    ],
)
def test_an_illness_is_found_at_its_threshold_and_not_before(rows, found):
    assert illnesses(*rows) == found


def test_each_illness_is_named_once_and_the_gravest_first():
    rows = [row(0, update_ratio=1.0), *[row(at, "relu", dead=0.5, saturated=0.7) for at in (1, 2)], row(3, std=1e3)]
    assert illnesses(*rows) == [("dead", "1"), ("exploding", "3"), ("bold", "0")]
    for finding in findings(rows):
        assert finding.remedy == REMEDIES[finding.illness]
        assert f"layer {finding.path}" in finding.words


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_real_networks(rng, dtype):
    def net(std, activation="relu", bias=0.0):
        layers = []
        for _ in range(6):
            init = ("he_normal", {}) if std is None else ("normal", {"std": std})
            layers += [Linear(50, 50, rng, init[0], dtype, **init[1]), Activation(activation)]
        layers[4].params["b"] += dtype(bias)
        return Sequential([*layers, Linear(50, 5, rng, "he_normal", dtype)])

    x, y = rng.normal(size=(200, 50)).astype(dtype), rng.integers(0, 5, 200)
    for made, expected in (
        (net(None), set()),
        (net(None, bias=-9), {"dead"}),
        (net(0.01), {"vanishing"}),
        (net(1.0), {"exploding"}),
        (net(1.0, "tanh"), {"saturated"}),
    ):
        report = network_report(made, x, LOSS, y)
        assert {finding.illness for finding in findings(report)} == expected


def test_nothing_is_said_of_what_was_not_reported():
    assert findings([row(0), row(1)]) == []
    assert findings([row(0, std=0.0), row(1, std=0.0)]) == []
