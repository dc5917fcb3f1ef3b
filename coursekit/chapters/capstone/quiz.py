"""The questions at the end of the course."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "A network tells 100 classes apart. The loss begins at 4.61 and is still there after 100 steps on 20 samples. "
        "Of all gradients only those of the last biases are not 0. What do you suspect?",
        (
            "The labels have been shuffled",
            "All units of the last hidden layer are dead",
            "The rate is far too small",
            "The network has too few weights",
        ),
        answer=1,
        explanation="log 100 = 4.61 is a healthy start. The last weights have the gradient aᵀ δ, and that is 0 for "
        "every sample only if a, what the layer before sends on, is 0; nothing passes such units on the way back "
        "either. Twenty shuffled labels could be learned by heart.",
    ),
    Question(
        "Ten tanh layers, biases of 0, signals so small that tanh is a straight line there. In each layer their std "
        "falls to a half. By what do you multiply the first weights?",
        ("√2", "2", "4", "2¹⁰"),
        answer=1,
        explanation="The std of x W is proportional to that of W. Each layer halves it, so weights twice as large keep "
        "it. The variance would need a factor of 4, and 2¹⁰ is what all ten layers have lost together.",
    ),
    Question(
        "Batch norm stands behind a layer, and there is no weight decay. You double its weights and go on with plain "
        "gradient descent at the same rate. How far does a step turn them now?",
        ("Twice as far", "As far as before", "Half as far", "A quarter as far"),
        answer=3,
        explanation="The outputs are the same, since batch norm divides the 2 out. So the same change of the outputs "
        "takes twice as long a way: the gradient halves. Half a step on weights twice as long turns them a quarter as "
        "far.",
    ),
    Question(
        "Each image is turned in five ways, and all copies are dealt at random into training and validation. The "
        "network reads 99.9% and 99.8% of them, and 93% of the test images. What has gone wrong?",
        (
            "Validation images have copies in training",
            "The network is too small",
            "The test images were looked at too often",
            "λ is too large",
        ),
        answer=0,
        explanation="What it has learned by heart helps it with copies of the same image, and so the validation set "
        "cannot see that it has overfitted. Split first, then augment the training part alone.",
    ),
    Question(
        "The first convolution of a network gets a stride of 2 in place of 1. All else stays, and every convolution is "
        "padded. What becomes of the multiply–adds of the second convolution?",
        ("They stay", "They halve", "They fall to a quarter", "They fall to an eighth"),
        answer=2,
        explanation="Its filters are the same, and so are the channels they read; but its maps have half the height "
        "and half the width, and each filter is used at a quarter of the places.",
    ),
)
