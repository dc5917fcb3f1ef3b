"""Forward/backward pairs against their twins and numerical gradients, and the objects that hold their parameters."""

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coursekit.activations import ACTIVATIONS
from coursekit.gradcheck import check_network
from coursekit.habits import OF_LAYERS, OF_OPTIMISERS
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
    linear_backward,
    linear_forward,
)
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

VALUES = st.floats(-10, 10, width=32)


# Linear


@given(st.tuples(*[st.integers(0, 4)] * 3), st.data())
def test_linear_is_that_of_the_twin_for_any_shape(sizes, data):
    n, d, h = sizes
    x, w, b = (data.draw(arrays(np.float64, shape, elements=VALUES)) for shape in ((n, d), (d, h), (h,)))
    y, cache = linear_forward(x, w, b)
    np.testing.assert_allclose(y, naive.linear(x, w, b), rtol=1e-12, atol=1e-12)
    assert [grad.shape for grad in linear_backward(np.ones((n, h)), cache)] == [(n, d), (d, h), (h,)]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 3), (2, 3), (3,)), r"x \(4, 3\), w \(2, 3\) and b \(3,\) do not fit"),
        (((4, 3), (3, 2), (3,)), r"x \(4, 3\), w \(3, 2\) and b \(3,\) do not fit"),
        (((3,), (3, 2), (2,)), r"x must have shape \(N, D\), but its shape is \(3,\)\. .*write x\[None, :\]"),
        (((4, 3), (3,), (2,)), r"w must have shape \(D, H\)"),
        (((4, 3), (3, 2), (1, 2)), r"b must have shape \(H,\)"),
    ],
)
def test_linear_says_which_shapes_do_not_fit(shapes, message):
    with pytest.raises(ValueError, match="^linear_forward: " + message):
        linear_forward(*map(np.ones, shapes))


# Objects


def layers(rng):
    return [Linear(3, 3, rng), Activation("elu", alpha=0.5), BatchNorm(3)]


@pytest.mark.parametrize("index", range(3), ids=["Linear", "Activation", "BatchNorm"])
def test_a_layer_object_gives_a_gradient_for_every_parameter(index, rng):
    layer = layers(rng)[index]
    x = rng.normal(size=(4, 3)).astype(np.float32)
    y = layer.forward(x, training=True)
    dx = layer.backward(np.ones_like(y))
    assert y.dtype == dx.dtype == np.float32
    assert dx.shape == x.shape
    shapes = {name: (array.shape, array.dtype) for name, array in layer.params.items()}
    assert {name: (array.shape, array.dtype) for name, array in layer.grads.items()} == shapes


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("make", "sizes"),
    [
        (Linear, (200, 100)),
        (Conv2d, (60, 50, 3)),
        (LocallyConnected2d, (60, 50, 9, 3)),
        (Maxout, (60, 50, 6)),
        (RNN, (200, 100)),
        (LSTM, (200, 100)),
    ],
)
def test_sizes_may_be_small_integers_of_numpy(make, sizes):
    small, plain = make(*map(np.uint8, sizes), rng=0), make(*sizes, rng=0)
    for name, array in plain.params.items():
        np.testing.assert_array_equal(small.params[name], array)


@pytest.mark.parametrize("index", range(3), ids=["Linear", "Activation", "BatchNorm"])
def test_a_layer_object_cannot_go_backward_first(index, rng):
    layer = layers(rng)[index]
    with pytest.raises(RuntimeError, match=f"^{type(layer).__name__}: run forward before backward"):
        layer.backward(np.ones((4, 3)))


def test_linear_object_takes_its_initialiser_by_name(rng):
    layer = Linear(400, 300, rng, init="normal", std=0.01, dtype=np.float64)
    assert layer.params["w"].std() == pytest.approx(0.01, rel=0.02)
    assert layer.params["w"].dtype == np.float64
    assert not layer.params["b"].any()


def test_activation_object_keeps_its_parameters(rng):
    x = rng.normal(size=(4, 3))
    expected, _ = ACTIVATIONS["leaky_relu"].forward(x, slope=0.3)
    np.testing.assert_array_equal(Activation("leaky_relu", slope=0.3).forward(x), expected)
    np.testing.assert_allclose(Activation("softmax", axis=0).forward(x).sum(0), 1)


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("rrelu", {"training": True}, r"^rrelu has no parameter 'training'\. Its parameters: lower, upper\.$"),
        ("leaky_relu", {"negative_slope": 0.1}, r"^leaky_relu has no parameter .* Did you mean 'slope'\?"),
        ("relu", {"alpha": 1}, r"^relu has no parameter 'alpha'\. Its parameters: none\."),
        ("rrelu", {"rng": "3"}, r"^rrelu: rng must be a numpy\.random\.Generator or its seed, .* but is '3'\."),
        ("leaky_relu", {"rng": 0.1}, r"^leaky_relu draws nothing: 0\.1 is no use .* parameters go by name: slope\.$"),
        ("elu", {"rng": 2}, r"^elu draws nothing: 2 is no use as its rng\. Its parameters go by name: alpha\."),
        ("prelu", {"dtype": int}, "dtype must be float32 or float64, but is int64"),
        ("prelu", {"alpha": "much"}, "^prelu: alpha must be float32 or float64"),
    ],
)
def test_activation_object_refuses_what_the_function_does_not_take(name, params, message):
    with pytest.raises(TypeError, match=message):
        Activation(name, **params)


@pytest.mark.parametrize("alpha", [0.25, np.array([0.1, 0.2, 0.3])], ids=["one slope", "one a channel"])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4, 2)], ids=["units", "images"])
def test_prelu_learns_its_slope_as_a_layer(alpha, shape, rng):
    layer = Activation("prelu", alpha=alpha, dtype=np.float64)
    assert layer.params["alpha"].tolist() == np.atleast_1d(alpha).tolist()
    hidden = Linear(3, 3, rng, dtype=np.float64)
    net = Sequential([*([hidden] if len(shape) == 2 else []), layer])
    x, y = rng.normal(size=(2, *shape))
    report = check_network(net, LOSSES["mse"], x, y, rng)
    assert report, report
    assert report.checks[-2].name.endswith("alpha")
    before = layer.params["alpha"].copy()
    OPTIMISERS["sgd"](lr=0.1).step(net.params, net.grads, {"step": 0})
    np.testing.assert_allclose(layer.params["alpha"], before - 0.1 * layer.grads["alpha"])
    assert (layer.params["alpha"] != before).all()


def test_prelu_takes_one_slope_of_the_networks_dtype(rng):
    net = Sequential([Linear(4, 4, rng), Activation("prelu"), Linear(4, 3, rng)])
    assert net.params["1.alpha"].dtype == np.float32
    assert net.params["1.alpha"].tolist() == [0.25]
    net.backward(np.ones_like(net.forward(rng.normal(size=(5, 4)).astype(np.float32))))
    assert net.grads["1.alpha"].shape == (1,)
    with pytest.raises(ValueError, match=r"alpha has 2 slopes, but x \(5, 4\) needs one a channel"):
        Activation("prelu", alpha=np.ones(2)).forward(np.ones((5, 4)))


@pytest.mark.parametrize(
    ("options", "dtype"),
    [
        ({"alpha": np.full(3, 0.25)}, np.float64),
        ({"alpha": np.float32([0.1])}, np.float32),
        ({"alpha": np.array(0.1)}, np.float64),
        ({"alpha": [0.25] * 3}, np.float32),
        ({"alpha": 0.25}, np.float32),
        ({"alpha": np.full(3, 0.25), "dtype": np.float32}, np.float32),
    ],
    ids=repr,
)
def test_what_is_learned_keeps_the_dtype_of_its_array(options, dtype):
    assert Activation("prelu", **options).params["alpha"].dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_slope_without_a_dtype_takes_that_of_its_network(dtype, rng):
    shared = Activation("prelu")
    inner = Residual([Linear(4, 4, rng, dtype=dtype), Activation("prelu", alpha=[0.1] * 4)])
    net = Sequential([Linear(4, 4, rng, dtype=dtype), shared, inner, shared])
    assert (
        {array.dtype for array in net.params.values()}
        == {array.dtype for array in net.grads.values()}
        == {np.dtype(dtype)}
    )
    assert np.shares_memory(net.params["1.alpha"], shared.params["alpha"])
    other = np.float32 if dtype == np.float64 else np.float64
    with pytest.raises(ValueError, match=r"must share one dtype, but .* 1\.alpha"):
        Sequential([Linear(4, 4, rng, dtype=dtype), Activation("prelu", dtype=other)])
    with pytest.raises(ValueError, match="must share one dtype"):
        Sequential([Linear(4, 4, rng, dtype=other), shared])  # it is the first network's now
    assert shared.params["alpha"].dtype == dtype


def test_rrelu_draws_in_training_only():
    layer = Activation("rrelu", rng=np.random.default_rng(1))
    x = -np.ones((3, 40))
    np.testing.assert_allclose(layer.forward(x), -(1 / 8 + 1 / 3) / 2)
    slopes = -layer.forward(x, training=True)
    assert np.unique(slopes).size == 120
    assert 1 / 8 <= slopes.min() < slopes.max() <= 1 / 3
    np.testing.assert_array_equal(layer.backward(np.ones_like(x)), slopes)
    assert (layer.forward(x, training=True) != -slopes).all()
    np.testing.assert_array_equal(Activation("rrelu", rng=np.random.default_rng(1)).forward(x, training=True), -slopes)
    assert np.unique(Activation("rrelu").forward(x, training=True)).size == 120  # a generator of its own


def test_dropout_object_refuses_a_probability_and_a_generator_that_are_none():
    with pytest.raises(ValueError, match=r"^Dropout: p is the probability of dropping a value, .*not Generator"):
        Dropout(np.random.default_rng(0), 0.5)
    with pytest.raises(
        TypeError, match=r"^Dropout: rng must be a numpy\.random\.Generator or its seed, a whole number"
    ):
        Dropout(0.5, "0")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Conv2d(1, 2, 3, 2),  # PyTorch's stride
        lambda: Conv2d(1, 2, 3, 1, 1),  # and padding
        lambda: Conv2d(1, 2, 3, np.random.default_rng(0), rng=0),
        lambda: LocallyConnected2d(1, 2, 5, 3, 2),
        lambda: LocallyConnected2d(1, 2, 5, 3, 1, 1),
        lambda: LSTM(3, 5, 2),  # its number of layers
        lambda: RNN(3, 5, 2),
        lambda: RNN(3, 5, np.random.default_rng(0), True),
        lambda: MaxPool2d(2, 2, 0, 2),  # its dilation
        lambda: AvgPool2d(2, 2, 1),  # its padding
        lambda: BatchNorm(4, 1e-5, 0.1),  # its eps and momentum
    ],
)
def test_numbers_whose_order_differs_between_libraries_go_by_name(make):
    with pytest.raises(TypeError, match="positional arguments"):
        make()


def test_batch_norm_object_refuses_numbers_that_are_none():
    with pytest.raises(TypeError, match=r"^BatchNorm: momentum, the weight of the newest batch, must be a number, but"):
        BatchNorm(4, momentum=None)
    with pytest.raises(ValueError, match=r"^BatchNorm: eps must be a finite number, at least 0, but is -1"):
        BatchNorm(4, eps=-1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fit", r"history = train\(net, loss, optimiser, \(x, y\)\)"),
        ("eval", r"net\(x, training=True\)"),
        ("zero_grad", "overwrites the gradients"),
        ("weight", r"layer\.params\['w'\]"),
        ("w", r"It is a parameter: layer\.params\['w'\]"),
        ("nothing", r"^'Linear' object has no attribute 'nothing'\.$"),
    ],
)
def test_an_attribute_that_other_libraries_have_says_how_it_is_done_here(name, message):
    layer = Linear(3, 2, 0)
    with pytest.raises(AttributeError, match=message):
        getattr(layer, name)
    assert not hasattr(layer, name)


OWN = [
    Linear(3, 2, 0),
    Conv2d(1, 2, 3, rng=0),
    LocallyConnected2d(1, 2, 5, 3, rng=0),
    MaxPool2d(2),
    AvgPool2d(2),
    BatchNorm(3),
    Dropout(0.5, 0),
    Maxout(3, 2, 2, 0),
    RNN(3, 2, rng=0),
    LSTM(3, 2, rng=0),
    Activation("leaky_relu", slope=0.2),
    Flatten(),
    Residual([Linear(3, 3, 0)]),
    Sequential([Linear(3, 2, 0)]),
]


@pytest.mark.parametrize("layer", OWN, ids=lambda layer: type(layer).__name__)
@pytest.mark.parametrize("name", ["weight", "trainable", "training", "nothing"])
def test_what_nothing_would_read_cannot_be_set(layer, name):
    with pytest.raises(AttributeError, match=rf"^{type(layer).__name__}: nothing reads an attribute '{name}'"):
        setattr(layer, name, 0)
    assert name not in vars(layer)


@pytest.mark.parametrize(
    ("layer", "name", "message"),
    [
        (Linear(3, 2, 0), "w", r"It is a parameter: layer\.params\['w'\]\[\.\.\.\] = values"),
        (Linear(3, 2, 0), "bias", r"layer\.params\['b'\]"),
        (BatchNorm(3), "momentun", r"Did you mean 'momentum'\?"),
        (BatchNorm(3), "running", "running is made anew whenever it is read"),
        (Sequential([Linear(3, 2, 0)]), "training", r"net\(x, training=True\)"),
        (Sequential([Linear(3, 2, 0)]), "params", "params is made anew whenever it is read"),
        (Dropout(0.5, 0), "rate", "It has buffers, grads, layers, p, params, rng"),
    ],
)
def test_setting_what_cannot_be_set_says_what_is_right(layer, name, message):
    with pytest.raises(AttributeError, match=message):
        setattr(layer, name, 0)


def test_what_is_read_may_be_set_and_a_layer_of_ones_own_is_free():
    x = np.ones((1, 1, 5, 5), np.float32)
    conv = Conv2d(1, 2, 3, rng=0)
    conv.stride = 2
    assert conv(x).shape == (1, 2, 2, 2)
    conv.forward = lambda x, training=False: x
    assert conv(x) is x

    class Halved(Linear):
        def __init__(self):
            self.factor = 0.5
            super().__init__(3, 2, 0)
            self.weight = "mine"

    own = Halved()
    own.later = 3
    assert (own.factor, own.weight, own.later) == (0.5, "mine", 3)


def test_no_habit_of_other_libraries_hides_what_a_layer_or_an_optimiser_has():
    for owner, habits in ((Sequential([Linear(3, 2, 0)]), OF_LAYERS), (OPTIMISERS["adam"](lr=0.1), OF_OPTIMISERS)):
        assert not habits.keys() & {*dir(owner)}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxPool2d("2"), r"^MaxPool2d: kernel_size must be a whole number of at least 1"),
        (lambda: MaxPool2d(2, padding=-1), r"^MaxPool2d: padding must be a whole number of at least 0"),
        (lambda: AvgPool2d(2, stride=0), r"^AvgPool2d: stride must be a whole number of at least 1"),
        (lambda: Conv2d("1", 2, 3, rng=0), r"^Conv2d: channels must be a whole number of at least 1, but is '1'"),
        (lambda: Conv2d(1, 0, 3, rng=0), r"^Conv2d: filters must be a whole number of at least 1, but is 0"),
        (lambda: Residual([Linear(2, 2, 0)], "0.5", 0), r"survival is a probability in \(0, 1\], not '0\.5'"),
        (lambda: Linear(2, 2, 0, "normal", std="0.1"), r"^normal: std must be a number, but is '0\.1'"),
        (lambda: Linear(2, 2, 0, dtype=None), r"dtype must be float32 or float64, but is None"),
        (lambda: Linear(2, 2, 0, dtype="floaty"), r"dtype must be float32 or float64, but is floaty"),
        (lambda: Linear(2, 2, 0, shape=(3, 3)), "multiple values for argument 'shape'"),
    ],
)
def test_a_size_or_number_that_is_none_is_refused_when_the_layer_is_made(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


class Scale(Layer):
    """What a learner may write: y = w x."""

    def __init__(self, how):
        if how != "without super":
            super().__init__(**({"w": np.ones(3, np.float32)} if how == "right" else {}))
        if how == "params alone":
            self.params = {"w": np.ones(3, np.float32)}

    def forward(self, x, training=False):
        self.cache = x
        return x * self.params["w"]


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        (
            "without super",
            AttributeError,
            r"^Scale has no params yet: its __init__ must begin with super\(\)",
        ),
        (
            "params alone",
            ValueError,
            r"^Scale: the parameter 'w' has no array in grads\. Give it to super\(\)\.__init__\(w=",
        ),
    ],
)
def test_a_layer_of_ones_own_that_is_made_otherwise_says_how(how, error, message):
    with pytest.raises(error, match=message):
        Sequential([Scale(how)])


def test_a_layer_of_ones_own_without_backward_is_named():
    net = Sequential([Scale("right")])
    net.forward(np.ones((2, 3), np.float32))
    with pytest.raises(NotImplementedError, match=r"^Scale has no backward\(dout\) of its own\."):
        net.backward(np.ones((2, 3), np.float32))
    with pytest.raises(NotImplementedError, match=r"^Layer has no forward\(x, training=False\) of its own\."):
        Sequential([Layer()]).forward(np.ones((2, 3)))


def test_the_shape_of_one_row_may_be_a_number():
    net = Sequential([Activation("relu"), Linear(3, 2, 0)])
    assert repr(net.summary(3)) == repr(net.summary((3,)))
