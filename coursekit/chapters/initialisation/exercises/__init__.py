"""The exercises of chapter 06, in the order of the course."""

from importlib import import_module

for _file in ("equal_units", "fading", "rules", "measuring", "own_activation"):
    import_module(f"{__name__}.{_file}")
