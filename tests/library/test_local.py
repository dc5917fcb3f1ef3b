"""The locally connected layer against its twin, and against the convolution that it is when all filters agree."""

import naive
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coursekit.gradcheck import gradcheck
from coursekit.layers import (
    LocallyConnected2d,
    conv2d_backward,
    conv2d_forward,
    locally_connected2d_backward,
    locally_connected2d_forward,
)

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(
    places=PAIR,
    kernel=PAIR,
    stride=PAIR,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    counts=st.tuples(st.integers(0, 2), st.integers(1, 2), st.integers(1, 3)),
    seed=st.integers(0, 1000),
)
def test_any_sizes_give_the_values_of_the_twin(places, kernel, stride, padding, counts, seed):
    sides = zip(places, kernel, stride, padding, strict=True)
    image = [max((p - 1) * s + k - 2 * pad, 1) for p, k, s, pad in sides]
    spans = [size + 2 * pad - k for size, k, pad in zip(image, kernel, padding, strict=True)]
    assume(min(spans) >= 0)
    places = [span // s + 1 for span, s in zip(spans, stride, strict=True)]
    rng, (n, channels, filters) = np.random.default_rng(seed), counts
    x, w = rng.normal(size=(n, channels, *image)), rng.normal(size=(*places, filters, channels, *kernel))
    b = rng.normal(size=(filters, *places))
    y, cache = locally_connected2d_forward(x, w, b, stride, padding)
    np.testing.assert_allclose(y, naive.locally_connected2d(x, w, b, stride, padding), rtol=1e-11, atol=1e-12)
    grads = locally_connected2d_backward(np.ones_like(y), cache)
    assert [grad.shape for grad in grads] == [x.shape, w.shape, b.shape]


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, (1, 2)), ((2, 3), 1)], ids=str)
def test_with_one_filter_everywhere_it_is_a_convolution(stride, padding, rng):
    x, w, b = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
    y, cache = conv2d_forward(x, w, b, stride, padding)
    places = y.shape[2:]
    local, local_cache = locally_connected2d_forward(
        x, np.tile(w, (*places, 1, 1, 1, 1)), np.tile(b[:, None, None], places), stride, padding
    )
    np.testing.assert_allclose(local, y, rtol=1e-11, atol=1e-12)
    dout = rng.normal(size=y.shape)
    dx, dw, db = conv2d_backward(dout, cache)
    local_dx, local_dw, local_db = locally_connected2d_backward(dout, local_cache)
    np.testing.assert_allclose(local_dx, dx, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(local_dw.sum((0, 1)), dw, rtol=1e-11, atol=1e-12)  # sharing adds the gradients up
    np.testing.assert_allclose(local_db.sum((1, 2)), db, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 5, 5), (3, 3, 4, 1, 3, 3), (4, 3, 3)), r"x must have shape \(N, C, H, W\)"),
        (((1, 2, 5, 5), (4, 2, 3, 3), (4, 3, 3)), r"w must have shape \(OH, OW, F, C, KH, KW\)"),
        (((1, 2, 5, 5), (3, 3, 4, 2, 3, 3), (4,)), r"b must have shape \(F, OH, OW\)"),
        (
            ((1, 2, 5, 5), (3, 4, 4, 2, 3, 3), (4, 3, 3)),
            r"x \(1, 2, 5, 5\) under windows \(3, 3\) has 3 × 3 places, so w must have shape \(3, 3, 4, 2, 3, 3\) "
            r"and b \(4, 3, 3\), but they have \(3, 4, 4, 2, 3, 3\) and \(4, 3, 3\)",
        ),
        (((1, 2, 5, 5), (3, 3, 4, 1, 3, 3), (4, 3, 3)), r".*w must have shape \(3, 3, 4, 2, 3, 3\)"),
        (((1, 2, 5, 5), (3, 3, 4, 2, 3, 3), (5, 3, 3)), r".*and b \(4, 3, 3\), but they have .* and \(5, 3, 3\)"),
        (((1, 2, 2, 5), (3, 3, 4, 2, 3, 3), (4, 3, 3)), "a window of 3 pixels is larger than the input of 2"),
    ],
)
def test_it_says_which_shapes_do_not_fit(shapes, message):
    with pytest.raises(ValueError, match="^locally_connected2d_forward: " + message):
        locally_connected2d_forward(*map(np.ones, shapes))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stride": 0}, "stride must be a whole number of at least 1"),
        ({"padding": -1}, "padding must be a whole number of at least 0"),
    ],
)
def test_it_refuses_options_that_make_no_sense(options, message):
    arrays = np.ones((1, 2, 5, 5)), np.ones((3, 3, 4, 2, 3, 3)), np.ones((4, 3, 3))
    with pytest.raises(ValueError, match="^locally_connected2d_forward: " + message):
        locally_connected2d_forward(*arrays, **options)


# Object


def test_the_object_gives_a_gradient_for_every_parameter(rng):
    layer = LocallyConnected2d(2, 3, (5, 4), (3, 2), rng, stride=(2, 1), padding=(0, 1), dtype=np.float64)
    assert {name: array.shape for name, array in layer.params.items()} == {"w": (2, 5, 3, 2, 3, 2), "b": (3, 2, 5)}

    def forward(x, w, b):
        layer.params["w"][...], layer.params["b"][...] = w, b
        return layer.forward(x), None

    def backward(dout, _):
        return layer.backward(dout), layer.grads["w"], layer.grads["b"]

    x, b = rng.normal(size=(2, 2, 5, 4)), rng.normal(size=(3, 2, 5))
    report = gradcheck(forward, backward, x, layer.params["w"], b, rng=rng)
    assert report, report


def test_the_object_draws_weights_for_what_a_unit_sees(rng):
    layer = LocallyConnected2d(4, 3, 12, 5, rng)
    assert layer.params["w"].std() == pytest.approx(np.sqrt(2 / 100), rel=0.02)
    assert layer.params["w"].dtype == layer.params["b"].dtype == np.float32
    assert not layer.params["b"].any()
    layer = LocallyConnected2d(4, 3, 12, 5, rng, init="normal", std=0.5)
    assert layer.params["w"].std() == pytest.approx(0.5, rel=0.02)


def test_the_syllabus_counts_without_sharing(rng):
    layer = LocallyConnected2d(3, 2, 7, 3, rng, stride=2, padding=1)
    layer.forward(np.ones((1, 3, 7, 7), np.float32))
    assert layer.params["w"].size + layer.params["b"].size == 16 * 56  # a convolution has 56
    assert layer.multiply_adds() == 16 * 54


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": 0}, "image_size must be a whole number of at least 1"),
        ({"kernel_size": (3, 3, 3)}, "kernel_size must be a whole number of at least 1, or two"),
        ({"stride": 2.0}, "stride must be"),
        ({"padding": -1}, "padding must be"),
        ({"kernel_size": 9}, "a window of 9 pixels is larger than the input of 7"),
    ],
)
def test_the_object_refuses_sizes_that_make_no_sense(arguments, message, rng):
    with pytest.raises(ValueError, match=f"^LocallyConnected2d: {message}"):
        LocallyConnected2d(**{"channels": 1, "filters": 1, "image_size": 7, "kernel_size": 3, "rng": rng} | arguments)


def test_the_object_cannot_go_backward_first(rng):
    with pytest.raises(RuntimeError, match=r"^LocallyConnected2d: run forward before backward"):
        LocallyConnected2d(1, 1, 7, 3, rng).backward(np.ones((1, 1, 5, 5)))
