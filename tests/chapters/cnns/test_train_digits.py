"""The train_digits demo reaches what the chapter promises, by the course's own training loop, and fails honestly."""

from itertools import islice

import numpy as np
import pytest

from coursekit.chapters.cnns.train_digits import (
    CHANCE,
    LOSS,
    PER_EPOCH,
    State,
    compute,
    digits,
    frames,
    mosaic,
    network,
    scaled,
    strip,
)
from coursekit.demos import DEMOS
from coursekit.optimisers import OPTIMISERS
from coursekit.training import evaluate, fit

PRESETS = DEMOS["train_digits"].presets


def test_the_default_run_reads_97_percent_of_the_test_digits():
    frame = compute(State())
    assert frame.test_accuracy >= 0.97
    assert frame.val_accuracy[0] < 0.3
    assert frame.loss[-1] < 0.05 < frame.loss[0]
    assert f"{frame.test_accuracy:.1%} of the 360 test digits" in frame.readout


def test_the_first_epoch_brings_most_of_the_accuracy():
    frame = compute(State(epochs=1))
    assert 0.8 < frame.val_accuracy[-1] < 0.95


def test_the_curves_are_those_of_fit_on_the_same_network():
    state = State(epochs=2, filters=4)
    data, rng = digits(0), np.random.default_rng(0)
    net = network(4, rng)
    rows = list(fit(net, LOSS, OPTIMISERS["momentum"](lr=state.lr), (*data.train, *data.val), 2, 32, rng))
    frame = compute(state)
    # 36 steps an epoch, 9 to a point. Bit for bit: watching changes nothing.
    np.testing.assert_array_equal(frame.loss, np.reshape([row.loss for row in rows], (-1, 9)).mean(1))
    np.testing.assert_array_equal(
        frame.val_accuracy[1:], [row.val_accuracy for row in rows if row.val_loss is not None]
    )
    np.testing.assert_array_equal(frame.filters, net.params["0.w"][:, 0])
    assert frame.test_accuracy == pytest.approx(evaluate(net, LOSS, *data.test)[1])


def test_frames_come_four_times_an_epoch_and_earlier_ones_do_not_change():
    run = frames(State(epochs=2))
    first = next(run)
    kept = first.filters.copy(), first.loss.copy(), first.answers.copy()
    rest = list(run)
    assert len(rest) + 1 == 2 * PER_EPOCH
    for now, then in zip((first.filters, first.loss, first.answers), kept, strict=True):
        np.testing.assert_array_equal(now, then)
    assert not np.array_equal(first.filters, rest[-1].filters)
    np.testing.assert_allclose(rest[-1].epoch, np.arange(1, 9) / 4)


def test_the_test_digits_are_judged_in_words_only_at_the_end():
    early, *_, last = frames(State(epochs=1))
    assert "test digits" not in early.readout
    assert "test digits" in last.readout


def test_presets_tell_their_stories():
    run = {name: compute(State(**settings)) for name, settings in PRESETS.items()}
    assert run["Adam"].test_accuracy > 0.95
    assert 0.3 < run["Too timid a rate"].test_accuracy < 0.9
    assert run["Too bold a rate"].test_accuracy < 0.2
    assert len(set(run["Too bold a rate"].answers.tolist())) == 1
    assert run["Too bold a rate"].loss[-1] > CHANCE - 0.3
    assert 0.7 < run["Two filters"].test_accuracy < run["Momentum"].test_accuracy - 0.02


def test_an_overflow_is_named_and_drawn(monkeypatch):
    class Explosion(OPTIMISERS["sgd"]):
        def step(self, params, grads, state):
            super().step(params, grads, state)
            params["0.w"] *= np.float32(1e30)

    monkeypatch.setitem(OPTIMISERS._records, "sgd", Explosion)
    frame = list(islice(frames(State(optimiser="sgd", samples=256)), 4))[-1]
    assert frame.overflowed
    assert "not a number" in frame.readout
    with np.errstate(all="ignore"):
        assert mosaic(scaled(frame.filters)).shape == (15, 15)


def test_the_digit_on_its_way_is_what_the_network_computes_of_it():
    state = State(epochs=1, filters=3, digit=13)
    frame = compute(state)
    assert frame.labels[12] == 2
    assert frame.maps[12].any()
    for f in range(3):
        pooled = frame.maps[12, f].reshape(4, 2, 4, 2).max((1, 3))
        np.testing.assert_array_equal(frame.pooled[12, f], pooled)
    assert frame.chance.sum() == pytest.approx(1, abs=1e-5)
    assert frame.chance.argmax() == frame.answers[12]
    assert f"way is 2 and is read as {frame.answers[12]}" in frame.readout


def test_another_digit_trains_nothing_anew_and_the_same_state_does():
    state = State(epochs=1, filters=3)
    assert len(list(frames(state))) == len(list(frames(state))) == PER_EPOCH
    (other,) = frames(state.replace(digit=20))
    np.testing.assert_array_equal(other.filters, compute(state).filters)
    assert other.state.digit == 20
    assert len(list(frames(state.replace(filters=4)))) == PER_EPOCH


def test_the_parts_share_no_digit_and_the_shown_ones_stand_by_class():
    data = digits(3)
    parts = [{image.tobytes() for image in part} for part in (data.train.x, data.val.x, data.test.images)]
    assert [len(part) for part in (data.train.x, data.val.x)] == [State().samples, 287]
    assert len(parts[0] & parts[1]) <= 1  # a few digits of the set are there twice
    assert len(parts[0] & parts[2]) <= 1
    np.testing.assert_array_equal(data.test.labels[data.shown], [*range(10), *range(10)])
    assert len(set(data.shown)) == 20


def test_tiles_hold_the_filters_and_the_digits():
    filters = np.random.default_rng(0).standard_normal((6, 3, 3))
    tiles = mosaic(scaled(filters))
    np.testing.assert_allclose(tiles[4:7, 4:7], filters[5] / np.abs(filters[5]).max())
    assert np.isnan(tiles[3]).all()
    assert np.isnan(tiles[8:]).all()
    images = np.arange(20.0)[:, None, None, None] + np.zeros((20, 1, 8, 8))
    shown = strip(images)
    assert shown.shape == (13, 206)
    assert (shown[:8, 137:145] == 13).all()  # 13 places of ten pixels, and the gap of six


@pytest.mark.parametrize("batch_size", [8, 64])
def test_batches_of_every_size_give_as_many_points(batch_size):
    assert len(compute(State(batch_size=batch_size, epochs=1, samples=256)).loss) == PER_EPOCH
