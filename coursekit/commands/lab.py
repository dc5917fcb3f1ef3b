"""``coursekit lab``: open the chapters in JupyterLab."""

import argparse
import errno
import getpass
import ipaddress
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from coursekit.commands import chapters
from coursekit.commands.doctor.finding import pip_install

HERE = Path(__file__).resolve().parent
LECTURE = HERE / "lecture_config" / "themes.jupyterlab-settings"
LOOPBACK = "127.0.0.1"
WORKSPACE = "coursekit"  # JupyterLab's name for an arrangement of its window: the course has one of its own
PLACE = f"/lab/workspaces/{WORKSPACE}/tree"
LAST = 19  # the lowest priority: its holder computes while nobody else wants to
WARNINGS = 30  # the level of JupyterLab's log: below it an address among many lines is overlooked


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("lab", help="open the chapters in JupyterLab")
    parser.add_argument("--chapter", type=int, default=0, metavar="N", help="the chapter's number (default: 0)")
    parser.add_argument("--fresh", action="store_true", help="open a new copy of the chapter beside your own")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where your chapters are (default: ~/coursekit)")
    parser.add_argument("--port", type=int, default=8888, metavar="N", help="the port, or the next free one (8888)")
    parser.add_argument("--ip", help=f"the address to serve on (default: {LOOPBACK}, this machine only)")
    parser.add_argument("--let-others-in", action="store_true", help="serve other machines too")
    parser.add_argument("--lecture", action="store_true", help="larger letters, for a projector")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open no window")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Bring the chapters and serve until Ctrl-C; what is not compiled yet is compiled meanwhile."""
    folder = Path(os.path.expanduser(options.folder or chapters.own_chapters())).absolute()
    ip = options.ip or ("0.0.0.0" if options.let_others_in else LOOPBACK)
    ip = LOOPBACK if ip == "localhost" else ip
    if problem := _wrong_call(options, folder, ip):
        print(problem, file=sys.stderr)
        return 2
    if not find_spec("jupyterlab"):
        print(f"This Python has no JupyterLab. Run: {pip_install('jupyterlab')}", file=sys.stderr)
        return 1
    chapter = _bring(folder, options.chapter, options.fresh)
    if chapter is None:
        return 1
    with ExitStack() as until_the_end:
        if chapters.writable_home() is None:
            _keep_away_from_home(folder, Path(until_the_end.enter_context(TemporaryDirectory(prefix="coursekit-"))))
        _warm_up(options.chapter, until_the_end)
        _configure()
        _fold_side_bars()
        if options.lecture:
            _enlarge(Path(until_the_end.enter_context(TemporaryDirectory(prefix="coursekit-"))))
        try:
            port = free_port(options.port, ip)
        except OSError as error:
            print(error, file=sys.stderr)
            return 1
        show_browser = has_display() and not options.no_browser
        _announce(chapter, ip, port, options.port)
        serve(_settings(folder, ip, port, show_browser), chapter)
    return 0


def _wrong_call(options: argparse.Namespace, folder: Path, ip: str) -> str:
    """Say what cannot be done, or nothing."""
    places = (chapters.shipped(), folder)
    if not any(chapters.find(place, options.chapter) for place in places):
        there = sorted({path.name[:2] for place in places for path in place.glob(chapters.CHAPTER)})
        return f"There is no chapter {options.chapter}. There are: {', '.join(there)}."
    if not 1 <= options.port <= 65535:
        return f"A port is a number from 1 to 65535, but --port is {options.port}."
    if not (options.let_others_in or _is_loopback(ip)):
        return (
            f"With --ip {ip} other machines can reach JupyterLab, and whoever learns its token can run any program as "
            "you. If that is what you want, add --let-others-in."
        )
    return ""


def _is_loopback(ip: str) -> bool:
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False


def _bring(folder: Path, number: int, fresh: bool) -> Path | None:
    """Bring the learner's chapters up to date and return the one to open; say why if there is none."""
    try:
        for path in chapters.bring(folder):
            print(f"A newer edition of {path.name} exists; yours, with your work, stays. To have both:")
            print(f"    coursekit lab --chapter {int(path.name[:2])} --fresh")
        if fresh:
            return chapters.fresh_copy(folder, number)
    except OSError as error:
        chapter = chapters.find(folder, number)
        kept = "" if chapter is None else " What is there opens, but your work may not be saved."
        print(f"The chapters cannot be copied to {folder}: {error.strerror}.{kept}", file=sys.stderr)
        print("Choose another folder: coursekit lab --folder DIR", file=sys.stderr)
        return None if fresh else chapter
    return chapters.find(folder, number)


def _keep_away_from_home(folder: Path, private: Path) -> None:
    """Give Jupyter folders of its own where it would write to the home folder; what is ours goes to the chapters."""
    print(f"Your home folder cannot be written to: nothing outside {folder} is kept.")
    os.environ.setdefault("COURSEKIT_HOME", str(folder / ".coursekit"))
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        os.environ.setdefault(name, str(private / name.lower()))


def _warm_up(chapter: int, until_the_end: ExitStack) -> None:
    """Compile the kernels beside JupyterLab, the chapter's first, if that was not done before."""
    from coursekit.commands.warmup import is_warm

    if is_warm():
        return
    print("This first time the figures are compiled beside JupyterLab, for about a minute.")
    # -P: a random.py among the learner's files is not Python's. A session of its own: Ctrl-C is for JupyterLab.
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "coursekit", "warmup", "--first", str(chapter)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=getattr(subprocess, "IDLE_PRIORITY_CLASS", 0),  # on Windows; elsewhere `_give_way`
    )
    _give_way(process.pid)
    until_the_end.callback(process.terminate)


def _give_way(pid: int) -> None:
    """Let JupyterLab, the browser and the figure in view come first."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, pid, LAST)
    # Linux may share a processor out among sessions, whatever the priorities within them: then a session has its own.
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(LAST))


def _configure() -> None:
    """Put our settings before the learner's own defaults; what they chose in JupyterLab itself stays."""
    path = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([str(HERE / "lab_config"), *([path] if path else [])])
    os.environ.setdefault("JUPYTER_TOKEN", secrets.token_hex(16))


def _fold_side_bars() -> None:
    """Leave the chapter all the room when JupyterLab opens first; later it opens as it was left."""
    from jupyterlab.commands import get_workspaces_dir  # type: ignore[import-untyped]
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    workspaces = WorkspacesManager(get_workspaces_dir())
    with suppress(OSError, ValueError, KeyError, TypeError):  # a damaged one is JupyterLab's to mend
        if not workspaces.load(WORKSPACE)["data"]:
            folded = {"data": {"layout-restorer:data": {}}, "metadata": {"id": WORKSPACE}}
            workspaces.save(WORKSPACE, json.dumps(folded))


def _enlarge(private: Path) -> None:
    """Enlarge all letters for a lecture, in a copy of the settings: JupyterLab reads sizes from a user's own alone."""
    from jupyterlab.commands import get_user_settings_dir

    with suppress(FileNotFoundError):
        shutil.copytree(get_user_settings_dir(), private, dirs_exist_ok=True)
    themes = private / "@jupyterlab" / "apputils-extension" / LECTURE.name
    themes.parent.mkdir(parents=True, exist_ok=True)
    themes.write_bytes(LECTURE.read_bytes())
    os.environ |= {"JUPYTERLAB_SETTINGS_DIR": str(private), "COURSEKIT_LECTURE": "1"}


def _announce(chapter: Path, ip: str, port: int, wanted: int) -> None:
    """Say where JupyterLab is, and what should be known about it."""
    host = socket.gethostname() if ip in ("0.0.0.0", "::") else f"[{ip}]" if ":" in ip else ip
    if running_as_root():
        print("Warning: JupyterLab runs as root here. That is common in a container; elsewhere use your own account.")
    if not _is_loopback(ip):
        print("Warning: other machines can reach JupyterLab, and nothing that is sent is encrypted. Guard the token.")
    elif not has_display():
        print(f"If your browser is on another machine, first run this there: ssh -NL {port}:{host}:{port} {_me()}")
    if port != wanted:
        print(f"Port {wanted} is taken, so it is {port}.")
    address = f"http://{host}:{port}{PLACE}/{quote(chapter.name)}?token={quote(os.environ['JUPYTER_TOKEN'])}"
    print(f"Your chapters are in {chapter.parent}.")
    print(f"Open this address in your browser (Ctrl-C here stops JupyterLab):\n\n    {address}\n", flush=True)


def _me() -> str:
    """Name this account as ssh does."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # an account without a name, as in some containers
        return socket.gethostname()


def _settings(folder: Path, ip: str, port: int, show_browser: bool) -> list[str]:
    server = {
        "ip": ip,
        "port": port,
        "port_retries": 0,
        "root_dir": folder,
        "open_browser": show_browser,
        "allow_root": running_as_root(),
        "log_level": WARNINGS,
    }
    return [*(f"--ServerApp.{name}={value}" for name, value in server.items()), f"--LabApp.log_level={WARNINGS}"]


def serve(settings: list[str], chapter: Path) -> None:
    """Run JupyterLab in this process until it is stopped."""
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

    LabApp.file_url_prefix = PLACE  # of the window that opens by itself; JupyterLab has no setting for it
    LabApp.launch_instance([*settings, str(chapter)])


def free_port(first: int = 8888, ip: str = LOOPBACK, tries: int = 100) -> int:
    """Return the first port from ``first`` on that nobody listens on."""
    last = min(first + tries - 1, 65535)
    for port in range(first, last + 1):
        with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as probe:
            try:
                probe.bind((ip, port))
            except PermissionError:  # below 1024
                continue
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                raise OSError(f"This machine cannot serve on --ip {ip}: {error.strerror}.") from error
            return port
    raise OSError(f"No port from {first} to {last} is free. Choose another with --port.")


def running_as_root() -> bool:
    """Whether this process belongs to root (never on Windows)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_display() -> bool:
    """Whether a browser window can open."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
