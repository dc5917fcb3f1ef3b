"""Every penalty of the registry keeps every contract; then what only one of them does."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from layouts import AWKWARD

from coursekit.gradcheck import numerical_gradient
from coursekit.penalties import PENALTIES, soft_threshold

project = PENALTIES["max_norm"].project

each = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=list(PENALTIES))
each_setting = pytest.mark.parametrize(
    ("penalty", "params"),
    [
        pytest.param(penalty, params, id=f"{penalty.name} {params}")
        for penalty in PENALTIES.values()
        for params in [{}, *({p.name: end} for p in penalty.params for end in (p.low, p.high, 0.3))]
    ],
)
in_both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
weights = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=4), elements=st.floats(-9, 9, width=16)
)
weights |= arrays(np.float64, (2, 1, 2, 1, 2, 2), elements=st.floats(-9, 9, width=16))


def away_from_0(w):
    return w + np.copysign(0.01, w)


def test_all_penalties_of_the_course_are_there():
    assert {"l0", "l1", "l2", "elastic_net", "max_norm"}.issubset(PENALTIES)


@each_setting
def test_gradient(penalty, params, rng):
    w = away_from_0(rng.normal(size=(4, 3)))
    gradient = penalty(w, 10.0, **params)[1]  # 10 is beyond every norm
    expected = numerical_gradient(lambda w: penalty(w, 10.0, **params)[0], w)
    np.testing.assert_allclose(gradient, expected, rtol=1e-8, atol=1e-8)


@each_setting
@given(w=weights, strength=st.floats(0.015625, 4, width=16))
def test_values_are_those_of_the_twin(penalty, params, w, strength):
    value, gradient = penalty(w, strength, **params)
    assert type(value) is float
    assert value == pytest.approx(naive.PENALTIES[penalty.name](w, strength, **params), rel=1e-12)
    assert gradient.shape == w.shape


@each_setting
def test_float32_agrees_with_float64(penalty, params, rng):
    w = rng.normal(size=(40, 30)).astype(np.float32)
    value32, gradient32 = penalty(w, 0.1, **params)
    value64, gradient64 = penalty(w.astype(np.float64), 0.1, **params)
    assert value32 == pytest.approx(value64, rel=1e-12)
    np.testing.assert_allclose(gradient32, gradient64, rtol=2e-7)


@each
@in_both_dtypes
@pytest.mark.parametrize("awkward", AWKWARD)
def test_any_layout_gives_the_same_and_no_input_changes(penalty, awkward, dtype, rng):
    w = rng.normal(size=(4, 3)).astype(dtype)
    given_w = awkward(w)
    value, gradient = penalty(given_w, 0.5)
    expected_value, expected_gradient = penalty(w, 0.5)
    assert value == expected_value
    assert gradient.dtype == dtype
    np.testing.assert_array_equal(gradient, expected_gradient)
    np.testing.assert_array_equal(given_w, w)


@each
def test_integer_weights_are_taken_as_float64(penalty):
    value, gradient = penalty(np.array([[1, -2], [0, 3]]), 0.5)
    assert gradient.dtype == np.float64
    assert value == penalty(np.array([[1.0, -2], [0, 3]]), 0.5)[0]


@each
@in_both_dtypes
def test_nan_is_not_hidden(penalty, dtype):
    w = np.array([[1, math.nan], [2, 3]], dtype)
    value, gradient = penalty(w, 0.5)
    assert math.isnan(value)
    if penalty.name not in ("l0", "max_norm"):
        np.testing.assert_array_equal(np.isnan(gradient), np.isnan(w))


@pytest.mark.parametrize(
    ("name", "params", "pulls"),
    [
        ("l1", {}, [0.5, -0.5, 0.5]),
        ("l2", {}, [math.inf, -math.inf, 2.0]),
        ("elastic_net", {"ratio": 1}, [0.5, -0.5, 0.5]),
        ("elastic_net", {"ratio": 0}, [math.inf, -math.inf, 2.0]),
    ],
)
@in_both_dtypes
def test_an_infinite_weight_costs_infinity_and_is_not_taken_for_nan(name, params, pulls, dtype):
    value, gradient = PENALTIES[name](np.array([math.inf, -math.inf, 2.0], dtype), 0.5, **params)
    assert value == math.inf
    np.testing.assert_array_equal(gradient, pulls)


@each
def test_the_record_is_complete(penalty):
    for text in ("label", "formula", "gradient", "verdict", "source"):
        assert getattr(penalty, text), text
    for parameter in penalty.params:
        assert parameter.low <= parameter.default <= parameter.high
        assert parameter.meaning
        assert (
            penalty(np.ones((2, 2)), 1.0, **{parameter.name: parameter.default})[0] == penalty(np.ones((2, 2)), 1.0)[0]
        )


@each
def test_bad_input_is_refused(penalty):
    listed = ", ".join(parameter.name for parameter in penalty.params) or "none"
    with pytest.raises(TypeError, match=rf"^{penalty.name} has no parameter 'nonsense'\. Its parameters: {listed}\.$"):
        penalty(np.ones((2, 2)), 1.0, nonsense=1)
    with pytest.raises(TypeError, match=f"^{penalty.name}: w must be float32 or float64 .*complex128"):
        penalty(np.ones((2, 2), complex), 1.0)
    for strength in (-1, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"^{penalty.name}: the (strength|limit) must be a finite number"):
            penalty(np.ones((2, 2)), strength)
    with pytest.raises(TypeError, match=f"^{penalty.name}: the (strength|limit) must be a number, but is '1'"):
        penalty(np.ones((2, 2)), "1")


@pytest.mark.parametrize("ratio", [-0.1, 1.1, math.nan])
def test_a_ratio_is_a_share(ratio):
    with pytest.raises(
        ValueError, match=r"^elastic_net: ratio must be a finite number, at least 0 and at most 1, but is"
    ):
        PENALTIES["elastic_net"](np.ones(2), 1.0, ratio=ratio)


# What only one of them does.


def test_l2_prefers_the_spread_out_weights_that_score_the_same():
    x, concentrated, spread = np.ones(4), np.array([1.0, 0, 0, 0]), np.full(4, 0.25)
    assert concentrated @ x == spread @ x == 1
    assert [PENALTIES["l2"](w, 1.0)[0] for w in (concentrated, spread)] == [1, 0.25]
    assert [PENALTIES["l1"](w, 1.0)[0] for w in (concentrated, spread)] == [1, 1]
    assert [PENALTIES["l0"](w, 1.0)[0] for w in (concentrated, spread)] == [1, 4]


def test_l2_has_no_factor_a_half():
    value, gradient = PENALTIES["l2"](np.array([3.0, -1.0]), 0.1)
    assert value == pytest.approx(1.0)
    np.testing.assert_allclose(gradient, [0.6, -0.2])


def test_the_gradient_of_l1_is_the_same_for_all_sizes_and_0_at_0():
    np.testing.assert_array_equal(
        PENALTIES["l1"](np.array([5.0, 1e-9, 0.0, -0.0, -2.0]), 0.5)[1], [0.5, 0.5, 0, 0, -0.5]
    )


def test_elastic_net_runs_from_l2_to_l1(rng):
    w = rng.normal(size=7)
    for ratio, name in ((0, "l2"), (1, "l1")):
        value, gradient = PENALTIES["elastic_net"](w, 0.7, ratio=ratio)
        expected_value, expected_gradient = PENALTIES[name](w, 0.7)
        assert value == expected_value
        np.testing.assert_array_equal(gradient, expected_gradient)


@given(w=weights, amount=st.floats(0, 4, width=16))
def test_soft_threshold_moves_towards_0_and_stops_there(w, amount):
    moved = soft_threshold(w, amount)
    for before, after in zip(w.flat, moved.flat, strict=True):
        assert after == math.copysign(max(abs(before) - amount, 0), before)
    assert (np.abs(w) <= amount).sum() == (moved == 0).sum()


def test_soft_threshold_is_the_minimiser_that_it_claims_to_be(rng):
    for w in rng.normal(size=5):
        points = np.linspace(-4, 4, 80001)
        best = points[((points - w) ** 2 / 2 + 0.6 * np.abs(points)).argmin()]
        assert soft_threshold(np.array([w]), 0.6)[0] == pytest.approx(best, abs=1e-4)


def test_repeated_steps_of_l1_reach_0_and_those_of_l2_never_do():
    by_l1 = by_l2 = np.array([1.0, -0.35])
    for _ in range(20):
        by_l1 = soft_threshold(by_l1, 0.1)
        by_l2 = by_l2 - 0.1 * PENALTIES["l2"](by_l2, 1.0)[1]
    np.testing.assert_array_equal(by_l1, 0)
    assert (by_l2 != 0).all()


@in_both_dtypes
def test_soft_threshold_keeps_dtype_nan_and_its_input(dtype):
    w = np.array([0.75, math.nan, -2.0], dtype)
    before = w.copy()
    moved = soft_threshold(w, 0.5)
    assert moved.dtype == dtype
    np.testing.assert_array_equal(moved, np.array([0.25, math.nan, -1.5], dtype))
    np.testing.assert_array_equal(w, before)


def test_soft_threshold_refuses_a_negative_amount():
    with pytest.raises(ValueError, match=r"^soft_threshold: the amount must be a finite number, at least 0, but is -1"):
        soft_threshold(np.ones(2), -1)
    with pytest.raises(TypeError, match=r"^soft_threshold: w must be float32 or float64"):
        soft_threshold(np.ones(2, bool), 1)


# The fence.


@in_both_dtypes
@pytest.mark.parametrize("shape", [(5, 4), (4, 2, 3, 3), (6, 2, 3), (2, 2, 3, 2, 3, 3)])
def test_projection_shortens_units_that_are_too_long_and_leaves_the_others(shape, dtype, rng):
    w = rng.normal(size=shape).astype(dtype)
    units = naive.units(w)
    units[0] *= 0.01
    units[1][...] = 0
    before = [unit.copy() for unit in units]
    assert PENALTIES["max_norm"](w, 0.5)[0] == math.inf
    project(w, 0.5)
    for unit, then in zip(units[:2], before[:2], strict=True):
        np.testing.assert_array_equal(unit, then)
    for unit, then in zip(units[2:], before[2:], strict=True):
        np.testing.assert_allclose(unit, 0.5 * then / np.linalg.norm(then), rtol=1e-6)
    assert PENALTIES["max_norm"](w, 0.5)[0] == 0


def test_the_fence_of_a_maxout_layer_is_around_each_piece_of_each_unit():
    w = np.zeros((20, 5, 2))
    w[:, 0, 0] = 1
    assert PENALTIES["max_norm"](w, 4.0)[0] == math.inf
    project(w, 4.0)
    assert np.linalg.norm(w[:, 0, 0]) == pytest.approx(4, rel=1e-15)
    inside = np.full((2, 50, 2), 0.5)  # many units, each of norm 0.71
    project(inside, 3.0)
    assert (inside == 0.5).all()


def test_projection_by_hand_keeps_the_direction():
    w = np.array([[3.0, 0.3], [4.0, 0.4]])
    project(w, 1.0)
    np.testing.assert_allclose(w, [[0.6, 0.3], [0.8, 0.4]], rtol=1e-15)


def test_projection_reaches_into_a_view():
    w = np.full((4, 4), 2.0)
    project(w[::2, ::2], 1.0)
    np.testing.assert_allclose(w[::2, ::2], math.sqrt(0.5))
    np.testing.assert_array_equal(w[1::2], 2)


def test_projection_does_not_hide_nan():
    w = np.array([[math.nan, 3.0], [1.0, 4.0]])
    project(w, 1.0)
    assert np.isnan(w[:, 0]).all()
    np.testing.assert_allclose(w[:, 1], [0.6, 0.8])


def test_a_weight_whose_square_overflows_is_scaled_and_an_infinite_one_stays():
    w = np.array([[3e200, math.inf, 3.0], [4e200, 1.0, 4.0]])
    project(w, 1.0)
    np.testing.assert_allclose(w, [[0.6, math.inf, 0.6], [0.8, 1.0, 0.8]], rtol=1e-15)


@pytest.mark.parametrize(
    ("w", "limit", "error", "message"),
    [
        ([[1.0]], 1, TypeError, "is changed in place and must be a float array, but is list"),
        (np.ones((2, 2), int), 1, TypeError, "must be a float array, but is int64"),
        (np.ones(2), 1, ValueError, r"w must have shape \(D, H\), .* but its shape is \(2,\)"),
        (np.broadcast_to(1.0, (2, 2)), 1, ValueError, r"this array is read-only\. Pass w\.copy\(\)"),
        (np.ones((2, 2)), 0, ValueError, "the limit must be a finite number, above 0, but is 0"),
    ],
)
def test_projection_refuses_what_it_cannot_change(w, limit, error, message):
    with pytest.raises(error, match=r"^project_max_norm: .*" + message):
        project(w, limit)
