"""``coursekit lab``: open the chapters in JupyterLab."""

import argparse
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

CHAPTERS = Path(__file__).resolve().parents[2] / "notebooks"
BUNDLED = Path(__file__).resolve().parents[1] / "bundled" / "notebooks"


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser("lab", help="open the chapters in JupyterLab")
    parser.add_argument("--chapter", type=int, default=0, help="the chapter's number (default: 0, start here)")
    parser.add_argument("--port", type=int, help="the port to serve on (default: 8888, or the next that is free)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Open JupyterLab."""
    return open_lab(options.chapter, options.port)


def open_lab(chapter: int, port: int | None = None) -> int:
    """Start JupyterLab at a chapter, on this machine only and with a token.

    Without a display you open the printed address yourself; as root (common in containers) it warns and goes on.
    """
    folder = CHAPTERS if CHAPTERS.is_dir() else BUNDLED
    found = sorted(folder.glob(f"{chapter:02d}_*.ipynb"))
    if not found:
        there = ", ".join(path.name[:2] for path in sorted(folder.glob("*.ipynb")))
        print(f"There is no chapter {chapter}. There are: {there}.", file=sys.stderr)
        return 2
    port = port or free_port()
    token = os.environ.setdefault("JUPYTER_TOKEN", secrets.token_hex(16))
    server = {"port": port, "port_retries": 0, "ip": "127.0.0.1", "root_dir": folder}
    options = [*(f"--ServerApp.{name}={value}" for name, value in server.items()), "--LabApp.news_url="]
    if running_as_root():
        print("Warning: JupyterLab runs as root here. That is common in a container; elsewhere use your own account.")
        options.append("--allow-root")
    address = f"http://127.0.0.1:{port}/lab/tree/{found[0].name}?token={token}"
    if not has_display():
        options.append("--no-browser")
    print(f"Open this address in your browser (Ctrl-C here stops the server):\n\n    {address}\n", flush=True)
    command = [sys.executable, "-m", "jupyterlab", *options, str(found[0])]
    os.execv(sys.executable, command)
    return 0


def free_port(first: int = 8888, tries: int = 100) -> int:
    """Return the first port from ``first`` on that nobody listens on."""
    for port in range(first, first + tries):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"No port from {first} to {first + tries - 1} is free. Choose another with --port.")


def running_as_root() -> bool:
    """Whether this process belongs to root (never on Windows)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_display() -> bool:
    """Whether a browser window can open."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
