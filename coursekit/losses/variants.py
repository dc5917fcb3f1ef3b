"""Variants of softmax cross-entropy: focal loss for easy samples in excess, and a margin in the angle."""

import math

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, float_array
from coursekit.hyperparameter import Hyperparameter, in_range
from coursekit.kernels import loss as kernels
from coursekit.losses.loss import LOSSES, Loss
from coursekit.losses.targets import class_labels


def focal(scores: Array, y: ArrayLike, gamma: float = 2.0) -> tuple[float, Array]:
    """Mean focal loss, L = −(1 − p_y)^γ log p_y with p = softmax(s): samples that are right already hardly count.

    Its gradient is that of the cross-entropy times (1 − p_y)^γ − γ p_y (1 − p_y)^(γ − 1) log p_y, a number a sample.

    Parameters
    ----------
    scores : (N, C) array
        Unnormalised scores (logits).
    y : (N,) array of int
        Class numbers, 0 … C − 1.
    gamma : float
        γ ≥ 0; 0 is the cross-entropy.

    Returns
    -------
    loss : float
        In nats; (1 − 1/C)^γ log C for scores that are all equal.
    dscores : (N, C) array

    Raises
    ------
    TypeError, ValueError
        See `class_labels` and `coursekit.arrays.float_array`; and if γ is not a number of at least 0.
    """
    in_range(gamma, "focal: gamma", 0)
    scores = float_array(scores, "focal: scores", 2, "(N, C)")
    labels = class_labels(y, scores, "focal")
    losses, dscores = np.empty(len(scores)), np.empty_like(scores)  # of the cross-entropy, −log p_y
    kernels.softmax_cross_entropy(scores, labels, 1.0, losses, dscores)
    doubt = -np.expm1(-losses)  # 1 − p_y
    # −log p_y / (1 − p_y), which tends to 1 as p_y does
    ratio = np.divide(losses, doubt, out=np.ones_like(losses), where=doubt > 0)
    weight = doubt**gamma
    dscores *= (weight * (1 + gamma * np.exp(-losses) * ratio)).astype(scores.dtype)[:, None]
    return float((weight * losses).mean()), dscores


LOSSES.add(
    Loss(
        "focal",
        "Focal",
        focal,
        formula=r"L = -(1 - p_y)^{\gamma} \log p_y, \quad p = \mathrm{softmax}(s)",
        gradient=r"\frac{\partial L}{\partial s_j} = "
        r"\left((1 - p_y)^{\gamma} - \gamma\, p_y (1 - p_y)^{\gamma - 1} \log p_y\right) (p_j - \mathbf{1}[j = y])",
        y="classes",
        params=(Hyperparameter("gamma", 2.0, 0.0, 5.0, "how strongly easy samples are played down"),),
        verdict="For many easy samples and few hard ones, as in object detection.",
        source="Lin, Goyal, Girshick, He and Dollár (2017), Focal loss for dense object detection, equation 4",
    )
)


def large_margin_softmax(
    scores: Array, y: ArrayLike, m: int = 2, norms: ArrayLike | None = None
) -> tuple[float, Array]:
    """Mean cross-entropy after the right score s_y = r cos θ is replaced by r ψ(θ), which is harder to make large.

    ψ(θ) = (−1)ᵏ cos(mθ) − 2k for kπ/m ≤ θ ≤ (k + 1)π/m falls from 1 at θ = 0 to 1 − 2m at θ = π, below cos θ all the
    way. To win, x must lie within about 1/m of the angle that cross-entropy would ask for.

    Parameters
    ----------
    scores : (N, C) array
        sⱼ = ‖wⱼ‖ ‖x‖ cos θⱼ, the scores of a last layer without bias.
    y : (N,) array of int
        Class numbers, 0 … C − 1.
    m : int
        The margin, at least 1; 1 is the cross-entropy.
    norms : (N,) array or float, optional
        r = ‖w_y‖ ‖x‖ of each sample, from which cos θ = s_y / r. It is held fixed: ``dscores`` is ∂L/∂s at constant r.
        If it is left out, the scores are taken for the features themselves (wⱼ the unit vectors, x = s): r = ‖s‖, and
        the gradient runs through it too.

    Returns
    -------
    loss : float
        In nats.
    dscores : (N, C) array

    Raises
    ------
    TypeError, ValueError
        See `class_labels` and `coursekit.arrays.float_array`; if m is not a whole number of at least 1; or if an r does
        not fit: neither (N,) nor a number, or smaller than |s_y|.

    References
    ----------
    Liu, Wen, Yu and Yang (2016), Large-margin softmax loss for convolutional neural networks, equations 4 to 7.
    """
    in_range(m, "large_margin_softmax: m", 1)
    if m != int(m):
        raise ValueError(f"large_margin_softmax: m must be a whole number, for which cos(mθ) fits, but is {m!r}.")
    scores = float_array(scores, "large_margin_softmax: scores", 2, "(N, C)")
    labels = class_labels(y, scores, "large_margin_softmax")
    rows = np.arange(len(scores))
    own = scores[rows, labels].astype(np.float64)  # s_y
    r = np.linalg.norm(scores.astype(np.float64), axis=1) if norms is None else _norms(norms, own)
    nonzero = np.where(r == 0, 1, r)  # at r = 0 there is no angle; 90° is taken
    cosine = np.clip(own / nonzero, -1, 1)
    psi, slope = _psi(cosine, int(m))

    moved = scores.copy()
    moved[rows, labels] = r * psi
    losses, dscores = np.empty(len(scores)), np.empty_like(scores)
    total = kernels.softmax_cross_entropy(moved, labels, 1.0, losses, dscores)
    dmoved = dscores[rows, labels].astype(np.float64)  # ∂L/∂(r ψ)
    dscores[rows, labels] = dmoved * slope  # ∂(r ψ)/∂s_y at constant r = dψ/dcos θ
    if norms is None:
        dr = dmoved * (psi - cosine * slope)  # ∂(r ψ)/∂r at constant s_y
        dscores += (dr / nonzero).astype(scores.dtype)[:, None] * scores
    return float(total) / len(scores), dscores


def _psi(cosine: Array, m: int) -> tuple[Array, Array]:
    """Return ψ(θ) and dψ/dcos θ = (−1)ᵏ m sin(mθ) / sin θ; equations 6 and 7.

    cos(mθ) and sin(mθ) / sin θ are polynomials in cos θ, so nothing is divided by sin θ = 0.
    """
    cos_m, sine_ratio = cosine, np.ones_like(cosine)
    for _ in range(m - 1):
        # cos(a + θ) = cos a cos θ − sin a sin θ,  sin(a + θ) = sin a cos θ + cos a sin θ
        cos_m, sine_ratio = cos_m * cosine - sine_ratio * (1 - cosine**2), sine_ratio * cosine + cos_m
    k = np.minimum(np.floor(np.arccos(cosine) * m / math.pi), m - 1)
    sign = 1 - 2 * (k % 2)  # (−1)ᵏ
    return sign * cos_m - 2 * k, sign * m * sine_ratio


def _norms(norms: ArrayLike, own: Array) -> Array:
    r = float_array(norms, "large_margin_softmax: norms").astype(np.float64)
    if r.shape not in ((), own.shape):
        raise ValueError(
            f"large_margin_softmax: norms must be one number or have shape {own.shape}, one a sample, but their shape "
            f"is {r.shape}."
        )
    r = np.broadcast_to(r, own.shape)
    short = ~(np.abs(own) <= r * (1 + 1e-5)) & ~np.isnan(own)  # the slack is for rounding in float32
    if short.any():
        n = short.argmax()
        raise ValueError(
            f"large_margin_softmax: norms are ‖w_y‖ ‖x‖ and cannot be smaller than |s_y|, but for sample {n} they are "
            f"{r[n]:.6g} and {abs(own[n]):.6g}."
        )
    return r


LOSSES.add(
    Loss(
        "large_margin_softmax",
        "Large-margin softmax",
        large_margin_softmax,
        formula=r"L = \log\Big(e^{r \psi(\theta)} + \sum_{j \ne y} e^{s_j}\Big) - r\,\psi(\theta), \quad "
        r"\psi(\theta) = (-1)^k \cos(m\theta) - 2k, \quad s_y = r \cos\theta",
        gradient=r"\frac{\partial L}{\partial s_j} = p_j \ (j \ne y), \quad "
        r"\frac{\partial L}{\partial s_y} = (p_y - 1)\,(-1)^k\, m\, "
        r"\frac{\sin m\theta}{\sin\theta} \quad (r \text{ fixed})",
        y="classes",
        params=(Hyperparameter("m", 2, 1, 4, "the margin: how many times narrower the angle must be"),),
        verdict="For features close together within a class and far apart between classes, as in recognising faces.",
        source="Liu, Wen, Yu and Yang (2016), Large-margin softmax loss, equations 4 to 7",
    )
)
