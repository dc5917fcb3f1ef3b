"""A saved notebook keeps what can be seen without a kernel; what is not ours stays as it is, and saving never fails."""

import asyncio
import copy

import nbformat
import pytest
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.utils import ensure_async

from coursekit.live.saving import VIEW, before_saving, keep_still

VIEWED = {VIEW: {"version_major": 2, "version_minor": 0, "model_id": "0123"}}
FIGURE = {"text/plain": "collapse: it fades", "image/png": "iVBORw0KGgo="}
QUIZ = {"text/plain": "quiz", "text/html": "<ol></ol>"}
STATE = {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "version_minor": 0, "state": {}}}


def shown(data, **metadata):
    return {"output_type": "display_data", "data": dict(data), "metadata": metadata}


def notebook(*outputs):
    cell = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {}, "source": "", "outputs": [*outputs]}
    text = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "words"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"widgets": STATE}, "cells": [text, cell]}


def outputs(notebook):
    return notebook["cells"][1]["outputs"]


@pytest.mark.parametrize(
    ("data", "metadata"),
    [(FIGURE, {"coursekit": True}), (QUIZ, {"coursekit": True})],
    ids=["figure", "quiz"],
)
def test_what_stands_alone_loses_its_widget_and_the_notebook_their_state(data, metadata):
    saved = notebook(shown(data | VIEWED, **metadata))
    keep_still(saved)
    assert outputs(saved) == [shown(data, **metadata)]
    assert saved["metadata"] == {}


@pytest.mark.parametrize(
    "output",
    [
        shown(FIGURE | VIEWED),
        shown(QUIZ | VIEWED),
        shown({"text/plain": "IntSlider()"} | VIEWED),
        shown({"text/plain": "ours, but only text"} | VIEWED, coursekit=True),
        {"output_type": "display_data", "data": VIEWED},
    ],
    ids=["picture", "html", "slider", "text", "no metadata"],
)
def test_what_is_not_ours_or_would_show_nothing_stays_and_so_does_the_state(output):
    saved = notebook(output, shown(FIGURE | VIEWED, coursekit=True))
    keep_still(saved)
    assert outputs(saved) == [output, shown(FIGURE, coursekit=True)]
    assert saved["metadata"] == {"widgets": STATE}


def test_streams_and_errors_have_no_data_and_that_does_no_harm():
    stream = {"output_type": "stream", "name": "stdout", "text": "1"}
    error = {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}
    saved = notebook(stream, error)
    keep_still(saved)
    assert outputs(saved) == [stream, error]


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """What saves a server's notebooks, with a hook of the user's own and ours."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    manager = AsyncLargeFileManager(root_dir=str(tmp_path), pre_save_hook=mark)
    manager.register_pre_save_hook(before_saving)
    return manager


def mark(model, **_):
    if model["type"] == "notebook" and "metadata" in model["content"]:
        model["content"]["metadata"]["theirs"] = True


async def save(manager, content, kind="notebook"):
    model = {"type": kind, "format": "json" if kind == "notebook" else "text", "content": content}
    await ensure_async(manager.save(model, "a.ipynb" if kind == "notebook" else "a.txt"))


def test_a_server_saves_the_picture_after_the_users_own_hook(manager, tmp_path):
    asyncio.run(save(manager, notebook(shown(FIGURE | VIEWED, coursekit=True))))
    saved = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    assert outputs(saved) == [shown(FIGURE, coursekit=True)]
    assert saved["metadata"] == {"theirs": True}
    nbformat.validate(saved)


def test_other_files_are_saved_as_they_are(manager, tmp_path):
    asyncio.run(save(manager, "some text", "file"))
    assert (tmp_path / "a.txt").read_text() == "some text"


def test_a_notebook_that_cannot_be_understood_is_saved_all_the_same(manager, tmp_path):
    odd = notebook(shown(FIGURE | VIEWED, **{"image/png": None}))  # no mapping: the hook fails
    asyncio.run(save(manager, copy.deepcopy(odd)))
    assert outputs(nbformat.read(tmp_path / "a.ipynb", as_version=4)) == outputs(odd)
