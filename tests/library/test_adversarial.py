"""FGSM against its equation and differences, and training on the mixture."""

import numpy as np
import pytest

from coursekit.adversarial import fgsm, input_gradient
from coursekit.gradcheck import numerical_gradient, relative_error
from coursekit.layers import Activation, BatchNorm, Dropout, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import Adversarial, fit

CE = LOSSES["softmax_cross_entropy"]


def network(dtype=np.float64, extra=()):
    rng = np.random.default_rng(3)
    first, last = Linear(6, 8, rng, "he_normal", dtype=dtype), Linear(8, 3, rng, "he_normal", dtype=dtype)
    return Sequential([first, *extra, Activation("tanh"), last])


def data(dtype=np.float64):
    rng = np.random.default_rng(4)
    return rng.normal(size=(5, 6)).astype(dtype), rng.integers(0, 3, 5)


def test_the_gradient_with_respect_to_the_input_agrees_with_differences():
    net, (x, y) = network(), data()
    numerical = numerical_gradient(lambda x: CE(net.forward(x), y)[0], x)
    assert relative_error(input_gradient(net, CE, x, y), numerical) < 1e-7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_step_is_epsilon_times_the_sign(dtype):
    net, (x, y) = network(dtype), data(dtype)
    kept = x.copy()
    attacked = fgsm(net, CE, x, y, 0.1)
    assert attacked.dtype == dtype
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_allclose(attacked - x, 0.1 * np.sign(input_gradient(net, CE, x, y)), atol=1e-6)
    assert CE(net.forward(attacked), y)[0] > CE(net.forward(x), y)[0]


def test_no_corner_of_the_box_is_worse_for_a_linear_loss(rng):
    """Behind one linear layer with two classes the loss rises along a single direction, so the sign is the best."""
    net = Sequential([Linear(6, 2, rng, dtype=np.float64)])
    x, y = rng.normal(size=(1, 6)), np.array([1])
    worst = CE(net.forward(fgsm(net, CE, x, y, 0.2)), y)[0]
    corners = 0.2 * np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1).T
    assert worst == pytest.approx(max(CE(net.forward(x + corner), y)[0] for corner in corners))


def test_it_asks_in_test_mode_and_leaves_gradients_and_buffers_alone():
    net = network(extra=(BatchNorm(8, dtype=np.float64), Dropout(0.5, np.random.default_rng(0))))
    x, y = data()
    net.backward(CE(net.forward(x, training=True), y)[1])
    grads, mean = {name: g.copy() for name, g in net.grads.items()}, net.layers[1].buffers["mean"].copy()
    first = fgsm(net, CE, x, y, 0.1)
    np.testing.assert_array_equal(fgsm(net, CE, x, y, 0.1), first)  # no dropout
    np.testing.assert_array_equal(net.layers[1].buffers["mean"], mean)
    assert any(g.any() for g in grads.values())
    for name, g in grads.items():
        np.testing.assert_array_equal(net.grads[name], g)


def test_it_stays_in_the_range_of_the_data_where_asked():
    net, (x, y) = network(), data()
    x = np.clip(x, 0, 1)
    assert fgsm(net, CE, x, y, 0.3).min() < 0
    clipped = fgsm(net, CE, x, y, 0.3, 0, 1)
    np.testing.assert_array_equal(clipped, np.clip(fgsm(net, CE, x, y, 0.3), 0, 1))


def test_a_step_of_adversarial_training_mixes_the_two_gradients():
    x, y = data()
    net, twin = network(), network()
    row = next(
        fit(net, CE, OPTIMISERS["sgd"](lr=0.1), (x, y), 1, 5, np.random.default_rng(0), [Adversarial(0.2, 0.25)])
    )
    gradients, losses = [], []
    for batch in (x, fgsm(twin, CE, x, y, 0.2)):
        loss, dscores = CE(twin.forward(batch), y)
        twin.backward(dscores)
        losses.append(loss)
        gradients.append({name: g.copy() for name, g in twin.grads.items()})
    assert row.loss == pytest.approx(0.25 * losses[0] + 0.75 * losses[1])
    for name, array in twin.params.items():
        step = 0.1 * (0.25 * gradients[0][name] + 0.75 * gradients[1][name])
        np.testing.assert_allclose(net.params[name], array - step, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net, x, y: fgsm(net, CE, x, y, -0.1), "fgsm: epsilon must be a finite number, at least 0"),
        (lambda net, x, y: fgsm(net, CE, x, y, 0.1, 1, 0), "low must not be above high"),
        (lambda net, x, y: Adversarial(-1), "Adversarial: epsilon"),
        (lambda net, x, y: Adversarial(0.1, 1.5), "Adversarial: alpha"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    net, (x, y) = network(), data()
    with pytest.raises(ValueError, match=message):
        call(net, x, y)
    with pytest.raises(TypeError, match="fgsm: x must be float32 or float64"):
        fgsm(net, CE, x > 0, y, 0.1)
