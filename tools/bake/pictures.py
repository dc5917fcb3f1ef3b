"""A demo's states as pictures with a palette, and in words, in a folder that a page reads without a server."""

import json
import math
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from coursekit.figures.canvas import CROWDED, LEGIBLE, LiveFigure
from coursekit.figures.controls import Choice, DemoState, Drawing, Slider
from coursekit.figures.demo import Demo
from coursekit.figures.film import evenly, few_colours
from coursekit.live.blas import one_thread
from coursekit.live.content import case_of, code_of, content_of, options_of, values_of
from coursekit.live.panel import VEIL
from tools.bake.states import Plan

# A column of text is about 700 pixels wide and a phone 360: so narrow that words need not shrink for either.
NARROWEST = 10.4 * LEGIBLE * CROWDED
SHARP = 1.4  # pixels of the picture for one of these
STILLS = 12  # pictures of a run
FILM = Slider("the run, % done", math.ceil(100 / STILLS), 100, 1, play=250, main=True)
UNFILMED = "only the runs of “Show me” and of this page's settings are drawn step by step"


def bake(demo: Demo, plan: Plan, folder: Path) -> int:
    """Draw what is planned into an empty folder, with ``figure.js`` that tells the page all about it; return bytes."""
    figure = LiveFigure(demo.View)
    width, height = (SHARP * side for side in (NARROWEST, demo.View.size[1] * LEGIBLE))
    size = figure.resize(width, height, SHARP)
    with one_thread():
        entries = [entry for state in plan.states for entry in _entries(demo, state, plan, figure, folder)]
    known = content(demo) | {"states": entries}
    known["content"]["size"] = size
    script = f"(window.coursekitFigures ??= {{}})[{json.dumps(demo.name)}] = {_as_json(known)};\n"
    (folder / "figure.js").write_text(script, encoding="utf-8")
    return sum(file.stat().st_size for file in folder.iterdir())


def content(demo: Demo) -> dict[str, Any]:
    """What of a figure never changes in the page, and the settings of its *Show me* buttons."""
    first = demo.State()
    without = dict.fromkeys(("run", "step", "programs"), False)  # they take a kernel
    shown = content_of(demo) | without | {"still": True, "smallest": 1.0, "question": None}
    drawings = [name for name, one in demo.State.controls().items() if isinstance(one, Drawing)]
    shown["controls"] = [one for one in shown["controls"] if one["name"] not in drawings]
    if demo.frames:
        shown["controls"].insert(0, {"name": "film", "kind": "slider", "whole": True, **vars(FILM)})
    cases = [changes(demo, case) for case in demo.presets.values()]
    named = {
        name: list(map(str, one.options.values())) for name, one in first.controls().items() if isinstance(one, Choice)
    }
    told = {"content": shown, "options": options_of(first), "named": named}
    return told | {"first": values(demo, first), "cases": cases}


def values(demo: Demo, state: DemoState, film: int = 100) -> dict[str, Any]:
    """All that tells a state from others, as the page takes it; of a run also how far it has come."""
    of_controls = vars(state) | values_of(state)
    return of_controls | ({"film": film} if demo.frames else {})


def changes(demo: Demo, settings: dict[str, Any]) -> dict[str, Any]:
    """What settings change in a state, as the page takes it."""
    changed = values(demo, demo.State().replace(**settings))
    return {name: changed[name] for name in settings}


def _entries(demo: Demo, state: DemoState, plan: Plan, figure: LiveFigure, folder: Path) -> Iterator[dict[str, Any]]:
    """Draw a state, of a run that is filmed several pictures, and say in words what the page needs to know of each."""
    filmed = bool(demo.frames) and state in plan.sent
    off = state.without_effect() | ({"film": UNFILMED} if demo.frames and not filmed else {})
    words = {"code": code_of(demo, state), "case": case_of(demo, state), "off": off, "ends": state.ends()}
    for done, frame in film(demo, state) if filmed else [(100, demo.compute(state))]:
        picture = store(figure.render(frame), folder)
        entry = {"values": values(demo, state, done), "picture": picture, "readout": frame.readout, **words}
        if done == 100 and state in plan.veiled:
            entry["veiled"] = store(figure.render(frame, VEIL), folder)
        yield entry


def film(demo: Demo, state: DemoState) -> Iterator[tuple[int, Any]]:
    """Some frames of a run, evenly spaced, and its end, each with how many per cent are done; see `evenly`."""
    assert demo.frames is not None
    return ((math.ceil(100 * part / STILLS), frame) for part, frame in evenly(demo.frames(state), STILLS))


def store(png: bytes, folder: Path) -> str:
    """Write a picture with a palette, named by what it shows, and return its name."""
    written = BytesIO()
    few_colours(Image.open(BytesIO(png))).save(written, "png", compress_level=9)
    name = sha256(written.getvalue()).hexdigest()[:12]
    (folder / f"{name}.png").write_bytes(written.getvalue())
    return name


def _as_json(known: dict[str, Any]) -> str:
    return json.dumps(known, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
