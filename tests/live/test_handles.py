"""A panel whose picture can be taken hold of: the page learns where, and what it sends are the sliders' values."""

import numpy as np
import pytest

from coursekit.live.show import show


@pytest.fixture
def panel():
    panel = show("descent", ask="", step=20)
    yield panel
    panel.close()


def move(panel, **values):
    panel.page.set_state({"values": {**panel.page.values, **values}})


def test_a_drag_moves_both_weights_at_once_and_lifts_the_veil(panel):
    assert panel.page.veiled
    before = panel.png
    move(panel, w1=1.0, w2=-1.0)
    assert (panel.state.w1, panel.state.w2) == (1.0, -1.0)
    assert not panel.page.veiled
    assert panel.png != before
    assert panel.call == "ck.show('descent', step=20, w1=1.0, w2=-1.0)"


def test_a_place_that_is_none_changes_nothing_and_is_told(panel, monkeypatch):
    monkeypatch.delenv("COURSEKIT_STRICT", raising=False)
    move(panel, w1=-3.0, w2=9.0)
    assert "w2 must lie between" in panel.page.error
    assert (panel.state.w1, panel.page.values["w2"]) == (-4.0, 1.5)


def test_the_page_learns_anew_where_a_point_is_when_its_room_changes(panel):
    (first,) = panel.page.handles
    panel.page.set_state({"room": [420, 320, 1]})
    (then,) = panel.page.handles
    assert then["controls"] == ["w1", "w2"]
    assert not np.allclose(then["box"], first["box"], atol=0.01)


def test_cells_follow_the_settings():
    panel = show("conv_stepper")
    assert panel.page.handles[0]["rows"] == 3
    panel.set(stride=1)
    assert panel.page.handles[0]["rows"] == 5


def test_other_pictures_have_no_handles():
    assert show("neuron").page.handles == []
