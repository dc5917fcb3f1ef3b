"""Hyperparameter search: what it draws, that a seed fixes it, what it keeps, and what it refuses."""

import itertools
import json
import math
import os
from functools import partial

import numpy as np
import pytest

import coursekit as ck
from coursekit.training.search import DIED, search

SPACE = {"lr": (1e-4, 1.0, "log"), "dropout": (0.0, 0.9, "linear"), "units": [16, 32, 64]}


def score(lr, dropout, units, rng):
    """Best at a rate of 0.01; a little noise."""
    return -((math.log10(lr) + 2) ** 2) - dropout + units / 1000 + 1e-3 * rng.random()


def finished(space=SPACE, train=score, n=8, **options):
    found = search(space, train, n, **{"n_jobs": 1} | options)
    for _ in found:
        pass
    return found


def test_it_is_public():
    assert ck.search is search


# What is drawn


def test_random_draws_fill_their_ranges_evenly():
    planned = search(SPACE, score, 4000).planned
    exponents = np.log10([settings["lr"] for settings in planned])
    dropouts = np.array([settings["dropout"] for settings in planned])
    for values, low, high in ((exponents, -4, 0), (dropouts, 0.0, 0.9)):
        assert low <= values.min() < low + 0.01 * (high - low) < high - 0.01 * (high - low) < values.max() <= high
        shares = np.histogram(values, 4, (low, high))[0] / len(values)
        np.testing.assert_allclose(shares, 0.25, atol=0.03)
    assert [sum(settings["units"] == size for settings in planned) / 4000 for size in (16, 32, 64)] == pytest.approx(
        [1 / 3] * 3, abs=0.03
    )


def test_a_grid_combines_evenly_spaced_values_with_both_ends():
    planned = search({"lr": (1e-4, 1.0, "log"), "dropout": (0.0, 0.5, "linear")}, score_of_two, 25, "grid").planned
    rates = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    expected = list(itertools.product(rates, [0.0, 0.125, 0.25, 0.375, 0.5]))
    np.testing.assert_allclose([list(settings.values()) for settings in planned], expected)


def score_of_two(lr, dropout, rng):
    return 0.0


@pytest.mark.parametrize(("n", "points"), [(24, 16), (25, 25), (35, 25), (36, 36)])
def test_a_grid_has_as_many_points_as_n_allows(n, points):
    assert (
        len(search({"lr": (1e-4, 1.0, "log"), "dropout": (0.0, 0.5, "linear")}, score_of_two, n, "grid").planned)
        == points
    )


def test_a_grid_of_choices_has_all_of_them_whatever_else_n_allows():
    planned = search({"lr": [0.1], "dropout": [0.1, 0.2]}, score_of_two, 100, "grid").planned
    assert planned == [{"lr": 0.1, "dropout": 0.1}, {"lr": 0.1, "dropout": 0.2}]


def test_of_25_trials_a_grid_tries_5_rates_and_random_draws_25():
    space = {"lr": (1e-4, 1.0, "log"), "dropout": (0.0, 0.5, "linear")}
    rates = [len({s["lr"] for s in search(space, score_of_two, 25, how).planned}) for how in ("grid", "random")]
    assert rates == [5, 25]


# What is run


def test_every_trial_is_run_once_and_best_is_the_one_with_the_highest_score():
    found = finished(n=20)
    assert sorted(trial.number for trial in found.trials) == list(range(20))
    assert [trial.settings for trial in found.trials] == found.planned
    assert found.best.score == max(trial.score for trial in found.trials)
    assert "20 of 20 trials, best score" in repr(found)


def test_a_seed_fixes_settings_and_scores_and_a_larger_n_goes_on_with_the_same():
    one, two, other = finished(), finished(n=12), finished(seed=1)
    assert [trial[:3] for trial in one.trials] == [trial[:3] for trial in two.trials[:8]]
    assert all(a.settings != b.settings and a.score != b.score for a, b in zip(one.trials, other.trials, strict=True))


def test_trials_do_not_share_their_random_numbers():
    found = finished({"lr": [0.1]}, lambda lr, rng: float(rng.random()), 50)
    assert len({trial.score for trial in found.trials}) == 50


def test_nothing_runs_before_a_trial_is_asked_for_and_breaking_off_is_possible():
    calls = []
    trials = iter(search({"lr": [0.1]}, lambda lr, rng: len(calls) or calls.append(lr) or 1.0, 5, n_jobs=1))
    assert not calls
    next(trials)
    assert len(calls) == 1
    trials.close()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_after_a_stop_no_further_trial_begins(n_jobs, tmp_path):
    found = search({"lr": [0.1]}, lambda lr, rng: lr, 50, n_jobs=n_jobs, store=tmp_path / "trials.jsonl")
    for _ in found:
        found.stop()
    assert 1 <= len(found.trials) <= 4
    assert len(list(found)) == 50


def test_several_processes_find_what_one_finds():
    def train(lr, dropout, units, rng):  # defined here, so that it travels whole, as one of a notebook does
        return lr + dropout + units + rng.random()

    here, there = finished(train=train), finished(train=train, n_jobs=2)
    assert sorted(trial[:4] for trial in there.trials) == sorted(trial[:4] for trial in here.trials)


def test_run_says_how_far_it_is_where_somebody_reads_it(capsys, monkeypatch):
    search(SPACE, score, 3, n_jobs=1).run()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    found = search(SPACE, score, 3, n_jobs=1).run()
    lines = capsys.readouterr().out.split("\r")
    assert len(lines) == 1 + 3 + 1
    assert lines[1].startswith("1 of 3 trials, best score")
    assert lines[1].endswith("s left ")
    assert lines[-1].strip() == repr(found)


# What goes wrong in a trial


def test_an_error_in_train_is_told_and_ends_only_its_trial():
    def train(lr, rng):
        if lr > 0.5:
            raise ValueError("the loss is NaN")
        return lr

    found = finished({"lr": (0.0, 1.0, "linear")}, train, 20)
    assert {trial.error for trial in found.failed} == {"ValueError: the loss is NaN"}
    assert all((trial.score is None) == (trial.settings["lr"] > 0.5) for trial in found.trials)
    assert 0 < len(found.failed) < 20
    assert f"{len(found.failed)} failed" in repr(found)


@pytest.mark.parametrize(
    ("value", "words"),
    [(math.nan, "its score is nan"), (math.inf, "its score is inf"), (None, "a score is a number"), ([1], "a score")],
)
def test_what_is_no_score_fails_the_trial_and_cannot_be_the_best(value, words):
    found = finished({"lr": [0.1]}, lambda lr, rng: value, 1)
    assert words in found.trials[0].error
    assert found.best is None
    assert repr(found) == "1 of 1 trials, 1 failed"


@pytest.mark.parametrize("number", [np.float32(0.5), np.float64(0.5), 1, True])
def test_numbers_of_all_kinds_are_scores(number):
    assert finished({"lr": [0.1]}, lambda lr, rng: number, 1).best.score == float(number)


def test_a_trial_that_kills_its_worker_costs_only_itself_and_is_tried_again_next_time(tmp_path):
    def train(lr, rng):
        if lr > 0.7 and not mended.exists():
            os.kill(os.getpid(), 9)
        return lr

    mended, store = tmp_path / "mended", tmp_path / "trials.jsonl"
    space = {"lr": (0.0, 1.0, "linear")}
    found = finished(space, train, 8, n_jobs=2, store=store)
    fatal = {number for number, settings in enumerate(found.planned) if settings["lr"] > 0.7}
    assert 0 < len(fatal) < 5
    assert sorted(trial.number for trial in found.trials) == list(range(8))
    assert {trial.number for trial in found.failed} == fatal
    assert {trial.error for trial in found.failed} == {DIED}
    mended.touch()
    again = finished(space, train, 8, n_jobs=2, store=store)
    assert not again.failed
    assert {trial.number for trial in again.trials if trial not in found.trials} == fatal


# The store


@pytest.fixture
def counted():
    """A function to train, and the rates it was called with."""
    calls = []

    def train(lr, rng):
        calls.append(lr)
        return lr + rng.random()

    return train, calls


RATES = {"lr": (0.0, 1.0, "linear")}


def test_what_is_in_the_store_is_not_run_again(tmp_path, counted):
    train, calls = counted
    store = tmp_path / "new folder" / "trials.jsonl"
    first = itertools.islice(search(RATES, train, 6, n_jobs=1, store=store), 2)
    begun = list(first)
    assert len(store.read_text().splitlines()) == 3
    found = finished(RATES, train, 6, store=store)
    assert len(calls) == 6
    assert found.trials[:2] == begun
    assert finished(RATES, train, 6, store=store).trials == found.trials
    assert len(calls) == 6
    assert [trial[:3] for trial in finished(RATES, train, 6).trials] == [trial[:3] for trial in found.trials]


def test_in_the_browser_a_store_has_a_name_that_is_not_taken_for_one_json_text(tmp_path, monkeypatch, counted):
    monkeypatch.setattr("coursekit.places.IN_BROWSER", True)
    with pytest.raises(ValueError, match=r"Choose a name without 'json', e\.g\. 'rates\.txt'"):
        search(RATES, counted[0], 3, n_jobs=1, store=tmp_path / "rates.jsonl")
    assert len(finished(RATES, counted[0], 3, store=tmp_path / "rates.txt").trials) == 3


def test_a_line_is_readable_json_and_is_there_the_moment_the_trial_has_ended(tmp_path, counted):
    store = tmp_path / "trials.jsonl"
    for done, trial in enumerate(search(RATES, counted[0], 3, n_jobs=1, store=store), 1):
        lines = [json.loads(line) for line in store.read_text().splitlines()]
        assert len(lines) == 1 + done
        assert lines[-1]["settings"] == trial.settings


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_cut_short_costs_its_trial_only(tmp_path, counted, cut):
    train, calls = counted
    store = tmp_path / "trials.jsonl"
    before = finished(RATES, train, 4, store=store).trials
    store.write_bytes(store.read_bytes()[:-cut])
    again = finished(RATES, train, 4, store=store)
    assert len(calls) == 5 if cut > 1 else 4  # without its last newline alone a line is whole
    assert [trial[:3] for trial in again.trials] == [trial[:3] for trial in before]
    assert len(finished(RATES, train, 4, store=store).trials) == 4
    assert len(calls) == 5 if cut > 1 else 4


def test_a_first_line_cut_short_begins_anew(tmp_path, counted):
    store = tmp_path / "trials.jsonl"
    store.write_text('{"format": 1, "spa')
    found = finished(RATES, counted[0], 2, store=store)
    assert finished(RATES, counted[0], 2, store=store).trials == found.trials
    assert len(counted[1]) == 2


def test_the_store_of_another_search_is_refused_and_stays_as_it_is(tmp_path, counted):
    train, _ = counted
    store = tmp_path / "trials.jsonl"
    finished(RATES, train, 4, store=store)
    before = store.read_bytes()
    others = [
        ({"lr": (0.0, 2.0, "linear")}, train, {}, "its space is"),
        (RATES, lambda lr, rng: 1.0, {}, "its train is"),
        (RATES, partial(train, rng=None), {}, "its train is"),
        (RATES, train, {"seed": 1}, "its seed is"),
        (RATES, train, {"how": "grid"}, "its how is"),
    ]
    for space, function, options, words in others:
        with pytest.raises(ValueError, match=f"of another search: {words}.*Choose another store, or delete"):
            search(space, function, 4, store=store, **options)
    assert store.read_bytes() == before
    search(RATES, train, 9, store=store)  # more trials of the same search


@pytest.mark.parametrize("content", ["a diary\n", "[1, 2]\n", '{"name": "somebody"}\n', "3\n"])
def test_a_file_that_is_no_store_is_refused_and_stays_as_it_is(tmp_path, counted, content):
    store = tmp_path / "notes.txt"
    store.write_text(content)
    with pytest.raises(ValueError, match="is no store of a search"):
        search(RATES, counted[0], 4, store=store)
    assert store.read_text() == content


@pytest.mark.parametrize("line", ["null", "[]", '{"number": 0}', '{"number": 0, "settings": {}, "score": NaN}'])
def test_a_line_that_is_no_trial_is_skipped(tmp_path, counted, line):
    train, calls = counted
    store = tmp_path / "trials.jsonl"
    search(RATES, train, 2, store=store)
    with store.open("a") as file:
        file.write(line + "\n")
    assert len(finished(RATES, train, 2, store=store).trials) == 2
    assert len(calls) == 2


# What is refused


@pytest.mark.parametrize(
    ("space", "error", "words"),
    [
        ({}, ValueError, "space is empty"),
        ({"lr": (1.0, 1.0, "log")}, ValueError, "from 1.0 to 1.0. The first end is the lower one"),
        ({"lr": (1.0, 0.1, "linear")}, ValueError, "The first end is the lower one"),
        ({"lr": (0.0, 1.0, "log")}, ValueError, "begins at 0.0, which has no logarithm"),
        ({"lr": (-1.0, 1.0, "log")}, ValueError, "no logarithm"),
        ({"lr": (0.0, math.inf, "linear")}, ValueError, "both finite"),
        ({"lr": (math.nan, 1.0, "linear")}, ValueError, "both finite"),
        ({"lr": ("a", "b", "log")}, TypeError, "both ends are numbers"),
        ({"lr": (0.1, 1.0)}, ValueError, "a range is a tuple like"),
        ({"lr": (0.1, 1.0, "cubic")}, ValueError, "a range is a tuple like"),
        ({"lr": 0.1}, TypeError, "choices are a list"),
        ({"lr": []}, ValueError, "lr has no choices"),
        ({"rng": [1]}, ValueError, "a generator of its own"),
        ({"rate": [0.1]}, TypeError, "train is called with rate, rng"),
    ],
)
def test_a_space_in_which_nothing_can_be_searched_is_refused(space, error, words):
    with pytest.raises(error, match=words):
        search(space, lambda lr, rng: 0.0, 4)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"n": 0}, ValueError, "search: n must be a whole number of at least 1"),
        ({"n": 2.5}, ValueError, "search: n must be"),
        ({"how": "bayes"}, ValueError, "how must be 'random' or 'grid', but is 'bayes'"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be"),
        ({"n_jobs": "two"}, ValueError, "n_jobs must be"),
        ({"how": "grid", "n": 11}, ValueError, "at least 12 points, but n is 11"),
        ({"train": "train"}, TypeError, "train must be a function"),
        ({"train": lambda lr, rng: 0.0}, TypeError, "train is called with lr, dropout, units, rng"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(options, error, words):
    with pytest.raises(error, match=words):
        search(**{"space": SPACE, "train": score, "n": 8} | options)
