"""How a net is kept from learning its samples by heart: a price on weights, more data, an early end, several nets."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "regularisation",
    9,
    "Regularisation",
    demos=(
        "polynomial",
        "penalty_geometry",
        "overfit",
        "double_descent",
        "early_stopping",
        "dropout_ensemble",
        "bagging",
        "augment",
        "adversarial",
        "multitask",
    ),
    needs=("losses", "backprop", "optimisation"),
    minutes=135,
)
