"""``coursekit lab``: what it starts, and what it says."""

import json
import os
import socket
import subprocess
import sys

import pytest

from coursekit import cli
from coursekit.commands import chapters, lab, warmup
from coursekit.places import PACKAGE


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Keep what JupyterLab would have been started with; nothing of this machine is touched."""
    calls = []
    mine = {"COURSEKIT_CHAPTERS": tmp_path / "own", "JUPYTERLAB_WORKSPACES_DIR": tmp_path / "workspaces"}
    mine = {name: str(path) for name, path in mine.items()}
    monkeypatch.setattr(os, "environ", {**os.environ, "JUPYTER_TOKEN": "secret", **mine})
    monkeypatch.setattr(lab, "serve", lambda settings, chapter: calls.append([*settings, str(chapter)]))
    monkeypatch.setattr(lab, "free_port", lambda port, ip: port)
    monkeypatch.setattr(lab, "running_as_root", lambda: False)
    monkeypatch.setattr(warmup, "is_warm", lambda: True)
    monkeypatch.setattr(chapters, "writable_home", lambda: tmp_path)
    return calls


def test_it_serves_this_machine_only_with_a_token_and_opens_the_chapter(started, tmp_path, capsys):
    assert cli.main(["lab", "--chapter", "6", "--port", "9000"]) == 0
    [call] = started
    assert "--ServerApp.ip=127.0.0.1" in call
    assert f"--ServerApp.root_dir={tmp_path / 'own'}" in call
    assert call[-1] == str(tmp_path / "own" / "06_initialisation.ipynb")
    assert not any("secret" in part for part in call)  # it would show in the list of processes
    assert (
        "http://127.0.0.1:9000/lab/workspaces/coursekit/tree/06_initialisation.ipynb?token=secret"
        in capsys.readouterr().out
    )


def test_without_a_given_token_one_is_drawn(started):
    del os.environ["JUPYTER_TOKEN"]
    cli.main(["lab"])
    assert len(os.environ["JUPYTER_TOKEN"]) == 32


@pytest.mark.parametrize("ip", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])
def test_other_machines_are_kept_out_unless_that_is_asked_for(started, capsys, ip):
    expected = 0 if ip == "" else 2  # no address at all is this machine
    assert cli.main(["lab", "--ip", ip]) == expected
    assert len(started) == (ip == "")
    assert ("--let-others-in" in capsys.readouterr().err) == bool(ip)


@pytest.mark.parametrize("options", [["--let-others-in"], ["--let-others-in", "--ip", "0.0.0.0"]])
def test_letting_others_in_names_the_host_keeps_the_token_and_warns(started, capsys, options):
    assert cli.main(["lab", *options]) == 0
    assert "--ServerApp.ip=0.0.0.0" in started[0]
    said = capsys.readouterr().out
    assert f"http://{socket.gethostname()}:8888/" in said
    assert "?token=secret" in said
    assert "Warning: other machines" in said


@pytest.mark.parametrize(("ip", "served", "host"), [("localhost", "127.0.0.1", "127.0.0.1"), ("::1", "::1", "[::1]")])
def test_other_names_of_this_machine_are_allowed(started, capsys, ip, served, host):
    assert cli.main(["lab", "--ip", ip]) == 0
    assert f"--ServerApp.ip={served}" in started[0]
    assert f"http://{host}:8888/" in capsys.readouterr().out


@pytest.mark.parametrize("root", [True, False])
def test_as_root_it_warns_and_goes_on(started, monkeypatch, capsys, root):
    monkeypatch.setattr(lab, "running_as_root", lambda: root)
    assert cli.main(["lab"]) == 0
    assert f"--ServerApp.allow_root={root}" in started[0]
    assert ("runs as root" in capsys.readouterr().out) == root


@pytest.mark.parametrize(
    ("display", "options", "opens"), [(True, [], True), (False, [], False), (True, ["--no-browser"], False)]
)
def test_a_browser_opens_only_where_there_is_a_display(started, monkeypatch, capsys, display, options, opens):
    monkeypatch.setattr(lab, "has_display", lambda: display)
    cli.main(["lab", *options])
    assert f"--ServerApp.open_browser={opens}" in started[0]
    assert ("ssh -NL 8888:127.0.0.1:8888" in capsys.readouterr().out) is not display


def test_a_chapter_that_does_not_exist_is_answered_with_those_that_do(started, capsys, tmp_path):
    assert cli.main(["lab", "--chapter", "77"]) == 2
    assert "There are: 00, " in capsys.readouterr().err
    assert not started
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize("port", ["0", "70000", "-1"])
def test_a_port_that_cannot_be_is_refused(started, capsys, port):
    assert cli.main(["lab", "--port", port]) == 2
    assert "from 1 to 65535" in capsys.readouterr().err


def test_an_author_edits_the_shipped_chapters_in_place(started):
    before = sorted(chapters.shipped().iterdir())
    assert cli.main(["lab", "--folder", str(chapters.shipped())]) == 0
    assert started[0][-1] == str(chapters.shipped() / "00_start_here.ipynb")
    assert sorted(chapters.shipped().iterdir()) == before


def test_their_work_opens_and_a_newer_edition_is_told_of(started, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(chapters, "bring", lambda folder: [folder / "06_initialisation.ipynb"])
    cli.main(["lab"])
    assert "coursekit lab --chapter 6 --fresh" in capsys.readouterr().out


def test_fresh_opens_a_copy_beside_their_own(started, tmp_path):
    cli.main(["lab", "--chapter", "6", "--fresh"])
    assert started[0][-1] == str(tmp_path / "own" / "06_initialisation_2.ipynb")


def test_a_folder_that_cannot_be_made_is_said(started, capsys, tmp_path):
    assert cli.main(["lab", "--folder", str(tmp_path / "no" / "such")]) == 1
    said = capsys.readouterr().err
    assert "No such file or directory" in said
    assert "--folder DIR" in said
    assert not started


def test_a_folder_that_cannot_be_written_to_opens_with_what_is_there(started, monkeypatch, capsys):
    cli.main(["lab"])

    def read_only(folder):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(chapters, "bring", read_only)
    assert cli.main(["lab"]) == 0
    assert "may not be saved" in capsys.readouterr().err
    assert len(started) == 2


def test_without_jupyterlab_the_command_that_installs_it_is_named(started, monkeypatch, capsys):
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    assert cli.main(["lab"]) == 1
    said = capsys.readouterr().err
    assert f"{sys.executable} -m pip install jupyterlab" in said.replace('"', "")
    assert not started


def test_our_settings_come_before_the_installed_ones(started):
    os.environ["JUPYTER_CONFIG_PATH"] = "theirs"
    cli.main(["lab"])
    assert os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [str(lab.HERE / "lab_config"), "theirs"]
    assert "COURSEKIT_LECTURE" not in os.environ


def test_a_lecture_has_larger_letters_in_a_copy_of_their_settings(started, monkeypatch, tmp_path):
    theirs = tmp_path / "settings" / "@jupyterlab" / "apputils-extension"
    theirs.mkdir(parents=True)
    for name in ("themes", "print"):
        (theirs / f"{name}.jupyterlab-settings").write_text("theirs")
    os.environ["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
    seen = {}

    def serve(settings, chapter):
        folder = lab.Path(os.environ["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab" / "apputils-extension"
        seen.update({path.stem: path.read_text() for path in folder.iterdir()})

    monkeypatch.setattr(lab, "serve", serve)
    cli.main(["lab", "--lecture"])
    assert "content-font-size1" in seen["themes"]
    assert seen["print"] == "theirs"
    assert (theirs / "themes.jupyterlab-settings").read_text() == "theirs"
    assert os.environ["COURSEKIT_LECTURE"] == "1"


@pytest.mark.parametrize("options", [[], ["--lecture"]])
def test_the_side_bars_are_folded_until_somebody_opens_one(started, tmp_path, options):
    cli.main(["lab", *options])
    (workspace,) = (tmp_path / "workspaces").iterdir()
    assert json.loads(workspace.read_text())["data"] == {"layout-restorer:data": {}}  # nothing is open at the sides
    workspace.write_text('{"data": {"layout-restorer:data": {"left": {"collapsed": false}}}, "metadata": {"id": ""}}')
    before = workspace.read_text()
    cli.main(["lab", *options])
    assert workspace.read_text() == before


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_an_arrangement_that_cannot_be_read_keeps_nobody_from_starting(started, tmp_path, content):
    cli.main(["lab"])
    (workspace,) = (tmp_path / "workspaces").iterdir()
    workspace.write_text(content)
    assert cli.main(["lab"]) == 0


def test_the_server_extension_is_enabled_as_by_the_installed_settings():
    ours = lab.HERE / "lab_config" / "jupyter_server_config.d" / "coursekit.json"
    installed = PACKAGE.parent / "jupyter-config" / "coursekit.json"
    assert ours.read_text() == installed.read_text()


def test_where_the_home_cannot_be_written_to_jupyter_gets_folders_of_its_own(started, monkeypatch, capsys, tmp_path):
    private = []
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "COURSEKIT_HOME"):
        os.environ.pop(name, None)
    monkeypatch.setattr(chapters, "writable_home", lambda: None)
    monkeypatch.setattr(lab, "serve", lambda *call: private.append(lab.Path(os.environ["JUPYTER_DATA_DIR"]).parent))
    assert cli.main(["lab"]) == 0
    assert "nothing outside" in capsys.readouterr().out
    assert os.environ["COURSEKIT_HOME"] == str(tmp_path / "own" / ".coursekit")
    assert not private[0].exists()  # it was there while JupyterLab ran


# ---- the warm-up


@pytest.mark.parametrize("warm", [True, False])
def test_a_cold_cache_is_warmed_beside_jupyterlab_and_not_longer(started, monkeypatch, warm):
    running = []

    class Process:
        pid = 0

        def __init__(self, command, **_):
            running.append(command)

        def terminate(self):
            assert started, "JupyterLab had not even begun"
            running.clear()

    monkeypatch.setattr(warmup, "is_warm", lambda: warm)
    monkeypatch.setattr(subprocess, "Popen", Process)
    monkeypatch.setattr(lab, "_give_way", lambda pid: None)
    monkeypatch.setattr(lab, "serve", lambda *_: started.append(list(running)))
    assert cli.main(["lab", "--chapter", "6"]) == 0
    assert started == [[] if warm else [[sys.executable, "-P", "-m", "coursekit", "warmup", "--first", "6"]]]
    assert running == []


@pytest.mark.skipif(not hasattr(os, "setpriority"), reason="Windows gives a process its priority as it starts")
def test_the_warm_up_gives_way_to_other_sessions_too():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    try:
        lab._give_way(process.pid)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19
        session = lab.Path(f"/proc/{process.pid}/autogroup")
        if session.exists():
            assert session.read_text().endswith("nice 19\n")
    finally:
        process.communicate(b"\n")


# ---- the port


def test_a_busy_port_is_passed_over():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        port = busy.getsockname()[1]
        assert lab.free_port(port) > port


def test_no_free_port_is_said():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="Choose another with --port"):
            lab.free_port(busy.getsockname()[1], tries=1)


def test_an_address_of_another_machine_is_said():
    with pytest.raises(OSError, match="cannot serve on --ip"):
        lab.free_port(8888, "192.0.2.1")
