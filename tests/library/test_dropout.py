"""Dropout: the mask's statistics, its seed, its scale, and refusals."""

import math

import numpy as np
import pytest

from coursekit.layers import Dropout, dropout_backward, dropout_forward

M = 20_000
probabilities = pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.9])


def mask(seed, p=0.5, size=M, dtype=np.float32):
    return dropout_forward(np.ones(size, dtype), p, np.random.default_rng(seed))[1].kept


def correlation(a, b):
    """How many standard errors the correlation of two masks is away from none."""
    return abs(np.corrcoef(a, b)[0, 1]) * math.sqrt(len(a))


@probabilities
def test_the_dropped_share_is_p_and_the_mean_stays(p):
    y, cache = dropout_forward(np.ones(M), p, np.random.default_rng(0))
    deviations = abs((~cache.kept).sum() - M * p) / math.sqrt(M * p * (1 - p))
    assert deviations < 4
    np.testing.assert_array_equal(y, np.where(cache.kept, 1 / (1 - p), 0))
    assert y.mean() == pytest.approx(1, abs=4 * math.sqrt(p / (1 - p) / M))


@probabilities
@pytest.mark.parametrize("apart", [1, 2, 3, 8, 16, 100, 1024])
def test_values_are_dropped_independently_of_their_neighbours(apart, p):
    kept = mask(5, p)
    assert correlation(kept[apart:], kept[:-apart]) < 4


def test_every_place_is_dropped_about_equally_often():
    rng = np.random.default_rng(1)
    counts = sum(dropout_forward(np.ones(100), 0.5, rng)[1].kept.astype(int) for _ in range(400))
    chi_square = ((counts - 200) ** 2 / 100).sum()
    assert abs(chi_square - 100) < 4 * math.sqrt(200)


def test_two_calls_drop_different_values():
    rng = np.random.default_rng(2)
    masks = [dropout_forward(np.ones(M), 0.5, rng)[1].kept for _ in range(3)]
    assert correlation(masks[0], masks[1]) < 4
    assert correlation(masks[1], masks[2]) < 4


@pytest.mark.parametrize("apart", [1, 1 << 32], ids=["lower half", "upper half"])
def test_each_half_of_the_seed_changes_the_mask(apart):
    class Fixed(np.random.Generator):
        seed = 12345

        def integers(self, high):
            assert high == 1 << 63
            return self.seed

    rng = Fixed(np.random.PCG64(0))
    first = dropout_forward(np.ones(M), 0.5, rng)[1].kept
    rng.seed += apart
    second = dropout_forward(np.ones(M), 0.5, rng)[1].kept
    assert (first != second).mean() > 0.4


def test_a_call_draws_once_from_its_generator():
    used, other = np.random.default_rng(3), np.random.default_rng(3)
    dropout_forward(np.ones((50, 4)), 0.5, used)
    other.integers(1 << 63)
    assert used.bit_generator.state == other.bit_generator.state


def test_the_same_seed_gives_the_same_mask_in_both_dtypes():
    np.testing.assert_array_equal(mask(7), mask(7))
    np.testing.assert_array_equal(mask(7, dtype=np.float64), mask(7))
    assert (mask(8) != mask(7)).any()


def test_what_was_dropped_gets_no_gradient(rng):
    x, dout = rng.normal(size=(30, 4)), rng.normal(size=(30, 4))
    y, cache = dropout_forward(x, 0.25, rng)
    np.testing.assert_allclose(y, np.where(cache.kept, x / 0.75, 0), rtol=1e-12)
    np.testing.assert_allclose(dropout_backward(dout, cache), np.where(cache.kept, dout / 0.75, 0), rtol=1e-12)


@pytest.mark.parametrize("p", [0, 0.0])
def test_p_0_keeps_everything(p, rng):
    x = rng.normal(size=(30, 4))
    y, cache = dropout_forward(x, p, rng)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(dropout_backward(x, cache), x)


def test_p_next_to_1_drops_almost_surely(rng):
    y, _ = dropout_forward(np.ones(1000), 1 - 1e-12, rng)
    assert not y.any()


def test_at_test_time_everything_stays_and_no_memory_is_shared(rng):
    x = rng.normal(size=(3, 2))
    y, cache = dropout_forward(x, training=False)
    dx = dropout_backward(x, cache)
    for found in (y, dx):
        np.testing.assert_array_equal(found, x)
        assert not np.shares_memory(found, x)


def test_a_nan_shows_even_where_it_is_dropped(rng):
    y, cache = dropout_forward(np.full(100, math.nan), 0.5, rng)
    assert np.isnan(y).all()
    assert np.isnan(dropout_backward(np.full(100, math.inf), cache))[~cache.kept].all()


@pytest.mark.parametrize("shape", [(0,), (0, 5), ()], ids=str)
def test_any_shape_will_do(shape, rng):
    y, cache = dropout_forward(np.ones(shape), 0.5, rng)
    assert y.shape == dropout_backward(y, cache).shape == shape


@pytest.mark.parametrize("p", [-0.1, 1, 1.5, math.nan])
@pytest.mark.parametrize("training", [True, False])
def test_p_out_of_range_is_refused(training, p, rng):
    with pytest.raises(ValueError, match=rf"p is the probability of dropping .* just below 1, not {p}\. p=0\.5 drops"):
        dropout_forward(np.ones(3), p, rng, training)


@pytest.mark.parametrize("given", [None, 7, np.random.RandomState(0)], ids=["nothing", "a seed", "RandomState"])
def test_training_without_a_generator_is_refused(given):
    with pytest.raises(TypeError, match=r"in training pass rng=np\.random\.default_rng\(seed\).*training=False"):
        dropout_forward(np.ones(3), 0.5, given)


def test_the_object_drops_in_training_only(rng):
    x = rng.normal(size=(8, 5)).astype(np.float32)
    layer = Dropout(0.4, np.random.default_rng(9))
    np.testing.assert_array_equal(layer.forward(x), x)
    y = layer.forward(x, training=True)
    expected, cache = dropout_forward(x, 0.4, np.random.default_rng(9))
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(layer.backward(x), dropout_backward(x, cache))
    assert isinstance(layer.rng, np.random.Generator)
    with pytest.raises(RuntimeError, match=r"^Dropout: run forward before backward"):
        Dropout(0.4, rng).backward(x)
