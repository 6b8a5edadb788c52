"""The component that a new plugin begins with, one a kind; its file and its test lie in ``templates/kinds/<kind>``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Starter:
    """A component that works, to be read, changed and replaced.

    Attributes:
        kind: One of ``segkit.kinds.KINDS``.
        name: What a recipe calls it, and the name of its module.
        attribute: Its class.
        summary: One sentence.
    """

    kind: str
    name: str
    attribute: str
    summary: str


STARTERS: Mapping[str, Starter] = MappingProxyType(
    {
        starter.kind: starter
        for starter in (
            Starter("model", "dilated", "DilatedNet", "Dilated convolutions at full size."),
            Starter("backbone", "strided", "StridedEncoder", "A 3x3 convolution of stride 2 a level."),
            Starter("decoder", "lateral_sum", "LateralSum", "The sum of all maps at the finest one's size."),
            Starter("norm", "channel_rms", "ChannelRMS", "Root mean square 1 in each channel of each image."),
            Starter("activation", "squared_relu", "SquaredReLU", "The square of the ReLU."),
            Starter("loss", "brier", "BrierLoss", "Squared error of the class probabilities (the Brier score)."),
            Starter("optimizer", "sign_sgd", "SignSGD", "Steps of one length against the sign of each gradient."),
            Starter(
                "scheduler", "inverse_sqrt", "InverseSqrtSchedule", "Even warm-up, then one over the root of the step."
            ),
            Starter("dataset", "two_tone", "TwoTone", "Noisy pictures of two tones, drawn from a seed."),
            Starter("augment", "invert", "Invert", "The negative of an image."),
            Starter("metric", "error_rate", "ErrorRate", "Share of the valid pixels whose class is predicted wrong."),
            Starter("postprocess", "coverage", "Coverage", "The share of each frame that every class covers."),
            Starter("logger", "json_lines", "JsonLinesLogger", "A run's numbers as a JSON object an epoch."),
            Starter("callback", "stop_at_target", "StopAtTarget", "Ends the run when the monitored value is reached."),
        )
    }
)
