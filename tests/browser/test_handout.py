"""Chapter 00 as a teacher hands it out, in JupyterLab: who has the solution, and the new terms as a list."""

import pytest
from browser_support import eventually, failures

from coursekit.commands import chapters
from coursekit.handout import SOLUTIONS, STUDENTS, WITH_THE_TEACHER
from tools.lab_driver import LabPage, LabServer

pytestmark = pytest.mark.browser

FOLDERS = {STUDENTS: "class", SOLUTIONS: "key"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("handed out")
    for kind, folder in FOLDERS.items():
        chapters.bring(root / folder, kind, [0])
    with LabServer(root) as server:
        yield server


@pytest.fixture(scope="module", params=FOLDERS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def page(browser, server, kind):
    with LabPage(browser, server, f"{FOLDERS[kind]}/00_start_here.ipynb") as page:
        page.run_all()
        yield page
        assert failures(page, server) == []


def test_show_solution_says_where_it_is(page, kind):
    verdict = page.page.locator(".coursekit-verdict", has_text="half_way")
    verdict.get_by_role("button", name="Hint").click()
    assert eventually(lambda: "Hint 2 of" in verdict.inner_text())  # a cell has asked for the first
    verdict.get_by_role("button", name="Show solution").click()
    said = {STUDENTS: WITH_THE_TEACHER, SOLUTIONS: "return -b / w"}[kind]
    assert eventually(lambda: said in verdict.inner_text())
    assert ("return -b / w" in verdict.inner_text()) == (kind == SOLUTIONS)


def test_the_cell_of_a_solution_is_open_where_solutions_are(page, kind):
    [solution] = [cell for cell in page.cells() if "solution" in cell["metadata"].get("tags", [])]
    assert bool(solution["metadata"].get("jupyter", {}).get("source_hidden")) == (kind == STUDENTS)


def test_new_terms_are_a_list(page):
    place = [cell["id"] for cell in page.cells()].index("glossary")
    page.start_cell(place)  # JupyterLab renders what is in view
    terms = page.page.locator(".jp-RenderedMarkdown li")
    assert eventually(lambda: any(text.startswith("neuron: the smallest part") for text in terms.all_inner_texts()))
