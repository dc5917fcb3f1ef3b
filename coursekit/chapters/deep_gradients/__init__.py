"""What a product of many factors does to gradients, of signals and of weights, and what each remedy cures."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "deep_gradients",
    10,
    "Deep gradients",
    demos=(
        "gradient_depth",
        "jacobian_spectrum",
        "edge_of_chaos",
        "loss_landscape",
        "clipping",
        "through_time",
        "truncated",
        "pretraining",
        "nan_watch",
    ),
    needs=("backprop", "initialisation", "batch_normalisation"),
    minutes=135,
)
