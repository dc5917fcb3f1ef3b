"""Every demo keeps the contract at every end of every control."""

import dataclasses
import sys

import numpy as np
import pytest
from drawn import frame_at, frame_of, settled, shown, veteran

from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.controls import Choice, Drawing, Slider, Switch
from coursekit.figures.rest import while_wanted

DEMO = pytest.mark.parametrize("demo", DEMOS.values(), ids=list(DEMOS))
CONTROLS = [(demo, name, control) for demo in DEMOS.values() for name, control in demo.State.controls().items()]


def by_control(controls):
    ids = [f"{demo.name}-{name}" for demo, name, _ in controls]
    return pytest.mark.parametrize(("demo", "name", "control"), controls, ids=ids)


CONTROL = by_control(CONTROLS)
# What a readout says where a frame holds numbers that are not finite.
TROUBLE = ("explode", "diverge", "overflow", "infinite", "not a number", "NaN")


def states(demo):
    """The default state, and every control at both ends or at each choice."""
    yield settled(demo)
    for name, control in demo.State.controls().items():
        for value in control.samples():
            yield settled(demo, **{name: value})


def arrays(value, path=""):
    """Yield (path, array) for every array in a frame, however deep, without the state's."""
    if isinstance(value, np.ndarray):
        yield path, value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from arrays(getattr(value, field.name), f"{path}.{field.name}")
    elif hasattr(value, "_asdict"):
        for name, entry in value._asdict().items():
            yield from arrays(entry, f"{path}.{name}")
    elif isinstance(value, dict | list | tuple):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from arrays(entry, f"{path}[{key}]")


def assert_same_arrays(frame, expected):
    found, wanted = dict(arrays(frame)), dict(arrays(expected))
    assert found.keys() == wanted.keys()
    for path, array in found.items():
        np.testing.assert_array_equal(array, wanted[path], err_msg=path)


def artist_count(figure):
    """How many artists have been added; ticks are matplotlib's own and come and go with the limits."""
    boxes = [figure, *figure.axes]
    return sum(
        len(getattr(box, kind, ())) for box in boxes for kind in ("lines", "collections", "patches", "texts", "images")
    )


def drawn_arrays(figure):
    """Yield the data of every line, image and collection."""
    for ax in figure.axes:
        for line in ax.lines:
            yield from line.get_data(orig=False)
        for image in ax.images:
            yield np.asarray(image.get_array())
        for collection in ax.collections:
            yield np.asarray(collection.get_offsets())
            yield from (path.vertices for path in collection.get_paths())


def drawn_as_they_are(live, frame):
    """Paths of the frame's arrays that some artist holds unchanged; a constant array says too little to be found."""
    drawn = list(drawn_arrays(live.figure))
    return {
        path
        for path, array in arrays(frame)
        if array.size > 1 and (array != array.flat[0]).any()
        if any(array.shape == other.shape and np.array_equal(array, other) for other in drawn)
    }


# ---- the record


@DEMO
def test_a_demo_carries_the_name_of_its_file(demo):
    assert demo.compute.__module__ == f"coursekit.chapters.{demo.chapter.name}.{demo.name}"


@DEMO
def test_texts_are_there_and_the_answer_is_one_of_the_options(demo):
    texts = [demo.title, demo.notice, *demo.presets]
    for question in demo.questions:
        assert question.text.endswith("?")
        assert len(set(question.options)) == len(question.options) >= 2
        assert 0 <= question.answer < len(question.options)
        texts += [question.explanation, *question.options]
    texts += [control.label for control in demo.State.controls().values()]
    assert all(text.strip() == text and text for text in texts)


@CONTROL
def test_a_label_is_short_enough_for_its_column(demo, name, control):
    assert 3 <= len(control.label) <= (40 if isinstance(control, Switch) else 24)  # longer ones are cut in JupyterLab


@by_control([one for one in CONTROLS if getattr(one[2], "log", False)])
def test_an_arrow_key_moves_a_log_slider_on_from_its_default(demo, name, control):
    default = getattr(demo.State(), name)
    moved = default * 10 ** (-control.step if default == control.high else control.step)
    assert (round(moved) if isinstance(default, int) else moved) != default


@DEMO
def test_presets_and_the_question_are_states_that_can_be_shown(demo):
    assert demo.presets
    for settings in (*[question.settings for question in demo.questions], *demo.presets.values()):
        assert settings
        assert shown(demo.name, settled(demo, **settings)).startswith(b"\x89PNG")


# ---- the state


@CONTROL
def test_a_state_refuses_what_its_control_cannot_show_and_says_what_it_can(demo, name, control):
    bad = {
        Slider: lambda: [
            *(control.low - 1, control.high + 1, np.nan, np.inf, "1", None, True),
            *([control.low + 0.5] if control.whole else []),
        ],
        Choice: lambda: ["no such choice", None],
        Switch: lambda: [1, "on", None],
        Drawing: lambda: ["?", 1, None, np.ones((3, 3))],
    }[type(control)]()
    allowed = [f"{value:g}" if isinstance(control, Slider) else repr(value) for value in control.samples()]
    if isinstance(control, Drawing):
        allowed = [f"{control.side} × {control.side} cells"]
    for value in bad:
        with pytest.raises(ValueError, match=name) as caught:
            demo.State().replace(**{name: value})
        assert all(text in str(caught.value) for text in allowed)


def test_a_whole_number_may_come_as_a_float_and_a_part_of_one_is_refused():
    state = DEMOS["xor"].State(hidden=3.0)
    assert repr(state.hidden) == "3"
    with pytest.raises(ValueError, match=r"^hidden must be a whole number from 1 to 8, but is 2\.5\.$"):
        state.replace(hidden=2.5)


@DEMO
def test_a_setting_that_does_not_exist_is_answered_with_those_that_do(demo):
    with pytest.raises(TypeError, match="no setting 'no_such_setting'") as caught:
        demo.State().replace(no_such_setting=1)
    assert all(name in str(caught.value) for name in demo.State.controls())


# ---- compute


@CONTROL
def test_frames_hold_finite_numbers_or_say_that_they_do_not(demo, name, control):
    for value in control.samples():
        frame = frame_at(demo, **{name: value})
        finite = all(np.isfinite(array).all() for _, array in arrays(frame))
        assert finite or any(word in frame.readout for word in TROUBLE), value


@CONTROL
def test_the_readout_is_one_line_and_follows_the_state(demo, name, control):
    for value in control.samples():
        readout = frame_at(demo, **{name: value}).readout
        assert readout.isprintable()
        assert readout.strip() == readout
        assert readout.endswith(".")
        assert 20 < len(readout) < 400


@CONTROL
def test_a_frame_has_the_same_arrays_everywhere_and_only_whole_sliders_and_guests_change_their_shapes(
    demo, name, control
):
    default = {path: array.shape for path, array in arrays(frame_at(demo))}
    assert default
    structural = (isinstance(control, Slider) and control.whole) or name == "guest"  # one more runs: one more row
    for value in control.samples():
        shapes = {path: array.shape for path, array in arrays(frame_at(demo, **{name: value}))}
        assert shapes.keys() == default.keys()
        assert structural or shapes == default
        assert all(len(shape) == len(default[path]) for path, shape in shapes.items())


@pytest.mark.parametrize(
    "each", [pytest.param(False, id="after all"), pytest.param(True, id="after each", marks=pytest.mark.thorough)]
)
@DEMO
def test_compute_is_pure(demo, each):
    caches = [entry for entry in vars(sys.modules[demo.compute.__module__]).values() if hasattr(entry, "cache_clear")]
    for entry in caches:
        entry.cache_clear()
    state = settled(demo)
    first = demo.compute(state)
    kept = {path: array.copy() for path, array in arrays(first)}
    others = [settled(demo, **{name: control.samples()[-1]}) for name, control in demo.State.controls().items()]
    for other in others:  # draws that are kept between states must survive other states
        demo.compute(other)
        if each or other is others[-1]:
            again = demo.compute(state)
            assert_same_arrays(again, first)
            assert again.readout == first.readout
    for path, array in arrays(first):
        np.testing.assert_array_equal(array, kept[path], err_msg=path)


DRAWN = [demo for demo in DEMOS.values() if hasattr(demo.State(), "seed")]


@pytest.mark.parametrize("demo", DRAWN, ids=lambda demo: demo.name)
def test_a_new_draw_is_another_frame(demo):
    one, two = (dict(arrays(frame_at(demo, seed=seed))) for seed in (0, 1))
    assert any(not np.array_equal(one[path], two[path]) for path in one)


PREVIEWED = [demo for demo in DEMOS.values() if demo.preview]


@pytest.mark.parametrize("demo", PREVIEWED, ids=lambda demo: demo.name)
def test_a_preview_is_another_state_with_a_frame_of_the_same_shape(demo):
    state = demo.State()
    assert demo.preview(state) != state
    rough, full = dict(arrays(frame_at(demo))), dict(arrays(demo.compute(state)))
    assert {path: array.shape for path, array in rough.items()} == {path: array.shape for path, array in full.items()}


def is_dragged(control):
    return isinstance(control, Slider) and not control.on_release


RUNS_FOLLOWED = [demo for demo in PREVIEWED if demo.frames and any(map(is_dragged, demo.State.controls().values()))]


@pytest.mark.parametrize("demo", RUNS_FOLLOWED, ids=lambda demo: demo.name)
def test_a_whole_run_behind_a_preview_is_given_up_when_a_newer_value_arrives(demo):
    asked, ended = [], []

    def wanted():
        asked.append(demo)
        return len(asked) < 3

    with while_wanted(wanted):
        ended.append(demo.compute(demo.State(seed=77)))
    assert len(asked) == 3
    assert not ended


RUNNING = [demo for demo in DEMOS.values() if demo.frames]


@pytest.mark.parametrize("demo", RUNNING, ids=lambda demo: demo.name)
def test_a_run_rises_to_the_frame_that_compute_gives(demo):
    frames, end = list(demo.frames(settled(demo))), frame_at(demo)
    assert len(frames) > 2
    assert_same_arrays(frames[-1], end)
    assert frames[-1].readout == end.readout
    progress = [frame.progress for frame in frames]
    assert progress == sorted(progress)
    assert 0 <= progress[0] < progress[-1] == 1


# ---- the picture


def where_it_counts(demo, name):
    """The settings of the default state, or of the first preset, in which a control has an effect."""
    settings = ({}, *demo.presets.values())
    return next(some for some in settings if name not in demo.State().replace(**some).without_effect())


@CONTROL
def test_every_control_changes_the_picture_and_adds_no_artist(demo, name, control):
    settings = where_it_counts(demo, name)
    shown(demo.name, settled(demo, **settings))
    before = artist_count(veteran(demo.name).figure)
    states = [settled(demo, **settings | {name: value}) for value in control.samples()]
    pictures = {shown(demo.name, state) for state in states}
    # Two choices may be the same thing: Xavier's and LeCun's variances agree where fan_in = fan_out.
    frames = [frame_of(demo.name, state) for state in states]
    different = {tuple(array.tobytes() for _, array in arrays(frame)) for frame in frames}
    assert len(pictures) == len(different)
    assert len(different) > 1 or len(frames) == 1  # a dropdown of one waits for what a learner adds
    assert isinstance(control, Choice) or len(different) == len(frames)
    assert artist_count(veteran(demo.name).figure) == before


# Those whose axes do change beside the default.
REDRAWN = {("conv_stepper", "stride"), ("pooling", "shift"), ("cost_table", "side"), ("symmetry", "spread")}
DRAGGED = [
    (demo, name, control)
    for demo, name, control in CONTROLS
    if isinstance(control, Slider) and control.main and not control.on_release
    if not demo.frames and (demo.name, name) not in REDRAWN
]


def neighbours(control, value):
    """One step down and one up, where the slider has them."""
    down, up = value - control.step, value + control.step
    if control.log:  # its step is in decades
        down, up = (value - 1, value + 1) if control.whole else (value * 10**-control.step, value * 10**control.step)
    return [step for step in (down, up) if control.low <= step <= control.high]


@pytest.mark.parametrize(("demo", "name", "control"), DRAGGED, ids=[f"{demo.name}-{name}" for demo, name, _ in DRAGGED])
def test_a_step_from_the_default_draws_no_axes_anew(demo, name, control):
    live = veteran(demo.name)
    live.render(frame_at(demo))
    for value in neighbours(control, getattr(demo.State(), name)):
        live.view.update(frame_at(demo, **{name: value}))
        assert not live.figure.stale, value


@DEMO
def test_artists_hold_the_frames_own_arrays(demo):
    live = veteran(demo.name)
    live.view.update(frame_at(demo))
    checkable = drawn_as_they_are(live, frame_at(demo))
    assert checkable
    for state in states(demo):
        frame = frame_of(demo.name, state)
        live.view.update(frame)
        constant = {path for path, array in arrays(frame) if (array == array.flat[0]).all() or np.isnan(array).any()}
        assert checkable - constant <= drawn_as_they_are(live, frame), state


def ends(demo, name, control):
    """The states with a control at its ends, or at its first and last choice; one that is the default is the second."""
    values = [control.samples()[place] for place in (-1, 0)]
    values.sort(key=lambda value: value == getattr(demo.State(), name))
    return [settled(demo, **{name: value}) for value in values]


@CONTROL
def test_the_same_state_gives_the_same_bytes_wherever_the_sliders_have_been(demo, name, control):
    new = LiveFigure(demo.View)
    for state in ends(demo, name, control):
        assert shown(demo.name, state) == new.render(frame_of(demo.name, state)), state


@pytest.mark.thorough
@CONTROL
def test_a_new_figure_gives_the_same_bytes_as_one_whose_sliders_have_been_everywhere(demo, name, control):
    state = ends(demo, name, control)[-1]
    assert shown(demo.name, state) == LiveFigure(demo.View).render(frame_of(demo.name, state))


@DEMO
def test_a_pinned_frame_is_seen_behind_every_other_and_goes_without_a_trace(demo):
    default = frame_at(demo)
    states = [settled(demo, **settings) for settings in demo.presets.values()]
    others, plain = ([of(demo.name, state) for state in states] for of in (frame_of, shown))
    live = LiveFigure(demo.View)
    live.render(default)
    before = artist_count(live.figure)
    live.pin(True)
    pinned = [live.render(frame) for frame in others]
    live.pin(False)
    assert [live.render(frame) for frame in others] == plain
    assert artist_count(live.figure) == before
    ghost = dict(arrays(default))
    for frame, without, behind in zip(others, plain, pinned, strict=True):
        hidden = all(np.array_equal(array, ghost[path]) for path, array in arrays(frame))  # by the frame's own twin
        assert hidden or without != behind


@pytest.mark.parametrize(("setting", "value"), [("width", np.int64(200)), ("weight_scale", np.float32(0.25))])
def test_a_state_takes_numbers_of_numpy_as_its_own(setting, value):
    taken = getattr(DEMOS["collapse"].State().replace(**{setting: value}), setting)
    assert taken == value
    assert type(taken) in (int, float)


@DEMO
def test_what_is_taken_on_the_picture_moves_sliders_that_follow_a_drag_over_all_their_range(demo):
    veteran(demo.name).render(frame_at(demo))
    controls = demo.State.controls()
    for handle in veteran(demo.name).handles:
        moved = {name: controls[name] for name in handle["controls"] if name}
        assert moved
        assert all(isinstance(one, Slider) and not one.on_release for one in moved.values())
        left, top, width, height = handle["box"]
        assert 0 <= left <= left + width <= 1
        assert 0 <= top <= top + height <= 1
        if handle["kind"] == "cells":
            (name,) = moved
            assert demo.State().ends().get(name, controls[name].high) == handle["rows"] * handle["columns"]
            continue
        for k, name in enumerate(handle["controls"]):
            low, high = sorted(handle["values"][2 * k : 2 * k + 2])
            assert not name or low <= controls[name].low < controls[name].high <= high
