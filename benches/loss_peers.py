"""The same losses in other libraries, each set to mean what segkit's means, as (logits, target) -> 0-d tensor.

A peer is made for a task: ``ignore`` is 255 where it has to leave such pixels out, as segkit always does, and None
where it is spared that work. What a peer needs of another form, such as a float or one-hot target or a probability, is
made inside, for it has to be made at every training step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import kornia.losses as kornia
import monai.losses as monai
import segmentation_models_pytorch.losses as smp
import torch
import torch.nn.functional as F
import torchvision.ops
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
Make = Callable[[int | None], Loss | None]


@dataclass(frozen=True)
class Case:
    """One of segkit's losses in one setting, and its peers.

    Attributes:
        loss: Its name.
        channels: K of the logits.
        options: As a recipe would give them.
        peers: By library, a function of ``ignore`` that makes the peer's loss, or gives None where it cannot ignore.
    """

    loss: str
    channels: int
    options: Mapping[str, Any] = field(default_factory=dict)
    peers: Mapping[str, Make] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Such as "lovasz (form: hinge)"."""
        options = ", ".join(f"{name}: {value}" for name, value in self.options.items())
        return f"{self.loss} ({options})" if options else self.loss


def _maps(target: Tensor) -> Tensor:
    return target.unsqueeze(1).float()


def _on_maps(loss: Loss) -> Loss:
    """Give the target as (N, 1, H, W) float."""
    return lambda logits, target: loss(logits, _maps(target))


def _on_probabilities(loss: Loss) -> Loss:
    return lambda logits, target: loss(logits.sigmoid(), _maps(target))


def _on_two(loss: Loss) -> Loss:
    """Give the one logit as the two whose softmax it stands for."""
    return lambda logits, target: loss(torch.cat([torch.zeros_like(logits), logits], dim=1), target)


def _on_one_hot(loss: Loss) -> Loss:
    def on_one_hot(logits: Tensor, target: Tensor) -> Tensor:
        return loss(logits, F.one_hot(target, logits.shape[1]).permute(0, 3, 1, 2).float())

    return on_one_hot


def _monai(kind: Callable[..., Loss], channels: int, **options: Any) -> Make:
    activation = {"sigmoid": True} if channels == 1 else {"softmax": True, "to_onehot_y": True}
    return lambda ignore: _on_maps(
        kind(**activation, **options, **({} if ignore is None else {"ignore_index": ignore}))
    )


def _monai_plain(kind: Callable[..., Loss], channels: int, **options: Any) -> Make:
    """Make one that has no ``ignore_index``."""
    return lambda ignore: _monai(kind, channels, **options)(None) if ignore is None else None


def _never_ignores(loss: Loss) -> Make:
    return lambda ignore: loss if ignore is None else None


def _monai_focal(channels: int) -> Make:
    options = {} if channels == 1 else {"use_softmax": True, "to_onehot_y": True}

    def make(ignore: int | None) -> Loss:
        loss = _on_maps(monai.FocalLoss(gamma=2.0, ignore_index=ignore, **options))
        # Its mean is over the zeros of the other classes too.
        return lambda logits, target: loss(logits, target) * channels

    return make


def _smp(kind: Callable[..., Loss], channels: int, **options: Any) -> Make:
    mode = "binary" if channels == 1 else "multiclass"
    return lambda ignore: kind(mode=mode, ignore_index=ignore, **options)


def _kornia(function: Callable[..., Tensor], **options: Any) -> Make:
    return lambda ignore: partial(function, ignore_index=ignore, **options)


def _cross_entropy(ignore: int | None) -> Loss:
    return F.cross_entropy if ignore is None else partial(F.cross_entropy, ignore_index=ignore)


_BINARY: Mapping[str, Make] = {
    "torch": _never_ignores(_on_maps(F.binary_cross_entropy_with_logits)),
    "smp": lambda ignore: _on_maps(smp.SoftBCEWithLogitsLoss(ignore_index=ignore)),
}

CASES: tuple[Case, ...] = (
    Case("bce", 1, peers=_BINARY),
    Case("bce", 3, peers={"torch": _never_ignores(_on_one_hot(F.binary_cross_entropy_with_logits))}),
    Case("cross_entropy", 1, peers=_BINARY),
    Case(
        "cross_entropy",
        3,
        peers={
            "torch": _cross_entropy,
            "smp": lambda ignore: smp.SoftCrossEntropyLoss(smooth_factor=0.0, ignore_index=ignore),
        },
    ),
    Case(
        "focal",
        1,
        peers={
            "torchvision": _never_ignores(
                _on_maps(partial(torchvision.ops.sigmoid_focal_loss, alpha=-1, gamma=2, reduction="mean"))
            ),
            "smp": _smp(smp.FocalLoss, 1),
            "monai": _monai_focal(1),
            "kornia": lambda ignore: _on_maps(
                partial(
                    kornia.binary_focal_loss_with_logits, alpha=None, gamma=2.0, reduction="mean", ignore_index=ignore
                )
            ),
        },
    ),
    Case(
        "focal",
        3,
        peers={
            "monai": _monai_focal(3),
            "kornia": _kornia(kornia.focal_loss, alpha=None, gamma=2.0, reduction="sum"),
        },
    ),
    *(
        Case(
            "dice",
            channels,
            peers={
                "smp": _smp(smp.DiceLoss, channels),
                "monai": _monai(monai.DiceLoss, channels, batch=True),
            },
        )
        for channels in (1, 3)
    ),
    Case(
        "dice",
        3,
        {"per_image": True},
        {"monai": _monai(monai.DiceLoss, 3), "kornia": _kornia(kornia.dice_loss, average="macro")},
    ),
    *(
        Case(
            "jaccard",
            channels,
            peers={
                "smp": _smp(smp.JaccardLoss, channels),
                "monai": _monai(monai.DiceLoss, channels, batch=True, jaccard=True),
            },
        )
        for channels in (1, 3)
    ),
    *(
        Case(
            "tversky",
            channels,
            peers={
                "smp": _smp(smp.TverskyLoss, channels, alpha=0.3, beta=0.7),
                "monai": _monai(monai.TverskyLoss, channels, alpha=0.3, beta=0.7, batch=True),
            },
        )
        for channels in (1, 3)
    ),
    Case(
        "tversky",
        3,
        {"per_image": True},
        {
            "monai": _monai(monai.TverskyLoss, 3, alpha=0.3, beta=0.7),
            "kornia": _kornia(kornia.tversky_loss, alpha=0.3, beta=0.7),
        },
    ),
    *(
        Case(
            "focal_tversky",
            channels,
            peers={"smp": _smp(smp.TverskyLoss, channels, alpha=0.3, beta=0.7, gamma=0.75)},
        )
        for channels in (1, 3)
    ),
    Case("lovasz", 1, peers={"smp": lambda ignore: _on_two(smp.LovaszLoss("multiclass", ignore_index=ignore))}),
    Case("lovasz", 3, peers={"smp": _smp(smp.LovaszLoss, 3)}),
    Case("lovasz", 3, {"per_image": True}, {"kornia": _never_ignores(kornia.lovasz_softmax_loss)}),
    Case(
        "lovasz",
        1,
        {"form": "hinge", "include": ["foreground"]},
        {"smp": _smp(smp.LovaszLoss, 1)},
    ),
    Case(
        "lovasz",
        1,
        {"form": "hinge", "include": ["foreground"], "per_image": True},
        {"smp": _smp(smp.LovaszLoss, 1, per_image=True), "kornia": _never_ignores(kornia.lovasz_hinge_loss)},
    ),
    Case(
        "mcc",
        1,
        peers={
            "smp": _never_ignores(_on_probabilities(smp.MCCLoss())),
            "monai": _monai_plain(monai.MCCLoss, 1, batch=True),
        },
    ),
    Case("mcc", 3, peers={"monai": _monai_plain(monai.MCCLoss, 3, batch=True)}),
    *(Case("boundary", channels, peers={"monai": _monai_plain(monai.BoundaryLoss, channels)}) for channels in (1, 3)),
    *(
        Case(
            "hausdorff",
            channels,
            peers={"monai": _monai_plain(monai.HausdorffDTLoss, channels, include_background=True)},
        )
        for channels in (1, 3)
    ),
)
