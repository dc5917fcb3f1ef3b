"""Three ways down: closed forms, the numbers of each slip, and a learner's own runner."""

import numpy as np
import pytest

from coursekit import mine
from coursekit.chapters.optimisation.slips import SLIPS, slipped
from coursekit.chapters.optimisation.trajectories import GROUNDS, NOBODY, RUNNERS, STEPS, State, compute, walk
from coursekit.demos import DEMOS
from coursekit.exercises.own_code import OwnCodeError
from coursekit.optimisers import OPTIMISERS
from coursekit.surfaces import SURFACES

CURVATURES = np.array([1.0, 25.0])  # of the ravine


def value_after(runner, steps=60, rate=0.01):
    return walk(runner, "ravine", rate, 0.9, 0.999).value[steps]


def heavy(sign, steps, rate=0.01, momentum=0.9):
    """m ← μ m + η ∇f(w + sign · μ m); w ← w − m, as the papers write it."""
    w, m = np.array([-4.0, 1.0]), np.zeros(2)
    for _ in range(steps):
        m = momentum * m + rate * CURVATURES * (w + sign * momentum * m)
        w = w - m
    return w


@pytest.mark.parametrize(("runner", "sign"), [("momentum", 0), ("nesterov", -1), ("nesterov_behind", 1)])
def test_paths_with_momentum_are_those_of_the_papers_form(runner, sign):
    way = walk(runner, "ravine", 0.01, 0.9, 0.999)
    for steps in (0, 1, 7, 60):
        np.testing.assert_allclose(way.w[steps], heavy(sign, steps), rtol=1e-8, atol=1e-12)


def test_plain_descent_shrinks_each_weight_by_its_own_factor():
    way = walk("sgd", "ravine", 0.01, 0.9, 0.999)
    np.testing.assert_allclose(
        way.w, (-4.0, 1.0) * (1 - 0.01 * CURVATURES) ** np.arange(STEPS + 1)[:, None], atol=1e-12
    )


def test_the_values_after_60_steps_in_the_ravine():
    assert value_after("nesterov") == pytest.approx(2.4e-4, rel=0.01)
    assert value_after("momentum") == pytest.approx(2.15e-2, rel=0.01)
    assert value_after("sgd") == pytest.approx(2.395, rel=0.001)
    assert value_after("nesterov_behind") == pytest.approx(1.298e3, rel=0.001)
    assert value_after("sgd", 0) == 20.5


@pytest.mark.parametrize(("runner", "limit"), [("nesterov_behind", 0.111), ("nesterov", 1.357), ("momentum", 3.8)])
def test_the_largest_rate_times_curvature_of_each(runner, limit):
    """(1 − β)/β behind, 2 (1 + β)/(1 + 2β) ahead, 2 (1 + β) for momentum: of the steep direction, 25."""
    for share, first, grows in ((0.97, 40, False), (1.03, 10, True)):
        across = np.abs(walk(runner, "ravine", share * limit / 25, 0.9, 0.999).w[:, 1])
        assert bool(across[-40:].max() > across[:first].max()) is grows


@pytest.mark.parametrize(
    ("runner", "at"),
    [
        ("adam", (1, 1, 1, 1)),
        ("adam_uncorrected", (3.2, 4.3, 5.0, 6.5)),
        ("adam_no_exponent", (1, 1.34, 1.57, 2.06)),
        ("adam_written_back", (1, 0.316, 0.091, 1.4e-5)),
    ],
)
def test_step_over_rate_under_a_constant_gradient(runner, at):
    stride = walk(runner, "slope", 0.01, 0.9, 0.999).stride
    np.testing.assert_allclose(stride[[1, 2, 3, 10]], at, rtol=0.02)
    frame = compute(State(surface="slope", first=runner, second=NOBODY, third=NOBODY, step=10))
    assert frame.stride[0, 10] == pytest.approx(at[-1], rel=0.02)


def test_uncorrected_is_longest_at_step_12_and_adagrad_falls_as_one_over_the_root():
    stride = walk("adam_uncorrected", "slope", 0.01, 0.9, 0.999).stride
    assert stride.argmax() == 12
    assert stride.max() == pytest.approx(6.6, abs=0.05)
    ada = walk("adagrad", "slope", 0.01, 0.9, 0.999).stride
    np.testing.assert_allclose(ada[[1, 4, 100]], (1, 0.5, 0.1), rtol=1e-6)
    assert walk("rmsprop", "slope", 0.01, 0.9, 0.999).stride[1] == pytest.approx(3.16, abs=0.01)


def test_written_back_freezes():
    """From 5 on x²/2 with a rate of 0.1 it is stuck at 4.856; the ravine along w₁ is this parabola."""
    opt = slipped("adam_written_back", {"momentum": 0.9, "beta1": 0.9, "beta2": 0.999})(lr=0.1)
    params = {"w": np.array([5.0])}
    state = opt.init(params)
    for _ in range(60):
        opt.step(params, {"w": params["w"].copy()}, state)
    assert params["w"][0] == pytest.approx(4.856, abs=5e-4)


def test_what_the_texts_say():
    demo = DEMOS["trajectories"]
    assert min(compute(State()).entries, key=lambda entry: entry[1])[0] == "Nesterov momentum"
    behind = compute(State(third="nesterov_behind"))
    assert "Nesterov, behind runs away" in behind.readout
    assert np.abs(behind.w[2, :, 1]).max() > SURFACES["ravine"].y_range[1]
    assert pytest.approx(0.65, abs=0.005) == 1 - 0.9**10  # m after 10 steps, as a share of the gradient
    assert np.sqrt(1 - 0.999**10) == pytest.approx(0.1, abs=0.001)  # √v
    assert "Adam, uncorrected 6.53" in compute(State(**demo.others["adam"].settings)).readout
    saddle = compute(State(**demo.presets["Saddle"]))
    assert "off the saddle: Momentum after 32, Adam after 43" in saddle.readout
    rosenbrock = compute(State(**demo.presets["Rosenbrock"]))
    assert rosenbrock.value[:, -1].argmin() == 1
    assert (
        "6.53, Adam, by 1 − β 2.06, Adam, written back 1.38 × 10⁻⁵"
        in compute(State(**demo.presets["Adam's slips"])).readout
    )


@pytest.mark.parametrize("surface", GROUNDS)
@pytest.mark.parametrize("runner", [*OPTIMISERS, *SLIPS])
def test_what_runs_away_stays_a_number(surface, runner):
    way = walk(runner, surface, 1.0, 0.99, 0.999)
    assert all(np.isfinite(array).all() for array in way)


def test_nobody_stands_still_and_is_not_told():
    frame = compute(State(second=NOBODY))
    assert (frame.w[1] == frame.w[1, 0]).all()
    assert frame.names == ["Gradient descent", "", "Nesterov momentum"]
    assert compute(State(first=NOBODY, second=NOBODY, third=NOBODY)).readout.endswith("value: nobody.")


@pytest.fixture
def own():
    yield mine
    OPTIMISERS.remove_own()


def test_a_learners_own_walks_too_and_a_newer_one_is_not_taken_for_the_older(own):
    assert own.optimiser("mine", lambda w, grad, memory, lr: w - lr * grad)
    assert list(RUNNERS)[len(OPTIMISERS) - 1] == "mine (yours)"
    frame = compute(State(second="mine"))
    np.testing.assert_allclose(frame.w[1], frame.w[0])
    own.optimiser("mine", lambda w, grad, memory, lr: w - 2 * lr * grad)
    twice = compute(State(second="mine"))
    np.testing.assert_allclose(twice.w[1, :, 0], -4 * 0.98 ** np.arange(61))
    assert "mine (yours) " in twice.readout


def test_a_learners_own_named_like_the_courses_runs_at_its_own_rate(own):
    own.optimiser("adam2", lambda w, grad, memory, lr: w - lr * grad)
    state = State(first="adam2", second=NOBODY, third=NOBODY, times=10.0)
    assert state.rate_of("adam2") == state.rate
    assert state.without_effect().keys() == {"momentum", "beta2", "times"}
    assert State(first="adam_uncorrected", times=10.0).rate_of("adam_uncorrected") == 10 * state.rate


def test_a_learners_mistake_is_raised_with_its_line(own):
    def late(w, grad, memory, lr):
        return memory["v"] if memory.setdefault("t", 0) or memory.update(t=abs(w).max() > 3) else w - lr * grad

    own.optimiser("mine", late)
    with pytest.raises(OwnCodeError, match=r"your mine raises KeyError: 'v' \(line \d+"):
        compute(State(second="mine"))


@pytest.mark.parametrize(
    ("settings", "story"),
    [
        ({"step": 0}, "all are at the start"),
        ({"rate": 1.0}, "all run away"),
        ({"third": NOBODY}, "Momentum is lowest, at 0.021"),
        ({"first": NOBODY, "second": NOBODY, "third": NOBODY}, "nobody is on the way"),
        ({"third": "nesterov_behind"}, "Nesterov, behind runs away"),
        ({"surface": "slope", "step": 10}, "the last steps are 1 η, 6.5 η, 6.5 η long"),
        ({"surface": "saddle", "step": 5}, "nobody is off the saddle yet"),
    ],
)
def test_the_story_in_words(settings, story):
    assert compute(State(**settings)).story == story
