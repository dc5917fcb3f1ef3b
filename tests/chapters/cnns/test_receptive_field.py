"""The receptive field demo: the gradient sees what the formula says; small kernels see what a large one sees."""

from itertools import product

import numpy as np
import pytest

from coursekit.chapters.cnns.receptive_field import (
    SIDE,
    State,
    backward,
    bounds,
    compute,
    cones,
    field_sizes,
    forward,
    stack,
)
from coursekit.demos import DEMOS

PRESETS = DEMOS["receptive_field"].presets


def naive_field(steps):
    """Which input pixels, along one axis, unit 0 of the last level is computed from."""
    seen = {0}
    for _, kernel, stride in reversed(steps):
        seen = {unit * stride + tap for unit in seen for tap in range(kernel)}
    return seen


@pytest.mark.parametrize(("layers", "kernel"), list(product((1, 2, 4), (2, 3, 5))))
@pytest.mark.parametrize(("stride", "pool"), [(1, 1), (2, 1), (1, 2), (1, 3)])
def test_the_gradient_is_not_zero_where_the_formula_says(layers, kernel, stride, pool):
    frame = compute(State(layers=layers, kernel=kernel, stride=stride, pool=pool, place=0.0))
    seen = naive_field(frame.steps)
    assert frame.fields[-1] == max(seen) + 1
    if frame.fits:
        row = frame.seen[frame.seen.any(1).argmax()]
        np.testing.assert_array_equal(np.flatnonzero(row), sorted(seen))
        assert frame.weights.shape == (frame.fields[-1], frame.fields[-1])


def test_three_layers_of_3_see_what_one_of_7_sees_with_27_against_49():
    three, one = (compute(State(**PRESETS[name])) for name in ("Three 3×3", "One 7×7"))
    np.testing.assert_array_equal(three.seen > 0, one.seen > 0)
    assert three.prices == (27, 49)
    assert one.prices == (49, 49)
    assert "27 C²" in three.readout
    assert "49 C²" in three.readout


def test_paths_through_three_layers_of_3_are_the_trinomial_numbers():
    row = compute(State(layers=3)).weights[3] * 7  # (1 + x + x²)³, the middle one is 7
    np.testing.assert_allclose(row, [1, 3, 6, 7, 6, 3, 1])
    assert compute(State(layers=3)).corner == pytest.approx(1 / 49)


def test_one_layer_and_windows_that_do_not_overlap_count_every_pixel_the_same():
    for settings in (PRESETS["One 7×7"], PRESETS["Stride 3: no overlap"]):
        np.testing.assert_allclose(compute(State(**settings)).weights, 1)
    assert compute(State(**PRESETS["Stride 3: no overlap"])).fields[-1] == 27
    assert compute(State(**PRESETS["Deep: the middle wins"])).corner < 1e-5


def test_pooling_makes_every_later_layer_grow_faster():
    fields = compute(State(**PRESETS["Pooling between"])).fields
    np.testing.assert_array_equal(fields, [1, 3, 4, 8, 10, 18, 22, 38])


@pytest.mark.parametrize("place", [0.0, 0.3, 1.0])
def test_the_unit_moves_from_edge_to_edge_and_the_squares_are_its_fields(place):
    frame = compute(State(layers=3, place=place))
    rows, columns = np.flatnonzero(frame.seen.any(1)), np.flatnonzero(frame.seen.any(0))
    assert columns[0] == round(place * (SIDE - 7))  # 34 units see all 40 pixels
    assert columns[-1] - columns[0] == 6
    np.testing.assert_array_equal(frame.squares[-1], [columns[0], columns[-1], rows[0], rows[-1]])
    sides = frame.squares[:, 1::2] - frame.squares[:, ::2] + 1
    np.testing.assert_array_equal(sides, np.stack([frame.fields, frame.fields], axis=1))


def test_squares_lie_inside_each_other():
    for settings in PRESETS.values():
        left, right, top, bottom = compute(State(**settings)).squares.T
        for low, high in ((left, right), (top, bottom)):
            assert (np.diff(low) <= 0).all()
            assert (np.diff(high) >= 0).all()


def test_a_field_larger_than_the_photograph_is_explained_and_not_drawn():
    frame = compute(State(layers=5, kernel=7, stride=2))
    assert not frame.fits
    assert "187×187" in frame.readout
    assert f"{SIDE}×{SIDE}" in frame.readout
    assert len(cones(frame)) == 0
    assert not frame.seen.any()


def test_pixels_that_no_window_sees_belong_to_no_field():
    steps = stack(State(layers=2, kernel=3, stride=2))
    fields, jumps = field_sizes(steps)
    assert (fields[-1], jumps[-1]) == (7, 4)
    caches = forward(steps)
    assert caches[-1][1] == (1, 1, 9, 9)
    assert bounds(backward(caches, 0, 8)[0]) == (0, 6, 32, 38)


@pytest.mark.filterwarnings("error")
def test_a_stride_longer_than_the_window_leaves_holes_and_that_is_said():
    frame = compute(State(layers=3, kernel=1, stride=2, pool=2, place=0.47))
    assert frame.weights.shape == (11, 11)
    assert (frame.weights > 0).sum() == 16
    assert np.isfinite(frame.paths).all()
    assert "Only 13% of its pixels count" in frame.readout
