"""The exercises of chapter 03, in the order of the course."""

from importlib import import_module

for _file in ("places", "forward", "parameters", "way_back", "pooling", "deep_units", "work"):
    import_module(f"{__name__}.{_file}")
