"""Entropy, cross-entropy and divergence in bits: known codes, their inequalities, impossible events, bad input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import AWKWARD

from coursekit.information import cross_entropy, entropy, kl_divergence
from coursekit.losses import LOSSES

OF_TWO = [cross_entropy, kl_divergence]


@st.composite
def distributions(draw, count):
    """Draw ``count`` distributions over the same events, zeros among them."""
    events = draw(st.integers(1, 6))
    shares = st.lists(st.integers(0, 9), min_size=events, max_size=events).filter(any)
    return [np.array(draw(shares)) for _ in range(count)]


def naive_cross_entropy(p, q):
    total = 0.0
    for share, guess in zip(p, q, strict=True):
        if share > 0:
            total += share * (-math.log2(guess) if guess > 0 else math.inf)
    return total


@given(distributions(2))
def test_they_are_those_of_the_twin_and_keep_the_inequalities(pair):
    p, q = (shares / shares.sum() for shares in pair)
    assert cross_entropy(p, q) == pytest.approx(naive_cross_entropy(p, q), rel=1e-12, abs=1e-15)
    assert entropy(p) == pytest.approx(naive_cross_entropy(p, p), rel=1e-12, abs=1e-15)
    assert cross_entropy(p, q) == pytest.approx(entropy(p) + kl_divergence(p, q), rel=1e-12, abs=1e-14)
    assert 0 <= entropy(p) <= math.log2(len(p)) + 1e-12
    assert kl_divergence(p, q) >= 0
    assert kl_divergence(p, p) == 0


def test_known_values():
    assert entropy([0.5, 0.5]) == 1
    assert entropy([0.25] * 4) == 2
    assert entropy([0.5, 0.25, 0.125, 0.125]) == 1.75
    assert entropy([1.0, 0.0]) == 0
    assert entropy([0.11, 0.89]) == pytest.approx(0.4999, abs=1e-4)
    assert cross_entropy([0.5, 0.25, 0.125, 0.125], [0.25] * 4) == 2
    assert kl_divergence([0.5, 0.25, 0.125, 0.125], [0.25] * 4) == 0.25
    assert kl_divergence([0.25] * 4, [0.5, 0.25, 0.125, 0.125]) == 0.25


def test_the_divergence_is_not_symmetric():
    p, q = [0.9, 0.1], [0.5, 0.5]
    assert kl_divergence(p, q) != pytest.approx(kl_divergence(q, p), rel=0.1)


def test_rounding_makes_no_divergence_negative(rng):
    for p in rng.dirichlet(np.ones(6), 50):
        q = p * (1 + 1e-10 * rng.normal(size=6))
        assert 0 <= kl_divergence(p, q) < 1e-9


def test_an_event_held_for_impossible_costs_infinitely_much_if_it_happens():
    assert cross_entropy([0.5, 0.5], [1.0, 0.0]) == math.inf
    assert kl_divergence([0.5, 0.5], [1.0, 0.0]) == math.inf


def test_an_event_that_never_happens_costs_nothing():
    assert cross_entropy([1.0, 0.0], [1.0, 0.0]) == 0
    assert cross_entropy([1.0, 0.0], [0.5, 0.5]) == 1
    assert kl_divergence([1.0, 0.0], [0.5, 0.5]) == 1


@pytest.mark.parametrize(("base", "unit"), [(2, 2.0), (math.e, 2 * math.log(2)), (10, 2 * math.log10(2)), (4, 1.0)])
def test_the_base_is_the_unit(base, unit):
    p = [0.25] * 4
    assert entropy(p, base) == pytest.approx(unit, rel=1e-15)
    assert cross_entropy(p, p, base=base) == pytest.approx(unit, rel=1e-15)
    assert kl_divergence([1, 0, 0, 0], p, base) == pytest.approx(unit, rel=1e-15)


def test_the_loss_is_the_cross_entropy_in_nats(rng):
    scores = rng.normal(size=(1, 5))
    p = rng.dirichlet(np.ones(5))
    q = np.exp(scores[0]) / np.exp(scores[0]).sum()
    assert LOSSES["softmax_cross_entropy"](scores, p[None])[0] == pytest.approx(cross_entropy(p, q, math.e), rel=1e-13)


@pytest.mark.parametrize("awkward", AWKWARD)
def test_any_layout_and_dtype_may_come(awkward, rng):
    p = rng.dirichlet(np.ones(5)).astype(np.float32)
    assert entropy(awkward(p)) == entropy(p) == entropy(p.astype(float))
    assert type(entropy(p)) is float


@pytest.mark.parametrize("function", OF_TWO)
@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ([0.5, 0.6], ValueError, r"must sum to 1, but sums to 1\.1\. Divide it by its sum"),
        ([1.5, -0.5], ValueError, r"none negative or NaN, but holds -0\.5"),
        ([0.5, math.nan], ValueError, "none negative or NaN, but holds nan"),
        ([0.5, math.inf], ValueError, "sums to inf"),
        ([], ValueError, "must sum to 1, but sums to 0"),
        ([[0.5, 0.5]], ValueError, r"must have shape \(K,\), but its shape is \(1, 2\)"),
        (0.5, ValueError, r"must have shape \(K,\)"),
        ([0.5 + 0j, 0.5], TypeError, "dtype is complex128"),
        (["0.5", "0.5"], TypeError, "must be float32 or float64"),
    ],
)
def test_what_is_no_distribution_is_refused(function, bad, error, message):
    with pytest.raises(error, match=f"^{function.__name__}: p .*{message}"):
        function(bad, [0.5, 0.5])
    with pytest.raises(error, match=f"^{function.__name__}: q .*{message}"):
        function([0.5, 0.5], bad)
    with pytest.raises(error, match=f"^entropy: p .*{message}"):
        entropy(bad)


@pytest.mark.parametrize("function", OF_TWO)
def test_distributions_over_other_events_are_refused(function):
    with pytest.raises(ValueError, match="p and q must be over the same events, but have 2 and 3"):
        function([0.5, 0.5], [0.5, 0.25, 0.25])


@pytest.mark.parametrize(
    ("base", "error"), [(1, ValueError), (0.5, ValueError), (math.inf, ValueError), ("2", TypeError)]
)
def test_a_base_that_is_none_is_refused(base, error):
    with pytest.raises(error, match=r"^entropy: the base must be a"):
        entropy([0.5, 0.5], base)
    with pytest.raises(error, match=r"^kl_divergence: the base must be a"):
        kl_divergence([0.5, 0.5], [0.5, 0.5], base)


def test_float32_sums_are_near_enough_to_1(rng):
    scores = rng.normal(size=1000).astype(np.float32)
    p = np.exp(scores) / np.exp(scores).sum()
    assert entropy(p) == pytest.approx(entropy(p.astype(float) / p.astype(float).sum()), rel=1e-5)
