"""The check itself: it finds the right gradient, and it fails for every wrong one."""

import math

import numpy as np
import pytest

from coursekit.gradcheck import check_network, gradcheck, numerical_gradient, one_sided_slopes, relative_error
from coursekit.layers import (
    Activation,
    BatchNorm,
    Layer,
    Linear,
    batch_norm_backward,
    batch_norm_forward,
    group_norm_backward,
    group_norm_forward,
    linear_backward,
    linear_forward,
)
from coursekit.losses import LOSSES
from coursekit.network import Sequential

cross_entropy = LOSSES["softmax_cross_entropy"]


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


@pytest.mark.parametrize("function", [numerical_gradient, one_sided_slopes])
@pytest.mark.parametrize("h", [0, -1e-5, math.nan])
def test_a_step_that_is_not_positive_is_refused(function, h):
    with pytest.raises(ValueError, match=rf"^{function.__name__}: the step h must be positive, but is .*\. Try 1e-5"):
        function(np.sum, np.ones(2), h)


def group_norm_in_halves(x, gamma, beta):
    return group_norm_forward(x, gamma, beta, 2)


@pytest.mark.parametrize("std", [1.0, 0.1, 0.01, 0.003, 0.001, 1e-4])
@pytest.mark.parametrize(
    ("forward", "backward", "shape"),
    [(batch_norm_forward, batch_norm_backward, (4, 3)), (group_norm_in_halves, group_norm_backward, (2, 4, 2, 2))],
)
def test_what_the_differences_are_off_by_is_no_fault_and_hides_none(forward, backward, shape, std):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        inputs = std * rng.normal(size=shape), *rng.normal(size=(2, shape[1]))

        def wrong(dout, cache):
            dx, *others = backward(dout, cache)
            return 1.0001 * dx, *others

        assert gradcheck(forward, backward, *inputs, rng=rng)
        assert gradcheck(forward, wrong, *inputs, rng=rng).errors[0] > 4e-5


@pytest.mark.parametrize("function", [numerical_gradient, one_sided_slopes])
@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (lambda x: x**2, [1.0, 2.0], r"f must give one number, but gave an array of shape \(2,\)\. .*f\(x\)\.sum\(\)"),
        (lambda x: None, [1.0, 2.0], "f must give a number, but gave None"),
        (lambda x: "1?", [1.0, 2.0], r"f must give a number, but gave '1\?'"),
        (3.0, [1.0, 2.0], "f must be a function from an array to a number, but is 3.0"),
        (np.sum, None, "x must be float32 or float64"),
        (np.sum, [[1.0], [1.0, 2.0]], "x must be an array, but its rows have different lengths"),
    ],
)
def test_what_has_no_gradient_is_refused(function, f, x, message):
    with pytest.raises((TypeError, ValueError), match=f"^{function.__name__}: {message}"):
        function(f, x)


@pytest.mark.parametrize("function", [numerical_gradient, one_sided_slopes])
def test_a_number_may_come_in_an_array(function):
    expected = np.asarray(function(lambda x: float((x**2).sum()), np.array([1.0, -3.0])))
    for wrap in (np.array, lambda y: np.array([y]), lambda y: np.array([[y]]), list):
        found = function(lambda x, wrap=wrap: wrap([(x**2).sum()]) if wrap is list else wrap((x**2).sum()), [1.0, -3.0])
        np.testing.assert_array_equal(np.asarray(found), expected)


def test_one_sided_slopes_of_a_kink_and_of_a_curve():
    x = np.array([0.0, 2.0, -3.0, 1e-3])
    before = x.copy()
    left, right = one_sided_slopes(lambda x: float(np.abs(x).sum()), x, h=1e-2)
    np.testing.assert_allclose(left, [-1, 1, -1, -0.8])
    np.testing.assert_allclose(right, [1, 1, -1, 1])
    np.testing.assert_array_equal(x, before)
    left, right = one_sided_slopes(lambda x: float((x**2).sum()), x, h=1e-2)
    np.testing.assert_allclose(left, 2 * x - 1e-2)
    np.testing.assert_allclose(right, 2 * x + 1e-2)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0, 3)], ids=str)
def test_the_mean_of_the_one_sided_slopes_is_the_centred_difference(shape, rng):
    def f(x):
        return float(np.exp(x).sum())

    x = rng.normal(size=shape)
    left, right = one_sided_slopes(f, x)
    assert left.shape == right.shape == shape
    np.testing.assert_allclose((left + right) / 2, numerical_gradient(f, x), rtol=1e-12)


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


def test_the_floor_is_the_callers():
    assert relative_error(np.array([1e-12]), np.array([0.0]), floor=1e-3) == pytest.approx(1e-9)
    assert relative_error(np.array([2.0]), np.array([1.0]), floor=1e-3) == pytest.approx(1 / 3)


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


def test_a_failure_names_the_worst_element(x_and_w, rng):
    def one_element_off(dout, cache):
        dx, dw = product_backward(dout, cache)
        dw[1, 1] += 0.5
        dw[2, 0] += 0.01
        return dx, dw

    report = gradcheck(product_forward, one_element_off, *x_and_w, rng=rng)
    check = report.checks[1]
    assert (check.name, check.index, check.kink) == ("input 1", (1, 1), False)
    assert check.analytic == pytest.approx(check.numeric + 0.5)
    expected = f"input 1 at (1, 1): backward says {check.analytic:.6g}, differences say {check.numeric:.6g}"
    assert repr(report).splitlines()[1:] == [f"  {expected}"]


@pytest.mark.parametrize("scale", [1e-12, 1e-7, 1, 1e8])
@pytest.mark.parametrize("offset", [0, 1])
def test_small_and_large_gradients_are_checked_alike(scale, offset, rng):
    """Rounding in the differences is no error of backward; a factor of 1.01 is one, as long as differences see it."""

    def forward(x):
        return offset + scale * np.sin(x), x

    x = rng.normal(size=20)
    assert gradcheck(forward, lambda dout, x: scale * dout * np.cos(x), x, rng=rng)
    seen = scale > 1e-6 or not offset
    assert bool(gradcheck(forward, lambda dout, x: 1.01 * scale * dout * np.cos(x), x, rng=rng)) != seen


def test_one_small_gradient_among_large_ones_is_checked(rng):
    scale = np.array([1e6, 1e6, 1e-3])

    def wrong(dout, x):
        return scale * dout * np.cos(x) * [1, 1, 2]

    x = rng.normal(size=3)
    assert gradcheck(lambda x: (scale * np.sin(x), x), lambda dout, x: scale * dout * np.cos(x), x, rng=rng)
    report = gradcheck(lambda x: (scale * np.sin(x), x), wrong, x, rng=rng)
    assert not report
    assert report.checks[0].index == (2,)


def test_large_outputs_that_do_not_change_cost_no_digits(rng):
    x = rng.uniform(1, 2, 3)
    report = gradcheck(lambda x: (np.append(x, 1e9), None), lambda dout, cache: dout[:3], x, rng=rng)
    assert report.checks[0].numeric == pytest.approx(report.checks[0].analytic, rel=1e-9)


def test_a_gradient_of_another_shape_is_refused(rng):
    with pytest.raises(ValueError, match=r"input 0 has shape \(3, 1\), but its gradient has \(3,\)"):
        gradcheck(lambda x: (2 * x, None), lambda dout, cache: 2 * dout[:, 0], np.ones((3, 1)), rng=rng)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, x):
    return dout * (x > 0)


@pytest.mark.parametrize("distance", [0, 2e-6, 4e-6, -7e-6])
def test_a_kink_within_the_step_is_flagged_and_can_be_left_out(distance, rng):
    x = np.array([[1.0, -1.0], [distance, 2.0]])
    report = gradcheck(relu_forward, relu_backward, x, rng=rng)
    assert not report
    assert report.checks[0].index == (1, 0)
    assert "a kink is near: move the point, or skip_kinks=True" in repr(report)
    report = gradcheck(relu_forward, relu_backward, x, rng=rng, skip_kinks=True)
    assert report
    assert report.checks[0].kinks == 1
    assert "1 element(s) left out: a kink lies within the step" in repr(report)


def test_leaving_out_kinks_hides_no_wrong_backward(rng):
    x = np.array([1.0, -1.0, 0.0, 2.0])
    report = gradcheck(relu_forward, lambda dout, x: 2 * dout * (x > 0), x, rng=rng, skip_kinks=True)
    assert not report
    assert report.checks[0].kinks == 1
    assert not report.checks[0].kink


def test_nothing_but_kinks_is_not_a_pass(rng):
    report = gradcheck(relu_forward, relu_backward, np.zeros(3), rng=rng, skip_kinks=True)
    assert not report
    assert report.checks[0].kinks == 3


def test_an_empty_input_passes(rng):
    assert gradcheck(relu_forward, relu_backward, np.zeros((0, 3)), rng=rng)


def test_a_forward_that_is_not_finite_fails(rng):
    assert not gradcheck(lambda x: (x * math.nan, x), lambda dout, x: dout, np.ones(2), rng=rng)


@pytest.mark.filterwarnings("error")
def test_gradients_that_are_0_as_their_loss_is_are_right(rng):
    assert gradcheck(relu_forward, relu_backward, -1 - rng.random((3, 4)), rng=rng)
    assert gradcheck(linear_forward, linear_backward, np.zeros((2, 3)), rng.normal(size=(3, 2)), np.zeros(2), rng=rng)
    assert not gradcheck(relu_forward, lambda dout, x: 1e-3 * dout, -1 - rng.random((3, 4)), rng=rng)
    net = Sequential([Linear(2, 3, rng, dtype=np.float64)])
    net.params["0.w"] = np.array([[9.0, 0, 0], [0, 9, 0]])
    assert check_network(net, LOSSES["hinge"], np.array([[2.0, 0], [0, 2]]), np.array([0, 1]), rng)


@pytest.mark.parametrize(("size", "h"), [(1, 1e-14), (1, 1e-20), (1, 0), (1e10, 1e-5), (-1e15, 1e-5), (1e30, 1e-5)])
def test_a_step_that_is_lost_in_rounding_checks_nothing_and_says_so(size, h, rng):
    x = size * np.array([1.0, 0.5])
    with pytest.raises(ValueError, match=r"^gradcheck: input 0 cannot be checked with a step of h = .* Use h="):
        gradcheck(lambda x: (x, None), lambda dout, cache: -dout, x, rng=rng, h=h)
    larger = 1e-5 * max(abs(size), 1)
    assert gradcheck(lambda x: (x, None), lambda dout, cache: dout, x, rng=rng, h=larger)
    assert not gradcheck(lambda x: (x, None), lambda dout, cache: 2 * dout, x, rng=rng, h=larger)


@pytest.mark.parametrize("size", [1e2, 1e4, 1e6, 1e7])
def test_the_rounding_of_a_large_x_plus_h_is_no_error_of_backward(size, rng):
    x = size + rng.normal(size=5)
    assert gradcheck(lambda x: (np.sin(x), x), lambda dout, x: dout * np.cos(x), x, rng=rng)
    assert not gradcheck(lambda x: (np.sin(x), x), lambda dout, x: 2 * dout * np.cos(x), x, rng=rng)


def test_a_network_is_not_touched_when_the_step_is_too_small(rng):
    net = Sequential([Linear(3, 2, rng, dtype=np.float64), BatchNorm(2, dtype=np.float64)])
    before = {name: array.copy() for name, array in net.layers[1].buffers.items()}
    with pytest.raises(ValueError, match=r"^gradcheck: 0\.w cannot be checked"):
        check_network(net, cross_entropy, rng.normal(size=(4, 3)), np.array([0, 1, 0, 1]), rng, h=1e-15)
    for name, array in net.layers[1].buffers.items():
        np.testing.assert_array_equal(array, before[name])


def test_a_forward_that_works_in_place_or_is_random_is_named(rng):
    def in_place(x):
        x *= 2
        return x, None

    def second_in_place(x, w):
        w += 1
        return x * w, (x, w)

    def noisy(x):
        return x + noise.normal(size=x.shape), None

    noise, x = np.random.default_rng(1), np.arange(1.0, 4)
    with pytest.raises(ValueError, match=r"^gradcheck: forward changes input 0, which it works on in place"):
        gradcheck(in_place, lambda dout, cache: 2 * dout, x, rng=rng)
    assert x.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match=r"^gradcheck: forward gives another result for the same input 0"):
        gradcheck(second_in_place, lambda dout, cache: (dout * cache[1], dout * cache[0]), x, x, rng=rng)
    with pytest.raises(ValueError, match=r"another result for the same input 0 .* draws random numbers"):
        gradcheck(noisy, lambda dout, cache: dout, x, rng=rng)


def test_a_forward_may_return_a_number_and_backward_a_list(rng):
    x, w = rng.normal(size=(2, 3))
    assert gradcheck(lambda x: (float((x**2).sum()), x), lambda dout, x: 2 * dout * x, x, rng=rng)
    assert gradcheck(lambda x, w: (x * w, (x, w)), lambda dout, xw: [dout * xw[1], dout * xw[0]], x, w, rng=rng)
    with pytest.raises(ValueError, match="backward returned 1 gradients for 2 inputs"):
        gradcheck(lambda x, w: (x * w, (x, w)), lambda dout, cache: [dout * cache[1]], x, w, rng=rng)


class Noisy(Layer):
    """x times numbers drawn anew in every training pass; it counts its passes."""

    def __init__(self, rng):
        super().__init__()
        self.rng = rng
        self.buffers = {"passes": np.zeros(1)}

    def forward(self, x, training=False):
        self.buffers["passes"] += 1
        self.cache = self.rng.random(x.shape) if training else np.ones(x.shape)
        return x * self.cache

    def backward(self, dout):
        return dout * self._last_cache()


class Block(Layer):
    """Layers inside a layer."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x, training=False):
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout


@pytest.fixture
def net(rng):
    noisy = Noisy(np.random.default_rng(5))
    inside = Block([Linear(6, 6, rng, dtype=np.float64), Activation("tanh"), noisy])
    return Sequential(
        [
            Linear(4, 6, rng, dtype=np.float64),
            BatchNorm(6, dtype=np.float64),
            inside,
            Linear(6, 3, rng, dtype=np.float64),
        ]
    )


@pytest.fixture
def batch(rng):
    return rng.normal(size=(7, 4)), rng.integers(0, 3, 7)


@pytest.mark.parametrize("training", [True, False])
def test_every_parameter_of_a_network_is_checked(net, batch, training, rng):
    report = check_network(net, cross_entropy, *batch, rng=rng, training=training)
    assert report, report
    assert [check.name for check in report.checks] == [*net.params, "x"]


def test_a_check_leaves_the_network_as_it_was(net, batch, rng):
    params = {name: array.copy() for name, array in net.params.items()}
    noisy = net.layers[2].layers[2]
    state = noisy.rng.bit_generator.state
    running = {name: array.copy() for name, array in net.layers[1].buffers.items()}
    x = batch[0].copy()
    check_network(net, cross_entropy, *batch, rng=rng)
    for name, array in params.items():
        np.testing.assert_array_equal(net.params[name], array)
    for name, array in running.items():
        np.testing.assert_array_equal(net.layers[1].buffers[name], array)
    assert noisy.buffers["passes"] == 0
    assert noisy.rng.bit_generator.state == state
    np.testing.assert_array_equal(batch[0], x)


def test_a_wrong_layer_of_a_network_is_found(net, batch, rng):
    last = net.layers[-1]

    def wrong(dout):
        dx = Linear.backward(last, dout)
        last.grads["b"][1] *= 1.001
        return dx

    last.backward = wrong
    report = check_network(net, cross_entropy, *batch, rng=rng)
    assert [check.name for check in report.checks if not check.error < report.tolerance] == ["3.b"]
    assert "3.b at (1,): backward says" in repr(report)


def test_the_reported_index_is_that_of_the_whole_array(net, batch, rng):
    first = net.layers[0]

    def wrong(dout):
        dx = Linear.backward(first, dout)
        first.grads["w"][2, 5] += 1
        return dx

    first.backward = wrong
    report = check_network(net, cross_entropy, *batch, rng=rng, samples=24)
    assert report.checks[0].index == (2, 5)


def test_few_elements_of_each_array_are_enough_to_take_little_time(net, batch, rng):
    calls = []

    def counted(scores, y):
        calls.append(1)
        return cross_entropy(scores, y)

    check_network(net, counted, *batch, rng=rng, samples=2)
    assert len(calls) == 1 + (len(net.params) + 1) * (3 + 2 * 2)


def test_a_float32_network_is_refused(batch, rng):
    with pytest.raises(TypeError, match=r"0\.w is float32, .* dtype=np\.float64"):
        check_network(Sequential([Linear(4, 3, rng)]), cross_entropy, *batch, rng=rng)
