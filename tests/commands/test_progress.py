"""``coursekit progress``: the tables, the CSV that a spreadsheet reads, merging, and files from strangers."""

import csv
import io
import json
import os
import unicodedata
from pathlib import Path

import pytest

from coursekit import cli, sitting
from coursekit.chapters import EXERCISES, GOALS, QUIZZES
from coursekit.exercises.progress_file import Standing, merged, read_standings

SOLVED = {"attempts": 2, "hints": 1, "solved": "2025-09-01"}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The learner's own progress file, in a folder of its own; the files of a class lie in the working folder."""
    path = tmp_path / "own ä" / "progress.json"
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(path))
    (tmp_path / "class").mkdir()
    monkeypatch.chdir(tmp_path / "class")
    return path


def put(path, **standings):
    path = os.fspath(path)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(standings, file)
    return path


def progress(*arguments):
    return cli.main(["progress", *arguments])


def table(text):
    return [line.split() for line in text.splitlines()]


def read_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("all", [False, True])
def test_own_table_is_the_one_of_a_chapter(own, capsys, all):
    put(own, he_std=SOLVED, xavier_bound={"attempts": 3}, **{"quiz losses 1": SOLVED, "quiz losses 2": {"attempts": 1}})
    assert progress(*["--all"] * all) == 0
    said = capsys.readouterr().out
    assert said == f"{sitting.progress(all=all)}\n"
    assert ("xavier_bound" in said) is all
    assert ("1 of 5" in said) is not all


def test_before_the_first_exercise_there_is_a_table_and_no_file(own, capsys):
    assert progress() == 0
    assert f"0 of {len(EXERCISES)} solved." in capsys.readouterr().out
    assert not own.parent.exists()


def test_after_the_last_exercise_nothing_comes_next(own, capsys):
    put(own, **dict.fromkeys(EXERCISES, SOLVED))
    assert progress() == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{len(EXERCISES)} of {len(EXERCISES)} solved."


def test_class_has_a_row_for_each_file_and_a_column_for_each_chapter(own, capsys):
    put("Zoë.json", he_std=SOLVED)
    put("王小明.json")
    assert progress("Zoë.json", "王小明.json") == 0
    said = capsys.readouterr().out
    heading, *rows = table(said)
    chapters = sorted({f"{exercise.chapter.number:02}" for exercise in EXERCISES.values()})
    assert heading == ["learner", *chapters, "all", "stuck"]
    assert [row[0] for row in rows] == ["Zoë", "王小明"]
    assert rows[0][heading.index("06")].startswith("1/")
    assert [row[-1] for row in rows] == [f"1/{len(EXERCISES)}", f"0/{len(EXERCISES)}"]
    assert said.splitlines()[2].index("0/") == said.splitlines()[1].index("0/") - 3  # three letters twice as wide


STUCK = {"attempts": 7, "hints": 3}


def test_who_is_stuck_stands_beside_each_learner(own, capsys):
    last = {"last try at hinge_loss": {"solved": "2026-11-20"}}
    put("ann.json", he_std=STUCK | {"attempts": 1, "hints": 1}, hinge_loss=STUCK, **last)
    put("bob.json", he_std=SOLVED, xavier_bound={"hints": 2}, gone=STUCK, **{"quiz losses 1": {"attempts": 1}})
    assert progress("ann.json", "bob.json") == 0
    ann, bob = capsys.readouterr().out.splitlines()[1:3]
    share = f"0/{len(EXERCISES)}"
    told = "hinge_loss: 7 attempts, 3 hints, last 2026-11-20; he_std: 1 attempt, 1 hint"  # in the order of the course
    assert ann.partition(share)[2].strip() == told
    assert bob.endswith(f"1/{len(EXERCISES)}")


def test_a_class_sees_where_it_is_stuck(own, capsys):
    put("ann.json", he_std=STUCK, xavier_bound=STUCK)
    put("bob.json", he_std=STUCK, xavier_bound=SOLVED, hinge_loss=SOLVED)
    put("cem.json", he_std={"hints": 1})
    assert progress("ann.json", "bob.json", "cem.json") == 0
    _, rows = capsys.readouterr().out.split("\n\n")
    assert [row[-4:] for row in table(rows)] == [
        ["exercise", "tried", "solved", "stuck"],
        ["he_std", "2", "0", "2"],
        ["xavier_bound", "2", "1", "1"],
    ]
    assert progress("ann.json", "bob.json", "cem.json", "--all") == 0
    _, rows = capsys.readouterr().out.split("\n\n")
    _heading, *rows = [row[-4:] for row in table(rows)]
    assert rows[:2] == [["he_std", "2", "0", "2"], ["xavier_bound", "2", "1", "1"]]  # where they are stuck comes first
    assert ["hinge_loss", "1", "1", "0"] in rows[2:]
    assert len(rows) == len(EXERCISES)


def test_a_bad_file_is_named_with_the_reason_and_the_others_are_shown(own, capsys):
    put("ann.json", he_std=SOLVED)
    with open("bob.json", "w") as file:
        file.write("<html>Please log in</html>")
    os.mkdir("folder.json")
    assert progress("bob.json", "ann.json", "gone.json", "folder.json") == 1
    said = capsys.readouterr()
    assert [row[0] for row in table(said.out)] == ["learner", "ann"]
    assert said.err.splitlines() == [
        "bob.json is no progress file.",
        "gone.json cannot be read: No such file or directory.",
        "folder.json cannot be read: Is a directory.",
    ]


def test_files_of_one_name_are_told_apart_by_their_folders(own, capsys):
    files = [put(f"{name}/progress.json") for name in ("ann", "bob")]
    assert progress(*files) == 0
    assert [row[0] for row in table(capsys.readouterr().out)][1:] == [f"{name}/progress" for name in ("ann", "bob")]


def test_a_pattern_that_no_shell_expanded_is_expanded(own, capsys):
    put("ann.json"), put("bob.json"), put("[c].json")
    assert progress("*.json", "[c].json") == 0
    assert {row[0] for row in table(capsys.readouterr().out)[1:]} == {"ann", "bob", "[c]"}


def test_a_pattern_that_no_file_matches_is_said_and_no_empty_table_shown(own, capsys):
    assert progress("nobody*.json") == 1
    assert capsys.readouterr() == ("", "No file matches nobody*.json.\n")
    put("ann.json")
    assert progress("nobody*.json", "ann.json") == 1
    said = capsys.readouterr()
    assert [row[0] for row in table(said.out)][1:] == ["ann"]
    assert said.err == "No file matches nobody*.json.\n"


def test_exercises_of_another_edition_are_listed_apart(own, capsys):
    put("ann.json", gone=SOLVED, he_std=SOLVED, **{f"more{i}": SOLVED for i in range(9)})
    assert progress("ann.json") == 0
    said = capsys.readouterr().out
    assert table(said)[1][-1] == f"1/{len(EXERCISES)}"
    assert said.splitlines()[-1] == ("ann: 10 not in this edition of the course: gone, more0, more1, more2, more3, ...")


def test_control_characters_from_a_file_do_not_reach_the_terminal(own, capsys):
    evil = "\x1b[2J\x07\r\n\u202eevil\ud800"
    put("ann.json", **{evil: SOLVED})
    put("bad\x1b[2J.json")
    with open("worse\x1b[2J.json", "w") as file:
        file.write("?")
    assert progress("ann.json", "bad\x1b[2J.json", "worse\x1b[2J.json", "--csv", "out.csv") == 1
    said = capsys.readouterr()
    with open("out.csv", encoding="utf-8-sig", newline="") as file:
        written = file.read()
    for text in (said.out, said.err, written.replace("\r\n", "\n")):
        assert text.replace("\n", "").isprintable()
    assert "[2J" in said.out
    assert "[2J" in said.err


def test_csv_has_a_row_for_each_learner_and_exercise(own, capsys):
    put("Zoë.json", he_std=SOLVED)
    put("王小明.json", gone={"attempts": 4}, hinge_loss=STUCK, **{"last try at hinge_loss": {"solved": "2026-11-20"}})
    put("Ann.json", **{"quiz losses 2": {"attempts": 1}})
    assert progress("Zoë.json", "王小明.json", "Ann.json", "--csv", "class.csv") == 0
    assert "Zoë" in capsys.readouterr().out
    rows = read_csv("class.csv")
    questions = sum(len(quiz.questions) for quiz in QUIZZES.values())
    assert len(rows) == 3 * (len(EXERCISES) + questions + len(GOALS)) + 1
    assert [(*row.values(),) for row in rows if row["attempts"] != "0"] == [
        ("Zoë", "06 Initialisation", "he_std", "2", "1", "2025-09-01", "2025-09-01", ""),
        ("王小明", "01 Losses", "hinge_loss", "7", "3", "", "2026-11-20", "yes"),
        ("王小明", "", "gone", "4", "0", "", "", ""),
        ("Ann", "01 Losses", "quiz losses 2", "1", "0", "", "", ""),
    ]
    with open("class.csv", "rb") as file:
        content = file.read()
    assert content.startswith(b"\xef\xbb\xbflearner,")  # Excel needs the mark to read ë and 王
    assert content.count(b"\r\n") == content.count(b"\n") == len(rows) + 1


def test_csv_quotes_what_must_be_quoted(own):
    put('Ann, "the first".json')
    assert progress('Ann, "the first".json', "--csv", "class.csv") == 0
    assert {row["learner"] for row in read_csv("class.csv")} == {'Ann, "the first"'}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_a_name_that_a_spreadsheet_would_run_is_defused(own, sign):
    put(f"{sign}cmd|' C calc'!A0.json", **{f"{sign}1+1": SOLVED})
    assert progress("--csv", "class.csv", "--", f"{sign}cmd|' C calc'!A0.json") == 0
    rows = read_csv("class.csv")
    assert {row["learner"] for row in rows} == {f"'{sign}cmd|' C calc'!A0"}
    assert rows[-1]["exercise"] == f"'{sign}1+1"


def test_csv_to_the_terminal_is_all_that_is_printed(own, capsysbinary):
    put(own, he_std=SOLVED)
    assert progress("--csv", "-") == 0
    rows = list(csv.DictReader(io.StringIO(capsysbinary.readouterr().out.decode(), newline="")))
    assert {*EXERCISES} < {row["exercise"] for row in rows}
    assert {row["learner"] for row in rows} == {"progress"}


def test_a_csv_that_cannot_be_written_is_said_and_the_old_one_stays(own, monkeypatch, capsys):
    assert progress("--csv", "nowhere/class.csv") == 1
    assert "nowhere/class.csv cannot be written: No such file or directory." in capsys.readouterr().err

    def disk_full(descriptor):
        raise OSError(28, "No space left on device")

    with open("class.csv", "w") as file:
        file.write("old")
    monkeypatch.setattr(os, "fsync", disk_full)
    assert progress("--csv", "class.csv") == 1
    assert "class.csv cannot be written: No space left on device." in capsys.readouterr().err
    assert os.listdir() == ["class.csv"]
    with open("class.csv") as file:
        assert file.read() == "old"


def test_merging_takes_the_better_of_two_machines(own, capsys):
    put(own, he_std={"attempts": 5}, only_here=SOLVED)
    put("laptop.json", he_std=SOLVED, xavier_bound=SOLVED)
    before = read_standings(own)
    for _ in range(2):  # the second time changes nothing
        assert progress("--merge", "laptop.json") == 0
        assert read_standings(own) == {
            "he_std": Standing(5, 1, "2025-09-01"),
            "only_here": Standing(**SOLVED),
            "xavier_bound": Standing(**SOLVED),
        }
    assert read_standings(own) == merged(before, read_standings(Path("laptop.json")))
    assert table(capsys.readouterr().out)[-1][0] == "1"  # one of another edition: the table is the own one


def test_merging_several_files_does_not_depend_on_their_order(own):
    put("a.json", he_std={"attempts": 5}), put("b.json", he_std=SOLVED), put("c.json", hinge_loss=SOLVED)
    contents = []
    for order in (["a.json", "b.json", "c.json"], ["c.json", "b.json", "a.json", "b.json"]):
        assert progress("--merge", *order) == 0
        contents.append(own.read_bytes())
        own.unlink()
    assert contents[0] == contents[1]


def test_merging_goes_on_past_a_file_that_is_none(own, capsys):
    put("good.json", he_std=SOLVED)
    with open("bad.json", "w") as file:
        file.write("[]")
    assert progress("--merge", "bad.json", "good.json") == 1
    assert read_standings(own) == {"he_std": Standing(**SOLVED)}
    assert "bad.json is no progress file." in capsys.readouterr().err


def test_merging_sets_a_corrupt_own_file_aside(own, capsys):
    own.parent.mkdir()
    own.write_bytes(b"half a fi")
    put("laptop.json", he_std=SOLVED)
    assert progress("--merge", "laptop.json") == 1
    assert own.with_name("progress.json.corrupt").read_bytes() == b"half a fi"
    assert read_standings(own) == {"he_std": Standing(**SOLVED)}
    assert "It is kept as progress.json.corrupt" in capsys.readouterr().err


def test_merging_on_a_full_disk_is_said_and_leaves_the_old_file(own, monkeypatch, capsys):
    put(own, he_std={"attempts": 1})
    put("laptop.json", he_std=SOLVED)

    def disk_full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    assert progress("--merge", "laptop.json") == 1
    assert "Your progress is not saved: " in (said := capsys.readouterr().err)
    assert "No space left on device" in said
    assert read_standings(own) == {"he_std": Standing(1)}


def test_merging_nothing_is_a_wrong_call(own, capsys):
    assert progress("--merge") == 2
    assert "coursekit progress --merge FILE ..." in capsys.readouterr().err


def test_exporting_writes_a_file_to_hand_in_and_brings_it_up_to_date(own, capsys):
    put(own, he_std={"attempts": 2})
    assert progress("--export", "Zoë Müller") == 0
    assert capsys.readouterr().out == "Zoë Müller.json is written: hand in this file.\n"
    assert read_standings(Path("Zoë Müller.json")) == read_standings(own)
    put(own, he_std=SOLVED, **{"quiz losses 1": SOLVED})
    assert progress("--export", "Zoë Müller.json") == 0
    assert capsys.readouterr().out == "Zoë Müller.json is brought up to date: hand in this file.\n"
    assert read_standings(Path("Zoë Müller.json")) == read_standings(own)
    assert os.listdir() == ["Zoë Müller.json"]


@pytest.mark.parametrize("content", ['{"he_std": {"attempts": 9}}', '{"hinge_loss": {"attempts": 1}}', "a letter"])
def test_exporting_leaves_a_file_that_holds_something_else(own, capsys, content):
    put(own, he_std={"attempts": 2})
    Path("ann.json").write_text(content)
    assert progress("--export", "ann") == 1
    assert "ann.json is there and holds something else. It stays as it is" in capsys.readouterr().err
    assert Path("ann.json").read_text() == content


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../etc/passwd", "etc-passwd.json"),
        ("C:\\Users\\ann", "C--Users-ann.json"),
        ("=1+1", "1-1.json"),
        ("-ann\x1b[2J", "ann--2J.json"),
        ("..", "progress.json"),
        ("", "progress.json"),
        ("nul", "nul-.json"),
        ("王小明", "王小明.json"),
        ("ज़ोया O'Neil", "ज़ोया O-Neil.json"),
        ("a" * 300, "a" * 60 + ".json"),
    ],
)
def test_a_name_is_made_one_that_every_system_allows(own, capsys, name, file):
    put(own, he_std=SOLVED)
    assert progress(f"--export={name}") == 0
    assert os.listdir() == [unicodedata.normalize("NFC", file)]
    assert capsys.readouterr().out.startswith(os.listdir()[0])


def test_what_cannot_be_exported_is_said(own, monkeypatch, capsys):
    assert progress("--export", "ann") == 1
    assert "There is nothing to hand in yet" in capsys.readouterr().err
    put(own, he_std=SOLVED)
    assert progress("--export", "ann", "bob.json") == 2
    assert "--export writes your own progress: name no files." in capsys.readouterr().err

    def disk_full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", disk_full)
        assert progress("--export", "ann") == 1
    assert "ann.json cannot be written: No space left on device." in capsys.readouterr().err
    own.write_bytes(b"half a fi")
    assert progress("--export", "ann") == 1
    assert "It is kept as progress.json.corrupt" in capsys.readouterr().err
    assert os.listdir() == []
