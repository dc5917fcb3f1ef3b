"""Stored outputs: how they are made, and the proof that nbval notices when they no longer hold."""

import re
import subprocess
import sys
from base64 import b64decode, b64encode
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbval.plugin import get_sanitize_patterns
from PIL import Image

from coursekit.commands.frozen import NBVAL, SANITIZE, environment
from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.live.saving import VIEW
from tools.freeze_notebooks import complaint, freeze, main, normal_form

ROOT = Path(__file__).parents[2]

# A cell of each kind of output that chapters have.
CELLS = {
    "stream": "for i in range(3):\n    print(f'\\rstep {i}', end='', flush=True)",
    "result": "sorted({'b': 2, 'a': 1}.items())",
    "markup": "from IPython.display import Markdown\nMarkdown('**three**')",
    "setting": "import os\nprint(os.environ['PYTHONHASHSEED'], os.path.basename(os.getcwd()), hash('a') % 1000)",
    "readout": "import coursekit as ck\nck.show('collapse', depth=2, width=50, rows=50)",
    "nothing": "answer = 42",
}


def write(path, *sources):
    """Write a notebook as an editor might leave it."""
    cells = [new_code_cell(source, metadata={"collapsed": False, "tags": []}) for source in sources]
    for cell in cells:
        cell.metadata["execution"] = {"iopub.execute_input": "2025-09-01T12:00:00Z"}
        cell.execution_count = 17
    kernel = {"name": "my-own-kernel", "display_name": "Mine", "language": "python"}
    notebook = new_notebook(
        cells=[new_markdown_cell("# Title"), *cells], metadata={"kernelspec": kernel, "widgets": {}}
    )
    nbformat.write(notebook, path)
    return notebook


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    """A frozen notebook with every kind of output, and what it was before."""
    path = tmp_path_factory.mktemp("chapters") / "frozen ü.ipynb"
    before = write(path, *CELLS.values())
    assert main([str(path)]) == 0
    return path, before


def outputs_of(notebook, kind):
    return code_cells(notebook)[list(CELLS).index(kind)].outputs


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_a_frozen_notebook_is_in_normal_form(frozen):
    path, before = frozen
    after = nbformat.read(path, as_version=4)
    nbformat.validate(after)
    assert [cell.execution_count for cell in code_cells(after)] == list(range(1, len(CELLS) + 1))
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]
    assert not any(cell.metadata for cell in after.cells)
    assert set(after.metadata) == {"kernelspec", "language_info"}
    assert after.metadata.kernelspec.name == "python3"
    assert after.metadata.language_info == {"name": "python"}
    assert complaint(path) == ""
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_outputs_come_from_a_clean_kernel_in_a_fixed_environment(frozen):
    notebook = nbformat.read(frozen[0], as_version=4)
    seed, folder, _ = outputs_of(notebook, "setting")[0].text.split()
    assert (seed, folder) == ("0", frozen[0].parent.name)
    assert outputs_of(notebook, "stream") == [new_output("stream", name="stdout", text="step 2")]


def test_a_panel_keeps_its_picture_and_readout_but_no_widget(frozen):
    (panel,) = outputs_of(nbformat.read(frozen[0], as_version=4), "readout")
    assert set(panel.data) == {"image/png", "text/plain"}
    assert panel.data["text/plain"].startswith("collapse: ")


def picture_of(panel):
    return Image.open(BytesIO(b64decode(panel.data["image/png"])))


@pytest.mark.parametrize("name", ["collapse", "filters"], ids=["lines", "photographs"])
def test_a_picture_is_stored_with_a_palette_and_looks_the_same(name):
    demo = DEMOS[name]
    drawn = LiveFigure(demo.View).render(demo.compute(demo.State()))
    alt = {"image/png": {"alt": "what it shows"}}
    panel = new_output("execute_result", {"image/png": b64encode(drawn).decode()}, metadata=alt)
    text = normal_form(new_notebook(cells=[new_code_cell(outputs=[panel])]))
    notebook = nbformat.reads(text, as_version=4)
    assert normal_form(notebook) == text
    (stored,) = notebook.cells[0].outputs
    assert stored.metadata == alt
    before, after = picture_of(panel), picture_of(stored)
    assert (after.mode, after.size) == ("P", before.size)
    change = np.asarray(after.convert("RGB"), float) - np.asarray(before.convert("RGB"), float)
    assert abs(change).mean() < 0.3  # of 255 shades


def test_freezing_again_changes_no_byte(frozen):
    path, _ = frozen
    before = path.read_bytes()
    freeze(path)
    assert path.read_bytes() == before


@pytest.fixture(scope="module")
def tagged(tmp_path_factory):
    """The cells of a frozen notebook, a solution and one that may raise."""
    path = tmp_path_factory.mktemp("chapters") / "tagged.ipynb"
    notebook = write(path, "1 + 1", "1 / 0")
    for cell, tag in zip(code_cells(notebook), ("solution", "raises-exception"), strict=True):
        cell.metadata["tags"] = [tag]
    nbformat.write(notebook, path)
    assert main([str(path)]) == 0
    return code_cells(nbformat.read(path, as_version=4))


def test_cells_that_open_collapsed(tagged):
    assert [cell.metadata for cell in tagged] == [
        {"tags": ["solution"], "jupyter": {"source_hidden": True}},
        {"tags": ["raises-exception"]},
    ]


def test_a_notebook_that_raises_is_refused_and_left_alone(tmp_path, capsys):
    path = tmp_path / "broken.ipynb"
    write(path, "x = 1", "x / 0")
    before = path.read_bytes()
    assert main([str(path)]) == 1
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    message = capsys.readouterr().err
    assert "broken.ipynb: NOT frozen" in message
    assert "ZeroDivisionError" in message


def test_a_cell_may_raise_if_its_tag_says_so(tagged):
    assert tagged[1].outputs[0].ename == "ZeroDivisionError"


def forget_a_count(notebook):
    code_cells(notebook)[1].execution_count = None


def run_a_cell_twice(notebook):
    code_cells(notebook)[0].execution_count = 9


def keep_widget_state(notebook):
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}


def keep_a_widget_view(notebook):
    outputs_of(notebook, "readout")[0].data[VIEW] = {"model_id": "1"}


def keep_a_time(notebook):
    code_cells(notebook)[0].metadata["execution"] = {"iopub.execute_input": "2025-09-01T12:00:00Z"}


def open_in_another_python(notebook):
    notebook.metadata.language_info["version"] = "3.11.2"


DISTURBANCES = [
    forget_a_count,
    run_a_cell_twice,
    keep_widget_state,
    keep_a_widget_view,
    keep_a_time,
    open_in_another_python,
]


@pytest.mark.parametrize("disturb", DISTURBANCES)
def test_check_names_a_notebook_that_is_not_frozen(frozen, tmp_path, capsys, disturb):
    good, bad = tmp_path / "good.ipynb", tmp_path / "bad.ipynb"
    good.write_bytes(frozen[0].read_bytes())
    notebook = nbformat.read(good, as_version=4)
    disturb(notebook)
    nbformat.write(notebook, bad)
    assert main(["--check", str(good)]) == 0
    assert main(["--check", str(good), str(bad)]) == 1
    message = capsys.readouterr().err
    assert "bad.ipynb: not frozen" in message
    assert "good.ipynb" not in message


def corrupted(notebook):
    """Change one stored output of each kind, in a way that a change of the package might."""
    outputs_of(notebook, "stream")[0].text = "step 3"
    outputs_of(notebook, "result")[0].data["text/plain"] = "[('a', 1), ('b', 3)]"
    outputs_of(notebook, "markup")[0].data["text/markdown"] = "**four**"
    outputs_of(notebook, "setting").clear()
    panel = outputs_of(notebook, "readout")[0].data
    panel["text/plain"] = panel["text/plain"].replace("0", "1")
    outputs_of(notebook, "nothing").append(new_output("stream", name="stdout", text="42"))
    return notebook


BROKEN_PANEL = """
from dataclasses import replace

from coursekit.demos import DEMOS
from coursekit.live.panel import Panel


def compute(state):
    if state.weight_scale > 1:
        raise ValueError("no such weights")
    return DEMOS["collapse"].compute(state)


panel = Panel(replace(DEMOS["collapse"], compute=compute), depth=2, width=50, rows=50)
"""


def callbacks_that_raise():
    """A notebook that stores no output where a slider's callback raises."""
    sources = [
        "import ipywidgets\nslider = ipywidgets.IntSlider()\nslider.observe(lambda _: 1 / 0, 'value')",
        "slider.value = 1",
        BROKEN_PANEL,
        "panel.page.set_state({'values': {**panel.page.values, 'weight_scale': 0.1}})",
        "panel.page.set_state({'values': {**panel.page.values, 'weight_scale': 10.0}})",
    ]
    return new_notebook(cells=[new_code_cell(source, execution_count=i) for i, source in enumerate(sources, 1)])


@pytest.fixture(scope="module")
def failures(frozen, tmp_path_factory):
    """Compare three notebooks with nbval as CI does, and return the numbers of the cells that failed in each."""
    folder = frozen[0].parent  # its name is in an output
    notebook = nbformat.read(frozen[0], as_version=4)
    nbformat.write(notebook, folder / "intact.ipynb")
    nbformat.write(corrupted(notebook), folder / "corrupted.ipynb")
    nbformat.write(callbacks_that_raise(), folder / "callbacks.ipynb")
    names = ["intact.ipynb", "corrupted.ipynb", "callbacks.ipynb"]
    results = nbval([folder / name for name in names], tmp_path_factory.mktemp("private"))
    assert [len(results[name]) for name in names] == [len(CELLS), len(CELLS), 5]
    return {Path(name).stem: [i for i, passed in enumerate(results[name]) if not passed] for name in names}


def nbval(paths, private):
    """Return whether each cell passed, by notebook."""
    report = private / "report.xml"
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", paths[0].parent]
    command += [*NBVAL, "-p", "no:cacheprovider", "--junitxml", report, *paths]
    done = subprocess.run(
        command, env=environment(private), cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300
    )
    assert report.exists(), done.stdout + done.stderr
    results = defaultdict(list)
    for cell in ElementTree.parse(report).iter("testcase"):
        results[cell.get("classname")].append(len(cell) == 0)  # else it holds a failure, an error or a skip
    return results


def test_nbval_accepts_what_was_frozen(failures):
    assert failures["intact"] == []


def test_nbval_notices_every_corrupted_output(failures):
    assert failures["corrupted"] == list(range(len(CELLS)))


def test_nbval_notices_a_slider_callback_that_raises(failures):
    assert failures["callbacks"] == [1, 4]


def test_the_sanitiser_hides_versions_and_nothing_else():
    text = "coursekit   0.1.0\nnumpy       2.4.6\nnumpy is 2 lines above\nready"
    for pattern, replacement in get_sanitize_patterns(SANITIZE.read_text(encoding="ascii")):
        text = re.sub(pattern, replacement, text)
    assert text == "coursekit VERSION\nnumpy VERSION\nnumpy is 2 lines above\nready"
