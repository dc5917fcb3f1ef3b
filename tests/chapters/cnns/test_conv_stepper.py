"""The stepper shows the textbook's walk: known first cell, known sizes, and the layer's own error where none fits."""

import numpy as np
import pytest

from coursekit.chapters.cnns.conv_stepper import FILTER, State, compute
from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.layers import Conv2d


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
    ],
)
def test_known_sizes(settings, places):
    frame = compute(State(kernel=3).replace(**settings))
    assert frame.places == places
    assert frame.y.shape == (2, places, places)
    assert f"= {places} places" in frame.readout


def test_the_slider_ends_at_the_last_place():
    assert [State(stride=stride).ends()["place"] for stride in (1, 2)] == [25, 9]


def test_a_misfit_shows_the_layers_own_error_and_no_output():
    state = State(size=7, padding=0, stride=3)
    frame = compute(state)
    with pytest.raises(ValueError, match="does not tile") as error:
        Conv2d(3, 2, 3, np.random.default_rng(0), stride=3).forward(np.zeros((1, 3, 7, 7), np.float32))
    assert frame.error == frame.readout == str(error.value)
    live = LiveFigure(DEMOS["conv_stepper"].View)
    live.render(frame)
    assert "does not tile" in live.view.words.get_text().replace("\n", " ")
    assert "red" in live.view.words.get_text().lower()
    live.render(compute(State()))
    assert "Places along a side" in live.view.words.get_text()


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
