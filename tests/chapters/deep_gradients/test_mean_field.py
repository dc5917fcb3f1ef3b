"""Gaussian means against closed forms, fine sums and random numbers."""

import math

import numpy as np
import pytest

from coursekit.chapters.deep_gradients.mean_field import Z, mean_product, means, nodes

Q = (1e-6, 0.3, 1.0, 10.0, 1300.0)  # as far as the figures go


@pytest.mark.parametrize("q", Q)
def test_relu_halves_and_its_mean_is_known(q):
    found = means("relu", q)
    assert found.value == pytest.approx(math.sqrt(q / (2 * math.pi)), rel=1e-5)
    assert found.square == pytest.approx(q / 2, rel=1e-9)
    assert found.slope == pytest.approx(0.5, rel=1e-9)


@pytest.mark.parametrize("q", Q)
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_means_of_smooth_functions_are_those_of_a_fine_sum(name, q):
    z = np.linspace(-9, 9, 400_001)
    density = np.exp(-z * z / 2)
    density /= density.sum()
    u = math.sqrt(q) * z
    f = np.tanh(u) if name == "tanh" else 1 / (1 + np.exp(-u))
    slope = 1 - f**2 if name == "tanh" else f * (1 - f)
    np.testing.assert_allclose(means(name, q), [f @ density, f**2 @ density, slope**2 @ density], rtol=1e-7, atol=1e-9)


def test_no_node_is_where_relu_has_its_corner_and_they_weigh_as_the_normal_distribution():
    z, weights = nodes(160, 9.0, 5.0)
    assert 0 not in Z
    np.testing.assert_allclose([weights @ z**power for power in range(7)], [1, 0, 1, 0, 3, 0, 15], atol=1e-9)


@pytest.mark.parametrize("c", [0.0, 0.3, 0.94, 0.999])
def test_the_product_for_relu_is_the_arc_cosine_kernel(c):
    """Cho and Saul (2009), equation 6: q (sin θ + (π − θ) cos θ) / 2π."""
    turn = math.acos(c)
    exact = 2.0 * (math.sin(turn) + (math.pi - turn) * c) / (2 * math.pi)
    assert mean_product("relu", 2.0, c) == pytest.approx(exact, rel=3e-3)


@pytest.mark.parametrize("q", [0.1, 2.0, 11.0])
def test_the_product_for_tanh_is_that_of_random_pairs(q):
    rng = np.random.default_rng(0)
    c = 0.6
    u, w = rng.standard_normal((2, 1_000_000))
    sample = np.tanh(math.sqrt(q) * u) * np.tanh(math.sqrt(q) * (c * u + math.sqrt(1 - c * c) * w))
    assert abs(mean_product("tanh", q, c) - sample.mean()) < 4 * sample.std() / 1000
    assert mean_product("tanh", q, 1.0) == pytest.approx(means("tanh", q).square, rel=1e-6)
    assert mean_product("tanh", q, 0.0) == pytest.approx(0, abs=1e-12)
