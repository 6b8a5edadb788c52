"""The horizon through the frames of a film: smoothed, without outliers, and carried over gaps."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segkit_horizon.confidence import ANGLE_DEG, OFFSET_PCT, deviation, share_within

COAST_S = 1.0  # how long the line is carried on without a frame that bears it out
JUMP_FRAMES = 3  # how many outliers in a row that agree with each other are no outliers

# What pushes the horizon about, as the spectral density of its acceleration. A boat that rolls by 10 degrees in 4 s is
# followed best with this one in angle; a hand-held camera on a boat jolts in pitch, and the maximum of the likelihood
# of the horizons in such a film lies at this one in place.
_ANGLE_PUSH, _PLACE_PUSH = 100.0, 1000.0  # degrees^2 / s^3, percent^2 / s^3
_ANGLE_SPEED, _PLACE_SPEED = 20.0, 40.0  # standard deviations at the start, degrees / s and percent / s
_GATE = 13.8  # of the squared Mahalanobis distance: one sound line in a thousand lies beyond (chi-squared, 2 degrees)


@dataclass(frozen=True)
class Sighting:
    """A horizon line in a frame.

    Attributes:
        normal_deg: Angle of the normal toward the sea, in (-180, 180].
        middle_pct: Signed distance of the line from the frame's middle along the normal, in percent of the height.
        confidence: In [0, 1]; says how far the filter trusts it.
    """

    normal_deg: float
    middle_pct: float
    confidence: float


class LineFilter:
    """Follows one film's horizon with a Kalman filter of its angle and place, each at a speed that changes at random.

    A sighting that is too far from where the line must be by now is an outlier, and left out, unless ``JUMP_FRAMES`` of
    them in a row agree: then the view has jumped, and the filter with it. While no sighting fits, the line goes on as
    it moved; its confidence falls as the filter's own certainty does, and after ``COAST_S`` the filter forgets the line
    and begins anew with the next sighting.

    Source: R. E. Kalman, A new approach to linear filtering and prediction problems, 1960, doi:10.1115/1.3662552; the
    gate on the innovation as in Y. Bar-Shalom et al., Estimation with applications to tracking and navigation, 2001.
    """

    def __init__(self) -> None:
        self._track: _Track | None = None
        self._rival: _Track | None = None
        self._now = self._fitted = 0.0

    def __call__(self, time: float, sighting: Sighting | None) -> Sighting | None:
        """Take in the next frame of the film.

        Args:
            time: Of the frame in seconds; where it does not rise, or jumps by more than ``COAST_S``, the filter begins
                anew.
            sighting: What the frame alone shows; None when it shows no horizon.

        Returns:
            The line in that frame; None when the film has none there.
        """
        step, self._now = time - self._now, time
        if self._track is None or not 0 < step <= COAST_S or time - self._fitted > COAST_S:
            self._track = None if sighting is None else _Track(sighting)
            self._rival, self._fitted = None, time
            return sighting
        self._track.predict(step)
        if sighting is not None and self._track.takes(sighting):
            self._rival, self._fitted = None, time
        elif self._jumped(step, sighting):
            self._track, self._rival, self._fitted = self._rival, None, time
        return None if self._track is None else self._track.line()

    def _jumped(self, step: float, sighting: Sighting | None) -> bool:
        """Say whether this outlier is the last of enough that agree."""
        if self._rival is not None:
            self._rival.predict(step)
        if sighting is None or self._rival is None or not self._rival.takes(sighting):
            self._rival = None if sighting is None else _Track(sighting)
        return self._rival is not None and self._rival.sightings == JUMP_FRAMES


class _Track:
    """The filter itself, from its first sighting on."""

    def __init__(self, first: Sighting) -> None:
        self._filter = cv2.KalmanFilter(4, 2, 0, cv2.CV_64F)
        self._filter.measurementMatrix = np.eye(2, 4)
        self._filter.statePost = np.array([[first.normal_deg], [first.middle_pct], [0.0], [0.0]])
        self._filter.errorCovPost = np.diag([*np.diag(_noise(first)), _ANGLE_SPEED**2, _PLACE_SPEED**2])
        self._trust, self.sightings = first.confidence / self._share(), 1

    def predict(self, step: float) -> None:
        """Go on by so many seconds."""
        self._filter.transitionMatrix = np.kron(np.array([[1, step], [0, 1]]), np.eye(2))
        over_time = np.array([[step**3 / 3, step**2 / 2], [step**2 / 2, step]])
        self._filter.processNoiseCov = np.kron(over_time, np.diag([_ANGLE_PUSH, _PLACE_PUSH]))
        self._filter.predict()

    def takes(self, sighting: Sighting) -> bool:
        """Take the sighting in, and say so, unless it is an outlier."""
        expected, noise = self._filter.statePre[:2, 0], _noise(sighting)
        turn = (sighting.normal_deg - expected[0] + 180) % 360 - 180
        surprise = np.array([turn, sighting.middle_pct - expected[1]])
        if surprise @ np.linalg.solve(self._filter.errorCovPre[:2, :2] + noise, surprise) > _GATE:
            return False
        self._filter.measurementNoiseCov = noise
        self._filter.correct((expected + surprise)[:, None])
        self._trust, self.sightings = sighting.confidence / self._share(), self.sightings + 1
        return True

    def line(self) -> Sighting:
        """Give the line as it is by now."""
        angle, place = (float(value) for value in self._filter.statePost[:2, 0])
        return Sighting(180 - (180 - angle) % 360, place, self._trust * self._share())

    def _share(self) -> float:
        """Give the share of lines that would be right if the filter's own spread were that of their errors."""
        angle, place = np.sqrt(np.diag(self._filter.errorCovPost)[:2])
        return share_within(float(angle), float(place))


def _noise(sighting: Sighting) -> NDArray[np.float64]:
    share = deviation(sighting.confidence)
    return np.diag([(share * ANGLE_DEG) ** 2, (share * OFFSET_PCT) ** 2])
