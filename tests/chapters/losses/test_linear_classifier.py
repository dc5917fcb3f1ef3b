"""The linear classifier: sanity values at step 0, both parts of the loss, true gradients, honest divergence."""

import math

import numpy as np
import pytest

from coursekit.chapters.losses.linear_classifier import STEPS, TRAINED_BY, State, compute, draw, full_loss, train
from coursekit.data import POINT_SETS
from coursekit.demos import DEMOS
from coursekit.gradcheck import numerical_gradient, relative_error
from coursekit.losses import LOSSES

LOSS = pytest.mark.parametrize("loss", TRAINED_BY)


def preset(name):
    return compute(State(**DEMOS["linear_classifier"].presets[name]))


@pytest.mark.parametrize("points", POINT_SETS)
@LOSS
def test_the_first_loss_is_that_of_equal_scores(points, loss):
    frame = compute(State(points=points, loss=loss, step=0))
    classes = len(np.unique(frame.labels))
    expected = math.log(classes) if loss == "softmax_cross_entropy" else classes - 1
    assert frame.start == pytest.approx(expected)
    assert frame.total[0] == pytest.approx(expected, rel=0.03)


@LOSS
def test_the_gradient_is_that_of_the_full_loss(loss):
    x, labels = draw("blobs", 0)
    rng = np.random.default_rng(1)
    w, b = rng.normal(size=(2, 3)), rng.normal(size=3)
    _, dw, db = full_loss(x, labels, w, b, loss, 0.1)
    assert relative_error(dw, numerical_gradient(lambda w: sum(full_loss(x, labels, w, b, loss, 0.1)[0]), w)) < 1e-6
    assert relative_error(db, numerical_gradient(lambda b: sum(full_loss(x, labels, w, b, loss, 0.1)[0]), b)) < 1e-6


def test_the_full_loss_is_data_loss_plus_lambda_times_the_sum_of_squares():
    run = train("hinge", "blobs", 0.3, 0.1, 0)
    x, labels = draw("blobs", 0)
    for step in (0, 7, STEPS):
        assert run.data[step] == pytest.approx(LOSSES["hinge"](x @ run.w[step] + run.b[step], labels)[0])
        assert run.penalty[step] == pytest.approx(0.3 * (run.w[step] ** 2).sum())
    frame = compute(State(strength=0.3, step=7))
    np.testing.assert_array_equal(frame.total, frame.data + frame.penalty)


def test_a_larger_lambda_costs_fit_and_shrinks_the_weights():
    weak, strong = (compute(State(strength=strength, step=STEPS)) for strength in (0.03, 0.3))
    assert strong.data[-1] > weak.data[-1]
    assert strong.size < weak.size
    assert (weak.regions == strong.regions).mean() > 0.9


def test_a_scaled_loss_has_its_minimum_in_the_same_place():
    run, (x, labels) = train("hinge", "blobs", 0.03, 0.1, 0), draw("blobs", 0)
    sizes = np.linspace(0, 3, 31)
    loss = np.array([sum(full_loss(x, labels, k * run.w[-1], k * run.b[-1], "hinge", 0.03)[0]) for k in sizes])
    assert loss.argmin() == (10 * loss).argmin() == (loss / 150).argmin()


def test_with_the_hinge_most_points_stop_pulling_with_cross_entropy_none_does():
    assert preset("Hinge").pulling < 0.5
    assert preset("Cross-entropy").pulling == 1


def test_blobs_are_separated_and_spirals_are_not():
    assert preset("Hinge").right > 0.9
    assert preset("Spirals").right < 0.7
    assert compute(State(points="xor", loss="softmax_cross_entropy", step=STEPS, lr=1.0)).right < 0.8


def test_steps_too_large_diverge_and_say_so():
    frame = preset("Steps too large")
    assert frame.gone
    assert np.isfinite(frame.total).all()
    assert "diverges" in frame.readout
    early = compute(State(**{**DEMOS["linear_classifier"].presets["Steps too large"], "step": 2}))
    assert not early.gone
    assert early.readout.startswith("Step 2")


def test_regions_are_the_classes_that_the_points_get():
    frame = compute(State(step=STEPS))
    assert set(np.unique(frame.regions)) == {0, 1, 2}
    assert frame.regions[67, 115] == 0  # at (2.1, 0): the first blob's centre lies to the right
