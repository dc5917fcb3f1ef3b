"""``coursekit progress``: how one learner stands, or a whole class; as a table, CSV, a file to hand in, or merged."""

import argparse
import csv
import glob
import io
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.places import progress_path

if TYPE_CHECKING:
    from coursekit.chapter import Chapter
    from coursekit.exercises.progress_file import Standings

FORMULA = ("=", "+", "-", "@")
OF_WINDOWS = re.compile(r"(?i)con|prn|aux|nul|(com|lpt)\d")  # devices, which no file can be named after


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("progress", help="show what is solved: by you, or in the progress files of a class")
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="progress files, one for each learner (default: yours)"
    )
    parser.add_argument(
        "--csv", metavar="OUT", help="write a row for each learner and exercise to OUT (-: the terminal)"
    )
    parser.add_argument(
        "--all", action="store_true", help="list every exercise, not only chapters or where a class is stuck"
    )
    parser.add_argument("--merge", action="store_true", help="take the files into your own progress")
    parser.add_argument(
        "--export", metavar="NAME", help="write your progress to NAME.json in this folder, to hand it in"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show, write, merge or export; 1 if something could not be read or written."""
    if options.merge and not options.files:
        return _say(["--merge needs the files to take in: coursekit progress --merge FILE ..."]) and 2
    if options.export is not None and options.files and not options.merge:
        return _say(["--export writes your own progress: name no files."]) and 2
    problems: list[str] = []
    class_ = _read_all(options.files, problems)
    if options.files and not class_ and not options.merge:
        return _say(problems)
    if options.merge:
        _merge(class_.values(), problems)
    if options.merge or not options.files:
        class_ = _own(problems)
    if options.export is not None:
        return _export(options.export, class_, problems)
    if options.csv != "-":
        of_a_class = options.files and not options.merge
        print((_class_tables if of_a_class else _own_table)(class_, options.all))
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

    paths = [Path(name) for pattern in files for name in _expanded(pattern, problems)]
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


def _expanded(pattern: str, problems: list[str]) -> list[str]:
    """Do what the shell does with ``*.json``, for Windows, where it does not."""
    if os.path.exists(pattern) or not glob.has_magic(pattern):
        return [pattern]
    found = sorted(glob.glob(pattern))
    if not found:
        problems.append(f"No file matches {pattern}.")
    return found


def _own(problems: list[str]) -> "dict[str, Standings]":
    from coursekit.exercises.progress_file import ProgressFile

    path = progress_path()
    return {path.name.removesuffix(".json") if path else "progress": ProgressFile(problems.append).read()}


def _merge(class_: "Iterable[Standings]", problems: list[str]) -> None:
    from functools import reduce

    from coursekit.exercises.progress_file import ProgressFile, merged

    ProgressFile(problems.append).update_all(lambda own: reduce(merged, class_, own))


def _export(name: str, own: "dict[str, Standings]", problems: list[str]) -> int:
    """Write a copy of one's own progress to hand in; never over a file that holds anything that it does not."""
    from coursekit.exercises.progress_file import as_json, merged, read_standings, write_whole

    [standings] = own.values()
    path = Path(f"{_as_file_name(name)}.json")
    if not standings:
        problems.append("There is nothing to hand in yet: no exercise was tried.")
    if problems:
        return _say(problems)
    try:
        if path.exists() and merged(read_standings(path), standings) != standings:
            raise ValueError
        done = "brought up to date" if path.exists() else "written"
        write_whole(path.absolute(), as_json(standings))
    except ValueError:
        return _say([f"{path} is there and holds something else. It stays as it is: move it, or choose another name."])
    except OSError as error:
        return _say([f"{path} cannot be written: {error.strerror}."])
    print(f"{path} is {done}: hand in this file.")
    return 0


def _as_file_name(name: str) -> str:
    """Keep what every system allows in a file's name: letters of any script, digits, and what joins them."""
    letters = unicodedata.normalize("NFC", name.removesuffix(".json"))[:60]
    kept = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" or letter in " ._-" else "-" for letter in letters
    )
    kept = kept.strip(" .-") or "progress"
    return f"{kept}-" if OF_WINDOWS.fullmatch(kept.partition(".")[0]) else kept


def _own_table(own: "dict[str, Standings]", all: bool) -> str:
    """Return what ``ck.progress()`` shows."""
    from coursekit.chapters import EXERCISES, GOALS, QUIZZES  # noqa: F401  (asked for, so that the registries are filled)
    from coursekit.exercises.session import Progress

    [standings] = own.values()
    return "\n".join([repr(Progress(standings, all)), *_unknown({"": standings})])


def _class_tables(class_: "dict[str, Standings]", all: bool) -> str:
    """Return a line for each learner, with a column for each chapter, then one for each exercise that holds them up."""
    chapters = _chapters()
    everything = [name for names in chapters.values() for name in names]
    rows = [("learner", *chapters, "all", "stuck")]
    for learner, standings in class_.items():
        shares = (_share(standings, names) for names in [*chapters.values(), everything])
        rows.append((learner, *shares, "; ".join(_stuck(standings))))
    return "\n".join([*_aligned(rows), *_unknown(class_), *_exercise_table(class_, all)])


def _stuck(standings: "Standings") -> list[str]:
    """Say at which exercises a learner is stuck: ``hinge_loss: 7 attempts, 3 hints, last 2026-11-20``."""
    from coursekit.chapters import EXERCISES

    stuck = [(name, standings[name]) for name in EXERCISES if name in standings and standings[name].stuck]
    return [
        f"{name}: {_counted(one.attempts, 'attempt')}, {_counted(one.hints, 'hint')}"
        + f", last {one.tried}" * bool(one.tried)
        for name, one in stuck
    ]


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" + "s" * (number != 1)


def _exercise_table(class_: "dict[str, Standings]", all: bool) -> list[str]:
    """Return a line for each exercise at which somebody is stuck, or for each there is; most of them stuck first."""
    from coursekit.chapters import EXERCISES

    counts = []
    for name, exercise in EXERCISES.items():
        found = [standings[name] for standings in class_.values() if name in standings]
        solved, stuck = sum(bool(one.solved) for one in found), sum(one.stuck for one in found)
        if stuck or all:
            counts.append((str(exercise.chapter), name, solved + stuck, solved, stuck))
    counts.sort(key=lambda row: -row[-1])
    rows = [("chapter", "exercise", "tried", "solved", "stuck"), *(tuple(map(str, row)) for row in counts)]
    return ["", *_aligned(rows)] if counts else []


def _chapters() -> dict[str, list[str]]:
    """Return the names of the exercises of each chapter, by its number, in order."""
    from coursekit.chapters import EXERCISES

    chapters: dict[str, list[str]] = {}
    for exercise in EXERCISES.values():
        chapters.setdefault(f"{exercise.chapter.number:02}", []).append(exercise.name)
    return chapters


def _chapter_of_each() -> "dict[str, Chapter]":
    """Return the chapter of all that a file can name, in order: exercises, and after those of a chapter its quiz."""
    from coursekit.chapters import EXERCISES, GOALS, QUIZZES

    chapters = {name: exercise.chapter for name, exercise in EXERCISES.items()}
    chapters |= {key: quiz.chapter for quiz in QUIZZES.values() for key in quiz.keys}
    chapters |= {goal.key: goal.chapter for goal in GOALS.values()}
    return dict(sorted(chapters.items(), key=lambda item: item[1].number))


def _share(standings: "Standings", names: Sequence[str]) -> str:
    solved = sum(name in standings and bool(standings[name].solved) for name in names)
    return f"{solved}/{len(names)}"


def _unknown(class_: "dict[str, Standings]") -> list[str]:
    """Return a line for each learner whose file names exercises that this edition does not have."""
    known = _chapter_of_each()
    lines = []
    for learner, standings in class_.items():
        if unknown := [plain(name) for name in standings if name not in known]:
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
    """Return a row for each learner and exercise or question of a quiz, as RFC 4180 has it."""
    from coursekit.chapters import EXERCISES
    from coursekit.exercises.progress_file import Standing

    chapters = _chapter_of_each()
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(("learner", "chapter", "exercise", "attempts", "hints", "solved", "last", "stuck"))
    for learner, standings in class_.items():
        for name, one in (dict.fromkeys(chapters, Standing()) | standings).items():
            names = (_no_formula(learner), str(chapters.get(name, "")), _no_formula(name))
            stuck = "yes" if name in EXERCISES and one.stuck else ""
            table.writerow((*names, one.attempts, one.hints, one.solved, one.solved or one.tried, stuck))
    return text.getvalue()


def _no_formula(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run."""
    return f"'{plain(text)}" if text.startswith(FORMULA) else plain(text)
