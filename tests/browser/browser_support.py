"""What the browser tests share: skipped where there is no Chromium; what went wrong, and what a picture should be."""

import os
import time
from functools import lru_cache

import pytest

REQUIRED = os.environ.get("COURSEKIT_BROWSER") == "required"
if not REQUIRED:
    pytest.importorskip("playwright", reason="playwright is not installed: pip install -e '.[test]'")

from tools.lab_driver import find_chromium  # noqa: E402

if find_chromium() is None and not REQUIRED:
    pytest.skip("there is no Chromium on the PATH, and CHROMIUM is not set", allow_module_level=True)

import coursekit as ck  # noqa: E402


def expected(figure, demo, veiled=False, **settings):
    """The picture that a panel in this process draws for the room that the page has."""
    return drawn(demo, figure.room(), veiled, **settings)


@lru_cache
def drawn(demo, room, veiled, **settings):
    panel = ck.show(demo, **settings)
    panel.page.set_state({"room": list(room)})
    if not veiled:
        panel.page._handle_custom_msg({"press": "skip"}, [])
    return panel.png


def failures(page, server):
    """All that has gone wrong: in cells, in callbacks, in the page, in our code in the kernel."""
    shown = page.page.locator(".coursekit-error").all_inner_texts()
    # Jupyter's own code complains when a kernel is restarted under messages that are on their way.
    traces = [text for text in server.log().split("Traceback")[1:] if "/coursekit/" in text]
    return [*page.cell_errors(), *filter(None, map(str.strip, shown)), *page.console_errors, *traces]


def eventually(condition, seconds=30):
    """Whether the condition comes true in time, which is long: other work may keep the machine busy."""
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return met
