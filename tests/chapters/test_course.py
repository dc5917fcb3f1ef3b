"""The course as a whole: its order is that of the chapters' numbers, whatever was imported first; kinds load apart."""

import subprocess
import sys
from pathlib import Path

import pytest

from coursekit import chapters
from coursekit.chapters import CHAPTERS
from coursekit.demos import DEMOS

ROOT = Path(__file__).parents[2]


def python(code):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_chapters_stand_in_the_order_of_their_numbers_and_name_their_folders():
    assert [chapter.number for chapter in CHAPTERS.values()] == sorted(chapter.number for chapter in CHAPTERS.values())
    assert {path.parent.name for path in Path(chapters.__file__).parent.glob("*/__init__.py")} == {*CHAPTERS}


def test_figures_stand_in_the_courses_order_even_where_a_late_one_was_imported_first():
    code = "from coursekit.chapters.initialisation import init_race; from coursekit.demos import DEMOS; print(*DEMOS)"
    assert python(code).split() == list(DEMOS) == [demo for chapter in CHAPTERS.values() for demo in chapter.demos]


def test_a_table_of_exercises_needs_no_figures():
    code = "from coursekit.sitting import progress; progress(); import sys; print('matplotlib' in sys.modules)"
    assert python(code).split() == ["False"]


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(AttributeError, match=r"coursekit\.chapters has no 'FIGURES'\. It has: CHAPTERS, DEMOS"):
        chapters.FIGURES  # noqa: B018
