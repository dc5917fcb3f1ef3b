"""The panel of one demo: its question, its controls, its picture and one line that says what the picture shows."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import ipywidgets as w

from coursekit.figures.canvas import LiveFigure
from coursekit.figures.controls import Slider
from coursekit.figures.demo import Demo
from coursekit.live.blas import one_thread
from coursekit.live.cells import close_all, now_showing
from coursekit.live.question import Ask
from coursekit.live.run import LOCK, Runner, in_one_context
from coursekit.live.widgets import Picture, button, control_widget, grid, html, note, row, style

IDLE = 0.05  # seconds without a new value after which a preview is refined


class Panel:
    """A live figure: drag its sliders in JupyterLab, or drive it from code with `set`.

    Parameters
    ----------
    demo : Demo
        What to show.
    **settings
        State fields that differ from their defaults.

    Attributes
    ----------
    state, frame
        The state of the controls, and the frame last drawn.
    png : bytes
        The picture.
    """

    def __init__(self, demo: Demo, **settings: Any) -> None:
        self.demo = demo
        self.state = demo.State().replace(**settings)
        self._initial = self.state
        self._syncing = False
        self._generation = 0
        self._frames: Iterator[Any] | None = None
        self._figure: Any = None  # a LiveFigure, while the panel is open
        self._runner = Runner(self._show, self._run_ended)
        self.set()

    # ---- from code

    def set(self, **settings: Any) -> "Panel":
        """Change settings, draw the full picture before returning, and raise what goes wrong."""
        self._stop()
        state = self.state.replace(**settings)
        if self._figure is None:
            self._open()
        with LOCK:
            frame = self.demo.compute(state)
            self.state = state
            self._frames = None  # a run that was stopped belonged to the old state
            self._show(frame)
            self._error.value = ""
            self._sync_controls()
        return self

    @property
    def png(self) -> bytes:
        """The picture as PNG."""
        return bytes(self._image.value)

    def __repr__(self) -> str:
        return f"{self.demo.name}: {self.frame.readout}"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A widget where there is a kernel, the PNG where there is none, the readout where there is neither."""
        if self._figure is None:
            self.set()
        now_showing(self)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        data = {
            "text/plain": repr(self),
            "image/png": b64encode(self.png).decode("ascii"),
            "application/vnd.jupyter.widget-view+json": view,
        }
        return data, {"image/png": {"alt": self.frame.readout}}

    def close(self) -> None:
        """End the run, and free what kernel and page hold; `set`, or showing it again, builds the panel anew."""
        self._stop()
        close_all(self.widget)
        self._figure = None

    # ---- building

    def _open(self) -> None:
        demo = self.demo
        self._pinned = False
        self._figure = LiveFigure(demo.View)
        self._image = Picture(format="png", tooltip=f"{self.demo.title}; the line of text below says what it shows")
        self._image.add_class("coursekit-figure")
        self._readout = html("", "coursekit-readout")
        self._error = html("", "coursekit-error")
        hidden = w.Layout(width="100%", display="none")
        self._code = w.Text(description="settings as code", style={"description_width": "initial"}, layout=hidden)
        described = self.state.controls().items()
        self.controls = {name: control_widget(name, control, getattr(self.state, name)) for name, control in described}
        for control in self.controls.values():
            control.observe(self._changed, "value")
        self.widget = w.VBox(
            [
                style(),
                self._question(),
                row([w.Label("Show me:"), *map(self._preset, demo.presets, demo.presets.values())]),
                grid(list(self.controls.values())),
                row(self._actions()),
                self._code,
                self._image,
                self._error,
                self._readout,
                html(f"<b>What to notice.</b> {escape(demo.notice)}", "coursekit-notice"),
            ]
        )
        self.widget.add_class("coursekit-panel")

    def _question(self) -> w.DOMWidget:
        question = self.demo.question
        choices = w.ToggleButtons(options=list(question.options), value=None, style={"button_width": "auto"})
        box = Ask(question, "Predict, then move.", choices, lambda _: self._apply(question.settings)).widget
        box.add_class("coursekit-question")
        return box

    def _preset(self, label: str, settings: dict[str, Any]) -> w.Button:
        made = button(label, f"Set {', '.join(f'{k} = {v}' for k, v in settings.items())}")
        made.on_click(lambda _: self._apply(settings))
        return made

    def _actions(self) -> list[w.DOMWidget]:
        reset = button("Reset", "Back to the first settings", "rotate-left")
        reset.on_click(lambda _: self._apply(vars(self._initial)))
        self._pin = button("Pin", "Keep this picture as a ghost and compare", "thumbtack")
        self._pin.on_click(lambda _: self._toggle_pin())
        copy = button("Copy settings", "Show a line of code that reproduces this figure", "copy")
        copy.on_click(lambda _: self._toggle_code())
        actions = [reset, self._pin, copy]
        if hasattr(self.state, "seed"):
            draw = button("New draw", "Draw new random numbers", "dice")
            draw.on_click(lambda _: self._apply({"seed": self.state.seed + 1}))
            actions.insert(1, draw)
        for name, control in self.state.controls().items():
            if isinstance(control, Slider) and control.play is not None:
                actions.append(self._play(name, control.play))
        if self.demo.frames:
            actions += self._run_controls()
        return actions

    def _play(self, name: str, interval: int) -> w.DOMWidget:
        """A button that steps through a slider; the page moves both, so no message is needed for it to start."""
        slider = self.controls[name]
        play = w.Play(value=slider.value, min=slider.min, max=slider.max, step=slider.step, interval=interval)
        play.tooltip = f"Step through {self.state.controls()[name].label}"
        play.link = w.jslink((play, "value"), (slider, "value"))
        return play

    def _run_controls(self) -> list[w.DOMWidget]:
        start = button("Start", "Run from the beginning, or go on after Stop", "play")
        start.on_click(lambda _: self._start())
        stop = button("Stop", "Stop after the step that is being computed", "stop")
        stop.on_click(lambda _: self._stop())
        self._progress = w.FloatProgress(min=0.0, max=1.0, description="progress", layout=w.Layout(width="220px"))
        return [start, stop, self._progress]

    # ---- reacting

    def _changed(self, _: Any) -> None:
        if self._syncing:
            return
        with self._reporting():
            state = self.state.replace(**{name: self._value_of(name) for name in self.controls})
            if state != self.state:
                self._move_to(state)

    def _value_of(self, name: str) -> Any:
        """The value of a control; where the page has moved what we set to the slider's nearest step, what we set."""
        value, wanted, control = self.controls[name].value, getattr(self.state, name), self.state.controls()[name]
        return wanted if isinstance(control, Slider) and control.snapped(value, wanted) else value

    def _apply(self, settings: dict[str, Any]) -> None:
        """Take settings from a button."""
        with self._reporting():
            state = self.state.replace(**settings)
            self._move_to(state)
            self._sync_controls()

    def _move_to(self, state: Any) -> None:
        """Follow the controls: a run starts anew, a slow picture is previewed and then refined, a fast one is drawn."""
        self.state = state
        if self.demo.frames:
            self._frames = None
            self._start()
        elif self.demo.preview:
            with one_thread(), LOCK:
                self._show_picture(self.demo.compute(self.demo.preview(state)))
            self._refine_when_idle()
        else:
            self._draw(state)

    def _draw(self, state: Any) -> None:
        with LOCK:
            self._show(self.demo.compute(state))

    def _show_picture(self, frame: Any) -> None:
        """Show a preview: its line of text follows when the slider rests, so that a screen reader can keep up."""
        self.frame = frame
        self._image.value = self._figure.render(frame)

    def _show(self, frame: Any) -> None:
        self._show_picture(frame)
        self._readout.value = f"<div role='status'>{escape(frame.readout)}</div>"
        self._code.value = self.code
        if self.demo.frames:
            self._progress.value = frame.progress

    def _refine_when_idle(self) -> None:
        # The loop of whichever thread this message arrived on: JupyterLab may use more than one.
        self._generation += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._draw(self.state)
        else:
            loop.call_later(IDLE, self._refine, self._generation)

    def _refine(self, generation: int) -> None:
        if generation == self._generation:
            with self._reporting():
                self._draw(self.state)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Show in the panel what a callback raises; under test (COURSEKIT_STRICT set) raise it as well."""
        try:
            yield
            self._error.value = ""
        except Exception as error:
            self._error.value = note(error)
            if os.environ.get("COURSEKIT_STRICT"):
                raise

    def _sync_controls(self) -> None:
        """Make the controls show the state without reacting to it."""
        self._syncing = True
        try:
            for name, control in self.controls.items():
                control.value = getattr(self.state, name)
        finally:
            self._syncing = False

    # ---- running

    def _start(self) -> None:
        """Start the run, or go on with one that was stopped; a second Start changes nothing."""
        if self._runner.running and self._frames is not None:
            return
        self._runner.stop()
        if self._frames is None and self.demo.frames:
            self._frames = in_one_context(self.demo.frames(self.state))
        if self._frames is not None:
            self._runner.start(self._frames)

    def _stop(self) -> None:
        self._generation += 1  # a refinement that is waiting is no longer wanted
        self._runner.stop()

    def _run_ended(self, error: Exception | None) -> None:
        self._frames = None
        if error is not None:
            self._error.value = note(error)

    # ---- pin and copy

    def _toggle_pin(self) -> None:
        with self._reporting(), LOCK:
            self._pinned = not self._pinned
            self._figure.pin(self._pinned)
            self._pin.description = "Unpin" if self._pinned else "Pin"
            self._show(self.frame)

    @property
    def code(self) -> str:
        """The call that reproduces this figure."""
        default = vars(self.demo.State())
        changed = [f"{name}={value!r}" for name, value in vars(self.state).items() if value != default[name]]
        return f"ck.show({', '.join([repr(self.demo.name), *changed])})"

    @property
    def script(self) -> str:
        """One line of code for each *Show me* button: the cues of a lecture, to be pasted into cells of their own."""
        calls = (
            (label, ", ".join(f"{k}={v!r}" for k, v in preset.items())) for label, preset in self.demo.presets.items()
        )
        return "\n".join(f"panel.set({settings})  # {label}" for label, settings in calls)

    def _toggle_code(self) -> None:
        self._code.layout.display = "none" if self._code.layout.display is None else None
