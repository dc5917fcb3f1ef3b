"""The image statistics: a mean image where pictures have one, fewer components less picture, a small ε more noise."""

import numpy as np
import pytest

from coursekit.chapters.preprocessing.image_stats import (
    DATA,
    SIDE,
    TEST,
    State,
    compute,
    load,
    mosaic,
    percent,
    principal,
    rebuild,
    size,
)
from coursekit.preprocessing import PREPROCESSORS


def noise_after(**settings):
    return compute(State(**settings)).white_share


def test_digits_have_a_mean_image_and_patches_a_mean_colour():
    structure = {data: compute(State(data=data)).structure for data in DATA.values()}
    assert structure["digits"] > 0.3
    assert structure["flower"] < 0.03
    assert structure["china"] < 0.05
    image, colour = (compute(State(data="flower", mean=mean)).pictures[1, 0] for mean in ("mean_image", "channel_mean"))
    assert np.ptp(colour, axis=(0, 1)).max() < 1e-6
    assert np.ptp(colour.mean((0, 1))) > 0.05  # red, green and blue differ
    np.testing.assert_allclose(image, np.broadcast_to(colour, image.shape), atol=0.03)


@pytest.mark.parametrize("data", DATA.values())
def test_noise_grows_as_epsilon_falls(data):
    shares = [noise_after(data=data, eps=eps) for eps in (1.0, 1e-2, 1e-4, 1e-6)]
    assert shares == sorted(shares)
    assert shares[0] < 0.15
    assert shares[-1] > 0.6


def test_noise_that_nobody_sees_becomes_as_strong_as_the_picture():
    frame = compute(State(data="digits", eps=1e-5))
    assert frame.share < 0.05
    assert 0.9 < frame.white_share < 1.2


def test_twice_the_noise_is_twice_the_noise():
    assert noise_after(noise=2.0) == pytest.approx(2 * noise_after(noise=1.0), rel=1e-3)


def test_a_pixel_that_never_changes_outshouts_the_others():
    assert noise_after(data="digits", eps=1e-8, noise=0.1) > 2


def test_whitened_training_pictures_have_equal_spread_along_all_components_with_variance():
    train = load("flower", 0).train
    white = PREPROCESSORS["zca"].fit(train, eps=1e-8).apply(train.astype(np.float64))
    np.testing.assert_allclose(np.cov(white.reshape(len(white), -1).T, bias=True), np.eye(192), atol=2e-3)


def test_more_components_keep_more_and_all_keep_everything():
    pca, test = principal("digits", 0), load("digits", 0).test
    errors = [size(rebuild(pca, test, k) - test) for k in (1, 8, 32, 64)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-5
    kept = [compute(State(components=k)).kept for k in (1, 8, 64)]
    assert kept == sorted(kept)
    assert kept[1] == pytest.approx(0.67, abs=0.01)
    assert kept[2] == pytest.approx(1)


def test_rebuilt_pictures_are_those_of_a_smaller_pca():
    samples = load("digits", 0)
    fitted = PREPROCESSORS["pca"].fit(samples.train, components=5)
    np.testing.assert_allclose(
        rebuild(principal("digits", 0), samples.test, 5), fitted.undo(fitted.apply(samples.test)), atol=1e-5
    )


@pytest.mark.parametrize("data", ["flower", "china"])
def test_no_test_patch_is_a_training_patch(data):
    samples = load(data, 0)
    assert samples.train.shape[1:] == samples.test.shape[1:] == (3, SIDE, SIDE)
    assert len(samples.test) == TEST
    known = {patch.tobytes() for patch in samples.train}
    shared = [patch for patch in samples.test if patch.tobytes() in known and np.ptp(patch) > 0]
    assert not shared


def test_pictures_are_laid_out_in_rows_with_gaps():
    pictures = np.zeros((2, 3, SIDE, SIDE, 3))
    pictures[1, 2] = 0.25
    laid = mosaic(pictures)
    assert laid.shape == (2 * 9 - 1, 3 * 9 - 1, 3)
    assert (laid[9:, 18:] == 0.25).all()
    assert (laid[8] == 1).all()
    assert (laid[:8, :8] == 0).all()


@pytest.mark.parametrize(("share", "text"), [(0.037, "3.7%"), (0.9, "90%"), (0.996, "100%"), (21.4, "2,100%")])
def test_shares_in_words(share, text):
    assert percent(share) == text
