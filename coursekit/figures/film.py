"""Pictures one after the other as a file: a GIF, or an MP4 where the program ffmpeg is installed."""

import math
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

from PIL import Image

COLOURS = 64  # of a picture with a palette
OF_A_FILM = 128  # colours that all its pictures share
LOOKED_AT = 8e6  # pixels of a film from which these are taken


def few_colours(picture: Image.Image) -> Image.Image:
    """Return a picture with a palette: a quarter of the size, and plots have few colours anyway."""
    return picture.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def evenly(frames: Iterable[Any], parts: int) -> Iterator[tuple[int, Any]]:
    """Some frames of a run, evenly spaced, and its end, each with how many of the ``parts`` are done; draw one at once.

    A run may go on with the arrays of the frame that it has yielded.
    """
    part = 0
    for frame in frames:
        if (now := int(parts * frame.progress + 1e-6)) > part:
            part = now
            yield part, frame
    if part < parts:  # it ended before its time
        yield parts, frame


def write_gif(pictures: Iterable[bytes], path: Path, fps: float) -> None:
    """Write PNGs as a GIF that begins anew at its end. It counts in hundredths of a second.

    One palette for all: else even what does not move would change its shade from one picture to the next, and need
    room in each of them.
    """
    kept = list(pictures)
    palette = _sample(kept).quantize(OF_A_FILM, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    first, *others = kept
    shown = (_opened(png).quantize(palette=palette, dither=Image.Dither.NONE) for png in others)
    with_palette = _opened(first).quantize(palette=palette, dither=Image.Dither.NONE)
    with_palette.save(path, save_all=True, append_images=shown, duration=10 * round(100 / fps), loop=0)


def _sample(pngs: list[bytes]) -> Image.Image:
    """Some pixels of all pictures: one in so many each way, so that a colour which is seen only for a while is kept."""
    width, height = Image.open(BytesIO(pngs[0])).size
    by = math.ceil(math.sqrt(len(pngs) * width * height / LOOKED_AT))
    wide, high = math.ceil(width / by), math.ceil(height / by)
    strip = Image.new("RGB", (wide, high * len(pngs)))
    for i, png in enumerate(pngs):
        strip.paste(_opened(png).resize((wide, high), Image.Resampling.NEAREST), (0, i * high))
    return strip


def write_mp4(pictures: Iterable[bytes], path: Path, fps: float) -> None:
    """Write PNGs as an MP4, as H.264 unless this ffmpeg has none.

    Raises
    ------
    ValueError
        If ffmpeg is not there, or cannot do it.
    """
    if not (ffmpeg := shutil.which("ffmpeg")):
        raise ValueError(
            "An .mp4 is written by the program ffmpeg, which is not on the PATH. Install it (conda, apt, brew and "
            "winget have it), or name a .gif, which needs nothing."
        )
    shown = map(_opened, pictures)
    first = next(shown)
    width, height = (side - side % 2 for side in first.size)  # the usual colours of a film are shared by 2 × 2 pixels
    raw = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}", "-framerate", f"{fps:g}"]
    play = ["-pix_fmt", "yuv420p", "-movflags", "+faststart"]  # what every player and browser takes
    command = [ffmpeg, "-y", "-loglevel", "error", *raw, "-i", "-", *play, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        try:
            for picture in chain([first], shown):
                process.stdin.write(picture.crop((0, 0, width, height)).tobytes())
            said = process.communicate()[1]
        except BrokenPipeError:  # it has ended, and says why
            said = process.communicate()[1]
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise ValueError(f"ffmpeg could not write the film: {said.decode(errors='replace').strip()} A .gif needs none.")


FILMS = {".gif": write_gif, ".mp4": write_mp4}


def _opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGB")


def course(low: float, high: float, count: int, log: bool) -> list[float]:
    """Return ``count`` values from ``low`` to ``high``, evenly spaced, or with ``log`` by equal factors."""
    shares = [i / (count - 1) for i in range(count)]
    if log:
        return [math.exp((1 - t) * math.log(low) + t * math.log(high)) for t in shares]
    return [(1 - t) * low + t * high for t in shares]
