"""A panel whose picture is drawn on: the strokes arrive as one setting, and the page learns where the pad is."""

import ast
import base64
from dataclasses import dataclass

import numpy as np
import pytest

from coursekit.chapter import Chapter
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, drawing, slider
from coursekit.figures.demo import Demo
from coursekit.figures.drawing import drawn, packed, unpacked
from coursekit.live.content import as_words
from coursekit.live.panel import Panel
from coursekit.live.show import show

STROKE = packed(drawn([[(3, 3), (12, 9)]], 16, 2.0))


@dataclass(frozen=True)
class State(DemoState):
    ink: str = drawing("", 16, "your mark", brush=2.0, main=True)
    shade: float = slider(1.0, 0.0, 1.0, "shade")


@dataclass(frozen=True)
class Frame:
    cells: np.ndarray

    @property
    def readout(self):
        return f"There are {int((self.cells > 0).sum())} cells with ink."


class View:
    size = (4.0, 2.0)

    def __init__(self, figure):
        self.pad = figure.add_axes((0.1, 0.2, 0.3, 0.6))
        self.image = self.pad.imshow(np.zeros((16, 16)), extent=(0, 16, 16, 0), vmin=0, vmax=1, animated=True)

    def update(self, frame):
        self.image.set_data(frame.cells)


def compute(state):
    return Frame(unpacked(state.ink, 16) * state.shade)


QUESTION = Question("What?", ("less", "more"), 1, "Because.", {"ink": STROKE})
DEMO = Demo(
    "test",
    Chapter("test", 0, "Test", ("test",)),
    "Test",
    State,
    compute,
    View,
    QUESTION,
    "Look.",
    {"A mark": {"ink": STROKE}},
)


@pytest.fixture
def panel():
    panel = Panel(DEMO)
    yield panel
    panel.close()


def move(panel, **values):
    panel.page.set_state({"values": {**panel.page.values, **values}})


def test_the_page_is_told_what_to_draw_with(panel):
    told = panel.page.content["controls"][0]
    assert told == {"name": "ink", "kind": "drawing", "label": "your mark", "side": 16, "brush": 2.0, "main": True}


def test_a_stroke_on_the_page_moves_the_picture_and_lifts_the_veil(panel):
    before = panel.png
    assert panel.page.veiled
    move(panel, ink=STROKE)
    assert panel.state.ink == STROKE
    assert not panel.page.veiled
    assert panel.png != before
    np.testing.assert_array_equal(panel.frame.cells, drawn([[(3, 3), (12, 9)]], 16, 2.0))


def test_set_takes_cells_and_the_page_gets_their_text(panel):
    panel.set(ink=np.eye(16))
    assert panel.page.values["ink"] == packed(np.eye(16))


def test_a_drawing_that_is_none_changes_nothing_and_is_told(panel):
    move(panel, ink=STROKE)
    png = panel.png
    with pytest.raises(ValueError, match="16 × 16 cells"):
        panel.set(ink="?!")
    assert (panel.state.ink, panel.png) == (STROKE, png)


def test_reset_wipes_it_and_a_button_brings_it_back(panel):
    move(panel, ink=STROKE)
    panel.page._handle_custom_msg({"press": "reset"}, [])
    assert panel.page.values["ink"] == ""
    panel.page._handle_custom_msg({"press": "preset", "index": 0}, [])
    assert panel.page.values["ink"] == STROKE
    assert panel.page.at_case == 0


def test_the_copied_line_draws_it_again(panel):
    move(panel, ink=STROKE)
    call = ast.parse(panel.call).body[0].value
    settings = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert Panel(DEMO, **settings).png == panel.png
    exec(panel.script, {"panel": panel})


def test_in_words_a_drawing_is_not_spelled_out(panel):
    dense = packed(np.indices((16, 16)).sum(0) % 2)
    panel.set(ink=dense)
    panel.page._handle_custom_msg({"press": "pin"}, [])
    move(panel, ink="")
    assert panel.page.ghost == "Ghost: your mark = a drawing"
    panel.page._handle_custom_msg({"press": "pin"}, [])
    panel.page._handle_custom_msg({"press": "pin"}, [])
    move(panel, ink=dense)
    assert panel.page.ghost == "Ghost: your mark = blank"


def test_in_words_whatever_is_no_drawing_stays_as_it_is():
    moves = tuple((step, "lr", 0.1) for step in (100, 200, 300))
    assert as_words({"until": moves, "scheme": "he_normal"}) == f"until = {moves}, scheme = he_normal"


@pytest.mark.parametrize("room", [[400, 200, 1], [800, 400, 2], [330, 303, 1]])
def test_the_page_learns_where_the_pad_is_in_every_room(panel, room):
    """The pad is found in the picture itself: it is the only place that is dark when all of it is inked."""
    panel.page.set_state({"room": room})
    blank = pixels(panel.png)
    panel.set(ink=np.ones((16, 16)))
    rows, columns = np.nonzero((pixels(panel.png) != blank).any(2))
    height, width = blank.shape[:2]
    left, top, wide, high = panel.page.pad
    found = columns.min() / width, rows.min() / height, np.ptp(columns) / width, np.ptp(rows) / height
    np.testing.assert_allclose(found, (left, top, wide, high), atol=3 / min(width, height))
    assert wide * width == pytest.approx(high * height, rel=0.02)  # a square stays one


def test_to_tell_where_the_pad_is_costs_no_new_background(panel):
    panel.page.set_state({"room": [400, 200, 1]})
    known = panel._figure._background
    panel.set(ink=STROKE)
    assert panel._figure._background is known


def pixels(png):
    import io

    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png)))


def test_a_still_picture_shows_the_drawing(panel):
    panel.set(ink=STROKE)
    data, metadata = panel._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == panel.frame.readout


def test_other_pictures_have_no_pad():
    other = show("neuron")
    assert other.page.pad == []
    assert "drawing" not in {control["kind"] for control in other.page.content["controls"]}
