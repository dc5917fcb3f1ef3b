"""Augmentation: the curves are those of the networks on images that were really changed, and the stories hold."""

import numpy as np
import pytest
from drawn import frame_of

from coursekit.augmentation import rotate, shift
from coursekit.chapters.regularisation.augment import (
    ANGLES,
    ANY,
    PLAIN,
    TRAINED,
    TURNED,
    State,
    changed,
    compute,
    network,
)
from coursekit.chapters.regularisation.augment import (
    test_digits as digits,
)
from coursekit.demos import DEMOS

PRESETS = DEMOS["augment"].presets


@pytest.mark.parametrize(("degrees", "right"), [(0, 0), (30, 0), (-45, 2), (180, -1)])
def test_the_matrix_turns_and_moves_as_the_functions_do(degrees, right):
    x, _, _ = digits()
    expected = shift(rotate(x.reshape(-1, 1, 8, 8), degrees), 0, right).reshape(-1, 64)
    np.testing.assert_allclose(changed(degrees, right, 0.0), expected, atol=1e-5)


def test_the_curve_is_the_accuracy_at_each_angle():
    for degrees in (-90, -45, 0, 180):
        frame = compute(State(degrees=degrees, trained=TURNED, right=1, noise=0.1))
        assert frame.curve[degrees == ANGLES] == pytest.approx(frame.accuracy)
        assert frame.accuracy == pytest.approx(
            np.mean(network(TURNED).predict(changed(degrees, 1, 0.1)) == digits()[1])
        )


def test_presets_tell_their_stories():
    run = {name: frame_of("augment", State(**settings)) for name, settings in PRESETS.items()}
    upside = run["Upside down"]
    assert upside.accuracy < 0.5
    assert upside.share[0] > 0.9
    assert upside.share[[6, 9]].max() < 0.1
    assert upside.upside_down > 0.5
    assert upside.answers[[6, 9]].tolist() == [9, 6]
    assert run["Small turns"].accuracy > 0.88 > 0.6 > run["Small turns"].plain[ANGLES == 30]
    assert run["Any turn"].accuracy > 0.8
    assert run["One pixel"].accuracy < 0.6
    assert run["One pixel, learned"].accuracy > 0.9
    assert compute(State(right=1)).accuracy < 0.6  # as lost as ever: the plain network too


@pytest.mark.parametrize("seed", range(3))
def test_any_turn_costs_upright_digits_and_6_and_9_most(seed):
    x, labels, _ = digits()
    plain, turned = (network(trained, seed).predict(x) == labels for trained in (PLAIN, ANY))
    assert plain.mean() > 0.96
    assert 0.75 < turned.mean() < plain.mean() - 0.05
    six_or_nine = np.isin(labels, (6, 9))
    assert turned[six_or_nine].mean() < turned[~six_or_nine].mean()


def test_small_turns_cost_upright_digits_little():
    assert compute(State(trained=TURNED)).accuracy > compute(State()).accuracy - 0.04


def test_every_kind_of_copy_keeps_shape_and_dtype(rng):
    x = rng.random((3, 1, 8, 8), np.float32)
    for change in TRAINED.values():
        assert change(x, rng).shape == x.shape
        assert change(x, rng).dtype == np.float32


def test_the_headline_says_what_was_done_to_the_digits():
    for settings, words in (
        ({}, "As they are"),
        ({"right": -2}, "Moved left by 2"),
        ({"degrees": -30, "right": 1, "noise": 0.2}, "Turned by −30°, moved right by 1, noise 0.2"),
    ):
        frame = compute(State(**settings))
        assert frame.verdict == f"{words}: {frame.accuracy:.0%} of the test digits read"
    frame = compute(State(degrees=180))
    assert frame.verdict.endswith(f"% of the test digits read; {frame.upside_down:.0%} of 6 and 9 swapped")
