"""Three scores, two judges: the hinge is content once the margin is kept, the softmax always wants more."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, fit, say, stepped, zero
from coursekit.figures.style import AMBER, BLUE, INK, ORANGE, PAPER, PURPLE, axes, headline, percent, plain
from coursekit.losses import LOSSES

CLASSES = ("owl", "fox", "hare")  # the picture shows an owl
OWL = np.array([0])
REACH = 30.0  # scaled scores run from −REACH to REACH
PLACES = np.arange(3.0)


@dataclass(frozen=True)
class State(DemoState):
    """The scores of one sample; ``scale`` multiplies all three, as larger weights would."""

    owl: float = slider(3.0, -5.0, 10.0, "score of owl (right)", step=0.1, main=True)
    fox: float = slider(2.5, -5.0, 10.0, "score of fox", step=0.1)
    hare: float = slider(-1.0, -5.0, 10.0, "score of hare", step=0.1)
    scale: float = slider(1.0, 0.1, 3.0, "all scores ×", log=True, main=True)
    margin: float = slider(1.0, 0.0, 5.0, "margin Δ of the SVM", step=0.1)


@dataclass(frozen=True)
class Frame:
    """What both losses say of the three scores, owl first."""

    scores: Array  # (3,), scaled
    terms: Array  # (3,), the hinge terms; that of the right class is 0
    probabilities: Array  # (3,)
    hinge_pull: Array  # (3,), −∂L/∂s: where a step of gradient descent moves each score
    softmax_pull: Array  # (3,)
    hinge: float
    cross_entropy: float
    state: State

    @property
    def threshold(self) -> float:
        """A wrong score above this one costs something."""
        return float(self.scores[0] - self.state.margin)

    @property
    def content(self) -> bool:
        """Whether the SVM asks for nothing more."""
        return not self.hinge_pull.any()

    @property
    def readout(self) -> str:
        """Both losses and both verdicts."""
        svm = "content, no pull" if self.content else f"pulls owl up with {plain(self.hinge_pull[0], 2)}"
        return (
            f"Hinge loss {amount(self.hinge)}: {svm}. Cross-entropy {amount(self.cross_entropy)}: owl has "
            f"probability {probability(self.probabilities[0])}, pulled up with {amount(self.softmax_pull[0])}."
        )


def amount(value: float) -> str:
    """Write a positive number to two digits, a tiny one as a bound: the softmax never reaches 0."""
    return "0" if value == 0 else "less than 0.0001" if value < 1e-4 else plain(value, 2)


def probability(value: float) -> str:
    """Write a probability, never as 0 or 100 %, which it cannot be."""
    return "over 99.9%" if value > 0.999 else "under 0.1%" if value < 0.001 else f"{value:.1%}"


def compute(state: State) -> Frame:
    """Judge the scaled scores by both losses of the package."""
    scores = state.scale * np.array([[state.owl, state.fox, state.hare]])
    hinge, dhinge = LOSSES["hinge"](scores, OWL, margin=state.margin)
    cross_entropy, dsoftmax = LOSSES["softmax_cross_entropy"](scores, OWL)
    probabilities, _ = ACTIVATIONS["softmax"].forward(scores)
    # A term of the hinge loss is the loss with one wrong class only.
    terms = [LOSSES["hinge"](scores[:, [0, j]], OWL, margin=state.margin)[0] if j else 0.0 for j in range(3)]
    # Adding 0 turns −0 into 0.
    return Frame(
        scores[0], np.array(terms), probabilities[0], 0 - dhinge[0], 0 - dsoftmax[0], hinge, cross_entropy, state
    )


class View:
    """The scores; what the SVM adds up; what the softmax shares out; where each of the two pulls."""

    size = (10.4, 4.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_axes(figure)
        wide: dict[str, Any] = {"width": 0.72, "tip": 7, "ghost": 28, "alpha": 0.75}
        slim: dict[str, Any] = {"width": 0.34, "tip": 5, "ghost": 13, "alpha": 0.75}
        self.scores = Bars(self.scores_ax, BLUE, PLACES, **wide)
        self.terms = Bars(self.terms_ax, PURPLE, PLACES, **wide)
        self.shares = Bars(self.shares_ax, ORANGE, PLACES, **wide)
        self.hinge_pulls = Bars(self.pulls_ax, PURPLE, PLACES - 0.2, **slim)
        self.softmax_pulls = Bars(self.pulls_ax, ORANGE, PLACES + 0.2, **slim)
        self.threshold = self.scores_ax.axhline(0, color=PURPLE, linewidth=1.6, linestyle="--", animated=True)
        style = {"fontsize": 10.5, "animated": True, "ha": "center", "va": "bottom", "textcoords": "offset points"}
        over_line = {"bbox": {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}}  # of the dashed line
        self.score_texts = [
            self.scores_ax.annotate("", (x, 0), (0, 5), color=INK, **style, **over_line) for x in PLACES
        ]
        self.term_texts = [self.terms_ax.annotate("", (x, 0), (0, 5), color=PURPLE, **style) for x in PLACES[1:]]
        self.share_texts = [self.shares_ax.annotate("", (x, 0), (0, 5), color=AMBER, **style) for x in PLACES]

    def _make_axes(self, figure: Figure) -> None:
        bottom, height = 0.175, 0.61
        self.scores_ax = axes(figure, (0.05, bottom, 0.185, height), "scores", r"dashed: $s_y - \Delta$")
        self.terms_ax = axes(figure, (0.29, bottom, 0.185, height), "SVM: terms", r"$\max(0, s_j - s_y + \Delta)$")
        self.shares_ax = axes(figure, (0.53, bottom, 0.185, height), "softmax: probability")
        title = r"pull $-\partial L / \partial s$"
        self.pulls_ax = axes(figure, (0.775, bottom, 0.215, height), title)
        for ax in (self.scores_ax, self.terms_ax, self.shares_ax, self.pulls_ax):
            ax.set_xlim(-0.65, 2.65)
            ax.set_xticks(PLACES, [f"{CLASSES[0]} ✓", *CLASSES[1:]])
            zero(ax)
            ax.grid(visible=False, axis="x")
        self.shares_ax.set(ylim=(0, 1.12), yticks=np.linspace(0, 1, 6))
        self.pulls_ax.set_ylim(-1.25, 2.45)
        low = {"ha": "center", "va": "bottom", "transform": self.terms_ax.get_xaxis_transform()}
        self.terms_ax.text(0, 0.04, "none", color="#666666", fontsize=10.5, **low)
        style = {"fontsize": 11, "transform": self.pulls_ax.transAxes, "ha": "right", "va": "top"}
        self.pulls_ax.text(1.0, 0.985, "■ SVM", color=PURPLE, **style)
        self.pulls_ax.text(1.0, 0.985, "\n■ softmax", color=AMBER, **style)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        reach = stepped(np.abs([*frame.scores, frame.threshold]).max() / 0.85, 6.0, 12.0, 42.0)
        fit(self.scores_ax, ylim=(-reach, reach))
        fit(self.terms_ax, ylim=(0, stepped(frame.terms.max() / 0.9, 3.0, 6.0, 12.0, 60.0)))
        self._show_headline(frame)
        self.scores.show(frame.scores)
        self.terms.show(frame.terms)
        self.shares.show(frame.probabilities)
        self.hinge_pulls.show(frame.hinge_pull)
        self.softmax_pulls.show(frame.softmax_pull)
        self._show_numbers(frame)

    def _show_headline(self, frame: Frame) -> None:
        svm = f"Hinge {amount(frame.hinge)}: {'content' if frame.content else 'pulls'}."
        softmax = f"Cross-entropy {amount(frame.cross_entropy)}: still pulls"
        say(self.headline, f"{svm}  {softmax}")

    def _show_numbers(self, frame: Frame) -> None:
        for text, x, value in zip(self.score_texts, PLACES, frame.scores, strict=True):
            text.xy = (x, value)
            text.set(text=plain(round(value, 2), 3), y=5 if value >= 0 else -5, va="bottom" if value >= 0 else "top")
        self.threshold.set_ydata([frame.threshold] * 2)
        for text, x, value in zip(self.term_texts, PLACES[1:], frame.terms[1:], strict=True):
            text.xy = (x, value)
            text.set_text(amount(value))
        for text, x, value in zip(self.share_texts, PLACES, frame.probabilities, strict=True):
            text.xy = (x, value)
            text.set_text(percent(value, "<", ">"))


demo(
    __name__,
    title="The content judge and the greedy one",
    question=Question(
        "Owl leads fox by 0.5 and hare by 4. You raise the score of owl until it leads both by at least 5. What do "
        "the two losses do?",
        ("Both become 0", "Hinge 0, cross-entropy small", "Both small, neither 0"),
        answer=1,
        explanation="Past the margin every hinge term is max(0, something negative) = 0, and so is its pull. "
        "The softmax shares out probabilities, and exp never gives 0: there is always a little left to win.",
        settings={"owl": 7.5, "fox": 2.5, "hare": -1.0, "scale": 1.0, "margin": 1.0},
    ),
    others={
        "equal": Question(
            "Owl leads both others by 1.5. You raise fox by 0.5, so that it is only 1 behind. Who notices?",
            ("Only the hinge", "Only cross-entropy", "Both", "Neither: owl is still the highest"),
            answer=1,
            explanation="A lead of 1 is all that the hinge asks for, so it is as content as before. Cross-entropy "
            "rises from 0.37 to 0.46: fox now takes a larger share of the probability.",
            settings={"owl": 4.0, "fox": 3.0, "hare": 2.5, "scale": 1.0, "margin": 1.0},
        ),
    },
    notice="The picture shows an owl. A wrong score above the dashed line s_y − Δ is too near, and costs what "
    "sticks out. Move hare below the line: the SVM does not care where it is, the softmax does a little. Scaling "
    "all scores up keeps their order; yet while owl leads, it makes the softmax surer and satisfies the SVM.",
    presets={
        "Too near": {"owl": 3.0, "fox": 2.5, "hare": -1.0, "scale": 1.0, "margin": 1.0},
        "Past the margin": {"owl": 5.0, "fox": 2.5, "hare": -1.0, "scale": 1.0, "margin": 1.0},
        "All equal": {"owl": 0.0, "fox": 0.0, "hare": 0.0, "scale": 1.0, "margin": 1.0},
        "Wrong and sure": {"owl": -2.0, "fox": 5.0, "hare": 1.0, "scale": 1.0, "margin": 1.0},
        "Same order, scaled up": {"owl": 3.0, "fox": 2.5, "hare": -1.0, "scale": 3.0, "margin": 1.0},
    },
)
