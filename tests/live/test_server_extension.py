"""The server extension: kernel websockets get TCP_NODELAY, and nothing it meets stops the server."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from coursekit.live import server_extension
from coursekit.live.saving import before_saving

KEY = "kernel_websocket_connection_class"


class StockConnection:
    """Stands in for a server's class: notes the order of what happens to it."""

    def __init__(self):
        self.happened = []
        self.websocket_handler = SimpleNamespace(set_nodelay=lambda on: self.happened.append(("nodelay", on)))

    def connect(self):
        self.happened.append("connect")
        return "a future"


def server(**settings):
    return SimpleNamespace(web_app=SimpleNamespace(settings=settings), log=logging.getLogger("server"))


def test_nodelay_is_set_before_the_kernel_is_connected():
    app = server(**{KEY: StockConnection})
    server_extension._load_jupyter_server_extension(app)
    connection = app.web_app.settings[KEY]()
    assert isinstance(connection, StockConnection)
    assert connection.connect() == "a future"
    assert connection.happened == [("nodelay", True), "connect"]


def test_the_switch_turns_it_off(monkeypatch):
    monkeypatch.setenv("COURSEKIT_NODELAY", "0")
    app = server(**{KEY: StockConnection})
    server_extension._load_jupyter_server_extension(app)
    assert app.web_app.settings == {KEY: StockConnection}


@pytest.mark.parametrize("settings", [{}, {KEY: None}, {KEY: object}], ids=["missing", "None", "no connect"])
def test_an_unknown_server_is_left_alone(settings, caplog):
    app = server(**settings)
    server_extension._load_jupyter_server_extension(app)
    assert app.web_app.settings == settings
    assert "no kernel websocket class" in caplog.text
    assert "no hook for saving" in caplog.text


def test_it_registers_what_keeps_pictures_with_whatever_saves_notebooks():
    registered = []
    app = server(**{KEY: StockConnection})
    app.contents_manager = SimpleNamespace(register_pre_save_hook=registered.append)
    server_extension._load_jupyter_server_extension(app)
    assert registered == [before_saving]


def test_the_server_loads_no_figure_code():
    code = "import sys, coursekit.live.server_extension; print(*{'numba', 'matplotlib', 'ipywidgets'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(("switch", "expected"), [("1", True), ("0", False)])
def test_websockets_of_a_real_server(switch, expected, tmp_path, monkeypatch):
    pytest.importorskip("jupyter_server")
    monkeypatch.setenv("COURSEKIT_NODELAY", switch)
    for folder in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{folder}_DIR", str(tmp_path / folder))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "1")
    assert asyncio.run(asyncio.wait_for(kernel_websocket_has_nodelay(tmp_path), 60)) is expected


async def kernel_websocket_has_nodelay(root):
    """Start a server, connect a websocket to a kernel, and ask the server's end of the socket."""
    from jupyter_server.serverapp import ServerApp
    from tornado.httpclient import AsyncHTTPClient
    from tornado.websocket import websocket_connect
    from traitlets.config import Config

    app = ServerApp(
        config=Config(IdentityProvider={"token": "secret"}),
        jpserver_extensions={server_extension.__name__: True},
        reraise_server_extension_failures=True,
        root_dir=str(root),
        ip="127.0.0.1",
        port=0,
        open_browser=False,
        allow_root=True,
    )
    app.initialize(argv=[], find_extensions=False)
    app.start_app()
    try:
        kernels = f"127.0.0.1:{app.port}/api/kernels"
        answer = await AsyncHTTPClient().fetch(f"http://{kernels}?token=secret", method="POST", body="{}")
        kernel_id = json.loads(answer.body)["id"]
        client = await websocket_connect(f"ws://{kernels}/{kernel_id}/channels?session_id=test&token=secret")
        await client.read_message()  # the kernel speaks only after the server has connected it
        (connection,) = app.web_app.settings[KEY]._open_sockets
        stream = connection.websocket_handler.ws_connection.stream
        client.close()
        return bool(stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    finally:
        await app._cleanup()
