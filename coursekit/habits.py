"""What other libraries call otherwise: for those who look for PyTorch's, Keras's or scikit-learn's names here."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

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
