"""A panel's picture and film as files: what is in them, what is refused, and that the panel stays as it was."""

import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageSequence

from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.formats import as_png
from coursekit.live import files
from coursekit.live.files import states_along
from coursekit.live.show import show
from coursekit.whole_files import written_whole


def pixels(png):
    return np.asarray(Image.open(png if hasattr(png, "parts") else io.BytesIO(png)).convert("RGB"), int)


def press(panel, name, **details):
    panel.page._handle_custom_msg({"press": name, **details}, [])


def as_drawn(panel, frame=None, dpi=200):
    """What a file should hold: the frame on a fresh figure of its own size."""
    figure = LiveFigure(panel.demo.View)
    figure.render(frame or panel.frame)
    return as_png(figure, dpi, panel.demo.title, (frame or panel.frame).readout)


@pytest.fixture
def neuron():
    return show("neuron", weight=2.0)


def held(panel):
    return (
        panel.state,
        panel.png,
        panel.page.readout,
        panel.page.veiled,
        panel._figure.figure.get_size_inches().tolist(),
    )


class TestSave:
    @pytest.mark.parametrize(("name", "begins"), [("a.svg", b"<?xml"), ("a.PDF", b"%PDF"), ("a.png", b"\x89PNG")])
    def test_the_ending_says_what_is_written_and_the_panel_stays(self, neuron, tmp_path, name, begins):
        before = held(neuron)
        path = neuron.save(tmp_path / name)
        assert path == tmp_path / name
        assert path.read_bytes().startswith(begins)
        assert list(tmp_path.iterdir()) == [path]
        assert held(neuron) == before

    def test_a_relative_path_begins_at_the_working_directory(self, neuron, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        neuron.save("a.png", dpi=50)
        assert (tmp_path / "a.png").read_bytes() == as_drawn(neuron, dpi=50)

    def test_it_shows_all_whatever_the_page(self, tmp_path):
        """A page that is narrow or asks a question changes nothing: a slide has the headline, and its own size."""
        panel = show("neuron")
        assert panel.page.veiled
        panel.page.set_state({"room": [500, 300, 2]})
        assert panel.save(tmp_path / "a.png").read_bytes() == as_drawn(panel)
        assert panel.page.veiled

    def test_the_words_are_the_figures_title_and_readout(self, neuron, tmp_path):
        root = ElementTree.fromstring(neuron.save(tmp_path / "a.svg").read_bytes())
        assert root.findtext("{http://www.w3.org/2000/svg}title") == neuron.demo.title
        assert root.findtext(".//{http://purl.org/dc/elements/1.1/}description") == neuron.frame.readout

    @pytest.mark.parametrize("name", ["neuron", "filters", "cost_table"])  # ghosts of marks, and pictures of their own
    def test_the_ghost_is_in_it(self, tmp_path, name):
        demo = DEMOS[name]
        panel = show(name)
        press(panel, "pin")
        then = panel.frame
        panel.set(**next(case for case in demo.presets.values() if demo.State(**case) != panel.state))
        with_ghost = panel.save(tmp_path / "a.png").read_bytes()
        figure = LiveFigure(demo.View)
        figure.render(then)
        figure.pin(True)
        figure.render(panel.frame)
        assert (pixels(with_ghost) == pixels(as_png(figure, 200, "", ""))).all()
        press(panel, "pin")
        assert panel.save(tmp_path / "a.png").read_bytes() == as_drawn(panel) != with_ghost

    def test_a_picture_that_is_still_a_preview_is_computed_in_full(self, tmp_path):
        panel = show("collapse")
        panel._when_at_rest = lambda: None  # the hand is on the slider
        panel.page.set_state({"values": {**panel.page.values, "weight_scale": 0.1}})
        full = panel.demo.compute(panel.state)
        assert (panel.frame.std != full.std).any()
        assert panel.save(tmp_path / "a.png", 100).read_bytes() == as_drawn(panel, full, 100)

    def test_of_a_run_it_is_the_frame_that_stands(self, tmp_path):
        panel = show("babysit")
        press(panel, "step")
        assert panel.frame.progress < 1
        assert panel.save(tmp_path / "a.png").read_bytes() == as_drawn(panel)

    @pytest.mark.parametrize(
        ("name", "dpi", "error", "message"),
        [
            ("a.jpg", 200, ValueError, r"one of \.svg, \.pdf, \.png, .*'a\.jpg'"),
            ("a", 200, ValueError, "the name must end in"),
            ("a.svg", 0, ValueError, "dpi must be a number from 20 to 1200, but is 0"),
            ("a.svg", float("nan"), ValueError, "dpi must be"),
            ("a.svg", "high", ValueError, "dpi must be .* but is 'high'"),
            ("there/a.svg", 200, FileNotFoundError, r"no folder .*there to write a\.svg into. Make it first: Path"),
            ("folder.svg", 200, IsADirectoryError, "is a folder"),
        ],
    )
    def test_what_cannot_be_written_is_told_and_nothing_is_left(self, neuron, tmp_path, name, dpi, error, message):
        (tmp_path / "folder.svg").mkdir()
        with pytest.raises(error, match=message) as told:
            neuron.save(tmp_path / name, dpi)
        assert told.value._render_traceback_() == [f"{error.__name__}: {told.value}"]
        assert [one.name for one in tmp_path.iterdir()] == ["folder.svg"]


class TestFilm:
    def test_a_slider_moves_from_one_end_to_the_other_and_the_panel_stays(self, neuron, tmp_path):
        before = held(neuron)
        path = neuron.film(tmp_path / "a.gif", frames=5, fps=10, progress=False, bias=(-2, 2))
        assert held(neuron) == before
        assert list(tmp_path.iterdir()) == [path]
        film = Image.open(path)
        assert film.n_frames == 5
        for frame, bias in zip(ImageSequence.Iterator(film), (-2, -1, 0, 1, 2), strict=True):
            figure = LiveFigure(neuron.demo.View)
            wanted = pixels(figure.render(neuron.demo.compute(neuron.state.replace(bias=bias))))
            assert np.abs(np.asarray(frame.convert("RGB"), int) - wanted).mean() < 2
            assert frame.info["duration"] == (100 if bias < 2 else 1100)

    def test_sliders_move_together_each_in_its_own_steps(self):
        states = states_along(DEMOS["collapse"].State(), {"weight_scale": (1e-3, 1.0), "depth": (2, 12)}, 4)
        assert [state.weight_scale for state in states] == pytest.approx([1e-3, 1e-2, 1e-1, 1])
        assert [state.depth for state in states] == [2, 5, 9, 12]
        back = states_along(DEMOS["collapse"].State(), {"weight_scale": [3, 1e-3]}, 3)
        assert (back[0].weight_scale, back[-1].weight_scale) == (3, 1e-3)

    def test_a_run_is_filmed_from_its_beginning_to_its_end(self, tmp_path):
        panel = show("babysit", lr=0.05)
        before = held(panel)
        film = Image.open(panel.film(tmp_path / "a.gif", frames=6, progress=False))
        assert held(panel) == before
        assert 4 <= film.n_frames <= 6
        film.seek(film.n_frames - 1)
        figure = LiveFigure(panel.demo.View)
        wanted = pixels(figure.render(panel.demo.compute(panel.state)))
        assert np.abs(np.asarray(film.convert("RGB"), int) - wanted).mean() < 2

    def test_a_state_that_comes_again_is_not_computed_again(self, tmp_path):
        panel, computed = show("descent"), []
        compute = panel.demo.compute
        panel.demo = replace(panel.demo, compute=lambda state: computed.append(state.step) or compute(state))
        panel.film(tmp_path / "a.gif", frames=20, progress=False, step=(0, 3))
        assert computed == [0, 1, 2, 3]

    @pytest.mark.parametrize(
        ("name", "more", "error", "message"),
        [
            ("a.avi", {"bias": (0, 1)}, ValueError, r"one of \.gif, \.mp4"),
            ("a.gif", {}, ValueError, r"neuron has no run to film.*panel\.film\('a\.gif', \w+=\("),
            ("a.gif", {"bia": (0, 1)}, TypeError, "no setting 'bia'. It has: weight"),
            ("a.gif", {"activation": (0, 1)}, ValueError, "activation is none. The sliders: weight, bias"),
            ("a.gif", {"bias": 1}, ValueError, "bias must be two values"),
            ("a.gif", {"bias": (0, 1, 2)}, ValueError, "bias must be two values"),
            ("a.gif", {"bias": (0, 1e6)}, ValueError, "bias must lie between"),
            ("a.gif", {"bias": (0, 1), "frames": 1}, ValueError, "frames must be a whole number from 2 to 1000"),
            ("a.gif", {"bias": (0, 1), "frames": 2.5}, ValueError, "frames must be a whole number"),
            ("a.gif", {"bias": (0, 1), "fps": 0}, ValueError, "fps must be a number from 1 to 50, but is 0"),
            ("there/a.gif", {"bias": (0, 1)}, FileNotFoundError, "no folder"),
        ],
    )
    def test_what_cannot_be_filmed_is_told_and_nothing_is_left(self, neuron, tmp_path, name, more, error, message):
        with pytest.raises(error, match=message) as told:
            neuron.film(tmp_path / name, **more)
        assert told.value._render_traceback_() == [f"{error.__name__}: {told.value}"]
        assert list(tmp_path.iterdir()) == []

    def test_a_film_that_is_stopped_leaves_the_old_one(self, neuron, tmp_path, monkeypatch):
        old = neuron.film(tmp_path / "a.gif", frames=2, progress=False, bias=(0, 1)).read_bytes()
        drawn, render = [], LiveFigure.render

        def interrupted(figure, frame, veil=""):
            if len(drawn) == 3:
                raise KeyboardInterrupt
            drawn.append(frame)
            return render(figure, frame, veil)

        monkeypatch.setattr(LiveFigure, "render", interrupted)
        with pytest.raises(KeyboardInterrupt):
            neuron.film(tmp_path / "a.gif", bias=(-2, 2), progress=False)
        assert len(drawn) == 3
        assert [one.read_bytes() for one in tmp_path.iterdir()] == [old]

    def test_a_bar_says_how_far_it_is(self, neuron, tmp_path, monkeypatch):
        screen = io.StringIO()
        screen.isatty = lambda: True
        monkeypatch.setattr("sys.stderr", screen)
        monkeypatch.setattr(files, "PAUSE", 0.0)
        neuron.film(tmp_path / "a.gif", frames=4, bias=(0, 1))
        first, *_, last = screen.getvalue().removeprefix("\r").split("\r")
        assert first == f"frame 1/4 {'█' * 6}{'░' * 18}"
        assert last == f"frame 4/4 {'█' * 24}\n"
        screen.truncate(0)
        neuron.film(tmp_path / "a.gif", frames=4, progress=False, bias=(0, 1))
        assert screen.getvalue() == ""


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fill_the_disk():
        with written_whole(path) as new:
            new.write_text("half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fill_the_disk()
    assert [one.read_text() for one in tmp_path.iterdir()] == ["old"]
    with written_whole(path) as new:
        new.write_text("new")
        assert new.suffix == ".txt"
        assert path.read_text() == "old"
    assert [one.read_text() for one in tmp_path.iterdir()] == ["new"]
