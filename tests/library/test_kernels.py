"""The compiled loops against ``math`` and against their slow twins, in both dtypes."""

import math

import naive
import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from coursekit.kernels.elementwise import exp, expm1, flush_tiny, flushed, normal, tanh
from coursekit.kernels.stats import flat_share, histogram, moments

VALUES = st.floats(-6, 6, width=32, allow_subnormal=False)
DTYPES = st.sampled_from([np.float32, np.float64])


@numba.njit
def exp_of(x):
    return exp(x)


@numba.njit
def expm1_of(x):
    return expm1(x)


@numba.njit
def tanh_of(x):
    return tanh(x)


@numba.njit
def cdf_of(x):
    return normal(x)[0]


@numba.njit
def density_of(x):
    return normal(x)[1]


@numba.njit
def flushed_of(x):
    return flushed(x)


def cdf(x):
    return math.erfc(-x * math.sqrt(1 / 2)) / 2


def density(x):
    return math.exp(-x * x / 2) * math.sqrt(1 / (2 * math.pi))


@pytest.mark.parametrize(
    ("function", "reference", "points", "relative", "absolute"),
    [
        (exp_of, math.exp, np.linspace(-87, 88.3, 801), 1e-7, 0),
        (expm1_of, math.expm1, np.linspace(-20, 0, 801), 2e-7, 0),
        (expm1_of, math.expm1, -np.geomspace(1e-30, 1, 301), 2e-7, 0),
        (tanh_of, math.tanh, np.linspace(-10, 10, 801), 2e-7, 0),
        (tanh_of, math.tanh, np.geomspace(1e-30, 1, 301), 2e-7, 0),
        (cdf_of, cdf, np.linspace(-6, 6, 801), 0, 2e-7),
        (density_of, density, np.linspace(-4, 4, 801), 1e-6, 0),  # x² is rounded before it is a power
    ],
    ids=["exp", "expm1", "expm1 near 0", "tanh", "tanh near 0", "normal", "normal density"],
)
def test_float32_polynomials_are_as_accurate_as_they_promise(function, reference, points, relative, absolute):
    points = points.astype(np.float32)
    expected = [reference(float(x)) for x in points]
    np.testing.assert_allclose([function(x) for x in points], expected, rtol=relative, atol=absolute)


@pytest.mark.parametrize(
    ("function", "reference"),
    [(exp_of, math.exp), (expm1_of, math.expm1), (tanh_of, math.tanh), (cdf_of, cdf), (density_of, density)],
    ids=["exp", "expm1", "tanh", "normal", "normal density"],
)
def test_float64_is_that_of_the_c_library(function, reference):
    for x in np.linspace(-20, 20, 101):
        assert function(x) == pytest.approx(reference(x), rel=1e-14, abs=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("function", "below", "above"),
    [(exp_of, 0, math.inf), (tanh_of, -1, 1), (cdf_of, 0, 1), (density_of, 0, 0)],
    ids=["exp", "tanh", "normal", "normal density"],
)
def test_limits_and_nan(function, below, above, dtype):
    for far in (1e4, math.inf):
        assert function(dtype(-far)) == below
        assert function(dtype(far)) == above
    assert math.isnan(function(dtype(math.nan)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_flushed_clears_what_is_nearly_denormal_in_float32_and_nothing_else(dtype):
    x = np.array([1e-31, -1e-31, 1e-40, -1e-40, 0, 1e-29, -1e-29, 1, -math.inf, math.inf, math.nan], dtype)
    expected = x.copy()
    if dtype == np.float32:
        expected[:4] = 0
    np.testing.assert_array_equal([flushed_of(value) for value in x], expected)
    flush_tiny(x)
    np.testing.assert_array_equal(x, expected)


@given(DTYPES.flatmap(lambda dtype: arrays(dtype, st.integers(1, 40), elements=VALUES)))
def test_moments_are_those_of_the_twin(a):
    np.testing.assert_allclose(moments(a), naive.moments(a), rtol=1e-13, atol=1e-13)


def test_moments_of_float32_are_summed_in_float64(rng):
    a = (1e4 + rng.normal(size=2000)).astype(np.float32)
    np.testing.assert_allclose(moments(a), naive.moments(a), rtol=1e-6)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_moments_show_a_value_that_is_not_finite(value):
    mean, variance = moments(np.array([0.0, value, 1.0]))
    np.testing.assert_equal(mean, value)
    assert math.isnan(variance)


# Bins of width 1/2 between whole numbers: every edge is exact, so the twin may divide where the kernel multiplies.
@given(
    DTYPES.flatmap(
        lambda dtype: arrays(
            dtype,
            st.integers(0, 40),
            elements=VALUES | st.sampled_from([math.nan, math.inf, -math.inf, -4.0, 4.0, 0.5]),
        )
    )
)
def test_histogram_is_that_of_the_twin(a):
    lanes = np.zeros((4, 16), np.int64)
    histogram(a, -4.0, 4.0, lanes)
    assert lanes.sum(0).tolist() == naive.histogram(a, -4.0, 4.0, 16)


@given(
    DTYPES.flatmap(lambda dtype: arrays(dtype, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=VALUES)),
    st.sampled_from([(-math.inf, math.inf), (0.0, math.inf), (-1.5, 2.0), (0.0, 0.0)]),
)
def test_flat_share_is_that_of_the_twin(z, bounds):
    alive = np.zeros(z.shape[1], np.bool_)
    count = flat_share(z, *bounds, alive)
    assert (count / z.size, 1 - alive.mean()) == pytest.approx(naive.flatness(z, *bounds))


@given(
    DTYPES.flatmap(lambda dtype: arrays(dtype, st.integers(1, 40), elements=VALUES)),
    st.sampled_from([1e6, -1e8, 1e12]),
)
def test_moments_far_from_0_keep_their_digits(a, mean):
    a = (a + mean).astype(a.dtype)
    from_first, variance = naive.moments(a.astype(np.float64) - float(a[0]))  # which is exact
    np.testing.assert_allclose(moments(a), [float(a[0]) + from_first, variance], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("ratio", [10, 90, 110, 1e3, 1e5])  # of mean to spread; from 100 on the moments are shifted
def test_moments_lose_few_digits_wherever_the_mean_lies(ratio, rng):
    a = ratio + rng.normal(size=500)
    np.testing.assert_allclose(moments(a), naive.moments(a), rtol=1e-9)


def test_moments_of_the_largest_numbers_overflow_in_the_variance_only():
    mean, variance = moments(np.array([1.5e308, -1.5e308]))
    assert mean == 0
    assert not math.isfinite(variance)
