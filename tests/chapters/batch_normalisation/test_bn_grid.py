"""The map of what learns: larger with batch norm, honest about what explodes, and filled row by row."""

import math
from functools import lru_cache

import numpy as np
import pytest

from coursekit.chapters.batch_normalisation.bn_grid import (
    CHANCE,
    HIGHEST,
    LEARNED,
    RATES,
    SCALES,
    State,
    about,
    compute,
    equal_turns,
    final_loss,
    frames,
    network,
)

ROW_OF_ONE = int(np.argmin(np.abs(SCALES - 1)))


@lru_cache
def map_of(**settings):
    return compute(State(**settings))


def test_batch_norm_makes_the_map_much_larger():
    frame = map_of()
    without, with_norm = frame.learned
    assert without < 0.15
    assert with_norm > 0.5
    assert "about 5% of the cells without batch norm, about 60% with it" in frame.readout


def test_without_batch_norm_only_weights_near_xaviers_learn():
    rows = (map_of().without < LEARNED).any(1)
    assert rows[ROW_OF_ONE]
    assert not rows[:ROW_OF_ONE].any()
    assert (map_of().with_norm < LEARNED).any(1).all()


def test_below_xaviers_scale_the_border_runs_along_lines_of_equal_turns():
    first = (map_of().with_norm < LEARNED).argmax(axis=1)  # the smallest rate that learns, row by row
    assert (np.diff(first[ROW_OF_ONE - 2 : ROW_OF_ONE + 1]) == [1, 2]).all()
    for (left, bottom), (right, top) in equal_turns():
        np.testing.assert_allclose(right - left, 2 * (top - bottom))
    assert any(2 * ROW_OF_ONE + left + 1 == first[ROW_OF_ONE] for (left, _), _ in equal_turns())


def test_large_rates_explode_and_are_marked_not_hidden():
    frame = map_of()
    assert frame.exploded[0][:, -1].all()
    for loss, exploded in zip((frame.without, frame.with_norm), frame.exploded, strict=True):
        assert (loss[exploded] > 2 * CHANCE).all()
        assert (loss[~exploded] <= 2 * CHANCE).all()
        assert loss.max() <= HIGHEST


def test_an_overflow_is_an_infinite_loss():
    state = State(activation="relu", steps=5)
    assert final_loss(network(100.0, False, state), 10.0, state) == math.inf
    assert math.isfinite(final_loss(network(100.0, True, state), 0.1, state))


def test_a_cell_is_that_of_its_network_trained_alone():
    state = State(depth=2, steps=6)
    frame = compute(state)
    for batch_norm, loss in ((False, frame.without), (True, frame.with_norm)):
        alone = final_loss(network(SCALES[4], batch_norm, state), RATES[5], state)
        assert loss[4, 5] == min(alone, HIGHEST)


def test_weights_are_the_same_draw_scaled_and_the_last_layer_is_left_alone():
    state = State()
    one, ten = network(1.0, False, state).params, network(10.0, True, state).params
    np.testing.assert_allclose(10 * one["0.w"], ten["0.w"], rtol=1e-6)
    last = [[name for name in params if name.endswith(".w")][-1] for params in (one, ten)]
    np.testing.assert_array_equal(one[last[0]], ten[last[1]])


def test_the_map_fills_row_by_row():
    state = State(depth=1, steps=3)
    seen = list(frames(state))
    assert [frame.rows for frame in seen] == list(range(1, len(SCALES) + 1))
    for frame in seen:
        np.testing.assert_array_equal(frame.without[: frame.rows], seen[-1].without[: frame.rows])
        assert (frame.with_norm[frame.rows :] == HIGHEST).all()
        assert not frame.exploded[0][frame.rows :].any()
        assert f"{frame.rows} of 9 rows" in frame.readout


def test_with_small_batches_the_map_shrinks():
    assert map_of(batch_size=8).learned[1] < map_of().learned[1] - 0.15


@pytest.mark.parametrize(
    ("share", "text"), [(0, "none"), (0.01, "under 3%"), (0.049, "about 5%"), (0.074, "about 5%"), (0.605, "about 60%")]
)
def test_shares_are_told_to_the_nearest_twentieth(share, text):
    assert about(share) == text
