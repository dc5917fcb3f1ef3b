"""What all tests share: a seeded generator, and property tests that draw the same examples every time."""

import numpy as np
import pytest
from hypothesis import settings

# No deadline: the first example of a property may wait for the compiler. No database: nothing is written into the tree.
settings.register_profile("coursekit", max_examples=50, deadline=None, derandomize=True, database=None)
settings.load_profile("coursekit")


LONGEST_FIRST = (
    *("test_browser", "test_without_jit", "test_browser_faults", "test_browser_access", "test_doctor", "test_warmup"),
    *("test_soak", "test_demos"),
)


def pytest_collection_modifyitems(items):
    """Begin with the files that take minutes: a file is one worker's, and none should wait for the last one alone."""
    items.sort(key=lambda item: LONGEST_FIRST.index(item.path.stem) if item.path.stem in LONGEST_FIRST else 99)


@pytest.fixture
def rng():
    return np.random.default_rng(20240607)


@pytest.fixture(scope="module")
def browser():
    from tools.lab_driver import chromium  # it needs playwright, which other tests do not

    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", params=["perCommTarget", "disabled"])
def subshells(request):
    """JupyterLab's setting: widget messages on a thread of their own (its default), or on the main thread."""
    return request.param
