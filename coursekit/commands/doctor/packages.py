"""Checks that every package is there, new enough, and really imports."""

import importlib.metadata
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from coursekit.commands.doctor.finding import Finding, fail, ok, pip_install, unset, warn
from coursekit.commands.doctor.interpreter import reinstall
from coursekit.commands.doctor.probe import ask

IMPORT = " fails at import: "
# What the course really imports, where that is more than the package's name: these load the compiled parts.
DEEPER = {
    "matplotlib": "matplotlib.backends.backend_agg",
    "jupyterlab": "jupyterlab.labapp",
    "isal": "isal.isal_zlib",
}
WHY = {
    "numpy": "All arrays are NumPy's: nothing works without it.",
    "numba": "It compiles the loops behind every figure.",
    "matplotlib": "It draws every figure.",
    "ipywidgets": "It makes the sliders and buttons.",
    "anywidget": "It shows the figures in the page.",
    "joblib": "It runs the trials of a search side by side.",
    "jupyterlab": "The chapters are worked through in it.",
}
OPTIONAL = {
    "nbval": "Without it coursekit check cannot compare chapters.",
    "isal": "Without it every picture takes some 7 ms more to be packed.",
    "threadpoolctl": "Without it NumPy may take every core from the browser while a slider moves.",
}


class Requirement(NamedTuple):
    """A package and the oldest version that will do."""

    name: str
    oldest: str = ""

    def __str__(self) -> str:
        return f"{self.name}>={self.oldest}" if self.oldest else self.name


def every_package() -> Iterator[Finding]:
    """Every package that coursekit names as its requirement."""
    try:
        wanted = requirements(importlib.metadata.requires("coursekit") or [])
    except importlib.metadata.PackageNotFoundError:
        return  # that coursekit is not installed is said already
    if not wanted:
        why = "So the packages that it needs could not be looked at."
        yield fail("coursekit does not say what it requires: its installation is not whole", why, reinstall())
    wanted.sort(key=lambda requirement: requirement.name != "numpy")  # first what the others are built on
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(examine, wanted))
    yield from (replace(finding, mend=_cause(finding, found).mend) for finding in found)


def _cause(finding: Finding, found: list[Finding]) -> Finding:
    """Return the failure that lies behind this one: a package fails as NumPy does, or for want of another one."""
    error = finding.text.partition(IMPORT)[2]
    missing = re.search(r"No module named '(\w+)'$", error)
    for other in found:
        fails_alike = other.package == "numpy" and other.text.endswith(IMPORT + error)
        if error and (fails_alike or (missing and other.package == missing[1])):
            return other
    return finding


def requirements(lines: list[str]) -> list[Requirement]:
    """Read what coursekit itself and its extra "lab" require; extras for developers are left out."""
    found = []
    for line in lines:
        requirement, _, marker = line.partition(";")
        if "extra" in marker and not re.search(r"extra\s*==\s*['\"]lab['\"]", marker):
            continue
        if match := re.match(r"\s*([\w.-]+)[^>]*(?:>=\s*([\d.]+))?", requirement):
            found.append(Requirement(match[1], match[2] or ""))
    return found


def examine(wanted: Requirement) -> Finding:
    """Say whether one package is missing, too old, fails at import, or is well."""
    name = wanted.name
    try:
        version = importlib.metadata.version(name) or "of unknown version"
    except (importlib.metadata.PackageNotFoundError, KeyError):
        return _trouble(name, f"{name} is missing", pip_install(str(wanted)))
    if release(version) < release(wanted.oldest):
        text = f"{name} {version} is too old: coursekit needs {wanted.oldest} or newer"
        return _trouble(name, text, pip_install("--upgrade", str(wanted)))
    tried = ask(f"import {DEEPER.get(name, name)}")
    if tried.error:
        return _trouble(name, f"{name} {version}{IMPORT}{tried.error}", _mend_import(wanted, tried.error))
    return ok(f"{name} {version}")


def release(version: str) -> tuple[int, ...]:
    """Return the numbers with which a version begins: (8, 1) for 8.1rc2."""
    leading = re.match(r"[\d.]*", version)
    return tuple(int(number) for number in (leading[0] if leading else "").split(".") if number)


def _trouble(name: str, text: str, mend: str) -> Finding:
    if name in OPTIONAL:
        return warn(text, OPTIONAL[name], mend)
    return fail(text, WHY.get(name, "coursekit needs it."), mend, package=name)


def _mend_import(wanted: Requirement, error: str) -> str:
    """Return the command for a package that is there and does not import."""
    if clash := re.search(r"needs NumPy (\d+)\.(\d+) or less", error):
        return pip_install(f"numpy>=2.2,<{clash[1]}.{int(clash[2]) + 1}")
    if clash := re.search(r"needs NumPy ([\d.]+) or greater", error):
        return pip_install("--upgrade", f"numpy>={clash[1]}")
    if "Number of threads" in error:
        return unset("NUMBA_NUM_THREADS")
    if _is_shadowed(wanted.name):
        return unset("PYTHONPATH")
    return pip_install("--force-reinstall", str(wanted))


def _is_shadowed(name: str) -> bool:
    """Whether ``PYTHONPATH`` puts something else in the place of the installed package."""
    found = find_spec(name)
    folders = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    return bool(found and found.origin and any(Path(found.origin).is_relative_to(folder) for folder in folders))
