"""States that no button reaches, with typed numbers between a slider's steps: all can be drawn, with words in place."""

from itertools import combinations

import numpy as np
import pytest
from drawn import random_state
from matplotlib.text import Text

from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure

STATES = 4  # of each demo
ROOM = 776, 385  # pixels, in a small window
TOUCH = 4  # pixels by which two boxes of words may overlap: that much of a line is empty


def words(live):
    """Every text that moves and is seen, with its box."""
    renderer = live.canvas.get_renderer()
    for text in live.figure.findobj(Text):
        if text.get_animated() and text.get_visible() and text.get_text().strip():
            yield text.get_text(), text.get_window_extent(renderer)


def out_of_place(live):
    """Words that leave the picture or lie on others."""
    seen = list(words(live))
    width, height = live.figure.bbox.size
    for text, box in seen:
        if box.x0 < -2 or box.y0 < -2 or box.x1 > width + 2 or box.y1 > height + 2:
            yield f"{text!r} leaves the picture"
    for (one, a), (other, b) in combinations(seen, 2):
        if min(a.x1, b.x1) - max(a.x0, b.x0) > TOUCH and min(a.y1, b.y1) - max(a.y0, b.y0) > TOUCH:
            yield f"{one!r} lies on {other!r}"


@pytest.mark.parametrize(
    "some", [pytest.param(slice(2), id="first"), pytest.param(slice(2, None), id="others", marks=pytest.mark.thorough)]
)
@pytest.mark.parametrize("demo", DEMOS.values(), ids=list(DEMOS))
def test_any_state_can_be_drawn_and_its_words_stay_in_the_picture_and_off_each_other(demo, some):
    rng, live = np.random.default_rng(7), LiveFigure(demo.View)
    live.resize(*ROOM)
    for state in [random_state(demo, rng) for _ in range(STATES)][some]:
        live.render(demo.compute(demo.preview(state) if demo.preview else state))
        assert list(out_of_place(live)) == [], state


def test_words_out_of_place_are_seen():
    live = LiveFigure(next(iter(DEMOS.values())).View)
    for place, text in (((0.5, 0.5), "one"), ((0.5, 0.5), "other"), ((0.99, 0.5), "far out")):
        live.figure.text(*place, text, animated=True)
    found = " ".join(out_of_place(live))
    assert "'one' lies on 'other'" in found
    assert "'far out' leaves the picture" in found
