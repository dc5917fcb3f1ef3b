"""Run pytest as CI does, over tests and chapters alike: ``python -m tools.run_tests tests notebooks -n 2``.

Chapters are compared by nbval in the environment in which their outputs were made, and all kernels are compiled anew.
"""

import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from coursekit.commands import frozen


def main(arguments: list[str]) -> int:
    """Hand the arguments to pytest and return its exit code."""
    # Ctrl-C is for pytest, which first ends what it started. With a handler here pytest also hears it in a background
    # job, where a shell has it ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    with TemporaryDirectory(prefix="coursekit-", ignore_cleanup_errors=True) as private:
        environment = frozen.environment(Path(private)) | {"NUMBA_CACHE_DIR": f"{private}/numba"}
        command = [sys.executable, "-m", "pytest", *frozen.NBVAL, *arguments]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
