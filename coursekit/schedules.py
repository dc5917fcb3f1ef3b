"""Learning-rate schedules: ``SCHEDULES["cosine"](total=100)`` gives a function from step to a factor of the base rate.

A schedule is a pure function: ``schedule(t)`` for t = 0, 1, … is a number from 0 to 1, and the learning rate of step t
is base rate × ``schedule(t)``. Counting epochs instead of steps works as well, with ``total`` and the like in epochs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import ClassVar

from coursekit.hyperparameter import Hyperparameter
from coursekit.registry import Registry


@dataclass(frozen=True)
class Schedule:
    """What all schedules share.

    Attributes
    ----------
    name, label : str
        The key in `SCHEDULES`, and the name for people.
    formula : str
        LaTeX, without dollar signs: the factor f(t).
    params : tuple of Hyperparameter
        Its numbers, with a range for sliders.
    verdict, source : str
        What to use it for, and the paper.

    Raises
    ------
    ValueError
        If a number is out of range: counts are whole and at least 1, the others lie from 0 to 1.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    formula: ClassVar[str]
    params: ClassVar[tuple[Hyperparameter, ...]] = ()
    verdict: ClassVar[str]
    source: ClassVar[str]

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            number = isinstance(value, Real) and not isinstance(value, bool)
            if field.type is int and not (number and isinstance(value, Integral) and int(value) >= 1):
                raise ValueError(f"{self.name}: {field.name} must be a whole number of at least 1, but is {value!r}.")
            if field.type is float and not (number and 0 <= value <= 1):
                raise ValueError(f"{self.name}: {field.name} must be a number from 0 to 1, but is {value!r}.")
            if field.type in (int, float):  # Python's own: a small integer of NumPy would overflow at a later step
                object.__setattr__(self, field.name, field.type(value))

    def __call__(self, t: int) -> float:
        """Return the factor f(t) of step t = 0, 1, …"""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Schedule):
    """The base rate throughout: f(t) = 1."""

    name = "constant"
    label = "Constant"
    formula = "f(t) = 1"
    verdict = "The one to begin with: first find the rate, then a schedule."
    source = (
        "Robbins and Monro (1951), A stochastic approximation method, shows why it cannot settle with noisy gradients"
    )

    def __call__(self, t: int) -> float:
        return 1.0


@dataclass(frozen=True)
class Step(Schedule):
    """A sudden drop now and then: f(t) = drop^⌊t / every⌋.

    Parameters
    ----------
    every : int
        So many steps between drops.
    drop : float
        What is left of the rate after a drop.

    Examples
    --------
    >>> schedule = Step(every=2, drop=0.5)
    >>> [schedule(t) for t in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun (2016), Deep residual learning for image recognition, section 4.2.
    """

    name = "step"
    label = "Step"
    formula = r"f(t) = d^{\lfloor t / k \rfloor}"
    params = (
        Hyperparameter("every", 30, 1, 1000, "k: steps between two drops"),
        Hyperparameter("drop", 0.1, 0.05, 0.9, "d: what is left of the rate after a drop"),
    )
    verdict = "Look where the loss stalls, and drop there. Each drop shows as a cliff in the loss."
    source = "He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, section 4.2"
    every: int = 30
    drop: float = 0.1

    def __call__(self, t: int) -> float:
        return float(self.drop ** (t // self.every))


@dataclass(frozen=True)
class Exponential(Schedule):
    """The same share is left after every step: f(t) = decayᵗ.

    Parameters
    ----------
    decay : float
        What is left after one step.

    References
    ----------
    Y. Bengio (2012), Practical recommendations for gradient-based training of deep architectures, section 3.1.1,
    discusses this and other decays.
    """

    name = "exponential"
    label = "Exponential"
    formula = "f(t) = d^t"
    params = (Hyperparameter("decay", 0.99, 0.9, 1.0, "d: what is left of the rate after one step"),)
    verdict = "Smooth, but quick to become too small: choose the decay so that a hundredth is left at the end."
    source = "Bengio (2012), Practical recommendations for gradient-based training of deep architectures, section 3.1.1"
    decay: float = 0.99

    def __call__(self, t: int) -> float:
        return float(self.decay**t)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from 1 to the floor: f(t) = floor + (1 − floor) (1 + cos(π t / total)) / 2, the floor afterwards.

    Parameters
    ----------
    total : int
        Steps until the floor.
    floor : float
        The last factor.

    References
    ----------
    I. Loshchilov and F. Hutter (2017), SGDR: stochastic gradient descent with warm restarts, equation 5.
    """

    name = "cosine"
    label = "Cosine"
    formula = r"f(t) = f_{\min} + (1 - f_{\min}) \tfrac{1}{2} (1 + \cos(\pi t / T)), \quad t \le T"
    params = (
        Hyperparameter("total", 100, 1, 1000, "T: steps until the floor"),
        Hyperparameter("floor", 0.0, 0.0, 0.5, "f_min: the last factor"),
    )
    verdict = "A good default when the number of steps is known: long at high rates, and a gentle landing."
    source = "Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts, equation 5"
    total: int = 100
    floor: float = 0.0

    def __call__(self, t: int) -> float:
        if t >= self.total:
            return float(self.floor)
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * t / self.total)) / 2


@dataclass(frozen=True)
class Warmup(Schedule):
    """A linear rise over the first k steps, then any other schedule: f(t) = (t + 1) / k for t < k, else then(t − k).

    Parameters
    ----------
    steps : int
        k. The first step has 1 / k of the rate, step k all of it.
    then : callable
        From a step, counted from the end of the warm-up, to a factor.

    Examples
    --------
    >>> schedule = Warmup(steps=4, then=Step(every=2, drop=0.5))
    >>> [schedule(t) for t in range(8)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 0.5, 0.5]

    References
    ----------
    P. Goyal et al. (2017), Accurate, large minibatch SGD: training ImageNet in 1 hour, section 2.2.
    """

    name = "warmup"
    label = "Warm-up"
    formula = r"f(t) = \frac{t + 1}{k}, \quad t < k"
    params = (Hyperparameter("steps", 10, 1, 500, "k: steps until the full rate"),)
    verdict = "For large rates and for Adam, whose first steps rest on few gradients."
    source = "Goyal et al. (2017), Accurate, large minibatch SGD: training ImageNet in 1 hour, section 2.2"
    steps: int = 10
    then: Callable[[int], float] = Constant()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.then) or isinstance(self.then, type):
            raise ValueError(f"{self.name}: then must be a schedule, e.g. Cosine(total=100), but is {self.then!r}.")

    def __call__(self, t: int) -> float:
        return (t + 1) / self.steps if t < self.steps else self.then(t - self.steps)


SCHEDULES: Registry[type[Schedule]] = Registry("schedule")
for kind in (Constant, Step, Exponential, Cosine, Warmup):
    SCHEDULES.add(kind)
