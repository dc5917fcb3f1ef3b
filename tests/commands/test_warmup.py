"""``coursekit warmup``: afterwards no chapter compiles anything, and nothing that fails ends it."""

import gc
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from coursekit import cli
from coursekit.commands import warmup
from coursekit.demos import DEMOS
from coursekit.kernels import folder as kernels_folder

CHECKOUT = Path(__file__).resolve().parents[2]

# Runs the warm-up, then every chapter's code, and prints the kernels that the chapters call in another way than it did.
COMPARE = """
import gc, io, sys
from contextlib import redirect_stdout
import nbformat
from numba.core.registry import CPUDispatcher
from coursekit.commands import chapters, warmup

def compiled():
    found = (each for each in gc.get_objects() if isinstance(each, CPUDispatcher))
    ours = (each for each in found if each.py_func.__module__.startswith("coursekit."))
    return {(each.py_func.__name__, args) for each in ours for args in each.signatures}

left_out = sys.argv[1:]
for name, step in warmup.steps():
    if name not in left_out:
        step()
before = compiled()
for path in sorted(chapters.shipped().glob(chapters.CHAPTER)):
    space = {}
    for cell in nbformat.read(path, as_version=4).cells:
        try:
            with redirect_stdout(io.StringIO()):
                exec(cell.source if cell.cell_type == "code" else "", space)
        except Exception:
            if "raises-exception" not in cell.metadata.get("tags", []):
                raise
print(*sorted(map(str, compiled() - before)), sep="\\n")
"""


def run(*command, **environ):
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **environ},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=400,
    )


@pytest.mark.thorough
def test_after_the_warm_up_no_chapter_compiles_anything(tmp_path):
    done = run("-c", COMPARE, COURSEKIT_PROGRESS=str(tmp_path / "progress.json"))
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_every_demo_is_warmed_at_each_of_its_choices(monkeypatch):
    assert set(DEMOS) <= {name for name, _ in warmup.steps()}
    for demo in DEMOS.values():
        states = list(warmup._states(demo))
        for name, control in demo.State.controls().items():
            if len(samples := control.samples()) and not hasattr(control, "low"):
                assert set(samples) <= {getattr(state, name) for state in states}


def test_the_chapter_that_is_opened_comes_first():
    opened = {demo.name for demo in DEMOS.values() if demo.chapter.number == 6}
    steps = [name for name, _ in warmup.steps(6)]
    assert set(steps[: len(opened)]) == opened
    assert sorted(steps) == sorted(name for name, _ in warmup.steps())


def only(monkeypatch, *steps):
    monkeypatch.setattr(warmup, "steps", lambda first: iter(steps))


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(kernels_folder, "cache_folder", lambda: tmp_path)
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    return tmp_path


def test_what_fails_is_named_and_the_rest_is_done(folder, monkeypatch, capsys):
    done = []
    only(monkeypatch, ("zigzag", lambda: 1 / 0), ("xor", partial(done.append, "xor")))
    assert cli.main(["warmup"]) == 1
    assert "zigzag: ZeroDivisionError" in capsys.readouterr().err
    assert done == ["xor"]


def test_it_is_warm_once_it_has_ended_and_cold_when_a_file_with_kernels_changes(folder, monkeypatch, tmp_path_factory):
    package = tmp_path_factory.mktemp("package")
    (package / "loops.py").write_text("from coursekit.kernels.jit import kernel")
    (package / "prose.py").write_text("")
    monkeypatch.setattr(warmup, "PACKAGE", package)
    only(monkeypatch, ("nothing", lambda: None))
    assert not warmup.is_warm()
    assert cli.main(["warmup"]) == 0
    assert warmup.is_warm()
    (package / "prose.py").write_text("something else")
    assert warmup.is_warm()
    (package / "loops.py").write_text("from coursekit.kernels.jit import kernel, reduction")
    assert not warmup.is_warm()
    assert cli.main(["warmup"]) == 0
    assert len(list(folder.iterdir())) == 1  # the old mark is gone


def test_garbage_is_collected_as_before_once_it_has_ended(folder, monkeypatch):
    before, meanwhile = gc.get_threshold(), []
    only(monkeypatch, ("nothing", lambda: meanwhile.append(gc.get_threshold())))
    assert cli.main(["warmup"]) == 0
    assert meanwhile[0] > before == gc.get_threshold()


def test_interrupted_it_is_not_warm(folder, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    only(monkeypatch, ("nothing", interrupted))
    assert cli.main(["warmup"]) == 130
    assert not warmup.is_warm()


def test_where_nothing_can_be_kept_it_says_so_and_the_lab_does_not_try(monkeypatch, capsys):
    monkeypatch.setattr(kernels_folder, "cache_folder", lambda: None)
    only(monkeypatch, ("nothing", lambda: None))
    assert warmup.is_warm()
    assert cli.main(["warmup"]) == 1
    assert "coursekit doctor" in capsys.readouterr().err


def test_without_compilation_there_is_nothing_to_warm(folder, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert warmup.is_warm()


def test_on_a_terminal_it_draws_a_bar_and_elsewhere_a_line_per_tenth(folder, monkeypatch, capsys):
    only(monkeypatch, *[(f"step {i}", lambda: None) for i in range(40)])
    cli.main(["warmup"])
    assert 10 <= capsys.readouterr().out.count("\n") <= 12
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    cli.main(["warmup"])
    said = capsys.readouterr().out
    assert said.count("\r") == 41
    assert said.count("\n") == 2


def test_whether_it_is_warm_is_found_without_numba():
    code = "import sys; from coursekit.commands import warmup; warmup.is_warm(); "
    assert run("-c", code + "print(*{'numba', 'numpy'} & set(sys.modules))").stdout == "\n"


# Two of these at once: some kernels that other tests do not need, so that it is short.
FEW = """
import sys
from coursekit import cli
from coursekit.commands import warmup
all_steps = list(warmup.steps())
warmup.steps = lambda first: [step for step in all_steps if step[0].startswith(("cloud", "relu", "tanh"))]
sys.exit(cli.main(["warmup"]))
"""


@pytest.mark.thorough
def test_two_that_warm_up_at_once_both_succeed(tmp_path):
    environ = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", FEW]
    both = [
        subprocess.Popen(
            command, env=environ, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=200)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert "Traceback" not in "".join(said)
    third = run("-c", FEW, NUMBA_CACHE_DIR=str(tmp_path))
    assert third.returncode == 0, third.stderr
