"""The live figures of the course, one file each. A new file in this folder is a new demo: it registers itself."""

from importlib import import_module
from pkgutil import iter_modules

from coursekit.demos.record import DEMOS, Demo, Prediction

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["DEMOS", "Demo", "Prediction"]
