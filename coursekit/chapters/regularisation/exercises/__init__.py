"""The exercises of chapter 09, in the order of the course."""

from importlib import import_module

for _file in ("sparse", "decay", "stopping", "dropout", "bagging", "attack"):
    import_module(f"{__name__}.{_file}")
