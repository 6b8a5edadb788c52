"""What segkit_std says about its optimizers: torch's own, with the switches of their implementation left alone."""

from __future__ import annotations

from segkit.spec import ComponentSpec

# How torch runs the update is no matter of the recipe: None lets it choose the fast way for the device.
_IMPLEMENTATION = {"foreach": None, "maximize": False, "differentiable": False}

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="optimizer",
        name="sgd",
        path="torch.optim:SGD",
        summary="Stochastic gradient descent, with momentum, Nesterov's or none.",
        fixed={**_IMPLEMENTATION, "fused": None},
    ),
    ComponentSpec(
        kind="optimizer",
        name="adam",
        path="torch.optim:Adam",
        summary="Adam: steps scaled by running means of the gradient and of its square.",
        fixed={**_IMPLEMENTATION, "fused": None, "capturable": False, "decoupled_weight_decay": False},
    ),
    ComponentSpec(
        kind="optimizer",
        name="adamw",
        path="torch.optim:AdamW",
        summary="Adam with weight decay that is decoupled from the gradient.",
        fixed={**_IMPLEMENTATION, "fused": None, "capturable": False},
    ),
    ComponentSpec(
        kind="optimizer",
        name="rmsprop",
        path="torch.optim:RMSprop",
        summary="RMSprop: steps scaled by a running mean of the squared gradient.",
        fixed={**_IMPLEMENTATION, "capturable": False},
    ),
)
