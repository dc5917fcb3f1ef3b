"""What this chapter's figures show, as programs."""

from coursekit.chapters.batch_normalisation import bn_rescue
from coursekit.chapters.initialisation.programs import collapse_in_coursekit, collapse_in_pytorch
from coursekit.figures.program import program


def bn_rescue_in_coursekit(state: bn_rescue.State) -> str:
    """Write the flagship's network with this γ and β."""
    return collapse_in_coursekit(state, state.gamma, state.beta)


def bn_rescue_in_pytorch(state: bn_rescue.State) -> str:
    """Write the same in PyTorch."""
    return collapse_in_pytorch(state, state.gamma, state.beta)


program(__name__, "bn_rescue", coursekit=bn_rescue_in_coursekit, pytorch=bn_rescue_in_pytorch)
