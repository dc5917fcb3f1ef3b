"""The record of one chapter; its number and its title stand in the ``__init__.py`` of its folder, and nowhere else."""

from dataclasses import dataclass

from coursekit.registry import Registry


@dataclass(frozen=True)
class Chapter:
    """One chapter of the course.

    Attributes
    ----------
    name : str
        The key in `CHAPTERS`; also the name of its folder in `coursekit.chapters`, and of its notebook.
    number : int
        Its place in the course.
    title : str
        Its name for people.
    demos : tuple of str
        Its live figures in the order of the notebook, each a file of its folder.
    needs : tuple of str
        The chapters, by name, that it builds on directly; its notebook begins by saying what it takes from them.
    minutes : int
        What a learner needs who reads it, moves every figure and does the exercises, to the nearest five. The estimate
        allows a minute for 150 words, two for a cell with a figure, five for an exercise, a goal or the quiz, and
        fifteen for a network of one's own.
    """

    name: str
    number: int
    title: str
    demos: tuple[str, ...]
    needs: tuple[str, ...] = ()
    minutes: int = 0

    def __str__(self) -> str:
        return f"{self.number:02} {self.title}"

    @property
    def notebook(self) -> str:
        """The file name of its notebook, e.g. ``06_initialisation.ipynb``."""
        return f"{self.number:02}_{self.name}.ipynb"

    @property
    def effort(self) -> str:
        """What it takes, in words: ``About 90 minutes, after chapters 01, 02 and 04.``"""
        numbers = [f"{CHAPTERS[name].number:02}" for name in self.needs]
        if len(numbers) == self.number > 1:
            after = ", after all chapters before it"
        elif numbers:
            listed = " and ".join(filter(None, (", ".join(numbers[:-1]), numbers[-1])))
            after = f", after chapter{'s' * (len(numbers) > 1)} {listed}"
        else:
            after = ""
        return f"About {self.minutes} minutes{after}."


CHAPTERS: Registry[Chapter] = Registry("chapter")


def chapter_of(module: str) -> Chapter:
    """Return the chapter in whose folder a module stands, or say which folders there are (``UnknownNameError``)."""
    return CHAPTERS[module.removeprefix("coursekit.chapters.").partition(".")[0]]
