"""The exercises of chapter 07: normalise over the batch, go back, remember for test time, fold, and do without."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def batch_norm_forward(
    x: Array, gamma: Array, beta: Array, running_mean: Array, running_var: Array, training: bool, eps: float
) -> Array:
    """Return γ (x − μ) / √(σ² + ε) + β, with the batch's statistics in training and the running ones at test time."""
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
    else:
        mean, var = running_mean, running_var
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def _batches_and_modes(rng: np.random.Generator) -> list[Case]:
    """Training and test by turns; the second batch is square, so that a wrong axis fits."""
    return [
        (
            rng.normal(rng.normal(size=units), rng.uniform(0.5, 3, units), (samples, units)),
            rng.uniform(0.5, 2, units),
            rng.normal(size=units),
            rng.normal(size=units),
            rng.uniform(0.5, 3, units),
            training,
            eps,
        )
        for samples, units, training, eps in (
            (7, 3, True, 0.1),
            (5, 5, True, 0.2),
            (6, 4, False, 0.1),
            (4, 4, False, 0.3),
        )
    ]


def _wrong_axis(x, gamma, beta, running_mean, running_var, training, eps):
    if not training:
        return batch_norm_forward(x, gamma, beta, running_mean, running_var, training, eps)
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def _one_mean_for_all(x, gamma, beta, running_mean, running_var, training, eps):
    if not training:
        return batch_norm_forward(x, gamma, beta, running_mean, running_var, training, eps)
    return gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta


def _unbiased(x, gamma, beta, running_mean, running_var, training, eps):
    if not training:
        return batch_norm_forward(x, gamma, beta, running_mean, running_var, training, eps)
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + eps) + beta


def _statistics(x, running_mean, running_var, training):
    """Both right, for the wrong answers that go astray behind them."""
    return (x.mean(axis=0), x.var(axis=0)) if training else (running_mean, running_var)


def _no_root(x, gamma, beta, running_mean, running_var, training, eps):
    mean, var = _statistics(x, running_mean, running_var, training)
    return gamma * (x - mean) / (var + eps) + beta


def _eps_outside(x, gamma, beta, running_mean, running_var, training, eps):
    mean, var = _statistics(x, running_mean, running_var, training)
    return gamma * (x - mean) / (np.sqrt(var) + eps) + beta


def _no_eps(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, beta, running_mean, running_var, training, 0.0)


def _no_scale(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, np.ones_like(gamma), 0 * beta, running_mean, running_var, training, eps)


def _shift_first(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, gamma * beta, running_mean, running_var, training, eps)


def _always_training(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, beta, running_mean, running_var, True, eps)


def _always_running(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, beta, running_mean, running_var, False, eps)


def _modes_swapped(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, beta, running_mean, running_var, not training, eps)


exercise(
    batch_norm_forward,
    task=(
        "Return y (N, D): x normalised unit by unit, scaled by gamma and shifted by beta, with the batch's "
        "statistics in training and the running ones otherwise."
    ),
    returns=("y",),
    cases=_batches_and_modes,
    misconceptions=(
        Misconception(
            "wrong axis",
            _wrong_axis,
            "you average over the units of a sample. Each unit has its own mean and variance, over the batch.",
        ),
        Misconception(
            "one mean for all",
            _one_mean_for_all,
            "you take one mean and one variance for all units. Each unit has its own: name the axis.",
        ),
        Misconception(
            "unbiased in training",
            _unbiased,
            "in training it is the plain variance, with 1/N. N − 1 belongs to the running variance.",
        ),
        Misconception(
            "no root",
            _no_root,
            "you divide by the variance. The result has variance 1 if you divide by the standard deviation.",
        ),
        Misconception(
            "epsilon outside the root",
            _eps_outside,
            "epsilon is added to the variance, under the root, not to its root.",
        ),
        Misconception(
            "no epsilon",
            _no_eps,
            "epsilon is missing: a unit that says the same to every sample has variance 0.",
        ),
        Misconception(
            "no gamma and beta",
            _no_scale,
            "that is the normalised x. The unit still has to scale it by gamma and shift it by beta.",
        ),
        Misconception(
            "shift before scale",
            _shift_first,
            "you scale beta too. First multiply by gamma, then add beta.",
        ),
        Misconception(
            "always the batch",
            _always_training,
            "training is right. At test time running_mean and running_var take the place of the batch's own.",
        ),
        Misconception(
            "always the running statistics",
            _always_running,
            "test time is right. In training the statistics are those of the batch x itself.",
        ),
        Misconception(
            "modes swapped",
            _modes_swapped,
            "you have the two modes the wrong way round: the batch's own statistics belong to training.",
        ),
    ),
    hints=(
        "First choose mean and var: of x along axis 0 in training, else the running ones. All have shape (D,).",
        "x̂ = (x − mean) / √(var + eps). NumPy applies a (D,) array to every row of x.",
        "y = gamma · x̂ + beta.",
    ),
    takeaway="One line for both modes; only where mean and variance come from differs.",
)


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


def conv_batch_norm(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    """Batch norm of images (N, C, H, W): each channel is one long column of N · H · W values."""
    n, c, h, w = x.shape
    columns = x.transpose(0, 2, 3, 1).reshape(-1, c)
    y = gamma * (columns - columns.mean(axis=0)) / np.sqrt(columns.var(axis=0) + eps) + beta
    return y.reshape(n, h, w, c).transpose(0, 3, 1, 2)


def _images(rng: np.random.Generator) -> list[Case]:
    """Three batches of images; the last are as wide as they have channels, so that a wrong broadcast fits."""
    return [
        (
            rng.normal(rng.normal(size=(c, 1, 1)), rng.uniform(0.5, 3, (c, 1, 1)), (n, c, h, w)),
            rng.uniform(0.5, 2, c),
            rng.normal(size=c),
            eps,
        )
        for n, c, h, w, eps in ((3, 2, 4, 5, 0.1), (4, 3, 2, 3, 0.2), (2, 4, 3, 4, 0.05))
    ]


def _along(axis: tuple[int, ...] | int, x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    """Normalise over ``axis``, then scale and shift each channel."""
    x_hat = (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(x.var(axis=axis, keepdims=True) + eps)
    return gamma[:, None, None] * x_hat + beta[:, None, None]


def _reshape_only(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    columns = x.reshape(-1, x.shape[1])
    y = gamma * (columns - columns.mean(axis=0)) / np.sqrt(columns.var(axis=0) + eps) + beta
    return y.reshape(x.shape)


def _not_turned_back(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    return conv_batch_norm(x, gamma, beta, eps).transpose(0, 2, 3, 1).reshape(x.shape)


def _channels_last(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    return conv_batch_norm(x, gamma, beta, eps).transpose(0, 2, 3, 1)


def _gamma_along_width(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    axis = (0, 2, 3)
    return gamma * (x - x.mean(axis=axis, keepdims=True)) / np.sqrt(x.var(axis=axis, keepdims=True) + eps) + beta


def _by_channel(x: Array, gamma: Array, beta: Array, spread: Array) -> Array:
    """Take the mean away, divide each channel by ``spread`` (C,), then scale and shift."""
    wide = (slice(None), None, None)
    return gamma[wide] * (x - x.mean(axis=(0, 2, 3))[wide]) / spread[wide] + beta[wide]


exercise(
    conv_batch_norm,
    task=(
        "Return batch norm of images x (N, C, H, W) with the batch's own statistics: one mean, variance, gamma "
        "and beta a channel."
    ),
    returns=("y",),
    cases=_images,
    misconceptions=(
        Misconception(
            "one mean a pixel",
            lambda x, gamma, beta, eps: _along(0, x, gamma, beta, eps),
            "you take a mean for every pixel. A convolution treats all places alike; so must its batch norm.",
        ),
        Misconception(
            "one mean an image",
            lambda x, gamma, beta, eps: _along((2, 3), x, gamma, beta, eps),
            "you normalise every image by itself. The statistics of a channel also run over the samples.",
        ),
        Misconception(
            "one mean a sample",
            lambda x, gamma, beta, eps: _along((1, 2, 3), x, gamma, beta, eps),
            "you normalise every sample over all of its channels. Each channel has statistics of its own.",
        ),
        Misconception(
            "one mean for all",
            lambda x, gamma, beta, eps: _along((0, 1, 2, 3), x, gamma, beta, eps),
            "you take one mean and variance for everything. Each channel has its own.",
        ),
        Misconception(
            "reshaped without transposing",
            _reshape_only,
            "a reshape moves no numbers: your columns mix the channels. Bring the channel axis to the end first.",
        ),
        Misconception(
            "not turned back",
            _not_turned_back,
            "the numbers are right, but in the wrong places: before you turn the channels back, undo the reshape.",
        ),
        Misconception(
            "channels last",
            _channels_last,
            "the numbers are right, but the channels are still the last axis. y has the shape of x.",
        ),
        Misconception(
            "gamma along the width",
            _gamma_along_width,
            "mean and variance are right, but gamma (C,) meets the last axis of x, which is the width. Give it the "
            "shape of the channels.",
        ),
        Misconception(
            "no root",
            lambda x, gamma, beta, eps: _by_channel(x, gamma, beta, x.var(axis=(0, 2, 3)) + eps),
            "the axes are right, but you divide by the variance. Divide by the standard deviation, its root.",
        ),
        Misconception(
            "epsilon outside the root",
            lambda x, gamma, beta, eps: _by_channel(x, gamma, beta, x.std(axis=(0, 2, 3)) + eps),
            "the axes are right. Epsilon is added to the variance, under the root, not to its root.",
        ),
        Misconception(
            "no epsilon",
            lambda x, gamma, beta, eps: _by_channel(x, gamma, beta, x.std(axis=(0, 2, 3))),
            "the axes are right, but epsilon is left out. It is added to the variance, under the root.",
        ),
        Misconception(
            "unbiased",
            lambda x, gamma, beta, eps: _by_channel(x, gamma, beta, np.sqrt(x.var(axis=(0, 2, 3), ddof=1) + eps)),
            "the axes are right. Here it is the plain variance, with 1/m; m − 1 belongs to the running one.",
        ),
        Misconception(
            "no gamma and beta",
            lambda x, gamma, beta, eps: conv_batch_norm(x, np.ones_like(gamma), 0 * beta, eps),
            "that is the normalised x. Each channel still has to be scaled by its gamma and shifted by its beta.",
        ),
        Misconception(
            "shift before scale",
            lambda x, gamma, beta, eps: conv_batch_norm(x, gamma, gamma * beta, eps),
            "you scale beta too. First multiply by gamma, then add beta.",
        ),
    ),
    hints=(
        "Over which axes does one channel's mean run? Over all but the channel's own.",
        "Bring the channels to the end, x.transpose(0, 2, 3, 1), and reshape to (N·H·W, C): now it is batch norm "
        "of rows.",
        "Reshape the result to (N, H, W, C), and .transpose(0, 3, 1, 2) brings the channels back.",
    ),
    takeaway="A channel is one unit, seen at N · H · W places: that is how many values its statistics are made of.",
)


def running_variance(running: Array, x: Array, momentum: float) -> Array:
    """(1 − momentum) · running + momentum · m / (m − 1) · σ² of the batch."""
    m = len(x)
    return (1 - momentum) * running + momentum * x.var(axis=0) * m / (m - 1)


def _running(rng: np.random.Generator) -> list[Case]:
    return [
        (
            rng.uniform(0.5, 3, units),
            rng.normal(rng.normal(size=units), rng.uniform(0.5, 3, units), (samples, units)),
            momentum,
        )
        for samples, units, momentum in ((5, 3, 0.1), (2, 4, 0.3), (8, 2, 0.05))
    ]


exercise(
    running_variance,
    task="Return the running variance (D,) after the batch x (N, D); the newest batch has the weight momentum.",
    returns=("running",),
    cases=_running,
    misconceptions=(
        Misconception(
            "biased",
            lambda running, x, momentum: (1 - momentum) * running + momentum * x.var(axis=0),
            "you keep the variance with 1/m, which is too small on average. Make up for that.",
        ),
        Misconception(
            "the other way round",
            lambda running, x, momentum: (1 - momentum) * running + momentum * x.var(axis=0) * (len(x) - 1) / len(x),
            "you make the variance smaller still. An estimate that is too small on average has to grow.",
        ),
        Misconception(
            "momentum of the old",
            lambda running, x, momentum: momentum * running + (1 - momentum) * x.var(axis=0, ddof=1),
            "here momentum is the weight of the newest batch; you give it to the old average.",
        ),
        Misconception(
            "no average",
            lambda running, x, momentum: x.var(axis=0, ddof=1),
            "that is the estimate from this batch alone. Let it move the running average by a little.",
        ),
        Misconception(
            "added up",
            lambda running, x, momentum: running + momentum * x.var(axis=0, ddof=1),
            "your average only grows: what is added must be taken from the old one.",
        ),
        Misconception(
            "standard deviation",
            lambda running, x, momentum: (1 - momentum) * running + momentum * x.std(axis=0, ddof=1),
            "you mix a standard deviation into a variance.",
        ),
        Misconception(
            "average of deviations",
            lambda running, x, momentum: ((1 - momentum) * np.sqrt(running) + momentum * x.std(axis=0, ddof=1)) ** 2,
            "you average standard deviations and square the result. It is the variances that are averaged.",
        ),
        Misconception(
            "one variance for all",
            lambda running, x, momentum: (1 - momentum) * running + momentum * x.var(ddof=1),
            "you take one variance for all units. Each unit has its own: name the axis.",
        ),
    ),
    hints=(
        "The batch's own estimate first: right on average, along axis 0, with N − 1 below the line.",
        "x.var(axis=0) · m / (m − 1), with m = len(x), or x.var(axis=0, ddof=1).",
        "new = (1 − momentum) · running + momentum · estimate.",
    ),
    takeaway="Training divides by the batch's plain variance; what is kept for test time is its unbiased estimate.",
)


def fold_batch_norm(
    w: Array, b: Array, gamma: Array, beta: Array, running_mean: Array, running_var: Array, eps: float
) -> tuple[Array, Array]:
    """Return w and b of the one linear layer that does what x w + b and batch norm at test time do together."""
    scale = gamma / np.sqrt(running_var + eps)
    return w * scale, scale * (b - running_mean) + beta


def _trained(rng: np.random.Generator) -> list[Case]:
    """Three layers; the second is square, so that a scale along the wrong axis fits."""
    return [
        (
            rng.normal(size=(inputs, units)),
            rng.normal(size=units),
            rng.uniform(0.5, 2, units),
            *rng.normal(size=(2, units)),
            rng.uniform(0.5, 3, units),
            eps,
        )
        for inputs, units, eps in ((5, 3, 0.1), (4, 4, 0.2), (2, 6, 0.05))
    ]


def _fold_by(scale: Array, w: Array, b: Array, beta: Array, mean: Array) -> tuple[Array, Array]:
    return w * scale, scale * (b - mean) + beta


def _fold_shift(shift: Callable[..., Array]) -> Callable[..., Any]:
    """Return the fold with the right weights and the bias ``shift(scale, b, beta, mean)``."""

    def wrong(w, b, gamma, beta, running_mean, running_var, eps):
        scale = gamma / np.sqrt(running_var + eps)
        return w * scale, shift(scale, b, beta, running_mean)

    return wrong


def _fold_scale(scale: Callable[..., Array]) -> Callable[..., Any]:
    """Return the fold with the scale ``scale(gamma, var, eps)``."""

    def wrong(w, b, gamma, beta, running_mean, running_var, eps):
        return _fold_by(scale(gamma, running_var, eps), w, b, beta, running_mean)

    return wrong


def _scaled_inputs(w, b, gamma, beta, running_mean, running_var, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return w * scale[:, None], scale * (b - running_mean) + beta


def _weights_left(w, b, gamma, beta, running_mean, running_var, eps):
    return w, fold_batch_norm(w, b, gamma, beta, running_mean, running_var, eps)[1]


exercise(
    fold_batch_norm,
    task=(
        "Return w (D, H) and b (H,) of one linear layer that does what x w + b, followed by batch norm at test time, "
        "does."
    ),
    returns=("w", "b"),
    cases=_trained,
    misconceptions=(
        Misconception(
            "old bias forgotten",
            _fold_shift(lambda scale, b, beta, mean: beta - scale * mean),
            "w is right. The layer's own bias passes batch norm too, and is missing in yours.",
        ),
        Misconception(
            "old bias not scaled",
            _fold_shift(lambda scale, b, beta, mean: b + beta - scale * mean),
            "w is right. The old bias stands before batch norm, so it is scaled with everything else.",
        ),
        Misconception(
            "mean not scaled",
            _fold_shift(lambda scale, b, beta, mean: scale * b + beta - mean),
            "w is right. The mean is taken away before the scale, so it is scaled too.",
        ),
        Misconception(
            "mean added",
            _fold_shift(lambda scale, b, beta, mean: scale * (b + mean) + beta),
            "w is right. The running mean is taken away, and you add it.",
        ),
        Misconception(
            "beta scaled",
            _fold_shift(lambda scale, b, beta, mean: scale * (b - mean + beta)),
            "w is right. beta is added after the scale: it stays as it is.",
        ),
        Misconception(
            "beta forgotten",
            _fold_shift(lambda scale, b, beta, mean: scale * (b - mean)),
            "w is right. beta is missing in your bias.",
        ),
        Misconception(
            "only the bias",
            _weights_left,
            "b is right. The weights have to take over the scale of batch norm.",
        ),
        Misconception(
            "rows scaled",
            _scaled_inputs,
            "b is right. Each unit is a column of w, and it is the columns that are scaled.",
        ),
        Misconception(
            "no root",
            _fold_scale(lambda gamma, var, eps: gamma / (var + eps)),
            "you divide by the variance. Batch norm divides by its root.",
        ),
        Misconception(
            "epsilon outside the root",
            _fold_scale(lambda gamma, var, eps: gamma / (np.sqrt(var) + eps)),
            "epsilon is added to the variance, under the root, not to its root.",
        ),
        Misconception(
            "no epsilon",
            _fold_scale(lambda gamma, var, eps: gamma / np.sqrt(var)),
            "epsilon is left out. It is added to the variance, under the root.",
        ),
        Misconception(
            "no gamma",
            _fold_scale(lambda gamma, var, eps: 1 / np.sqrt(var + eps)),
            "gamma is left out: it is part of the scale.",
        ),
    ),
    hints=(
        "Write batch norm at test time as scale · z + shift, with z = x w + b. What is scale, and what is shift?",
        "scale = gamma / √(running_var + eps), and scale · (x w + b − running_mean) + beta is what must come out.",
        "Multiply out: what stands at x is the new w, all the rest is the new b.",
    ),
    takeaway="At test time batch norm is one scale and one shift a unit, and the layer before it can do both.",
)


def layer_norm(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    """Return γ x̂ + β for x (N, D), x̂ normalised sample by sample."""
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def _samples(rng: np.random.Generator) -> list[Case]:
    """Three batches; the second is square, so that a wrong axis fits, the third is a single sample."""
    return [
        (
            rng.normal(rng.normal(size=(samples, 1)), rng.uniform(0.5, 3, (samples, 1)), (samples, units)),
            rng.uniform(0.5, 2, units),
            rng.normal(size=units),
            eps,
        )
        for samples, units, eps in ((3, 5, 0.1), (4, 4, 0.2), (1, 6, 0.05))
    ]


def _layer_by(x: Array, gamma: Array, beta: Array, spread: Array) -> Array:
    return gamma * (x - x.mean(axis=1, keepdims=True)) / spread + beta


def _no_keepdims(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    return gamma * (x - x.mean(axis=1)) / np.sqrt(x.var(axis=1) + eps) + beta


exercise(
    layer_norm,
    task="Return y (N, D): each sample of x normalised over its own D units, then scaled by gamma, shifted by beta.",
    returns=("y",),
    cases=_samples,
    misconceptions=(
        Misconception(
            "batch norm",
            lambda x, gamma, beta, eps: gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta,
            "that is batch norm: you average over the samples. Here each sample is measured over its own units.",
        ),
        Misconception(
            "one mean for all",
            lambda x, gamma, beta, eps: gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta,
            "you take one mean and variance for the whole batch. Each sample has its own.",
        ),
        Misconception(
            "no keepdims",
            _no_keepdims,
            "the axis is right, but a mean of shape (N,) meets the last axis of x, the units. Keep it a column: "
            "keepdims=True.",
        ),
        Misconception(
            "rms norm",
            lambda x, gamma, beta, eps: gamma * x / np.sqrt((x**2).mean(axis=1, keepdims=True) + eps) + beta,
            "that is nearly RMS norm: you do not take the mean away.",
        ),
        Misconception(
            "no root",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, x.var(axis=1, keepdims=True) + eps),
            "you divide by the variance. Divide by the standard deviation, its root.",
        ),
        Misconception(
            "epsilon outside the root",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, x.std(axis=1, keepdims=True) + eps),
            "epsilon is added to the variance, under the root, not to its root.",
        ),
        Misconception(
            "no epsilon",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, x.std(axis=1, keepdims=True)),
            "epsilon is left out. It is added to the variance, under the root.",
        ),
        Misconception(
            "unbiased",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, np.sqrt(x.var(axis=1, keepdims=True, ddof=1) + eps)),
            "here it is the plain variance, with 1/D.",
        ),
        Misconception(
            "no gamma and beta",
            lambda x, gamma, beta, eps: layer_norm(x, np.ones_like(gamma), 0 * beta, eps),
            "that is the normalised x. Each unit still has to be scaled by its gamma and shifted by its beta.",
        ),
        Misconception(
            "shift before scale",
            lambda x, gamma, beta, eps: layer_norm(x, gamma, gamma * beta, eps),
            "you scale beta too. First multiply by gamma, then add beta.",
        ),
    ),
    hints=(
        "Batch norm averages down the columns of x, layer norm along its rows.",
        "x.mean(axis=1, keepdims=True) has shape (N, 1) and meets every unit of its own sample.",
        "y = gamma · (x − mean) / √(var + eps) + beta, as ever.",
    ),
    takeaway="Only the axis changes; but now no sample depends on another, so training and use are the same.",
)
