"""The exercises of chapter 04, in the order of the course."""

from importlib import import_module

for _file in ("saturation", "dead_units", "bump", "relatives", "learned_bend", "own_activation"):
    import_module(f"{__name__}.{_file}")
