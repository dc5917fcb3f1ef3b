"""Another processor adds in another order, and its last digits differ: the chapters say the same all the same."""

import os
import platform
import subprocess
import sys

import pytest

from coursekit.commands import frozen
from tools.freeze_notebooks import NOTEBOOKS, chapters

# What OpenBLAS and Numba would do on a processor of 2008: sums of four numbers at a time, and no fused multiply–add.
# Every x86 processor can do it.
NEHALEM = {"OPENBLAS_CORETYPE": "Nehalem", "NUMBA_CPU_NAME": "nehalem", "NUMBA_CPU_FEATURES": ""}
IN_EFFECT = """
import numba, numpy, threadpoolctl
[blas] = [lib["architecture"] for lib in threadpoolctl.threadpool_info() if lib["internal_api"] == "openblas"]
assert (blas, numba.config.CPU_NAME) == ("Nehalem", "nehalem"), blas
"""

pytestmark = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64") or sys.platform == "darwin",
    reason="needs an x86 processor, and NumPy with OpenBLAS",
)


def test_the_other_arithmetic_is_in_effect():
    subprocess.run([sys.executable, "-c", IN_EFFECT], env=os.environ | NEHALEM, check=True, timeout=120)


@pytest.mark.thorough
@pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.stem)
def test_a_chapter_says_the_same_with_the_sums_of_another_processor(chapter, tmp_path, tmp_path_factory):
    kernels = {"NUMBA_CACHE_DIR": str(tmp_path_factory.getbasetemp() / "nehalem")}  # compiled once for all chapters
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *frozen.NBVAL, str(chapter)],
        env=frozen.environment(tmp_path) | NEHALEM | kernels,
        cwd=NOTEBOOKS.parent,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
