"""How wrong scores are, in one number: hinge, cross-entropy, penalties, and the slopes they give."""

from coursekit.chapter import Chapter

CHAPTER = Chapter(
    "losses",
    1,
    "Losses",
    demos=("descent", "linear_classifier", "svm_vs_softmax", "margin_axis", "code_length", "learning_slowdown"),
    needs=("start_here",),
    minutes=130,
)
