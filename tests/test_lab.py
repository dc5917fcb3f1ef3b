"""The command line: what it starts, and what it says."""

import socket

import pytest

from coursekit import cli
from coursekit.commands import lab


@pytest.fixture
def started(monkeypatch):
    """Keep the command that would have replaced this process."""
    commands = []
    monkeypatch.setattr(lab.os, "execv", lambda program, command: commands.append(command))
    monkeypatch.setenv("JUPYTER_TOKEN", "secret")
    return commands


def test_lab_serves_this_machine_only_with_a_token_and_opens_the_chapter(started, capsys):
    cli.main(["lab", "--chapter", "6", "--port", "9000"])
    [command] = started
    assert "--ServerApp.ip=127.0.0.1" in command
    assert command[-1].endswith("06_initialisation.ipynb")
    assert not any("token" in part for part in command)  # it would show in the list of processes
    assert "http://127.0.0.1:9000/lab/tree/06_initialisation.ipynb?token=secret" in capsys.readouterr().out


def test_lab_as_root_warns_and_goes_on(started, monkeypatch, capsys):
    monkeypatch.setattr(lab, "running_as_root", lambda: True)
    cli.main(["lab"])
    assert "--allow-root" in started[0]
    assert "Warning" in capsys.readouterr().out


def test_lab_for_others_does_not_allow_root(started, monkeypatch):
    monkeypatch.setattr(lab, "running_as_root", lambda: False)
    cli.main(["lab"])
    assert "--allow-root" not in started[0]


@pytest.mark.parametrize("display", [True, False])
def test_lab_opens_a_browser_only_where_there_is_a_display(started, monkeypatch, display):
    monkeypatch.setattr(lab, "has_display", lambda: display)
    cli.main(["lab"])
    assert ("--no-browser" in started[0]) is not display


def test_a_chapter_that_does_not_exist_is_answered_with_those_that_do(started, capsys):
    assert cli.main(["lab", "--chapter", "77"]) == 2
    assert "There are: 00, " in capsys.readouterr().err
    assert not started


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
