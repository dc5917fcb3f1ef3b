"""Moved images against their twins, the laws of each move, and what cannot be moved."""

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import AWKWARD

from coursekit.augmentation import crop, noise, rotate, shift

both = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@given(down=st.floats(-4, 4), right=st.floats(-4, 4), fill=st.floats(-1, 1))
def test_a_shift_is_that_of_the_twin(down, right, fill):
    image = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(
        shift(image[None, None], down, right, fill)[0, 0], naive.shift(image.tolist(), down, right, fill), atol=1e-9
    )


@pytest.mark.parametrize("degrees", [0, 15, 90, -137.5, 180, 300])
@pytest.mark.parametrize("shape", [(8, 8), (5, 5), (4, 7)])
def test_a_turn_is_that_of_the_twin(shape, degrees, rng):
    image = rng.normal(size=shape)
    expected = naive.rotate(image.tolist(), degrees, 0.5)
    if degrees % 90 == 0:  # the twin's cosine of 90° is 6e−17 and looks past the edge, where another number stands
        np.testing.assert_allclose(
            rotate(image[None, None], degrees, 0.5)[0, 0][1:-1, 1:-1], np.array(expected)[1:-1, 1:-1], atol=1e-8
        )
    else:
        np.testing.assert_allclose(rotate(image[None, None], degrees, 0.5)[0, 0], expected, atol=1e-8)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3, -1])
def test_quarters_of_a_turn_lose_nothing(quarters, rng):
    x = rng.normal(size=(3, 2, 6, 6))
    np.testing.assert_allclose(rotate(x, 90 * quarters), np.rot90(x, quarters, axes=(2, 3)), atol=1e-12)


def test_each_image_has_its_own_amount_and_channels_move_together(rng):
    x = rng.normal(size=(3, 2, 5, 5))
    turned, moved = rotate(x, [0, 90, 30]), shift(x, [1, 0, 2], [0, -1, 0.5])
    for n, (degrees, down, right) in enumerate(((0, 1, 0), (90, 0, -1), (30, 2, 0.5))):
        for c in range(2):
            np.testing.assert_allclose(turned[n, c], rotate(x[n : n + 1, c : c + 1], degrees)[0, 0])
            np.testing.assert_allclose(moved[n, c], shift(x[n : n + 1, c : c + 1], down, right)[0, 0])


def test_a_crop_is_a_window_and_all_windows_come(rng):
    x = np.arange(2 * 25.0).reshape(2, 1, 5, 5)
    cut = crop(np.repeat(x, 400, axis=0), 4, rng)
    corners, counts = np.unique(cut[:400, 0, 0, 0], return_counts=True)
    assert corners.tolist() == [0, 1, 5, 6]  # four places in a square of five
    assert counts.min() > 60
    for window in cut[:400, 0]:
        np.testing.assert_array_equal(
            window, x[0, 0].reshape(-1)[window[0, 0].astype(int) + np.add.outer([0, 5, 10, 15], range(4))]
        )


def test_a_padded_crop_of_the_same_size_is_a_shift(rng):
    x = rng.normal(size=(30, 1, 4, 4))
    shifts = [shift(x, down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    for n, image in enumerate(crop(x, 4, rng, padding=1)):
        assert min(np.abs(image - moved[n]).max() for moved in shifts) < 1e-12


def test_noise_has_its_std_and_no_mean(rng):
    drawn = noise(np.full((50, 1, 20, 20), 0.5), 0.2, rng) - 0.5
    assert drawn.std() == pytest.approx(0.2, rel=0.02)
    assert abs(drawn.mean()) < 0.005


MOVES = {
    "shift": lambda x: shift(x, 1, 0.5),
    "rotate": lambda x: rotate(x, 30),
    "crop": lambda x: crop(x, 3, np.random.default_rng(0)),
    "noise": lambda x: noise(x, 0.1, np.random.default_rng(0)),
}
move = pytest.mark.parametrize("move", MOVES.values(), ids=list(MOVES))


@move
@both
@pytest.mark.parametrize("awkward", AWKWARD)
def test_dtypes_stay_any_layout_will_do_and_no_input_changes(move, awkward, dtype, rng):
    x = rng.normal(size=(2, 2, 4, 4)).astype(dtype)
    handed = awkward(x)
    y = move(handed)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, move(x))
    np.testing.assert_array_equal(handed, x)
    y += 1  # a copy
    np.testing.assert_array_equal(handed, x)


@move
def test_images_are_four_axes_of_floats(move):
    with pytest.raises(ValueError, match=r"images must have shape \(N, C, H, W\)"):
        move(np.ones((4, 4)))
    with pytest.raises(TypeError, match="images must be float32 or float64"):
        move(np.ones((1, 1, 4, 4), complex))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, rng: shift(x, np.nan, 0), "shift: down must be a finite number"),
        (lambda x, rng: shift(x, 0, [1, 2, 3]), "shift: right must be a finite number, or one for each of 2 images"),
        (lambda x, rng: rotate(x, np.inf), "rotate: degrees must be a finite number"),
        (lambda x, rng: crop(x, 5, rng), "a square of 5 pixels does not fit into 4×4"),
        (lambda x, rng: crop(x, 0, rng), "crop: size must be a whole number"),
        (lambda x, rng: crop(x, 2, rng, padding=-1), "crop: padding must be a whole number"),
        (lambda x, rng: noise(x, -0.1, rng), "noise: std must be a finite number, at least 0"),
    ],
)
def test_what_cannot_be_is_refused(call, message, rng):
    with pytest.raises(ValueError, match=message):
        call(np.ones((2, 1, 4, 4)), rng)


@pytest.mark.parametrize("draw", [lambda x, rng: crop(x, 2, rng), lambda x, rng: noise(x, 1.0, rng)])
def test_a_seed_draws_what_its_generator_does(draw, rng):
    x = rng.normal(size=(5, 1, 4, 4))
    np.testing.assert_array_equal(draw(x, 3), draw(x, np.random.default_rng(3)))
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator or its seed"):
        draw(x, None)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_a_pixel_that_is_no_number_stays_where_it_is_moved_to(odd):
    image = np.ones((1, 1, 3, 4))
    image[0, 0, 1, 1] = odd
    moved = np.ones((1, 1, 3, 4))
    moved[..., 0], moved[0, 0, 1, 2] = 0, odd
    np.testing.assert_array_equal(shift(image, 0, 1), moved)
