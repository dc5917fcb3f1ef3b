"""The exercises of chapter 10, in the order of the course."""

from importlib import import_module

for _file in ("factors", "residual", "clipping", "lstm", "truncated", "report"):
    import_module(f"{__name__}.{_file}")
