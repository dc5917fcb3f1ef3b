"""Tries things in a Python of their own, so that whatever breaks there, even the interpreter, does not break here."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LIMIT = 60  # seconds; a cold disc and a busy machine need a good part of it

# The answer comes as the last line, below whatever the imports print. An error is followed to what first went wrong.
ASK = """
import json, sys
scope = {}
try:
    exec(sys.argv.pop(1), scope)
    reply = {"value": scope.get("answer")}
except BaseException as error:
    while getattr(error, "__cause__", None):
        error = error.__cause__
    lines = str(error).strip().splitlines() or ["no message"]
    reply = {"error": "%s: %s" % (type(error).__name__, lines[0])}
print("\\n" + json.dumps(reply))
"""


@dataclass(frozen=True)
class Answer:
    """What the code put into ``answer``, or why there is none."""

    value: Any = None
    error: str = ""


def ask(
    code: str, *arguments: str, program: str = sys.executable, variables: Mapping[str, str] | None = None
) -> Answer:
    """Run code in a new Python and return what it left in ``answer``.

    Parameters
    ----------
    code : str
        Python; its ``sys.argv[1:]`` are ``arguments``.
    *arguments : str
        What the code needs to know.
    program : str
        Which Python.
    variables : mapping, optional
        Environment variables, in addition to those that are set.

    Returns
    -------
    Answer
        With an ``error`` if the code raised, ended the interpreter, or took longer than ``LIMIT`` seconds.
    """
    # PYTHONSAFEPATH: a file of the learner's that happens to be called random.py is not what is being examined.
    environment = {**os.environ, "PYTHONSAFEPATH": "1", **(variables or {})}
    call = [program, "-c", ASK, code, *arguments]
    try:
        done = subprocess.run(call, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return Answer(error=f"no answer within {LIMIT} s")
    except OSError as error:
        return Answer(error=f"{program} does not start: {error.strerror}")
    last = done.stdout.decode(errors="replace").strip().rpartition("\n")[2]
    try:
        return Answer(**json.loads(last))
    except (ValueError, TypeError):
        return Answer(error=f"Python ended without a word ({_ending(done.returncode)})")


def _ending(code: int) -> str:
    """Say how a process ended: by which signal, or with which exit code."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"exit code {code}"
