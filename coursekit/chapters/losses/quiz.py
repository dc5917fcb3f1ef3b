"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "The right class has the score 4, the others 3.5 and −2. What is the hinge loss with margin 1?",
        ("0", "0.5", "1", "1.5"),
        answer=1,
        explanation="max(0, 3.5 − 4 + 1) + max(0, −2 − 4 + 1) = 0.5 + 0. Only the near class costs something.",
    ),
    Question(
        "A new classifier for 100 classes starts with small random weights. What should its cross-entropy be?",
        ("0", "0.01", "4.6", "99"),
        answer=2,
        explanation="Every class gets 1/100, and −log(1/100) = log 100 = 4.6. 99 is for the hinge loss.",
    ),
    Question(
        "Why does nobody train with the 0–1 loss, although it is what we count in the end?",
        (
            "It cannot be computed for many classes",
            "It punishes outliers too hard",
            "Its gradient is 0 wherever there is one",
        ),
        answer=2,
        explanation="A small step of the weights changes no decision, so nothing says which way to go.",
    ),
    Question(
        "A sigmoid neuron says 0.98 and should say 0. Which loss gets it moving quickly?",
        (
            "Cross-entropy: its dC/dz is a − y = 0.98",
            "Squared error: its dC/dz is 2 (a − y) = 1.96",
            "Both are alike: the error is the same",
        ),
        answer=0,
        explanation="Squared error multiplies 1.96 by σ′(z) = 0.98 · 0.02: 0.04. Cross-entropy has no σ′.",
    ),
    Question(
        "Four events have probability ½, ¼, ⅛ and ⅛. Your code gives each 2 bits. What do you waste?",
        ("Nothing: four events need 2 bits", "0.25 bits an event", "1.75 bits an event", "2 bits an event"),
        answer=1,
        explanation="The entropy is 1.75 bits, the code needs 2, and the divergence is what lies between them.",
    ),
)
