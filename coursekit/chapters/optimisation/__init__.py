"""How a step is made of a gradient, how large it may be, and what to watch on the way."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "optimisation",
    8,
    "Optimisation",
    demos=("trajectories", "momentum_map", "batch_noise", "babysit", "sharpness_edge"),
)
