"""Bootstraps, votes and the error of a mean: twins, counts, and LATER's numbers measured."""

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from coursekit.ensembles import bootstrap, distinct_share, error_of_mean, vote


@pytest.mark.parametrize(("n", "share"), [(1, 1.0), (10, 0.651), (100, 0.634), (10**6, 1 - 1 / np.e)])
def test_the_distinct_share_is_what_the_formula_says(n, share):
    assert distinct_share(n) == pytest.approx(share, abs=5e-4)


@pytest.mark.parametrize("n", [10, 100])
def test_a_bootstrap_holds_that_share_of_the_samples(n, rng):
    drawn = bootstrap(n, 4000, rng)
    assert drawn.shape == (4000, n)
    assert (drawn.min(), drawn.max()) == (0, n - 1)
    shares = [len(np.unique(row)) / n for row in drawn]
    assert np.mean(shares) == pytest.approx(distinct_share(n), abs=0.005)


@given(arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(0, 3)))
def test_a_vote_is_that_of_the_twin(answers):
    np.testing.assert_array_equal(vote(answers), naive.vote(answers.tolist()))


@pytest.mark.parametrize("covariance", [-0.2, 0.0, 0.5, 1.0])
def test_the_error_of_a_mean_is_measured(covariance, rng):
    k = 4
    errors = rng.multivariate_normal(np.zeros(k), np.full((k, k), covariance) + (1 - covariance) * np.eye(k), 200_000)
    assert (errors.mean(1) ** 2).mean() == pytest.approx(error_of_mean(1.0, covariance, k), abs=0.01)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: bootstrap(0, 1, np.random.default_rng(0)), ValueError, "bootstrap: n must be a whole number"),
        (lambda: bootstrap(3, 1.5, np.random.default_rng(0)), ValueError, "bootstrap: sets must be a whole number"),
        (lambda: distinct_share(0), ValueError, "distinct_share: n must be"),
        (lambda: vote([1, 2]), ValueError, r"answers must have shape \(K, N\)"),
        (lambda: vote(np.zeros((0, 3), int)), ValueError, r"answers must have shape \(K, N\)"),
        (lambda: vote([[0.5]]), TypeError, r"Use scores.argmax"),
        (lambda: vote([[-1]]), ValueError, "counted from 0"),
        (lambda: error_of_mean(1.0, 2.0, 3), ValueError, "covariance must be"),
        (lambda: error_of_mean(1.0, -0.6, 3), ValueError, r"covariance must be .* at least -0\.5 and at most 1, but"),
        (lambda: bootstrap(3, 1, None), TypeError, "bootstrap: rng must be a numpy.random.Generator or its seed"),
        (lambda: error_of_mean(-1.0, -2.0, 3), ValueError, "variance must be"),
        (lambda: error_of_mean(1.0, 0.0, 0), ValueError, "k must be a whole number"),
    ],
)
def test_what_cannot_be_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_errors_that_cancel_out_leave_none():
    assert error_of_mean(1.0, -0.5, 3) == 0
    assert error_of_mean(4.0, -4.0, 1) == 4


def test_the_largest_class_of_a_small_dtype_can_win():
    np.testing.assert_array_equal(vote(np.array([[255, 0], [255, 7]], np.uint8)), [255, 0])


def test_a_vote_takes_no_room_for_classes_that_nobody_names():
    np.testing.assert_array_equal(vote([[2**62, 3], [7, 2**62], [2**62, 3]]), [2**62, 3])
    assert vote(np.zeros((3, 0), int)).shape == (0,)


def test_a_seed_draws_what_its_generator_does():
    np.testing.assert_array_equal(bootstrap(9, 2, 3), bootstrap(9, 2, np.random.default_rng(3)))
