"""The exercises of chapter 05: centre, scale and whiten with the training set's statistics, and with no others."""

from importlib import import_module

for _section in ("scaling", "whitening", "images", "layers", "statistics"):  # in the order of the chapter
    import_module(f"{__name__}.{_section}")
