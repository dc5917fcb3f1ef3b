"""What became of every trial of a search, one line of JSON each, kept so that a search can go on where it ended."""

import json
import math
import os
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from coursekit import places

FORMAT = 1


class Trial(NamedTuple):
    """One training of a search."""

    number: int  # 0, 1, …: with the search's seed it fixes the settings and all randomness
    settings: dict[str, Any]
    score: float | None  # what train returned, larger is better; None if it failed
    error: str = ""  # why it failed
    seconds: float = 0.0  # how long it took


class TrialStore:
    """A file whose first line says which search it belongs to; every other line is a trial that has ended.

    A line is written whole and at once. What a killed process left half written is skipped when the file is read.

    Parameters
    ----------
    path : path
        Its folder is made if it is not there.
    told : dict
        The search: what must be the same for its trials to count.

    Raises
    ------
    ValueError
        If the file is of another search, or is no store; in the browser also if its name contains ``json``.
    """

    def __init__(self, path: str | PathLike[str], told: dict[str, Any]) -> None:
        self.path = Path(path)
        if places.IN_BROWSER and "json" in self.path.name:
            # JupyterLite takes such a file for one JSON text. When it is none, a write to it never returns.
            raise ValueError(
                f"search: in the browser {self.path.name} can only hold one JSON text, and a store has a line for "
                f"each trial. Choose a name without 'json', e.g. {self.path.name.replace('jsonl', 'txt')!r}."
            )
        self._told = json.loads(json.dumps({"format": FORMAT, **told}, default=repr))  # as it is read back
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = self._lines()
        if not lines:
            self._append(self._told)
        elif lines[0] != self._told:
            raise ValueError(self._refusal(lines[0]))

    def read(self) -> dict[int, Trial]:
        """Return the trials by number."""
        return {trial.number: trial for trial in map(_as_trial, self._lines()[1:]) if trial}

    def append(self, trial: Trial) -> None:
        """Write a trial that has ended."""
        self._append(trial._asdict())

    def _lines(self) -> list[Any]:
        """Return what can be read, line by line."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_bytes().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:  # half a line, of a process that was killed
                continue
        if not found and self.path.read_bytes().count(b"\n"):
            raise ValueError(f"search: {self.path} is no store of a search. Choose another name.")
        return found

    def _append(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, default=repr).encode() + b"\n"
        with self.path.open("a+b") as file:
            if file.tell() and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
                text = b"\n" + text  # closes what was left half written
            file.write(text)

    def _refusal(self, there: Any) -> str:
        """Say in which way the file is of another search."""
        if not isinstance(there, dict) or "format" not in there:
            return f"search: {self.path} is no store of a search. Choose another name."
        other = next(name for name in {**self._told, **there} if self._told.get(name) != there.get(name))
        return (
            f"search: {self.path} is of another search: its {other} is {there.get(other)!r}, here it is "
            f"{self._told.get(other)!r}. Choose another store, or delete that file."
        )


def _as_trial(line: Any) -> Trial | None:
    """Read a line, or None if it holds no trial."""
    try:
        trial = Trial(**line)
        scored = trial.score is None or math.isfinite(trial.score)
        return trial if scored and trial.number >= 0 and isinstance(trial.settings, dict) else None
    except TypeError:
        return None
