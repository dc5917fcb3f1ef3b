"""A run goes on in whichever thread asks for its next frame."""

import threading
import time

import numpy as np

from coursekit.live.run import PACE, Runner, in_one_context


def quiet(count):
    """A run inside `numpy.errstate`, as the demos have it."""
    with np.errstate(all="ignore"):
        yield from range(count)


def in_a_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_a_run_that_goes_on_in_another_thread_can_end_there():
    frames = in_one_context(quiet(4))
    assert in_a_thread(lambda: [next(frames), next(frames)]) == [0, 1]
    assert in_a_thread(lambda: list(frames)) == [2, 3]


def test_a_run_that_is_given_up_is_left_without_a_word(capsys):
    frames = in_one_context(quiet(4))
    in_a_thread(lambda: next(frames))
    frames.close()
    assert capsys.readouterr().err == ""


def test_frames_come_no_faster_than_a_page_can_show_them():
    drawn, ended = [], threading.Event()
    Runner(lambda frame: drawn.append((frame, time.monotonic())), lambda error: ended.set()).start(iter(range(6)))
    assert ended.wait(10)
    frames, times = zip(*drawn, strict=True)
    assert frames == tuple(range(6))
    assert np.diff(times).min() >= 0.9 * PACE
