"""Of the tests that are marked thorough each run takes its part, and nothing is lost between the parts."""

from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture
def conftest(pytestconfig):
    return pytestconfig.pluginmanager.get_plugin(str(Path(__file__).parents[1] / "conftest.py"))


@pytest.mark.parametrize("parts", [1, 3, 4])
def test_the_parts_together_are_all_and_no_test_is_in_two(conftest, monkeypatch, parts):
    tests, chosen = list(range(11)), []
    for part in range(1, parts + 1):
        monkeypatch.setattr(conftest, "THOROUGH", f"{part}/{parts}")
        left_out = conftest.not_now(tests)
        chosen += [test for test in tests if test not in left_out]
    assert sorted(chosen) == tests


@pytest.mark.parametrize(("asked", "left_out"), [("", [1, 2, 3]), ("all", [])])
def test_none_run_unless_asked_for(conftest, monkeypatch, asked, left_out):
    monkeypatch.setattr(conftest, "THOROUGH", asked)
    assert conftest.not_now([1, 2, 3]) == left_out


@pytest.mark.parametrize(
    ("path", "indices", "another"),
    [
        ("chapters/cnns/test_pooling.py", {"seed": 0}, False),
        ("chapters/cnns/test_pooling.py", {"seed": 1}, True),
        ("chapters/cnns/test_pooling.py", {"window": 1}, False),
        ("library/test_losses.py", {"seed": 1}, False),
    ],
)
def test_of_the_draws_of_a_chapters_claim_all_but_the_first_are_thorough(conftest, path, indices, another):
    item = SimpleNamespace(path=Path("tests", path), callspec=SimpleNamespace(indices=indices))
    assert conftest.is_another_draw(item) is another
    assert not conftest.is_another_draw(SimpleNamespace(path=item.path))
