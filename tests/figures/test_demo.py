"""A file that adds itself as a demo: it must define what a demo is made of, and stand in a chapter's folder."""

import sys
from types import ModuleType

import pytest

from coursekit.demos import DEMOS
from coursekit.exercises.question import Question
from coursekit.figures.demo import demo
from coursekit.registry import UnknownNameError

WHOLE = {"State": int, "compute": abs, "View": object}


@pytest.fixture
def add(monkeypatch):
    def add(name, parts):
        module = ModuleType(name)
        vars(module).update(parts)
        monkeypatch.setitem(sys.modules, name, module)
        demo(name, title="", question=Question("What?", ("a", "b"), 0, "So."), notice="")

    before = dict(DEMOS)
    yield add
    assert dict(DEMOS) == before


@pytest.mark.parametrize("missing", WHOLE)
def test_a_part_that_is_missing_is_named(add, missing):
    parts = {part: value for part, value in WHOLE.items() if part != missing}
    with pytest.raises(AttributeError, match=f"coursekit.chapters.losses.trial.*{missing}"):
        add("coursekit.chapters.losses.trial", parts)


def test_a_file_outside_of_a_chapter_is_told_which_there_are(add):
    with pytest.raises(UnknownNameError, match=r"There is no chapter called 'elsewhere'.*Known: start_here, losses"):
        add("coursekit.chapters.elsewhere.trial", WHOLE)
