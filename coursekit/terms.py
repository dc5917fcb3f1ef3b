"""The glossary: each term of the course with its meaning in one sentence, and the chapter in which it is new."""

from collections.abc import Mapping
from dataclasses import dataclass

from coursekit.chapter import Chapter, chapter_of
from coursekit.registry import Registry


@dataclass(frozen=True)
class Term:
    """One term.

    Attributes
    ----------
    name : str
        The key in `GLOSSARY`, as the chapter's text has it.
    meaning : str
        What it is, in one plain sentence that goes on after a colon.
    chapter : Chapter
        Where it is new.
    """

    name: str
    meaning: str
    chapter: Chapter


GLOSSARY: Registry[Term] = Registry("term")


def new_terms(module: str, meanings: Mapping[str, str]) -> None:
    """Add what is new in a chapter: ``new_terms(__name__, {"fan-in": "how many …"})`` in a file of its folder."""
    for name, meaning in meanings.items():
        GLOSSARY.add(Term(name, meaning, chapter_of(module)))


@dataclass(frozen=True)
class TermList:
    """Some terms under a heading, shown as a list: in a notebook as Markdown, elsewhere as text."""

    heading: str
    terms: tuple[Term, ...]

    def __repr__(self) -> str:
        return "\n".join([f"{self.heading}:", *(f"{term.name}: {term.meaning}" for term in self.terms)])

    def _repr_markdown_(self) -> str:
        return "\n".join([f"{self.heading}:\n", *(f"* **{term.name}**: {term.meaning}" for term in self.terms)])
