"""What to reach with the sliders of this chapter's figures."""

from typing import Any

from coursekit.exercises.goal import goal

ENOUGH = 0.47  # test error; the best λ reaches 0.457


def _noisy_fit(state: Any, frame: Any) -> str:
    if (state.degree, state.points, state.noise) != (15, 16, 0.6):
        return "Keep degree 15 and 16 points, and set the noise to 0.6."
    if not state.penalised:
        return "Switch the penalty on: only its λ is to help."
    if frame.new > ENOUGH:
        return f"The test error is {frame.new:.3f}; {ENOUGH} will do. Does the curve bend too much, or too little?"
    return ""


goal(
    __name__,
    "polynomial",
    task=f"With noise of std 0.6, degree 15 and 16 points, find a λ that brings the test error to {ENOUGH} or less.",
    missing=_noisy_fit,
    takeaway="At a noise of 0.3 the best λ was about 0.013, and now it is about 0.03: the less a point can be trusted, "
    "the less it should pay to bend for it. You saw the test error; with real data a validation set stands in for it.",
)


def _half_read(state: Any, frame: Any) -> str:
    if state.trained != "against":
        return "Choose the network that was trained also on changed digits."
    read = frame.now[0]
    if not 0.45 <= read <= 0.55:
        return f"After a step of ε = {state.epsilon:g} it reads {read:.0%} of the digits. Look for half of them."
    return ""


goal(
    __name__,
    "adversarial",
    task="For the network that was trained against the gradient's step, find an ε at which it still reads about half "
    "of the test digits: 45 to 55%.",
    missing=_half_read,
    takeaway="That is at about 0.19, where the plain network reads 2%. The plain one is down to half at 0.09: training "
    "against the step has doubled the step that is needed, and has not made the network safe.",
)
