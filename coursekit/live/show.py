"""What a chapter calls: `prepare` at its top, `show` for a figure, `glossary` at its end, `self_test` once."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from coursekit.chapters import CHAPTERS, DEMOS, GLOSSARY
from coursekit.live.cells import told_briefly
from coursekit.live.links import figure_in, is_link
from coursekit.live.panel import Panel
from coursekit.live.verdict import offer_help
from coursekit.sitting import enter
from coursekit.terms import TermList


def show(name: str, *, ask: str | None = None, **settings: Any) -> Panel:
    """Show a live figure.

    Parameters
    ----------
    name : str
        A name in `coursekit.demos.DEMOS`, e.g. ``"collapse"``; or a link to a figure (`Panel.link`), or the line that
        *Copy settings* gives: ``ck.show("06_initialisation.html#collapse?weight_scale=0.05")``.
    ask : str, optional
        The name of the question to ask above it, ``""`` for the first. Without it the first is asked, but none where
        settings are given: the question may not be about these.
    **settings
        Where its controls start, e.g. ``weight_scale=0.05``; they go before those of a link.

    Returns
    -------
    Panel
        Displayed as sliders and a picture; ``panel.set(weight_scale=0.1)`` moves it from code.

    Raises
    ------
    UnknownNameError, TypeError, ValueError
        For a demo, a question, a setting or a value that does not exist; the message lists those that do.
    """
    with told_briefly():
        if is_link(name):
            name, given = figure_in(name)
            settings = given | settings
            ask = settings.pop("ask", ask)
        demo = DEMOS[name]
    return Panel(demo, ask=ask, **settings)


def prepare(chapter: str) -> None:
    """Compile what a chapter's figures need, with a progress line: some seconds the first time, then kept on disk.

    It says how long the chapter takes, and after which ones. From then on hints and errors list its exercises, and a
    verdict has buttons under it.

    Parameters
    ----------
    chapter : str
        Named as its notebook, e.g. ``"initialisation"``.

    Raises
    ------
    UnknownNameError
        For a chapter that does not exist; the message lists those that do.
    """
    names = CHAPTERS[chapter].demos
    enter(chapter)
    offer_help()
    print(CHAPTERS[chapter].effort)
    for i, name in enumerate(names, 1):
        line = f"\rPreparing figure {i} of {len(names)}; the first time this compiles for some seconds …"
        print(line, end="", flush=True)
        DEMOS[name].rehearse(DEMOS[name].State())
    print("\r" + "Ready.".ljust(90))


def glossary(chapter: str | None = None) -> TermList:
    """Return what the terms mean that are new in a chapter, each in a sentence.

    Parameters
    ----------
    chapter : str, optional
        Named as its notebook, e.g. ``"initialisation"``. Without it all terms of the course come, from A to Z.

    Returns
    -------
    TermList
        Shown as a list.

    Raises
    ------
    UnknownNameError
        For a chapter that does not exist; the message lists those that do.
    """
    if chapter is None:
        return TermList("The terms of the course", tuple(sorted(GLOSSARY.values(), key=lambda term: term.name.lower())))
    with told_briefly():
        asked = CHAPTERS[chapter]
    return TermList("New terms in this chapter", tuple(term for term in GLOSSARY.values() if term.chapter == asked))


def self_test() -> None:
    """Draw the flagship once, check it, and say which versions did it."""
    panel = show("collapse")
    if not panel.png.startswith(b"\x89PNG") or not 0.2 < panel.frame.std[0] < 0.23:
        std = panel.frame.std[0]
        raise RuntimeError(f"The first layer's std should be about 0.214, but is {std:.3g}: reinstall coursekit.")
    for package in ("coursekit", "numpy", "numba", "matplotlib", "ipywidgets", "jupyterlab"):
        print(f"{package:<12}{_version(package)}")
    print("ready")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # numba, and in the browser jupyterlab: the course goes on without them
        return "not here"
