"""Optimisers: ``state = opt.init(params)``, then ``opt.step(params, grads, state)`` changes the parameters in place.

Symbols: parameters θ, gradient g, learning rate η, step t = 1, 2, …; all operations are elementwise.
``weight_decay`` λ adds λ θ to the gradient, as in PyTorch: L2 regularisation. The gradient of a penalty α Σ θ² is
2 α θ, so λ = 2 α. `AdamW` alone applies its decay beside the gradient.
"""

from coursekit.optimisers.adaptive import AdaGrad, Adam, AdamW, RMSProp
from coursekit.optimisers.clipping import clip_by_norm, clip_by_value
from coursekit.optimisers.descent import SGD, Momentum, Nesterov
from coursekit.optimisers.optimiser import Optimiser
from coursekit.registry import Registry

__all__ = [
    "OPTIMISERS",
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Momentum",
    "Nesterov",
    "Optimiser",
    "RMSProp",
    "clip_by_norm",
    "clip_by_value",
]

OPTIMISERS: Registry[type[Optimiser]] = Registry("optimiser")
for kind in (SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW):
    OPTIMISERS.add(kind)
