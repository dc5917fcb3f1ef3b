"""Costs of networks: known architectures, a plan against the real layers, and what does not fit."""

import numpy as np
import pytest

from coursekit.activations import ACTIVATIONS
from coursekit.layers import Activation, BatchNorm, Conv2d, Flatten, Linear, Residual
from coursekit.network import Sequential, cost_table
from coursekit.registry import UnknownNameError


def test_vgg16_has_the_parameters_and_multiply_adds_of_the_paper():
    table = cost_table("vgg16")
    assert table.parameters == 138_357_544
    assert table.multiply_adds == 15_470_264_320
    assert table.rows[0].parameters == 1_728 + 64
    assert table.rows[0].output_shape == (64, 224, 224)
    assert table.rows[-1].output_shape == (1000,)


@pytest.mark.parametrize(
    ("name", "parameters", "work"),
    [
        ("lenet5", 61_706, 416_520),  # the original, with fewer joints and RBF outputs, has 60,000
        ("alexnet", 60_965_224, 724_406_816),  # the paper: 60 million
        ("vgg16", 138_357_544, 15_470_264_320),
        ("resnet50", 25_557_032, 3_857_973_248),  # the paper: 3.8 · 10⁹
        ("convnext_tiny", 28_589_128, 4_455_531_264),  # the paper: 28.6 M and 4.5 G
    ],
)
def test_famous_networks_have_their_published_sizes(name, parameters, work):
    table = cost_table(name)
    assert (table.parameters, table.multiply_adds) == (parameters, work)


def test_a_filter_of_a_group_sees_its_share_of_the_channels():
    whole, halves, each = (cost_table([("conv2d", 8, 3, 1, 1, groups)], (8, 6, 6)) for groups in (1, 2, 8))
    assert [table.parameters - 8 for table in (whole, halves, each)] == [576, 288, 72]
    with pytest.raises(ValueError, match="8 channels and 9 filters cannot be dealt into 4 groups"):
        cost_table([("conv2d", 9, 3, 1, 1, 4)], (8, 6, 6))


def test_a_residual_block_adds_branch_and_shortcut():
    branch, shortcut = [("conv2d", 4, 3, 2, 1)], [("conv2d", 4, 1, 2)]
    row = cost_table([("stage", "a stage", [("residual", branch, shortcut)])], (2, 8, 8)).rows[0]
    assert row == ("a stage", (4, 4, 4), (72 + 4) + (8 + 4), 16 * (72 + 8))
    with pytest.raises(ValueError, match=r"The branch gives \(4, 4, 4\) and the shortcut \(2, 8, 8\)"):
        cost_table([("residual", branch)], (2, 8, 8))


def test_three_small_filters_cost_less_than_one_large_and_see_as_much():
    small, large = (
        cost_table([("conv2d", 64, 3, 1, 1)] * 3, (64, 14, 14)),
        cost_table([("conv2d", 64, 7, 1, 3)], (64, 14, 14)),
    )
    assert small.rows[-1].output_shape == large.rows[-1].output_shape == (64, 14, 14)
    assert small.parameters - 3 * 64 == 27 * 64**2
    assert large.parameters - 64 == 49 * 64**2


def test_a_plan_costs_what_the_real_layers_cost(rng):
    plan = [("conv2d", 4, 3, 2, 1), ("batch_norm",), ("relu",), ("conv2d", 5, (2, 1)), ("tanh",), ("conv2d", 6, (4, 5))]
    net = Sequential(
        [
            Conv2d(2, 4, 3, rng, stride=2, padding=1),
            BatchNorm(4),
            Activation("relu"),
            Conv2d(4, 5, (2, 1), rng),
            Activation("tanh"),
            Conv2d(5, 6, (4, 5), rng),
        ]
    )
    planned, real = cost_table(plan, (2, 9, 9)), cost_table(net, (2, 9, 9))
    assert [row[1:] for row in planned.rows] == [row[1:] for row in real.rows]
    assert real.parameters == sum(array.size for array in net.params.values())


def test_a_linear_net_counts_each_weight_once(rng):
    table = cost_table(Sequential([Linear(64, 100, rng), Activation("relu"), Linear(100, 10, rng)]), (64,))
    assert table.parameters == 64 * 100 + 100 + 100 * 10 + 10
    assert table.multiply_adds == 64 * 100 + 100 * 10


def test_the_table_is_readable():
    text = str(cost_table([("conv2d", 10, 5), ("flatten",), ("linear", 3)], (3, 9, 9)))
    assert text.splitlines()[1].split() == ["conv2d", "10", "×", "5", "×", "5", "760", "18,750"]
    assert text.splitlines()[-1].split()[0] == "all"


@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        (
            [("conv2d", 8, 9)],
            (1, 8, 8),
            r"step 0, \('conv2d', 8, 9\), does not fit \(1, 8, 8\)\. .*larger than the input of 8 pixels",
        ),
        ([("relu",), ("linear", 3)], (1, 8, 8), r"step 1, .* A linear layer takes a vector: put \(\"flatten\",\)"),
        ([("max_pool2d", 3)], (8,), r"A window slides over \(C, H, W\)"),
        ([("convolution", 3)], (1, 8, 8), "There is no step called 'convolution'. Known: conv2d, max_pool2d"),
        ([("linear",)], (8,), r"step 0, \('linear',\), does not fit"),
        ([("linear", 3)], None, "pass input_shape"),
    ],
)
def test_what_does_not_fit_is_named(spec, shape, message):
    with pytest.raises(ValueError, match=message):
        cost_table(spec, shape)


def test_an_unknown_architecture_is_refused():
    with pytest.raises(UnknownNameError, match=r"no architecture called 'vgg61'\. Known: lenet5, alexnet, vgg16"):
        cost_table("vgg61")


def test_counting_leaves_the_parameters_alone(rng):
    net = Sequential([Linear(3, 2, rng)])
    before = net.params.flat.copy()
    cost_table(net, (3,))
    np.testing.assert_array_equal(net.params.flat, before)


def test_a_plan_knows_that_crelu_doubles_the_channels(rng):
    net = Sequential([Conv2d(3, 8, 3, rng), Activation("crelu"), Conv2d(16, 4, 1, rng), Flatten(), Activation("crelu")])
    plan = [("conv2d", 8, 3), ("crelu",), ("conv2d", 4, 1), ("flatten",), ("crelu",)]
    real, planned = cost_table(net, (3, 8, 8)), cost_table(plan, (3, 8, 8))
    assert [row[1:] for row in planned.rows] == [row[1:] for row in real.rows]
    assert planned.rows[1].output_shape == (16, 6, 6)


def test_a_plan_counts_the_slope_that_prelu_learns(rng):
    net, plan = Sequential([Linear(4, 8, rng), Activation("prelu")]), [("linear", 8), ("prelu",)]
    assert [row[1:] for row in cost_table(plan, (4,)).rows] == [row[1:] for row in cost_table(net, (4,)).rows]
    assert cost_table(plan, (4,)).parameters == 5 * 8 + 1


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_plan_knows_the_shape_behind_every_activation(name):
    plan, net = [(name,)], Sequential([Activation(name)])
    for shape in ((6,), (6, 2, 3)):
        assert cost_table(plan, shape).rows[0].output_shape == cost_table(net, shape).rows[0].output_shape


def test_counts_do_not_overflow_with_the_integers_of_numpy():
    table = cost_table([("linear", np.int32(65536))], (np.int32(65536),))
    assert table.multiply_adds == 65536**2
    conv = cost_table([("conv2d", np.int32(60000), np.int8(3), 1, 1)], (np.int16(30000), 100, 100))
    assert conv.multiply_adds == 60000 * 30000 * 9 * 100 * 100


@pytest.mark.parametrize(
    ("plan", "shape", "message"),
    [
        ([("linear", -5)], (4,), r"step 0, \('linear', -5\).* units must be a whole number of at least 1, but is -5"),
        ([("linear", 2.5)], (4,), "units must be a whole number of at least 1, but is 2.5"),
        ([("conv2d", 0, 3)], (1, 8, 8), "filters must be a whole number of at least 1, but is 0"),
        ([("conv2d", 2, 3, 1, 0, -1)], (1, 8, 8), "groups must be a whole number of at least 1, but is -1"),
        ([("linear", 3)], (4.5,), r"a size in input_shape must be a whole number of at least 1, but is .*4\.5"),
        ([("linear", 3)], (0,), "a size in input_shape must be a whole number"),
        ([], (4,), "a plan needs at least one step"),
        ([("stage", "empty", [])], (4,), "a plan needs at least one step"),
        (["relu"], (4,), r"step 0, 'relu', must be a tuple: \('relu',\)"),
    ],
)
def test_a_plan_of_nonsense_is_refused(plan, shape, message):
    with pytest.raises(ValueError, match=message):
        cost_table(plan, shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_net_that_begins_with_a_block_is_counted_in_its_dtype(dtype, rng):
    block = Residual([Linear(8, 8, rng, dtype=dtype)])
    assert cost_table(Sequential([block]), (8,)).parameters == 72
    assert cost_table(Sequential([Sequential([block]), Linear(8, 2, rng, dtype=dtype)]), (8,)).multiply_adds == 64 + 16
