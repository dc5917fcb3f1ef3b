"""What a learner has solved, in one small JSON file that is never half written and never thrown away."""

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from coursekit.exercises.lock_file import alone
from coursekit.places import progress_path

LARGEST = 1_000_000  # bytes of a file; a whole course needs a few thousand
MOST = 1_000_000  # attempts at an exercise, or hints to it
# An edition before quizzes knows three fields, and sets a file aside that has a fourth. So the day of the last attempt
# is an entry of its own in the file, which to that edition is an exercise it does not have, and which it keeps.
LAST_TRY = "last try at "


@dataclass(frozen=True)
class Standing:
    """How one learner stands with one exercise, or with one question of a quiz, which has one attempt: the first."""

    attempts: int = 0  # up to and including the first correct one
    hints: int = 0  # how many were seen
    solved: str = ""  # the day, as 2025-09-01, or nothing
    tried: str = ""  # the day of the last attempt while it is not solved, or nothing

    def __post_init__(self) -> None:
        if [type(value) for value in (self.attempts, self.hints, self.solved, self.tried)] != [int, int, str, str]:
            raise TypeError(f"not a standing: {self!r}")
        sensible = 0 <= self.attempts < MOST and 0 <= self.hints < MOST
        days = filter(None, (self.solved, self.tried))
        if not sensible or any(date.fromisoformat(day).isoformat() != day for day in days):
            raise ValueError(f"not a standing: {self!r}")

    @property
    def stuck(self) -> bool:
        """Whether it was tried and is not solved."""
        return self.attempts > 0 and not self.solved


Standings = dict[str, Standing]  # by exercise


def read_standings(path: Path) -> Standings:
    """Read a progress file, perhaps a stranger's: the names of the exercises in it can be any text.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no progress file.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    try:
        if len(content) > LARGEST:
            raise ValueError
        return _from_json({name: Standing(**fields) for name, fields in json.loads(content).items()})
    except (ValueError, TypeError, AttributeError, RecursionError):  # no JSON, or not of our shape
        raise ValueError(f"{path} is no progress file") from None


def _from_json(entries: Standings) -> Standings:
    """Put the days of the last attempts, which stand in entries of their own, where they belong."""
    standings: Standings = {}
    for key, entry in entries.items():
        name = key.removeprefix(LAST_TRY)
        found = entry if name == key else Standing(tried=entry.solved)
        standings[name] = _better(standings.get(name, Standing()), found)
    return standings


def merged(first: Standings, second: Standings) -> Standings:
    """Return for each exercise the better of two standings; in whatever order, and however often, it is done."""
    return {
        name: _better(first.get(name, Standing()), second.get(name, Standing())) for name in sorted({**first, **second})
    }


def _better(first: Standing, second: Standing) -> Standing:
    """Solved beats unsolved, and earlier later; attempts, hints and the last day are at least what either says."""
    solved = min(filter(None, (first.solved, second.solved)), default="")
    tried = "" if solved else max(first.tried, second.tried)
    return Standing(max(first.attempts, second.attempts), max(first.hints, second.hints), solved, tried)


class ProgressFile:
    """Reads and updates the file. Nothing that is wrong with it may stop a chapter: a note says so instead.

    Parameters
    ----------
    note : callable
        Receives one line of text for the learner.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note

    def read(self) -> Standings:
        """Return all standings; none where there is no file that can be read."""
        path = progress_path()
        if path is None:
            return {}
        try:
            with alone(path):
                return self._load(path)
        except OSError as error:
            self._note(f"Your progress in {path} cannot be read: {error.strerror}.")
            return {}

    def update(self, exercise: str, change: Callable[[Standing], Standing]) -> None:
        """Replace the standing of one exercise by ``change(standing)``."""

        def change_one(standings: Standings) -> Standings:
            before = standings.get(exercise, Standing())
            after = change(before)
            return standings if after == before else standings | {exercise: after}

        self.update_all(change_one)

    def update_all(self, change: Callable[[Standings], Standings]) -> None:
        """Replace all standings by ``change(standings)``, while no other process does so."""
        path = progress_path()
        if path is None:
            self._note(
                "Your progress is not saved: there is no home folder. Set COURSEKIT_PROGRESS to the name of a file."
            )
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with alone(path):
                before = self._load(path)
                after = change(before)
                content = as_json(after)
                if len(content) > LARGEST:
                    self._note(f"Your progress is not changed: {path} would be too large to be read again.")
                elif after != before:
                    write_whole(path, content)
        except OSError as error:
            self._note(f"Your progress is not saved: {path}: {error.strerror}. Set COURSEKIT_PROGRESS to another file.")

    def _load(self, path: Path) -> Standings:
        try:
            return read_standings(path)
        except FileNotFoundError:
            return {}
        except ValueError:
            aside = _set_aside(path)
            self._note(
                f"Your progress in {path} could not be understood. It is kept as {aside.name}; a new file begins."
            )
            return {}


def _set_aside(path: Path) -> Path:
    """Rename the file to ``….corrupt``, or ``….corrupt2`` and so on if there already is one."""
    aside = path.with_name(f"{path.name}.corrupt")
    number = 2
    while aside.exists():
        aside = path.with_name(f"{path.name}.corrupt{number}")
        number += 1
    return path.replace(aside)


def as_json(standings: Standings) -> bytes:
    """Return the content of a progress file."""
    entries = {}
    for name, standing in standings.items():
        entries[name] = asdict(standing)
        if tried := entries[name].pop("tried"):
            entries[LAST_TRY + name] = {"attempts": 0, "hints": 0, "solved": tried}
    return json.dumps(entries, indent=2).encode()


def write_whole(path: Path, content: bytes) -> None:
    """Write a new file beside the old one, then let it take its place: a reader sees the old or the new, no half."""
    descriptor, temporary = tempfile.mkstemp(prefix=path.name, suffix=".new", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a power cut can leave the new name on an empty file
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
