"""What is done to data before a network sees it: ``PREPROCESSORS["zca"].fit(train, eps=1e-2).apply(test)``.

Statistics come from the training set only, and the same ones serve the test set: ``fit`` sees the one, ``apply`` both.
All is computed in float64: rounded to float32, the mean of data far from 0 and a matrix that whitens lose digits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Protocol

import numpy as np

from coursekit.arrays import Array, float_array
from coursekit.hyperparameter import in_range
from coursekit.registry import Registry


class Fitted(Protocol):
    """What ``fit`` returns: the statistics of the training set, and what is done with them."""

    def apply(self, x: Array) -> Array:
        """Transform samples of the training set's form, in their own dtype."""

    def undo(self, y: Array) -> Array:
        """Return the samples that `apply` made ``y`` of, as far as it kept them."""


@dataclass(frozen=True)
class Scaling:
    """y = (x − μ) / s, feature by feature.

    Attributes
    ----------
    name : str
        The preprocessor's, for messages.
    mean, scale : arrays, float64
        μ, and s or 1: of the shape of one sample, or (C, 1, 1) for one number a channel.
    sample : tuple of int
        The shape of one sample.
    """

    name: str
    mean: Array
    scale: Array
    sample: tuple[int, ...]

    def apply(self, x: Array) -> Array:
        """Transform ``x`` (N, ...) with the training set's statistics."""
        x = _samples(x, f"{self.name} apply: x", self.sample)
        return ((x - self.mean) / self.scale).astype(x.dtype, copy=False)

    def undo(self, y: Array) -> Array:
        """Return x = s y + μ."""
        y = _samples(y, f"{self.name} undo: y", self.sample)
        return (y * self.scale + self.mean).astype(y.dtype, copy=False)


@dataclass(frozen=True)
class Projection:
    """y = (x − μ) M, over whole samples, each laid out as one row of D numbers.

    Attributes
    ----------
    name : str
        The preprocessor's, for messages.
    mean : (D,) array, float64
        μ.
    matrix, inverse : (D, K) and (K, D) arrays, float64
        M, and what undoes it.
    variances : (D,) array, float64
        λ: the training set's variance along each principal component, largest first.
    components : (D, D) array, float64
        U: the principal components, one a column. The largest entry of each is positive.
    sample, output : tuple of int
        The shapes of one sample before and after.
    """

    name: str
    mean: Array
    matrix: Array
    inverse: Array
    variances: Array
    components: Array
    sample: tuple[int, ...]
    output: tuple[int, ...]

    def apply(self, x: Array) -> Array:
        """Transform ``x`` (N, ...) with the training set's statistics."""
        x = _samples(x, f"{self.name} apply: x", self.sample)
        y = (x.reshape(len(x), len(self.mean)) - self.mean) @ self.matrix
        return y.reshape(len(x), *self.output).astype(x.dtype, copy=False)

    def undo(self, y: Array) -> Array:
        """Return x = y M⁻¹ + μ; what lay along dropped components stays lost."""
        y = _samples(y, f"{self.name} undo: y", self.output)
        x = y.reshape(len(y), len(self.inverse)) @ self.inverse + self.mean
        return x.reshape(len(y), *self.sample).astype(y.dtype, copy=False)


@dataclass(frozen=True)
class Preprocessor:
    """One way to prepare data.

    Attributes
    ----------
    name, label : str
        The key in `PREPROCESSORS`, and the name for people.
    fit : callable
        ``fit(train, **options) -> Fitted``; ``train`` is (N, ...), one sample a row.
    images : bool
        Whether it is for images (N, C, H, W) only.
    formula, verdict, source : str
        LaTeX without dollar signs; what to use it for; where it is from.
    """

    name: str
    label: str
    fit: Callable[..., Fitted]
    formula: str
    verdict: str
    source: str
    images: bool = False


PREPROCESSORS: Registry[Preprocessor] = Registry("preprocessor")


def _samples(x: Array, where: str, sample: tuple[int, ...]) -> Array:
    x = float_array(x, where)
    if x.shape[1:] != sample or x.ndim == 0:
        expected = ", ".join(map(str, ("N", *sample)))
        raise ValueError(f"{where} must have shape ({expected}), like the training set, but its shape is {x.shape}.")
    return x


def _train(train: Array, name: str, images: bool = False) -> Array:
    """Return the training set in float64, and refuse to take statistics of nothing."""
    where = f"{name} fit: train"
    train = float_array(train, where, 4 if images else None, "(N, C, H, W)")
    if train.ndim < 2:
        raise ValueError(f"{where} must have one sample a row, (N, D) or (N, C, H, W), but its shape is {train.shape}.")
    if train.size == 0:
        raise ValueError(f"{where} must hold at least one value, but its shape is {train.shape}.")
    return train.astype(np.float64, copy=False)


def _centred(name: str, train: Array, axes: int | tuple[int, ...], images: bool = False) -> Scaling:
    train = _train(train, name, images)
    mean = train.mean(axes)
    mean = mean.reshape(-1, 1, 1) if axes != 0 else mean
    return Scaling(name, mean, np.ones_like(mean), train.shape[1:])


def centre(train: Array) -> Scaling:
    """Fit y = x − μ: each feature's mean over the training set ``train`` (N, ...) becomes 0."""
    return _centred("centre", train, 0)


def mean_image(train: Array) -> Scaling:
    """Fit y = x − μ with one mean for every pixel of ``train`` (N, C, H, W)."""
    return _centred("mean_image", train, 0, images=True)


def channel_mean(train: Array) -> Scaling:
    """Fit y = x − μ with one mean for each channel of ``train`` (N, C, H, W)."""
    return _centred("channel_mean", train, (0, 2, 3), images=True)


def standardise(train: Array, eps: float = 1e-10) -> Scaling:
    """Fit y = (x − μ) / σ: each feature has mean 0 and standard deviation 1 over the training set.

    Parameters
    ----------
    train : (N, ...) array
        The training set.
    eps : float
        A feature with σ ≤ eps |μ| is constant but for rounding: it is centred and divided by 1.

    Returns
    -------
    Scaling

    Examples
    --------
    >>> fitted = standardise(np.array([[0.0, 5.0], [2.0, 5.0]]))
    >>> fitted.apply(np.array([[3.0, 5.0]]))
    array([[2., 0.]])
    """
    train = _train(train, "standardise")
    in_range(eps, "standardise fit: eps", 0)
    mean, std = train.mean(0), train.std(0)
    return Scaling("standardise", mean, np.where(std <= eps * np.abs(mean), 1.0, std), train.shape[1:])


def pca(train: Array, components: int | None = None) -> Projection:
    """Fit y = (x − μ) U: coordinates along the principal components, uncorrelated, largest variance first.

    Parameters
    ----------
    train : (N, ...) array
        The training set, at least two samples. N samples spread along N − 1 components at most.
    components : int, optional
        How many are kept; all of the D unless given.

    Returns
    -------
    Projection

    Raises
    ------
    ValueError
        If there are fewer than two samples, or one is not finite, or ``components`` is not 1 to D.
    """
    sample, mean, variances, axes = _principal(train, "pca")
    kept = len(mean) if components is None else components
    if not isinstance(kept, Integral) or kept not in range(1, len(mean) + 1):
        raise ValueError(f"pca fit: components must be a whole number from 1 to {len(mean)}, but is {components!r}.")
    chosen = axes[:, :kept]
    return Projection("pca", mean, chosen, chosen.T, variances, axes, sample, (kept,))


def pca_whitening(train: Array, eps: float = 1e-5) -> Projection:
    """Fit y = (x − μ) U / √(λ + ε): coordinates along the principal components, each of variance λ / (λ + ε).

    Parameters
    ----------
    train : (N, ...) array
        The training set, at least two samples.
    eps : float
        ε: what keeps directions of almost no variance, mostly noise, from being blown up.

    Returns
    -------
    Projection

    Raises
    ------
    ValueError
        If there are fewer than two samples, one is not finite, or λ + ε is 0 somewhere.
    """
    sample, mean, variances, axes = _principal(train, "pca_whitening")
    scale = _root("pca_whitening", variances, eps)
    inverse = (axes * scale).T
    return Projection("pca_whitening", mean, axes / scale, inverse, variances, axes, sample, (len(mean),))


def zca(train: Array, eps: float = 1e-5) -> Projection:
    """Fit y = (x − μ) U diag(1 / √(λ + ε)) Uᵀ: whitened, then turned back, so that an image still looks like itself.

    Parameters
    ----------
    train : (N, ...) array
        The training set, at least two samples.
    eps : float
        ε, as for `pca_whitening`.

    Returns
    -------
    Projection
        Its output has the shape of its input.

    Raises
    ------
    ValueError
        As for `pca_whitening`.
    """
    sample, mean, variances, axes = _principal(train, "zca")
    scale = _root("zca", variances, eps)
    return Projection("zca", mean, axes / scale @ axes.T, axes * scale @ axes.T, variances, axes, sample, sample)


def _principal(train: Array, name: str) -> tuple[tuple[int, ...], Array, Array, Array]:
    """Return one sample's shape, μ (D,), λ (D,) largest first, and U (D, D) with UᵀU = I and cov = U diag(λ) Uᵀ."""
    train = _train(train, name)
    rows = train.reshape(len(train), -1)
    if len(rows) < 2:
        raise ValueError(f"{name} fit: train holds one sample, but a covariance needs at least two.")
    if not np.isfinite(rows).all():
        raise ValueError(f"{name} fit: train holds NaN or infinity, which would spread to every feature.")
    mean = rows.mean(0)
    centred = rows - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(rows))
    variances, axes = np.maximum(variances[::-1], 0), axes[:, ::-1]  # rounding can make a variance of 0 negative
    largest = np.abs(axes).argmax(0)
    return train.shape[1:], mean, variances, axes * np.sign(axes[largest, np.arange(len(mean))])


def _root(name: str, variances: Array, eps: float) -> Array:
    """√(λ + ε)."""
    in_range(eps, f"{name} fit: eps", 0)
    if variances[-1] + eps == 0:
        raise ValueError(
            f"{name} fit: eps must keep every variance λ + eps above 0, but eps is {eps!r} and the smallest variance "
            f"{variances[-1]:.3g}. Try 1e-5."
        )
    scale: Array = np.sqrt(variances + eps)
    return scale


EFFICIENT = "LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, section 4.3"
PREPROCESSORS.add(
    Preprocessor(
        "centre",
        "Zero-centred",
        centre,
        formula=r"y = x - \mu",
        verdict="Always: a sample whose inputs share a sign gives a unit's weight gradients one sign.",
        source=EFFICIENT,
    )
)
PREPROCESSORS.add(
    Preprocessor(
        "standardise",
        "Standardised",
        standardise,
        formula=r"y = \tfrac{x - \mu}{\sigma}",
        verdict="When features have different units; pixels share one, so images seldom need it.",
        source=EFFICIENT,
    )
)
PREPROCESSORS.add(
    Preprocessor(
        "pca",
        "Decorrelated (PCA)",
        pca,
        formula=r"y = (x - \mu)\,U, \quad \Sigma = U \Lambda U^{\top}",
        verdict="To see along which directions data varies, or to keep the few that matter.",
        source="Pearson (1901), On lines and planes of closest fit to systems of points in space",
    )
)
PREPROCESSORS.add(
    Preprocessor(
        "pca_whitening",
        "Whitened (PCA)",
        pca_whitening,
        formula=r"y = (x - \mu)\,U\,(\Lambda + \varepsilon I)^{-1/2}",
        verdict="Makes loss contours round; blows up noise in directions of small variance unless ε holds it down.",
        source=EFFICIENT,
    )
)
PREPROCESSORS.add(
    Preprocessor(
        "zca",
        "Whitened (ZCA)",
        zca,
        formula=r"y = (x - \mu)\,U\,(\Lambda + \varepsilon I)^{-1/2}\,U^{\top}",
        verdict="The whitening that changes data least: images keep their edges. Costly, and seldom used.",
        source="Bell and Sejnowski (1997), The independent components of natural scenes are edge filters",
    )
)
PREPROCESSORS.add(
    Preprocessor(
        "mean_image",
        "Minus the mean image",
        mean_image,
        formula=r"y_{chw} = x_{chw} - \mu_{chw}",
        verdict="As AlexNet: one mean for every pixel, so all images must have one size.",
        source="Krizhevsky, Sutskever and Hinton (2012), section 2",
        images=True,
    )
)
PREPROCESSORS.add(
    Preprocessor(
        "channel_mean",
        "Minus the channel means",
        channel_mean,
        formula=r"y_{chw} = x_{chw} - \mu_c",
        verdict="As VGG: three numbers for any image size, and as good.",
        source="Simonyan and Zisserman (2015), section 2.1",
        images=True,
    )
)
