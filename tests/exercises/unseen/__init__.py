"""Answers as learners write them, invented without a look at the known mistakes, each judged by hand.

The checker was not built on them: `test_unseen_answers.py` measures with them how it takes what it has not seen.
"""

from importlib import import_module

from unseen.record import ANSWERS

__all__ = ["ANSWERS"]

for _chapter in (
    "start_here",
    "losses",
    "backprop",
    "cnns",
    "activations",
    "preprocessing",
    "initialisation",
    "batch_normalisation",
    "optimisation",
    "regularisation",
    "deep_gradients",
    "capstone",
):
    import_module(f"{__name__}.{_chapter}")
