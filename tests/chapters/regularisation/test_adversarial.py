"""The worst small step: a random one of the same size does little, and training against it helps."""

import numpy as np
import pytest
from drawn import frame_of

from coursekit.chapters.regularisation.adversarial import (
    AGAINST,
    EPSILONS,
    LOSS,
    State,
    accuracies,
    compute,
    network,
    signs,
)
from coursekit.chapters.regularisation.adversarial import (
    test_digits as digits,
)
from coursekit.demos import DEMOS

PRESETS = DEMOS["adversarial"].presets


def test_both_steps_change_every_pixel_by_the_same():
    for digit in range(10):
        frame = compute(State(epsilon=0.2, digit=digit))
        np.testing.assert_allclose(np.abs(frame.images[[1, 3]]), 0.2, atol=1e-6)
        for step, total in ((1, 2), (3, 4)):
            np.testing.assert_allclose(
                frame.images[total], np.clip(frame.images[0] + frame.images[step], 0, 1), atol=1e-6
            )


def test_the_step_goes_up_the_loss_along_every_pixel():
    """ε · sign is checked by differences: moving one pixel along its sign raises the loss."""
    net = network("plain")
    frame = compute(State(epsilon=0.1, digit=4))
    one, sign = frame.images[0].reshape(1, 64), np.sign(frame.images[1]).ravel()
    y = np.array([4])
    moved = one + 0.01 * np.diag(sign).astype(np.float32)
    up, down = (LOSS(net.forward(one + s * (moved - one)), np.repeat(y, 64))[0] for s in (1, -1))
    assert up > LOSS(net.forward(one), y)[0] > down


def test_the_curves_are_the_accuracies():
    frame = compute(State(epsilon=0.1))
    i = int(np.abs(EPSILONS - 0.1).argmin())
    assert (frame.attacked[i], frame.random[i]) == pytest.approx(frame.now)
    assert frame.attacked[0] == frame.random[0] == np.mean(network("plain").predict(digits()[0]) == digits()[1])


@pytest.mark.parametrize("seed", range(3))
def test_a_random_step_of_the_same_size_does_little(seed):
    attacked, random = accuracies("plain", seed, 0.1)
    assert attacked < 0.5
    assert random > 0.95
    assert np.abs(signs(seed)).min() == 1
    assert abs(signs(seed).mean()) < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_training_against_the_step_helps_at_every_seed(seed, monkeypatch):
    nets = {trained: network(trained, seed) for trained in ("plain", "against")}
    monkeypatch.setattr("coursekit.chapters.regularisation.adversarial.network", lambda trained: nets[trained])
    plain, against = (accuracies(trained, 0, 0.1)[0] for trained in nets)
    assert plain < 0.5  # fewer than half, says the question
    assert 2 / 3 < against < 0.95
    assert accuracies("against", 0, 0.4)[0] < 0.1  # a larger step still gets through
    assert accuracies("against", 0, 0.0)[0] > 0.94


def test_presets_tell_their_stories():
    run = {name: frame_of("adversarial", State(**settings)) for name, settings in PRESETS.items()}
    assert run["Hardly to be seen"].now[0] > 0.7
    assert run["ε = 0.2"].now[0] < 0.05 < 0.85 < run["ε = 0.2"].now[1]
    assert run["0.2, trained against"].now[0] > 0.3
    assert run["A large step"].now[0] < 0.05
    assert str(AGAINST) in next(
        label for label, value in State.controls()["trained"].options.items() if value == "against"
    )


def test_the_readout_names_what_is_drawn():
    frame = compute(State(epsilon=0.2, digit=4))
    assert frame.answers == [4, frame.answers[1], frame.answers[2]]
    assert f"step as {frame.answers[1]} (" in frame.readout
    assert f"{frame.now[0]:.1%} after the gradient's step and {frame.now[1]:.1%}" in frame.readout


@pytest.mark.parametrize("digit", range(10))
def test_the_digit_shown_is_one_that_is_read(digit):
    assert compute(State(digit=digit, epsilon=0.0)).answers == [digit] * 3


def test_the_headline_tells_this_digit_s_fate_and_that_of_all():
    for epsilon, fate in ((0.2, "4 is read as 6"), (0.05, "4 is still read")):
        frame = compute(State(epsilon=epsilon))
        of_all = f"{frame.now[0]:.0%} of all are read, {frame.now[1]:.0%} after a random step"
        assert frame.verdict == f"ε = {epsilon}: {fate}; {of_all}"
