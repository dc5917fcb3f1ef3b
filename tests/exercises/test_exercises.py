"""Every solution is right, every classic mistake is recognised, and nothing that an answer does stops a chapter."""

import dataclasses
import itertools
import math
import signal
import sys
import threading
import time
from contextlib import suppress

import numpy as np
import pytest
from bs4 import BeautifulSoup

import coursekit
from coursekit import threads
from coursekit.chapters import EXERCISES
from coursekit.exercises.checking import SEED, Verdict, judge
from coursekit.exercises.exercise import Exercise, Misconception
from coursekit.exercises.session import Session
from coursekit.gradcheck import numerical_gradient, relative_error
from coursekit.initialisers import INITIALISERS
from coursekit.losses import softmax_cross_entropy
from coursekit.registry import UnknownNameError

MISCONCEPTIONS = [
    pytest.param(exercise, misconception, id=f"{exercise.name}: {misconception.name}")
    for exercise in EXERCISES.values()
    for misconception in exercise.misconceptions
]

CONVENTIONS = [
    pytest.param(exercise, convention, id=f"{exercise.name}: {convention.name}")
    for exercise in EXERCISES.values()
    for convention in exercise.conventions
]


@pytest.fixture(autouse=True)
def _own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))


def cases(exercise):
    return exercise.cases(np.random.default_rng(SEED))


def he(answer, time_limit=5.0):
    return judge(EXERCISES["he_std"], answer, time_limit)


def gradients(answer):
    return judge(EXERCISES["symmetric_gradients"], answer, 5.0)


# The registry


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
class TestEveryExercise:
    def test_solution_is_correct(self, exercise):
        result = Session().check(exercise.name, exercise.solution)
        assert result.verdict is Verdict.CORRECT
        assert repr(result) == f"✓ {exercise.name}: correct. {exercise.takeaway}"

    @pytest.mark.parametrize("stub", [None, ..., lambda *_: None, lambda *_: ...])
    def test_stub_is_not_attempted(self, exercise, stub):
        result = judge(exercise, stub, 5.0)
        assert result.verdict is Verdict.NOT_ATTEMPTED
        assert repr(result).startswith(f"○ {exercise.name}: not attempted yet. {exercise.task}")

    def test_not_implemented_is_not_attempted(self, exercise):
        def stub(*arguments):
            raise NotImplementedError("your turn")

        assert judge(exercise, stub, 5.0).verdict is Verdict.NOT_ATTEMPTED

    def test_is_well_formed(self, exercise):
        assert len(exercise.misconceptions) >= 3
        assert 2 <= len(exercise.hints) <= 3
        assert len({case_text(case) for case in cases(exercise)}) == len(cases(exercise)) >= 3
        arrays = [value for case in cases(exercise) for value in case if np.ndim(value)]
        assert all(value.dtype in (np.float64, np.int64, bool) for value in arrays)
        assert all(len(np.unique(value[np.isfinite(value)])) > 1 for value in arrays)

    def test_float32_is_accepted(self, exercise):
        def rounded(*arguments):
            values = exercise.solution(*arguments)
            return list(map(np.float32, values)) if isinstance(values, tuple) else np.float32(values)

        assert judge(exercise, rounded, 5.0).verdict is Verdict.CORRECT

    def test_arguments_in_float32_are_accepted(self, exercise):
        def coarse(*arguments):
            with np.errstate(over="ignore"):
                return exercise.solution(*map(in_float32, arguments))

        assert judge(exercise, coarse, 5.0).verdict is Verdict.CORRECT

    def test_small_error_is_found(self, exercise):
        def off(*arguments):
            values = exercise.solution(*arguments)
            return tuple(1.00001 * value for value in values) if isinstance(values, tuple) else 1.00001 * values

        assert judge(exercise, off, 5.0).verdict is Verdict.WRONG


@pytest.mark.parametrize("name", ["conv_forward", "centred_difference"])
def test_what_float32_computes_is_accepted_also_in_an_array_of_float64(name):
    def coarse(*arguments):
        return EXERCISES[name].solution(*map(in_float32, arguments))

    assert coarse(*cases(EXERCISES[name])[0]).dtype == np.float64
    assert judge(EXERCISES[name], coarse, 5.0).verdict is Verdict.CORRECT


def in_float32(argument):
    return argument.astype(np.float32) if np.ndim(argument) and argument.dtype == float else argument


def case_text(case):
    return repr([np.asarray(value).tolist() for value in case])


@pytest.mark.parametrize(("exercise", "convention"), CONVENTIONS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_another_convention_is_right_and_named(exercise, convention, dtype):
    def answer(*arguments):
        return [value.astype(dtype) for value in convention.right(*arguments)]

    result = judge(exercise, answer, 5.0)
    assert repr(result) == f"✓ {exercise.name}: correct. {convention.takeaway}"


def test_half_of_a_convention_is_not_right():
    def one_of_each(theta, v, grad, rate, momentum):
        moved, _ = EXERCISES["momentum_step"].solution(theta, v, grad, rate, momentum)
        return moved, EXERCISES["momentum_step"].conventions[0].right(theta, v, grad, rate, momentum)[1]

    assert judge(EXERCISES["momentum_step"], one_of_each, 5.0).verdict is Verdict.WRONG


@pytest.mark.parametrize(("exercise", "misconception"), MISCONCEPTIONS)
def test_misconception_is_recognised(exercise, misconception):
    result = judge(exercise, misconception.wrong, 5.0)
    assert repr(result) == f"✗ {exercise.name}: {misconception.message}"


def test_messages_are_told_apart():
    for exercise in EXERCISES.values():
        for one, other in itertools.combinations(exercise.misconceptions, 2):
            assert one.message != other.message
        takeaways = [exercise.takeaway, *(convention.takeaway for convention in exercise.conventions)]
        assert len(set(takeaways)) == len(takeaways)


# The solutions against the package and against experiments


def test_xavier_bound_is_where_the_weights_end():
    w = INITIALISERS["xavier_uniform"](300, 200, rng=np.random.default_rng(0), dtype=np.float64)
    bound = EXERCISES["xavier_bound"].solution(300, 200)
    assert 0.999 * bound < np.abs(w).max() <= bound


def test_he_std_keeps_the_second_moment_behind_relu():
    rng = np.random.default_rng(0)
    behind_relu = np.maximum(rng.normal(size=(500, 400)), 0)
    # Many units, since the mean of ReLU's output moves each unit as a whole: the estimate has an error of 0.4 %.
    z = behind_relu @ (EXERCISES["he_std"].solution(400) * rng.normal(size=(400, 4000)))
    assert np.sqrt(np.square(z).mean()) == pytest.approx(1, rel=0.02)


def test_symmetric_gradients_agree_with_differences():
    solution = EXERCISES["symmetric_gradients"].solution
    for x, y, w1, w2 in cases(EXERCISES["symmetric_gradients"]):
        dw1, dw2 = solution(x, y, w1, w2)
        numerical1 = numerical_gradient(lambda w, x=x, y=y, w2=w2: softmax_cross_entropy(np.tanh(x @ w) @ w2, y)[0], w1)
        numerical2 = numerical_gradient(lambda w, x=x, y=y, w1=w1: softmax_cross_entropy(np.tanh(x @ w1) @ w, y)[0], w2)
        assert relative_error(dw1, numerical1) < 1e-7
        assert relative_error(dw2, numerical2) < 1e-7


def test_equal_weights_get_equal_gradients():
    x, y, w1, w2 = cases(EXERCISES["symmetric_gradients"])[0]
    dw1, _ = EXERCISES["symmetric_gradients"].solution(x, y, np.full_like(w1, 0.3), w2[:1].repeat(len(w2), axis=0))
    np.testing.assert_allclose(dw1, dw1[:, :1].repeat(dw1.shape[1], axis=1), rtol=1e-12)
    assert np.abs(dw1).max() > 0.01


def test_collapse_layer_is_where_a_real_network_collapses():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 500))
    stds = []
    for _ in range(6):
        x = np.tanh(x @ (0.01 * rng.normal(size=(500, 500))))
        stds.append(x.std())
    first_below = next(layer for layer, std in enumerate(stds, start=1) if std < 1e-3)
    assert EXERCISES["collapse_layer"].solution(0.01, 500, 1e-3) == first_below == 5


def test_collapse_layer_may_be_counted_in_a_loop():
    def count(scale, width, threshold):
        layer, std = 1, scale * math.sqrt(width)
        while std >= threshold:
            layer, std = layer + 1, std * scale * math.sqrt(width)
        return layer

    assert judge(EXERCISES["collapse_layer"], count, 5.0).verdict is Verdict.CORRECT


# What an answer may do


def test_first_difference_is_shown():
    result = he(lambda fan_in: math.sqrt(2.1 / fan_in))
    (fan_in,) = result.inputs
    expected, found = math.sqrt(2 / fan_in), math.sqrt(2.1 / fan_in)
    assert repr(result).startswith("✗ he_std: std is 1.025 times what it should be, whatever the inputs.")
    assert repr(result).endswith(f"With fan_in={fan_in}, std should be {expected:.4g}, but is {found:.4g}.")


def test_difference_behind_the_fourth_digit_is_shown():
    message = he(lambda fan_in: math.sqrt(2.0001 / fan_in)).message
    expected, found = message.removesuffix(".").split("std should be ")[1].split(", but is ")
    assert expected != found


def test_entry_of_an_array_is_named_and_its_inputs_kept():
    def one_entry_off(x, y, w1, w2):
        dw1, dw2 = EXERCISES["symmetric_gradients"].solution(x, y, w1, w2)
        dw2[1, 2] += 1
        return dw1, dw2

    result = gradients(one_entry_off)
    assert "dw2[1, 2] should be " in result.message
    assert "x (6, 4), y (6,), w1 (4, 3), w2 (3, 5)" in result.message
    assert [np.shape(value) for value in result.inputs] == [(6, 4), (6,), (4, 3), (3, 5)]


def test_the_same_answer_gets_the_same_message():
    assert repr(he(lambda fan_in: 2.5 / fan_in)) == repr(he(lambda fan_in: 2.5 / fan_in))


@pytest.mark.parametrize("value", [0.054, [1, 2], 3])
def test_fixed_value_is_recognised(value):
    assert he(lambda fan_in: value).message == "it returns the same for every input. Compute it from fan_in."


def test_error_is_shown_with_the_line_of_the_learner():
    def he_std(fan_in):
        wanted = 2 - fan_in
        return math.sqrt(wanted)

    result = he(he_std)
    line = he_std.__code__.co_firstlineno + 2
    with pytest.raises(ValueError, match="math domain error") as error:
        math.sqrt(-1)
    expected = f"ValueError: {error.value} (in line {line}: return math.sqrt(wanted))"
    assert result.message == f"with fan_in={result.inputs[0]}, it raises {expected}"


def test_error_deep_in_a_library_shows_the_line_of_the_learner():
    def he_std(fan_in):
        return np.linalg.inv(np.zeros((2, 2)))

    assert he(he_std).message.endswith("return np.linalg.inv(np.zeros((2, 2))))")


def test_wrong_number_of_parameters():
    message = he(lambda: 1.0).message
    assert "it raises TypeError: " in message
    assert "takes 0 positional arguments but 1 was given" in message
    assert "line" not in message


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, RecursionError, ZeroDivisionError("by\nzero")])
def test_no_exception_escapes(error):
    def he_std(fan_in):
        raise error

    name = error.__name__ if isinstance(error, type) else "ZeroDivisionError: by zero"
    assert f"it raises {name} (in line " in he(he_std).message


def test_changed_argument_is_named():
    def symmetric_gradients(x, y, w1, w2):
        gradients = EXERCISES["symmetric_gradients"].solution(x, y, w1, w2)
        w1 -= 0.1 * gradients[0]
        return gradients

    result = gradients(symmetric_gradients)
    assert result.message == "it changes its argument w1 in place. Work on a copy: w1 = w1.copy()."
    expected = cases(EXERCISES["symmetric_gradients"])[0]
    assert all(np.array_equal(a, b) for a, b in zip(result.inputs, expected, strict=True))


def test_reused_buffer_is_read_at_once():
    buffer = np.zeros(())

    def he_std(fan_in):
        buffer[...] = math.sqrt(2 / fan_in)
        return buffer

    assert he(he_std).verdict is Verdict.CORRECT


def test_an_argument_that_is_kept_and_changed_at_the_next_call_spoils_nothing():
    kept = []

    def symmetric_gradients(x, y, w1, w2):
        for array in kept:
            array[...] = 0
        kept.append(w1)
        return EXERCISES["symmetric_gradients"].solution(x, y, w1, w2)

    assert gradients(symmetric_gradients).verdict is Verdict.CORRECT


def test_a_view_of_an_argument_is_judged_by_its_numbers():
    result = gradients(lambda x, y, w1, w2: (w1[:], w2.T))
    before = cases(EXERCISES["symmetric_gradients"])[0]
    assert "dw1[0, 0] should be " in result.message
    assert f"but is {before[2][0, 0]:.4g}." in result.message
    assert all(np.array_equal(a, b) for a, b in zip(result.inputs, before, strict=True))


def test_an_answer_that_is_right_only_when_first_called_is_wrong():
    calls = itertools.count()

    def he_std(fan_in):
        return math.sqrt(2 / fan_in) if next(calls) == 0 else 0.5

    result = he(he_std)
    assert result.verdict is Verdict.WRONG
    assert result.inputs == cases(EXERCISES["he_std"])[1]


class Refusing:
    """Like a tensor that needs its gradient."""

    def __array__(self, *arguments, **options):
        raise RuntimeError("detach first")


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ([0.1], "std should be a single number, but is an array of shape (1,)."),
        ("0.1", "std should be a real number or an array of them, but is of type str."),
        ([[1], [1, 2]], "std should be a real number or an array of them, but is of type list."),
        (Refusing(), "std should be a real number or an array of them, but is of type Refusing."),
        (np.array(1j), "std should be a real number or an array of them, but is an array of complex128."),
        (math.nan, "but is nan. Look for a division by 0"),
        (math.inf, "but is inf. Look for a division by 0"),
    ],
)
def test_unusable_value_is_described(value, complaint):
    def he_std(fan_in):
        return value if fan_in > 300 else math.sqrt(2 / fan_in)

    assert complaint in he(he_std).message


def forgets_to_return(fan_in):
    std = math.sqrt(2 / fan_in)
    std *= 1


def only_computes(fan_in):
    """A docstring, and a value that nobody gets."""
    math.sqrt(2 / fan_in)


def returns_in_no_branch(fan_in):
    if fan_in > 3:
        std = math.sqrt(2 / fan_in)
        return
    std = 1  # noqa: F841


@pytest.mark.parametrize("answer", [forgets_to_return, only_computes, returns_in_no_branch])
def test_who_forgets_to_return_is_told_so(answer):
    assert he(answer).verdict is Verdict.WRONG
    assert he(answer).message.startswith("it returns nothing. End with return")


def half_filled(fan_in):
    std = ...
    return std  # noqa: RET504


def untouched(fan_in):
    """Return the standard deviation."""
    # your code


@pytest.mark.parametrize("stub", [half_filled, untouched])
def test_a_stub_with_a_blank_is_not_attempted(stub):
    assert he(stub).verdict is Verdict.NOT_ATTEMPTED


def test_pair_of_nothing_is_not_attempted():
    assert gradients(lambda x, y, w1, w2: (None, ...)).verdict is Verdict.NOT_ATTEMPTED


def test_missing_value_of_a_pair():
    assert "it should return 2 values, dw1, dw2, but returns 1." in gradients(lambda x, y, w1, w2: w1).message


def test_wrong_shape_of_one_of_a_pair():
    def symmetric_gradients(x, y, w1, w2):
        dw1, dw2 = EXERCISES["symmetric_gradients"].solution(x, y, w1, w2)
        return dw1, dw2.ravel()

    assert (
        "dw2 should be an array of shape (3, 5), but is an array of shape (15,)."
        in gradients(symmetric_gradients).message
    )


def test_nothing_on_one_branch():
    def he_std(fan_in):
        if fan_in > 300:
            return math.sqrt(2 / fan_in)
        return None

    result = he(he_std)
    assert result.message == f"with fan_in={result.inputs[0]}, it returns nothing. Does every branch end with return?"
    assert result.inputs[0] <= 300


MISTAKE = next(m for m in EXERCISES["symmetric_gradients"].misconceptions if m.name == "w2 not transposed")


def test_known_mistake_that_fails_on_some_shapes_is_recognised():
    def symmetric_gradients(x, y, w1, w2):
        hidden = np.tanh(x @ w1)
        p = np.exp(hidden @ w2)
        dscores = (p / p.sum(1, keepdims=True) - np.eye(w2.shape[1])[y]) / len(x)
        return x.T @ (dscores @ w2 * (1 - hidden**2)), hidden.T @ dscores  # fits only where H = C

    assert gradients(symmetric_gradients).message == MISTAKE.message


def test_another_error_than_the_known_mistakes_is_told():
    def symmetric_gradients(x, y, w1, w2):
        if w2.shape[0] != w2.shape[1]:
            raise OverflowError("not the shape error of the known mistake")
        return MISTAKE.wrong(x, y, w1, w2)

    assert "it raises OverflowError" in gradients(symmetric_gradients).message


def test_an_error_alone_is_no_known_mistake():
    def symmetric_gradients(x, y, w1, w2):
        raise ValueError("no idea")

    assert "it raises ValueError: no idea" in gradients(symmetric_gradients).message


def test_prints_are_shown_and_do_no_harm(capsys):
    def he_std(fan_in):
        print("fan_in is", fan_in)
        return math.sqrt(2 / fan_in)

    assert he(he_std).verdict is Verdict.CORRECT
    assert capsys.readouterr().out.startswith("fan_in is ")


def test_value_instead_of_function():
    message = he(0.1).message
    assert message == "check takes the function itself, without brackets: check('he_std', he_std)."


def test_exercise_that_asks_for_a_value():
    exercise = Exercise(
        "dead_units",
        "04",
        task="How many units are dead?",
        solution=lambda: 7,
        returns=("count",),
        cases=lambda rng: [()],
        misconceptions=(Misconception("complement", lambda: 93, "those are the living ones."),),
        hints=("Count them.", "7"),
        takeaway="Dead units stay dead.",
    )
    assert judge(exercise, 7, 5.0).verdict is Verdict.CORRECT
    assert judge(exercise, np.int64(7), 5.0).verdict is Verdict.CORRECT
    assert judge(exercise, ..., 5.0).verdict is Verdict.NOT_ATTEMPTED
    assert repr(judge(exercise, 93, 5.0)) == "✗ dead_units: those are the living ones."
    assert repr(judge(exercise, 8, 5.0)) == "✗ dead_units: count should be 7, but is 8."


def test_solution_that_fails_is_loud():
    broken = dataclasses.replace(EXERCISES["he_std"], solution=lambda fan_in: math.sqrt(-fan_in))
    with pytest.raises(ValueError, match="zip"):
        judge(broken, lambda fan_in: math.sqrt(-fan_in), 5.0)


# The time limit


def test_endless_loop_is_stopped():
    ended = threading.Event()
    tried = []

    def he_std(fan_in):
        tried.append(fan_in)
        try:
            while True:
                pass
        finally:
            ended.set()

    start = time.monotonic()
    result = he(he_std, time_limit=0.3)
    assert time.monotonic() - start < 1.3
    assert repr(result) == "✗ he_std: it did not finish within 0.3 s. Does every loop reach its end?"
    assert ended.is_set()
    assert len(tried) == 1


@pytest.mark.skipif(sys.version_info < (3, 12), reason="needs sys.monitoring, as the browser has it")
@pytest.mark.parametrize("swallowed", [(), Exception, BaseException], ids=["nothing", "errors", "everything"])
def test_without_threads_a_loop_is_stopped_in_time_too(monkeypatch, swallowed):
    monkeypatch.setattr(threads, "AVAILABLE", False)

    def he_std(fan_in):
        while True:
            with suppress(swallowed):
                fan_in += 1

    start = time.monotonic()
    assert "did not finish" in he(he_std, time_limit=0.3).message
    assert time.monotonic() - start < 1.3
    assert he(lambda fan_in: (2 / fan_in) ** 0.5).verdict is Verdict.CORRECT


def test_loop_that_swallows_exceptions_is_stopped():
    swallowed = []

    def he_std(fan_in):
        while True:
            try:
                while True:
                    pass
            except Exception as error:
                swallowed.append(error)

    result = he(he_std, time_limit=0.3)
    assert not swallowed
    assert "restart" not in result.message
    assert "did not finish" in result.message


@pytest.fixture
def _untraced():
    """CPython 3.11 halts every traced thread while an exception waits for a blocked one: no coverage meanwhile."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    for thread in threading.enumerate():
        if thread.name == "coursekit-answer":
            thread.join()
    sys.settrace(tracer)


@pytest.mark.usefixtures("_untraced")
def test_answer_that_cannot_be_stopped_is_left_alone():
    release = threading.Event()
    start = time.monotonic()
    result = he(lambda fan_in: release.wait(60), time_limit=0.3)
    assert time.monotonic() - start < 1.3
    release.set()
    assert result.message.endswith("It could not be stopped either, and slows the rest down: restart the kernel.")


def test_limit_holds_for_all_inputs_together():
    def he_std(fan_in):
        time.sleep(0.2)
        return math.sqrt(2 / fan_in)

    assert "did not finish" in he(he_std, time_limit=0.5).message


def test_check_works_off_the_main_thread():
    results = []

    def he_std(fan_in):
        while True:
            pass

    thread = threading.Thread(target=lambda: results.append(Session().check("he_std", he_std, time_limit=0.3)))
    thread.start()
    thread.join(5)
    assert "did not finish" in results[0].message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot interrupt a thread that waits for another")
def test_interrupting_the_cell_stops_the_answer(ctrl_c):
    ended = threading.Event()

    def he_std(fan_in):
        try:
            while True:
                pass
        finally:
            ended.set()

    main = threading.main_thread().ident
    timer = threading.Timer(0.3, lambda: signal.pthread_kill(main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        he(he_std, time_limit=30)
    assert ended.is_set()


# Public face


def test_public_face_is_one_session():
    assert coursekit.check.__self__ is coursekit.hint.__self__ is coursekit.progress.__self__


def test_unknown_exercise_does_not_stop_a_chapter():
    session = Session()
    expected = "There is no exercise called 'he_sdt'. Did you mean 'he_std'?"
    assert repr(session.check("he_sdt", None)).startswith(f"✗ he_sdt: {expected}")
    assert repr(session.hint("he_sdt")).startswith(expected)


def test_a_function_in_the_place_of_its_name_is_understood():
    def he_std(fan_in):
        return (2 / fan_in) ** 0.5

    for given in ((he_std,), (he_std, "he_std")):
        expected = "✗ he_std: its name comes first, as text: check('he_std', he_std)."
        assert repr(Session().check(*given)) == expected
    assert repr(Session().hint(he_std)).startswith("Hint 1 of ")


def test_hints_come_one_by_one_and_end():
    session = Session()
    hints = EXERCISES["he_std"].hints
    shown = [repr(session.hint("he_std")) for _ in range(len(hints) + 2)]
    assert shown[: len(hints)] == [f"Hint {i} of {len(hints)}: {text}" for i, text in enumerate(hints, start=1)]
    assert set(shown[len(hints) :]) == {"There are no more hints to he_std. The collapsed cell below holds a solution."}
    assert repr(session.hint("xavier_bound")).startswith("Hint 1 of ")
    assert repr(Session().hint("he_std")).startswith("Hint 1 of ")


def test_hints_left_count_down_as_hints_are_seen():
    session = Session()
    total = len(EXERCISES["he_std"].hints)
    assert session.hints_left("he_std") == total
    for left in (*reversed(range(total)), 0):
        session.hint("he_std")
        assert session.hints_left("he_std") == left
    assert session.hints_left("xavier_bound") == len(EXERCISES["xavier_bound"].hints)


OWN = [name for name, exercise in EXERCISES.items() if exercise.chapter.name == "initialisation"]


def test_a_chapter_lists_its_own_exercises_only():
    session = Session()
    session.enter("initialisation")
    calls = ", ".join(f'ck.hint("{name}")' for name in OWN)
    assert repr(session.hint()) == f"A hint to which exercise? {calls}."
    expected = f"There is no exercise called 'he_sdt'. Did you mean 'he_std'? Known: {', '.join(OWN)}."
    assert repr(session.hint("he_sdt")) == expected
    assert repr(session.check("he_sdt", None)) == f"✗ he_sdt: {expected}"
    assert repr(session.hint("hinge_loss")).startswith("Hint 1 of ")  # that of another chapter is found all the same


def test_an_exercise_whose_hints_were_all_seen_is_not_listed():
    session = Session()
    session.enter("initialisation")
    for seen, name in enumerate(OWN, 1):
        for _ in EXERCISES[name].hints:
            session.hint(name)
        assert repr(session.hint()).count("ck.hint") == len(OWN) - seen
    assert repr(session.hint()) == "You have seen all hints of this chapter."


@pytest.mark.parametrize("chapter", ["", "a chapter of your own"])
def test_where_no_chapter_has_exercises_of_its_own_all_are_listed(chapter):
    session = Session()
    session.enter(chapter)
    assert repr(session.hint()).count("ck.hint") == len(EXERCISES)


def test_preparing_a_chapter_enters_it(monkeypatch):
    session = Session()
    monkeypatch.setattr("coursekit.live.show.enter", session.enter)
    monkeypatch.setattr("coursekit.figures.demo.Demo.rehearse", lambda *_: None)
    coursekit.prepare("initialisation")
    assert repr(session.hint()).count("ck.hint") == len(OWN)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_solution_is_the_one_of_the_chapter_and_correct(exercise):
    code = Session().solution(exercise.name)
    assert ": Array" not in code  # that of the package
    names = {"np": np}
    exec(code, names)
    answer = [value for value in names.values() if getattr(value, "__code__", None)][-1]
    assert judge(exercise, answer, 5.0).verdict is Verdict.CORRECT


@pytest.mark.parametrize("content", [None, "no notebook", '{"cells": []}', '{"cells": [{}]}', "[]"])
def test_without_the_chapter_a_solution_is_that_of_the_package(tmp_path, monkeypatch, content):
    monkeypatch.setattr("coursekit.exercises.solution.course_folder", lambda: tmp_path)
    if content:
        (tmp_path / "notebooks").mkdir()
        (tmp_path / "notebooks" / EXERCISES["he_std"].chapter.notebook).write_text(content)
    code = Session().solution("he_std")
    assert code.startswith("def he_std(fan_in: int) -> float:")
    assert code.endswith("return math.sqrt(2 / fan_in)")


def test_hints_left_and_solution_of_no_exercise_are_refused():
    for ask in (Session().hints_left, Session().solution):
        with pytest.raises(UnknownNameError, match="Did you mean 'he_std'"):
            ask("he_sdt")


def test_what_a_learner_is_told_is_text_in_every_viewer_and_breaks_between_words():
    def he_std(fan_in):
        raise ValueError("<script>")

    session = Session()
    verdict, hint = session.check("he_std", he_std), session.hint("he_std")
    assert "<script>" in repr(verdict)
    for told in (verdict, hint):
        html = BeautifulSoup(told._repr_html_(), "html.parser")
        assert html.get_text() == repr(told)
        [block] = html.find_all()
        style = dict(rule.split(": ") for rule in block["style"].split("; "))
        assert style["word-break"] == "normal"
        assert not [rule for rule in style if "color" in rule or "background" in rule]
    assert not [name for name in dir(session.progress()) if name.startswith("_repr_")]


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        EXERCISES["he_std"].hints = ()
