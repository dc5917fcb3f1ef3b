"""Two heads: what is claimed of a second task holds on average over the pairs, and curves come as they are trained."""

import numpy as np
import pytest

from coursekit.chapters.regularisation.multitask import (
    LABELLED,
    OTHERS,
    PAIRS,
    POINTS,
    SECOND,
    State,
    batches,
    compute,
    digits,
    frames,
    learner,
)
from coursekit.demos import DEMOS

PRESETS = DEMOS["multitask"].presets


def test_presets_tell_their_stories():
    run = {name: compute(State(**settings)) for name, settings in PRESETS.items()}
    assert run["Few labels"].gain > 3
    assert run["Few labels"].wins >= 5
    assert run["Some labels"].gain > 1
    assert -0.5 < run["All labels"].gain < 2
    assert abs(run["By lot"].gain) < 2
    assert run["By lot"].gain < run["Odd or even"].gain < run["Few labels"].gain


def test_another_draw_says_the_same_of_few_labels_and_many():
    few, many = (compute(State(labels=labels, seed=1)) for labels in (20, 1437))
    assert few.gain > 2 > many.gain > -1


def test_a_weight_of_0_is_the_network_alone():
    frame = compute(State(labels=50, weight=0.0, every=1))
    np.testing.assert_allclose(frame.shared, frame.alone, atol=0.03)  # the same sums, added up in another order


def test_batches_hold_labels_of_the_known_digits_only():
    state = State(labels=25, second="parity")
    known = set()
    stream = batches(state, 3)
    for _ in range(20):
        rows, y = next(stream)
        assert rows.shape == (25 + OTHERS, 64)
        assert (y[25:, 0] == -1).all()
        np.testing.assert_array_equal(y[:25, 1], y[:25, 0] % 2)
        known |= {row.tobytes() for row in rows[:25]}
    assert len(known) <= 25
    assert len(next(batches(State(labels=500), 3))[1]) == LABELLED + OTHERS


def test_second_tasks_are_what_they_say():
    labels = np.arange(10)
    assert SECOND["pair"][1](labels).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert SECOND["loops"][1](labels).nonzero()[0].tolist() == [0, 6, 8, 9]
    assert SECOND["parity"][1](labels).sum() == 5
    drawn = SECOND["noise"][1](digits()[1])
    assert abs(np.corrcoef(drawn, digits()[1])[0, 1]) < 0.06


def test_both_of_a_pair_begin_alike():
    alone, shared = learner(5, 15, 0.0), learner(5, 15, 1.0)
    np.testing.assert_array_equal(alone.net.params.flat, shared.net.params.flat)
    assert alone.accuracy() == shared.accuracy()


def test_frames_come_every_few_steps_and_earlier_ones_do_not_change():
    run = frames(State(every=1))
    first = next(run)
    kept = first.shared.copy()
    rest = list(run)
    assert len(rest) == POINTS - 1
    np.testing.assert_array_equal(first.shared, kept)
    np.testing.assert_array_equal(rest[-1].shared[:, :1], kept)
    assert rest[-1].shared.shape == (PAIRS, POINTS)
    assert rest[-1].progress == 1
    assert rest[-1].steps.tolist() == list(range(1, POINTS + 1))


@pytest.mark.parametrize("second", SECOND)
def test_the_readout_counts_the_pairs(second):
    frame = compute(State(second=second, every=1))
    assert f"better in {int((frame.shared[:, -1] > frame.alone[:, -1]).sum())} of {PAIRS} pairs" in frame.readout
