"""``coursekit doctor``: each check by itself, then whole broken environments in which it names what mends them."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coursekit import cli, places
from coursekit.commands import doctor
from coursekit.commands.doctor import computing, folders, interpreter, jupyter, machine, packages, probe
from coursekit.commands.doctor.finding import command, fail, ok, warn
from coursekit.places import PACKAGE

INSTALLED = Path(sysconfig.get_path("purelib"))
DATA = PACKAGE.parent / "data"
LAB = "share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager"


def only(findings):
    [finding] = findings
    return finding


# The command


def show(monkeypatch, capsys, *findings):
    monkeypatch.setattr(doctor, "CHECKS", (doctor.Check("one", lambda: findings),))
    code = cli.main(["doctor"])
    return code, capsys.readouterr().out


def test_all_well_is_said_last_and_is_exit_code_0(monkeypatch, capsys):
    assert show(monkeypatch, capsys, ok("numpy 2.4")) == (0, "ok       numpy 2.4\nall well\n")


def test_a_warning_says_why_and_what_mends_it_and_is_no_failure(monkeypatch, capsys):
    code, out = show(monkeypatch, capsys, warn("no isal", "slow pictures", "pip install isal"))
    assert code == 0
    assert re.fullmatch(
        r"warning  no isal\n +Why: +slow pictures\n +Mend: pip install isal\nall well, 1 warning\n", out
    )


def test_a_failure_is_counted_and_is_exit_code_1(monkeypatch, capsys):
    code, out = show(monkeypatch, capsys, fail("no numpy", "w", "m"), fail("no numba", "w", "m"), warn("a", "b", "c"))
    assert code == 1
    assert out.endswith("\n2 problems, 1 warning\n")


def test_a_check_that_breaks_is_a_failure_and_the_others_are_still_made(monkeypatch, capsys):
    checks = doctor.Check("first", lambda: 1 / 0), doctor.Check("second", lambda: [ok("fine")])
    monkeypatch.setattr(doctor, "CHECKS", checks)
    assert cli.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "FAIL     first: could not be looked at" in out
    assert "ok       fine" in out


def test_what_needs_a_broken_package_is_not_looked_at(monkeypatch, capsys):
    broken = doctor.Check("packages", lambda: [fail("numba is missing", "w", "m", package="numba")])
    monkeypatch.setattr(doctor, "CHECKS", (broken, doctor.Check("cache", lambda: 1 / 0, needs="numba")))
    assert cli.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "warning  cache: not looked at" in out
    assert "could not" not in out


def test_signs_that_a_terminal_cannot_show_are_spelt_out(monkeypatch):
    show_sigma = (
        "from coursekit.commands import doctor; from coursekit.commands.doctor.finding import ok;"
        "doctor.CHECKS = (doctor.Check('one', lambda: [ok('\\u03c3 \\u4e2d')]),); doctor.run(None)"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(PACKAGE.parent)}
    shown = subprocess.run([sys.executable, "-c", show_sigma], env=environment, capture_output=True, check=True)
    assert shown.stdout.split(b"\n")[0].rstrip() == rb"ok       \u03c3 \u4e2d"


@pytest.mark.parametrize("word", ["/a b/python", "numba>=0.61", "$HOME", 'a "b"', "中 文", "it's", "a;b", "~", "*"])
def test_a_command_reaches_the_shell_as_it_is_meant(word):
    printed = subprocess.run(["sh", "-c", command("printf", "%s", word)], capture_output=True, check=True)
    assert printed.stdout.decode() == word


# The probe


def test_a_probe_brings_back_an_answer_below_whatever_an_import_prints():
    assert probe.ask("print('noise'); answer = [1, 'σ']").value == [1, "σ"]


def test_a_probe_survives_what_ends_its_python():
    assert "SIGABRT" in probe.ask("import os; os.abort()").error
    assert "exit code 3" in probe.ask("import os; os._exit(3)").error
    assert probe.ask("import sys; sys.exit('bye')").error == "SystemExit: bye"


def test_a_probe_tells_what_first_went_wrong_in_one_line():
    code = "try: 1 / 0\nexcept ZeroDivisionError as e: raise ImportError('read this\\nlong text') from e"
    assert probe.ask(code).error == "ZeroDivisionError: division by zero"


def test_a_probe_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(probe, "LIMIT", 0.2)
    assert probe.ask("import time; time.sleep(60)").error == "no answer within 0.2 s"


def test_a_probe_of_a_python_that_is_gone_says_so():
    assert "does not start" in probe.ask("", program="/no/such/python").error


# Packages


def test_requirements_are_those_of_the_core_and_of_the_lab():
    lines = [
        "numpy>=2.0",
        'isal>=1.7; extra == "lab"',
        "pytest>=8 ; extra == 'test'",
        "six",
        "a[x]<9,>=3.1; python_version>'3'",
    ]
    assert list(map(str, packages.requirements(lines))) == ["numpy>=2.0", "isal>=1.7", "six", "a>=3.1"]


@pytest.mark.parametrize(
    ("version", "numbers"), [("8.1rc2", (8, 1)), ("2.13.0+cpu", (2, 13, 0)), ("", ()), ("2", (2,))]
)
def test_a_release_is_the_numbers_at_the_front(version, numbers):
    assert packages.release(version) == numbers


def test_a_missing_optional_package_is_a_warning(monkeypatch):
    def missing(name):
        raise packages.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(packages.importlib.metadata, "version", missing)
    assert packages.examine(packages.Requirement("isal", "1.7")).level == "warning"
    assert packages.examine(packages.Requirement("numpy", "2.0")).level == "FAIL"


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        ("ImportError: Numba needs NumPy 2.5 or less. Got NumPy 2.6.", 'pip install "numpy>=2.2,<2.6"'),
        ("ImportError: Numba needs NumPy 1.22 or greater. Got NumPy 1.21.", 'pip install --upgrade "numpy>=1.22"'),
        ("ValueError: Number of threads specified must be > 0.", "unset NUMBA_NUM_THREADS"),
        ("ImportError: anything else", 'pip install --force-reinstall "numba>=0.61"'),
    ],
)
def test_what_numba_misses_is_what_is_mended(monkeypatch, error, mend):
    monkeypatch.setattr(packages, "ask", lambda code: probe.Answer(error=error))
    assert packages.examine(packages.Requirement("numba", "0.61")).mend.endswith(mend)


def test_whoever_fails_for_another_package_is_mended_with_that_one(monkeypatch):
    told = {
        "numpy": fail("numpy 2 fails at import: OSError: no BLAS", "w", "mend numpy", "numpy"),
        "numba": fail("numba 1 fails at import: OSError: no BLAS", "w", "mend numba", "numba"),
        "ipywidgets": fail("ipywidgets is missing", "w", "mend ipywidgets", "ipywidgets"),
        "x": fail("x 1 fails at import: ModuleNotFoundError: No module named 'ipywidgets'", "w", "mend x", "x"),
        "y": fail("y 1 fails at import: OSError: no y", "w", "mend y", "y"),
    }
    monkeypatch.setattr(packages, "examine", lambda wanted: told[wanted.name])
    monkeypatch.setattr(packages.importlib.metadata, "requires", lambda name: list(reversed(told)))
    mends = {finding.package: finding.mend for finding in packages.every_package()}
    assert next(iter(mends)) == "numpy"
    assert mends["numba"] == mends["numpy"] == "mend numpy"
    assert mends["x"] == mends["ipywidgets"] == "mend ipywidgets"
    assert mends["y"] == "mend y"


def test_python_3_10_or_32_bits_is_a_failure(monkeypatch):
    monkeypatch.setattr(interpreter.sys, "version_info", (3, 10, 13))
    assert "-m venv" in only(interpreter.python_version()).mend
    monkeypatch.undo()
    monkeypatch.setattr(interpreter.struct, "calcsize", lambda code: 4)
    assert "32 bits" in only(interpreter.python_version()).text


# Computing


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("NUMBA_NUM_THREADS", "0", "FAIL"),  # Numba then does not import
        ("NUMBA_NUM_THREADS", "lots", "warning"),
        ("OMP_NUM_THREADS", "4,3", "ok"),
        ("OPENBLAS_NUM_THREADS", "100", "warning"),
    ],
)
def test_threads(monkeypatch, name, value, level):
    for other in computing.THREADS:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setattr(computing.os, "sched_getaffinity", lambda pid: range(4), raising=False)
    monkeypatch.setenv(name, value)
    finding = only(computing.threads())
    assert finding.level == level
    assert finding.mend == ("" if level == "ok" else f"unset {name}")


def test_without_a_compiler_nothing_is_compiled_and_that_is_a_warning(monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    finding = only(computing.compiling())
    assert (finding.level, finding.mend) == ("warning", "unset NUMBA_DISABLE_JIT")


def test_the_signs_in_the_figures_are_looked_for_in_a_terminal_without_them(monkeypatch):
    for name, value in {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    look = "from coursekit.commands.doctor.computing import fonts; answer = [f.level for f in fonts()]"
    assert probe.ask(look).value == ["ok"]


def test_a_cache_file_cut_short_or_filled_with_zeros_is_damaged(tmp_path):
    for name, content in {"a.nbi": b"\x80\x05N.", "b.nbc": b"", "c.nbi": b"\x80\x05\0\0", "other.py": b""}.items():
        (tmp_path / name).write_bytes(content)
    assert [path.name for path in computing.damaged_kernels(tmp_path)] == ["b.nbc", "c.nbi"]


def test_tmp_as_a_cache_is_not_closed_to_everybody_else(tmp_path):
    tmp_path.chmod(0o1777)
    assert computing._chosen_cache(tmp_path).mend == "unset NUMBA_CACHE_DIR"


# Files


def test_a_folder_that_is_not_there_yet_is_tried_where_it_would_be_made(tmp_path):
    assert folders.why_not_writable(tmp_path / "a" / "b") == ""
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    assert "is a file" in folders.why_not_writable(tmp_path / "file" / "b")


def test_a_full_disk_is_a_failure(monkeypatch):
    monkeypatch.setattr(folders.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 0))
    assert {finding.level for finding in folders.own_places()} == {"FAIL"}


def test_damaged_progress_is_a_warning_and_moved_aside(tmp_path, monkeypatch):
    file = tmp_path / "progress.json"
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(file))
    file.write_text('{"half')
    assert only(folders.progress_file()).mend == f"mv {file} {file}.corrupt"
    file.write_text("{}")
    assert only(folders.progress_file()).level == "ok"


@pytest.fixture
def course(monkeypatch, tmp_path):
    """The smallest course that is whole."""
    monkeypatch.setattr(places, "PACKAGE", tmp_path / "coursekit")
    for folder in ("data", "notebooks"):
        (tmp_path / folder).mkdir()
    for name in folders.ARRAYS:
        shutil.copy(DATA / name, tmp_path / "data" / name)
    (tmp_path / "notebooks" / "00_start.ipynb").write_text('{"cells": []}')
    return tmp_path


def test_whole_course_files_are_well(course):
    assert only(folders.course_files()).level == "ok"


@pytest.mark.parametrize(
    "damage",
    [
        lambda root: (root / "data/digits.npz").unlink(),
        lambda root: (root / "data/digits.npz").write_bytes((root / "data/digits.npz").read_bytes()[:2000]),
        lambda root: zipfile.ZipFile(root / "data/digits.npz", "w").close(),
        lambda root: flip_a_byte(root / "data/photographs.npz"),
        lambda root: (root / "notebooks/00_start.ipynb").write_text("<html>"),
        lambda root: (root / "notebooks/00_start.ipynb").unlink(),
    ],
    ids=["missing", "truncated", "empty", "one byte", "an HTML page", "no chapter"],
)
def test_a_damaged_course_file_is_a_failure(course, damage):
    damage(course)
    assert only(folders.course_files()).level == "FAIL"


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


# The machine


def system(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


MEMINFO = {"proc/meminfo": "MemTotal: 8000000 kB\nMemAvailable: 4096000 kB\n"}
VERSION_2 = {
    "proc/self/cgroup": "0::/class/me\n",
    "sys/fs/cgroup/class/memory.max": "1048576000\n",
    "sys/fs/cgroup/class/memory.current": "943718400\n",
    "sys/fs/cgroup/class/memory.stat": "anon 1\ninactive_file 209715200\n",
    "sys/fs/cgroup/class/me/memory.max": "max\n",
}
VERSION_1 = {
    "proc/self/cgroup": "4:cpu,memory:/me\n1:cpu:/\n",
    "sys/fs/cgroup/memory/me/memory.limit_in_bytes": "524288000\n",
    "sys/fs/cgroup/memory/me/memory.usage_in_bytes": "104857600\n",
    "sys/fs/cgroup/memory/me/memory.stat": "total_inactive_file 0\n",
}


@pytest.mark.skipif(sys.platform == "win32", reason="asks Windows itself")
@pytest.mark.parametrize(
    ("files", "free", "level"),
    [
        ({}, None, "ok"),
        (MEMINFO, 4000, "ok"),
        (MEMINFO | VERSION_2, 300, "FAIL"),  # 1000 − 900 + 200 that the system would give back
        (MEMINFO | VERSION_1, 400, "FAIL"),
        ({"proc/meminfo": "MemAvailable: 819200 kB"}, 800, "warning"),
    ],
    ids=["unknown", "machine", "control group 2", "control group 1", "scarce"],
)
def test_free_memory_is_what_the_machine_or_its_group_has_left(tmp_path, files, free, level):
    root = system(tmp_path, files)
    assert machine.free_memory(root) == free
    assert only(machine.memory(root)).level == level


def test_a_proxy_for_this_machine_is_a_warning(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.school:3128")
    monkeypatch.setenv("no_proxy", "school")
    assert only(machine.network()).mend == "export no_proxy=school,127.0.0.1,localhost"
    monkeypatch.setenv("no_proxy", "school,127.0.0.1,localhost")
    assert only(machine.network()).level == "ok"


def test_a_machine_that_cannot_talk_to_itself_is_a_failure(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr(machine.socket, "create_server", refuse)
    assert only(machine.network()).level == "FAIL"


# JupyterLab


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Two folders of settings; the first counts most."""
    places = [tmp_path / "user", tmp_path / "system"]
    for place in places:
        (place / "labconfig").mkdir(parents=True)
    monkeypatch.setattr(jupyter, "folders", lambda kind: places)
    monkeypatch.setenv("JUPYTERLAB_DIR", str(tmp_path / "lab"))
    return [place / "labconfig" / "page_config.json" for place in places]


def test_the_setting_that_counts_most_decides_whether_the_extension_is_on(config):
    user, system = config
    assert jupyter._switched_off(jupyter.WIDGETS.name) is None
    system.write_text(json.dumps({"disabledExtensions": {f"{jupyter.WIDGETS.name}:plugin": True}}))
    assert jupyter._switched_off(jupyter.WIDGETS.name) == system
    user.write_text(json.dumps({"disabledExtensions": {jupyter.WIDGETS.name: False}}))
    assert jupyter._switched_off(jupyter.WIDGETS.name) is None
    user.write_text(json.dumps({"disabledExtensions": [jupyter.WIDGETS.name]}))
    assert jupyter._switched_off(jupyter.WIDGETS.name) == user


def test_a_server_extension_that_nobody_switched_on_is_a_warning(config):
    assert only(jupyter.server_extension()).level == "warning"
    file = config[1].parents[1] / "jupyter_server_config.d" / "coursekit.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"ServerApp": {"jpserver_extensions": {jupyter.OURS: True}}}))
    assert only(jupyter.server_extension()).level == "ok"


@pytest.mark.parametrize(("place", "mend"), [(sys.prefix, "ipykernel install"), ("/home/me", "kernelspecapp remove")])
def test_a_kernel_of_a_python_that_is_gone_is_replaced_or_removed(monkeypatch, place, mend):
    spec = probe.Answer(["/gone/python", f"{place}/share/jupyter/kernels/python3", {}])
    monkeypatch.setattr(jupyter, "ask", lambda code, **how: probe.ask(code, **how) if how else spec)
    finding = only(jupyter.kernel())
    assert "/gone/python does not start" in finding.text
    assert mend in finding.mend


# Broken environments: each is a virtual environment of its own, made of links to the packages of this one, in which one
# thing is broken for real.


@dataclass
class Place:
    """A virtual environment and the learner who uses it."""

    root: Path

    @property
    def packages(self):
        return Path(sysconfig.get_path("purelib", "venv", {"base": self.root}))

    @property
    def home(self):
        return self.root.with_name(f"the learner's 家 with {self.root.name}")

    def replace(self, name, content):
        """Put a package with this content in the place of an installed one."""
        (self.packages / name).unlink()
        (self.packages / name).mkdir()
        (self.packages / name / "__init__.py").write_text(content)

    def metadata(self, name):
        [folder] = self.packages.glob(f"{name}-*.dist-info")
        return folder


@dataclass(frozen=True)
class Broken:
    """The line that must fail, the command that mends it, what is broken, and whether it mends without a network."""

    line: str
    mend: str
    prepare: Callable[[Place], None] = lambda place: None
    variables: dict[str, str] = field(default_factory=dict)
    offline: bool = False


def age(place, name, version):
    """Let a package say that it has another version."""
    folder = place.metadata(name)
    text = re.sub(r"^Version: .*", f"Version: {version}", (folder / "METADATA").read_text(), flags=re.MULTILINE)
    folder.unlink()
    folder.mkdir()
    (folder / "METADATA").write_text(text)


def lose_ipywidgets(place):
    (place.packages / "ipywidgets").unlink()
    place.metadata("ipywidgets").unlink()


def lose_font(place):
    linked = place.packages / "matplotlib"
    original = linked.resolve()
    linked.unlink()
    shutil.copytree(original, linked, copy_function=os.symlink, ignore=shutil.ignore_patterns("__pycache__"))
    (linked / "mpl-data/fonts/ttf/DejaVuSans.ttf").unlink()


def add_foreign_kernel(place):
    shutil.rmtree(place.root / "share/jupyter/kernels")
    folder = place.home / ".local/share/jupyter/kernels/python3"
    folder.mkdir(parents=True)
    argv = [sys._base_executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))


def switch_extension_off(place):
    file = place.root / "etc/jupyter/labconfig/page_config.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"disabledExtensions": {jupyter.WIDGETS.name: True}}))
    shutil.rmtree(place.packages / "jupyterlab")
    (place.packages / "jupyterlab").symlink_to(INSTALLED / "jupyterlab")  # the one that can switch it on


def damage_data(place):
    (place.packages / "coursekit").unlink(missing_ok=True)
    inside = place.packages / "coursekit"
    shutil.copytree(PACKAGE, inside, ignore=shutil.ignore_patterns("__pycache__", "bundled"))
    shutil.copytree(DATA, inside / "bundled/data")
    shutil.copytree(DATA.parent / "notebooks", inside / "bundled/notebooks")
    flip_a_byte(inside / "bundled/data/digits.npz")


def open_cache(place):
    (place.home / "cache").mkdir()
    (place.home / "cache").chmod(0o777)


BROKEN = {
    "numpy raises at import": Broken(
        r"numpy \S+ fails at import: ImportError: libopenblas.so: cannot open",
        r'bin/python" -m .*pip install --force-reinstall "numpy>=2\.\d"',
        lambda place: place.replace("numpy", "raise ImportError('libopenblas.so: cannot open')"),
    ),
    "numba ends the interpreter": Broken(
        r"numba \S+ fails at import: Python ended without a word \(SIGABRT\)",
        r'pip install --force-reinstall "numba>=0.61.2"',
        lambda place: place.replace("numba", "import os; os.abort()"),
    ),
    "something else in the place of numba": Broken(
        r"numba \S+ fails at import: AttributeError: no njit",
        r"unset PYTHONPATH",
        lambda place: (place.home / "numba.py").write_text("raise AttributeError('no njit')"),
        {"PYTHONPATH": "{home}"},
        offline=True,
    ),
    "numba too old": Broken(
        r"numba 0.58.1 is too old: coursekit needs 0.61.2 or newer",
        r'pip install --upgrade "numba>=0.61.2"',
        lambda place: age(place, "numba", "0.58.1"),
    ),
    "ipywidgets missing": Broken(r"ipywidgets is missing", r'pip install "ipywidgets>=8.1"', lose_ipywidgets),
    "lab extension missing": Broken(
        r"The lab extension for widgets \(@jupyter-widgets/jupyterlab-manager\) is missing",
        r'pip install --force-reinstall --no-deps "jupyterlab_widgets~=3',
        lambda place: shutil.rmtree(place.root / LAB),
    ),
    "lab extension for figures missing": Broken(
        r"The lab extension for figures \(anywidget\) is missing",
        r'pip install --force-reinstall --no-deps "anywidget>=0.9"',
        lambda place: shutil.rmtree(place.root / "share/jupyter/labextensions/anywidget"),
    ),
    "lab extension disabled": Broken(
        r"The lab extension for widgets is switched off in .*page_config.json",
        r"-m jupyterlab.labextensions enable --level=sys_prefix @jupyter-widgets/jupyterlab-manager",
        switch_extension_off,
        offline=True,
    ),
    "foreign kernel": Broken(
        r"The kernel python3 in .*kernels/python3 is not this Python: it begins ",
        r"-m jupyter_client.kernelspecapp remove -f python3",
        add_foreign_kernel,
        offline=True,
    ),
    "cache open to everybody": Broken(
        r"Everybody can write to NUMBA_CACHE_DIR=",
        r'chmod go-w ".*cache"',
        open_cache,
        {"NUMBA_CACHE_DIR": "{home}/cache"},
        offline=True,
    ),
    "cache not writable": Broken(
        r"NUMBA_CACHE_DIR=.*/file/cache cannot be written to",
        r"unset NUMBA_CACHE_DIR",
        lambda place: (place.home / "file").touch(),
        {"NUMBA_CACHE_DIR": "{home}/file/cache"},
        offline=True,
    ),
    "font missing": Broken(
        r"Matplotlib's own font DejaVu Sans cannot be read",
        r"pip install --force-reinstall --no-deps matplotlib==",
        lose_font,
    ),
    "data damaged": Broken(
        r".*digits.npz is damaged", r"pip install --force-reinstall --no-deps .*coursekit\[lab\]", damage_data
    ),
    "no home": Broken(
        r"The home folder .* cannot be written to",
        r"export HOME=",
        lambda place: (place.home / "file").touch(),
        {"HOME": "{home}/file/home"},
        offline=True,
    ),
}


def make(root):
    """Make a virtual environment whose packages are links to those of this one; JupyterLab itself is a stub."""
    venv.create(root, symlinks=True)
    place = Place(root)
    place.home.mkdir()
    for entry in INSTALLED.iterdir():
        (place.packages / entry.name).symlink_to(entry)
    place.replace("jupyterlab", "")  # it takes two seconds to import and is not what is broken
    (place.packages / "jupyterlab/labapp.py").touch()
    for folder in ("share/jupyter/kernels", "share/jupyter/labextensions"):
        shutil.copytree(f"{sys.prefix}/{folder}", root / folder, copy_function=os.symlink)
    shutil.copytree(f"{sys.prefix}/etc/jupyter", root / "etc/jupyter")
    return place


def examine(root, broken, drawn):
    """Break an environment, and return what doctor says and, where that works offline, what it says once mended."""
    place = make(root)
    broken.prepare(place)
    ours = {name: value.format(home=place.home) for name, value in broken.variables.items()}
    usual = {"PATH": "/usr/bin:/bin", "HOME": str(place.home), "LANG": "C.UTF-8", "MPLCONFIGDIR": str(drawn)}
    variables = usual | {"NUMBA_DISABLE_JIT": "1"} | ours  # nothing is compiled: that takes longest
    here = {"env": variables, "cwd": place.home, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    call = [str(root / "bin/python"), "-m", "coursekit", "doctor"]
    first = subprocess.run(call, **here, check=False)
    second = None
    if broken.offline:
        mend = mend_of(first.stdout.decode(), broken.line)
        second = subprocess.run(["sh", "-c", f"{mend}\n{command(*call)}"], **here, check=False)
    return first, second


def mend_of(said, line):
    """Return the command that is named under a failure."""
    found = re.search(rf"^FAIL     {line}.*\n +Why: +\S.*\n +Mend: (.*)$", said, flags=re.MULTILINE)
    assert found, said
    return found[1]


@pytest.fixture(scope="module")
def said(request, tmp_path_factory):
    """What doctor says in the broken environments that were asked for; two are examined at a time."""
    base = tmp_path_factory.mktemp("broken environments")
    asked = [name for name in BROKEN if any(item.name.endswith(f"[{name}]") for item in request.session.items)]
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(examine, base / name, BROKEN[name], base / "drawn") for name in asked}


def test_in_a_whole_environment_all_is_well(tmp_path):
    place = make(tmp_path / "whole")
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(place.home)}
    call = [str(place.root / "bin/python"), "-m", "coursekit", "doctor"]
    whole = subprocess.run(call, env=variables, cwd=place.home, capture_output=True, text=True, check=False)
    assert whole.returncode == 0, whole.stdout
    assert whole.stdout.endswith("\nall well\n")
    assert whole.stderr == ""
    assert "Numba compiles a kernel" in whole.stdout


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="environments of links, and a POSIX shell")
@pytest.mark.parametrize("name", BROKEN)
def test_in_a_broken_environment_the_right_line_fails_and_names_the_right_command(said, name):
    broken = BROKEN[name]
    first, second = said[name].result()
    assert first.returncode == 1
    assert re.search(broken.mend, mend_of(first.stdout.decode(), broken.line))
    if broken.offline:
        assert (second.returncode, second.stdout.decode().splitlines()[-1][:8]) == (0, "all well"), (
            second.stdout.decode()
        )
