"""The progress file: what it counts, and that nothing that happens to it stops a chapter or loses what it held."""

import json
import math
import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.chapters import EXERCISES, GOALS, QUIZZES  # noqa: F401  (asked for, so that both are filled)
from coursekit.exercises import lock_file
from coursekit.exercises.checking import Verdict
from coursekit.exercises.progress_file import LAST_TRY, ProgressFile, Standing, as_json, merged, read_standings
from coursekit.exercises.session import Session

ROOT = Path(__file__).parents[2]
BYTES_OF_NO_PROGRESS = {
    "empty": b"",
    "cut off": b'{"he_std": {"attempts": 1, "hi',
    "not text": b"\xff\xfe\x00",
    "a list": b"[1, 2]",
    "a number": b"3",
    "of another shape": b'{"he_std": 3}',
    "of other fields": b'{"he_std": {"tries": 1}}',
    "of other types": b'{"he_std": {"attempts": "many"}}',
    "negative": b'{"he_std": {"hints": -1}}',
    "of a day that is none": b'{"he_std": {"solved": "yesterday"}}',
    "of a last day that is none": b'{"last try at he_std": {"solved": "yesterday"}}',
    "of other quizzes": b'{"quiz losses 1": true}',
    "too deep": b"[" * 100_000,
    "too large": b"{}" + b" " * 1_000_000,
}


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "folder with ä" / "progress.json"
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(path))
    return path


def wrong(fan_in):
    return 1 / fan_in


def right(fan_in):
    return math.sqrt(2 / fan_in)


def row(session, name="he_std"):
    return next(line.split() for line in repr(session.progress(all=True)).splitlines() if f" {name} " in line)


def test_attempts_count_up_to_the_first_correct_one(path):
    session = Session()
    for answer in (None, wrong, wrong, right, wrong, right):
        session.check("he_std", answer)
    assert json.loads(path.read_bytes())["he_std"] == {"attempts": 3, "hints": 0, "solved": date.today().isoformat()}


def test_not_attempted_leaves_no_trace(path):
    Session().check("he_std", None)
    assert not path.exists()


def test_most_hints_seen_are_kept(path):
    first, second = Session(), Session()
    first.hint("he_std"), first.hint("he_std"), second.hint("he_std")
    assert json.loads(path.read_bytes())["he_std"]["hints"] == 2


def test_short_table_has_a_row_a_chapter_and_says_what_comes_next(path):
    session = Session()
    session.check("hinge_loss", EXERCISES["hinge_loss"].solution)
    session.record_quiz("losses", [True, True, False, None, None])
    session.record_quiz("backprop", [False, None, None, None, None])
    lines = repr(session.progress()).splitlines()
    assert lines[0].split() == ["chapter", "solved", "goals", "quiz"]
    with_exercises = dict.fromkeys(exercise.chapter for exercise in EXERCISES.values())
    assert [line.split("  ")[0] for line in lines[1:-1]] == [str(chapter) for chapter in with_exercises]
    goals = Counter(goal.chapter.name for goal in GOALS.values())
    rows = [line.split("  ")[1:] for line in lines[1:4]]
    solved, goal, quiz = zip(*([cell.strip() for cell in row if cell] for row in rows), strict=True)
    assert solved == tuple(
        f"{done} of {sum(exercise.chapter.number == number for exercise in EXERCISES.values())}"
        for number, done in ((0, 0), (1, 1), (2, 0))
    )
    assert goal == tuple(f"0 of {goals[name]}" for name in ("start_here", "losses", "backprop"))
    assert quiz == ("-", "2 of 5", "0 of 5")
    first_open = next(name for name in EXERCISES if name != "hinge_loss")
    assert lines[-1] == f"1 of {len(EXERCISES)} solved. Next: {first_open}, in chapter {EXERCISES[first_open].chapter}."
    assert max(map(len, lines[:-1])) < 60


def test_table_of_all_lists_every_exercise_in_the_order_of_the_chapters(path):
    session = Session()
    session.hint("he_std")
    session.check("he_std", wrong)
    session.check("xavier_bound", EXERCISES["xavier_bound"].solution)
    lines = repr(session.progress(all=True)).splitlines()
    assert lines[0].split() == ["chapter", "exercise", "solved", "attempts", "hints"]
    in_order = sorted(EXERCISES.values(), key=lambda exercise: exercise.chapter.number)
    names = [line.rsplit(maxsplit=4)[1] for line in lines[1:-1]]
    assert names == [exercise.name for exercise in in_order]
    assert row(session)[-4:] == ["he_std", "no", "1", "1"]
    assert row(session, "xavier_bound")[-4:] == ["xavier_bound", date.today().isoformat(), "1", "0"]
    assert lines[-1].startswith(f"1 of {len(EXERCISES)} solved. Next: ")


def test_the_last_day_is_kept_until_it_is_solved(path, monkeypatch):
    session = Session()
    for day in ("2026-11-18", "2026-11-20"):
        monkeypatch.setattr(
            "coursekit.exercises.session.date", SimpleNamespace(today=lambda day=day: date.fromisoformat(day))
        )
        session.check("he_std", wrong)
    assert read_standings(path)["he_std"] == Standing(2, 0, "", "2026-11-20")
    session.check("he_std", right)
    assert read_standings(path)["he_std"] == Standing(3, 0, "2026-11-20")
    assert LAST_TRY not in path.read_text()


def test_the_first_answer_to_a_question_counts_for_ever(path):
    Session().record_quiz("losses", [None, True, False, None, None])
    kept = {"quiz losses 2": Standing(1, 0, date.today().isoformat()), "quiz losses 3": Standing(1)}
    assert read_standings(path) == kept
    Session().record_quiz("losses", [None, False, True, None, None])  # answered again, in another kernel
    assert read_standings(path) == kept
    Session().record_quiz("losses", [False, False, True, None, None])
    assert read_standings(path) == kept | {"quiz losses 1": Standing(1)}


def test_a_quiz_that_is_not_answered_yet_leaves_no_trace(path):
    Session().record_quiz("losses", [None] * 5)
    assert not path.exists()


def test_a_file_from_before_quizzes_is_read(path):
    path.parent.mkdir()
    path.write_text('{"he_std": {"attempts": 2, "hints": 1, "solved": ""}}')
    Session().record_quiz("losses", [True])
    assert read_standings(path) == {"he_std": Standing(2, 1), "quiz losses 1": Standing(1, 0, date.today().isoformat())}


def test_an_edition_from_before_quizzes_can_read_the_file(path):
    """It asks for entries with no other fields than these three, and keeps those whose names it does not know."""
    session = Session()
    session.check("he_std", wrong), session.hint("he_std"), session.record_quiz("losses", [True, False])
    entries = json.loads(path.read_bytes())
    assert {(*entry,) for entry in entries.values()} == {("attempts", "hints", "solved")}
    assert {tuple(map(type, entry.values())) for entry in entries.values()} == {(int, int, str)}
    assert len(entries) == 4


def test_what_an_older_edition_solved_has_no_last_try(path):
    path.parent.mkdir()
    solved = {"attempts": 3, "hints": 0, "solved": "2026-11-21"}
    path.write_text(json.dumps({"last try at he_std": {"solved": "2026-11-20"}, "he_std": solved}))
    assert read_standings(path) == {"he_std": Standing(**solved)}


def test_another_kernel_sees_it(path):
    Session().check("he_std", right)
    assert row(Session())[-2:] == ["1", "0"]


def test_exercises_of_another_edition_are_kept(path):
    path.parent.mkdir()
    old = {"gone": {"attempts": 4, "hints": 1, "solved": "2025-01-02"}}
    path.write_text(json.dumps(old))
    session = Session()
    session.check("he_std", wrong)
    assert json.loads(path.read_bytes())["gone"] == old["gone"]
    assert "gone" not in repr(session.progress(all=True))


def test_nothing_is_written_that_could_not_be_read_again(path):
    """A file that is read grows when it is written: a stranger's full one, merged, must not cost one's own."""
    Session().check("he_std", right)
    notes = []
    ProgressFile(notes.append).update_all(lambda own: own | {f"gone {i}": Standing(1) for i in range(20_000)})
    assert notes == [f"Your progress is not changed: {path} would be too large to be read again."]
    assert [*read_standings(path)] == ["he_std"]


def test_environment_decides_at_every_call(path, monkeypatch, tmp_path):
    session = Session()
    session.check("he_std", wrong)
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "other.json"))
    assert row(session)[-2:] == ["0", "0"]


def test_default_place_is_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSEKIT_PROGRESS", raising=False)
    monkeypatch.delenv("COURSEKIT_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    Session().check("he_std", right)
    assert "he_std" in json.loads((tmp_path / ".coursekit" / "progress.json").read_bytes())


def test_without_a_home_nothing_is_saved_and_said_once(monkeypatch, capsys):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("COURSEKIT_PROGRESS", raising=False)
    monkeypatch.delenv("COURSEKIT_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    session = Session()
    assert session.check("he_std", right).verdict is Verdict.CORRECT
    session.check("he_std", right)
    assert row(session)[-2:] == ["0", "0"]
    said = capsys.readouterr().err
    assert said.count("\n") == said.count("Your progress is not saved: there is no home folder.") == 1


@pytest.mark.parametrize("content", BYTES_OF_NO_PROGRESS.values(), ids=BYTES_OF_NO_PROGRESS)
def test_corrupt_file_is_set_aside(path, capsys, content):
    path.parent.mkdir()
    path.write_bytes(content)
    session = Session()
    assert session.check("he_std", right).verdict is Verdict.CORRECT
    assert path.with_name("progress.json.corrupt").read_bytes() == content
    assert row(session)[-2:] == ["1", "0"]
    said = capsys.readouterr().err
    assert said.count("\n") == said.count("progress.json.corrupt") == 1


def test_second_corrupt_file_does_not_replace_the_first(path):
    path.parent.mkdir()
    for content in (b"first", b"second", b"third"):
        path.write_bytes(content)
        Session().progress()
    kept = [path.with_name(f"progress.json.corrupt{number}").read_bytes() for number in ("", 2, 3)]
    assert kept == [b"first", b"second", b"third"]


def test_place_that_cannot_be_written_is_noted_once(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "file" / "progress.json"))
    session = Session()
    for _ in range(3):
        assert session.check("he_std", right).verdict is Verdict.CORRECT
    said = capsys.readouterr().err
    assert said.count("\n") == said.count("Your progress is not saved: ") == 1


def test_file_that_cannot_be_read_is_not_replaced(path, monkeypatch, capsys):
    Session().check("he_std", right)
    before = path.read_bytes()

    def refuse(self, mode):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        session = Session()
        session.check("xavier_bound", EXERCISES["xavier_bound"].solution)
        assert row(session)[-2:] == ["0", "0"]
    assert path.read_bytes() == before
    said = capsys.readouterr().err
    assert "Your progress is not saved: " in said
    assert "cannot be read: Permission denied." in said


def test_full_disk_is_said_and_leaves_the_old_file_and_no_litter(path, monkeypatch, capsys):
    Session().check("he_std", wrong)
    before = path.read_bytes()

    def disk_full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    assert Session().check("he_std", right).verdict is Verdict.CORRECT
    assert path.read_bytes() == before
    assert {file.name for file in path.parent.iterdir()} == {"progress.json", "progress.json.lock"}
    assert "Your progress is not saved: " in (said := capsys.readouterr().err)
    assert "No space left on device" in said


def test_reader_never_sees_a_half_written_file(path):
    file = ProgressFile(pytest.fail)  # a note would mean that a reader found it corrupt
    file.update("he_std", lambda standing: Standing(attempts=1))
    done = threading.Event()
    seen = set()

    def read():
        while not done.is_set():
            seen.add(file.read()["he_std"].attempts)

    reader = threading.Thread(target=read)
    reader.start()
    for attempts in range(1, 30):
        file.update("he_std", lambda standing, attempts=attempts: Standing(attempts=attempts))
    done.set()
    reader.join()
    assert seen
    assert seen <= set(range(1, 30))


COUNT_UP = """
import sys
from dataclasses import replace
from coursekit.exercises.progress_file import ProgressFile

file = ProgressFile(sys.exit)
print("ready", flush=True)
sys.stdin.read(1)  # until the other is, too
for _ in range(100):
    file.update("he_std", lambda standing: replace(standing, attempts=standing.attempts + 1))
"""


def test_two_kernels_that_write_at_once_lose_nothing(path):
    kernels = [
        subprocess.Popen([sys.executable, "-c", COUNT_UP], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [kernel.stdout.readline().strip() for kernel in kernels] == [b"ready", b"ready"]
    for kernel in kernels:
        kernel.stdin.write(b".")
        kernel.stdin.flush()
    for kernel in kernels:
        kernel.communicate(timeout=60)
    assert [kernel.returncode for kernel in kernels] == [0, 0]
    assert read_standings(path)["he_std"].attempts == 200


def test_a_lock_that_nobody_gives_back_is_not_waited_for_long(path, monkeypatch):
    monkeypatch.setattr(lock_file, "PATIENCE", 0.05)
    path.parent.mkdir()
    with lock_file.alone(path):
        Session().check("he_std", right)
    assert read_standings(path)["he_std"].solved


def test_without_locks_progress_is_saved_all_the_same(path, monkeypatch):
    def refuse(descriptor):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lock_file, "_try_lock", refuse)
    Session().check("he_std", right)
    assert read_standings(path)["he_std"].solved


DAYS = st.sampled_from(["", "2025-01-02", "2025-09-01", "2026-03-04"])
STANDINGS = st.dictionaries(
    st.sampled_from(["he_std", "xavier_bound", "gone", "quiz losses 1"]),
    st.builds(Standing, st.integers(0, 9), st.integers(0, 3), DAYS)
    | st.builds(Standing, st.integers(1, 9), tried=DAYS),
)


@given(STANDINGS, STANDINGS, STANDINGS)
def test_merging_does_not_depend_on_order_or_repetition(one, two, three):
    assert list(merged(one, two).items()) == list(merged(two, one).items())
    assert merged(merged(one, two), three) == merged(one, merged(two, three))
    assert merged(merged(one, two), two) == merged(one, two)
    assert merged(one, {}) == merged(one, one) == one


@given(STANDINGS)
def test_what_is_written_is_what_is_read(standings):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "progress.json"
        path.write_bytes(as_json(standings))
        assert read_standings(path) == standings


def test_the_better_standing_wins():
    here = {"he_std": Standing(3, 2, "2025-09-02"), "only_here": Standing(1)}
    there = {"he_std": Standing(4, 1, "2025-09-01"), "only_there": Standing(2, 0, "2025-09-03")}
    assert merged(here, there) == {
        "he_std": Standing(4, 2, "2025-09-01"),
        "only_here": Standing(1),
        "only_there": Standing(2, 0, "2025-09-03"),
    }
    assert merged({"he_std": Standing(2, tried="2025-09-01")}, {"he_std": Standing(1, tried="2025-09-02")}) == {
        "he_std": Standing(2, tried="2025-09-02")
    }
    assert merged({"he_std": Standing(9, tried="2025-09-02")}, {"he_std": Standing(1, 0, "2025-09-01")}) == {
        "he_std": Standing(9, 0, "2025-09-01")
    }
