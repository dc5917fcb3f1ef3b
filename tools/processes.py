"""Programs that a test starts: wait until one says where it can be reached, and end it."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any


def announced(process: subprocess.Popen[bytes], name: str, info: Path, log: Path) -> dict[str, Any]:
    """Return what a program has written into ``info``, as JSON, once it listens; raise if it does not start."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if info.exists() and (text := info.read_text()):
            return dict(json.loads(text))
        time.sleep(0.1)
    raise RuntimeError(f"{name} did not start. It said:\n{log.read_text()[-3000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a program, by force if it takes longer than 15 seconds."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
