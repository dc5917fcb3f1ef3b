"""coursekit: see how deep networks learn and fail.

The public face is lazy: ``import coursekit`` loads neither Numba nor matplotlib nor ipywidgets; the first
use of a name does.
"""

import sys
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import Any

if sys.platform == "emscripten":  # there matplotlib lists its fonts in each session, and would say so in a cell
    from logging import ERROR, getLogger

    getLogger("matplotlib.font_manager").setLevel(ERROR)

__version__ = "0.1.0"

# name → the module that defines it
_PUBLIC = {
    "show": "coursekit.live.show",
    "prepare": "coursekit.live.show",
    "glossary": "coursekit.live.show",
    "self_test": "coursekit.live.show",
    "quiz": "coursekit.live.quiz",
    "search": "coursekit.training.search",
    "Sequential": "coursekit.network",
    "fit": "coursekit.training",
    "train": "coursekit.training",
    "layers": "coursekit.layers",
    "network": "coursekit.network",
    "training": "coursekit.training",
    "source": "coursekit.source_code",
    "check": "coursekit.sitting",
    "hint": "coursekit.sitting",
    "progress": "coursekit.sitting",
    "report_card": "coursekit.card",
    "mine": "coursekit.mine",
    "DEMOS": "coursekit.demos",
    "ACTIVATIONS": "coursekit.activations",
    "INITIALISERS": "coursekit.initialisers",
    "LOSSES": "coursekit.losses",
    "OPTIMISERS": "coursekit.optimisers",
    "PENALTIES": "coursekit.penalties",
    "PREPROCESSORS": "coursekit.preprocessing",
    "SCHEDULES": "coursekit.schedules",
}
__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        near = get_close_matches(name, __all__, n=1, cutoff=0.8)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        if not name.startswith("_") and find_spec(f"coursekit.{name}"):
            hint = f" It is a module, which is loaded by its name: import coursekit.{name}."
        raise AttributeError(f"coursekit has no {name!r}.{hint} It has: {', '.join(__all__)}.")
    module = import_module(_PUBLIC[name])
    return module if module.__name__ == f"coursekit.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return __all__
