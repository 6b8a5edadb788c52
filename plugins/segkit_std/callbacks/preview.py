"""Show what the model does with some validation frames."""

from __future__ import annotations

import colorsys

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from segkit.hooks import hookimpl
from segkit.kinds import IGNORE, Run

_TILE = 240  # longer side of a picture on the sheet, in pixels
_GAP = 6
_TEXT = 16
_OPACITY = 0.55
_PALETTE = ((86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66), (204, 121, 167), (213, 94, 0))  # Okabe, Ito


class Preview:
    """Draws ``preview.png`` each epoch: frame, true mask and prediction, with a color for each class.

    Ignored pixels are striped black and white. Above each prediction stands its share of right pixels among those that
    are not ignored.

    Args:
        frames: How many validation frames are shown, evenly spread over the set.

    Raises:
        ValueError: When it is below 1.
    """

    def __init__(self, frames: int = 12) -> None:
        if frames < 1:
            raise ValueError(f"frames must be 1 or more, not {frames}: give such as 12")
        self.frames = frames

    @hookimpl
    def epoch_end(self, run: Run) -> None:
        """Draw the sheet."""
        images, masks = run.validation_frames(self.frames)
        sheet = _sheet(images, masks, run.predict(images), run)
        part = run.dir / "preview.png.part"
        sheet.save(part, format="PNG")
        part.replace(run.dir / "preview.png")


def _sheet(images: np.ndarray, masks: np.ndarray, predictions: np.ndarray, run: Run) -> Image.Image:
    """Lay out rows of frame, truth and prediction, in two blocks side by side."""
    height, width = masks.shape[1:]
    scale = _TILE / max(height, width)
    tile = (max(1, round(width * scale)), max(1, round(height * scale)))
    blocks = min(2, len(images))
    rows = -(-len(images) // blocks)
    block_width, row_height = 3 * (tile[0] + _GAP) + 2 * _GAP, tile[1] + _TEXT + _GAP
    header = 2 * _TEXT
    sheet = Image.new("RGB", (blocks * block_width, header + rows * row_height), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=12)
    _legend(draw, font, run)
    colors = _colors(len(run.classes))
    for index, (image, mask, prediction) in enumerate(zip(images, masks, predictions, strict=True)):
        left = index // rows * block_width + _GAP
        top = header + index % rows * row_height
        valid = mask != IGNORE
        right = f"{np.mean(prediction[valid] == mask[valid]):.1%} right" if valid.any() else "all ignored"
        pictures = {
            "frame": _rgb(image),
            "truth": _paint(image, mask, colors),
            f"prediction, {right}": _paint(image, prediction, colors),
        }
        for column, (title, picture) in enumerate(pictures.items()):
            x = left + column * (tile[0] + _GAP)
            draw.text((x, top), title, fill="black", font=font)
            sheet.paste(Image.fromarray(picture).resize(tile, Image.Resampling.BOX), (x, top + _TEXT))
    return sheet


def _legend(draw: ImageDraw.ImageDraw, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, run: Run) -> None:
    x = float(_GAP)
    value = run.values.get(run.monitor)
    text = f"epoch {run.epoch + 1}" + ("" if value is None else f", {run.monitor} {value:.4f}")
    draw.text((x, _GAP), text, fill="black", font=font)
    x += draw.textlength(text, font=font) + 4 * _GAP
    for name, color in zip(run.classes, _colors(len(run.classes)), strict=True):
        draw.rectangle((x, _GAP + 2, x + 12, _GAP + 14), fill=tuple(int(v) for v in color))
        draw.text((x + 18, _GAP), name, fill="black", font=font)
        x += draw.textlength(name, font=font) + 18 + 2 * _GAP
    draw.text((x, _GAP), "striped: ignored", fill="black", font=font)


def _colors(count: int) -> np.ndarray:
    """Give a color a class, (count, 3) uint8; beyond the palette, hues that turn by the golden angle."""
    hues = [colorsys.hsv_to_rgb(k * 0.381966 % 1, 0.8, 0.9) for k in range(count - len(_PALETTE))]
    more = [tuple(round(255 * part) for part in hue) for hue in hues]
    return np.array([*_PALETTE, *more][:count], dtype=np.uint8)


def _rgb(image: np.ndarray) -> np.ndarray:
    """(H, W, 1 or 3) -> (H, W, 3)."""
    return np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3)))


def _paint(image: np.ndarray, mask: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Lay the colors of a mask over the frame in grey; ignored pixels are diagonal stripes."""
    rows, columns = np.indices(mask.shape)
    stripes = np.where((rows + columns) // 4 % 2, 255, 0)[..., None]
    grey = image.mean(axis=2, keepdims=True)
    ignored = (mask == IGNORE)[..., None]
    color = colors[np.where(mask == IGNORE, 0, mask)]
    blended = (1 - _OPACITY) * grey + _OPACITY * color
    return np.where(ignored, stripes, blended).astype(np.uint8)
