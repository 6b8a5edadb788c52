"""``segkit data sheet``: frames with their masks as the network sees them, plain and augmented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from segkit.assembly import Assembly, assemble
from segkit.catalog import Catalog
from segkit.dataprep.findings import printable
from segkit.deploy.overlay import palette
from segkit.engine.build import frame_format
from segkit.engine.checkpoint import whole_file
from segkit.engine.intake import Intake
from segkit.engine.scan import network_view
from segkit.errors import DataError, Fault, UserError
from segkit.kinds import IGNORE, Dataset, Sample
from segkit.recipe import read_recipe

_SIDE = 224  # longer side of a picture on the sheet, in pixels
_GAP = 6
_TEXT = 16
_OPACITY = 0.4
_STRIPE = 4  # pixels

Picture = tuple[str, np.ndarray]


def draw_sheet(
    recipe: str, overrides: Sequence[str], catalog: Catalog, split: str, out: Path, frames: int = 8, draws: int = 3
) -> int:
    """Write a contact sheet: a row a frame, with the frame, its mask, and for the training split what augment makes.

    Args:
        recipe: A file, or the name of a shipped recipe.
        overrides: ``dotted.key=value``.
        catalog: The components.
        split: "train", "val" or "test"; only training frames are augmented.
        out: The PNG to write.
        frames: How many, evenly spread over the split; those that cannot be read are left out.
        draws: How often each is augmented.

    Returns:
        The number of frames on the sheet.

    Raises:
        UserError: When the recipe is wrong, has no such split, or no frame can be read.
    """
    assembly = assemble(read_recipe(recipe, overrides, catalog), catalog)
    settings = assembly.recipe
    if split not in assembly.datasets:
        raise UserError(f"the recipe has no split {split!r}", f"its splits are {', '.join(assembly.datasets)}")
    if frames < 1 or draws < 0:
        raise UserError(f"a sheet has frames of 1 or more and draws of 0 or more, not {frames} and {draws}", "mend it")
    dataset: Dataset = assembly.datasets[split](split=split, classes=settings.classes, task=settings.task)
    samples = _readable(dataset, frames)
    rows = [_row(assembly, sample, draws if split == "train" else 0, index) for index, sample in enumerate(samples)]
    with whole_file(out) as work:
        _sheet(rows, settings.classes).save(work, format="PNG")
    return len(rows)


def _readable(dataset: Dataset, count: int) -> list[Sample]:
    count = min(count, len(dataset))
    samples: list[Sample] = []
    faults: list[Fault] = []
    for index in range(count):
        try:
            samples.append(dataset[index * (len(dataset) - 1) // max(count - 1, 1)])
        except DataError as error:
            faults += error.faults
    if not samples:
        raise DataError.of(faults) if faults else DataError("the split holds no frame", "give frames with masks")
    return samples


def _row(assembly: Assembly, sample: Sample, draws: int, index: int) -> list[Picture]:
    image, mask = network_view(sample, frame_format(assembly, training=True))
    colors = palette(len(assembly.recipe.classes))
    pictures = [(printable(sample.id), image), ("mask", tint(image, mask, colors))]
    if assembly.augment:
        augmented = _augmented(assembly, image, mask, draws, index)
        pictures += [(f"augmented {n}", tint(*pair, colors)) for n, pair in enumerate(augmented, 1)]
    return pictures


def _augmented(
    assembly: Assembly, image: np.ndarray, mask: np.ndarray, draws: int, index: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draw as training does: by the same way in, without the normalization."""
    channels = assembly.recipe.data.channels
    intake = Intake([0.0] * channels, [1.0] * channels, [bound() for bound in assembly.augment])
    batch = torch.from_numpy(image).permute(2, 0, 1)[None], torch.from_numpy(mask)[None]
    for number in range(draws):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(assembly.recipe.seed + index * draws + number)
            pixels, targets = intake(*batch, augment=True)
        shown = pixels[0].permute(1, 2, 0).mul(255).round().clamp(0, 255).to(torch.uint8)
        yield shown.numpy(), targets[0].to(torch.uint8).numpy()


def tint(image: np.ndarray, mask: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Lay the colors of a mask over a frame; ignored pixels are striped black and white.

    Args:
        image: (H, W, 1 or 3) uint8.
        mask: (H, W) uint8, class indices and IGNORE.
        colors: (K, 3) uint8.

    Returns:
        (H, W, 3) uint8.
    """
    rows, columns = np.indices(mask.shape)
    stripes = np.where((rows + columns) // _STRIPE % 2, 255, 0)[..., None]
    ignored = mask == IGNORE
    blended = (1 - _OPACITY) * image + _OPACITY * colors[np.where(ignored, 0, mask)]
    return np.where(ignored[..., None], stripes, blended.round()).astype(np.uint8)


def _sheet(rows: Sequence[Sequence[Picture]], classes: Sequence[str]) -> Image.Image:
    height, width = rows[0][0][1].shape[:2]
    scale = _SIDE / max(height, width)
    tile = max(1, round(width * scale)), max(1, round(height * scale))
    step = tile[0] + _GAP, tile[1] + _TEXT + _GAP
    header = _TEXT + 2 * _GAP
    sheet = Image.new("RGB", (_GAP + len(rows[0]) * step[0], header + len(rows) * step[1]), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=12)
    _legend(draw, font, classes)
    for row, pictures in enumerate(rows):
        for column, (title, picture) in enumerate(pictures):
            x, y = _GAP + column * step[0], header + row * step[1]
            while draw.textlength(title, font=font) > tile[0] and len(title) > 1:
                title = f"...{title.lstrip('.')[1:]}"  # the end of a frame's name tells it from its neighbors
            draw.text((x, y), title, fill="black", font=font)
            full = np.ascontiguousarray(np.broadcast_to(picture, (*picture.shape[:2], 3)))
            shown = Image.fromarray(full).resize(tile, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX)
            sheet.paste(shown, (x, y + _TEXT))
    return sheet


def _legend(
    draw: ImageDraw.ImageDraw, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, classes: Sequence[str]
) -> None:
    x = float(_GAP)
    for name, color in zip(classes, palette(len(classes)).tolist(), strict=True):
        draw.rectangle((x, _GAP, x + 12, _GAP + 12), fill=tuple(color))
        draw.text((x + 18, _GAP), name, fill="black", font=font)
        x += draw.textlength(name, font=font) + 18 + 3 * _GAP
    draw.text((x, _GAP), "striped: ignored", fill="black", font=font)
