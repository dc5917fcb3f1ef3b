"""How a step is made of a gradient, and how large a step may be."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "optimisation",
    8,
    "Optimisation",
    demos=("trajectories", "momentum_map", "batch_noise", "sharpness_edge"),
)
