"""The figures of chapter 01 on a phone, 330 pixels wide: words stand beside each other, not upon each other."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.text import Text

from coursekit.chapters import CHAPTERS, DEMOS
from coursekit.figures.canvas import LiveFigure

PHONE = (330, 303)
APART = 5  # pixels between two titles


def on_a_phone(name, **state):
    demo = DEMOS[name]
    live = LiveFigure(demo.View)
    live.resize(*PHONE)
    live.render(demo.compute(demo.State(**state)))
    return live


@pytest.mark.parametrize("name", CHAPTERS["losses"].demos)
def test_titles_legends_and_names_do_not_touch(name):
    live = on_a_phone(name)
    ticks = {label for ax in live.figure.axes for label in ax.get_xticklabels() + ax.get_yticklabels()}
    words = [text for text in live.figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    words = [text for text in words if text not in ticks]
    boxes = {text: text.get_window_extent() for text in words}
    above = [text for text in words if any(boxes[text].y0 >= ax.bbox.y1 for ax in live.figure.axes)]
    assert len(above) > 2
    for one, other in combinations(above, 2):
        assert not boxes[one].padded(APART, 0).overlaps(boxes[other]), (one.get_text(), other.get_text())


def test_names_of_birds_do_not_touch():
    live = on_a_phone("code_length")
    boxes = [name.get_window_extent() for name in live.view.names]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_a_step_of_descent_is_drawn_at_a_right_angle_to_its_contour():
    live = on_a_phone("descent")
    plane = live.view.now.axes
    origin, right, up = plane.transData.transform([(0, 0), (1, 0), (0, 1)])
    assert np.linalg.norm(right - origin) == pytest.approx(np.linalg.norm(up - origin))
