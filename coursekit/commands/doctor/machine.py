"""Checks of the machine: free memory, and the network within it."""

import os
import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from coursekit.commands.doctor.finding import Finding, export, fail, ok, warn

# Measured: JupyterLab's server takes 90 MB and the kernel of a chapter 400 MB; a second chapter or the browser as much.
TOO_LITTLE = 500  # MB
SCARCE = 1000  # MB


def memory(root: Path = Path("/")) -> Iterator[Finding]:
    """Enough memory is free for JupyterLab and the kernel of a chapter."""
    free = free_memory(root)
    why = f"JupyterLab and the kernel of one chapter take {TOO_LITTLE} MB, and the browser needs its own."
    mend = "close other programs, and in JupyterLab: Kernel, Shut Down All Kernels"
    if free is None:
        yield ok("free memory: not known on this system")
    elif free < TOO_LITTLE:
        yield fail(f"Only {free} MB of memory are free", why, mend)
    elif free < SCARCE:
        yield warn(f"Only {free} MB of memory are free", why, mend)
    else:
        yield ok(f"{free / 1000:.1f} GB of memory are free")


def free_memory(root: Path = Path("/")) -> int | None:
    """Return the MB that this process may still take: what the machine has, or what its group is allowed."""
    if sys.platform == "win32":
        return _windows_memory()
    bounds = [_machine_memory(root), *_group_memory(root)]
    known = [bound for bound in bounds if bound is not None]
    return min(known) // 2**20 if known else None


def _machine_memory(root: Path) -> int | None:
    try:
        for line in (root / "proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


def _group_memory(root: Path) -> Iterator[int | None]:
    """Yield what is left in each control group of this process: a container or a hub may allow less than there is."""
    base = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":  # version 2
            top, limit, used, idle = base, "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            top, limit, used, idle = (
                base / "memory",
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file",
            )
        else:
            continue
        inner = Path(group.lstrip("/"))
        for folder in (inner, *inner.parents):
            left = _left(top / folder / limit, top / folder / used, top / folder / "memory.stat", idle)
            if left is not None:
                yield left


def _left(limit: Path, used: Path, statistics: Path, idle: str) -> int | None:
    """Return limit − used, where file pages that the system gives back on demand do not count as used."""
    try:
        pages = dict(line.split() for line in statistics.read_text().splitlines())
        return int(limit.read_text()) - int(used.read_text()) + int(pages.get(idle, 0))
    except (OSError, ValueError):  # "max" is no limit
        return None


def _windows_memory() -> int | None:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            *((name, ctypes.c_ulong) for name in ("length", "load")),
            *((name, ctypes.c_ulonglong) for name in ("physical", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    done = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined]
    return int(status.free) // 2**20 if done else None


def network() -> Iterator[Finding]:
    """The machine can talk to itself: JupyterLab serves on 127.0.0.1, and its kernels listen there."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
    except OSError as error:
        why = "The browser, JupyterLab and its kernels talk to each other there."
        yield fail(f"127.0.0.1 cannot be used: {error.strerror or error}", why, "sudo ip link set lo up")
        return
    if urllib.request.getproxies().get("http") and not urllib.request.proxy_bypass("127.0.0.1"):
        why = "Programs may ask the proxy for JupyterLab, which serves on this machine only."
        known = [os.environ.get("no_proxy", ""), "127.0.0.1", "localhost"]
        yield warn("A proxy is set for 127.0.0.1 as well", why, export("no_proxy", ",".join(filter(None, known))))
    else:
        yield ok("127.0.0.1 can be used")
