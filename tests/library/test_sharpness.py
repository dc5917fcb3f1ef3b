"""The largest curvature: against the exact Hessian of small nets, in both dtypes, and what it leaves as it was."""

import math

import numpy as np
import pytest

from coursekit.diagnostics import sharpness
from coursekit.layers import Activation, Flatten, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential


def tanh_net(dtype, std=0.6):
    rng = np.random.default_rng(3)
    return Sequential(
        [
            Linear(3, 4, rng, "normal", dtype=dtype, std=std),
            Activation("tanh"),
            Linear(4, 2, rng, "normal", dtype=dtype, std=std),
        ]
    )


def samples(dtype):
    rng = np.random.default_rng(4)
    return rng.normal(size=(6, 3)).astype(dtype), rng.integers(0, 2, 6)


def exact_hessian(net, loss, x, y, h=1e-4):
    """Every entry by centred differences of the loss itself: the slow, obvious twin."""
    w = net.params.flat
    at = w.copy()

    def value(*moves):
        w[:] = at
        for place, by in moves:
            w[place] += by
        return loss(net.forward(x), y)[0]

    hessian = np.empty((w.size, w.size))
    for i in range(w.size):
        for j in range(w.size):
            signs = [(a, b) for a in (1, -1) for b in (1, -1)]
            hessian[i, j] = sum(a * b * value((i, a * h), (j, b * h)) for a, b in signs) / (4 * h * h)
    w[:] = at
    return hessian


@pytest.mark.parametrize(("name", "std"), [("softmax_cross_entropy", 0.6), ("mse", 0.6), ("mse", 0.05)])
def test_it_is_the_largest_eigenvalue_of_the_exact_hessian(name, std):
    net, (x, labels) = tanh_net(np.float64, std), samples(np.float64)
    y = labels if name == "softmax_cross_entropy" else np.eye(2)[labels]
    values, vectors = np.linalg.eigh(exact_hessian(net, LOSSES[name], x, y))
    found = sharpness(net, LOSSES[name], (x, y), np.random.default_rng(0), tolerance=1e-4, iterations=500)
    assert found.value == pytest.approx(values[-1], rel=1e-4)
    assert abs(found.direction @ vectors[:, -1]) == pytest.approx(1, abs=1e-4)
    assert found.error <= 1e-4 * found.value


def test_float32_agrees_with_float64():
    values = []
    for dtype in (np.float32, np.float64):
        net, (x, y) = tanh_net(dtype), samples(dtype)
        values.append(sharpness(net, LOSSES["softmax_cross_entropy"], (x, y), np.random.default_rng(0)).value)
    assert values[0] == pytest.approx(values[1], rel=2e-3)


def test_of_a_linear_model_it_is_that_of_its_inputs(rng):
    x, y = rng.normal(size=(20, 5)) * (1, 1, 1, 1, 4), rng.normal(size=(20, 1))
    net = Sequential([Linear(5, 1, rng, dtype=np.float64)])
    with_bias = np.hstack([x, np.ones((20, 1))])
    expected = np.linalg.eigvalsh(2 * with_bias.T @ with_bias / 20)[-1]
    found = sharpness(net, LOSSES["mse"], (x, y), rng, tolerance=1e-6)
    assert found.value == pytest.approx(expected, rel=1e-6)


def test_a_negative_curvature_that_is_larger_in_size_is_not_taken_for_the_largest(rng):
    """L = −(3 w₁)² + (w₂)², as the loss of a linear net: H = diag(−18, 2)."""

    def saddle(scores, _):
        signs = np.array([[-1.0], [1.0]])
        return float((signs * scores**2).sum()), 2 * signs * scores

    net = Sequential([Linear(2, 1, rng, dtype=np.float64)])
    net.params["0.b"][:] = 0
    x = np.diag([3.0, 1.0])
    at = [array.copy() for array in net.params.values()]
    hessian = exact_hessian(net, saddle, x, None)
    values = np.linalg.eigvalsh(hessian)
    assert values[0] < -values[-1]
    for array, before in zip(net.params.values(), at, strict=True):
        np.testing.assert_array_equal(array, before)
    found = sharpness(net, saddle, (x, None), rng, tolerance=1e-5, iterations=1000)
    assert found.value == pytest.approx(values[-1], rel=1e-4)


def test_a_warm_start_needs_fewer_products_and_the_same_seed_gives_the_same(rng):
    net, data = tanh_net(np.float64), samples(np.float64)
    loss = LOSSES["softmax_cross_entropy"]
    first = sharpness(net, loss, data, np.random.default_rng(0), 1e-4)
    again = sharpness(net, loss, data, np.random.default_rng(0), 1e-4)
    warm = sharpness(net, loss, data, first.direction, 1e-4)
    assert first.value == again.value
    assert warm.iterations < first.iterations
    assert warm.value == pytest.approx(first.value, rel=1e-6)


def test_it_stops_after_the_iterations_it_may_make(rng):
    found = sharpness(
        tanh_net(np.float64), LOSSES["softmax_cross_entropy"], samples(np.float64), rng, 1e-12, iterations=2
    )
    assert found.iterations == 2
    assert found.error > 1e-12 * found.value


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_and_gradients_are_afterwards_what_they_were(dtype, rng):
    net, (x, y) = tanh_net(dtype), samples(dtype)
    net.parameter_gradients(LOSSES["softmax_cross_entropy"](net.forward(x), y)[1])
    before = [array.copy() for array in (*net.params.values(), *net.grads.values())]
    sharpness(net, LOSSES["softmax_cross_entropy"], (x, y), rng)
    for array, kept in zip((*net.params.values(), *net.grads.values()), before, strict=True):
        np.testing.assert_array_equal(array, kept)

    def broken(scores, y):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        sharpness(net, broken, (x, y), rng)
    for array, kept in zip((*net.params.values(), *net.grads.values()), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_a_network_that_has_run_away_has_none(rng):
    net, data = tanh_net(np.float32), samples(np.float32)
    net.params["2.w"][:] = np.inf
    found = sharpness(net, LOSSES["softmax_cross_entropy"], data, rng)
    assert math.isnan(found.value)
    assert found.iterations == 1


@pytest.mark.parametrize(
    ("start", "error", "words"),
    [
        (7, TypeError, "numpy.random.Generator or a direction"),
        (np.ones(3), ValueError, r"of shape \(26,\)"),
        (np.zeros(26), ValueError, "not all 0"),
        (np.full(26, np.nan), ValueError, "its length nan"),
    ],
)
def test_a_start_that_is_none_is_refused_in_words(start, error, words):
    with pytest.raises(error, match=words):
        sharpness(tanh_net(np.float64), LOSSES["softmax_cross_entropy"], samples(np.float64), start)


def test_other_numbers_out_of_range_are_refused(rng):
    net, loss, data = tanh_net(np.float64), LOSSES["softmax_cross_entropy"], samples(np.float64)
    with pytest.raises(ValueError, match="tolerance must be a finite number, above 0"):
        sharpness(net, loss, data, rng, tolerance=0)
    with pytest.raises(ValueError, match="iterations must be a whole number"):
        sharpness(net, loss, data, rng, iterations=0)
    with pytest.raises(ValueError, match="no parameters"):
        sharpness(Sequential([Flatten()]), loss, data, rng)
