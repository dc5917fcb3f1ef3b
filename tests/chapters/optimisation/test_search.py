"""Grid against random on digits: what each finds, what matters, and that a search goes on where it ended."""

import time
from pathlib import Path

import numpy as np
import pytest
from drawn import frame_at, frame_of

from coursekit.chapters.optimisation import search as module
from coursekit.chapters.optimisation.search import GOOD, State, frames, planned
from coursekit.demos import DEMOS


def frame(**settings):
    return frame_of("search", State(**settings))


@pytest.fixture
def searches(tmp_path, monkeypatch):
    """A learner's own folder, and a search in this process: workers take seconds to begin."""
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(module, "AT_ONCE", 1)
    return tmp_path / "searches"


@pytest.mark.parametrize("seed", range(4))
def test_where_its_lines_miss_the_hill_nine_on_a_grid_find_less_than_nine_at_random(seed):
    grid, random = (frame(how=how, seed=seed) for how in ("grid", "random"))
    assert grid.score.max() < 0.91
    assert random.score.max() > grid.score.max() + 0.02


def test_with_25_trials_the_two_are_level():
    grid, random = (frame(how=how, side=5, low=1e-4) for how in ("grid", "random"))
    assert abs(grid.score.max() - random.score.max()) < 0.02
    assert min(grid.score.max(), random.score.max()) > 0.95


@pytest.mark.parametrize(("n", "side"), [(9, 3), (16, 4), (25, 5)])
def test_a_grid_tries_the_root_of_its_trials_in_rates_and_random_all(n, side):
    grid, random = planned(State(side=side)).planned, planned(State(side=side, how="random")).planned
    assert len({settings["lr"] for settings in grid}) == len({settings["weight_decay"] for settings in grid}) == side
    assert len({settings["lr"] for settings in random}) == n


def test_the_rate_matters_and_the_decay_hardly():
    table = frame(how="grid", side=5, low=1e-4).score.reshape(5, 5)  # rates × decays
    by_rate, by_decay = table.mean(1), table.mean(0)
    assert np.ptp(by_rate) > 0.8
    assert np.ptp(by_decay) < 0.1


def test_the_question_s_numbers():
    demo = DEMOS["search"]
    before, asked = (frame_at(demo, **case) for case in ({}, demo.question.settings))
    np.testing.assert_allclose(np.unique(before.lr), [0.005, 0.5, 50])
    assert (before.score >= GOOD).sum() == 0
    assert asked.rates == 9
    assert (asked.score >= GOOD).sum() == 2
    assert "Nine different rates" in demo.question.options[demo.question.answer]


def test_frames_begin_with_the_plan_and_end_with_what_compute_finds(searches):
    first, *_, last = frames(State())
    assert (first.done, first.progress, first.best) == (0, 0, None)
    np.testing.assert_array_equal(last.score, frame().score)


def test_after_a_restart_a_search_goes_on_where_it_ended(searches, monkeypatch):
    calls = []

    def counted(lr, weight_decay, epochs, deal, rng):
        calls.append(lr)
        return 0.5 + len(calls) / 100

    monkeypatch.setattr(module, "validation_accuracy", counted)
    run = frames(State())
    while next(run).done < 4:
        pass
    run.close()
    module.ONE.acquire()  # the thread has ended
    module.ONE.release()
    begun = len(calls)
    assert 4 <= begun <= 9
    *_, last = frames(State())
    assert len(calls) == 9
    assert last.done == 9
    *_, again = frames(State())
    assert len(calls) == 9
    np.testing.assert_array_equal(again.score, last.score)
    assert [path.suffix for path in searches.iterdir()] == [".txt"]


def test_more_random_trials_go_on_with_those_there_are(searches, monkeypatch):
    calls = []
    monkeypatch.setattr(
        module, "validation_accuracy", lambda lr, weight_decay, epochs, deal, rng: calls.append(lr) or 1.0
    )
    for side in (3, 4):
        for _ in frames(State(how="random", side=side)):
            pass
    assert len(calls) == 16


def test_trials_of_another_edition_of_the_net_are_forgotten(searches):
    searches.mkdir()
    for _ in frames(State()):
        pass
    (store,) = searches.iterdir()
    store.write_text(store.read_text().replace("validation_accuracy (", "validation_accuracy (f", 1))
    *_, last = frames(State())
    np.testing.assert_array_equal(last.score, frame().score)


def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(Path("/dev/null/folder/progress.json")))
    monkeypatch.setattr(module, "AT_ONCE", 1)
    *_, last = frames(State())
    assert last.done == 9


def test_an_error_on_the_search_s_thread_is_raised_where_frames_are_asked_for(searches, monkeypatch):
    monkeypatch.setattr(module.Search, "__iter__", lambda self: iter([1 / 0]))
    with pytest.raises(ZeroDivisionError):
        list(frames(State()))


def test_while_nothing_arrives_the_picture_is_shown_again(searches, monkeypatch):
    def slow(lr, weight_decay, epochs, deal, rng):
        time.sleep(0.2)
        return 1.0

    monkeypatch.setattr(module, "validation_accuracy", slow)
    seen = [frame.done for frame in frames(State())]
    assert len(seen) > 1 + 9 + 9
    assert sorted(seen) == seen
