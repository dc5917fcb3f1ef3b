"""A run that goes on while its live controls move, one step at a time where asked, and a picture that always agrees."""

import ast
import time
from dataclasses import dataclass

import pytest

from coursekit.chapter import Chapter
from coursekit.exercises.question import Question
from coursekit.figures.controls import slider
from coursekit.figures.demo import Demo
from coursekit.figures.steering import Live, SteeredState
from coursekit.live.panel import SETTLING, Panel

STEPS, EVERY = 120, 4


@dataclass(frozen=True)
class State(SteeredState):
    rate: float = slider(1.0, 0.0, 9.0, "rate", live=True, main=True)
    drag: float = slider(0.0, 0.0, 1.0, "drag", live=True)
    width: int = slider(3, 1, 9, "width")
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The sum of all rates so far."""

    step: int
    total: float
    state: State

    @property
    def progress(self):
        return self.step / STEPS

    @property
    def readout(self):
        return f"Step {self.step}: {self.total:g} at a rate of {self.state.rate:g}, moved at {self.state.until}."


class View:
    size = (2.0, 1.0)

    def __init__(self, figure):
        self.words = figure.text(0, 0.5, "", fontsize=9.5, animated=True)

    def update(self, frame):
        self.words.set_text(f"{frame.total:g} {frame.state.rate:g} {[move.step for move in frame.state.moves()]}")


def frames(state, live=None, pause=0.0):
    live, total = live or Live(state), 0.0
    for step in range(1, STEPS + 1):
        now = live.state.at(step - 1)
        total += now.rate - now.drag
        if live.single or step % EVERY == 0:
            time.sleep(pause)
            yield Frame(step, total, live.state)


def compute(state):
    *_, last = frames(state)
    return last


def make_panel(pause=0.004, **settings):
    chapter, question = Chapter("test", 0, "Test", ("test",)), Question("What?", ("less", "more"), 1, "Because.")
    presets = {"fast": {"rate": 5.0}, "planned": {"rate": 1.0, "until": ((60, "rate", 5.0),)}}
    run = lambda state, live=None: frames(state, live, pause)  # noqa: E731
    demo = Demo("test", chapter, "Test", State, compute, View, question, "Look.", presets, frames=run)
    return Panel(demo, **settings)


def press(panel, name, **details):
    panel.page._handle_custom_msg({"press": name, **details}, [])


def move(panel, **values):
    panel.page.set_state({"values": {**panel.page.values, **values}})


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.002)


def started(panel, step=20):
    """Start the run, and wait until it has come so far."""
    press(panel, "start")
    wait_until(lambda: panel._runner.running and step <= panel.frame.step < STEPS - 20)
    return panel


def ended(panel):
    wait_until(lambda: not panel._runner.running)
    return panel


def assert_agrees(panel):
    """State, picture, readout, page and copied line tell the same run."""
    page, state = panel.page, panel.state
    assert panel.frame.state == state
    assert page.readout == panel.frame.readout
    assert {name: page.values[name] for name in ("rate", "drag", "width")} == {
        name: getattr(state, name) for name in ("rate", "drag", "width")
    }
    call = ast.parse(page.code, mode="eval").body
    assert State(**{one.arg: ast.literal_eval(one.value) for one in call.keywords}) == state
    until_here = next(frame for frame in frames(state, Live(state, single=True)) if frame.step == panel.frame.step)
    assert until_here == panel.frame


def test_a_live_control_moved_during_a_run_does_not_start_another_and_acts_from_the_next_step():
    panel = started(make_panel())
    worker, before = panel._runner._thread, panel.frame.step
    move(panel, rate=3.0)
    assert panel._runner._thread is worker
    ((step, name, value),) = panel.state.until
    assert (name, value) == ("rate", 1.0)
    assert before <= step < STEPS
    ended(panel)
    assert panel.frame.total == pytest.approx(step + 3.0 * (STEPS - step))
    assert_agrees(panel)
    assert panel.frame == compute(panel.state)


def test_no_frame_takes_a_slider_back_that_has_just_been_moved():
    panel = started(make_panel(pause=0.03), step=4)
    for rate in (2.0, 3.0, 4.0, 5.0, 6.0, 7.0):
        told = []
        panel.page.observe(lambda change, told=told: told.append(change["new"]["rate"]), "values")
        move(panel, rate=rate)
        time.sleep(0.05)
        assert told == [rate]
    press(panel, "stop")
    assert_agrees(panel)


def test_a_cell_that_sets_a_live_control_during_a_run_acts_like_the_slider():
    panel = started(make_panel())
    worker = panel._runner._thread
    panel.set(drag=0.5)
    assert panel._runner._thread is worker
    assert panel.page.values["drag"] == 0.5
    assert panel.state.until[0][1:] == ("drag", 0.0)
    ended(panel)
    assert_agrees(panel)


def test_a_drag_leaves_every_value_it_passed_where_it_acted():
    panel = started(make_panel())
    for rate in (2.0, 3.0, 4.0, 5.0):
        move(panel, rate=rate)
        time.sleep(0.02)
    ended(panel)
    assert 1 <= len(panel.state.until) <= 4
    assert_agrees(panel)


def test_another_control_moved_during_a_run_starts_a_new_one_without_the_moves():
    panel = started(make_panel())
    move(panel, rate=3.0)
    move(panel, width=5)
    assert panel.state == State(rate=3.0, width=5)
    ended(panel)
    assert panel.frame.total == 3.0 * STEPS
    assert_agrees(panel)


def test_a_preset_pressed_during_a_run_starts_a_new_one_though_only_a_live_control_differs():
    panel = started(make_panel())
    move(panel, rate=3.0)
    press(panel, "preset", index=0)
    ended(panel)
    assert panel.state == State(rate=5.0)
    assert_agrees(panel)


def test_while_a_run_stands_a_move_is_shown_at_once_and_holds_from_the_next_step():
    panel = started(make_panel())
    press(panel, "stop")
    step, picture = panel.frame.step, panel.png
    move(panel, rate=3.0)
    assert not panel._runner.running
    assert panel.frame.step == step
    assert panel.png != picture
    assert panel.state.until == ((step, "rate", 1.0),)
    assert_agrees(panel)
    move(panel, rate=1.0)  # and back: nothing was moved
    assert panel.state == State()
    assert panel.png == picture
    move(panel, rate=3.0)
    press(panel, "start")
    ended(panel)
    assert panel.frame.total == pytest.approx(step + 3.0 * (STEPS - step))
    assert_agrees(panel)


def test_a_move_just_before_stop_is_in_the_picture_at_rest():
    panel = started(make_panel(pause=0.05), step=4)
    move(panel, rate=3.0)
    press(panel, "stop")
    assert panel.state.until
    assert_agrees(panel)


def test_after_the_end_a_move_starts_a_new_run_as_every_other_control_does():
    panel = ended(started(make_panel()))
    move(panel, rate=3.0)
    assert panel.state == State(rate=3.0)
    ended(panel)
    assert panel.frame.total == 3.0 * STEPS


def test_start_after_the_end_begins_with_what_the_controls_say_and_forgets_what_was_moved():
    panel = started(make_panel())
    move(panel, rate=3.0)
    ended(panel)
    assert panel.state.until
    press(panel, "start")
    ended(panel)
    assert panel.state == State(rate=3.0)
    assert_agrees(panel)


def test_moves_that_were_planned_are_run_again():
    panel = make_panel(rate=1.0, until=((60, "rate", 5.0),))
    assert panel.frame.total == 5.0 * 60 + 1.0 * 60
    for _ in range(2):
        ended(started(panel))
        assert panel.frame.total == 360
        assert_agrees(panel)
    press(panel, "reset")
    press(panel, "preset", index=1)
    ended(panel)
    assert panel.frame.total == 360
    assert panel.page.at_case == 1


def test_one_step_begins_a_run_goes_on_with_it_and_stops_one_that_goes_on():
    panel = make_panel()
    assert panel.page.content["step"]
    for step in (1, 2, 3):
        press(panel, "step")
        assert (panel.frame.step, panel.frame.total) == (step, step)
        assert_agrees(panel)
    move(panel, rate=3.0)
    press(panel, "step")
    assert (panel.frame.step, panel.frame.total) == (4, 6.0)
    assert_agrees(panel)
    started(panel)
    press(panel, "step")
    assert not panel._runner.running
    assert_agrees(panel)
    press(panel, "start")
    assert ended(panel).frame.step == STEPS
    assert_agrees(panel)


def test_one_step_more_than_the_last_begins_anew():
    panel = started(make_panel())
    press(panel, "stop")
    while panel.frame.step < STEPS:
        press(panel, "step")
    assert panel.page.progress == 1
    press(panel, "step")
    assert panel.frame.step == 1


def test_reset_begins_anew():
    panel = make_panel()
    first = panel.png
    started(panel)
    move(panel, rate=3.0)
    press(panel, "reset")
    assert panel.state == State()
    assert panel.png == first
    press(panel, "step")
    assert panel.frame.total == 1.0


def test_set_of_something_else_ends_the_run_and_its_moves():
    panel = started(make_panel())
    move(panel, rate=3.0)
    panel.set(width=4)
    assert panel.state == State(rate=3.0, width=4)
    assert panel.frame.step == STEPS
    assert_agrees(panel)
    panel.set(until=((60, "rate", 5.0),))
    assert panel.frame.total == 5.0 * 60 + 3.0 * 60
    assert_agrees(panel)


def test_pin_keeps_the_run_going_and_says_what_was_moved_since():
    panel = started(make_panel())
    worker = panel._runner._thread
    press(panel, "pin")
    move(panel, rate=3.0)
    assert panel._runner._thread is worker
    ended(panel)
    assert panel.page.ghost == "Ghost: rate = 1, never moved"
    assert_agrees(panel)
    step = panel.state.until[0][0]
    press(panel, "pin")
    press(panel, "pin")
    move(panel, rate=4.0)
    ended(panel)
    assert panel.page.ghost == f"Ghost: rate = 3, rate 1 until step {step}"


def test_what_is_no_value_is_refused_and_the_run_goes_on():
    panel = started(make_panel())
    worker = panel._runner._thread
    with pytest.raises(ValueError, match="rate must lie between"):
        panel.set(rate=99.0)
    assert panel._runner._thread is worker
    assert ended(panel).state == State()


def test_a_hand_that_is_still_moving_when_a_run_begins_begins_it_anew_and_leaves_no_marks():
    panel = started(make_panel(pause=0.02), step=8)
    press(panel, "stop")
    move(panel, width=5)
    for rate in (2.0, 3.0, 4.0):
        move(panel, rate=rate)
        time.sleep(0.05)
    assert panel.state == State(rate=4.0, width=5)
    panel._moved_at -= SETTLING  # a second later it is a move on the way
    wait_until(lambda: 8 <= panel.frame.step < STEPS)
    move(panel, rate=5.0)
    ended(panel)
    assert [move.before for move in panel.state.moves()] == [4.0]
    assert_agrees(panel)


def test_a_live_move_waits_for_no_more_than_the_frame_that_is_drawn():
    panel = started(make_panel(pause=0.04), step=4)
    waits = []
    for rate in (2.0, 3.0, 4.0, 5.0, 6.0):
        began = time.perf_counter()
        move(panel, rate=rate)
        waits.append(time.perf_counter() - began)
        time.sleep(0.01)
    press(panel, "stop")
    assert sorted(waits)[2] < 0.15
