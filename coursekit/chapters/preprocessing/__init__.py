"""Centre, scale and whiten, with the training set's statistics and no others."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "preprocessing",
    5,
    "Preprocessing",
    demos=("cloud", "image_stats", "leakage"),
    needs=("losses", "backprop"),
    minutes=95,
)
