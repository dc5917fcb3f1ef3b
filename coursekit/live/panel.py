"""The panel of one demo: its question, its controls, its picture and one line that says what the picture shows."""

import asyncio
import os
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

from coursekit import threads
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.controls import Slider
from coursekit.figures.demo import Demo
from coursekit.figures.rest import still_wanted, while_wanted
from coursekit.figures.steering import Live
from coursekit.live.blas import one_thread
from coursekit.live.cells import now_showing, told_briefly
from coursekit.live.content import (
    begins,
    case_of,
    code_of,
    content_of,
    ghost_of,
    options_of,
    program_of,
    programs_of,
    script_of,
    settings_from,
    values_of,
)
from coursekit.live.files import write_film, write_picture
from coursekit.live.links import link_of
from coursekit.live.own_choices import mended, open_choices, shows_own
from coursekit.live.page import PanelPage, in_lecture
from coursekit.live.run import LOCK, Runner, in_one_context, in_turn

IDLE = 0.05  # seconds without a new value after which a preview is refined
HELD = 0.6  # the same while the pointer holds a slider: a slow hand is no hand at rest
ALONE = 0.4  # the same where there is one thread: no value is heard of while a picture is refined
REST = 4  # at least so many times as long as the last picture took: nor is a busy machine
SETTLING = 1.0  # seconds in which the move that began a run may go on, as that of a hand on an arrow key
LECTURE = 1.19  # how much larger the smallest letters are in a lecture
VEIL = "What will it show?"
STILL = "A still picture: run its cell (Ctrl+Enter), and it moves."


class Panel:
    """A live figure: drag its sliders in JupyterLab, or drive it from code with `set`.

    Parameters
    ----------
    demo : Demo
        What to show.
    ask : str, optional
        Which of its questions is asked, by name, ``""`` for the first; without it the first, but none with settings.
    **settings
        State fields that differ from their defaults.

    Attributes
    ----------
    state, frame
        The state of the controls, and the frame last drawn.
    """

    def __init__(self, demo: Demo, *, ask: str | None = None, **settings: Any) -> None:
        self.demo = demo
        with told_briefly():
            self.state, self._question = begins(demo, ask, settings)
        self._initial = self.state
        self._generation = 0
        self._settled = -1  # moves of controls that a button has overruled
        self._took = 0.0  # seconds, the last picture
        self._previewed = False  # whether that one is a preview
        self._rough = False  # whether it is one, or less sharp than the screen
        self._first: Any = None
        self._frames: Iterator[Any] | None = None
        self._live: Live | None = None  # what the run looks at while it goes on
        self._moved_at = -SETTLING  # when a move last began a run
        self._pinned: Any = None  # the state and the frame whose ghost is shown
        self._runner = Runner(self._show_step, self._run_ended)
        self._page: PanelPage | None = None
        self._open()

    # ---- from code

    @property
    def moved(self) -> bool:
        """Whether its controls stand elsewhere than when it was first shown."""
        return self.state != self._initial

    @in_turn
    def set(self, **settings: Any) -> None:
        """Change settings, draw the full picture before returning, and raise what goes wrong.

        The panel moves in the cell that shows it; nothing new is shown. A run that goes on, or was stopped on its way,
        takes live settings from its next step, as from a slider; any others end it.
        """
        with told_briefly():
            wanted = self.state.replace(**settings)  # what is refused stops no run
        if self._steer(wanted):
            return
        self._stop()
        page = self.page
        with LOCK, page.hold_sync():
            state = self.state.replace(**settings)  # a slider may have moved while this waited
            frame = self.demo.compute(state)
            self._frames = self._live = None  # a run that was stopped belonged to the old state
            page.veiled = page.veiled and not settings
            with self._or_as_before():
                self.state = state
                self._show(frame)
            self._sharpen()
            page.error = ""

    @property
    def png(self) -> bytes:
        """The picture as PNG."""
        return bytes(self.page.picture)

    @in_turn
    def save(self, path: str | os.PathLike[str], dpi: float = 200) -> Path:
        """Write the picture to a file, for a slide or a paper: in its own size, which is not that of the page.

        It shows what the panel shows, the ghost of *Pin* too, and always with its headline. A slow picture is computed
        in full; of a run it is the frame that stands. A file of this name is overwritten, as by matplotlib.

        Parameters
        ----------
        path : path
            Ends in ``.svg`` or ``.pdf``, of lines and letters that are sharp at any size, or in ``.png``. A relative
            path begins at the working directory: in a notebook that is the notebook's folder.
        dpi : float
            Dots an inch, from 20 to 1200: of a PNG, and of images within the others.

        Returns
        -------
        Path
            The file. Its title is the figure's, and its description what the picture shows, in words.

        Raises
        ------
        ValueError
            For another ending, or such a ``dpi``.
        FileNotFoundError, IsADirectoryError
            If the folder is not there, or ``path`` is one.
        """
        with told_briefly(), LOCK:
            frame = self.demo.compute(self.state) if self._previewed else self.frame
            figure = self._apart()
            figure.render(frame)
            return write_picture(figure, path, dpi, self.demo.title, frame.readout)

    def film(
        self,
        path: str | os.PathLike[str],
        *,
        frames: int = 60,
        fps: float = 20,
        progress: bool = True,
        **ranges: tuple[float, float],
    ) -> Path:
        """Write a film: of sliders that move, ``panel.film("collapse.gif", weight_scale=(1e-3, 3))``, or of the run.

        Several sliders move together, each in equal steps of its own; all others stay as they are. Without any, it is
        the panel's run from its beginning to its end. Of a figure that trains, a slider's film holds a run for each
        frame. The panel stays as it is. A file of this name is overwritten, but only by a film that is complete.

        Parameters
        ----------
        path : path
            Ends in ``.gif``, or, where the program ffmpeg is installed, in ``.mp4``.
        frames : int
            How many pictures, from 2 to 1000; of a short run there are fewer.
        fps : float
            Frames a second, from 1 to 50; a GIF takes the nearest time that it knows. The last stands for a second.
        progress : bool
            Show a bar, in a notebook or a terminal.
        **ranges
            For each slider the value with which it begins and the one with which it ends.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        TypeError, ValueError
            For a setting, a value or an ending that there is not; for an ``.mp4`` without ffmpeg; without ``ranges``
            if there is no run.
        FileNotFoundError, IsADirectoryError
            If the folder is not there, or ``path`` is one.
        """
        with told_briefly():
            with LOCK:
                state, figure = self.state, self._apart()
            return write_film(self.demo, state, figure, path, frames, fps, progress, ranges)

    def link(self, site: str = "") -> str:
        """Return this figure with these settings as a link, which opens it in the course's site and in `show`.

        Parameters
        ----------
        site : str
            Where the course's site is published, e.g. ``"https://example.org/course"``; without it the link begins
            inside of the site. In any edition of the course ``ck.show(link)`` shows the same figure.

        Returns
        -------
        str
            E.g. ``"notebooks/06_initialisation.html#collapse?weight_scale=0.05"``. In the site, where pictures are
            drawn in advance, it opens the nearest of them, and says so.
        """
        return link_of(self.demo, self.state, site)

    def _apart(self) -> LiveFigure:
        """A figure of its own, in its own size, with the ghost that is pinned."""
        figure = LiveFigure(self.demo.View)
        if self._pinned is not None:
            figure.render(self._pinned[1])
            figure.pin(True)
        return figure

    def __repr__(self) -> str:
        return f"{self.demo.name}: {self.frame.readout}"

    @in_turn
    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A widget where there is a kernel, the PNG where there is none, the readout where there is neither."""
        page = self.page
        now_showing(self)
        with LOCK:
            still = self._figure.render(self.frame, STILL)
        data, metadata = page.beside(plain=repr(self), png=b64encode(still).decode("ascii"))
        return data, metadata | {"image/png": {"alt": self.frame.readout}}

    @in_turn
    def close(self) -> None:
        """End the run, and free what kernel and page hold; `set`, or showing it again, builds the panel anew."""
        self._stop()
        if self._page is not None:
            self._page.close()
        self._page = None

    # ---- the page

    @property
    def page(self) -> PanelPage:
        """What stands in the page; made anew after `close`."""
        return self._page or self._open()

    def _open(self) -> PanelPage:
        self._figure = LiveFigure(self.demo.View)
        self._pinned = None
        page = self._page = PanelPage(content=self._content(), veiled=self._question is not None)
        with LOCK, page.hold_sync():
            frame = self.demo.compute(self.state)
            if self.state == self._initial and self.demo.frames:
                self._first = frame  # a whole run, to go back to
            self._show(frame)
        for _, records in open_choices(self.state):
            records.registry.watch(self._options_changed)
        page.observe(self._moved, "values")
        page.observe(self._resized, "room")
        page.observe(self._let_go, "held")
        page.when_pressed(
            {
                "answer": self._answer,
                "skip": self._unveil,
                "preset": self._to_case,
                "reset": self._reset,
                "draw": lambda: self._apply({"seed": vars(self.state)["seed"] + 1}),
                "pin": self._toggle_pin,
                "programs": self._send_programs,
                "start": self._start,
                "stop": self._pause,
                "step": self._one_step,
            }
        )
        return page

    def _content(self) -> dict[str, Any]:
        """What never changes, as the page takes it."""
        return content_of(self.demo) | {
            "question": self._question and vars(self._question) | {"settings": None},
            "smallest": LECTURE if in_lecture() else 1.0,
        }

    def _show_picture(self, frame: Any) -> None:
        """Show a preview: its line of text follows when the slider rests, so that a screen reader can keep up."""
        self.frame = frame
        picture = self._figure.render(frame, VEIL if self.page.veiled else "")
        # Before the picture: places on it are looked up when that has arrived.
        self.page.pad, self.page.handles = self._figure.pad, self._figure.handles
        self.page.picture = picture

    def _show(self, frame: Any) -> None:
        with self.page.hold_sync():
            self._show_frame(frame)
            self._show_settings()

    def _show_frame(self, frame: Any) -> None:
        """Show a frame and leave the controls alone: one may just be moving."""
        page = self.page
        self._previewed = False
        with page.hold_sync():
            self._show_picture(frame)
            page.readout, page.code, page.ghost = frame.readout, self.call, self._ghost
            if self.demo.frames:
                page.progress = frame.progress

    def _show_settings(self) -> None:
        page = self.page
        page.off, page.ends = self.state.without_effect(), self.state.ends()
        page.at_case = case_of(self.demo, self.state)
        page.options, page.values = options_of(self.state), values_of(self.state)

    def _resized(self, _: Any) -> None:
        """Draw the picture for the room that the page has, as sharp as its screen."""
        width, height, _ratio = self.page.room
        with self._reporting(), LOCK:
            self._figure.resize(width, height, LECTURE if in_lecture() else 1.0)
            self._show_picture(self.frame)
            self._sharpen()

    def _sharpen(self) -> None:
        """Draw a picture that rests with all the pixels that the screen has."""
        ratio = self.page.room[2] if self.page.room else 1
        if ratio > 1:
            self.page.picture = self._figure.sharp(ratio)

    # ---- reacting

    def _moved(self, change: Any) -> None:
        """Take the values of all controls from the page; those that we have sent there change nothing.

        A front end may hold values back while the kernel is busy, and send them after a press that came later.
        """
        with self._reporting():
            if self.page.moves <= self._settled:
                self.page.values = values_of(self.state)
                return
            try:
                state = self.state.replace(**settings_from(change["new"], self.state))
            except Exception:
                self.page.values = values_of(self.state)  # else it would be refused again with every later move
                raise
            if state != self.state:
                self._move_to(state)

    def _options_changed(self) -> None:
        """Offer what a learner has added to a registry, and draw anew a picture that shows something of the learner's.

        A run that has been made stays; the next one uses what is new. Where a choice stands at what is forgotten, the
        figure shows its default instead.
        """
        if self._page is None:
            self._take_back()
            return
        lost = mended(self.state) != self.state
        if lost:
            self._stop()
        with self._reporting(), LOCK, self._page.hold_sync():
            redrawn = lost or shows_own(self.state)
            self._take_back()
            self._show_settings()
            if redrawn:
                self._frames = self._first = None
                if lost or not self.demo.frames:
                    self._show(self.demo.compute(self.state))

    def _take_back(self) -> None:
        """Leave what the learner has forgotten, also in the states to which the panel may go back."""
        self.state, self._initial = (state and mended(state) for state in (self.state, self._initial))
        if self._pinned is not None and mended(self._pinned[0]) != self._pinned[0]:
            self._pinned = None
            self._figure.pin(False)

    def _apply(self, settings: dict[str, Any]) -> None:
        """Take settings from a button: a press is no drag, so nothing is previewed."""
        with self._reporting():
            self._move_to(self.state.replace(**settings), pressed=True)

    def _answer(self, option: int, after: int = -1) -> None:
        self._settled = after
        self.page.answered = option
        self._apply(self._question.settings if self._question else {})

    def _unveil(self) -> None:
        self.page.veiled = False
        with LOCK:
            self._show(self.frame)
            self._sharpen()

    def _to_case(self, index: int, after: int = -1) -> None:
        """Show a case, whatever a control was moved to before."""
        self._settled = after
        self._apply(list(self.demo.presets.values())[index])

    @in_turn
    def _reset(self, after: int = -1) -> None:
        """Go back to the first settings, and ask again."""
        self._stop()
        self._settled = after
        with self._reporting(), LOCK, self.page.hold_sync():
            self.state, self._frames, self._live = self._initial, None, None
            self.page.veiled, self.page.answered = self._question is not None, -1
            self._show(self._first or self.demo.compute(self.state))
            self._sharpen()

    @in_turn
    def _move_to(self, state: Any, pressed: bool = False) -> None:
        """Follow the controls: a run starts anew, a slow picture is previewed and then refined, a fast one is drawn."""
        self._generation += 1  # a refinement that waits, or is at work, is given up
        self.page.veiled = False
        began = time.perf_counter()
        self._previewed = not pressed and self._can_preview(state)
        if self.demo.frames and not self._previewed:
            if pressed or not self._steer(state):
                with LOCK:
                    self.state, self._frames, self._moved_at = state, None, time.monotonic()
                self._run()
        elif self.demo.preview and self._previewed:
            self._stop()
            with one_thread(), LOCK, self.page.hold_sync(), self._or_as_before():
                self.state, self._frames = state, None
                self._show_picture(self.demo.compute(self.demo.preview(state)))
                self._show_settings()
        else:
            with LOCK, self._or_as_before():
                self.state = state
                self._show(self.demo.compute(state))
        self._took = time.perf_counter() - began
        self._rough = bool(self._previewed or (self.page.room and self.page.room[2] > 1))
        self._when_at_rest()

    def _can_preview(self, state: Any) -> bool:
        """Whether a preview follows the hand on the way to a state: that of a run only by sliders that it drags."""
        if not self.demo.preview or not self.demo.frames:
            return self.demo.preview is not None
        controls = state.controls()
        moved = [controls.get(name) for name, value in vars(state).items() if value != getattr(self.state, name)]
        return all(isinstance(control, Slider) and not control.on_release for control in moved)

    @contextmanager
    def _or_as_before(self) -> Iterator[None]:
        """Go back to the state that the picture shows, sliders and all, if the new one cannot be drawn."""
        before = self.state, self.frame
        try:
            yield
        except (Exception, KeyboardInterrupt):
            self.state, self.frame = before
            self._show_settings()
            raise

    def _let_go(self, _: Any) -> None:
        if not self.page.held:
            self._when_at_rest()

    def _when_at_rest(self) -> None:
        """Refine a rough picture as soon as the learner rests."""
        if not self._rough:
            return
        # The loop of whichever thread this message arrived on: JupyterLab may use more than one.
        self._generation += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._refine(self._generation)
        else:
            least = (HELD if self.page.held else IDLE) if threads.AVAILABLE else ALONE
            loop.call_later(max(least, REST * self._took), self._refine_aside, self._generation)

    def _refine_aside(self, generation: int) -> None:
        """Refine on another thread, so that this one hears of a newer value; without others, when no slider is held."""
        if generation != self._generation:
            return
        if not threads.AVAILABLE:
            if not self.page.held:  # when it is let go, this is called again
                self._refine(generation)
        else:
            Thread(target=self._refine, args=(generation,), daemon=True, name="coursekit refinement").start()

    def _refine(self, generation: int) -> None:
        def wanted() -> bool:
            return generation == self._generation and not self._runner.running

        with while_wanted(wanted), LOCK, self._reporting():
            still_wanted()
            if self._previewed:
                self._show(self.demo.compute(self.state))
            still_wanted()
            self._sharpen()
            self._rough = False

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Show in the panel what a callback raises; under test (COURSEKIT_STRICT set) raise it as well."""
        try:
            yield
            self.page.error = ""
        except Exception as error:
            self._tell(error)
            if os.environ.get("COURSEKIT_STRICT"):
                raise
        except KeyboardInterrupt:
            self.page.error = "Interrupted: the picture shows the settings before."

    def _tell(self, error: Exception) -> None:
        self.page.error = f"{type(error).__name__}: {error}"

    # ---- running

    @in_turn
    def _start(self) -> None:
        """Start the run, or go on with one that was stopped; a second Start changes nothing."""
        self.page.veiled = False
        if not (self._runner.running and self._frames is not None):
            self._run()

    def _run(self) -> None:
        self._runner.stop()
        if self.demo.frames:
            self._runner.start(self._frames or self._begin())

    def _begin(self) -> Iterator[Any]:
        """Make a run of the present state; what was moved during the last one was that one's."""
        assert self.demo.frames is not None
        if self._live and self._live.state == self.state:
            self.state = self.state.replace(until=self._live.begun.until)
        self._live = Live(self.state) if self.demo.steered else None
        self._frames = in_one_context(self.demo.frames(*filter(None, (self.state, self._live))))
        self._show_settings()
        return self._frames

    def _show_step(self, frame: Any) -> None:
        """Show a frame of the run; called with the lock held."""
        if self._live:
            self._live.step = frame.step
        self._show_frame(frame)

    def _steer(self, state: Any) -> bool:
        """Let a run on its way take live controls from its next step; say whether there is one, and only they moved."""
        with LOCK:
            live = self._live
            if live is None or self._frames is None or (live.step and self.frame.progress == 1):
                return False
            if time.monotonic() - self._moved_at < SETTLING:
                return False
            moved = live.state.moved_to(state)
            if not moved:
                return False
            self.state = live.state = live.state.steered(live.step, **moved)
            self.page.veiled = False
            self._mark() if live.step and not self._runner.running else self._show_settings()
            return True

    def _mark(self) -> None:
        """Show the frame of a run that stands with the moves that no step has been taken with yet."""
        self._show(replace(self.frame, state=self.state))
        self._sharpen()

    @in_turn
    def _pause(self) -> None:
        self._stop()
        with LOCK:
            if self._live and self._frames and self._live.step and self.frame.state != self.state:
                self._mark()

    @in_turn
    def _one_step(self) -> None:
        """Take one step of the run, of a new one if none is on its way, and stand."""
        self._stop()
        self.page.veiled = False
        with self._reporting(), LOCK:
            frames = self._frames or self._begin()
            assert self._live is not None
            self._live.single = True
            frame = next(frames, None)
            self._live.single = False
            if frame is not None:
                self._show_step(frame)
                self._sharpen()
            if frame is None or frame.progress == 1:
                self._frames = None

    def _stop(self) -> None:
        self._generation += 1  # a refinement that is waiting is no longer wanted
        self._runner.stop()

    def _run_ended(self, error: Exception | None) -> None:
        with LOCK:
            self._frames = None
            if error is not None:
                self._tell(error)
            else:
                self._sharpen()

    # ---- pin, copy, write as code

    def _toggle_pin(self) -> None:
        with self._reporting(), LOCK:
            # A run may go on with the arrays of its frame.
            self._pinned = (self.state, deepcopy(self.frame)) if self._pinned is None else None
            self._figure.pin(self._pinned is not None)
            self._show(self.frame)
            self._sharpen()

    @property
    def _ghost(self) -> str:
        """What the ghost shows, nothing if there is none."""
        return "" if self._pinned is None else ghost_of(self._pinned[0], self.state)

    @property
    def call(self) -> str:
        """The call that reproduces this figure."""
        return code_of(self.demo, self.state)

    def code(self, library: str = "coursekit") -> str:
        """Write the figure's network and run, at the settings that it has now, as a program to copy and change.

        Run as it stands, it gives the numbers of the figure.

        Parameters
        ----------
        library : {"coursekit", "pytorch"}
            What to write it with. PyTorch is needed to run the second, not to write it.

        Returns
        -------
        str
            ``print(panel.code())``.

        Raises
        ------
        ValueError
            If the figure has no network or run that a few lines would make, or PyTorch not the same; the message says
            what to do.
        """
        with told_briefly():
            return program_of(self.demo, self.state, library)

    def _send_programs(self) -> None:
        """Answer a page that asks for the programs: they are written then, and not with every move."""
        with self._reporting():
            self.page.send({"programs": programs_of(self.demo, self.state)})

    @property
    def script(self) -> str:
        """One line of code for each *Show me* button: the cues of a lecture, to be pasted into cells of their own."""
        return script_of(self.demo)
