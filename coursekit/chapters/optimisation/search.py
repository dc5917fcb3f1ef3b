"""Grid against random: trials of a real net in the plane of rate and weight decay, two at a time, as they end."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit import threads
from coursekit.arrays import Array
from coursekit.chapters.optimisation.digit_nets import CLASSES, validation_accuracy
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, legend, level, line, say
from coursekit.figures.style import AMBER, BLUE, GREY, INK, ORANGE, axes, headline, plain
from coursekit.places import searches_folder
from coursekit.training.search import Search, search

SPAN = 1e4  # from the lowest rate to the highest
DECAY = (1e-6, 1e-2)
EPOCHS = 4
GOOD, FAIR = 0.93, 0.8  # shares of the validation digits from which on a trial is called so
AT_ONCE = 2
BEAT = 0.06  # seconds without a result after which the picture is shown again, so that a slider need not wait


@dataclass(frozen=True)
class State(DemoState):
    """A net of 64 units learns digits for four epochs at each rate, which span four decades, and each decay."""

    how: str = choice("grid", {"on a grid": "grid", "at random": "random"}, "settings chosen", main=True)
    side: int = slider(3, 2, 5, "k, for k × k trials", on_release=True, main=True)
    low: float = slider(0.005, 1e-5, 0.01, "lowest rate η", log=True, step=0.05, on_release=True, main=True)
    seed: int = 0

    @property
    def n(self) -> int:
        """How many trials."""
        return self.side**2


@dataclass(frozen=True)
class Frame:
    """All settings, and the scores so far."""

    lr: Array  # (n,)
    decay: Array  # (n,)
    score: Array  # (n,), share of the validation digits read correctly; NaN for a trial that has not ended
    state: State

    @property
    def done(self) -> int:
        """How many trials have ended."""
        return int(np.isfinite(self.score).sum())

    @property
    def progress(self) -> float:
        """How much of the search is over, from 0 to 1."""
        return self.done / len(self.score)

    @property
    def best(self) -> int | None:
        """The best trial so far."""
        return int(np.nanargmax(self.score)) if self.done else None

    @property
    def rates(self) -> int:
        """How many different rates are tried."""
        return len(np.unique(self.lr))

    @property
    def story(self) -> str:
        """How far it is, and the best so far."""
        done = f"{self.done} of {len(self.score)} trials" if self.progress < 1 else f"{self.done} trials"
        at = self.best
        best = "" if at is None else f", best {self.score[at]:.1%} at η = {plain(float(self.lr[at]), 2)}"
        return f"{done}, {self.rates} different rates{best}"

    @property
    def readout(self) -> str:
        """The story, and how many trials found a good net."""
        good = int((self.score >= GOOD).sum())
        low = self.state.low
        return (
            f"{self.story}. Rates from {plain(low, 2)} to {plain(SPAN * low, 2)}, weight decay from 10⁻⁶ to 0.01, "
            f"{self.state.how}. {good} of the nets read {GOOD:.0%} or more of the validation digits."
        )


def planned(state: State, n_jobs: int = 1, keep: bool = False) -> Search:
    """Prepare the search of a state; to ``keep`` its trials means to go on with those of an earlier kernel."""
    space: dict[str, Any] = {
        "lr": (state.low, SPAN * state.low, "log"),
        "weight_decay": (*DECAY, "log"),
        "epochs": [EPOCHS],
        "deal": [state.seed],
    }
    what: dict[str, Any] = {"n": state.n, "how": state.how, "n_jobs": n_jobs, "seed": state.seed}
    folder = searches_folder() if keep else None
    if folder is None:
        return search(space, validation_accuracy, **what)
    size = state.n if state.how == "grid" else ""
    store = folder / f"digits {state.how}{size} from {state.low:.4g}, draw {state.seed}.txt"
    try:
        return search(space, validation_accuracy, store=store, **what)
    except ValueError:  # kept by another edition of the course, whose net is another one
        store.unlink()
        return search(space, validation_accuracy, store=store, **what)
    except OSError:  # a folder that cannot be written: nothing is kept
        return search(space, validation_accuracy, **what)


ONE = Lock()  # one search at a time: two would have the same workers


def results(found: Search) -> Iterator[tuple[int, float] | None]:
    """Run a search on a thread, and yield (number, score) as trials end; None now and then, while nothing happens."""
    if not threads.AVAILABLE:
        yield from ((trial.number, trial.score or 0.0) for trial in found)
        return
    ended: SimpleQueue[Any] = SimpleQueue()

    def work() -> None:
        try:
            with ONE:
                for trial in found:
                    ended.put((trial.number, trial.score or 0.0))
            ended.put(StopIteration())
        except Exception as error:
            ended.put(error)

    Thread(target=work, daemon=True, name="coursekit search").start()
    try:
        while True:
            try:
                result = ended.get(timeout=BEAT)
            except Empty:
                result = None
            if isinstance(result, StopIteration):
                return
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        found.stop()


def frames(state: State) -> Iterator[Frame]:
    """Show what is planned, then every result as it arrives."""
    found = planned(state, AT_ONCE, keep=True)
    score = np.full(len(found.planned), np.nan)
    yield frame_of(found, score.copy(), state)
    for result in results(found):
        if result:
            score[result[0]] = result[1]
        yield frame_of(found, score.copy(), state)


@lru_cache(maxsize=16)
def compute(state: State) -> Frame:
    """Run all trials, one after the other in this process, and return the last frame."""
    found = planned(state)
    trials = sorted(found)
    return frame_of(found, np.array([trial.score or 0.0 for trial in trials]), state)


def frame_of(found: Search, score: Array, state: State) -> Frame:
    """Make a frame of the scores (n,) so far."""
    lr, decay = (np.array([settings[name] for settings in found.planned]) for name in ("lr", "weight_decay"))
    return Frame(lr, decay, score, state)


class View:
    """The plane of both, a dot a trial; below and beside it the same dots by one of the two alone."""

    size = (10.4, 5.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.plane = self._axes(figure, (0.085, 0.475, 0.53, 0.375), "", "", "weight decay λ")
        self.plane.set(xscale="log", yscale="log", ylim=(DECAY[0] / 2, 2 * DECAY[1]))
        self.plane.tick_params(labelbottom=False)
        legend(self.plane, ("○ planned", GREY), ("● 93% or more", BLUE), ("■ 80%", AMBER), ("× less", INK))
        self.by_rate = self._axes(
            figure, (0.085, 0.105, 0.53, 0.275), "digits right (%) by rate", "learning rate η", ""
        )
        self.by_rate.set(xscale="log", ylim=(0, 104), yticks=[0, 50, 93])
        self.by_decay = self._axes(figure, (0.72, 0.475, 0.265, 0.375), "and by decay", "digits right (%)", "")
        self.by_decay.set(yscale="log", ylim=(DECAY[0] / 2, 2 * DECAY[1]), xlim=(0, 104), xticks=[0, 50, 93])
        level(self.by_rate, 100 / CLASSES)
        level(self.by_decay, 100 / CLASSES, upright=True)
        self.dots = [Dots(ax) for ax in (self.plane, self.by_rate, self.by_decay)]
        style = {"fontsize": 11.5, "color": INK, "va": "center", "animated": True, "linespacing": 1.5}
        self.words = figure.text(0.70, 0.225, "", **style)

    @staticmethod
    def _axes(figure: Figure, rect: tuple[float, float, float, float], title: str, xlabel: str, ylabel: str) -> Axes:
        ax = axes(figure, rect, title, xlabel, ylabel)
        ax.minorticks_off()
        return ax

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        found_good = frame.best is not None and frame.score[frame.best] >= GOOD
        say(self.headline, frame.story, BLUE if found_good else INK)
        low = frame.state.low
        for ax in (self.plane, self.by_rate):
            fit(ax, xlim=(low / 2, 2 * SPAN * low))
        ended = np.isfinite(frame.score)
        percent = 100 * frame.score
        plane, by_rate, by_decay = self.dots
        plane.show(frame.lr, frame.decay, frame)
        by_rate.show(frame.lr[ended], percent[ended], frame)
        by_decay.show(percent[ended], frame.decay[ended], frame)
        good = int((frame.score >= GOOD).sum())
        tried = f"{frame.rates} different rates\n{len(np.unique(frame.decay))} different decays"
        self.words.set_text(f"{len(frame.score)} trials\n{tried}\n{good} read {GOOD:.0%} or more")


class Dots:
    """Trials as markers by how well they did, on axes; the best so far has a ring.

    Parameters
    ----------
    ax : Axes
    """

    def __init__(self, ax: Axes) -> None:
        self.all = line(
            ax,
            "o",
            color=GREY,
            fillstyle="none",
            markersize=8,
            clip_on=False,
            ghost={"marker": "+", "linestyle": "", "color": INK},
        )
        looks = (("o", BLUE, 8), ("s", ORANGE, 7), ("x", INK, 7))
        self.kinds = [line(ax, mark, color=color, markersize=size, clip_on=False) for mark, color, size in looks]
        self.ring = line(ax, "o", color=BLUE, fillstyle="none", markersize=15, markeredgewidth=2, clip_on=False)

    def show(self, x: Array, y: Array, frame: Frame) -> None:
        """Show trials at x and y: all of the frame, or those that have ended."""
        score = frame.score if len(x) == len(frame.score) else frame.score[np.isfinite(frame.score)]
        self.all.set_data(x, y)
        good, fair = score >= GOOD, score >= FAIR
        for mark, chosen in zip(self.kinds, (good, fair & ~good, score < FAIR), strict=True):
            mark.set_data(x[chosen], y[chosen])
        best = score == np.nanmax(score, initial=-math.inf)
        self.ring.set_data(x[best][:1], y[best][:1])


def case(how: str, side: int, low: float) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"how": how, "side": side, "low": low}


demo(
    __name__,
    title="Grid against random",
    question=Question(
        "Nine trials on this grid find no good net. You draw nine at random from the same ranges instead. What do "
        "they have that the grid lacks?",
        (
            "Nine different rates, some of them good",
            "Better weight decays, which matter most",
            "Nothing: nine trials are nine trials",
        ),
        answer=0,
        explanation="The grid tries three rates, 0.005, 0.5 and 50, and each of them three times, with decays that "
        "hardly change anything. Drawn at random every trial brings another rate, and two read 93% or more.",
        settings={"how": "random", "side": 3, "low": 0.005},
    ),
    notice="Look at the margins: by rate the dots draw a hill, by decay they say little. So of the two only the rate "
    "matters here; on most data only a few do, on other data others (Bergstra and Bengio, 2012). With 16 or "
    "25 trials the grid, too, has a line on the hill, and the two are level: random draws are worth most where "
    "trials are few. Two trials run at a time, each in a process of its own, and what has ended is kept: "
    "after a restart of the kernel Start goes on where the search ended.",
    presets={
        "Nine on a grid": case("grid", 3, 0.005),
        "Nine at random": case("random", 3, 0.005),
        "25 on a grid": case("grid", 5, 1e-4),
        "25 at random": case("random", 5, 1e-4),
    },
)
