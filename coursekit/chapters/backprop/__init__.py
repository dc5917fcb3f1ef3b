"""The chain rule, gate by gate and layer by layer, and how a gradient is checked."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "backprop",
    2,
    "Backprop",
    demos=("graph", "mlp_flow", "hidden_layer", "gradcheck_microscope", "bug_hunt"),
    needs=("losses",),
    minutes=90,
)
