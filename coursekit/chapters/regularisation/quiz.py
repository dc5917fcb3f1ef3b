"""The questions at the end of the chapter."""

from coursekit.exercises.question import Question
from coursekit.exercises.quiz import quiz

quiz(
    __name__,
    Question(
        "By mistake the file with the training set holds every sample twice. What does that do to overfitting, with "
        "the same λ on a mean loss?",
        ("It halves the variance, as more data do", "Nothing", "It is as if λ were twice as large"),
        answer=1,
        explanation="The mean over the samples is the same function of the weights as before, and so are its lowest "
        "points. Copies help only if they differ, as augmented ones do.",
    ),
    Question(
        "A network reads 99% of the training digits, 99% of the validation digits, and 80% of digits from another "
        "scanner. What would you try first?",
        ("A larger λ", "An earlier end", "A smaller network", "Training digits that look like those"),
        answer=3,
        explanation="There is no gap between digits from the same source, so nothing is learned by heart. The other "
        "scanner's digits are another task, and the network has to see it: in real data, or in copies changed alike.",
    ),
    Question(
        "A layer drops with p = 0.8, inverted. By what are the units that stay multiplied in training, and all units "
        "at test time?",
        ("5 and 1", "1.25 and 1", "5 and 0.2", "1 and 0.8"),
        answer=0,
        explanation="One in five stays and has to stand for five: 1 / (1 − 0.8). That makes the mean right, so nothing "
        "is left to do at test time. 1.25 would be right if p were the share that is kept.",
    ),
    Question(
        "Each model of an ensemble has a mean squared error of 1, and the errors of any two a mean product of 0.6. "
        "What can the error of their mean come down to with more and more such models?",
        ("To 0, as 1/k", "To 0.6", "To 0.68", "It stays at 1"),
        answer=1,
        explanation="v / k dies away, and (k − 1) c / k goes to c. What all members get wrong together, no number of "
        "them averages out. 0.68 is where five of them are.",
    ),
    Question(
        "Ridge regression with a tiny λ gives an input the weight 2. Somebody adds an exact copy of that input as "
        "another column. Which weights do the two get now?",
        ("2 and 2", "2 and 0", "1 and 1", "Any two that add up to 2"),
        answer=2,
        explanation="The score needs a sum of 2, and of all such pairs 1 and 1 has the smallest sum of squares, 2 "
        "against 4 for 2 and 0. With L1 both of these would cost the same.",
    ),
)
