"""What a chapter takes: its minutes follow from its contents, and its needs are those that its first lines name."""

import re
from pathlib import Path

import nbformat
import pytest

import coursekit as ck
from coursekit.chapter import Chapter
from coursekit.chapters import CHAPTERS

ROOT = Path(__file__).parents[2]
ALL = "all chapters before this one"
EACH = pytest.mark.parametrize("chapter", CHAPTERS.values(), ids=lambda chapter: chapter.name)


def cells_of(chapter):
    return nbformat.read(ROOT / "notebooks" / chapter.notebook, as_version=4).cells


def by_the_rule(cells):
    """Minutes as the docstring of the record has it: words, figures, exercises, goals, a quiz, one's own networks."""
    code = [cell for cell in cells if cell.cell_type == "code"]
    words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
    exercises = [cell for cell in code if "exercise" in cell.metadata.get("tags", [])]
    own = [cell for cell in code if "def my_" in cell.source and not cell.metadata.get("tags")]
    figures, goals, quizzes = (
        sum(call in cell.source for cell in code) for call in ("ck.show(", "ck.check(goal", "ck.quiz(")
    )
    return words / 150 + 2 * figures + 5 * (len(exercises) + goals + quizzes) + 15 * len(own)


@EACH
def test_its_minutes_follow_from_what_is_in_it(chapter):
    """To the nearest five, with some room: a sentence more is no reason for another number."""
    assert chapter.minutes % 5 == 0
    assert abs(chapter.minutes - by_the_rule(cells_of(chapter))) <= 5


def test_every_kind_of_work_counts():
    code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    exercise = code('ck.check("he_std", he_std)', metadata={"tags": ["exercise"]})
    assert by_the_rule([text("word " * 300)]) == 2
    assert by_the_rule([code('ck.show("collapse")'), code("ck.check(goal_1)"), code('ck.quiz("losses")')]) == 12
    assert by_the_rule([exercise, code("def my_net(rng): ...")]) == 20


@EACH
def test_it_needs_those_that_its_first_lines_name(chapter):
    opening = cells_of(chapter)[0].source
    needs, found, _ = opening.partition("**You will be able to**")
    needs = needs.partition("**You need**")[2] if found else ""
    numbers = re.findall(r"\b\d\d\b", re.sub(r"sections? \d+", "", needs))
    named = set(range(chapter.number)) if ALL in needs else set(map(int, numbers))
    assert {CHAPTERS[name].number for name in chapter.needs} == named


@EACH
def test_it_comes_after_all_that_it_needs(chapter):
    numbers = [CHAPTERS[name].number for name in chapter.needs]
    assert numbers == sorted(set(numbers))
    assert all(number < chapter.number for number in numbers)


@EACH
def test_the_teachers_table_says_the_same(chapter):
    text = (ROOT / "docs" / "TEACHING.md").read_text("utf-8")
    [row] = re.findall(rf"(?m)^\| {chapter} \| (.*?) \| (\d+) \|", text)
    needed = set(range(chapter.number)) if row[0] == "all of them" else set(map(int, re.findall(r"\d+", row[0])))
    assert needed == {CHAPTERS[name].number for name in chapter.needs}
    assert int(row[1]) == chapter.minutes


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("start_here", "About 25 minutes."),
        ("backprop", "About 90 minutes, after chapter 01."),
        ("cnns", "About 110 minutes, after chapters 00 and 02."),
        ("initialisation", "About 100 minutes, after chapters 01, 02 and 04."),
        ("capstone", "About 85 minutes, after all chapters before it."),
    ],
)
def test_a_chapter_says_so_under_its_first_cell(name, words, capsys):
    assert CHAPTERS[name].effort == words
    assert Chapter(name, 1, "A title", (), minutes=5).effort == "About 5 minutes."
    ck.prepare(name)
    assert capsys.readouterr().out.startswith(f"{words}\n")
