"""Runs that are kept whole: every step as a loop by hand gives it, and an honest end where the loss overflows."""

from itertools import islice

import numpy as np
import pytest

from coursekit.layers import Activation, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.training.history import Trainer, batches, keep_every_step


def network(outputs, seed=0, activation="tanh"):
    rng = np.random.default_rng(seed)
    first, last = Linear(3, 4, rng, dtype=np.float64), Linear(4, outputs, rng, dtype=np.float64)
    return Sequential([first, Activation(activation), last])


@pytest.mark.parametrize(("outputs", "loss"), [(2, "softmax_cross_entropy"), (1, "binary_cross_entropy")])
def test_every_step_is_that_of_gradient_descent_by_hand(rng, outputs, loss):
    x, labels = rng.normal(size=(12, 3)), rng.integers(0, 2, 12)
    history = keep_every_step(network(outputs), loss, 0.5, x, labels, steps=6)
    net = network(outputs)
    for step in range(7):
        for name, array in net.params.items():
            np.testing.assert_allclose(history.params[name][step], array, rtol=1e-12)
        scores = net.forward(x)
        value, dscores = LOSSES[loss](scores, labels if outputs == 2 else labels[:, None])
        named = scores.argmax(1) if outputs == 2 else scores[:, 0] > 0
        assert history.loss[step] == pytest.approx(value)
        assert history.accuracy[step] == np.mean(named == labels)
        net.backward(dscores)
        for name, array in net.params.items():
            array -= 0.5 * net.grads[name]


def test_the_slope_that_a_prelu_learns_is_kept_beside_the_weights(rng):
    x, labels = rng.normal(size=(12, 3)), rng.integers(0, 2, 12)
    net = network(2, activation="prelu")
    history = keep_every_step(net, "softmax_cross_entropy", 0.5, x, labels, steps=3)
    assert sorted(history.params) == ["0.b", "0.w", "2.b", "2.w"]
    assert history.slope.shape == (4,)
    assert history.slope[0] == 0.25
    assert len(set(history.slope)) == 4
    assert not keep_every_step(network(2), "softmax_cross_entropy", 0.5, x, labels, steps=3).slope.any()


def test_an_overflow_ends_the_training_and_is_noted_once(rng):
    trainer = Trainer(network(2), "softmax_cross_entropy", 0.1)
    x, labels = rng.normal(size=(8, 3)), rng.integers(0, 2, 8)
    assert np.isfinite(trainer.step(x, labels)[0])
    trainer.net.params["0.w"][0, 0] = np.nan
    before = {name: array.copy() for name, array in trainer.net.params.items()}
    for _ in range(2):
        assert np.isnan(trainer.step(x, labels)[0])
    assert (trainer.steps, trainer.overflow) == (1, 1)
    for name, array in trainer.net.params.items():
        np.testing.assert_array_equal(array, before[name])


def test_batches_are_the_same_for_every_learner_and_repeat_no_sample():
    x, labels = np.arange(20.0)[:, None], np.arange(20)
    one, other = (list(islice(batches(x, labels, 8, seed=3), 5)) for _ in range(2))
    for (rows, classes), (same, _) in zip(one, other, strict=True):
        np.testing.assert_array_equal(rows, same)
        np.testing.assert_array_equal(rows[:, 0], classes)
        assert len(set(classes)) == 8
