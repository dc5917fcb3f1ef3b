"""``import coursekit`` is quick and loads nothing heavy, every public name is there, and imports run downwards only."""

import math
import statistics
import subprocess
import sys
import time
from pathlib import Path

import grimp
import pytest

import coursekit
from coursekit.chapters import CHAPTERS

ROOT = Path(__file__).parents[2]


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout


def test_import_loads_nothing_heavy():
    loaded = python(
        "import coursekit, sys; print(*{'numba', 'matplotlib', 'ipywidgets', 'IPython', 'torch'} & {*sys.modules})"
    )
    assert loaded.strip() == ""


def test_without_pytorch_its_part_says_what_to_install():
    importing = "try: import coursekit.torch\nexcept ModuleNotFoundError as error: print(error)"
    assert python(f"import sys; sys.modules['torch'] = None\n{importing}") == (
        "coursekit.torch looks into PyTorch networks, and PyTorch is not installed here. "
        "Install it with: pip install torch\n"
    )


def test_import_takes_at_most_150_ms():
    def seconds(code):
        start = time.perf_counter()
        python(code)
        return time.perf_counter() - start

    # In turns, so that a busy moment of the machine slows both.
    pairs = [(seconds("pass"), seconds("import coursekit")) for _ in range(7)]
    bare, imported = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert imported - bare <= 0.150


@pytest.mark.parametrize("name", coursekit.__all__)
def test_every_public_name_is_there_and_stays_what_it_is(name):
    first = getattr(coursekit, name)
    assert first is getattr(coursekit, name)
    assert name in dir(coursekit)


def test_an_unknown_name_says_which_names_there_are():
    with pytest.raises(AttributeError, match=r"coursekit has no 'shwo'\. It has: __version__, show"):
        coursekit.shwo  # noqa: B018
    with pytest.raises(AttributeError, match=r"no 'OPTIMIZERS'\. Did you mean 'OPTIMISERS'\?"):
        coursekit.OPTIMIZERS  # noqa: B018
    shown = subprocess.run([sys.executable, "-c", "import coursekit; coursekit.data"], capture_output=True, text=True)
    assert "no 'data'. It is a module, which is loaded by its name: import coursekit.data." in shown.stderr


def test_imports_run_downwards_only():
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_chapter_uses_earlier_chapters_only():
    graph = grimp.build_graph("coursekit", cache_dir=None)
    number = {"coursekit.chapters": math.inf}  # which loads them all
    for name, chapter in CHAPTERS.items():
        folder = f"coursekit.chapters.{name}"
        number |= dict.fromkeys([folder, *graph.find_descendants(folder)], chapter.number)
    later = [
        f"{module} imports {used}"
        for module in graph.find_descendants("coursekit.chapters")
        for used in graph.find_modules_directly_imported_by(module)
        if number.get(used, 0) > number[module]
    ]
    assert sorted(later) == []
