"""Double descent: closed forms against the pseudo-inverse and normal equations, the peak, and how it goes."""

import numpy as np
import pytest

from coursekit.chapters.regularisation.double_descent import (
    DRAWS,
    State,
    compute,
    decompose,
    draw,
    measure,
    sizes_for,
    solve,
)
from coursekit.demos import DEMOS
from coursekit.gradcheck import numerical_gradient

DEMO = DEMOS["double_descent"]
SIZES = sizes_for(20)


def errors(strength=0.0, samples=20, noise=0.5, seed=0):
    return measure(sizes_for(samples), samples, noise, strength, seed)[0]


def at(errors, features):
    return errors.test[SIZES.index(features)]


@pytest.mark.parametrize("features", [5, 19, 20, 21, 60])
@pytest.mark.parametrize("strength", [0.0, 0.03])
def test_fits_are_those_of_the_weights_themselves(features, strength):
    draws, samples = draw(1), 20
    y = draws.y[:, :samples]
    fit, predicted, norm = solve(decompose((features,), samples, 1), y, strength)
    for d in range(DRAWS):
        phi, new = (every[:, :features] / np.sqrt(features) for every in (draws.seen[d, :samples], draws.new[d]))
        if strength:
            w = np.linalg.inv(phi.T @ phi + samples * strength * np.eye(features)) @ phi.T @ y[d]
        else:
            w = np.linalg.pinv(phi, rcond=1e-12) @ y[d]
        np.testing.assert_allclose(fit[0, d], phi @ w, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(predicted[0, d], new @ w, rtol=1e-4, atol=1e-4)
        assert norm[0, d] == pytest.approx(np.linalg.norm(w), rel=1e-4)


def test_at_the_fit_the_loss_has_no_slope():
    phi = draw(0).seen[0, :20, :6] / np.sqrt(6)
    y = draw(0).y[:, :20]
    fit = solve(decompose((6,), 20, 0), y, 0.05)[0][0, 0]
    w = np.linalg.lstsq(phi, fit, rcond=None)[0]

    def loss(w):
        return float(np.mean((phi @ w - y[0]) ** 2) + 0.05 * w @ w)

    np.testing.assert_allclose(numerical_gradient(loss, w), 0, atol=1e-7)


def test_features_that_are_0_on_all_samples_change_nothing():
    dead = [seed for seed in range(8) if (draw(seed).seen[:, :10, :10] == 0).all(1).any()]
    assert dead
    for seed in dead:
        y = draw(seed).y[:, :10]
        fit, _, norm = solve(decompose((10,), 10, seed), y, 0.0)
        for d in range(DRAWS):
            phi = draw(seed).seen[d, :10, :10] / np.sqrt(10)
            w = np.linalg.pinv(phi, rcond=1e-7) @ y[d]
            np.testing.assert_allclose(fit[0, d], phi @ w, atol=1e-4)
            assert norm[0, d] == pytest.approx(np.linalg.norm(w), rel=1e-3)


def test_a_small_penalty_becomes_the_least_norm():
    y = draw(0).y[:, :20]
    kernel = decompose((8, 60), 20, 0)
    np.testing.assert_allclose(solve(kernel, y, 1e-12)[1], solve(kernel, y, 0.0)[1], atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("samples", [10, 20, 30])
def test_error_and_norm_peak_where_features_equal_samples_or_one_beside(samples, seed):
    sizes, found = sizes_for(samples), errors(samples=samples, seed=seed)
    assert abs(sizes[int(found.test.argmax())] - samples) <= 1
    assert abs(sizes[int(found.norm.argmax())] - samples) <= 1
    assert found.test[-1] < found.test[: sizes.index(samples)].min()  # the second valley is the lower one


@pytest.mark.parametrize("seed", range(4))
def test_from_there_on_the_samples_are_hit(seed):
    found = errors(seed=seed)
    hit = np.array(SIZES) >= 20
    assert (found.train[hit] < 1e-15).all()
    assert (found.train[~hit] > 1e-4).all()


@pytest.mark.parametrize("seed", range(4))
def test_the_right_penalty_takes_the_peak_away(seed):
    found = errors(0.02, seed=seed)
    assert found.test.max() < 1.7
    assert at(found, 20) < min(at(found, 8), at(errors(seed=seed), 20) / 10)
    assert found.test[-1] == pytest.approx(found.test.min(), rel=0.1)


def test_without_noise_in_the_samples_the_peak_is_lower():
    assert at(errors(noise=0.0), 20) < at(errors(), 20) < at(errors(noise=1.0), 20)


def test_the_picture_shows_sizes_up_to_the_chosen_one():
    assert compute(State(features=8)).sizes[-1] == 8
    assert compute(State(features=1)).sizes.tolist() == [1, 2]
    assert compute(State(features=300)).sizes.tolist() == [*SIZES]
    frame = compute(State(features=60))
    assert frame.now.test[0] == pytest.approx(frame.test[-1])
    assert frame.predicted.shape == frame.truth.shape


def test_what_the_questions_say():
    assert at(errors(), 20) == pytest.approx(41, abs=1)
    assert compute(State(**DEMO.question.settings)).now.test[0] == pytest.approx(0.54, abs=0.006)
    penalised = compute(State(**DEMO.others["penalty"].settings))
    assert at(penalised, 20) == pytest.approx(0.77, abs=0.006)
    assert penalised.now.test[0] == pytest.approx(0.53, abs=0.006)
    assert compute(State(features=30)).now.test[0] == pytest.approx(1.4, abs=0.05)
    assert compute(State(**DEMO.others["more data"].settings)).now.test[0] == pytest.approx(14, abs=0.5)
    priced = [compute(State(features=30, samples=n, penalised=True)).now.test[0] for n in (20, 30)]
    assert priced[1] < priced[0] < 1  # with the penalty more data do help


def test_the_readout_counts_features_against_samples():
    for features, words in (
        (1, "1 feature, fewer"),
        (8, "fewer than the 20"),
        (20, "as many as the 20"),
        (300, "more than the 20"),
    ):
        assert words in compute(State(features=features)).readout
