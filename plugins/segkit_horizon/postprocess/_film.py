"""The lines of a film's frames, each seen together with those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import cos, degrees, nan, radians, sin
from typing import Any

import torch

from segkit_horizon.line import Lines
from segkit_horizon.smoothing import LineFilter, Sighting


class Film:
    """Follows the horizon through a film, whatever the calls that its frames come in, and forgets it with the film."""

    def __init__(self) -> None:
        self._file: Any = None
        self._filter = LineFilter()

    def follow(self, lines: Lines, meta: Sequence[Mapping[str, Any]]) -> Lines:
        """Give the frames' smoothed lines; those of frames without ``file`` or ``time`` as they are.

        Residual and boundary stay those of the frame itself.
        """
        height, width = lines.size
        found, normal, rho, confidence = (
            value.tolist() for value in (lines.found, lines.normal, lines.rho, lines.confidence)
        )
        for n, known in enumerate(meta):
            file, time = known.get("file"), known.get("time")
            if file is None or time is None:
                continue
            if file != self._file:
                self._file, self._filter = file, LineFilter()
            seen = None
            if found[n]:
                middle = rho[n] - cos(normal[n]) * width / 2 - sin(normal[n]) * height / 2
                seen = Sighting(degrees(normal[n]), 100 * middle / height, confidence[n])
            line = self._filter(float(time), seen)
            found[n] = line is not None
            normal[n], rho[n], confidence[n] = nan, nan, 0.0
            if line is not None:
                normal[n] = angle = radians(line.normal_deg)
                rho[n] = line.middle_pct * height / 100 + cos(angle) * width / 2 + sin(angle) * height / 2
                confidence[n] = line.confidence
        numbers = torch.tensor([normal, rho, confidence], dtype=torch.float64)
        return replace(lines, found=torch.tensor(found), normal=numbers[0], rho=numbers[1], confidence=numbers[2])
