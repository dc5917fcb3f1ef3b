"""Run pytest as CI does, over tests and chapters alike: ``python -m tools.run_tests tests notebooks -n 2``.

Chapters are compared by nbval in the environment in which their outputs were made, and all kernels are compiled anew.
With ``--kept-kernels`` first, those of an earlier run are used if they were compiled from the same sources.
"""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from coursekit.commands import frozen
from coursekit.commands.warmup import edition

KEEP = "--kept-kernels"
KEPT = Path(__file__).parents[1] / "build" / "kernels"


def kept_kernels() -> Path:
    """Return the folder for kernels that are compiled from the sources as they are; those of others are thrown away.

    Numba itself looks at a kernel's own file only, and not at the functions of others that are compiled into it.
    """
    folder = KEPT / edition()
    for other in set(KEPT.glob("*")) - {folder}:
        shutil.rmtree(other, ignore_errors=True)
    return folder


def main(arguments: list[str]) -> int:
    """Hand the arguments to pytest and return its exit code."""
    # Ctrl-C is for pytest, which first ends what it started. With a handler here pytest also hears it in a background
    # job, where a shell has it ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    with TemporaryDirectory(prefix="coursekit-", ignore_cleanup_errors=True) as private:
        keep = arguments[:1] == [KEEP]
        kernels = kept_kernels() if keep else Path(private, "numba")
        environment = frozen.environment(Path(private)) | {"NUMBA_CACHE_DIR": str(kernels)}
        command = [sys.executable, "-m", "pytest", *frozen.NBVAL, *arguments[keep:]]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
