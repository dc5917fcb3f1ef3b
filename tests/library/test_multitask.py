"""The loss of several heads: its twin, its gradient, labels that are missing, and a trunk that learns from both."""

from functools import partial

import naive
import numpy as np
import pytest

from coursekit.gradcheck import numerical_gradient, relative_error
from coursekit.layers import Activation, Linear
from coursekit.losses import multitask, softmax_cross_entropy
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import fit

Y = np.array([[0, 1], [2, -1], [-1, 0], [1, 1]])


@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.0, 0.25), (0.0, 2.0)])
def test_the_loss_is_that_of_the_twin_and_its_gradient_that_of_differences(weights, rng):
    scores = rng.normal(size=(4, 5))
    loss, dscores = multitask(scores, Y, (3, 2), weights)
    assert loss == pytest.approx(naive.multitask(scores.tolist(), Y.tolist(), (3, 2), weights))
    numerical = numerical_gradient(lambda s: multitask(s, Y, (3, 2), weights)[0], scores)
    assert relative_error(dscores, numerical) < 1e-7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_task_is_plain_cross_entropy(dtype, rng):
    scores, y = rng.normal(size=(6, 3)).astype(dtype), rng.integers(0, 3, 6)
    loss, dscores = multitask(scores, y[:, None], (3,))
    expected, dexpected = softmax_cross_entropy(scores, y)
    assert loss == expected
    assert dscores.dtype == dtype
    np.testing.assert_array_equal(dscores, dexpected)


def test_a_task_without_labels_adds_nothing(rng):
    scores = rng.normal(size=(4, 5))
    y = np.stack([Y[:, 1] % 2, np.full(4, -1)], axis=1)
    _, dscores = multitask(scores, y, (3, 2))
    assert not dscores[:, 3:].any()
    assert dscores[:, :3].any()


def test_fit_trains_a_trunk_with_two_heads(rng):
    x = rng.normal(size=(200, 4)).astype(np.float32)
    y = np.stack([(x[:, 0] > 0) + (x[:, 1] > 0), x[:, 0] > 0], axis=1).astype(int)
    net = Sequential([Linear(4, 16, rng, "he_normal"), Activation("relu"), Linear(16, 5, rng, "he_normal")])
    rows = list(fit(net, partial(multitask, classes=(3, 2)), OPTIMISERS["adam"](lr=0.02), (x, y), 20, 20, rng))
    scores = net.forward(x)
    assert rows[-1].loss < 0.3 * rows[0].loss
    assert (scores[:, :3].argmax(1) == y[:, 0]).mean() > 0.9
    assert (scores[:, 3:].argmax(1) == y[:, 1]).mean() > 0.9


def test_numbers_of_classes_may_be_small_integers_of_numpy(rng):
    scores, y = rng.normal(size=(4, 400)), np.zeros((4, 2), int)
    assert multitask(scores, y, np.array([200, 200], np.uint8))[0] == multitask(scores, y, (200, 200))[0]


@pytest.mark.parametrize(
    ("y", "classes", "weights", "error", "message"),
    [
        (Y, (3, 3), None, ValueError, r"tasks of \(3, 3\) classes need 6 scores and 2 weights"),
        (Y, (3, 2.0), None, ValueError, r"classes of task 1 must be a whole number of at least 1, but is 2\.0"),
        (Y, (3, 2), (1.0,), ValueError, "and 2 weights, but there are 5 and 1"),
        (Y, (3, 2), (1.0, -1.0), ValueError, "weight 1 must be a finite number, at least 0"),
        (Y[:, :1], (3, 2), None, ValueError, r"y must have shape \(4, 2\), a column a task"),
        (Y - 1, (3, 2), None, ValueError, "unknown, −1, but one is -2"),
        (Y + 1, (3, 2), None, ValueError, "softmax_cross_entropy"),
        (Y.astype(float), (3, 2), None, TypeError, "y must hold classes"),
    ],
)
def test_what_cannot_be_is_refused(y, classes, weights, error, message):
    with pytest.raises(error, match=message):
        multitask(np.zeros((4, 5)), y, classes, weights)
