"""Checks of the files: folders of the learner's own, their progress, and the data and chapters of the course."""

import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from coursekit.commands.chapters import own_chapters
from coursekit.commands.doctor.finding import Finding, command, export, fail, ok, unset, warn
from coursekit.commands.doctor.interpreter import reinstall
from coursekit.places import course_folder, own_folder, progress_path

NEEDED = 100  # MB: compiled kernels take a dozen, the chapters with their pictures a few more
ARRAYS = {"digits.npz": {"images", "labels"}, "photographs.npz": {"china", "flower"}}


def own_places() -> Iterator[Finding]:
    """Home, coursekit's own folder, the learner's chapters and the temporary folder can be written to and have room."""
    for name, folder, why, mend in _places():
        if folder is None:
            yield fail(f"There is no {name}", why, mend)
        elif reason := why_not_writable(folder):
            yield fail(f"The {name} {folder} cannot be written to: {reason}", why, mend)
        elif (free := shutil.disk_usage(_nearest(folder)).free // 2**20) < NEEDED:
            text = f"The disk of the {name} {folder} has only {free} MB left"
            yield fail(text, f"Compiled kernels and saved chapters need {NEEDED} MB.", command("du", "-sh", folder))
        else:
            yield ok(f"{name} {folder}")


def _places() -> Iterator[tuple[str, Path | None, str, str]]:
    """Name each folder, say why it matters, and how to use another one."""
    here = Path.cwd()
    try:
        home: Path | None = Path.home()
    except RuntimeError:
        home = None
    yield "home folder", home, "Jupyter keeps its running servers there.", export("HOME", here)
    why = "Progress and compiled kernels are kept there."
    mend = _without("COURSEKIT_HOME", here / "coursekit-home")
    yield "folder of coursekit", own_folder(), why, mend
    why = "Your own copies of the chapters are kept there."
    mend = _without("COURSEKIT_CHAPTERS", here / "coursekit-chapters")
    yield "folder of your chapters", own_chapters(), why, mend
    try:
        temporary: Path | None = Path(tempfile.gettempdir())
    except FileNotFoundError:
        temporary = None
    yield "temporary folder", temporary, "Python and Jupyter need one.", export("TMPDIR", here)


def _without(name: str, otherwise: Path) -> str:
    """Mend by taking a variable out, if it is set, or else by setting it."""
    return unset(name) if os.environ.get(name) else export(name, otherwise)


def why_not_writable(folder: Path) -> str:
    """Return why a folder (or, if it does not exist, the one in which it would be made) cannot be written to, or "".

    It is tried: root may write nearly anywhere, except on a disk that is mounted read-only.
    """
    try:
        nearest = _nearest(folder)
        if not nearest.is_dir():
            return f"{nearest} is a file"
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _nearest(folder: Path) -> Path:
    """Return the folder itself or the first above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


def progress_file() -> Iterator[Finding]:
    """What the learner has solved can be read and saved."""
    path = progress_path()
    if path is None or not (os.environ.get("COURSEKIT_PROGRESS") or path.exists()):
        return  # the folder in which it will be made is looked at above
    mend = _without("COURSEKIT_PROGRESS", Path.cwd() / "progress.json")
    try:
        if path.exists() and not isinstance(json.loads(path.read_bytes()), dict):
            raise ValueError("not a table")
    except OSError as error:
        yield fail(f"Your progress in {path} cannot be read: {error.strerror}", "No exercise counts as solved.", mend)
        return
    except (ValueError, RecursionError):
        why = "It counts as empty; at the next exercise it is set aside, and a new file begins."
        move = command("move" if os.name == "nt" else "mv", path, f"{path}.corrupt")
        yield warn(f"Your progress in {path} is damaged", why, move)
        return
    if reason := why_not_writable(path.parent):
        yield fail(f"Your progress in {path} cannot be saved: {reason}", "Solved exercises are forgotten.", mend)
    else:
        yield ok(f"progress in {path}")


def course_files() -> Iterator[Finding]:
    """The data and chapters that came with coursekit are there and whole."""
    root = course_folder()
    damaged = [path for name, arrays in ARRAYS.items() if not _is_whole(path := root / "data" / name, arrays)]
    chapters = sorted((root / "notebooks").glob("[0-9]*.ipynb"))
    damaged += [path for path in chapters if not _is_json(path)]
    if not chapters:
        damaged.append(root / "notebooks")
    for path in damaged:
        what = "is damaged" if path.exists() else "is missing"
        yield fail(f"{path} {what}", "A chapter or a figure needs it.", _mend_file(path, root))
    if not damaged:
        yield ok(f"{len(ARRAYS)} data files and {len(chapters)} chapters are whole")


def _is_whole(path: Path, arrays: set[str]) -> bool:
    """Whether an archive holds these arrays, and each is as its checksum says."""
    try:
        with zipfile.ZipFile(path) as archive:
            return arrays <= {Path(name).stem for name in archive.namelist()} and archive.testzip() is None
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
        return False


def _is_json(path: Path) -> bool:
    try:
        return "cells" in json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False


def _mend_file(path: Path, root: Path) -> str:
    """Return the command that brings a file back: from the history of a checkout, or by installing again."""
    return command("git", "-C", root, "checkout", "--", path) if (root / ".git").exists() else reinstall()
