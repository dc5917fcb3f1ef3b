"""Costs of networks: known architectures, a plan against the real layers, and what does not fit."""

import numpy as np
import pytest

from coursekit.layers import Activation, BatchNorm, Conv2d, Linear
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
