"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "The gradient has pointed the same way for hundreds of steps. You raise the momentum from 0.9 to 0.99, and "
        "keep η. What becomes of the steps?",
        ("A tenth longer", "Ten times as long", "As long as before: only their direction is steadier"),
        answer=1,
        explanation="The velocity ends at g / (1 − μ): at 10 times the gradient with 0.9, at 100 times with 0.99. So "
        "a higher momentum calls for a lower rate.",
    ),
    Question(
        "After a long run AdaGrad hardly moves any more, far from any minimum. What has happened?",
        (
            "It is caught in a local minimum",
            "Its gradients have faded away",
            "It divides by squares that only ever add up",
            "It has forgotten its first gradients",
        ),
        answer=2,
        explanation="s is the sum of all squared gradients, and no sum of squares gets smaller. The step dies wherever "
        "the weights are, however large the gradient is there. RMSProp forgets, and goes on.",
    ),
    Question(
        "Somebody multiplies the loss by 1000, and with it all gradients. What changes in the steps that Adam takes?",
        ("They get 1000 times as long", "They get 1000 times as short", "Next to nothing"),
        answer=2,
        explanation="The mean above the line grows 1000-fold, and so does the root below it. Only ε stays as it is, "
        "and counts for even less. Plain descent would take steps 1000 times as long.",
    ),
    Question(
        "The ball of noise around the minimum is to be a third as wide, with batches of the same size. What do you do "
        "with η?",
        ("Divide it by 3", "Divide it by 9", "Divide it by 1.7", "Leave it: width depends on batches alone"),
        answer=1,
        explanation="The variance goes with η / B, and the width is its root. For a third of the width the variance "
        "has to be a ninth.",
    ),
    Question(
        "Of 200 settings you choose the one that does best on the validation set: 97.0%. The test set, used for the "
        "first time, says 95.8%. Which figure do you report?",
        (
            "97.0%: more data stood behind the choice",
            "95.8%: the best of 200 was in part lucky",
            "Neither: you choose again until the two agree",
        ),
        answer=1,
        explanation="The highest of many noisy figures is too high on average, since it was chosen for being high. The "
        "test set had no part in the choice. Choose again by it, and it has.",
    ),
)
