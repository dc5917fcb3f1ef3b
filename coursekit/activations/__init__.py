"""The activation functions of the course, each with everything known about it: ``ACTIVATIONS["relu"].forward(x)``."""

from importlib import import_module

from coursekit.activations.activation import ACTIVATIONS, Activation, ElementwiseCache

for _family in ("rectifiers", "plain", "saturating", "softmax", "smooth"):  # in the order of menus and tables
    import_module(f"{__name__}.{_family}")

#: Names of the course's activations that act on each element by itself.
ELEMENTWISE = tuple(record.name for record in ACTIVATIONS.values() if record.elementwise)

__all__ = ["ACTIVATIONS", "ELEMENTWISE", "Activation", "ElementwiseCache"]
