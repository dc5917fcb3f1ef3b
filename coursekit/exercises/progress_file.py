"""What a learner has solved, in one small JSON file that is never half written and never thrown away."""

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Standing:
    """How one learner stands with one exercise."""

    attempts: int = 0  # up to and including the first correct one
    hints: int = 0  # how many were seen
    solved: str = ""  # the day, as 2025-09-01, or nothing

    def __post_init__(self) -> None:
        if [type(value) for value in (self.attempts, self.hints, self.solved)] != [int, int, str]:
            raise TypeError(f"not a standing: {self!r}")


Standings = dict[str, Standing]  # by exercise


def progress_path() -> Path | None:
    """``$COURSEKIT_PROGRESS``, else ``.coursekit/progress.json`` in the home folder, else (without a home) None."""
    if chosen := os.environ.get("COURSEKIT_PROGRESS"):
        return Path(chosen)
    try:
        return Path.home() / ".coursekit" / "progress.json"
    except RuntimeError:
        return None


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
        try:
            return self._load(path) if path else {}
        except OSError as error:
            self._note(f"Your progress in {path} cannot be read: {error.strerror}.")
            return {}

    def update(self, exercise: str, change: Callable[[Standing], Standing]) -> None:
        """Replace the standing of one exercise by ``change(standing)``."""
        path = progress_path()
        if path is None:
            self._note(
                "Your progress is not saved: there is no home folder. Set COURSEKIT_PROGRESS to the name of a file."
            )
            return
        try:
            standings = self._load(path)
            before = standings.get(exercise, Standing())
            after = change(before)
            if after != before:
                _write(path, standings | {exercise: after})
        except OSError as error:
            self._note(f"Your progress is not saved: {path}: {error.strerror}. Set COURSEKIT_PROGRESS to another file.")

    def _load(self, path: Path) -> Standings:
        try:
            content = json.loads(path.read_bytes())
            return {name: Standing(**fields) for name, fields in content.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError, RecursionError):  # no JSON, or not of our shape
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


def _write(path: Path, standings: Standings) -> None:
    """Write a new file beside the old one, then let it take its place: a reader sees the old or the new, no half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({name: asdict(standing) for name, standing in standings.items()}, indent=2)
    descriptor, temporary = tempfile.mkstemp(prefix=path.name, suffix=".new", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # else a power cut can leave the new name on an empty file
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
