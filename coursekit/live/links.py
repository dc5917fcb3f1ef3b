"""A figure with its settings as a link into the course's site; and such a link, or a line of code, read again."""

import ast
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from coursekit.chapters import DEMOS
from coursekit.figures.controls import Choice, DemoState
from coursekit.figures.demo import Demo


def link_of(demo: Demo, state: DemoState, site: str = "") -> str:
    """Return ``site/notebooks/06_initialisation.html#collapse?weight_scale=0.05``: what differs from the defaults."""
    default, chapter = vars(demo.State()), demo.chapter
    changed = {name: str(value) for name, value in vars(state).items() if value != default[name]}
    page = f"{site.rstrip('/')}/" * bool(site) + f"notebooks/{chapter.number:02}_{chapter.name}.html#{demo.name}"
    return page + f"?{urlencode(changed, quote_via=quote)}" * bool(changed)


def is_link(text: str) -> bool:
    """Whether a text is more than the name of a figure."""
    return "#" in text or "(" in text


def figure_in(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name of the figure that a link or a line ``ck.show(…)`` shows, and its settings, still unchecked.

    Raises
    ------
    UnknownNameError, ValueError
        For a figure that does not exist, and for a text that is neither.
    """
    if "(" in text.partition("#")[0]:
        return _in_code(text)
    name, _, query = text.strip().partition("#")[2].partition("?")
    demo = DEMOS[name]
    return name, {setting: _read(demo, setting, value) for setting, value in parse_qsl(query, keep_blank_values=True)}


def _in_code(text: str) -> tuple[str, dict[str, Any]]:
    """Read a line without running it: others may have written it."""
    try:
        (call,) = (node for node in ast.walk(ast.parse(text.strip())) if isinstance(node, ast.Call))
        if ast.unparse(call.func) not in ("ck.show", "show", "coursekit.show"):
            raise ValueError("another call")
        (name,) = map(ast.literal_eval, call.args)
        settings = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError):
        raise ValueError(
            f"show takes the name of a figure, a link to one, or the line that *Copy settings* gives, such as "
            f"ck.show('collapse', weight_scale=0.05), but is given {text!r:.200}."
        ) from None
    return name, settings


def _read(demo: Demo, name: str, text: str) -> Any:
    """Take a value from a link as its setting has it; what is none is left as text, for the setting to refuse."""
    state = demo.State()
    control = state.controls().get(name)
    if isinstance(control, Choice):
        return {str(value): value for value in control.options.values()}.get(text, text)
    if isinstance(getattr(state, name, None), str):
        return text
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
