"""The ``coursekit`` command: ``coursekit lab`` opens the chapters, ``coursekit doctor`` says what is wrong."""

import argparse
import io
import os
import sys
from collections.abc import Sequence

from coursekit import __version__
from coursekit.commands import check, data, doctor, export, lab, progress, warmup

COMMANDS = (lab, doctor, check, warmup, progress, export, data)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 if all is well, 1 if something is wrong, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="coursekit", description="See how deep networks learn and fail.")
    parser.add_argument("--version", action="version", version=f"coursekit {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show 明 shows ?
    try:
        return int(options.run(options))
    except ImportError as error:
        print(f"{error}. The installation is not whole. What to do says: coursekit doctor", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
