"""The names of what is the learner's: which ones will do, how figures show them, and how they go again."""

from typing import Any

from coursekit.activations import ACTIVATIONS
from coursekit.chapters.capstone.readers import NETWORKS
from coursekit.initialisers import INITIALISERS
from coursekit.losses import LOSSES
from coursekit.optimisers import OPTIMISERS
from coursekit.registry import Registry

REGISTRIES: tuple[Registry[Any], ...] = (ACTIVATIONS, INITIALISERS, LOSSES, OPTIMISERS, NETWORKS)


def label_of(name: str) -> str:
    """Return what dropdowns and pictures call a thing of the learner's."""
    return f"{name} (yours)"


def check_name(name: Any, registry: Registry[Any]) -> None:
    """Raise ``ValueError`` unless the name is short, and none of the course's."""
    if not isinstance(name, str) or not 0 < len(name) <= 16 or not name.isprintable() or name != name.strip():
        raise ValueError(f"The name must be a text of 1 to 16 letters, but is {name!r}. Try 'mine'.")
    if name in registry and not registry.is_own(name):
        raise ValueError(
            f"{name!r} is the name of an entry of the course ({registry.kind}), and that one stays. Try 'mine'."
        )


def forget(name: str) -> None:
    """Take out of all dropdowns what you have called ``name``.

    A figure that shows it goes back to what it began with.

    Parameters
    ----------
    name : str
        As you gave it to another function of `coursekit.mine`; of an activation and an optimiser that are called
        alike, both go.

    Raises
    ------
    ValueError
        If nothing of yours has this name.

    Examples
    --------
    >>> import numpy as np
    >>> from coursekit import mine
    >>> mine.activation("sine", np.sin, np.cos)
    ✓ sine: it is in every dropdown of activations now, as “sine (yours)”.
    >>> mine.forget("sine")
    >>> "sine" in ACTIVATIONS
    False
    """
    holding = [registry for registry in REGISTRIES if registry.is_own(name)]
    if not holding:
        yours = ", ".join(repr(one) for registry in REGISTRIES for one in registry if registry.is_own(one))
        raise ValueError(f"Nothing of yours is called {name!r}. Yours: {yours or 'nothing yet'}.")
    for registry in holding:
        registry.remove_own(name)
