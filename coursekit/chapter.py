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
    """

    name: str
    number: int
    title: str
    demos: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.number:02} {self.title}"

    @property
    def notebook(self) -> str:
        """The file name of its notebook, e.g. ``06_initialisation.ipynb``."""
        return f"{self.number:02}_{self.name}.ipynb"


CHAPTERS: Registry[Chapter] = Registry("chapter")


def chapter_of(module: str) -> Chapter:
    """Return the chapter in whose folder a module stands, or say which folders there are (``UnknownNameError``)."""
    return CHAPTERS[module.removeprefix("coursekit.chapters.").partition(".")[0]]
