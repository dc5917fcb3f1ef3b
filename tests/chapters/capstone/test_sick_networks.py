"""The ward: each patient is sick as said, the right remedies cure it, the wrong ones are tried as well and fail."""

import math
from dataclasses import replace
from itertools import combinations, pairwise
from threading import Thread

import numpy as np
import pytest

from coursekit.chapters.capstone import ward
from coursekit.chapters.capstone.sick_networks import ADMITTED, CUPBOARD, ILLNESSES, MOST, State, compute, frames
from coursekit.chapters.capstone.ward import (
    EVERY,
    PATIENTS,
    REMEDIES,
    STEPS,
    network,
    read_by,
    signs_by_layer,
    whole_run,
)
from coursekit.chapters.optimisation.digit_nets import CHANCE, LOSS
from coursekit.demos import DEMOS
from coursekit.diagnostics import findings, network_report
from coursekit.figures.canvas import LiveFigure
from coursekit.layers import Activation, Linear
from coursekit.layers.recurrent import rnn_through_time
from coursekit.network import Sequential

DEMO = DEMOS["sick_networks"]
BY_ILLNESS = {patient.illness: patient for patient in PATIENTS}
# What cures alone, and which pairs do where none does. The first of each is the one that removes the cause; the others
# help honestly.
CURES = {
    "dead": [("biases",), ("leaky",)],
    "vanishing": [("weights",)],
    "exploding": [("clip",), ("rate_down",)],
    "vanishing, dead": [("biases", "weights"), ("weights", "leaky")],
    "exploding, rate": [("rate_down", "weights"), ("weights", "clip")],
}


def outcome(illness, remedies, seed=0):
    patient = BY_ILLNESS[illness]
    for remedy in remedies:
        patient = patient.treated(remedy)
    return whole_run(patient, seed).looks[-1]


@pytest.mark.parametrize("illness", BY_ILLNESS)
def test_each_patient_guesses_without_a_remedy(illness):
    for seed in range(2):
        look = outcome(illness, (), seed)
        assert not look.cured
        assert look.accuracy < 0.3


@pytest.mark.parametrize("illness", BY_ILLNESS)
def test_one_remedy_cures_one_illness_and_every_other_is_tried_and_fails(illness):
    cured = [(name,) for name in REMEDIES.values() if outcome(illness, (name,)).cured]
    assert cured == sorted([c for c in CURES[illness] if len(c) == 1], key=lambda c: [*REMEDIES.values()].index(c[0]))


@pytest.mark.slow
@pytest.mark.parametrize("illness", ["vanishing, dead", "exploding, rate"])
def test_two_illnesses_need_two_remedies_and_the_right_ones(illness):
    cured = [pair for pair in combinations(REMEDIES.values(), 2) if outcome(illness, pair).cured]
    assert cured == CURES[illness]


@pytest.mark.parametrize(("illness", "remedies"), [(name, cure) for name, cures in CURES.items() for cure in cures])
def test_a_cure_cures_from_other_starts_too(illness, remedies):
    for seed in (1, 2):
        assert outcome(illness, remedies, seed).cured


@pytest.mark.parametrize(
    ("illness", "remedies"),
    [("exploding", ("weights",)), ("exploding, rate", ("clip",)), ("exploding, rate", ("rate_down", "clip"))],
)
def test_what_nearly_cures_fails_from_other_starts_too(illness, remedies):
    for seed in (1, 2):
        assert not outcome(illness, remedies, seed).cured


def test_a_net_that_is_sure_of_its_errors_is_not_cured():
    frame = compute(State(patient=bed("exploding, rate"), remedy="clip"))
    look = frame.now
    assert look.accuracy > MOST
    assert look.loss > 10 * CHANCE
    assert "but a loss of" in frame.verdict
    # How many digits it reads depends on how a processor rounds its sums. Were it all of them, it would still be sick.
    surer = look._replace(accuracy=1.0)
    assert not surer.cured
    assert surer._replace(loss=CHANCE / 2).cured
    assert "but a loss of" in replace(frame, now=surer).verdict


# ---- the signs


def bed(illness, seed=0):
    return next(name for name in "ABCDE" if State(patient=name, seed=seed).sick.illness == illness)


def report(illness, seed=0):
    patient = BY_ILLNESS[illness]
    data = read_by(patient, seed)
    net = network(patient, np.random.default_rng([seed, 5]))
    return network_report(net, data.x_val, LOSS, data.y_val), net, data


@pytest.mark.parametrize(
    ("illness", "found"),
    [("dead", {"dead"}), ("vanishing", {"vanishing"}), ("vanishing, dead", {"dead", "vanishing"})],
)
def test_the_diagnostics_find_the_illness_before_the_first_step(illness, found):
    seen = {finding.illness: finding for finding in findings(report(illness)[0])}
    assert set(seen) == found
    if "dead" in found:  # layers are counted from 1 here, and a layer and its activation have two paths
        assert int(seen["dead"].path) // 2 + 1 == BY_ILLNESS[illness].where[-1]


def test_signals_explode_layer_by_layer():
    std = [row.std for row in signs_by_layer(report("exploding, rate")[0])]
    assert all(4 < after / before < 8 for before, after in pairwise(std[:-1]))  # √(64 / 2) = 5.7
    assert "exploding" in {finding.illness for finding in findings(report("exploding, rate")[0])}


def test_the_gradient_grows_on_its_way_back_through_time_and_steps_are_bold():
    _, net, data = report("exploding")
    recurrent, last = net.layers
    dout = last.backward(LOSS(net.forward(data.x_val), data.y_val)[1])
    recurrent.backward(dout)
    spread = np.zeros((len(dout), 8, ward.UNITS), np.float32)
    spread[:, -1] = dout
    steps = np.linalg.norm(rnn_through_time(spread, recurrent.cache).dh, axis=(0, 2))
    assert steps[0] > 1.5 * steps[-1]
    run = whole_run(BY_ILLNESS["exploding"], 0)
    assert max(run.losses[:20]) > 3 * CHANCE
    assert max(signs.ratio for look in run.looks for signs in look.signs) > 0.03


def test_a_layer_and_its_activation_make_one_row():
    rng = np.random.default_rng(0)
    net = Sequential([Linear(5, 7, rng), Activation("relu"), Linear(7, 3, rng)])
    x, y = rng.normal(size=(20, 5)).astype(np.float32), rng.integers(0, 3, 20)
    updates = {name: 0.5 * array for name, array in net.params.items()}
    first, last = signs_by_layer(network_report(net, x, LOSS, y, updates=updates))
    hidden = np.maximum(x @ net.params["0.w"], 0)
    assert first.std == pytest.approx(hidden.std(), rel=1e-5)
    assert first.dead == (hidden <= 0).all(0).mean()
    assert first.ratio == last.ratio == pytest.approx(0.5)
    assert last.std == pytest.approx((hidden @ net.params["2.w"]).std(), rel=1e-5)


# ---- the figure


def test_the_beds_hold_every_patient_and_another_seed_shuffles_them():
    ward_of = [tuple(State(patient=name, seed=seed).sick.illness for name in "ABCDE") for seed in range(4)]
    assert all(sorted(beds) == sorted(BY_ILLNESS) for beds in ward_of)
    assert len(set(ward_of)) > 1
    assert set(ILLNESSES.values()) - {"?"} == set(BY_ILLNESS)


def test_the_diagnosis_is_judged_when_all_three_are_named():
    patient = {"patient": bed("dead")}
    assert compute(State(**patient)).verdict.endswith("What ails it?")
    for settings in ({"illness": "vanishing"}, {"illness": "vanishing", "layer": 3}, {"remedy": "clip"}):
        frame = compute(State(**patient, **settings))
        assert not frame.named
        assert "wrong" not in frame.verdict
        assert "diagnosis" not in frame.verdict
    right = compute(State(**patient, illness="dead", layer=3, remedy="biases"))
    assert (right.named, right.wrong, right.now.cured) == (True, [], True)
    assert "the diagnosis is right" in right.verdict
    wrong = compute(State(**patient, illness="vanishing", layer=2, second="biases"))
    assert wrong.wrong == ["illness", "layer"]
    assert "it learns" in wrong.verdict
    assert wrong.verdict.endswith("illness and layer wrong")


def test_the_question_is_about_a_patient_whom_no_rate_sets_going():
    frame = compute(State().replace(**DEMO.question.settings))
    assert DEMO.question.options[DEMO.question.answer] == "No, it stays there"
    for loss in (frame.untreated, frame.loss):
        assert np.abs(loss - CHANCE).max() < 0.3
    gradients = np.array([signs.gradient for signs in whole_run(State().sick, 0).looks[0].signs])
    assert (gradients == 0).mean() > 0.5  # most of its layers get none


def test_a_known_run_is_shown_in_a_few_pictures_and_a_new_one_from_its_first_steps():
    ward.recording.cache_clear()
    state = State(patient=bed("dead"), remedy="biases")
    new = [frame.now.step for frame in frames(state)]
    assert new == list(range(EVERY, STEPS + 1, EVERY))
    again = list(frames(state.replace(layer=1)))
    assert 2 < len(again) < 8
    assert again[-1].now.step == STEPS


def test_a_run_that_was_left_on_its_way_goes_on_in_another_thread_to_the_same_end():
    ward.recording.cache_clear()
    state = State(patient=bed("dead"), remedy="biases", second="rate_down")
    first = Thread(target=next, args=(frames(state),))
    before = np.geterr()
    first.start()
    first.join()
    whole = compute(state)
    assert np.geterr() == before
    ward.recording.cache_clear()
    assert_same(whole, compute(state))
    assert math.isfinite(whole.loss[-1])


def test_the_untreated_run_is_made_beside_a_treated_one_that_was_asked_for_first():
    ward.recording.cache_clear()
    state = State(patient=bed("exploding, rate"), remedy="clip")
    *_, last = frames(state)
    ward.recording.cache_clear()
    assert_same(last, compute(state))


@pytest.mark.parametrize("illness", ["dead", "exploding, rate"])
def test_a_known_run_ends_as_it_did_however_short_it_was(illness):
    state = State(patient=bed(illness))
    last = compute(state)
    *_, again = frames(state)
    assert_same(again, last)
    assert again.progress == 1


def assert_same(one, other):
    np.testing.assert_array_equal(one.loss, other.loss)
    np.testing.assert_array_equal(one.untreated, other.untreated)
    assert one.now == other.now


@pytest.mark.parametrize("name", "ABCDE")
def test_a_preset_admits_its_patient_without_a_word(name):
    assert DEMO.presets[f"Patient {name}"] == ADMITTED | {"patient": name}
    assert {ADMITTED["remedy"], ADMITTED["second"]} == {"none"} <= set(CUPBOARD.values())


def test_the_picture_marks_where_the_loss_ceased_to_be_a_number():
    frame = compute(State(patient=bed("exploding, rate")))
    live = LiveFigure(DEMO.View)
    live.render(frame)
    first = int(np.flatnonzero(~np.isfinite(frame.loss))[0]) + 1
    assert live.view.overflow.get_xdata().tolist() == [first]
    live.render(compute(State(patient=bed("dead"))))
    assert len(live.view.overflow.get_xdata()) == 0


@pytest.mark.parametrize("illness", BY_ILLNESS)
def test_which_patient_is_recurrent_is_said(illness):
    treated = {"illness": "exploding, rate", "layer": 0, "remedy": "weights", "second": "clip"}
    frame = compute(State(patient=bed(illness), **treated))
    assert ("2 layers, the first recurrent: " in frame.readout) == (illness == "exploding")
    live = LiveFigure(DEMO.View)
    live.render(frame)
    words = live.view.said
    assert words.get_text().startswith("Layer 1 is recurrent. " if illness == "exploding" else "You say: ")
    assert words.get_window_extent().x1 < live.figure.bbox.x1
