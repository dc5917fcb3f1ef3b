"""The bug hunt: one gate is wrong and it is the one that is named; all else agrees with the differences."""

from itertools import pairwise

import numpy as np
import pytest

from coursekit.chapters.backprop.bug_hunt import (
    BUGS,
    GATES,
    GOOD,
    NAMES,
    POOR,
    WIRES,
    Bug,
    State,
    analytic_gradients,
    batch,
    bug_of,
    compute,
    error_of,
    numeric_gradients,
    run_forward,
)

SEEDS = range(2 * len(BUGS))
HONEST = Bug("nobody", "", lambda right, dout, cache: right(dout, cache))


def behind(name):
    """The wires that a wrong gradient of this wire reaches on its way to the input."""
    reached = {name}
    for gate in reversed(GATES):
        if reached & set(gate.gives):
            reached |= set(gate.takes)
    return reached


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_bug_everything_agrees(seed):
    gradients = analytic_gradients(*run_forward(batch(seed, 4), {}), HONEST)
    numeric = numeric_gradients(seed, 4)
    assert max(error_of(gradients[name], numeric[name]) for name in WIRES) < GOOD / 3


@pytest.mark.parametrize("seed", SEEDS)
def test_by_themselves_only_the_culprit_fails(seed):
    frame = compute(State(seed=seed, check="alone"))
    culprit = GATES[NAMES.index(bug_of(seed).gate)]
    assert frame.wrong
    assert set(frame.wrong) <= set(culprit.takes)


@pytest.mark.parametrize("seed", SEEDS)
def test_on_the_way_back_the_culprit_gets_right_gradients_and_spoils_what_lies_behind(seed):
    frame = compute(State(seed=seed))
    gate = GATES[NAMES.index(bug_of(seed).gate)]
    assert not set(gate.gives) & set(frame.wrong)
    assert set(gate.takes) & set(frame.wrong)
    possible = set().union(*(behind(name) for name in gate.takes))
    assert set(frame.wrong) <= possible


@pytest.mark.parametrize("seed", SEEDS)
def test_an_error_is_clearly_right_or_clearly_wrong(seed):
    for check in ("chain", "alone"):
        errors = compute(State(seed=seed, check=check)).errors
        assert ((errors < GOOD / 3) | (errors > POOR)).all()


@pytest.mark.parametrize("seed", range(len(BUGS)))
def test_only_the_culprit_is_found_guilty(seed):
    verdicts = {name: compute(State(seed=seed, suspect=name)) for name in NAMES}
    for name, frame in verdicts.items():
        assert frame.solved == (name == bug_of(seed).gate)
        assert frame.verdict.startswith("Found:" if frame.solved else "Not ")


def test_each_gate_is_the_culprit_of_some_draw_and_neighbours_differ():
    assert {bug.gate for bug in BUGS} == set(NAMES)
    gates = [bug.gate for bug in (*BUGS, BUGS[0])]
    assert all(a != b for a, b in pairwise(gates))


def test_a_forgotten_mean_is_invisible_with_one_sample():
    seed = next(i for i, bug in enumerate(BUGS) if bug.gate == "loss")
    alone = compute(State(seed=seed, samples=1))
    assert alone.wrong == []
    assert "one sample" in alone.readout
    assert set(compute(State(seed=seed, samples=2)).wrong) == set(WIRES)


def test_a_bug_in_a_parameters_gradient_is_inherited_by_nobody():
    seed = next(i for i, bug in enumerate(BUGS) if "transposed; W₁" in bug.verdict)
    assert compute(State(seed=seed)).wrong == ["W₁"]


def test_the_loss_is_the_mean_cross_entropy_of_the_scores():
    values, _ = run_forward(batch(0, 4), {})
    p = np.exp(values["y"]) / np.exp(values["y"]).sum(1, keepdims=True)
    assert values["L"] == pytest.approx(-np.log(p[np.arange(4), values["labels"]]).mean())


def test_the_scatter_shows_the_chosen_gradient():
    frame = compute(State(seed=6, wire="W₁"))
    assert set(frame.numeric) == set(numeric_gradients(6, 4)["W₁"].ravel())
    right = compute(State(seed=6, wire="z₂"))
    np.testing.assert_allclose(right.analytic, right.numeric, atol=1e-8)


def test_a_bug_that_happens_to_change_nothing_is_not_blamed_on_the_number_of_samples():
    for samples in (2, 3, 4):  # W₁'s gradient is 0: no unit is open
        assert "on these samples this bug does not show" in compute(State(samples=samples, seed=240)).readout
