"""The babysat run: each patient shows its symptom, moves act from the next step, and what is claimed of it happens."""

import itertools
import math

import numpy as np
import pytest
from drawn import frame_of

from coursekit.chapters.optimisation.babysit import (
    ALL,
    CHANCE,
    EVERY,
    HEALTHY,
    LOSS,
    PATIENTS,
    STEPS,
    State,
    Unshuffled,
    compute,
    digits,
    frames,
    network,
    patient_data,
    running_mean,
)
from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.steering import Live
from coursekit.optimisers import OPTIMISERS
from coursekit.training import fit

DEMO = DEMOS["babysit"]
PRESETS = DEMO.presets
DIED = ("dying", "dead")  # as the last steps were
SYMPTOMS = {"A": ("swings",), "B": DIED, "C": ("overfits",), "D": ("born dead",), "E": ("start",), "F": ("timid",)}


def warned(state, steps=range(EVERY, STEPS + 1, EVERY)):
    """The kinds of all warnings that the run shows on its way."""
    return {frame.symptom for frame in frames(state) if frame.step in steps} - {""}


def test_the_healthy_run_gives_no_alarm_and_reads_96_percent():
    assert warned(State()) == set()
    frame = compute(State())
    assert frame.vitals.val_accuracy[-1] > 0.94
    assert "No alarm after 1080 steps" in frame.verdict
    share = np.mean([HEALTHY[0] < ratio < 2 * HEALTHY[1] for ratio in frame.vitals.ratio])
    assert share > 0.95  # around the green band


def test_the_first_loss_is_that_of_a_net_that_knows_nothing():
    for seed in range(3):
        net = network(State(), np.random.default_rng(seed))
        assert LOSS(net.forward(digits(0)[0].x), digits(0)[0].labels)[0] == pytest.approx(CHANCE, abs=0.15)


def test_the_curves_are_those_of_fit():
    state = State(lr=0.1, momentum=0.5, weight_decay=0.01)
    rng = np.random.default_rng(0)
    net, data = network(state, rng), patient_data(state, rng)
    optimiser = OPTIMISERS["momentum"](lr=0.1, momentum=0.5, weight_decay=0.01)
    rows = list(fit(net, LOSS, optimiser, (*data, *digits(0)[1]), 2, 32, rng))
    first = next(frame for frame in frames(state) if frame.step == 72)
    np.testing.assert_array_equal(first.vitals.loss, [row.loss for row in rows])
    assert first.vitals.val_loss[-1] == pytest.approx(rows[-1].val_loss, rel=1e-5)


# ---- steering


def test_a_run_moved_on_its_way_is_the_run_that_its_state_tells():
    live = Live(State(lr=0.3))
    for frame in frames(live.state, live):
        if frame.step == 120:
            live.state = live.state.steered(120, lr=0.01)
        if frame.step == 300:
            live.state = live.state.steered(300, momentum=0.9, weight_decay=0.02)
    assert frame.state.until == ((120, "lr", 0.3), (300, "momentum", 0.0), (300, "weight_decay", 0.0))
    again = compute(frame.state)
    for seen, computed in zip(frame.vitals, again.vitals, strict=True):
        np.testing.assert_array_equal(seen, computed)
    assert again.readout == frame.readout


def test_a_move_changes_the_next_step_and_none_before_it():
    still, moved = compute(State()), compute(State(lr=0.5, until=((200, "lr", 0.05),)))
    np.testing.assert_array_equal(still.vitals.loss[:201], moved.vitals.loss[:201])  # a loss is that before its step
    np.testing.assert_array_equal(still.vitals.val_loss[:200], moved.vitals.val_loss[:200])
    assert moved.vitals.val_loss[200] != still.vitals.val_loss[200]
    assert moved.vitals.ratio[200] == pytest.approx(10 * still.vitals.ratio[200], rel=0.01)
    assert moved.readout.endswith("Moved last at step 200: learning rate from 0.05 to 0.5.")


def test_one_step_shows_the_next_step_whatever_lies_between_two_pictures():
    live = Live(State())
    run = frames(live.state, live)
    assert next(run).step == EVERY
    live.single = True
    assert [next(run).step for _ in range(2)] == [EVERY + 1, EVERY + 2]
    live.single = False
    assert next(run).step == 2 * EVERY


# ---- the patients


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", PATIENTS)
def test_a_patient_shows_its_symptom_once_it_is_uncovered(name, seed):
    assert compute(State(**PATIENTS[name], seed=seed)).symptom in SYMPTOMS[name]


@pytest.mark.parametrize("name", PATIENTS)
def test_a_patient_is_covered_until_the_answer_and_the_same_run_uncovered(name):
    early = [next(frames(State(**settings))) for settings in ({"patient": name}, PATIENTS[name])]
    for one, other in zip(*(frame.vitals for frame in early), strict=True):
        np.testing.assert_array_equal(one, other)
    covered = compute(State(patient=name))
    assert covered.verdict == f"Patient {name} after 1080 steps: what is wrong?"
    assert DEMO.others[name].settings == {"patient": "none"} | PATIENTS[name]
    for word in ("rate", "sorted", "shuffled", "dead since", "weights are"):
        assert word not in covered.verdict
    assert set(covered.state.without_effect()) == set(State.controls()) - {"patient"}


def test_what_is_said_of_the_patients():
    run = {name: compute(State(patient=name)).vitals for name in PATIENTS}
    losses = run["A"].loss[-3 * 36 :].reshape(3, 36)
    assert all(np.corrcoef(losses[i], losses[j])[0, 1] > 0.8 for i, j in itertools.combinations(range(3), 2))
    assert (run["B"].ratio[:36] > 10 * HEALTHY[1]).mean() > 0.8
    assert run["B"].dead[0] < 0.1 < 0.7 < run["B"].dead[-1]
    assert 100 * run["C"].loss[-1] < 0.4 < run["C"].val_loss[-1]
    assert (run["D"].dead > 0.7).all()
    assert np.abs(run["D"].val_loss - CHANCE).max() < 0.02
    assert run["E"].loss[0] > 10
    assert (run["F"].ratio < 1.1e-4).all()


def test_weights_four_times_too_large_in_three_layers_make_scores_64_times_too_large():
    plain, large = (network(State(scale=scale), np.random.default_rng(0)) for scale in (1.0, 4.0))
    x = digits(0)[0].x[:5]
    np.testing.assert_allclose(large.forward(x), 64 * plain.forward(x), rtol=1e-4)


def test_sorted_digits_come_in_the_order_of_their_classes_and_others_do_not():
    rng = np.random.default_rng(0)
    x, labels = patient_data(State(data="sorted"), rng)
    assert (np.diff(labels) >= 0).all()
    assert len(x) == ALL
    np.testing.assert_array_equal(Unshuffled(np.random.PCG64(0)).permutation(5), range(5))
    assert (np.diff(patient_data(State(), rng)[1]) < 0).any()
    assert (patient_data(State(data="random"), rng)[1] == patient_data(State(), rng)[1]).mean() < 0.2


# ---- what else is claimed


@pytest.mark.parametrize("seed", range(3))
def test_a_rate_cut_in_time_saves_the_net_and_not_the_dead(seed):
    frame = compute(State(**DEMO.question.settings, seed=seed))
    dead = frame.vitals.dead
    assert frame.vitals.val_accuracy[-1] > 0.93
    assert dead[29] > 0.2
    assert dead[-1] > 0.7 * dead[29]
    if seed == 0:
        assert 0.45 < dead[29] < 0.55
        assert frame.vitals.val_accuracy[29] < 0.2


@pytest.mark.parametrize("seed", range(2))
def test_presets_tell_their_stories(seed):
    run = {name: frame_of("babysit", State(**settings, seed=seed)) for name, settings in PRESETS.items()}
    assert run["Too bold"].symptom in DIED
    assert {name: frame.symptom for name, frame in run.items() if name != "Too bold"} == {
        "Healthy": "",
        "20 digits by heart": "by heart",
        "Too timid, mended": "",
        "λ stands in the way": "plateau",
    }
    assert run["20 digits by heart"].vitals.loss[-1] < 0.01
    assert run["20 digits by heart"].vitals.val_accuracy[-1] < 0.7
    mended = run["Too timid, mended"].vitals.val_accuracy
    assert mended[299] < 0.4
    assert mended[-1] > 0.93


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_all_of_its_settings(name):
    assert PRESETS[name].keys() == {*State.controls(), "until"}


def test_warnings_come_early():
    assert next(frame.step for frame in frames(State(lr=1.0)) if frame.symptom) <= 6
    assert next(frame.step for frame in frames(State(lr=0.001)) if frame.symptom) <= 12
    assert "timid" in warned(State(**PRESETS["Too timid, mended"]), range(300))


@pytest.mark.parametrize(
    ("settings", "symptom"),
    [
        ({"data": "random"}, "labels"),
        ({"scale": 0.1}, "faint"),
        ({"lr": 10.0, "momentum": 0.9, "weight_decay": 0.1}, "nan"),
        ({"lr": 0.6}, "bold"),
    ],
)
def test_other_troubles_are_named_on_the_way(settings, symptom):
    assert symptom in warned(State(**settings), range(30, 300))


def test_a_run_that_overflows_says_so_and_can_be_drawn():
    frame = compute(State(lr=10.0, momentum=0.9, weight_decay=0.1))
    assert "not a number" in frame.readout
    assert "Since step" in frame.verdict
    assert math.isnan(frame.vitals.dead[-1])
    assert LiveFigure(DEMO.View).render(frame).startswith(b"\x89PNG")


def test_the_running_mean_is_that_of_the_last_values():
    values = np.random.default_rng(0).normal(size=20)
    expected = [values[max(0, i - 3) : i + 1].mean() for i in range(20)]
    np.testing.assert_allclose(running_mean(values, 4), expected)
