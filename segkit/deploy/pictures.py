"""What a person has a picture as, brought to the frames that a model takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from segkit.errors import UserError
from segkit.images import read_image

_REMEDY = (
    "give (H, W), (H, W, 1) or (H, W, 3) uint8 or uint16 of numpy, (C, H, W) of torch, floats in [0, 1], "
    "a PIL image or the path of one; or several of them"
)
_CHANNELS = (1, 3)
_DEPTH = 65535


def as_frames(given: Any) -> tuple[list[np.ndarray], bool]:
    """Give frames (H, W, C) uint8 or uint16, and whether several were given.

    Args:
        given: A path; a PIL image, whose alpha is dropped; a numpy array (H, W) or (H, W, C), or (N, H, W, C) of
            several; a torch tensor (H, W) or (C, H, W), or (N, C, H, W) of several; or a list or tuple of these, each
            one picture. C is 1 or 3 (red, green, blue). Integers are uint8 or uint16, in a PIL image of any type that
            lies in 0 to 65535; floats lie in [0, 1] and become uint8.

    Raises:
        UserError: When it is none of these.
        DataError: When the file of a path cannot be decoded.
    """
    if isinstance(given, (list, tuple)):
        frames = [_frames(one) for one in given]
        if any(many for _, many in frames):
            raise UserError("each picture of a list must be one, not a batch", "give a list of pictures, or a batch")
        return [frame for some, _ in frames for frame in some], True
    return _frames(given)


def _frames(given: Any) -> tuple[list[np.ndarray], bool]:
    if isinstance(given, (str, Path)):
        return [read_image(Path(given))], False
    if isinstance(given, Image.Image):
        array = _of_pillow(given)
    elif isinstance(given, torch.Tensor):
        array = _of_torch(given)
    elif isinstance(given, np.ndarray):
        array = given
    else:
        raise UserError(f"a picture is no {type(given).__name__}", _REMEDY)
    frames = array[..., None] if array.ndim == 2 else array
    if frames.ndim not in (3, 4) or frames.shape[-1] not in _CHANNELS or 0 in frames.shape[-3:]:
        shape = tuple(given.shape) if isinstance(given, torch.Tensor) else array.shape
        raise UserError(f"a picture has 1 or 3 channels and pixels, not the shape {shape}", _REMEDY)
    many = frames.ndim == 4
    return [_checked(one) for one in (frames if many else [frames])], many


def _of_torch(tensor: torch.Tensor) -> np.ndarray:
    held = tensor.detach().cpu()
    array: np.ndarray = (held.float() if held.is_floating_point() else held).numpy()  # numpy knows no bfloat16
    return np.moveaxis(array, -3, -1) if array.ndim >= 3 else array


def _of_pillow(image: Image.Image) -> np.ndarray:
    if image.mode in ("1", "L", "LA"):
        return np.array(image.convert("L"))
    if image.mode.startswith("I"):
        return _sixteen_bits(np.array(image))
    if image.mode == "F":
        return np.array(image)
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA")  # straight to RGB, Pillow warns when the palette holds transparent colors
    return np.array(image.convert("RGB"))


def _sixteen_bits(values: np.ndarray) -> np.ndarray:
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    if low < 0 or high > _DEPTH:
        cause = f"a picture of integers lies in 0 to {_DEPTH}, not in {low} to {high}"
        raise UserError(cause, "give it with 16 bits, without a sign")
    return values.astype(np.uint16)


def _checked(frame: np.ndarray) -> np.ndarray:
    if frame.dtype.type in (np.uint8, np.uint16):
        return frame.astype(frame.dtype.type, copy=False)  # in the machine's order of bytes
    if not np.issubdtype(frame.dtype, np.floating):
        raise UserError(f"a picture holds uint8, uint16 or floats, not {frame.dtype}", _REMEDY)
    low, high = float(frame.min()), float(frame.max())
    if not 0 <= low <= high <= 1:  # NaN too
        raise UserError(f"a picture of floats lies in [0, 1], not in [{low:g}, {high:g}]", _REMEDY)
    scaled: np.ndarray = np.round(frame.astype(np.float32) * 255).astype(np.uint8)
    return scaled
