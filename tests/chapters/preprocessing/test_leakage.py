"""The leakage demo: chance stays chance unless the choice of features has seen the test labels."""

import numpy as np
import pytest

from coursekit.chapters.preprocessing.leakage import (
    BINS,
    EPS,
    EXPERIMENTS,
    HEIGHTS,
    LEAKS,
    State,
    accuracy,
    compute,
    draw,
    select,
    stack,
    whiten,
)


def means(seeds=range(4), **settings):
    frames = [compute(State(seed=seed, **settings)) for seed in seeds]
    return np.mean([f.honest_means for f in frames], axis=0), np.mean([f.leaking_means for f in frames], axis=0)


def test_of_three_leaks_only_the_choice_of_features_beats_chance():
    honest, leaking = means()
    np.testing.assert_allclose(honest, 50, atol=3)
    np.testing.assert_allclose(leaking[:2], 50, atol=3)
    assert leaking[2] > 80


def test_the_claim_grows_with_the_features_to_choose_from():
    claims = [means(features=features)[1][2] for features in (10, 50, 500)]
    assert claims[0] == pytest.approx(50, abs=4)
    assert claims[0] + 8 < claims[1] < claims[2] - 8


def test_a_real_signal_is_found_and_the_leak_claims_more_than_is_possible():
    frame = compute(State(signal=1.0))
    assert frame.possible == pytest.approx(86.8, abs=0.1)  # Φ(½ √5)
    assert 55 < frame.honest.mean() < frame.possible < frame.leaking.mean()


def test_a_leak_of_the_covariance_can_make_the_test_look_worse():
    frame = compute(State(leak="pca_whitening", signal=2.0))
    assert frame.leaking.mean() < frame.honest.mean() - 5


@pytest.mark.parametrize("leak", LEAKS.values())
def test_the_dots_are_the_chosen_pipelines(leak):
    frame = compute(State(leak=leak))
    place = list(LEAKS.values()).index(leak)
    assert frame.honest.mean() == pytest.approx(frame.honest_means[place])
    assert frame.leaking.mean() == pytest.approx(frame.leaking_means[place])
    assert frame.gain == pytest.approx(frame.leaking_means[place] - frame.honest_means[place])


def test_nothing_of_the_test_half_reaches_the_honest_pipeline():
    data = draw(20, 30, 0.0, 0)
    changed = data.honest.copy()
    changed[10:] = 7.0
    for x in (data.honest, changed):
        chosen = select(x, data.labels, 4, data.train)[:10]
        np.testing.assert_array_equal(chosen, select(data.honest, data.labels, 4, data.train)[:10])
    np.testing.assert_allclose(data.honest[:10].mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(data.leaking.mean(0), 0, atol=1e-12)
    assert np.abs(data.honest.mean(0)).max() > 0.1


def test_the_chosen_features_are_those_that_agree_best_with_the_labels():
    rng = np.random.default_rng(0)
    labels = np.array([-1.0, 1, -1, 1, -1, 1])
    x = 0.1 * rng.normal(size=(6, 2, 5))
    x[:, 0, 3] += labels
    x[:, 1, 1] -= labels
    chosen = select(x, labels, 1, slice(None))
    np.testing.assert_array_equal(chosen[:, 0, 0], x[:, 0, 3])
    np.testing.assert_array_equal(chosen[:, 1, 0], x[:, 1, 1])


def test_whitened_rows_are_white():
    x = np.random.default_rng(0).normal(size=(60, 3, 4)) * [1, 2, 3, 4]
    white = whiten(x, slice(None))
    variances = np.linalg.eigvalsh(np.cov(x[:, 1].T, bias=True))[::-1]
    np.testing.assert_allclose(np.cov(white[:, 1].T, bias=True), np.diag(variances / (variances + EPS)), atol=1e-12)


def test_accuracy_of_two_far_classes_and_of_swapped_ones():
    labels = np.array([-1.0, 1, -1, 1, -1, 1, -1, 1])
    x = 5 * labels[:, None, None] * np.array([[1.0], [1.0]])  # two experiments, one feature
    x[4:, 1] *= -1
    np.testing.assert_array_equal(accuracy(x, labels, slice(0, 4)), [100, 0])


def test_dots_stand_on_each_other_in_the_middle_of_their_bin_and_fit_into_the_strip():
    dots = stack(np.array([50.0, 50.0, 100.0, 0.0]))
    np.testing.assert_allclose(dots, [[50, 0.5], [50, 1.5], [98, 0.5], [2, 0.5]])
    assert stack(np.full(EXPERIMENTS, 80.0))[:, 1].max() < HEIGHTS[-1]
    assert BINS[0] == 0
    assert BINS[-1] == 100
