"""Greedy pre-training: the tied autoencoder's gradients, what codes keep, and who learns from few labels."""

import numpy as np
import pytest
from drawn import frame_of

from coursekit.chapters.deep_gradients.autoencoder import autoencoder, pretrain
from coursekit.chapters.deep_gradients.pretraining import (
    PRETRAINED,
    RANDOM,
    RELU,
    SHOWN,
    STEPS,
    State,
    frames,
    network,
    task,
)
from coursekit.demos import DEMOS
from coursekit.gradcheck import numerical_gradient, relative_error


def run(**settings):
    return frame_of("pretraining", State(**settings))


def ends(**settings):
    return run(**settings).accuracy[:, -1]


# ---- the autoencoder


def draw(dtype=np.float64):
    rng = np.random.default_rng(0)
    shapes = {"x": (7, 5), "w": (5, 3), "b": (3,), "c": (5,)}
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}


def test_its_error_is_that_of_the_slow_twin():
    given = draw()
    error, _ = autoencoder(**given)
    x, w, b, c = given.values()
    total = 0.0
    for row in x:
        code = [np.tanh(sum(row[i] * w[i, j] for i in range(5)) + b[j]) for j in range(3)]
        total += sum((sum(code[j] * w[i, j] for j in range(3)) + c[i] - row[i]) ** 2 for i in range(5))
    assert error == pytest.approx(total / x.size)


@pytest.mark.parametrize("name", ["w", "b", "c"])
def test_its_gradients(name):
    given = draw()
    _, found = autoencoder(**given)
    numerical = numerical_gradient(lambda value: autoencoder(**given | {name: value})[0], given[name])
    assert relative_error(getattr(found, name), numerical) < 1e-7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_keeps_the_dtype_and_its_inputs(dtype):
    given = draw(dtype)
    kept = {name: array.copy() for name, array in given.items()}
    _, found = autoencoder(**given)
    assert {gradient.dtype for gradient in found} == {np.dtype(dtype)}
    assert [gradient.shape for gradient in found] == [(5, 3), (3,), (5,)]
    for name, array in given.items():
        np.testing.assert_array_equal(array, kept[name])


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"x is \(N, D\)"):
        autoencoder(**draw() | {"w": np.zeros((4, 3))})


def test_a_layer_learns_to_keep_what_it_can_and_no_labels_are_asked_for():
    rng = np.random.default_rng(1)
    x = 0.3 * rng.standard_normal((200, 2)) @ rng.standard_normal((2, 6))  # two numbers behind six
    w, b = 0.1 * rng.standard_normal((6, 2)), np.zeros(2)
    lost = [share for share, _ in pretrain(x, w, b, 0.02, 400, rng)]
    assert lost[0] > 0.8
    assert lost[-1] < 0.15


# ---- the run


def test_first_the_layers_in_their_order_then_the_race():
    state = State(depth=3, steps=20)
    seen = list(frames(state))
    before = [frame for frame in seen if not len(frame.steps)]
    assert [len(frame.unexplained) for frame in before] == [1] * 10 + [2] * 10 + [3] * 10
    assert all(len(frame.steps) for frame in seen[len(before) :])
    assert seen[-1].steps[-1] == STEPS
    assert seen[-1].accuracy.shape == (3, len(seen[-1].steps))
    assert np.isfinite(seen[-1].unexplained).all()
    assert np.isnan(before[10].unexplained[1, 1:]).all()
    np.testing.assert_array_equal(seen[-1].looks, range(2, 21, 2))


def test_both_tanh_nets_start_from_the_same_draw_and_relu_from_hes():
    state = State(depth=4)
    tanh, relu = (network(state, name, np.random.default_rng(0)) for name in ("tanh", "relu"))
    assert np.abs(tanh.params["2.w"]).max() <= 1 / np.sqrt(32)
    assert tanh.params["2.w"].std() == pytest.approx(1 / np.sqrt(3 * 32), rel=0.05)
    assert relu.params["2.w"].std() == pytest.approx(np.sqrt(2 / 32), rel=0.1)


def test_codes_of_eight_layers_keep_the_digits():
    frame = run(depth=8)
    shown = task(0).x[:SHOWN]
    np.testing.assert_array_equal(frame.digits, shown)
    assert ((frame.rebuilt - shown) ** 2).mean() < 0.35 * task(0).x.var(0).mean()
    hurried = run(depth=8, steps=10)
    assert ((hurried.rebuilt - shown) ** 2).mean() > 0.7 * task(0).x.var(0).mean()


# ---- what is told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "random 72%, pre-trained 78%"),
        ({"depth": 8}, "random 10%, pre-trained 73%, ReLU + He 65%"),
        ({"depth": 8, "start": "xavier_normal"}, "random 72%, pre-trained 74%"),
    ],
)
def test_the_questions_numbers(settings, told):
    assert told in run(**settings).readout


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_eight_layers_wake_up_only_after_pre_training_or_with_relu_and_he(seed):
    end = ends(depth=8, seed=seed)
    assert end[RANDOM] < 0.25
    assert end[PRETRAINED] > 0.7
    assert end[RELU] > 0.5


@pytest.mark.parametrize("seed", [0, 1])
def test_labels_do_not_wake_the_random_start(seed):
    end = ends(depth=8, labels=1000, seed=seed)
    assert end[RANDOM] < 0.3
    assert end[PRETRAINED] > 0.88


@pytest.mark.parametrize("seed", [1, 2])
def test_with_the_right_scale_a_random_start_needs_little_help(seed):
    end = ends(depth=8, start="xavier_normal", seed=seed)
    assert end[RANDOM] > 0.65
    assert end[PRETRAINED] - end[RANDOM] < 0.12


def test_pre_training_in_a_hurry_helps_less():
    for seed in range(3):
        assert ends(depth=8, steps=10, seed=seed)[PRETRAINED] < ends(depth=8, seed=seed)[PRETRAINED] - 0.2


def test_two_layers_hardly_need_it():
    gains = [end[PRETRAINED] - end[RANDOM] for end in (ends(seed=seed) for seed in range(3))]
    assert max(gains) < 0.1


def test_the_notice_counts_the_digits_without_labels():
    assert str(len(task(0).x)) in DEMOS["pretraining"].notice
