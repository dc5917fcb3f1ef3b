"""The story and the doubt: batch norm keeps distributions still, and helps although they are shaken."""

from functools import lru_cache

import numpy as np
import pytest

from coursekit.chapters.batch_normalisation.bn_grid import digits
from coursekit.chapters.batch_normalisation.covariate_shift import (
    DEPTH,
    KINDS,
    LEVELS,
    POINTS,
    Shake,
    State,
    Trainee,
    compute,
    network,
)
from coursekit.gradcheck import gradcheck

WITHOUT, NORMED, SHAKEN = range(len(KINDS))


@lru_cache
def run(shake=1.0, **settings):
    return compute(State(shake=shake, **settings))


def test_the_story_without_batch_norm_the_unit_wanders_and_with_it_it_stays():
    frame = run(shake=0.0)
    assert frame.wander[WITHOUT] > 2 * frame.wander[NORMED]
    assert np.abs(frame.quantiles[NORMED, 2]).max() < 1


def test_the_doubt_shaken_it_jumps_and_still_beats_the_one_without():
    frame = run()
    np.testing.assert_allclose(frame.jump, np.abs(np.diff(frame.quantiles[:, 2], axis=1)).mean(1))
    assert frame.jump[SHAKEN] > 4 * frame.jump[WITHOUT] > frame.jump[NORMED]
    assert frame.loss[NORMED, -1] < frame.loss[SHAKEN, -1] < 0.8 * frame.loss[WITHOUT, -1]


def test_shaken_twice_as_hard_it_falls_behind_but_still_learns():
    loss = run(shake=2.0).loss[:, -10:].mean(1)
    assert loss[WITHOUT] < loss[SHAKEN] < 1.5


@pytest.mark.parametrize("seed", [1, 2])
def test_the_doubt_does_not_hang_on_the_draw(seed):
    loss = run(seed=seed).loss[:, -10:].mean(1)
    assert loss[NORMED] < loss[SHAKEN] < loss[WITHOUT]


def test_the_gradient_changes_less_along_a_step_with_batch_norm_shaken_or_not():
    without, normed, shaken = np.median(run().change, axis=1)
    assert normed < 0.6 * without
    assert shaken < 0.6 * without


def test_unshaken_the_third_network_is_the_second():
    frame = run(shake=0.0)
    np.testing.assert_array_equal(frame.loss[SHAKEN], frame.loss[NORMED])
    np.testing.assert_array_equal(frame.quantiles[SHAKEN], frame.quantiles[NORMED])


def test_all_networks_start_from_the_same_weights():
    nets = [network(kind, State(shake=1.0)) for kind in range(len(KINDS))]
    weights = [[array for name, array in net.params.items() if name.endswith(".w")] for net in nets]
    for others in weights[1:]:
        for one, other in zip(weights[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("layer", range(1, DEPTH + 1))
@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_what_is_watched_is_what_enters_the_units_activation(kind, layer):
    x, _ = digits()
    trainee = Trainee(kind, State(shake=1.0, layer=layer, unit=4))
    entered = trainee.entering(x[:20])
    trainee.net.forward(x[:20], training=True)
    activations = [one for one in trainee.net.layers if type(one).__name__ == "Activation"]
    sigmoid = activations[layer - 1]
    passed, _ = sigmoid.function.forward(entered)
    following = trainee.net.layers[trainee.net.layers.index(sigmoid) + 1]
    np.testing.assert_allclose(following.cache.x[:, 3], passed, rtol=1e-6)


def test_quantiles_are_in_order_and_one_point_stands_for_every_step_of_its_block():
    frame = run(every=1)
    assert frame.quantiles.shape == (len(KINDS), len(LEVELS), POINTS)
    assert (np.diff(frame.quantiles, axis=1) >= 0).all()
    np.testing.assert_array_equal(frame.steps, np.arange(1, POINTS + 1))


def test_shake_passes_the_gradient_that_belongs_to_it(rng):
    shake = Shake(1.0, np.random.default_rng(0))
    shake.scale, shake.shift = shake.scale.astype(np.float64), shake.shift.astype(np.float64)
    x = rng.normal(size=(4, 32))
    assert gradcheck(lambda x: (shake.forward(x), None), lambda dout, _: shake.backward(dout), x, rng=rng)


def test_a_network_that_overflows_is_said_to_diverge():
    trainee = Trainee(WITHOUT, State())
    trainee.net.params["0.w"][0, 0] = np.inf
    x, labels = digits()
    for _ in range(2):
        quantiles, loss, change = trainee.block([(x[:8], labels[:8])])
        assert np.isnan([*quantiles, loss, change]).all()
