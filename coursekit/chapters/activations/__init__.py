"""Why a network must bend, and which bends let the gradient through."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "activations",
    4,
    "Activations",
    demos=("xor", "activation_zoo", "zigzag", "dead_relu", "joints", "maxout", "activation_race"),
    needs=("start_here", "backprop"),
    minutes=100,
)
