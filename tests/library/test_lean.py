"""Training in room that is kept: the same numbers as the layers', bit for bit, and nobody's array is written again."""

import copy
import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest

from coursekit.activations import ACTIVATIONS
from coursekit.kernels.batch_norm import inverse_root
from coursekit.kernels.linear import add_bias, column_sums
from coursekit.layers import (
    Activation,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    Residual,
)
from coursekit.losses import LOSSES
from coursekit.network import Sequential, pass_kept
from coursekit.network.lean import LeanPasses, Place
from coursekit.optimisers import OPTIMISERS
from coursekit.training import Callback, ClipNorm, NaNWatch, Schedule, evaluate, fit
from coursekit.training.vitals import VitalSigns

FITTING = sys.modules[fit.__module__]
CROSS_ENTROPY = LOSSES["softmax_cross_entropy"]
EVERY_ELEMENTWISE = [name for name, one in ACTIVATIONS.items() if one.elementwise]


class AsOutside:
    """The passes of a network as they are outside a run: what lean ones are compared with."""

    def __init__(self, net):
        self.net = net

    def forward(self, x):
        return self.net.forward(x, training=True)

    def parameter_gradients(self, dout):
        self.net.parameter_gradients(dout)

    def hand_out(self):
        pass


class Scale(Layer):
    """A layer of a learner's own, which keeps its input for as long as it likes."""

    def __init__(self):
        super().__init__(factor=np.ones(1, np.float32))
        self.seen = []

    def forward(self, x, training=False):
        self.seen.append((x, x.copy()))
        self.cache = x
        return x * self.params["factor"]

    def backward(self, dout):
        self.grads["factor"][...] = (dout * self.cache).sum()
        return dout * self.params["factor"]


def mlp(rng, dtype=np.float32, activation="relu", width=9, classes=3):
    return [
        Linear(6, width, rng, dtype=dtype),
        Activation(activation),
        Linear(width, classes, rng, dtype=dtype),
    ]


def normed(rng, dtype=np.float32):
    first = [Linear(6, 9, rng, dtype=dtype), BatchNorm(9, dtype=dtype), Activation("tanh"), Dropout(0.3, rng)]
    return [*first, Linear(9, 9, rng, dtype=dtype), Activation("prelu"), Linear(9, 3, rng, dtype=dtype)]


def convolutional(rng, pool=MaxPool2d):
    first = [Conv2d(1, 3, 3, rng, padding=1), BatchNorm(3), Activation("relu"), pool(2)]
    return [*first, Conv2d(3, 2, 2, rng), Activation("relu"), Flatten(), Linear(8, 3, rng)]


def with_a_block(rng):
    return [Linear(6, 6, rng), Residual([Linear(6, 6, rng), Activation("tanh")]), Linear(6, 3, rng)]


def weights_at_two_places(rng):
    same = Linear(6, 6, rng)
    return [same, Activation("tanh"), same, Activation("relu"), Linear(6, 3, rng)]


def function_at_two_places(rng):
    bend = Activation("tanh")
    return [Linear(6, 7, rng), bend, Linear(7, 7, rng), bend, Linear(7, 3, rng)]


def with_a_learners_layer(rng):
    return [Linear(6, 7, rng), Scale(), Activation("relu"), Linear(7, 3, rng)]


NETS = {
    "one layer": lambda rng: [Linear(6, 3, rng)],
    "a layer of one unit": lambda rng: mlp(rng, width=1),
    "float64": lambda rng: mlp(rng, np.float64),
    "batch norm, dropout, PReLU": normed,
    "the same in float64": lambda rng: normed(rng, np.float64),
    "random in training": lambda rng: mlp(rng, activation="rrelu"),
    "ends in an activation": lambda rng: [*mlp(rng), Activation("tanh")],
    "begins with an activation": lambda rng: [Activation("tanh"), *mlp(rng)],
    "begins with batch norm": lambda rng: [BatchNorm(6), *mlp(rng)],
    "images": convolutional,
    "images, mean pooling": lambda rng: convolutional(rng, AvgPool2d),
    "a block": with_a_block,
    "weights at two places": weights_at_two_places,
    "a function at two places": function_at_two_places,
    "a layer of a learner's own": with_a_learners_layer,
} | {name: lambda rng, name=name: mlp(rng, activation=name) for name in EVERY_ELEMENTWISE}


def made(name, seed=0):
    return Sequential(NETS[name](np.random.default_rng(seed)))


def data_for(net, count=50):
    rng = np.random.default_rng(7)
    shape = (1, 6, 6) if isinstance(net[0], Conv2d) else (6,)
    dtype = next(iter(net.params.values())).dtype
    x, y = rng.normal(size=(count, *shape)).astype(dtype), rng.integers(0, 3, count)
    return x, y, x[:20], y[:20]


def run_of(net, callbacks=(), epochs=3, optimiser="adam", loss=CROSS_ENTROPY, **options):
    """A run whose batches are 8, and 10 at the end of an epoch or whatever is left."""
    return fit(net, loss, OPTIMISERS[optimiser](lr=0.01), data_for(net), epochs, 8, 1, callbacks, **options)


def told(net, **options):
    """All rows, and all that the network then is."""
    with pytest.MonkeyPatch.context() as patch:
        if options.pop("outside", False):
            patch.setattr(FITTING, "LeanPasses", AsOutside)
        rows = list(run_of(net, **options))
    buffers = [array.tobytes() for layer in net for array in layer.buffers.values()]
    return rows, {name: array.tobytes() for name, array in net.params.items()}, buffers


@pytest.mark.parametrize("name", NETS)
def test_a_run_gives_bit_for_bit_what_the_layers_give(name):
    assert told(made(name)) == told(made(name), outside=True)


@pytest.mark.parametrize("name", ["relu", "batch norm, dropout, PReLU", "images"])
def test_so_it_does_with_callbacks_that_look_and_act(name):
    def callbacks():
        return [Schedule(lambda step: 1 / (1 + step)), ClipNorm(0.5), NaNWatch(), VitalSigns()]

    lean, outside = (told(made(name), callbacks=callbacks(), outside=outside) for outside in (False, True))
    assert lean == outside


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 3, 8, 33, 64])
@pytest.mark.parametrize(("d", "h"), [(1, 1), (1, 2), (2, 1), (3, 2), (64, 10), (100, 100), (17, 129)])
def test_a_place_of_a_linear_layer_adds_up_as_the_layer_does(n, d, h, dtype, rng):
    net = Sequential([Linear(d, h, rng, dtype=dtype)])
    passes, other = LeanPasses(net), copy.deepcopy(net)
    for _ in range(3):
        x, dout = rng.normal(size=(n, d)).astype(dtype), rng.normal(size=(n, h)).astype(dtype)
        assert passes.forward(x).tobytes() == other.forward(x, training=True).tobytes()
        passes.parameter_gradients(dout)
        other.parameter_gradients(dout)
        assert all(net.grads[name].tobytes() == other.grads[name].tobytes() for name in net.grads)
    assert net.lender is passes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_small_loops_are_what_numpy_says(dtype, rng):
    x, b = rng.normal(size=(37, 5)).astype(dtype), rng.normal(size=5).astype(dtype)
    y, total = x.copy(), np.empty_like(b)
    add_bias(y, b)
    column_sums(x, total)
    assert y.tobytes() == (x + b).tobytes()
    assert total.tobytes() == np.add.reduce(x, 0).tobytes()
    var, root = rng.uniform(0, 3, 99), np.empty(99)
    inverse_root(var, 1e-5, root)
    assert root.tobytes() == (1 / np.sqrt(var + 1e-5)).tobytes()


def goes_through_places(net):
    return net.lender is not None


@pytest.mark.parametrize("name", ["relu", "tanh", "batch norm, dropout, PReLU", "images", "float64"])
def test_these_networks_train_in_room_that_is_kept(name):
    net = made(name)
    assert [goes_through_places(net) for _, _ in zip(range(5), run_of(net), strict=False)] == [False, *[True] * 4]


@pytest.mark.parametrize("name", ["a block", "weights at two places", "a layer of a learner's own"])
def test_others_pass_as_they_do_outside(name):
    net = made(name)
    assert not any(goes_through_places(net) for _ in run_of(net))


class Keeper(Callback):
    """Keeps what it can get hold of, and a copy of it as it was then."""

    def __init__(self, look):
        super().__init__()
        self.look, self.kept = look, []

    def before_update(self, run):
        for array in self.look(run.net):
            self.kept.append((array, array.copy()))


def caches(net):
    return [part for layer in net for part in layer.cache or () if isinstance(part, np.ndarray) and part.ndim > 1]


def remembered(net):
    net.remember()
    return caches(net)


def gone_back(net):
    return [net.backward(np.ones((len(net[0].cache.x), 3), np.float32))]


@pytest.mark.parametrize("look", [caches, remembered, gone_back])
def test_what_a_callback_keeps_is_not_written_again_and_the_run_stays_the_same(look):
    keeper = Keeper(look)
    net = Sequential(mlp(np.random.default_rng(0)))
    other = Keeper(look)
    rows = told(net, callbacks=[keeper])
    assert rows == told(Sequential(mlp(np.random.default_rng(0))), callbacks=[other], outside=True)
    moved = {id(array) for array in net.params.values()}
    lasting = [(array, then) for array, then in keeper.kept if id(array) not in moved]
    assert lasting
    assert all((array == then).all() for array, then in lasting)
    assert len(keeper.kept) == len(other.kept)
    assert all((mine[1] == theirs[1]).all() for mine, theirs in zip(keeper.kept, other.kept, strict=True))


def test_what_a_loss_keeps_is_not_written_again():
    kept = []

    def loss(scores, y):
        kept.append((scores, scores.copy()))
        return CROSS_ENTROPY(scores, y)

    list(run_of(made("relu"), loss=loss))
    assert len({id(scores) for scores, _ in kept}) == len(kept)
    assert all((scores == then).all() for scores, then in kept)


def test_a_look_in_between_disturbs_nothing_and_costs_no_room():
    net = made("batch norm, dropout, PReLU")
    x, y, *_ = data_for(net)
    rows = run_of(net)
    next(rows), next(rows)
    before = net.lender
    evaluate(net, CROSS_ENTROPY, x, y)
    net.predict(x)
    assert net.lender is before is not None
    with pass_kept(net):
        net.remember()  # somebody asks for the pass in the block: it is theirs, and afterwards the network's
        net.forward(x)
    assert net.lender is None
    assert len(net[0].cache.x) == len(x)
    net.backward(np.ones((8, 3), np.float32))


def test_going_back_between_two_rows_goes_through_the_last_step():
    lean, outside = made("batch norm, dropout, PReLU"), made("batch norm, dropout, PReLU")
    dout = np.ones((8, 3), np.float32)
    with pytest.MonkeyPatch.context() as patch:
        rows = [run_of(lean)]
        [next(rows[0]) for _ in range(3)]
        patch.setattr(FITTING, "LeanPasses", AsOutside)
        rows.append(run_of(outside))
        [next(rows[1]) for _ in range(3)]
        assert (lean.backward(dout) == outside.backward(dout)).all()
        assert [next(rows[0]) for _ in range(9)] == [next(rows[1]) for _ in range(9)]


class Fails(Callback):
    def after_row(self, run, row):
        if row.step == 4:
            raise KeyError("here")


@pytest.mark.parametrize("way", ["to the end", "closed", "failed"])
def test_after_a_run_all_is_as_it_was(way):
    net = made("relu")
    rows = run_of(net, [Fails()] if way == "failed" else ())
    if way == "failed":
        with pytest.raises(KeyError, match="here"):
            list(rows)
    elif way == "closed":
        [next(rows) for _ in range(4)]
        rows.close()
    else:
        list(rows)
    assert all(one.lender is None for one in (net, net.layers, *net))
    assert all(layer.cache is not None for layer in net)
    assert len(net.layers.uses) == len(net)
    x = data_for(net)[0]
    first = net.forward(x)
    then = first.copy()
    net.forward(2 * x)
    list(run_of(net))
    assert (first == then).all()


def test_copies_and_pickles_made_during_a_run_are_networks_of_their_own():
    net = made("batch norm, dropout, PReLU")
    rows = run_of(net)
    [next(rows) for _ in range(3)]
    x = data_for(net)[0]
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert all(one.lender is None for one in (twin, twin.layers, *twin))
        assert twin[0].cache is None
        assert (twin.forward(x) == net.forward(x)).all()
    assert "lender" not in repr(net)


def exchange_a_function(net):
    net.layers[1] = Activation("tanh")


def exchange_weights(net):
    net[0].params["w"] = 2 * net[0].params["w"]


def exchange_a_gradient(net):
    net[0].grads["w"] = np.zeros_like(net[0].grads["w"])


def add_a_layer(net):
    net.layers.append(Activation("tanh"))


def put_in_other_layers(net):
    net.layers = mlp(np.random.default_rng(5), activation="tanh")


def put_in_ones_own(net):
    net.layers[1] = Scale()


def set_otherwise(net):
    net[1].function_params["slope"] = 0.3


def exchange_a_method(net):
    net[1].forward = lambda x, training=False: (setattr(net[1], "cache", x), 2 * x)[1]
    net[1].backward = lambda dout: 2 * dout


CHANGES = [exchange_a_function, exchange_weights, exchange_a_gradient, add_a_layer, put_in_other_layers]
CHANGES += [put_in_ones_own, set_otherwise, exchange_a_method]


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_follows_what_is_changed_between_its_steps(change):
    found = []
    for passes in (LeanPasses, AsOutside):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FITTING, "LeanPasses", passes)
            net = made("leaky_relu")
            rows = run_of(net, optimiser="sgd")
            seen = [next(rows) for _ in range(4)]
            change(net)
            seen += list(rows)
        found.append((seen, [array.tobytes() for array in net.params.values()]))
    assert found[0] == found[1]
    assert found[0][0] != list(run_of(made("leaky_relu"), optimiser="sgd")) or change is exchange_a_gradient


def in_both_ways(scenario):
    """What a scenario returns with lean passes, and as outside."""
    found = []
    for passes in (LeanPasses, AsOutside):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FITTING, "LeanPasses", passes)
            found.append(scenario())
    return found


def test_the_same_layers_in_a_new_list_may_be_gone_back_through():
    def scenario():
        net = made("relu")
        rows = run_of(net)
        [next(rows) for _ in range(4)]
        net.layers = [*net.layers]
        return next(rows), net.backward(np.ones((8, 3), np.float32)).tobytes(), list(rows)

    lean, outside = in_both_ways(scenario)
    assert lean == outside


@pytest.mark.parametrize("way", ["forward", "parameter_gradients"])
def test_a_method_that_a_learner_gives_the_network_is_called_at_every_step(way):
    net, calls = made("relu"), []
    usual = getattr(net, way)

    def counted(*args, **options):
        if way != "forward" or options.get("training"):
            calls.append(way)
        return usual(*args, **options)

    rows = run_of(net)
    next(rows), next(rows)
    setattr(net, way, counted)
    assert len(list(rows)) == len(calls)


def test_a_method_that_a_learner_gives_a_kind_of_layer_is_called_at_every_step(monkeypatch):
    calls, usual = [], Linear.forward
    monkeypatch.setattr(Linear, "forward", lambda *args, **options: calls.append(1) or usual(*args, **options))
    steps = list(run_of(made("relu"), epochs=1))
    assert len(calls) == 2 * (len(steps) + 1)  # two layers, and the validation


def test_a_record_made_of_another_has_no_loops_of_that_one():
    doubled = replace(ACTIVATIONS["relu"], backward=lambda dout, cache: 2 * ACTIVATIONS["relu"].backward(dout, cache))
    assert ACTIVATIONS["relu"].loops
    assert doubled.loops is None


def test_a_loss_may_make_a_pass_of_its_own():
    def scenario():
        net = made("batch norm, dropout, PReLU")
        x = data_for(net)[0]

        def loss(scores, y):
            before = net.forward(x[: len(y)], training=True)
            net[0].forward(2 * x)
            return CROSS_ENTROPY(scores + before, y)

        rows = run_of(net, loss=loss)
        return [(next(rows), net[0].cache.x.tobytes()) for _ in range(9)]

    lean, outside = in_both_ways(scenario)
    assert lean == outside


@pytest.mark.parametrize("then", ["predicted", "closed", "collected"])
def test_a_pass_made_between_two_rows_is_the_one_that_is_gone_back_through(then):
    def scenario():
        net = made("relu")
        rows = run_of(net)
        [next(rows) for _ in range(3)]
        net.forward(2 * data_for(net)[0], training=True)
        if then == "predicted":
            net.predict(np.ones((4, 6), np.float32))
        elif then == "closed":
            rows.close()
        else:
            del rows
        return net.backward(np.ones((50, 3), np.float32)).tobytes()

    lean, outside = in_both_ways(scenario)
    assert lean == outside


def test_two_networks_with_one_function_train_in_turns():
    def scenario():
        bend = Activation("tanh")
        nets = [Sequential([Linear(6, width, 0), bend, Linear(width, 3, 1)]) for width in (4, 5)]
        first, second = map(run_of, nets)
        seen = [next(rows) for _ in range(3) for rows in (first, second)]
        seen.append(nets[0].backward(np.ones((8, 3), np.float32)).tobytes())
        return [*seen, next(second), bend.cache.x.tobytes(), next(first)]

    lean, outside = in_both_ways(scenario)
    assert lean == outside


def test_batch_norm_follows_new_running_statistics_and_another_momentum():
    found = []
    for passes in (LeanPasses, AsOutside):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FITTING, "LeanPasses", passes)
            net = made("batch norm, dropout, PReLU")
            rows = run_of(net)
            [next(rows) for _ in range(4)]
            net[1].buffers["mean"] = np.ones(9, np.float32)
            [next(rows) for _ in range(6)]
            net[1].momentum = 0.5
            found.append((list(rows), [array.tobytes() for array in net[1].buffers.values()]))
    assert found[0] == found[1]


def test_two_runs_of_one_network_take_turns():
    found = []
    for passes in (LeanPasses, AsOutside):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FITTING, "LeanPasses", passes)
            net = made("relu")
            first, second = run_of(net), run_of(net, optimiser="sgd")
            found.append([next(rows) for _ in range(6) for rows in (first, first, second)])
            dx = net.backward(np.ones((8, 3), np.float32))
        found[-1].append(dx.tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [(np.ones((8, 5), np.float32), [0] * 8, "do not fit"), (np.ones((8, 6), np.float32), [3] * 8, "labels must be")],
)
def test_what_does_not_fit_is_said_at_the_first_batch(x, y, says):
    with pytest.raises(ValueError, match=says):
        next(fit(made("relu"), CROSS_ENTROPY, OPTIMISERS["sgd"](lr=0.1), (x, np.array(y)), 1, 4, 0))


def test_a_wrong_label_in_a_later_batch_is_said_too():
    net = made("relu")
    x, y, *_ = data_for(net)
    y[y == 2] = 3
    with pytest.raises(ValueError, match="labels must be 0 to 2"):
        list(fit(net, CROSS_ENTROPY, OPTIMISERS["sgd"](lr=0.1), (x, y), 4, 1, 0))
    assert net.lender is None


def test_a_gradient_of_another_shape_is_refused():
    net, x = made("relu"), np.ones((4, 6), np.float32)
    passes = LeanPasses(net)
    passes.forward(x), passes.forward(x)
    with pytest.raises(ValueError, match=r"dout must have shape \(4, 3\)"):
        passes.parameter_gradients(np.ones((4, 2), np.float32))


def test_a_place_leaves_what_the_layer_leaves(rng):
    net = Sequential([*normed(rng), Activation("tanh")])
    twin, x = copy.deepcopy(net), np.ones((4, 6), np.float32)
    passes = LeanPasses(net)
    for _ in range(2):
        passes.forward(x)
        twin.forward(x, training=True)
    assert net.lender is passes
    for layer, other in zip(net, twin, strict=True):
        assert type(layer.cache) is type(other.cache)
        np.testing.assert_equal(layer.cache, other.cache)
    assert net.lender is None
    assert isinstance(passes._way[0], Place)


@pytest.mark.parametrize("shape", [(1, 2, 1), (1, 1, 2), (3, 1, 1)])
@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_zero_times_infinity_is_seen_by_a_layer_of_any_size(shape, value):
    n, d, h = shape
    net = Sequential([Linear(d, h, 0)])
    twin, passes = copy.deepcopy(net), LeanPasses(net)
    for x, dout in ((np.ones((n, d)), 1), (np.full((n, d), value), 0), (np.zeros((n, d)), value)):
        x, dout = x.astype(np.float32), np.full((n, h), dout, np.float32)
        with np.errstate(all="ignore"):
            np.testing.assert_equal(passes.forward(x), twin.forward(x, training=True))
            passes.parameter_gradients(dout), twin.parameter_gradients(dout)
        np.testing.assert_equal(dict(net.grads), dict(twin.grads))


def test_an_attribute_that_no_layer_has_is_named():
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'weights'"):
        _ = made("relu")[0].weights
