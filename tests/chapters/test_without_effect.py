"""A control that a state calls without effect has none, and each demo keeps a few controls in sight."""

import pytest
from drawn import frame_of, shown

from coursekit.demos import DEMOS
from coursekit.figures.controls import Choice, Slider

DEMO = pytest.mark.parametrize("demo", DEMOS.values(), ids=list(DEMOS))


def states(demo):
    """The default state, the presets, the question's, and one for each choice."""
    default = demo.State()
    for settings in ({}, *[question.settings for question in demo.questions], *demo.presets.values()):
        yield default.replace(**settings)
    for name, control in default.controls().items():
        if isinstance(control, Choice):
            yield from (default.replace(**{name: value}) for value in control.samples())


def seen(demo, state):
    """The picture and the readout."""
    state = demo.preview(state) if demo.preview else state
    return shown(demo.name, state), frame_of(demo.name, state).readout


@DEMO
def test_one_to_three_controls_are_in_sight(demo):
    assert 1 <= sum(control.main for control in demo.State.controls().values()) <= 3


@DEMO
def test_a_control_without_effect_changes_neither_picture_nor_readout(demo):
    for state in dict.fromkeys(states(demo)):
        for name, reason in state.without_effect().items():
            assert reason.strip() == reason
            assert not reason.endswith(".")
            now = seen(demo, state)
            others = [value for value in state.controls()[name].samples() if value != getattr(state, name)][:2]
            assert others
            for value in others:
                assert seen(demo, state.replace(**{name: value})) == now, (state, name, value)


@DEMO
def test_a_slider_ends_within_its_range(demo):
    for state in states(demo):
        for name, last in state.ends().items():
            control = state.controls()[name]
            assert isinstance(control, Slider)
            assert control.low <= last <= control.high
