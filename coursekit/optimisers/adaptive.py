"""A step size for each parameter, by the squares of its gradients: AdaGrad, RMSProp, Adam, AdamW."""

from coursekit.hyperparameter import Hyperparameter
from coursekit.kernels import optim
from coursekit.optimisers.optimiser import WEIGHT_DECAY, Optimiser


class AdaGrad(Optimiser):
    """A rate for each parameter, by all its gradients so far: s ← s + g²; θ ← θ − η g / (√s + ε).

    ε stands outside the root.

    Parameters
    ----------
    lr, weight_decay : float
        See `Optimiser`. State: ``{"step", "s"}``.
    eps : float
        ε: keeps the division defined where every gradient was 0.

    References
    ----------
    J. Duchi, E. Hazan and Y. Singer (2011), Adaptive subgradient methods for online learning and stochastic
    optimization, figure 1 (diagonal matrices).
    """

    name = "adagrad"
    label = "AdaGrad"
    formula = r"s \leftarrow s + g^2, \quad \theta \leftarrow \theta - \eta\, \frac{g}{\sqrt{s} + \varepsilon}"
    params = (Hyperparameter("eps", 1e-10, 1e-12, 1e-2, "ε: added to the root, outside it"), WEIGHT_DECAY)
    memory = ("s",)
    verdict = "Good for rare features. Its steps only shrink, and deep networks stop before they have learned."
    source = "Duchi, Hazan and Singer (2011), Adaptive subgradient methods, figure 1"
    pytorch = "torch.optim.Adagrad(net.parameters(), lr={lr!r})"
    kernel = staticmethod(optim.adagrad)
    eps: float

    def numbers(self, t: int) -> tuple[float, ...]:
        return self.lr, self.eps, self.weight_decay


class RMSProp(Optimiser):
    """AdaGrad that forgets: s ← β s + (1 − β) g²; θ ← θ − η g / (√s + ε).

    ε stands outside the root. s starts at 0 and is not corrected for it, so the first steps are long: the first has
    size η / √(1 − β).

    Parameters
    ----------
    lr, weight_decay : float
        See `Optimiser`. State: ``{"step", "s"}``.
    beta : float
        β: the share of the running mean that stays; 0.9 as in the lecture (PyTorch calls it alpha and takes 0.99).
    eps : float
        ε.

    References
    ----------
    T. Tieleman and G. Hinton (2012), Neural networks for machine learning, lecture 6.5.
    """

    name = "rmsprop"
    label = "RMSProp"
    formula = (
        r"s \leftarrow \beta s + (1 - \beta)\, g^2, \quad "
        r"\theta \leftarrow \theta - \eta\, \frac{g}{\sqrt{s} + \varepsilon}"
    )
    params = (
        Hyperparameter("beta", 0.9, 0.0, 0.999, "β: the share of the mean square that stays"),
        Hyperparameter("eps", 1e-8, 1e-10, 1e-2, "ε: added to the root, outside it"),
        WEIGHT_DECAY,
    )
    memory = ("s",)
    verdict = "Keeps AdaGrad's rate for each parameter and goes on learning. Long used for recurrent networks."
    source = "Tieleman and Hinton (2012), Neural networks for machine learning, lecture 6.5"
    pytorch = "torch.optim.RMSprop(net.parameters(), lr={lr!r}, alpha={beta!r})"
    kernel = staticmethod(optim.rmsprop)
    beta: float
    eps: float

    def numbers(self, t: int) -> tuple[float, ...]:
        return self.lr, self.beta, 1 - self.beta, self.eps, self.weight_decay


class Adam(Optimiser):
    """Momentum over RMSProp, both corrected for their start at 0.

    m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ), θ ← θ − η m̂ / (√v̂ + ε).

    The correction is 1 − βᵗ, with the step's number as exponent: at t = 1 it makes m̂ = g and v̂ = g², so that the first
    step has size η for any gradient; later it fades. ε stands outside the root.

    ``weight_decay`` is L2 here: λ θ joins g, and so it is divided by √v̂ like the rest. Parameters with large gradients
    decay less than others. `AdamW` does not divide it.

    Parameters
    ----------
    lr, weight_decay : float
        See `Optimiser`. State: ``{"step", "m", "v"}``.
    beta1, beta2 : float
        β₁, β₂: the shares of the mean gradient and of the mean square that stay.
    eps : float
        ε.

    References
    ----------
    D. Kingma and J. Ba (2015), Adam: a method for stochastic optimization, algorithm 1.
    """

    name = "adam"
    label = "Adam"
    formula = (
        r"m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \quad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \quad "
        r"\theta \leftarrow \theta - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \varepsilon}"
    )
    params = (
        Hyperparameter("beta1", 0.9, 0.0, 0.99, "β₁: the share of the mean gradient that stays"),
        Hyperparameter("beta2", 0.999, 0.0, 0.9999, "β₂: the share of the mean square that stays"),
        Hyperparameter("eps", 1e-8, 1e-10, 1e-2, "ε: added to the root, outside it"),
        WEIGHT_DECAY,
    )
    memory = ("m", "v")
    verdict = "Works in most places at its defaults: the first to try."
    source = "Kingma and Ba (2015), Adam: a method for stochastic optimization, algorithm 1"
    pytorch = "torch.optim.Adam(net.parameters(), lr={lr!r})"
    kernel = staticmethod(optim.adam)
    beta1: float
    beta2: float
    eps: float

    def numbers(self, t: int) -> tuple[float, ...]:
        return *self._moments(t), self.weight_decay, 0.0

    def _moments(self, t: int) -> tuple[float, ...]:
        unbias1, unbias2 = 1 / (1 - self.beta1**t), 1 / (1 - self.beta2**t)
        return self.lr, self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2, unbias1, unbias2, self.eps


class AdamW(Adam):
    """Adam with weight decay beside the gradient: θ ← θ − η λ θ − η m̂ / (√v̂ + ε).

    m̂ and v̂ are those of `Adam` and do not see λ, so every parameter decays by the same share η λ a step. With L2
    inside the gradient, as in `Adam`, the decay would be divided by √v̂. For `SGD` the two are the same. The paper's λ
    is η λ here; as in PyTorch the decay follows the learning rate and its schedule.

    Parameters
    ----------
    lr, beta1, beta2, eps : float
        See `Adam`. State: ``{"step", "m", "v"}``.
    weight_decay : float
        λ; 0.01 is common. At 0, the default, this is Adam.

    References
    ----------
    I. Loshchilov and F. Hutter (2019), Decoupled weight decay regularization, algorithm 2.
    """

    name = "adamw"
    label = "AdamW"
    formula = (
        r"\theta \leftarrow \theta - \eta \lambda \theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}, \quad "
        r"\hat m = \frac{m}{1 - \beta_1^t}, \quad \hat v = \frac{v}{1 - \beta_2^t}"
    )
    verdict = "Adam whose weight decay is even: the choice where decay matters, as in transformers."
    source = "Loshchilov and Hutter (2019), Decoupled weight decay regularization, algorithm 2"
    pytorch = "torch.optim.AdamW(net.parameters(), lr={lr!r}, weight_decay={weight_decay!r})"

    def numbers(self, t: int) -> tuple[float, ...]:
        return *self._moments(t), 0.0, self.lr * self.weight_decay
