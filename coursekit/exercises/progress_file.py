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


@dataclass(frozen=True)
class Standing:
    """How one learner stands with one exercise."""

    attempts: int = 0  # up to and including the first correct one
    hints: int = 0  # how many were seen
    solved: str = ""  # the day, as 2025-09-01, or nothing

    def __post_init__(self) -> None:
        if [type(value) for value in (self.attempts, self.hints, self.solved)] != [int, int, str]:
            raise TypeError(f"not a standing: {self!r}")
        sensible = 0 <= self.attempts < MOST and 0 <= self.hints < MOST
        if not sensible or (self.solved and date.fromisoformat(self.solved).isoformat() != self.solved):
            raise ValueError(f"not a standing: {self!r}")


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
        return {name: Standing(**fields) for name, fields in json.loads(content).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):  # no JSON, or not of our shape
        raise ValueError(f"{path} is no progress file") from None


def merged(first: Standings, second: Standings) -> Standings:
    """Return for each exercise the better of two standings; in whatever order, and however often, it is done."""
    return {
        name: _better(first.get(name, Standing()), second.get(name, Standing())) for name in sorted({**first, **second})
    }


def _better(first: Standing, second: Standing) -> Standing:
    """Solved beats unsolved, the earlier day the later one; attempts and hints are at least as many as either says."""
    solved = min(filter(None, (first.solved, second.solved)), default="")
    return Standing(max(first.attempts, second.attempts), max(first.hints, second.hints), solved)


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
                if after != before:
                    write_whole(path, _as_json(after))
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


def _as_json(standings: Standings) -> bytes:
    return json.dumps({name: asdict(standing) for name, standing in standings.items()}, indent=2).encode()


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
