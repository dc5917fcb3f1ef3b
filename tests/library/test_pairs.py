"""What every forward/backward pair promises: right values and gradients, any layout and dtype, clear refusals."""

import numpy as np
import pytest
from layouts import AWKWARD
from pairs import PAIRS

from coursekit import layers
from coursekit.gradcheck import gradcheck

each = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def gradients(found):
    return found if isinstance(found, tuple) else (found,)


def test_no_pair_is_forgotten():
    public = {name.removesuffix("_forward") for name in layers.__all__ if name.endswith("_forward")}
    assert public == {pair.name.split(",")[0] for pair in PAIRS}


@each
def test_values_are_those_of_the_twin(pair, rng):
    arrays = pair.arguments(rng)
    y, _ = pair.forward(*arrays)
    np.testing.assert_allclose(y, pair.expected(*arrays), rtol=1e-11, atol=1e-12)


@each
def test_gradients_are_those_of_centred_differences(pair, rng):
    report = gradcheck(pair.forward, pair.backward, *pair.arguments(rng), rng=rng)
    assert report, report


@each
@dtypes
@pytest.mark.parametrize("awkward", AWKWARD)
def test_any_layout_gives_the_same_and_no_input_changes(pair, awkward, dtype, rng):
    before = pair.arguments(rng, dtype)
    given = [awkward(array) for array in before]
    y, cache = pair.forward(*given)
    expected, expected_cache = pair.forward(*before)
    dout = rng.normal(size=y.shape).astype(dtype)
    given_dout = awkward(dout)
    grads = gradients(pair.backward(given_dout, cache))
    np.testing.assert_array_equal(y, expected)
    assert y.dtype == dtype
    for grad, expected_grad, array in zip(grads, gradients(pair.backward(dout, expected_cache)), before, strict=True):
        assert grad.dtype == dtype
        assert grad.shape == array.shape
        np.testing.assert_array_equal(grad, expected_grad)
    for now, then in zip([*given, given_dout], [*before, dout], strict=True):
        np.testing.assert_array_equal(now, then)


@each
def test_what_forward_returns_may_be_changed_before_backward(pair, rng):
    y, cache = pair.forward(*pair.arguments(rng))
    dout = rng.normal(size=y.shape)
    expected = [grad.copy() for grad in gradients(pair.backward(dout, cache))]
    y *= -3
    for grad, before in zip(gradients(pair.backward(dout, cache)), expected, strict=True):
        np.testing.assert_array_equal(grad, before)


@each
def test_float32_agrees_with_float64(pair, rng):
    arrays = pair.arguments(rng, np.float32)
    y32, cache32 = pair.forward(*arrays)
    y64, cache64 = pair.forward(*(array.astype(np.float64) for array in arrays))
    np.testing.assert_allclose(y32, y64, rtol=1e-5, atol=1e-5)
    dout = np.cos(y64)
    grads = gradients(pair.backward(dout, cache32)), gradients(pair.backward(dout, cache64))
    for grad32, grad64 in zip(*grads, strict=True):
        np.testing.assert_allclose(grad32, grad64, rtol=1e-4, atol=1e-5)


@each
def test_a_gradient_of_the_wrong_shape_is_refused(pair, rng):
    y, cache = pair.forward(*pair.arguments(rng))
    shape = ", ".join(map(str, y.shape))
    with pytest.raises(ValueError, match=rf"backward: dout must have shape \({shape}\), .*but has \(1,\)"):
        pair.backward(np.ones(1), cache)


@each
def test_arrays_of_two_dtypes_are_refused(pair, rng):
    x, *others = pair.arguments(rng)
    if others:
        with pytest.raises(TypeError, match=r"the arrays must share one dtype, but x is float32, .* float64"):
            pair.forward(x.astype(np.float32), *others)


@each
def test_nan_is_not_hidden(pair, rng):
    x, *others = pair.arguments(rng)
    x.flat[0] = np.nan
    y, _ = pair.forward(x, *others)
    assert np.isnan(y).any()
