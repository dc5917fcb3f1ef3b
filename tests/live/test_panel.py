"""The panel without a browser: its widgets are moved from Python, as their messages would move them."""

import ast
import asyncio
import base64
import io
import threading
import time
import zlib
from dataclasses import dataclass, replace
from html import escape

import numpy as np
import pytest
import threadpoolctl
from ipywidgets import HTML, Button, FloatLogSlider, Play, ToggleButtons, Widget
from PIL import Image

import coursekit.figures.canvas as live_figure
import coursekit.live.blas as live_blas
from coursekit.chapter import Chapter
from coursekit.demos import DEMOS
from coursekit.exercises.question import Question
from coursekit.figures.canvas import LiveFigure, encode_png
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import Demo
from coursekit.live.blas import one_thread
from coursekit.live.panel import IDLE, Panel
from coursekit.live.show import prepare, self_test, show
from coursekit.live.widgets import control_widget
from coursekit.registry import UnknownNameError


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


def press(panel, label):
    [found] = [w for w in descendants(panel.widget) if isinstance(w, Button) and w.description == label]
    found.click()


def descendants(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from descendants(child)


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
        panel.controls["value"].value = 2.0
        assert panel.frame.value == 2.0
        assert panel.png != before

    def test_set_moves_control_and_picture_and_returns_the_panel(self):
        panel = Panel(make_demo())
        assert panel.set(value=0.5) is panel
        assert panel.controls["value"].value == 0.5
        assert panel.frame.value == 0.5

    def test_same_state_same_bytes(self):
        assert Panel(make_demo()).set(value=0.3).png == Panel(make_demo(), value=0.3).png

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

    def test_a_viewer_without_kernel_gets_the_picture(self):
        panel = Panel(make_demo())
        bundle, metadata = panel._repr_mimebundle_()
        assert bundle["text/plain"] == repr(panel)
        assert base64.b64decode(bundle["image/png"]) == panel.png
        assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.widget.model_id
        assert metadata["image/png"]["alt"] == panel.frame.readout

    def test_the_readout_is_escaped(self):
        assert "&lt;now&gt;" in Panel(make_demo())._readout.value

    def test_the_script_of_a_lecture_presses_the_same_buttons(self):
        panel = Panel(make_demo(presets={"high": {"value": 1.75}, "low": {"value": 0.25}}))
        assert panel.script == "panel.set(value=1.75)  # high\npanel.set(value=0.25)  # low"
        exec(panel.script, {"panel": panel})
        assert panel.frame.value == 0.25

    @pytest.mark.parametrize(("lecture", "larger"), [("1", True), ("0", False), ("", False)])
    def test_in_a_lecture_all_of_it_is_larger(self, monkeypatch, lecture, larger):
        monkeypatch.setenv("COURSEKIT_LECTURE", lecture)
        assert ("zoom" in Panel(make_demo()).widget.children[0].value) is larger

    def test_html_in_any_text_of_a_demo_is_shown_as_it_is_written(self):
        texts = [f"<i>{word}</i> & <script>" for word in ("question", "less", "more", "because", "notice", "title")]
        question = Question(texts[0], tuple(texts[1:3]), 1, texts[3], {"value": 1.5})
        panel = Panel(replace(make_demo(), question=question, notice=texts[4], title=texts[5]))
        [choices] = [found for found in descendants(panel.widget) if isinstance(found, ToggleButtons)]
        blocks = [found for found in descendants(panel.widget) if isinstance(found, HTML)]
        for answer in choices.options:
            choices.value = answer
            shown = "".join(block.value for block in blocks)
            assert "<script" not in shown
            # In question, why and notice; after a miss in the right answer too.
            assert shown.count(escape("<script>")) == 3 + (answer != question.options[1])
        assert not any(getattr(found, "description_allow_html", False) for found in descendants(panel.widget))

    def test_reset_goes_back_to_the_settings_it_was_shown_with(self):
        panel = Panel(make_demo(), value=0.5)
        panel.controls["value"].value = 2.0
        press(panel, "Reset")
        assert panel.frame.value == panel.controls["value"].value == 0.5

    def test_a_preset_sets_controls_and_picture(self):
        panel = Panel(make_demo(presets={"high": {"value": 1.75}}))
        press(panel, "high")
        assert panel.frame.value == panel.controls["value"].value == 1.75

    def test_a_value_between_two_steps_stays_exact_when_the_page_snaps_its_slider(self):
        panel = Panel(make_demo())
        panel.set(value=0.333)
        panel.controls["value"].value = 0.34  # the nearest step, as the browser sends it back
        assert panel.state.value == panel.frame.value == 0.333
        panel.controls["value"].value = 0.36  # one step further: the learner has moved it
        assert panel.state.value == panel.frame.value == 0.36

    def test_a_log_slider_snaps_in_decades(self):
        control = show("collapse", width=50, depth=2).state.controls()["weight_scale"]
        assert control.snapped(10 ** (-1.52), 0.03)
        assert not control.snapped(10 ** (-1.51), 0.03)

    def test_pin_keeps_a_ghost_until_it_is_pressed_again(self):
        panel = Panel(make_demo())
        press(panel, "Pin")
        panel.controls["value"].value = 1.5
        pinned = panel.png
        press(panel, "Unpin")
        assert panel.png != pinned
        assert panel.png == Panel(make_demo(), value=1.5).png

    def test_answering_shows_what_happens_and_why(self):
        panel = Panel(make_demo())
        [options] = [w for w in descendants(panel.widget) if isinstance(w, ToggleButtons)]
        options.value = "less"
        [feedback] = [w for w in descendants(panel.widget) if "coursekit-feedback" in w._dom_classes]
        assert "<b>Not this one</b>, but: more. Because." in feedback.value
        assert panel.frame.value == 1.5
        options.value = "more"
        assert "<b>Yes.</b> Because." in feedback.value

    def test_copied_settings_reproduce_the_figure(self):
        panel = show("collapse", width=50, depth=3)
        panel.set(weight_scale=0.2, scheme="he_normal")
        call = ast.parse(panel.code, mode="eval").body
        settings = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        assert show(ast.literal_eval(call.args[0]), **settings).png == panel.png

    def test_the_line_of_code_follows_the_sliders(self):
        panel = Panel(make_demo())
        press(panel, "Copy settings")
        panel.controls["value"].value = 0.5
        assert panel._code.value == "ck.show('test', value=0.5)"

    def test_every_control_has_a_label(self):
        panel = show("collapse", width=50, depth=2)
        assert all(control.description for control in panel.controls.values())


def test_a_slider_that_plays_has_a_button_with_its_range_that_the_page_links_to_it():
    panel = show("graph")
    (play,) = (widget for widget in descendants(panel.widget) if isinstance(widget, Play))
    step = panel.controls["step"]
    assert (play.value, play.min, play.max, play.step) == (step.value, step.min, step.max, step.step)
    links = [one for one in Widget.get_manager_state()["state"].values() if one["model_name"] == "LinkModel"]
    assert any(
        f"IPY_MODEL_{play.model_id}" in str(link) and f"IPY_MODEL_{step.model_id}" in str(link) for link in links
    )


@pytest.mark.parametrize("name", DEMOS)
def test_the_state_accepts_both_ends_of_every_slider_as_the_widget_gives_them(name):
    state = DEMOS[name].State()
    for field, control in state.controls().items():
        widget = control_widget(field, control, getattr(state, field))
        for end in (getattr(widget, "min", None), getattr(widget, "max", None)):
            if end is not None:
                widget.value = 10**end if isinstance(widget, FloatLogSlider) else end
                assert getattr(state.replace(**{field: widget.value}), field) in control.samples()


class TestErrors:
    def test_a_callback_that_raises_shows_why_and_keeps_the_controls_alive(self, monkeypatch):
        monkeypatch.delenv("COURSEKIT_STRICT", raising=False)
        panel = Panel(make_demo(fails_above_one))
        panel.controls["value"].value = 2.0
        assert "too large: 2 &lt;b&gt;" in panel._error.value
        panel.controls["value"].value = 0.5
        assert panel._error.value == ""
        assert panel.frame.value == 0.5

    def test_under_test_it_raises_as_well(self, monkeypatch):
        monkeypatch.setenv("COURSEKIT_STRICT", "1")
        panel = Panel(make_demo(fails_above_one))
        with pytest.raises(ArithmeticError, match="too large"):
            panel.controls["value"].value = 2.0

    def test_set_raises_and_keeps_picture_and_state(self):
        panel = Panel(make_demo(fails_above_one))
        before = panel.png, panel.state
        with pytest.raises(ArithmeticError):
            panel.set(value=2.0)
        assert (panel.png, panel.state) == before

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
                panel.controls["value"].value = value
                await asyncio.sleep(IDLE / 10)
            await asyncio.sleep(4 * IDLE)
            return panel

        panel = asyncio.run(drag())
        assert seen == [10, 10, 10, 100]
        assert panel.frame.value == 1.3

    def test_without_an_event_loop_it_refines_at_once(self):
        seen = []
        panel = Panel(self.demo(seen))
        seen.clear()
        panel.controls["value"].value = 1.5
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
        panel.controls["value"].value = 2.0
        wait_until(lambda: not panel._runner.running)
        assert panel.frame.value == 20.0
        assert panel._progress.value == 1.0

    def test_stop_ends_it_and_start_goes_on_from_there(self):
        panel = Panel(self.demo(count=50, pause=0.005))
        press(panel, "Start")
        wait_until(lambda: panel.frame.progress < 1)
        press(panel, "Stop")
        stopped = panel.frame.progress
        assert not panel._runner.running
        assert stopped < 1
        press(panel, "Start")
        wait_until(lambda: not panel._runner.running)
        assert panel.frame.value == 50.0

    def test_set_forgets_a_run_that_was_stopped(self):
        panel = Panel(self.demo(count=50, pause=0.005))
        press(panel, "Start")
        wait_until(lambda: panel.frame.progress < 1)
        press(panel, "Stop")
        panel.set(value=2.0)
        press(panel, "Start")
        wait_until(lambda: not panel._runner.running)
        assert panel.frame.value == 100.0

    def test_start_twice_gives_one_run(self):
        panel = Panel(self.demo(count=30, pause=0.005))
        before = threading.active_count()
        press(panel, "Start")
        press(panel, "Start")
        assert threading.active_count() == before + 1
        press(panel, "Stop")

    def test_another_run_releases_the_old_one(self):
        first, second = Panel(self.demo(200, pause=0.005)), Panel(self.demo(200, pause=0.005))
        press(first, "Start")
        press(second, "Start")
        assert not first._runner.running
        assert second._runner.running
        press(second, "Stop")

    def test_a_run_that_fails_says_so_and_can_be_started_again(self):
        panel = Panel(self.demo(fail_at=3))
        press(panel, "Start")
        wait_until(lambda: "step 3 failed" in panel._error.value)
        panel.set(value=2.0)
        assert panel._error.value == ""


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
