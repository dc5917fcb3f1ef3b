"""A run goes on in whichever thread asks for its next frame."""

import asyncio
import threading
import time

import numpy as np

from coursekit import threads
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


def on_the_loop(check, monkeypatch):
    """Run a coroutine where no thread can be started."""
    monkeypatch.setattr(threads, "AVAILABLE", False)
    asyncio.run(check())


def test_without_threads_a_run_takes_turns_with_the_event_loop(monkeypatch):
    drawn, ended, between = [], [], []

    async def check():
        runner = Runner(drawn.append, ended.append)
        runner.start(iter(range(4)))
        assert (drawn, runner.running) == ([], True)
        while runner.running:
            between.append(len(drawn))
            await asyncio.sleep(PACE / 4)

    on_the_loop(check, monkeypatch)
    assert (drawn, ended) == ([0, 1, 2, 3], [None])
    assert {1, 2, 3} <= set(between)


def test_without_threads_a_run_that_is_stopped_draws_no_more_and_can_go_on(monkeypatch):
    drawn, ended = [], []
    frames = in_one_context(quiet(6))

    async def check():
        runner = Runner(drawn.append, ended.append)
        runner.start(frames)
        while len(drawn) < 2:
            await asyncio.sleep(0.001)
        runner.stop()
        assert not runner.running
        stopped_at = len(drawn)
        await asyncio.sleep(3 * PACE)
        assert len(drawn) == stopped_at
        runner.start(frames)
        while runner.running:
            await asyncio.sleep(0.001)

    on_the_loop(check, monkeypatch)
    assert (drawn, ended) == ([0, 1, 2, 3, 4, 5], [None])


def test_without_threads_an_error_ends_a_run_and_is_told(monkeypatch):
    told = []

    def failing():
        yield 1
        raise ValueError("no")

    async def check():
        runner = Runner(lambda frame: None, told.append)
        runner.start(failing())
        while runner.running:
            await asyncio.sleep(0.001)

    on_the_loop(check, monkeypatch)
    assert [str(error) for error in told] == ["no"]
