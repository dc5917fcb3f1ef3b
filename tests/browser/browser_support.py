"""What the browser tests share: where there is no Chromium they are skipped, and what has gone wrong is collected."""

import os
import time

import pytest

REQUIRED = os.environ.get("COURSEKIT_BROWSER") == "required"
if not REQUIRED:
    pytest.importorskip("playwright", reason="playwright is not installed: pip install -e '.[test]'")

from tools.lab_driver import find_chromium  # noqa: E402

if find_chromium() is None and not REQUIRED:
    pytest.skip("there is no Chromium on the PATH, and CHROMIUM is not set", allow_module_level=True)


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
