"""The panel without a browser: its widgets are moved from Python, as their messages would move them."""

import ast
import asyncio
import base64
import io
import threading
import time
import zlib
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
import threadpoolctl
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.text import Text
from PIL import Image

import coursekit.figures.canvas as live_figure
import coursekit.live.blas as live_blas
from coursekit import mine
from coursekit.chapter import Chapter
from coursekit.demos import DEMOS
from coursekit.exercises.question import Question
from coursekit.figures.canvas import LiveFigure, encode_png
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import Demo
from coursekit.figures.rest import still_wanted
from coursekit.live.blas import one_thread
from coursekit.live.panel import HELD, IDLE, STILL, VEIL, Panel
from coursekit.live.show import prepare, self_test, show
from coursekit.optimisers import OPTIMISERS
from coursekit.registry import Registry, UnknownNameError


@dataclass(frozen=True)
class Frame:
    value: float
    progress: float = 1.0

    @property
    def readout(self):
        return f"The value is {self.value:g} <now>."


@dataclass(frozen=True)
class State(DemoState):
    value: float = slider(1.0, 0.0, 2.0, "value")
    rows: int = 100


class View:
    size = (2.0, 1.0)

    def __init__(self, figure):
        self.ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        self.ax.set(xlim=(0, 1), ylim=(0, 2))
        (self.line,) = self.ax.plot([], [], animated=True)
        (self.ghost,) = self.ax.plot([], [], color="grey")

    def update(self, frame):
        self.line.set_data([0, 1], [frame.value] * 2)

    def pin(self, frame):
        self.ghost.set_data([0, 1], [frame.value] * 2) if frame else self.ghost.set_data([], [])


def make_demo(compute=lambda state: Frame(state.value), **fields):
    question = Question("What?", ("less", "more"), 1, "Because.", {"value": 1.5})
    chapter = Chapter("test", 0, "Test", ("test",))
    return Demo("test", chapter, "Test", State, compute, View, question, "Look.", **fields)


def press(panel, name, **details):
    """Press a button, as the page tells it."""
    panel.page._handle_custom_msg({"press": name, **details}, [])


def move(panel, **values):
    """Move controls, as the page tells it."""
    panel.page.set_state({"values": {**panel.page.values, **values}})


def wait_until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


class TestPanel:
    def test_shows_the_first_picture_at_once(self):
        panel = Panel(make_demo())
        assert panel.png.startswith(b"\x89PNG")
        assert repr(panel) == "test: The value is 1 <now>."

    def test_moving_a_control_moves_the_picture(self):
        panel = Panel(make_demo())
        before = panel.png
        move(panel, value=2.0)
        assert panel.frame.value == 2.0
        assert panel.png != before

    def test_set_moves_control_and_picture_and_shows_nothing_new(self):
        panel = Panel(make_demo())
        assert panel.set(value=0.5) is None
        assert panel.page.values["value"] == 0.5
        assert panel.frame.value == 0.5

    def test_same_state_same_bytes(self):
        first, second = Panel(make_demo()), Panel(make_demo(), value=0.3)
        first.set(value=0.3)
        assert first.png == second.png

    @pytest.mark.parametrize(
        ("settings", "error", "message"),
        [
            ({"value": 3.0}, ValueError, "between 0 and 2"),
            ({"value": "big"}, ValueError, "must be a number"),
            ({"value": float("nan")}, ValueError, "must be a number"),
            ({"valu": 1.0}, TypeError, "It has: value, rows"),
        ],
    )
    def test_a_bad_setting_raises_and_changes_nothing(self, settings, error, message):
        panel = Panel(make_demo())
        before = panel.png, panel.state
        with pytest.raises(error, match=message):
            panel.set(**settings)
        assert (panel.png, panel.state) == before

    def test_a_viewer_without_kernel_gets_the_picture_and_is_told_how_to_move_it(self):
        panel = show("neuron")
        bundle, metadata = panel._repr_mimebundle_()
        assert bundle["text/plain"] == repr(panel)
        figure = LiveFigure(DEMOS["neuron"].View)
        assert base64.b64decode(bundle["image/png"]) == figure.render(panel.frame, STILL)
        assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.page.model_id
        assert metadata["image/png"]["alt"] == panel.frame.readout

    def test_the_script_of_a_lecture_presses_the_same_buttons(self):
        panel = Panel(make_demo(presets={"high": {"value": 1.75}, "low": {"value": 0.25}}))
        assert panel.script == "panel.set(value=1.75)  # high\npanel.set(value=0.25)  # low"
        exec(panel.script, {"panel": panel})
        assert panel.frame.value == 0.25

    @pytest.mark.parametrize(("lecture", "larger"), [("1", True), ("0", False), ("", False)])
    def test_in_a_lecture_all_of_it_is_larger(self, monkeypatch, lecture, larger):
        monkeypatch.setenv("COURSEKIT_LECTURE", lecture)
        panel = Panel(make_demo())
        assert (panel.page.content["smallest"] > 1) is larger
        panel.page.set_state({"room": [160, 70, 1]})
        assert panel._figure.figure.dpi == pytest.approx(100 if larger else 84, abs=0.1)

    def test_a_preset_sets_controls_and_picture_and_its_button_is_marked(self):
        panel = Panel(make_demo(presets={"low": {"value": 0.25}, "high": {"value": 1.75}}))
        assert panel.page.at_case == -1
        press(panel, "preset", index=1)
        assert panel.frame.value == panel.page.values["value"] == 1.75
        assert panel.page.at_case == 1
        move(panel, value=1.5)
        assert panel.page.at_case == -1

    @pytest.mark.parametrize(
        ("button", "shown"),
        [(("preset", {"index": 0}), 0.25), (("reset", {}), 0.5), (("answer", {"option": 1}), 1.5)],
    )
    def test_a_move_that_the_page_sends_late_does_not_undo_a_button_pressed_after_it(self, button, shown):
        panel = Panel(make_demo(presets={"low": {"value": 0.25}}), ask="", value=0.5)
        panel.page.set_state({"values": {"value": 1.0}, "moves": 1})
        assert panel.frame.value == 1.0
        name, details = button
        press(panel, name, **details, after=2)
        panel.page.set_state({"values": {"value": 1.25}, "moves": 2})
        assert panel.frame.value == panel.page.values["value"] == shown
        panel.page.set_state({"values": {"value": 1.5}, "moves": 3})
        assert panel.frame.value == 1.5

    @pytest.mark.parametrize("value", [0.333, 1.23456789, 1e-7])
    def test_a_typed_value_stays_exact(self, value):
        panel = Panel(make_demo())
        move(panel, value=value)
        assert panel.state.value == panel.frame.value == panel.page.values["value"] == value

    def test_a_choice_is_a_place_among_the_options_in_the_page(self):
        panel = show("collapse", width=50, depth=2)
        options = list(panel.state.controls()["activation"].options.values())
        assert panel.page.values["activation"] == options.index("tanh")
        move(panel, activation=options.index("relu"))
        assert panel.state.activation == "relu"

    def test_pin_keeps_a_ghost_with_a_name_until_it_is_pressed_again(self):
        panel = Panel(make_demo())
        press(panel, "pin")
        assert panel.page.ghost == "Ghost: these settings"
        move(panel, value=1.5)
        assert panel.page.ghost == "Ghost: value = 1"
        pinned = panel.png
        press(panel, "pin")
        assert panel.page.ghost == ""
        assert panel.png != pinned
        assert panel.png == Panel(make_demo(), value=1.5).png

    def test_copied_settings_reproduce_the_figure(self):
        panel = show("collapse", width=50, depth=3)
        panel.set(weight_scale=0.2, scheme="he_normal")
        call = ast.parse(panel.call, mode="eval").body
        settings = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        copy = show(ast.literal_eval(call.args[0]), **settings)
        press(copy, "skip")
        assert copy.png == panel.png

    def test_the_line_of_code_follows_the_sliders(self):
        panel = Panel(make_demo())
        move(panel, value=0.5)
        assert panel.page.code == "ck.show('test', value=0.5)"

    def test_the_program_is_written_at_the_settings_of_now_and_only_when_it_is_asked_for(self, monkeypatch):
        panel, sent = show("collapse", width=50, depth=3), []
        monkeypatch.setattr(panel.page, "send", sent.append)
        move(panel, weight_scale=0.2)
        assert sent == []
        press(panel, "programs")
        (message,) = sent
        assert list(message["programs"]) == ["coursekit", "pytorch"]
        assert message["programs"]["coursekit"] == panel.code()
        assert message["programs"]["pytorch"] == panel.code("pytorch")
        assert panel.code().startswith("# What ck.show('collapse', weight_scale=0.2, depth=3, width=50) shows.\n")

    def test_where_pytorch_has_no_twin_a_comment_says_so_in_the_page(self, monkeypatch):
        panel, sent = show("xor", activation="step"), []
        monkeypatch.setattr(panel.page, "send", sent.append)
        press(panel, "programs")
        assert sent[0]["programs"]["pytorch"].startswith("# PyTorch has no Binary step: choose another one")
        assert panel.page.error == ""
        with pytest.raises(ValueError, match="PyTorch has no Binary step"):
            panel.code("pytorch")

    def test_a_program_that_there_is_not_is_refused_with_those_that_there_are(self):
        with pytest.raises(ValueError, match=r"neuron has no network or run .* These have: .*collapse"):
            show("neuron").code()
        with pytest.raises(ValueError, match="xor is written in 'coursekit' and 'pytorch', but not in 'torch'"):
            show("xor").code("torch")
        assert show("xor").page.content["programs"]
        assert not show("neuron").page.content["programs"]

    def test_a_closed_panel_opens_again(self):
        panel = Panel(make_demo())
        first = panel.page
        panel.close()
        panel.set(value=0.5)
        assert panel.page is not first
        assert panel.frame.value == 0.5

    def test_a_slider_moved_while_a_cell_sets_something_leaves_state_and_picture_in_agreement(self):
        began = threading.Event()

        def compute(state):
            if state.value == 1.9:
                began.set()
                time.sleep(0.2)
            return Frame(state.value)

        panel = Panel(make_demo(compute))
        cell = threading.Thread(target=panel.set, kwargs={"value": 1.9})
        cell.start()
        began.wait(5)
        move(panel, value=0.3)
        cell.join()
        assert panel.state.value == panel.frame.value == panel.page.values["value"] == 0.3

    def test_what_the_page_may_not_send_is_refused_once_and_the_controls_still_work(self, monkeypatch):
        monkeypatch.delenv("COURSEKIT_STRICT", raising=False)
        panel = Panel(make_demo())
        move(panel, nonsense=1)
        assert panel.page.error
        move(panel, value=0.3)
        assert (panel.state.value, panel.page.error) == (0.3, "")


class TestPrediction:
    """What tells the answer waits for one."""

    @pytest.fixture
    def panel(self):
        return show("neuron")

    @pytest.fixture
    def told(self, panel):
        return LiveFigure(panel.demo.View).render(panel.frame)

    def test_at_first_the_headline_is_veiled(self, panel, told):
        assert panel.page.veiled
        assert panel.png == LiveFigure(panel.demo.View).render(panel.frame, VEIL) != told

    def test_an_answer_shows_what_happens(self, panel):
        press(panel, "answer", option=0)
        assert not panel.page.veiled
        assert panel.page.answered == 0
        assert panel.demo.question.settings.items() <= vars(panel.state).items()
        assert panel.png == LiveFigure(panel.demo.View).render(panel.frame)

    def test_a_cell_may_ask_another_question_and_the_answer_leaves_its_settings_alone(self):
        demo = make_demo(others={"other": Question("Other?", ("a", "b"), 0, "So.", {"rows": 50})})
        panel = Panel(demo, ask="other", value=0.5)
        assert panel.page.content["question"]["text"] == "Other?"
        press(panel, "answer", option=1)
        assert (panel.state.value, panel.state.rows) == (0.5, 50)
        with pytest.raises(ValueError, match=r"test has no question 'another'\. It has 'other'"):
            Panel(demo, ask="another")

    def test_skip_shows_the_headline_and_moves_nothing(self, panel, told):
        before = panel.state
        press(panel, "skip")
        assert (panel.page.veiled, panel.page.answered, panel.state) == (False, -1, before)
        assert panel.png == told

    def test_moving_a_control_counts_as_skip(self, panel):
        move(panel, weight=2.0)
        assert not panel.page.veiled
        panel = show("neuron")
        panel.set(weight=2.0)
        assert not panel.page.veiled

    def test_what_the_page_sends_back_unchanged_does_not(self, panel):
        move(panel)
        assert panel.page.veiled

    def test_where_a_cell_has_settings_and_no_question_for_them_nothing_is_asked_and_nothing_veiled(self):
        panel = show("neuron", weight=0.5)
        assert panel.page.content["question"] is None
        assert not panel.page.veiled
        move(panel, weight=2.0)
        press(panel, "reset")
        assert (panel.state.weight, panel.page.veiled) == (0.5, False)

    def test_reset_asks_again_at_the_settings_it_was_shown_with(self):
        panel = show("neuron", ask="", weight=0.5)
        first = panel.png
        press(panel, "answer", option=0)
        press(panel, "reset")
        assert (panel.page.veiled, panel.page.answered, panel.state.weight) == (True, -1, 0.5)
        assert panel.png == first


class TestRoom:
    @pytest.mark.parametrize("room", [[776, 400], [712, 345], [1300, 700], [360, 300]])
    def test_the_picture_is_as_large_as_the_page_asks(self, room):
        panel = show("neuron")
        panel.page.set_state({"room": [*room, 1]})
        assert Image.open(io.BytesIO(panel.png)).size == tuple(room)

    @pytest.mark.parametrize(
        ("room", "size"), [([0, -20], (1, 1)), ([700, -20], (700, 1)), ([15_000, 9_000], (4096, 4096))]
    )
    def test_a_room_without_height_or_of_a_page_shrunk_to_nothing_is_no_error(self, room, size):
        figure = LiveFigure(View)
        figure.resize(*room)
        assert Image.open(io.BytesIO(figure.render(Frame(1.0)))).size[::-1] <= size[::-1]

    def test_while_it_moves_it_has_one_pixel_where_the_screen_has_two_and_all_when_it_rests(self):
        async def drag():
            panel = show("neuron")
            panel.page.set_state({"room": [776, 400, 2]})
            sizes = [Image.open(io.BytesIO(panel.png)).size]
            move(panel, weight=2.0)
            sizes.append(Image.open(io.BytesIO(panel.png)).size)
            for _ in range(100):  # it waits four times as long as the picture took, on a busy machine some seconds
                await asyncio.sleep(2 * IDLE)
                if (last := Image.open(io.BytesIO(panel.png)).size) != sizes[-1]:
                    break
            return [*sizes, last], panel

        sizes, panel = asyncio.run(drag())
        assert sizes == [(1552, 800), (776, 400), (1552, 800)]
        assert panel._figure.figure.dpi == pytest.approx(776 / 10.4, rel=0.2)

    def test_a_sharp_picture_in_between_changes_no_later_frame(self):
        frame = DEMOS["neuron"].compute(DEMOS["neuron"].State())
        plain, sharpened = LiveFigure(DEMOS["neuron"].View), LiveFigure(DEMOS["neuron"].View)
        for figure in (plain, sharpened):
            figure.resize(776, 400)
            figure.render(frame)
        sharpened.sharp(2.5)
        assert not sharpened.figure.stale
        assert sharpened.render(frame) == plain.render(frame)

    @pytest.mark.parametrize("name", DEMOS)
    def test_no_letter_is_smaller_than_11_pixels(self, name):
        figure = LiveFigure(DEMOS[name].View)
        figure.resize(700, 300)
        sizes = [text.get_fontsize() for text in figure.figure.findobj(Text) if text.get_text()]
        assert min(sizes) * figure.figure.dpi / 72 >= 11


class TestErrors:
    def test_a_callback_that_raises_shows_why_and_keeps_the_controls_alive(self, monkeypatch):
        monkeypatch.delenv("COURSEKIT_STRICT", raising=False)
        panel = Panel(make_demo(fails_above_one))
        move(panel, value=2.0)
        assert panel.page.error == "ArithmeticError: too large: 2 <b>"
        move(panel, value=0.5)
        assert panel.page.error == ""
        assert panel.frame.value == 0.5

    def test_under_test_it_raises_as_well(self, monkeypatch):
        monkeypatch.setenv("COURSEKIT_STRICT", "1")
        panel = Panel(make_demo(fails_above_one))
        with pytest.raises(ArithmeticError, match="too large"):
            move(panel, value=2.0)

    def test_set_raises_and_keeps_picture_and_state(self):
        panel = Panel(make_demo(fails_above_one))
        before = panel.png, panel.state
        with pytest.raises(ArithmeticError):
            panel.set(value=2.0)
        assert (panel.png, panel.state) == before

    @pytest.mark.parametrize("preview", [None, lambda state: state], ids=["full", "preview"])
    def test_where_the_drawing_raises_state_sliders_and_picture_still_agree(self, preview, monkeypatch):
        monkeypatch.delenv("COURSEKIT_STRICT", raising=False)
        panel = Panel(make_demo(preview=preview))
        before = panel.png, panel.state, panel.frame, panel.page.values, panel.page.code
        monkeypatch.setattr(View, "update", lambda self, frame: frame / "no picture")
        move(panel, value=2.0)
        assert "TypeError" in panel.page.error
        assert (panel.png, panel.state, panel.frame, panel.page.values, panel.page.code) == before
        with pytest.raises(TypeError):
            panel.set(value=2.0)
        assert (panel.png, panel.state, panel.frame, panel.page.values, panel.page.code) == before
        monkeypatch.undo()
        move(panel, value=2.0)
        assert panel.png == Panel(make_demo(), value=2.0).png

    @pytest.mark.parametrize(
        ("call", "shown"),
        [
            ("show('colapse')", "UnknownNameError: "),
            ("show('neuron', weight='big')", "ValueError: weight must be a number from "),
            ("show('neuron', wait=1)", "TypeError: "),
            ("show('neuron', ask='why')", "ValueError: neuron has no question 'why'."),
            ("panel.set(weight='big')", "ValueError: weight must be a number from "),
        ],
    )
    def test_a_call_that_asks_for_what_is_not_there_shows_one_line_in_a_notebook(self, call, shown, capsys):
        shell = InteractiveShell()
        shell.push({"show": show, "panel": show("neuron")})
        shell.run_cell(call)
        printed = capsys.readouterr().out
        assert printed.startswith(shown)
        assert printed.count("\n") == 1

    def test_an_error_of_the_packages_own_keeps_its_way(self, capsys):
        def compute(state):
            raise ValueError("a fault in the figure")

        shell = InteractiveShell()
        shell.colors = "nocolor"
        shell.push({"Panel": Panel, "demo": make_demo(compute)})
        shell.run_cell("Panel(demo)")
        assert "def compute(state)" in capsys.readouterr().out

    def test_an_unknown_demo_is_named_with_its_nearest(self):
        with pytest.raises(UnknownNameError, match="Did you mean 'collapse'"):
            show("colapse")


def fails_above_one(state):
    if state.value > 1:
        raise ArithmeticError(f"too large: {state.value:g} <b>")
    return Frame(state.value)


class TestPreview:
    def demo(self, seen):
        def compute(state):
            seen.append(state.rows)
            return Frame(state.value)

        return make_demo(compute, preview=lambda state: state.replace(rows=10))

    def test_in_a_drag_previews_are_drawn_and_the_last_is_refined_once(self):
        seen = []

        async def drag():
            panel = Panel(self.demo(seen))
            seen.clear()
            for value in (1.1, 1.2, 1.3):
                move(panel, value=value)
                await asyncio.sleep(IDLE / 10)
            await asyncio.sleep(4 * IDLE)
            return panel

        panel = asyncio.run(drag())
        assert seen == [10, 10, 10, 100]
        assert panel.frame.value == 1.3

    def test_a_busy_machine_is_no_learner_at_rest(self):
        """A refinement waits four times as long as the last picture took."""
        seen = []

        async def drag():
            def slow(state):
                seen.append(state.rows)
                time.sleep(0.1)
                return Frame(state.value)

            panel = Panel(make_demo(slow, preview=lambda state: state.replace(rows=10)))
            seen.clear()
            for value in (1.1, 1.2, 1.3):
                move(panel, value=value)
                await asyncio.sleep(0.2)  # a gap in the messages, longer than IDLE
            in_the_drag = list(seen)
            await asyncio.sleep(0.8)
            return in_the_drag

        assert asyncio.run(drag()) == [10, 10, 10]
        assert seen == [10, 10, 10, 100]

    def test_a_hand_that_holds_the_slider_may_be_slow_and_is_answered_when_it_lets_go(self):
        seen = []

        async def drag():
            panel = Panel(self.demo(seen))
            seen.clear()
            panel.page.set_state({"held": True})
            for value in (1.1, 1.2):
                move(panel, value=value)
                await asyncio.sleep(4 * IDLE)  # many times longer than a picture takes
            in_the_drag = list(seen)
            panel.page.set_state({"held": False})
            await asyncio.sleep(4 * IDLE)
            return in_the_drag, panel

        in_the_drag, panel = asyncio.run(drag())
        assert in_the_drag == [10, 10]
        assert seen == [10, 10, 100]
        seen.clear()
        asyncio.run(self.press_and_let_go(panel))
        assert seen == []  # nothing has moved, and the picture is a whole one

    async def press_and_let_go(self, panel):
        panel.page.set_state({"held": True})
        panel.page.set_state({"held": False})
        await asyncio.sleep(4 * IDLE)

    def test_who_holds_the_slider_still_is_answered_too(self):
        seen = []

        async def hold():
            panel = Panel(self.demo(seen))
            seen.clear()
            panel.page.set_state({"held": True})
            move(panel, value=1.1)
            await asyncio.sleep(HELD + 4 * IDLE)

        asyncio.run(hold())
        assert seen == [10, 100]

    def test_a_refinement_is_given_up_the_moment_a_value_arrives(self):
        steps = []

        def compute(state):
            for step in range(100):
                still_wanted()
                if state.rows == 100 and state.value == 1.1:
                    steps.append(step)
                    time.sleep(0.02)
            return Frame(state.value)

        async def drag():
            panel = Panel(make_demo(compute, preview=lambda state: state.replace(rows=10)))
            move(panel, value=1.1)
            await asyncio.sleep(IDLE + 0.2)
            began = time.perf_counter()
            move(panel, value=1.2)
            took = time.perf_counter() - began
            await asyncio.sleep(4 * IDLE)
            return took, panel

        took, panel = asyncio.run(drag())
        assert 0 < len(steps) < 50  # it had begun, and did not go on
        assert took < 0.5
        assert panel.frame.value == 1.2
        assert panel.page.error == ""

    def test_without_an_event_loop_it_refines_at_once(self):
        seen = []
        panel = Panel(self.demo(seen))
        seen.clear()
        move(panel, value=1.5)
        assert seen == [10, 100]


def test_while_a_preview_is_computed_blas_has_one_thread():
    controller = threadpoolctl.ThreadpoolController()
    with one_thread():
        assert {library["num_threads"] for library in controller.info() if library["user_api"] == "blas"} == {1}


def test_without_threadpoolctl_a_preview_is_computed_all_the_same(monkeypatch):
    monkeypatch.setattr(live_blas, "ThreadpoolController", None)
    with one_thread():
        pass


class TestRun:
    def demo(self, count=10, fail_at=None, pause=0.0):
        def frames(state):
            for i in range(1, count + 1):
                time.sleep(pause)
                if i == fail_at:
                    raise ArithmeticError("step 3 failed")
                yield Frame(state.value * i, progress=i / count)

        def compute(state):
            return Frame(state.value * count)

        return make_demo(compute, frames=frames)

    def test_a_move_starts_a_run_that_ends_where_compute_ends(self):
        panel = Panel(self.demo())
        move(panel, value=2.0)
        wait_until(lambda: not panel._runner.running)
        assert panel.frame.value == 20.0
        assert panel.page.progress == 1.0

    def test_stop_ends_it_and_start_goes_on_from_there(self):
        panel = Panel(self.demo(count=50, pause=0.005))
        press(panel, "start")
        wait_until(lambda: panel.frame.progress < 1)
        press(panel, "stop")
        stopped = panel.frame.progress
        assert not panel._runner.running
        assert stopped < 1
        press(panel, "start")
        wait_until(lambda: not panel._runner.running)
        assert panel.frame.value == 50.0

    def followed(self, seen, **options):
        """A run whose whole is computed at rest, after previews of 10 rows; ``seen`` has what was computed."""
        demo = self.demo(count=50, pause=0.002, **options)

        def compute(state):
            seen.append(state.rows)
            return Frame(50 * state.value if state.rows > 10 else state.value)

        return replace(demo, compute=compute, preview=lambda state: state.replace(rows=10))

    def test_a_dragged_slider_is_followed_by_previews_and_answered_by_the_whole_run(self):
        seen = []

        async def drag():
            panel = Panel(self.followed(seen))
            seen.clear()
            for value in (1.1, 1.2, 1.3):
                move(panel, value=value)
                assert panel.frame.value == value
                assert not panel._runner.running
                await asyncio.sleep(IDLE / 10)
            await asyncio.sleep(4 * IDLE)
            return panel

        panel = asyncio.run(drag())
        assert seen == [10, 10, 10, 100]
        assert (panel.frame.value, panel.page.progress) == (65.0, 1.0)

    def test_a_drag_ends_a_run_that_goes_on_and_start_takes_a_new_one(self):
        panel = Panel(self.followed([]))
        press(panel, "start")
        wait_until(lambda: 0 < panel.frame.progress < 1)
        move(panel, value=2.0)  # without a loop the whole follows at once
        assert not panel._runner.running
        assert panel.frame.value == 100.0
        press(panel, "start")
        wait_until(lambda: panel.frame.progress < 1)
        wait_until(lambda: not panel._runner.running)
        assert panel.frame.value == 100.0

    def test_a_button_begins_a_run_and_so_does_a_slider_that_waits_for_the_release(self, monkeypatch):
        seen = []
        panel = Panel(replace(self.followed(seen), presets={"high": {"value": 1.5}}))
        seen.clear()
        press(panel, "preset", index=0)
        wait_until(lambda: panel.frame.value == 75.0)
        control = panel.state.controls()["value"]
        waiting = {"value": replace(control, on_release=True)}
        monkeypatch.setattr(State, "controls", classmethod(lambda cls: waiting))
        move(panel, value=2.0)
        assert panel._runner.running
        wait_until(lambda: not panel._runner.running)
        assert panel.frame.value == 100.0
        assert seen == []

    def test_reset_ends_a_run_and_shows_the_first_picture_again(self):
        panel = Panel(self.demo(count=50, pause=0.005))
        first = panel.png
        panel.page.set_state({"values": {**panel.page.values, "value": 2.0}})
        wait_until(lambda: panel.frame.progress < 1)
        press(panel, "reset")
        assert not panel._runner.running
        assert (panel.png, panel.frame.value, panel.page.veiled) == (first, 50.0, True)
        press(panel, "start")
        wait_until(lambda: not panel._runner.running)
        assert panel.frame.value == 50.0

    def test_set_forgets_a_run_that_was_stopped(self):
        panel = Panel(self.demo(count=50, pause=0.005))
        press(panel, "start")
        wait_until(lambda: panel.frame.progress < 1)
        press(panel, "stop")
        panel.set(value=2.0)
        press(panel, "start")
        wait_until(lambda: not panel._runner.running)
        assert panel.frame.value == 100.0

    def test_start_twice_gives_one_run(self):
        panel = Panel(self.demo(count=30, pause=0.005))
        before = threading.active_count()
        press(panel, "start")
        press(panel, "start")
        assert threading.active_count() == before + 1
        press(panel, "stop")

    def test_another_run_releases_the_old_one(self):
        first, second = Panel(self.demo(200, pause=0.005)), Panel(self.demo(200, pause=0.005))
        press(first, "start")
        press(second, "start")
        assert not first._runner.running
        assert second._runner.running
        press(second, "stop")

    def test_a_run_that_fails_says_so_and_can_be_started_again(self):
        panel = Panel(self.demo(fail_at=3))
        press(panel, "start")
        wait_until(lambda: "step 3 failed" in panel.page.error)
        panel.set(value=2.0)
        assert panel.page.error == ""


class TestFigure:
    def test_the_blitted_picture_is_the_one_a_full_draw_gives(self):
        view_frame = Frame(1.5)
        figure = LiveFigure(View)
        figure.render(Frame(0.2))
        blitted = np.asarray(Image.open(io.BytesIO(figure.render(view_frame))))
        assert (blitted == np.asarray(Image.open(io.BytesIO(LiveFigure(View).render(view_frame))))).all()

    def test_nothing_static_is_drawn_again_while_only_data_move(self, monkeypatch):
        figure = LiveFigure(DEMOS["collapse"].View)
        state = DEMOS["collapse"].State(width=50, rows=100)
        frames = [DEMOS["collapse"].compute(replace(state, weight_scale=s)) for s in (0.1, 0.2, 0.3)]
        figure.render(frames[0])
        draws = []
        monkeypatch.setattr(figure.canvas, "draw", lambda: draws.append(1))
        for frame in frames[1:]:
            figure.render(frame)
        assert draws == []

    def test_a_new_limit_is_drawn(self):
        figure = LiveFigure(View)
        before = figure.render(Frame(1.0))
        figure.view.ax.set_ylim(0, 4)
        assert figure.render(Frame(1.0)) != before

    @pytest.mark.parametrize("encoder", ["isal", "zlib"])
    def test_png_holds_exactly_the_pixels(self, encoder, monkeypatch):
        monkeypatch.setattr(live_figure, "zlib", zlib if encoder == "zlib" else pytest.importorskip("isal.isal_zlib"))
        pixels = np.random.default_rng(0).integers(0, 256, (17, 23, 4), np.uint8)
        assert (np.asarray(Image.open(io.BytesIO(encode_png(pixels)))) == pixels).all()


def test_prepare_ends_with_ready(capsys):
    prepare("initialisation")
    assert capsys.readouterr().out.rstrip().endswith("Ready.")


def test_self_test_prints_versions_and_ready(capsys):
    self_test()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "ready"
    assert any(line.startswith("numba") for line in lines)


def test_a_learners_own_record_is_offered_at_once_by_open_panels():
    registry = Registry("rule")
    registry.add(SimpleNamespace(name="plain", label="Plain", factor=1.0))

    @dataclass(frozen=True)
    class Choosing(State):
        rule: str = choice("plain", registry, "rule")

    def compute(state):
        return Frame(state.value * registry[state.rule].factor)

    panel = Panel(replace(make_demo(compute), State=Choosing))
    assert panel.page.options == {"rule": ["Plain"]}
    registry.add_own(SimpleNamespace(name="mine", label="mine (yours)", factor=2.0))
    assert panel.page.options == {"rule": ["Plain", "mine (yours)"]}
    move(panel, rule=1)
    assert panel.state.rule == "mine"
    assert panel.frame.value == 2.0
    registry.add_own(SimpleNamespace(name="mine", label="mine (yours)", factor=1.5))  # the picture follows
    assert panel.frame.value == 1.5
    panel.close()
    registry.add_own(SimpleNamespace(name="other", label="other (yours)", factor=3.0))
    assert panel.frame.value == 1.5
    assert panel.page.options == {"rule": ["Plain", "mine (yours)", "other (yours)"]}


def test_a_learners_own_mistake_is_shown_and_the_panel_goes_on(monkeypatch):
    monkeypatch.delenv("COURSEKIT_STRICT", raising=False)

    def late(w, grad, memory, lr):
        memory["t"] = memory.get("t", 0) + 1
        return w - lr * grad if memory["t"] < 5 else w - memory["velocity"]

    @dataclass(frozen=True)
    class Walking(State):
        optimiser: str = choice("sgd", OPTIMISERS, "optimiser")

    def compute(state):
        opt, params = OPTIMISERS[state.optimiser](lr=0.1), {"w": np.array([state.value])}
        memory = opt.init(params)
        for _ in range(9):
            opt.step(params, {"w": params["w"].copy()}, memory)
        return Frame(float(params["w"][0]))

    panel = Panel(replace(make_demo(compute), State=Walking))
    before = panel.frame
    mine.optimiser("mine", late)
    try:
        move(panel, optimiser=len(OPTIMISERS) - 1)
        assert panel.page.error.startswith("OwnCodeError: your mine raises KeyError: 'velocity' (line ")
        assert 'memory["velocity"])' in panel.page.error
        assert panel.frame is before
        assert panel.state.optimiser == "sgd"  # as the picture shows, and the dropdown too
        mine.optimiser("mine", lambda w, grad, memory, lr: w - lr * grad)  # mended
        move(panel, optimiser=len(OPTIMISERS) - 1)
        assert panel.page.error == ""
        assert panel.frame.value == pytest.approx(0.9**9)
        mine.optimiser("mine", lambda w, grad, memory, lr: w - 2 * lr * grad)  # while it is shown
        assert panel.frame.value == pytest.approx(0.8**9)
    finally:
        panel.close()
        OPTIMISERS.remove_own()


class TestTwoThreads:
    """JupyterLab may bring a slider's messages on another thread than a cell's."""

    def test_a_panel_that_is_shown_while_another_thread_closes_it_is_shown(self):
        panel, errors, ended = Panel(make_demo()), [], threading.Event()

        def show():
            try:
                while not ended.is_set():
                    panel._repr_mimebundle_()
            except Exception as error:
                errors.append(error)

        thread = threading.Thread(target=show)
        thread.start()
        for _ in range(200):
            panel.close()
        ended.set()
        thread.join()
        panel.close()
        assert not errors

    @pytest.mark.parametrize("running", [False, True], ids=["instant", "a run"])
    def test_a_slider_and_a_cell_that_move_at_once_leave_state_picture_and_words_in_agreement(self, running):
        def frames(state):
            for part in range(1, 5):
                time.sleep(0.001)
                yield Frame(state.value, part / 4)

        panel, errors, ended = Panel(make_demo(**({"frames": frames} if running else {}))), [], threading.Event()

        def hand():
            for step in range(1, 400):
                if ended.is_set():
                    break
                panel.page.set_state({"values": {"value": step % 7 / 4}, "moves": step})
                errors.extend(filter(None, [panel.page.error]))

        thread = threading.Thread(target=hand)
        thread.start()
        for step in range(100):
            panel.set(value=step % 5 / 3)
        ended.set()
        thread.join()
        wait_until(lambda: not panel._runner.running)
        assert not errors
        assert panel.frame.value == panel.state.value == panel.page.values["value"]
        assert panel.page.readout == panel.frame.readout
        assert panel.png == LiveFigure(View).render(panel.frame)
