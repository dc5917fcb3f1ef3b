"""Execute chapters in a clean kernel and store their outputs: the only way in which outputs are stored.

``python -m tools.freeze_notebooks`` freezes every chapter, ``… notebooks/06_initialisation.ipynb`` one of them, and
``… --check`` executes nothing but names those whose file is not as this tool leaves it. The exit code is 0 if all went
well and 1 if not. A notebook with a cell that raises stays as it was, unless that cell is tagged ``raises-exception``.
"""

import argparse
import copy
import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode
from PIL import Image

from coursekit.commands import frozen
from coursekit.live.saving import VIEW

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
COLOURS = 128  # of a stored picture: fewer show as steps in the sky of a photograph, more only take room
CELL_TIMEOUT = 300  # seconds; longer than where chapters are compared: here kernels may be compiled first
HIDDEN = {"solution", "hide-input"}  # tags of cells that open collapsed
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def chapters() -> list[Path]:
    """All notebooks of the course, in order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def freeze(path: Path) -> None:
    """Execute a notebook and replace it by its normal form with fresh outputs, or raise and leave it alone."""
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, path.parent)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(normal_form(notebook), encoding="utf-8", newline="\n")
    fresh.replace(path)


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells in ``folder`` with the Python that runs this, whatever kernels are installed."""
    kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client = NotebookClient(
        notebook,
        km=kernel,
        timeout=CELL_TIMEOUT,
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,  # as nbval does: pieces of one stream are joined, a progress line keeps its last state
        store_widget_state=False,
        record_timing=False,
    )
    with TemporaryDirectory() as private:
        client.execute(env=frozen.environment(Path(private)), cleanup_kc=True)


def normal_form(notebook: NotebookNode) -> str:
    """Return the text of a valid notebook without anything that depends on the editor, the machine or the time."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = _cell_metadata(cell.metadata.get("tags", []))
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = output.traceback[-1:]  # the error; the frames above it name files of a machine
            if output.get("data", {}).keys() & {"image/png", "text/html"}:
                output.data.pop(VIEW, None)  # without a kernel it would hide the picture or the text
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = _with_palette(output.data["image/png"])
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def _with_palette(picture: str) -> str:
    """Return a PNG, in base64, that has a palette: a third of the size. One that has it already stays as it is."""
    image = Image.open(BytesIO(b64decode(picture)))
    if image.mode == "P":
        return picture
    stored = BytesIO()
    few = image.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
    few.save(stored, "png", optimize=True)
    return b64encode(stored.getvalue()).decode()


def _cell_metadata(tags: list[str]) -> NotebookNode:
    kept = NotebookNode(tags=tags) if tags else NotebookNode()
    if HIDDEN & set(tags):
        kept.jupyter = NotebookNode(source_hidden=True)
    return kept


def complaint(path: Path) -> str:
    """Say why a notebook is not as `freeze` leaves it; nothing if it is."""
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    if counts != list(range(1, len(counts) + 1)):
        return f"its cells were not run once each from top to bottom: {counts}"
    if text != normal_form(notebook):
        return "it holds something of an editor, a machine or a time, or a picture without a palette"
    return ""


def _freeze_and_tell(path: Path) -> bool:
    try:
        freeze(path)
    except (CellControlSignal, DeadKernelError) as error:
        print(f"{path.name}: NOT frozen, the file is as it was.\n{error}", file=sys.stderr)
        return False
    print(f"{path.name}: frozen")
    return True


def _check_and_tell(path: Path) -> bool:
    reason = complaint(path)
    if reason:
        print(f"{path.name}: not frozen: {reason}. Run: python -m tools.freeze_notebooks {path}", file=sys.stderr)
    return not reason


def main(arguments: list[str] | None = None) -> int:
    """Freeze or check the named notebooks, or all; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.freeze_notebooks", description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all chapters if none is named")
    parser.add_argument("--check", action="store_true", help="execute nothing; name the notebooks that are not frozen")
    options = parser.parse_args(arguments)
    handle = _check_and_tell if options.check else _freeze_and_tell
    done = [handle(path) for path in options.notebooks or chapters()]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
