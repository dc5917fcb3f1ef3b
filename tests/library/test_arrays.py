"""float32 and float64 stay, integers become float64, and what cannot be used is refused with a way to mend it."""

import numpy as np
import pytest
from layouts import AWKWARD

from coursekit.arrays import any_array, float_array, same_dtype, upstream_gradient


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("awkward", AWKWARD)
def test_any_layout_comes_out_fit_for_a_kernel(awkward, dtype, rng):
    x = rng.normal(size=(4, 3)).astype(dtype)
    made = float_array(awkward(x), "f: x")
    np.testing.assert_array_equal(made, x)
    assert made.dtype == dtype
    assert made.dtype.isnative
    assert made.flags.c_contiguous
    assert made.flags.writeable


def test_an_array_that_fits_is_not_copied():
    x = np.ones((4, 3), np.float32)
    assert np.shares_memory(float_array(x, "f: x"), x)


@pytest.mark.parametrize("value", [3, [1, 2], np.arange(3, dtype=np.uint8), np.arange(3, dtype=">i4")])
def test_integers_become_float64(value):
    made = float_array(value, "f: x")
    assert made.dtype == np.float64
    np.testing.assert_array_equal(made, value)


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        (np.ones(2, np.float16), r"its dtype is float16\. Convert it with x\.astype\(np\.float32\)"),
        (np.ones(2, bool), r"its dtype is bool\. Convert it"),
        (np.array(["1", "2"]), r"its dtype is <U1\. Convert it"),
        (np.ones(2, np.complex64), r"its dtype is complex64\. Take x\.real or abs\(x\) first"),
        (np.array([[1], [1, 2]], object), r"its dtype is object\. .*rows of different lengths"),
    ],
    ids=["float16", "bool", "text", "complex", "object"],
)
def test_other_dtypes_are_refused_with_a_way_to_mend_them(value, mend):
    with pytest.raises(TypeError, match=r"^f: x must be float32 or float64 \(integers are converted\), but " + mend):
        float_array(value, "f: x")


@pytest.mark.parametrize(
    ("value", "ndim", "shape", "message"),
    [
        (np.ones(3), 2, "(N, D)", r"f: x must have shape \(N, D\), but its shape is \(3,\)\. .*write x\[None, :\]"),
        (np.ones((2, 3)), 1, "", r"f: x must have shape 1-dimensional, but its shape is \(2, 3\)\. Reshape it first"),
        (np.ones(()), (2, 4), "(N, D) or (N, C, H, W)", r"but its shape is \(\)\. Reshape it first"),
    ],
)
def test_a_wrong_number_of_dimensions_is_refused(value, ndim, shape, message):
    with pytest.raises(ValueError, match=message):
        float_array(value, "f: x", ndim, shape)


@pytest.mark.parametrize("ndim", [2, (2, 4)])
def test_a_right_number_of_dimensions_passes(ndim):
    assert float_array(np.ones((2, 3)), "f: x", ndim).shape == (2, 3)


def test_arrays_of_two_dtypes_are_refused_and_of_one_pass():
    same_dtype("f", x=np.ones(2), w=np.ones(3))
    with pytest.raises(TypeError, match=r"^f: .*x is float32, w is float64\. Convert them with \.astype"):
        same_dtype("f", x=np.ones(2, np.float32), w=np.ones(3))


def test_an_upstream_gradient_takes_the_outputs_dtype():
    dout = np.ones((2, 3), np.float32)
    assert upstream_gradient(dout, "f", (2, 3), np.dtype(np.float32)) is dout
    assert upstream_gradient(dout, "f", (2, 3), np.dtype(np.float64)).dtype == np.float64


def test_an_upstream_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"^f: dout must have shape \(2, 3\), like the output, but has \(3, 2\)"):
        upstream_gradient(np.ones((3, 2)), "f", (2, 3), np.dtype(np.float64))


@pytest.mark.parametrize("function", [any_array, float_array])
def test_masked_values_are_refused_and_a_mask_that_hides_none_is_taken(function):
    with pytest.raises(ValueError, match=r"^f: x holds masked values, .* x\.filled\(0\)"):
        function(np.ma.array([1.0, 2.0], mask=[False, True]), "f: x")
    np.testing.assert_array_equal(function(np.ma.array([1.0, 2.0]), "f: x"), [1, 2])


@pytest.mark.parametrize("value", [None, {"a": 1}])
def test_what_is_no_array_at_all_is_named(value):
    with pytest.raises(TypeError, match=rf"An array is needed, .* of type {type(value).__name__}\.$"):
        float_array(value, "f: x")
