"""One finding of the doctor, and the commands that mend, written so that they can be copied into a terminal."""

import os
import re
import shlex
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What was found; for a warning or a failure, why it matters and what mends it."""

    level: Literal["ok", "warning", "FAIL"]
    text: str
    why: str = ""
    mend: str = ""
    package: str = ""  # the one that cannot be used: other checks need not try it


def ok(text: str) -> Finding:
    """All is well."""
    return Finding("ok", text)


def warn(text: str, why: str, mend: str) -> Finding:
    """Say that the course works, but less well than it could."""
    return Finding("warning", text, why, mend)


def fail(text: str, why: str, mend: str, package: str = "") -> Finding:
    """Say that something does not work until it is mended."""
    return Finding("FAIL", text, why, mend, package)


def command(*words: object) -> str:
    """Return a command line; what a shell could misread stands in quotes."""
    return " ".join(_quoted(str(word)) for word in words)


def _quoted(word: str) -> str:
    if re.fullmatch(r"[\w@%+=:,./-]+", word):
        return word
    if os.name == "nt" or not re.search(r'["\\$`!]', word):
        return f'"{word}"'  # the quotes that every shell knows
    return shlex.quote(word)


def python(*words: object) -> str:
    """Return a command line for the Python that runs this."""
    return command(sys.executable, *words)


def pip_install(*words: str) -> str:
    """Return a command line that installs into this Python; some environments have no pip yet."""
    install = python("-m", "pip", "install", *words)
    return install if find_spec("pip") else f"{python('-m', 'ensurepip')} && {install}"


def unset(name: str) -> str:
    """Return the command that takes a variable out of this terminal."""
    return f"set {name}=" if os.name == "nt" else f"unset {name}"


def export(name: str, value: object) -> str:
    """Return the command that gives a variable to the programs of this terminal."""
    return f"set {name}={value}" if os.name == "nt" else f"export {name}={_quoted(str(value))}"


def remove(*paths: Path | str) -> str:
    """Return the command that removes folders and files."""
    return command(*(("rmdir", "/s") if os.name == "nt" else ("rm", "-r")), *paths)
