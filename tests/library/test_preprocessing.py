"""Statistics come from the training set, the same ones serve the test set, and the data is what was promised after."""

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import AWKWARD

from coursekit.data import load_digits
from coursekit.preprocessing import PREPROCESSORS

each = pytest.mark.parametrize("preprocessor", PREPROCESSORS.values(), ids=list(PREPROCESSORS))
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
whitening = pytest.mark.parametrize("name", ["pca_whitening", "zca"])
MIX = np.array([[2.0, 0.3, 0.0], [0.5, 1.0, -0.4], [0.0, 0.2, 0.5]])


def cloud(rng, n=40, dtype=np.float64):
    """Correlated data around (3, −1, 10)."""
    return (rng.normal(size=(n, 3)) @ MIX + [3, -1, 10]).astype(dtype)


def samples(preprocessor, rng, n=20, dtype=np.float64):
    if preprocessor.images:
        return (rng.normal(size=(n, 2, 3, 2)) + np.arange(12).reshape(2, 3, 2)).astype(dtype)
    return cloud(rng, n, dtype)


@each
@dtypes
def test_undo_returns_what_apply_was_given(preprocessor, dtype, rng):
    fitted = preprocessor.fit(samples(preprocessor, rng, dtype=dtype))
    test = samples(preprocessor, rng, 7, dtype)
    y = fitted.apply(test)
    assert y.dtype == dtype
    assert fitted.undo(y).dtype == dtype
    assert fitted.undo(y).shape == test.shape
    np.testing.assert_allclose(fitted.undo(y), test, rtol=1e-4 if dtype == np.float32 else 1e-10)


@each
@pytest.mark.parametrize(("offset", "scale"), [(0, 1), (1e6, 1), (1e4, 1e4)])
def test_float32_data_loses_no_digits_on_the_way(preprocessor, offset, scale, rng):
    train = (offset + scale * samples(preprocessor, rng, 4)).astype(np.float32)  # as many as features, or fewer
    fitted, exact = preprocessor.fit(train), preprocessor.fit(train.astype(float))
    y, expected = fitted.apply(train), exact.apply(train.astype(float))
    np.testing.assert_array_equal(y, expected.astype(np.float32))
    np.testing.assert_array_equal(fitted.undo(y), exact.undo(y.astype(float)).astype(np.float32))
    np.testing.assert_allclose(fitted.undo(y), train, rtol=0, atol=1e-6 * np.abs(train).max())


@each
def test_the_test_set_is_transformed_with_the_statistics_of_the_training_set(preprocessor, rng):
    """Row by row the answer is the same, so nothing of the test set has entered it."""
    fitted = preprocessor.fit(samples(preprocessor, rng))
    test = 5 * samples(preprocessor, rng, 6) + 2
    together = fitted.apply(test)
    for n in range(len(test)):
        np.testing.assert_allclose(fitted.apply(test[n : n + 1])[0], together[n], rtol=1e-12)
    assert np.abs(together.mean(0)).max() > 1


@each
@dtypes
@pytest.mark.parametrize("awkward", AWKWARD)
def test_any_layout_gives_the_same_and_no_input_changes(preprocessor, awkward, dtype, rng):
    train = samples(preprocessor, rng, dtype=dtype)
    given_train = awkward(train)
    fitted = preprocessor.fit(given_train)
    expected = preprocessor.fit(train).apply(train)
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    np.testing.assert_allclose(fitted.apply(given_train), expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(given_train, train)


@each
def test_integers_become_float64(preprocessor, rng):
    train = rng.integers(0, 255, (9, 1, 2, 2))
    assert preprocessor.fit(train).apply(train).dtype == np.float64


@each
def test_the_record_is_complete(preprocessor):
    for text in ("label", "formula", "verdict", "source"):
        assert getattr(preprocessor, text), text


@pytest.mark.parametrize("name", ["centre", "mean_image"])
def test_every_feature_is_centred(name, rng):
    train = samples(PREPROCESSORS["mean_image"], rng)
    fitted = PREPROCESSORS[name].fit(train)
    assert fitted.mean.shape == train.shape[1:]
    np.testing.assert_allclose(fitted.apply(train), train - train.mean(0), atol=1e-12)


def test_the_channel_mean_is_one_number_a_channel(rng):
    train = samples(PREPROCESSORS["channel_mean"], rng)
    fitted = PREPROCESSORS["channel_mean"].fit(train)
    expected = [naive.moments(train[:, c])[0] for c in range(2)]
    np.testing.assert_allclose(fitted.mean.ravel(), expected)
    np.testing.assert_allclose(fitted.apply(train).mean((0, 2, 3)), 0, atol=1e-12)
    assert np.abs(fitted.apply(train).mean(0)).max() > 1


@dtypes
def test_standardised_features_have_mean_0_and_deviation_1(dtype, rng):
    train = cloud(rng, dtype=dtype) * np.array([1e-6, 1, 1e6], dtype)
    y = PREPROCESSORS["standardise"].fit(train).apply(train)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-4 if dtype == np.float32 else 1e-10)
    np.testing.assert_allclose(y.std(0), 1, rtol=1e-4 if dtype == np.float32 else 1e-10)


@dtypes
@pytest.mark.parametrize("value", [0, 0.1, -3e7])
def test_a_constant_feature_is_centred_and_not_blown_up(value, dtype, rng):
    train = cloud(rng, dtype=dtype)
    train[:, 1] = value
    fitted = PREPROCESSORS["standardise"].fit(train)
    np.testing.assert_allclose(fitted.apply(train)[:, 1], 0, atol=1e-7)
    test = train[:2].copy()
    test[:, 1] += 8
    np.testing.assert_allclose(fitted.apply(test)[:, 1], 8, rtol=1e-6)


@each
@pytest.mark.parametrize("value", [0.0, 0.1, 255.0])
def test_samples_that_are_all_the_same_become_0(preprocessor, value, rng):
    train = np.full((6, 2, 3, 3), value)
    np.testing.assert_allclose(preprocessor.fit(train).apply(train), 0, atol=1e-9)


@each
def test_nan_in_the_training_set_is_refused_or_seen(preprocessor, rng):
    train = samples(preprocessor, rng)
    train.flat[0] = np.nan
    if preprocessor.name in ("pca", "pca_whitening", "zca"):
        with pytest.raises(ValueError, match="fit: train holds NaN or infinity, which would spread to every feature"):
            preprocessor.fit(train)
    else:
        assert np.isnan(preprocessor.fit(train).apply(train)).any(axis=tuple(range(1, train.ndim))).all()


@each
def test_nan_in_a_sample_is_seen_in_that_sample_only(preprocessor, rng):
    test = samples(preprocessor, rng)
    test[3].flat[0] = np.nan
    y = preprocessor.fit(samples(preprocessor, rng)).apply(test)
    spoilt = np.isnan(y).any(axis=tuple(range(1, y.ndim)))
    np.testing.assert_array_equal(np.flatnonzero(spoilt), [3])


def test_principal_components_decorrelate_and_come_largest_first(rng):
    train = cloud(rng)
    fitted = PREPROCESSORS["pca"].fit(train)
    covariance = naive.covariance(fitted.apply(train))
    np.testing.assert_allclose(covariance, np.diag(fitted.variances), atol=1e-12)
    assert sorted(fitted.variances, reverse=True) == list(fitted.variances)
    u = fitted.components
    np.testing.assert_allclose(u.T @ u, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(u @ np.diag(fitted.variances) @ u.T, naive.covariance(train), atol=1e-12)
    assert (u[np.abs(u).argmax(0), range(3)] > 0).all()


@given(st.floats(0.1, 3.0), st.integers(0, 100))
def test_principal_components_turn_with_the_data(angle, seed):
    rng = np.random.default_rng(seed)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    train = rng.normal(size=(30, 2)) * [3, 1]
    first, second = (PREPROCESSORS["pca"].fit(x) for x in (train, train @ turn.T))
    np.testing.assert_allclose(second.variances, first.variances, rtol=1e-9)
    np.testing.assert_allclose(np.abs(second.components.T @ turn @ first.components), np.eye(2), atol=1e-7)


def test_fewer_components_keep_most_of_digits():
    digits = load_digits("train").images
    fitted = PREPROCESSORS["pca"].fit(digits, components=20)
    y = fitted.apply(digits)
    assert y.shape == (1437, 20)
    lost = np.square(fitted.undo(y) - digits).sum() / len(digits)
    assert lost == pytest.approx(fitted.variances[20:].sum(), rel=1e-3)
    assert fitted.variances[:20].sum() > 0.85 * fitted.variances.sum()


@whitening
@dtypes
def test_the_covariance_of_whitened_training_data_is_1(name, dtype, rng):
    train = cloud(rng, dtype=dtype)
    y = PREPROCESSORS[name].fit(train, eps=0.0).apply(train)
    np.testing.assert_allclose(naive.covariance(y), np.eye(3), atol=1e-4 if dtype == np.float32 else 1e-10)


@whitening
def test_eps_holds_small_variances_down(name, rng):
    train = cloud(rng)
    fitted = PREPROCESSORS[name].fit(train, eps=0.5)
    found = np.linalg.eigvalsh(naive.covariance(fitted.apply(train)))
    np.testing.assert_allclose(np.sort(found)[::-1], fitted.variances / (fitted.variances + 0.5), rtol=1e-9)


def test_zca_is_the_symmetric_whitening_nearest_to_the_data(rng):
    train = cloud(rng)
    zca, pca = (PREPROCESSORS[name].fit(train, eps=0.0) for name in ("zca", "pca_whitening"))
    np.testing.assert_allclose(zca.matrix, zca.matrix.T, atol=1e-12)
    np.testing.assert_allclose(zca.apply(train), pca.apply(train) @ pca.components.T, atol=1e-10)
    centred = train - train.mean(0)
    assert np.square(zca.apply(train) - centred).sum() < np.square(pca.apply(train) - centred).sum()


def test_zca_keeps_the_shape_of_images(rng):
    digits = load_digits("train").images
    assert PREPROCESSORS["zca"].fit(digits, eps=1e-2).apply(digits[:5]).shape == (5, 1, 8, 8)
    assert PREPROCESSORS["pca"].fit(digits).apply(digits[:5]).shape == (5, 64)


@pytest.mark.parametrize("name", ["pca", "pca_whitening", "zca"])
def test_fewer_samples_than_features(name, rng):
    train = rng.normal(size=(4, 10))
    fitted = PREPROCESSORS[name].fit(train)
    assert (fitted.variances[:3] > 0.1).all()
    assert (fitted.variances >= 0).all()
    np.testing.assert_allclose(fitted.variances[3:], 0, atol=1e-12)
    y = fitted.apply(train)
    assert np.isfinite(y).all()
    np.testing.assert_allclose(fitted.undo(y), train, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: p["centre"].fit(np.ones(3)), ValueError, r"centre fit: train must have one sample a row, .* \(3,\)"),
        (lambda p: p["centre"].fit(np.ones((0, 3))), ValueError, r"at least one value, but its shape is \(0, 3\)"),
        (lambda p: p["centre"].fit(np.array([["a"]])), TypeError, "centre fit: train must be float32 or float64"),
        (lambda p: p["mean_image"].fit(np.ones((3, 2))), ValueError, r"mean_image fit: train .* \(N, C, H, W\)"),
        (lambda p: p["channel_mean"].fit(np.ones((3, 2))), ValueError, r"channel_mean fit: train .* \(N, C, H, W\)"),
        (lambda p: p["pca"].fit(np.ones((1, 3))), ValueError, "pca fit: train holds one sample"),
        (lambda p: p["zca"].fit(np.full((4, 3), np.nan)), ValueError, "zca fit: train holds NaN or infinity"),
        (lambda p: p["pca"].fit(np.eye(3), components=4), ValueError, "a whole number from 1 to 3, but is 4"),
        (lambda p: p["pca"].fit(np.eye(3), components=0), ValueError, "a whole number from 1 to 3, but is 0"),
        (lambda p: p["pca"].fit(np.eye(3), components=2.0), ValueError, r"a whole number from 1 to 3, but is 2\.0"),
        (lambda p: p["zca"].fit(np.ones((4, 3)), eps=0.0), ValueError, r"zca fit: eps must keep .* Try 1e-5"),
        (lambda p: p["pca_whitening"].fit(np.eye(3), eps=-1.0), ValueError, r"eps must be .* at least 0, but is -1\.0"),
        (
            lambda p: p["pca"].fit(np.eye(3)).apply(np.ones((2, 4))),
            ValueError,
            r"pca apply: x must have shape \(N, 3\), like the training set, but its shape is \(2, 4\)",
        ),
        (lambda p: p["centre"].fit(np.eye(3)).apply(np.ones(3)), ValueError, r"centre apply: x must have .* \(N, 3\)"),
        (lambda p: p["pca"].fit(np.eye(3), components=2).undo(np.eye(3)), ValueError, r"pca undo: y .* \(N, 2\)"),
        (lambda p: p["centre"].fit(np.eye(3)).undo(np.float64(1)), ValueError, r"centre undo: y .* \(\)"),
    ],
)
def test_what_cannot_be_used_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call(PREPROCESSORS)


@pytest.mark.parametrize("name", PREPROCESSORS)
def test_no_sample_becomes_no_sample(name, rng):
    preprocessor = PREPROCESSORS[name]
    train = rng.normal(size=(9, 2, 3, 2) if preprocessor.images else (9, 4))
    fitted = preprocessor.fit(train)
    assert fitted.apply(train[:0]).shape == fitted.undo(train[:0]).shape == train[:0].shape


@pytest.mark.parametrize("eps", [-1e-10, np.nan, np.inf, None, "0"])
def test_standardising_refuses_an_eps_by_which_constant_features_would_be_divided_by_0(eps):
    with pytest.raises((TypeError, ValueError), match=r"^standardise fit: eps must be a (finite )?number"):
        PREPROCESSORS["standardise"].fit(np.ones((3, 2)), eps=eps)
    np.testing.assert_array_equal(PREPROCESSORS["standardise"].fit(np.ones((3, 2)), eps=0).apply(np.ones((1, 2))), 0)
