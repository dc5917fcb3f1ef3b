"""Chapter 08: how a network is trained, from the first step to the choice of all that is not learned."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "optimisation",
    8,
    "Optimisation",
    demos=("trajectories", "momentum_map", "batch_noise", "babysit", "sharpness_edge"),
)
