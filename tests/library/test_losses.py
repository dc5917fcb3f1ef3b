"""Every loss of the registry keeps every contract; a new one is tested without a new line here but its twin."""

import math
import tracemalloc

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from layouts import AWKWARD

from coursekit.adversarial import fgsm
from coursekit.diagnostics import first_nonfinite, network_report, sharpness
from coursekit.gradcheck import check_network, numerical_gradient
from coursekit.kernels import loss as kernels
from coursekit.layers import Linear
from coursekit.losses import LOSSES, class_labels
from coursekit.network import Sequential
from coursekit.training import evaluate, lr_range_test

cross_entropy = LOSSES["softmax_cross_entropy"]
large_margin = LOSSES["large_margin_softmax"]

NAMES = {
    *("hinge", "squared_hinge", "softmax_cross_entropy", "binary_cross_entropy", "mse", "mae", "huber", "focal"),
    *("zero_one", "large_margin_softmax"),
}
WEIGHTS = [0.5, 2.0, 1.0, 0.25]


def settings_of(loss):
    """The default parameters, and all of them at either end of their range."""
    yield {}
    if loss.params:
        yield {parameter.name: parameter.low for parameter in loss.params}
        yield {parameter.name: parameter.high for parameter in loss.params}


SETTINGS = [(loss, params) for loss in LOSSES.values() for params in settings_of(loss)] + [
    (cross_entropy, {"class_weights": WEIGHTS}),
    (cross_entropy, {"class_weights": WEIGHTS, "label_smoothing": 0.2, "temperature": 1.5}),
    (large_margin, {"norms": 9.0, "m": 3}),
    (large_margin, {"norms": [7.0, 8.0, 9.0, 10.0, 11.0], "m": 2}),
]
each = pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
each_of_classes = pytest.mark.parametrize(
    "loss", [pytest.param(loss, id=name) for name, loss in LOSSES.items() if loss.y == "classes"]
)
each_of_numbers = pytest.mark.parametrize(
    "loss", [pytest.param(loss, id=name) for name, loss in LOSSES.items() if loss.y != "classes"]
)
each_setting = pytest.mark.parametrize(
    ("loss", "params"),
    [
        pytest.param(loss, params, id=loss.name + "".join(f" {key}={value}" for key, value in params.items()))
        for loss, params in SETTINGS
    ],
)
in_both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def targets(loss, scores, rng):
    """Draw what the loss takes for y."""
    if loss.y == "classes":
        return rng.integers(0, scores.shape[1], len(scores))
    return rng.random(scores.shape) if loss.y == "probabilities" else rng.normal(size=scores.shape)


def batch_of(loss, rng, params=None, shape=(5, 4)):
    """Draw scores and targets away from kinks."""
    while True:
        scores = 2 * rng.normal(size=shape)
        y = targets(loss, scores, rng)
        if loss.kinks is None or loss.kinks(scores, y, **(params or {})).min() > 1e-3:
            return scores, y


def soft_targets(rng, shape):
    shares = rng.random(shape)
    shares[0, 0] = 0
    return shares / shares.sum(1, keepdims=True)


def test_all_losses_of_the_course_are_there():
    assert NAMES.issubset(LOSSES)


@each_setting
def test_gradient(loss, params, rng):
    scores, y = batch_of(loss, rng, params)
    expected = numerical_gradient(lambda s: loss(s, y, **params)[0], scores)
    np.testing.assert_allclose(loss(scores, y, **params)[1], expected, rtol=1e-7, atol=1e-9)


@each_setting
def test_values_are_those_of_the_twin(loss, params, rng):
    scores, y = batch_of(loss, rng, params)
    assert loss(scores, y, **params)[0] == pytest.approx(naive.loss(loss.name, scores, y, **params), rel=1e-13)


@each
@given(
    scores=arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.floats(-50, 50)),
    seed=st.integers(0, 100),
)
def test_any_batch_may_come(loss, scores, seed):
    y = targets(loss, scores, np.random.default_rng(seed))
    value, dscores = loss(scores, y)
    assert type(value) is float
    assert value == pytest.approx(naive.loss(loss.name, scores, y), rel=1e-11, abs=1e-13)
    assert dscores.shape == scores.shape
    assert np.isfinite(dscores).all()


@each
def test_the_gradient_is_that_of_the_mean(loss, rng):
    scores, y = batch_of(loss, rng)
    value, dscores = loss(scores, y)
    twice_value, twice_dscores = loss(np.vstack([scores, scores]), np.concatenate([y, y]))
    assert twice_value == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(twice_dscores, np.vstack([dscores, dscores]) / 2, rtol=1e-14)


@each_setting
def test_float32_agrees_with_float64(loss, params, rng):
    shape = (5, 4) if "norms" in params else (200, 4)
    scores = rng.normal(size=shape).astype(np.float32)
    y = targets(loss, scores, rng)
    y = y if loss.y == "classes" else y.astype(np.float32)
    value32, dscores32 = loss(scores, y, **params)
    value64, dscores64 = loss(scores.astype(np.float64), y, **params)
    assert value32 == pytest.approx(value64, rel=1e-6)
    np.testing.assert_allclose(dscores32, dscores64, rtol=2e-5, atol=1e-7)


@each_setting
@in_both_dtypes
@pytest.mark.parametrize("awkward", AWKWARD)
def test_any_layout_gives_the_same_and_no_input_changes(loss, params, awkward, dtype, rng):
    scores, y = batch_of(loss, rng)
    scores = scores.astype(dtype)
    given_scores, given_y = awkward(scores), awkward(y)
    value, dscores = loss(given_scores, given_y, **params)
    expected_value, expected_dscores = loss(scores, y, **params)
    assert value == expected_value
    assert dscores.dtype == dtype
    np.testing.assert_array_equal(dscores, expected_dscores)
    np.testing.assert_array_equal(given_scores, scores)
    np.testing.assert_array_equal(given_y, y)


@each
def test_integer_scores_are_taken_as_float64(loss, rng):
    scores = rng.integers(-3, 4, (4, 3))
    y = targets(loss, scores, rng)
    value, dscores = loss(scores, y)
    expected_value, expected_dscores = loss(scores.astype(np.float64), y)
    assert dscores.dtype == np.float64
    assert value == expected_value
    np.testing.assert_array_equal(dscores, expected_dscores)


@each
@in_both_dtypes
@pytest.mark.parametrize("column", range(4))
def test_nan_is_not_hidden(loss, dtype, column, rng):
    scores, y = batch_of(loss, rng)
    scores = scores.astype(dtype)
    scores[2, column] = math.nan  # once in four it is the label's own score
    value, dscores = loss(scores, y)
    assert math.isnan(value)
    poisoned = np.isnan(dscores).any(axis=1).tolist()
    assert poisoned == [False, False, loss.name != "zero_one", False, False]


@each
@in_both_dtypes
@pytest.mark.parametrize("size", [1e4, 3e37])
def test_huge_scores_stay_finite(loss, size, dtype, rng):
    scores = np.array([[size, -size, 0], [-size, size, 0], [size, size, -size]], dtype)
    y = np.array([0, 0, 2]) if loss.y == "classes" else targets(loss, scores, rng)
    value, dscores = loss(scores, y)
    assert math.isfinite(value)
    assert value > 0.1
    assert np.isfinite(dscores).all()


@each
def test_the_record_is_complete(loss):
    for text in ("label", "formula", "gradient", "verdict", "source"):
        assert getattr(loss, text), text
    assert loss.y in ("classes", "probabilities", "values")
    for parameter in loss.params:
        assert parameter.low <= parameter.default <= parameter.high
        assert parameter.name in loss.accepts
        assert parameter.meaning


@each
def test_the_default_of_each_parameter_is_that_of_its_record(loss, rng):
    scores, y = batch_of(loss, rng)
    params = {parameter.name: parameter.default for parameter in loss.params}
    assert loss(scores, y, **params)[0] == loss(scores, y)[0]


@each
def test_an_unknown_parameter_is_answered_with_those_there_are(loss):
    listed = ", ".join(loss.accepts) or "none"
    with pytest.raises(TypeError, match=rf"^{loss.name} has no parameter 'nonsense'\. Its parameters: {listed}\.$"):
        loss(np.zeros((2, 2)), [0, 1], nonsense=1)


@pytest.mark.parametrize(
    ("name", "params", "error", "message"),
    [
        ("hinge", {"margin": -1}, ValueError, "hinge: margin must be a finite number, at least 0, but is -1"),
        ("hinge", {"margin": math.nan}, ValueError, "hinge: margin must be a finite number, at least 0, but is nan"),
        ("squared_hinge", {"margin": math.inf}, ValueError, "margin must be a finite number, at least 0, but is inf"),
        ("hinge", {"margin": "1"}, TypeError, "hinge: margin must be a number, but is '1'"),
        ("focal", {"gamma": -0.5}, ValueError, "focal: gamma must be a finite number, at least 0, but is -0.5"),
        ("focal", {"gamma": np.ones(2)}, TypeError, "focal: gamma must be a number, but is array"),
        (
            "softmax_cross_entropy",
            {"temperature": 0},
            ValueError,
            "temperature must be a finite number, above 0, but is",
        ),
        ("softmax_cross_entropy", {"label_smoothing": 1.5}, ValueError, "at least 0 and at most 1, but is 1.5"),
        (
            "softmax_cross_entropy",
            {"label_smoothing": [0.1, 0.1]},
            TypeError,
            "label_smoothing must be a number, but is",
        ),
        (
            "softmax_cross_entropy",
            {"class_weights": [1, 2]},
            ValueError,
            r"must have shape \(4,\), one a class, .*\(2,\)",
        ),
        ("softmax_cross_entropy", {"class_weights": [1, 2, 3, -1]}, ValueError, "must be finite and not negative"),
        (
            "softmax_cross_entropy",
            {"class_weights": [1, 2, 3, math.inf]},
            ValueError,
            "must be finite and not negative",
        ),
        (
            "softmax_cross_entropy",
            {"class_weights": [0, 0, 0, 1]},
            ValueError,
            "weights of all labels are 0, so there is",
        ),
        ("large_margin_softmax", {"m": 0}, ValueError, "m must be a finite number, at least 1, but is 0"),
        ("large_margin_softmax", {"m": 1.5}, ValueError, r"m must be a whole number, .*but is 1\.5"),
        (
            "large_margin_softmax",
            {"norms": [1, 2]},
            ValueError,
            r"one number or have shape \(3,\), one a sample, .*\(2,\)",
        ),
        ("large_margin_softmax", {"norms": [1, 0.5, 1]}, ValueError, r"for sample 1 they are 0\.5 and 0\.75"),
        ("large_margin_softmax", {"norms": math.nan}, ValueError, "for sample 0 they are nan and 0"),
    ],
)
def test_parameters_out_of_their_range_are_refused(name, params, error, message):
    scores = np.zeros((3, 4))
    scores[1, 1] = -0.75
    with pytest.raises(error, match=f"^{name}: .*{message}|^{message}"):
        LOSSES[name](scores, [0, 1, 2], **params)


def test_a_huber_loss_needs_a_positive_delta():
    with pytest.raises(ValueError, match=r"^huber: delta must be a finite number, above 0, but is 0\.$"):
        LOSSES["huber"](np.zeros(3), np.zeros(3), delta=0)


# Labels.


@each_of_classes
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 1, 4], ValueError, "labels must be 0 to 3 for 4 scores, but run from 0 to 4"),
        ([-1, 0, 3], ValueError, "labels must be 0 to 3 for 4 scores, but run from -1 to 3"),
        (np.array([0, 1, 2**64 - 1], np.uint64), ValueError, "but run from 0 to 18446744073709551615"),
        ([0, 1], ValueError, r"y must have shape \(3,\), one label a sample, but its shape is \(2,\)"),
        (1, ValueError, r"y must have shape \(3,\), one label a sample, but its shape is \(\)"),
        (
            [[0], [1], [2]],
            ValueError,
            r"y must have shape \(3,\), one label a sample, but its shape is \(3, 1\)\. Write y\[:, 0\]\.",
        ),
        ([0.0, 1.0, 2.0], TypeError, "y holds class numbers and must be integers, but its dtype is float64"),
        ([True, False, True], TypeError, r"must be integers, but its dtype is bool\. Write y\.astype\(int\)\."),
        ([0, math.nan, 2], TypeError, "must be integers, but its dtype is float64"),
        (["cat", "dog", "cat"], TypeError, "must be integers, but its dtype is <U3"),
    ],
)
def test_labels_that_do_not_fit_are_refused(loss, labels, error, message):
    with pytest.raises(error, match=f"^{loss.name}: .*{message}"):
        loss(np.zeros((3, 4)), labels)


@each_of_classes
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, ">i8"])
def test_labels_may_be_any_integers(loss, dtype, rng):
    scores, y = batch_of(loss, rng)
    assert loss(scores, y.astype(dtype))[0] == loss(scores, list(y))[0] == loss(scores, y)[0]


@each_of_classes
def test_all_labels_may_be_one_class_and_there_may_be_only_one(loss, rng):
    assert math.isfinite(loss(rng.normal(size=(4, 3)), [2] * 4)[0])
    value, dscores = loss(np.ones((4, 1)), [0] * 4)
    assert value == 0
    np.testing.assert_array_equal(dscores, 0)


def test_labels_reach_the_kernel_in_the_one_form_it_is_compiled_for():
    y = np.array([0, 1], np.int64)
    y.flags.writeable = False
    for labels in (y, y.astype(np.int8), y[::-1]):
        made = class_labels(labels, np.zeros((2, 2)), "f")
        assert made.dtype == np.int64
        assert made.flags.carray


def test_labels_that_fit_are_not_copied():
    y = np.array([0, 1])
    assert class_labels(y, np.zeros((2, 2)), "f") is y


@each
def test_an_empty_batch_is_refused(loss):
    y = np.zeros(0, int) if loss.y == "classes" else np.zeros((0, 4))
    with pytest.raises(ValueError, match=f"^{loss.name}: the batch is empty, and the mean over no samples is not"):
        loss(np.zeros((0, 4)), y)


@each_of_classes
def test_scores_without_a_class_are_refused(loss):
    with pytest.raises(ValueError, match=rf"^{loss.name}: scores \(3, 0\) have no class"):
        loss(np.zeros((3, 0)), [0, 0, 0])


@each_of_classes
def test_scores_of_one_sample_must_be_a_row(loss):
    with pytest.raises(ValueError, match=rf"^{loss.name}: scores must have shape \(N, C\).*write x\[None, :\]"):
        loss(np.zeros(4), [1])


# Targets that are numbers.


@each_of_numbers
def test_a_column_and_a_vector_may_stand_for_each_other(loss, rng):
    scores, y = batch_of(loss, rng, shape=(5, 1))
    value, dscores = loss(scores, y)
    assert loss(scores, y[:, 0])[0] == loss(scores[:, 0], y)[0] == loss(scores[:, 0], y[:, 0])[0] == value
    np.testing.assert_array_equal(loss(scores, y[:, 0])[1], dscores)
    np.testing.assert_array_equal(loss(scores[:, 0], y)[1], dscores[:, 0])


@each_of_numbers
@pytest.mark.parametrize(
    ("scores", "y"),
    [((5, 1), (4,)), ((5, 1), (1, 5)), ((5, 2), (5,)), ((6,), (3, 2)), ((2, 3, 1), (6,)), ((1, 5), (5,))],
)
def test_shapes_that_numpy_would_broadcast_or_confuse_are_refused(loss, scores, y):
    with pytest.raises(ValueError, match=f"^{loss.name}: y must have shape .*, like the scores, but its shape is"):
        loss(np.zeros(scores), np.zeros(y))


@each_of_numbers
def test_targets_may_be_integers_and_leave_float32_alone(loss):
    scores = np.array([[0.5, -1.0], [2.0, 0.25]], np.float32)
    value, dscores = loss(scores, [[0, 1], [1, 0]])
    assert dscores.dtype == np.float32
    assert value == loss(scores, np.array([[0, 1], [1, 0]], np.float32))[0]


@each_of_numbers
def test_targets_that_are_no_numbers_are_refused(loss):
    with pytest.raises(TypeError, match=f"^{loss.name}: y must be float32 or float64 .*dtype is bool"):
        loss(np.zeros(2), [True, False])


@pytest.mark.parametrize(
    ("y", "span"), [([0, 1.5], "0 to 1.5"), ([-0.1, 1], "-0.1 to 1"), ([math.nan, 0], "nan to nan")]
)
def test_probabilities_of_yes_lie_between_0_and_1(y, span):
    with pytest.raises(ValueError, match=f"^binary_cross_entropy: y must lie between 0 and 1, but runs from {span}"):
        LOSSES["binary_cross_entropy"](np.zeros(2), y)


@each_of_numbers
def test_a_nan_target_is_refused_or_seen(loss):
    if loss.y == "values":
        value, dscores = loss(np.zeros(2), [math.nan, 1])
        assert math.isnan(value)
        np.testing.assert_array_equal(np.isnan(dscores), [True, False])


# Known values.


@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("score", [0, -7.5])
def test_the_sanity_check_at_equal_scores(classes, score):
    scores, y = np.full((3, classes), score, float), [0, 1, 1]
    assert cross_entropy(scores, y)[0] == pytest.approx(math.log(classes), rel=1e-14)
    assert LOSSES["hinge"](scores, y)[0] == classes - 1
    assert LOSSES["squared_hinge"](scores, y)[0] == classes - 1
    assert LOSSES["squared_hinge"](scores, y, margin=3)[0] == 9 * (classes - 1)
    assert LOSSES["focal"](scores, y)[0] == pytest.approx((1 - 1 / classes) ** 2 * math.log(classes), rel=1e-13)


def test_the_sanity_check_of_a_logit_of_0():
    value, dscores = LOSSES["binary_cross_entropy"](np.zeros(4), [0, 1, 1, 0.5])
    assert value == pytest.approx(math.log(2), rel=1e-15)
    np.testing.assert_array_equal(dscores, [0.125, -0.125, -0.125, 0])


def test_cat_car_and_frog():
    """The worked example of CS231n, lecture 3: losses 2.9, 0 and 12.9."""
    scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    assert [LOSSES["hinge"](scores[n : n + 1], [n])[0] for n in range(3)] == pytest.approx([2.9, 0, 12.9])
    value, dscores = LOSSES["hinge"](scores, [0, 1, 2])
    assert value == pytest.approx(15.8 / 3)
    np.testing.assert_allclose(dscores * 3, [[-1, 1, 0], [0, 0, 0], [1, 1, -2]])
    assert cross_entropy(scores[:1], [0])[0] == pytest.approx(2.04, abs=0.005)  # −ln 0.13


@pytest.mark.parametrize(
    ("name", "params", "errors", "value", "slopes"),
    [
        ("mse", {}, [3, -1], 5, [3, -1]),
        ("mae", {}, [3, -1], 2, [0.5, -0.5]),
        ("huber", {}, [3, -1], 1.5, [0.5, -0.5]),
        ("huber", {"delta": 2}, [3, -1], 2.25, [1, -0.5]),
    ],
)
def test_regression_by_hand(name, params, errors, value, slopes):
    found, dscores = LOSSES[name](np.array(errors) + 10.0, [10, 10], **params)
    assert found == value
    np.testing.assert_array_equal(dscores, slopes)


def test_at_a_kink_the_gradient_is_0():
    value, dscores = LOSSES["hinge"](np.array([[2.0, 1.0, 0.0]]), [0])
    assert value == 0
    np.testing.assert_array_equal(dscores, 0)
    np.testing.assert_array_equal(LOSSES["mae"](np.ones(3), np.ones(3))[1], 0)


def test_the_hinge_is_content_beyond_the_margin_and_softmax_never_is():
    scores = np.array([[100.0, 0, 0]])
    assert LOSSES["hinge"](scores, [0])[0] == 0
    value, dscores = cross_entropy(scores, [0])
    assert value == pytest.approx(2 * math.exp(-100), rel=1e-14, abs=0)
    np.testing.assert_allclose(dscores, math.exp(-100) * np.array([[-2, 1, 1]]), rtol=1e-14)


def test_one_large_violation_costs_more_than_many_small_ones_only_when_squared():
    one, many = np.array([[0.0, 3, -9, -9, -9]]), np.array([[0.0, 0, 0, 0, 0]])
    assert LOSSES["hinge"](one, [0])[0] == LOSSES["hinge"](many, [0])[0] == 4
    assert (LOSSES["squared_hinge"](one, [0])[0], LOSSES["squared_hinge"](many, [0])[0]) == (16, 4)


def test_the_first_of_equal_scores_decides_in_zero_one():
    assert LOSSES["zero_one"](np.zeros((4, 3)), [0, 0, 0, 1])[0] == 0.25


def test_the_gradient_of_zero_one_is_0(rng):
    np.testing.assert_array_equal(LOSSES["zero_one"](rng.normal(size=(5, 3)), [0, 1, 2, 0, 1])[1], np.zeros((5, 3)))


def test_huge_logits_cost_what_they_must():
    value, dscores = cross_entropy(np.array([[1e4, -1e4], [-1e4, 1e4]]), [0, 0])
    assert value == 1e4  # nothing for the first, 2e4 for the second
    np.testing.assert_array_equal(dscores, [[0, 0], [-0.5, 0.5]])
    value, dscores = LOSSES["binary_cross_entropy"](np.array([1e4, -1e4, 40]), [0, 1, 1])
    assert value == pytest.approx(2e4 / 3, rel=1e-15)
    np.testing.assert_allclose(dscores, np.array([1, -1, -math.exp(-40)]) / 3, rtol=1e-12, atol=1e-17)


@pytest.mark.parametrize(
    ("score", "y", "cost", "slope"),
    [
        (math.inf, 1, 0, 0),
        (math.inf, 0, math.inf, 1),
        (math.inf, 0.25, math.inf, 0.75),
        (-math.inf, 0, 0, 0),
        (-math.inf, 1, math.inf, -1),
        (-math.inf, 0.25, math.inf, -0.25),
    ],
)
@in_both_dtypes
def test_an_infinite_logit_costs_nothing_if_right_and_infinity_if_not(score, y, cost, slope, dtype):
    value, dscores = LOSSES["binary_cross_entropy"](np.array([score], dtype), np.array([y], dtype))
    assert value == cost
    np.testing.assert_array_equal(dscores, [slope])


def test_log1p_keeps_the_digits_of_small_numbers():
    for x in (0.0, 1e-30, 1e-5, 0.3, 1.0):
        assert kernels.log1p(x) == math.log1p(x)
        s = -np.log(np.float32(max(x, 1e-30)))
        expected = math.log1p(math.exp(-float(s)))
        assert LOSSES["binary_cross_entropy"](np.array([-s]), [0.0])[0] == pytest.approx(expected, rel=3e-7, abs=0)


# Each kernel over scores a, other numbers b and room for the gradient, (1, M) each, and the label 3.
ON_ARRAYS = {
    "hinge": lambda a, b, room: kernels.hinge(a, np.array([3]), 1.0, room),
    "squared_hinge": lambda a, b, room: kernels.squared_hinge(a, np.array([3]), 1.0, room),
    "softmax": lambda a, b, room: kernels.softmax_cross_entropy(a, np.array([3]), 1.0, np.empty(1), room),
    "soft": lambda a, b, room: kernels.soft_cross_entropy(a, b, 1.0, room),
    "binary": lambda a, b, room: kernels.binary_cross_entropy(a[0], b[0], room[0]),
    "mse": lambda a, b, room: kernels.mse(a[0], b[0], room[0]),
    "mae": lambda a, b, room: kernels.mae(a[0], b[0], room[0]),
    "huber": lambda a, b, room: kernels.huber(a[0], b[0], 0.05, room[0]),
    "elastic_net": lambda a, b, room: kernels.elastic_net(a[0], 0.3, 0.4, room[0]),
}


@pytest.mark.parametrize("kernel", ON_ARRAYS.values(), ids=list(ON_ARRAYS))
@in_both_dtypes
def test_the_last_digit_does_not_depend_on_where_arrays_lie_in_memory(kernel, dtype, rng):
    for count in (5, 16, 20, 24, 40):
        numbers = rng.random((10, 2, count)).astype(dtype)
        for a, b in numbers:
            found = set()
            for order in ((0, 1, 2), (1, 0, 2)):  # the gradient right behind either, or far from both
                for gap in (count, 1000):
                    buffer = np.empty(3 * gap, dtype)
                    places = [buffer[i * gap : i * gap + count].reshape(1, count) for i in order]
                    places[0][...], places[1][...] = a, b
                    found.add((kernel(*places), places[2].tobytes()))
            assert len(found) == 1


# Softmax cross-entropy and its parameters.


@each_setting
@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 1e8), (np.float64, 1e17)])
def test_scores_far_from_0_are_told_apart_as_well_as_scores_near_0(loss, params, dtype, far, rng):
    """With differences that the dtype holds exactly, out there too; they are all that these losses depend on."""
    if loss.name in ("binary_cross_entropy", "large_margin_softmax"):
        pytest.skip("depends on more than differences")
    near = np.spacing(dtype(far)) * rng.integers(-2, 3, (5, 4)).astype(dtype)
    scores = dtype(far) + near
    np.testing.assert_array_equal(scores - dtype(far), near)
    y = targets(loss, scores, rng) if loss.y == "classes" else np.full_like(scores, far)
    y_near = y if loss.y == "classes" else np.zeros((5, 4))
    value, dscores = loss(scores, y, **params)
    exact = near.astype(np.float64)
    assert value == pytest.approx(naive.loss(loss.name, exact, y_near, **params), rel=1e-5, abs=1e-9)
    np.testing.assert_allclose(dscores, loss(exact, y_near, **params)[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 1e8), (np.float64, 1e17)])
def test_equal_scores_far_from_0_cost_the_margin_for_each_wrong_class(dtype, far):
    scores = np.full((1, 3), far, dtype)
    for name, value in (("hinge", 0.5), ("squared_hinge", 0.125)):
        assert LOSSES[name](scores, [1], margin=0.25)[0] == value
    np.testing.assert_array_equal(LOSSES["hinge"](scores, [1], margin=0.25)[1], [[1, -2, 1]])


@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 1e8), (np.float64, 1e17)])
def test_a_certain_and_right_logit_takes_no_digits_from_the_others(dtype, far):
    scores = np.array([0, far, 0, -far, 0], dtype)
    y = np.array([0.5, 1, 0.5, 0, 0.5], dtype)
    assert LOSSES["binary_cross_entropy"](scores, y)[0] == pytest.approx(0.6 * math.log(2), rel=1e-6)


@pytest.mark.parametrize("params", [{"label_smoothing": 0.1}, {"class_weights": np.ones(3000)}], ids=lambda p: min(p))
def test_many_classes_take_room_for_the_scores_only(params):
    scores, y = np.zeros((4, 3000), np.float32), np.arange(4)
    cross_entropy(scores[:, :2], y % 2, label_smoothing=0.1)
    tracemalloc.start()
    try:
        value, _ = cross_entropy(scores, y, **params)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert value == pytest.approx(math.log(3000), rel=1e-6)
    assert peak < 20 * scores.nbytes  # a matrix of all classes with all classes has 1500 times as many bytes


def test_a_shift_of_a_row_changes_nothing(rng):
    scores, y = batch_of(cross_entropy, rng)
    value, dscores = cross_entropy(scores, y)
    shifted_value, shifted_dscores = cross_entropy(scores + np.array([[-100], [0], [1], [50], [1000]]), y)
    assert shifted_value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(shifted_dscores, dscores, rtol=1e-10)


@each_of_classes
def test_gradients_of_a_row_sum_to_0(loss, rng):
    if loss.name != "large_margin_softmax":  # an angle does change with a shift
        np.testing.assert_allclose(loss(*batch_of(loss, rng))[1].sum(1), 0, atol=1e-15)


def both_equal(found, expected):
    assert found[0] == pytest.approx(expected[0], rel=1e-13)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("params", [{}, {"label_smoothing": 0.3, "temperature": 2.0}])
@pytest.mark.parametrize("dtype", [float, int])
def test_one_hot_probabilities_are_labels(params, dtype, rng):
    scores, y = batch_of(cross_entropy, rng)
    both_equal(cross_entropy(scores, np.eye(4, dtype=dtype)[y], **params), cross_entropy(scores, y, **params))


@pytest.mark.parametrize(
    "params", [{}, {"temperature": 4.0}, {"class_weights": WEIGHTS}, {"label_smoothing": 0.1, "class_weights": WEIGHTS}]
)
def test_soft_targets(params, rng):
    scores, q = rng.normal(size=(5, 4)), soft_targets(rng, (5, 4))
    value, dscores = cross_entropy(scores, q, **params)
    assert value == pytest.approx(naive.softmax_cross_entropy(scores, q, **params), rel=1e-13)
    expected = numerical_gradient(lambda s: cross_entropy(s, q, **params)[0], scores)
    np.testing.assert_allclose(dscores, expected, rtol=1e-7, atol=1e-10)


@in_both_dtypes
def test_soft_targets_take_the_dtype_of_the_scores_and_stay_untouched(dtype, rng):
    scores, q = rng.normal(size=(5, 4)).astype(dtype), soft_targets(rng, (5, 4))
    before = q.copy()
    value, dscores = cross_entropy(scores, q)
    assert dscores.dtype == dtype
    assert value == pytest.approx(cross_entropy(scores.astype(float), q)[0], rel=1e-6)
    np.testing.assert_array_equal(q, before)


def test_soft_targets_of_the_net_itself_are_its_minimum(rng):
    scores = rng.normal(size=(5, 4))
    p = np.exp(scores / 3) / np.exp(scores / 3).sum(1, keepdims=True)
    np.testing.assert_allclose(cross_entropy(scores, p, temperature=3)[1], 0, atol=1e-16)


def test_a_target_of_0_costs_nothing_even_at_minus_infinity():
    value, dscores = cross_entropy(np.array([[0.0, 0.0, -math.inf]]), [[0.5, 0.5, 0.0]])
    assert value == pytest.approx(math.log(2))
    np.testing.assert_array_equal(dscores, 0)


def test_nan_is_not_hidden_by_soft_targets():
    value, dscores = cross_entropy(np.array([[0.0, math.nan], [0, 0]]), [[1.0, 0.0], [0.5, 0.5]])
    assert math.isnan(value)
    np.testing.assert_array_equal(np.isnan(dscores), [[True, True], [False, False]])


@pytest.mark.parametrize(
    ("q", "error", "message"),
    [
        (
            [[0.5, 0.5], [0.5, 0.4]],
            ValueError,
            r"each row of y must sum to 1, but row 1 sums to 0\.9\. Divide each row",
        ),
        ([[0.5, 0.5], [1.5, -0.5]], ValueError, r"probabilities must not be negative, but y holds -0\.5"),
        ([[0.5, 0.5], [math.nan, 1]], ValueError, "probabilities must not be negative, but y holds nan"),
        ([[0.5, 0.5], [math.inf, 1]], ValueError, "row 1 sums to inf"),
        ([[0.5, 0.5]], ValueError, r"or probabilities \(2, 2\), like the scores, but its shape is \(1, 2\)"),
        ([[0.5, 0.5, 0], [1.0, 0, 0]], ValueError, r"like the scores, but its shape is \(2, 3\)"),
        ([[True, False], [True, False]], TypeError, "y must be float32 or float64 .*dtype is bool"),
    ],
)
def test_soft_targets_that_are_no_distributions_are_refused(q, error, message):
    with pytest.raises(error, match="^softmax_cross_entropy: .*" + message):
        cross_entropy(np.zeros((2, 2)), q)


def test_soft_targets_of_an_empty_batch_are_refused():
    with pytest.raises(ValueError, match="the batch is empty"):
        cross_entropy(np.zeros((0, 2)), np.zeros((0, 2)))


def test_equal_class_weights_change_nothing(rng):
    scores, y = batch_of(cross_entropy, rng)
    both_equal(cross_entropy(scores, y, class_weights=[3] * 4), cross_entropy(scores, y))


def test_a_class_weight_of_3_counts_its_samples_three_times(rng):
    scores, y = rng.normal(size=(4, 3)), np.array([0, 1, 2, 1])
    thrice = [0, 1, 1, 1, 2, 3, 3, 3]
    expected = cross_entropy(scores[thrice], y[thrice])[0]
    assert cross_entropy(scores, y, class_weights=[1, 3, 1])[0] == pytest.approx(expected, rel=1e-14)


def test_a_temperature_divides_the_scores(rng):
    scores, y = batch_of(cross_entropy, rng)
    value, dscores = cross_entropy(scores / 2.5, y)
    both_equal(cross_entropy(scores, y, temperature=2.5), (value, dscores / 2.5))


def test_label_smoothing_makes_too_large_a_lead_cost_again():
    costs = [cross_entropy(np.array([[lead, 0.0, 0.0]]), [0], label_smoothing=0.1)[0] for lead in (0, 3.3, 20)]
    assert costs[1] < costs[0] < costs[2]


# Focal loss and large-margin softmax.


@pytest.mark.parametrize(("name", "params"), [("focal", {"gamma": 0}), ("large_margin_softmax", {"m": 1})])
def test_without_their_parameter_they_are_cross_entropy(name, params, rng):
    scores, y = batch_of(cross_entropy, rng)
    both_equal(LOSSES[name](scores, y, **params), cross_entropy(scores, y))


def test_focal_plays_an_easy_sample_down():
    """Lin et al. (2017), section 3.2: with γ = 2 a sample at p = 0.9 counts 100 times less than in cross-entropy."""
    scores, y = np.log([[0.9, 0.1]]), [0]
    assert cross_entropy(scores, y)[0] / LOSSES["focal"](scores, y)[0] == pytest.approx(100)


@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2])
def test_focal_of_a_certain_sample_is_0(gamma):
    value, dscores = LOSSES["focal"](np.array([[800.0, 0.0]]), [0], gamma=gamma)
    assert value == 0
    np.testing.assert_array_equal(dscores, 0)


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_the_angle_s_function_falls_below_the_cosine_all_the_way(m):
    theta = np.linspace(0, math.pi, 400)
    radius = 3.0
    psi = np.array([naive.psi(angle, m) for angle in theta])
    # With one other score of 0 the loss is log(1 + e^(−r ψ)).
    scores = np.stack([radius * np.cos(theta), np.zeros(400)], 1)
    losses = [large_margin(row[None], [0], m=m, norms=radius)[0] for row in scores]
    np.testing.assert_allclose(-np.log(np.expm1(losses)) / radius, psi, rtol=1e-9, atol=1e-9)
    assert (np.diff(losses) > 0).all()
    assert (psi <= np.cos(theta) + 1e-12).all()
    assert losses[-1] == pytest.approx(math.log1p(math.exp(radius * (2 * m - 1))))


def test_a_larger_margin_costs_more(rng):
    scores, y = batch_of(large_margin, rng)
    costs = [large_margin(scores, y, m=m)[0] for m in (1, 2, 3, 4)]
    assert costs == sorted(costs)
    assert len(set(costs)) == 4


@pytest.mark.parametrize("m", [1, 2, 3])
def test_scores_of_0_have_no_angle_and_cost_log_c_all_the_same(m):
    value, dscores = large_margin(np.zeros((2, 4)), [0, 1], m=m)
    assert value == pytest.approx(math.log(4))
    assert np.isfinite(dscores).all()


@pytest.mark.parametrize("m", [1, 2, 3, 4])
@pytest.mark.parametrize("cosine", [1.0, -1.0])
def test_the_slope_at_either_end_of_the_angle(m, cosine):
    """sin(mθ) / sin θ tends to m at θ = 0 and, up to its sign, at θ = π: r ψ changes m² times as fast as s_y."""
    value, dscores = large_margin(np.array([[3.0 * cosine, 0.0]]), [0], m=m, norms=3.0)
    p_other = 1 - math.exp(-value)
    np.testing.assert_allclose(dscores, [[-p_other * m**2, p_other]], rtol=1e-12)


def test_nan_is_seen_with_norms_too():
    value, dscores = large_margin(np.array([[math.nan, 0.0], [1.0, 0.0]]), [0, 0], norms=3.0)
    assert math.isnan(value)
    np.testing.assert_array_equal(np.isnan(dscores), [[True, True], [False, False]])


def test_norms_may_be_short_by_a_rounding_error():
    scores = np.array([[1.0, 0.0]], np.float32)
    assert large_margin(scores, [0], norms=np.float32(1 - 1e-6))[0] == pytest.approx(math.log1p(math.exp(-1)), rel=1e-5)


@pytest.mark.parametrize("name", ["hinge", "mae", "zero_one"])
def test_kinks_are_where_the_gradient_jumps(name):
    scores, y = {
        "hinge": (np.array([[2.0, 1.5, -4.0]]), [0]),
        "mae": (np.array([1.0, 4.0]), [0.5, 0.0]),
        "zero_one": (np.array([[2.0, 1.5, -4.0]]), [0]),
    }[name]
    assert LOSSES[name].kinks(scores, y).min() == 0.5
    assert LOSSES["zero_one"].kinks(np.ones((2, 1)), [0, 0]).min() == math.inf


NETWORK_TAKERS = {
    "evaluate": lambda net, loss, x, y: evaluate(net, loss, x, y),
    "fgsm": lambda net, loss, x, y: fgsm(net, loss, x, y, 0.1),
    "network_report": lambda net, loss, x, y: network_report(net, x, loss, y),
    "first_nonfinite": lambda net, loss, x, y: str(first_nonfinite(net, x, loss, y)),
    "sharpness": lambda net, loss, x, y: sharpness(net, loss, (x, y), np.random.default_rng(0)),
    "check_network": lambda net, loss, x, y: repr(check_network(net, loss, x, y, 0)),
    "lr_range_test": lambda net, loss, x, y: lr_range_test(net, loss, (x, y), steps=5, rng=0).loss,
}


@pytest.mark.parametrize("take", NETWORK_TAKERS.values(), ids=NETWORK_TAKERS)
def test_whoever_takes_a_loss_takes_its_name(take, rng):
    net = Sequential([Linear(4, 3, rng, dtype=np.float64)])
    x, y = rng.normal(size=(9, 4)), rng.integers(0, 3, 9)
    np.testing.assert_equal(take(net, "hinge", x, y), take(net, LOSSES["hinge"], x, y))
    with pytest.raises(KeyError, match=r"There is no loss called 'hing'\. Did you mean 'hinge'"):
        take(net, "hing", x, y)
    with pytest.raises(TypeError, match=r"^The loss is a name in LOSSES or a function .* but is 3"):
        take(net, 3, x, y)


def test_two_classes_and_one_score_are_told_what_to_do():
    with pytest.raises(ValueError, match=r"labels must be 0 to 0 for 1 scores, .* or take binary_cross_entropy"):
        cross_entropy(np.ones((3, 1)), [0, 1, 1])


@pytest.mark.parametrize(
    ("y", "error", "mend"),
    [
        (np.array(["cat", "dog"]), TypeError, r"names, y = np\.unique\(y, return_inverse=True\)\."),
        (np.array([[1, 0, 0], [0, 1, 0]]), ValueError, r"write y\.argmax\(1\)\."),
        (np.array([0.0, 1.0]), TypeError, r"Write y\.astype\(int\)\."),
    ],
)
def test_labels_of_another_kind_say_how_class_numbers_are_made_of_them(y, error, mend):
    with pytest.raises(error, match=mend):
        LOSSES["hinge"](np.zeros((2, 3)), y)
