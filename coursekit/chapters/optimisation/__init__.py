"""How a step is made of a gradient, how long it should be, and what to watch on the way."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "optimisation",
    8,
    "Optimisation",
    demos=(
        "trajectories",
        "momentum_map",
        "batch_noise",
        "lr_range",
        "schedules",
        "babysit",
        "sharpness_edge",
        "search",
    ),
    needs=("losses", "backprop", "initialisation"),
    minutes=115,
)
