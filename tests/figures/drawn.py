"""Frames and pictures of the demos, kept while tests look at the same demo: most of them look at the same states."""

from functools import lru_cache

from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure

KEPT = 128  # the states of one or two demos: all tests of a demo follow each other, whatever their file (conftest.py)


def settled(demo, **settings):
    """A state that is quick to compute: the demo's own preview where it has one."""
    state = demo.State().replace(**settings)
    return demo.preview(state) if demo.preview else state


@lru_cache(KEPT)
def frame_of(demo_name, state):
    return DEMOS[demo_name].compute(state)


def frame_at(demo, **settings):
    return frame_of(demo.name, settled(demo, **settings))


@lru_cache(1)
def veteran(demo_name):
    """The one figure in which the tests of a demo go from state to state: to make another takes ten pictures' time."""
    return LiveFigure(DEMOS[demo_name].View)


@lru_cache(KEPT)
def shown(demo_name, state):
    """What the veteran shows, whatever it has shown before."""
    return veteran(demo_name).render(frame_of(demo_name, state))
