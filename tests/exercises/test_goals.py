"""Goals: what the sliders reach is judged, what is missing is said, and progress keeps it."""

import pytest

import coursekit as ck
from coursekit.chapters import DEMOS, GOALS
from coursekit.exercises.checking import Verdict
from coursekit.exercises.progress_file import read_standings
from coursekit.sitting import check

# For each goal settings that reach it, and some that do not, each with a word of what is said.
REACHED = {
    "collapse": {"activation": "relu", "weight_scale": 0.063},
    "bn_rescue": {"activation": "relu", "beta": -1.3},
    "train_vs_infer": {"momentum": 0.02},
}
MISSED = {
    "collapse": [
        ({"activation": "relu"}, "within a factor of 3"),
        ({"activation": "relu", "scheme": "he_normal", "weight_scale": 1.0}, "keep the scheme"),
        ({"activation": "relu", "weight_scale": 0.063, "direction": "backward"}, "Look at the activations"),
    ],
    "bn_rescue": [
        ({"beta": -1.3}, "Choose ReLU"),
        ({"activation": "relu", "beta": -2.0}, "88 to 92 % will do"),
        ({"activation": "relu", "beta": -1.3, "direction": "backward"}, "Look at the activations"),
        ({"activation": "relu", "beta": -1.3, "weight_scale": 1e-4}, "ε counts"),
    ],
    "train_vs_infer": [
        ({"momentum": 0.5}, "up to 1.26 away"),
        ({"momentum": 0.01}, "the std"),
        ({"momentum": 0.02, "step": 100}, "last step"),
        ({"momentum": 0.02, "batch_size": 64}, "Keep the batches at 4"),
    ],
}
EACH = pytest.mark.parametrize("goal", GOALS.values(), ids=list(GOALS))


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


@EACH
def test_a_goal_belongs_to_a_figure_of_its_chapter_and_its_texts_are_sentences(goal):
    assert DEMOS[goal.name].chapter == goal.chapter
    assert all(text.endswith(".") for text in (goal.task, goal.takeaway))


@EACH
def test_a_figure_that_nobody_moved_is_not_attempted_and_leaves_no_trace(goal, path):
    result = check(ck.show(goal.name))
    assert result.verdict is Verdict.NOT_ATTEMPTED
    assert goal.task in repr(result)
    assert not path.exists()


@EACH
def test_what_is_missing_is_said(goal, path):
    for settings, words in MISSED[goal.name]:
        panel = ck.show(goal.name)
        panel.set(**settings)
        result = check(panel)
        assert result.verdict is Verdict.WRONG, settings
        assert words in result.message
    assert read_standings(path)[goal.key].attempts == len(MISSED[goal.name])


@EACH
def test_a_goal_that_is_reached_is_kept(goal, path):
    panel = ck.show(goal.name)
    panel.set(**REACHED[goal.name])
    result = check(panel)
    assert (result.verdict, result.message) == (Verdict.CORRECT, f"reached. {goal.takeaway}")
    assert read_standings(path)[goal.key].solved


def test_a_figure_without_a_goal_says_which_have_one():
    assert "no goal called 'neuron'" in repr(check(ck.show("neuron")))
