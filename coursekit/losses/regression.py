"""Losses of a regression: squared, absolute and Huber, each the mean over all numbers, as in PyTorch."""

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, float_array
from coursekit.hyperparameter import Hyperparameter, in_range
from coursekit.kernels import loss as kernels
from coursekit.losses.loss import LOSSES, Loss
from coursekit.losses.targets import values_like


def mse(scores: Array, y: ArrayLike) -> tuple[float, Array]:
    """Mean squared error, L = mean (s − y)², without a factor ½, and its gradient 2 (s − y) / M.

    Parameters
    ----------
    scores : (N,), (N, K) or any other array of M numbers
        Predictions.
    y : array of the same shape
        What they should be. (N,) and (N, 1) may stand for each other.

    Returns
    -------
    loss : float
        The mean over all M = N · K numbers, not the sum over K.
    dscores : array of the shape of scores

    Raises
    ------
    TypeError, ValueError
        See `coursekit.losses.targets.values_like` and `coursekit.arrays.float_array`.
    """
    scores = float_array(scores, "mse: scores")
    y = values_like(y, scores, "mse")
    dscores = np.empty_like(scores)
    total = kernels.mse(scores.reshape(-1), y.reshape(-1), dscores.reshape(-1))
    return float(total) / scores.size, dscores


LOSSES.add(
    Loss(
        "mse",
        "Squared error",
        mse,
        formula=r"L = (s - y)^2",
        gradient=r"\frac{\partial L}{\partial s} = 2\,(s - y)",
        y="values",
        verdict="Right for Gaussian noise, whose −log likelihood it is. One outlier outweighs many small errors.",
        source="Bishop (2006), Pattern Recognition and Machine Learning, equation 3.12, with a factor ½",
    )
)


def mae(scores: Array, y: ArrayLike) -> tuple[float, Array]:
    """Mean absolute error, L = mean |s − y|, and its gradient sign(s − y) / M.

    At s = y any slope from −1 to 1 is a subgradient; 0 is taken. Parameters, Returns and Raises as for `mse`.
    """
    scores = float_array(scores, "mae: scores")
    y = values_like(y, scores, "mae")
    dscores = np.empty_like(scores)
    total = kernels.mae(scores.reshape(-1), y.reshape(-1), dscores.reshape(-1))
    return float(total) / scores.size, dscores


LOSSES.add(
    Loss(
        "mae",
        "Absolute error",
        mae,
        formula=r"L = |s - y|",
        gradient=r"\frac{\partial L}{\partial s} = \mathrm{sign}(s - y)",
        y="values",
        kinks=lambda scores, y: np.abs(scores - values_like(y, scores, "mae")),
        verdict="Its minimum is the median, so outliers hardly move it. The step does not shrink near the target.",
        source="Bishop (2006), Pattern Recognition and Machine Learning, section 1.5.5, with q = 1",
    )
)


def huber(scores: Array, y: ArrayLike, delta: float = 1.0) -> tuple[float, Array]:
    """Mean of the Huber loss, L = ½ e² for |e| ≤ δ, else δ (|e| − δ/2), with e = s − y.

    Its gradient is the error, held within ±δ, ÷ M.

    Parameters
    ----------
    scores, y : arrays of one shape
        As for `mse`.
    delta : float
        Where the parabola goes over into straight lines, without a kink. Large: half of `mse`; small: δ times `mae`.

    Returns
    -------
    loss, dscores
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`, and if ``delta`` is not a positive number.
    """
    in_range(delta, "huber: delta", 0, above=True)
    scores = float_array(scores, "huber: scores")
    y = values_like(y, scores, "huber")
    dscores = np.empty_like(scores)
    total = kernels.huber(scores.reshape(-1), y.reshape(-1), float(delta), dscores.reshape(-1))
    return float(total) / scores.size, dscores


LOSSES.add(
    Loss(
        "huber",
        "Huber",
        huber,
        formula=r"L = \frac{1}{2} e^2 \ (|e| \le \delta), \quad \delta\,(|e| - \tfrac{\delta}{2}) \ (|e| > \delta), "
        r"\quad e = s - y",
        gradient=r"\frac{\partial L}{\partial s} = \min(\max(s - y, -\delta), \delta)",
        y="values",
        params=(Hyperparameter("delta", 1.0, 0.05, 5.0, "the error at which the parabola turns into a line"),),
        verdict="Smooth near the target as the squared error, and as deaf to outliers as the absolute one.",
        source="Huber (1964), Robust estimation of a location parameter",
    )
)
