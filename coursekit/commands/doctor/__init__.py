"""``coursekit doctor``: look at everything the course needs, and name the command that mends what is wrong.

Only the standard library is imported here. Packages are tried in a Python of their own (`probe`), because one that is
broken may raise, hang or end the interpreter.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from coursekit.commands.doctor.computing import compiling, fonts, kernel_cache, threads
from coursekit.commands.doctor.finding import Finding, fail
from coursekit.commands.doctor.folders import course_files, own_places, progress_file
from coursekit.commands.doctor.interpreter import one_coursekit, python_version, reinstall
from coursekit.commands.doctor.jupyter import kernel, lab_extensions, server_extension
from coursekit.commands.doctor.machine import memory, network
from coursekit.commands.doctor.packages import every_package


class Check(NamedTuple):
    """What is looked at, and the package without which it cannot be."""

    name: str
    look: Callable[[], Iterable[Finding]]
    needs: str = ""


CHECKS = (
    Check("Python", python_version),
    Check("coursekit", one_coursekit),
    Check("packages", every_package),
    Check("lab extensions", lab_extensions),
    Check("server extension", server_extension),
    Check("threads", threads),
    Check("memory", memory),
    Check("folders", own_places),
    Check("progress", progress_file),
    Check("data and chapters", course_files),
    Check("network", network),
    Check("kernel", kernel, needs="jupyterlab"),
    Check("compiling", compiling, needs="numba"),
    Check("cache", kernel_cache, needs="numba"),
    Check("fonts", fonts, needs="matplotlib"),
)


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("doctor", help="look for what is wrong, and say what mends it")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what was found; 1 if something must be mended."""
    found = []
    for finding in examine(CHECKS):
        found.append(finding.level)
        _say(f"{finding.level:<8} {finding.text}")
        if finding.level != "ok":
            _say(f"         Why:  {finding.why}")
            _say(f"         Mend: {finding.mend}")
    failures, warnings = found.count("FAIL"), found.count("warning")
    told = [_counted(failures, "problem")] if failures else ["all well"]
    _say(", ".join(told + [_counted(warnings, "warning")] * (warnings > 0)))
    return 1 if failures else 0


def examine(checks: Sequence[Check]) -> Iterator[Finding]:
    """Yield the findings in the order of the checks; those that need a package wait until it is known to work."""
    broken: set[str] = set()
    first = [check for check in checks if not check.needs]
    later = [check for check in checks if check.needs]
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        for findings in pool.map(_look, first):
            yield from findings
            broken |= {finding.package for finding in findings}
        usable = [check for check in later if check.needs not in broken]
        for findings in pool.map(_look, usable):
            yield from findings
    for check in later:
        if check.needs in broken:
            why = f"{check.needs} does not work."
            yield Finding("warning", f"{check.name}: not looked at", why, "what is named above, then: coursekit doctor")


def _look(check: Check) -> list[Finding]:
    """Carry out one check. If the check itself breaks, the installation is damaged in a way nobody thought of."""
    try:
        return list(check.look())
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        return [fail(f"{check.name}: could not be looked at", why, reinstall())]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}"


def _say(text: str) -> None:
    """Print a line at once; a sign that this terminal cannot show is spelt out."""
    encoding = sys.stdout.encoding or "ascii"
    print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
