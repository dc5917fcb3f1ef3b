"""The report card: it measures what a plain run gives, each illness fails its lines, and the page stands alone."""

import base64
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import coursekit as ck
from coursekit.card import page
from coursekit.data import Images, load_digits, split
from coursekit.exercises.progress_file import read_standings
from coursekit.exercises.session import CARD
from coursekit.figures.card_pictures import misread_picture
from coursekit.layers import RNN, Activation, BatchNorm, Conv2d, Dropout, Flatten, Layer, Linear, MaxPool2d
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS
from coursekit.training import ClipNorm, EarlyStopping, evaluate, fit
from coursekit.training.examination import examine

LOSS = LOSSES["softmax_cross_entropy"]
TRAIN, TEST = load_digits("train"), load_digits("test")


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


def mlp(std=None, activation="relu", depth=1, bias=0.0, dtype=np.float32, seed=0):
    rng = np.random.default_rng(seed)
    init = ("he_normal", {}) if std is None else ("normal", {"std": std})
    layers = []
    for _ in range(depth):
        layers += [Linear(64, 64, rng, init[0], dtype, **init[1]), Activation(activation)]
        layers[-2].params["b"] += dtype(bias)
    return Sequential([*layers, Linear(64, 10, rng, "xavier_normal", dtype)])


def cnn(seed=0):
    rng = np.random.default_rng(seed)
    front = [Conv2d(1, 8, 3, rng, padding=1), BatchNorm(8), Activation("relu"), MaxPool2d(2), Flatten()]
    return Sequential([*front, Dropout(0.1, rng), Linear(128, 10, rng, "normal", std=0.03)])


def sgd(lr=0.1):
    return OPTIMISERS["sgd"](lr=lr)


def lines(card):
    return {check.name: check for check in card.checks}


def failed(card):
    return {check.name for check in card.checks if check.passed is False}


# ---- what is measured


def test_a_plain_run_gives_the_same_numbers():
    net, again = mlp(), mlp()
    seen = examine(net, sgd(), TRAIN, TEST, epochs=2)
    rng = np.random.default_rng(0)
    learn, judge = split(TRAIN.images.reshape(-1, 64), TRAIN.labels, (0.8, 0.2), rng)
    assert seen.first_loss == pytest.approx(LOSS(again.forward(learn.x[:256]), learn.labels[:256])[0], rel=1e-6)
    few = mlp()
    for _ in fit(few, LOSS, sgd(), (learn.x[:20], learn.labels[:20]), 200, 20, rng):
        pass
    assert seen.by_heart[0] == (few.predict(learn.x[:20]) == learn.labels[:20]).sum()
    losses, ratios, before = [], [], again.params.flat.copy()
    for row in fit(again, LOSS, sgd(), (*learn, *judge), 2, 32, rng):
        losses.append(row.loss)
        ratios.append(np.linalg.norm(again.params.flat - before) / np.linalg.norm(again.params.flat))
        before = again.params.flat.copy()
    np.testing.assert_allclose(seen.loss, losses, rtol=1e-6)
    assert seen.ratio == pytest.approx(np.median(ratios), rel=1e-4)
    assert seen.validation[-1].tolist() == [len(losses), row.val_loss]
    assert seen.train_right == evaluate(again, LOSS, *learn)[1]
    assert seen.val_right == row.val_accuracy
    assert seen.test_right == evaluate(again, LOSS, TEST.images.reshape(-1, 64), TEST.labels)[1]
    assert seen.misread.total == round((1 - seen.val_right) * len(judge.labels))
    assert (seen.misread.labels != seen.misread.taken_for).all()
    assert seen.cost.multiply_adds == 64 * 64 + 64 * 10


def test_what_is_given_stays_as_it_is():
    net, optimiser, stopping = cnn(), OPTIMISERS["adam"](lr=3e-3), EarlyStopping(1)
    net.forward(TRAIN.images[:3])
    net.backward(np.ones((3, 10), np.float32))
    dropout, norm = net.layers[5], net.layers[1]

    def everything():
        arrays = [*net.params.values(), *net.grads.values(), *norm.buffers.values()]
        return [array.copy() for array in arrays], dropout.rng.bit_generator.state, vars(optimiser) | {}

    before = everything()
    ck.report_card(net, optimiser, epochs=1, callbacks=[stopping])
    after = everything()
    for one, other in zip(before[0], after[0], strict=True):
        np.testing.assert_array_equal(one, other)
    assert before[1:] == after[1:]
    assert stopping.arrays == {}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_card_twice_whatever_the_precision(dtype):
    one, two = (ck.report_card(mlp(dtype=dtype), sgd(), epochs=1) for _ in range(2))
    np.testing.assert_array_equal(one.seen.loss, two.seen.loss)
    assert [c.measured for c in one.checks[:-1]] == [c.measured for c in two.checks[:-1]]


def test_a_net_may_read_images_rows_of_pixels_or_a_sequence():
    class Rows(Layer):
        def forward(self, x, training=False):
            return x.reshape(-1, 8, 8)

        def backward(self, dout):
            return dout.reshape(len(dout), -1)

    rng = np.random.default_rng(0)
    recurrent = Sequential([Rows(), RNN(8, 32, rng, last=True), Linear(32, 10, rng, "xavier_normal")])
    for net in (cnn(), mlp(), recurrent):
        card = ck.report_card(net, sgd(), epochs=1, callbacks=[ClipNorm(1.0)])
        assert card.seen.val_right > 0.3
        assert "ClipNorm" in card.design


# ---- how it is judged


def test_a_good_design_passes_every_line_and_is_given_no_advice():
    card = ck.report_card(mlp(), OPTIMISERS["momentum"](lr=0.05), name="one hidden layer")
    assert card.passed
    assert not any(check.advice for check in card.checks)
    assert repr(card).startswith("Report card of one hidden layer: 9 of 9 lines passed.\n✓ first loss")
    assert "Momentum, rate 0.05, 10 epochs of 1,150 images in batches of 32" in card.design


@pytest.mark.parametrize(
    ("net", "lr", "ill", "word"),
    [
        (mlp(0.01, "tanh", 8), 0.1, {"20 samples by heart", "signals and gradients"}, "vanishing"),
        (mlp(1.0, "relu", 4), 0.1, {"first loss", "20 samples by heart", "signals and gradients"}, "exploding"),
        (mlp(bias=-5.0), 0.1, {"20 samples by heart", "dead units"}, "in layer 1"),
        (mlp(), 1e-5, {"20 samples by heart", "update ratio"}, "1"),
        (mlp(), 30.0, {"20 samples by heart", "dead units"}, "in layer 1"),
        (mlp(activation="tanh"), 3.0, {"20 samples by heart", "update ratio"}, "0.3"),
    ],
)
def test_each_illness_fails_its_own_lines_and_the_test(net, lr, ill, word):
    card = ck.report_card(net, sgd(lr), epochs=2, multiply_adds=10**6)
    assert ill | {"test, looked at once"} <= failed(card)
    assert any(word in check.measured for check in card.checks if check.name in ill)
    assert all(check.advice for check in card.checks if not check.passed)
    assert lines(card)["gap"].passed is None  # what has not learned has no gap
    assert repr(card).count("→") == sum(not check.passed for check in card.checks)


def test_a_net_that_was_trained_before_is_told_so():
    net = mlp()
    for _ in fit(net, LOSS, sgd(), (TRAIN.images.reshape(-1, 64), TRAIN.labels), 5, 32, np.random.default_rng(0)):
        pass
    first = lines(ck.report_card(net, sgd(), epochs=1))["first loss"]
    assert first.passed is False
    assert "trained already" in first.advice


def test_a_net_that_learns_by_heart_has_a_gap():
    few = Images(TRAIN.images[:100], TRAIN.labels[:100])
    card = ck.report_card(mlp(), OPTIMISERS["momentum"](lr=0.05), data=(few, TEST), epochs=60)
    assert card.seen.train_right == 1
    assert "gap" in failed(card)


def test_budgets_are_kept():
    card = ck.report_card(mlp(), sgd(), epochs=300, multiply_adds=4735, seconds=0.02)
    assert {"multiply–adds", "seconds of training"} <= failed(card)
    assert card.seen.unfinished
    assert len(card.seen.loss) < 300 * 36
    assert "stopped before its last epoch" in lines(card)["seconds of training"].measured
    assert lines(ck.report_card(mlp(), sgd(), epochs=1, multiply_adds=4736))["multiply–adds"].passed


def test_an_overflow_ends_the_run_and_can_be_shown():
    card = ck.report_card(mlp(1.0, "relu", 5), sgd(1.0))
    assert len(card.seen.loss) < 36
    assert not math.isfinite(card.seen.loss[-1])
    assert "not a number" in card.pictures[0].words
    assert all(picture.png.startswith(b"\x89PNG") for picture in card.pictures)


# ---- what is refused


@pytest.mark.parametrize(
    ("net", "options", "said"),
    [
        (lambda rng: [Linear(63, 10, rng)], {}, "takes neither images (1 × 8 × 8) nor their 64 pixels"),
        (lambda rng: [Linear(64, 9, rng)], {}, "there are 10 classes, but the net's output has shape (2, 9)"),
        (lambda rng: [Conv2d(1, 10, 3, rng)], {}, "one row of scores a sample"),
        (lambda rng: [Linear(64, 10, rng)], {"goal": 95}, "goal is a share between 0 and 1"),
        (lambda rng: [Linear(64, 10, rng)], {"seconds": 0}, "the budgets are positive"),
        (lambda rng: [Linear(64, 10, rng)], {"epochs": 0}, "epochs"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_kept(net, options, said, own_progress):
    net = Sequential(net(np.random.default_rng(0)))
    before = net.params.flat.copy()
    with pytest.raises(ValueError, match=re.escape(said)):
        ck.report_card(net, sgd(), **options)
    np.testing.assert_array_equal(net.params.flat, before)
    assert not own_progress.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [(lambda rng: None, "but got a function. Call it first"), ("a network", "but got 'a network'")],
)
def test_what_is_no_network_is_said(given, said, own_progress):
    with pytest.raises(TypeError, match=said):
        ck.report_card(given, sgd())
    assert not own_progress.exists()


# ---- what is kept


def test_progress_counts_cards_and_keeps_the_day_of_the_first_that_passed(own_progress):
    assert "Report card" not in repr(ck.progress())
    ck.report_card(mlp(), sgd(1e-5), epochs=1)
    assert repr(ck.progress()).endswith("Report card: 1 so far, none with all lines passed yet.")
    for lr in (0.1, 1e-5):  # what was reached once stays
        ck.report_card(mlp(), sgd(lr))
        standing = read_standings(own_progress)[CARD]
        assert standing.attempts == 2
        assert repr(ck.progress()).endswith(f"Report card: 2 so far, all lines passed on {standing.solved}.")


# ---- the page


class Page(HTMLParser):
    """Collects what matters of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def named(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_page_stands_alone_and_can_be_read_aloud(tmp_path):
    card = ck.report_card(mlp(), sgd(), epochs=2, name="<b>Ada & Co</b>")
    text = card.save(tmp_path / "card.html").read_text("utf-8")
    seen = Page(text)
    assert seen.named("html") == [{"lang": "en"}]
    assert [tag for tag, _ in seen.tags if re.fullmatch(r"h\d", tag)] == ["h1", *["h2"] * 4]
    assert "<b>Ada" not in text
    assert text.count("&lt;b&gt;Ada &amp; Co&lt;/b&gt;") == 2
    assert not re.search(r"https?:|//|<script|<link|@import", re.sub(r"base64,[^']+", "", text))
    assert len(seen.named("img")) == 3
    for image in seen.named("img"):
        assert base64.b64decode(image["src"].removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
        assert len(image["alt"]) > 40
    assert [head["scope"] for head in seen.named("th")] == ["col"] * 4 + ["row"] * 9
    for check in card.checks:
        assert check.measured in text
    assert card.design.splitlines()[0] in text
    assert card._repr_html_() in text.replace("<p><strong>", f"<p><strong>{page.escape(card.title)}: ", 1)


def test_verdicts_have_words_and_enough_contrast():
    def luminance(color):
        parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)

    words, colors = zip(*page.VERDICTS.values(), strict=True)
    assert len(set(words)) == 3
    assert all(1.05 / (luminance(color) + 0.05) >= 7 for color in colors)


def test_the_picture_of_misread_images_has_as_many_rows_as_they_fill():
    def height(count):
        png = misread_picture(np.zeros((count, 1, 8, 8)), np.zeros(count, int), np.ones(count, int))
        return int.from_bytes(png[20:24], "big")

    assert [height(count) for count in (1, 6, 7, 12)] == [290, 290, 580, 580]  # pixels
