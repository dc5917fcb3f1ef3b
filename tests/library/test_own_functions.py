"""A learner's own activations, initialisers and losses: checked at once, used as the course's, mistakes told."""

import copy
import math
import pickle
import time
from dataclasses import replace

import numpy as np
import pytest

import coursekit as ck
from coursekit.activations import ACTIVATIONS, ELEMENTWISE
from coursekit.chapters.capstone.readers import NETWORKS
from coursekit.exercises import own_code
from coursekit.exercises.checking import Verdict
from coursekit.exercises.own_code import OwnCodeError, called
from coursekit.exercises.time_limit import TimeUpError, call_with_limit
from coursekit.figures.controls import Choice, Records
from coursekit.initialisers import INITIALISERS
from coursekit.layers import Activation, Conv2d, Linear, Maxout
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.registry import UnknownNameError
from coursekit.training import fit

REGISTRIES = ACTIVATIONS, INITIALISERS, LOSSES, OPTIMISERS, NETWORKS


@pytest.fixture(autouse=True)
def the_course_as_it_was():
    course = [dict(registry) for registry in REGISTRIES]
    yield
    for registry in REGISTRIES:
        registry.remove_own()
    assert [dict(registry) for registry in REGISTRIES] == course


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(own_code, "LONGEST", 0.3)


def says(result, words):
    assert result.verdict is Verdict.WRONG
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(" ".join(result.message.split()))


def never_ends(*_):
    while True:
        pass


def leaves(*_):
    exit()


# ---- activations

SLOPES = {
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "relu": (lambda x: np.maximum(x, 0), lambda x: x > 0),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-abs(x)) / (1 + np.exp(-abs(x))) ** 2),
    "identity": (lambda x: x, np.ones_like),
}


def cloud(dtype):
    return np.random.default_rng(0).normal(0, 3, (40, 7)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("with_df", [True, False], ids=["df", "differences"])
@pytest.mark.parametrize("name", SLOPES)
def test_an_own_activation_is_the_courses_twin(name, with_df, dtype):
    f, df = SLOPES[name]
    assert ck.mine.activation("mine", f, df if with_df else None).verdict is Verdict.CORRECT
    mine, twin, x = ACTIVATIONS["mine"], ACTIVATIONS[name], cloud(dtype)
    dout = np.random.default_rng(1).normal(size=x.shape).astype(dtype)
    tolerance = 1e-6 if dtype == np.float32 else 1e-8
    for a, b in zip(passed(mine, x, dout), passed(twin, x, dout), strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=10 * tolerance, atol=tolerance)
    np.testing.assert_allclose(mine.range, twin.range, atol=1e-6)
    assert mine.zero_centred == twin.zero_centred


def passed(activation, x, dout):
    y, cache = activation.forward(x)
    return y, activation.backward(dout, cache)


@pytest.mark.parametrize(("name", "flat"), [("tanh", (-1.82, 1.82)), ("relu", (-0.01, math.inf))])
def test_where_it_is_flat_is_measured(name, flat):
    ck.mine.activation("mine", *SLOPES[name])
    np.testing.assert_allclose(ACTIVATIONS["mine"].flat, flat, atol=0.02)
    np.testing.assert_allclose(ACTIVATIONS["mine"].flat, ACTIVATIONS[name].flat, atol=0.02)


def test_the_gain_keeps_a_signal():
    ck.mine.activation("mine", np.sin, np.cos)
    z = np.random.default_rng(0).normal(size=200_000)
    assert ACTIVATIONS["mine"].gain == pytest.approx(1 / math.sqrt((np.sin(z) ** 2).mean()), rel=0.01)


def test_that_the_slope_is_taken_by_differences_is_said():
    assert "Its slope is taken by differences" in repr(ck.mine.activation("mine", np.sin))
    assert repr(ck.mine.activation("mine", np.sin, np.cos)).endswith("as “mine (yours)”.")


def trained(name):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    layers = [Linear(3, 5, rng, dtype=np.float64), Activation(name), Linear(5, 2, rng, dtype=np.float64)]
    rows = list(
        fit(Sequential(layers), LOSSES["softmax_cross_entropy"], OPTIMISERS["adam"](lr=0.05), (x, y), 3, 8, rng)
    )
    return [row.loss for row in rows]


def test_a_network_learns_with_it_as_with_the_twin():
    ck.mine.activation("mine", *SLOPES["tanh"])
    np.testing.assert_allclose(trained("mine"), trained("tanh"), rtol=1e-10)


def test_a_copy_of_a_network_keeps_the_function_and_a_pickle_asks_for_the_name():
    ck.mine.activation("mine", np.sin, np.cos)
    layer = Activation("mine")
    ck.mine.activation("mine", *SLOPES["tanh"])
    x = cloud(np.float64)
    np.testing.assert_array_equal(copy.deepcopy(layer).forward(x), np.sin(x))
    np.testing.assert_array_equal(Activation("mine").forward(x), np.tanh(x))
    packed = pickle.dumps(Activation("mine"))
    ck.mine.forget("mine")
    with pytest.raises(UnknownNameError, match="no activation called 'mine'"):
        pickle.loads(packed)


def changes_its_input(x):
    x[x < 0] = 0
    return x


def shrinks(x):
    return x[:3]


MISTAKES = {
    "raises": (lambda x: x / (1 - 1.0 / 0), r"your mine raises ZeroDivisionError: .* \(line \d+: \"raises\":"),
    "an if": (lambda x: x if x > 0 else 0 * x, "An if asks one question, but an array holds many answers"),
    "math": (lambda x: math.tanh(x), r"line \d+.*those of np take arrays"),
    "in place": (changes_its_input, r"read-only \(line \d+: x\[x < 0\] = 0\)\. That array is the figure's"),
    "another shape": (shrinks, r"returns float64 of shape \(3,\), but x has shape"),
    "a number": (lambda x: 1.0, "returns float, but x has shape"),
    "complex": (lambda x: x * 1j, "returns complex128 of shape"),
    "nan": (lambda x: np.exp(x) / (1 + np.exp(x)), "gives nan at x = 100"),
    "inf": (lambda x: 1 / x, r"gives inf at x = 0\. Is there a division by 0"),
    "constant": (lambda x: 0 * x + 3, "gives 3 for every x"),
    "softmax": (lambda x: np.exp(x - x.max()), "Each output depends on its own input alone"),
    "random": (lambda x: x + np.random.default_rng().normal(size=x.shape), "random numbers"),
    "exit": (leaves, r"ends the kernel .*take exit\(\) out"),
    "for ever": (never_ends, r"did not finish within 0\.3 s \(line \d+"),
    "no function": (3, "the function itself, without brackets, but got int"),
    "two parameters": (lambda x, y: x, "it is called with x, in this order"),
}


@pytest.mark.parametrize(("f", "words"), MISTAKES.values(), ids=list(MISTAKES))
def test_what_is_wrong_with_an_activation_is_said_and_nothing_has_changed(impatient, f, words):
    ck.mine.activation("mine", np.sin, np.cos)
    before = ACTIVATIONS["mine"]
    says(ck.mine.activation("mine", f), words)
    assert ACTIVATIONS["mine"] is before


WRONG_SLOPES = {
    "of the output": (lambda y: 1 - y**2, r"would be right if it were given y = f\(x\)"),
    "twice": (lambda x: 2 - 2 * np.tanh(x) ** 2, "is 2 times the slope, at every x"),
    "sign": (lambda x: np.tanh(x) ** 2 - 1, "is -1 times the slope"),
    "another": (np.cos, r"the df of your mine gives -?[\d.e-]+ at x = .* but there f rises by"),
    "raises": (lambda x: x.slope, "the df of your mine raises AttributeError"),
    "shape": (lambda x: 1.0, "the df of your mine returns float"),
}


@pytest.mark.parametrize(("df", "words"), WRONG_SLOPES.values(), ids=list(WRONG_SLOPES))
def test_a_slope_is_held_against_differences(df, words):
    says(ck.mine.activation("mine", np.tanh, df), words)
    assert "mine" not in ACTIVATIONS


def test_what_is_not_written_yet_is_no_mistake():
    for result in (ck.mine.activation("mine", lambda x: None), ck.mine.activation("mine", np.tanh, lambda x: None)):
        assert result.verdict is Verdict.NOT_ATTEMPTED
        assert "returns nothing. End with return." in result.message


@pytest.mark.parametrize("kind", ["activation", "initialiser", "loss"])
def test_a_name_of_the_course_stays_the_courses(kind):
    name = {"activation": "relu", "initialiser": "zeros", "loss": "hinge"}[kind]
    with pytest.raises(ValueError, match=f"'{name}' is the name of an entry of the course"):
        getattr(ck.mine, kind)(name, lambda *_: None)


def test_what_is_nan_in_a_figure_only_is_the_learners_mistake_and_an_overflow_is_not():
    ck.mine.activation("mine", lambda x: np.where(x == 0.5, np.nan, x * x))
    forward = ACTIVATIONS["mine"].forward
    with pytest.raises(OwnCodeError, match=r"your mine gives nan at x = 0\.5"):
        forward(np.array([0.25, 0.5]))
    assert np.isnan(forward(np.array([np.nan]))[0])[0]
    assert np.isinf(forward(np.array([1e30], np.float32))[0])[0]


def test_every_elementwise_activation_and_every_own_one_is_offered():
    offered = Choice("activation", Records(ACTIVATIONS, names=ELEMENTWISE))
    before = list(offered.options.values())
    assert before == [record.name for record in ACTIVATIONS.values() if record.elementwise]
    ck.mine.activation("mine", np.sin)
    assert list(offered.options) == [*(ACTIVATIONS[name].label for name in before), "mine (yours)"]


# ---- initialisers


def test_an_own_initialiser_draws_what_the_courses_twin_draws():
    ck.mine.initialiser("mine", lambda fan_in, fan_out, rng: rng.standard_normal((fan_in, fan_out)) / math.sqrt(fan_in))
    mine, twin = (INITIALISERS[name](200, 300, rng=0) for name in ("mine", "lecun_normal"))
    np.testing.assert_allclose(mine, twin, rtol=1e-6)
    assert INITIALISERS["mine"].std(400, 400) == pytest.approx(1 / 20, rel=0.02)


def test_filters_and_pieces_take_columns_of_their_fan_in():
    def columns(fan_in, fan_out, rng):
        return np.tile(np.arange(fan_out) + rng.integers(1), (fan_in, 1))

    ck.mine.initialiser("mine", columns)
    rng = np.random.default_rng(0)
    filters = Conv2d(3, 4, 3, rng, init="mine").params["w"]
    assert filters.shape == (4, 3, 3, 3)
    np.testing.assert_array_equal(filters, np.broadcast_to(np.arange(4)[:, None, None, None], (4, 3, 3, 3)))
    assert Maxout(6, 3, 4, rng, init="mine").params["w"].shape == (6, 3, 4)


DRAWS = {
    "turned": (lambda fan_in, fan_out, rng: rng.normal(size=(fan_out, fan_in)), r"of shape \(5, 7\), but w has shape"),
    "one number": (lambda fan_in, fan_out, rng: 0.1, "returns float, but w has shape"),
    "its own numbers": (
        lambda fan_in, fan_out, rng: np.random.default_rng().normal(size=(fan_in, fan_out)),
        "draws other weights from the same rng",
    ),
    "not finite": (lambda fan_in, fan_out, rng: np.full((fan_in, fan_out), np.nan), "draws nan for 7 inputs"),
    "no rng": (lambda fan_in, fan_out: 0, "it is called with fan_in, fan_out, rng"),
    "for ever": (never_ends, "did not finish"),
}


@pytest.mark.parametrize(("draw", "words"), DRAWS.values(), ids=list(DRAWS))
def test_what_is_wrong_with_an_initialiser_is_said(impatient, draw, words):
    says(ck.mine.initialiser("mine", draw), words)
    assert "mine" not in INITIALISERS


# ---- losses


def softmax_loss(scores, y):
    p = np.exp(scores - scores.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return -np.log(p[np.arange(len(y)), y]).mean(), (p - np.eye(p.shape[1])[y]) / len(y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("apart", [False, True], ids=["both", "df"])
def test_an_own_loss_is_the_courses_twin(apart, dtype):
    pair = [lambda scores, y, part=part: softmax_loss(scores, y)[part] for part in (0, 1)]
    assert ck.mine.loss("mine", *(pair if apart else [softmax_loss])).verdict is Verdict.CORRECT
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(9, 4)).astype(dtype), rng.integers(0, 4, 9)
    mine, twin = (LOSSES[name](scores, y) for name in ("mine", "softmax_cross_entropy"))
    assert mine[0] == pytest.approx(twin[0], rel=1e-5)
    assert mine[1].dtype == dtype
    np.testing.assert_allclose(mine[1], twin[1], rtol=1e-4, atol=1e-6)
    assert fit_once("mine") == pytest.approx(fit_once("softmax_cross_entropy"))


def fit_once(loss):
    rng = np.random.default_rng(0)
    net = Sequential([Linear(3, 2, rng, dtype=np.float64)])
    x, y = rng.normal(size=(20, 3)), rng.integers(0, 2, 20)
    return [row.loss for row in fit(net, loss, OPTIMISERS["sgd"](lr=0.1), (x, y), 2, 5, rng)]


def value(scores, y):
    return softmax_loss(scores, y)[0]


def slope(scores, y):
    return softmax_loss(scores, y)[1]


GRADIENTS = {
    "N times too large": (lambda scores, y: len(y) * slope(scores, y), "5 times too large for 5 samples"),
    "sign": (lambda scores, y: -slope(scores, y), "has the wrong sign"),
    "of the right class only": (
        lambda scores, y: slope(scores, y) * np.eye(scores.shape[1])[y],
        "for the score of a wrong class",
    ),
    "shape": (lambda scores, y: slope(scores, y).mean(0), "but scores has shape"),
    "in place": (lambda scores, y: scores.__isub__(1), "read-only"),
}


@pytest.mark.parametrize(("df", "words"), GRADIENTS.values(), ids=list(GRADIENTS))
def test_a_gradient_is_held_against_differences(df, words):
    says(ck.mine.loss("mine", value, df), words)
    assert "mine" not in LOSSES


VALUES = {
    "one for each sample": (lambda scores, y: (scores.sum(1), scores), "Take the mean over the samples"),
    "no gradient": (value, "without a df it returns loss, dscores"),
    "log of a negative number": (lambda scores, y: (np.log(scores).mean(), scores), "gives nan for scores of usual"),
    "for ever": (never_ends, "did not finish"),
}


@pytest.mark.parametrize(("f", "words"), VALUES.values(), ids=list(VALUES))
def test_what_is_wrong_with_a_loss_is_said(impatient, f, words):
    says(ck.mine.loss("mine", f), words)
    assert "mine" not in LOSSES


# ---- names that go, and time that is up


def test_forget_takes_out_what_has_the_name_wherever_it_is_and_leaves_the_rest():
    ck.mine.activation("mine", np.sin)
    ck.mine.activation("other", np.sin)
    ck.mine.optimiser("mine", lambda w, grad, memory, lr: w - lr * grad)
    ck.mine.forget("mine")
    assert "mine" not in ACTIVATIONS
    assert "mine" not in OPTIMISERS
    assert ACTIVATIONS.is_own("other")
    with pytest.raises(ValueError, match=r"Nothing of yours is called 'relu'\. Yours: 'other'"):
        ck.mine.forget("relu")


def test_an_optimiser_that_hangs_on_its_way_is_stopped(impatient):
    def step(w, grad, memory, lr):
        memory["t"] = memory.get("t", 0) + 1
        while memory["t"] > 3:
            pass
        return w - lr * grad

    assert ck.mine.optimiser("mine", step).verdict is Verdict.CORRECT
    opt, params = OPTIMISERS["mine"](lr=0.1), {"w": np.ones(2)}
    state = opt.init(params)
    for _ in range(3):
        opt.step(params, {"w": np.ones(2)}, state)
    with pytest.raises(OwnCodeError, match=r"your mine did not finish within 0\.3 s \(line \d+"):
        opt.step(params, {"w": np.ones(2)}, state)


def test_a_call_that_was_stopped_leaves_nothing_behind():
    for _ in range(3):
        with pytest.raises(TimeUpError):
            call_with_limit(never_ends, 0.1)
        end = time.monotonic() + 0.2
        while time.monotonic() < end:  # a late exception would come here
            pass
    assert call_with_limit(lambda a, b: a + b, 0.1, 1, 2) == 3


def test_a_limit_is_cheap():
    """A race calls an own activation thousands of times."""
    began = time.process_time()
    for _ in range(2000):
        called("your mine", abs, 1)
    assert time.process_time() - began < 0.2


def test_a_record_of_an_own_function_can_be_varied():
    ck.mine.activation("mine", np.sin, np.cos)
    assert replace(ACTIVATIONS["mine"], label="Sine").label == "Sine"
