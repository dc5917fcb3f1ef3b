"""Bits as areas: how long a code word is, how often it is sent, and what a code made for the wrong numbers costs."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, legend, line, rectangles, rows, say, segments
from coursekit.figures.style import BLUE, BROWN, GHOST, INK, ORANGE, PURPLE, RED, axes, headline, plain
from coursekit.information import cross_entropy, entropy, kl_divergence

BIRDS = ("sparrow", "magpie", "heron", "osprey")
COLORS = (BLUE, ORANGE, BROWN, PURPLE)
MOST = 16
LONGEST = 6.5  # bits that the picture spans
RIGHT = 5  # bits a bird that the sums span
NARROW, WIDE, ROOMY = 0.06, 0.12, 0.18  # a bar less wide has no room for a number, for its name, for it on a phone
NAME = 0.95  # how high a name and its word are, in bits


@dataclass(frozen=True)
class State(DemoState):
    """Counts of what is seen (p) and of what the code was made for (q); ``learnt`` moves q towards p."""

    learnt: int = slider(0, 0, 100, "learnt so far, %", play=60, main=True)
    p_sparrow: int = slider(8, 0, MOST, "seen: sparrows")
    q_sparrow: int = slider(4, 0, MOST, "expected: sparrows", main=True)
    p_magpie: int = slider(4, 0, MOST, "seen: magpies")
    q_magpie: int = slider(2, 0, MOST, "expected: magpies")
    p_heron: int = slider(2, 0, MOST, "seen: herons")
    q_heron: int = slider(2, 0, MOST, "expected: herons")
    p_osprey: int = slider(2, 0, MOST, "seen: ospreys")
    q_osprey: int = slider(8, 0, MOST, "expected: ospreys")

    def seen(self) -> list[int]:
        """The counts of what is seen."""
        return [self.p_sparrow, self.p_magpie, self.p_heron, self.p_osprey]

    def expected(self) -> list[int]:
        """The counts that the code was made for."""
        return [self.q_sparrow, self.q_magpie, self.q_heron, self.q_osprey]

    def without_effect(self) -> dict[str, str]:
        """What was expected does not matter to a code that has learnt all, nor learning to the right code."""
        p, q = shares(self.seen()), shares(self.expected())
        if not p.any():
            return {}
        if self.learnt == 100 and np.count_nonzero(q) > 1:
            return {f"q_{bird}": "All is learnt: the code fits what is seen" for bird in BIRDS}
        return {"learnt": "The code is the right one already"} if (p == q).all() else {}


@dataclass(frozen=True)
class Frame:
    """Two distributions over the four birds, and what they cost."""

    p: Array  # (4,), what is seen; zeros if nothing is
    q: Array  # (4,), what the code was made for
    lengths: Array  # (4,), −log2 q, infinite where q is 0
    best: Array  # (4,), −log2 p
    words: tuple[str, ...]  # in 0 and 1 where all lengths are whole, else empty
    ends: Array  # (4,), where each bird's bar ends
    entropy: float
    cross_entropy: float
    divergence: float  # D(p‖q)
    reverse: float  # D(q‖p)
    state: State

    @property
    def trouble(self) -> str:
        """Why there is nothing to compute, or nothing."""
        if not self.p.any():
            return "No bird is seen. Give at least one bird a count above 0"
        if not self.q.any():
            return "The code expects no bird at all. Give at least one a count above 0"
        return ""

    @property
    def readout(self) -> str:
        """The three quantities, and the other divergence."""
        if self.trouble:
            return f"{self.trouble}."
        total = (
            f"Entropy {bits(self.entropy)} + divergence {bits(self.divergence)} = cross-entropy "
            f"{bits(self.cross_entropy)} bits a bird."
        )
        if missing := [f"{bird}s" for bird, p, q in zip(BIRDS, self.p, self.q, strict=True) if p > 0 and q == 0]:
            total = (
                f"Entropy {bits(self.entropy)} bits a bird; divergence and cross-entropy are infinite. "
                f"The code has no word for {' and '.join(missing)}."
            )
        unit = "" if math.isinf(self.reverse) else " bits"
        return f"{total} The other way round the divergence is {bits(self.reverse)}{unit}."


def bits(value: float) -> str:
    """Write a number of bits to two decimals."""
    return "infinite" if math.isinf(value) else f"{value:.2f}"


def code_lengths(p: Array) -> Array:
    """Shannon's length of each event's code word, −log2 p bits; infinite for what cannot happen."""
    with np.errstate(divide="ignore"):
        lengths: Array = 0 - np.log2(p)
    return lengths


def code_words(lengths: Array) -> tuple[str, ...]:
    """Give each event a word of its length, none of which begins another, shorter ones first; "" for all if none fit.

    Kraft (1949): there are such words wherever Σ 2^−length ≤ 1.
    """
    whole = [int(length) if length % 1 == 0 and length < 64 else 0 for length in lengths.tolist()]
    if not all(length or math.isinf(wanted) for length, wanted in zip(whole, lengths.tolist(), strict=True)):
        return ("",) * len(whole)
    words, taken = [""] * len(whole), 0.0
    for k in sorted((k for k in range(len(whole)) if whole[k]), key=lambda k: whole[k]):
        words[k] = f"{int(taken * 2 ** whole[k]):0{whole[k]}b}"
        taken += 2.0 ** -whole[k]
    return tuple(words)


def shares(counts: list[int]) -> Array:
    """Divide counts by their sum; zeros stay zeros."""
    return np.array(counts) / max(sum(counts), 1)


def compute(state: State) -> Frame:
    """Normalise the counts, let the code learn, and measure both."""
    p, q = shares(state.seen()), shares(state.expected())
    if not (p.any() and q.any()):
        return Frame(p, q, np.zeros(4), np.zeros(4), ("",) * 4, np.cumsum(p), 0.0, 0.0, 0.0, 0.0, state)
    q = q + state.learnt / 100 * (p - q)
    return Frame(
        p=p,
        q=q,
        lengths=code_lengths(q),
        best=code_lengths(p),
        words=code_words(code_lengths(q)),
        ends=np.cumsum(p),
        entropy=entropy(p),
        cross_entropy=cross_entropy(p, q),
        divergence=kl_divergence(p, q),
        reverse=kl_divergence(q, p),
        state=state,
    )


class View:
    """Each bird a bar: as wide as it is frequent, as high as its code word is long. Beside them the areas, added up."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_words(figure)
        self._make_sums(figure)

    def _make_words(self, figure: Figure) -> None:
        ax = axes(figure, (0.06, 0.125, 0.50, 0.69), "", "share of the birds seen, p", "bits a bird")
        ax.set(xlim=(0, 1), ylim=(0, 8.7), yticks=range(7))  # the names stand above the highest bar
        legend(ax, ("■ this code, −log₂ q", INK), ("┅ the best one, −log₂ p", INK))
        ghost = {"color": GHOST["color"], "linewidth": 1.2}
        self.bars = areas(ax, COLORS, edgecolors="white", linewidths=1.5, alpha=0.75, ghost=ghost)
        self.best = segments(ax, INK, linewidths=2.2, linestyles=(0, (3, 1)))
        self.ends = line(ax, "|", color=INK, markersize=9, clip_on=False)
        text: dict[str, Any] = {"ha": "center", "fontsize": 9.5, "color": INK, "animated": True}
        self.names = [ax.text(0, LONGEST + 0.15, "", va="bottom", **text) for _ in BIRDS]
        self.trouble = ax.text(0.5, 3.2, "", va="center", wrap=True, **(text | {"fontsize": 12, "color": RED}))

    def _make_sums(self, figure: Figure) -> None:
        ax = axes(figure, (0.70, 0.125, 0.28, 0.69), "bits a bird, on average", "bits")
        rows(ax, ["entropy H(p)", "cross-entropy\nH(p, q)", "divergence\nD(p‖q)"])
        ax.set(xlim=(0, RIGHT), ylim=(2.6, -0.6))
        self.sums = areas(ax, [INK, "#2a6fb0", RED, RED], alpha=0.85)
        (self.ghost_sums,) = ax.plot([], [], "|", color=GHOST["color"], markersize=30, markeredgewidth=1.6)
        style: dict[str, Any] = {"fontsize": 11, "va": "center", "color": INK, "animated": True}
        self.numbers = [ax.text(0, place, "", **style) for place in range(3)]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self._show_headline(frame)
        self.trouble.set_text(frame.trouble.replace(". ", ".\n"))
        ends, starts = frame.ends, frame.ends - frame.p
        heights = np.minimum(frame.lengths, LONGEST)
        bars = rectangles(starts, ends, 0, heights)[:, [0, 3, 2, 1]]  # up, across and down: no edge along the base
        self.bars.set_verts(bars, closed=False)
        self.best.set_segments([[(a, h), (b, h)] for a, b, h in zip(starts, ends, frame.best, strict=True) if b > a])
        self.ends.set_data(frame.ends, np.zeros(4))
        for k, (name, a, b) in enumerate(zip(self.names, starts, ends, strict=True)):
            said = frame.words[k] or plain(frame.lengths[k], 2).replace("infinite", "∞")
            name.set_text("" if b - a < NARROW else said if b - a < WIDE else f"{BIRDS[k]}\n{said}")
            aside = NAME * (k % 2 and b - a < ROOMY)  # higher, or it would lie on its neighbour on a phone
            name.set_position(((a + b) / 2, LONGEST + 0.15 + aside))
        self._show_sums(frame)

    def _show_headline(self, frame: Frame) -> None:
        if frame.trouble:
            say(self.headline, frame.trouble.split(".")[0], RED)
        elif frame.divergence < 5e-3:
            say(self.headline, f"The right code: {bits(frame.cross_entropy)} bits a bird, and no code does better")
        else:
            endless = math.isinf(frame.divergence)
            words = f"This code needs {bits(frame.cross_entropy)} bits a bird, {bits(frame.divergence)} wasted"
            words = "No number of bits will do: some birds have no word" if endless else words
            say(self.headline, words, RED if endless else INK)

    def _show_sums(self, frame: Frame) -> None:
        h, total = frame.entropy, min(frame.cross_entropy, RIGHT)
        places = np.array([0, 1, 1, 2])
        spans = rectangles([0, 0, h, h], [h, h, total, total], places - 0.3, places + 0.3)
        self.sums.set_verts(spans, closed=False)
        values = (frame.entropy, frame.cross_entropy, frame.divergence)
        for number, value, end in zip(self.numbers, values, (h, total, total), strict=True):
            inside = end > 4
            number.set(text=bits(value), x=end - 0.1 if inside else end + 0.1, ha="right" if inside else "left")
            number.set_color("white" if inside else INK)

    def pin(self, frame: Frame | None) -> None:
        """Mark a frame's sums; the bars have ghosts of their own."""
        if frame is None:
            self.ghost_sums.set_data([], [])
            return
        total = min(frame.cross_entropy, RIGHT)
        self.ghost_sums.set_data([frame.entropy, total, total], [0, 1, 2])


def counts(p: tuple[int, ...], q: tuple[int, ...], learnt: int = 0) -> dict[str, Any]:
    """Settings of a telling case."""
    seen = {f"p_{bird}": count for bird, count in zip(BIRDS, p, strict=True)}
    return {**seen, **{f"q_{bird}": count for bird, count in zip(BIRDS, q, strict=True)}, "learnt": learnt}


demo(
    __name__,
    title="Short words for frequent birds",
    question=Question(
        "Half of the birds here are sparrows, but the code comes from a lake where half are ospreys: a sparrow costs "
        "two bits. You make the code expect no sparrow at all. What does a report cost then, on average?",
        ("Less than now: it has one word less", "About 3 bits", "Infinitely many bits"),
        answer=2,
        explanation="A word has −log₂ q bits, and that grows beyond all bounds as q goes to 0: the code has no word "
        "for every second bird. To expect a little of everything is cheap, to rule something out is not.",
        settings={"q_sparrow": 0, "learnt": 0},
    ),
    others={
        "marsh": Question(
            "On the marsh half of the birds are herons, but the code expects ospreys: one bit for an osprey, three for "
            "a heron. You give herons the same count as ospreys, 8, and leave all others. What becomes of the osprey's "
            "word?",
            ("It stays as long as it is", "It gets longer", "It gets shorter"),
            answer=1,
            explanation="From 1 bit to 1.46: the shares must add up to 1, so what herons gain all others lose. Short "
            "words are scarce: one bird more with a short word makes every other word longer.",
            settings={"q_heron": 8, "learnt": 0},
        ),
    },
    notice="Width times height is what a bird costs: the coloured area is the cross-entropy, the area under the "
    "dashed line the entropy. Where all lengths are whole, the words themselves are shown. Press Play: as the code "
    "learns what is seen, the area shrinks to the entropy and never below.",
    presets={
        "A code from the lake": counts((8, 4, 2, 2), (4, 2, 2, 8)),
        "Two bits for all": counts((8, 4, 2, 2), (4, 4, 4, 4)),
        "The right code": counts((8, 4, 2, 2), (8, 4, 2, 2)),
        "Expects ospreys": counts((8, 4, 2, 2), (1, 1, 2, 12)),
        "Expects no ospreys": counts((8, 4, 2, 2), (8, 4, 4, 0)),
        "Only sparrows": counts((16, 0, 0, 0), (4, 4, 4, 4)),
    },
)
