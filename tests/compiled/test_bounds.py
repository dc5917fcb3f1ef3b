"""No size, stride, bin, label or index leads out of a kernel's arrays: all kernels run with Numba's bounds check."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.thorough
def test_every_kernel_stays_within_its_arrays(tmp_path):
    """In a process of its own, with a cache of its own: a kernel is compiled with the check or without it."""
    environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(TREE)}
    environment.pop("NUMBA_DISABLE_JIT", None)
    script = Path(__file__).with_name("every_kernel.py")
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=1500, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert done.stdout.startswith("every kernel ran"), done.stdout
