"""The reference: what registries hold, the glossary, names that lead to their entries, and links from chapters."""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

import coursekit
from coursekit.chapter import Chapter
from coursekit.chapters import GLOSSARY

PAGES = "".join(page.read_text("utf-8") for page in Path(__file__).with_name("reference").glob("*.md"))
ENTRIES = re.findall(r"(?:\.\. auto\w+::|\{registry\}) (coursekit[\w.]*)", PAGES)
LAST = Counter(entry.rpartition(".")[2] for entry in ENTRIES)
# Names that mean an entry wherever they stand: only one has them, and they are no plain words.
SPOKEN = {
    name: entry
    for entry in ENTRIES
    if LAST[name := entry.rpartition(".")[2]] == 1 and not (name.islower() and name.isalpha())
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directives that show a registry and the glossary, and lead names in docstrings to their entries."""
    app.add_directive("registry", RegistryEntry)
    app.add_directive("terms", Terms)
    app.connect("autodoc-process-docstring", _read_bars)
    app.connect("doctree-read", _set_fields)
    app.connect("missing-reference", _find_entry)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def as_text(words: str) -> str:
    """Return Markdown that shows these words as they are."""
    return re.sub(r"([\\`*_{}\[\]<>$#|~])", r"\\\1", words)


# ---- registries


class RegistryEntry(SphinxDirective):
    """``{registry} coursekit.losses.LOSSES``: an entry for the registry, with all that it holds."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """List the records in Markdown, and let MyST read it."""
        module, _, name = self.arguments[0].rpartition(".")
        records = getattr(import_module(module), name).values()
        listed = "\n\n".join(map(_record, records))
        return self.parse_text_to_nodes(f"```{{py:data}} {name}\n:module: {module}\n\n{listed}\n```")


def _record(record: Any) -> str:
    """Return a record's name and label, and below them its formulas, what it is for and where it is from."""
    formulas = [f"$${formula}$$" for formula in _known(record, "formula", "derivative", "gradient")]
    about = [as_text(words) for words in _known(record, "verdict", "effect")]
    about += [f"*{as_text(source)}.*" for source in _known(record, "source")]
    if chapter := getattr(record, "chapter", None):
        about += [_chapter_link(chapter)]
    [label] = _known(record, "label", "title")
    return f'`"{record.name}"` {as_text(label)}\n: ' + "\n\n  ".join([*formulas, " ".join(about)])


def _chapter_link(chapter: Chapter) -> str:
    return f"[{chapter}](/notebooks/{chapter.notebook})"


def _known(record: Any, *fields: str) -> list[str]:
    """Return the words of those of these fields that the record has."""
    return [words for field in fields if isinstance(words := getattr(record, field, None), str) and words]


# ---- the glossary


class Terms(SphinxDirective):
    """``{terms}``: every term with its meaning, and a link to the chapter in which it is new."""

    def run(self) -> list[nodes.Node]:
        """Write them in Markdown, and let MyST and Sphinx's own glossary read it."""
        written = (f"{t.name}\n  {as_text(t.meaning)} {_chapter_link(t.chapter)}" for t in GLOSSARY.values())
        listed = "\n\n".join(written)
        return self.parse_text_to_nodes(f"```{{glossary}}\n:sorted:\n\n{listed}\n```")


def lead_to_glossary(notebook: NotebookNode) -> None:
    """Make each term that a chapter lists at its end a link to its entry on the page of all terms."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []) if "ck.glossary(" in cell.source else []:
            listed = output.data["text/markdown"]
            output.data["text/markdown"] = re.sub(r"(?m)^\* \*\*(.+?)\*\*:", r"* {term}`\1`:", listed)


# ---- docstrings


def _read_bars(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Take the bars of |w| for what they are; reStructuredText has another use for them."""
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            text_and_code = line.split("``")
            text_and_code[::2] = [text.replace("|", r"\|") for text in text_and_code[::2]]
            lines[i] = "``".join(text_and_code)


def _set_fields(app: Sphinx, doctree: nodes.document) -> None:
    """Set "x ((N, D) array) -- Inputs" as "x: (N, D) array – Inputs", and lead what is returned to its class."""
    for body in doctree.findall(nodes.field_body):
        for parts in body.findall(lambda node: isinstance(node, nodes.paragraph | nodes.inline)):
            for i, part in enumerate(parts):
                if isinstance(part, nodes.Text):
                    words = re.sub(r"^\)?( -- |$)", lambda end: end[1].replace("--", "–"), part)
                    parts[i] = nodes.Text(": " if words == " (" else words)
                elif type(part) is nodes.emphasis and re.fullmatch(r"[A-Z]\w+", part.astext()):
                    target = {"refdomain": "py", "reftype": "obj", "reftarget": part.astext()}
                    parts[i] = pending_xref("", part, refdoc=app.env.docname, **target)


def _find_entry(app: Sphinx, env: BuildEnvironment, node: nodes.Element, shown: nodes.Element) -> nodes.Element | None:
    """Lead a name in a docstring to its entry on whichever page; what has none, as "(N, C) array", is only shown."""
    if node.get("reftype") not in ("obj", "class"):
        return None
    domain = env.domains.python_domain
    ending = f".{node['reftarget']}"
    found = [name for name, entry in domain.objects.items() if name.endswith(ending) and not entry.aliased]
    if node["reftype"] == "class" or len(found) != 1:
        return shown
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", found[0], node, shown)


# ---- chapters


def link_names(notebook: NotebookNode) -> None:
    """Make a chapter's text lead to the entries of the names in it, and list at its end those that its code uses."""
    used = _used("\n".join(cell.source for cell in notebook.cells))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            of_ours = used if "The same in PyTorch" in cell.source else SPOKEN | used
            cell.source = re.sub(
                r"(?<!`)`((?:print\()?((?:\w+\.)*\w+)[^`\n]*)`(?!`)",
                lambda code, names=of_ours: _link(code[1], names[code[2]]) if code[2] in names else code[0],
                cell.source,
            )
    links = {entry: _link(name, entry) for name, entry in used.items()}
    words = f"**Names in this chapter**, each a link into the reference: {', '.join(links.values())}."
    notebook.cells.append(new_markdown_cell(words))


def _link(code: str, entry: str) -> str:
    return f"{{py:obj}}`{code} <{entry}>`"


def _used(text: str) -> dict[str, str]:
    """Return the names of ours in a chapter, as they are written there, and their entries."""
    full = {name: f"coursekit.{name[3:]}" for name in re.findall(r"\bck\.(?:mine\.)?\w+", text)}
    full |= {name: name for name in re.findall(r"(?<!from )\bcoursekit(?:\.\w+)+", text)}
    for module, names in re.findall(r"^from (coursekit[\w.]*) import ([\w, ]+)", text, re.MULTILINE):
        full |= {name.split()[0]: f"{module}.{name.split()[0]}" for name in names.split(",")}
    return {name: entry for name, place in full.items() if (entry := _entry(place))}


def _entry(name: str) -> str | None:
    """Return the entry of a full name, also if coursekit only passes it on: of "coursekit.fit" that in training."""
    home = coursekit._PUBLIC.get(name.removeprefix("coursekit."))
    return next((one for one in (name, f"{home}.{name.removeprefix('coursekit.')}") if one in ENTRIES), None)
