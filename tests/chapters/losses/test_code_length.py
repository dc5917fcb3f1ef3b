"""Bits as areas: the textbook's 1.75 bits, cross-entropy never below entropy, and codes without a word."""

import math

import numpy as np
import pytest

from coursekit.chapters.losses.code_length import State, code_words, compute, counts
from coursekit.demos import DEMOS
from coursekit.figures.marks import rectangles

PRESETS = DEMOS["code_length"].presets


def preset(name):
    return compute(State(**PRESETS[name]))


def test_dyadic_counts_give_whole_bits():
    frame = preset("The right code")
    np.testing.assert_array_equal(frame.lengths, [1, 2, 3, 3])
    np.testing.assert_array_equal(frame.best, [1, 2, 3, 3])
    assert frame.entropy == frame.cross_entropy == 1.75
    assert frame.divergence == 0


def test_the_textbooks_words_and_those_of_the_lake():
    assert preset("The right code").words == ("0", "10", "110", "111")
    assert compute(State()).words == ("10", "110", "111", "0")
    assert preset("Two bits for all").words == ("00", "01", "10", "11")
    assert compute(State(**counts((8, 4, 2, 2), (8, 4, 4, 0)))).words == ("0", "10", "11", "")
    assert preset("Expects ospreys").words == ("",) * 4  # 12 of 16 is no power of ½


def test_no_word_begins_another():
    words = code_words(np.array([3.0, 1, 4, 4, 2.0]))
    assert [len(word) for word in words] == [3, 1, 4, 4, 2]
    assert not any(a != b and b.startswith(a) for a in words for b in words)


def test_the_code_it_opens_with_shows_that_the_divergence_has_a_direction():
    frame = compute(State())
    assert (frame.cross_entropy, frame.divergence, frame.reverse) == (2.25, 0.5, 0.625)


def test_two_bits_for_all_waste_a_quarter():
    frame = preset("Two bits for all")
    assert (frame.entropy, frame.cross_entropy, frame.divergence) == (1.75, 2, 0.25)
    assert frame.readout.startswith("Entropy 1.75 + divergence 0.25 = cross-entropy 2.00 bits a bird.")


def test_cross_entropy_is_the_coloured_area_and_never_below_entropy():
    rng = np.random.default_rng(0)
    for _ in range(50):
        p, q = rng.integers(1, 17, (2, 4)).tolist()
        frame = compute(State(**counts(p, q)))
        assert frame.cross_entropy == pytest.approx((frame.p * frame.lengths).sum())
        assert frame.entropy == pytest.approx((frame.p * frame.best).sum())
        assert frame.cross_entropy == pytest.approx(frame.entropy + frame.divergence)
        assert frame.divergence >= 0
        np.testing.assert_allclose(
            rectangles(0, frame.p, 0, frame.lengths)[:, 2], np.stack([frame.p, frame.lengths], 1)
        )


def test_learning_takes_the_code_down_to_the_entropy_and_never_below():
    costs = [compute(State(**counts((8, 4, 2, 2), (1, 1, 2, 12), learnt=k))).cross_entropy for k in range(0, 101, 10)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == pytest.approx(1.75)


def test_an_event_held_for_impossible_costs_infinitely_much():
    frame = preset("Expects no ospreys")
    assert math.isinf(frame.cross_entropy)
    assert "no word for ospreys." in frame.readout
    assert "are infinite." in frame.readout
    learnt = compute(State(**{**PRESETS["Expects no ospreys"], "learnt": 1}))
    assert math.isfinite(learnt.cross_entropy)


def test_certainty_needs_no_message():
    frame = preset("Only sparrows")
    assert frame.entropy == 0
    assert frame.cross_entropy == frame.divergence == 2


def test_the_divergence_is_not_symmetric():
    frame = preset("Expects ospreys")
    assert abs(frame.divergence - frame.reverse) > 0.01


@pytest.mark.parametrize(
    ("p", "q", "words"),
    [((0, 0, 0, 0), (4, 4, 4, 4), "No bird is seen"), ((8, 4, 2, 2), (0, 0, 0, 0), "expects no bird at all")],
)
def test_nothing_to_report_is_said_and_not_raised(p, q, words):
    frame = compute(State(**counts(p, q)))
    assert words in frame.readout
    assert frame.cross_entropy == 0
