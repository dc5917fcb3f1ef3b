"""The speed lens: three ways with one answer, times that are measured once, and a readout without them."""

import re

import numpy as np
import pytest

from coursekit.chapters.cnns.speed_lens import (
    LOOP_LIMIT,
    SIDES,
    State,
    by_loops,
    by_numpy,
    by_package,
    compute,
    draw,
    largest_difference,
    loop_seconds,
    loop_side,
    readable,
    two_digits,
    work,
)


@pytest.mark.parametrize(("side", "channels", "filters"), [(8, 1, 1), (9, 3, 2), (12, 2, 5)])
def test_the_three_ways_agree(side, channels, filters):
    arrays = draw(side, channels, filters)
    expected = by_package(*arrays)
    assert expected.shape == (filters, side - 2, side - 2)
    np.testing.assert_allclose(np.array(by_loops(*arrays)), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(by_numpy(*arrays), expected, rtol=1e-4, atol=1e-5)


def test_one_output_by_hand():
    x, w, b = np.zeros((1, 4, 4), np.float32), np.zeros((1, 1, 3, 3), np.float32), np.array([0.5], np.float32)
    x[0, 2, 3], w[0, 0, 1, 2] = 2, 3  # the tap meets the pixel where the window stands at (1, 1)
    for way in (by_loops, by_numpy, by_package):
        np.testing.assert_array_equal(np.array(way(x, w, b)), [[[0.5, 0.5], [0.5, 6.5]]])


def test_a_wrong_answer_would_be_seen(monkeypatch):
    assert compute(State()).agree
    largest_difference.cache_clear()
    monkeypatch.setattr("coursekit.chapters.cnns.speed_lens.by_numpy", lambda x, w, b: by_package(x, w[:, :, ::-1], b))
    frame = compute(State())
    largest_difference.cache_clear()
    assert not frame.agree
    assert "do not agree" in frame.readout


def test_the_loops_are_hundreds_of_times_slower():
    slow, numpy, package = compute(State()).here
    assert slow > 300 * numpy
    assert slow > 300 * package


def test_the_readout_claims_ten_times_wherever_there_is_enough_work():
    for settings in ({}, {"side": 256, "channels": 1, "filters": 1}, {"side": 16, "channels": 16, "filters": 32}):
        frame = compute(State(**settings))
        assert "more than ten times" in frame.readout
        assert frame.here[0] > 10 * frame.here[1:].max()
    assert "ten times" not in compute(State(side=8)).readout


def test_the_readout_holds_no_time():
    assert not re.search(r"\d+(\.\d+)? (µs|ms|s|min)\b", compute(State()).readout)


def test_loops_run_only_for_small_work_and_are_scaled_beyond():
    assert work(int(SIDES[0]), 16, 32) <= LOOP_LIMIT
    assert loop_side(64, 3, 8) == 24
    assert loop_side(16, 3, 8) == 16
    assert loop_seconds(64, 3, 8) == pytest.approx(loop_seconds(24, 3, 8) * work(64, 3, 8) / work(24, 3, 8))
    frame = compute(State())
    np.testing.assert_array_equal(frame.measured, SIDES <= 24)
    assert not frame.here_measured
    assert compute(State(side=8)).here_measured


def test_work_is_counted_as_in_the_chapter():
    assert work(64, 3, 8) == 62 * 62 * 27 * 8 == 830_304
    assert "830,304" in compute(State()).readout


@pytest.mark.parametrize(
    ("time", "words"), [(11.4e-6, "11 µs"), (0.158, "160 ms"), (2.34, "2.3 s"), (99.7e-6, "100 µs"), (130, "2.2 min")]
)
def test_times_are_written_for_people(time, words):
    assert readable(time) == words


def test_factors_are_rounded_to_two_digits():
    assert [two_digits(n) for n in (1.04, 36.2, 2288)] == ["1", "36", "2,300"]
