"""The kernels are plain Python too: what depends on them passes with the compiler switched off."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
# The exit code 17 says that the switch had no effect, so a run of compiled kernels cannot pass for one without.
CODE = "import sys, numba, pytest; sys.exit(pytest.main(sys.argv[1:]) if numba.config.DISABLE_JIT else 17)"


def test_kernel_tests_pass_without_the_compiler():
    files = [str(TESTS / f"test_{name}.py") for name in ("kernels", "activations", "diagnostics")]
    done = subprocess.run(
        [sys.executable, "-c", CODE, "-q", "-p", "no:cacheprovider", *files],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "skipped" not in done.stdout
