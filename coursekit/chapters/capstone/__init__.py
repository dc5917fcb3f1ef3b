"""All of it at once: a digit of your own, sick networks to treat, a network to design, measure and hand in."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "capstone",
    11,
    "Capstone",
    demos=("own_digit", "sick_networks"),
    needs=(
        "start_here",
        "losses",
        "backprop",
        "cnns",
        "activations",
        "preprocessing",
        "initialisation",
        "batch_normalisation",
        "optimisation",
        "regularisation",
        "deep_gradients",
    ),
    minutes=85,
)
