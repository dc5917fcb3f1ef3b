"""Every activation of the registry keeps every contract; a new one is tested without a new line here but its twin."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from layouts import AWKWARD

from coursekit.activations import ACTIVATIONS
from coursekit.gradcheck import gradcheck, numerical_gradient

# Their gain is not the exact one for a unit-normal input: 1 / f'(0), or a convention where no layer follows.
OTHER_GAIN = {"sigmoid": 4, "tanh": 1, "step": 1, "softmax": 1}


def settings_of(activation):
    """The default parameters, and all of them at either end of their range."""
    yield {}
    if activation.params:
        yield {parameter.name: parameter.low for parameter in activation.params}
        yield {parameter.name: parameter.high for parameter in activation.params}


each = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=list(ACTIVATIONS))
each_elementwise = pytest.mark.parametrize(
    "activation", [pytest.param(a, id=name) for name, a in ACTIVATIONS.items() if a.elementwise]
)
each_setting = pytest.mark.parametrize(
    ("activation", "params"),
    [
        pytest.param(activation, params, id=name + "".join(f" {key}={value}" for key, value in params.items()))
        for name, activation in ACTIVATIONS.items()
        for params in settings_of(activation)
    ],
)
in_both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def away_from_kinks(activation, x, distance=0.01):
    """Move the values of x that are too near a kink."""
    for kink in activation.kinks:
        x = np.where(np.abs(x - kink) < distance, kink + np.copysign(distance, x - kink), x)
    return x


def derivative(activation, z):
    """f'(z) of an elementwise activation at points z (M,)."""
    y, cache = activation.forward(z)
    return activation.backward(np.ones_like(y), cache)


@each_setting
def test_gradient(activation, params, rng):
    x = away_from_kinks(activation, rng.uniform(-4, 4, (5, 6)))
    y, cache = activation.forward(x, **params)
    dout = rng.normal(size=y.shape)
    expected = numerical_gradient(lambda x: (dout * activation.forward(x, **params)[0]).sum(), x)
    np.testing.assert_allclose(activation.backward(dout, cache), expected, rtol=1e-7, atol=1e-9)


@each_setting
def test_values_are_those_of_the_twin(activation, params, rng):
    x = np.append(rng.uniform(-8, 8, (6, 4)), [[0, 30, -30, 1]], axis=0)
    expected = naive.activation(activation.name, x, **params)
    np.testing.assert_allclose(activation.forward(x, **params)[0], expected, rtol=1e-13, atol=1e-14)


@each_elementwise
@given(
    x=arrays(
        np.float64, array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4), elements=st.floats(-30, 30, width=32)
    )
)
def test_any_shape_may_come(activation, x):
    y, cache = activation.forward(x)
    dx = activation.backward(np.ones_like(y), cache)
    assert y.shape == dx.shape == x.shape
    flat, _ = activation.forward(x.reshape(-1, 1))
    np.testing.assert_array_equal(y.reshape(-1, 1), flat)


@each_setting
def test_float32_agrees_with_float64(activation, params, rng):
    x = np.append(rng.uniform(-10, 10, (200, 4)), [[0, 100, -100, 1]], axis=0).astype(np.float32)
    y32, cache32 = activation.forward(x, **params)
    y64, cache64 = activation.forward(x.astype(np.float64), **params)
    np.testing.assert_allclose(y32, y64, rtol=1e-6, atol=1e-6)
    dout = rng.normal(size=y32.shape).astype(np.float32)
    np.testing.assert_allclose(
        activation.backward(dout, cache32), activation.backward(dout, cache64), rtol=2e-6, atol=2e-6
    )


@each_elementwise
def test_tiny_inputs_keep_their_digits_in_float32(activation):
    """A collapsed net lives there."""
    x = np.array([-1e-3, -1e-6, -3e-9, -1e-20, 1e-20, 3e-9, 1e-6, 1e-3], np.float32)
    expected, _ = activation.forward(x.astype(np.float64))
    np.testing.assert_allclose(activation.forward(x)[0], expected, rtol=1e-6)


@each_setting
def test_no_denormal_number_comes_out_however_small_inputs_and_gradients_are(activation, params):
    sizes = np.append(np.geomspace(1e-45, 1e-19, 53), [0, 1, 50])
    x, dout = np.meshgrid(np.append(sizes, -sizes), np.append(sizes, -sizes))
    y, cache = activation.forward(x.astype(np.float32), **params)
    dx = activation.backward(np.resize(dout, y.shape).astype(np.float32), cache)
    for out in (y, dx) if activation.elementwise else (dx,):
        assert ((out == 0) | (np.abs(out) >= np.finfo(np.float32).tiny)).all()


@each_elementwise
def test_what_is_under_1e_30_counts_as_0_in_float32_alone(activation):
    tiny = np.array([-5e-31, 5e-31])  # no slope here is as large as 2
    beside_0 = np.zeros(2) if activation.kinks == () else np.array([-1e-20, 1e-20])
    for x, dout in ((tiny, np.ones(2)), (beside_0, tiny)):
        y32, cache32 = activation.forward(x.astype(np.float32))
        y64, cache64 = activation.forward(x)
        dx32, dx64 = activation.backward(dout.astype(np.float32), cache32), activation.backward(dout, cache64)
        np.testing.assert_allclose(y32, np.where(np.abs(y64) < 1e-30, 0, y64), rtol=1e-6)
        np.testing.assert_array_equal(dx32 == 0, np.abs(dx64) < 1e-30)
        np.testing.assert_allclose(dx64, derivative(activation, x) * dout, rtol=1e-15)


@each
@in_both_dtypes
def test_the_dtype_stays_and_inputs_are_not_touched(activation, dtype, rng):
    x = rng.normal(size=(3, 4)).astype(dtype)
    y, cache = activation.forward(x)
    dout = rng.normal(size=y.shape)  # even a float64 gradient comes back in the dtype of x
    x_before, y_before, dout_before = x.copy(), y.copy(), dout.copy()
    dx = activation.backward(dout, cache)
    assert y.dtype == dx.dtype == dtype
    for now, before in ((x, x_before), (y, y_before), (dout, dout_before)):
        np.testing.assert_array_equal(now, before)


@each
def test_what_forward_returns_may_be_changed_before_backward(activation, rng):
    x = rng.normal(size=(4, 6))
    y, cache = activation.forward(x)
    dout = rng.normal(size=y.shape)
    expected = activation.backward(dout, cache)
    expected = expected[0] if isinstance(expected, tuple) else expected
    y *= -3
    again = activation.backward(dout, cache)
    np.testing.assert_array_equal(again[0] if isinstance(again, tuple) else again, expected)


@each
@pytest.mark.parametrize("awkward", AWKWARD)
@in_both_dtypes
def test_any_memory_layout_gives_the_same_answer(activation, awkward, dtype, rng):
    x = rng.normal(size=(4, 6)).astype(dtype)
    y, cache = activation.forward(x)
    dout = rng.normal(size=y.shape).astype(dtype)
    y_awkward, cache_awkward = activation.forward(awkward(x))
    np.testing.assert_array_equal(y_awkward, y)
    np.testing.assert_array_equal(activation.backward(awkward(dout), cache_awkward), activation.backward(dout, cache))


@each
def test_integers_are_taken_as_float64(activation):
    x = np.array([[-2, 1], [3, 0]])
    y, _ = activation.forward(x)
    assert y.dtype == np.float64
    np.testing.assert_array_equal(y, activation.forward(x.astype(np.float64))[0])


@each
@in_both_dtypes
def test_nan_stays_nan_in_its_row(activation, dtype, rng):
    x = rng.normal(size=(3, 4)).astype(dtype)
    x[1, 2] = math.nan
    y, cache = activation.forward(x)
    assert np.isnan(y).any(axis=1).tolist() == [False, True, False]
    if activation.elementwise:
        np.testing.assert_array_equal(np.isnan(y), np.isnan(x))
    dx = activation.backward(np.ones_like(y), cache)
    assert np.isfinite(dx[[0, 2]]).all()


@each_elementwise
@in_both_dtypes
def test_a_nan_gradient_is_not_hidden_where_the_slope_is_not_0(activation, dtype):
    x = np.array([0.5, 1.0], dtype)
    slope = derivative(activation, x)
    dx = activation.backward(np.array([math.nan, 1.0], dtype), activation.forward(x)[1])
    np.testing.assert_array_equal(np.isnan(dx), [slope[0] != 0, False])


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"step", "softmax"}))
@in_both_dtypes
def test_a_nan_gradient_passes_a_nan_input_as_in_pytorch(name, dtype):
    y, cache = ACTIVATIONS[name].forward(np.array([[math.nan, 1.0]], dtype))
    dx = ACTIVATIONS[name].backward(np.where(np.isnan(y), dtype(math.nan), dtype(1)), cache)
    np.testing.assert_array_equal(np.isnan(dx), [[True, False]])


@each_elementwise
@in_both_dtypes
def test_infinity_gives_the_limit(activation, dtype):
    far = np.array([-1e6, 1e6], dtype)
    endless = np.array([-math.inf, math.inf], dtype)
    y, _ = activation.forward(far)
    limit = np.where(np.abs(y) > 1e3, np.copysign(math.inf, y), y)
    np.testing.assert_array_equal(activation.forward(endless)[0], limit)
    np.testing.assert_array_equal(derivative(activation, endless), derivative(activation, far))


@each
def test_range_holds_and_is_no_wider_than_it_must_be(activation, rng):
    x = rng.permutation(np.concatenate([np.linspace(-10, 10, 1998), [-1e6, 1e6]])).reshape(-1, 2)
    y, _ = activation.forward(x)
    low, high = activation.range
    assert low <= y.min()
    assert y.max() <= high
    assert y.min() < (low + 1e-3 if math.isfinite(low) else -1e3)
    assert y.max() > (high - 1e-3 if math.isfinite(high) else 1e3)


@each_elementwise
def test_beyond_flat_the_slope_is_under_a_tenth_of_its_largest_and_fades(activation):
    low, high = activation.flat
    beside_kinks = [kink + side for kink in activation.kinks for side in (-1e-6, 1e-6)]
    z = np.append(away_from_kinks(activation, np.linspace(-20, 20, 4001)), beside_kinks)
    slope = np.abs(derivative(activation, z))
    tenth = slope.max() / 10
    assert (slope[(z <= low) | (z >= high)] <= tenth * 1.001).all()
    for bound, inwards, end in ((low, 0.01, -1e6), (high, -0.01, 1e6)):
        assert (derivative(activation, np.array([end]))[0] == 0) == math.isfinite(bound)
        if math.isfinite(bound) and low < high:
            assert abs(derivative(activation, np.array([bound + inwards]))[0]) >= tenth


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_the_gain_of_a_squashing_function_is_one_over_its_slope_at_0(name):
    assert ACTIVATIONS[name].gain == pytest.approx(1 / derivative(ACTIVATIONS[name], np.zeros(1))[0])


@each
def test_gain_keeps_the_second_moment_of_a_unit_normal_input(activation):
    if activation.name in OTHER_GAIN:
        assert activation.gain == OTHER_GAIN[activation.name]
        return
    z = np.linspace(-9, 9, 6001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    squares = np.square(activation.forward(z[:, None])[0]).mean(axis=1)
    assert np.trapezoid(squares * density, z) * activation.gain**2 == pytest.approx(1, rel=1e-4)


@each_elementwise
def test_zero_centred_says_whether_a_unit_normal_input_comes_out_with_mean_0(activation):
    z = np.linspace(-9, 9, 6001)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    mean = np.trapezoid(activation.forward(z)[0] * density, z)
    assert activation.zero_centred == (abs(mean) < 1e-6)


@each
def test_the_record_is_complete(activation):
    for text in ("label", "formula", "derivative", "verdict", "source"):
        assert getattr(activation, text), text
    for parameter in activation.params:
        assert parameter.low <= parameter.default <= parameter.high
        assert parameter.meaning


@each
def test_an_unknown_parameter_is_named(activation):
    with pytest.raises(TypeError, match="nonsense"):
        activation.forward(np.ones((2, 2)), nonsense=1.0)


def test_an_unknown_parameter_is_answered_with_those_there_are():
    with pytest.raises(
        TypeError, match=r"^leaky_relu has no parameter 'slop'\. Did you mean 'slope'\? Its parameters: slope"
    ):
        ACTIVATIONS["leaky_relu"].forward(1.0, slop=0.1)
    with pytest.raises(TypeError, match=r"^relu has no parameter 'slope'\. Its parameters: none\.$"):
        ACTIVATIONS["relu"].forward(1.0, slope=0.1)


def test_a_parameter_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match=r"^swish: its parameters are numbers, but got \{'beta': \[1, 2\]\}\.$"):
        ACTIVATIONS["swish"].forward(np.ones((3, 2)), beta=[1, 2])
    with pytest.raises(TypeError, match=r"^leaky_relu: its parameters are numbers, but got \{'slope': 'steep'\}\.$"):
        ACTIVATIONS["leaky_relu"].forward(1.0, slope="steep")


@each
def test_a_gradient_of_the_wrong_shape_is_refused(activation):
    _, cache = activation.forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=rf"^{activation.name} backward: dout must have .*\(6, 1\)"):
        activation.backward(np.ones((6, 1)), cache)


@each
def test_a_dtype_that_cannot_be_used_is_refused(activation):
    _, cache = activation.forward(np.ones((2, 3)))
    with pytest.raises(TypeError, match=rf"^{activation.name}: x must be float32 or float64"):
        activation.forward(np.ones((2, 3), np.complex128))
    with pytest.raises(TypeError, match=rf"^{activation.name} backward: dout must be float32 or float64"):
        activation.backward(np.ones((2, 3), np.float16), cache)


# What only one of them has.


@pytest.mark.parametrize(
    ("name", "x", "slope"),
    [
        ("sigmoid", 0, 1 / 4),
        ("sigmoid", 10, 4.5395807735951673e-05),
        ("sigmoid", -10, 4.5395807735951673e-05),
        ("sigmoid", 40, math.exp(-40)),
        ("tanh", 0, 1),
        ("gelu", 0, 1 / 2),
        ("swish", 0, 1 / 2),
        ("elu", -1, math.exp(-1)),
        ("selu", 1, 1.0507009873554805),
        ("step", 1, 0),
    ],
)
def test_known_derivatives(name, x, slope):
    assert derivative(ACTIVATIONS[name], np.array([float(x)]))[0] == pytest.approx(slope, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("shape", "alpha"),
    [
        *(((5, 3), [0.1, -0.2, 0.3]), ((2, 3, 2, 2), [0.1, -0.2, 0.3])),
        *(((5, 3), 0.3), ((7,), 0.3), ((5, 3), [0.3]), ((2, 3, 2, 2), [0.3])),
    ],
    ids=["a unit", "a channel", "one", "one for a vector", "a row of one", "a row of one for images"],
)
def test_prelu_learns_its_slopes(shape, alpha, rng):
    prelu = ACTIVATIONS["prelu"]
    x = away_from_kinks(prelu, rng.normal(size=shape))
    report = gradcheck(prelu.forward, prelu.backward, x, np.array(alpha), rng=rng)
    assert report, report


@in_both_dtypes
@given(shape=array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=4), seed=st.integers(0, 9))
def test_prelu_bends_each_channel_by_its_own_slope(dtype, shape, seed):
    rng = np.random.default_rng(seed)
    x, dout = rng.normal(size=(2, *shape)).astype(dtype)
    alpha = rng.normal(size=shape[1]).astype(dtype)
    y, cache = ACTIVATIONS["prelu"].forward(x, alpha)
    dx, dalpha = ACTIVATIONS["prelu"].backward(dout, cache)
    expected_dalpha = np.zeros(shape[1])
    for place in np.ndindex(shape):
        slope = alpha[place[1]]
        assert y[place] == pytest.approx(naive.prelu(x[place], slope), rel=1e-6)
        assert dx[place] == pytest.approx(dout[place] * (1 if x[place] > 0 else slope), rel=1e-6)
        expected_dalpha[place[1]] += float(dout[place]) * min(float(x[place]), 0)
    assert y.dtype == dx.dtype == dalpha.dtype == dtype
    np.testing.assert_allclose(dalpha, expected_dalpha, rtol=1e-5, atol=1e-6)


@in_both_dtypes
def test_prelu_keeps_the_dtype_of_the_slopes_gradient(dtype):
    prelu = ACTIVATIONS["prelu"]
    y, cache = prelu.forward(np.array([[-1.0, 2.0]], dtype), np.array([0.1, 0.2], dtype))
    dx, dalpha = prelu.backward(np.ones_like(y), cache)
    assert dx.dtype == dalpha.dtype == dtype
    np.testing.assert_array_equal(dalpha, [-1, 0])


def test_prelu_shows_a_nan_in_the_gradient_of_its_channels_slope():
    prelu = ACTIVATIONS["prelu"]
    _, cache = prelu.forward(np.array([[math.nan, -2.0]]), np.array([0.1, 0.2]))
    np.testing.assert_array_equal(prelu.backward(np.ones((1, 2)), cache)[1], [math.nan, -2])


@pytest.mark.parametrize(
    ("shape", "alpha", "message"),
    [
        ((5, 3), np.ones(2), r"alpha has 2 slopes, but x \(5, 3\) needs one a channel"),
        ((3,), np.ones(3), r"alpha has 3 slopes, but x \(3,\) needs one a channel"),
        ((5, 3), np.ones((1, 3)), r"alpha must be a number or of shape \(C,\), but its shape is \(1, 3\)"),
    ],
)
def test_prelu_refuses_slopes_that_do_not_fit(shape, alpha, message):
    with pytest.raises(ValueError, match=message):
        ACTIVATIONS["prelu"].forward(np.ones(shape), alpha)


@in_both_dtypes
def test_rrelu_draws_slopes_in_training_and_takes_their_mean_at_test_time(dtype, rng):
    rrelu = ACTIVATIONS["rrelu"]
    x = -np.ones((50, 40), dtype)
    slopes = -rrelu.forward(x, rng=rng, training=True)[0]
    assert slopes.dtype == dtype
    assert 1 / 8 <= slopes.min() < 0.13
    assert 0.33 < slopes.max() <= dtype(1 / 3)
    assert slopes.mean() == pytest.approx(11 / 48, rel=0.02)
    assert np.unique(slopes).size > 1990  # each value its own, not one a row
    np.testing.assert_allclose(-rrelu.forward(x)[0], (1 / 8 + 1 / 3) / 2, rtol=1e-7)


def test_rrelu_goes_back_through_the_slopes_it_drew(rng):
    rrelu = ACTIVATIONS["rrelu"]
    x = away_from_kinks(rrelu, rng.normal(size=(5, 3)))
    report = gradcheck(
        lambda x: rrelu.forward(x, rng=np.random.default_rng(1), training=True), rrelu.backward, x, rng=rng
    )
    assert report, report


def test_rrelu_refuses_to_draw_without_a_generator_or_from_an_empty_interval():
    with pytest.raises(ValueError, match=r"pass rng=np\.random\.default_rng"):
        ACTIVATIONS["rrelu"].forward(1.0, training=True)
    with pytest.raises(ValueError, match=r"lower must not exceed upper, but they are 0\.5 and 0\.25"):
        ACTIVATIONS["rrelu"].forward(1.0, lower=0.5, upper=0.25)


def test_crelu_doubles_the_channels_and_needs_some(rng):
    x = rng.normal(size=(2, 3, 4, 4))
    y, _ = ACTIVATIONS["crelu"].forward(x)
    assert y.shape == (2, 6, 4, 4)
    np.testing.assert_array_equal(y[:, :3] - y[:, 3:], x)
    with pytest.raises(ValueError, match=r"must have at least two dimensions, but its shape is \(3,\)"):
        ACTIVATIONS["crelu"].forward(np.ones(3))


def test_crelu_shows_a_nan_in_both_halves():
    y, _ = ACTIVATIONS["crelu"].forward(np.array([[1.0, math.nan]]))
    np.testing.assert_array_equal(y, [[1, math.nan, 0, math.nan]])


@given(shape=array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=3))
def test_crelu_goes_back_through_the_half_that_is_not_0(shape):
    x, up, down = np.random.default_rng(0).normal(size=(3, *shape))
    _, cache = ACTIVATIONS["crelu"].forward(x)
    dx = ACTIVATIONS["crelu"].backward(np.concatenate([up, down], axis=1), cache)
    np.testing.assert_array_equal(dx, np.where(x > 0, up, -down))


@given(
    arrays(np.float64, array_shapes(min_dims=1, max_dims=3, max_side=4), elements=st.floats(-1e4, 1e4)),
    st.floats(-1e4, 1e4),
    st.data(),
)
def test_softmax_gives_probabilities_and_ignores_a_shift(x, shift, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    y, _ = ACTIVATIONS["softmax"].forward(x, axis=axis)
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(axis), 1, rtol=1e-12)
    np.testing.assert_allclose(ACTIVATIONS["softmax"].forward(x + shift, axis=axis)[0], y, rtol=1e-7, atol=1e-12)


@in_both_dtypes
@pytest.mark.parametrize("classes", [1, 2, 3, 4, 5, 7, 8, 33])
def test_softmax_is_that_of_the_twin_however_long_the_rows(classes, dtype, rng):
    x = (5 * rng.normal(size=(6, classes))).astype(dtype)
    y, _ = ACTIVATIONS["softmax"].forward(x)
    np.testing.assert_allclose(y, naive.activation("softmax", x), rtol=2e-6 if dtype == np.float32 else 1e-13)
    beyond = ACTIVATIONS["softmax"].forward(x + dtype(1000) * (x == x.max(axis=1, keepdims=True)))[0]
    np.testing.assert_array_equal(beyond, x == x.max(axis=1, keepdims=True))  # the largest may stand anywhere


@in_both_dtypes
@pytest.mark.parametrize("place", range(9))
def test_softmax_shows_a_nan_wherever_it_stands(place, dtype):
    x = np.zeros((3, 9), dtype)
    x[1, place] = math.nan
    y, _ = ACTIVATIONS["softmax"].forward(x)
    np.testing.assert_array_equal(np.isnan(y), np.arange(3)[:, None] == [1] * 9)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_softmax_along_any_axis(axis, rng):
    softmax = ACTIVATIONS["softmax"]
    x = rng.normal(size=(2, 3, 4))
    y, cache = softmax.forward(x, axis=axis)
    expected = np.apply_along_axis(naive.softmax, axis, x)
    np.testing.assert_allclose(y, expected, rtol=1e-13)
    assert softmax.backward(np.ones_like(y), cache).flags.c_contiguous
    report = gradcheck(lambda x: softmax.forward(x, axis=axis), softmax.backward, x, rng=rng)
    assert report, report


@pytest.mark.parametrize(("shape", "axis"), [((), -1), ((3, 0), -1), ((3, 2), 2), ((3, 2), -3)])
def test_softmax_needs_a_score(shape, axis):
    with pytest.raises(ValueError, match=f"softmax needs at least one score along axis {axis}, but x has shape"):
        ACTIVATIONS["softmax"].forward(np.ones(shape), axis=axis)


def test_softmax_of_no_rows_has_no_rows():
    y, cache = ACTIVATIONS["softmax"].forward(np.ones((0, 3)))
    assert y.shape == ACTIVATIONS["softmax"].backward(y, cache).shape == (0, 3)


@pytest.mark.parametrize("lower", [None, "0.1", [0.1]], ids=repr)
def test_rrelu_refuses_bounds_that_are_no_numbers(lower):
    with pytest.raises(TypeError, match="rrelu: lower and upper must be numbers"):
        ACTIVATIONS["rrelu"].forward(np.ones(3), lower=lower)


@pytest.mark.parametrize("lower", [float("nan"), float("-inf")])
def test_rrelu_refuses_bounds_that_are_not_finite(lower):
    with pytest.raises(ValueError, match="Both must be finite"):
        ACTIVATIONS["rrelu"].forward(np.ones(3), lower=lower)
