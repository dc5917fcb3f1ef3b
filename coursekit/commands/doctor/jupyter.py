"""Checks of JupyterLab: what shows widgets and figures, the kernel that it starts, and coursekit's server extension."""

import json
import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from coursekit.commands.doctor.finding import Finding, fail, ok, pip_install, python, remove, warn
from coursekit.commands.doctor.packages import release
from coursekit.commands.doctor.probe import ask

NO_WIDGETS = 'Without it a chapter shows "Error displaying widget" instead of sliders.'
OURS = "coursekit.live.server_extension"


class LabExtension(NamedTuple):
    """The part of a package that runs in the browser."""

    name: str
    shows: str
    package: str
    major: int  # the version that goes with the package
    requirement: str


WIDGETS = LabExtension("@jupyter-widgets/jupyterlab-manager", "widgets", "ipywidgets 8", 5, "jupyterlab_widgets>=3.0")
FIGURES = LabExtension("anywidget", "figures", "coursekit", 0, "anywidget>=0.9")


@cache
def folders(kind: str) -> list[Path]:
    """Return Jupyter's folders for ``data`` or ``config``, the one that counts most first."""
    found = ask("import sys, jupyter_core.paths as p; answer = getattr(p, sys.argv[1])()", f"jupyter_{kind}")
    names = found.value or [f"{sys.prefix}/share/jupyter" if kind == "path" else f"{sys.prefix}/etc/jupyter"]
    return [Path(name) for name in names]


def lab_extensions() -> Iterator[Finding]:
    """What runs in the browser is there, whole, of the right version and switched on."""
    yield _examine(WIDGETS._replace(requirement=_asked_for_by_ipywidgets() or WIDGETS.requirement))
    yield _examine(FIGURES)


def _examine(wanted: LabExtension) -> Finding:
    name = f"lab extension for {wanted.shows}"
    reinstall = pip_install("--force-reinstall", "--no-deps", wanted.requirement)
    places = [folder / "labextensions" / wanted.name for folder in folders("path")]
    place = next((place for place in places if (place / "package.json").is_file()), None)
    if place is None:
        return fail(f"The {name} ({wanted.name}) is missing", NO_WIDGETS, reinstall)
    mend = reinstall if place.is_relative_to(sys.prefix) else remove(place)
    try:
        package = json.loads((place / "package.json").read_bytes())
        version = str(package["version"])
        whole = (place / package["jupyterlab"]["_build"]["load"]).is_file()
    except (OSError, ValueError, KeyError, TypeError):
        whole, version = False, ""
    if not whole:
        return fail(f"The {name} in {place} is damaged", NO_WIDGETS, mend)
    if release(version)[:1] != (wanted.major,):
        text = f"The {name} in {place} is version {version}; {wanted.package} needs {wanted.major}"
        return fail(text, NO_WIDGETS, mend)
    if by := _switched_off(wanted.name):
        return fail(f"The {name} is switched off in {by}", NO_WIDGETS, _enable(by, wanted.name))
    return ok(f"{name} {version}")


def _asked_for_by_ipywidgets() -> str:
    """Return the version of the extension's package that the installed ipywidgets asks for."""
    try:
        lines = metadata.requires("ipywidgets") or []
    except metadata.PackageNotFoundError:
        lines = []
    return next((line for line in lines if line.startswith("jupyterlab_widgets")), "")


def _switched_off(extension: str) -> Path | None:
    """Return the file that switches an extension off; the first one that mentions it decides."""
    lab = Path(os.environ.get("JUPYTERLAB_DIR") or f"{sys.prefix}/share/jupyter/lab")
    files = [folder / "labconfig" / "page_config.json" for folder in folders("config_path")]
    for file in [*files, lab / "settings" / "page_config.json"]:
        off = _json(file).get("disabledExtensions") or {}
        states = off if isinstance(off, dict) else dict.fromkeys(off, True)
        ours = [state for name, state in states.items() if name.partition(":")[0] == extension]
        if ours:
            return file if any(ours) else None
    return None


def _enable(file: Path, extension: str) -> str:
    level = "sys_prefix" if file.is_relative_to(sys.prefix) else "user"
    if not file.is_relative_to(sys.prefix) and file.parents[1] in folders("config_path")[2:]:
        level = "system"
    return python("-m", "jupyterlab.labextensions", "enable", f"--level={level}", extension)


def kernel() -> Iterator[Finding]:
    """The kernel that JupyterLab starts for a chapter is this Python, and can start."""
    why = "The chapters then run in another Python than this one, without what is installed here."
    code = (
        "from jupyter_client.manager import KernelManager; m = KernelManager(kernel_name='python3');"
        "answer = [m.format_kernel_cmd()[0], m.kernel_spec.resource_dir, m.kernel_spec.env]"
    )
    spec = ask(code)
    if spec.error:
        missing = ask("import ipykernel").error
        mend = pip_install("--force-reinstall", "ipykernel") if missing else _install_kernel()
        yield fail(f"There is no kernel python3: {missing or spec.error}", "It runs the chapters.", mend)
        return
    program, place, variables = spec.value
    begun = ask("import sys; answer = sys.prefix", program=program, variables=variables)
    if begun.error or not os.path.samefile(begun.value, sys.prefix):
        told = begun.error or f"it begins {program}"
        mend = _install_kernel() if Path(place).is_relative_to(sys.prefix) else _remove_kernel()
        yield fail(f"The kernel python3 in {place} is not this Python: {told}", why, mend)
        return
    starts = ask("import ipykernel.kernelapp, coursekit", program=program, variables=variables)
    if starts.error:
        mend = pip_install("--force-reinstall", "ipykernel")
        yield fail(f"The kernel python3 does not start: {starts.error}", "It runs the chapters.", mend)
    else:
        yield ok(f"kernel python3 begins {program}")


def _install_kernel() -> str:
    return python("-m", "ipykernel", "install", "--sys-prefix")


def _remove_kernel() -> str:
    return python("-m", "jupyter_client.kernelspecapp", "remove", "-f", "python3")


def server_extension() -> Iterator[Finding]:
    """JupyterLab loads coursekit's server extension by itself."""
    for folder in folders("config_path"):
        files = [folder / "jupyter_server_config.json", *sorted((folder / "jupyter_server_config.d").glob("*.json"))]
        states = [_json(file).get("ServerApp", {}).get("jpserver_extensions", {}).get(OURS) for file in files]
        if any(state is not None for state in states):
            if any(states):
                yield ok("coursekit's server extension is switched on")
                return
            break
    why = "Figures answer later and are not kept when a chapter is saved, unless it is opened by: coursekit lab"
    mend = python("-m", "jupyter_server.extension.serverextension", "enable", "--sys-prefix", OURS)
    yield warn("coursekit's server extension is not switched on", why, mend)


def _json(file: Path) -> dict[str, Any]:
    """Return what stands in a file of settings; nothing if there is none, or it is damaged."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
