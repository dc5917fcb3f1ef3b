"""A figure's program is run as a learner would, and gives the figure's numbers: coursekit's the very same."""

import ast

import numpy as np
import pytest
from drawn import frame_of, random_state

from coursekit.activations import ACTIVATIONS
from coursekit.chapters import PROGRAMS
from coursekit.demos import DEMOS
from coursekit.figures.program import twin
from coursekit.optimisers import OPTIMISERS

# What a frame holds, by the names that it has in the program.
NUMBERS = {
    "collapse": lambda frame: {"std": frame.std},
    "bn_rescue": lambda frame: {"std": frame.std},
    "init_race": lambda frame: {"loss": frame.loss},
    "activation_race": lambda frame: {"loss": frame.loss},
    "train_digits": lambda frame: {
        "val_accuracy": frame.val_accuracy[1:],  # the first is before any step
        "test_accuracy": frame.test_accuracy,
    },
    "xor": lambda frame: at_step(frame),
    "hidden_layer": lambda frame: at_step(frame),
    "dead_relu": lambda frame: at_step(frame) | {"off": frame.off},
}


def at_step(frame):
    history, step = frame.history, frame.state.step
    return {"loss": history.loss[step], "accuracy": history.accuracy[step]}


def cases(name, count):
    """The default state, the presets, and states that no button reaches."""
    demo, rng = DEMOS[name], np.random.default_rng(11)
    yield demo.State()
    yield from (demo.State().replace(**settings) for settings in demo.presets.values())
    yield from (random_state(demo, rng) for _ in range(count))


def run(text):
    names = {}
    with np.errstate(all="ignore"):  # an overflow is a result
        exec(compile(text, "a program", "exec"), names)
    return names


def numbers(names, wanted):
    """What of a program stands beside each number of the frame."""
    found = {key: names[key] for key in wanted}
    return {key: list(value.values()) if isinstance(value, dict) else value for key, value in found.items()}


def imported(tree):
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_every_program_has_its_numbers_here_and_its_figure():
    assert set(PROGRAMS) == set(NUMBERS) <= set(DEMOS)
    for name, program in PROGRAMS.items():
        assert program.chapter is DEMOS[name].chapter
        assert list(program.writers) == ["coursekit", "pytorch"]


@pytest.mark.parametrize("name", NUMBERS)
def test_the_program_in_coursekit_gives_the_numbers_of_the_figure(name, capsys):
    for state in cases(name, 2):
        wanted = NUMBERS[name](frame_of(name, state))
        found = numbers(run(PROGRAMS[name].writers["coursekit"](state)), wanted)
        for key, value in wanted.items():
            np.testing.assert_allclose(found[key], value, rtol=1e-12, atol=1e-29, err_msg=f"{key}, {state}")
        assert capsys.readouterr().out.strip()  # it says what came of it


@pytest.mark.parametrize("library", ["coursekit", "pytorch"])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_program_is_short_and_imports_what_it_uses(name, library):
    for state in cases(name, 2):
        try:
            text = PROGRAMS[name].writers[library](state)
        except ValueError:
            continue
        tree = ast.parse(text)
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert imported(tree) <= used
        assert max(map(len, text.splitlines())) <= 120
        assert text.count("\n") <= {"coursekit": 35, "pytorch": 55}[library]


# ---- in PyTorch

# How near, relatively: float64 in these, float32 in all others, where sums in another order part two runs by and by.
TOLERANCES = {"xor": 1e-6, "hidden_layer": 1e-6, "dead_relu": 1e-6, "collapse": 1e-4, "bn_rescue": 1e-4}


def in_both(name, state):
    """The numbers of the program in PyTorch, and those of the frame."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)  # networks as small as these wait for threads longer than they compute
    wanted = NUMBERS[name](frame_of(name, state))
    return numbers(run(PROGRAMS[name].writers["pytorch"](state)), wanted), wanted


def has_a_twin(name, state):
    try:
        PROGRAMS[name].writers["pytorch"](state)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", TOLERANCES)
def test_the_program_in_pytorch_gives_the_numbers_of_the_figure(name):
    states = [state for state in cases(name, 3) if has_a_twin(name, state)]
    assert len(states) >= 5
    for state in states:
        found, wanted = in_both(name, state)
        for key, value in wanted.items():
            np.testing.assert_allclose(found[key], value, TOLERANCES[name], 1e-29, err_msg=f"{key}, {state}")


@pytest.mark.parametrize(
    ("name", "settings"), [("init_race", {"depth": 1}), ("activation_race", {}), ("activation_race", {"depth": 1})]
)
def test_a_race_that_no_rounding_decides_is_the_same_to_its_end_in_pytorch(name, settings):
    found, wanted = in_both(name, DEMOS[name].State(**settings))
    np.testing.assert_allclose(found["loss"], wanted["loss"], 1e-4)


def test_eight_layers_start_alike_in_pytorch():
    found, wanted = in_both("init_race", DEMOS["init_race"].State())
    tame = [0, 2, 3, 4]  # with weights from N(0, 1) each step multiplies a difference in the last digit
    np.testing.assert_allclose(np.array(found["loss"])[tame, :2], wanted["loss"][tame, :2], 1e-4)


@pytest.mark.parametrize(
    "settings", [{}, {"optimiser": "adam", "lr": 0.01}, {"optimiser": "sgd", "filters": 2}], ids=str
)
def test_digits_are_learned_alike_in_pytorch(settings):
    state = DEMOS["train_digits"].State().replace(epochs=5, **settings)
    found, wanted = in_both("train_digits", state)
    np.testing.assert_allclose(found["val_accuracy"], wanted["val_accuracy"], atol=1.5 / 287)  # a digit more or less
    np.testing.assert_allclose(found["test_accuracy"], wanted["test_accuracy"], atol=1.5 / 360)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_of_the_course_walks_the_same_path_in_pytorch(name):
    torch = pytest.importorskip("torch")
    net = torch.nn.Linear(3, 2, bias=False, dtype=torch.float64)
    params = {"w": net.weight.detach().numpy().copy()}
    ours = OPTIMISERS[name](lr=0.05)
    memory = ours.init(params)
    theirs = eval(twin(OPTIMISERS[name], lr=0.05), {"torch": torch, "net": net})
    for step in range(5):
        net.weight.grad = torch.cos(net.weight.detach() + step)
        ours.step(params, {"w": np.cos(params["w"] + step)}, memory)
        theirs.step()
        np.testing.assert_allclose(params["w"], net.weight.detach().numpy(), rtol=1e-6)


def test_where_pytorch_has_no_twin_it_is_said():
    with pytest.raises(ValueError, match=r"PyTorch has no Binary step: choose another one"):
        twin(ACTIVATIONS["step"])
    with pytest.raises(ValueError, match=r"RReLU draws random numbers, and PyTorch would draw others"):
        twin(ACTIVATIONS["rrelu"])
