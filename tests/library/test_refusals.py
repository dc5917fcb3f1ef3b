"""Every function that takes an array refuses the same things in the same words, wherever the array stands."""

from functools import partial

import numpy as np
import pytest
from pairs import PAIRS

from coursekit.activations import ACTIVATIONS
from coursekit.augmentation import crop, noise, rotate, shift
from coursekit.convolution import convolve2d, correlate2d
from coursekit.diagnostics import layer_histogram, layer_moments
from coursekit.initialisers import INITIALISERS
from coursekit.layers import LSTM, RNN, BatchNorm, Conv2d, Linear, LocallyConnected2d, Maxout
from coursekit.losses import LOSSES, multitask
from coursekit.penalties import PENALTIES
from coursekit.preprocessing import PREPROCESSORS

UNFIT = [np.float16, np.longdouble, complex, bool, object, str]
unfit = pytest.mark.parametrize("dtype", UNFIT, ids=lambda dtype: dtype.__name__)


def with_another(function, arrays, i, other):
    return function(*arrays[:i], other, *arrays[i + 1 :])


def of_pairs():
    rng = np.random.default_rng(0)
    for pair in PAIRS:
        arrays = pair.arguments(rng)
        y, cache = pair.forward(*arrays)
        for i, array in enumerate(arrays):
            yield f"{pair.name} {i}", array, partial(with_another, pair.forward, arrays, i)
        yield f"{pair.name} dout", np.ones_like(y), partial(pair.backward, cache=cache)


def of_registries():
    square = np.array([[0.25, 0.75], [0.5, 0.5]])
    for name, activation in ACTIVATIONS.items():
        y, cache = activation.forward(square)
        yield f"{name} x", square, activation.forward
        yield f"{name} dout", np.ones_like(y), partial(activation.backward, cache=cache)
    yield "prelu alpha", square[0], lambda alpha: ACTIVATIONS["prelu"].forward(square, alpha=alpha)
    for name, loss in LOSSES.items():
        yield f"{name} scores", square, lambda s, f=loss: f(s, np.array([0, 1]) if f.y == "classes" else square)
        if loss.y != "classes":
            yield f"{name} y", square, partial(loss, square)
    yield "soft targets", square, partial(LOSSES["softmax_cross_entropy"], square)
    for name, penalty in PENALTIES.items():
        yield name, square, lambda w, f=penalty: f(w, 0.5)
    for name, preprocessor in PREPROCESSORS.items():
        train = np.random.default_rng(0).normal(size=(9, 2, 1, 2) if preprocessor.images else (9, 2))
        fitted = preprocessor.fit(train)
        yield from ((f"{name} {f.__name__}", train, f) for f in (preprocessor.fit, fitted.apply, fitted.undo))


def of_functions():
    square = np.eye(2)
    for function in (correlate2d, convolve2d):
        yield f"{function.__name__} image", square, partial(function, kernel=square)
        yield f"{function.__name__} kernel", square, partial(function, square)
    images, rng = np.ones((1, 1, 4, 4)), np.random.default_rng(0)
    yield "shift images", images, partial(shift, down=0, right=1)
    yield "rotate images", images, partial(rotate, degrees=30)
    yield "crop images", images, partial(crop, size=3, rng=rng)
    yield "noise images", images, partial(noise, std=0.1, rng=rng)
    yield "multitask scores", square, partial(multitask, y=[[0], [1]], classes=(2,))
    yield "layer_moments", square, layer_moments
    yield "layer_histogram", square, partial(layer_histogram, low=0, high=1)


PLACES = [*of_pairs(), *of_registries(), *of_functions()]
each_place = pytest.mark.parametrize(
    ("array", "function"), [pytest.param(array, function, id=name) for name, array, function in PLACES]
)


@each_place
@unfit
def test_what_is_no_float32_or_float64_is_refused_by_its_name(array, function, dtype):
    function(array)
    with pytest.raises(TypeError, match=f"must be float32 or float64 .*its dtype is {array.astype(dtype).dtype}"):
        function(array.astype(dtype))


@each_place
def test_rows_of_different_lengths_are_refused(array, function):
    with pytest.raises(ValueError, match=r": \w+ must be an array, but its rows have different lengths"):
        function([[1.0, 2.0], [3.0]])


FIXED_RANK = [place for place in of_pairs() if not place[0].startswith("dropout")]
FIXED_RANK += [place for place in of_registries() if place[0].endswith(("scores", "apply", "undo", " y"))]
FIXED_RANK += [place for place in of_functions() if place[0].startswith("con")]


@pytest.mark.parametrize(
    ("array", "function"), [pytest.param(array, function, id=name) for name, array, function in FIXED_RANK]
)
def test_an_array_with_axes_too_many_is_refused(array, function):
    with pytest.raises(ValueError, match=r"(?s)shape.*\("):
        function(array[None, None, None])


CLASSES = [loss for loss in LOSSES.values() if loss.y == "classes"]


@pytest.mark.parametrize("loss", CLASSES, ids=lambda loss: loss.name)
def test_labels_that_are_not_even_rows_of_one_length_are_refused(loss):
    with pytest.raises(ValueError, match="different lengths"):
        loss(np.zeros((2, 2)), [[0, 1], [1]])


# The dtype of what is made


MAKERS = [
    pytest.param(lambda dtype, rng, f=f: f(3, 2, rng=rng, dtype=dtype), id=name) for name, f in INITIALISERS.items()
]
MAKERS += [
    pytest.param(lambda dtype, rng, f=f, a=a: f(*a, rng=rng, dtype=dtype), id=f.__name__)
    for f, a in ((Linear, (3, 2)), (Conv2d, (1, 2, 3)), (Maxout, (3, 2, 2)), (RNN, (3, 2)), (LSTM, (3, 2)))
]
MAKERS += [
    pytest.param(lambda dtype, rng: BatchNorm(3, dtype=dtype), id="BatchNorm"),
    pytest.param(
        lambda dtype, rng: LocallyConnected2d(1, 2, 4, 3, rng, dtype=dtype),
        id="LocallyConnected2d",
    ),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("dtype", [*UNFIT, int], ids=lambda dtype: dtype.__name__)
def test_weights_of_another_dtype_are_refused_when_they_are_made(make, dtype, rng):
    make(np.float32, rng)
    with pytest.raises(TypeError, match=r"^\w+: dtype must be float32 or float64, but is "):
        make(dtype, rng)
