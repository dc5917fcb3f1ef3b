"""A chapter saved as HTML from JupyterLab shows every figure, described, without a kernel; no network makes it."""

import logging
import socket
from base64 import b64decode
from hashlib import sha256
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from traitlets.config import Config

from coursekit.live import server_extension
from tools.freeze_notebooks import chapters

PNG = "data:image/png;base64,"


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise OSError("this test has no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def exporter(monkeypatch):
    """What a Jupyter server exports with once our extension has been loaded."""
    monkeypatch.setenv("COURSEKIT_NODELAY", "0")
    config = Config()
    app = SimpleNamespace(web_app=SimpleNamespace(settings={"config": config}), log=logging.getLogger("server"))
    server_extension._load_jupyter_server_extension(app)
    return HTMLExporter(config=config)


def stored_pictures(notebook):
    """List the hash of each picture with its readout."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output.data for output in outputs if "image/png" in output.get("data", {})]
    return [(hashed(data["image/png"]), data["text/plain"].partition(": ")[2]) for data in pictures]


def hashed(base64):
    return sha256(b64decode(base64)).hexdigest()


EVERY = [
    pytest.param(path, id=path.stem, marks=[] if path.stem.startswith(("06", "11")) else pytest.mark.thorough)
    for path in chapters()
]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("path", EVERY)
def test_exported_chapter_shows_and_describes_every_figure(path, exporter):
    notebook = nbformat.read(path, as_version=4)
    stored = stored_pictures(notebook)
    html, _ = exporter.from_notebook_node(notebook)
    page = BeautifulSoup(html, "html.parser")
    images = page.main.find_all("img")
    assert all(image["src"].startswith(PNG) for image in images)
    assert stored
    assert [(hashed(image["src"].removeprefix(PNG)), image["alt"]) for image in images] == stored
    assert not page.find_all("script", type=lambda kind: kind and "widget" in kind)
