"""Checks of Python itself, and of which coursekit it finds."""

import importlib.metadata
import json
import os
import shutil
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from coursekit.commands.doctor.finding import Finding, command, fail, ok, pip_install, python, unset, warn
from coursekit.commands.doctor.probe import ask
from coursekit.places import PACKAGE

OLDEST = (3, 11)


def python_version() -> Iterator[Finding]:
    """Python is new enough, has 64 bits, and is an environment of its own."""
    version, bits = sys.version_info[:3], struct.calcsize("P") * 8
    name = f"Python {'.'.join(map(str, version))}"
    if version[:2] < OLDEST or bits < 64:
        what = name if version[:2] < OLDEST else f"{name} for {bits} bits"
        newer = next(filter(shutil.which, ("python3.13", "python3.12", "python3.11", "python3.14")), "python3.12")
        mend = f"{newer} -m venv course && {_bin('course', 'python')} -m pip install {command(source() + '[lab]')}"
        yield fail(f"{what} runs this", "coursekit needs Python 3.11 or newer, and Numba needs 64 bits.", mend)
    elif sys.prefix != sys.base_prefix:
        yield ok(f"{name} in the virtual environment {sys.prefix}")
    elif "CONDA_PREFIX" in os.environ:
        yield ok(f"{name} in the conda environment {sys.prefix}")
    else:
        yield ok(f"{name} in {sys.prefix}, which is no virtual environment")


def one_coursekit() -> Iterator[Finding]:
    """The coursekit that a chapter will find, and the one that the command starts, are this one."""
    found = ask("import coursekit; answer = coursekit.__file__")
    try:
        version = importlib.metadata.version("coursekit")
    except importlib.metadata.PackageNotFoundError:
        version = ""
    if found.error or not version:
        why = "A chapter runs in another folder than this terminal and will not find it."
        yield fail(f"coursekit is in {PACKAGE}, but not installed for {sys.executable}", why, pip_install(*_itself()))
        return
    other = Path(found.value).resolve().parent
    if other != PACKAGE:
        why = f"A chapter uses {other}; what you see here need not hold there."
        mend = unset("PYTHONPATH") if os.environ.get("PYTHONPATH") else pip_install(*_itself())
        yield fail(f"There are two coursekits: this one in {PACKAGE} and another one", why, mend)
        return
    yield ok(f"coursekit {version} in {PACKAGE}")
    yield from _command_on_path()


def _command_on_path() -> Iterator[Finding]:
    """Whether typing ``coursekit`` starts this Python; on Windows the program does not say."""
    program = shutil.which("coursekit")
    if not program or os.name == "nt":
        return
    with open(program, "rb") as file:
        starts = Path(file.readline(4096).removeprefix(b"#!").decode(errors="replace").strip().strip('"'))
    if starts.is_absolute() and starts.parent.resolve() != Path(sys.executable).parent.resolve():
        why = f"Typing coursekit starts {starts}, which may have other packages."
        mend = python("-m", "coursekit", "lab")
        yield warn("The command coursekit belongs to another Python than this one", why, mend)


def source() -> str:
    """Return what pip can install coursekit from: where it came from, or the checkout, or else its name."""
    if (PACKAGE.parent / "pyproject.toml").is_file():
        return str(PACKAGE.parent)
    try:
        origin = importlib.metadata.distribution("coursekit").read_text("direct_url.json")
        return str(json.loads(origin or "{}").get("url", "coursekit"))
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return "coursekit"


def _itself() -> list[str]:
    """What to hand to pip so that this coursekit is installed."""
    whole = source()
    if whole.startswith("file:"):  # the name is needed where an address takes the extra packages with it
        return [f"coursekit[lab] @ {whole}"]
    return ["-e", f"{whole}[lab]"] if os.sep in whole else [f"{whole}[lab]"]


def reinstall() -> str:
    """Return the command that installs coursekit's own files again."""
    return pip_install("--force-reinstall", "--no-deps", *_itself())


def _bin(folder: str, program: str) -> str:
    return f"{folder}\\Scripts\\{program}" if os.name == "nt" else f"{folder}/bin/{program}"
