"""Which went first: the trail against a run by hand, the package's own watch, and what the texts say."""

import numpy as np
import pytest

from coursekit.chapters.deep_gradients.nan_watch import (
    DTYPES,
    INFINITE,
    LAYERS,
    NAN,
    STEPS,
    First,
    State,
    compute,
    digits,
    network,
    shades,
)
from coursekit.demos import DEMOS
from coursekit.losses import LOSSES
from coursekit.optimisers import OPTIMISERS
from coursekit.training import NaNWatch, fit

DEMO = DEMOS["nan_watch"]


def by_hand(state, steps):
    """Plain matrices, plain descent: the largest sum and weight gradient of each layer."""
    net = network(state)
    w = [net.params[f"{2 * i}.w"].copy() for i in range(LAYERS)]
    b = [net.params[f"{2 * i}.b"].copy() for i in range(LAYERS)]
    x, labels = digits(state.precision)
    forward, backward = [], []
    for _ in range(steps):
        inputs, sums = [x], []
        for i in range(LAYERS):
            sums.append(inputs[-1] @ w[i] + b[i])
            inputs.append(np.maximum(sums[-1], 0))
        shifted = np.exp(sums[-1] - sums[-1].max(1, keepdims=True))
        delta = (shifted / shifted.sum(1, keepdims=True) - np.eye(10)[labels]) / len(x)
        dw = [None] * LAYERS
        for i in reversed(range(LAYERS)):
            dw[i], db = inputs[i].T @ delta, delta.sum(0)
            delta = (delta @ w[i].T) * (inputs[i] > 0)
            w[i] -= state.rate * dw[i]
            b[i] -= state.rate * db
        forward.append([np.abs(z).max() for z in sums])
        backward.append([np.abs(g).max() for g in dw])
    return np.array(forward).T, np.array(backward).T


def test_the_trail_is_that_of_a_run_by_hand():
    frame = compute(State(precision="float64"))
    forward, backward = by_hand(State(precision="float64"), 4)
    np.testing.assert_allclose(frame.forward[:, :4], forward, rtol=1e-5)
    np.testing.assert_allclose(frame.backward[:, :4], backward, rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "first"),
    [
        ({}, First(4, 4, "forward")),
        ({"loss": "mse"}, First(2, 8, "backward")),
        ({"rate": 0.1, "scale": 30.0, "loss": "mse", "precision": "float64"}, First(2, 0, "loss")),
        ({"precision": "float64"}, First(6, 6, "forward")),
        ({"clip": True}, None),
        ({"activation": "tanh"}, None),
    ],
)
def test_what_goes_first(settings, first):
    frame = compute(State(**settings))
    assert frame.first == first
    arrays = frame.forward, frame.loss[None], frame.backward
    assert bool(np.isfinite(np.concatenate(arrays)).all()) is (first is None)
    if first:
        assert all(np.isfinite(array[:, : first.step - 1]).all() for array in arrays)
        column = [array[:, first.step - 1] for array in arrays]
        earlier = {"forward": [column[0][: first.layer - 1]], "loss": column[:1]}
        earlier["backward"] = [*column[:2], column[2][first.layer :]]
        assert all(np.isfinite(part).all() for part in earlier[first.way])


@pytest.mark.parametrize("settings", [{}, {"loss": "mse"}, {"precision": "float64"}])
def test_the_packages_watch_stops_at_the_same_step_and_layer(settings):
    state = State(**settings)
    first = compute(state).first
    x, labels = digits(state.precision)
    loss = LOSSES[state.loss]
    y = labels if loss.y == "classes" else np.eye(10, dtype=x.dtype)[labels]
    rows = fit(
        network(state),
        loss,
        OPTIMISERS["sgd"](lr=state.rate),
        (x, y),
        STEPS,
        len(x),
        np.random.default_rng(0),
        [NaNWatch()],
    )
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError) as caught:
        list(rows)
    assert f"Step {first.step}:" in str(caught.value)
    assert f"layer {2 * (first.layer - 1)} (Linear)" in str(caught.value)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_float64_gains_two_steps_for_other_draws_too(seed):
    single, double = (compute(State(seed=seed, precision=name)).first.step for name in DTYPES)
    assert double - single == 2


def test_the_exponent_grows_from_step_to_step():
    exponents = np.log10(compute(State(precision="float64")).forward.max(0)[1:5])
    factors = exponents[1:] / exponents[:-1]
    assert (factors > 2.3).all()
    assert ((factors[1:] > 2.9) & (factors[1:] < 4.1)).all()


def test_finite_sums_and_a_product_that_is_not():
    frame = compute(State(loss="mse"))
    assert frame.forward[:, 1].max() < 1e38 < frame.forward[:, 1].max() ** 2
    assert not np.isfinite(frame.backward[-1, 1])


def test_clipped_weights_stay_too_large():
    frame = compute(State(clip=True))
    assert frame.loss[0] > 1000
    assert frame.loss[-1] < frame.loss[0]
    assert frame.forward[-1, -1] > 1000
    assert "all finite" in frame.readout


def test_nan_spread_to_all_later_layers():
    for preset in ("Forward first", "Backward first", "The loss first"):
        frame = compute(State(**DEMO.presets[preset]))
        assert np.isnan(frame.forward[-1, frame.first.step :]).all()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Forward first", "step 4: the sums of layer 4 overflow first, on the way forward"),
        ("Backward first", "step 2: ∂L/∂W of layer 8 overflows first, on the way back"),
        ("The loss first", "step 2: the loss overflows first; all sums are finite"),
        ("Clipped", "all finite: the largest sum is about 10⁴"),
        ("tanh", "all finite: the largest sum is about 10¹, the loss"),
    ],
)
def test_every_preset_shows_what_it_is_called(name, words):
    assert words in compute(State(**DEMO.presets[name])).readout


def test_shades_tell_infinity_and_nan_from_numbers():
    limit = State().largest
    zero, one, large, infinite, nan = shades(np.array([[0.0, 1.0, 1e30, np.inf, np.nan]]), limit)[0]
    assert 0 == zero < one < large < 1
    assert (infinite, nan) == (INFINITE, NAN)
    assert NAN < 0 < 1 < INFINITE  # beyond both ends, where the picture has other colours
