"""A learner's own activation in open panels: offered, followed, mended, forgotten; no mistake of it breaks a panel."""

import numpy as np
import pytest

from coursekit import mine
from coursekit.activations import ACTIVATIONS
from coursekit.demos import DEMOS
from coursekit.exercises import own_code
from coursekit.initialisers import INITIALISERS
from coursekit.live.panel import Panel
from coursekit.losses import LOSSES

SMALL = {"width": 50, "depth": 3}
TANH = np.tanh, lambda x: 1 - np.tanh(x) ** 2


@pytest.fixture(autouse=True)
def the_course_as_it_was(monkeypatch):
    monkeypatch.delenv("COURSEKIT_STRICT", raising=False)
    monkeypatch.setattr(own_code, "LONGEST", 0.3)
    yield
    for registry in (ACTIVATIONS, INITIALISERS, LOSSES):
        registry.remove_own()


def opened(name="collapse", **settings):
    return Panel(DEMOS[name], **(SMALL if name == "collapse" else {}), **settings)


def choose(panel, **names):
    """Choose options by their labels, as the page tells it."""
    places = {name: panel.page.options[name].index(label) for name, label in names.items()}
    panel.page.set_state({"values": {**panel.page.values, **places}})


def picked(panel):
    return panel.page.options["activation"][panel.page.values["activation"]]


FIGURES = ["collapse", "init_race", "neuron", "xor", "activation_zoo", "mlp_flow", "hidden_layer", "gradient_depth"]


@pytest.mark.parametrize("name", [*FIGURES, "jacobian_spectrum"])
def test_every_open_dropdown_of_activations_offers_it_and_draws_it(name):
    panel = opened(name)
    before = list(panel.page.options["activation"])
    assert mine.activation("mine", *TANH)
    assert panel.page.options["activation"] == [*before, "mine (yours)"]
    choose(panel, activation="mine (yours)")
    assert panel.page.error == ""
    assert panel.state.activation == "mine"


MISTAKES = {
    "raises": (lambda x: {}["slope"] if x.max() > 1e3 else x, "raises KeyError"),
    "shape": (lambda x: x[:1] if x.max() > 1e3 else x, "returns float32 of shape (1, 50), but x has shape"),
    "nan": (lambda x: np.where(np.abs(x) > 1e3, np.nan, x), "gives nan at x = "),
}


def hangs(x):
    while x.max() > 1e3:
        pass
    return x


@pytest.mark.parametrize(("f", "words"), [*MISTAKES.values(), (hangs, "did not finish within 0.3 s (line ")])
def test_a_mistake_that_shows_in_a_figure_is_told_and_the_panel_goes_on(f, words):
    panel = opened(activation="identity")
    mine.activation("mine", f, np.ones_like)
    panel.page.set_state({"values": {**panel.page.values, "weight_scale": 10.0}})
    before = panel.frame
    choose(panel, activation="mine (yours)")
    assert panel.page.error.startswith("OwnCodeError: your mine ")
    assert words in panel.page.error
    assert panel.frame is before
    assert picked(panel) == "Identity"
    mine.activation("mine", *TANH)  # mended
    choose(panel, activation="mine (yours)")
    assert panel.page.error == ""
    assert panel.frame.state.activation == "mine"


def test_writing_it_anew_while_it_is_shown_draws_it_anew_and_a_mistake_leaves_the_picture():
    mine.activation("mine", *TANH)
    panel = opened(activation="mine", weight_scale=1.0)
    flat = panel.frame.std[-1]
    mine.activation("mine", lambda x: 3 * np.tanh(x), lambda x: 3 - 3 * np.tanh(x) ** 2)
    assert panel.frame.std[-1] > 2 * flat
    before = panel.frame
    assert "✗" in repr(mine.activation("mine", lambda x: x.nothing))
    assert panel.frame is before
    assert panel.page.error == ""


def test_another_name_stands_beside_the_first_until_that_is_forgotten():
    panel = opened()
    for name in ("one", "two", "three"):
        mine.activation(name, *TANH)
    assert panel.page.options["activation"][-3:] == ["one (yours)", "two (yours)", "three (yours)"]
    choose(panel, activation="three (yours)")
    mine.forget("two")
    assert panel.page.options["activation"][-2:] == ["one (yours)", "three (yours)"]
    assert picked(panel) == "three (yours)"


def test_what_is_forgotten_while_it_is_shown_gives_way_to_the_default():
    mine.activation("mine", np.sin, np.cos)
    panel, other = opened(activation="mine", weight_scale=0.3), opened(activation="relu")
    panel.page.set_state({"values": {**panel.page.values, "weight_scale": 0.5}})
    panel._toggle_pin()
    mine.forget("mine")
    assert panel.page.error == ""
    assert picked(panel) == "tanh"
    assert panel.state.weight_scale == 0.5
    assert panel.frame.state == panel.state
    assert picked(other) == "ReLU"
    panel._toggle_pin()
    panel._reset()
    assert (panel.state.activation, panel.page.error) == ("tanh", "")


def test_a_panel_that_was_closed_meanwhile_opens_with_the_default():
    mine.activation("mine", np.sin, np.cos)
    panel = opened(activation="mine")
    panel.close()
    mine.forget("mine")
    panel.set(weight_scale=0.2)
    assert panel.frame.state.activation == "tanh"


def test_a_race_goes_on_without_a_guest_who_is_forgotten():
    mine.initialiser("mine", lambda fan_in, fan_out, rng: rng.normal(0, 0.1, (fan_in, fan_out)))
    panel = opened("init_race", guest="mine", depth=1)
    assert len(panel.frame.loss) == 6
    mine.forget("mine")
    assert len(panel.frame.loss) == 5
    assert panel.page.error == ""


def test_an_own_initialiser_written_anew_is_drawn_anew():
    def of_spread(spread):
        return lambda fan_in, fan_out, rng: rng.normal(0, spread, (fan_in, fan_out))

    mine.initialiser("mine", of_spread(0.01))
    panel = opened(scheme="mine", weight_scale=1.0)
    small = panel.frame.std[0]
    mine.initialiser("mine", of_spread(0.05))
    assert panel.frame.std[0] == pytest.approx(5 * small, rel=0.1)
    assert panel.frame.weight_std == pytest.approx(0.05, rel=0.1)


def test_an_own_loss_trains_the_classifier_as_its_twin_and_follows():
    def squares(scores, y):
        apart = scores - np.eye(scores.shape[1])[y]
        return (apart**2).sum() / len(y), 2 * apart / len(y)

    panel = opened("linear_classifier")
    mine.loss("mine", squares)
    choose(panel, loss="mine (yours)")
    assert panel.frame.start == 1
    right = panel.frame.right
    assert right > 0.9
    mine.loss("mine", lambda scores, y: tuple(3 * part for part in squares(scores, y)))
    assert panel.frame.start == 3


def test_an_interrupt_shows_in_the_panel():
    panel = opened()

    def interrupted(x):
        if x.max() > 1e3:
            raise KeyboardInterrupt
        return x

    mine.activation("mine", interrupted, np.ones_like)
    panel.page.set_state({"values": {**panel.page.values, "weight_scale": 10.0}})
    before = panel.frame
    choose(panel, activation="mine (yours)")
    assert panel.page.error.startswith("Interrupted")
    assert panel.frame is before
    assert picked(panel) == "tanh"
