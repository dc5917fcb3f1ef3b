"""The site's figures and quizzes move: what the page's script needs to know of each, and pictures drawn in advance."""

import json
import shutil
from html import escape
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from sphinx.application import Sphinx

from coursekit.chapters import QUIZZES
from coursekit.live.page import LOOK, PAGE
from tools.bake.cells import Shown, quiz_in, shown
from tools.bake.pictures import changes, values

HERE = Path(__file__).parent
PARTS = ("parts", "drawing", "handles", "controls", "ask", "panel", "quiz")  # of the panel's own page
MOVES = """
```{note}
These figures move: what you can reach with one control at a time has been drawn in advance. In the installed course
(`make lab`) all controls move together, the exercises check what you write, and figures show what you wrote.
```
"""
OPEN = """<p class="coursekit-here" hidden><a href="{address}">Open this chapter here</a> In this tab, Python and all,
half a minute after the first click. Nothing is installed; what you write stays in this browser.</p>"""
STILL = """
```{note}
On this page the figures stand still. To move them, start the course: `make lab`.
```
"""


def setup(app: Sphinx) -> dict[str, bool]:
    """Add two settings: the folder that ``python -m tools.bake`` fills, and the way from a page to ``web/``."""
    app.add_config_value("baked", "", "env")
    app.add_config_value("browser_edition", "", "env")
    app.connect("builder-inited", _add_script)
    app.connect("build-finished", _add_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def let_move(app: Sphinx, docname: str, notebook: NotebookNode) -> None:
    """Put behind each cell with a figure or a quiz what the page's script needs to know, and on top the way out."""
    course = app.config.browser_edition
    address = f"{course}/lab/index.html?path={docname.rpartition('/')[2]}.ipynb" if course else ""
    cells = [[cell, *_place(app, cell, address)] for cell in notebook.cells]
    moves = any(len(one) > 1 for one in cells) and app.config.baked
    notebook.cells = [cell for one in cells for cell in one]
    notes = [MOVES if moves else STILL, *[OPEN.format(address=address)] * bool(address)]
    notebook.cells[1:1] = map(new_markdown_cell, notes)


def _place(app: Sphinx, cell: NotebookNode, course: str) -> list[NotebookNode]:
    told = None
    if cell.cell_type == "code" and (name := quiz_in(cell.source)):
        told = {"questions": [vars(question) | {"settings": None} for question in QUIZZES[name].questions]}
    elif cell.cell_type == "code" and (one := shown(cell.source)) and (_baked(app) / one.demo.name).exists():
        told = _told(one) | {"root": "../baked", "elsewhere": course}
    return [new_markdown_cell(f'<div data-moving="{escape(json.dumps(told))}"></div>')] if told else []


def _told(one: Shown) -> dict:
    """How a cell shows its figure: the first settings, and the question with what its answer changes."""
    question = one.question and vars(one.question) | {"settings": changes(one.demo, one.question.settings)}
    return {"demo": one.demo.name, "first": values(one.demo, one.state), "question": question}


def _baked(app: Sphinx) -> Path:
    return Path(app.srcdir, app.config.baked) if app.config.baked else Path("no such folder")


def _add_script(app: Sphinx) -> None:
    """Make one script of the panel's parts and the site's own, and let the pages load it and the panel's look."""
    folder = Path(app.doctreedir) / "moving"
    folder.mkdir(parents=True, exist_ok=True)
    parts = [*(PAGE / f"{part}.js" for part in PARTS), HERE / "moving.js"]
    script = "\n".join(part.read_text("utf-8") for part in parts)
    (folder / "moving.js").write_text(f"(() => {{\n{script}\n}})();\n", encoding="utf-8")
    (folder / "panel.css").write_text(LOOK, encoding="utf-8")
    app.config.html_static_path.append(str(folder))
    app.add_js_file("moving.js", loading_method="defer")
    app.add_css_file("panel.css")


def _add_pictures(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.config.baked and app.builder.name == "html":
        unseen = shutil.ignore_patterns("made_from", ".*")
        shutil.copytree(_baked(app), Path(app.outdir) / "baked", ignore=unseen, dirs_exist_ok=True)
