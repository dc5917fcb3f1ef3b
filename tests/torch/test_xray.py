"""What `xray` measures is what hooks written by hand measure, and it leaves no trace."""

import copy
import math

import numpy as np
import pytest
from torch_nets import CASES, ResNet18, case, torch

from coursekit.diagnostics import layer_flatness
from coursekit.layers.activation import ACTIVATIONS
from coursekit.torch import xray

nn, F = torch.nn, torch.nn.functional


def first(value):
    return (
        first(next(iter(value.values() if isinstance(value, dict) else value))) if not torch.is_tensor(value) else value
    )


def by_hand(one):
    """Return {layer and call: (output, ∂L/∂output)} of a copy of the model, and that copy with its ``.grad`` filled."""
    one = one._replace(model=copy.deepcopy(one.model))
    seen, calls = {}, {}
    for name, module in one.model.named_modules():
        if list(module.children()) and not isinstance(module, nn.MultiheadAttention):
            continue

        def note(_, given, out, name=name):
            out = first(out)
            calls[name] = calls.get(name, 0) + 1
            key = name if calls[name] == 1 else f"{name} ·{calls[name]}"
            seen[key] = [out.detach().clone(), None]
            if out.requires_grad:
                out.register_hook(lambda g: seen[key].__setitem__(1, g.clone()))

        module.register_forward_hook(note)
    one.outcome().backward()
    return seen, one.model


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", CASES)
def test_statistics_are_those_of_hooks_by_hand(name, training):
    one = case(name)
    one.model.train(training)
    torch.manual_seed(3)
    expected, twin = by_hand(one)
    torch.manual_seed(3)
    found = {row.name: row for row in xray(one.model, one.batch, loss=one.loss).rows}
    silent = (nn.Dropout, nn.Identity)
    measured = {key: v for key, v in expected.items() if not isinstance(twin.get_submodule(key.split(" ")[0]), silent)}
    assert measured.keys() <= found.keys()
    for key, (out, gradient) in measured.items():
        row = found[key]
        assert row.mean == pytest.approx(float(out.mean()), rel=1e-4, abs=1e-6)
        assert row.std == pytest.approx(float(out.std(correction=0)), rel=1e-4)
        if gradient is None:
            assert row.gradient is None
        else:
            assert row.gradient_norm == pytest.approx(float(gradient.norm()), rel=1e-4)
            assert row.gradient == pytest.approx(float(gradient.square().mean().sqrt()), rel=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_weights_are_those_of_backward(name):
    one = case(name)
    torch.manual_seed(3)
    _, twin = by_hand(one)
    torch.manual_seed(3)
    rows = xray(one.model, one.batch, loss=one.loss).rows
    assert {row.reached for row in rows if row.trainable} == {True}
    covered = set()
    for row in (row for row in rows if row.gradient_ratio is not None):
        module = twin if row.name == "(the model itself)" else twin.get_submodule(row.name)
        own = list(module.parameters(recurse=isinstance(module, nn.MultiheadAttention)))
        change = math.sqrt(sum(float(p.grad.square().sum()) for p in own))
        size = math.sqrt(sum(float(p.detach().square().sum()) for p in own))
        assert row.gradient_ratio == pytest.approx(change / size, rel=1e-4)
        covered |= {id(p) for p in own}
    assert covered == {id(p) for p in twin.parameters() if p.requires_grad}


def test_flat_and_dead_are_those_of_the_course():
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Linear(10, 30), nn.ReLU(inplace=True), nn.Linear(30, 30), nn.Tanh(), nn.Unflatten(1, (3, 10, 1))),
        *(nn.Conv2d(3, 8, 1), nn.ReLU6(), nn.Flatten(), nn.Linear(80, 4), nn.Sigmoid()),
    )
    with torch.no_grad():
        model[0].bias[:9] = -100
        model[2].weight *= 9
        model[5].bias[:3] = -50
    x = torch.randn(40, 10)
    rows = {row.name: row for row in xray(model, x).rows}
    z = [x]
    for layer in model:
        z.append(layer(z[-1].clone()))
    for place, name in ((1, "relu"), (3, "tanh"), (9, "sigmoid")):
        expected = layer_flatness(z[place].detach().numpy(), ACTIVATIONS[name])
        assert rows[str(place)].saturated == pytest.approx(expected.saturated)
        assert rows[str(place)].dead == pytest.approx(expected.dead)
    assert rows["1"].dead == pytest.approx(9 / 30)
    assert rows["6"].dead == pytest.approx(3 / 8)  # in images a unit is a channel
    assert rows["6"].saturated == pytest.approx(float(((z[6] <= 0) | (z[6] >= 6)).float().mean()))


def test_histograms_count_every_value():
    x = torch.randn(50, 20)
    (row,) = xray(nn.Sequential(nn.Linear(20, 8)), x).rows
    assert row.histogram.sum() == 400
    assert row.reach == pytest.approx(4 * math.hypot(row.mean, row.std), rel=1e-5)
    layer = nn.Linear(20, 8)
    (row,) = xray(nn.Sequential(layer), x).rows
    values = layer(x).detach().numpy().clip(-row.reach, row.reach)
    np.testing.assert_allclose(row.histogram, np.histogram(values, 61, (-row.reach, row.reach))[0], atol=1)


def test_of_a_large_tensor_the_histogram_takes_an_even_sample():
    x = torch.linspace(-1, 1, 700_000).reshape(700, 1000)
    (row,) = xray(nn.Sequential(nn.Hardtanh(-5, 5)), x).rows
    assert 40_000 < row.histogram.sum() <= 65_536
    inside = row.histogram[np.abs(np.linspace(-row.reach, row.reach, 61)) < 0.9]
    assert inside.max() < 1.1 * inside.min()


def test_functions_that_are_no_modules_are_seen_in_place_too():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(5, 40), nn.Linear(40, 3)

        def forward(self, x):
            return self.second(torch.relu_(self.first(x)).sigmoid())

    torch.manual_seed(0)
    model, x = Net(), torch.randn(30, 5)
    rows = {row.name: row for row in xray(model, x).rows}
    z = model.first(x).detach()
    assert list(rows) == ["first", "relu()", "sigmoid()", "second"]
    assert rows["first"].std == pytest.approx(float(z.std(correction=0)))
    assert rows["relu()"].saturated == pytest.approx(float((z <= 0).float().mean()))
    assert rows["sigmoid()"].std == pytest.approx(float(z.relu().sigmoid().std(correction=0)))


def trace_of(model):
    """All that must not change."""
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules()]
    return (
        {name: value.clone() for name, value in model.state_dict().items()},
        {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()},
        [id(p) for p in (*model.parameters(), *model.buffers())],
        [m.training for m in model.modules()],
        hooks,
        torch.get_rng_state(),
        torch.is_grad_enabled(),
        torch.overrides._get_current_function_mode_stack(),
    )


def assert_same(before, after):
    for old, new in zip(before, after, strict=True):
        if isinstance(old, dict):
            assert old.keys() == new.keys()
            assert all(torch.equal(old[k], new[k]) if torch.is_tensor(old[k]) else old[k] is new[k] for k in old)
        else:
            assert torch.equal(old, new) if torch.is_tensor(old) else old == new


@pytest.mark.parametrize("name", CASES)
def test_nothing_changes(name):
    one = case(name)
    one.outcome().backward()  # gradients that must stay
    before = trace_of(one.model)
    optimiser = torch.optim.Adam(one.model.parameters())
    xray(one.model, one.batch, loss=one.loss, optimiser=optimiser)
    assert_same(before, trace_of(one.model))
    assert not optimiser.state


@pytest.mark.parametrize("where", ["loss", "forward"])
def test_nothing_changes_after_an_error_either(where):
    one = case("ResNet-18")
    before = trace_of(one.model)

    def fail(*_):
        torch.randn(1)
        raise RuntimeError("no luck")

    if where == "forward":
        handle = one.model.layer2.register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="no luck"):
        xray(one.model, one.batch, loss=fail if where == "loss" else one.loss)
    if where == "forward":
        handle.remove()
    assert_same(before, trace_of(one.model))


def test_in_training_it_draws_the_same_dropout_again():
    model, x = nn.Sequential(nn.Linear(5, 50), nn.Dropout(0.5), nn.Linear(50, 2)), torch.randn(9, 5)
    torch.manual_seed(1)
    seen = xray(model, x)
    torch.manual_seed(1)
    assert seen.rows[-1].std == pytest.approx(float(model(x).std(correction=0)), rel=1e-5)


def test_under_no_grad_and_in_inference_mode():
    one = case("U-Net")
    expected = xray(one.model, one.batch, loss=one.loss).table
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            np.testing.assert_equal(xray(one.model, one.batch, loss=one.loss).table["gradient"], expected["gradient"])


def test_in_bfloat16_under_autocast():
    one = case("ResNet-18")
    plain = xray(one.model, one.batch, loss=one.loss).table
    with torch.autocast("cpu", torch.bfloat16):
        half = xray(one.model, one.batch, loss=one.loss).table
    assert list(half["layer"]) == list(plain["layer"])
    np.testing.assert_allclose(half["std"], plain["std"], rtol=0.1)
    assert not np.array_equal(half["std"], plain["std"])
    assert np.isfinite(half["gradient_norm"]).all()


def test_a_compiled_model_has_the_layers_of_the_plain_one():
    one = case("ResNet-18")
    expected = xray(one.model, one.batch, loss=one.loss)
    compiled = torch.compile(one.model, backend="eager")
    compiled(one.batch[0])
    found = xray(compiled, one.batch, loss=one.loss)
    assert list(found.table["layer"]) == list(expected.table["layer"])
    one.model.layer1 = torch.compile(one.model.layer1, backend="eager")
    parts = xray(one.model, one.batch, loss=one.loss)
    assert list(parts.table["layer"]) == list(expected.table["layer"])


def test_update_ratios_are_those_of_a_real_step():
    one = case("ResNet-18")
    optimiser = torch.optim.AdamW(one.model.parameters(), lr=1e-3)
    rows = [row for row in xray(one.model, one.batch, loss=one.loss, optimiser=optimiser).rows if row.trainable]
    before = copy.deepcopy(one.model)
    one.outcome().backward()
    optimiser.step()
    for row in rows:
        pairs = [
            (new.detach(), old.detach())
            for new, old in zip(
                one.model.get_submodule(row.name).parameters(), before.get_submodule(row.name).parameters(), strict=True
            )
        ]
        change = math.sqrt(sum(float((new - old).square().sum()) for new, old in pairs))
        size = math.sqrt(sum(float(old.square().sum()) for _, old in pairs))
        assert row.update_ratio == pytest.approx(change / size, rel=1e-3)


def test_the_models_own_loss_is_taken():
    class Output(dict):
        pass

    class WithLoss(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, 3)

        def forward(self, x, labels=None):
            logits = self.head(x)
            return Output(logits=logits, loss=F.cross_entropy(logits, labels))

    seen = xray(WithLoss(), {"x": torch.randn(8, 4), "labels": torch.zeros(8, dtype=torch.long)})
    assert math.isfinite(seen.loss)
    assert seen.rows[0].gradient is not None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (lambda m, x, y: (print, x, None), TypeError, "looks into a torch.nn.Module, but got builtin"),
        (lambda m, x, y: (m, (x, y), lambda a, b: 1.0), TypeError, r"returned float\. Leave out \.item\(\)"),
        (lambda m, x, y: (m, (x.numpy(), y), None), TypeError, r"holds a NumPy array, .* torch\.from_numpy\(x\)"),
        (lambda m, x, y: (m, x.numpy(), None), TypeError, "holds a NumPy array"),
        (lambda m, x, y: (m, (x, y), torch.nn.CrossEntropyLoss), TypeError, r"Make one of it: CrossEntropyLoss\(\)"),
        (lambda m, x, y: (m, (x, y), nn.CrossEntropyLoss(reduction="none")), ValueError, r"its shape is \(8,\)"),
        (lambda m, x, y: (m, (), F.cross_entropy), ValueError, "the batch is empty"),
        (lambda m, x, y: (m, {"pixels": x}, None), ValueError, "forward takes input, but the batch has pixels"),
        (lambda m, x, y: (nn.Sequential(nn.LazyLinear(3)), x, None), ValueError, r"0\.weight has no shape yet"),
    ],
)
def test_errors_teach(arguments, error, message):
    model, batch, loss = arguments(nn.Sequential(nn.Linear(5, 3)), torch.randn(8, 5), torch.zeros(8, dtype=torch.long))
    model = model[0] if isinstance(batch, dict) else model
    with pytest.raises(error, match=message):
        xray(model, batch, loss=loss)


def test_a_table_has_a_value_for_every_layer():
    one = case("shared")
    seen = xray(one.model, one.batch, loss=one.loss)
    assert {len(column) for column in seen.table.values()} == {len(seen.rows)}
    assert list(seen.table["layer"])[:6] == ["enter", "tanh()", "again", "relu()", "again ·2", "relu() ·2"]
    assert np.isnan(seen.table["dead"][0])


def test_a_layer_in_a_long_loop_is_seen_four_times():
    class Loop(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.RNNCell(3, 4)

        def forward(self, x):
            h = torch.zeros(len(x), 4)
            for t in range(50):
                h = self.cell(x[:, t], h)
            return h

    assert [row.name for row in xray(Loop(), torch.randn(6, 50, 3)).rows] == [
        "cell",
        *(f"cell ·{i}" for i in (2, 3, 4)),
    ]


def test_it_is_a_picture_with_its_report_beside_it():
    torch.manual_seed(0)
    seen = xray(ResNet18(width=8), (torch.randn(6, 3, 32, 32), torch.zeros(6, dtype=torch.long)), loss=F.cross_entropy)
    data, metadata = seen._repr_mimebundle_()
    assert seen.png.startswith(b"\x89PNG")
    assert data["text/plain"] == seen.report == repr(seen) == metadata["image/png"]["alt"]


def test_the_report_alone():
    one = case("LSTM")
    assert xray.report(one.model, one.batch, loss=one.loss) == xray(one.model, one.batch, loss=one.loss).report
