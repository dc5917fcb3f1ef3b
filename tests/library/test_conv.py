"""The convolution layer: any size, stride and padding; what it is equal to; what it refuses."""

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.gradcheck import gradcheck
from coursekit.layers import Conv2d, conv2d_backward, conv2d_forward, linear_forward
from coursekit.layers import conv as conv_module


@st.composite
def geometries(draw):
    """Sizes, strides and paddings along one axis; at the far end some pixels may be left over."""
    kernel, stride, places = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    span = (places - 1) * stride + kernel + draw(st.integers(0, stride - 1))
    padding = draw(st.integers(0, (span - 1) // 2))
    return span - 2 * padding, kernel, stride, padding


@given(geometries(), geometries(), st.integers(0, 3), st.integers(1, 2), st.integers(0, 2), st.integers(0, 2**32 - 1))
def test_values_and_gradients_for_any_size_stride_and_padding(vertical, horizontal, n, channels, filters, seed):
    rng = np.random.default_rng(seed)
    (height, kh, sh, ph), (width, kw, sw, pw) = vertical, horizontal
    x, w, b = (rng.normal(size=size) for size in ((n, channels, height, width), (filters, channels, kh, kw), filters))
    options = {"stride": (sh, sw), "padding": (ph, pw)}
    y, cache = conv2d_forward(x, w, b, **options)
    np.testing.assert_allclose(y, naive.conv2d(x, w, b, **options), rtol=1e-12, atol=1e-12)
    # The layer is linear in x and in (w, b): ⟨δ, J v⟩ = ⟨Jᵀ δ, v⟩ for any v.
    dout = rng.normal(size=y.shape)
    dx, dw, db = conv2d_backward(dout, cache)
    moved, dw_moved, db_moved = (rng.normal(size=array.shape) for array in (x, w, b))
    along_x = naive.conv2d(moved, w, np.zeros(filters), **options)
    along_w = naive.conv2d(x, dw_moved, db_moved, **options)
    assert (dout * along_x).sum() == pytest.approx((dx * moved).sum(), rel=1e-9, abs=1e-9)
    assert (dout * along_w).sum() == pytest.approx((dw * dw_moved).sum() + (db * db_moved).sum(), rel=1e-9, abs=1e-9)


@settings(max_examples=10)
@given(st.sampled_from([1, 7, 60, 10**6]), st.booleans())
def test_the_size_of_a_chunk_changes_nothing(chunk, same):
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(5, 2, 4, 3)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    expected = naive.conv2d(x, w, b, padding=(same, same))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv_module, "CHUNK", chunk)
        y, _ = conv2d_forward(x, w, b, padding=int(same))
        np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
        report = gradcheck(
            lambda *arrays: conv2d_forward(*arrays, padding=int(same)), conv2d_backward, x, w, b, rng=rng
        )
    assert report, report


def test_a_1_by_1_convolution_is_a_linear_layer_at_every_pixel(rng):
    x, w, b = rng.normal(size=(2, 5, 3, 4)), rng.normal(size=(6, 5, 1, 1)), rng.normal(size=6)
    pixels = x.transpose(0, 2, 3, 1).reshape(-1, 5)
    expected, _ = linear_forward(pixels, np.ascontiguousarray(w[:, :, 0, 0].T), b)
    y, _ = conv2d_forward(x, w, b)
    np.testing.assert_allclose(y.transpose(0, 2, 3, 1).reshape(-1, 6), expected, rtol=1e-12)


def test_a_fully_connected_layer_is_a_convolution_with_filters_as_large_as_the_image(rng):
    x, w, b = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(60, 7)), rng.normal(size=7)
    y, _ = conv2d_forward(x, w.T.reshape(7, 3, 4, 5), b)
    assert y.shape == (2, 7, 1, 1)
    np.testing.assert_allclose(y[:, :, 0, 0], linear_forward(x.reshape(2, 60), w, b)[0], rtol=1e-12)


def test_dx_is_the_full_correlation_of_delta_with_the_rotated_kernels(rng):
    x, w, b = rng.normal(size=(2, 3, 6, 5)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
    y, cache = conv2d_forward(x, w, b)
    dout = rng.normal(size=y.shape)
    rotated = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    expected = naive.conv2d(dout, rotated, np.zeros(3), padding=(2, 1))
    np.testing.assert_allclose(conv2d_backward(dout, cache)[0], expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("stride", "size"), [(1, 5), (2, 3), (3, 2)])
def test_a_3_by_3_window_on_7_by_7(stride, size):
    y, _ = conv2d_forward(np.ones((1, 1, 7, 7)), np.ones((1, 1, 3, 3)), np.zeros(1), stride)
    np.testing.assert_array_equal(y, np.full((1, 1, size, size), 9))


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        (
            ((1, 1, 7, 7), (1, 1, 3, 3), (1,)),
            {"stride": 3, "exact": True},
            r"\(7 − 3 = 4 is not a multiple of 3\)\. Use stride 1",
        ),
        (((1, 1, 3, 9), (1, 1, 5, 5), (1,)), {}, "a window of 5 pixels is larger than the input of 3"),
        (((1, 2, 7, 7), (1, 3, 3, 3), (1,)), {}, r"w \(1, 3, 3, 3\) and b \(1,\) do not fit\. .* a filter is as deep"),
        (((1, 2, 7, 7), (4, 2, 3, 3), (3,)), {}, r"w \(4, 2, 3, 3\) and b \(3,\) do not fit"),
        (((7, 7), (1, 1, 3, 3), (1,)), {}, r"x must have shape \(N, C, H, W\), but its shape is \(7, 7\)"),
        (((1, 1, 7, 7), (3, 3), (1,)), {}, r"w must have shape \(F, C, KH, KW\), but its shape is \(3, 3\)"),
        (((1, 1, 7, 7), (1, 1, 3, 3), (1,)), {"stride": 0}, "stride must be a whole number of at least 1, .* not 0"),
        (((1, 1, 7, 7), (1, 1, 3, 3), (1,)), {"padding": -1}, "padding must be a whole number of at least 0"),
    ],
)
def test_what_does_not_fit_is_refused(shapes, options, message):
    with pytest.raises(ValueError, match="^conv2d_forward: .*" + message):
        conv2d_forward(*map(np.ones, shapes), **options)


def test_pixels_that_no_window_sees_count_for_nothing_and_get_no_gradient(rng):
    x, w, b = rng.normal(size=(2, 3, 8, 9)), rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
    y, cache = conv2d_forward(x, w, b, stride=(3, 4))
    assert y.shape == (2, 4, 2, 2)
    changed = x.copy()
    changed[:, :, 6:], changed[:, :, :, 7:] = 9, 9
    changed[:, :, :6, 7:] = -9
    np.testing.assert_array_equal(conv2d_forward(changed, w, b, stride=(3, 4))[0], y)
    dx, _, _ = conv2d_backward(rng.normal(size=y.shape), cache)
    unseen = np.ones(x.shape[2:], bool)
    for top in (0, 3):
        for left in (0, 4):
            unseen[top : top + 3, left : left + 3] = False
    assert unseen[6:].all()
    assert unseen[:, 7:].all()
    assert unseen[:, 3].all()
    assert not dx[:, :, unseen].any()
    assert dx[:, :, ~unseen].all()


def test_the_stem_of_resnet(rng):
    layer = Conv2d(3, 4, 7, rng, stride=2, padding=3)
    assert layer.forward(np.zeros((1, 3, 224, 224), np.float32)).shape == (1, 4, 112, 112)
    with pytest.raises(ValueError, match="does not tile 224 pixels with padding 3"):
        Conv2d(3, 4, 7, rng, stride=2, padding=3, exact=True).forward(np.zeros((1, 3, 224, 224), np.float32))


# The object


@pytest.mark.parametrize(("channels", "filters", "kernel", "count"), [(3, 10, 5, 760), (3, 2, 3, 56), (3, 64, 3, 1792)])
def test_numbers_of_parameters(channels, filters, kernel, count, rng):
    layer = Conv2d(channels, filters, kernel, rng)
    assert sum(array.size for array in layer.params.values()) == count


def test_the_object_initialises_by_the_fan_of_a_window(rng):
    layer = Conv2d(8, 64, (3, 5), rng, init="he_normal")
    assert layer.params["w"].std() == pytest.approx(np.sqrt(2 / (8 * 3 * 5)), rel=0.02)
    assert layer.params["w"].dtype == np.float32
    assert not layer.params["b"].any()


def test_gradients_of_the_parameters_alone_are_those_of_backward(rng):
    layer = Conv2d(2, 3, 3, rng, stride=2, padding=1, dtype=np.float64)
    dout = rng.normal(size=layer.forward(rng.normal(size=(4, 2, 5, 7))).shape)
    layer.backward(dout)
    expected = {name: array.copy() for name, array in layer.grads.items()}
    layer.parameter_gradients(2 * dout)
    for name, array in layer.grads.items():
        np.testing.assert_array_equal(array, 2 * expected[name])
