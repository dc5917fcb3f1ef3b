"""The exercises of chapter 02, in the order of the course."""

from importlib import import_module

for _file in ("product_gate", "max_gate", "whole_layer", "two_layers", "differences"):
    import_module(f"{__name__}.{_file}")
