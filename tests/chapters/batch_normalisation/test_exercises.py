"""The solutions of chapter 07 against the package: two ways to the same numbers."""

import numpy as np
import pytest

from coursekit.chapters import EXERCISES
from coursekit.exercises.checking import SEED
from coursekit.layers import RunningStatistics, batch_norm_backward, batch_norm_forward, layer_norm_forward


def solved(name):
    """Yield the arguments of each case and what the solution makes of them."""
    exercise = EXERCISES[name]
    for case in exercise.cases(np.random.default_rng(SEED)):
        yield case, exercise.solution(*case)


def test_forward_agrees_with_the_package_in_both_modes():
    modes = set()
    for (x, gamma, beta, mean, var, training, eps), found in solved("batch_norm_forward"):
        running = RunningStatistics(mean, var)
        expected, _ = batch_norm_forward(x, gamma, beta, running, training=training, eps=eps, momentum=0.0)
        np.testing.assert_allclose(found, expected)
        modes.add(training)
    assert modes == {True, False}


def test_backward_agrees_with_the_package():
    for (dout, x, gamma, eps), found in solved("batch_norm_backward"):
        _, cache = batch_norm_forward(x, gamma, 0 * gamma, eps=eps)
        for one, other in zip(found, batch_norm_backward(dout, cache), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


def test_images_agree_with_the_package():
    for (x, gamma, beta, eps), found in solved("conv_batch_norm"):
        np.testing.assert_allclose(found, batch_norm_forward(x, gamma, beta, eps=eps)[0])


def test_running_variance_agrees_with_the_package():
    for (running, x, momentum), found in solved("running_variance"):
        statistics = RunningStatistics(np.zeros_like(running), running.copy())
        batch_norm_forward(x, np.ones_like(running), 0 * running, statistics, momentum=momentum)
        np.testing.assert_allclose(found, statistics.var)


def test_folded_the_layer_does_what_both_did(rng):
    for (w, b, gamma, beta, mean, var, eps), (folded_w, folded_b) in solved("fold_batch_norm"):
        x = rng.normal(size=(7, len(w)))
        both, _ = batch_norm_forward(x @ w + b, gamma, beta, RunningStatistics(mean, var), training=False, eps=eps)
        np.testing.assert_allclose(x @ folded_w + folded_b, both, atol=1e-12)


def test_layer_norm_agrees_with_the_package():
    for (x, gamma, beta, eps), found in solved("layer_norm"):
        np.testing.assert_allclose(found, layer_norm_forward(x, gamma, beta, eps)[0])


def test_the_variance_of_small_batches_is_right_on_average(rng):
    estimates = [EXERCISES["running_variance"].solution(np.ones(1), rng.normal(0, 3, (2, 1)), 1.0) for _ in range(4000)]
    assert np.mean(estimates) == pytest.approx(9, rel=0.1)


def test_weights_ten_times_as_long_behind_batch_norm_turn_by_a_hundredth(rng):
    x, w, upstream = rng.normal(size=(50, 8)), rng.normal(size=(8, 4)), rng.normal(size=(50, 4)) / 50
    angles = []
    for a in (1, 10):
        _, cache = batch_norm_forward(x @ (a * w), np.ones(4), np.zeros(4), eps=0.0)
        angles.append(EXERCISES["turning_angle"].solution(a * w, x.T @ batch_norm_backward(upstream, cache)[0], 0.5))
    np.testing.assert_allclose(angles[0] / angles[1], 100, rtol=0.02)
