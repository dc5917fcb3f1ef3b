"""``coursekit lab`` as a learner starts it: the address it prints opens the chapter, and nothing else pops up."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from browser_support import eventually

from tools.lab_driver import KERNEL_IDLE, NOTEBOOK

pytestmark = pytest.mark.browser

CHECKOUT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)(/lab/workspaces/coursekit/tree/06_initialisation\.ipynb)\?token=\w+")
OURS = ("JUPYTER", "COURSEKIT", "IPYTHON", "MPLCONFIG", "XDG", "DISPLAY", "WAYLAND")
RUN = f"""code => {{
    {NOTEBOOK}
    const future = kernel.requestExecute({{code}});
    let printed = '';
    future.onIOPub = message => {{ printed += message.content.text ?? '' }};
    return future.done.then(() => printed);
}}"""


class Lab:
    """The command in a home of its own, and all that it says."""

    def __init__(self, home, *options):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        mine = {"HOME": str(home), "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"}
        mine["NUMBA_DISABLE_JIT"] = "1"  # nothing to compile: the warm-up has its own tests
        command = [sys.executable, "-m", "coursekit", "lab", "--chapter", "6", *options]
        self.process = subprocess.Popen(
            command, cwd=home, env=kept | mine, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said = ""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.said += line

    def wait_for(self, condition):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            if found := condition():
                return found
            time.sleep(0.1)
        raise AssertionError(f"It did not come about. The command said:\n{self.said}")


def answers(address):
    try:
        return urllib.request.urlopen(address, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("my home 中文")
    config = home / ".jupyter" / "jupyter_lab_config.json"  # the learner's own settings hold too
    config.parent.mkdir()
    config.write_text(json.dumps({"LabApp": {"expose_app_in_browser": True}}))
    return home


@pytest.fixture(scope="module")
def lab(home, ctrl_c):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        lab = Lab(home, "--port", str(busy.getsockname()[1]))
        try:
            address = lab.wait_for(lambda: ADDRESS.search(lab.said))
            lab.address, lab.port, lab.wanted = address[0], int(address[1]), busy.getsockname()[1]
            lab.wait_for(lambda: answers(f"http://127.0.0.1:{lab.port}/login"))
            yield lab
        finally:
            lab.process.kill()
            lab.process.wait()


def test_the_port_after_a_busy_one_is_taken_and_that_is_said(lab):
    assert lab.port > lab.wanted
    assert f"Port {lab.wanted} is taken, so it is {lab.port}." in lab.said


def test_nobody_comes_in_without_the_token_or_from_another_machine(lab):
    assert answers(f"http://127.0.0.1:{lab.port}/api/contents") == 403
    assert answers(lab.address.replace(ADDRESS.match(lab.address)[2], "/api/contents")) == 200
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", lab.port)) != 0  # it would answer if it listened on 0.0.0.0


def test_the_chapter_opens_from_the_printed_address_and_nothing_pops_up(lab, home, browser):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(lab.address)
    page.wait_for_function(KERNEL_IDLE, timeout=60_000)
    assert page.evaluate(f"() => {{ {NOTEBOOK} return notebook.context.path }}") == "06_initialisation.ipynb"
    assert page.evaluate(RUN, "import os, coursekit; print(os.getcwd())").strip() == str(home / "coursekit")
    page.wait_for_timeout(1500)
    assert page.locator(".Toastify__toast, .jp-Dialog").all_inner_texts() == []
    assert not [url for url in asked if re.search(r"/lab/api/(news|update)", url)]
    page.close(run_before_unload=False)


FOLDED = "() => jupyterapp.shell.leftCollapsed && jupyterapp.shell.rightCollapsed"
NARROW = 100  # pixels for the icons at both sides, which stay; a side bar takes another 250


def open_chapter(browser, address):
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(address)
    page.wait_for_function(KERNEL_IDLE, timeout=60_000)
    page.wait_for_timeout(1000)
    return page


def test_the_chapter_has_the_window_to_itself_and_is_not_marked_as_changed(lab, home, browser):
    chapter = home / "coursekit" / "06_initialisation.ipynb"
    before = chapter.read_bytes()
    page = open_chapter(browser, lab.address)
    assert page.evaluate(FOLDED)
    assert page.locator(".jp-Notebook").bounding_box()["width"] >= 1366 - NARROW
    assert not page.evaluate(f"() => {{ {NOTEBOOK} return notebook.context.model.dirty }}")
    assert page.locator(".jp-mod-dirty").count() == 0
    assert chapter.read_bytes() == before
    page.close(run_before_unload=False)


def test_a_side_bar_that_was_opened_is_open_the_next_time(lab, home, browser):
    page = open_chapter(browser, lab.address)
    page.evaluate("() => jupyterapp.commands.execute('filebrowser:activate')")
    workspace = next((home / ".jupyter" / "lab" / "workspaces").iterdir())
    assert eventually(lambda: '"left":{"collapsed":false' in workspace.read_text().replace(" ", ""))
    page.close(run_before_unload=False)
    page = open_chapter(browser, lab.address)
    assert not page.evaluate("() => jupyterapp.shell.leftCollapsed")
    page.close(run_before_unload=False)


def test_a_window_that_opens_by_itself_shows_the_printed_address(lab, home):
    (opener,) = (home / ".local" / "share" / "jupyter" / "runtime").glob("jpserver-file-to-run-*-open.html")
    assert ADDRESS.match(lab.address)[2] in opener.read_text()


def test_ctrl_c_ends_it_soon(lab):
    lab.process.send_signal(signal.SIGINT)
    lab.process.wait(20)
    assert answers(lab.address) is None
    assert "Traceback" not in lab.said
