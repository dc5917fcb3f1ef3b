"""The vital signs of a run are what a slow twin sees, watching changes nothing, and each warning has its case."""

import math

import numpy as np
import pytest

from coursekit.diagnostics.limits import BOLD, TIMID
from coursekit.layers import Activation, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import fit
from coursekit.training.vitals import Vitals, VitalSigns, early_warning

LOSS = LOSSES["softmax_cross_entropy"]
DTYPE = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def make_net(dtype, bias=0.0):
    rng = np.random.default_rng(3)
    net = Sequential([Linear(4, 8, rng, dtype=dtype), Activation("relu"), Linear(8, 3, rng, dtype=dtype)])
    net.params["0.b"] += dtype(bias)
    return net


def make_data(dtype, count=40):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(count + 20, 4)).astype(dtype)
    labels = rng.integers(0, 3, count + 20)
    return x[:count], labels[:count], x[count:], labels[count:]


def watched(net, data, callbacks, optimiser=None):
    optimiser = optimiser or OPTIMISERS["momentum"](lr=0.1)
    return list(fit(net, LOSS, optimiser, data, 3, 8, np.random.default_rng(5), callbacks))


@DTYPE
def test_each_sign_is_what_a_slow_twin_sees(dtype):
    net, data, signs = make_net(dtype), make_data(dtype), VitalSigns()
    rows = fit(net, LOSS, OPTIMISERS["momentum"](lr=0.1), data, 3, 8, np.random.default_rng(5), [signs])
    before = {name: array.copy() for name, array in net.params.items()}
    for k, row in enumerate(rows):
        now = Vitals(*(sign[k] for sign in signs.vitals))
        change = sum(((net.params[name] - before[name]).astype(float) ** 2).sum() for name in before)
        size = sum((net.params[name].astype(float) ** 2).sum() for name in before)
        gradient = sum((net.grads[name].astype(float) ** 2).sum() for name in before)
        hidden = np.maximum(data[2] @ net.params["0.w"] + net.params["0.b"], 0)
        scores = hidden @ net.params["2.w"] + net.params["2.b"]
        assert now.loss == row.loss
        assert now.val_loss == pytest.approx(LOSS(scores, data[3])[0], rel=1e-4)
        assert now.val_accuracy == (scores.argmax(1) == data[3]).mean()
        assert now.gradient == pytest.approx(math.sqrt(gradient), rel=1e-6)
        assert now.ratio == pytest.approx(math.sqrt(change / size), rel=1e-6)
        assert now.dead == np.mean([not hidden[:, unit].any() for unit in range(8)])
        before = {name: array.copy() for name, array in net.params.items()}
    assert len(signs.vitals.loss) == 15


def test_the_accuracy_of_a_single_logit_goes_by_its_sign():
    net, signs, (x, y, *_) = Sequential([Linear(4, 1, 3)]), VitalSigns(), make_data(np.float32)
    next(fit(net, "binary_cross_entropy", OPTIMISERS["sgd"](lr=0.1), (x, y % 2, x, y % 2), 1, 40, 5, [signs]))
    assert signs.vitals.val_accuracy == [((net(x)[:, 0] > 0) == y % 2).mean()]


@DTYPE
def test_watching_changes_nothing(dtype):
    nets = [make_net(dtype), make_net(dtype)]
    rows = [
        watched(net, make_data(dtype), callbacks) for net, callbacks in zip(nets, ([], [VitalSigns()]), strict=True)
    ]
    assert rows[0] == rows[1]
    for name in nets[0].params:
        np.testing.assert_array_equal(nets[0].params[name], nets[1].params[name])


def test_units_whose_sum_is_below_0_for_all_are_dead_and_a_net_without_relu_has_none():
    signs = VitalSigns()
    watched(make_net(np.float64, bias=-99.0), make_data(np.float64), [signs])
    assert (signs.vitals.dead == 1).all()
    linear, signs = Sequential([Linear(4, 3, np.random.default_rng(0))]), VitalSigns()
    watched(linear, make_data(np.float32), [signs])
    assert (signs.vitals.dead == 0).all()


@pytest.mark.parametrize("data", [make_data(np.float64)[:2], (*make_data(np.float64)[:3], np.zeros(20))])
def test_without_labelled_validation_data_it_says_what_it_needs(data):
    with pytest.raises(ValueError, match=r"\(x, y, x_val, y_val\), with whole numbers in y_val"):
        watched(make_net(np.float64), data, [VitalSigns()])


# ---- warnings: the babysit figure's tests show real runs, these the edges

STEPS = 300
CHANCE = math.log(10)


def healthy(**changed):
    """A loss that falls, steps of a good size, and whatever is changed."""
    t = np.arange(STEPS)
    loss = 0.05 + (CHANCE - 0.05) * np.exp(-t / 80)
    signs = {
        "loss": loss,
        "val_loss": loss + 0.05,
        "val_accuracy": 1 - 0.9 * np.exp(-t / 80),
        "gradient": np.full(STEPS, 1.0),
        "ratio": np.full(STEPS, 1e-3),
        "dead": np.full(STEPS, 0.05),
    }
    return Vitals(**signs | changed)


def kind(vitals, epoch=36):
    warning = early_warning(vitals, 10, epoch)
    return warning and warning.kind


def with_end(name, value, count=36):
    values = getattr(healthy(), name).copy()
    values[-count:] = value
    return {name: values}


@pytest.mark.parametrize("steps", [1, 2, 12, 36, 100, 300])
def test_a_healthy_run_gives_no_warning_at_any_time(steps):
    assert early_warning(Vitals(*(sign[:steps] for sign in healthy())), 10, 36) is None


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        ("nan", with_end("loss", math.nan)),
        ("nan", with_end("val_loss", math.inf)),
        ("dying", with_end("dead", 0.3)),
        ("dead", with_end("dead", 0.3, 100)),
        ("born dead", {"dead": np.full(STEPS, 0.3)}),
        (None, {"dead": np.full(STEPS, 0.2)}),
        ("bold", with_end("ratio", 1.1 * BOLD)),
        (None, with_end("ratio", 0.9 * BOLD)),
        ("growing", with_end("gradient", 4.0, 6) | with_end("loss", 2.0, 6)),
        (None, with_end("gradient", 4.0, 6)),
        ("labels", {"loss": np.full(STEPS, CHANCE), "val_loss": np.full(STEPS, CHANCE)}),
        (
            "faint",
            {"loss": np.full(STEPS, CHANCE), "val_loss": np.full(STEPS, CHANCE), "gradient": np.full(STEPS, 0.1)},
        ),
        ("timid", {"ratio": np.full(STEPS, 0.9 * TIMID), "loss": np.full(STEPS, 2.0)}),
        (None, {"ratio": np.full(STEPS, 0.9 * TIMID)}),  # it has learned: there is little left to change
        ("overfits", with_end("val_loss", 1.0)),
        ("plateau", {"loss": np.full(STEPS, 1.2), "val_loss": np.full(STEPS, 1.3)}),
        ("swings", {"loss": 0.3 * np.exp(np.sin(np.arange(STEPS) * 2 * np.pi / 36))}),
        (None, {"loss": 0.3 * np.exp(np.random.default_rng(0).normal(size=STEPS))}),
    ],
)
def test_each_symptom_has_its_edge(expected, changed):
    assert kind(healthy(**changed)) == expected


def test_a_first_loss_far_from_chance_is_told_at_once_and_again_when_nothing_else_is_wrong():
    loss = healthy().loss.copy()
    loss[0] = 9.0
    vitals = healthy(loss=loss)
    assert kind(Vitals(*(sign[:1] for sign in vitals))) == kind(vitals) == "start"
    assert "The first loss was 9, not 2.3" in early_warning(vitals, 10, 36).words
    assert kind(healthy(loss=loss, **with_end("val_loss", 1.0))) == "overfits"


def test_the_gravest_is_told_first():
    assert kind(healthy(**with_end("dead", 0.9) | with_end("ratio", 0.5) | with_end("loss", math.nan))) == "nan"
    assert kind(healthy(**with_end("dead", 0.9) | with_end("ratio", 0.5))) == "dying"
