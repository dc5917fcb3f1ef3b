"""The source that `code` writes runs without the course, and says what the network says."""

import copy
import subprocess
import sys

import numpy as np
import pytest
from torch_nets import torch

from coursekit.layers import (
    LSTM,
    RNN,
    Activation,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LocallyConnected2d,
    Maxout,
    MaxPool2d,
    Residual,
)
from coursekit.layers.activation import ACTIVATIONS
from coursekit.network import Sequential
from coursekit.torch import code


def run(net):
    names = {}
    exec(code(net), names)
    return names["net"]


def assert_same(net, x):
    theirs = run(net)
    assert not theirs.training
    found = theirs(torch.from_numpy(x.astype(np.float32))).detach().numpy()
    np.testing.assert_allclose(found, net.forward(x), rtol=1e-5, atol=1e-5)
    return theirs


def trained(net, x, rng):
    """Move all parameters and running statistics away from where they began."""
    for _ in range(3):
        net.forward(x, training=True)
    for array in net.params.values():
        array += (0.1 * rng.standard_normal(array.shape)).astype(array.dtype)
    return net


def image_net(rng):
    block = Residual([Conv2d(4, 4, 3, rng, padding=1), BatchNorm(4), Activation("relu")], survival=0.5, rng=rng)
    return Sequential(
        [
            *(Conv2d(2, 4, (3, 5), rng, stride=(1, 2), padding=1), BatchNorm(4, momentum=0.2), Activation("crelu")),
            *(Conv2d(8, 4, 1, rng), MaxPool2d(3, 2, 1), block, AvgPool2d(2), Flatten(), Linear(8, 6, rng)),
            *(BatchNorm(6), Maxout(6, 5, 3, rng), Dropout(0.5, rng), Activation("softmax")),
        ]
    )


def test_a_network_of_images(rng):
    x = rng.standard_normal((7, 2, 8, 9), np.float32)
    theirs = assert_same(trained(image_net(rng), x, rng), x)
    theirs.train()
    assert theirs(torch.from_numpy(x)).requires_grad


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("kind", [LSTM, RNN])
def test_recurrent_layers(kind, last, rng):
    x = rng.standard_normal((4, 6, 3), np.float32)
    net = trained(Sequential([kind(3, 5, rng, last=last)]), x, rng)
    assert_same(net, x)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "step"])
def test_activations_with_their_parameters(name, rng):
    x = 3 * rng.standard_normal((20, 6), np.float32)
    function = ACTIVATIONS[name]
    for params in ({}, {one.name: 0.5 * one.default + 0.01 for one in function.params}):
        assert_same(Sequential([Activation(name, **params)]), x)


@pytest.mark.parametrize("alpha", [0.3, np.array([0.1, 0.2, 0.3])], ids=["one slope", "one a channel"])
def test_prelu_has_its_slopes_as_a_parameter(alpha, rng):
    x = rng.standard_normal((7, 3, 4, 5), np.float32)
    theirs = assert_same(Sequential([Activation("prelu", alpha=alpha)]), x)
    assert isinstance(theirs[0], torch.nn.PReLU)
    assert theirs[0].weight.tolist() == pytest.approx(np.atleast_1d(alpha).tolist())


def test_float64_becomes_float32(rng):
    x = rng.standard_normal((5, 4))
    assert_same(Sequential([Linear(4, 3, rng, dtype=np.float64)]), x)


def test_it_needs_nothing_of_the_course(rng, tmp_path):
    x = rng.standard_normal((7, 2, 8, 9), np.float32)
    net = trained(image_net(rng), x, rng)
    np.save(tmp_path / "x.npy", x)
    scores = "net(torch.from_numpy(numpy.load('x.npy'))).sum(0).tolist()"
    asking = f"import sys, numpy; print({scores}, 'coursekit' in sys.modules)"
    (tmp_path / "net.py").write_text(f"{code(net)}\n{asking}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "net.py"], cwd=tmp_path, capture_output=True, text=True, timeout=600, check=True
    )
    numbers, _, loaded = done.stdout.strip().rpartition(" ")
    assert loaded == "False"
    np.testing.assert_allclose(eval(numbers), net.forward(x).sum(0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (lambda rng: [Flatten(), LocallyConnected2d(1, 2, (5, 5), 3, rng)], "layer 1 is a LocallyConnected2d"),
        (lambda rng: [Residual([Activation("step")])], "layer 0.0 is the activation 'step'"),
    ],
)
def test_a_layer_that_pytorch_has_not_is_named(layers, message, rng):
    with pytest.raises(ValueError, match=message):
        code(Sequential(layers(rng)))


def test_only_networks_of_the_course():
    with pytest.raises(TypeError, match=r"coursekit.network.Sequential as PyTorch source, but got Linear"):
        code(torch.nn.Linear(2, 2))


def test_a_network_in_a_network_and_a_layer_at_two_places(rng):
    twice, relu = Linear(5, 5, rng), Activation("relu")
    features = Sequential([Conv2d(1, 3, 3, rng), BatchNorm(3), relu, Sequential([Flatten(), Linear(48, 5, rng)])])
    net = trained(Sequential([features, twice, relu, twice, Residual([twice, BatchNorm(5)])]), images(rng), rng)
    net = copy.deepcopy(net)  # which has seen no batch
    theirs = assert_same(net, images(rng))
    assert theirs[1] is theirs[3] is theirs[4].layers[0]
    assert theirs[0][2] is theirs[2]
    assert sum(p.numel() for p in theirs.parameters()) == sum(array.size for array in net.params.values())


def images(rng):
    return rng.standard_normal((6, 1, 6, 6)).astype(np.float32)
