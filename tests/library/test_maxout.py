"""Maxout: known functions made of linear pieces, ties, and refusals."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.layers import Maxout, linear_backward, linear_forward, maxout_backward, maxout_forward


@given(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(1, 3), st.integers(1, 4)), st.integers(0, 99))
def test_any_shape_gives_the_values_of_the_twin(sizes, seed):
    n, d, h, k = sizes
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=(n, d)), rng.normal(size=(d, h, k)), rng.normal(size=(h, k))
    y, cache = maxout_forward(x, w, b)
    np.testing.assert_allclose(y, naive.maxout(x, w, b), rtol=1e-12, atol=1e-12)
    assert [grad.shape for grad in maxout_backward(np.ones((n, h)), cache)] == [(n, d), (d, h, k), (h, k)]


@pytest.mark.parametrize(
    ("slopes", "offsets", "function"),
    [([1, -1], [0, 0], np.abs), ([0, 1], [0, 0], lambda x: np.maximum(x, 0)), ([0.1, 1], [0, 0], None)],
    ids=["absolute value", "ReLU", "leaky ReLU"],
)
def test_two_pieces_make_well_known_functions(slopes, offsets, function):
    x = np.linspace(-2, 2, 9)[:, None]
    y, _ = maxout_forward(x, np.array([[slopes]], float), np.array([offsets], float))
    np.testing.assert_allclose(y, function(x) if function else np.where(x > 0, x, 0.1 * x), rtol=1e-15)


def test_tangents_approach_a_parabola_from_below():
    at = np.linspace(-1, 1, 41)
    x = np.linspace(-1, 1, 97)[:, None]
    y, _ = maxout_forward(x, 2 * at[None, None], -(at**2)[None])  # x² ≥ 2 a x − a² for every a
    assert (y <= x**2 + 1e-15).all()
    np.testing.assert_allclose(y, x**2, atol=(at[1] - at[0]) ** 2 / 4 + 1e-12)


def test_one_piece_is_a_linear_layer(rng):
    x, w, b, dout = (
        rng.normal(size=(5, 3)),
        rng.normal(size=(3, 2, 1)),
        rng.normal(size=(2, 1)),
        rng.normal(size=(5, 2)),
    )
    y, cache = maxout_forward(x, w, b)
    expected, linear_cache = linear_forward(x, w[:, :, 0], b[:, 0])
    np.testing.assert_allclose(y, expected, rtol=1e-13)
    for grad, expected_grad in zip(maxout_backward(dout, cache), linear_backward(dout, linear_cache), strict=True):
        np.testing.assert_allclose(grad.reshape(expected_grad.shape), expected_grad, rtol=1e-12)


def test_equal_pieces_send_the_gradient_to_the_first():
    _, cache = maxout_forward(np.ones((2, 1)), np.ones((1, 1, 3)), np.zeros((1, 3)))
    dx, dw, db = maxout_backward(np.array([[1.0], [2.0]]), cache)
    assert dx.tolist() == [[1], [2]]
    assert dw.tolist() == [[[3, 0, 0]]]
    assert db.tolist() == [[3, 0, 0]]


@pytest.mark.parametrize("bad", range(3))
def test_a_nan_piece_wins(bad):
    b = np.zeros((1, 3))
    b[0, bad] = math.nan
    y, cache = maxout_forward(np.ones((1, 1)), np.ones((1, 1, 3)), b)
    assert np.isnan(y).all()
    assert cache.piece.item() == bad


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 3), (2, 5, 2), (5, 2)), r"x \(4, 3\), w \(2, 5, 2\) and b \(5, 2\) do not fit"),
        (((4, 3), (3, 5, 2), (5, 3)), r"x \(4, 3\), w \(3, 5, 2\) and b \(5, 3\) do not fit"),
        (((4, 3), (3, 5, 0), (5, 0)), r"x \(4, 3\), w \(3, 5, 0\) and b \(5, 0\) do not fit.* K ≥ 1"),
        (((4,), (4, 5, 2), (5, 2)), r"x must have shape \(N, D\).*write x\[None, :\]"),
        (((4, 3), (3, 5), (5, 2)), r"w must have shape \(D, H, K\)"),
        (((4, 3), (3, 5, 2), (5,)), r"b must have shape \(H, K\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(shapes, message):
    with pytest.raises(ValueError, match="^maxout_forward: " + message):
        maxout_forward(*map(np.ones, shapes))


def test_the_object_holds_every_piece_and_its_gradient(rng):
    layer = Maxout(3, 4, pieces=2, rng=rng)
    x = rng.standard_normal((5, 3), np.float32)
    y = layer.forward(x, training=True)
    expected, cache = maxout_forward(x, layer.params["w"], layer.params["b"])
    np.testing.assert_array_equal(y, expected)
    dx = layer.backward(y)
    for found, wanted in zip((dx, layer.grads["w"], layer.grads["b"]), maxout_backward(y, cache), strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert layer.params["w"].shape == (3, 4, 2)
    assert layer.params["b"].shape == (4, 2)
    assert not layer.params["b"].any()
    with pytest.raises(RuntimeError, match=r"^Maxout: run forward before backward"):
        Maxout(3, 4, 2, rng).backward(y)


def test_two_pieces_keep_the_size_of_a_signal_through_depth(rng):
    x = rng.standard_normal((200, 300), np.float32)
    for _ in range(5):
        x = Maxout(300, 300, 2, rng).forward(x)
    assert np.square(x).mean() == pytest.approx(1, rel=0.25)


def test_the_object_takes_its_initialiser_by_name(rng):
    layer = Maxout(40, 30, 5, rng, init="normal", std=0.01, dtype=np.float64)
    assert layer.params["w"].std() == pytest.approx(0.01, rel=0.05)
    assert layer.params["w"].dtype == np.float64
    assert not np.array_equal(*layer.params["w"][:, :, :2].transpose(2, 0, 1))
