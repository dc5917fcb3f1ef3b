"""Slices of the loss: what filter normalisation is, what it takes out, and how depth and shortcuts change the basin."""

import math
from functools import cache

import numpy as np
import pytest

from coursekit.chapters.deep_gradients.loss_landscape import (
    ALONG,
    CHANCE,
    GRID,
    LOSS,
    POINTS,
    STEPS,
    State,
    compute,
    digits,
    frames,
    network,
    train,
)
from coursekit.chapters.deep_gradients.slices import Plane, coarse_to_fine, rewrite_relu, scaled
from coursekit.demos import DEMOS
from coursekit.parameters import packed


@cache
def run(**settings):
    return compute(State(**{"finest": 2} | settings))


def arrays(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    shapes = {"0.w": (5, 4), "0.b": (4,), "2.w": (4, 3), "2.b": (3,)}
    return packed({name: rng.standard_normal(shape).astype(dtype) * (1 + len(name)) for name, shape in shapes.items()})


# ---- directions


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_filter_of_a_normalised_direction_is_as_long_as_the_one_it_moves(dtype):
    direction, weights = arrays(1, dtype), arrays(2, dtype)
    made = scaled(direction, weights, normalised=True)
    assert made.flat.dtype == dtype
    for name in ("0.w", "2.w"):
        for j in range(weights[name].shape[1]):  # a filter is what one unit weighs its inputs with
            own, moved = made[name][:, j], weights[name][:, j]
            assert math.sqrt(sum(own**2)) == pytest.approx(math.sqrt(sum(moved**2)), rel=1e-5)
            np.testing.assert_allclose(own / direction[name][:, j], own[0] / direction[name][0, j], rtol=1e-5)
    assert not made["0.b"].any()
    assert not made["2.b"].any()


def test_an_unscaled_direction_has_the_length_of_all_weights_and_keeps_its_shape():
    direction, weights = arrays(1), arrays(2)
    made = scaled(direction, weights, normalised=False)
    length = math.sqrt((weights["0.w"] ** 2).sum() + (weights["2.w"] ** 2).sum())
    assert np.linalg.norm(made.flat) == pytest.approx(length)
    ratio = made["0.w"][0, 0] / direction["0.w"][0, 0]
    np.testing.assert_allclose(made["2.w"], ratio * direction["2.w"])
    assert not made["0.b"].any()


def test_a_filter_without_a_direction_stays_where_it_is():
    direction = arrays(1)
    direction["0.w"][:, 2] = 0
    made = scaled(direction, arrays(2), normalised=True)
    assert not made["0.w"][:, 2].any()
    assert np.isfinite(made.flat).all()


@pytest.mark.parametrize("shortcuts", [False, True])
@pytest.mark.parametrize("factor", [2, 8, 0.3])
def test_a_net_written_anew_is_the_same_function(shortcuts, factor):
    x, _ = digits(0)
    net = network(3, shortcuts, True, seed=1)
    for name, array in net.params.items():
        if name.endswith("b"):
            array[:] = np.random.default_rng(len(name)).standard_normal(array.shape)
    before, weights = net.forward(x), net.params.flat.copy()
    rewrite_relu(net, factor)
    np.testing.assert_allclose(net.forward(x), before, rtol=1e-9, atol=1e-9)
    assert (net.params.flat != weights).mean() > 0.7


# ---- a plane


def plane(normalised=True):
    net = network(2, True, True, seed=3)
    return net, Plane(net, LOSS, digits(0), normalised, np.random.default_rng(0))


def test_a_point_of_the_plane_is_the_loss_of_the_net_with_these_weights():
    net, made = plane()
    weights = net.params.flat.copy()
    value = made.at(0.3, -0.2)
    other = network(2, True, True, seed=8)
    other.params.flat[:] = weights + 0.3 * made.directions[0] - 0.2 * made.directions[1]
    assert value == pytest.approx(LOSS(other.forward(digits(0)[0]), digits(0)[1])[0])
    other.params.flat[:] = weights
    assert made.at(0, 0) == pytest.approx(LOSS(other.forward(digits(0)[0]), digits(0)[1])[0])


@pytest.mark.parametrize("normalised", [True, False])
def test_along_the_gradient_the_loss_rises_by_as_much_as_backward_says(normalised):
    net, made = plane(normalised)
    x, labels = digits(0)
    net.parameter_gradients(LOSS(net.forward(x), labels)[1])
    slope = float(net.grads.flat @ made.gradient)
    assert slope > 0
    below, above = made.along(made.gradient, np.array([-1e-6, 1e-6]))
    assert (above - below) / 2e-6 == pytest.approx(slope, rel=1e-3)


def test_unscaled_the_gradient_is_its_own_direction():
    net, made = plane(normalised=False)
    weights = np.concatenate([np.full(array.size, array.ndim > 1) for array in net.params.values()])
    x, labels = digits(0)
    net.parameter_gradients(LOSS(net.forward(x), labels)[1])
    g, d = net.grads.flat[weights], made.gradient[weights]
    assert g @ d == pytest.approx(np.linalg.norm(g) * np.linalg.norm(d))


def test_points_come_coarse_to_fine_and_each_once():
    order = coarse_to_fine(25, 8)
    assert len({(row, column) for row, column, _ in order}) == len(order) == 25 * 25
    assert [spacing for _, _, spacing in order] == sorted((spacing for _, _, spacing in order), reverse=True)
    assert sum(spacing == 8 for _, _, spacing in order) == 16
    assert len(coarse_to_fine(25, 8, 4)) == 49


# ---- the run


def test_the_slices_fill_up_and_in_the_end_every_point_is_its_own():
    state = State(finest=1, seed=4)
    seen = list(frames(state))
    assert not np.isfinite(seen[0].plain.surface).any()
    filled = [frame for frame in seen if np.isfinite(frame.plain.surface).all()]
    assert len(filled) > 10
    first, last = filled[0].plain.surface, seen[-1].plain.surface
    assert len(np.unique(first)) == 16
    assert len(np.unique(last)) > 0.99 * POINTS**2
    centre = POINTS // 2
    assert GRID[centre] == 0
    np.testing.assert_allclose(
        last[centre, ::2], np.log10(np.interp(GRID[::2], ALONG, seen[-1].plain.random)), atol=0.03
    )


def test_a_pair_is_trained_once_and_its_training_is_told_again():
    list(train(1, True, 7))
    state = State(blocks=1, seed=7, finest=8)
    seen = list(frames(state))
    assert len(seen[0].plain.training) == STEPS
    assert seen[0].progress > 0.5


def test_both_nets_start_from_the_same_draw():
    plain, shortcut = (list(network(4, shortcuts, True, 0).params.values()) for shortcuts in (False, True))
    for i, (one, other) in enumerate(zip(plain, shortcut, strict=True)):
        last_of_block = 2 <= i < len(plain) - 2 and i % 4 == 0
        np.testing.assert_allclose(other, one / math.sqrt(4) if last_of_block else one)


# ---- what is told


def test_the_question_and_its_numbers():
    opening, question = compute(State()), compute(State(**DEMOS["loss_landscape"].question.settings))
    assert "6 layers: better than chance in 31% of the slice, with shortcuts in 41%" in opening.readout
    assert "22 layers: better than chance in 2% of the slice, with shortcuts in 15%" in question.readout


@pytest.mark.parametrize("seed", [1, 2])
def test_depth_closes_the_basin_without_shortcuts_and_not_with_them(seed):
    shallow, deep = run(seed=seed), run(blocks=10, seed=seed)
    assert 0.15 < shallow.plain.basin < shallow.shortcut.basin < 0.6
    assert deep.plain.basin < 0.04
    assert deep.shortcut.basin > 4 * deep.plain.basin
    assert deep.shortcut.basin > 0.08
    assert max(deep.plain.training[-4:].mean(), deep.shortcut.training[-4:].mean()) < 0.1  # both have learnt


@pytest.mark.parametrize("seed", [0, 1])
def test_undivided_blocks_close_the_basin_in_spite_of_their_shortcuts(seed):
    divided, undivided = run(blocks=10, seed=seed), run(blocks=10, small=False, seed=seed)
    assert undivided.shortcut.basin < 0.2 * divided.shortcut.basin
    assert undivided.shortcut.basin < 2.5 * undivided.plain.basin
    np.testing.assert_array_equal(undivided.plain.surface, divided.plain.surface)
    assert "undivided" in undivided.readout


@pytest.mark.parametrize("blocks", [2, 10])
def test_a_normalised_slice_is_the_same_however_the_net_is_written(blocks):
    one, eight = run(blocks=blocks), run(blocks=blocks, factor=8)
    for before, after in zip((*one.plain, *one.shortcut), (*eight.plain, *eight.shortcut), strict=True):
        np.testing.assert_array_equal(after, before)  # a power of two is exact
    assert "same function" in eight.readout


def test_an_unscaled_slice_calls_the_same_function_far_sharper():
    for seed in range(3):
        as_trained, rewritten = (run(normalised=False, factor=c, seed=seed) for c in (1, 4))
        assert as_trained.plain.basin > 0.2
        assert rewritten.plain.basin < 0.03
        assert rewritten.shortcut.basin < 0.03
    assert compute(State(normalised=False, factor=4)).readout.endswith("1% of the slice, with shortcuts in 1%.")


@pytest.mark.parametrize("blocks", [2, 10])
def test_along_the_gradient_the_basin_is_left_sooner(blocks):
    frame = run(blocks=blocks)
    for part in (frame.plain, frame.shortcut):
        inside = [-ALONG[(ALONG <= 0) & (cut < CHANCE)].min() for cut in (part.gradient, part.random)]
        assert inside[0] < 0.6 * inside[1]
