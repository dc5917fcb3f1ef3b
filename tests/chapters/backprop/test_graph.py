"""The graph demo: the textbook's numbers, one step at a time, for every expression."""

from itertools import pairwise

import numpy as np
import pytest

from coursekit.chapters.backprop.graph import EXPRESSIONS, LAST, State, compute
from coursekit.demos import DEMOS
from coursekit.gradcheck import numerical_gradient

PLAIN = {
    "sum_times": lambda x, y, z: (x + y) * z,
    "max_times": lambda x, y, z: max(x, y) * z,
    "neuron": lambda x, y, z: 1 / (1 + np.exp(-(x * y + z))),
    "twice": lambda x, y, z: (x + y) * (x + z),
    "log_sum_exp": lambda x, y, z: np.log(np.exp(x) + np.exp(y)) * z,
}


def known(frame):
    """Values and gradients by name, as far as they are shown."""
    values = {box.name: box.value for box in frame.boxes if box.value is not None}
    return values, {box.name: box.gradient for box in frame.boxes if box.gradient is not None}


def test_the_textbooks_example_ends_with_its_three_slopes():
    frame = compute(State(step=LAST))
    assert known(frame) == ({"x": -2, "y": 5, "z": -4, "q": 3, "f": -12}, {"x": -4, "y": -4, "z": 3, "q": -4, "f": 1})
    assert frame.readout.endswith("Done: ∂f/∂x = −4, ∂f/∂y = −4, ∂f/∂z = 3.")


def test_at_first_half_of_the_way_back_is_done():
    values, gradients = known(compute(State()))
    assert values == {"x": -2, "y": 5, "z": -4, "q": 3, "f": -12}
    assert gradients == {"f": 1, "q": -4, "z": 3}


def test_the_steps_come_in_order():
    told = [compute(State(step=step)).story for step in range(9)]
    assert told == [
        "The inputs are known. Forward, gate by gate",
        "Forward: q = −2 + 5 = 3",
        "Forward: f = 3 × −4 = −12",
        "Now back: the gradient of f with respect to itself is 1",
        "Back through ×: local −4 × upstream 1 = −4 flows to q",
        "Back through ×: local 3 × upstream 1 = 3 flows to z",
        "Back through +: local 1 × upstream (−4) = −4 flows to x",
        "Back through +: local 1 × upstream (−4) = −4 flows to y",
        "Done: ∂f/∂x = −4, ∂f/∂y = −4, ∂f/∂z = 3",
    ]


def test_a_maximum_gives_the_whole_gradient_to_the_larger_input():
    _, gradients = known(compute(State(expression="max_times", x=2.0, y=-1.0, z=2.0, step=LAST)))
    assert gradients["m"] == 2
    assert (gradients["x"], gradients["y"]) == (2, 0)


def test_gradients_of_a_node_used_twice_add_up():
    frame = compute(State(expression="twice", x=1.0, y=2.0, z=-4.0, step=9))
    assert frame.rule == "x is used twice, so its gradients add: 3 + (−3) = 0."
    assert known(frame)[1]["x"] == 0


def test_a_saturated_neuron_gives_nearly_no_gradient():
    frame = compute(State(**DEMOS["graph"].presets["A saturated neuron"]))
    assert 0 < max(abs(slope) for slope in frame.slopes.values()) < 0.002


def test_the_gradients_of_log_sum_exp_are_a_softmax():
    frame = compute(State(expression="log_sum_exp", x=1.0, y=2.0, z=1.0, step=LAST))
    weights = np.exp([1.0, 2.0])
    np.testing.assert_allclose([frame.slopes["x"], frame.slopes["y"]], weights / weights.sum())


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_values_and_slopes_are_those_of_the_expression(name):
    point = np.array([1.3, -0.7, 2.1])
    frame = compute(State(expression=name, x=1.3, y=-0.7, z=2.1, step=LAST))
    assert frame.boxes[-1].value == pytest.approx(PLAIN[name](*point))
    slopes = numerical_gradient(lambda at: PLAIN[name](*at), point)
    np.testing.assert_allclose(list(frame.slopes.values()), slopes, rtol=1e-7)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_each_step_makes_one_number_known_until_all_is_done(name):
    last = EXPRESSIONS[name].last
    counts = [sum(compute(State(expression=name, step=step)).reached[[0, 2]]) for step in range(last + 1)]
    seed = next(step for step in range(last) if "itself is 1" in compute(State(expression=name, step=step)).story)
    assert [b - a for a, b in pairwise(counts)] == [int(step not in (seed, last)) for step in range(1, last + 1)]
    assert compute(State(expression=name, step=last)).story.startswith("Done")
    assert compute(State(expression=name, step=last - 1)).active is not None


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_boxes_stand_apart_and_inside_the_picture(name):
    places = np.array(list(EXPRESSIONS[name].places.values()))
    assert ((places > 0.3) & (places < (9.7, 3.7))).all()
    apart = np.abs(places[:, None] - places)
    assert ((apart[..., 0] > 0.7) | (apart[..., 1] > 0.7) | np.eye(len(places), dtype=bool)).all()
