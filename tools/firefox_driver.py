"""Drive a stock Firefox over WebDriver BiDi, the W3C's protocol: no driver program, and no Firefox of another make."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import websocket

from tools.processes import announced, stop

KEYS = {"ArrowLeft": "\ue012", "ArrowRight": "\ue014"}  # https://www.w3.org/TR/webdriver2/#keyboard-actions


def find_firefox() -> str | None:
    """Return the path of Firefox: ``$FIREFOX``, else the first on the PATH, else None."""
    names = [os.environ.get("FIREFOX"), "firefox", "firefox-esr"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


class Firefox:
    """One page of a Firefox without a window, with a profile of its own.

    ``errors`` collects what the page has complained about so far: console errors, and exceptions that nobody caught.

    References
    ----------
    WebDriver BiDi, https://www.w3.org/TR/webdriver-bidi/.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.errors: list[str] = []
        self._exit = ExitStack()
        self._calls = 0

    def __enter__(self) -> Self:
        with self._exit:
            folder = tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True)
            profile = Path(self._exit.enter_context(folder))
            command = [self.path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"]
            log = self._exit.enter_context((profile / "firefox.log").open("w"))
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
            self._exit.callback(stop, self._process)
            listens = announced(self._process, "Firefox", profile / "WebDriverBiDiServer.json", profile / "firefox.log")
            address = f"ws://127.0.0.1:{listens['ws_port']}/session"
            self._socket = websocket.create_connection(address, timeout=120, suppress_origin=True)
            self._exit.callback(self._socket.close)
            self.call("session.new", capabilities={})
            self.call("session.subscribe", events=["log.entryAdded"])
            # A tab of its own, for Firefox's start page is not given up, and a page behind it has no focus.
            self._page = self.call("browsingContext.create", type="tab")["context"]
            viewport = {"width": 1500, "height": 1200}
            self.call("browsingContext.setViewport", context=self._page, viewport=viewport)
            self._exit = self._exit.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._exit.close()

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Send one command of the protocol and return its result; what happens meanwhile is noted."""
        self._calls += 1
        self._socket.send(json.dumps({"id": self._calls, "method": method, "params": params}))
        while (message := json.loads(self._socket.recv())).get("id") != self._calls:
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.errors.append(message["params"]["text"])
        if message["type"] == "error":
            raise RuntimeError(f"{method}: {message['message']}")
        return dict(message["result"])

    def open(self, address: str) -> None:
        """Open a page and wait until it has been loaded."""
        self.call("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def evaluate(self, function: str, *arguments: object) -> Any:
        """Call a JavaScript function in the page, wait for its promise, and return its value by way of JSON."""
        given = ", ".join(map(json.dumps, arguments))
        expression = f"Promise.resolve(({function})({given})).then(value => JSON.stringify(value ?? null))"
        options = {"target": {"context": self._page}, "awaitPromise": True}
        answer = self.call("script.evaluate", expression=expression, **options)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait_for(self, function: str, *arguments: object, seconds: float = 120) -> None:
        """Wait until a JavaScript function in the page returns something true."""
        end = time.monotonic() + seconds
        while not self.evaluate(function, *arguments):
            if time.monotonic() > end:
                raise TimeoutError(f"not true within {seconds} s: {function}")
            time.sleep(0.1)

    def press(self, key: str) -> None:
        """Press a key on whatever has the focus."""
        strokes = [{"type": kind, "value": KEYS[key]} for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": strokes})

    def click(self, x: float, y: float) -> None:
        """Click with the mouse at a place of the page, in pixels from the upper left corner of what is seen."""
        move = {"type": "pointerMove", "x": round(x), "y": round(y)}
        buttons = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self._act({"type": "pointer", "id": "mouse", "actions": [move, *buttons]})

    def _act(self, device: dict[str, Any]) -> None:
        self.call("input.performActions", context=self._page, actions=[device])

    def painted(self, x: float, y: float, width: float, height: float) -> bytes:
        """What Firefox has painted in a rectangle of what is seen, as a PNG."""
        clip = {"type": "box", "x": x, "y": y, "width": width, "height": height}
        return base64.b64decode(self.call("browsingContext.captureScreenshot", context=self._page, clip=clip)["data"])
