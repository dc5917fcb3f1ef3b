"""The exercises of chapter 07, in the order of the course."""

from importlib import import_module

for _file in ("both_modes", "running", "folding", "images", "way_back", "turning", "without_batch"):
    import_module(f"{__name__}.{_file}")
