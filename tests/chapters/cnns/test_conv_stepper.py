"""The stepper shows the textbook's walk: known first cell, known sizes, and what no window sees."""

import numpy as np
import pytest

from coursekit.chapters.cnns.conv_stepper import FILTER, State, compute
from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.layers import conv2d_forward


def test_the_first_cell_of_the_walk_can_be_checked_by_hand():
    frame = compute(State(place=1))
    np.testing.assert_array_equal(frame.weights[0], FILTER)
    assert frame.sums == [1, -1, 0]
    assert frame.equation == "1 − 1 + 0 + 1 = 1"
    assert frame.y.shape == (2, 3, 3)
    assert frame.y[0, 0, 0] == 1


def test_a_five_pixel_image_with_padding_1_is_the_walks_seven():
    assert [channel.shape for channel in compute(State()).channels] == [(7, 7)] * 3


@pytest.mark.parametrize("settings", [{}, {"stride": 1}, {"size": 7, "padding": 0}, {"kernel": 1, "stride": 3}])
@pytest.mark.parametrize("seed", [0, 1])
def test_products_and_bias_add_up_to_the_layers_output_at_every_place(settings, seed):
    for chosen in (1, 2):
        state = State(filter=chosen, seed=seed).replace(**settings)
        places = compute(state).places ** 2
        frames = [compute(state.replace(place=place)) for place in range(1, places + 1)]
        np.testing.assert_array_equal([frame.value for frame in frames], frames[0].y[chosen - 1].ravel())


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        ({"size": 7, "padding": 0, "stride": 1}, 5),
        ({"size": 7, "padding": 0, "stride": 2}, 3),
        ({"size": 7, "padding": 1, "stride": 2}, 4),
        ({"size": 5, "padding": 1, "stride": 1}, 5),
        ({"size": 5, "padding": 1, "stride": 2}, 3),
        ({"size": 7, "padding": 0, "stride": 3}, 2),
        ({"size": 5, "padding": 0, "kernel": 4, "stride": 3}, 1),
    ],
)
def test_known_sizes(settings, places):
    frame = compute(State(kernel=3).replace(**settings))
    assert frame.places == places
    assert frame.y.shape == (2, places, places)
    assert f"= {places} places" in frame.readout


def test_where_the_window_has_one_place_there_is_nothing_to_play():
    assert not State().without_effect()
    assert "one place" in State(kernel=5, padding=0).without_effect()["place"]


def test_the_slider_ends_at_the_last_place():
    assert [State(stride=stride).ends()["place"] for stride in (1, 2)] == [25, 9]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"stride": 3}, "the last row and column"),
        ({"stride": 3, "kernel": 2}, "the last 2 rows and columns"),
        ({"stride": 2}, ""),
    ],
)
def test_what_no_window_sees_is_red_and_named_and_changes_nothing(settings, words):
    state = State(size=7, padding=0, kernel=3).replace(**settings)
    frame = compute(state)
    assert frame.unseen == words
    assert (f"No window sees {words}." in frame.readout) == bool(words)
    live = LiveFigure(DEMOS["conv_stepper"].View)
    live.render(frame)
    assert words in live.view.unseen.get_text()
    assert len(live.view.left_over.get_paths()) == (6 if words else 0)  # two strips in each of three channels
    seen = state.kernel + (frame.places - 1) * state.stride
    assert 7 - seen == state.left_over
    weights = frame.weights[:, :, : state.kernel, : state.kernel]
    image = np.stack(frame.channels)[np.newaxis, :, :seen, :seen]
    np.testing.assert_array_equal(conv2d_forward(image, weights, frame.bias, state.stride)[0][0], frame.y)


def test_the_parameters_do_not_depend_on_the_image():
    live = LiveFigure(DEMOS["conv_stepper"].View)
    for size in (5, 7):
        live.render(compute(State(size=size)))
        assert "56 parameters" in live.view.words.get_text()


def test_the_walk_starts_over_after_its_last_place():
    assert compute(State(place=10)).index == compute(State(place=1)).index == 0
    assert compute(State(place=9)).index == 8


def test_stepping_needs_no_new_background():
    live = LiveFigure(DEMOS["conv_stepper"].View)
    for place in (1, 2):  # the first picture settles the layout
        live.render(compute(State(place=place)))
    live.view.update(compute(State(place=3)))
    assert not live.figure.stale
