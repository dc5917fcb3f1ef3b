"""The learning-rate range test: the rates it tries, what it reads off, that it leaves no trace, and what it refuses."""

import math

import numpy as np
import pytest

from coursekit.data import load_digits
from coursekit.layers import Activation, BatchNorm, Dropout, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import RangeTest, fit, lr_range_test

cross_entropy = LOSSES["softmax_cross_entropy"]


@pytest.fixture(scope="module")
def digits():
    images, labels = load_digits("train")
    return images.reshape(len(images), -1), labels


def network(seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    hidden = Linear(64, 8, rng, "he_normal", dtype=dtype), Activation("relu")
    return Sequential([*hidden, Linear(8, 10, rng, "he_normal", dtype=dtype)])


def tried(digits, net=None, **options):
    return lr_range_test(net or network(), cross_entropy, digits, **{"rng": np.random.default_rng(1)} | options)


def naive(digits, net, low, high, steps, beta, explosion):
    """Smoothed losses by the definition: every weight of the mean written out."""
    rng = np.random.default_rng(1)
    optimiser = OPTIMISERS["sgd"](lr=low)
    rates = [low * (high / low) ** (t / (steps - 1)) for t in range(steps)]
    losses, means = [], []
    with np.errstate(all="ignore"):
        for row in fit(net, cross_entropy, optimiser, digits, steps, 32, rng):
            losses.append(row.loss)
            weights = [beta ** (len(losses) - 1 - i) for i in range(len(losses))]
            means.append(sum(w * loss for w, loss in zip(weights, losses, strict=True)) / sum(weights))
            if len(losses) == steps or not means[-1] < explosion * min(means):
                break
            optimiser.lr = rates[len(losses)]
    return rates[: len(losses)], losses, means


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_rates_losses_and_means_are_those_of_the_definition(digits, dtype, beta):
    x, y = digits[0].astype(dtype), digits[1]
    found = tried((x, y), network(dtype=dtype), low=1e-3, high=10.0, steps=60, smoothing=beta)
    lr, loss, smoothed = naive((x, y), network(dtype=dtype), 1e-3, 10.0, 60, beta, 4.0)
    np.testing.assert_allclose(found.lr, lr, rtol=1e-12)
    np.testing.assert_allclose(found.loss, loss, rtol=1e-4)
    np.testing.assert_allclose(found.smoothed, smoothed, rtol=1e-4)


def test_it_ends_where_the_loss_explodes(digits):
    found = tried(digits, low=1e-3, high=1e4, steps=120)
    assert len(found.lr) < 120
    assert not found.smoothed[-1] < 4 * np.nanmin(found.smoothed)
    assert (found.smoothed[:-1] < 4 * np.fmin.accumulate(found.smoothed[:-1])).all()
    assert found.lr[-1] < 1e4


def test_a_test_that_does_not_explode_tries_all_rates_from_the_first_to_the_last(digits):
    found = tried(digits, low=1e-5, high=1e-2, steps=50)
    assert len(found.lr) == len(found.loss) == len(found.smoothed) == 50
    np.testing.assert_allclose(found.lr[[0, -1]], [1e-5, 1e-2])
    np.testing.assert_allclose(found.lr[1:] / found.lr[:-1], 1000 ** (1 / 49))


def test_the_steepest_rate_and_the_lowest_are_read_off_the_smoothed_loss():
    smoothed = np.array([3.0, 2.9, 2.9, 2.8, 2.0, 1.6, 1.5, 1.9, 6.5])
    found = RangeTest(np.geomspace(1e-4, 1e4, 9), smoothed, smoothed, settled=0)
    assert found.lowest == pytest.approx(100)
    assert found.steepest == pytest.approx(1.0)  # from 2.8 to 1.6
    noisy = RangeTest(found.lr, np.r_[9.0, smoothed[1:]], np.r_[9.0, smoothed[1:]], settled=2)
    assert noisy.steepest == found.steepest
    nan = RangeTest(np.geomspace(1e-4, 1e5, 10), smoothed, np.r_[smoothed, np.nan], settled=0)
    assert (nan.lowest, nan.steepest) == (pytest.approx(100), pytest.approx(1.0))


@pytest.mark.parametrize("values", [[2.0], [2.0, 3.0], [2.0, 1.0]])
def test_a_test_of_a_step_or_two_has_a_reading(values):
    found = RangeTest(np.geomspace(0.1, 1.0, len(values)), np.array(values), np.array(values), settled=10)
    assert found.steepest in found.lr
    assert found.lowest == found.lr[int(np.argmin(values))]


def test_network_generators_and_optimiser_are_afterwards_as_they_were(digits):
    rng = np.random.default_rng(0)
    net = Sequential([Linear(64, 8, rng), BatchNorm(8), Activation("relu"), Dropout(0.3, rng), Linear(8, 10, rng)])
    optimiser = OPTIMISERS["adam"](lr=0.25)
    before = net.params.flat.copy(), net.layers[1].buffers["mean"].copy(), rng.bit_generator.state
    tried(digits, net, optimiser=optimiser, steps=20)
    np.testing.assert_array_equal(net.params.flat, before[0])
    np.testing.assert_array_equal(net.layers[1].buffers["mean"], before[1])
    assert rng.bit_generator.state == before[2]
    assert optimiser.lr == 0.25


def test_all_is_put_back_when_training_raises(digits):
    net = network()
    before = net.params.flat.copy()
    calls = []

    def loss(scores, y):
        calls.append(1)
        if len(calls) == 5:
            raise RuntimeError("no more")
        return cross_entropy(scores, y)

    with pytest.raises(RuntimeError, match="no more"):
        lr_range_test(net, loss, digits, high=10.0, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(net.params.flat, before)


def test_the_same_seed_gives_the_same_test(digits):
    one, two = tried(digits, steps=30), tried(digits, steps=30)
    np.testing.assert_array_equal(one.loss, two.loss)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"low": 0.0}, "low must be a finite number, above 0"),
        ({"low": 1.0, "high": 1.0}, "high must be a finite number, above 1"),
        ({"high": math.inf}, "high must be a finite number"),
        ({"steps": 0}, "steps must be a whole number"),
        ({"smoothing": 1.0}, "smoothing must be below 1"),
        ({"smoothing": -0.1}, "smoothing must be"),
        ({"explosion": 1.0}, "explosion must be a finite number, above 1"),
        ({"batch_size": 0}, "batch_size must be"),
    ],
)
def test_what_makes_no_sense_is_refused(digits, options, words):
    with pytest.raises(ValueError, match=words):
        tried(digits, **options)
