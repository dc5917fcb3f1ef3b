"""The site that Sphinx makes of the checkout: complete, described, whole without a network, and searchable."""

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

REQUIRED = os.environ.get("COURSEKIT_BROWSER") == "required"
if find_spec("sphinx") is None and not REQUIRED:
    pytest.skip("Sphinx is not installed: pip install -e '.[site]'", allow_module_level=True)

from bs4 import BeautifulSoup  # noqa: E402

import coursekit  # noqa: E402
from coursekit.chapters import GLOSSARY  # noqa: E402
from tools.freeze_notebooks import chapters  # noqa: E402

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
# Sphinx, in a process in which every attempt to reach another machine fails.
OFFLINE_SPHINX = """
import socket, sys
from sphinx.cmd.build import main

def refuse(*_, **__):
    raise OSError("this build has no network")

socket.socket.connect = socket.getaddrinfo = refuse
sys.exit(main(sys.argv[1:]))
"""
every_chapter = pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build") / "site"
    options = ["-W", "--keep-going", "-n", "-q", "-c", "docs", "-d", folder.with_name("doctrees")]
    built = subprocess.run(
        [sys.executable, "-c", OFFLINE_SPHINX, *options, ".", folder], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return folder


@cache
def soup(page):
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def chapter_page(site, path):
    return site / "notebooks" / f"{path.stem}.html"


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def pages(site):
    found = sorted(site.rglob("*.html"))
    assert len(found) > len(chapters())
    return found


@every_chapter
def test_every_chapter_has_a_page_that_the_front_page_lists(site, path):
    address = chapter_page(site, path).relative_to(site).as_posix()
    contents = soup(site / "index.html").select_one(".sidebar-tree")
    assert soup(site / address).h1.get_text().startswith(f"{path.stem[:2]} · ")
    assert address in [link["href"] for link in contents.find_all("a")]


@every_chapter
def test_every_stored_picture_is_on_its_page_with_its_readout(site, path):
    page = chapter_page(site, path)
    outputs = [output for cell in code_cells(path) for output in cell.outputs if "image/png" in output.get("data", {})]
    readouts = [output.data["text/plain"].partition(": ")[2] for output in outputs]
    images = soup(page).select("figure img")
    assert readouts
    assert [image["alt"] for image in images] == readouts
    assert [caption.get_text(strip=True).rstrip("¶") for caption in soup(page).select("figcaption")] == readouts
    stored = [b64decode(output.data["image/png"]) for output in outputs]
    assert all((page.parent / image["src"]).read_bytes() == png for image, png in zip(images, stored, strict=True))


def test_the_glossary_has_every_term_with_a_link_to_the_chapter_where_it_is_new(site):
    page = soup(site / "docs" / "reference" / "glossary.html")
    entries = {entry.contents[0]: entry.find_next_sibling("dd") for entry in page.select("dl.glossary dt")}
    assert set(entries) == set(GLOSSARY)
    for name, entry in entries.items():
        assert entry.get_text().startswith(GLOSSARY[name].meaning)
        assert entry.a["href"].endswith(f"notebooks/{GLOSSARY[name].chapter.notebook.removesuffix('.ipynb')}.html")


@every_chapter
def test_the_terms_at_the_end_of_a_chapter_lead_to_the_glossary(site, path):
    links = soup(chapter_page(site, path)).select('.cell_output li a[href*="reference/glossary.html#term-"]')
    terms = [name for name, term in GLOSSARY.items() if term.chapter.notebook == path.name]
    assert [link.get_text() for link in links] == terms


@every_chapter
def test_solutions_are_there_and_collapsed(site, path):
    solutions = [cell.source for cell in code_cells(path) if "solution" in cell.metadata.get("tags", [])]
    collapsed = soup(chapter_page(site, path)).select("details.hide:not([open])")
    assert [details.pre.get_text().strip() for details in collapsed] == [source.strip() for source in solutions]


def test_pages_load_nothing_from_elsewhere(site):
    loaded = [
        address
        for page in pages(site)
        for tag in soup(page).select("script[src], link[href], img[src], source[src], iframe[src], object[data]")
        for address in [tag.get("src") or tag.get("href") or tag.get("data")]
    ]
    for sheet in site.rglob("*.css"):
        loaded += re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", sheet.read_text(encoding="utf-8"))
    assert any("tex-svg" in address for address in loaded)
    assert [address for address in loaded if "//" in str(address)] == []


def test_internal_links_lead_somewhere(site):
    links = [(page, link["href"]) for page in pages(site) for link in soup(page).select("a[href]")]
    internal = [(page, href) for page, href in links if not urlsplit(href).scheme]
    broken = {(page.relative_to(site).as_posix(), href) for page, href in internal if not leads_somewhere(page, href)}
    assert internal
    assert broken == set()


def leads_somewhere(page, href):
    where = urlsplit(href)
    target = (page.parent / unquote(where.path)).resolve() if where.path else page
    if not (target.is_file() and where.fragment):
        return target.is_file()
    return unquote(where.fragment) in places(target)


@cache
def places(page):
    return {one["id"] for one in soup(page).select("[id]")}


@pytest.mark.parametrize(("word", "chapter"), [("xavier", "06"), ("dropout", "02"), ("entropi", "01")])
def test_the_search_index_knows_a_word_of_a_chapter(site, word, chapter):
    script = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(script.removeprefix("Search.setIndex(").removesuffix(")"))
    found = [index[kind].get(word, []) for kind in ("terms", "titleterms")]
    numbers = {number for one in found for number in (one if isinstance(one, list) else [one])}
    assert [name for name in map(index["docnames"].__getitem__, numbers) if name.startswith(f"notebooks/{chapter}")]


# ---- the reference

DOCUMENTED = [
    *["activations", "adversarial", "augmentation", "convolution", "data", "diagnostics", "ensembles", "gradcheck"],
    *["graph", "information", "initialisers", "layers", "losses", "mine", "network", "optimisers", "penalties"],
    *["preprocessing", "registry", "schedules", "surfaces", "training"],
]
REGISTRIES = {
    "ACTIVATIONS": "activations",
    "DEMOS": "demos",
    "FILTERS": "convolution",
    "INITIALISERS": "initialisers",
    "LOSSES": "losses",
    "OPTIMISERS": "optimisers",
    "PENALTIES": "penalties",
    "POINT_SETS": "data",
    "PREPROCESSORS": "preprocessing",
    "SCHEDULES": "schedules",
    "SURFACES": "surfaces",
}
every_reference_page = pytest.mark.parametrize("name", ["activations", "initialisers", "losses", "optimisers"])


@cache
def entries(site):
    """All entries: their full name, and what is said of them."""
    pages = sorted((site / "docs" / "reference").glob("*.html"))
    assert pages
    return {name["id"]: name.find_next_sibling("dd") for page in pages for name in soup(page).select("dt.sig[id]")}


def public_names(module):
    """What a module offers: its __all__, or the functions and classes that are written in it."""
    if hasattr(module, "__all__"):
        return module.__all__
    source = ast.parse(inspect.getsource(module))
    names = [thing.name for thing in source.body if isinstance(thing, ast.FunctionDef | ast.ClassDef)]
    return [name for name in names if not name.startswith("_")]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_public_name_has_an_entry(site, name):
    names = public_names(import_module(f"coursekit.{name}"))
    assert names
    assert {f"coursekit.{name}.{one}" for one in names} - set(entries(site)) == set()


def test_every_name_of_the_public_face_has_an_entry(site):
    known = set(entries(site)) | {
        one["id"].removeprefix("module-")
        for page in (site / "docs" / "reference").glob("*.html")
        for one in soup(page).select("[id^=module-]")
    }
    face = [name for name in coursekit.__all__ if name != "__version__"]
    assert [n for n in face if not {f"coursekit.{n}", f"{coursekit._PUBLIC[n]}.{n}"} & known] == []


def test_pytorch_has_its_entries_though_it_is_not_imported(site):
    source = (CHECKOUT / "coursekit" / "torch" / "__init__.py").read_text(encoding="utf-8")
    [names] = [ast.literal_eval(line.value) for line in ast.parse(source).body if isinstance(line, ast.Assign)]
    assert {f"coursekit.torch.{name}" for name in names} - set(entries(site)) == set()


def test_every_entry_says_what_it_is(site):
    assert [name for name, said in entries(site).items() if not said.get_text(strip=True)] == []


@pytest.mark.parametrize("name", REGISTRIES)
def test_a_registry_shows_all_that_it_holds(site, name):
    registry = getattr(import_module(f"coursekit.{REGISTRIES[name]}"), name)
    said = entries(site)[f"coursekit.{REGISTRIES[name]}.{name}"]
    assert [code.get_text() for code in said.select("dl > dt > code:first-child")] == [f'"{one}"' for one in registry]
    text = " ".join(said.get_text().split())
    for record in registry.values():
        assert " ".join(getattr(record, "source", "").split()) in text
        assert " ".join(getattr(record, "formula", "").split()) in text


@every_chapter
def test_what_a_chapter_imports_leads_to_its_entry(site, path):
    code = "\n".join(cell.source for cell in code_cells(path))
    imports = re.findall(r"^from (coursekit[\w.]*) import ([\w, ]+)", code, re.MULTILINE)
    names = {f"{module}.{name.split()[0]}" for module, several in imports for name in several.split(",")}
    called = {f"coursekit.{name}" for name in re.findall(r"\bck\.(show|check|quiz|progress|source|search)\b", code)}
    linked = {urlsplit(link["href"]).fragment for link in soup(chapter_page(site, path)).select("article a[href]")}
    assert called
    assert (names | called) & set(entries(site)) - linked == set()


def test_names_in_a_chapters_text_lead_to_their_entries(site):
    [path] = [path for path in chapters() if path.stem.startswith("08")]
    text = soup(chapter_page(site, path)).select("p a:not(.cell_output a)")
    links = {link.get_text(): urlsplit(link["href"]).fragment for link in text}
    assert links["coursekit.diagnostics.sharpness"] == "coursekit.diagnostics.sharpness"
    assert links["fit"] == "coursekit.training.fit"
    assert "Adam" not in links  # there it is PyTorch's


def test_docstrings_lead_to_each_other(site):
    said = entries(site)["coursekit.show"]
    assert [link["href"] for link in said.select("a") if link.get_text() == "coursekit.demos.DEMOS"]
    assert not re.search(r" -- |\(\(", said.get_text())
    assert "L = mean |s − y|, and its gradient" in entries(site)["coursekit.losses.mae"].get_text()
    returned = [link["href"] for link in entries(site)["coursekit.torch.xray"].select("a") if link.em]
    assert returned == ["#coursekit.torch.XRay"]
    attributes = entries(site)["coursekit.torch.XRay"].select_one("dd")
    assert "rows: list of Row – Every layer" in attributes.get_text()
    assert attributes.a is None  # its rows are not those of coursekit.training


# ---- in a browser


@pytest.fixture(scope="module")
def served(site):
    """The site's address on a server that only hands out files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=site)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser, site, served):
    """A tab that reaches the site and nothing else, and asks for nothing else."""
    page, elsewhere = browser.new_page(), []

    def refuse(route):
        elsewhere.append(route.request.url)
        route.abort()

    page.route(lambda url: not url.startswith((site.as_uri(), served, "data:")), refuse)
    yield page
    page.close()
    assert elsewhere == []


ALL_IMAGES_SHOWN = "() => [...document.images].every(image => image.complete && image.naturalWidth > 0)"
ALL_FORMULAS_SET = """() => {
    const formulas = [...document.querySelectorAll('.math')];
    return formulas.length && formulas.every(one => one.querySelector('mjx-container svg'));
}"""

WRONG_TEX = "[data-mjx-error], mjx-container [fill='red']"  # MathJax shows an unknown command in red


@pytest.mark.browser
@every_chapter
def test_a_chapter_shows_its_pictures_and_formulas(page, site, path):
    page.goto(chapter_page(site, path).as_uri())
    page.wait_for_function(ALL_FORMULAS_SET)
    assert page.evaluate(ALL_IMAGES_SHOWN)
    assert page.locator(WRONG_TEX).count() == 0
    assert re.findall(r"\$\$|\\[(\[]|\\frac|\\sum|\\operatorname", page.locator("article").inner_text()) == []


@pytest.mark.browser
@every_reference_page
def test_the_reference_sets_its_formulas(page, site, name):
    page.goto((site / "docs" / "reference" / f"{name}.html").as_uri())
    page.wait_for_function(ALL_FORMULAS_SET)
    assert page.locator(WRONG_TEX).count() == 0


@pytest.mark.browser
def test_search_finds_an_entry(page, site):
    page.goto(f"{site.as_uri()}/index.html")
    page.get_by_placeholder("Search").fill("conv2d_forward")
    page.keyboard.press("Enter")
    page.locator("ul.search a", has_text="coursekit.layers.conv2d_forward").first.click()
    page.wait_for_url("**/docs/reference/layers.html#coursekit.layers.conv2d_forward")


@pytest.mark.browser
@pytest.mark.parametrize("from_disk", [True, False])
def test_search_finds_the_chapter(page, site, served, from_disk):
    page.goto(f"{site.as_uri() if from_disk else served}/index.html")
    page.get_by_placeholder("Search").fill("Xavier")
    page.keyboard.press("Enter")
    term, chapter = page.locator("ul.search a").nth(0), page.locator("ul.search a").nth(1)
    chapter.wait_for()
    assert term.get_attribute("href").endswith("glossary.html#term-Xavier")  # what it means, then where it is explained
    assert chapter.inner_text().startswith("06 · ")
    chapter.click()
    page.wait_for_url("**/notebooks/06_initialisation.html*")
