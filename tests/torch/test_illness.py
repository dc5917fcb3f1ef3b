"""A sick network is told by its layer, its illness and a remedy; a healthy one is told to be healthy."""

from itertools import pairwise

import numpy as np
import pytest
from torch_nets import CASES, case, torch

from coursekit.figures.canvas import LiveFigure
from coursekit.torch import xray
from coursekit.torch.look import figure_for
from coursekit.torch.picture import MOST, Plate

nn, F = torch.nn, torch.nn.functional


def deep(std=0.01, activation=nn.Tanh, bias=0.0, layers=10, width=200):
    torch.manual_seed(0)
    parts = []
    for _ in range(layers):
        linear = nn.Linear(width, width)
        nn.init.normal_(linear.weight, 0, std)
        nn.init.constant_(linear.bias, bias)
        parts += [linear, activation()]
    return nn.Sequential(*parts, nn.Linear(width, 10))


X, Y = torch.randn(100, 200, generator=torch.Generator().manual_seed(1)), torch.arange(100) % 10


def looked_at(model, loss=F.cross_entropy, x=X, **options):
    return xray(model, (x, Y), loss=loss, **options)


@pytest.mark.parametrize("name", CASES)
def test_healthy_networks_are_healthy(name):
    one = case(name)
    seen = xray(one.model, one.batch, loss=one.loss)
    assert seen.findings == []
    assert seen.report.startswith(f"Nothing is wrong: the signal lives in every layer ({len(seen.rows)} of them), std ")


class Detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head, self.spare = nn.Linear(200, 50), nn.Linear(50, 10), nn.Linear(3, 3)

    def forward(self, x):
        return self.head(torch.relu(self.body(x)).detach())


def with_nan():
    model = deep(0.1)
    with torch.no_grad():
        model[4].weight[0, 0] = float("nan")
    return model


def sgd(rate):
    return lambda model: torch.optim.SGD(model.parameters(), lr=rate)


# model, loss, optimiser → illness, layer, words of its sentence, words of its remedy
SICK = {
    "vanishes": (deep, None, None, ("vanishes", "4", "its std is 0.14 after 0 (Linear)", "larger weights")),
    "vanishing gradient": (
        lambda: deep(0.1, nn.Sigmoid),
        *(None, None, ("gradient vanishes", "0", "on its way back: its norm is", "ReLU in place of sigmoid")),
    ),
    "explodes": (lambda: deep(1, nn.ReLU), None, None, ("explodes", "4", "The signal explodes", "smaller weights")),
    "saturates": (lambda: deep(1), None, None, ("saturates", "1", "of the values lie where it is flat", "xavier")),
    "dead": (lambda: deep(0.1, nn.ReLU, -3.0), None, None, ("dead", None, "of them pass no gradient", "leaky ReLU")),
    "detached": (Detached, None, None, ("no gradient", "body", "No gradient reaches body, spare", ".detach()")),
    "NaN": (with_nan, None, None, ("not finite", "4", "4 (Linear) is the first layer", "torch.isfinite")),
    "NaN of the loss": (
        lambda: deep(0.1),
        *(lambda out, y: F.cross_entropy(out, y) * float("nan"), None),
        ("not finite", "loss", "Every layer is finite, but the loss is not", "scores rather than probabilities"),
    ),
    "bold": (lambda: deep(0.1), None, sgd(1000), ("bold", None, "Steps are too large", "lower learning rate")),
    "timid": (lambda: deep(0.1), None, sgd(1e-7), ("timid", None, "Steps are tiny", "higher learning rate")),
    "no step": (lambda: deep(0.1), None, sgd(0.0), ("timid", None, "A step changes no weights", "higher")),
}


@pytest.mark.parametrize("name", SICK)
def test_sick_networks_are_told(name):
    make, loss, optimiser, (illness, layer, words, remedy) = SICK[name]
    model = make()
    seen = looked_at(model, loss or F.cross_entropy, optimiser=optimiser(model) if optimiser else None)
    found = {finding.illness: finding for finding in seen.findings}[illness]
    assert layer in (None, found.layers[0])
    assert words in found.words
    assert remedy in found.remedy
    assert found.words in seen.report
    assert "Nothing is wrong" not in seen.report


def test_frozen_layers_are_listed_and_are_no_illness():
    one = case("frozen")
    report = xray(one.model, one.batch, loss=one.loss).report
    assert "Frozen, and so not learning: conv1, bn1, layer1.0.conv1, layer1.0.bn1 and 6 more." in report
    one.model.requires_grad_(False)
    seen = xray(one.model, one.batch, loss=one.loss)
    assert seen.findings == []


@pytest.mark.parametrize("samples", [4, 60])
def test_units_are_called_dead_only_when_enough_was_seen(samples):
    model = deep(0.1, nn.ReLU, -3.0)
    seen = xray(model, X[:samples])
    assert ("dead" in {finding.illness for finding in seen.findings}) == (samples == 60)


def drawn(seen):
    figure = LiveFigure(Plate(seen.frame))
    figure.render(seen.frame)
    return figure


def words_of(figure):
    return [text for text in figure.figure.findobj(lambda artist: hasattr(artist, "get_text")) if text.get_text()]


@pytest.mark.parametrize("name", ["healthy", *SICK])
def test_the_picture_shows_the_numbers(name):
    if name == "healthy":
        one = case("ResNet-18")
        seen = xray(one.model, one.batch, loss=one.loss)
    else:
        make, loss, optimiser, _ = SICK[name]
        model = make()
        seen = looked_at(model, loss or F.cross_entropy, optimiser=optimiser(model) if optimiser else None)
    figure = drawn(seen)
    view, rows = figure.view, seen.rows
    finite = [row for row in rows if row.std is not None and np.isfinite(row.std)]
    assert len(view.areas.get_paths()) == len(finite)
    low, high = view.spread.get_xlim()
    expected = np.clip([row.std for row in finite], low, high)
    drawn_std = [v for v in view.std.get_xdata() if np.isfinite(v)]
    np.testing.assert_allclose(drawn_std[: len(expected)] if name != "NaN" else expected, expected)
    np.testing.assert_allclose(
        view.saturated.get_xdata(), [100 * row.saturated for row in rows if row.saturated is not None]
    )
    assert view.histograms.get_yticklabels()[0].get_text().startswith(rows[0].name)
    width = figure.figure.bbox.width
    assert [text.get_text() for text in words_of(figure) if text.get_window_extent().x1 > width + 1] == []
    for ax in figure.figure.axes:
        labels = [label.get_window_extent() for label in ax.get_xticklabels() if label.get_text()]
        assert all(left.x1 < right.x0 for left, right in pairwise(labels))
    sick = {finding.layers[0] for finding in seen.findings} & {row.name for row in rows}
    bold = {label.get_text() for label in view.histograms.get_yticklabels() if label.get_fontweight() == "bold"}
    assert bool(bold) == bool(sick)


def test_long_names_and_many_layers_stay_legible():
    inner = nn.Sequential(*(nn.Linear(4, 4) for _ in range(150)))
    inner[77].weight.data.fill_(float("nan"))
    model = nn.Sequential()
    model.add_module(
        "a_module_with_a_long_name", nn.Sequential(nn.ModuleDict({"another_long_one": inner})["another_long_one"])
    )
    seen = xray(model, torch.randn(20, 4))
    assert len(seen.rows) == 150
    assert len(seen.frame.shown) <= MOST + 1
    figure = figure_for(seen.frame)
    figure.render(seen.frame)
    labels = figure.view.histograms.get_yticklabels()
    assert any(label.get_text().endswith("77") and label.get_fontweight() == "bold" for label in labels)
    boxes = [label.get_window_extent() for label in labels]
    assert min(box.x0 for box in boxes) >= 0
    assert all(above.y0 >= below.y1 - 2 for above, below in pairwise(boxes))
