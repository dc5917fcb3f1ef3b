"""A drawing in the form of the bundled digits: cut out, scaled, in the middle, each pixel the mean of its square."""

import numpy as np
import pytest

from coursekit.data import as_digit, load_digits


def naive(drawing, centred, fine=24):
    """Look at many points of every pixel, and take their mean."""
    height, width = drawing.shape
    top, left, bottom, right = 0.0, 0.0, height, width
    if centred:
        rows = [i for i in range(height) if drawing[i].any()]
        columns = [j for j in range(width) if drawing[:, j].any()]
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    size = max((bottom - top) / 8, (right - left) / (6 if centred else 8))
    y0, x0 = (top + bottom) / 2 - 4 * size, (left + right) / 2 - 4 * size
    digit = np.zeros((8, 8))
    for i in range(8):
        for j in range(8):
            for a in range(fine):
                for b in range(fine):
                    y = int(np.floor(y0 + (i + (a + 0.5) / fine) * size))
                    x = int(np.floor(x0 + (j + (b + 0.5) / fine) * size))
                    if 0 <= y < height and 0 <= x < width:
                        digit[i, j] += drawing[y, x] / fine**2
    return digit


def blot(rng, shape, box):
    drawing = np.zeros(shape)
    drawing[box] = rng.random(drawing[box].shape)
    return drawing


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("shape", [(32, 32), (20, 32), (28, 13)])
def test_each_pixel_is_the_mean_of_its_square(rng, shape, centred):
    drawing = blot(rng, shape, np.s_[3:14, 2:11])
    np.testing.assert_allclose(as_digit(drawing, centred), naive(drawing, centred), atol=0.025)


def test_as_it_is_a_bitmap_is_counted_in_blocks_of_four_by_four(rng):
    bitmap = (rng.random((32, 32)) < 0.3).astype(np.float64)
    np.testing.assert_allclose(as_digit(bitmap, False), bitmap.reshape(8, 4, 8, 4).mean((1, 3)), atol=1e-12)


@pytest.mark.parametrize(("box", "rows", "columns"), [(np.s_[4:20, 9:13], 8, 2), (np.s_[4:12, 2:26], 2, 6)])
def test_ink_fills_eight_rows_or_six_columns_in_the_middle(box, rows, columns):
    drawing = np.zeros((32, 32))
    drawing[box] = 1
    filled = np.zeros((8, 8))
    filled[(8 - rows) // 2 : (8 + rows) // 2, (8 - columns) // 2 : (8 + columns) // 2] = 1
    np.testing.assert_allclose(as_digit(drawing), filled, atol=1e-12)


@pytest.mark.parametrize("by", [(0, 0), (5, 9), (14, 2)])
@pytest.mark.parametrize("times", [1, 2])
def test_where_and_how_large_it_was_drawn_makes_no_difference(rng, by, times):
    shape = (rng.random((12, 9)) < 0.5).astype(np.float64)
    shape[[0, -1]] = shape[:, [0, -1]] = 1
    sheet = np.zeros((48, 48))
    large = np.kron(shape, np.ones((times, times)))
    sheet[by[0] : by[0] + 12 * times, by[1] : by[1] + 9 * times] = large
    np.testing.assert_allclose(as_digit(sheet), as_digit(shape), atol=1e-12)


def test_the_bundled_digits_have_the_form_that_is_made():
    """All reach from the top to the bottom; their ink is in the middle, and six columns wide or nearly so."""
    images = load_digits().images[:, 0]
    inked = images.any(1)
    assert images.any(2).all(0)[[0, 7]].all()
    assert 5.5 < inked.sum(1).mean() < 6.5
    middle = (inked.argmax(1) + 8 - inked[:, ::-1].argmax(1)) / 2
    assert abs(middle.mean() - 4) < 0.1


@pytest.mark.parametrize("centred", [True, False])
def test_a_blank_sheet_stays_blank(centred):
    assert not as_digit(np.zeros((32, 32)), centred).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays_the_drawing_too_and_nothing_leaves_the_range(rng, dtype):
    drawing = (rng.random((32, 32)) < 0.5).astype(dtype)
    kept = drawing.copy()
    digit = as_digit(drawing)
    assert digit.dtype == dtype
    assert 0 <= digit.min() <= digit.max() <= 1
    np.testing.assert_array_equal(drawing, kept)
    assert as_digit(np.ones((9, 9), dtype)).max() == 1


@pytest.mark.parametrize(
    "drawing", [np.full((8, 8), 2.0), np.full((8, 8), -0.1), np.full((8, 8), np.nan), np.zeros((0, 3))]
)
def test_pixels_outside_of_the_range_are_refused(drawing):
    with pytest.raises(ValueError, match=r"as_digit: a drawing has pixels from 0 \(paper\) to 1 \(ink\)"):
        as_digit(drawing)


def test_what_is_no_matrix_of_floats_is_refused():
    with pytest.raises(ValueError, match="as_digit: drawing"):
        as_digit(np.zeros(8))
    with pytest.raises(TypeError, match="as_digit: drawing"):
        as_digit(np.zeros((8, 8), bool))
