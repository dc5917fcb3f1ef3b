"""The exercises of chapter 01, a file for each section that has one, in the order of the course."""

from importlib import import_module

SECTIONS = (
    *("gradient_descent", "hinge", "softmax", "first_loss", "huber", "label_smoothing", "bits", "output_pairs"),
    "penalty",
)

for _section in SECTIONS:
    import_module(f"{__name__}.{_section}")
