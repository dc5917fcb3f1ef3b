"""Convolution and pooling, forward and backward; what a unit sees, and what a layer costs."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "cnns",
    3,
    "CNNs",
    demos=(
        "conv_stepper",
        "filters",
        "conv_backward",
        "pooling",
        "receptive_field",
        "cost_table",
        "train_digits",
        "edges_to_parts",
        "speed_lens",
    ),
    needs=("start_here", "backprop"),
    minutes=110,
)
