"""The solutions of chapter 08 against the package and against experiments: two ways to the same numbers."""

import numpy as np
import pytest

from coursekit.chapters import EXERCISES
from coursekit.chapters.optimisation.exercises.choosing import short_runs
from coursekit.data import load_digits
from coursekit.exercises.checking import SEED, Verdict, judge
from coursekit.gradcheck import numerical_gradient
from coursekit.optimisers import OPTIMISERS
from coursekit.schedules import Cosine, Warmup


def solved(name):
    """Yield the arguments of each case by name, and what the solution makes of them."""
    exercise = EXERCISES[name]
    for case in exercise.cases(np.random.default_rng(SEED)):
        yield dict(zip(exercise.parameters, case, strict=True)), exercise.solution(*case)


def stepped(optimiser, given, memory, t=1):
    """Return θ and the memory after the package's step number t."""
    theta = {"w": given["theta"].copy()}
    state = optimiser.init(theta)
    state["step"] = t - 1
    for name in memory:
        state[name]["w"][:] = given[name]
    optimiser.step(theta, {"w": given["grad"]}, state)
    return theta["w"], *(state[name]["w"] for name in memory)


OF_THE_PACKAGE = {
    "momentum_step": ("momentum", ("v",), {"momentum": "momentum"}),
    "rmsprop_step": ("rmsprop", ("s",), {"beta": "beta", "eps": "eps"}),
    "adam_step": ("adam", ("m", "v"), {"beta1": "beta1", "beta2": "beta2", "eps": "eps"}),
    "adamw_step": (
        "adamw",
        ("m", "v"),
        {"beta1": "beta1", "beta2": "beta2", "eps": "eps", "weight_decay": "decay"},
    ),
}


@pytest.mark.parametrize("name", OF_THE_PACKAGE)
def test_a_step_agrees_with_the_package(name):
    optimiser, memory, numbers = OF_THE_PACKAGE[name]
    for given, found in solved(name):
        made = OPTIMISERS[optimiser](lr=given["rate"], **{key: given[number] for key, number in numbers.items()})
        for one, other in zip(found, stepped(made, given, memory, given.get("t", 1)), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)


def test_the_rewritten_nesterov_is_that_of_the_package():
    [rewritten] = [c for c in EXERCISES["nesterov_step"].conventions if c.name == "rewritten, v is a sum of gradients"]
    for given, _ in solved("nesterov_step"):
        made = OPTIMISERS["nesterov"](lr=given["rate"], momentum=given["momentum"])
        expected = stepped(made, given | {"grad": given["grad"](given["theta"])}, ("v",))
        for one, other in zip(rewritten.right(*given.values()), expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("name", ["momentum_step", "nesterov_step"])
def test_all_conventions_walk_the_same_path_from_rest(name):
    """The gradients are taken at the same places, wherever theta is written down and whatever v holds."""
    exercise, curvature, rate, momentum = EXERCISES[name], np.array([1.0, 5.0]), 0.1, 0.8

    def places(step):
        seen, theta, v = [], np.array([2.0, -1.0]), np.zeros(2)

        def grad(at):
            seen.append(at)
            return curvature * at

        for _ in range(6):
            theta, v = step(theta, v, grad if name == "nesterov_step" else grad(theta), rate, momentum)
        return seen

    expected = places(exercise.solution)
    for convention in exercise.conventions:
        np.testing.assert_allclose(places(convention.right), expected, err_msg=convention.name)


def test_a_constant_gradient_ends_at_ten_times_itself_under_momentum():
    theta, v, grad = np.zeros(2), np.zeros(2), np.array([1.0, -3.0])
    for _ in range(300):
        theta, v = EXERCISES["momentum_step"].solution(theta, v, grad, 0.1, 0.9)
    np.testing.assert_allclose(v, 10 * grad)


def test_the_first_step_of_adam_has_length_rate_for_any_gradient():
    zeros, grad = np.zeros(3), np.array([1e-3, -1.0, 1e3])
    theta, _, _ = EXERCISES["adam_step"].solution(zeros, zeros, zeros, grad, 1, 0.5, 0.9, 0.999, 1e-12)
    np.testing.assert_allclose(theta, [-0.5, 0.5, -0.5])


def test_decay_takes_the_same_share_of_every_weight_and_l2_does_not():
    theta, zeros, grad = np.array([1.0, 2.0, -3.0]), np.zeros(3), np.array([10.0, 0.1, -1.0])
    arguments = (zeros, zeros, grad, 1, 0.1, 0.9, 0.999, 1e-8)
    without, *_ = EXERCISES["adamw_step"].solution(theta, *arguments, 0.0)
    decayed, *_ = EXERCISES["adamw_step"].solution(theta, *arguments, 0.5)
    np.testing.assert_allclose((without - decayed) / theta, 0.05)
    [l2] = [m.wrong for m in EXERCISES["adamw_step"].misconceptions if m.name == "L2 in the gradient"]
    assert (
        np.ptp((without - l2(theta, *arguments, 0.5)[0]) / theta) < 1e-6
    )  # a first step has length rate, whatever g is
    later = (0.1 * grad, grad**2, grad, 10, 0.1, 0.9, 0.999, 1e-8)
    shares = (l2(theta, *later, 0.0)[0] - l2(theta, *later, 0.5)[0]) / theta
    assert shares[1] > 5 * shares[0]


def test_warm_up_agrees_with_the_package():
    for given, found in solved("warmup_rate"):
        schedule = Warmup(given["warmup"], Cosine(given["total"] - given["warmup"]))
        assert found == pytest.approx(given["peak"] * schedule(given["step"]), abs=1e-12)


def test_other_ways_to_average_the_end_choose_the_same_rate():
    for given, found in solved("choose_rate"):
        rates, losses = given["rates"], np.where(np.isfinite(given["losses"]), given["losses"], np.inf)
        for end in (losses[:, -10:].mean(axis=1), losses[:, -20:].mean(axis=1), np.median(losses[:, -15:], axis=1)):
            assert rates[np.argmin(end)] == found


def test_no_place_is_right_in_every_set_of_runs():
    for place in range(4):
        for order in (lambda rates: rates, np.sort):
            result = judge(EXERCISES["choose_rate"], lambda rates, _, p=place, o=order: o(rates)[p], 5.0)
            assert result.verdict is Verdict.WRONG


def test_a_short_run_follows_the_numerical_gradient():
    digits, rng = load_digits("train", np.float64), np.random.default_rng(3)
    x, targets = digits.images.reshape(-1, 64), np.eye(10)[digits.labels]
    w1, w2 = rng.normal(0, np.sqrt(2 / 64), (64, 16)), rng.normal(0, np.sqrt(2 / 16), (16, 10))
    expected = []
    for _ in range(3):
        chosen = rng.integers(0, len(x), 5)

        def loss(w1, w2, x=x[chosen], targets=targets[chosen]):
            z = x @ w1
            return (
                sum(
                    np.sum((row @ w2 - target) ** 2)
                    for row, target in zip(np.where(z > 0, z, 0.1 * z), targets, strict=True)
                )
                / 5
            )

        expected.append(loss(w1, w2))
        d1 = numerical_gradient(lambda w, w2=w2, loss=loss: loss(w, w2), w1)
        d2 = numerical_gradient(lambda w, w1=w1, loss=loss: loss(w1, w), w2)
        w1, w2 = w1 - 0.1 * d1, w2 - 0.1 * d2
    np.testing.assert_allclose(short_runs(np.array([0.1]), 3, 5, 3)[0], expected, rtol=1e-6)


def test_short_runs_begin_alike_and_a_large_rate_diverges():
    losses = short_runs(np.array([0.001, 0.03, 1.0]), 60, 8, 0)
    assert len(set(losses[:, 0])) == 1
    assert losses[1, -15:].mean() < losses[0, -15:].mean() < losses[0, 0]
    assert not np.isfinite(losses[2, -1])
