"""The activation functions of the course, each with everything known about it: ``ACTIVATIONS["relu"].forward(x)``."""

from coursekit.activations import rectifiers, saturating, smooth  # noqa: F401  (they fill the registry)
from coursekit.activations.record import ACTIVATIONS, Activation, ElementwiseCache

__all__ = ["ACTIVATIONS", "Activation", "ElementwiseCache"]
