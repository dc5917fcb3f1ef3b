"""What other libraries call otherwise: for those who look for PyTorch's, Keras's or scikit-learn's names here."""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

TRAIN = "history = train(net, loss, optimiser, (x, y)) trains it, and fit(...) does so step by step."
MODE = "Training mode is an argument: net(x, training=True)."
FROZEN = "All layers learn; a callback of your own can put a layer's parameters back in its after_update."
PARAMS = "net.params holds all parameters by name, net.grads their gradients."
OVERWRITTEN = "Each backward pass overwrites the gradients: there is nothing to set to 0."

#: What a network or a layer has elsewhere → how it is done here.
OF_LAYERS = {
    "fit": TRAIN,
    "compile": f"Nothing is compiled: {TRAIN}",
    **dict.fromkeys(("train", "eval", "training"), MODE),
    **dict.fromkeys(("evaluate", "score"), "evaluate(net, loss, x, y) of coursekit.training gives loss and accuracy."),
    "predict_proba": "net(x) gives scores; ACTIVATIONS['softmax'].forward(scores)[0] makes probabilities of them.",
    "zero_grad": OVERWRITTEN,
    **dict.fromkeys(("parameters", "named_parameters", "weights", "get_weights", "trainable_variables"), PARAMS),
    **dict.fromkeys(("state_dict", "save_weights"), "net.save(path) writes all that was learned."),
    **dict.fromkeys(("load_state_dict", "load_weights"), "net.load(path) reads what net.save(path) wrote."),
    **dict.fromkeys(("add", "append", "add_module"), "net.layers.append(layer) adds one at the end."),
    **dict.fromkeys(("to", "cuda", "cpu", "device"), "Everything here runs on the processor."),
    **dict.fromkeys(("requires_grad", "requires_grad_", "trainable", "freeze"), FROZEN),
    **dict.fromkeys(("weight", "kernel", "W"), "A layer's weights are layer.params['w']."),
    **dict.fromkeys(("bias", "biases"), "A layer's biases are layer.params['b']."),
}
#: The same of an optimiser.
OF_OPTIMISERS = {
    "zero_grad": OVERWRITTEN,
    **dict.fromkeys(("param_groups", "learning_rate"), "Its learning rate is optimiser.lr."),
    **dict.fromkeys(("state", "state_dict"), "What it remembers is the state that init(params) returned."),
    **dict.fromkeys(("minimize", "minimise", "apply_gradients", "update"), "It is step(params, grads, state)."),
}

#: What a keyword is called elsewhere → here.
KEYWORDS = {
    **dict.fromkeys(("epoch", "n_epochs", "num_epochs", "nb_epoch", "max_epochs", "max_iter"), "epochs"),
    **dict.fromkeys(("batch", "batchsize", "bs"), "batch_size"),
    **dict.fromkeys(("callback", "hooks"), "callbacks"),
    **dict.fromkeys(("seed", "random_state", "generator"), "rng"),
    **dict.fromkeys(("model", "network"), "net"),
    **dict.fromkeys(("criterion", "loss_fn", "loss_function", "objective"), "loss"),
    **dict.fromkeys(("optimizer", "opt"), "optimiser"),
    **dict.fromkeys(("verbose", "progress_bar"), "progress"),
    **dict.fromkeys(("checkpoint", "ckpt_path", "resume"), "resume_from"),
    **dict.fromkeys(("X", "inputs"), "x"),
    **dict.fromkeys(("labels", "targets", "target"), "y"),
    **dict.fromkeys(("dataset", "train_data", "training_data", "train_loader"), "data"),
}
TUPLE = "The samples go together: data=(x, y), or (x, y, x_val, y_val) with those for validation."
WEIGHTS = "The loss takes weights: partial(LOSSES['softmax_cross_entropy'], class_weights=[...])."
#: What a keyword is elsewhere, where no argument here is the same → how it is done.
INSTEAD = {
    **dict.fromkeys(("validation_data", "val_data", "validation", "valid_data", "validation_split"), TUPLE),
    **dict.fromkeys(("x", "y", "X", "x_train", "y_train", "x_val", "y_val", "labels", "targets"), TUPLE),
    **dict.fromkeys(("lr", "learning_rate", "eta"), "The optimiser has it: OPTIMISERS['adam'](lr=0.01)."),
    **dict.fromkeys(
        ("weight_decay", "momentum"), "The optimiser has it: OPTIMISERS['sgd'](lr=0.1, weight_decay=1e-4)."
    ),
    **dict.fromkeys(("class_weight", "class_weights", "sample_weight"), WEIGHTS),
    **dict.fromkeys(
        ("metrics", "metric"), "With validation data loss and accuracy are told; evaluate(...) gives both."
    ),
    **dict.fromkeys(("verbose", "progress"), "Only train(...) shows a bar; nothing else is written."),
    "shuffle": "Every epoch is shuffled anew, by rng.",
    "device": "Everything here runs on the processor.",
    "training": "predict and evaluate are always in test mode; net(x, training=True) is not.",
    "data": "The samples go apart: x, y.",
    "batch_size": "All samples pass at once; if that is too much, give it a part: x[:1000].",
}


def knows_habits(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Let a function say of a keyword that it does not have what it is called here, before anything happens."""
    name, known = function.__name__, [one for one in signature(function).parameters if one != "self"]

    @wraps(function)
    def checked(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for given in kwargs:
            if given not in known:
                raise TypeError(f"{name} has no argument {given!r}. {_meant(given, known)}")
        return function(*args, **kwargs)

    return checked


def _meant(given: str, known: list[str]) -> str:
    """Say what a keyword is called here, or how it is done, or what else there is."""
    here = KEYWORDS.get(given)
    if here in known:
        return f"It is {here!r} here."
    if given in INSTEAD and (INSTEAD[given] is not TUPLE or "data" in known):
        return INSTEAD[given]
    near = get_close_matches(given, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Its arguments: {', '.join(known)}."


def missing(owner: object, name: str, habits: Mapping[str, str]) -> AttributeError:
    """Return the error that ``owner`` has no attribute ``name``, with what to do instead if it is a habit."""
    hint = f" {habits[name]}" if name in habits else ""
    return AttributeError(f"{type(owner).__name__!r} object has no attribute {name!r}.{hint}", name=name, obj=owner)


def not_to_be_set(owner: object, name: str, known: Collection[str], habits: Mapping[str, str]) -> None:
    """Raise ``AttributeError`` if nothing would read ``name`` on ``owner``, or it can only be read.

    Parameters
    ----------
    owner : object
    name : str
        Neither is a name that its class has, e.g. of a method, which may be exchanged.
    known : collection of str
        What may be set.
    habits : mapping from str to str
        What to do instead, by name.
    """
    kind = type(owner)
    found = getattr(kind, name, None)
    if found is not None and not (isinstance(found, property) and found.fset is None):
        return
    if found is not None:
        reason = f"{name} is made anew whenever it is read. Write into its arrays: [...] = values."
    else:
        listed = sorted(one for one in known if not one.startswith("_") and one not in ("cache", "lender"))
        near = get_close_matches(name, listed, n=1)
        hint = habits.get(name) or (f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(listed)}.")
        reason = f"nothing reads an attribute {name!r}, so setting it would change nothing. {hint}"
    raise AttributeError(f"{kind.__name__}: {reason}", name=name, obj=owner)
