"""``coursekit progress``: how one learner stands, or a whole class; as a table, as CSV, or merged from two machines."""

import argparse
import csv
import glob
import io
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.places import progress_path

if TYPE_CHECKING:
    from coursekit.exercises.progress_file import Standings

FORMULA = ("=", "+", "-", "@")


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("progress", help="show what is solved: by you, or in the progress files of a class")
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="progress files, one for each learner (default: yours)"
    )
    parser.add_argument(
        "--csv", metavar="OUT", help="write a row for each learner and exercise to OUT (-: the terminal)"
    )
    parser.add_argument("--merge", action="store_true", help="take the files into your own progress")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show, write or merge; 1 if something could not be read or written."""
    if options.merge and not options.files:
        return _say(["--merge needs the files to take in: coursekit progress --merge FILE ..."]) and 2
    problems: list[str] = []
    class_ = _read_all(options.files, problems)
    if options.merge:
        _merge(class_.values(), problems)
    if options.merge or not options.files:
        class_ = _own(problems)
    if options.csv != "-":
        print(_class_table(class_) if options.files and not options.merge else _own_table(*class_.values()))
    if options.csv:
        _write_csv(options.csv, class_, problems)
    return _say(problems)


def _say(problems: Sequence[str]) -> int:
    for problem in problems:
        print(plain(problem), file=sys.stderr)
    return 1 if problems else 0


def _read_all(files: Iterable[str], problems: list[str]) -> "dict[str, Standings]":
    """Read the files of a class, by learner."""
    from coursekit.exercises.progress_file import read_standings

    paths = [Path(name) for pattern in files for name in _expanded(pattern)]
    names = [path.name.removesuffix(".json") for path in paths]
    if len({*names}) < len({*paths}):  # each in a folder of its learner
        names = [str(path).removesuffix(".json") for path in paths]
    class_ = {}
    for learner, path in zip(names, paths, strict=True):
        try:
            class_[learner] = read_standings(path)
        except OSError as error:
            problems.append(f"{path} cannot be read: {error.strerror}.")
        except ValueError as error:
            problems.append(f"{error}.")
    return class_


def _expanded(pattern: str) -> list[str]:
    """Do what the shell does with ``*.json``, for Windows, where it does not."""
    return [pattern] if os.path.exists(pattern) else sorted(glob.glob(pattern)) or [pattern]


def _own(problems: list[str]) -> "dict[str, Standings]":
    from coursekit.exercises.progress_file import ProgressFile

    path = progress_path()
    return {path.name.removesuffix(".json") if path else "progress": ProgressFile(problems.append).read()}


def _merge(class_: "Iterable[Standings]", problems: list[str]) -> None:
    from functools import reduce

    from coursekit.exercises.progress_file import ProgressFile, merged

    ProgressFile(problems.append).update_all(lambda own: reduce(merged, class_, own))


def _own_table(standings: "Standings") -> str:
    """Return a line for each chapter, the total, and what comes next."""
    from coursekit.chapters import EXERCISES
    from coursekit.exercises.session import of_the_course

    mine = of_the_course(standings)
    rows: list[tuple[str, ...]] = [("chapter", "solved", "attempts", "hints", "last day")]
    for chapter, names in [*_chapters().items(), ("all", list(mine))]:
        group = [mine[name] for name in names]
        counts = (sum(standing.attempts for standing in group), sum(standing.hints for standing in group))
        last = max(standing.solved for standing in group)
        rows.append((chapter, _share(mine, names), *map(str, counts), last or "-"))
    todo = next((name for name, standing in mine.items() if not standing.solved), None)
    after = f"Next: {todo}, in chapter {EXERCISES[todo].chapter}." if todo else "Everything is solved."
    return "\n".join([*_aligned(rows), *_unknown({"": standings}), after])


def _class_table(class_: "dict[str, Standings]") -> str:
    """Return a line for each learner, with a column for each chapter."""
    chapters = _chapters()
    everything = [name for names in chapters.values() for name in names]
    rows = [("learner", *chapters, "all")]
    for learner, standings in class_.items():
        rows.append((learner, *(_share(standings, names) for names in [*chapters.values(), everything])))
    return "\n".join([*_aligned(rows), *_unknown(class_)])


def _chapters() -> dict[str, list[str]]:
    """Return the names of the exercises of each chapter, by its number, in order."""
    from coursekit.chapters import EXERCISES

    chapters: dict[str, list[str]] = {}
    for exercise in EXERCISES.values():
        chapters.setdefault(f"{exercise.chapter.number:02}", []).append(exercise.name)
    return chapters


def _share(standings: "Standings", names: Sequence[str]) -> str:
    solved = sum(name in standings and bool(standings[name].solved) for name in names)
    return f"{solved}/{len(names)}"


def _unknown(class_: "dict[str, Standings]") -> list[str]:
    """Return a line for each learner whose file names exercises that this edition does not have."""
    from coursekit.chapters import EXERCISES

    lines = []
    for learner, standings in class_.items():
        if unknown := [plain(name) for name in standings if name not in EXERCISES]:
            shown = ", ".join(name[:40] for name in unknown[:5]) + (", ..." if len(unknown) > 5 else "")
            owner = f"{plain(learner)}: " if learner else ""
            lines.append(f"{owner}{len(unknown)} not in this edition of the course: {shown}")
    return lines


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows as lines whose columns stand under each other, also behind Chinese names."""
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def plain(text: str) -> str:
    """Replace control characters: in a name they could rewrite what a terminal shows."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _write_csv(out: str, class_: "dict[str, Standings]", problems: list[str]) -> None:
    from coursekit.exercises.progress_file import write_whole

    text = _as_csv(class_)
    if out == "-":
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
        return
    try:
        write_whole(Path(out), text.encode("utf-8-sig"))  # without the mark at its start, Excel garbles ä and 中
    except OSError as error:
        problems.append(f"{out} cannot be written: {error.strerror}.")


def _as_csv(class_: "dict[str, Standings]") -> str:
    """Return a row for each learner and exercise, as RFC 4180 has it."""
    from coursekit.chapters import EXERCISES
    from coursekit.exercises.session import of_the_course

    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(("learner", "chapter", "exercise", "attempts", "hints", "solved"))
    for learner, standings in class_.items():
        for name, standing in (of_the_course(standings) | standings).items():
            chapter = str(EXERCISES[name].chapter) if name in EXERCISES else ""
            names = (_no_formula(learner), chapter, _no_formula(name))
            table.writerow((*names, standing.attempts, standing.hints, standing.solved))
    return text.getvalue()


def _no_formula(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run."""
    return f"'{plain(text)}" if text.startswith(FORMULA) else plain(text)
