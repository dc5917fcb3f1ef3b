"""`watch` follows a loop, changes nothing in it, and lets go of the model."""

import copy
import math

import numpy as np
import pytest
from torch_nets import case, torch

from coursekit.live import still
from coursekit.torch import watch, watching

nn, F = torch.nn, torch.nn.functional


def train(one, optimiser, steps, after=lambda step: None):
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        one.outcome().backward()
        optimiser.step()
        after(step)


def hooks_of(model, optimiser):
    on_model = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())
    return on_model + len(optimiser._optimizer_step_post_hooks) + len(optimiser._optimizer_step_pre_hooks)


@pytest.mark.parametrize("name", ["ResNet-18", "LSTM"])
def test_training_is_what_it_is_without(name):
    ends = []
    for watched in (False, True):
        one = case(name)
        optimiser = torch.optim.SGD(one.model.parameters(), lr=0.01, momentum=0.9)
        if watched:
            with watch(one.model, optimiser, every=2) as seen:
                train(one, optimiser, 5)
            assert [step for step, _ in seen.history] == [1, 3, 5]
        else:
            train(one, optimiser, 5)
        ends.append(({k: v.clone() for k, v in one.model.state_dict().items()}, torch.get_rng_state()))
        assert hooks_of(one.model, optimiser) == 0
    assert all(torch.equal(ends[0][0][key], ends[1][0][key]) for key in ends[0][0])
    assert torch.equal(ends[0][1], ends[1][1])


def test_the_ratios_are_those_of_the_steps_taken():
    one = case("shared")
    optimiser = torch.optim.Adam(one.model.parameters(), lr=1e-3)
    models = [copy.deepcopy(one.model)]
    with watch(one.model, optimiser, every=1) as seen:
        train(one, optimiser, 3, lambda step: models.append(copy.deepcopy(one.model)))
    assert seen.step == len(seen.history) == 3
    for (_, table), before, after in zip(seen.history, models, models[1:], strict=False):
        for name in ("enter", "again", "leave"):
            old, new = before.get_submodule(name), after.get_submodule(name)
            pairs = [(a.detach(), b.detach()) for a, b in zip(old.parameters(), new.parameters(), strict=True)]
            change = math.sqrt(sum(float((b - a).square().sum()) for a, b in pairs))
            size = math.sqrt(sum(float(b.square().sum()) for _, b in pairs))
            place = list(table["layer"]).index(name)
            assert table["update_ratio"][place] == pytest.approx(change / size, rel=1e-4)


@pytest.mark.parametrize("when", ["before the step", "in forward"])
def test_after_an_error_no_hook_is_left(when):
    one = case("ResNet-18")
    optimiser = torch.optim.SGD(one.model.parameters(), lr=0.01)

    def fails():
        with watch(one.model, optimiser, every=1):
            train(one, optimiser, 1)
            if when == "in forward":
                one.model.layer3[0].forward = lambda x: 1 / 0
            one.outcome()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert hooks_of(one.model, optimiser) == 0
    assert torch.overrides._get_current_function_mode_stack() == []


def test_between_looks_no_hook_is_on_the_model():
    one = case("LSTM")
    optimiser = torch.optim.SGD(one.model.parameters(), lr=0.01)
    counts = []
    with watch(one.model, optimiser, every=3):
        train(one, optimiser, 6, lambda step: counts.append(hooks_of(one.model, optimiser) > 2))
    assert counts == [False, False, True, False, False, True]


def test_validation_and_further_batches_of_a_step_are_not_taken_for_layers():
    one = case("mapping")
    optimiser = torch.optim.SGD(one.model.parameters(), lr=0.01)
    with watch(one.model, optimiser, every=1) as seen:
        with torch.no_grad():
            one.outcome()
        for _ in range(3):
            one.outcome().backward()
        optimiser.step()
    assert list(seen.seen.table["layer"]) == ["image", "text", "sigmoid()", "head"]


def test_a_compiled_model_is_seen():
    one = case("ResNet-18")
    one = one._replace(model=torch.compile(one.model, backend="eager"))
    optimiser = torch.optim.SGD(one.model.parameters(), lr=0.01)
    with watch(one.model, optimiser, every=2) as seen:
        train(one, optimiser, 3)
    assert len(seen.history) == 2
    assert list(seen.seen.table["layer"])[:2] == ["conv1", "bn1"]
    assert np.isfinite(seen.seen.table["gradient_norm"][0])


def test_it_looks_as_often_as_its_share_of_the_time_allows(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(watching, "perf_counter", lambda: clock[0])
    one = case("mapping")
    optimiser = torch.optim.SGD(one.model.parameters(), lr=0.01)

    def tick(step):
        clock[0] += 1.0

    with watch(one.model, optimiser, share=0.1) as seen:
        end = seen._end

        def slow(capture):
            clock[0] += 0.5
            end(capture)
            seen._cost = 0.5

        seen._end = slow
        train(one, optimiser, 30, tick)
    assert np.diff([step for step, _ in seen.history]).tolist() == [6] * 4  # 0.5 of 5 seconds: every sixth step


def test_in_a_notebook_the_picture_is_drawn_again_in_the_same_place(monkeypatch):
    shown = []

    class Place:
        def update(self, data, **options):
            shown.append(("again", data["image/png"]))

    def display(data, **options):
        shown.append(("first", data["image/png"]))
        return Place()

    monkeypatch.setattr(still, "get_ipython", lambda: type("Shell", (), {"kernel": object()})())
    monkeypatch.setattr(still, "display", display)
    one = case("mapping")
    optimiser = torch.optim.SGD(one.model.parameters(), lr=0.5)
    with watch(one.model, optimiser, every=1):
        train(one, optimiser, 2)
    assert [kind for kind, _ in shown] == ["first", "again", "again"]
    assert shown[0][1] != shown[1][1]


def test_a_long_run_keeps_a_short_history(monkeypatch):
    monkeypatch.setattr(watching, "KEPT", 4)
    one = case("mapping")
    optimiser = torch.optim.SGD(one.model.parameters(), lr=0.01)
    with watch(one.model, optimiser, every=1) as seen:
        train(one, optimiser, 12)
    assert len(seen.history) <= 4
    assert seen.history[0][0] == 1


def test_a_layer_that_the_optimiser_has_not_is_named():
    one = case("mapping")
    optimiser = torch.optim.SGD([*one.model.image.parameters(), *one.model.text.parameters()], lr=0.01)
    with watch(one.model, optimiser) as seen:
        assert "No step yet" in seen.report
        train(one, optimiser, 1)
    assert "The optimiser does not have the parameters of head" in seen.report


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"share": 0}, ValueError, "share is a part of the time, between 0 and 1, not 0"),
        ({"every": 0}, ValueError, "every is a number of steps, at least 1, not 0"),
        ({"every": 2.5}, ValueError, "at least 1, not 2.5"),
        ({"optimiser": "sgd"}, TypeError, "but got str"),
        ({"model": len}, TypeError, "looks into a torch.nn.Module"),
    ],
)
def test_errors_teach(options, error, message):
    model = nn.Linear(2, 2)
    given = {"model": model, "optimiser": torch.optim.SGD(model.parameters()), **options}
    with pytest.raises(error, match=message):
        watch(**given)
