"""The glossary: each term new in one chapter, in whose text it stands; each chapter ends with its own."""

import re
from pathlib import Path

import nbformat
import pytest

import coursekit as ck
from coursekit.chapters import CHAPTERS, GLOSSARY
from coursekit.registry import UnknownNameError
from coursekit.terms import Term, TermList

ROOT = Path(__file__).parents[2]
FEW, MANY = 5, 25  # terms that a chapter may have
MAX_LETTERS = 220
BEHIND = ("### Further reading", "### The same in PyTorch")  # what nobody needs for the chapter itself
EACH = pytest.mark.parametrize("chapter", CHAPTERS.values(), ids=lambda chapter: chapter.name)
EACH_TERM = pytest.mark.parametrize("term", GLOSSARY.values(), ids=lambda term: term.name)


def cells_of(chapter):
    return nbformat.read(ROOT / "notebooks" / chapter.notebook, as_version=4).cells


def text_of(chapter):
    """What a learner reads, without Markdown's stars."""
    markdown = [cell.source for cell in cells_of(chapter) if cell.cell_type == "markdown"]
    return re.sub(r"\s+", " ", " ".join(text for text in markdown if not text.startswith(BEHIND)).replace("*", ""))


def stands_in(text, name):
    """Whether a term is there, as one word or several; a name such as He or ZCA with its capitals."""
    spelt = re.escape(name) if name[0].isupper() else f"(?i:{re.escape(name)})"
    return bool(re.search(rf"(?<!\w){spelt}(?:s|es)?(?!\w)", text))


@EACH
def test_all_terms_of_a_chapter_stand_in_its_text(chapter):
    text = text_of(chapter)
    assert [term.name for term in GLOSSARY.values() if term.chapter == chapter and not stands_in(text, term.name)] == []


def test_a_term_inside_another_word_is_not_taken_for_it():
    assert stands_in("Each **ReLU** and all gates.".replace("*", ""), "gate")
    assert not stands_in("investigate", "gate")
    assert not stands_in("he draws the weights", "He")


@EACH
def test_a_chapter_has_some_terms_and_not_too_many(chapter):
    assert FEW <= sum(term.chapter == chapter for term in GLOSSARY.values()) <= MANY


def test_a_term_is_new_once():
    with pytest.raises(ValueError, match="'fan-in' is taken"):
        GLOSSARY.add(Term("fan-in", "twice.", CHAPTERS["capstone"]))
    assert len({name.lower() for name in GLOSSARY}) == len(GLOSSARY)


@EACH_TERM
def test_a_meaning_is_one_plain_sentence_that_goes_on_after_a_colon(term):
    assert re.fullmatch(r"[a-zA-Z].*\w[).]*\.", term.meaning)
    assert not re.search(r"[.!?] [A-Z]", term.meaning)
    assert not set(term.meaning + term.name) & set("*_`$|\\<>#\n"), "Markdown and text must show the same"
    assert len(term.meaning) <= MAX_LETTERS


@EACH_TERM
def test_a_meaning_does_not_repeat_its_term_at_its_start(term):
    assert not term.meaning.lower().removeprefix("the ").removeprefix("a ").startswith(f"{term.name.lower()} is")


@EACH
def test_the_chapter_shows_its_terms_before_what_stands_behind_it(chapter):
    sources = [cell.source for cell in cells_of(chapter)]
    place = sources.index(f'ck.glossary("{chapter.name}")')
    assert not any(source.startswith(BEHIND) for source in sources[:place])
    [output] = cells_of(chapter)[place].outputs
    shown = ck.glossary(chapter.name)
    assert output.data == {"text/plain": repr(shown), "text/markdown": shown._repr_markdown_()}


def test_terms_are_a_list_in_a_notebook_and_lines_elsewhere():
    term = Term("fan-in", "how many inputs a unit adds up.", CHAPTERS["initialisation"])
    listed = TermList("New", (term,))
    assert repr(listed) == "New:\nfan-in: how many inputs a unit adds up."
    assert listed._repr_markdown_() == "New:\n\n* **fan-in**: how many inputs a unit adds up."


def test_all_terms_come_from_a_to_z_and_a_chapters_in_its_own_order():
    names = [term.name for term in ck.glossary().terms]
    assert names == sorted(GLOSSARY, key=str.lower)
    assert [term.name for term in ck.glossary("initialisation").terms][:2] == ["initialisation", "symmetry"]


def test_a_chapter_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(UnknownNameError, match=r"no chapter called .initialization.\. Did you mean .initialisation."):
        ck.glossary("initialization")
