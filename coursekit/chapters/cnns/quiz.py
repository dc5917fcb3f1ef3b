"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "An image has 32 × 32 pixels. Ten 5 × 5 filters slide over it with stride 1 and padding 2. What is the "
        "size of the output?",
        ("28 × 28 × 10", "31 × 31 × 10", "32 × 32 × 10", "32 × 32 × 3"),
        answer=2,
        explanation="(32 − 5 + 4) / 1 = 31 moves, and one more place where it starts: padding (F − 1) / 2 keeps the "
        "size. Ten filters make ten maps.",
    ),
    Question(
        "How many parameters do ten filters of 5 × 5 have, if their input has 3 channels?",
        ("250", "260", "750", "760"),
        answer=3,
        explanation="Each filter is as deep as its input: 5 · 5 · 3 = 75 weights and 1 bias, ten times.",
    ),
    Question(
        "The image becomes twice as wide and twice as high. What happens to a convolutional layer?",
        (
            "4 times the parameters and 4 times the work",
            "The same parameters and 4 times the work",
            "The same parameters and the same work",
        ),
        answer=1,
        explanation="The filters are shared by all places, so their number does not depend on the image. But "
        "there are about 4 times as many places to use them at.",
    ),
    Question(
        "In forward the layer lays the kernel on as it is. How do you get dX from δ in one go?",
        (
            "Correlate the padded δ with the kernel turned by 180°",
            "Correlate the padded δ with the kernel as it is",
            "Correlate the input with δ",
        ),
        answer=0,
        explanation="Window by window, δ · w is added. A pixel collects the weights in the opposite order: "
        "hence the turn. The input correlated with δ is dW.",
    ),
    Question(
        "Why three layers of 3 × 3 filters instead of one layer of 7 × 7, with C channels throughout?",
        (
            "They see a larger field",
            "They see the same field with fewer weights, and two more nonlinearities",
            "They need no padding",
        ),
        answer=1,
        explanation="Both see 7 × 7 pixels. Three times 9C² is 27C² weights, against 49C².",
    ),
)
