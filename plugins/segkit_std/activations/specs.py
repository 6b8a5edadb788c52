"""What segkit_std says about its activations: torch's own classes.

``inplace`` is off in all of them: it would overwrite a map that autograd or a skip connection still needs.
"""

from __future__ import annotations

from segkit.spec import ComponentSpec

SPECS: tuple[ComponentSpec, ...] = (
    ComponentSpec(
        kind="activation",
        name="relu",
        path="torch.nn:ReLU",
        summary="max(0, x).",
        fixed={"inplace": False},
    ),
    ComponentSpec(
        kind="activation",
        name="leaky_relu",
        path="torch.nn:LeakyReLU",
        summary="x above zero, a small fixed slope below.",
        fixed={"inplace": False},
    ),
    ComponentSpec(
        kind="activation",
        name="prelu",
        path="torch.nn:PReLU",
        summary="x above zero, a learned slope below; one slope an activation.",
        fixed={"num_parameters": 1, "device": None, "dtype": None},
    ),
    ComponentSpec(
        kind="activation",
        name="sigmoid",
        path="torch.nn:Sigmoid",
        summary="1 / (1 + exp(-x)); its slope is at most 1/4, so deep stacks of it learn slowly.",
    ),
    ComponentSpec(
        kind="activation",
        name="tanh",
        path="torch.nn:Tanh",
        summary="The hyperbolic tangent, from -1 to 1; saturates as the sigmoid does.",
    ),
    ComponentSpec(
        kind="activation",
        name="softmax",
        path="torch.nn:Softmax",
        summary="Softmax over the channels of each pixel.",
        fixed={"dim": 1},
    ),
    ComponentSpec(
        kind="activation",
        name="gelu",
        path="torch.nn:GELU",
        summary="x times the normal distribution's cumulative probability of x.",
        fixed={"approximate": "none"},
    ),
    ComponentSpec(
        kind="activation",
        name="silu",
        path="torch.nn:SiLU",
        summary="x times its sigmoid, also called swish.",
        fixed={"inplace": False},
    ),
    ComponentSpec(
        kind="activation",
        name="mish",
        path="torch.nn:Mish",
        summary="x times tanh(softplus(x)).",
        fixed={"inplace": False},
    ),
    ComponentSpec(
        kind="activation",
        name="hardswish",
        path="torch.nn:Hardswish",
        summary="x times hardsigmoid(x): silu in straight lines and a parabola.",
        fixed={"inplace": False},
    ),
    ComponentSpec(
        kind="activation",
        name="hardsigmoid",
        path="torch.nn:Hardsigmoid",
        summary="x / 6 + 1/2, kept between 0 and 1.",
        fixed={"inplace": False},
    ),
    ComponentSpec(
        kind="activation",
        name="elu",
        path="torch.nn:ELU",
        summary="x above zero, alpha (exp(x) - 1) below.",
        fixed={"inplace": False},
    ),
    ComponentSpec(
        kind="activation",
        name="selu",
        path="torch.nn:SELU",
        summary="elu scaled so that signals keep zero mean and unit variance from layer to layer.",
        fixed={"inplace": False},
    ),
    ComponentSpec(
        kind="activation",
        name="softplus",
        path="torch.nn:Softplus",
        summary="log(1 + exp(beta x)) / beta, a smooth relu; its slope is the sigmoid.",
    ),
    ComponentSpec(
        kind="activation",
        name="identity",
        path="torch.nn:Identity",
        summary="No activation.",
    ),
)
