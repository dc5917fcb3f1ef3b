"""The neuron says yes where its input is positive."""

import numpy as np
import pytest

from coursekit.chapters.start_here import neuron
from coursekit.demos import DEMOS


@pytest.mark.parametrize("weight", [-5.0, -0.3, 0.0, 1.0, 4.0])
@pytest.mark.parametrize("bias", [-5.0, 0.0, 0.7])
def test_the_neuron_says_yes_where_its_input_is_positive(weight, bias):
    frame = neuron.compute(neuron.State(weight=weight, bias=bias, activation="relu"))
    expected = [max(0.0, weight * x + bias) for x in neuron.INPUTS]
    np.testing.assert_allclose(frame.a, expected, rtol=1e-12, atol=1e-12)
    yes = [weight * x + bias > 0 for x in frame.points]
    left, right = frame.yes_side
    assert yes == [left < x < right or (weight == 0 and bias > 0) for x in frame.points]
    correct = sum(answer == (i >= neuron.A_CLASS) for i, answer in enumerate(yes))
    assert frame.right == pytest.approx(correct / len(yes))
    assert weight == 0 or weight * frame.threshold + bias == pytest.approx(0)


def test_the_neurons_question_moves_the_threshold_to_minus_two():
    settings = DEMOS["neuron"].question.settings
    assert neuron.compute(neuron.State(**settings)).threshold == -2
