"""Land from the air or from a road: fields, forest, paving, and the hills and coasts beyond."""

from __future__ import annotations

import math

import numpy as np

from segkit_horizon.scenes.canvas import LAND, Canvas
from segkit_horizon.scenes.colors import pick
from segkit_horizon.scenes.ground import lay_ground, set_apart
from segkit_horizon.scenes.noise import TILE, Array, Labels, read, read_labels, screen, tiles
from segkit_horizon.scenes.weather import Weather

_CREST = 0.02  # of the frame's height: what is compared on either side of a ridge's outline
_FAR = 4000.0  # meters, from where a ridge is blue
_GREEN = ("grass", "grass", "grass", "forest", "soil", "soil", "rock")


def paint_land(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Cover what is below the line with fields and woods, or with one of them alone."""
    main, field, camera = pick(rng, _GREEN[int(rng.integers(len(_GREEN)))]), tiles(), canvas.camera
    # Bounded far away, so that what is smaller than a pixel there becomes streaks along the line.
    distance = camera.altitude / (np.maximum(canvas.rays.down, 0) + np.float32(rng.uniform(0.008, 0.03)))
    turn, texels = rng.uniform(0, 2 * math.pi), math.exp(rng.uniform(math.log(2), math.log(20))) / camera.altitude
    cos, sin = math.cos(turn) * texels, math.sin(turn) * texels
    x, z = distance * canvas.rays.right, distance * canvas.rays.forward
    place = rng.uniform(0, TILE, 2).astype(np.float32)
    u, v = cos * x - sin * z + place[0], sin * x + cos * z + place[1]
    sharp = np.float32(camera.focal * camera.altitude / texels) / distance**2  # pixels a texel, away from the camera
    color = np.broadcast_to(main, (3, *canvas.shape)).copy()
    if rng.random() < 0.75:
        patches = field.patches[int(rng.integers(len(field.patches)))]
        _lay_patches(color, patches, (u * 4, v * 4), np.clip(5 * sharp, 0.3, 1), rng)
    broad = read(field.clouds, u, v)
    fine = read(field.rough, u * 7, v * 7) * np.sqrt(np.minimum(sharp / 7, 1))
    color *= np.clip(1 + rng.uniform(0, 0.3) * broad + rng.uniform(0.05, 0.4) * fine, 0.2, 2.5)
    if rng.random() < 0.65:
        crowns = read(field.heaps, u * 9, v * 9) * np.sqrt(np.minimum(sharp / 3, 1))
        _lay_woods(color, broad + 0.3 * fine, crowns, rng)
    if rng.random() < 0.3:
        color *= np.clip(1 + 0.35 * screen(field.clouds, rng, canvas.shape, 0.5, rng.uniform(1, 3)), 0.35, 1.4)
    color *= np.float32(weather.sunlit)
    lay_ground(canvas, color, distance, weather, rng, LAND, _tree_line(canvas, rng))


def paint_paving(canvas: Canvas, weather: Weather, rng: np.random.Generator) -> None:
    """Cover what is below the line with a road."""
    distance = canvas.camera.altitude / (np.maximum(canvas.rays.down, 0) + np.float32(0.01))
    u, v = distance * canvas.rays.right * 40, distance * canvas.rays.forward * 40
    grain, broad = read(tiles().rough, u, v), screen(tiles().clouds, rng, canvas.shape, 1.0, 3.0)
    color = pick(rng, "asphalt") * (1 + rng.uniform(0.02, 0.12) * grain + rng.uniform(0, 0.12) * broad)
    color *= np.float32(weather.sunlit)
    lay_ground(canvas, color, distance, weather, rng, LAND)


def paint_ridge(
    canvas: Canvas, weather: Weather, rng: np.random.Generator, distance: float, height: float, water: bool = False
) -> None:
    """Lay a ridge or, over water, a coast that may leave gaps, over what is there.

    Args:
        canvas: It holds the sky and, for a coast, the water.
        weather: The scene's.
        rng: The scene's random numbers.
        distance: Of its foot in meters.
        height: About its own in meters.
        water: Whether it rises from water; else its foot is hidden.
    """
    field, focal = tiles(), np.float32(canvas.camera.focal)
    base = rng.uniform(-0.5, 1.2) if water else rng.uniform(0.4, 1.6)
    length = rng.uniform(30, 200) if water else math.exp(rng.uniform(math.log(8), math.log(200)))
    outline = base + rng.uniform(0.2, 1) * _along(canvas, field.clouds, rng, length)
    outline += rng.uniform(0, 0.12) * _along(canvas, field.rough, rng, rng.uniform(100, 600))
    top = outline * np.float32(height / distance)
    cover = np.clip((top - canvas.rise) * focal + 0.5, 0, 1)
    if water:
        foot = np.float32(-canvas.camera.altitude / distance)
        cover *= np.clip((canvas.rise - foot) * focal + 0.5, 0, 1) * (top > 0)
    texture = screen(field.rough, rng, canvas.shape, rng.uniform(0.5, 2), rng.uniform(1, 3), -canvas.camera.roll)
    color = pick(rng, _GREEN[int(rng.integers(len(_GREEN)))]) * np.float32(weather.sunlit)
    color = color * (1 + rng.uniform(0.05, 0.35) * texture)
    cool = [rng.uniform(0.88, 1), rng.uniform(0.94, 1), 1] if distance > _FAR else [1, 1, 1]
    air = weather.air * np.array(cool, np.float32).reshape(3, 1, 1)
    color = color + _ridge_veil(canvas, weather, rng, distance, top) * (air - color)
    crest = np.abs(top - canvas.rise) * focal < _CREST * canvas.shape[0]
    set_apart(canvas, color, crest & (cover > 0.5), crest & (cover < 0.5), rng.uniform(0.015, 0.1))
    canvas.lay(cover, color, LAND)


def _ridge_veil(canvas: Canvas, weather: Weather, rng: np.random.Generator, distance: float, top: Array) -> Array:
    """Give the share of the air's color on a ridge, (H, W); far ones may hardly be darker than the sky behind them."""
    far = distance > _FAR
    thin = min(weather.veil(distance) + rng.uniform(0.2, 0.8) * far, 0.95)
    if not far:
        return np.full_like(top, thin)
    least = np.float32(rng.uniform(0.75, 0.97) if rng.random() < 0.65 else thin)
    valley = np.clip(1 - canvas.rise / np.maximum(top, 1e-4), 0, 1)  # where haze lies
    veil: Array = least + (1 - least) * np.float32(rng.uniform(0, 0.8)) * valley
    return veil


def _lay_patches(
    color: Array, patches: Labels, place: tuple[Array, Array], sharp: Array, rng: np.random.Generator
) -> None:
    """Color the fields of a label map by a few hues near the present one, as far as they are seen; lanes are bright."""
    hues = np.stack([pick(rng, _GREEN[number])[:, 0, 0] for number in rng.integers(0, len(_GREEN), 5)])
    main, near = color[:, 0, 0], rng.uniform(0.2, 0.7)
    table = ((1 - near) * hues[np.arange(256) % 5] + near * main) * rng.uniform(0.75, 1.25, (256, 1))
    table[240:] = pick(rng, "concrete")[:, 0, 0] + 0.15
    labels = read_labels(patches, *place)
    color += sharp * (np.ascontiguousarray(table.T, np.float32).take(labels, axis=1) - color)


def _lay_woods(color: Array, broad: Array, crowns: Array, rng: np.random.Generator) -> None:
    """Cover some of the land with woods, their crowns lit and their edges dark."""
    inside = np.clip((broad - rng.uniform(-1.2, 1.0)) / rng.uniform(0.1, 0.4), 0, 1)
    edge = 1 - 0.6 * inside * (1 - inside)
    woods = pick(rng, "forest") * np.clip(1 + rng.uniform(0.2, 0.5) * crowns, 0.2, 2.2) * edge
    color += inside * (woods - color)


def _tree_line(canvas: Canvas, rng: np.random.Generator) -> Array:
    """Give how many pixels what grows on the ground stands above the line, (H, W)."""
    high = rng.uniform(0, 0.02) * canvas.shape[0] * rng.random() ** 2
    ragged = _along(canvas, tiles().rough, rng, rng.uniform(200, 900))
    bumps: Array = np.maximum(np.float32(high) * (0.7 + ragged), 0)
    return bumps


def _along(canvas: Canvas, tile: Array, rng: np.random.Generator, texels: float) -> Array:
    """Read a row of a tile along the line, (H, W): what stands upright has the same in a column of the level world."""
    row = np.full_like(canvas.azimuth, rng.uniform(0, TILE))
    return read(tile, canvas.azimuth * np.float32(texels) + np.float32(rng.uniform(0, TILE)), row)
