"""A stack of layers goes back through all of them; its parameters lie in one buffer."""

import copy
import math
import pickle
from itertools import pairwise

import numpy as np
import pytest

from coursekit.activations import ACTIVATIONS
from coursekit.adversarial import fgsm
from coursekit.diagnostics import first_nonfinite, network_report, sharpness, trace, trace_backward
from coursekit.gradcheck import check_network, numerical_gradient
from coursekit.layers import (
    LSTM,
    RNN,
    Activation,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    LocallyConnected2d,
    Maxout,
    MaxPool2d,
    Residual,
    linear_forward,
)
from coursekit.losses import LOSSES
from coursekit.network import Sequential, cost_table, walk
from coursekit.optimisers import OPTIMISERS
from coursekit.training import ClipNorm, NaNWatch, evaluate, fit

cross_entropy = LOSSES["softmax_cross_entropy"]


@pytest.fixture
def net(rng):
    return Sequential(
        [
            Linear(4, 6, rng, dtype=np.float64),
            BatchNorm(6, dtype=np.float64),
            Activation("tanh"),
            Linear(6, 3, rng, dtype=np.float64),
        ]
    )


def test_gradients_of_the_input_and_of_every_parameter(net, rng):
    x, y = rng.normal(size=(7, 4)), rng.integers(0, 3, 7)
    dx = net.backward(cross_entropy(net.forward(x, training=True), y)[1])
    grads = net.grads

    def loss_with(array):
        def loss(values):
            kept = array.copy()
            array[...] = values
            value = cross_entropy(net.forward(x, training=True), y)[0]
            array[...] = kept
            return value

        return loss

    np.testing.assert_allclose(dx, numerical_gradient(loss_with(x), x), rtol=1e-6, atol=1e-9)
    assert grads.keys() == net.params.keys()
    for name, param in net.params.items():
        expected = numerical_gradient(loss_with(param), param)
        np.testing.assert_allclose(grads[name], expected, rtol=1e-6, atol=1e-9, err_msg=name)


def test_parameters_are_named_by_their_path_and_shared_with_the_layers(net):
    assert list(net.params) == ["0.w", "0.b", "1.gamma", "1.beta", "3.w", "3.b"]
    net.params["3.b"] += 5
    np.testing.assert_array_equal(net.layers[3].params["b"], [5, 5, 5])


def test_parameters_and_gradients_lie_in_one_buffer_each(net, rng):
    net.backward(net.forward(rng.normal(size=(7, 4)), training=True))
    for arrays in (net.params, net.grads):
        np.testing.assert_array_equal(arrays.flat, np.concatenate([array.ravel() for array in arrays.values()]))
    net.params.flat[:] = 0
    assert not net.layers[0].params["w"].any()


def test_a_layer_of_two_networks_stays_that_of_both(net):
    head = Sequential(net.layers[:2])
    assert head.params.flat is None
    head.params["0.b"] += 5
    np.testing.assert_array_equal(net.params["0.b"], np.full(6, 5))


def test_layers_of_two_dtypes_are_refused(rng):
    with pytest.raises(ValueError, match=r"must share one dtype, but they are 0\.w float32, .* 1\.w float64"):
        Sequential([Linear(2, 2, rng), Linear(2, 2, rng, dtype=np.float64)])


def test_gradients_of_the_parameters_alone_are_those_of_backward(net, rng):
    dout = rng.normal(size=net.forward(rng.normal(size=(7, 4)), training=True).shape)
    net.backward(dout)
    expected = net.grads.flat.copy()
    net.grads.flat[:] = np.nan
    net.parameter_gradients(dout)
    np.testing.assert_array_equal(net.grads.flat, expected)


def test_predict_is_the_highest_score(net, rng):
    x = rng.normal(size=(9, 4))
    np.testing.assert_array_equal(net.predict(x), [max(range(3), key=row.__getitem__) for row in net.forward(x)])


def test_of_a_single_number_predict_says_how_a_class_is_read(rng):
    net, x = Sequential([Linear(4, 1, rng)]), rng.normal(size=(9, 4)).astype(np.float32)
    with pytest.raises(ValueError, match=r"one number a sample.* the class is net\(x\)\[:, 0\] > 0"):
        net.predict(x)


def test_a_network_without_layers_is_refused():
    with pytest.raises(ValueError, match="Sequential needs at least one layer"):
        Sequential([])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sequential([Linear]), r"Sequential: layer 0 is the class Linear, .* its arguments: Linear\(\.\.\.\)"),
        (lambda: Sequential([Linear(4, 3, 0), ACTIVATIONS["relu"]]), r"layer 1 is .* in a layer: Activation\('relu'\)"),
        (
            lambda: Sequential([Linear(4, 3, 0), "relu"]),
            r"layer 1 is 'relu', which is no layer\. Activation\('relu'\) is one\.$",
        ),
        (
            lambda: Sequential(Linear(4, 3, 0), Activation("relu")),
            r"one list of layers: write Sequential\(\[\.\.\.\]\)",
        ),
        (lambda: Sequential(Linear(4, 3, 0)), r"Sequential takes a list of layers, not Linear\(4, 3\)"),
        (lambda: Residual(Linear(4, 4, 0)), r"Residual takes a list of layers, not Linear\(4, 4\): write Residual\(\["),
        (lambda: Residual(Linear(4, 4, 0), Activation("relu")), "Residual takes a list of layers"),
        (lambda: Residual([Linear]), "Residual: layer 0 is the class Linear"),
    ],
)
def test_what_is_no_list_of_layers_is_refused(make, message):
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize(
    "between",
    [[], [Activation("relu")], [BatchNorm(8), Activation("prelu"), Dropout(0.5, 0)]],
    ids=["nothing", "an activation", "three"],
)
def test_layers_that_do_not_fit_are_refused_at_once(between):
    message = rf"layer 1, Linear\(4, 8\), gives 8 values, but layer {2 + len(between)}, Linear\(7, 3\), takes 7"
    with pytest.raises(ValueError, match=message):
        Sequential([Linear(4, 4, 0), Linear(4, 8, 0), *between, Linear(7, 3, 0)])


def test_what_makes_other_widths_is_left_to_forward():
    net = Sequential([Linear(4, 8, 0), Activation("crelu"), Linear(16, 3, 0)])
    assert net.forward(np.ones((2, 4), np.float32)).shape == (2, 3)


def test_it_starts_near_chance_and_learns_a_few_samples_by_heart(rng):
    x, y = rng.normal(size=(12, 8)).astype(np.float32), rng.integers(0, 4, 12)
    net = Sequential([Linear(8, 32, rng), Activation("relu"), Linear(32, 4, rng, init="normal", std=0.01)])
    sgd = OPTIMISERS["sgd"](lr=0.5)
    state, losses = sgd.init(net.params), []
    for _ in range(200):
        loss, dscores = cross_entropy(net.forward(x, training=True), y)
        net.backward(dscores)
        sgd.step(net.params, net.grads, state)
        losses.append(loss)
    assert losses[0] == pytest.approx(math.log(4), rel=0.1)
    assert losses[-1] < 0.05
    assert (net.predict(x) == y).all()


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "elu"])
@pytest.mark.parametrize("std", [1e-4, 1e-3])
def test_a_signal_that_vanishes_ends_in_zeros_and_not_in_denormal_numbers(activation, std, rng):
    # Processors can be 190 times slower with float32 numbers under 1e-38.
    layers = [
        layer for _ in range(20) for layer in (Linear(50, 50, rng, init="normal", std=std), Activation(activation))
    ]
    net, adam = Sequential([*layers, Linear(50, 3, rng, init="normal", std=std)]), OPTIMISERS["adam"](lr=1e-3)
    state = adam.init(net.params)
    _, dscores = cross_entropy(net.forward(rng.standard_normal((40, 50), np.float32)), rng.integers(0, 3, 40))
    net.backward(dscores)
    adam.step(net.params, net.grads, state)
    smallest = np.finfo(np.float32).tiny
    for array in [layer.cache.x for layer in net.layers] + [state["m"].flat, state["v"].flat]:
        assert not ((array != 0) & (np.abs(array) < smallest)).any()
    assert (net.layers[-1].cache.x == 0).all()  # the signal is gone


# One layer at several places, copies, networks in networks


def dense(rng, *widths):
    return [Linear(*fans, rng, dtype=np.float64) for fans in pairwise(widths)]


def shared_activation(rng):
    relu, (a, b, c) = Activation("relu"), dense(rng, 4, 4, 4, 3)
    return [a, relu, b, relu, c]


def shared_weights(rng):
    layer, (last,) = dense(rng, 4, 4)[0], dense(rng, 4, 3)
    return [layer, Activation("tanh"), layer, last]


def shared_with_a_block(rng):
    layer, (last,) = dense(rng, 4, 4)[0], dense(rng, 4, 3)
    return [layer, Residual([layer, Activation("tanh"), layer]), layer, last]


def shared_block(rng):
    block, (last,) = Residual([*dense(rng, 4, 4), Activation("tanh")]), dense(rng, 4, 3)
    return [block, block, last]


def shared_norm(rng):
    norm, (a, b, c) = BatchNorm(4, dtype=np.float64), dense(rng, 4, 4, 4, 3)
    return [a, norm, Activation("tanh"), b, norm, c]


def nested(rng):
    a, b, c = dense(rng, 4, 5, 4, 3)
    return [Sequential([a, Activation("tanh"), Sequential([b])]), Residual([Sequential([*dense(rng, 4, 4)])]), c]


def nested_and_shared(rng):
    inner, (last,) = Sequential([*dense(rng, 4, 4), Activation("tanh")]), dense(rng, 4, 3)
    return [inner, inner, inner.layers[0], last]


ODD = (shared_activation, shared_weights, shared_with_a_block, shared_block, shared_norm, nested, nested_and_shared)
odd_networks = pytest.mark.parametrize("layers", ODD, ids=lambda function: function.__name__)


def batch_of(rng, samples=6):
    return rng.normal(size=(samples, 4)), rng.integers(0, 3, samples)


@odd_networks
def test_gradients_where_a_layer_stands_at_several_places_or_is_a_network(layers, rng):
    net, (x, y) = Sequential(layers(rng)), batch_of(rng)
    report = check_network(net, cross_entropy, x, y, rng, samples=50)
    assert report, report
    assert len({id(array) for array in net.params.values()}) == len(net.params)
    net.backward(cross_entropy(net.forward(x, training=True), y)[1])
    expected = [g.copy() for g in net.grads.values()]
    for g in net.grads.values():
        g[...] = np.nan
    net.parameter_gradients(cross_entropy(net.forward(x, training=True), y)[1])
    for g, before in zip(net.grads.values(), expected, strict=True):
        np.testing.assert_array_equal(g, before)


def test_a_layer_used_twice_is_trained_as_one_and_named_once(rng):
    net = Sequential(shared_weights(rng))
    assert list(net.params) == ["0.w", "0.b", "3.w", "3.b"]
    assert net.params.flat is not None
    net.params["0.w"] += 1
    assert net.layers[2].params["w"] is net.params["0.w"]
    x, y = batch_of(rng)
    outputs = dict(trace(net, x))
    assert list(outputs) == ["0", "1", "2", "3"]
    np.testing.assert_allclose(outputs["2"], np.tanh(outputs["0"]) @ net.params["0.w"] + net.params["0.b"])
    rows = network_report(net, x, cross_entropy, y, updates=dict(net.params))
    assert [row.update_ratio for row in rows] == [1, None, 1, 1]
    table = cost_table(net, (4,))
    assert [row.parameters for row in table.rows] == [20, 0, 0, 15]
    assert table.parameters == sum(array.size for array in net.params.values())
    assert table.multiply_adds == 16 + 16 + 12


def test_a_layer_without_parameters_may_be_exchanged(net, rng):
    x, y = batch_of(rng)
    net.layers[2] = Activation("sigmoid")
    report = check_network(net, cross_entropy, x, y, rng)
    assert report, report


def test_an_array_put_in_the_place_of_a_layers_own_is_the_one_that_is_trained(net, rng):
    x, _ = batch_of(rng)
    params, grads = net.params, net.grads
    new = rng.normal(size=(4, 6))
    net[0].params["w"] = new
    net[0].grads = {"w": np.full((4, 6), 2.0), "b": np.full(6, 3.0)}
    expected = linear_forward(x, new, net[0].params["b"])[0]
    np.testing.assert_array_equal(net[0](x), expected)
    assert net.params is params
    assert net.grads is grads
    np.testing.assert_array_equal(params["0.w"], new)
    np.testing.assert_array_equal(grads["0.b"], np.full(6, 3.0))
    params.flat[:] = 0
    assert not net[0].params["w"].any()
    assert new.all()


def test_a_layer_that_makes_its_gradients_anew_learns(rng):
    class Scale(Layer):
        def forward(self, x, training=False):
            self.cache = x
            return x * self.params["s"]

        def backward(self, dout):
            self.grads["s"] = (dout * self.cache).sum(0)
            return dout * self.params["s"]

    x, y = batch_of(rng)
    net = Sequential([Linear(4, 3, rng, dtype=np.float64), Scale(s=np.ones(3))])
    expected = 1 - 0.1 * (cross_entropy(net(x), y)[1] * net[0](x)).sum(0)
    next(fit(net, cross_entropy, OPTIMISERS["sgd"](lr=0.1), (x, y), 1, len(x), 0))
    np.testing.assert_allclose(net[1].params["s"], expected)


@pytest.mark.parametrize("new", [(6, 2), (6, 3)])
def test_a_new_head_is_trained_and_the_old_one_left_alone(new, net, rng):
    x, y = batch_of(rng, 12)
    old, kept = net[3], {name: array.copy() for name, array in net[3].params.items()}
    net.layers[3] = head = Linear(*new, rng, dtype=np.float64)
    before = head.params["w"].copy()
    next(fit(net, cross_entropy, OPTIMISERS["sgd"](lr=0.1), (x, y % 2), 1, 12, 0))
    assert net.params.flat is not None
    assert net.params["3.w"] is head.params["w"]
    assert (head.params["w"] != before).any()
    for name, array in kept.items():
        np.testing.assert_array_equal(old.params[name], array)


def test_layers_added_and_taken_away_are_followed(net, rng):
    x, y = batch_of(rng)
    middle = Linear(3, 3, rng, dtype=np.float64)
    net.layers += [middle, Activation("tanh"), middle]
    assert list(net.params)[-2:] == ["4.w", "4.b"]
    report = check_network(net, cross_entropy, x, y, rng)
    assert report, report
    del net.layers[4:]
    assert list(net.params) == ["0.w", "0.b", "1.gamma", "1.beta", "3.w", "3.b"]


@pytest.mark.parametrize("blocked", [False, True], ids=["network", "block"])
def test_a_new_list_of_layers_is_followed(blocked, rng):
    first, last, more = (Linear(*sizes, rng, dtype=np.float64) for sizes in ((4, 4), (4, 3), (4, 4)))
    block, (x, y) = Residual([first]), batch_of(rng)
    net = Sequential([block, last])
    if blocked:
        block.layers = [first, more]
    else:
        net.layers = [block, more, last]
    report = check_network(net, cross_entropy, x, y, rng)
    assert report, report
    assert len(report.checks) == 7
    with pytest.raises(TypeError, match=r"Residual: layer 1 is 'relu', which is no layer"):
        block.layers = [first, "relu"]


def test_a_block_whose_layers_change_is_followed(rng):
    block = Residual([Linear(4, 4, rng, dtype=np.float64)])
    net, (x, y) = Sequential([block, Linear(4, 3, rng, dtype=np.float64)]), batch_of(rng)
    block.layers.append(Linear(4, 4, rng, dtype=np.float64))
    assert list(net.params) == ["0.0.w", "0.0.b", "0.1.w", "0.1.b", "1.w", "1.b"]
    report = check_network(net, cross_entropy, x, y, rng)
    assert report, report


def test_traces_tell_the_uses_of_a_layer_apart_also_on_the_way_back(rng):
    net, (x, y) = Sequential(shared_weights(rng)), batch_of(rng)
    scores = dict(trace(net, x))["3"]
    back = dict(trace_backward(net, cross_entropy(scores, y)[1]))
    w = net.params["3.w"]
    np.testing.assert_allclose(back["2"], back["3"] @ w.T)
    np.testing.assert_allclose(back["1"], back["2"] @ net.params["0.w"].T)


@odd_networks
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["copy", "pickle"])
def test_a_copy_is_equal_independent_and_learns(layers, copied, rng):
    net, (x, y) = Sequential(layers(rng)), batch_of(rng, 12)
    net.forward(x, training=True)
    twin = copied(net)
    assert list(twin.params) == list(net.params)
    before = {name: array.copy() for name, array in net.params.items()}
    arguments = cross_entropy, OPTIMISERS["adam"](lr=0.1), (x, y), 3, 4
    losses, twins = ([row.loss for row in fit(one, *arguments, np.random.default_rng(0))] for one in (net, twin))
    assert losses == twins
    for name, array in net.params.items():
        np.testing.assert_array_equal(twin.params[name], array)
        assert not np.shares_memory(twin.params[name], array)
        assert not np.array_equal(array, before[name])
    for (_, layer), (_, own) in zip(walk(net.layers), walk(twin.layers), strict=True):
        for name, array in layer.buffers.items():
            np.testing.assert_array_equal(own.buffers[name], array)
            assert own.buffers[name] is not array


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["copy", "pickle"])
def test_networks_that_share_layers_share_them_in_their_copies(order, copied, net):
    both = net, Sequential(net.layers[:2])
    twins = copied([both[i] for i in order])
    whole, head = (twins[i] for i in order)
    head.params["0.w"] += 1
    np.testing.assert_array_equal(whole.params["0.w"], net.params["0.w"] + 1)
    np.testing.assert_array_equal(whole.layers[0].params["w"], whole.params["0.w"])


def test_a_copy_of_a_network_in_one_buffer_is_in_one(net):
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(twin.params.flat, net.params.flat)
        twin.params.flat[:] = 0
        assert not twin.layers[0].params["w"].any()
        with pytest.raises(RuntimeError, match="run forward before backward"):
            twin.backward(np.ones((7, 3)))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_can_be_copied_and_pickled(name):
    for record in (copy.deepcopy(ACTIVATIONS[name]), pickle.loads(pickle.dumps(ACTIVATIONS[name]))):
        assert record is ACTIVATIONS[name]


def test_a_shallow_copy_holds_the_same_layers(net):
    twin = copy.copy(net)
    twin.params["0.b"] += 5
    np.testing.assert_array_equal(net.params.flat, np.concatenate([array.ravel() for array in net.params.values()]))
    assert (net.layers[0].params["b"] == 5).all()


@pytest.mark.parametrize(
    "between",
    [
        lambda net, x, y: net.predict(x[:2]),
        lambda net, x, y: cost_table(net, (4,)),
        lambda net, x, y: evaluate(net, cross_entropy, x[:2], y[:2]),
        lambda net, x, y: network_report(net, x[:2]),
        lambda net, x, y: first_nonfinite(net, x[:2]),
        lambda net, x, y: fgsm(net, cross_entropy, x[:2], y[:2], 0.1),
        lambda net, x, y: sharpness(net, cross_entropy, (x[:2], y[:2]), np.random.default_rng(0), iterations=2),
        lambda net, x, y: Sequential(net.layers[:2]).forward(x[:2]),
    ],
    ids=["predict", "cost_table", "evaluate", "network_report", "first_nonfinite", "fgsm", "sharpness", "head"],
)
@pytest.mark.parametrize("samples", [1, 6])
def test_what_only_looks_leaves_the_backward_pass_as_it_was(between, samples, rng):
    net = Sequential([*dense(rng, 4, 5), Activation("tanh"), Residual(dense(rng, 5, 5)), *dense(rng, 5, 3)])
    x, y = batch_of(rng)
    dout = cross_entropy(net.forward(x[:samples], training=True), y[:samples])[1]
    net.backward(dout)
    expected = net.grads.flat.copy()
    net.forward(x[:samples], training=True)
    between(net, x, y)
    net.backward(dout)
    np.testing.assert_array_equal(net.grads.flat, expected)


# As it is used in a notebook


def shown():
    norm, inner = BatchNorm(4), Residual([Linear(4, 4, 0), Activation("tanh")], survival=0.5, rng=0)
    return Sequential([Linear(6, 4, 1), norm, inner, Sequential([norm, Dropout(0.5, 2)]), Linear(4, 3, 3)])


def test_a_network_says_what_it_is_made_of():
    assert repr(shown()) == (
        "Sequential: 71 parameters, float32\n"
        "  0  Linear(6, 4)\n"
        "  1  BatchNorm(4, momentum=0.1, eps=1e-05)\n"
        "  2  Residual(survival=0.5)\n"
        "    2.0  Linear(4, 4)\n"
        "    2.1  Activation('tanh')\n"
        "  3  Sequential\n"
        "    3.0  BatchNorm, the same as 1\n"
        "    3.1  Dropout(0.5)\n"
        "  4  Linear(4, 3)"
    )
    assert repr(Sequential([Flatten()])) == "Sequential: 0 parameters\n  0  Flatten()"


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Conv2d(1, 2, 3, rng=0, padding=1), "Conv2d(1, 2, (3, 3), stride=(1, 1), padding=(1, 1))"),
        (
            LocallyConnected2d(1, 2, 5, 3, rng=0),
            "LocallyConnected2d(1, 2, (3, 3) at 3 × 3 places, stride=(1, 1), padding=(0, 0))",
        ),
        (MaxPool2d(3, 2, 1), "MaxPool2d(3, stride=2, padding=1)"),
        (AvgPool2d(), "AvgPool2d(2)"),
        (Maxout(3, 4, 2, 0), "Maxout(3, 4, 2)"),
        (LSTM(3, 5, rng=0, last=True), "LSTM(3, 5, last=True)"),
        (RNN(3, 5, rng=0), "RNN(3, 5)"),
        (Activation("leaky_relu", slope=0.2), "Activation('leaky_relu', slope=0.2)"),
        (Residual([Linear(2, 2, 0), Activation("relu")]), "Residual([Linear(2, 2), Activation('relu')])"),
    ],
    ids=lambda value: value.partition("(")[0] if isinstance(value, str) else "",
)
def test_a_layer_says_what_it_was_made_with(layer, text):
    assert repr(layer) == text


def test_parameters_registries_optimisers_and_callbacks_say_what_they_are():
    net = Sequential([Linear(6, 4, 1)])
    assert repr(net.params) == "28 numbers in 2 arrays\n  0.w  float32 (6, 4)\n  0.b  float32 (4,)"
    assert repr(OPTIMISERS).startswith("Registry('optimiser'): sgd, momentum")
    assert repr(ACTIVATIONS["relu"]) == "ACTIVATIONS['relu']"
    assert repr(OPTIMISERS["momentum"](lr=0.1)) == "Momentum(lr=0.1, momentum=0.9, weight_decay=0)"
    assert repr([ClipNorm(2), NaNWatch()]) == "[ClipNorm(2), NaNWatch()]"


def test_a_network_is_called_counted_indexed_and_walked(net, rng):
    x = rng.normal(size=(5, 4))
    np.testing.assert_array_equal(net(x), net.forward(x))
    np.testing.assert_array_equal(net(x, training=True), net.forward(x, training=True))
    np.testing.assert_array_equal(net[0](x), net.layers[0].forward(x))
    assert len(net) == 4
    assert [*net] == net.layers
    assert net[-1] is net.layers[3]
    head = net[:2]
    assert head.layers == net.layers[:2]
    np.testing.assert_array_equal(head(x), net[1](net[0](x)))
    head.params["0.b"] += 5
    assert (net.params["0.b"] >= 4).all()
    with pytest.raises(ValueError, match="Sequential needs at least one layer"):
        net[4:]


def test_a_summary_is_the_cost_table(net):
    assert net.summary() == cost_table(net, (4,))
    assert str(net.summary()) == repr(net.summary())
    images = Sequential([Conv2d(1, 2, 3, rng=0), Flatten(), Linear(72, 3, 0)])
    assert images.summary([1, 8, 8]).parameters == sum(array.size for array in images.params.values())
    with pytest.raises(ValueError, match="pass input_shape, the shape of one sample"):
        images.summary()


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: Linear(3, 4, rng),
        lambda rng: Conv2d(1, 2, 3, rng=rng),
        lambda rng: Maxout(3, 4, 2, rng),
        lambda rng: LocallyConnected2d(1, 2, 5, 3, rng=rng),
        lambda rng: LSTM(3, 5, rng=rng),
        lambda rng: RNN(3, 5, rng=rng),
    ],
    ids=["Linear", "Conv2d", "Maxout", "LocallyConnected2d", "LSTM", "RNN"],
)
def test_a_whole_number_is_the_seed_of_a_layer(make):
    for name, array in make(np.int64(7)).params.items():
        np.testing.assert_array_equal(array, make(np.random.default_rng(7)).params[name])
    for wrong in ("0", 0.5, True, -1, np.random.RandomState(0)):
        with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator or its seed"):
            make(wrong)


def test_a_whole_number_is_the_seed_of_what_draws_in_training(rng):
    x = rng.normal(size=(8, 4))
    np.testing.assert_array_equal(Dropout(0.5, 3)(x, True), Dropout(0.5, np.random.default_rng(3))(x, True))
    layers = dense(rng, 4, 4)
    by_seed, by_generator = (Residual(layers, 0.5, draws) for draws in (3, np.random.default_rng(3)))
    for _ in range(5):
        np.testing.assert_array_equal(by_seed(x, True), by_generator(x, True))


# Files


def moved(net, rng):
    net.forward(rng.normal(size=(8, 4)), training=True)
    for array in net.params.values():
        array += rng.normal(size=array.shape)
    return net


def test_what_is_saved_can_be_loaded_into_a_network_of_the_same_kind(net, tmp_path, rng):
    saved, path = moved(copy.deepcopy(net), rng), tmp_path / "Zoë's net.npz"
    saved.save(path)
    assert net.load(path) is net
    np.testing.assert_array_equal(net.params.flat, saved.params.flat)
    for name in ("mean", "var"):
        np.testing.assert_array_equal(net.layers[1].buffers[name], saved.layers[1].buffers[name])
    x = rng.normal(size=(5, 4))
    np.testing.assert_array_equal(net(x), saved(x))
    assert list(tmp_path.iterdir()) == [path]


@odd_networks
def test_odd_networks_are_saved_too(layers, tmp_path, rng):
    net = Sequential(layers(rng))
    twin = copy.deepcopy(net)
    moved(net, rng).save(str(tmp_path / "net"))
    twin.load(str(tmp_path / "net"))
    x = rng.normal(size=(5, 4))
    np.testing.assert_array_equal(twin(x), net(x))


def test_another_network_or_a_damaged_file_changes_nothing(net, tmp_path, rng):
    path = tmp_path / "net.npz"
    net.save(path)
    whole = path.read_bytes()
    other = Sequential(dense(rng, 4, 6, 3))
    wider = Sequential([*dense(rng, 4, 6), BatchNorm(6, dtype=np.float64), Activation("tanh"), *dense(rng, 6, 5)])
    single = Sequential([Linear(4, 6, rng), BatchNorm(6), Activation("tanh"), Linear(6, 3, rng)])
    for one, message in (
        (other, r"is of another network: .* is only in the file"),
        (wider, r"params\.3\.w is float64 \(6, 5\) here and float64 \(6, 3\) there"),
        (single, r"is float32 .* here and float64 .* there"),
    ):
        before = one.params.flat.copy()
        with pytest.raises(ValueError, match=message):
            one.load(path)
        np.testing.assert_array_equal(one.params.flat, before)
    before = net.params.flat.copy()
    for damaged in (whole[: len(whole) // 2], b"", b"<html>"):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be read as a network"):
            net.load(path)
    np.savez(path, **{"params.0.w": np.array([print], object)})
    with pytest.raises(ValueError, match=r"cannot be read as a network \(Object arrays cannot be loaded"):
        net.load(path)
    np.testing.assert_array_equal(net.params.flat, before)


def test_a_place_that_is_not_there_is_named(net, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"save: there is no folder .*nowhere to write net\.npz into"):
        net.save(tmp_path / "nowhere" / "net.npz")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        net.save(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"There is no file .*none\.npz"):
        net.load(tmp_path / "none.npz")


def test_what_is_added_learns_in_the_dtype_of_the_network():
    net = Sequential([Linear(2, 3, 0, dtype=np.float64)])
    net.layers.append(Activation("prelu"))
    assert {array.dtype for array in net.params.values()} == {np.dtype(np.float64)}
