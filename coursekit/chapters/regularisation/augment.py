"""Digits turned, moved and blurred by noise: which changes a label survives, and what a network makes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.augmentation import crop, rotate, shift
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, cursor, legend, level, line, pixels, put, say
from coursekit.figures.style import BLUE, GREY, INK, ORANGE, RED, axes, headline
from coursekit.layers import Activation, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import fit

CLASSES = 10
PIXELS = 64
EPOCHS = 15
SMALL = 30  # degrees
ANGLES = np.arange(-90, 181, 15)
LOSS = LOSSES["softmax_cross_entropy"]
PLAIN = "as they are"
# What a network learns from, epoch by epoch: images (N, 1, 8, 8) → new ones.
TRAINED: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    PLAIN: lambda x, rng: x,
    "moved by up to a pixel": lambda x, rng: crop(x, 8, rng, padding=1),
    f"turned by up to {SMALL}°": lambda x, rng: rotate(x, rng.uniform(-SMALL, SMALL, len(x))),
    "turned by any angle": lambda x, rng: rotate(x, rng.uniform(-180, 180, len(x))),
}


@dataclass(frozen=True)
class State(DemoState):
    """All test digits are turned, then moved, then noisy."""

    degrees: int = slider(0, -90, 180, "turned by (degrees)", step=5, main=True)
    trained: str = choice(PLAIN, {name: name for name in TRAINED}, "trained on digits", main=True)
    right: int = slider(0, -3, 3, "moved right (pixels)")
    noise: float = slider(0.0, 0.0, 0.6, "noise (std)", step=0.02)


@dataclass(frozen=True)
class Frame:
    """Ten of the digits, what the network says to them, and how many of all 360 it reads."""

    images: Array  # (10, 8, 8), one of each class
    answers: Array  # (10,), what they are read as
    share: Array  # (10,), of each class's test digits read correctly
    curve: Array  # (19,), accuracy at ANGLES
    plain: Array  # (19,), that of the network trained on digits as they are
    accuracy: float
    upside_down: float  # share of the sixes read as 9, of the nines as 6
    state: State

    @property
    def verdict(self) -> str:
        """What the headline says: what was done to the digits, and how many are read."""
        degrees, right, noise = self.state.degrees, self.state.right, self.state.noise
        side = "left" if right < 0 else "right"
        changes = (
            (degrees, f"turned by {degrees}°"),
            (right, f"moved {side} by {abs(right)}"),
            (noise, f"noise {noise:g}"),
        )
        done = ", ".join(words for size, words in changes if size) or "as they are"
        words = f"{done[0].upper()}{done[1:]}: {self.accuracy:.0%} of the test digits read".replace("by -", "by −")
        return words + f"; {self.upside_down:.0%} of 6 and 9 swapped" * (self.upside_down >= 0.5)

    @property
    def readout(self) -> str:
        """How many digits are read, and what becomes of 6 and 9."""
        state = self.state
        noise = f", noise {state.noise:g}" if state.noise else ""
        moved = f", moved right by {state.right}".replace("-", "−") if state.right else ""
        return (
            f"Turned by {state.degrees}°{moved}{noise}: a network trained on digits {state.trained} reads "
            f"{self.accuracy:.1%} of 360 test digits. Of the sixes it reads {self.share[6]:.0%}, of the nines "
            f"{self.share[9]:.0%}; {self.upside_down:.0%} of both are taken for the other."
        ).replace("by -", "by −")


@lru_cache
def test_digits() -> tuple[Array, Array, Array]:
    """Return the test digits x (360, 64), their labels, and for each class the most typical one, (10,) indices."""
    images, labels = load_digits("test")
    x = images.reshape(len(images), PIXELS)
    distance = np.linalg.norm(x - np.stack([x[labels == k].mean(0) for k in range(CLASSES)])[labels], axis=1)
    typical = [np.flatnonzero(labels == k)[distance[labels == k].argmin()] for k in range(CLASSES)]
    return x, labels, np.array(typical)


def untrained(rng: np.random.Generator) -> Sequential:
    """Build 64 → 64 → 10 with ReLU."""
    first, last = Linear(PIXELS, 64, rng, "he_normal"), Linear(64, CLASSES, rng, "he_normal")
    return Sequential([first, Activation("relu"), last])


@lru_cache(maxsize=16)
def network(trained: str, seed: int = 0) -> Sequential:
    """Train 64 → 64 → 10 on the training digits, changed anew in every epoch."""
    images, labels = load_digits("train")
    rng = np.random.default_rng(seed)
    net = untrained(rng)
    optimiser = OPTIMISERS["adam"](lr=0.01)
    for _ in range(EPOCHS):
        x = TRAINED[trained](images, rng).reshape(len(images), PIXELS)
        for _ in fit(net, LOSS, optimiser, (x, labels), 1, 64, rng):
            pass
    return net


@lru_cache(maxsize=128)
def turn(degrees: int) -> Array:
    """Return the turn as a matrix (64, 64): it is linear in the pixels, so x @ turn is x turned."""
    return rotate(np.eye(PIXELS, dtype=np.float32).reshape(PIXELS, 1, 8, 8), degrees).reshape(PIXELS, PIXELS)


@lru_cache(maxsize=8)
def move(right: int) -> Array:
    """Return the move as a matrix (64, 64)."""
    return shift(np.eye(PIXELS, dtype=np.float32).reshape(PIXELS, 1, 8, 8), 0, right).reshape(PIXELS, PIXELS)


@lru_cache
def standard_noise() -> Array:
    """Draw the noise of std 1 for all test digits, (360, 64): the same at every angle."""
    return np.random.default_rng(1).standard_normal((len(test_digits()[0]), PIXELS), np.float32)


def changed(degrees: int, right: int, noise: float) -> Array:
    """Return all test digits (360, 64), turned, moved and noisy."""
    x: Array = test_digits()[0] @ (turn(degrees) @ move(right)) + np.float32(noise) * standard_noise()
    return x


@lru_cache(maxsize=64)
def curve(trained: str, right: int, noise: float) -> Array:
    """Return the accuracy (19,) at every one of `ANGLES`."""
    net, labels = network(trained), test_digits()[1]
    return np.array([(net.predict(changed(angle, right, noise)) == labels).mean() for angle in ANGLES.tolist()])


def compute(state: State) -> Frame:
    """Change the test digits, and let the network read them."""
    for trained in TRAINED:  # once, so that no choice keeps anyone waiting
        network(trained)
    _, labels, typical = test_digits()
    x = changed(state.degrees, state.right, state.noise)
    answers = network(state.trained).predict(x)
    right = answers == labels
    turned = ((labels == 6) & (answers == 9)) | ((labels == 9) & (answers == 6))
    return Frame(
        images=x[typical].reshape(CLASSES, 8, 8),
        answers=answers[typical],
        share=np.array([right[labels == k].mean() for k in range(CLASSES)]),
        curve=curve(state.trained, state.right, state.noise),
        plain=curve(PLAIN, state.right, state.noise),
        accuracy=float(right.mean()),
        upside_down=float(turned.sum() / np.isin(labels, (6, 9)).sum()),
        state=state,
    )


PERCENT = [0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"]
SIDE = 9  # columns a digit takes in the strip


class View:
    """Ten digits with the network's answers; accuracy against the angle; the share read of each class."""

    size = (10.4, 5.0)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_digits(figure)
        ax = axes(figure, (0.06, 0.115, 0.50, 0.37), "read (%)", "turned by (degrees)")
        legend(ax, ("— trained so", BLUE), ("- - as they are", GREY))
        ax.set(xlim=(-90, 180), ylim=(0, 1.04), xticks=range(-90, 181, 45))
        ax.set_yticks(*PERCENT)
        level(ax, 1 / CLASSES)
        self.plain = line(ax, color=GREY, linewidth=1.6, linestyle="--")
        self.curve = line(ax, color=BLUE, linewidth=2.2, ghost=True)
        self.angle = cursor(ax)
        self.now = line(ax, "o", color=BLUE, markersize=8)
        ax = axes(figure, (0.625, 0.115, 0.36, 0.37), "read of each class (%)", "class")
        ax.set(xlim=(-0.6, CLASSES - 0.4), ylim=(0, 1.04), xticks=range(CLASSES))
        ax.set_yticks(*PERCENT)
        self.shares = Bars(ax, BLUE, range(CLASSES), 0.7, ghost=16)
        self.shares.areas.set_facecolor([ORANGE if k in (6, 9) else BLUE for k in range(CLASSES)])

    def _make_digits(self, figure: Figure) -> None:
        ax = axes(figure, (0.02, 0.585, 0.965, 0.265), "a typical digit of each class, and what it is read as")
        ax.spines[:].set_visible(False)
        self.strip = pixels(ax, 10, CLASSES * SIDE, cmap="Greys", vmin=0, vmax=1)
        style = {"fontsize": 13, "ha": "center", "va": "center", "animated": True}
        self.answers = [ax.text(SIDE * k + 3.5, 9.0, "", **style) for k in range(CLASSES)]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        say(self.headline, frame.verdict, RED if frame.accuracy < 0.5 else INK)
        strip = np.zeros((10, CLASSES, SIDE))
        strip[:8, :, :8] = frame.images.transpose(1, 0, 2)
        self.strip.set_array(strip.reshape(10, CLASSES * SIDE))
        for k, (text, answer) in enumerate(zip(self.answers, frame.answers, strict=True)):
            say(text, str(answer) if answer == k else f"× {answer}", INK if answer == k else RED)
            text.set_fontweight("normal" if answer == k else "bold")
        self.curve.set_data(ANGLES, frame.curve)
        self.plain.set_data(ANGLES, frame.plain)
        self.angle.set_xdata([frame.state.degrees] * 2)
        put(self.now, frame.state.degrees, frame.accuracy)
        self.shares.show(frame.share)


ANY, TURNED = "turned by any angle", f"turned by up to {SMALL}°"

demo(
    __name__,
    title="Labels that survive",
    question=Question(
        "Trained on upright digits, the network reads 98% of them. Another is trained on digits turned by any angle. "
        "How does it do on upright ones?",
        ("As well: it has seen more", "Worse: it can hardly tell some classes apart", "Not at all: it guesses"),
        answer=1,
        explanation="A 6 turned by 180° is a 9, and still carries the label 6. Such copies ask for two answers to "
        "the same shape. It reads digits at every angle, and upright ones worse than before.",
        settings={"trained": ANY, "degrees": 0, "right": 0, "noise": 0.0},
    ),
    notice="Copies help where the label survives: turned by up to 30°, digits stay what they are. Turn them all by "
    "180°: a 0 is still read, while 6 and 9 change places, which is no fault of the network. What it has not been "
    "shown, it has not learned: the one that knows turns is as lost as ever when digits move by a pixel.",
    presets={
        "Upside down": {"degrees": 180, "trained": PLAIN, "right": 0, "noise": 0.0},
        "Small turns": {"degrees": 30, "trained": TURNED, "right": 0, "noise": 0.0},
        "Any turn": {"degrees": 180, "trained": ANY, "right": 0, "noise": 0.0},
        "One pixel": {"degrees": 0, "trained": TURNED, "right": 1, "noise": 0.0},
        "One pixel, learned": {"degrees": 0, "trained": "moved by up to a pixel", "right": 1, "noise": 0.0},
    },
)
