"""A digit of one's own: it reads what hands draw, answers whatever is drawn, and errs after a small step."""

import numpy as np
import pytest

from coursekit.activations.softmax import softmax_forward
from coursekit.chapters.capstone.own_digit import (
    BRUSH,
    CLEAN,
    LYING,
    MOVED,
    SIDE,
    THREE,
    State,
    compute,
    sheet,
    tiles,
)
from coursekit.chapters.capstone.readers import NETWORKS, Reader, reader
from coursekit.data import as_digit, load_digits
from coursekit.demos import DEMOS
from coursekit.figures.canvas import LiveFigure
from coursekit.figures.drawing import drawn, unpacked
from coursekit.layers import Activation, BatchNorm, Conv2d, Dropout, Flatten, Linear, MaxPool2d
from coursekit.network import Sequential

DEMO = DEMOS["own_digit"]
# Two hands, each digit as corners of its strokes: one large, upright and round, the other small, slanted and angular.
UPRIGHT = [
    ["16,5 12,6 9,10 8,16 9,22 12,26 16,27 20,26 23,22 24,16 23,10 20,6 16,5"],
    ["16,5 16,27"],
    ["9,10 11,6 15,5 20,6 22,10 20,15 14,21 8,27 24,27"],
    ["9,7 14,5 20,6 22,10 20,14 14,16 20,17 23,21 21,25 15,27 9,25"],
    ["19,27 19,5 8,20 24,20"],
    ["22,5 11,5 10,14 15,13 21,15 23,20 20,25 15,27 9,25"],
    ["20,5 14,8 10,14 9,20 11,25 16,27 21,25 23,21 20,17 15,16 10,19"],
    ["8,5 24,5 18,14 14,27"],
    ["16,16 11,13 10,9 13,5 19,5 22,9 21,13 16,16 10,19 9,23 12,27 20,27 23,23 22,19 16,16"],
    ["22,10 20,6 15,5 10,8 10,13 14,16 19,15 22,10 22,18 20,27"],
]
SLANTED = [
    ["20,4 15,6 12,13 12,18 15,20 20,17 23,10 22,5 20,4"],
    ["8,15 14,9 12,25"],
    ["4,7 7,4 11,5 11,9 8,13 3,19 8,18 12,20"],
    ["14,10 22,9 17,15 22,17 22,22 18,26 13,25"],
    ["10,6 7,15 17,14", "15,9 13,22"],
    ["18,10 16,17 21,17 23,21 20,26 15,26", "18,10 25,9"],
    ["20,8 15,14 13,21 16,25 20,24 21,20 18,18 14,20"],
    ["9,9 20,8 13,24", "11,16 19,15"],
    ["22,8 17,7 15,11 20,16 21,21 17,24 13,21 16,17 21,13 22,8"],
    ["19,13 15,15 12,12 14,8 18,7 20,10 19,13 16,24"],
]
HANDS = pytest.mark.parametrize("hand", [UPRIGHT, SLANTED], ids=["upright", "slanted"])


def strokes(texts):
    return [[tuple(map(float, corner.split(","))) for corner in text.split()] for text in texts]


def shaken(lines, rng):
    """Another try of the same hand: all of it scaled, sheared and moved, and every corner by itself."""
    turn = rng.uniform(0.8, 1.05) * np.eye(2) + rng.normal(0, 0.084, (2, 2))
    middle, moved = SIDE / 2, rng.normal(0, 1.5, 2)
    return [
        [tuple(turn @ (np.array(p) - middle) + middle + moved + rng.normal(0, 0.4, 2)) for p in line] for line in lines
    ]


def read(lines, centred=True):
    digit = as_digit(drawn(lines, SIDE, BRUSH).astype(np.float64), centred)
    return int(reader().predict(digit[None, None])[0])


def preset(name, **settings):
    return compute(State(**DEMO.presets[name] | settings))


# ---- the reader


def test_it_has_learned_the_bundled_digits():
    images, labels = load_digits("test", np.float64)
    assert (reader().predict(images) == labels).mean() > 0.975


@HANDS
def test_it_reads_all_ten_digits_of_two_hands(hand):
    assert [read(strokes(texts)) for texts in hand] == list(range(10))


@HANDS
def test_it_reads_more_than_nine_in_ten_of_two_hundred_shaken_ones(hand, rng):
    tries = [read(shaken(strokes(texts), rng)) == digit for digit, texts in enumerate(hand) for _ in range(20)]
    assert 0.93 < np.mean(tries) < 1  # not all: nor would you


@HANDS
def test_without_scaling_and_centring_it_reads_fewer(hand, rng):
    tries = [shaken(strokes(texts), rng) for texts in hand for _ in range(5)]
    right = [np.mean([read(one, centred) == i // 5 for i, one in enumerate(tries)]) for centred in (True, False)]
    assert right[1] < right[0] - 0.1


# ---- what the layers do


def test_each_array_is_what_its_layer_makes_of_the_one_before():
    """By loops: a filter over the padded digit, its bias, what is positive; the largest of four; the weighted sum."""
    frame, params = compute(State(epsilon=0.1)), reader().params
    w, b = params["0.w"][:, 0], params["0.b"]
    for digit, maps, pooled, scores in zip(frame.digits, frame.early, frame.late, frame.scores, strict=True):
        padded = np.pad(digit, 1)
        for f in (0, 7):
            for i, j in ((0, 0), (3, 4), (7, 7)):
                assert maps[f, i, j] == pytest.approx(
                    max((w[f] * padded[i : i + 3, j : j + 3]).sum() + b[f], 0), abs=1e-5
                )
            assert pooled[f, 1, 2] == maps[f, 2:4, 4:6].max()
        np.testing.assert_allclose(scores, pooled.ravel() @ params["4.w"] + params["4.b"], rtol=1e-4, atol=1e-4)


def test_the_step_moves_each_pixel_by_epsilon_at_most_and_away_from_what_is_read():
    frame = compute(State(epsilon=0.07))
    first, second = frame.digits
    assert np.abs(second - first).max() == pytest.approx(0.07, abs=1e-6)
    assert 0 <= second.min() <= second.max() <= 1
    answer = frame.answers[0]
    assert frame.chances[1, answer] < frame.chances[0, answer]
    net = reader()
    for i, j in ((0, 3), (3, 5), (6, 1)):  # a pixel moved by itself, as the step moves it, lowers that chance
        alone = first.copy()
        alone[i, j] += np.sign(second - first)[i, j] * 0.01
        moved = softmax_forward(net.forward(np.stack([first, alone])[:, None]))[0]
        assert moved[1, answer] <= moved[0, answer] + 1e-7


def test_without_a_step_both_rows_are_the_same():
    frame = compute(State(epsilon=0.0))
    for both in (frame.digits, frame.early, frame.late, frame.scores):
        np.testing.assert_allclose(both[0], both[1], atol=1e-6)


def test_the_gradients_of_the_network_are_left_alone():
    net = reader()
    before = {name: array.copy() for name, array in net.grads.items()}
    compute(State(epsilon=0.3))
    assert all((net.grads[name] == array).all() for name, array in before.items())


# ---- other networks


def own(*layers):
    """What the figure computes with another network, which is taken out again."""
    NETWORKS.add_own(Reader("own", "own", lambda: Sequential([*layers])))
    try:
        return compute(State(net="own"))
    finally:
        NETWORKS.remove_own()


def test_a_network_without_convolutions_shows_its_units_as_pixels(rng):
    first, last = Linear(64, 12, rng), Linear(12, 10, rng)
    frame = own(Flatten(), first, Activation("tanh"), last)
    units = np.tanh(frame.digits.reshape(2, 64) @ first.params["w"] + first.params["b"])
    np.testing.assert_allclose(frame.early[..., 0, 0], units, rtol=1e-4, atol=1e-6)
    assert (frame.titles, frame.late.shape[:2]) == (("after tanh", ""), (2, 0))
    np.testing.assert_allclose(frame.scores, units @ last.params["w"] + last.params["b"], rtol=1e-4, atol=1e-5)
    live = LiveFigure(DEMO.View)
    live.render(frame)
    early, late = live.view.ways[0].panes
    assert (early.image.get_visible(), late.image.get_visible()) == (True, False)
    assert (early.arrow.get_text(), late.arrow.get_text()) == ("→", "")
    shown = early.image.get_array()[..., 0] / 255  # a square of 4 × 4 with gaps; the strongest 60% are black
    black = 0.6 * np.abs(frame.early).max()
    np.testing.assert_allclose(shown[1, 1::4], 1 - np.clip(np.abs(units[0, :4]) / black, 0, 1), atol=0.01)


def test_a_deep_network_shows_its_first_activation_and_what_comes_before_the_scores(rng):
    frame = own(
        *(Conv2d(1, 5, 3, rng, padding=1), BatchNorm(5), Activation("relu"), MaxPool2d(2), Flatten()),
        *(Linear(80, 7, rng), Activation("relu"), Dropout(0.5, rng), Linear(7, 10, rng)),
    )
    assert frame.titles == ("after ReLU", "after ReLU")
    assert (frame.early.shape, frame.late.shape) == ((2, 5, 8, 8), (2, 7, 1, 1))


def test_a_linear_classifier_has_nothing_to_show_between_pixels_and_scores(rng):
    frame = own(Flatten(), Linear(64, 10, rng, dtype=np.float64))
    assert (frame.early.size, frame.late.size, frame.titles) == (0, 0, ("", ""))
    assert frame.scores.dtype == np.float64
    assert LiveFigure(DEMO.View).render(frame).startswith(b"\x89PNG")


def test_tiles_leave_gaps_and_keep_every_map():
    maps = np.arange(5 * 6, dtype=float).reshape(5, 2, 3)
    laid = tiles(maps)
    assert laid.shape == (3 * 3 - 1, 2 * 4 - 1)
    for i, one in enumerate(maps):
        top, left = 3 * (i // 2), 4 * (i % 2)
        np.testing.assert_array_equal(laid[top : top + 2, left : left + 3], one)
    assert np.isnan(laid[2]).all()
    assert np.isnan(laid[6:, 4:]).all()


# ---- what question, notice and presets say


def test_a_clean_three_is_read_and_a_lying_one_is_taken_for_a_four():
    assert preset("A clean 3").answers[0] == 3
    lying = compute(State(**DEMO.question.settings))
    assert (lying.answers[0], lying.sure[0] > 0.99) == (4, True)
    np.testing.assert_array_equal(lying.cells, np.rot90(unpacked(sheet(THREE), SIDE), -1))
    assert "says 4, with more than 99%" in DEMO.question.explanation


def test_moved_off_the_middle_it_is_taken_for_a_four_though_the_maps_only_move_along():
    question = DEMO.others["moved"]
    still, moved = (compute(State(ink=ink, centred=False)) for ink in (CLEAN, question.settings["ink"]))
    assert moved.state.replace(epsilon=0.0) == State(**question.settings, epsilon=0.0)
    assert (still.answers[0], still.sure[0] > 0.99) == (3, True)
    assert (moved.answers[0], round(moved.sure[0], 2)) == (4, 0.98)
    np.testing.assert_array_equal(moved.digits[0], np.roll(still.digits[0], (-1, -2), (0, 1)))
    np.testing.assert_allclose(moved.early[0][:, 1:-2, 1:-3], still.early[0][:, 2:-1, 3:-1], atol=1e-5)
    assert compute(State(ink=MOVED)).answers[0] == 3  # once it is centred
    assert "taken for a 4, with 98%" in question.explanation


def test_a_four_that_may_be_a_nine_is_undecided():
    chances = preset("4 or 9?").chances[0]
    assert set(np.argsort(-chances)[:2]) == {4, 9}
    assert chances[[4, 9]].min() > 0.35


def test_blank_paper_gets_an_answer_that_nothing_speaks_for():
    frame = preset("Blank")
    assert not frame.digits[0].any()
    assert frame.sure[0] < 0.25


def test_a_step_that_leaves_it_a_three_to_the_eye_makes_a_five_of_it():
    answers = [preset("A clean 3", epsilon=epsilon).answers for epsilon in (0.1, 0.15, 0.4)]
    assert answers == [(3, 3), (3, 5), (3, 5)]


def test_the_readout_says_what_is_drawn():
    frame = compute(State(epsilon=0.15))
    assert frame.readout.startswith(f"Ink covers {frame.cells.mean():.0%} of the paper")
    assert "Read as 3 (more than 99%), ahead of 5 (less than 1%). " in frame.readout
    assert f"it is read as 5 ({frame.chances[1, 5]:.0%})." in frame.readout
    assert "still read as 3" in compute(State(epsilon=0.0)).readout


def test_the_headline_is_red_only_where_the_step_misleads_a_network_that_was_sure():
    live = LiveFigure(DEMO.View)
    for epsilon, words, red in ((0.1, "step of 0.1 still as 3", False), (0.15, "step of 0.15 as 5", True)):
        live.render(compute(State(epsilon=epsilon)))
        headline = live.view.headline
        assert words in headline.get_text()
        assert (headline.get_color() == "#b01000") is red
    live.render(preset("4 or 9?"))
    assert "Undecided: 4 gets most" in live.view.headline.get_text()
    assert live.view.headline.get_color() != "#b01000"
    live.render(compute(State(ink="")))
    assert live.view.headline.get_text().startswith(
        f"Nothing is drawn, and {compute(State(ink='')).answers[0]} gets most"
    )


def test_the_pad_is_a_square_of_the_drawings_cells():
    live = LiveFigure(DEMO.View)
    live.render(compute(State(ink=LYING)))
    assert (live.view.pad.get_xlim(), live.view.pad.get_ylim()) == ((0, SIDE), (SIDE, 0))
    left, top, width, height = live.pad
    assert width * live.view.size[0] == pytest.approx(height * live.view.size[1])
    assert left + width < 0.32
    assert top > 0.1
