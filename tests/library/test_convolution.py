"""Correlation and convolution of one image: twins, NumPy's own in one dimension, the laws of each, named kernels."""

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from layouts import AWKWARD

from coursekit.convolution import FILTERS, convolve2d, correlate2d, rotated
from coursekit.gradcheck import numerical_gradient

VALUES = st.floats(-4, 4, width=16)
IMAGES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5), elements=VALUES)
modes = pytest.mark.parametrize("mode", ["valid", "same", "full"])
both = pytest.mark.parametrize("function", [correlate2d, convolve2d], ids=["correlate2d", "convolve2d"])


@modes
@given(image=IMAGES, kernel=IMAGES)
def test_correlation_is_that_of_the_twin(mode, image, kernel):
    (h, w), (kh, kw) = image.shape, kernel.shape
    place = {
        "valid": (0, 0, h - kh + 1, w - kw + 1),
        "same": (-(kh // 2), -(kw // 2), h, w),
        "full": (1 - kh, 1 - kw, h + kh - 1, w + kw - 1),
    }[mode]
    if min(place[2:]) > 0:
        np.testing.assert_allclose(
            correlate2d(image, kernel, mode), naive.correlate2d(image, kernel, *place), atol=1e-12
        )


@modes
@given(image=IMAGES, kernel=IMAGES)
def test_convolution_is_correlation_with_the_rotated_kernel(mode, image, kernel):
    if mode != "valid" or np.all(np.array(image.shape) >= kernel.shape):
        expected = correlate2d(image, rotated(kernel), mode)
        np.testing.assert_array_equal(convolve2d(image, kernel, mode), expected)


@modes
@pytest.mark.parametrize("taps", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("direction", ["row", "column"])
def test_in_one_dimension_both_are_those_of_numpy(mode, taps, direction, rng):
    image, kernel = rng.normal(size=(1, 8)), rng.normal(size=(1, taps))
    convolved, correlated = (f(image[0], kernel[0], mode) for f in (np.convolve, np.correlate))
    if direction == "column":
        image, kernel = image.T, kernel.T
    np.testing.assert_allclose(convolve2d(image, kernel, mode).ravel(), convolved, atol=1e-13)
    np.testing.assert_allclose(correlate2d(image, kernel, mode).ravel(), correlated, atol=1e-13)


def test_an_even_kernel_in_mode_same_reaches_further_to_the_left_and_above():
    image, kernel = np.array([[1.0, 2, 4]]), np.array([[-1.0, 1]])
    assert correlate2d(image, kernel, "same").tolist() == [[1, 1, 2]]  # scipy.signal.correlate2d: [[1, 2, -4]]
    assert correlate2d(image.T, kernel.T, "same").tolist() == [[1], [1], [2]]


@given(a=IMAGES, b=IMAGES, c=IMAGES)
def test_convolution_commutes_and_associates(a, b, c):
    np.testing.assert_allclose(convolve2d(a, b, "full"), convolve2d(b, a, "full"), atol=1e-10)
    left = convolve2d(convolve2d(a, b, "full"), c, "full")
    np.testing.assert_allclose(left, convolve2d(a, convolve2d(b, c, "full"), "full"), atol=1e-9)


def test_correlation_does_not_commute():
    a, b = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, 0.0]])
    assert correlate2d(a, b, "full").tolist() == [[0, 0, 1, 2]]
    assert correlate2d(b, a, "full").tolist() == [[2, 1, 0, 0]]


def test_an_impulse_shows_the_kernel_and_its_rotation():
    impulse = np.zeros((5, 5))
    impulse[2, 2] = 1
    kernel = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(convolve2d(impulse, kernel, "valid"), kernel)
    np.testing.assert_array_equal(correlate2d(impulse, kernel, "valid"), kernel[::-1, ::-1])


def test_gradients_of_a_correlation_are_a_full_convolution_and_a_correlation(rng):
    image, kernel = rng.normal(size=(5, 6)), rng.normal(size=(3, 2))
    delta = rng.normal(size=(3, 5))
    dx = numerical_gradient(lambda x: (delta * correlate2d(x, kernel)).sum(), image)
    np.testing.assert_allclose(convolve2d(delta, kernel, "full"), dx, atol=1e-8)
    np.testing.assert_allclose(correlate2d(delta, rotated(kernel), "full"), dx, atol=1e-8)
    dw = numerical_gradient(lambda k: (delta * correlate2d(image, k)).sum(), kernel)
    np.testing.assert_allclose(correlate2d(image, delta), dw, atol=1e-8)


@both
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("awkward", AWKWARD)
def test_any_layout_gives_the_same_and_no_input_changes(function, awkward, dtype, rng):
    image, kernel = rng.normal(size=(6, 5)).astype(dtype), rng.normal(size=(3, 2)).astype(dtype)
    given_arrays = awkward(image), awkward(kernel)
    y = function(*given_arrays, "same")
    np.testing.assert_array_equal(y, function(image, kernel, "same"))
    assert y.dtype == dtype
    for now, then in zip(given_arrays, (image, kernel), strict=True):
        np.testing.assert_array_equal(now, then)


@both
def test_nan_reaches_exactly_the_windows_that_see_it(function):
    image = np.zeros((5, 5))
    image[0, 0] = np.nan
    assert np.isnan(function(image, np.ones((3, 3)), "same")).nonzero()[0].tolist() == [0, 0, 1, 1]


@both
def test_integers_become_float64(function):
    y = function([[1, 2, 4]], [[1, 1]])
    assert y.dtype == np.float64
    assert y.tolist() == [[3, 6]]


@both
@pytest.mark.parametrize(
    ("image", "kernel", "mode", "error", "message"),
    [
        (np.ones((3, 3, 3)), np.ones((3, 3)), "valid", ValueError, r"image must have shape \(H, W\)"),
        (np.ones((3, 3)), np.ones(3), "valid", ValueError, r"kernel must have shape \(KH, KW\)"),
        (np.ones((3, 3)), np.ones((3, 3)), "wrap", ValueError, "mode must be one of valid, same, full, not 'wrap'"),
        (np.ones((0, 3)), np.ones((3, 3)), "full", ValueError, r"an empty array has no windows: image \(0, 3\)"),
        (np.ones((3, 3)), np.ones((3, 0)), "full", ValueError, r"has no windows: .* kernel \(3, 0\)"),
        (
            np.ones((5, 2)),
            np.ones((3, 3)),
            "valid",
            ValueError,
            r"a kernel \(3, 3\) does not fit into an image \(5, 2\)\. Use mode 'same' or 'full'",
        ),
        (np.ones((2, 5)), np.ones((3, 3)), "valid", ValueError, "does not fit into an image"),
        (
            np.ones((3, 3), np.float32),
            np.ones((3, 3)),
            "valid",
            TypeError,
            "must share one dtype, but image is float32",
        ),
        (np.ones((3, 3), bool), np.ones((3, 3)), "valid", TypeError, "image must be float32 or float64"),
    ],
)
def test_what_cannot_be_is_refused(function, image, kernel, mode, error, message):
    with pytest.raises(error, match=f"^{function.__name__}: ?.*{message}"):
        function(image, kernel, mode)


# Named kernels

RAMP = np.add.outer(3 * np.arange(9.0), 2 * np.arange(9.0))  # 3 more a row, 2 more a column
ON_A_RAMP = {  # what a kernel makes of the 20 in the middle of the ramp
    "identity": 20,
    "box_blur": 20,
    "gaussian": 20,
    "sharpen": 20,
    "sobel_x": 8 * 2,
    "sobel_y": 8 * 3,
    "laplacian": 0,
    "emboss": 20 + 6 * (2 + 3),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_named_kernel_does_to_a_ramp_what_it_says(name):
    kernel = FILTERS[name].kernel
    assert correlate2d(RAMP, kernel, "same")[4, 4] == pytest.approx(ON_A_RAMP[name])


@pytest.mark.parametrize("filter_", FILTERS.values(), ids=lambda record: record.name)
def test_a_named_kernel_is_complete_and_cannot_be_changed(filter_):
    assert filter_.kernel.shape in ((3, 3), (5, 5))
    assert filter_.label
    assert filter_.effect.endswith(".")
    assert filter_.kernel.sum() == pytest.approx(0 if filter_.name in ("sobel_x", "sobel_y", "laplacian") else 1)
    with pytest.raises(ValueError, match="read-only"):
        filter_.kernel[0, 0] = 1


def test_blurs_are_all_positive_and_the_gaussian_is_separable():
    assert (FILTERS["box_blur"].kernel > 0).all()
    assert (FILTERS["gaussian"].kernel > 0).all()
    assert np.linalg.matrix_rank(FILTERS["gaussian"].kernel) == 1


def test_sobel_kernels_are_one_kernel_turned():
    np.testing.assert_array_equal(FILTERS["sobel_x"].kernel.T, FILTERS["sobel_y"].kernel)
