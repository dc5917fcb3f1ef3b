"""The check itself: it finds the right gradient, and it fails for every wrong one."""

import math

import numpy as np
import pytest

from coursekit.gradcheck import gradcheck, numerical_gradient, relative_error


def product_forward(x, w):
    """y = x² w, with a backward that is right."""
    return x**2 * w, (x, w)


def product_backward(dout, cache):
    x, w = cache
    return dout * 2 * x * w, dout * x**2


def softmax_forward(x):
    y = np.exp(x) / np.exp(x).sum()
    return y, y


@pytest.fixture
def x_and_w(rng):
    return rng.uniform(0.5, 2, (3, 2)), rng.uniform(0.5, 2, (3, 2))


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0, 3)], ids=str)
def test_numerical_gradient_of_a_cubic(shape, rng):
    x = rng.normal(size=shape)
    before = x.copy()
    gradient = numerical_gradient(lambda x: float((x**3).sum()), x)
    assert gradient.shape == shape
    np.testing.assert_allclose(gradient, 3 * x**2, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(x, before)


def test_its_error_falls_with_the_square_of_the_step():
    errors = [abs(numerical_gradient(np.exp, np.array(1.0), h) - math.e) for h in (1e-1, 1e-2)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)


def test_float32_and_integer_points_are_taken_in_float64():
    for x in (np.array([1, -3]), np.array([1, -3], np.float32)):
        np.testing.assert_allclose(numerical_gradient(lambda x: (x**2).sum(), x), [2, -6], rtol=1e-9)


@pytest.mark.parametrize("h", [0, -1e-5, math.nan])
def test_a_step_that_is_not_positive_is_refused(h):
    with pytest.raises(ValueError, match=r"the step h must be positive, but is .*\. Try 1e-5"):
        numerical_gradient(np.sum, np.ones(2), h)


@pytest.mark.parametrize(
    ("a", "b", "error"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([1.0, 2.0], [1.0, 6.0], 0.5),
        ([1.0], [-1.0], 1),
        ([0.0], [0.0], 0),
        ([1e-12], [0.0], 1e-4),  # the floor of 1e−8 keeps noise around 0 small
        ([], [], 0),
        ([1.0, math.nan], [1.0, math.nan], math.nan),
        ([math.inf], [math.inf], math.nan),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_relative_error(a, b, error):
    np.testing.assert_allclose(relative_error(np.array(a), np.array(b)), error, rtol=1e-12)


def test_relative_error_refuses_to_broadcast():
    with pytest.raises(ValueError, match=r"the shapes differ, \(2, 1\) and \(2,\)"):
        relative_error(np.ones((2, 1)), np.ones(2))


def test_a_right_backward_passes(x_and_w, rng):
    before = [array.copy() for array in x_and_w]
    report = gradcheck(product_forward, product_backward, *x_and_w, rng=rng)
    assert report
    assert report.passed
    assert len(report.errors) == 2
    assert repr(report).startswith("gradcheck passed: relative errors ")
    for now, then in zip(x_and_w, before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize(
    ("wrong", "failing"),
    [
        (lambda dout, cache: (2 * product_backward(dout, cache)[0], product_backward(dout, cache)[1]), [0]),
        (lambda dout, cache: (product_backward(dout, cache)[0], -product_backward(dout, cache)[1]), [1]),
        (lambda dout, cache: product_backward(dout, cache)[::-1], [0, 1]),
        (lambda dout, cache: product_backward(np.ones_like(dout), cache), [0, 1]),
        (lambda dout, cache: product_backward(dout * (1 + 1e-5), cache), [0, 1]),
        (lambda dout, cache: product_backward(dout * math.nan, cache), [0, 1]),
    ],
    ids=["twice", "sign", "order", "dout ignored", "a little off", "NaN"],
)
def test_a_wrong_backward_fails_where_it_is_wrong(wrong, failing, x_and_w, rng):
    report = gradcheck(product_forward, wrong, *x_and_w, rng=rng)
    assert not report
    assert [i for i, error in enumerate(report.errors) if not error < report.tolerance] == failing
    assert repr(report).startswith("gradcheck FAILED")


def test_an_error_that_a_uniform_dout_would_hide_is_found(rng):
    """For equal dout the softmax's gradient is 0, and so is that of a backward that always says 0."""
    report = gradcheck(softmax_forward, lambda dout, y: np.zeros_like(y), rng.normal(size=4), rng=rng)
    assert not report
    report = gradcheck(softmax_forward, lambda dout, y: y * (dout - (dout * y).sum()), rng.normal(size=4), rng=rng)
    assert report, report


def test_the_tolerance_is_the_callers(x_and_w, rng):
    def a_little_off(dout, cache):
        return product_backward(dout * (1 + 1e-5), cache)

    assert gradcheck(product_forward, a_little_off, *x_and_w, rng=rng, tolerance=1e-4)


def test_a_missing_gradient_is_an_error(x_and_w, rng):
    with pytest.raises(ValueError, match="backward returned 1 gradients for 2 inputs"):
        gradcheck(product_forward, lambda dout, cache: product_backward(dout, cache)[0], *x_and_w, rng=rng)
