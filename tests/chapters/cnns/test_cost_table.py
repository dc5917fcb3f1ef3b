"""The cost table demo: VGG-16 to the last parameter, where its costs are, and what does not fit."""

import numpy as np
import pytest

from coursekit.chapters.cnns.cost_table import (
    CONVOLUTIONS,
    FAMOUS,
    ROWS,
    State,
    big,
    compute,
    fitting_rows,
    plan,
)
from coursekit.demos import DEMOS
from coursekit.network import cost_table

PRESETS = DEMOS["cost_table"].presets


def test_the_controls_build_vgg_16():
    frame = compute(State(**PRESETS["VGG-16"]))
    assert frame.totals == (138_357_544, 15_470_264_320)
    own = cost_table("vgg16")
    assert cost_table(plan(State()), (3, 224, 224)).rows == own.rows
    assert frame.rows[0].parameters == 1728 + 64
    assert "138,357,544" in frame.readout
    assert "15.47 G" in frame.readout


def test_parameters_are_in_the_linear_layers_and_the_work_in_the_convolutions():
    parameters, work = compute(State()).linear_shares
    assert parameters == pytest.approx((102_764_544 + 16_781_312 + 4_097_000) / 138_357_544)
    assert work < 0.01


def test_half_the_side_is_a_quarter_of_the_work_of_the_convolutions():
    large, small = (compute(State(side=side)) for side in (256, 128))
    convolutions = [i for i, row in enumerate(large.rows) if row.layer == "conv2d"]
    np.testing.assert_array_equal(large.multiply_adds[convolutions], 4 * small.multiply_adds[convolutions])
    np.testing.assert_array_equal(large.parameters[convolutions], small.parameters[convolutions])
    first = [row.layer for row in large.rows].index("linear")
    assert large.parameters[first] - 4096 == 4 * (small.parameters[first] - 4096)


def test_without_pooling_the_first_linear_layer_explodes():
    frame = compute(State(**PRESETS["No pooling"]))
    assert frame.totals[0] > 1e11
    assert frame.linear_shares[0] > 0.99


def test_what_does_not_fit_shows_the_layers_before_it_and_the_teaching_error():
    frame = compute(State(**PRESETS["Pooled away"]))
    assert [row.layer for row in frame.rows] == ["conv2d"] * 13
    assert frame.shapes[-2:] == ((512, 2, 2), (512, 2, 2))  # 224, 74, 24, 8, 2
    assert "a window of 3 pixels is larger than the input of 2 pixels" in frame.readout
    assert frame.parameters[:2].tolist() == [1792, 36928]
    assert not frame.parameters[13:].any()
    assert fitting_rows([("max_pool2d", 9)], (3, 8, 8)) == ()


@pytest.mark.parametrize("convolutions", CONVOLUTIONS)
def test_every_architecture_finds_room_in_the_list(convolutions):
    assert len(compute(State(convolutions=convolutions)).rows) <= ROWS


@pytest.mark.parametrize("network", FAMOUS.values())
def test_a_famous_network_is_shown_whole(network):
    frame, table = compute(State(network=network)), cost_table(network)
    assert len(frame.rows) == len(frame.names) == len(frame.shapes) <= ROWS
    assert frame.totals == (table.parameters, table.multiply_adds)
    assert frame.parameters.sum() > 0.999 * table.parameters  # norms between the layers, not listed, have a few
    assert frame.parameter_shares.sum() == pytest.approx(1)
    assert frame.work_shares.sum() == pytest.approx(1)
    assert State(network=network).without_effect().keys() == State().controls().keys() - {"network"}


def test_the_linear_share_melts_away_from_resnet_on():
    shares = {network: compute(State(network=network)).linear_shares[0] for network in FAMOUS.values()}
    assert min(shares["alexnet"], shares["vgg16"]) > 0.89
    assert max(shares["resnet50"], shares["convnext_tiny"]) < 0.09


def test_filters_double_up_to_eight_times_those_of_the_first_block():
    filters = [row.output_shape[0] for row in compute(State(convolutions="1", filters=4)).rows if row.layer == "conv2d"]
    assert filters == [4, 8, 16, 32, 32]


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (1728, "1,728"), (102_764_544, "102.8 M"), (15_470_264_320, "15.47 G"), (2e13, "20 T")],
)
def test_counts_are_written_for_people(number, words):
    assert big(number) == words
