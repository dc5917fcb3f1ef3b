"""The microscope: both arms of the U have their slopes, the best steps are the textbook's, and a kink is seen."""

import numpy as np
import pytest

from coursekit.chapters.backprop.gradcheck_microscope import FUNCTIONS, STEPS, State, compute
from coursekit.demos import DEMOS
from coursekit.gradcheck import numerical_gradient


def slope(errors, low, high):
    """The slope of log error against log h between two steps."""
    inside = (low < STEPS) & (high > STEPS) & (errors > 0)
    return np.polyfit(np.log(STEPS[inside]), np.log(errors[inside]), 1)[0]


@pytest.mark.parametrize(("difference", "order"), [("centred", 2), ("forward", 1)])
def test_truncation_rises_with_its_power_of_h(difference, order):
    frame = compute(State(difference=difference))
    assert slope(frame.double.errors, 1e-4, 1e-1) == pytest.approx(order, abs=0.05)


def test_round_off_falls_as_one_over_h():
    frame = compute(State())
    assert slope(frame.double.errors, 1e-14, 1e-7) == pytest.approx(-1, abs=0.1)
    assert slope(frame.single.errors, 2e-7, 5e-4) == pytest.approx(-1, abs=0.4)


@pytest.mark.parametrize("function", ["cube", "deep"])
@pytest.mark.parametrize("difference", ["centred", "forward"])
def test_the_two_parts_bound_what_is_measured(function, difference):
    frame = compute(State(function=function, difference=difference))
    for curve, smallest in ((frame.double, 1e-14), (frame.single, 1e-6)):
        inside = (smallest < STEPS) & (STEPS < 1e-2)
        bound = frame.truncation + curve.round_off
        assert (curve.errors[inside] < 3 * bound[inside]).all()
        assert np.median(curve.errors[inside] / bound[inside]) > 0.05


def test_the_best_steps_are_those_of_the_textbook():
    frame = compute(State())
    assert 3e-6 < frame.double.best < 2e-5
    assert 1e-3 < frame.single.best < 1e-2
    assert frame.double.errors.min() < 1e-10
    assert 1e-7 < frame.single.errors.min() < 1e-4
    for curve in (frame.double, frame.single):
        assert abs(np.log10(STEPS[curve.errors.argmin()] / curve.best)) < 1
    assert compute(State(difference="forward")).double.best == pytest.approx(1.5e-8, rel=0.5)


def test_a_cubes_centred_difference_is_off_by_h_squared():
    assert numerical_gradient(lambda x: float((x**3).sum()), np.array([2.0]), h=0.1)[0] == pytest.approx(12.01)
    frame = compute(State(h=0.1, distance=1.0))
    assert frame.double.error == pytest.approx(0.01 / 24.01, rel=1e-6)


def test_the_marker_is_measured_at_its_own_step():
    frame = compute(State(h=1e-3))
    assert frame.double.error == pytest.approx(np.interp(-3, np.log10(STEPS), frame.double.errors), rel=0.02)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_are_right(name):
    function, x = FUNCTIONS[name], 1.4
    first, second, third = function.derivatives(x)
    assert numerical_gradient(lambda p: float(function.f(p)[0]), np.array([x]))[0] == pytest.approx(first, rel=1e-6)
    for order, expected in ((0, second), (1, third)):
        slope_of = numerical_gradient(lambda p, order=order: function.derivatives(float(p[0]))[order], np.array([x]))
        assert slope_of[0] == pytest.approx(expected, rel=1e-6)


def test_a_kink_is_flagged_exactly_when_it_is_within_reach():
    near = State(function="kink", distance=5e-4)
    assert compute(near.replace(h=1e-3)).kink
    assert not compute(near.replace(h=4e-4)).kink
    assert not compute(near.replace(h=1e-3, difference="forward")).kink
    assert not compute(near.replace(h=1e-3, function="cube")).kink
    within, without = (compute(near.replace(h=h)).double.error for h in (1e-3, 4e-4))
    assert within > 0.03 > 1e-6 > without


def test_float32_is_a_staircase_at_its_own_scale_and_float64_is_not():
    frame = compute(State(**DEMOS["gradcheck_microscope"].presets["float32 is a staircase"]))
    single, double = (len(np.unique(values)) for values in frame.seen)
    assert single < 15
    assert double == frame.seen.shape[1]


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        ("float64 at its best", "about right for float64, too short for float32"),
        ("float32 is a staircase", "too short for both"),
        ("Forward difference", "about right for float64"),
        ("A deep product", "too long for both"),
        ("A kink in reach", "A kink lies inside"),
    ],
)
def test_presets_tell_their_story(preset, words):
    assert words in compute(State(**DEMOS["gradcheck_microscope"].presets[preset])).readout
