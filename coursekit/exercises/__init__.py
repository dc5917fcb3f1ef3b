"""The engine of exercises and quizzes: what an answer is compared with, what is said of it, and what is kept."""
