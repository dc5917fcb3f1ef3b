"""Optimisers change parameters in place, as their papers say, go downhill, and refuse what cannot be meant."""

import copy
import math
import pickle

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from layouts import AWKWARD, byte_swapped, every_second, fortran, read_only

from coursekit.optimisers import OPTIMISERS, SGD, Adam, AdamW, Momentum, clip_by_norm, clip_by_value
from coursekit.parameters import NamedArrays, is_packed, packed

each = pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=list(OPTIMISERS))
with_memory = pytest.mark.parametrize("optimiser", [o for o in OPTIMISERS.values() if o.memory], ids=lambda o: o.name)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
NO_NUMBERS = [-0.1, math.nan, math.inf, "0.1", None, True]
SHAPES = {"w": (3, 2), "b": (2,), "scale": ()}


def some(rng, dtype=np.float64, scale=1.0):
    return {name: np.asarray(scale * rng.normal(size=shape), dtype) for name, shape in SHAPES.items()}


def run(opt, params, path):
    state = opt.init(params)
    for grads in path:
        opt.step(params, grads, state)
    return state


# The record


@each
def test_the_record_is_complete(optimiser):
    for text in ("label", "formula", "verdict", "source"):
        assert getattr(optimiser, text), text
    opt = optimiser(lr=0.1)
    for parameter in optimiser.params:
        assert parameter.low <= parameter.default <= parameter.high
        assert getattr(opt, parameter.name) == parameter.default
        for value in (parameter.low, parameter.high):
            assert getattr(optimiser(lr=0.1, **{parameter.name: value}), parameter.name) == value
    assert opt.weight_decay == 0


# Values


@each
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@given(
    start=arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3)),
    seed=st.integers(0, 2**32 - 1),
    lr=st.sampled_from([0.5, 0.01]),
)
def test_several_steps_are_those_of_the_twin(optimiser, weight_decay, start, seed, lr):
    path = np.random.default_rng(seed).normal(size=(5, *start.shape))
    path[:, ::2] *= 1e-3
    params = {"w": start.copy()}
    opt = optimiser(lr=lr, weight_decay=weight_decay)
    state = opt.init(params)
    for step, gradient in enumerate(path):
        opt.step(params, {"w": gradient}, state)
        for place in np.ndindex(start.shape):
            row = [float(value) for value in path[(slice(None), *place)]]
            walk = naive.OPTIMISERS[optimiser.name](float(start[place]), row, lr=lr, weight_decay=weight_decay)
            expected = [next(walk) for _ in range(step + 1)][-1]
            assert params["w"][place] == pytest.approx(expected, rel=1e-10, abs=1e-10)


OPTIONS = {
    "momentum": {"momentum": 0.5},
    "nesterov": {"momentum": 0.5},
    "adagrad": {"eps": 0.3},
    "rmsprop": {"beta": 0.5, "eps": 0.3},
    "adam": {"beta1": 0.5, "beta2": 0.8, "eps": 0.3},
    "adamw": {"beta1": 0.5, "beta2": 0.8, "eps": 0.3},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_hyperparameters_mean_what_they_mean_to_the_twin(name, rng):
    path = rng.normal(size=4)
    params = {"w": np.array([1.5])}
    opt = OPTIMISERS[name](lr=0.1, weight_decay=0.2, **OPTIONS[name])
    run(opt, params, [{"w": np.array([g])} for g in path])
    *_, expected = naive.OPTIMISERS[name](1.5, path, lr=0.1, weight_decay=0.2, **OPTIONS[name])
    assert params["w"][0] == pytest.approx(expected, rel=1e-12)


def test_sgd_moves_by_the_learning_rate_times_the_gradient():
    params = {"w": np.array([1.0, -2.0, 3.0])}
    sgd = OPTIMISERS["sgd"](lr=0.5)
    state = sgd.init(params)
    sgd.step(params, {"w": np.array([2.0, 2.0, -4.0])}, state)
    np.testing.assert_array_equal(params["w"], [0.0, -3.0, 5.0])
    sgd.step(params, {"w": np.array([1.0, 0.0, 0.0])}, state)  # no memory: the second step is like the first
    np.testing.assert_array_equal(params["w"], [-0.5, -3.0, 5.0])


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("sgd", 3.0),
        ("momentum", 3.0),
        ("nesterov", 3.0 * 1.9),  # g + μ v with v = g
        ("adagrad", 1.0),
        ("rmsprop", 1 / math.sqrt(0.1)),
        ("adam", 1.0),
        ("adamw", 1.0),
    ],
)
def test_the_first_step_has_the_size_worked_out_by_hand(name, size):
    params = {"w": np.zeros(2)}
    run(OPTIMISERS[name](lr=0.01), params, [{"w": np.array([3.0, -3.0])}])
    np.testing.assert_allclose(params["w"], [-0.01 * size, 0.01 * size], rtol=1e-7)


@pytest.mark.parametrize("gradient", [1e-3, 1.0, 1e6])
def test_bias_correction_gives_adam_steps_of_its_rate_from_the_start(gradient):
    params = {"w": np.zeros(1)}
    run(Adam(lr=0.01), params, [{"w": np.array([gradient])}] * 20)
    assert params["w"][0] == pytest.approx(-0.2, rel=1e-4)


def test_momentum_under_a_constant_gradient_reaches_its_final_speed():
    params = {"w": np.zeros(1)}
    state = run(Momentum(lr=0.1, momentum=0.75), params, [{"w": np.ones(1)}] * 100)
    assert state["v"]["w"][0] == pytest.approx(4)  # g / (1 − μ)


def test_weight_decay_of_sgd_is_the_gradient_of_a_penalty_on_the_squares(rng):
    theta, gradient, alpha = rng.normal(size=4), rng.normal(size=4), 0.3
    decayed, penalised = {"w": theta.copy()}, {"w": theta.copy()}
    run(SGD(lr=0.1, weight_decay=2 * alpha), decayed, [{"w": gradient}])
    run(SGD(lr=0.1), penalised, [{"w": gradient + 2 * alpha * theta}])
    np.testing.assert_allclose(decayed["w"], penalised["w"], rtol=1e-14)


def test_decoupled_decay_takes_the_same_share_of_all_and_l2_does_not():
    gradients = np.array([1e-3, 1.0, 1e3])
    moved = {}
    for optimiser in (Adam, AdamW):
        for weight_decay in (0.0, 0.1):
            params = {"w": np.ones(3)}
            run(optimiser(lr=0.01, weight_decay=weight_decay), params, [{"w": gradients}] * 2)
            moved[optimiser, weight_decay] = params["w"]
    np.testing.assert_array_equal(moved[Adam, 0.0], moved[AdamW, 0.0])
    share = moved[AdamW, 0.0] - moved[AdamW, 0.1]
    np.testing.assert_allclose(share, 0.01 * 0.1 * (1 + 0.99 - 0.01 * 0.1), rtol=1e-4)
    assert abs(moved[Adam, 0.0] - moved[Adam, 0.1]).max() < 1e-5  # swallowed by the division


# Descent


@each
def test_it_finds_the_bottom_of_a_bowl(optimiser, rng):
    target = rng.normal(size=5)
    params = {"w": np.zeros(5)}
    opt = optimiser(lr=0.1)
    state = opt.init(params)
    for t in range(500):
        opt.lr = 1.0 if optimiser.name == "adagrad" else 0.1 * 0.99**t  # AdaGrad's steps shrink by themselves
        opt.step(params, {"w": params["w"] - target}, state)
    np.testing.assert_allclose(params["w"], target, atol=1e-2)


def loss_in_a_ravine(name, lr):
    steepness = np.array([1.0, 100.0])
    params = {"w": np.ones(2)}
    opt = OPTIMISERS[name](lr=lr)
    state = opt.init(params)
    for _ in range(100):
        opt.step(params, {"w": steepness * params["w"]}, state)
    return steepness @ params["w"] ** 2 / 2


def test_in_a_ravine_momentum_beats_plain_descent_and_adaptive_steps_do_not_notice():
    plain = loss_in_a_ravine("sgd", 0.01)
    assert loss_in_a_ravine("momentum", 0.01) < plain / 5
    assert loss_in_a_ravine("nesterov", 0.01) < plain / 5
    for name in ("adagrad", "rmsprop", "adam", "adamw"):
        params = {"w": np.ones(2)}
        opt = OPTIMISERS[name](lr=0.01)
        state = opt.init(params)
        for _ in range(20):
            opt.step(params, {"w": np.array([1.0, 100.0]) * params["w"]}, state)
        assert params["w"][0] == pytest.approx(params["w"][1], rel=1e-6)


# Arrays


@each
@dtypes
@pytest.mark.parametrize("pack", [packed, dict])
def test_a_step_writes_into_the_arrays_it_is_given(optimiser, dtype, pack, rng):
    params, grads = pack(some(rng, dtype)), pack(some(rng, dtype))
    kept, before = dict(params), {name: array.copy() for name, array in params.items()}
    grads_before = {name: array.copy() for name, array in grads.items()}
    opt = optimiser(lr=0.1)
    state = opt.init(params)
    held = [state[name][key] for name in opt.memory for key in params]
    opt.step(params, grads, state)
    for name in params:
        assert params[name] is kept[name]
        assert params[name].dtype == dtype
        assert (params[name] != before[name]).all()
        np.testing.assert_array_equal(grads[name], grads_before[name])
    assert all(a is b for a, b in zip(held, [state[name][key] for name in opt.memory for key in params], strict=True))


@each
@dtypes
def test_packed_arrays_move_exactly_as_single_ones(optimiser, dtype, rng):
    single = {str(i): rng.normal(size=i).astype(dtype) for i in range(1, 40)}
    whole = packed(single)
    single = {name: array.copy() for name, array in single.items()}
    path = [{name: rng.normal(size=array.shape).astype(dtype) for name, array in single.items()} for _ in range(3)]
    opt = optimiser(lr=0.1, weight_decay=0.01)
    state = run(opt, single, path)
    whole_state = run(opt, whole, [packed(grads) for grads in path])
    for name in single:
        np.testing.assert_array_equal(whole[name], single[name])
        for memory in opt.memory:
            np.testing.assert_array_equal(whole_state[memory][name], state[memory][name])


@each
def test_float32_agrees_with_float64(optimiser, rng):
    start, path = some(rng), [some(rng) for _ in range(10)]
    results = []
    for dtype in (np.float32, np.float64):
        params = {name: array.astype(dtype) for name, array in start.items()}
        run(
            optimiser(lr=0.05, weight_decay=0.1),
            params,
            [{name: g.astype(np.float32).astype(dtype) for name, g in grads.items()} for grads in path],
        )
        results.append(params)
    for name in start:
        np.testing.assert_allclose(results[0][name], results[1][name], rtol=1e-5, atol=1e-6)


@each
@pytest.mark.parametrize("awkward", AWKWARD)
def test_gradients_of_any_layout_give_the_same(optimiser, awkward, rng):
    start, gradient = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    given, plain = {"w": start.copy()}, {"w": start.copy()}
    layout = awkward(gradient)
    run(optimiser(lr=0.1), given, [{"w": layout}])
    run(optimiser(lr=0.1), plain, [{"w": gradient}])
    np.testing.assert_array_equal(given["w"], plain["w"])
    np.testing.assert_array_equal(layout, gradient)


@each
def test_whole_numbers_are_gradients_too(optimiser):
    given, plain = {"w": np.ones(2)}, {"w": np.ones(2)}
    run(optimiser(lr=0.1), given, [{"w": np.array([1, -2])}])
    run(optimiser(lr=0.1), plain, [{"w": np.array([1.0, -2.0])}])
    np.testing.assert_array_equal(given["w"], plain["w"])


@each
@dtypes
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_shows_in_its_own_parameter_only(optimiser, dtype, value):
    params = {"w": np.ones(20, dtype)}
    gradient = np.ones(20, dtype)
    gradient[3] = value
    with np.errstate(all="ignore"):
        run(optimiser(lr=0.1), params, [{"w": gradient}])
    assert np.flatnonzero(~np.isfinite(params["w"])).tolist() == [3]


def finite_gradients(scale, rng, size=200):
    return {"w": np.asarray(scale * rng.normal(size=size), np.float32)}


@with_memory
@pytest.mark.parametrize("scale", [1e-14, 1e-18, 1e-22, 1e-29, 1e-37, 1e-41])
def test_nothing_remembered_or_moved_is_denormal(optimiser, scale, rng):
    params = {"w": np.zeros(200, np.float32)}
    state = run(optimiser(lr=0.1), params, [finite_gradients(scale, rng) for _ in range(50)])
    for array in (params, *(state[name] for name in optimiser.memory)):
        size = np.abs(array["w"])
        assert not ((size > 0) & (size < np.finfo(np.float32).tiny)).any()


@pytest.mark.parametrize(
    "opt", [OPTIMISERS[name](lr=0.1, **OPTIONS[name]) for name in OPTIONS], ids=lambda opt: opt.name
)
def test_what_is_remembered_fades_to_0_and_not_to_denormal_numbers(opt, rng):
    params = {"w": np.zeros(3, np.float32)}
    state = run(opt, params, [finite_gradients(1e-3, rng, 3)])
    for _ in range(500):  # 0.8⁵⁰⁰ = 4e−49
        opt.step(params, {"w": np.zeros(3, np.float32)}, state)
        for name in opt.memory:
            size = np.abs(state[name]["w"])
            assert ((size == 0) | (size > 1e-31)).all()
    assert opt.name == "adagrad" or not any(state[name]["w"].any() for name in opt.memory)


@each
def test_single_arrays_may_be_of_two_dtypes(optimiser, rng):
    start = {"narrow": rng.normal(size=3).astype(np.float32), "wide": rng.normal(size=3)}
    grads = {name: np.ones(3, array.dtype) for name, array in start.items()}
    params = {name: array.copy() for name, array in start.items()}
    run(optimiser(lr=0.1), params, [grads])
    for name, array in start.items():
        alone = {name: array.copy()}
        run(optimiser(lr=0.1), alone, [{name: grads[name]}])
        np.testing.assert_array_equal(params[name], alone[name])


@each
@pytest.mark.parametrize("scale", [1e-3, 1e-8, 1e-13, 1e-15, 1e-20])
def test_what_is_flushed_in_float32_is_not_missed(optimiser, scale, rng):
    path = [finite_gradients(scale, rng) for _ in range(10)]
    narrow, wide = {"w": np.zeros(200, np.float32)}, {"w": np.zeros(200)}
    run(optimiser(lr=0.1), narrow, path)
    run(optimiser(lr=0.1), wide, [{"w": grads["w"].astype(np.float64)} for grads in path])
    # relative to the largest, since values that cancel keep few digits
    np.testing.assert_allclose(narrow["w"], wide["w"], rtol=0, atol=2e-5 * np.abs(wide["w"]).max())


@with_memory
def test_float64_keeps_its_tiny_values(optimiser):
    state = run(optimiser(lr=0.1), {"w": np.zeros(1)}, [{"w": np.array([1e-100])}])
    assert all(state[name]["w"][0] > 0 for name in optimiser.memory)


# State


@each
@pytest.mark.parametrize("pack", [packed, dict])
def test_the_state_is_a_step_count_and_zeros_like_the_parameters(optimiser, pack, rng):
    params = pack(some(rng, np.float32))
    opt = optimiser(lr=0.1)
    state = opt.init(params)
    assert list(state) == ["step", *opt.memory]
    for name in opt.memory:
        assert type(state[name]) is NamedArrays
        assert is_packed(state[name]) == is_packed(params)
        assert list(state[name]) == list(params)
        for key, array in state[name].items():
            assert (array.shape, array.dtype, array.any()) == (params[key].shape, np.float32, False)
    for step in (1, 2):
        opt.step(params, some(rng, np.float32), state)
        assert state["step"] == step


@each
def test_a_state_that_comes_back_as_plain_arrays_goes_on_the_same(optimiser, rng):
    first, rest = [some(rng) for _ in range(3)], [some(rng) for _ in range(3)]
    params = packed(some(rng))
    opt = optimiser(lr=0.1)
    state = run(opt, params, first)
    restored = {"step": np.array(state["step"])}
    restored |= {name: {key: array.copy() for key, array in state[name].items()} for name in opt.memory}
    again = {name: array.copy() for name, array in params.items()}
    for grads in rest:
        opt.step(params, grads, state)
        opt.step(again, grads, restored)
    for name in params:
        np.testing.assert_array_equal(params[name], again[name])
    assert state["step"] == restored["step"] == 6


@each
def test_a_deep_copy_of_packed_parameters_moves_by_itself(optimiser, rng):
    params, grads = packed(some(rng)), packed(some(rng))
    twin = copy.deepcopy(params)
    run(optimiser(lr=0.1), twin, [grads])
    run(optimiser(lr=0.1), params, [grads])
    for name in params:
        np.testing.assert_array_equal(twin[name], params[name])


@each
def test_an_optimiser_serves_two_networks(optimiser, rng):
    opt = optimiser(lr=0.1)
    start, path = some(rng), [some(rng) for _ in range(3)]
    one, two = copy.deepcopy(start), copy.deepcopy(start)
    states = opt.init(one), opt.init(two)
    for grads in path:
        opt.step(one, grads, states[0])
        opt.step(two, grads, states[1])
    for name in start:
        np.testing.assert_array_equal(one[name], two[name])


# Refusals


@each
@pytest.mark.parametrize("lr", [0, *NO_NUMBERS], ids=repr)
def test_a_learning_rate_that_is_no_positive_number_is_refused(optimiser, lr):
    with pytest.raises(
        ValueError, match=rf"^{optimiser.name}: the learning rate must be a positive number, but is {lr!r}"
    ):
        optimiser(lr=lr)


@each
def test_the_learning_rate_can_be_set_between_steps_and_is_checked_again(optimiser):
    opt = optimiser(lr=0.1)
    for lr in NO_NUMBERS:
        with pytest.raises(ValueError, match="the learning rate must be a positive number"):
            opt.lr = lr
    assert opt.lr == 0.1
    params = {"w": np.ones(2)}
    state = opt.init(params)
    opt.lr = np.float32(0)  # where a schedule may end
    assert type(opt.lr) is float
    opt.step(params, {"w": np.ones(2)}, state)
    assert (params["w"] == 1).all()
    opt.lr = 0.5
    opt.step(params, {"w": np.ones(2)}, state)
    assert (params["w"] < 0.9).all()


def test_a_numpy_number_is_a_learning_rate():
    assert SGD(lr=np.float32(0.5)).lr == 0.5


@each
@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_a_hyperparameter_that_is_no_number_in_its_range_is_refused(optimiser, value):
    for parameter in optimiser.params:
        with pytest.raises(ValueError, match=rf"^{optimiser.name}: {parameter.name} must be .*at least 0"):
            optimiser(lr=0.1, **{parameter.name: value})


@pytest.mark.parametrize(
    ("name", "share"),
    [("momentum", "momentum"), ("nesterov", "momentum"), ("rmsprop", "beta"), ("adam", "beta1"), ("adam", "beta2")],
)
def test_a_share_must_be_below_1(name, share):
    with pytest.raises(ValueError, match=rf"^{name}: {share} must be at least 0 and below 1, but is 1"):
        OPTIMISERS[name](lr=0.1, **{share: 1})


@each
def test_an_unknown_hyperparameter_is_refused_with_those_that_exist(optimiser):
    with pytest.raises(
        TypeError, match=rf"^{optimiser.name} has no parameter 'nu'\. Its parameters: lr, .*weight_decay"
    ):
        optimiser(lr=0.1, nu=0.9)


@each
@pytest.mark.parametrize("pack", [packed, dict])
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda g: g.pop("b"), ValueError, "the gradients: there is none for 'b'. Run backward first"),
        (lambda g: g.update(c=np.ones(2)), ValueError, "the gradients: 'c' is no parameter"),
        (lambda g: g.update(w=np.ones((2, 3))), ValueError, r"'w' has shape \(2, 3\), but the parameter has \(3, 2\)"),
        (lambda g: g.update(w=np.ones((3, 2), np.float32)), TypeError, "'w' is float32, but the parameter is float64"),
        (lambda g: g.update(b=np.ones(2, complex)), TypeError, "the gradient 'b' must be float32 or float64"),
    ],
    ids=["missing", "extra", "shape", "dtype", "complex"],
)
def test_gradients_that_do_not_fit_are_refused_and_nothing_moves(optimiser, pack, change, error, message, rng):
    params, grads = pack(some(rng)), some(rng)
    before = {name: array.copy() for name, array in params.items()}
    opt = optimiser(lr=0.1)
    state = opt.init(params)
    change(grads)
    with pytest.raises(error, match=rf"^{optimiser.name}: .*{message}"):
        opt.step(params, grads, state)
    assert state["step"] == 0
    for name in params:
        np.testing.assert_array_equal(params[name], before[name])


@each
def test_packed_gradients_of_another_shape_or_dtype_are_refused(optimiser, rng):
    params = packed(some(rng))
    opt = optimiser(lr=0.1)
    turned = packed({name: array.T for name, array in params.items()})
    with pytest.raises(ValueError, match=r"'w' has shape \(2, 3\), but the parameter has \(3, 2\)"):
        opt.step(params, turned, opt.init(params))
    with pytest.raises(TypeError, match=r"'w' is float32, but the parameter is float64.*\.astype\(np\.float64\)"):
        opt.step(params, packed(some(rng, np.float32)), opt.init(params))


@each
@pytest.mark.parametrize("awkward", [fortran, every_second, read_only])
def test_a_parameter_that_cannot_be_changed_in_place_is_refused(optimiser, awkward, rng):
    params = {"w": awkward(rng.normal(size=(4, 3)))}
    opt = optimiser(lr=0.1)
    state = opt.init({"w": np.ones((4, 3))})
    message = rf"^{optimiser.name}: the parameter 'w' is changed in place, so it must be C-contiguous and writeable"
    with pytest.raises(ValueError, match=message):
        opt.init(params)
    with pytest.raises(ValueError, match=message):
        opt.step(params, {"w": np.ones((4, 3))}, state)


@each
@pytest.mark.parametrize(
    ("value", "found"),
    [
        (np.ones(3, int), "int64"),
        (np.ones(3, np.float16), "float16"),
        (byte_swapped(np.ones(3)), ">f8|<f8"),
        ([1.0], "list"),
    ],
    ids=["int", "half", "swapped", "list"],
)
def test_a_parameter_that_is_no_array_of_floats_is_refused(optimiser, value, found):
    with pytest.raises(TypeError, match=f"the parameter 'w' .*must be a float32 or float64 array, but it is ({found})"):
        optimiser(lr=0.1).init({"w": value})


@with_memory
def test_the_state_of_another_optimiser_or_network_is_refused(optimiser, rng):
    params, opt = some(rng), optimiser(lr=0.1)
    name = opt.memory[0]
    with pytest.raises(ValueError, match=rf"^{opt.name}: the state has no '{name}'\. Take that of its own init"):
        opt.step(params, some(rng), SGD(lr=0.1).init(params))
    for pack in (packed, dict):
        state = opt.init(pack({"w": np.ones((2, 2)), "b": np.ones(2), "scale": np.ones(())}))
        with pytest.raises(
            ValueError, match=rf"state\['{name}'\]: 'w' has shape \(2, 2\).*Make it with init\(params\)"
        ):
            opt.step(pack(params), pack(some(rng)), state)
    for names, problem in ((("w",), "there is none for 'b'"), (("b", "w"), "'w' is no parameter")):
        state = opt.init({key: np.ones(2) for key in names})
        with pytest.raises(ValueError, match=rf"^{opt.name}: state\['{name}'\]: {problem}"):
            opt.step({"b": np.ones(2)}, {"b": np.ones(2)}, state)


def test_a_state_without_a_step_count_is_refused():
    with pytest.raises(ValueError, match="sgd: the state has no 'step'"):
        SGD(lr=0.1).step({"w": np.ones(2)}, {"w": np.ones(2)}, {})


@each
def test_without_parameters_there_is_nothing_to_do(optimiser):
    assert run(optimiser(lr=0.1), {}, [{}])["step"] == 1


# Clipping


@dtypes
@pytest.mark.parametrize("pack", [packed, dict])
@given(seed=st.integers(0, 2**32 - 1), max_norm=st.floats(0.01, 100))
def test_clipping_by_norm_shortens_all_gradients_together(pack, dtype, seed, max_norm):
    grads = pack(some(np.random.default_rng(seed), dtype, scale=5))
    before = {name: array.copy() for name, array in grads.items()}
    expected = math.sqrt(math.fsum(float(value) ** 2 for array in before.values() for value in array.flat))
    norm = clip_by_norm(grads, max_norm)
    assert type(norm) is float
    assert norm == pytest.approx(expected, rel=1e-12)
    for name, array in grads.items():
        np.testing.assert_allclose(array, before[name] * min(1, max_norm / expected), rtol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "large", "max_norm"),
    [(np.float32, 1e15, 1e-6), (np.float32, 1e15, 1e-28), (np.float32, 1e30, 1e-20), (np.float64, 1e150, 1e-200)],
)
def test_clipping_by_norm_takes_a_factor_too_small_for_the_dtype(dtype, large, max_norm):
    grads = {"w": np.full(4, large, dtype)}
    clip_by_norm(grads, max_norm)
    np.testing.assert_allclose(grads["w"], max_norm / 2, rtol=1e-6)


def test_clipping_by_norm_leaves_short_gradients_as_they_are(rng):
    grads = some(rng)
    before = {name: array.copy() for name, array in grads.items()}
    norm = clip_by_norm(grads, 1e9)
    assert clip_by_norm(grads, norm) == norm
    for name, array in grads.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@dtypes
def test_a_norm_that_is_not_finite_is_returned_and_the_gradients_stay(value, dtype):
    grads = {"w": np.array([3.0, value, 4.0], dtype), "b": np.ones(2, dtype)}
    norm = clip_by_norm(grads, 1.0)
    assert math.isnan(norm) if math.isnan(value) else norm == math.inf
    np.testing.assert_array_equal(grads["w"], np.array([3.0, value, 4.0], dtype))
    np.testing.assert_array_equal(grads["b"], [1, 1])


def test_the_norm_is_summed_in_float64():
    assert clip_by_norm({"w": np.full(10, 1e30, np.float32)}, 1.0) == pytest.approx(math.sqrt(10) * 1e30, rel=1e-6)
    many = np.full(100_000, 1e-3, np.float32)
    assert clip_by_norm({"big": np.full(1, 1e3, np.float32), "w": many}, 1e9) == pytest.approx(
        math.sqrt(1e6 + 0.1), rel=1e-12
    )


@dtypes
@pytest.mark.parametrize("pack", [packed, dict])
def test_clipping_by_value_cuts_each_number(pack, dtype):
    grads = pack({"w": np.array([[-3.0, 0.5], [1.0, 7.0]], dtype), "b": np.array([-math.inf, math.nan, 0.0], dtype)})
    kept = dict(grads)
    assert clip_by_value(grads, 1) is None
    np.testing.assert_array_equal(grads["w"], [[-1, 0.5], [1, 1]])
    np.testing.assert_array_equal(grads["b"], [-1, math.nan, 0])
    assert all(grads[name] is kept[name] and grads[name].dtype == dtype for name in grads)


@pytest.mark.parametrize(("clip", "what"), [(clip_by_norm, "max_norm"), (clip_by_value, "limit")])
def test_clipping_refuses_what_cannot_be_meant(clip, what, rng):
    for bound in (0, *NO_NUMBERS):
        with pytest.raises(ValueError, match=rf"^{clip.__name__}: {what} must be a positive number, but is {bound!r}"):
            clip(some(rng), bound)
    with pytest.raises(ValueError, match="the gradient 'w' is changed in place, so it must be C-contiguous"):
        clip({"w": fortran(rng.normal(size=(3, 2)))}, 1.0)
    with pytest.raises(TypeError, match=r"the gradient 'w' .* must be a float32 or float64 array, but it is int64"):
        clip({"w": np.array([1, 2])}, 1.0)


ROOTS = ("adagrad", "rmsprop", "adam", "adamw")


@pytest.mark.parametrize("name", ROOTS)
@pytest.mark.parametrize(("dtype", "gradient"), [(np.float32, 1e-20), (np.float32, 0), (np.float64, 1e-170)])
def test_without_eps_a_gradient_whose_square_is_too_small_to_keep_moves_no_parameter_far(name, dtype, gradient):
    params = {"w": np.ones(3, dtype)}
    run(OPTIMISERS[name](lr=0.1, eps=0), params, [{"w": np.full(3, gradient, dtype)}])
    np.testing.assert_allclose(params["w"], 1, rtol=1e-5)


@pytest.mark.parametrize("name", ROOTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_eps_a_first_step_has_the_same_size_for_every_gradient(name, dtype):
    params = {"w": np.zeros(4, dtype)}
    run(OPTIMISERS[name](lr=0.1, eps=0), params, [{"w": np.array([1e-6, -1e-3, 1, -1e6], dtype)}])
    size = 0.1 / math.sqrt(0.1) if name == "rmsprop" else 0.1
    np.testing.assert_allclose(params["w"], [-size, size, -size, size], rtol=1e-5)


def test_the_names_of_other_libraries_are_known():
    with pytest.raises(TypeError, match=r"^adam has no parameter 'learning_rate'\. Did you mean 'lr'\? Its"):
        Adam(learning_rate=0.1)
    with pytest.raises(TypeError, match=r"^adam has no parameter 'epsilon'\. Did you mean 'eps'\?"):
        Adam(lr=0.1, epsilon=1e-6)
    with pytest.raises(ValueError, match=r"^adam: the learning rate must be a positive number, but is None\. Try 0\.1"):
        Adam()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_what_is_set_between_steps_is_checked_as_at_the_start(name):
    opt = OPTIMISERS[name](lr=0.1)
    with pytest.raises(TypeError, match=f"^{name} has no parameter 'learning_rate'\\. Did you mean 'lr'"):
        opt.learning_rate = 0.5
    with pytest.raises(ValueError, match=f"^{name}: weight_decay must be a number of at least 0, but is -1"):
        opt.weight_decay = -1
    before = repr(opt)
    opt.weight_decay = 0.01
    assert repr(opt) == before.replace("weight_decay=0", "weight_decay=0.01")
    assert repr(copy.deepcopy(opt)) == repr(opt)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_parameters_are_no_part_of_an_optimiser(name):
    params, kind = {"w": np.ones(2)}, OPTIMISERS[name]
    for make in (lambda: kind(params), lambda: kind(params, lr=0.1), lambda: kind(0.1, 0.9), lambda: kind(0.1, lr=0.1)):
        with pytest.raises(TypeError, match=rf"^{name}: only the learning rate may come without its name, as in "):
            make()
    assert kind(0.1).lr == kind(lr=0.1).lr


@pytest.mark.parametrize("other", ["momentum", "nesterov"])
def test_momentum_is_an_optimiser_of_its_own(other):
    with pytest.raises(TypeError, match=rf"^sgd has no parameter '{other}': that is .*OPTIMISERS\['{other}'\]\(lr="):
        OPTIMISERS["sgd"](lr=0.1, **{other: 0.9})


@pytest.mark.parametrize(
    ("name", "elsewhere", "here"),
    [
        ("adam", "alpha", "lr"),
        ("adam", "betas", "beta1"),
        ("rmsprop", "alpha", "beta"),
        ("adamw", "wd", "weight_decay"),
    ],
)
def test_a_hyperparameter_by_another_librarys_name_leads_to_ours(name, elsewhere, here):
    with pytest.raises(TypeError, match=rf"no parameter '{elsewhere}'\. Did you mean '{here}'\?"):
        OPTIMISERS[name](**{elsewhere: 0.5})


def test_an_optimiser_has_no_gradients_to_clear_and_says_so():
    adam = OPTIMISERS["adam"](lr=0.1)
    with pytest.raises(AttributeError, match="Each backward pass overwrites the gradients"):
        adam.zero_grad()
    assert copy.deepcopy(adam).lr == pickle.loads(pickle.dumps(adam)).lr == 0.1


def test_a_network_or_nothing_in_the_place_of_arrays_by_name_is_refused():
    adam, params = OPTIMISERS["adam"](lr=0.1), {"w": np.ones(2)}
    with pytest.raises(TypeError, match=r"must come as arrays by name, such as net\.params, but as object\."):
        adam.init(object())
    with pytest.raises(TypeError, match=r"the state is what its init\(params\) returned, but is None"):
        adam.step(params, params, None)


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=list(OPTIMISERS))
def test_a_rate_larger_than_any_float_is_refused(optimiser):
    with pytest.raises(ValueError, match="the learning rate must be a positive number"):
        optimiser(lr=10**400)
