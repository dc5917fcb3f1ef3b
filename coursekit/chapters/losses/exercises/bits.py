"""Section 8 of chapter 01: what a code costs, and what of it is wasted."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def wasted_bits(p: Array, q: Array) -> tuple[np.float64, np.float64]:
    """H(p, q) and D(p‖q), both in bits; an event that never happens, p = 0, costs nothing."""
    happens = p > 0
    p, q = p[happens], q[happens]
    return -(p * np.log2(q)).sum(), (p * np.log2(p / q)).sum()


def _pairs_of_distributions(rng: np.random.Generator) -> list[Case]:
    """Three pairs; in the last one an event never happens."""
    made = [(rng.dirichlet(np.full(size, 2.0)), rng.dirichlet(np.full(size, 2.0))) for size in (4, 6)]
    p = rng.dirichlet(np.full(5, 2.0))
    p[rng.integers(5)] = 0
    return [*made, (p / p.sum(), rng.dirichlet(np.full(5, 2.0)))]


def _bits_with(total: Callable[..., Any], waste: Callable[..., Any]) -> Callable[..., Any]:
    """A wrong answer, computed over the events that happen."""

    def wrong(p: Array, q: Array) -> tuple[Any, Any]:
        p, q = p[p > 0], q[p > 0]
        return total(p, q), waste(p, q)

    return wrong


def _total(p: Array, q: Array) -> Any:
    return -(p * np.log2(q)).sum()


def _waste(p: Array, q: Array) -> Any:
    return (p * np.log2(p / q)).sum()


def _exchanged(p: Array, q: Array) -> tuple[Any, Any]:
    with np.errstate(divide="ignore"):  # of an event with p = 0, whose word would be infinitely long
        return _total(q, p), _waste(q, p)


exercise(
    wasted_bits,
    task="Events come with probabilities p, the code was made for q. Return the mean length of a word, H(p, q), in "
    "bits, and what of it is wasted, D(p‖q). Some p may be 0.",
    returns=("cross_entropy", "divergence"),
    cases=_pairs_of_distributions,
    misconceptions=(
        Misconception(
            "nats",
            _bits_with(lambda p, q: -(p * np.log(q)).sum(), lambda p, q: (p * np.log(p / q)).sum()),
            "your unit is the nat: bits need the logarithm to base 2, np.log2.",
        ),
        Misconception(
            "one over a logarithm",
            _bits_with(lambda p, q: (p / np.log2(q)).sum(), _waste),
            "the divergence is right. A word has log₂(1/q) bits, which is −log₂ q, and not 1 / log₂ q.",
        ),
        Misconception(
            "one over a logarithm, positive",
            _bits_with(lambda p, q: (-p / np.log2(q)).sum(), _waste),
            "the divergence is right. 1 / log₂ q is not log₂(1 / q): for q = 1/8 a word has 3 bits, not a third.",
        ),
        Misconception(
            "roles exchanged",
            _exchanged,
            "p says how often an event comes, q how long its word is. You have exchanged them.",
        ),
        Misconception(
            "roles exchanged where p > 0",
            _bits_with(lambda p, q: _total(q, p), lambda p, q: _waste(q, p)),
            "you rightly leave out what never happens. But the roles are exchanged: q sets the lengths, p the weights.",
        ),
        Misconception(
            "entropy",
            _bits_with(lambda p, q: -(p * np.log2(p)).sum(), _waste),
            "the divergence is right. Your first number is the entropy: the words have the lengths that q gives them.",
        ),
        Misconception(
            "entropy of q",
            _bits_with(lambda p, q: -(q * np.log2(q)).sum(), _waste),
            "the divergence is right. The words' lengths come from q, but events come as often as p says.",
        ),
        Misconception(
            "sign",
            _bits_with(lambda p, q: -_total(p, q), _waste),
            "the divergence is right. A length is −log₂ q: the log of a number below 1 is negative.",
        ),
        Misconception(
            "both signs",
            _bits_with(lambda p, q: -_total(p, q), lambda p, q: -_waste(p, q)),
            "both are negative. A length is −log₂ q, and the waste Σ p log₂ (p / q).",
        ),
        Misconception(
            "all is waste",
            _bits_with(_total, _total),
            "the cross-entropy is right. Not all of it is wasted: the best code would need bits as well.",
        ),
        Misconception(
            "entropy as waste",
            _bits_with(_total, lambda p, q: -(p * np.log2(p)).sum()),
            "the cross-entropy is right. Your second number is what the best code needs; the waste is the rest.",
        ),
        Misconception(
            "waste the other way up",
            _bits_with(_total, lambda p, q: -_waste(p, q)),
            "the cross-entropy is right. The waste is what it has more than the entropy, so it is never below 0.",
        ),
        Misconception(
            "not weighted",
            _bits_with(_total, lambda p, q: np.log2(p / q).sum()),
            "the cross-entropy is right. In the divergence, too, each event counts as often as it comes: times p.",
        ),
        Misconception(
            "mean over events",
            _bits_with(lambda p, q: -(p * np.log2(q)).mean(), lambda p, q: (p * np.log2(p / q)).mean()),
            "p is the weight already: a sum over the events, not their mean.",
        ),
    ),
    hints=(
        "A word has −log₂ q bits and is sent with probability p: what is its mean length?",
        "The waste is Σ p log₂(p / q). Leave out the events with p = 0 first: happens = p > 0.",
        "H(p, q) = −Σ p log₂ q, and D = H(p, q) − H(p), both over the events that happen.",
    ),
    takeaway="Cross-entropy is the bill, entropy what nobody can avoid, and the divergence the price of being wrong.",
)
