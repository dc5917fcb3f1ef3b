"""Sizes of sliding windows: the formula, and what the errors teach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.layers.windows import output_size, pair


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3))
def test_the_size_is_the_number_of_places_and_exact_refuses_a_remainder(size, kernel, stride, padding):
    starts = list(range(-padding, size + padding - kernel + 1, stride))
    for exact in (False, True):
        if starts and (starts[-1] + kernel == size + padding or not exact):
            assert output_size("f", size, kernel, stride, padding, exact) == len(starts)
        else:
            with pytest.raises(ValueError, match=r"^f: a window of"):
                output_size("f", size, kernel, stride, padding, exact)


@pytest.mark.parametrize(("stride", "size"), [(1, 5), (2, 3), (3, 2)])
def test_a_window_of_3_on_7_pixels(stride, size):
    assert output_size("f", 7, 3, stride) == size


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (7, 3, 3),
            r"does not tile 7 pixels \(7 − 3 = 4 is not a multiple of 3\)\. Use stride 1, 2 or 4, or padding=1\.",
        ),
        ((8, 3, 2), r"\(8 − 3 = 5 is not a multiple of 2\)\. Use stride 1 or 5\."),
        ((4, 3, 2), r"\(4 − 3 = 1 is not a multiple of 2\)\. Use stride 1\."),
        ((6, 3, 4, 1), r"tile 6 pixels with padding 1 \(8 − 3 = 5 is not a multiple of 4\)\. Use stride 1 or 5\."),
        ((7, 3, 3, None), r"does not tile 7 pixels \(7 − 3 = 4 is not a multiple of 3\)\. Use stride 1, 2 or 4\."),
        ((5, 9), r"a window of 9 pixels is larger than the input of 5 pixels\. .* at most 5, or padding=2\."),
        ((5, 9, 1, None), r"a window of 9 pixels is larger than the input of 5 pixels\. .* at most 5\."),
        ((5, 10, 1, 1), r"larger than the input of 5 pixels with padding 1\. .* at most 7, or padding=3\."),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(arguments, message):
    with pytest.raises(ValueError, match=message):
        output_size("f", *arguments, exact=True)


def test_the_first_layers_of_resnet():
    assert output_size("f", 224, kernel=7, stride=2, padding=3) == 112
    assert output_size("f", 112, kernel=3, stride=2, padding=1) == 56


@pytest.mark.parametrize(("arguments", "better"), [((7, 3, 3, 0), (7, 3, 3, 1)), ((5, 9, 1, 0), (5, 9, 1, 2))])
def test_the_advice_holds(arguments, better):
    with pytest.raises(ValueError, match=f"padding={better[3]}"):
        output_size("f", *arguments, exact=True)
    assert output_size("f", *better, exact=True) >= 1


def test_one_number_counts_for_both_sides():
    assert pair(3, "f: kernel_size") == (3, 3)
    assert pair((1, 2), "f: kernel_size") == pair([1, 2], "f: kernel_size") == (1, 2)
    assert pair(0, "f: padding", least=0) == (0, 0)


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True, None, (1, 2, 3), (1, 0), (1.0, 2)], ids=repr)
def test_what_is_no_size_is_refused(value):
    with pytest.raises(ValueError, match=r"^f: stride must be a whole number of at least 1, or two \(height, width\)"):
        pair(value, "f: stride")
