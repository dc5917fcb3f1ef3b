"""What is said about a layer: moments, histogram, saturated and dead share."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from test_arrays import every_second, fortran, read_only

from coursekit.activations import ACTIVATIONS
from coursekit.diagnostics import layer_flatness, layer_histogram, layer_moments

VALUES = st.floats(-6, 6, width=32, allow_subnormal=False)


@given(arrays(np.float64, array_shapes(max_dims=4, max_side=4), elements=VALUES))
def test_moments_of_any_shape_are_those_of_the_twin(values):
    mean, variance = naive.moments(values)
    found = layer_moments(values)
    assert found.mean == pytest.approx(mean, abs=1e-13)
    assert found.std == pytest.approx(math.sqrt(variance), abs=1e-6)  # the root of a variance that is off by 1e−13


@pytest.mark.parametrize("value", [0.1, -3.7, 1e8])
def test_equal_values_have_no_spread(value):
    found = layer_moments(np.full((30, 7), value))
    assert found.mean == pytest.approx(value)
    assert 0 <= found.std < 1e-7 * abs(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_moments_show_a_value_that_is_not_finite(value):
    found = layer_moments(np.array([[0.0, value]]))
    np.testing.assert_equal(found.mean, value)
    assert math.isnan(found.std)


def test_histogram_counts_every_value_once(rng):
    values = rng.normal(size=(200, 30)).astype(np.float32)
    counts = layer_histogram(values, -2, 2, bins=40)
    inside, _ = np.histogram(np.clip(values.astype(np.float64), -2, np.nextafter(2, 0)), 40, (-2, 2))
    np.testing.assert_array_equal(counts, inside)
    assert counts.sum() == values.size


@pytest.mark.parametrize("awkward", [fortran, every_second, read_only])
def test_any_memory_layout_gives_the_same_answer(awkward, rng):
    z = rng.normal(size=(20, 6))
    tanh = ACTIVATIONS["tanh"]
    assert layer_moments(awkward(z)) == pytest.approx(layer_moments(z), rel=1e-12)
    np.testing.assert_array_equal(layer_histogram(awkward(z), -2, 2), layer_histogram(z, -2, 2))
    assert layer_flatness(awkward(z), tanh) == layer_flatness(z, tanh)


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=list(ACTIVATIONS))
def test_flatness_is_that_of_the_twin(activation, rng):
    z = rng.normal(size=(9, 5)) * 3 + [-9, -2, 0, 2, 9]
    assert layer_flatness(z, activation) == pytest.approx(naive.flatness(z, *activation.flat))


def test_a_relu_that_is_negative_for_every_sample_is_dead():
    z = np.array([[-1.0, 1.0, 0.0, -2.0], [-1.0, -1.0, 0.0, 3.0]])
    assert layer_flatness(z, ACTIVATIONS["relu"]) == pytest.approx((6 / 8, 2 / 4))


@pytest.mark.parametrize("function", [layer_moments, lambda z: layer_flatness(z, ACTIVATIONS["relu"])])
def test_statistics_of_nothing_are_refused(function):
    with pytest.raises(ValueError, match="at least one value"):
        function(np.zeros((0, 3)))


def test_byte_swapped_values_are_read_right(rng):
    values = rng.normal(size=(6, 4))
    assert layer_moments(values.astype(">f8")) == layer_moments(values)
    assert layer_flatness(values.astype(">f8"), ACTIVATIONS["relu"]) == layer_flatness(values, ACTIVATIONS["relu"])


def test_nan_is_neither_saturated_nor_dead():
    assert layer_flatness(np.full((2, 3), np.nan), ACTIVATIONS["tanh"]) == (0.0, 0.0)


def test_flatness_wants_rows_of_samples():
    with pytest.raises(ValueError, match=r"\(N, H\)"):
        layer_flatness(np.zeros((2, 3, 4, 4)), ACTIVATIONS["relu"])
