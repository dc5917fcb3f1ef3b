"""Quizzes: complete records, feedback on every answer, a score of first tries, and a form without a kernel."""

from collections import Counter
from dataclasses import replace

import pytest

import coursekit as ck
from coursekit.chapter import Chapter
from coursekit.chapters import DEMOS, QUIZZES
from coursekit.exercises.progress_file import read_standings
from coursekit.exercises.question import Question
from coursekit.exercises.quiz import Quiz

each = pytest.mark.parametrize("quiz", QUIZZES.values(), ids=list(QUIZZES))


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


@each
def test_a_quiz_has_five_answerable_questions(quiz):
    assert len(quiz.questions) == 5
    assert len({question.text for question in quiz.questions}) == 5
    for question in quiz.questions:
        assert 3 <= len(question.options) == len(set(question.options)) <= 4
        assert 0 <= question.answer < len(question.options)
        assert len(question.explanation) > 30
        assert "$" not in question.text + "".join(question.options) + question.explanation


@each
def test_the_right_answers_are_not_all_in_one_place(quiz):
    assert len({question.answer for question in quiz.questions}) > 1


def choose(panel, question, option):
    """Press an option, as the page tells it."""
    panel.page._handle_custom_msg({"press": "answer", "question": question, "option": option}, [])


@each
def test_every_answer_gets_its_explanation_and_first_tries_count_and_are_kept(quiz, path):
    panel = ck.quiz(quiz.name)
    for i, question in enumerate(quiz.questions):
        wrong = (question.answer + 1) % len(question.options)
        choose(panel, i, wrong if i == 0 else question.answer)
        assert (panel.page.answered[i] == question.answer) is (i != 0)
        choose(panel, i, question.answer)
        told = panel.page.content["questions"][i]
        assert panel.page.answered[i] == told["answer"] == question.answer
        assert told["explanation"] == question.explanation
    assert panel.first_tries == [False, True, True, True, True]
    assert "4 right at the first try, 5 of 5 answered" in panel.page.score
    kept = read_standings(path)
    assert tuple(sorted(kept)) == quiz.keys
    assert [bool(kept[key].solved) for key in quiz.keys] == panel.first_tries


def test_options_come_in_an_order_of_their_own_which_is_always_the_same_and_numbers_keep_theirs():
    question = Question("Which?", ("a", "b", "c", "d"), 1, "Why.")
    shuffled = question.shuffled()
    assert shuffled == question.shuffled()
    assert sorted(shuffled.options) == list("abcd")
    assert shuffled.options[shuffled.answer] == "b"
    assert len({replace(question, text=str(i)).shuffled().answer for i in range(30)}) == 4
    numbers = Question("How many?", ("−1", "0", "12 %"), 2, "Why.")
    assert numbers.shuffled() == numbers


def test_no_place_among_the_options_is_right_more_often_than_chance_allows():
    questions = [question for demo in DEMOS.values() for question in demo.questions]
    questions += [question for quiz in QUIZZES.values() for question in quiz.questions]
    share = Counter(question.answer for question in questions)
    assert max(share.values()) < 0.5 * len(questions)


def test_names_are_text_not_html_and_there_is_a_form_without_a_kernel():
    options = ("<i>yes</i>", "<i>no</i>", "maybe")
    quiz = Quiz(Chapter("q", 0, "Test", ()), (Question("Is <i> slanted?", options, 1, "Because <i> & so."),))
    from coursekit.live.quiz import QuizPanel

    panel = QuizPanel(quiz)
    stored, _ = panel._repr_mimebundle_()
    assert stored["text/plain"] == repr(panel) == "quiz q: 1 questions"
    assert "&lt;i&gt; slanted?" in stored["text/html"]
    assert "<summary>Answer</summary>&lt;i&gt;no&lt;/i&gt;. Because &lt;i&gt; &amp; so." in stored["text/html"]
    assert "<i>" not in stored["text/html"]
    [asked] = panel.page.content["questions"]  # the page makes no HTML of these
    assert (asked["text"], asked["options"]) == ("Is <i> slanted?", options)


def test_an_unknown_quiz_lists_those_that_exist():
    with pytest.raises(KeyError, match=r"no quiz called 'initialization'\. Did you mean 'initialisation'"):
        ck.quiz("initialization")


@pytest.mark.parametrize("place", [(5, 0), (-1, 0), ("one", 0), (0, 99), (0, -1), (0, None), (0, 0.5)])
def test_an_option_that_does_not_exist_raises_and_is_no_first_try(place, path):
    panel = ck.quiz("initialisation")
    with pytest.raises(IndexError, match=r"has (questions|options) 0 to \d"):
        panel.answer(*place)
    assert panel.first_tries == [None] * 5
    assert not path.exists()
