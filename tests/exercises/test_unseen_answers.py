"""How the checker takes answers that it has not seen: right ones pass, wrong ones do not, most mistakes are named."""

import numpy as np
import pytest
from unseen import ANSWERS

from coursekit.chapters import EXERCISES
from coursekit.exercises.checking import Verdict, judge

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # some mistakes divide by 0

RIGHT = [one for one in ANSWERS if not one.mistake]
NAMED = [one for one in ANSWERS if one.says]
NOT_NAMED_YET = [one for one in ANSWERS if one.mistake and not one.says]


def told(exercise, answer):
    return judge(EXERCISES[exercise], answer, 5.0)


def called(one):
    return f"{one.exercise}: {one.mistake or one.answer.__code__.co_firstlineno}"


@pytest.mark.parametrize("one", RIGHT, ids=called)
def test_a_right_answer_is_accepted(one):
    result = told(one.exercise, one.answer)
    assert result.verdict is Verdict.CORRECT, result.message


@pytest.mark.parametrize("one", NAMED, ids=called)
def test_a_mistake_is_named(one):
    result = told(one.exercise, one.answer)
    assert result.verdict is Verdict.WRONG
    assert one.says.lower() in result.message.lower()


@pytest.mark.parametrize("one", NOT_NAMED_YET, ids=called)
def test_a_mistake_that_is_not_named_yet_is_refused(one):
    assert told(one.exercise, one.answer).verdict is Verdict.WRONG


def test_every_exercise_has_answers_and_nine_mistakes_in_ten_are_named():
    assert {one.exercise for one in ANSWERS} == set(EXERCISES)
    assert len(NOT_NAMED_YET) <= 0.1 * (len(NAMED) + len(NOT_NAMED_YET))


def test_what_an_answer_prints_is_not_printed_again_by_the_diagnosis(capsys):
    def leaky_relu(x, dout, slope):
        print("called")
        return np.where(x > 0, x, 0.01 * x), np.where(x > 0, dout, 0.01 * dout)

    assert told("leaky_relu", leaky_relu).message.startswith("the slope has no influence on y and dx")
    assert capsys.readouterr().out == "called\n" * 3


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_an_empty_list_in_place_of_a_number_is_refused_without_a_warning():
    def first_failure(first_loss, by_heart, ratio, trained, validated, classes):
        return [2] * (by_heart < 1)

    assert "should be a single number" in told("first_failure", first_failure).message


def test_a_large_whole_number_that_is_used_is_not_called_left_out():
    used = told("most_filters", lambda side, kernel, classes, budget: budget // (kernel**2 + (side // 2) ** 2 * 11))
    assert used.message.startswith("classes has no influence")
    all_used = told("most_filters", lambda side, kernel, classes, budget: budget // (side * kernel**2 + side * classes))
    assert "influence" not in all_used.message


def test_a_minus_before_0_is_not_shown():
    assert "should be 0, but is" in told("max_gate_backward", lambda x, y, dout: (dout + 1, dout + 1)).message
    assert "-0," not in told("max_gate_backward", lambda x, y, dout: (dout + 1, dout + 1)).message


def test_names_from_the_code_keep_their_small_letter():
    message = told("linear_backward", lambda dout, x, w: (dout @ w.T, x.T @ dout, dout.sum(0, keepdims=True))).message
    assert message.startswith("dx and dw are right. The numbers in db are right, but the shape is (1, 3)")
    message = told("product_gate_backward", lambda x, y, z, dout: (z * dout, z * dout, 5 * (x + y) * dout)).message
    assert message.startswith("dx and dy are right. dz is 5 times")
