"""The slow neuron: Nielsen's start by hand, the two slopes, and who arrives when."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from coursekit.chapters.losses.learning_slowdown import EPOCHS, LEARNERS, SUMS, State, View, compute, cost_and_slope
from coursekit.gradcheck import numerical_gradient


def naive(state, with_slope, rate):
    """The outputs, one number at a time."""
    w, b, outputs = state.weight, state.bias, []
    for _ in range(EPOCHS + 1):
        a = 1 / (1 + np.exp(-(w + b)))
        outputs.append(a)
        dz = 2 * (a - state.target) * a * (1 - a) if with_slope else a - state.target
        w, b = w - rate * dz, b - rate * dz
    return outputs


@pytest.mark.parametrize("state", [State(), State(weight=-2.0, bias=-1.5, target=1, lr=0.5)])
def test_both_runs_are_those_of_a_plain_loop(state):
    squared, entropy = compute(state).runs
    np.testing.assert_allclose(squared.output, naive(state, with_slope=True, rate=state.ratio * state.lr), rtol=1e-9)
    np.testing.assert_allclose(entropy.output, naive(state, with_slope=False, rate=state.lr), rtol=1e-9)


def test_the_first_step_from_two_and_two():
    frame = compute(State(epoch=0))
    sigma = 1 / (1 + np.exp(-4.0))
    np.testing.assert_allclose(frame.now, [[sigma, 4, 2 * sigma**2 * (1 - sigma)], [sigma, 4, sigma]])


def test_at_the_same_rate_squared_error_needs_several_times_the_epochs():
    frame = compute(State(ratio=1))
    assert frame.needed == (234, 50)
    assert "squared error needs 234 epochs, cross-entropy 50 epochs" in frame.readout


@pytest.mark.parametrize(
    ("weight", "bias", "needed"), [(0.6, 0.9, (27, 41)), (2.0, 2.0, (47, 50)), (3.0, 3.0, (166, 57))]
)
def test_with_a_rate_of_its_own_squared_error_is_level_until_the_neuron_is_too_sure(weight, bias, needed):
    assert compute(State(weight=weight, bias=bias)).needed == needed


def test_a_very_sure_mistake_is_not_unlearnt_with_squared_error():
    frame = compute(State(weight=4.0, bias=4.0))
    assert frame.needed == (None, 63)
    assert "more than 300 epochs" in frame.readout


def test_nothing_of_the_outcome_is_drawn_before_the_first_epoch():
    view = View(Figure())
    for epoch, drawn in ((0, False), (1, True)):
        view.update(compute(State(epoch=epoch)))
        marks = [*view.curves, *view.ends, *view.hills, *view.pull_dots]
        assert [len(mark.get_xdata()) > 0 for mark in marks] == [drawn] * len(marks)


def test_a_right_start_needs_nothing():
    assert compute(State(target=1)).needed == (0, 0)


@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_the_slope_is_the_derivative_of_the_cost(learner, target):
    y = np.array([target])
    for z in (-3.0, 0.5, 4.0):
        _, dz = cost_and_slope(learner.loss, np.array([z]), y)
        numerical = numerical_gradient(lambda z, y=y: cost_and_slope(learner.loss, z, y)[0], np.array([z]))
        np.testing.assert_allclose(dz, numerical, rtol=1e-6)


@pytest.mark.parametrize("target", [0, 1])
def test_the_hills_are_the_error_with_and_without_the_sigmoids_slope(target):
    squared, entropy = compute(State(target=target)).runs
    a = 1 / (1 + np.exp(-SUMS))
    np.testing.assert_allclose(entropy.hill, np.abs(a - target), atol=1e-12)
    np.testing.assert_allclose(squared.hill, 2 * np.abs(a - target) * a * (1 - a), atol=1e-12)


def test_target_1_from_the_other_side_is_the_mirror_image():
    zero, one = compute(State()), compute(State(weight=-2.0, bias=-2.0, target=1))
    for run, mirrored in zip(zero.runs, one.runs, strict=True):
        np.testing.assert_allclose(run.output, 1 - mirrored.output, rtol=1e-9, atol=1e-12)
