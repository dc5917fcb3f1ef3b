"""The built wheel, installed where nobody may write: each part of the command works from it, in any folder."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.slow
pytest.importorskip("hatchling", reason="hatchling builds the wheel: pip install hatchling")

CHECKOUT = Path(__file__).resolve().parents[2]
OURS = ("JUPYTER", "COURSEKIT", "IPYTHON", "NUMBA", "MPLCONFIG", "XDG", "DISPLAY", "WAYLAND")
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
FEW = """
import sys
from coursekit import cli
from coursekit.commands import warmup
steps = list(warmup.steps())
warmup.steps = lambda first: [step for step in steps if step[0].startswith(("cloud", "relu"))]
sys.exit(cli.main(["warmup"]))
"""


def obey_permissions():
    """Make root obey the permissions of files, as everybody else has to."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--wheel-dir", folder, CHECKOUT)
    return next(folder.glob("*.whl"))


def pip(command, *arguments):
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", command, *options, *arguments], check=True, timeout=120)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder into which it is installed, in which nothing may be written any more."""
    site = tmp_path_factory.mktemp("read only 中文") / "site"
    pip("install", "--target", site, wheel)
    folders = [site, *(path for path in site.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield site
    for folder in folders:
        folder.chmod(0o755)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("my home 中文")


@pytest.fixture(scope="module")
def call(installed, home, ctrl_c):
    """Start Python with the installed package, somewhere else."""

    def call(*arguments, **environ):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        mine = {"HOME": str(home), "PYTHONPATH": str(installed), "PYTHONUNBUFFERED": "1", **environ}
        return subprocess.Popen(
            [sys.executable, "-P", *arguments],
            cwd=home,
            env=kept | mine,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=obey_permissions,
        )

    return call


@pytest.fixture(scope="module")
def output(call):
    """Run Python to its end, which must be a good one, and return what it said."""

    def output(*arguments, **environ):
        process = call(*arguments, **environ)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return said

    return output


def test_it_carries_chapters_data_and_settings(wheel):
    names = ZipFile(wheel).namelist()
    for folder, pattern in {"notebooks": "*.ipynb", "data": "*.npz"}.items():
        for path in (CHECKOUT / folder).glob(pattern):
            assert f"coursekit/bundled/{folder}/{path.name}" in names
    for path in (CHECKOUT / "coursekit" / "commands").rglob("*.json"):
        assert path.relative_to(CHECKOUT).as_posix() in names
    for name in ("nbval_sanitize.cfg", "lecture_config/themes.jupyterlab-settings"):
        assert f"coursekit/commands/{name}" in names
    places = {"jupyter_server_config.d/coursekit.json": "coursekit", "jupyter_nbconvert_config.json": "nbconvert"}
    for place, source in places.items():
        (installed,) = (name for name in names if name.endswith(f".data/data/etc/jupyter/{place}"))
        assert ZipFile(wheel).read(installed) == (CHECKOUT / "jupyter-config" / f"{source}.json").read_bytes()


def test_it_is_what_is_run_and_nothing_can_be_written_there(output, installed):
    write = "import coursekit\ntry: open(coursekit.__file__ + '.new', 'w')\nexcept OSError: print(coursekit.__file__)"
    assert output("-c", write).strip() == str(installed / "coursekit" / "__init__.py")


def test_a_figure_is_drawn_from_its_own_data(output):
    assert "PNG" in output("-c", "import coursekit as ck; print(ck.show('filters').png[:4])", NUMBA_DISABLE_JIT="1")


def test_the_warm_up_keeps_kernels_in_the_home(output, home):
    assert str(home / ".coursekit" / "cache") in output("-c", FEW)
    assert list((home / ".coursekit" / "cache").rglob("*.nbc"))


def test_the_shipped_chapters_can_be_checked(output):
    said = output("-m", "coursekit", "check", "--shipped", "--chapter", "0")
    assert re.search(r"00_start_here\.ipynb: \d+ cells, \d+ compared: all as stored", said)


def test_chapters_for_students_are_written_from_it(output, home):
    output("-m", "coursekit", "export", "--for-students", "class")
    assert len(list((home / "class").glob("*.ipynb"))) == len(list((CHECKOUT / "notebooks").glob("*.ipynb")))


@pytest.mark.parametrize("command", ["progress", "data"])
def test_the_small_commands_answer(output, command):
    assert output("-m", "coursekit", command)


def test_the_lab_serves_copies_of_the_chapters(call, home):
    process = call("-m", "coursekit", "lab", "--no-browser", NUMBA_DISABLE_JIT="1")
    try:
        address = next(found for line in process.stdout if (found := re.search(r"http:\S+", line)))[0]
        assert status(re.sub("/lab/.*ipynb", "/api/status", address)) == 200
        assert (home / "coursekit" / "06_initialisation.ipynb").exists()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()


def status(address):
    """Ask until the server is there."""
    for _ in range(300):
        try:
            return urllib.request.urlopen(address, timeout=5).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.1)
    return None
