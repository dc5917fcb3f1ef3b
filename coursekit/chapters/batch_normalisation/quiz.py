"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "A batch of 16 images with 8 channels of 10 × 10 pixels. How many values is one mean made of?",
        ("16", "100", "1600", "12800"),
        answer=2,
        explanation="One mean a channel, over N, H and W: 16 · 10 · 10 = 1600. A channel's places share it.",
    ),
    Question(
        "Which γ and β let batch norm hand its input on unchanged (leaving ε aside)?",
        ("γ = 1, β = 0", "γ = 0, β = 1", "γ = the input's std, β = its mean"),
        answer=2,
        explanation="γ x̂ + β = σ (x − μ) / σ + μ = x. With γ = 1 and β = 0 it has mean 0 and variance 1.",
    ),
    Question(
        "A linear layer stands before batch norm. What does its bias do?",
        ("It shifts the activation", "Nothing: the mean takes it away again", "It replaces γ"),
        answer=1,
        explanation="A constant added to every sample is added to the mean as well, and subtracted with it. "
        "The shift that counts is β.",
    ),
    Question(
        "A trained network gives a good answer for a batch of test images, and a bad one for each image alone. "
        "What is most likely wrong?",
        (
            "It still runs in training mode",
            "The learning rate was too large",
            "The momentum is 0.1",
            "γ and β were not trained",
        ),
        answer=0,
        explanation="In training mode the answer depends on the rest of the batch. At test time the running "
        "statistics make every image independent of its neighbours.",
    ),
    Question(
        "Shaking the distributions at random behind batch norm slows training far less than leaving batch norm "
        "out. What does this speak against?",
        (
            "That batch norm helps at all",
            "That it helps because it keeps distributions still",
            "That gradients pass through the statistics",
        ),
        answer=1,
        explanation="That was the paper's story, internal covariate shift. Santurkar et al. (2018) found this "
        "and point to a smoother loss instead.",
    ),
)
