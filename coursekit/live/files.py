"""What a panel shows as a file, for a slide: a picture, or a film of sliders that move or of a run."""

import math
import sys
import time
from collections.abc import Iterator
from itertools import repeat
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any

from coursekit.figures.canvas import LiveFigure
from coursekit.figures.controls import DemoState, Slider
from coursekit.figures.demo import Demo
from coursekit.figures.film import FILMS, course, evenly
from coursekit.figures.formats import FORMATS
from coursekit.live.run import LOCK
from coursekit.progress_bar import PAUSE, bar, write_over
from coursekit.whole_files import check_place, written_whole

DOTS = (20, 1200)  # an inch: less shows nothing, and more fills the memory
FRAMES = (2, 1000)
RATES = (1, 50)  # frames a second: a GIF's shortest time that browsers keep to is 2 hundredths
STANDS = 1.0  # seconds for which a film's end is seen

Range = tuple[float, float]


def write_picture(live: LiveFigure, path: str | PathLike[str], dpi: float, title: str, words: str) -> Path:
    """Write the picture that a figure shows; see `Panel.save`."""
    path = _place(path, "save", FORMATS)
    _between("dpi", dpi, DOTS)
    content = FORMATS[path.suffix.lower()](live, dpi, title, words)
    with written_whole(path) as new:
        new.write_bytes(content)
    return path


def write_film(
    demo: Demo,
    state: DemoState,
    live: LiveFigure,
    path: str | PathLike[str],
    frames: int,
    fps: float,
    progress: bool,
    ranges: dict[str, Range],
) -> Path:
    """Draw a film of a demo on a figure of its own, and write it; see `Panel.film`."""
    path = _place(path, "film", FILMS)
    _between("frames", frames, FRAMES, whole=True)
    _between("fps", fps, RATES)
    shots: Iterator[tuple[int, Any]]
    if ranges:
        shots = enumerate(_computed(demo, states_along(state, ranges, frames)), 1)
    elif demo.frames:
        shots = evenly(demo.frames(state), frames)
    else:
        raise ValueError(f"{demo.name} has no run to film. Say which slider moves, e.g. {_example(demo, path)}.")
    pictures = _drawn(shots, live)
    if progress and sys.stderr.isatty():
        pictures = _with_bar(pictures, frames)
    with written_whole(path) as new:
        FILMS[path.suffix.lower()](_and_stands(pictures, round(STANDS * fps)), new, fps)
    return path


def states_along(state: DemoState, ranges: dict[str, Range], count: int) -> list[DemoState]:
    """Return the states on the way of sliders from one value each to another, in equal steps of the sliders.

    Raises
    ------
    TypeError, ValueError
        For a setting that there is not, that is no slider, or that cannot have such values.
    """
    controls = state.controls()
    ways = {}
    for name, ends in ranges.items():
        state.replace(**{name: getattr(state, name, None)})  # which says what there is
        control = controls.get(name)
        if not isinstance(control, Slider):
            known = ", ".join(name for name, one in controls.items() if isinstance(one, Slider))
            raise ValueError(f"A film moves sliders, and {name} is none. The sliders: {known}.")
        if not isinstance(ends, tuple | list) or len(ends) != 2:
            raise ValueError(f"{name} must be two values, where it begins and where it ends, but is {ends!r}.")
        low, high = (control.clean(name, end) for end in ends)
        values = course(low, high, count, control.log)
        ways[name] = [round(value) for value in values] if control.whole else values
    return [state.replace(**{name: way[i] for name, way in ways.items()}) for i in range(count)]


def _computed(demo: Demo, states: list[DemoState]) -> Iterator[Any]:
    """Compute each state; a slider of few whole numbers stays at each for a while."""
    last = None
    for state in states:
        if state != last:
            last, frame = state, demo.compute(state)
        yield frame


def _drawn(shots: Iterator[tuple[int, Any]], live: LiveFigure) -> Iterator[tuple[int, bytes]]:
    """Draw each frame, and leave the lock to others between two of them."""
    while True:
        with LOCK:
            if (shot := next(shots, None)) is None:
                return
            done, frame = shot
            picture = live.render(frame)
        yield done, picture


def _and_stands(pictures: Iterator[tuple[int, bytes]], times: int) -> Iterator[bytes]:
    """Yield the pictures, and the last one several times more."""
    for _, picture in pictures:
        yield picture
    yield from repeat(picture, times)


def _with_bar(pictures: Iterator[tuple[int, bytes]], count: int) -> Iterator[tuple[int, bytes]]:
    """Pass pictures on, and keep one line about how many there are."""
    shown, width = -math.inf, 0
    for done, picture in pictures:
        if time.monotonic() - shown > PAUSE or done == count:
            shown = time.monotonic()
            width = write_over(f"frame {done}/{count} {bar(done / count)}", width, sys.stderr)
        yield done, picture
    sys.stderr.write("\n")


def _place(path: str | PathLike[str], what: str, kinds: dict[str, Any]) -> Path:
    """Return the path of a file of one of these kinds, whose folder is there."""
    path = Path(path)
    if path.suffix.lower() not in kinds:
        listed = ", ".join(kinds)
        raise ValueError(
            f"{what}: the name must end in one of {listed}, which says what to write, but is {path.name!r}."
        )
    check_place(path, what, path.suffix)
    return path


def _between(name: str, value: Any, ends: tuple[float, float], whole: bool = False) -> None:
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not ends[0] <= value <= ends[1] or (whole and value != round(value)):
        kind = "whole number" if whole else "number"
        raise ValueError(f"{name} must be a {kind} from {ends[0]} to {ends[1]}, but is {value!r}.")


def _example(demo: Demo, path: Path) -> str:
    """The call that films the first slider of a demo."""
    name, one = next((name, one) for name, one in demo.State.controls().items() if isinstance(one, Slider))
    return f"panel.film({path.name!r}, {name}=({one.low:g}, {one.high:g}))"
