"""A demo and its state as the page takes them, in words, and as code."""

from textwrap import fill
from typing import Any

from coursekit.chapters import PROGRAMS
from coursekit.exercises.question import Question
from coursekit.figures.controls import Choice, Control, DemoState, Drawing, Slider, Switch
from coursekit.figures.demo import Demo
from coursekit.figures.style import plain

KINDS = {Slider: "slider", Choice: "choice", Switch: "switch", Drawing: "drawing"}

LONGEST = 40  # letters of a value in words; a text that is longer is a drawing's


def begins(demo: Demo, ask: str | None, settings: dict[str, Any]) -> tuple[DemoState, Question | None]:
    """The state and the question that a panel begins with: the first question, but none where only settings are given.

    Raises
    ------
    TypeError, ValueError
        For a question, a setting or a value that the demo does not have.
    """
    question = None if settings and ask is None else demo.asked(ask or "")
    return demo.State().replace(**settings), question


def content_of(demo: Demo) -> dict[str, Any]:
    """What of a demo never changes, as the page takes it."""
    return {
        "title": demo.title,
        "presets": [{"label": label, "tip": as_words(settings)} for label, settings in demo.presets.items()],
        "controls": [_content_of_control(name, control) for name, control in demo.State.controls().items()],
        "notice": demo.notice,
        "seed": hasattr(demo.State(), "seed"),
        "run": demo.frames is not None,
        "step": demo.steered,
        "natural": demo.View.size,
        "programs": demo.name in PROGRAMS,
    }


def _content_of_control(name: str, control: Control) -> dict[str, Any]:
    content = {"name": name, "kind": KINDS[type(control)], **vars(control)}
    if isinstance(control, Slider):
        content["whole"] = control.whole
    content.pop("options", None)  # they may change: a learner adds to them
    return content


def options_of(state: DemoState) -> dict[str, list[str]]:
    """What each choice offers now."""
    return {name: list(one.options) for name, one in state.controls().items() if isinstance(one, Choice)}


def values_of(state: DemoState) -> dict[str, Any]:
    """The values of all controls for the page: a choice is a number there, its place among the options."""
    return {name: _to_page(control, getattr(state, name)) for name, control in state.controls().items()}


def _to_page(control: Control, value: Any) -> Any:
    return list(control.options.values()).index(value) if isinstance(control, Choice) else value


def settings_from(values: dict[str, Any], state: DemoState) -> dict[str, Any]:
    """The settings that the page's values stand for."""
    controls = state.controls()
    return {name: _from_page(controls[name], value) for name, value in values.items()}


def _from_page(control: Control, value: Any) -> Any:
    return list(control.options.values())[value] if isinstance(control, Choice) else value


def case_of(demo: Demo, state: DemoState) -> int:
    """Which *Show me* button has just these settings, −1 if none."""
    matching = (i for i, case in enumerate(demo.presets.values()) if case.items() <= vars(state).items())
    return next(matching, -1)


def as_words(settings: dict[str, Any]) -> str:
    """Settings as one reads them: ``weight_scale = 0.01, scheme = normal``."""
    return ", ".join(f"{name} = {_in_words(value)}" for name, value in settings.items())


def _in_words(value: Any) -> str:
    if type(value) in (int, float):
        return plain(value, 10)
    if isinstance(value, str) and len(value) > LONGEST:
        return "a drawing"
    return "blank" if value == "" else str(value)


def ghost_of(pinned: DemoState, state: DemoState) -> str:
    """Say what a ghost shows: the settings in which it differs from the picture."""
    then, now = dict(vars(pinned)), vars(state)
    until = then.pop("until", ())
    labels = {name: control.label for name, control in state.controls().items()}
    other = {labels.get(name, name): value for name, value in then.items() if value != now[name]}
    words = [as_words(other) or "these settings"]
    if until != now.get("until", ()):
        moves = [f"{labels[name]} {_in_words(value)} until step {step}" for step, name, value in until]
        words += moves or ["never moved"]
    return f"Ghost: {', '.join(words)}"


def code_of(demo: Demo, state: DemoState) -> str:
    """The call that reproduces a figure."""
    default = vars(demo.State())
    changed = [f"{name}={value!r}" for name, value in vars(state).items() if value != default[name]]
    return f"ck.show({', '.join([repr(demo.name), *changed])})"


def program_of(demo: Demo, state: DemoState, library: str) -> str:
    """Write a figure's network and run as a program.

    Raises
    ------
    ValueError
        If the figure has none, not in this library, or not with these settings; the message says what there is.
    """
    if demo.name not in PROGRAMS:
        others = ", ".join(PROGRAMS)
        raise ValueError(f"{demo.name} has no network or run that a few lines would make. These have: {others}.")
    writers = PROGRAMS[demo.name].writers
    if library not in writers:
        raise ValueError(f"{demo.name} is written in {' and '.join(map(repr, writers))}, but not in {library!r}.")
    return f"# What {code_of(demo, state)} shows.\n{writers[library](state).rstrip()}"


def programs_of(demo: Demo, state: DemoState) -> dict[str, str]:
    """All programs of a figure, by library; in the place of one that cannot be written a comment says why."""
    written = {}
    for library in PROGRAMS[demo.name].writers:
        try:
            written[library] = program_of(demo, state, library)
        except ValueError as error:
            written[library] = fill(str(error), 88, initial_indent="# ", subsequent_indent="# ")
    return written


def script_of(demo: Demo) -> str:
    """One line of code for each *Show me* button: the cues of a lecture, to be pasted into cells of their own."""
    calls = ((label, ", ".join(f"{k}={v!r}" for k, v in preset.items())) for label, preset in demo.presets.items())
    return "\n".join(f"panel.set({settings})  # {label}" for label, settings in calls)
