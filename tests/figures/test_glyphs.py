"""Letters that are kept are drawn as matplotlib draws them, to the last byte, and do not pile up."""

from threading import Thread

import matplotlib as mpl
import numpy as np
import pytest
from drawn import frame_at
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import LoadFlags, RenderMode

from coursekit.demos import DEMOS
from coursekit.figures import glyphs
from coursekit.figures.canvas import LiveFigure

WORDS = "Wave, difference: 0.25 µm² → Σ ŷ"


@pytest.fixture(autouse=True)
def nothing_kept():
    glyphs.lay_out.cache_clear()
    glyphs.picture.cache_clear()
    glyphs.extent.cache_clear()
    glyphs.heights.cache_clear()


def plain(monkeypatch):
    """From here on a live figure has matplotlib's own canvas, and its own axes."""
    monkeypatch.setattr("coursekit.figures.canvas.new_canvas", FigureCanvasAgg)
    monkeypatch.setattr("coursekit.figures.style.draw_ticks_together", lambda ax: None)


def pixels(canvas_class, draw, dpi=100):
    """What ``draw(figure)`` looks like, drawn twice: once new and once kept."""
    figure = Figure(figsize=(4, 3), dpi=dpi)
    canvas = canvas_class(figure)
    draw(figure)
    canvas.draw()
    first = np.asarray(canvas.buffer_rgba()).copy()
    canvas.draw()
    assert (np.asarray(canvas.buffer_rgba()) == first).all()
    assert (first[..., :3] < 200).any()  # something is there
    return first


def assert_same(draw, dpi=100):
    assert (pixels(glyphs.KeepingCanvas, draw, dpi) == pixels(FigureCanvasAgg, draw, dpi)).all()


def pictures(view, frames):
    """Each frame at its natural size, then the last one for a sharp screen and in a small room."""
    live = LiveFigure(view)
    yield from map(live.render, frames)
    yield live.sharp(2)
    live.resize(776, 385)
    yield live.render(frames[-1])


def of_every_chapter():
    """Every demo; without the thorough tests the first of each chapter."""
    first = {demo.chapter: demo.name for demo in list(DEMOS.values())[::-1]}.values()
    return [
        pytest.param(demo, id=name, marks=[] if name in first else pytest.mark.thorough) for name, demo in DEMOS.items()
    ]


@pytest.mark.parametrize("demo", of_every_chapter())
def test_a_live_figure_is_the_same_to_the_last_byte(demo, monkeypatch):
    name, control = list(demo.State.controls().items())[-1]
    settings = ({}, {name: control.samples()[-1]}, list(demo.presets.values())[-1])
    frames = [frame_at(demo, **some) for some in settings]
    kept = list(pictures(demo.View, frames))
    assert glyphs.picture.cache_info().hits
    plain(monkeypatch)
    for mine, usual in zip(kept, pictures(demo.View, frames), strict=True):
        assert mine == usual


@pytest.mark.parametrize("angle", [0, 17.3, 90, -45, 180])
def test_turned_letters(angle):
    assert_same(lambda figure: figure.text(0.3, 0.4, WORDS, rotation=angle, fontsize=13))


STYLES = (
    {"family": "monospace"},
    {"family": "serif", "style": "italic"},
    {"family": ["cmr10", "DejaVu Sans"]},
    {"weight": "bold"},
    {"fontsize": 31.7},
    {"alpha": 0.3, "color": "red"},
    {"antialiased": False},
    {"language": "nl"},
    {"fontfeatures": ["-kern"]},
    {"bbox": {"facecolor": "yellow"}},
    {"clip_on": True, "clip_box": mpl.transforms.Bbox([[100, 60], [170, 140]])},
)


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_letters_in_any_style(style):
    assert_same(lambda figure: figure.text(0.2013, 0.3977, WORDS, **style))


def test_letters_of_several_styles_do_not_take_each_others_place():
    def draw(figure):
        for place, style in enumerate(
            ({}, {"weight": "bold"}, {"family": "monospace"}, {"rotation": 1}, {"fontsize": 9.9})
        ):
            figure.text(0.1, 0.15 + 0.15 * place, WORDS, **style)

    assert_same(draw)


@pytest.mark.parametrize("style", [{}, {"rotation": 30}, {"antialiased": False}, {"math_fontfamily": "cm"}], ids=str)
def test_formulas(style):
    assert_same(lambda figure: figure.text(0.2, 0.4, r"$\frac{\sqrt{x_1^2}}{2} \leq 10^{-3}$ m", fontsize=17, **style))


@pytest.mark.parametrize(
    "words", [WORDS, "", "  ", "a ", "AVA To.", "−1.0 × 10⁻³", "e\u0301x", "x\u0302", "x\u0302\u0301"]
)
@pytest.mark.parametrize("style", [{}, {"weight": "bold", "size": 14}, {"family": "serif", "style": "italic"}], ids=str)
@pytest.mark.parametrize("dpi", [62, 100, 183.7])
def test_a_line_is_measured_as_matplotlib_measures_it(words, style, dpi):
    ours, theirs = glyphs.KeepingRenderer(9, 9, dpi), RendererAgg(9, 9, dpi)
    for _ in range(2):
        measured = ours.get_text_width_height_descent(words, FontProperties(**style), False)
        assert measured == theirs.get_text_width_height_descent(words, FontProperties(**style), False)


def test_several_lines_and_none():
    assert_same(
        lambda figure: [figure.text(0.2, 0.5, "one\n\n  two"), figure.text(0.5, 0.5, " "), figure.text(0.5, 0.2, "")]
    )


@pytest.mark.parametrize("dpi", [72, 99.3, 251])
def test_any_resolution(dpi):
    assert_same(lambda figure: figure.text(0.2, 0.4, WORDS), dpi)


@pytest.mark.parametrize("setting", [{"text.hinting": "none"}, {"font.sans-serif": ["DejaVu Serif"]}], ids=str)
def test_a_setting_of_matplotlibs_counts_from_when_it_is_made(setting):
    def draw(figure):
        figure.text(0.2, 0.4, WORDS)

    usual = pixels(glyphs.KeepingCanvas, draw)
    with mpl.rc_context(setting):
        assert (pixels(FigureCanvasAgg, draw) != usual).any()
        assert_same(draw)


def test_a_figure_that_is_made_smaller_and_larger_again():
    live = LiveFigure(DEMOS["neuron"].View)
    frame = DEMOS["neuron"].compute(DEMOS["neuron"].State())
    natural = live.render(frame)
    live.resize(500, 300)
    assert live.render(frame) != natural
    live.resize(100 * live.view.size[0], 100 * live.view.size[1])
    assert live.render(frame) == natural


def test_threads_draw_what_one_thread_draws():
    demo, drawn = DEMOS["neuron"], []
    frames = [demo.compute(demo.State().replace(weight=weight)) for weight in (0.5, 1.5)]
    expected = [LiveFigure(demo.View).render(frame) for frame in frames]
    live = LiveFigure(demo.View)
    for frame in frames * 2:
        thread = Thread(target=lambda frame=frame: drawn.append(live.render(frame)))
        thread.start()
        thread.join()
    assert drawn == expected * 2


# ---- it is used, and it can be done without


def test_with_the_pinned_matplotlib_letters_are_kept():
    demo = DEMOS["neuron"]
    live, frame = LiveFigure(demo.View), demo.compute(demo.State())
    assert isinstance(live.canvas, glyphs.KeepingCanvas)
    live.render(frame)
    before = glyphs.picture.cache_info(), glyphs.lay_out.cache_info()
    live.render(frame)
    after = glyphs.picture.cache_info(), glyphs.lay_out.cache_info()
    for earlier, later in zip(before, after, strict=True):
        assert later.misses == earlier.misses
        assert later.hits > earlier.hits


@pytest.mark.parametrize("other", [
    (mpl, "__version_info__", mpl.__version_info__._replace(minor=12)),
    (glyphs, "PRIVATE", ((glyphs.FT2Font, "_lay_out_as_in_another_version"),)),
], ids=["version", "attribute"])  # fmt: skip
def test_another_matplotlib_draws_its_own_way(other, monkeypatch):
    demo = DEMOS["neuron"]
    frame = demo.compute(demo.State())
    kept = LiveFigure(demo.View).render(frame)
    monkeypatch.setattr(*other)
    live = LiveFigure(demo.View)
    assert type(live.canvas) is FigureCanvasAgg
    assert live.render(frame) == kept


def test_what_is_kept_is_bounded():
    font, hinting = findfont("DejaVu Sans"), LoadFlags.FORCE_AUTOHINT.value
    for number in range(glyphs.LINES + 1):
        glyphs.lay_out(str(number), (font,), 10.0, 100.0, hinting, None, None)
    for number in range(glyphs.PICTURES + 1):
        y, x = divmod(number, 64)
        glyphs.picture(font, 0, 10.0, 40, 100.0, 0.0, x, y, hinting, RenderMode.NORMAL.value)
        glyphs.extent(font, 0, 10.0, 40, 60 + number / 100, hinting)
    for kept in (glyphs.lay_out, glyphs.picture, glyphs.extent):
        bound = glyphs.LINES if kept is glyphs.lay_out else glyphs.PICTURES
        assert kept.cache_info().currsize == bound < kept.cache_info().misses
