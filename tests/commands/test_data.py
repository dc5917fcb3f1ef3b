"""``coursekit data``: what it lists, and fetching from a server of the test's own."""

import sys

import pytest
import test_download

from coursekit import cli
from coursekit.data import downloads
from coursekit.data.downloads import DOWNLOADS, DownloadError

pytestmark = pytest.mark.usefixtures("own")
server, small_fashion = test_download.server, test_download.small_fashion


@pytest.fixture
def own(tmp_path, monkeypatch):
    folder = tmp_path / "own 中文"
    monkeypatch.setenv("COURSEKIT_DATA", str(folder))
    monkeypatch.setattr(downloads, "open_url", test_download.open_plain)
    return folder


def data(*arguments):
    return cli.main(["data", *arguments])


def test_the_list_says_what_came_with_the_course_and_what_can_be_fetched(own, capsys):
    assert data() == 0
    said = capsys.readouterr().out
    record = DOWNLOADS["fashion_mnist"]
    for part in (
        "digits  ",
        "photographs  ",
        "fashion_mnist  30.9 MB  0 of 4 files are here",
        record.licence,
        record.source,
    ):
        assert part in said
    assert "The course needs none of it" in said
    assert not own.exists()


def test_a_data_set_is_fetched_and_then_here_and_whole(small_fashion, server, own, capsys):
    assert data("fashion_mnist") == 0
    assert f"Fetched and checked: {own / 'fashion_mnist'}" in capsys.readouterr().out
    assert data("fashion_mnist") == 0
    assert "Small is here, and whole" in capsys.readouterr().out
    assert len(server.requests) == 4
    assert data() == 0
    assert "here, and whole" in capsys.readouterr().out


def test_a_damaged_file_is_not_called_whole_and_is_fetched_again(small_fashion, server, own, capsys):
    data("fashion_mnist")
    damaged = own / "fashion_mnist" / "train-labels-idx1-ubyte.gz"
    damaged.write_bytes(bytes(damaged.stat().st_size))
    data()
    assert "3 of 4 files are here" in capsys.readouterr().out
    assert data("fashion_mnist") == 0
    assert len(server.requests) == 5


def test_another_folder_is_used_and_how_the_course_finds_it_is_said(small_fashion, own, tmp_path, capsys):
    folder = tmp_path / "a stick"
    assert data("fashion_mnist", "--folder", str(folder)) == 0
    assert len(list((folder / "fashion_mnist").iterdir())) == 4
    assert f"set COURSEKIT_DATA to {folder}" in capsys.readouterr().out
    assert not own.exists()


def test_a_file_gets_a_line_at_every_tenth(capsys, small_fashion, monkeypatch):
    monkeypatch.setattr(downloads, "BLOCK", 16)
    data("fashion_mnist")
    shares = [line.split()[-2] for line in capsys.readouterr().out.splitlines() if line.endswith("%")]
    assert shares[-1] == "100"
    assert len(shares) == 10


def test_a_terminal_gets_one_line_that_grows(capsys, small_fashion, monkeypatch):
    monkeypatch.setattr(downloads, "BLOCK", 16)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    data("fashion_mnist")
    _, *drawn = capsys.readouterr().out.split("\r")
    assert 10 < len(drawn) <= 101
    assert len({len(line) for line in drawn[:-1]}) <= 2  # each covers the one before
    assert drawn[-1].startswith(f"[{'#' * 30}] ")
    assert "100 %\nFetched and checked" in drawn[-1]


def test_without_a_network_each_mirror_is_named_and_that_nothing_is_needed(monkeypatch, own, capsys):
    monkeypatch.setattr(downloads, "open_url", test_download.offline)
    assert data("fashion_mnist") == 1
    said = capsys.readouterr().err
    for mirror in DOWNLOADS["fashion_mnist"].mirrors:
        assert f"{mirror}train-images-idx3-ubyte.gz: " in said
    assert said.count("name resolution") == 3
    assert said.splitlines()[-1].startswith("The course needs none of it")


def test_a_full_disk_is_said(monkeypatch, small_fashion, capsys):
    def full(*args, **options):
        raise DownloadError("The disk is full: here.")

    monkeypatch.setattr(downloads, "fetch", full)
    assert data("fashion_mnist") == 1
    assert capsys.readouterr().err.startswith("The disk is full: here.")


def test_stopping_keeps_what_came_and_the_next_call_goes_on(monkeypatch, small_fashion, server, own, capsys):
    monkeypatch.setattr(downloads, "BLOCK", 1000)
    append = downloads._append

    def stopped(response, file, part, start, progress):
        if file.name.startswith("t10k-images") and start == 0:
            part.write_bytes(response.read(500))
            raise KeyboardInterrupt
        append(response, file, part, start, progress)

    monkeypatch.setattr(downloads, "_append", stopped)
    assert data("fashion_mnist") == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    assert (own / "fashion_mnist" / "t10k-images-idx3-ubyte.gz.part").stat().st_size == 500
    assert data("fashion_mnist") == 0
    assert ("/t10k-images-idx3-ubyte.gz", "bytes=500-") in server.requests


def test_an_unknown_name_is_a_wrong_call(capsys):
    assert data("../mnist") == 2
    assert "There are: fashion_mnist." in capsys.readouterr().err


def test_without_a_home_the_variable_to_set_is_named(monkeypatch, capsys):
    def no_home():
        raise RuntimeError

    for name in ("COURSEKIT_DATA", "COURSEKIT_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(downloads.Path, "home", no_home)
    assert data("fashion_mnist") == 1
    assert "Set COURSEKIT_DATA to a folder." in capsys.readouterr().err
