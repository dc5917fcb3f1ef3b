"""Frames and pictures of the demos, kept while tests look at the same demo: most of them look at the same states."""

from functools import lru_cache

from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.controls import Slider

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


def anywhere(control, rng):
    """A value of a control."""
    if not isinstance(control, Slider):
        samples = control.samples()
        return samples[rng.integers(len(samples))]
    low, high, share = control.low, control.high, rng.random()
    value = low * (high / low) ** share if control.log else low + share * (high - low)
    return round(value) if control.whole else float(value)


def random_state(demo, rng):
    """The default state with about half of the controls moved, and another draw."""
    controls = demo.State.controls()
    moved = {name: anywhere(control, rng) for name, control in controls.items() if rng.random() < 0.6}
    draw = {"seed": int(rng.integers(1000))} if "seed" in vars(demo.State()) else {}
    return demo.State().replace(**moved, **draw)
