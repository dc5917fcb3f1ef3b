"""Optimisers change parameters in place, go downhill, and refuse a learning rate that cannot be meant."""

import math

import numpy as np
import pytest

from coursekit.optimisers import OPTIMISERS

each = pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=list(OPTIMISERS))


@each
@pytest.mark.parametrize("lr", [0, -0.1, math.nan, math.inf, "0.1", None], ids=repr)
def test_a_learning_rate_that_is_no_positive_number_is_refused(optimiser, lr):
    with pytest.raises(
        ValueError, match=rf"^{optimiser.name}: the learning rate must be a positive number, but is {lr!r}"
    ):
        optimiser(lr=lr)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_writes_into_the_arrays_it_is_given(optimiser, dtype, rng):
    params = {"w": rng.normal(size=(3, 2)).astype(dtype), "b": np.zeros(2, dtype)}
    grads = {name: rng.normal(size=array.shape).astype(dtype) for name, array in params.items()}
    arrays, before = dict(params), {name: array.copy() for name, array in params.items()}
    grads_before = {name: array.copy() for name, array in grads.items()}
    opt = optimiser(lr=0.1)
    opt.step(params, grads, opt.init(params))
    for name in params:
        assert params[name] is arrays[name]
        assert params[name].dtype == dtype
        assert (params[name] != before[name]).all()
        np.testing.assert_array_equal(grads[name], grads_before[name])


@each
def test_it_finds_the_bottom_of_a_bowl(optimiser, rng):
    target = rng.normal(size=5)
    params = {"w": np.zeros(5)}
    opt = optimiser(lr=0.1)
    state = opt.init(params)
    for _ in range(500):
        opt.step(params, {"w": params["w"] - target}, state)
    np.testing.assert_allclose(params["w"], target, atol=1e-2)


def test_sgd_moves_by_the_learning_rate_times_the_gradient():
    params = {"w": np.array([1.0, -2.0, 3.0])}
    sgd = OPTIMISERS["sgd"](lr=0.5)
    state = sgd.init(params)
    sgd.step(params, {"w": np.array([2.0, 2.0, -4.0])}, state)
    np.testing.assert_array_equal(params["w"], [0.0, -3.0, 5.0])
    sgd.step(params, {"w": np.array([1.0, 0.0, 0.0])}, state)  # no memory: the second step is like the first
    np.testing.assert_array_equal(params["w"], [-0.5, -3.0, 5.0])


def test_a_numpy_number_is_a_learning_rate_and_a_truth_value_is_not():
    assert OPTIMISERS["sgd"](lr=np.float32(0.5)).lr == 0.5
    with pytest.raises(ValueError, match="learning rate"):
        OPTIMISERS["sgd"](lr=True)
