"""What all tests share: a seeded generator, and property tests that draw the same examples every time."""

import numpy as np
import pytest
from hypothesis import settings

# No deadline: the first example of a property may wait for the compiler. No database: nothing is written into the tree.
settings.register_profile("coursekit", max_examples=50, deadline=None, derandomize=True, database=None)
settings.load_profile("coursekit")


LONGEST_FIRST = (
    *("browser/test_sliders.py", "project/test_without_jit.py", "browser/test_faults.py", "browser/test_access.py"),
    *("commands/test_doctor.py", "commands/test_warmup.py", "browser/test_soak.py", "chapters/test_demos.py"),
)


def pytest_collection_modifyitems(items):
    """Begin with the files that take minutes: a file is one worker's, and none should wait for the last one alone."""

    def place(item):
        name = "/".join(item.path.parts[-2:])
        return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


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
