"""The symmetry demo: equal units stay equal to the last bit, zeros stay zero, a little randomness frees the units."""

import math
from itertools import pairwise

import numpy as np
import pytest

from coursekit.chapters.initialisation.symmetry import STEPS, State, compute, corners, group, network, train
from coursekit.losses import LOSSES


# These widths fill the tiles of a BLAS kernel, so that it adds up every column of a product in the same order.
@pytest.mark.parametrize("hidden", [2, 4, 8, 16])
@pytest.mark.parametrize("value", [0.2, 0.75])
def test_equal_units_stay_equal_to_the_last_bit(hidden, value):
    run = train(spread=0.0, value=value, lr=0.5, hidden=hidden, seed=0)
    w1, b1, w2, _ = run.params.values()
    assert not np.array_equal(w1[0], w1[-1]), "training must move the weights, or the test shows nothing"
    for weights in (w1, b1[:, None], w2.transpose(0, 2, 1)):  # the units are the last axis
        np.testing.assert_array_equal(weights, np.broadcast_to(weights[..., :1], weights.shape))


@pytest.mark.parametrize("hidden", range(2, 17))
def test_equal_units_look_the_same_for_every_width(hidden):
    assert compute(State(spread=0.0, lr=1.0, hidden=hidden, step=STEPS)).different == 1


def test_equal_units_get_the_same_gradient():
    x, labels = corners(seed=0)
    net = network(spread=0.0, value=0.5, hidden=8, seed=0)
    net.params["2.w"][:, 1] = -0.25  # two classes with different weights: the gradient is not 0
    net.backward(LOSSES["softmax_cross_entropy"](net.forward(x), labels)[1])
    for name, units in (("0.w", net.grads["0.w"].T), ("0.b", net.grads["0.b"][:, None]), ("2.w", net.grads["2.w"])):
        assert np.abs(units).min() > 1e-4, name
        np.testing.assert_array_equal(units, np.broadcast_to(units[:1], units.shape), err_msg=name)


def test_with_all_weights_zero_only_the_output_bias_moves():
    run = train(spread=0.0, value=0.0, lr=0.5, hidden=8, seed=0)
    for still in (run.params["0.w"], run.params["0.b"], run.params["2.w"]):
        assert not still.any()
    share = (run.labels == 1).mean()
    # The bias learns how frequent the classes are: log odds apart, the loss falls to the entropy of the labels.
    assert run.params["2.b"][-1, 1] - run.params["2.b"][-1, 0] == pytest.approx(math.log(share / (1 - share)), rel=1e-3)
    assert run.loss[-1] == pytest.approx(-share * math.log(share) - (1 - share) * math.log(1 - share), rel=1e-6)
    assert "exactly 0" in compute(State(spread=0.0, value=0.0, step=STEPS)).readout


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spread", [0.01, 0.1, 0.5])
def test_a_little_randomness_separates_the_units_and_solves_the_task(spread, seed):
    start = compute(State(spread=spread, step=0, seed=seed))
    end = compute(State(spread=spread, seed=seed, step=STEPS))
    assert end.different >= 4
    assert end.different >= start.different
    assert end.history.accuracy[-1] >= 0.95


@pytest.mark.parametrize("seed", range(3))
def test_equal_units_do_no_better_than_one_line(seed):
    assert compute(State(spread=0.0, seed=seed)).history.accuracy[-1] < 0.8


def test_the_frame_shows_the_step_of_the_slider():
    assert [compute(State(spread=0.1, step=s)).readout.split(":")[0] for s in (0, STEPS)] == ["Step 0", f"Step {STEPS}"]
    early, late = (compute(State(spread=0.1, step=s)).probability for s in (0, STEPS))
    assert np.ptp(late) > np.ptp(early)


def test_probability_is_that_of_class_1_where_the_points_of_class_1_are():
    frame = compute(State(spread=0.1, step=STEPS))
    corner = {(a, b): frame.probability[b, a] for a in (12, 35) for b in (12, 35)}  # x₁, x₂ near −1 and +1
    assert corner[12, 35] > 0.9
    assert corner[35, 12] > 0.9
    assert corner[12, 12] < 0.1
    assert corner[35, 35] < 0.1


def test_a_unit_starts_the_same_whatever_stands_beside_it():
    few, many = (network(spread=0.3, value=0.1, hidden=h, seed=4).params for h in (3, 16))
    np.testing.assert_array_equal(few["0.w"], many["0.w"][:, :3])
    np.testing.assert_array_equal(few["2.w"], many["2.w"][:3])


def test_the_loss_of_the_history_falls_with_small_steps():
    loss = train(spread=0.1, value=0.2, lr=0.05, hidden=8, seed=0).loss
    assert all(later < earlier for earlier, later in pairwise(loss))


def test_the_twin_starts_from_equal_weights_and_keeps_them():
    frame = compute(State(step=STEPS))
    w1 = frame.twin.params["0.w"]
    np.testing.assert_array_equal(w1, np.broadcast_to(w1[..., :1], w1.shape))
    assert frame.different >= frame.state.hidden - 1


def test_weights_that_differ_too_little_to_see_count_as_alike():
    assert "8 hidden units, all nearly alike" in compute(State(spread=0.01, step=0)).readout
    assert "8 hidden units, all equal" in compute(State(spread=0.0, step=STEPS)).readout
    assert "8 different" in compute(State(spread=0.5, step=0)).readout


def test_group_puts_near_rows_together():
    assert group(np.array([[0.0, 0.0], [1.0, 0.0], [0.04, -0.04], [1.0, 0.06]])) == [[0, 2], [1], [3]]
