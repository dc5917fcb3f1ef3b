"""Mean image, principal components and whitening of pictures, and what whitening does to noise too faint to see."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import load_digits, load_photograph
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import cursor, legend, line, say
from coursekit.figures.style import AMBER, BLUE, INK, PURPLE, RED, axes, headline, plain
from coursekit.figures.tiles import as_tiles
from coursekit.preprocessing import PREPROCESSORS, Fitted, Projection
from coursekit.preprocessing import pca as fit_pca

SIDE = 8  # pixels
SHOWN = 8  # pictures in a row
TRAIN, TEST = 1800, 201
STRIPS = 12  # of a photograph, 20 pixels wide
SPECTRUM = 64  # components whose spread is drawn: all of the digits', every third of a colour patch's

DATA = {"digits (grey)": "digits", "patches of a flower": "flower", "patches of a pagoda": "china"}
MEANS = {"the mean image (AlexNet)": "mean_image", "channel means (VGG)": "channel_mean"}
ROWS = (
    "test pictures",
    "the mean, then\ncomponents 1–7",
    "minus the mean",
    "from k components",
    "pictures with noise",
    "whitened\nwithout noise",
    "whitened\nwith noise",
)


@dataclass(frozen=True)
class State(DemoState):
    """Statistics come from 1,437 digits or 1,800 patches; what is shown is test data."""

    data: str = choice("digits", DATA, "pictures", main=True)
    mean: str = choice("mean_image", MEANS, "subtract")
    components: int = slider(8, 1, 64, "components kept, k")
    eps: float = slider(1e-5, 1e-8, 1.0, "ε of ZCA", log=True, step=0.05, main=True)
    noise: float = slider(1.0, 0.1, 5.0, "noise, % of range", log=True, step=0.02, main=True)
    seed: int = 0


class Samples(NamedTuple):
    """Pictures (N, C, 8, 8) from 0 to 1."""

    train: Array
    test: Array
    noise: Array  # N(0, 1), of the shape of test


@dataclass(frozen=True)
class Frame:
    """Rows of pictures, and the spread of signal and noise along the principal components."""

    pictures: Array  # (7, SHOWN, 8, 8, 3), from 0 to 1
    place: Array  # (SPECTRUM,), of a component among all, in %
    signal: Array  # (SPECTRUM,), √λ
    noise: Array  # (SPECTRUM,), std of the noise, the same along all components
    white_signal: Array  # (SPECTRUM,), √λ / √(λ + ε)
    white_noise: Array  # (SPECTRUM,), noise / √(λ + ε)
    share: float  # noise over signal, both as root mean squares over the test set
    white_share: float  # the same after ZCA
    kept: float  # share of the variance along the first k components
    structure: float  # the largest difference between the mean image and its channel means
    dimensions: int
    state: State

    @property
    def readout(self) -> str:
        """What the mean image holds, what k components keep, and what became of the noise."""
        name = next(label for label, value in DATA.items() if value == self.state.data)
        number = self.state.components
        return (
            f"{name.capitalize()}: the mean image differs from its channel means by up to {self.structure:.2f}. "
            f"{number} of {self.dimensions} components keep {self.kept:.0%} of the variance. "
            f"Noise is {percent(self.share)} of the signal, and {percent(self.white_share)} after ZCA "
            f"with ε = {plain(self.state.eps, 2)}."
        )


def percent(share: float) -> str:
    """Write a share with two digits."""
    return f"{plain(100 * share, 2)}%" if share < 0.995 else f"{float(f'{100 * share:.2g}'):,.0f}%"


@lru_cache(maxsize=4)
def load(data: str, seed: int) -> Samples:
    """Load digits, or cut patches, for testing from every fourth strip of a photograph, for training from the rest."""
    rng = np.random.default_rng(seed)
    if data == "digits":
        train, test = load_digits("train").images, load_digits("test").images[rng.permutation(360)[:TEST]]
    else:
        photograph = load_photograph("china" if data == "china" else "flower").transpose(2, 0, 1)
        strips = np.array_split(photograph, STRIPS, axis=2)
        train = np.concatenate([cut(strip, TRAIN // 9, rng) for i, strip in enumerate(strips) if i % 4 != 3])
        test = lively_first(np.concatenate([cut(strip, TEST // 3, rng) for strip in strips[3::4]]))
    return Samples(train, test, rng.standard_normal(test.shape, np.float32))


def cut(strip: Array, count: int, rng: np.random.Generator) -> Array:
    """Cut patches (count, C, 8, 8) at random places of a strip (C, H, W)."""
    windows = np.lib.stride_tricks.sliding_window_view(strip, (SIDE, SIDE), axis=(1, 2))
    _, rows, columns = windows.shape[:3]
    chosen = windows[:, rng.integers(0, rows, count), rng.integers(0, columns, count)]
    return np.ascontiguousarray(chosen.transpose(1, 0, 2, 3))


def lively_first(patches: Array) -> Array:
    """Put eight patches in front that have something on them: from the upper third of the contrasts."""
    order = np.argsort(patches.std((1, 2, 3)), kind="stable")
    shown = order[np.linspace(len(order) * 2 // 3, len(order) - 1, SHOWN).astype(int)]
    return np.concatenate([patches[shown], np.delete(patches, shown, axis=0)])


@lru_cache(maxsize=4)
def principal(data: str, seed: int) -> Projection:
    """All principal components of the training pictures."""
    return fit_pca(load(data, seed).train)


@lru_cache(maxsize=4)
def whitening(data: str, eps: float, seed: int) -> Fitted:
    """ZCA of the training pictures."""
    return PREPROCESSORS["zca"].fit(load(data, seed).train, eps=eps)


def compute(state: State) -> Frame:
    """Take the statistics of the training pictures, and show what they do to test pictures."""
    samples = load(state.data, state.seed)
    pca, zca = principal(state.data, state.seed), whitening(state.data, state.eps, state.seed)
    centring = PREPROCESSORS[state.mean].fit(samples.train)
    subtracted = samples.test[0] - centring.apply(samples.test[:1])[0]
    noisy = samples.test + np.float32(state.noise / 100) * samples.noise
    white, white_noisy = zca.apply(samples.test), zca.apply(noisy)
    sample, few = samples.test[:SHOWN], slice(0, SHOWN)
    rows = [
        sample,
        np.concatenate([subtracted[None], around_grey(eigen_images(pca))]),
        around_grey(centring.apply(sample), 1.0),
        rebuild(pca, sample, state.components),
        noisy[few],
        around_grey(white[few], 3 * size(white)),
        around_grey(white_noisy[few], 3 * size(white)),
    ]
    at = np.linspace(0, len(pca.variances) - 1, SPECTRUM).round().astype(int)
    variances = np.maximum(pca.variances[at], 1e-12)  # of a pixel that never changes: 0, but for rounding
    noise = np.full(SPECTRUM, state.noise / 100)
    pixels = pca.mean.reshape(sample.shape[1:])
    return Frame(
        pictures=np.array([in_colour(row) for row in rows]),
        place=100 * (at + 1) / len(pca.variances),
        signal=np.sqrt(variances),
        noise=noise,
        white_signal=np.sqrt(variances / (variances + state.eps)),
        white_noise=noise / np.sqrt(variances + state.eps),
        share=size(noisy - samples.test) / size(samples.test - pixels),
        white_share=size(white_noisy - white) / size(white),
        kept=float(pca.variances[: state.components].sum() / pca.variances.sum()),
        structure=float(np.abs(pixels - pixels.mean((1, 2), keepdims=True)).max()),
        dimensions=len(pca.variances),
        state=state,
    )


def rebuild(pca: Projection, x: Array, components: int) -> Array:
    """Keep the first coordinates of x along the principal components, set the others to 0, and go back."""
    y = pca.apply(x)
    y[:, components:] = 0
    return pca.undo(y)


def eigen_images(pca: Projection) -> Array:
    """The first seven components as pictures, each filling its range (7, C, 8, 8)."""
    chosen = pca.components.T[: SHOWN - 1]
    chosen = chosen / np.abs(chosen).max(1, keepdims=True)
    return chosen.reshape(SHOWN - 1, *pca.sample)


def size(x: Array) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(x, dtype=np.float64).mean()))


def around_grey(x: Array, reach: float = 1.0) -> Array:
    """Show 0 as middle grey, −reach as black and reach as white."""
    return 0.5 + 0.5 * x / reach


def in_colour(x: Array) -> Array:
    """Turn (N, C, H, W) into (N, H, W, 3) from 0 to 1, grey if C is 1; ink is dark, as on paper."""
    x = np.clip(x.transpose(0, 2, 3, 1), 0, 1)
    return x if x.shape[3] == 3 else 1 - np.repeat(x, 3, axis=3)


def mosaic(pictures: Array) -> Array:
    """Lay rows of pictures (R, N, 8, 8, 3) out as one, a white pixel between neighbours."""
    padded = np.pad(pictures, ((0, 0), (0, 0), (0, 1), (0, 1), (0, 0)), constant_values=1)
    rows, columns, height, width, _ = padded.shape
    return padded.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, 3)[:-1, :-1]


class View:
    """The pictures on the left; signal and noise along the components, before and after whitening, on the right."""

    size = (10.4, 5.9)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_pictures(figure)
        self.before = Curves(axes(figure, (0.725, 0.565, 0.262, 0.31), "", "", "std before"))
        self.before.ax.tick_params(labelbottom=False)
        self.after = Curves(axes(figure, (0.725, 0.135, 0.262, 0.31), "", "component, % of all", "std after ZCA"))
        self.kept = cursor(self.before.ax, PURPLE, linewidth=1.6)
        self.kept_name = self.before.ax.text(0, 2.5e-4, "", color=PURPLE, fontsize=11, animated=True)

    def _make_pictures(self, figure: Figure) -> None:
        ax = figure.add_axes((0.155, 0.015, 0.49, 0.90))
        blank = mosaic(np.ones((len(ROWS), SHOWN, SIDE, SIDE, 3)))
        self.pictures = as_tiles(ax.imshow(blank, interpolation="nearest", aspect="auto", animated=True))
        ax.axis("off")
        for row, name in enumerate(ROWS):
            where = (SIDE + 1) * row + SIDE / 2 - 0.5
            ax.text(-1.5, where, name, fontsize=10, ha="right", va="center", color=INK, linespacing=1.3)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        words = f"Noise is {percent(frame.share)} of the signal, and {percent(frame.white_share)} after whitening"
        say(self.headline, words, RED if frame.white_share > 0.5 else AMBER if frame.white_share > 0.2 else BLUE)
        self.pictures.set_data(mosaic(frame.pictures))
        self.before.show(frame.place, frame.signal, frame.noise)
        self.after.show(frame.place, frame.white_signal, frame.white_noise)
        edge = 100 * frame.state.components / frame.dimensions
        self.kept.set_xdata([edge, edge])
        words = f"k = {frame.state.components}: {frame.kept:.0%}"
        self.kept_name.set(text=f" {words}" if edge < 45 else f"{words} ", x=edge, ha="left" if edge < 45 else "right")


class Curves:
    """Signal and noise in one pair of axes."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        ax.set(xlim=(0, 100), yscale="log", ylim=(1e-4, 1e2))
        self.signal = line(ax, color=BLUE, linewidth=2.2, ghost=True)
        self.noise = line(ax, color=RED, linewidth=1.8, linestyle="--", ghost=True)
        legend(ax, ("— signal", BLUE), ("- - noise", RED))

    def show(self, place: Array, signal: Array, noise: Array) -> None:
        """Set both curves."""
        self.signal.set_data(place, signal)
        self.noise.set_data(place, noise)


demo(
    __name__,
    title="What the pictures have in common",
    question=Question(
        "The two lowest rows are the same pictures, whitened without and with noise of 1 % of the pixel range, too "
        "faint to see before. You raise ε from 0.00001 to 0.01. What becomes of the two rows?",
        (
            "Both drown in noise",
            "They look alike: the noise is hardly there any more",
            "They stay as they are: the noise is in the pictures already",
        ),
        answer=1,
        explanation="Hardly any signal lies along the last components, but as much noise as along all others. "
        "Whitening divides by √(λ + ε). Where λ is smaller than ε, ε decides, and the noise is no longer blown up: "
        "it falls from 100 % of the signal to 9 %.",
        settings={"data": "digits", "eps": 1e-2, "noise": 1.0},
    ),
    others={
        "the mean of patches": Question(
            "The mean image of the digits, first in the second row, has a shape. You take patches cut from all over a "
            "photograph of a flower instead. What does their mean image show?",
            ("A blurred flower", "One flat colour", "As much detail as a single patch"),
            answer=1,
            explanation="A patch may lie anywhere, so every pixel sees the same mix of colours, and has the same "
            "mean. Digits stand in the middle of their pictures, which is what gives their mean a shape.",
            settings={"data": "flower", "mean": "mean_image"},
        ),
        "which components": Question(
            "Over all components, whitening with ε = 0.00001 makes the noise as strong as the digits. Along the first "
            "component alone, noise has 1.2 % of the std of the signal. What does it have there after whitening?",
            ("As much as the signal", "Also 1.2 %", "Nothing"),
            answer=1,
            explanation="Signal and noise along one component are divided by the same number. What changes is how much "
            "each component counts: the last ones, nearly all noise, now count as much as the first.",
            settings={"data": "digits", "eps": 1e-5, "noise": 1.0},
        ),
    },
    notice="PCA and ZCA are fitted on training pictures and applied to test pictures. Middle grey is 0 in the "
    "components, the centred and the whitened rows. Compare the two lowest rows: they come from "
    "pictures that look the same. Raise ε until they agree: it holds the faint components down.",
    presets={
        "Digits: a mean image": {"data": "digits", "mean": "mean_image", "eps": 1e-2, "noise": 1.0},
        "Patches: a mean colour": {"data": "flower", "mean": "channel_mean", "eps": 1e-1, "noise": 1.0},
        "ε too small": {"data": "flower", "eps": 1e-6, "noise": 1.0},
        "Pixels that never change": {"data": "digits", "eps": 1e-8, "noise": 0.1},
    },
)
