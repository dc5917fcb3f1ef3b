"""One learning rate for all parameters: plain gradient descent, momentum, Nesterov momentum."""

from coursekit.hyperparameter import Hyperparameter
from coursekit.kernels import optim
from coursekit.optimisers.optimiser import WEIGHT_DECAY, Optimiser

MOMENTUM = Hyperparameter("momentum", 0.9, 0.0, 0.99, "μ: the share of the velocity that stays")


class SGD(Optimiser):
    """Gradient descent: θ ← θ − η g.

    Parameters
    ----------
    lr, weight_decay : float
        See `Optimiser`. State: ``{"step"}``.

    Examples
    --------
    >>> params = {"w": np.array([1.0, 2.0])}
    >>> opt = SGD(lr=0.5)
    >>> opt.step(params, {"w": np.array([2.0, -2.0])}, opt.init(params))
    >>> params["w"]
    array([0., 3.])

    References
    ----------
    H. Robbins and S. Monro (1951), A stochastic approximation method.
    """

    name = "sgd"
    label = "Gradient descent"
    formula = r"\theta \leftarrow \theta - \eta\, g"
    params = (WEIGHT_DECAY,)
    verdict = "The plain form against which the others are measured. Slow along the floor of a ravine."
    source = "Robbins and Monro (1951), A stochastic approximation method"
    pytorch = "torch.optim.SGD(net.parameters(), lr={lr!r})"
    kernel = staticmethod(optim.sgd)

    def __init__(self, *place: float, lr: float | None = None, **hyperparameters: float) -> None:
        for other in ("nesterov", "momentum"):  # elsewhere options of this one
            if other in hyperparameters:
                raise TypeError(
                    f"sgd has no parameter {other!r}: that is an optimiser of its own, OPTIMISERS[{other!r}](lr=0.01)."
                )
        super().__init__(*place, lr=lr, **hyperparameters)

    def numbers(self, t: int) -> tuple[float, ...]:
        return self.lr, self.weight_decay


class Momentum(Optimiser):
    """Gradient descent with a velocity: v ← μ v + g; θ ← θ − η v.

    This is PyTorch's form. Papers often write v ← μ v − η g; θ ← θ + v: the same path as long as η stays, but here a
    new η acts on the whole velocity at once.

    Parameters
    ----------
    lr, weight_decay : float
        See `Optimiser`. State: ``{"step", "v"}``.
    momentum : float
        μ. A constant gradient ends at a velocity of g / (1 − μ).

    References
    ----------
    B. Polyak (1964), Some methods of speeding up the convergence of iteration methods; Sutskever et al. (2013),
    equations 1 and 2.
    """

    name = "momentum"
    label = "Momentum"
    formula = r"v \leftarrow \mu v + g, \quad \theta \leftarrow \theta - \eta\, v"
    params = (MOMENTUM, WEIGHT_DECAY)
    memory = ("v",)
    verdict = "Averages the zig-zag of a ravine away and gathers speed along its floor. The usual choice for vision."
    source = "Polyak (1964), Some methods of speeding up the convergence of iteration methods"
    pytorch = "torch.optim.SGD(net.parameters(), lr={lr!r}, momentum={momentum!r})"
    kernel = staticmethod(optim.momentum)
    momentum: float

    def numbers(self, t: int) -> tuple[float, ...]:
        return self.lr, self.momentum, self.weight_decay


class Nesterov(Optimiser):
    """Momentum that looks ahead: v ← μ v + g; θ ← θ − η (g + μ v).

    Nesterov's method takes the gradient where the velocity is about to lead, at θ − η μ v. Written for that look-ahead
    point itself, which is the one that a network holds, it becomes the form above: PyTorch's.

    Parameters
    ----------
    lr, momentum, weight_decay : float
        See `Optimiser` and `Momentum`. State: ``{"step", "v"}``.

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl and G. Hinton (2013), On the importance of initialization and momentum in deep
    learning, equations 3 and 4; Y. Nesterov (1983).
    """

    name = "nesterov"
    label = "Nesterov momentum"
    formula = r"v \leftarrow \mu v + g, \quad \theta \leftarrow \theta - \eta\,(g + \mu v)"
    params = (MOMENTUM, WEIGHT_DECAY)
    memory = ("v",)
    verdict = "As momentum, but it brakes before the far wall instead of on it."
    source = (
        "Sutskever, Martens, Dahl and Hinton (2013), On the importance of initialization and momentum, equations 3–4"
    )
    pytorch = "torch.optim.SGD(net.parameters(), lr={lr!r}, momentum={momentum!r}, nesterov=True)"
    kernel = staticmethod(optim.nesterov)
    momentum: float

    def numbers(self, t: int) -> tuple[float, ...]:
        return self.lr, self.momentum, self.weight_decay
