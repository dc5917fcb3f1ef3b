"""The exercises of chapter 11, in the order of the course."""

from importlib import import_module

for _file in ("signs", "budget"):
    import_module(f"{__name__}.{_file}")
