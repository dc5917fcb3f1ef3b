"""A state keeps what its controls were before they were moved, so that the run can be taken again."""

from dataclasses import dataclass

import pytest

from coursekit.figures.controls import DemoState, slider
from coursekit.figures.steering import Live, Move, SteeredState


@dataclass(frozen=True)
class State(SteeredState):
    lr: float = slider(0.1, 0.001, 1.0, "learning rate", log=True, live=True)
    decay: float = slider(0.0, 0.0, 1.0, "weight decay", live=True)
    width: int = slider(10, 1, 20, "units")
    seed: int = 0


def test_only_live_sliders_are_live():
    assert State.live() == ["lr", "decay"]


def test_a_move_acts_from_the_next_step_and_the_values_before_it_are_kept():
    state = State().steered(300, lr=0.01)
    assert (state.lr, state.until) == (0.01, ((300, "lr", 0.1),))
    assert [state.at(done).lr for done in (0, 299, 300, 1000)] == [0.1, 0.1, 0.01, 0.01]
    again = state.steered(500, lr=0.05, decay=0.5)
    assert [again.at(done).lr for done in (0, 300, 499, 500)] == [0.1, 0.01, 0.01, 0.05]
    assert [again.at(done).decay for done in (499, 500)] == [0.0, 0.5]
    assert again.moves() == [
        Move(300, "lr", 0.1, 0.01),
        Move(500, "decay", 0.0, 0.5),
        Move(500, "lr", 0.01, 0.05),
    ]


def test_a_run_written_down_with_its_moves_is_that_run():
    state = State().steered(300, lr=0.01).steered(400, lr=0.03)
    assert State(lr=0.03, until=((400, "lr", 0.01), (300, "lr", 0.1))) == state
    assert hash(state) == hash(State(**vars(state)))


def test_a_control_moved_twice_between_two_steps_was_moved_once():
    assert State().steered(300, lr=0.05).steered(300, lr=0.01) == State().steered(300, lr=0.01)
    assert State().steered(300, lr=0.05).steered(300, lr=0.1) == State()


def test_before_the_first_step_nothing_was_before():
    assert State().steered(0, lr=0.01) == State(lr=0.01)


def test_a_hand_that_interferes_takes_the_place_of_the_moves_still_to_come_of_that_control():
    planned = State(lr=0.01, until=((300, "lr", 0.1), (600, "lr", 0.05), (600, "decay", 0.2)))
    state = planned.steered(400, lr=0.5)
    assert state.until == ((300, "lr", 0.1), (400, "lr", 0.05), (600, "decay", 0.2))
    assert [state.at(done).lr for done in (0, 350, 400, 700)] == [0.1, 0.05, 0.5, 0.5]


def test_any_other_change_is_another_run():
    state = State().steered(300, lr=0.01)
    assert state.replace(lr=0.02).until == state.replace(width=5).until == state.replace(seed=1).until == ()
    assert state.replace() == state.replace(lr=0.01) == state
    assert state.replace(lr=0.02, until=((9, "lr", 0.1),)).until == ((9, "lr", 0.1),)


def test_only_live_controls_and_nothing_else_can_move_on_the_way():
    state = State().steered(300, lr=0.01)
    assert state.moved_to(state.replace(lr=0.02)) == {"lr": 0.02}
    assert state.moved_to(state.replace(lr=0.02, decay=0.1)) == {"lr": 0.02, "decay": 0.1}
    for other in (state, state.replace(width=5), state.replace(lr=0.02, seed=1), State(until=((5, "lr", 0.5),))):
        assert state.moved_to(other) == {}


@pytest.mark.parametrize(
    "entry", [(0, "lr", 0.1), (1.5, "lr", 0.1), (5, "width", 3), (5, "nothing", 3), (5, "lr"), 5, "lr"]
)
def test_an_entry_that_is_no_move_is_refused_with_an_example(entry):
    with pytest.raises(ValueError, match=r"one of lr, decay.*Example: until=\(\(300, 'lr', 0.1\),\)"):
        State(until=(entry,))


def test_a_value_that_the_control_cannot_have_is_refused_by_the_control():
    with pytest.raises(ValueError, match=r"lr must lie between 0\.001 and 1, but is 7"):
        State(until=((5, "lr", 7.0),))


def test_a_plain_state_has_no_moves():
    assert "until" not in vars(DemoState())
    assert Live(State()).begun == State()
