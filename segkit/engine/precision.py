"""What a recipe's words for precision mean on a device."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision

HALF: Mapping[str, torch.dtype] = MappingProxyType({"bf16": torch.bfloat16, "fp16": torch.float16})
logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it tells each precision that is tried


def make_fabric(precision: str) -> Fabric:
    """Give one device in a precision; with fp16 the loss is scaled by a ``torch.amp.GradScaler``.

    Args:
        precision: "fp32", "bf16" or "fp16".
    """
    if precision == "fp32":
        return Fabric(devices=1, precision="32-true")
    if precision == "bf16":
        return Fabric(devices=1, precision="bf16-mixed")
    # Asked for by name, Fabric takes bfloat16 for it on a CPU; torch's scaler works there as well.
    device = Fabric(devices=1).device.type
    return Fabric(devices=1, accelerator=device, plugins=MixedPrecision("16-mixed", device))


def native_half() -> str:
    """Give the half precision that this machine's device is made for: fp16 on an older GPU of NVIDIA, else bf16."""
    old = torch.cuda.is_available() and not torch.cuda.is_bf16_supported(including_emulation=False)
    return "fp16" if old else "bf16"
