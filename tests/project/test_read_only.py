"""An installation that cannot be written to, in a folder of any name, runs and keeps its things in the home folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
RUN = """
import numpy as np
import coursekit as ck
from coursekit.data import load_digits
from coursekit.layers import Flatten, Linear
from coursekit.network import Sequential
from coursekit.training import fit

x, y = load_digits("test")
net = Sequential([Flatten(), Linear(64, 10, np.random.default_rng(0))])
run = fit(net, ck.LOSSES["hinge"], ck.OPTIMISERS["sgd"](lr=0.1), (x, y), 1, 16, np.random.default_rng(0))
before, *_, after = run
assert after.loss < before.loss
assert ck.show("neuron").png.startswith(b"\\x89PNG")
assert ck.check("he_std", lambda fan_in: (2 / fan_in) ** 0.5).verdict.name == "CORRECT"
print(ck.__file__)
"""


def contents(folder):
    return {path.relative_to(folder): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def set_writeable(folder, writeable):
    for path in (folder, *folder.rglob("*")):
        path.chmod((path.stat().st_mode & 0o555) | (0o200 if writeable else 0))


@pytest.fixture
def installation(tmp_path):
    """A copy of the package with its data inside, as a wheel lays it out, that its owner may only read."""
    folder = tmp_path / "read only 只读"
    shutil.copytree(CHECKOUT / "coursekit", folder / "coursekit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CHECKOUT / "data", folder / "coursekit" / "bundled" / "data")
    set_writeable(folder, False)
    yield folder
    set_writeable(folder, True)


def without_privileges(command):
    """The command, for root without the right to write where permissions forbid it."""
    if os.geteuid() != 0:
        return command
    if not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and there is no setpriv (util-linux) to give that up")
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps permissions elsewhere")
def test_the_course_runs_and_writes_nothing_beside_the_package(installation, tmp_path):
    home = tmp_path / "家 home"
    home.mkdir()
    before = contents(installation)
    dropped = ("NUMBA_CACHE_DIR", "COURSEKIT_HOME", "COURSEKIT_PROGRESS", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    environment |= {"HOME": str(home), "PYTHONPATH": str(installation), "MPLCONFIGDIR": str(home / "matplotlib")}
    done = subprocess.run(
        without_privileges([sys.executable, "-c", RUN]),
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert Path(done.stdout.strip()).parent == installation / "coursekit"
    assert contents(installation) == before
    kept = home / ".coursekit"
    assert (kept / "progress.json").exists()
    assert list((kept / "cache").rglob("*.nbc"))


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps permissions elsewhere")
def test_the_folder_of_this_test_cannot_be_written_to(installation):
    target = installation / "coursekit" / "new"
    done = subprocess.run(without_privileges(["touch", str(target)]), capture_output=True, check=False)
    assert done.returncode != 0
    assert not target.exists()
