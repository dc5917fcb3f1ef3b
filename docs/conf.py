"""The course as a web site with search: chapters, pages and a reference, made by Sphinx from the checkout.

No notebook is run: the site shows the outputs stored in them, and its figures move through pictures drawn in advance.
It loads nothing from elsewhere.
"""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from entries import as_text, lead_to_glossary, link_names
from moving import let_move

project = "coursekit"
html_title = "coursekit"
language = "en"
smartquotes = False  # "--chapter" keeps its two hyphens

root_doc = "README"
include_patterns = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/*.md",
    "docs/reference/*.md",
    "notebooks/*.ipynb",
    "benchmarks/README.md",
    "data/README.md",
    "tests/README.md",
]
exclude_patterns = [".*", "build", "site", "web"]  # not even looked into: .venv is large

extensions = [
    "myst_nb",
    "sphinx.ext.mathjax",
    "sphinx.ext.autodoc",  # the reference: docstrings as they are,
    "sphinx.ext.napoleon",  # in numpydoc's form,
    "sphinx.ext.viewcode",  # and the code itself
    "entries",
    "moving",
]
nb_execution_mode = "off"
nb_render_markdown_format = "myst"  # tables and formulas in outputs too
myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3

# Docstrings as they are: names in single backticks, types in words.
default_role = "py:obj"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_mock_imports = ["torch"]
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Attributes", "params_style")]  # which keeps "name, label : str" together

html_theme = "furo"
pygments_dark_style = "github-dark"
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False

# MathJax in one file. It draws formulas as SVG, for some browsers refuse to load fonts for a page opened from disk.
_mathjax = find_spec("sphinx-mathjax-offline").submodule_search_locations[0]
html_static_path = [f"{_mathjax}/static/mathjax/tex-svg-full.js", "_static"]
html_css_files = ["site.css"]
mathjax_path = "tex-svg-full.js"

CONTENTS = """
```{toctree}
:hidden:
:titlesonly:
:caption: Chapters
:glob:

notebooks/*
```

```{toctree}
:hidden:
:titlesonly:
:caption: Reference

docs/reference/glossary
docs/reference/in_a_chapter
docs/reference/layers
docs/reference/activations
docs/reference/losses
docs/reference/initialisers
docs/reference/optimisers
docs/reference/networks
docs/reference/data
docs/reference/looking
docs/reference/mathematics
docs/reference/pytorch
```

```{toctree}
:hidden:
:titlesonly:
:caption: More
:glob:

docs/*
CONTRIBUTING
benchmarks/README
tests/README
data/README
```
"""


def setup(app: Sphinx) -> None:
    """Change what Sphinx reads: the front page gets the contents, a chapter what a page without a kernel needs."""
    app.connect("source-read", _adapt)
    app.connect("build-finished", _add_index)


def _adapt(app: Sphinx, docname: str, content: list[str]) -> None:
    if docname == root_doc:
        content[0] += CONTENTS
    elif docname.startswith("notebooks/"):
        notebook = nbformat.reads(content[0], as_version=4)
        for cell in notebook.cells:
            _describe_pictures(cell)
            _collapse_solution(cell)
        lead_to_glossary(notebook)
        link_names(notebook)
        let_move(app, docname, notebook)
        content[0] = nbformat.writes(notebook)


def _describe_pictures(cell: NotebookNode) -> None:
    """Make a figure's readout, its text/plain after the demo's name, the picture's alternative text and its caption."""
    for output in cell.get("outputs", []):
        if "image/png" in output.get("data", {}):
            readout = output.data["text/plain"].partition(": ")[2]
            cell.metadata.mystnb = {"image": {"alt": readout}, "figure": {"caption": as_text(readout)}}


def _collapse_solution(cell: NotebookNode) -> None:
    if "solution" in cell.metadata.get("tags", []):
        cell.metadata.tags.append("hide-input")
        cell.metadata.mystnb = {"code_prompt_show": "Show a solution", "code_prompt_hide": "Hide the solution"}


def _add_index(app: Sphinx, exception: Exception | None) -> None:
    """Give the front page the name under which servers look for it, too."""
    if exception is None and app.builder.name == "html":
        shutil.copyfile(Path(app.outdir) / f"{root_doc}.html", Path(app.outdir) / "index.html")
