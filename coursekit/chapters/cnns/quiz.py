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
        "A 3 × 3 window slides over an image with stride 1. How many windows see the pixel in the corner, without "
        "padding and with padding 1?",
        ("1, and 1 again: zeros are no pixels", "1 and 2", "1 and 4", "1 and 9, as many as see any other"),
        answer=2,
        explanation="Without padding only the first window reaches it. A border of zeros lets the window stand half "
        "outside: one place further up, further left, and both. Pixels far inside are seen by nine.",
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
        "Your backward pass of a convolution passes the gradient check with a blur as the kernel, and fails with "
        "Sobel's, in dX only. What is the likely mistake?",
        (
            "The kernel lies the wrong way round in dX",
            "δ overwrites where it should be added",
            "dX is divided by the number of places",
        ),
        answer=0,
        explanation="A blur is the same when it is turned by 180°, Sobel's kernel is not. The other two mistakes do "
        "not depend on the kernel's symmetry: they fail with both.",
    ),
    Question(
        "Three layers of 3 × 3 filters: the first with stride 2, the others with stride 1. How many pixels does a unit "
        "of the third layer see along one side?",
        ("7", "9", "11", "27"),
        answer=2,
        explanation="3 after the first layer. After its stride neighbouring units are 2 pixels apart, so each further "
        "layer adds 2 · 2: 7, then 11.",
    ),
)
