"""What PHD2 wrote of the guide star: how far it strayed while each exposure was taken.

The log's times are those of the computer's clock, the error is reckoned as NINA does: about its mean.

    parse_guide_log (once a log) ─▶ GuideLog ─▶ rms_over(an exposure) ─▶ GuideRms
"""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from pipeline.rules.guide_rows import BEGINS, LONGEST_S, Guiding, Reading
from pipeline.rules.nights import utc_time

_LINE = re.compile(r"[^\r\n]+")
_FEWEST = 3
_CLOCKS_CHANGE_S = 7200.0
"""By no more than this, anywhere."""
_SAME_FIELD_DEG = 5.0
"""A mount tells its place in the coordinates of the day, and a guide scope looks a little aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideLog:
    """A guide log, read."""

    name: str
    stretches: tuple[Guiding, ...] = ()
    """Without lost stars and without the moments of settling; those with no row left are left out."""
    sentences: tuple[str, ...] = ()
    """What could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideRms:
    """How well an exposure was guided: standard deviation about the mean, as NINA reckons it."""

    rms_arcsec: float
    """Both axes together."""
    ra_arcsec: float
    dec_arcsec: float
    samples: int
    """Guide exposures it is made of."""
    begun: datetime
    """When this guiding began: tells a log that grew from the log of another mount."""


def parse_guide_log(text: str, name: str) -> GuideLog:
    """Read a log once; a text that is no guide log has no stretches, and that is no fault of it.

    Args:
        text: Its content, undecodable bytes already replaced.
        name: Its name, for the sentences.
    """
    if BEGINS not in text:
        return GuideLog(name=name)
    reading = Reading()
    for line in _LINE.finditer(text):
        reading.hear(line[0])
    return GuideLog(
        name=name,
        stretches=reading.stretches(),
        sentences=tuple(f"{name}: {sentence}" for sentence in reading.sentences()),
    )


def rms_over(
    log: GuideLog,
    start_local: datetime,
    exposure_s: float,
    guider_arcsec_px: float | None,
    *,
    time_zone: str | None = None,
    pointing_deg: tuple[float, float] | None = None,
) -> GuideRms | None:
    """Guiding error while an exposure was taken; None with fewer than 3 guide exposures or without a scale.

    Args:
        log: The log of that night.
        start_local: Start of the exposure on the clock the log goes by; naive.
        exposure_s: How long it lasted.
        guider_arcsec_px: Scale of the guide camera, for a log that does not say.
        time_zone: IANA name of that clock's zone: needed in the night in which the clocks change, else not.
        pointing_deg: Where the telescope pointed, to leave out the log of another mount.
    """
    ra_arcsec, dec_arcsec, begun = array("d"), array("d"), start_local
    for guiding in log.stretches:
        first, last = _during(guiding, start_local, exposure_s, time_zone)
        if first >= last or _elsewhere(guiding, pointing_deg):
            continue
        scale = guiding.arcsec_px or guider_arcsec_px
        if scale is None:
            return None
        begun = begun if ra_arcsec else guiding.begun
        ra_arcsec.extend(scale * px for px in guiding.ra_px[first:last])
        dec_arcsec.extend(scale * px for px in guiding.dec_px[first:last])
    if len(ra_arcsec) < _FEWEST:
        return None
    ra, dec = _deviation(ra_arcsec), _deviation(dec_arcsec)
    return GuideRms(
        rms_arcsec=math.hypot(ra, dec),
        ra_arcsec=ra,
        dec_arcsec=dec,
        samples=len(ra_arcsec),
        begun=begun,
    )


def _during(guiding: Guiding, start_local: datetime, exposure_s: float, zone: str | None) -> tuple[int, int]:
    """Which rows were taken while the shutter was open."""
    naive = start_local.replace(tzinfo=None)
    opened_s = (naive - guiding.begun).total_seconds()
    if not 0 < exposure_s <= LONGEST_S:
        return 0, 0
    if not -exposure_s - _CLOCKS_CHANGE_S <= opened_s <= guiding.at_s[-1] + _CLOCKS_CHANGE_S:
        return 0, 0
    if zone is not None:
        opened_s = (utc_time(naive, zone) - utc_time(guiding.begun, zone)).total_seconds()
    return bisect_left(guiding.at_s, opened_s), bisect_right(guiding.at_s, opened_s + exposure_s)


def _elsewhere(guiding: Guiding, pointing_deg: tuple[float, float] | None) -> bool:
    """True where that mount looked at another part of the sky."""
    if pointing_deg is None or guiding.ra_deg is None or guiding.dec_deg is None:
        return False
    ra, dec = map(math.radians, pointing_deg)
    east, up = math.radians(guiding.ra_deg) - ra, math.radians(guiding.dec_deg)
    near = math.sin(dec) * math.sin(up) + math.cos(dec) * math.cos(up) * math.cos(east)
    return near < math.cos(math.radians(_SAME_FIELD_DEG))


def _deviation(values: array[float]) -> float:
    """Population standard deviation about the mean."""
    mean = fmean(values)
    return math.sqrt(fmean((value - mean) ** 2 for value in values))
