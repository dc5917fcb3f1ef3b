"""A learner's own optimiser, and network: checked at once, in the dropdowns, mistakes told as the learner's."""

from functools import partial

import numpy as np
import pytest

import coursekit as ck
from coursekit.chapters.capstone.readers import NETWORKS
from coursekit.exercises.checking import Verdict
from coursekit.exercises.own_code import OwnCodeError
from coursekit.figures.controls import Choice, Records, choice
from coursekit.layers import RNN, Activation, Conv2d, Dropout, Flatten, Layer, Linear, MaxPool2d
from coursekit.losses import LOSSES
from coursekit.mine import trial
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS, Adam, Momentum
from coursekit.optimisers.own import optimiser_of
from coursekit.training import fit


@pytest.fixture(autouse=True)
def the_course_as_it_was():
    course = dict(OPTIMISERS), dict(NETWORKS)
    yield
    OPTIMISERS.remove_own()
    NETWORKS.remove_own()
    assert (dict(OPTIMISERS), dict(NETWORKS)) == course


def momentum(w, grad, memory, lr):
    memory["v"] = 0.9 * memory.get("v", 0) + grad
    w -= lr * memory["v"]


def adam(w, grad, memory, lr):
    t = memory["t"] = memory.get("t", 0) + 1
    m = memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * grad
    v = memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * grad**2
    return w - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def trained(optimiser, dtype):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)).astype(dtype), rng.integers(0, 2, 40)
    net = Sequential([Linear(3, 5, rng, dtype=dtype), Activation("tanh"), Linear(5, 2, rng, dtype=dtype)])
    rows = list(fit(net, LOSSES["softmax_cross_entropy"], optimiser, (x, y), 3, 8, np.random.default_rng(1)))
    return [row.loss for row in rows], {name: array.copy() for name, array in net.params.items()}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("own", "twin"), [(momentum, Momentum), (adam, Adam)])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_it_trains_a_network_as_the_courses_twin_does(own, twin, dtype, weight_decay):
    ck.mine.optimiser("mine", own)
    mine = trained(OPTIMISERS["mine"](lr=0.05, weight_decay=weight_decay), dtype)
    theirs = trained(twin(lr=0.05, weight_decay=weight_decay), dtype)
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    np.testing.assert_allclose(mine[0], theirs[0], rtol=tolerance)
    for name, array in mine[1].items():
        assert array.dtype == dtype
        np.testing.assert_allclose(array, theirs[1][name], rtol=tolerance, atol=tolerance)


def test_it_is_in_the_dropdowns_that_offer_the_registry_and_in_no_list_that_is_closed():
    open_choice = Choice("optimiser", Records(OPTIMISERS, {"none": ""}))
    closed = choice("sgd", OPTIMISERS.values(), "optimiser").metadata["control"]
    before = list(closed.options)
    with pytest.raises(ValueError, match="'sgd', 'momentum'"):
        open_choice.clean("optimiser", "mine")
    result = ck.mine.optimiser("mine", momentum)
    assert result.verdict is Verdict.CORRECT
    assert "“mine (yours)”" in repr(result)
    assert list(open_choice.options) == [*before, "mine (yours)", "none"]
    assert open_choice.clean("optimiser", "mine") == "mine"
    assert list(closed.options) == before


def test_the_newer_one_replaces_the_older_in_its_place():
    ck.mine.optimiser("mine", momentum)
    ck.mine.optimiser("other", adam)
    ck.mine.optimiser("mine", adam)
    assert list(OPTIMISERS)[-2:] == ["mine", "other"]
    assert OPTIMISERS["mine"].function is adam


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_a_name_of_the_course_stays_the_courses(name):
    kind = OPTIMISERS[name]
    with pytest.raises(ValueError, match=f"'{name}' is the name of an entry of the course"):
        ck.mine.optimiser(name, momentum)
    assert OPTIMISERS[name] is kind


@pytest.mark.parametrize("name", ["", " mine", "a\nb", "x" * 17, 3, None])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match="a text of 1 to 16 letters"):
        ck.mine.optimiser(name, momentum)


def divides(w, grad, memory, lr):
    v = memory.get("v", 0)
    return w - lr * grad * (1 / v)


def never_ends(w, grad, memory, lr):
    while True:
        pass


def leaves(w, grad, memory, lr):
    raise SystemExit


def blows_up(w, grad, memory, lr):
    return w / 0.0


WRONG = {
    "raises": (
        divides,
        r"your mine raises ZeroDivisionError: division by zero \(line \d+: return w - lr \* grad \* \(1",
    ),
    "no function": (3, "the function itself, without brackets, but got int"),
    "too few parameters": (lambda w, grad: w, "it is called with w, grad, memory, lr, in this order"),
    "another shape": (
        lambda w, grad, memory, lr: np.zeros(7),
        r"returns float64 of shape \(7,\), but w has shape \(3,\)",
    ),
    "a text": (lambda w, grad, memory, lr: "w", "returns str, but w has shape"),
    "complex": (lambda w, grad, memory, lr: w * 1j, "returns complex128 of shape"),
    "rows": (lambda w, grad, memory, lr: [[1.0], [1.0, 2.0]], "returns list, but w has shape"),
    "for ever": (never_ends, r"did not finish within 0\.5 s\. Does every loop reach its end"),
    "exit": (leaves, r"take exit\(\) out"),
    "not finite": (blows_up, "w is inf after step 1"),
}


@pytest.mark.parametrize(("step", "words"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_said_at_once_and_nothing_has_changed(monkeypatch, step, words):
    ck.mine.optimiser("mine", momentum)
    if step is never_ends:
        monkeypatch.setattr(trial, "LIMIT", 0.5)
    result = ck.mine.optimiser("mine", step)
    assert result.verdict is Verdict.WRONG
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(repr(result))
    assert OPTIMISERS["mine"].function is momentum


def forgets_to_return(w, grad, memory, lr):
    w = w - lr * grad


def test_one_that_moves_nothing_is_not_attempted_yet():
    for step in (forgets_to_return, lambda w, grad, memory, lr: None, lambda w, grad, memory, lr: w):
        result = ck.mine.optimiser("mine", step)
        assert result.verdict is Verdict.NOT_ATTEMPTED
        assert "Return the new w" in result.message
        assert "mine" not in OPTIMISERS


def test_a_mistake_that_shows_later_comes_with_the_line_and_the_gradients_are_safe():
    def late(w, grad, memory, lr):
        memory["t"] = memory.get("t", 0) + 1
        if memory["t"] > 3:
            raise KeyError("v")
        grad *= 0
        return w - lr

    assert ck.mine.optimiser("mine", late).verdict is Verdict.CORRECT
    params, grads = {"w": np.ones(2)}, {"w": np.ones(2)}
    opt = OPTIMISERS["mine"](lr=0.1)
    state = opt.init(params)
    for _ in range(3):
        opt.step(params, grads, state)
    np.testing.assert_allclose(params["w"], 0.7)
    np.testing.assert_array_equal(grads["w"], 1)
    with pytest.raises(OwnCodeError, match=r'your mine raises KeyError: \'v\' \(line \d+: raise KeyError\("v"\)\)'):
        opt.step(params, grads, state)
    np.testing.assert_allclose(params["w"], 0.7)


def test_each_parameter_has_a_memory_of_its_own():
    seen = {}

    def step(w, grad, memory, lr):
        memory.setdefault("shape", w.shape)
        seen[w.shape] = memory
        return w - lr * grad

    params = {"w": np.ones((2, 3)), "b": np.ones(3)}
    opt = optimiser_of("step", "Step", step)(lr=0.1)
    state = opt.init(params)
    opt.step(params, params, state)
    opt.step(params, params, state)
    assert {shape: memory["shape"] for shape, memory in seen.items()} == {(2, 3): (2, 3), (3,): (3,)}
    assert state["step"] == 2


def test_a_function_with_settings_of_its_own_will_do():
    scaled = partial(lambda w, grad, memory, lr, factor: w - factor * lr * grad, factor=2.0)
    assert ck.mine.optimiser("scaled", scaled).verdict is Verdict.CORRECT


# ---- a network that reads what is drawn


class Rows(Layer):
    """Images as sequences of rows; ``forgets`` leaves the gradient in that shape."""

    def __init__(self, forgets=False):
        super().__init__()
        self.forgets = forgets

    def forward(self, x, training=False):
        return x.reshape(-1, 8, 8)

    def backward(self, dout):
        return dout if self.forgets else dout.reshape(len(dout), 1, 8, 8)


def reads(kind="units", dtype=np.float32, classes=10):
    rng = np.random.default_rng(0)
    layers = {
        "linear": lambda: [Flatten(), Linear(64, classes, rng, dtype=dtype)],
        "units": lambda: [
            *(Flatten(), Linear(64, 20, rng, dtype=dtype), Activation("relu")),
            *(Dropout(0.5, rng), Linear(20, classes, rng, dtype=dtype)),
        ],
        "maps": lambda: [
            *(Conv2d(1, 4, 3, rng, padding=1, dtype=dtype), Activation("relu"), MaxPool2d(2), Flatten()),
            Linear(64, classes, rng, dtype=dtype),
        ],
        "rows": lambda: [Rows(), RNN(8, 12, rng, last=True, dtype=dtype), Linear(12, classes, rng, dtype=dtype)],
        "pixels": lambda: [Linear(64, classes, rng, dtype=dtype)],
        "forgets": lambda: [Rows(True), RNN(8, 12, rng, last=True), Linear(12, classes, rng)],
    }
    return Sequential(layers[kind]())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["linear", "units", "maps", "rows"])
def test_any_network_that_takes_images_and_gives_ten_scores_reads(kind, dtype):
    result = ck.mine.network("mine", reads(kind, dtype))
    assert result.verdict is Verdict.CORRECT
    assert repr(result) == "✓ mine: it is in the figure own_digit now, as “mine (yours)”."


def test_it_is_kept_as_it_was_and_the_newer_one_replaces_it():
    net = reads()
    ck.mine.network("mine", net)
    kept = NETWORKS["mine"].net()
    np.testing.assert_array_equal(kept.params["1.w"], net.params["1.w"])
    before = net.params["1.w"].copy()
    net.params["1.w"] += 1
    np.testing.assert_array_equal(kept.params["1.w"], before)
    ck.mine.network("mine", net)
    np.testing.assert_array_equal(NETWORKS["mine"].net().params["1.w"], before + 1)


def not_finite():
    net = reads()
    net.params["1.b"][...] = np.nan
    return net


NO_READER = {
    "no network": (lambda: [Flatten()], r"it takes a network, Sequential\(\[\.\.\.\]\), but got list"),
    "no Flatten": (
        lambda: reads("pixels"),
        r"images of shape \(2, 1, 8, 8\) it raises .*needs Flatten\(\)",
    ),
    "nine scores": (lambda: reads(classes=9), r"of shape \(2, 9\), but a row of 10 scores .* Linear\(…, 10, rng\)"),
    "maps as scores": (lambda: Sequential(reads("maps").layers[:3]), r"of shape \(2, 4, 4, 4\), but a row of 10"),
    "not finite": (not_finite, "its scores are not all finite numbers"),
    "gradient of another shape": (lambda: reads("forgets"), r"its backward returns \(2, 8, 8\) for images of shape"),
}


@pytest.mark.parametrize(("make", "words"), NO_READER.values(), ids=list(NO_READER))
def test_a_network_that_cannot_read_is_refused_with_the_reason_and_nothing_has_changed(make, words):
    ck.mine.network("mine", reads())
    before = NETWORKS["mine"]
    result = ck.mine.network("mine", make())
    assert result.verdict is Verdict.WRONG
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(" ".join(result.message.split()))
    assert NETWORKS["mine"] is before


def test_the_name_of_the_courses_network_stays_the_courses():
    with pytest.raises(ValueError, match="'course' is the name of an entry of the course"):
        ck.mine.network("course", reads())
