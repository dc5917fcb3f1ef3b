"""PyTorch as a second oracle: values and gradients agree to the last digits. Skipped where it is not installed."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[torch]'")

from coursekit import layers  # noqa: E402
from coursekit.activations import ACTIVATIONS  # noqa: E402
from coursekit.layers import RunningStatistics, lstm_backward, lstm_forward, rnn_backward, rnn_forward  # noqa: E402
from coursekit.losses import LOSSES  # noqa: E402
from coursekit.optimisers import OPTIMISERS  # noqa: E402

nn = torch.nn.functional


def leaf(array):
    return torch.from_numpy(np.array(array)).requires_grad_()


def assert_same(ours, theirs, rtol=1e-10):
    theirs = theirs.detach().numpy()
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol * max(1.0, np.abs(theirs).max()))


ACTIVATION_TWINS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": nn.leaky_relu,
    "elu": nn.elu,
    "selu": nn.selu,
    "swish": nn.silu,
    "gelu": nn.gelu,
    "softmax": lambda x: torch.softmax(x, -1),
    "rrelu": nn.rrelu,
    "crelu": lambda x: torch.relu(torch.cat([x, -x], 1)),
}


@pytest.mark.parametrize("name", ACTIVATION_TWINS)
def test_activations(name, rng):
    x = rng.normal(size=(40, 30)) * 3
    y, cache = ACTIVATIONS[name].forward(x)
    dout, tensor = rng.normal(size=y.shape), leaf(x)
    twin = ACTIVATION_TWINS[name](tensor)
    twin.backward(torch.from_numpy(dout))
    assert_same(y, twin)
    assert_same(ACTIVATIONS[name].backward(dout, cache), tensor.grad)


@pytest.mark.parametrize("shape", [(), (7,)], ids=["one slope", "a slope a channel"])
def test_prelu(shape, rng):
    x, alpha = rng.normal(size=(5, 7, 4, 4)), rng.uniform(0.1, 0.5, shape)
    y, cache = ACTIVATIONS["prelu"].forward(x, alpha=alpha)
    dout, tensor, slope = rng.normal(size=x.shape), leaf(x), leaf(alpha.reshape(-1))
    twin = nn.prelu(tensor, slope)
    twin.backward(torch.from_numpy(dout))
    dx, dalpha = ACTIVATIONS["prelu"].backward(dout, cache)
    assert_same(y, twin)
    assert_same(dx, tensor.grad)
    assert_same(np.reshape(dalpha, -1), slope.grad)


IMAGES = (3, 4, 9, 11)
LAYER_TWINS = {
    "conv2d": (((5, 4, 3, 3), (5,)), {"stride": 2, "padding": 1}, lambda x, w, b: nn.conv2d(x, w, b, 2, 1)),
    "conv2d same": (((5, 4, 3, 5), (5,)), {"padding": (1, 2)}, lambda x, w, b: nn.conv2d(x, w, b, 1, (1, 2))),
    "max_pool2d": ((), {"kernel_size": 3, "stride": 2}, lambda x: nn.max_pool2d(x, 3, 2)),
    "avg_pool2d": ((), {"kernel_size": 3, "stride": 2}, lambda x: nn.avg_pool2d(x, 3, 2)),
    "batch_norm": (((4,), (4,)), {}, lambda x, g, b: nn.batch_norm(x, None, None, g, b, training=True)),
    "group_norm": (((4,), (4,)), {"groups": 2}, lambda x, g, b: nn.group_norm(x, 2, g, b)),
    "layer_norm": (((4,), (4,)), {}, lambda x, g, b: nn.group_norm(x, 1, g, b)),
    "instance_norm": (((4,), (4,)), {}, lambda x, g, b: nn.instance_norm(x, weight=g, bias=b)),
}


@pytest.mark.parametrize("name", LAYER_TWINS)
def test_layers(name, rng):
    shapes, options, twin = LAYER_TWINS[name]
    arrays = [rng.normal(size=shape) for shape in (IMAGES, *shapes)]
    kind = name.split()[0]
    y, cache = getattr(layers, f"{kind}_forward")(*arrays, **options)
    dout, tensors = rng.normal(size=y.shape), [leaf(array) for array in arrays]
    expected = twin(*tensors)
    expected.backward(torch.from_numpy(dout))
    found = getattr(layers, f"{kind}_backward")(dout, cache)
    assert_same(y, expected)
    for gradient, tensor in zip(found if isinstance(found, tuple) else (found,), tensors, strict=True):
        assert_same(gradient, tensor.grad)


def test_running_statistics(rng):
    x = rng.normal(size=IMAGES) * 3 + 1
    ours, mean, var = RunningStatistics.start(4, np.float64), torch.zeros(4).double(), torch.ones(4).double()
    layers.batch_norm_forward(x, np.ones(4), np.zeros(4), ours, momentum=0.3)
    nn.batch_norm(torch.from_numpy(x), mean, var, training=True, momentum=0.3)
    assert_same(ours.mean, mean)
    assert_same(ours.var, var)


@pytest.mark.parametrize(
    ("kind", "gates", "forward", "backward"),
    [(torch.nn.RNN, 1, rnn_forward, rnn_backward), (torch.nn.LSTM, 4, lstm_forward, lstm_backward)],
    ids=["rnn", "lstm"],
)
def test_recurrent_layers(kind, gates, forward, backward, rng):
    n, steps, inputs, hidden = 3, 6, 4, 5
    x, *states = (rng.normal(size=shape) for shape in ((n, steps, inputs), *[(n, hidden)] * (1 + (gates == 4))))
    wx, wh, b = (
        rng.normal(size=shape) for shape in ((inputs, gates * hidden), (hidden, gates * hidden), gates * hidden)
    )
    theirs = kind(inputs, hidden, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for name, value in (("weight_ih_l0", wx.T), ("weight_hh_l0", wh.T), ("bias_ih_l0", b), ("bias_hh_l0", 0 * b)):
            getattr(theirs, name).copy_(torch.from_numpy(np.ascontiguousarray(value)))
    tensor, starts = leaf(x), [leaf(state[np.newaxis]) for state in states]
    expected, _ = theirs(tensor, tuple(starts) if gates == 4 else starts[0])
    h, cache = forward(x, *states, wx, wh, b)
    dout = rng.normal(size=h.shape)
    expected.backward(torch.from_numpy(dout))
    dx, *dstates, dwx, dwh, db = backward(dout, cache)
    assert_same(h, expected)
    assert_same(dx, tensor.grad)
    for gradient, start in zip(dstates, starts, strict=True):
        assert_same(gradient, start.grad[0])
    assert_same(dwx.T, theirs.weight_ih_l0.grad)
    assert_same(dwh.T, theirs.weight_hh_l0.grad)
    assert_same(db, theirs.bias_ih_l0.grad)


CLASSES = np.array([0, 3, 1, 2, 3])
WEIGHTS = np.array([1.0, 2.0, 0.5, 3.0])
LOSS_TWINS = {
    "softmax_cross_entropy": ({}, lambda s, y: nn.cross_entropy(s, y)),
    "softmax_cross_entropy smoothed": (
        {"label_smoothing": 0.1},
        lambda s, y: nn.cross_entropy(s, y, label_smoothing=0.1),
    ),
    "softmax_cross_entropy weighted": (
        {"class_weights": WEIGHTS},
        lambda s, y: nn.cross_entropy(s, y, torch.from_numpy(WEIGHTS)),
    ),
    # PyTorch divides by the number of classes.
    "hinge": ({}, lambda s, y: 4 * nn.multi_margin_loss(s, y)),
    "squared_hinge": ({}, lambda s, y: 4 * nn.multi_margin_loss(s, y, p=2)),
}


@pytest.mark.parametrize("name", LOSS_TWINS)
def test_losses_of_classes(name, rng):
    options, twin = LOSS_TWINS[name]
    scores = rng.normal(size=(5, 4))
    loss, dscores = LOSSES[name.split()[0]](scores, CLASSES, **options)
    tensor = leaf(scores)
    expected = twin(tensor, torch.from_numpy(CLASSES))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    assert_same(dscores, tensor.grad)


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("mse", nn.mse_loss),
        ("mae", nn.l1_loss),
        ("huber", nn.huber_loss),
        ("binary_cross_entropy", nn.binary_cross_entropy_with_logits),
    ],
)
def test_losses_of_values(name, twin, rng):
    scores, y = rng.normal(size=(5, 4)) * 2, rng.uniform(size=(5, 4))
    loss, dscores = LOSSES[name](scores, y)
    tensor = leaf(scores)
    expected = twin(tensor, torch.from_numpy(y))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    assert_same(dscores, tensor.grad)


OPTIMISER_TWINS = {
    "sgd": lambda params, lr, decay: torch.optim.SGD(params, lr, weight_decay=decay),
    "momentum": lambda params, lr, decay: torch.optim.SGD(params, lr, momentum=0.9, weight_decay=decay),
    "nesterov": lambda params, lr, decay: torch.optim.SGD(params, lr, momentum=0.9, nesterov=True, weight_decay=decay),
    "adagrad": lambda params, lr, decay: torch.optim.Adagrad(params, lr, weight_decay=decay),
    "rmsprop": lambda params, lr, decay: torch.optim.RMSprop(params, lr, alpha=0.9, weight_decay=decay),
    "adam": lambda params, lr, decay: torch.optim.Adam(params, lr, weight_decay=decay),
    "adamw": lambda params, lr, decay: torch.optim.AdamW(params, lr, weight_decay=decay),
}


def test_no_optimiser_is_forgotten():
    assert OPTIMISER_TWINS.keys() == OPTIMISERS.keys()


@pytest.mark.parametrize("name", OPTIMISER_TWINS)
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_ten_steps_of_an_optimiser(name, decay, rng):
    params = {"w": rng.normal(size=(4, 3)), "b": rng.normal(size=3)}
    tensors = {key: leaf(array) for key, array in params.items()}
    options = {"eps": 1e-10} if name == "adagrad" else {}
    ours = OPTIMISERS[name](lr=0.05, weight_decay=decay, **options)
    theirs = OPTIMISER_TWINS[name](list(tensors.values()), 0.05, decay)
    state = ours.init(params)
    for _ in range(10):
        grads = {key: rng.normal(size=array.shape) for key, array in params.items()}
        ours.step(params, grads, state)
        for key, tensor in tensors.items():
            tensor.grad = torch.from_numpy(grads[key])
        theirs.step()
    for key, tensor in tensors.items():
        assert_same(params[key], tensor)
