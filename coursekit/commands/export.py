"""``coursekit export``: what a teacher hands out, chapters without their solutions, or with all of them open."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from coursekit.commands import chapters
from coursekit.handout import SOLUTIONS, STUDENTS

WORDS = {STUDENTS: "without solutions", SOLUTIONS: "with their solutions open"}


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("export", help="write chapters without their solutions for a class, or with all open")
    parser.add_argument("--for-students", type=Path, metavar="DIR", help="write chapters without solutions to DIR")
    parser.add_argument("--solutions", type=Path, metavar="DIR", help="write chapters with all solutions open to DIR")
    parser.add_argument("--chapter", type=int, action="append", metavar="N", help="only this chapter (may be repeated)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the chapters; 1 if one could not be written or was changed since, 2 for a wrong call."""
    asked = {STUDENTS: options.for_students, SOLUTIONS: options.solutions}
    folders = {kind: Path(os.path.expanduser(folder)).absolute() for kind, folder in asked.items() if folder}
    numbers = options.chapter or []
    if problem := _wrong_call(folders, numbers):
        print(problem, file=sys.stderr)
        return 2
    return max([_export(folder, kind, numbers) for kind, folder in folders.items()])


def _wrong_call(folders: dict[str, Path], numbers: list[int]) -> str:
    """Say what cannot be done, or nothing."""
    if not folders:
        return "Where to? coursekit export --for-students DIR, or, with solutions, coursekit export --solutions DIR."
    there = sorted(int(path.name[:2]) for path in chapters.shipped().glob(chapters.CHAPTER))
    if unknown := sorted(set(numbers) - set(there)):
        return f"There is no chapter {unknown[0]}. There are: {', '.join(map(str, there))}."
    if len(set(folders.values())) < len(folders):
        return "Chapters with solutions and chapters without need a folder each."
    return next(filter(None, (_taken(folder, kind) for kind, folder in folders.items())), "")


def _taken(folder: Path, kind: str) -> str:
    """Say that a folder holds chapters of another kind, a learner's or the course's own; nothing if it does not."""
    if chapters.kinds_in(folder) - {kind}:
        return f"{folder} holds chapters that are not {WORDS[kind]}. They stay as they are: choose another folder."
    return ""


def _export(folder: Path, kind: str, numbers: list[int]) -> int:
    """Write the chapters of one kind, but none over somebody's work, and say what was done."""
    try:
        chapters.bring(folder, kind, numbers)
        changed = chapters.changed(folder, kind, numbers)
    except OSError as error:
        print(f"The chapters cannot be written to {folder}: {error.strerror}. Choose another folder.", file=sys.stderr)
        return 1
    print(f"Chapters {WORDS[kind]} are in {folder}.")
    for path in changed:
        print(f"{path.name} was changed there and stays as it is. To have it anew, move it away.", file=sys.stderr)
    return 1 if changed else 0
