"""Section 6: the gradient of what mean and variance of the batch have gone into."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def batch_norm_backward(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    """Gradients of the training-mode output: dβ = Σ δ, dγ = Σ δ x̂, dx = γ/σ (δ − mean(δ) − x̂ mean(δ x̂))."""
    sigma = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / sigma
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma / sigma * (dout - dbeta / len(x) - x_hat * dgamma / len(x))
    return dx, dgamma, dbeta


def _upstream(rng: np.random.Generator) -> list[Case]:
    return [
        (
            rng.normal(size=(samples, units)),
            rng.normal(rng.normal(size=units), rng.uniform(0.5, 3, units), (samples, units)),
            rng.uniform(0.5, 2, units),
            eps,
        )
        for samples, units, eps in ((6, 3, 0.1), (4, 4, 0.2), (9, 2, 0.05))
    ]


def _normalised(x: Array, eps: float) -> tuple[Array, Array]:
    sigma = np.sqrt(x.var(axis=0) + eps)
    return (x - x.mean(axis=0)) / sigma, sigma


def _with_dx(dx: Array, dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    """Put a wrong dx before the right dγ and dβ."""
    return dx, *batch_norm_backward(dout, x, gamma, eps)[1:]


def _statistics_constant(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    return _with_dx(gamma / _normalised(x, eps)[1] * dout, dout, x, gamma, eps)


def _no_variance_path(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    return _with_dx(gamma / _normalised(x, eps)[1] * (dout - dout.mean(axis=0)), dout, x, gamma, eps)


def _no_mean_path(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    x_hat, sigma = _normalised(x, eps)
    return _with_dx(gamma / sigma * (dout - x_hat * (dout * x_hat).mean(axis=0)), dout, x, gamma, eps)


def _sums_in_dx(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    x_hat, sigma = _normalised(x, eps)
    dx = gamma / sigma * (dout - dout.sum(axis=0) - x_hat * (dout * x_hat).sum(axis=0))
    return _with_dx(dx, dout, x, gamma, eps)


def _no_gamma(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    dx, dgamma, dbeta = batch_norm_backward(dout, x, gamma, eps)
    return dx / gamma, dgamma, dbeta


def _divided_by_variance(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    dx, dgamma, dbeta = batch_norm_backward(dout, x, gamma, eps)
    return dx / _normalised(x, eps)[1], dgamma, dbeta


def _backward_by(x_hat: Array, sigma: Array, dout: Array, gamma: Array) -> tuple[Array, Array, Array]:
    """Return the three gradients as they follow from a wrong x̂ and its σ."""
    dx = gamma / sigma * (dout - dout.mean(axis=0) - x_hat * (dout * x_hat).mean(axis=0))
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def _backward_eps_outside(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    sigma = x.std(axis=0) + eps
    return _backward_by((x - x.mean(axis=0)) / sigma, sigma, dout, gamma)


def _backward_no_root(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    sigma = x.var(axis=0) + eps
    return _backward_by((x - x.mean(axis=0)) / sigma, sigma, dout, gamma)


def _backward_unbiased(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    sigma = np.sqrt(x.var(axis=0, ddof=1) + eps)
    return _backward_by((x - x.mean(axis=0)) / sigma, sigma, dout, gamma)


def _backward_one_mean_for_all(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    sigma = np.sqrt(x.var() + eps)
    return _backward_by((x - x.mean()) / sigma, sigma, dout, gamma)


def _backward_wrong_axis(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    sigma = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    return _backward_by((x - x.mean(axis=1, keepdims=True)) / sigma, sigma, dout, gamma)


def _corrections_of_one_number(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    x_hat, sigma = _normalised(x, eps)
    return _with_dx(gamma / sigma * (dout - dout.mean() - x_hat * (dout * x_hat).mean()), dout, x, gamma, eps)


def _corrections_added(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    x_hat, sigma = _normalised(x, eps)
    dx = gamma / sigma * (dout + dout.mean(axis=0) + x_hat * (dout * x_hat).mean(axis=0))
    return _with_dx(dx, dout, x, gamma, eps)


def _multiplied_by_sigma(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    dx, dgamma, dbeta = batch_norm_backward(dout, x, gamma, eps)
    return dx * _normalised(x, eps)[1] ** 2, dgamma, dbeta


def _gamma_in_parameters(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    dx, dgamma, dbeta = batch_norm_backward(dout, x, gamma, eps)
    return dx, gamma * dgamma, gamma * dbeta


def _means_for_parameters(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    dx, dgamma, dbeta = batch_norm_backward(dout, x, gamma, eps)
    return dx, dgamma / len(x), dbeta / len(x)


def _raw_x_in_dgamma(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    dx, _, dbeta = batch_norm_backward(dout, x, gamma, eps)
    return dx, (dout * x).sum(axis=0), dbeta


def _swapped(dout: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    dx, dgamma, dbeta = batch_norm_backward(dout, x, gamma, eps)
    return dx, dbeta, dgamma


exercise(
    batch_norm_backward,
    task="Return dx, dgamma and dbeta of batch norm in training mode, from dout and the input x, both (N, D).",
    returns=("dx", "dgamma", "dbeta"),
    cases=_upstream,
    misconceptions=(
        Misconception(
            "statistics held constant",
            _statistics_constant,
            "dgamma and dbeta are right. Your dx takes mean and variance for constants, but x moves them too.",
        ),
        Misconception(
            "no path through the variance",
            _no_variance_path,
            "dgamma and dbeta are right. Your dx knows that x moves the mean, but x moves the variance as well.",
        ),
        Misconception(
            "no path through the mean",
            _no_mean_path,
            "dgamma and dbeta are right. Your dx knows that x moves the variance, but x moves the mean as well.",
        ),
        Misconception(
            "sums in dx",
            _sums_in_dx,
            "dgamma and dbeta are right. In dx the two corrections are means over the batch: each sample moves "
            "mean and variance by one Nth only.",
        ),
        Misconception(
            "no gamma",
            _no_gamma,
            "dgamma and dbeta are right. On its way to dx the gradient passes the scale gamma first.",
        ),
        Misconception(
            "divided by the variance",
            _divided_by_variance,
            "dgamma and dbeta are right. dx is divided once by the standard deviation, not by the variance.",
        ),
        Misconception(
            "means for dgamma and dbeta",
            _means_for_parameters,
            "dx is right. gamma and beta serve all N samples, so their gradients are sums; the 1/N of a mean loss "
            "is already in dout.",
        ),
        Misconception(
            "gamma in dgamma and dbeta",
            _gamma_in_parameters,
            "dx is right. gamma multiplies what goes on to x; its own gradient, and beta's, do not contain it.",
        ),
        Misconception(
            "corrections added",
            _corrections_added,
            "dgamma and dbeta are right. In dx you add the two corrections; mean and variance take away.",
        ),
        Misconception(
            "corrections of one number",
            _corrections_of_one_number,
            "dgamma and dbeta are right. In dx each unit has corrections of its own: name the axis of the two means.",
        ),
        Misconception(
            "multiplied by the deviation",
            _multiplied_by_sigma,
            "dgamma and dbeta are right. Forward divides by the standard deviation, and so does dx.",
        ),
        Misconception(
            "epsilon outside the root",
            _backward_eps_outside,
            "epsilon is added to the variance, under the root, not to its root.",
        ),
        Misconception(
            "no epsilon",
            lambda dout, x, gamma, eps: batch_norm_backward(dout, x, gamma, 0.0),
            "dbeta is right. The forward pass divides by √(var + eps): your σ leaves epsilon out.",
        ),
        Misconception(
            "no root",
            _backward_no_root,
            "dbeta is right. Your σ is the variance; x̂ is divided by its root.",
        ),
        Misconception(
            "unbiased",
            _backward_unbiased,
            "dbeta is right. Forward divides by the plain variance, with 1/N; N − 1 belongs to the running one.",
        ),
        Misconception(
            "one mean for all",
            _backward_one_mean_for_all,
            "dbeta is right. You take one mean and one variance for all units. Each unit has its own: name the axis.",
        ),
        Misconception(
            "wrong axis",
            _backward_wrong_axis,
            "dbeta is right. You take mean and variance over the units of a sample; they run over the batch.",
        ),
        Misconception(
            "x in dgamma",
            _raw_x_in_dgamma,
            "dx and dbeta are right. What gamma multiplies is not x itself.",
        ),
        Misconception(
            "swapped",
            _swapped,
            "you return dbeta before dgamma. Return dx, dgamma, dbeta.",
        ),
    ),
    hints=(
        "First compute x̂ and σ = √(var + eps) as in the forward pass. dbeta and dgamma are sums over the batch.",
        "x reaches y in three ways: directly, through the mean, and through the variance. Their sum is "
        "γ/σ · (dout − something for the mean − something for the variance).",
        "The mean takes away the mean of dout; the variance takes away x̂ times the mean of dout · x̂.",
    ),
    takeaway="dx is what is left of dout without its mean and without its part along x̂, scaled by γ/σ.",
)
