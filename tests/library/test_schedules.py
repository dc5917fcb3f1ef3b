"""Schedules are pure functions from a step to a share of the base rate, and drive an optimiser."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.optimisers import OPTIMISERS
from coursekit.schedules import SCHEDULES, Constant, Cosine, Exponential, Step, Warmup

each = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=list(SCHEDULES))
SOME = [Constant(), Step(every=3, drop=0.5), Exponential(decay=0.9), Cosine(total=8, floor=0.1), Warmup(steps=4)]


@each
def test_the_record_is_complete(schedule):
    for text in ("label", "formula", "verdict", "source"):
        assert getattr(schedule, text), text
    for parameter in schedule.params:
        assert parameter.low <= parameter.default <= parameter.high
        assert getattr(schedule(), parameter.name) == parameter.default
        for value in (parameter.low, parameter.high):
            assert getattr(schedule(**{parameter.name: value}), parameter.name) == value


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Constant(), [1, 1, 1, 1, 1, 1]),
        (Step(every=2, drop=0.1), [1, 1, 0.1, 0.1, 0.01, 0.01]),
        (Exponential(decay=0.5), [1, 0.5, 0.25, 0.125, 0.0625, 0.03125]),
        (Cosine(total=4), [1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2, 0, 0]),
        (Cosine(total=2, floor=0.2), [1, 0.6, 0.2, 0.2, 0.2, 0.2]),
        (Warmup(steps=4), [0.25, 0.5, 0.75, 1, 1, 1]),
        (Warmup(steps=2, then=Cosine(total=2)), [0.5, 1, 1, 0.5, 0, 0]),
        (Warmup(steps=1, then=Step(every=1, drop=0.5)), [1, 1, 0.5, 0.25, 0.125, 0.0625]),
    ],
    ids=repr,
)
def test_values_worked_out_by_hand(schedule, expected):
    np.testing.assert_allclose([schedule(t) for t in range(6)], expected, rtol=1e-14, atol=1e-16)


@given(st.sampled_from(SOME), st.integers(0, 10_000))
def test_a_factor_is_a_number_from_0_to_1_and_does_not_depend_on_what_was_asked_before(schedule, t):
    factor = schedule(t)
    assert type(factor) is float
    assert 0 <= factor <= 1
    schedule(t + 1)
    assert schedule(t) == factor


@given(st.sampled_from([schedule for schedule in SOME if schedule.name != "warmup"]), st.integers(0, 100))
def test_without_a_warm_up_the_rate_never_rises(schedule, t):
    assert schedule(t + 1) <= schedule(t) <= schedule(0) == 1


def test_a_warm_up_takes_any_function():
    assert Warmup(steps=2, then=lambda t: 1 / (t + 1))(4) == pytest.approx(1 / 3)


@pytest.mark.parametrize("schedule", SOME, ids=repr)
def test_schedules_are_values(schedule):
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert hash(schedule) == hash(type(schedule)(**vars(schedule)))
    with pytest.raises(AttributeError):
        schedule.total = 3


def test_numpy_numbers_are_numbers():
    assert Cosine(total=np.int64(4), floor=np.float32(0.5))(4) == 0.5
    assert Step(every=np.uint8(30), drop=0.5)(300) == 2**-10
    assert Warmup(steps=np.uint8(10))(300) == 1


@pytest.mark.parametrize(
    ("name", "field", "count"),
    [
        ("step", "every", True),
        ("step", "drop", False),
        ("exponential", "decay", False),
        ("cosine", "total", True),
        ("cosine", "floor", False),
        ("warmup", "steps", True),
    ],
)
def test_numbers_out_of_range_are_refused(name, field, count):
    for value in (-1, 1.5, math.nan, math.inf, "2", None, True, *([0, 2.0] if count else [])):
        allowed = "a whole number of at least 1" if count else "a number from 0 to 1"
        with pytest.raises(ValueError, match=rf"^{name}: {field} must be {allowed}, but is {value!r}"):
            SCHEDULES[name](**{field: value})


@pytest.mark.parametrize("then", [0.5, None, Cosine], ids=repr)
def test_a_warm_up_followed_by_no_schedule_is_refused(then):
    with pytest.raises(ValueError, match=r"^warmup: then must be a schedule, e\.g\. Cosine\(total=100\), but is"):
        Warmup(steps=3, then=then)


def test_a_schedule_drives_an_optimiser_down_to_rate_0():
    params = {"w": np.zeros(1)}
    sgd, schedule = OPTIMISERS["sgd"](lr=0.5), Cosine(total=4)
    state, path = sgd.init(params), []
    for t in range(6):
        sgd.lr = 0.5 * schedule(t)
        sgd.step(params, {"w": -np.ones(1)}, state)
        path.append(params["w"][0])
    np.testing.assert_allclose(np.diff([0, *path]), [0.5 * schedule(t) for t in range(6)], rtol=1e-14)
    assert path[-1] == path[3]
