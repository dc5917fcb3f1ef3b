"""A step of the same size for every pixel, chosen by the gradient or by chance: one makes the network err."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from coursekit.activations.softmax import softmax_forward
from coursekit.adversarial import fgsm
from coursekit.arrays import Array
from coursekit.chapters.regularisation.augment import CLASSES, EPOCHS, LOSS, PIXELS, untrained
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, cursor, legend, line, pixels, put, say
from coursekit.figures.style import BLUE, GREY, INK, ORANGE, RED, axes, headline
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import Adversarial, fit

LARGEST = 0.4
AGAINST = 0.15  # the ε of the network that is trained against the step
EPSILONS = np.linspace(0, LARGEST, 21)


@dataclass(frozen=True)
class State(DemoState):
    """Pixels run from 0 to 1, and what leaves that range is clipped."""

    epsilon: float = slider(0.1, 0.0, LARGEST, "ε, step of each pixel", step=0.01, main=True)
    trained: str = choice(
        "plain", {"digits as they are": "plain", f"also on x + {AGAINST} · sign": "against"}, "trained on", main=True
    )
    digit: int = slider(4, 0, CLASSES - 1, "digit", main=True)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """One digit and its two changed copies, and the accuracies over all 360 test digits."""

    images: Array  # (5, 8, 8): digit, ε · sign of the gradient, their sum, random step, its sum
    chances: Array  # (3, 10), softmax of the scores for digit, sum, random sum
    attacked: Array  # (21,), accuracy after the gradient's step at EPSILONS
    random: Array  # (21,), after the random one
    now: tuple[float, float]  # both accuracies at this ε
    state: State

    @property
    def answers(self) -> list[int]:
        """What the network reads: digit, sum, random sum."""
        named: list[int] = self.chances.argmax(1).tolist()
        return named

    @property
    def verdict(self) -> str:
        """What the headline says: how this digit is read, and how many of all still are."""
        digit, attacked = self.state.digit, self.answers[1]
        read = f"{digit} is {'still read' if attacked == digit else f'read as {attacked}'}"
        of_all = f"{self.now[0]:.0%} of all are read, {self.now[1]:.0%} after a random step"
        return f"ε = {self.state.epsilon:g}: {read}; {of_all}"

    @property
    def readout(self) -> str:
        """How the digit is read, and how many of all are."""
        clean, attacked, random = self.answers
        trained = "trained also on such digits" if self.state.trained == "against" else "trained on digits as they are"
        return (
            f"ε = {self.state.epsilon:g}, a network {trained}. The {self.state.digit} is read as {clean}; after the "
            f"gradient's step as {attacked} ({self.chances[1, attacked]:.0%} sure), after a random one as {random}. Of "
            f"360 test digits it reads {self.now[0]:.1%} after the gradient's step and {self.now[1]:.1%} after the "
            "random one."
        )


@lru_cache
def test_digits() -> tuple[Array, Array]:
    """Return the test digits x (360, 64) and their labels."""
    images, labels = load_digits("test")
    return images.reshape(len(images), PIXELS), labels


@lru_cache(maxsize=8)
def network(trained: str, seed: int = 0) -> Sequential:
    """Train 64 → 64 → 10 on the training digits, or on the even mixture of them and of what FGSM makes of them."""
    images, labels = load_digits("train")
    rng = np.random.default_rng(seed)
    net = untrained(rng)
    callbacks = [Adversarial(AGAINST, 0.5, 0, 1)] if trained == "against" else []
    data = images.reshape(len(images), PIXELS), labels
    for _ in fit(net, LOSS, OPTIMISERS["adam"](lr=0.01), data, EPOCHS, 64, rng, callbacks):
        pass
    return net


@lru_cache(maxsize=4)
def signs(seed: int) -> Array:
    """Draw a random sign for every pixel of every test digit, (360, 64)."""
    drawn = np.random.default_rng([seed, 7]).integers(0, 2, test_digits()[0].shape)
    return (2 * drawn - 1).astype(np.float32)


def randomly(x: Array, sign: Array, epsilon: float) -> Array:
    """Take a step of the same size with random signs."""
    return np.clip(x + np.float32(epsilon) * sign, 0, 1)


def accuracies(trained: str, seed: int, epsilon: float) -> tuple[float, float]:
    """Return the share of all test digits that is read after the gradient's step, and after the random one."""
    net, (x, labels) = network(trained), test_digits()
    copies = fgsm(net, LOSS, x, labels, epsilon, 0, 1), randomly(x, signs(seed), epsilon)
    attacked, random = (float((net.predict(copy) == labels).mean()) for copy in copies)
    return attacked, random


@lru_cache(maxsize=8)
def curves(trained: str, seed: int) -> Array:
    """Return both accuracies (2, 21) at every one of `EPSILONS`."""
    return np.array([accuracies(trained, seed, float(epsilon)) for epsilon in EPSILONS]).T


def shown(digit: int) -> int:
    """Return the index of the first test digit of a class that the plain network reads."""
    x, labels = test_digits()
    return int(np.flatnonzero((labels == digit) & (network("plain").predict(x) == digit))[0])


def compute(state: State) -> Frame:
    """Change one digit, and all of them."""
    for trained in ("plain", "against"):  # once, so that no choice keeps anyone waiting
        curves(trained, state.seed)
    at, (x, labels), net = shown(state.digit), test_digits(), network(state.trained)
    one, sign = x[at : at + 1], signs(state.seed)[at : at + 1]
    attacked = fgsm(net, LOSS, one, labels[at : at + 1], state.epsilon, 0, 1)
    random = randomly(one, sign, state.epsilon)
    step = fgsm(net, LOSS, one, labels[at : at + 1], state.epsilon) - one
    attacked_curve, random_curve = curves(state.trained, state.seed)
    return Frame(
        images=np.concatenate([one, step, attacked, np.float32(state.epsilon) * sign, random]).reshape(5, 8, 8),
        chances=softmax_forward(net.forward(np.concatenate([one, attacked, random])))[0],
        attacked=attacked_curve,
        random=random_curve,
        now=accuracies(state.trained, state.seed, state.epsilon),
        state=state,
    )


class View:
    """The digit, two steps and their sums; what the network makes of both; accuracy against ε."""

    size = (10.4, 4.8)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        grey: dict[str, Any] = {"cmap": "Greys", "vmin": 0, "vmax": 1}
        signed: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -LARGEST, "vmax": LARGEST}
        self.digit = picture(figure, 0.005, 0.305, "the digit", grey)
        self.steps = [
            picture(figure, 0.155, y, title, signed) for y, title in ((0.52, "+ ε · sign"), (0.09, "+ random"))
        ]
        self.sums = [picture(figure, 0.305, y, "", grey) for y in (0.52, 0.09)]
        style: dict[str, Any] = {"fontsize": 11.5, "va": "baseline", "animated": True}
        self.named = [total.axes.text(-0.5, -0.95, "", **style) for total in self.sums]
        self._make_chances(figure)
        self._make_curves(figure)

    def _make_chances(self, figure: Figure) -> None:
        self.chances = []
        for y, color in ((0.535, BLUE), (0.105, GREY)):
            ax = axes(figure, (0.475, y, 0.19, 0.29), "softmax")
            ax.set(xlim=(-0.6, CLASSES - 0.4), ylim=(0, 1.02), xticks=range(CLASSES), yticks=[0, 1])
            self.chances.append(Bars(ax, color, range(CLASSES), 0.7, ghost=9))

    def _make_curves(self, figure: Figure) -> None:
        ax = axes(figure, (0.735, 0.125, 0.25, 0.64), "", "ε")
        figure.text(0.735, 0.85, "test digits read (%)", fontsize=11.5, color=INK)
        legend(ax, ("— gradient", ORANGE), ("- - random", GREY))
        ax.set(xlim=(0, LARGEST), ylim=(0, 1.04), xticks=(0, 0.1, 0.2, 0.3, 0.4))
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        self.random = line(ax, color=GREY, linewidth=1.8, linestyle="--", ghost=True)
        self.attacked = line(ax, color=ORANGE, linewidth=2.2, ghost=True)
        self.epsilon = cursor(ax)
        self.now = [line(ax, "o", color=color, markersize=8, clip_on=False) for color in (ORANGE, GREY)]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        state, (_, attacked, random) = frame.state, frame.answers
        say(self.headline, frame.verdict, INK if attacked == state.digit else RED)
        digit, step, total, random_step, random_total = frame.images
        self.digit.set_array(digit)
        pairs = ((step, total, attacked, frame.chances[1]), (random_step, random_total, random, frame.chances[2]))
        for i, (change, changed, answer, chances) in enumerate(pairs):
            self.steps[i].set_array(change)
            self.sums[i].set_array(changed)
            self.chances[i].show(chances)
            plain = (BLUE, GREY)[i]
            wrong = answer != state.digit
            self.chances[i].areas.set_facecolor([RED if wrong and k == answer else plain for k in range(CLASSES)])
            say(self.named[i], f"read: {answer}", RED if wrong else INK)
        self.attacked.set_data(EPSILONS, frame.attacked)
        self.random.set_data(EPSILONS, frame.random)
        self.epsilon.set_xdata([state.epsilon] * 2)
        for mark, share in zip(self.now, frame.now, strict=True):
            put(mark, state.epsilon, share)


def picture(figure: Figure, left: float, bottom: float, title: str, look: dict[str, Any]) -> QuadMesh:
    """Add one picture of 8 × 8 pixels."""
    ax = axes(figure, (left, bottom, 0.135, 0.305), title)
    ax.spines[:].set_color("#bbbbbb")
    return pixels(ax, 8, 8, **look)


demo(
    __name__,
    title="The worst small step",
    question=Question(
        "Every pixel moves by 0.1 as the gradient says, and fewer than half of the test digits are still read. A "
        "network trained on such digits too: how many does it read after its own worst step?",
        ("As few: the gradient finds another step", "More than two thirds", "All: it knows the trick"),
        answer=1,
        explanation="Trained on the mixture, the network's scores change less along the gradient, so that the same ε "
        "does less harm. A larger ε still gets through.",
        settings={"trained": "against", "epsilon": 0.1},
    ),
    notice="Both steps change every pixel by the same ε. The random one helps here and hurts there, and its effects "
    "nearly cancel; the gradient's signs all push the same way, so that 64 small effects add up. The loss's slope "
    "gives the signs: x′ = x + ε · sign(∂L/∂x), clipped to the range of the pixels.",
    presets={
        "Hardly to be seen": {"epsilon": 0.05, "trained": "plain"},
        "ε = 0.2": {"epsilon": 0.2, "trained": "plain"},
        "0.2, trained against": {"epsilon": 0.2, "trained": "against"},
        "A large step": {"epsilon": 0.4, "trained": "against"},
    },
)
