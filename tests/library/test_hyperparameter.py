"""A number out of its range is refused with the range; one on its edge passes."""

import math

import numpy as np
import pytest

from coursekit.hyperparameter import in_range, whole_number


@pytest.mark.parametrize("value", [0, 0.5, 1, np.float32(0.25), True])
def test_numbers_in_the_range_pass(value):
    in_range(value, "f: p", 0, 1)


def test_the_lower_end_itself_may_be_left_out():
    in_range(1e-300, "f: p", 0, above=True)
    with pytest.raises(ValueError, match=r"^f: p must be a finite number, above 0, but is 0\.0\.$"):
        in_range(0.0, "f: p", 0, above=True)


@pytest.mark.parametrize("value", [-1e-9, 1.01, math.nan, math.inf, -math.inf])
def test_numbers_outside_are_refused(value):
    with pytest.raises(ValueError, match=r"^f: p must be a finite number, at least 0 and at most 1, but is"):
        in_range(value, "f: p", 0, 1)


def test_infinity_is_outside_even_without_an_upper_end():
    with pytest.raises(ValueError, match=r"^f: p must be a finite number, at least 2, but is inf\.$"):
        in_range(math.inf, "f: p", 2)


@pytest.mark.parametrize("value", ["1", None, [1, 2], np.ones(2), 1j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match=r"^f: p must be a number, but is"):
        in_range(value, "f: p", 0)


@pytest.mark.parametrize("value", [1, 7, np.int8(3), np.uint64(2)])
def test_counts_pass_as_plain_numbers(value):
    made = whole_number(value, "f: n")
    assert made == value
    assert type(made) is int


@pytest.mark.parametrize("value", [0, -1, 2.0, 2.5, math.nan, math.inf, "3", True, None, [1]], ids=repr)
def test_what_is_no_count_is_refused(value):
    with pytest.raises(ValueError, match=r"^f: n must be a whole number of at least 1, but is"):
        whole_number(value, "f: n")


@pytest.mark.parametrize("number", [10**400, 1e400, float("nan")], ids=["huge", "inf", "nan"])
def test_a_number_that_is_no_finite_float_is_refused(number):
    with pytest.raises(ValueError, match=r"^huber: delta must be a finite number"):
        in_range(number, "huber: delta", 0)


@pytest.mark.parametrize("array", [np.array([1.0]), np.ones((1, 1))], ids=["(1,)", "(1, 1)"])
def test_an_array_of_one_number_is_no_number(array):
    """Its truth is single, and it would be broadcast further on."""
    with pytest.raises(TypeError, match=r"^huber: delta must be a number"):
        in_range(array, "huber: delta", 0)
    in_range(array.reshape(()), "huber: delta", 0)
    in_range(array.reshape(-1)[0], "huber: delta", 0)
