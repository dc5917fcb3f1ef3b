"""The solutions of chapter 09 against the package and against experiments: two ways to the same numbers."""

import math

import numpy as np
import pytest

from coursekit.adversarial import fgsm
from coursekit.chapters import EXERCISES
from coursekit.chapters.regularisation.early_stopping import early_stop
from coursekit.chapters.regularisation.exercises.attack import small_net, softmax_loss
from coursekit.ensembles import bootstrap
from coursekit.ensembles import distinct_share as of_the_package
from coursekit.exercises.checking import SEED
from coursekit.gradcheck import numerical_gradient, relative_error
from coursekit.layers import Activation, Dropout, Linear
from coursekit.layers.dropout import DropoutCache
from coursekit.layers.dropout import dropout_backward as backward_of_the_package
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.penalties import l1, l2, soft_threshold


def solution(name):
    return EXERCISES[name].solution


def solved(name):
    """Yield the arguments of each case by name, and what the solution makes of them."""
    exercise = EXERCISES[name]
    for case in exercise.cases(np.random.default_rng(SEED)):
        yield dict(zip(exercise.parameters, case, strict=True)), exercise.solution(*case)


def mistake(name, which):
    [wrong] = [m.wrong for m in EXERCISES[name].misconceptions if m.name == which]
    return wrong


# ---- l1_step


def test_the_l1_step_is_the_package_s_soft_threshold():
    for given, found in solved("l1_step"):
        moved = given["w"] - given["rate"] * given["grad"]
        np.testing.assert_allclose(found, soft_threshold(moved, given["rate"] * given["strength"]), rtol=1e-12)


def test_each_case_of_the_l1_step_has_weights_that_stop_stay_and_leave():
    for given, found in solved("l1_step"):
        assert ((given["w"] != 0) & (found == 0)).any()
        assert ((given["w"] == 0) & (found == 0)).any()
        assert ((given["w"] == 0) & (found != 0)).any()
        assert (np.abs(found) > 2 * given["rate"] * given["strength"]).any()


def test_from_2_2_it_reaches_zero_where_the_subgradient_hops():
    def path(step):
        w, seen = np.array([2.2]), []
        for _ in range(7):
            w = step(w, np.zeros(1), 0.5, 1.0)
            seen.append(w[0])
        return seen

    np.testing.assert_allclose(path(solution("l1_step")), [1.7, 1.2, 0.7, 0.2, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(path(mistake("l1_step", "hops over 0")), [1.7, 1.2, 0.7, 0.2, -0.3, 0.2, -0.3])


def test_it_ends_at_the_lowest_point_of_data_loss_and_penalty():
    """½ Σ (w − a)² + λ Σ |w| is lowest at a moved by λ towards 0, and no neighbour on a grid is lower."""
    a, strength, w = np.array([2.0, 0.4, -1.5, -0.3]), 0.5, np.array([0.0, 3.0, 1.0, -2.0])
    for _ in range(200):
        w = solution("l1_step")(w, w - a, 0.3, strength)
    np.testing.assert_allclose(w, [1.5, 0, -1.0, 0], atol=1e-12)

    def total(w):
        return 0.5 * np.sum((w - a) ** 2) + l1(w, strength)[0]

    for i in range(4):
        for off in (-1e-3, 1e-3):
            assert total(w + off * np.eye(4)[i]) > total(w)


# ---- decoupled_decay


def test_without_momentum_it_is_gradient_descent_on_loss_and_penalty():
    w, grad = np.array([1.5, -2.0, 0.3]), np.array([0.2, 0.4, -1.0])
    moved, _ = solution("decoupled_decay")(w, np.zeros(3), grad, 0.1, 0.0, 0.7)
    np.testing.assert_allclose(moved, w - 0.1 * (grad + l2(w, 0.7)[1]), rtol=1e-12)


def test_l2_in_the_gradient_is_what_the_package_s_momentum_does():
    for given, _ in solved("decoupled_decay"):
        optimiser = OPTIMISERS["momentum"](
            lr=given["rate"], momentum=given["momentum"], weight_decay=2 * given["strength"]
        )
        w = {"w": given["w"].copy()}
        state = optimiser.init(w)
        state["v"]["w"][:] = given["v"]
        optimiser.step(w, {"w": given["grad"]}, state)
        np.testing.assert_allclose(mistake("decoupled_decay", "L2 in the velocity")(*given.values())[0], w["w"])


def test_what_has_entered_the_velocity_goes_on_pulling():
    """One weight without data: after many steps L2 has shrunk it far more than the decay beside the velocity."""
    rate, momentum, strength, ends = 0.01, 0.9, 0.5, []
    for step in (solution("decoupled_decay"), mistake("decoupled_decay", "L2 in the velocity")):
        w, v = np.ones(1), np.zeros(1)
        for _ in range(60):
            w, v = step(w, v, np.zeros(1), rate, momentum, strength)
        ends.append(w[0])
    assert ends[0] == pytest.approx(0.99**60)
    assert abs(ends[1]) < 0.1 * ends[0]


def test_all_conventions_of_the_decay_walk_the_same_path_from_rest():
    def path(step):
        w, v, seen = np.array([2.0, -1.0]), np.zeros(2), []
        for _ in range(6):
            w, v = step(w, v, np.array([1.0, 5.0]) * w, 0.05, 0.8, 0.3)
            seen.append(w)
        return seen

    for convention in EXERCISES["decoupled_decay"].conventions:
        np.testing.assert_allclose(path(convention.right), path(solution("decoupled_decay")), err_msg=convention.name)


# ---- early_stopping


def test_early_stopping_keeps_and_ends_as_the_figure_which_does_as_the_callback():
    for given, found in solved("early_stopping"):
        assert early_stop(*given.values()) == found


def test_so_it_does_on_noisy_curves_of_any_shape(rng):
    for _ in range(200):
        losses = np.cumsum(rng.normal(-0.02, 0.1, rng.integers(1, 30))) + 3
        rule = (losses, int(rng.integers(1, 7)), float(rng.choice([0.0, 0.03, 0.2])))
        assert solution("early_stopping")(*rule) == early_stop(*rule)


def test_no_case_of_early_stopping_hangs_on_rounding():
    for given, found in solved("early_stopping"):
        for scale in (3.0, 0.7, 1 / 3):
            stretched = (scale * given["losses"], given["patience"], scale * given["min_delta"])
            assert solution("early_stopping")(*stretched) == found


# ---- dropout


def test_the_mean_over_masks_is_x(rng):
    x, p = rng.normal(size=(2, 3)), 0.4
    ys = np.array([solution("dropout_forward")(x, rng.random(x.shape), p, True) for _ in range(20000)])
    np.testing.assert_allclose(ys.mean(0), x, atol=5 * np.abs(x).max() * math.sqrt(p / (1 - p) / 20000))
    kept = np.array([convention.right(x, rng.random(x.shape), p, True) for convention in DROPOUT for _ in range(20000)])
    np.testing.assert_allclose(kept.mean(0), x, atol=5 * np.abs(x).max() * math.sqrt(p / (1 - p) / 20000))


DROPOUT = EXERCISES["dropout_forward"].conventions


def test_dropout_at_test_time_gives_x_itself_and_in_training_zeros_and_larger_values():
    for given, found in solved("dropout_forward"):
        if given["training"]:
            np.testing.assert_array_equal(found == 0, given["u"] < given["p"])
            np.testing.assert_allclose(found[found != 0], (given["x"] / (1 - given["p"]))[found != 0])
        else:
            np.testing.assert_array_equal(found, given["x"])


def test_dropout_backward_is_the_package_s():
    for given, found in solved("dropout_backward"):
        cache = DropoutCache(given["kept"], given["p"], given["dout"].shape, given["dout"].dtype)
        np.testing.assert_allclose(found, backward_of_the_package(given["dout"], cache), rtol=1e-12)


def test_dropout_backward_agrees_with_differences(rng):
    x, u, dout, p = rng.normal(size=(3, 4)), rng.random((3, 4)), rng.normal(size=(3, 4)), 0.3
    numerical = numerical_gradient(lambda x: float((dout * solution("dropout_forward")(x, u, p, True)).sum()), x)
    assert relative_error(solution("dropout_backward")(dout, u >= p, p), numerical) < 1e-7


# ---- distinct_share


def test_the_distinct_share_is_that_of_the_package_and_ends_at_63_2_percent():
    share = solution("distinct_share")
    for n in (1, 10, 100):
        assert share(n, n) == pytest.approx(of_the_package(n))
    assert [round(share(n, n), 3) for n in (1, 10, 100)] == [1, 0.651, 0.634]
    assert round(share(10**6, 10**6), 3) == round(1 - 1 / math.e, 3) == 0.632


def test_the_distinct_share_is_what_drawing_gives(rng):
    for given, found in solved("distinct_share"):
        drawn = [len(set(rng.integers(0, given["n"], given["draws"]))) / given["n"] for _ in range(4000)]
        assert found == pytest.approx(np.mean(drawn), abs=0.015)
    shares = [len(set(row)) / 50 for row in bootstrap(50, 2000, rng)]
    assert solution("distinct_share")(50, 50) == pytest.approx(np.mean(shares), abs=0.005)


# ---- fgsm_step


def test_the_attack_is_the_package_s_on_a_net_with_dropout(rng):
    net = Sequential(
        [
            Linear(6, 8, rng, dtype=np.float64),
            Activation("tanh"),
            Dropout(0.5, np.random.default_rng(0)),
            Linear(8, 3, rng, dtype=np.float64),
        ]
    )
    x, y, loss = rng.uniform(0, 1, (5, 6)), np.array([0, 1, 2, 1, 0]), LOSSES["softmax_cross_entropy"]
    found = solution("fgsm_step")(x, y, net.forward, loss, net.backward, 0.2)
    np.testing.assert_allclose(found, fgsm(net, loss, x, y, 0.2, 0, 1), rtol=1e-12)


def test_the_small_net_s_gradients_agree_with_differences(rng):
    x, y = rng.uniform(0, 1, (3, 6)), np.array([0, 2, 1])
    forward, backward = small_net(8, rng, 3, 6, 3)
    for training in (False, True):
        numerical = numerical_gradient(lambda x, training=training: softmax_loss(forward(x, training), y)[0], x)
        _, dscores = softmax_loss(forward(x, training), y)
        assert relative_error(backward(dscores), numerical) < 1e-6
    value, dscores = softmax_loss(forward(x, False), y)
    expected, other = LOSSES["softmax_cross_entropy"](forward(x, False), y)
    assert value == pytest.approx(expected)
    np.testing.assert_allclose(dscores, other)


def test_a_backward_pass_without_a_forward_pass_is_refused(rng):
    _, backward = small_net(8, rng, 3, 6, 3)
    with pytest.raises(RuntimeError, match="backward needs a forward pass first"):
        backward(np.ones((3, 3)))


def test_an_attack_raises_the_loss_and_a_step_downhill_lowers_it():
    for given, found in solved("fgsm_step"):

        def value(x, given=given):
            return softmax_loss(given["forward"](x, False), given["y"])[0]

        assert value(found) > value(given["x"]) > value(mistake("fgsm_step", "downhill")(*given.values()))
        assert np.abs(found - given["x"]).max() <= given["epsilon"] * (1 + 1e-12)
        assert 0 <= found.min() <= found.max() <= 1
        unclipped = mistake("fgsm_step", "no clip")(*given.values())
        assert unclipped.min() < 0 or unclipped.max() > 1
