"""Drive the built site in Chromium: hand it out as any web server does, and open a chapter of it."""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from playwright.sync_api import Page, Route

from tools.lab_driver import LabPage

START = 300  # seconds until a kernel is there, where others keep the machine busy


class Site(ThreadingHTTPServer):
    """A server of a folder's files on a free local port, which remembers what it was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder)))
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[Path] = []  # files whose content was sent


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def send_response(self, code: int, message: str | None = None) -> None:
        if code == 200 and self.command == "GET":
            cast(Site, self.server).asked.append(Path(self.translate_path(self.path)))
        super().send_response(code, message)


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """Hand out a site as long as the block lasts."""
    with Site(folder) as site:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        yield site
        site.shutdown()
        thread.join()


class WebPage(LabPage):
    """A chapter in a tab, with a kernel of its own in it.

    ``elsewhere`` collects what the page asks other servers for. Nothing answers, and the browser keeps nothing either
    (``refuse=False`` leaves both as they are).
    """

    def __init__(self, page: Page, site: Site, chapter: str, refuse: bool = True) -> None:
        self._open(page)
        self.page.set_default_timeout(1000 * START)
        self.elsewhere: list[str] = []
        if refuse:
            self.page.route(lambda url: not url.startswith(site.address), self._refuse)
        self.page.goto(f"{site.address}/lab/index.html?path={chapter}")
        self.page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        self.wait_until_idle(START)

    def _refuse(self, route: Route) -> None:
        self.elsewhere.append(route.request.url)
        route.abort()
