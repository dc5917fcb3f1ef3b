"""Every loss on one axis: known values and slopes, parameters held in range, and the stories of the presets."""

import math

import numpy as np
import pytest

from coursekit.chapters.losses.margin_axis import (
    CURVES,
    DEFAULT_SMOOTHING,
    MARGINS,
    REACH,
    State,
    compute,
    evaluate,
    pale,
)
from coursekit.losses import LOSSES


def at(loss, position, parameter=1.0):
    frame = compute(State(loss=loss, position=position, parameter=parameter))
    return frame.value, frame.pull


def test_every_loss_of_the_registry_is_on_the_axis():
    assert {curve.loss for curve in CURVES.values()} == set(LOSSES)


@pytest.mark.parametrize(
    ("loss", "position", "parameter", "value", "slope"),
    [
        ("hinge", 0.4, 1.0, 0.6, -1),
        ("hinge", 2.0, 1.0, 0, 0),
        ("hinge", 2.0, 5.0, 3, -1),
        ("squared_hinge", -1.0, 1.0, 4, -4),
        ("softmax_cross_entropy", 0.0, 1.0, math.log(2), -0.5),
        ("softmax_cross_entropy", 3.0, 1.0, math.log1p(math.exp(-3)), -1 / (1 + math.exp(3))),
        ("softmax_cross_entropy", 3.0, 3.0, math.log1p(math.exp(-1)), -1 / (1 + math.exp(1)) / 3),
        ("zero_one", -2.0, 1.0, 1, 0),
        ("zero_one", 2.0, 1.0, 0, 0),
        ("focal", 0.0, 2.0, 0.25 * math.log(2), -0.5 * (0.25 + 0.5 * math.log(2))),
        ("mse", 3.0, 1.0, 9, 6),
        ("mae", -3.0, 1.0, 3, -1),
        ("huber", 4.0, 1.0, 3.5, 1),
        ("huber", 4.0, 5.0, 8, 4),
    ],
)
def test_known_values_and_slopes(loss, position, parameter, value, slope):
    assert at(loss, position, parameter) == pytest.approx((value, slope), abs=1e-12)


@pytest.mark.parametrize("name", CURVES)
def test_the_slope_is_the_derivative_of_the_curve(name):
    curve, params = CURVES[name], CURVES[name].setting(2.0)
    positions = np.linspace(-4.93, 4.87, 30)  # away from the kinks
    h = 1e-5
    above, below = (evaluate(curve, positions + step, params)[0] for step in (h, -h))
    np.testing.assert_allclose(evaluate(curve, positions, params)[1], (above - below) / (2 * h), atol=1e-6)


def test_the_point_lies_on_the_curve():
    for name in CURVES:
        frame = compute(State(loss=name, position=MARGINS[37]))
        assert (frame.value, frame.pull) == pytest.approx((frame.loss[37], frame.slope[37]), abs=1e-12)


def test_binary_cross_entropy_is_the_softmax_of_two():
    one, two = (compute(State(loss=name)) for name in ("binary_cross_entropy", "softmax_cross_entropy"))
    np.testing.assert_allclose(one.loss, two.loss, rtol=1e-12)
    np.testing.assert_allclose(one.slope, two.slope, rtol=1e-9)


@pytest.mark.parametrize("name", ["large_margin_softmax", "focal"])
def test_without_its_parameter_a_variant_is_the_cross_entropy(name):
    plain = compute(State(loss="softmax_cross_entropy"))
    variant = compute(State(loss=name, parameter=0.0))  # γ = 0; m is held at 1
    np.testing.assert_allclose(variant.loss, plain.loss, rtol=1e-9)


def test_parameters_are_held_in_their_ranges():
    for curve in CURVES.values():
        for number in (0.0, 5.0):
            for value in curve.setting(number).values():
                assert curve.hyperparameter.low <= value <= curve.hyperparameter.high
    assert CURVES["large_margin_softmax"].setting(2.6) == {"m": 3}
    assert CURVES["label_smoothing"].setting(1.0) == {"label_smoothing": pytest.approx(0.1)}
    assert CURVES["mse"].setting(1.0) == {}


def test_smoothing_has_a_best_margin_and_pulls_back_beyond_it():
    frame = compute(State(loss="label_smoothing", parameter=1.0))
    best = MARGINS[frame.loss.argmin()]
    assert best == pytest.approx(math.log(0.95 / 0.05), abs=0.05)
    assert (frame.slope[best + 0.1 < MARGINS] > 0).all()


def test_zero_one_has_no_slope_anywhere():
    frame = compute(State(loss="zero_one", position=-2.0))
    assert not frame.slope.any()
    assert "no slope says where to go" in frame.readout


def test_the_hinge_is_content_where_cross_entropy_still_pulls():
    assert "content" in compute(State(loss="hinge", position=3.0)).readout
    assert "pulls m up with 0.047" in compute(State(loss="softmax_cross_entropy", position=3.0)).readout


def test_large_margin_reaches_from_a_right_angle_to_the_opposite_direction():
    frame = compute(State(loss="large_margin_softmax", parameter=2.0))
    # ψ(π) = 1 − 2m = −3 and ψ(0) = 1, times the norm.
    assert frame.loss[0] == pytest.approx(math.log1p(math.exp(3 * REACH)))
    assert frame.loss[-1] == pytest.approx(math.log1p(math.exp(-REACH)))


def test_pale_curves_stand_at_the_default_parameters():
    np.testing.assert_array_equal(pale("hinge")[0], compute(State(loss="hinge", parameter=1.0)).loss)
    smoothed, _ = evaluate(CURVES["label_smoothing"], MARGINS, DEFAULT_SMOOTHING)
    np.testing.assert_array_equal(pale("label_smoothing")[0], smoothed)
