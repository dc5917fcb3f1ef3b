"""Drawn point sets have the form, the classes and the noise that was asked for; parts of a set share nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.data import POINT_SETS, blobs, circles, load_digits, moons, spirals, split, xor

each = pytest.mark.parametrize("kind", POINT_SETS.values(), ids=list(POINT_SETS))


@each
def test_points_and_labels_have_the_promised_form(kind, rng):
    points, labels = kind.draw(rng, 101)
    assert points.shape == (101, 2)
    assert points.dtype == np.float32
    assert labels.dtype == np.int64
    counts = np.bincount(labels)
    assert counts.max() - counts.min() <= (2 if kind.name == "xor" else 1)
    assert np.abs(points).max() < 6


@each
def test_the_seed_decides(kind):
    first, again, other = (kind.draw(np.random.default_rng(seed), 50) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.points, again.points)
    assert (first.points != other.points).any()
    np.testing.assert_array_equal(first.labels, other.labels)


@each
def test_noise_moves_every_point_and_its_size_counts(kind):
    clean, little, much = (kind.draw(np.random.default_rng(3), 2000, noise=noise).points for noise in (0, 0.01, 0.1))
    moved = [np.square(noisy - clean).mean() for noisy in (little, much)]
    assert moved[1] == pytest.approx(100 * moved[0], rel=0.05)
    if kind.name != "spirals":  # whose noise is an angle
        assert moved[1] == pytest.approx(0.01, rel=0.1)


@each
def test_a_line_separates_what_is_said_to_be_separable_and_nothing_else(kind, rng):
    points, labels = kind.draw(rng, 600, noise=0.05)
    x = np.column_stack([points, np.ones(600)])
    weights = np.linalg.lstsq(x, np.eye(labels.max() + 1)[labels], rcond=None)[0]
    assert ((x @ weights).argmax(1) == labels).mean() == (1 if kind.linear else pytest.approx(0.6, abs=0.32))
    assert (((x @ weights).argmax(1) == labels).all()) == kind.linear


@given(st.integers(2, 6), st.integers(0, 40))
def test_spirals_wind_from_the_centre_to_radius_1(classes, more):
    n = 3 * classes + more
    points, labels = spirals(np.random.default_rng(0), n, noise=0, classes=classes)
    assert set(labels) == set(range(classes))
    radius = np.hypot(*points.T)
    for label in range(classes):
        arm = radius[labels == label]
        np.testing.assert_allclose(arm, np.linspace(0, 1, len(arm)), atol=1e-6)
        end = points[labels == label][-1]
        assert np.arctan2(*end[::-1]) == pytest.approx(
            (2 * np.pi * label / classes + 4 + np.pi) % (2 * np.pi) - np.pi, abs=1e-5
        )


def test_circles_have_radius_1_and_a_half_and_no_point_twice(rng):
    points, labels = circles(rng, 60, noise=0)
    np.testing.assert_allclose(np.hypot(*points.T), np.where(labels == 0, 1, 0.5), rtol=1e-6)
    assert len(np.unique(points.round(5), axis=0)) == 60


def test_moons_lie_on_their_half_circles(rng):
    points, labels = moons(rng, 60, noise=0)
    centres = np.where(labels[:, None] == 0, (0, 0), (1, 0.5))
    np.testing.assert_allclose(np.hypot(*(points - centres).T), 1, rtol=1e-6)
    assert (np.where(labels == 0, points[:, 1], 0.5 - points[:, 1]) >= -1e-6).all()


def test_xor_is_1_where_the_signs_differ(rng):
    points, labels = xor(rng, 400, noise=0.1)
    np.testing.assert_array_equal(labels, (points[:, 0] > 0) ^ (points[:, 1] > 0))
    assert {tuple(point) for point in xor(rng, 8, noise=0).points} == {(-1, -1), (-1, 1), (1, -1), (1, 1)}


def test_blobs_stand_on_a_circle_of_radius_2(rng):
    points, labels = blobs(rng, 4000, noise=0.3, classes=5)
    for label in range(5):
        cloud = points[labels == label]
        angle = 2 * np.pi * label / 5
        np.testing.assert_allclose(cloud.mean(0), [2 * np.cos(angle), 2 * np.sin(angle)], atol=0.05)
        np.testing.assert_allclose(cloud.std(0), 0.3, rtol=0.1)


@each
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "n must be a whole number of at least 1, but is 0"),
        ({"n": 10.5}, r"n must be a whole number of at least 1, but is 10\.5"),
        ({"n": 1}, "1 points are too few for"),
        ({"noise": -0.1}, r"noise is a spread and must not be negative, but is -0\.1"),
        ({"noise": float("nan")}, "noise is a spread and must not be negative, but is nan"),
        ({"noise": "much"}, "noise is a spread and must not be negative, but is 'much'"),
    ],
)
def test_wrong_options_are_explained(kind, options, message, rng):
    with pytest.raises(ValueError, match=f"^{kind.name}: {message}"):
        kind.draw(rng, **options)


@each
@pytest.mark.parametrize("rng", [None, 500, np.random.RandomState(0)], ids=["None", "n", "RandomState"])
def test_what_is_no_generator_is_refused_and_no_noise_forgotten(kind, rng):
    with pytest.raises(
        TypeError, match=rf"^{kind.name}: rng must be .* Try {kind.name}\(np\.random\.default_rng\(0\), n="
    ):
        kind.draw(rng)


@pytest.mark.parametrize("draw", [spirals, blobs])
def test_a_wrong_number_of_classes_is_explained(draw, rng):
    with pytest.raises(ValueError, match=f"^{draw.__name__}: classes must be a whole number of at least 1, but is 0"):
        draw(rng, 10, classes=0)


@each
def test_the_record_is_complete(kind):
    assert kind.label
    assert kind.verdict


@given(st.lists(st.floats(0.1, 0.3), min_size=1, max_size=3), st.integers(0, 1000))
def test_parts_share_no_sample_and_keep_each_class_in_its_share(fractions, seed):
    labels = np.repeat([0, 1, 7], [60, 30, 10])
    x = np.arange(100.0)[:, None]
    parts = split(x, labels, fractions, np.random.default_rng(seed))
    rows = np.concatenate([part.x[:, 0] for part in parts]).astype(int)
    assert len(set(rows)) == len(rows)
    for part, fraction in zip(parts, fractions, strict=True):
        np.testing.assert_array_equal(part.labels, labels[part.x[:, 0].astype(int)])
        for label, count in ((0, 60), (1, 30), (7, 10)):
            assert (part.labels == label).sum() == pytest.approx(fraction * count, abs=1)


def test_fractions_that_add_up_to_1_leave_nothing_out_and_parts_are_shuffled(rng):
    images, labels = load_digits()
    train, validation, test = split(images, labels, (0.7, 0.2, 0.1), rng)
    assert len(train.x) + len(validation.x) + len(test.x) == 1797
    assert train.x.shape[1:] == (1, 8, 8)
    assert (np.diff(train.labels) < 0).mean() > 0.3
    again = split(images, labels, (0.7, 0.2, 0.1), np.random.default_rng(1))
    assert (again[0].labels != train.labels).any()
    chosen = [set(split(np.arange(20), [0] * 20, (0.5,), np.random.default_rng(seed))[0].x) for seed in (0, 1)]
    assert chosen[0] != chosen[1]


@pytest.mark.parametrize(
    ("x", "labels", "fractions", "message"),
    [
        (np.ones((3, 2)), [0, 1], (0.5,), r"one for each of x, but have shape \(2,\) for x \(3, 2\)"),
        (np.ones((2, 2)), [[0], [1]], (0.5,), "one for each of x"),
        (np.ones((2, 2)), [0, 1], (0.7, 0.7), r"add up to at most 1, but are \(0\.7, 0\.7\)"),
        (np.ones((2, 2)), [0, 1], (0.5, -0.1), "must be positive"),
        (np.ones((2, 2)), [0, 1], (), "must be positive"),
        (np.ones((2, 2)), [0, 1], (0.9, 0.1), "2 samples are too few .* one would be empty"),
        (np.ones((0, 2)), np.zeros(0, int), (1.0,), "0 samples are too few"),
    ],
)
def test_a_split_that_cannot_be_is_explained(x, labels, fractions, message, rng):
    with pytest.raises(ValueError, match=f"^split: .*{message}"):
        split(x, labels, fractions, rng)


def test_a_seed_deals_what_its_generator_does(rng):
    x, labels = rng.normal(size=(20, 3)), rng.integers(0, 2, 20)
    for one, other in zip(
        split(x, labels, (0.5, 0.5), 3), split(x, labels, (0.5, 0.5), np.random.default_rng(3)), strict=True
    ):
        np.testing.assert_array_equal(one.x, other.x)
    with pytest.raises(TypeError, match=r"^split: rng must be a numpy\.random\.Generator or its seed"):
        split(x, labels, (0.5, 0.5), None)
