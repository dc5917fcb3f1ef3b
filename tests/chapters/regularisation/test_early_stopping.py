"""Early stopping: the rule is the callback's, and what haste, luck and min_delta do is as claimed."""

from types import SimpleNamespace

import numpy as np
import pytest

from coursekit.chapters.regularisation.early_stopping import (
    EPOCHS,
    MOST,
    State,
    compute,
    each_loss,
    early_stop,
    to_beat,
    trained,
)
from coursekit.demos import DEMOS
from coursekit.layers import Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.training.callbacks import EarlyStopping
from coursekit.training.run import Row

DEMO = DEMOS["early_stopping"]


def preset(name):
    return compute(State().replace(**DEMO.presets[name]))


def by_the_callback(val, patience, min_delta):
    """Where `EarlyStopping` ends a run, and whose weights it brings back: an epoch's are its number."""
    net = Sequential([Linear(1, 1, np.random.default_rng(0), dtype=np.float64)])
    run = SimpleNamespace(net=net, data=SimpleNamespace(x_val=np.zeros((1, 1))), finished=False)
    stopping = EarlyStopping(patience, min_delta)
    stopping.begin(run)
    for epoch, loss in enumerate(val, 1):
        net.params["0.w"][...] = epoch
        stopping.after_row(run, Row(epoch, epoch, 0.0, 0.1, float(loss)))
        if run.finished:
            break
    stopping.end(run)
    return int(net.params["0.w"].item()), epoch


@pytest.mark.parametrize("patience", [1, 2, 7])
@pytest.mark.parametrize("min_delta", [0.0, 0.3])
def test_the_rule_is_that_of_the_callback(patience, min_delta):
    rng = np.random.default_rng(0)
    for _ in range(30):
        val = rng.uniform(0, 2, 25) + np.linspace(1, 0, 25)
        assert early_stop(val, patience, min_delta) == by_the_callback(val, patience, min_delta)


def test_the_rule_on_a_curve_made_by_hand():
    val = np.array([1.0, 0.8, 0.9, 0.7, 0.75, 0.76, 0.5])
    assert early_stop(val, 1, 0.0) == (2, 3)
    assert early_stop(val, 2, 0.0) == (4, 6)
    assert early_stop(val, 3, 0.0) == (7, 7)
    assert early_stop(val, 3, 0.15) == (2, 5)
    np.testing.assert_allclose(to_beat(val, 0.0), [1.0, 0.8, 0.8, 0.7, 0.7, 0.7, 0.5])
    np.testing.assert_allclose(to_beat(val, 0.15), [0.85, 0.65, 0.65, 0.65, 0.65, 0.65, 0.35])


def test_patience_1_stops_at_the_first_bump_and_10_sees_over_it():
    hasty, patient = preset("Patience 1"), preset("Patience 10")
    assert (hasty.kept, hasty.stopped) == (1, 2)
    assert hasty.lost > 0.1
    assert (patient.kept, patient.stopped) == (28, 38)
    assert patient.lost < 0.02
    assert "hardly worse" in patient.verdict


def test_more_patience_falls_for_a_lucky_dip_and_min_delta_or_more_points_do_not():
    fooled, guarded, sure = preset("A lucky dip"), preset("min_delta 0.1"), preset("400 points")
    assert fooled.kept == 42
    assert fooled.val[41] < fooled.val[27]
    assert fooled.run.test[41] > fooled.run.test[27] + 0.03
    assert guarded.kept == 28
    assert sure.lost < 0.01
    for question in (DEMO.question, DEMO.others["more patience"]):
        assert compute(State().replace(**question.settings)).val is not None


def test_few_validation_points_make_a_rough_curve():
    def roughness(points):
        return np.abs(np.diff(compute(State(validation=points)).val)).mean()

    assert roughness(20) > 1.5 * roughness(MOST)


@pytest.mark.parametrize("seed", range(3))
def test_haste_costs_more_than_patience_and_the_training_loss_falls_on(seed):
    run = trained(seed)
    hasty, patient = (compute(State(patience=p, validation=MOST, seed=seed)) for p in (1, 10))
    assert hasty.lost > patient.lost + 0.03
    assert run.test[-1] > run.test.min() + 0.1
    assert run.train[-20:].mean() < run.train[run.test.argmin()]


def test_the_loss_of_each_sample_has_the_mean_that_the_loss_has():
    rng = np.random.default_rng(0)
    scores, labels = 5 * rng.standard_normal((50, 3)), rng.integers(0, 3, 50)
    naive = [-np.log(np.exp(s)[y] / np.exp(s).sum()) for s, y in zip(scores, labels, strict=True)]
    np.testing.assert_allclose(each_loss(scores, labels), naive)
    assert each_loss(scores, labels).mean() == pytest.approx(LOSSES["softmax_cross_entropy"](scores, labels)[0])


def test_what_each_patience_keeps_is_what_the_rule_keeps():
    state = State(patience=50, min_delta=0.02)
    frame = compute(state)
    for patience in (1, 7, 50):
        other = compute(state.replace(patience=patience))
        assert frame.by_patience[patience - 1] == other.run.test[other.kept - 1]
    assert len(frame.val) == EPOCHS
