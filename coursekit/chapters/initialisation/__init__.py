"""How large the first weights must be, and why they must differ."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "initialisation",
    6,
    "Initialisation",
    demos=("collapse", "symmetry", "variance_product", "init_race"),
    needs=("losses", "backprop", "activations"),
    minutes=100,
)
