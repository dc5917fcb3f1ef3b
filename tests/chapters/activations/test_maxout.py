"""Maxout: tangents follow x² within 4/k², kinked curves need two pieces, and what is not convex defeats it."""

from itertools import pairwise

import numpy as np
import pytest

from coursekit.chapters.activations.maxout import (
    INPUTS,
    LOWEST,
    MAX_PIECES,
    REACH,
    TARGETS,
    State,
    compute,
    tangents,
    territories,
    train,
)


def test_tangents_of_the_square_are_within_4_over_k_squared():
    errors = compute(State(method="tangents")).errors
    k = np.arange(1, MAX_PIECES + 1)
    assert (errors <= 4 / k**2 + 1e-9).all()
    np.testing.assert_allclose(errors[[1, 3, 7]], [1, 1 / 4, 1 / 16], rtol=0.02)


@pytest.mark.parametrize("target", ["abs", "relu"])
def test_two_pieces_are_exactly_a_curve_with_one_kink(target):
    errors = compute(State(target=target, method="tangents")).errors
    assert errors[0] > 0.9
    assert (errors[1:] == LOWEST).all()


@pytest.mark.parametrize("seed", range(3))
def test_training_finds_most_of_it_from_random_lines(seed):
    errors = compute(State(seed=seed)).errors
    assert errors[3] < errors[1] < errors[0]
    assert errors[7] < 0.35


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", ["training", "tangents"])
def test_no_number_of_pieces_follows_a_curve_that_is_not_convex(method, seed):
    frame = compute(State(target="sine", method=method, seed=seed))
    assert (frame.errors > 0.9).all()
    assert "is convex, and this curve is not" in frame.readout


@pytest.mark.parametrize("target", [name for name, target in TARGETS.items() if target.convex])
def test_tangents_of_a_convex_curve_lie_below_it(target):
    for slope, height in tangents(target, 7):
        assert (slope * INPUTS + height <= TARGETS[target].f(INPUTS) + 1e-12).all()


def test_slopes_are_those_of_the_curves():
    x = np.array([-1.3, -0.4, 0.7, 1.9])
    for target in TARGETS.values():
        np.testing.assert_allclose((target.f(x + 1e-6) - target.f(x - 1e-6)) / 2e-6, target.slope(x), atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_unit_is_the_largest_line_and_convex(seed):
    frame = compute(State(pieces=6, seed=seed))
    values = INPUTS[:, None] * frame.lines[:, 0] + frame.lines[:, 1]
    np.testing.assert_allclose(frame.y, values.max(1))
    np.testing.assert_array_equal(frame.piece, values.argmax(1))
    assert (np.diff(frame.y, 2) > -1e-12).all()


def test_an_idle_piece_gets_no_gradient():
    # Momentum moves a line on after it was last the largest, so look at one that never was.
    kept = train("square", 12, 2)
    never = [k for k in range(12) if not any(k in (INPUTS[:, None] * w[:, 0] + w[:, 1]).argmax(1) for w in kept)]
    assert never
    for k in never:
        np.testing.assert_array_equal(kept[:, k], np.broadcast_to(kept[0, k], kept[:, k].shape))
    assert compute(State(pieces=12, seed=2)).idle >= len(never)


def test_territories_cover_the_picture_once():
    boxes, owners = territories(np.repeat([2, 0, 1], [50, 60, 19]), -1.0, 1.0)
    assert owners == [2, 0, 1]
    edges = [(box[:, 0].min(), box[:, 0].max()) for box in boxes]
    assert edges[0][0] == -REACH
    assert edges[-1][1] == REACH
    assert all(one[1] == other[0] for one, other in pairwise(edges))
