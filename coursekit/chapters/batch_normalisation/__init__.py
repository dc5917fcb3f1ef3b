"""Keep every layer's signal in shape, in training and at test time."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "batch_normalisation",
    7,
    "Batch normalisation",
    demos=("bn_rescue", "train_vs_infer", "bn_grid", "covariate_shift", "norm_family"),
    needs=("initialisation",),
    minutes=95,
)
