"""The content judge and the greedy one: numbers by hand, and a softmax that never stops pulling."""

import math

import numpy as np
import pytest

from coursekit.chapters.losses.svm_vs_softmax import State, compute
from coursekit.demos import DEMOS

PRESETS = DEMOS["svm_vs_softmax"].presets


def preset(name):
    return compute(State(**PRESETS[name]))


def test_the_default_by_hand():
    frame = compute(State())
    np.testing.assert_allclose(frame.terms, [0, 0.5, 0])
    assert frame.hinge == pytest.approx(0.5)
    e = np.exp([3.0, 2.5, -1.0])
    np.testing.assert_allclose(frame.probabilities, e / e.sum(), rtol=1e-12)
    assert frame.cross_entropy == pytest.approx(-math.log(e[0] / e.sum()))
    np.testing.assert_array_equal(frame.hinge_pull, [1, -1, 0])
    np.testing.assert_allclose(frame.softmax_pull, np.array([1, 0, 0]) - e / e.sum())


@pytest.mark.parametrize("name", PRESETS)
def test_the_terms_add_up_to_the_loss_and_no_pull_is_left_over(name):
    frame = preset(name)
    assert frame.terms.sum() == pytest.approx(frame.hinge)
    assert frame.probabilities.sum() == pytest.approx(1)
    assert frame.hinge_pull.sum() == pytest.approx(0)
    assert frame.softmax_pull.sum() == pytest.approx(0)


def test_past_the_margin_the_svm_is_content_and_the_softmax_is_not():
    for owl in (4.0, 6.0, 10.0):
        frame = compute(State(owl=owl))
        assert frame.content
        assert frame.hinge == 0
        assert frame.cross_entropy > 0
        assert frame.softmax_pull[0] > 0
        assert "content" in frame.readout


def test_equal_scores_cost_the_sanity_values():
    frame = preset("All equal")
    assert frame.hinge == 2
    assert frame.cross_entropy == pytest.approx(math.log(3))


def test_scaling_the_scores_satisfies_the_svm_without_another_order():
    small, large = preset("Too near"), preset("Same order, scaled up")
    assert (np.argsort(small.scores) == np.argsort(large.scores)).all()
    assert not small.content
    assert large.content
    assert large.cross_entropy < small.cross_entropy


def test_the_svm_does_not_care_for_a_class_below_the_line_and_the_softmax_does():
    near, far = compute(State(hare=1.0)), compute(State(hare=-5.0))
    assert near.hinge == far.hinge
    assert near.cross_entropy > far.cross_entropy


def test_a_margin_of_zero_only_asks_for_the_right_order():
    assert compute(State(margin=0.0)).content
    assert compute(State(margin=0.0, fox=3.1)).hinge == pytest.approx(0.1)
