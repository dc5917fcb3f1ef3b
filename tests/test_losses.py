"""Softmax cross-entropy: its value, its gradient, and what it says about labels that do not fit."""

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from test_arrays import AWKWARD

from coursekit.gradcheck import numerical_gradient
from coursekit.losses import LOSSES

cross_entropy = LOSSES["softmax_cross_entropy"]


@pytest.fixture
def batch(rng):
    return rng.normal(size=(5, 4)), rng.integers(0, 4, 5)


def test_gradient(batch):
    scores, y = batch
    expected = numerical_gradient(lambda s: cross_entropy(s, y)[0], scores)
    np.testing.assert_allclose(cross_entropy(scores, y)[1], expected, rtol=1e-7, atol=1e-10)


@given(
    arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=5), elements=st.floats(-50, 50)),
    st.data(),
)
def test_value_and_gradient_are_those_of_the_twin(scores, data):
    y = data.draw(arrays(np.int64, len(scores), elements=st.integers(0, scores.shape[1] - 1)))
    loss, dscores = cross_entropy(scores, y)
    expected_loss, expected_dscores = naive.softmax_cross_entropy(scores, y)
    assert loss == pytest.approx(expected_loss, rel=1e-12, abs=1e-13)
    np.testing.assert_allclose(dscores, expected_dscores, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("score", [0, -7.5])
def test_equal_scores_cost_log_c(classes, score):
    assert cross_entropy(np.full((3, classes), score), [0, 1, 1])[0] == pytest.approx(math.log(classes), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_scores_stay_finite(dtype):
    loss, dscores = cross_entropy(np.array([[1e4, -1e4], [-1e4, 1e4]], dtype), [0, 0])
    assert loss == 1e4  # nothing for the first, 2e4 for the second
    np.testing.assert_array_equal(dscores, [[0, 0], [-0.5, 0.5]])


def test_a_shift_of_a_row_changes_nothing(batch):
    scores, y = batch
    loss, dscores = cross_entropy(scores, y)
    shifted_loss, shifted_dscores = cross_entropy(scores + np.array([[-100], [0], [1], [50], [1000]]), y)
    assert shifted_loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(shifted_dscores, dscores, rtol=1e-10)


def test_gradients_of_a_row_sum_to_0(batch):
    np.testing.assert_allclose(cross_entropy(*batch)[1].sum(1), 0, atol=1e-16)


def test_nan_is_not_hidden(batch):
    scores, y = batch
    scores[2, 1] = math.nan
    loss, dscores = cross_entropy(scores, y)
    assert math.isnan(loss)
    assert np.isnan(dscores).all(axis=1).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("awkward", AWKWARD)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layouts_dtypes_and_inputs(batch, awkward, dtype):
    scores, y = batch[0].astype(dtype), batch[1]
    given_scores, given_y = awkward(scores), awkward(y)
    loss, dscores = cross_entropy(given_scores, given_y)
    expected_loss, expected_dscores = cross_entropy(scores, y)
    assert loss == expected_loss
    assert dscores.dtype == dtype
    np.testing.assert_array_equal(dscores, expected_dscores)
    np.testing.assert_array_equal(given_scores, scores)
    np.testing.assert_array_equal(given_y, y)


def test_float32_agrees_with_float64(rng):
    scores, y = rng.normal(size=(200, 10)).astype(np.float32), rng.integers(0, 10, 200)
    loss32, dscores32 = cross_entropy(scores, y)
    loss64, dscores64 = cross_entropy(scores.astype(np.float64), y)
    assert loss32 == pytest.approx(loss64, rel=1e-6)
    np.testing.assert_allclose(dscores32, dscores64, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 1, 4], ValueError, "labels must be 0 to 3 for 4 scores, but run from 0 to 4"),
        ([-1, 0, 3], ValueError, "labels must be 0 to 3 for 4 scores, but run from -1 to 3"),
        ([0, 1], ValueError, r"y must have shape \(3,\), one label a sample, but its shape is \(2,\)"),
        ([[0], [1], [2]], ValueError, r"y must have shape \(3,\), one label a sample, but its shape is \(3, 1\)"),
        ([0.0, 1.0, 2.0], TypeError, "y holds class numbers and must be integers, but its dtype is float64"),
        ([True, False, True], TypeError, "must be integers, but its dtype is bool"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, error, message):
    with pytest.raises(error, match="^softmax_cross_entropy: .*" + message):
        cross_entropy(np.zeros((3, 4)), labels)


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="the batch is empty, and the mean over no samples is not defined"):
        cross_entropy(np.zeros((0, 4)), np.zeros(0, int))


def test_scores_of_one_sample_must_be_a_row():
    with pytest.raises(ValueError, match=r"scores must have shape \(N, C\).*write x\[None, :\]"):
        cross_entropy(np.zeros(4), [1])


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_the_record_is_complete(loss):
    for text in ("label", "formula", "source"):
        assert getattr(loss, text), text
