"""The cloud demo: each stage does to the covariance what its name says, and the steps are those that descent takes."""

import numpy as np
import pytest

from coursekit.chapters.preprocessing.cloud import (
    STAGES,
    State,
    compute,
    descend,
    hessian,
    prepare,
    raw_cloud,
    steps_to,
)
from coursekit.demos import DEMOS

settings = pytest.mark.parametrize(
    "settings",
    [{}, {"correlation": -0.9, "scale": 0.2, "offset": -3.0}, {"correlation": 0.5, "scale": 10.0, "seed": 7}],
)


def covariances(**settings):
    return {stage: compute(State(stage=stage, **settings)).covariance for stage in STAGES}


@settings
def test_each_stage_does_what_its_name_says(settings):
    means = {stage: compute(State(stage=stage, **settings)).mean for stage in STAGES}
    covariance = covariances(**settings)
    assert np.abs(means["raw"]).min() > 0.1
    for stage in list(STAGES)[1:]:
        np.testing.assert_allclose(means[stage], 0, atol=1e-12)
    np.testing.assert_allclose(covariance["centred"], covariance["raw"])
    np.testing.assert_allclose(np.diag(covariance["scaled"]), 1)
    assert abs(covariance["scaled"][0, 1]) > 0.3
    assert abs(covariance["decorrelated"][0, 1]) < 1e-12
    assert np.ptp(np.diag(covariance["decorrelated"])) > 0.3
    np.testing.assert_allclose(covariance["whitened"], np.eye(2), atol=1e-12)


@settings
def test_scaling_and_whitening_lower_the_condition_number_and_turning_leaves_it(settings):
    ratios = [compute(State(stage=stage, **settings)).condition for stage in STAGES]
    assert ratios[1] > ratios[2]
    assert ratios[3] == pytest.approx(ratios[2])
    assert ratios[4] == pytest.approx(1)


def test_the_scaled_condition_number_is_that_of_the_correlation():
    frame = compute(State(stage="scaled", correlation=0.8))
    rho = frame.covariance[0, 1]
    assert frame.condition == pytest.approx((1 + rho) / (1 - rho))


@settings
def test_turning_changes_nothing_about_the_way(settings):
    scaled, turned = (compute(State(stage=stage, **settings)) for stage in ("scaled", "decorrelated"))
    np.testing.assert_allclose(turned.distance, scaled.distance, atol=1e-9)
    assert turned.steps == scaled.steps


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("rate", [0.3, 0.8, 0.97])
def test_the_counted_steps_are_those_of_a_real_descent(stage, rate):
    frame = compute(State(stage=stage, rate=rate))
    assert frame.distance[0] == pytest.approx(100)
    best = np.array([0.7, -0.3])
    x = prepare(raw_cloud(0.8, 3.0, 1.0, 0), stage)
    wanted = steps_to(frame.curvatures, best @ frame.directions, frame.lr)
    left = np.linalg.norm(descend(x, x @ best, frame.lr, wanted) - best, axis=1) / np.linalg.norm(best)
    assert left[-1] <= 0.01 < left[-2]


def test_a_round_bowl_takes_one_step_at_half_of_the_stable_rate():
    frame = compute(State(stage="whitened", rate=0.5))
    assert frame.steps == 1
    assert frame.way == "1 step"
    assert frame.distance[1] < 1e-9


@pytest.mark.parametrize("stage", STAGES)
def test_over_the_stable_rate_descent_diverges_and_at_it_it_never_arrives(stage):
    beyond, at = (compute(State(stage=stage, rate=rate)) for rate in (1.05, 1.0))
    assert beyond.distance[-1] > 100
    assert "diverges" in beyond.readout
    assert "never arrives" in at.readout


def test_the_mean_adds_its_outer_product_to_the_hessian():
    x = raw_cloud(0.8, 3.0, 2.0, 0)
    mean = x.mean(0)
    np.testing.assert_allclose(hessian(x) / 2, np.cov(x.T, bias=True) + np.outer(mean, mean))


def test_a_mean_along_the_clouds_long_side_makes_the_valley_longer_and_one_along_its_short_side_rounder():
    along, across = ([compute(State(correlation=r, offset=o)).condition for o in (0.0, 1.0)] for r in (0.8, -0.8))
    assert along[1] > 1.5 * along[0]
    assert across[1] < 0.7 * across[0]


def test_the_readout_has_the_numbers_of_the_default_cloud():
    readout = compute(State()).readout
    for words in ("Raw: mean (0.9, 2.8), std (0.98, 3), correlation 0.8", "Condition number 57", "158 steps"):
        assert words in readout


def test_presets_are_the_stages():
    assert [preset["stage"] for preset in DEMOS["cloud"].presets.values()] == list(STAGES)
