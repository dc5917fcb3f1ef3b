"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "A linear model has curvatures 200 and 2. What is its condition number, and what does it tell?",
        (
            "100: about how many times slower the flat direction learns",
            "400: how large the loss is",
            "198: how much the weights differ",
        ),
        answer=0,
        explanation="200 / 2 = 100. One learning rate must suit the curvature 200; along the curvature 2 each "
        "step then covers only one or two hundredths of what is left.",
    ),
    Question(
        "You turn standardised data on to its principal components, without dividing. What becomes of the "
        "condition number?",
        ("It falls to 1", "It falls, but not to 1", "It stays"),
        answer=2,
        explanation="A rotation turns the valley and leaves its shape. Dividing by √λ makes it round.",
    ),
    Question(
        "Which mean is subtracted from a test image?",
        (
            "The mean of that image",
            "The mean of the training images",
            "The mean of the test images",
            "The mean of all images",
        ),
        answer=1,
        explanation="The mean is part of the model: learned from the training set, the same for every input.",
    ),
    Question(
        "Images are zero-centred, and the first layer ends in a sigmoid. What does the second layer get?",
        ("Zero-centred inputs", "Positive inputs only", "Inputs of mean 0 and std 1"),
        answer=1,
        explanation="A sigmoid answers between 0 and 1, whatever it gets. Centring the data helps only the "
        "layer that sees the data.",
    ),
    Question(
        "Labels are coin flips. On all data you choose the 10 of 500 random features that fit the labels best, "
        "then split. What does the test say?",
        ("About 50%", "Well above 50%", "Below 50%"),
        answer=1,
        explanation="The features were chosen with a look at the test labels, so they agree with them. Choose "
        "on the training set alone, and the test says 50%.",
    ),
)
