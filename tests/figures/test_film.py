"""Films: a GIF by Pillow, an MP4 by ffmpeg, and which pictures a film has."""

import os
import stat
import sys
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageSequence

from coursekit.figures.film import COLOURS, course, evenly, few_colours, write_gif, write_mp4


def png(color, size=(33, 21)):
    written = BytesIO()
    Image.new("RGB", size, color).save(written, "png")
    return written.getvalue()


SHADES = [png((10 * i, 0, 255 - 10 * i)) for i in range(20)]


def test_a_gif_has_all_pictures_in_their_colours_and_begins_anew(tmp_path):
    write_gif(iter(SHADES), tmp_path / "a.gif", 20)
    film = Image.open(tmp_path / "a.gif")
    assert (film.n_frames, film.info["loop"]) == (20, 0)
    for i, frame in enumerate(ImageSequence.Iterator(film)):
        assert frame.info["duration"] == 50
        assert np.abs(np.subtract(frame.convert("RGB").getpixel((3, 3)), (10 * i, 0, 255 - 10 * i))).max() <= 16


def test_a_picture_that_stands_is_kept_once(tmp_path):
    write_gif(iter([SHADES[0], *[SHADES[1]] * 10]), tmp_path / "a.gif", 10)
    film = Image.open(tmp_path / "a.gif")
    film.seek(1)
    assert (film.n_frames, film.info["duration"]) == (2, 1000)


def test_a_palette_has_few_colours():
    noise = np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)
    few = few_colours(Image.fromarray(noise))
    assert few.mode == "P"
    assert len(few.getcolors()) <= COLOURS


@pytest.fixture
def ffmpeg(tmp_path, monkeypatch):
    """Puts a program on the PATH that writes what ffmpeg would be told and sent."""
    if os.name == "nt":
        pytest.skip("a program of a few lines needs #!")

    def installed(body):
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "ffmpeg"
        program.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(folder))

    return installed


def test_ffmpeg_is_sent_raw_pictures_of_even_size(ffmpeg, tmp_path):
    ffmpeg("sent = sys.stdin.buffer.read()\nopen(sys.argv[-1], 'w').write(f'{len(sent)} {sys.argv[1:-1]}')")
    write_mp4(iter(SHADES), tmp_path / "a.mp4", 12.5)
    told = (tmp_path / "a.mp4").read_text()
    assert told.startswith(f"{20 * 32 * 20 * 3} ")
    for words in ("'-video_size', '32x20'", "'-framerate', '12.5'", "'-pixel_format', 'rgb24'"):
        assert words in told


def test_what_ffmpeg_says_is_passed_on(ffmpeg, tmp_path):
    ffmpeg("sys.exit('Unknown encoder.')")
    with pytest.raises(ValueError, match=r"ffmpeg could not write the film: Unknown encoder\. A \.gif needs none"):
        write_mp4(iter(SHADES * 50), tmp_path / "a.mp4", 20)


def test_ffmpeg_ends_with_a_film_that_is_given_up(ffmpeg, tmp_path):
    ffmpeg("sys.stdin.buffer.read()\nopen(sys.argv[-1], 'w').write('complete')")

    def stopped():
        yield SHADES[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_mp4(stopped(), tmp_path / "a.mp4", 20)
    assert not (tmp_path / "a.mp4").exists()


def test_without_ffmpeg_a_gif_is_offered(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"not on the PATH.*name a \.gif"):
        write_mp4(iter(SHADES), tmp_path / "a.mp4", 20)


def run(*shares):
    return (SimpleNamespace(progress=share) for share in shares)


def test_of_a_run_frames_are_taken_evenly_and_its_end():
    taken = [(part, frame.progress) for part, frame in evenly(run(*np.arange(1, 101) / 100), 4)]
    assert taken == [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)]
    assert [part for part, _ in evenly(run(0.3, 0.6), 4)] == [1, 2, 4]  # it ended before its time


def test_a_slider_moves_in_its_own_steps():
    assert course(1, 3, 3, log=False) == [1, 2, 3]
    assert course(1e-3, 10, 5, log=True) == pytest.approx([1e-3, 1e-2, 1e-1, 1, 10])
    assert course(2, 0, 3, log=False) == [2, 1, 0]
