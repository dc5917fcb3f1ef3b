"""Compiled kernels are kept in a private folder; damage, a full disk or no folder at all cost time and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
# Trains a step with kernels of several families, then says how many of them came from the cache and how many did not.
TRAIN = """
import sys
import numpy as np
from numba.core.dispatcher import Dispatcher
from coursekit.layers import Activation, Linear
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

rng = np.random.default_rng(0)
net = Sequential([Linear(2, 3, rng), Activation("tanh"), Linear(3, 1, rng)])
x = np.array([[1, -1], [0.5, 2]], np.float32)
before = net.forward(x)
net.backward(np.ones_like(before))
adam = OPTIMISERS["adam"](lr=0.1)
adam.step(net.params, net.grads, adam.init(net.params))
assert (net.forward(x) < before).all()
modules = [module for name, module in sys.modules.items() if name.startswith("coursekit.")]
kernels = {k for module in modules for k in vars(module).values() if isinstance(k, Dispatcher)}
stats = [kernel.stats for kernel in kernels]
print(sum(sum(s.cache_hits.values()) for s in stats), sum(sum(s.cache_misses.values()) for s in stats))
"""


def start(cache, code=TRAIN, **environ):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)} | environ
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={name: value for name, value in environment.items() if value},
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def train(cache, code=TRAIN, **environ):
    """Hits and misses of the cache, and what was said."""
    process = start(cache, code, **environ)
    said, complaint = process.communicate(timeout=120)
    assert process.returncode == 0, complaint
    hits, misses = map(int, said.split())
    return hits, misses, complaint


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A folder with compiled kernels, not to be changed."""
    folder = tmp_path_factory.mktemp("kernels")
    hits, misses, _ = train(folder)
    assert hits == 0
    assert misses >= 3
    return folder


@pytest.fixture
def cache(warm, tmp_path):
    return shutil.copytree(warm, tmp_path / "kernels")


def test_the_second_session_compiles_nothing(cache):
    hits, misses, complaint = train(cache)
    assert hits >= 3
    assert misses == 0
    assert complaint == ""


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def replace_by_text(path):
    path.write_text("not a pickle at all")


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("*.nbi", truncate),
        ("*.nbc", truncate),
        pytest.param("*.nbc", empty, marks=pytest.mark.thorough),
        pytest.param("*.nbc", replace_by_text, marks=pytest.mark.thorough),
    ],
)
def test_a_damaged_file_is_made_anew(cache, pattern, damage):
    damaged = list(cache.rglob(pattern))
    for path in damaged:
        damage(path)
    _, misses, _ = train(cache)
    assert misses == len(list(cache.rglob("*.nbi")))
    assert train(cache)[1] == 0


def test_a_file_under_the_name_of_another_signature_is_not_believed(cache):
    code = TRAIN.replace("np.float32", "np.float64").replace("3, rng", "3, rng, dtype=np.float64")
    code = code.replace("1, rng", "1, rng, dtype=np.float64")
    train(cache, code)
    for second in cache.rglob("*.2.nbc"):
        shutil.copy(str(second).replace(".2.nbc", ".1.nbc"), second)
    _, misses, _ = train(cache, code)
    assert misses >= 3


def test_two_processes_that_compile_at_once_both_succeed(tmp_path):
    both = [start(tmp_path), start(tmp_path)]
    for process in both:
        complaint = process.communicate(timeout=120)[1]
        assert process.returncode == 0, complaint
        assert complaint == ""
    assert train(tmp_path)[1] == 0


def test_a_full_disk_is_said_once_and_stops_nothing(cache):
    full = """
import errno, tempfile
from numba.core.caching import IndexDataCacheFile
def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")
IndexDataCacheFile.save = full
"""
    shutil.rmtree(cache)
    _, misses, complaint = train(cache, full + TRAIN)
    assert misses >= 3
    assert complaint.count("Compiled kernels are not kept") == 1
    assert "No space left on device" in complaint


def test_without_any_folder_kernels_are_compiled_anew_which_is_said_once():
    no_temporary_folder = "import tempfile\ntempfile.tempdir = '/proc/none'\n"
    nowhere = {"COURSEKIT_HOME": "/proc/none"}  # nobody can make a folder there, not even root
    _, misses, complaint = train("/proc/none", no_temporary_folder + TRAIN, **nowhere)
    assert misses >= 3
    assert complaint.count("compiled anew in every session") == 1


def test_other_packages_keep_their_own_cache_folder(cache, tmp_path):
    code = """
import numba
before = numba.config.CACHE_DIR
import coursekit.kernels.stats
assert numba.config.CACHE_DIR == before, numba.config.CACHE_DIR
print(0, 0)
"""
    train("", code, COURSEKIT_HOME=str(tmp_path))


def test_without_jit_nothing_is_kept(tmp_path):
    train(tmp_path, TRAIN, NUMBA_DISABLE_JIT="1")
    assert list(tmp_path.rglob("*.nb?")) == []
