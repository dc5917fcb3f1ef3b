"""Which states of a demo are drawn in advance: where a learner is sent, and from there one control at a time."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from coursekit.exercises.question import Question
from coursekit.figures.controls import Choice, Control, DemoState, Drawing, Slider, Switch
from coursekit.figures.demo import Demo


class Density(NamedTuple):
    """At how many places a slider is drawn."""

    main: int  # the main slider, from the first settings
    again: int  # the main slider, from other settings to which the learner is sent
    other: int  # every other slider, from the first settings


PICTURES = Density(33, 7, 5)
RUNS = Density(9, 5, 2)  # of a demo that trains: each picture is a whole run
DRAWS = 3  # presses of *New draw* from the first settings


class Plan(NamedTuple):
    """What is drawn of a demo; each state once, in a fixed order."""

    states: list[DemoState]
    sent: set[DemoState]  # to which a learner is sent, by a cell, a button or an answer: their runs are filmed
    veiled: set[DemoState]  # with which a cell begins that asks: drawn a second time, without the headline


def plan(demo: Demo, begun: Iterable[tuple[DemoState, Question | None]]) -> Plan:
    """Choose the states of a demo, which cells begin with these states and questions."""
    first = demo.State()
    sent = [first, *(first.replace(**case) for case in demo.presets.values())]
    for state, question in begun:
        sent += [state, *([state.replace(**question.settings)] if question else [])]
    states = dict.fromkeys(sent)
    density = RUNS if demo.frames else PICTURES
    main = main_of(demo)
    for state in dict.fromkeys(sent):
        places = density.main if state == first else density.again
        states |= dict.fromkeys(line(state, main, places))
    for name in demo.State.controls():
        states |= dict.fromkeys(line(first, name, density.other))
    if hasattr(first, "seed"):
        states |= dict.fromkeys(first.replace(seed=first.seed + draw) for draw in range(1, DRAWS + 1))
    return Plan(list(states), set(sent), {state for state, question in begun if question})


def main_of(demo: Demo) -> str:
    """The name of the main slider, or of the first control where there is none."""
    controls = demo.State.controls()
    return next((name for name, one in controls.items() if isinstance(one, Slider) and one.main), next(iter(controls)))


def line(state: DemoState, name: str, places: int) -> list[DemoState]:
    """States that differ from this one in a single control."""
    control = state.controls()[name]
    if isinstance(control, Slider) and name in (ends := state.ends()):
        control = replace(control, high=min(control.high, ends[name]))
    return [state.replace(**{name: one}) for one in stops(control, places)]


def stops(control: Control, places: int) -> list[Any]:
    """Values of a control: all of a choice; of a slider so many where it can stop, evenly spaced; of a drawing none."""
    match control:
        case Choice() | Switch():
            return control.samples()
        case Drawing():
            return []
        case Slider(low=low, high=high, step=step, log=log):
            last = round((math.log10(high / low) if log else high - low) / step)
            at = sorted({round(last * i / (places - 1)) for i in range(places)})
            inner = [float(f"{low * 10 ** (i * step):.3g}") if log else low + i * step for i in at[1:-1]]
            return [low, *(round(one) if control.whole else one for one in inner), high]
