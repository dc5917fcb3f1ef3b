"""Edges, corners, a part: each layer of the stack answers to its pattern, and to nothing less."""

import numpy as np
import pytest

from coursekit.chapters.cnns.edges_to_parts import (
    BIASES,
    FIELDS,
    SIDE,
    State,
    compute,
    corner_filters,
    edge_filters,
    four,
    layer,
    picture_of,
    square_filter,
)
from coursekit.chapters.cnns.exercises.deep_units import field_size


def test_a_square_is_as_large_as_it_says_and_stands_where_it_says():
    image = picture_of(State(size=12, column=15))
    assert image.sum() == 12 * 12
    assert image[14:26, 9:21].all()


def test_a_step_in_brightness_answers_with_one_on_its_side_only():
    step = np.zeros((1, 12, 12))
    step[:, :, 6:] = 1
    left, right, upper, lower = layer(step, edge_filters(), 0)[:, 1:-1, 1:-1]
    assert left.max() == 1
    assert not left[:, :4].any()
    assert not np.any([right[:, :-1], upper[:, :-1], lower[:, :-1]])


def test_a_straight_edge_is_no_corner_and_a_corner_is_one_of_its_kind():
    step, corner = np.zeros((2, 1, 20, 20))
    step[:, :, 10:], corner[:, 10:, 10:] = 1, 1
    for image, ideal in ((step, [0, 0, 0, 0]), (corner, [1, 0, 0, 0])):
        corners = layer(layer(image, edge_filters(), BIASES[0]), corner_filters(), BIASES[1])
        np.testing.assert_allclose(corners[:, 4:-4, 4:-4].max((1, 2)), ideal, atol=1e-12)


@pytest.mark.parametrize("column", range(12, 29))
def test_a_square_of_12_is_found_wherever_it_stands(column):
    frame = compute(State(column=column))
    assert frame.found == ["edges", "corners", "a square"]
    assert abs(frame.middles[2] - (SIDE / 2 - 0.5, column - 0.5)).max() <= 3


@pytest.mark.parametrize("missing", range(4))
def test_three_corners_are_no_square(missing):
    corners = compute(State()).corners.copy()
    corners[missing] = 0
    np.testing.assert_allclose(layer(corners, square_filter(), BIASES[2]), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"size": 16}, ["edges", "corners"]),
        ({"size": 8}, ["edges", "corners"]),
        ({"shape": "cross"}, ["edges", "corners"]),
        ({"angle": 30}, ["edges"]),
        ({"shape": "disc"}, ["edges"]),
    ],
)
def test_what_other_shapes_wake(settings, found):
    frame = compute(State(**settings))
    assert frame.found == found
    assert frame.strongest[2] == 0


def test_the_fields_are_those_of_the_formula():
    layers = [3, 5, 2, 7], [1, 1, 2, 1]
    seen = [field_size(*(np.array(side[:count]) for side in layers)) for count in (1, 3, 4)]
    assert tuple(seen) == FIELDS


def test_a_pixel_outside_the_field_of_the_strongest_unit_does_not_count():
    frame = compute(State())
    image = picture_of(State())
    row, column = (int(at + 0.5) for at in frame.middles[2])  # the pixel at the lower right of the middle
    image[: row - 10] = image[row + 10 :] = 7
    image[:, : column - 10] = image[:, column + 10 :] = 7
    edges = layer(image[np.newaxis], edge_filters(), BIASES[0])
    corners = layer(edges, corner_filters(), BIASES[1]).reshape(4, SIDE // 2, 2, SIDE // 2, 2).max((2, 4))
    squares = layer(corners, square_filter(), BIASES[2])
    assert squares[0, row // 2, column // 2] == pytest.approx(frame.strongest[2])


def test_four_maps_lie_as_they_are_read():
    laid = four(np.arange(4)[:, np.newaxis, np.newaxis] * np.ones((4, 2, 2)))
    assert laid.shape == (5, 5)
    assert [laid[0, 0], laid[0, -1], laid[-1, 0], laid[-1, -1]] == [0, 1, 2, 3]
    assert np.isnan(laid[2]).all()
