"""The activation zoo: saturated shares as the records say, and the figures of the chapter."""

import math

import numpy as np
import pytest

from coursekit.activations import ACTIVATIONS
from coursekit.chapters.activations.activation_zoo import (
    WIDE,
    State,
    compute,
    curves,
    flat_zone,
    main_parameter,
    setting,
    settings,
)
from coursekit.diagnostics import layer_flatness

ELEMENTWISE = [record for record in ACTIVATIONS.values() if record.elementwise]
EACH = pytest.mark.parametrize("record", ELEMENTWISE, ids=lambda record: record.name)
WITH_PARAMETER = [record for record in ELEMENTWISE if record.params]


@EACH
def test_the_shaded_zone_is_that_of_the_record(record):
    low, high = flat_zone(curves(record, WIDE, {})[1])
    for found, expected in ((low, record.flat[0]), (high, record.flat[1])):
        assert found == expected or abs(found - expected) < 0.011  # one step of WIDE


def test_the_saturated_share_is_that_of_the_diagnostics():
    record, z = ACTIVATIONS["tanh"], np.random.default_rng(0).standard_normal((500, 40), np.float32)
    assert compute(State(activation="tanh")).saturated == pytest.approx(layer_flatness(z, record).saturated, abs=0.01)


def test_a_sharper_swish_saturates_nearer_to_0_and_a_lazy_one_further_out():
    record = ACTIVATIONS["swish"]
    for beta in (0.5, 2.0, 10.0):
        assert flat_zone(curves(record, WIDE, {"beta": beta})[1])[0] == pytest.approx(record.flat[0] / beta, abs=0.011)


@pytest.mark.parametrize("record", WITH_PARAMETER, ids=lambda record: record.name)
def test_the_parameter_slider_spans_the_records_range_with_the_default_in_the_middle(record):
    main = main_parameter(record)
    assert [setting(main, position) for position in (-1, 0, 1)] == pytest.approx([main.low, main.default, main.high])
    for position in (-1, 1):
        record.forward(np.ones(3), **settings(record, position))
        frames = [compute(State(activation=record.name, parameter=p)) for p in (0, position)]
        assert not np.array_equal(frames[0].y, frames[1].y)


def test_an_activation_without_a_parameter_says_so():
    assert State(activation="relu").without_effect() == {"parameter": "ReLU has no parameter"}
    assert not State(activation="elu").without_effect()


def test_the_sigmoid_passes_a_quarter_at_best_and_a_tenth_when_saturated():
    best = compute(State(activation="sigmoid", spread=0.1))
    assert best.passed == pytest.approx(0.25, rel=0.01)
    wide = compute(State(activation="sigmoid", spread=5.0))
    assert 0.4 < wide.saturated < 0.5
    assert wide.passed == pytest.approx(0.11, abs=0.01)
    assert wide.silent == 0


def test_relu_silences_half_of_a_centred_bell_and_nearly_all_of_one_far_below():
    centred, low = compute(State(activation="relu")), compute(State(activation="relu", mean=-3.0))
    assert centred.silent == pytest.approx(0.5, abs=0.01)
    assert centred.output_mean == pytest.approx(1 / math.sqrt(2 * math.pi), abs=0.01)
    assert 0.995 < low.silent < 1
    assert "over 99%" in low.readout


def test_selu_keeps_mean_0_and_variance_1():
    frame = compute(State(activation="selu"))
    assert frame.output_mean == pytest.approx(0, abs=0.02)
    assert frame.output_std == pytest.approx(1, abs=0.02)


def test_every_value_is_in_some_bin():
    for spread in (0.1, 10.0):
        frame = compute(State(spread=spread))
        for shares in (frame.inputs, frame.outputs, frame.gradients):
            assert shares.sum() == pytest.approx(1)
