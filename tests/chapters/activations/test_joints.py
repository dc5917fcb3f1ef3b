"""What ReLU units build: a bend at each joint, and a curve that is followed as closely as its bends are many."""

import numpy as np
import pytest

from coursekit.chapters.activations.joints import INPUTS, MAX_UNITS, TARGETS, State, compute, distances, interpolate

EACH = pytest.mark.parametrize("target", TARGETS)


@EACH
@pytest.mark.parametrize("units", [1, 5, MAX_UNITS])
def test_all_units_together_are_the_straight_lines_between_points_of_the_curve(target, units):
    frame = compute(State(units=units, target=target))
    places = np.linspace(-2, 2, units + 1)
    np.testing.assert_allclose(frame.y, np.interp(INPUTS, places, TARGETS[target].f(places)), atol=1e-12)


def test_units_added_so_far_are_right_up_to_the_next_joint_and_straight_after_the_last():
    whole, part = compute(State(units=8)), compute(State(units=8, added=3))
    joints = interpolate("sine", 8).joints
    before = joints[3] >= INPUTS
    np.testing.assert_allclose(part.y[before], whole.y[before], atol=1e-12)
    np.testing.assert_allclose(np.diff(part.y[joints[2] <= INPUTS], 2), 0, atol=1e-12)
    assert part.hinges.shape == (3, 3, 2)
    assert "3 of 8 units" in part.readout


def test_the_hinges_and_the_bias_add_up_to_the_sum():
    frame = compute(State(units=7, target="square"))
    added = sum(np.interp(INPUTS, hinge[:, 0], hinge[:, 1]) for hinge in frame.hinges)
    np.testing.assert_allclose(added + 4.0, frame.y, atol=1e-12)
    np.testing.assert_allclose(np.interp(frame.joints[0], INPUTS, frame.y), frame.joints[1], atol=0.05)


@pytest.mark.parametrize(("target", "curvature"), [("sine", 9), ("square", 2), ("bell", 8)])
def test_the_distance_is_at_most_twice_the_largest_curvature_over_h_squared(target, curvature):
    """A chord of length h stays within h² max|f''| / 8 of its curve, and here h = 4 / H."""
    units = np.arange(1, MAX_UNITS + 1)
    assert (distances(target) <= 2 * curvature / units**2 + 1e-12).all()


def test_of_x_squared_the_distance_is_4_over_h_squared():
    np.testing.assert_allclose(distances("square")[[1, 3, 7]], [1, 0.25, 0.0625])


def test_a_jump_stays_half_a_jump_away_or_more():
    assert distances("jump").min() == pytest.approx(0.5)
    assert "continuous" in compute(State(target="jump")).readout


def test_the_figures_of_the_question_hold():
    assert distances("sine")[MAX_UNITS - 1] < 0.04
    assert distances("jump")[MAX_UNITS - 1] > 0.9
