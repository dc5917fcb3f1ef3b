"""Dropout's ensemble: where the whole net is the exact average, where it is near, and what wrong scaling does."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure

from coursekit.chapters.regularisation.dropout_ensemble import (
    HIDDEN,
    INPUT,
    JURY,
    State,
    View,
    compute,
    dropped,
    judged_digits,
    log_softmax,
    network,
    running_mean,
    sampled,
    trained,
    whole,
)
from coursekit.demos import DEMOS
from coursekit.layers import dropout_forward

DEMO = DEMOS["dropout_ensemble"]


def preset(name):
    return compute(State().replace(**DEMO.presets[name]))


def all_masks(n):
    return np.array(list(itertools.product([0, 1], repeat=n)), float)


def chances(masks, p):
    """The probability of each mask whose units are dropped with probability p."""
    return np.prod(np.where(masks == 1, 1 - p, p), axis=1)


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_over_all_masks_the_mean_of_a_linear_map_is_the_whole_map(p):
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal(8), rng.standard_normal((8, 3)), rng.standard_normal(3)
    masks = all_masks(8)
    outputs = (masks * x / (1 - p)) @ w + b
    np.testing.assert_allclose(chances(masks, p) @ outputs, x @ w + b, atol=1e-12)


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_over_all_masks_the_geometric_mean_of_softmax_regression_is_the_whole_net(p):
    rng = np.random.default_rng(1)
    x, w, b = rng.standard_normal(8), rng.standard_normal((8, 3)), rng.standard_normal(3)
    masks = all_masks(8)
    probability = np.exp(log_softmax((masks * x / (1 - p)) @ w + b))
    geometric = np.prod(probability ** chances(masks, p)[:, None], axis=0)
    wanted = np.exp(log_softmax(x @ w + b))
    np.testing.assert_allclose(geometric / geometric.sum(), wanted, atol=1e-12)
    assert np.abs(chances(masks, p) @ probability - wanted).max() > 0.01  # the arithmetic mean is another


def test_over_all_masks_a_hidden_relu_makes_the_whole_net_an_approximation():
    rng = np.random.default_rng(2)
    x, w, v = rng.standard_normal(8), rng.standard_normal((8, 8)), rng.standard_normal(8)
    masks = all_masks(8)
    outputs = np.maximum((masks * x / 0.5) @ w, 0) @ v
    assert abs(chances(masks, 0.5) @ outputs - np.maximum(x @ w, 0) @ v) > 0.1


def test_the_average_of_softmax_regression_nears_the_whole_net_and_that_of_a_deep_net_levels_off():
    deep, softmax = preset("A thousand"), preset("Softmax: exact")
    assert softmax.distance < 0.02
    assert softmax.distances[9] > 3 * softmax.distance
    assert 0.04 < deep.distance < 0.15
    assert compute(State()).distance == pytest.approx(0.24, abs=0.02)
    assert deep.distance == pytest.approx(0.08, abs=0.015)
    arithmetic = compute(State().replace(**DEMO.others["which mean"].settings))
    assert arithmetic.distance > 3 * softmax.distance
    assert arithmetic.average.max() < arithmetic.scaled.max() + 0.05


def test_in_softmax_regression_the_difference_falls_as_one_over_the_root_for_most_digits():
    ratios = []
    for digit in range(1, 60):
        distances = compute(State(net="softmax", masks=1000, digit=digit)).distances
        ratios.append(distances[9] / distances[999])
    assert 5 < np.median(ratios) < 20  # the root of 100 is 10


def test_the_whole_net_is_as_good_as_an_average_of_many_and_one_subnetwork_is_not():
    frame = compute(State())
    assert frame.jury.wrong[0] > 3 * frame.scaled_wrong
    assert frame.jury.loss[0] > 3 * frame.scaled_loss
    assert frame.jury.loss[4] > frame.scaled_loss
    assert frame.scaled_loss == pytest.approx(frame.jury.loss[-1], abs=0.03)


def test_wrong_scaling_is_wrong_by_the_factor():
    (x, _), net = judged_digits(), trained("softmax", 0)
    right, forgotten, twice = (whole(net, x, scaling)[0].mean() for scaling in ("right", "forgotten", "twice"))
    assert forgotten / right == pytest.approx(1 / (1 - INPUT))
    assert twice / right == pytest.approx(1 - INPUT)
    ratio = {scaling: compute(State(scaling=scaling)).ratio for scaling in ("right", "forgotten", "twice")}
    factor = 1 / ((1 - INPUT) * (1 - HIDDEN) ** 2)
    assert factor == pytest.approx(5)
    assert ratio["forgotten"] / ratio["right"] == pytest.approx(factor, rel=0.05)
    assert ratio["right"] / ratio["twice"] == pytest.approx(factor, rel=0.1)
    assert 3.5 < ratio["forgotten"] < 4.5
    assert compute(State(net="softmax")).ratio == pytest.approx(1, abs=0.01)


def test_wrong_scaling_costs():
    loss = {scaling: compute(State(scaling=scaling)).scaled_loss for scaling in ("right", "forgotten", "twice")}
    assert loss["right"] < loss["forgotten"] < loss["twice"]
    assert preset("Scaled twice").scaled_wrong > 0.2


def test_the_factors_of_a_mask_are_those_of_the_package():
    ours = dropped(np.ones((400, 100)), 0.2, np.random.default_rng(0))
    theirs, _ = dropout_forward(np.ones((400, 100)), 0.2, np.random.default_rng(0))
    for y in (ours, theirs):
        assert set(np.round(np.unique(y), 12)) == {0.0, 1.25}
        assert y.mean() == pytest.approx(1, abs=0.01)


def test_the_whole_net_is_the_net_in_test_mode():
    (x, _), net = judged_digits(), trained("deep", 0)
    np.testing.assert_allclose(whole(net, x, "right")[1], net.forward(x))


def test_subnetworks_in_the_mean_have_the_expected_inputs():
    x, _ = judged_digits()
    last, _ = sampled(network("softmax", np.random.default_rng(0)), np.repeat(x[:1], 4000, 0), np.random.default_rng(0))
    np.testing.assert_allclose(last.mean(0), x[0], atol=0.05)


@pytest.mark.parametrize("kind", ["geometric", "arithmetic"])
def test_the_running_mean_is_that_of_the_first_ones(kind):
    p = np.random.default_rng(0).dirichlet(np.ones(4), size=6)
    found = running_mean(np.log(p), kind)
    for count in range(1, 7):
        naive = p[:count].mean(0) if kind == "arithmetic" else np.prod(p[:count], axis=0) ** (1 / count)
        np.testing.assert_allclose(found[count - 1], naive / naive.sum())


def test_the_jury_is_made_of_all_its_members():
    frame = compute(State(masks=1))
    assert len(frame.jury.loss) == len(frame.jury.wrong) == JURY
    np.testing.assert_allclose(frame.average, frame.single[0])


def test_a_mask_of_one_value_a_channel_drops_whole_channels():
    x = np.random.default_rng(0).standard_normal((2, 50, 4, 4))
    mask, _ = dropout_forward(np.ones((2, 50, 1, 1)), 0.5, np.random.default_rng(0))
    y = mask * x
    silent = (y == 0).all((2, 3))
    np.testing.assert_array_equal(silent, (y == 0).any((2, 3)))
    assert 0.3 < silent.mean() < 0.7
    np.testing.assert_allclose(y[~silent], 2 * x[~silent])


def test_a_difference_that_is_too_small_for_the_axes_lies_at_their_edge():
    frame, view = compute(State(digit=1)), View(Figure())
    assert frame.distance < 1e-3
    view.update(frame)
    assert view.now.get_ydata() == view.far.get_ylim()[0]
