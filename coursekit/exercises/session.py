"""What the learner calls: check, hint and progress, and the little that a kernel remembers between the calls."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from coursekit.exercises.checking import CheckResult, Verdict, as_html, judge
from coursekit.exercises.exercise import EXERCISES, Exercise
from coursekit.exercises.goal import GOALS, Shown, judge_goal
from coursekit.exercises.progress_file import ProgressFile, Standing, Standings
from coursekit.exercises.quiz import QUIZZES, question_key
from coursekit.exercises.solution import solution_source
from coursekit.handout import solutions_are_with_the_teacher
from coursekit.registry import Registry, UnknownNameError

CARD = "report card"  # in the progress file; no exercise has such a name, for it holds a space


@dataclass(frozen=True)
class Hint:
    """One hint, shown as text."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return as_html(self.text)


@dataclass(frozen=True)
class Progress:
    """How the learner stands, shown as a table of plain text: a row a chapter, or with ``all`` a row an exercise."""

    standings: Standings
    all: bool = False

    def __repr__(self) -> str:
        mine = of_the_course(self.standings)
        rows = self._exercises(mine) if self.all else self._chapters(mine)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        solved = sum(bool(standing.solved) for standing in mine.values())
        todo = next((name for name, standing in mine.items() if not standing.solved), None)
        after = f" Next: {todo}, in chapter {EXERCISES[todo].chapter}." if todo else ""
        return "\n".join([*lines, f"{solved} of {len(mine)} solved.{after}", *self._card()])

    def _card(self) -> list[str]:
        """Say how the report cards stand, if there ever was one."""
        if CARD not in self.standings:
            return []
        standing = self.standings[CARD]
        passed = f"all lines passed on {standing.solved}" if standing.solved else "none with all lines passed yet"
        return [f"Report card: {standing.attempts} so far, {passed}."]

    def _chapters(self, mine: Standings) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("chapter", "solved", "goals", "quiz")]
        for chapter in dict.fromkeys(EXERCISES[name].chapter for name in mine):
            solved = [bool(mine[name].solved) for name in mine if EXERCISES[name].chapter == chapter]
            keys = QUIZZES[chapter.name].keys if chapter.name in QUIZZES else ()
            first = [bool(self.standings[key].solved) for key in keys if key in self.standings]
            quiz = f"{sum(first)} of {len(keys)}" if first else "-"
            goals = [goal.key for goal in GOALS.values() if goal.chapter == chapter]
            reached = sum(bool(self.standings[key].solved) for key in goals if key in self.standings)
            rows.append((str(chapter), f"{sum(solved)} of {len(solved)}", f"{reached} of {len(goals)}", quiz))
        return rows

    def _exercises(self, mine: Standings) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("chapter", "exercise", "solved", "attempts", "hints")]
        for name, standing in mine.items():
            counts = (str(standing.attempts), str(standing.hints))
            rows.append((str(EXERCISES[name].chapter), name, standing.solved or "no", *counts))
        return rows


class Session:
    """One learner at one kernel.

    Which hint comes next is remembered here and not in the progress file: whoever opens a chapter anew starts from the
    first hint, and a chapter's stored outputs do not depend on what was run before.
    """

    def __init__(self) -> None:
        self._chapter = ""
        self._hints_shown: Counter[str] = Counter()
        self._notes: set[str] = set()
        self._file = ProgressFile(self._note_once)

    def enter(self, chapter: str) -> None:
        """Note which chapter this kernel works in: only its exercises are listed from now on."""
        self._chapter = chapter

    def check(self, name: str | Shown, answer: Any = None, time_limit: float = 5.0) -> CheckResult:
        """Check an answer to an exercise, or a figure's goal; nothing raises, so that Run All goes on.

        Parameters
        ----------
        name : str or panel
            The exercise's name; or a live figure that has a goal, as its sliders stand now.
        answer : callable, or number or array
            Your function itself, without brackets; a value where the exercise asks for one; nothing for a figure.
        time_limit : float
            Seconds that the answer may take for all inputs together.

        Returns
        -------
        CheckResult
            Shown as one line: not attempted, correct, or what is wrong.
        """
        if not isinstance(name, str) and hasattr(name, "demo"):
            return self._check_goal(name)
        if callable(name):
            called = getattr(name, "__name__", "he_std")
            return CheckResult(called, Verdict.WRONG, f"its name comes first, as text: check({called!r}, {called}).")
        try:
            exercise = self._exercise(str(name))
        except UnknownNameError as error:
            return CheckResult(str(name), Verdict.WRONG, str(error))
        result = judge(exercise, answer, time_limit)
        if result.verdict is not Verdict.NOT_ATTEMPTED:
            right = result.verdict is Verdict.CORRECT
            self._file.update(exercise.name, lambda standing: _attempted(standing, right))
        return result

    def _check_goal(self, panel: Shown) -> CheckResult:
        try:
            goal = GOALS[panel.demo.name]
        except UnknownNameError as error:
            return CheckResult(panel.demo.name, Verdict.WRONG, str(error))
        result = judge_goal(goal, panel)
        if result.verdict is not Verdict.NOT_ATTEMPTED:
            right = result.verdict is Verdict.CORRECT
            self._file.update(goal.key, lambda standing: _attempted(standing, right))
        return result

    def hint(self, name: str | None = None) -> Hint:
        """Return the next hint to an exercise, until there are no more.

        Parameters
        ----------
        name : str, optional
            The exercise's name. Without one you are told which exercises of the chapter have hints left.

        Returns
        -------
        Hint
        """
        if name is None:
            return Hint(self._where_hints_are_left())
        name = getattr(name, "__name__", name)  # the function itself will do
        try:
            hints = self._exercise(name).hints
        except UnknownNameError as error:
            return Hint(str(error))
        if not self.hints_left(name):
            where = "Your teacher has" if solutions_are_with_the_teacher() else "The collapsed cell below holds"
            return Hint(f"There are no more hints to {name}. {where} a solution.")
        self._hints_shown[name] += 1
        shown = self._hints_shown[name]
        self._file.update(name, lambda standing: replace(standing, hints=max(standing.hints, shown)))
        return Hint(f"Hint {shown} of {len(hints)}: {hints[shown - 1]}")

    def hints_left(self, name: str) -> int:
        """Return how many hints to an exercise `hint` has not shown at this kernel."""
        return len(self._exercise(name).hints) - self._hints_shown[name]

    def solution(self, name: str) -> str:
        """Return the code of an exercise's solution as it stands in the chapter; that it was read is not recorded."""
        return solution_source(self._exercise(name))

    def _where_hints_are_left(self) -> str:
        left = [f'ck.hint("{name}")' for name in self._of_this_chapter() if self.hints_left(name)]
        return f"A hint to which exercise? {', '.join(left)}." if left else "You have seen all hints of this chapter."

    def _exercise(self, name: str) -> Exercise:
        """Return an exercise of any chapter, or raise an error that lists those of this chapter."""
        return (EXERCISES if name in EXERCISES else self._of_this_chapter())[name]

    def _of_this_chapter(self) -> Registry[Exercise]:
        """Return the exercises of the chapter that was entered; all there are if it has none of its own."""
        own: Registry[Exercise] = Registry("exercise")
        for exercise in EXERCISES.values():
            if exercise.chapter.name == self._chapter:
                own.add(exercise)
        return own or EXERCISES

    def progress(self, all: bool = False) -> Progress:
        """Return a short table: for each chapter what is solved, what was right in its quiz, and what comes next.

        Parameters
        ----------
        all : bool
            List every exercise instead: solved when, after how many attempts, with how many hints.

        Returns
        -------
        Progress
        """
        return Progress(self._file.read(), all)

    def record_quiz(self, name: str, first_tries: Sequence[bool | None]) -> None:
        """Keep the first answers to the questions of a quiz in the progress file; nothing that happens to it raises.

        Of each question the first answer counts that the file ever got, right or wrong. Whatever comes later changes
        nothing: another answer, a quiz shown anew, another kernel, another day. Where the files of two machines are
        merged, each with its own first answer, a right one counts.

        Parameters
        ----------
        name : str
            The quiz's name, which is its chapter's.
        first_tries : sequence of bool or None
            For each question whether its first answer was right; None, not answered yet, leaves no trace.
        """
        day = date.today().isoformat()
        tries = enumerate(first_tries, 1)
        answers = {
            question_key(name, i): Standing(1, 0, day if right else "") for i, right in tries if right is not None
        }
        self._file.update_all(lambda standings: {**answers, **standings})  # what stands there stays

    def record_card(self, passed: bool) -> None:
        """Keep in the progress file that a report card was made, and the day of the first that passed in every line."""
        self._file.update(CARD, lambda standing: _attempted(standing, passed))

    def _note_once(self, text: str) -> None:
        if text not in self._notes:
            self._notes.add(text)
            print(text, file=sys.stderr)


def of_the_course(standings: Standings) -> Standings:
    """Return one standing for each exercise there is, in the order of the chapters."""
    return {name: standings.get(name, Standing()) for name in EXERCISES}


def _attempted(standing: Standing, right: bool) -> Standing:
    """Count an attempt and note its day; what was solved once stays as it is."""
    if standing.solved:
        return standing
    today = date.today().isoformat()
    return Standing(standing.attempts + 1, standing.hints, solved=today if right else "", tried="" if right else today)
