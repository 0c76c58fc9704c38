"""The demo's guide log: what PHD2 would have written while the demo's lights were taken.

Each exposure strays by just the RMS that its name tells, about a mean that is not zero, and between exposures the
mount dithers and settles: what reads the log must leave that out.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import fmean, pstdev

from pipeline.world.demo_scene import Shot

GUIDER_ARCSEC_PX = 2.0
_EVERY_S = 3.0
_BEFORE_S = 45.0
"""Guiding begins so long before the first exposure."""
_RA_SHARE, _DEC_SHARE = 0.7, 0.7141
"""Of the whole error, as in the session table."""
_COLUMNS = (
    "Frame,Time,mount,dx,dy,RARawDistance,DECRawDistance,RAGuideDistance,DECGuideDistance,RADuration,RADirection,"
    "DECDuration,DECDirection,XStep,YStep,StarMass,SNR,ErrorCode"
)


def guide_log_name(shots: Sequence[Shot]) -> str:
    """As PHD2 names it: by its own start."""
    return f"PHD2_GuideLog_{_begun(shots):%Y-%m-%d_%H%M%S}.txt"


def guide_log(shots: Sequence[Shot]) -> str:
    """The log of one rig's night.

    Args:
        shots: Its lights of one target, in the order of the clock.
    """
    lines = [*_head(shots), *_rows(shots)]
    ended = shots[-1].local + timedelta(seconds=shots[-1].exposure_s + _EVERY_S)
    lines += [f"Guiding Ends at {_clock(ended)}", "", f"Log closed at {_clock(ended)}", ""]
    return "\r\n".join(lines)


def _head(shots: Sequence[Shot]) -> list[str]:
    begun, target = _clock(_begun(shots)), shots[0].target
    aim = "RA/Dec = Unknown"
    if target is not None:
        aim = f"RA = {target.ra_deg / 15:.2f} hr, Dec = {target.dec_deg:.1f} deg"
    return [
        f"PHD2 version 2.6.14 [Windows], Log version 2.5. Log enabled at {begun}",
        "",
        f"Guiding Begins at {begun}",
        "Equipment Profile = Demo",
        f"Pixel scale = {GUIDER_ARCSEC_PX:.2f} arc-sec/px, Binning = 1, Focal length = 387 mm",
        "Exposure = 3000 ms",
        f"{aim}, Hour angle = Unknown, Pier side = West, Rotator pos = N/A, Alt = Unknown, Az = Unknown",
        "Lock position = 640.000, 480.000, Star position = 640.000, 480.000, HFD = 3.21 px",
        _COLUMNS,
    ]


def _rows(shots: Sequence[Shot]) -> Iterator[str]:
    """Guide exposures from dither to dither."""
    number, begun = 0, _begun(shots)
    for shot in shots:
        opened_s = (shot.local - begun).total_seconds()
        some = random.Random(shot.seed)
        if number:
            yield "INFO: DITHER by 2.500, -1.500, new lock pos = 642.500, 478.500"
            yield "INFO: SETTLING STATE CHANGE, Settling started"
            for late_s in (10.0, 7.0, 4.0):
                number += 1
                yield _row(number, opened_s - late_s, 0.3 * late_s, -0.2 * late_s)
            yield "INFO: SETTLING STATE CHANGE, Settling complete"
        for at_s, east, north in _strayed(shot, opened_s, some):
            number += 1
            yield _row(number, at_s, east, north)


def _strayed(shot: Shot, opened_s: float, some: random.Random) -> Iterator[tuple[float, float, float]]:
    """Where the star stood in each guide exposure, in pixels."""
    count = math.floor((shot.exposure_s - 1.0) / _EVERY_S)
    error_px = (shot.rms_arcsec or 0.0) / GUIDER_ARCSEC_PX
    east, north = _spread(count, some), _spread(count, some)
    for step in range(count):
        at_s = opened_s + 0.5 + step * _EVERY_S
        yield at_s, 0.12 + _RA_SHARE * error_px * east[step], _DEC_SHARE * error_px * north[step] - 0.05


def _spread(count: int, some: random.Random) -> list[float]:
    """Random numbers of mean 0 and standard deviation 1, exactly."""
    drawn = [some.gauss(0.0, 1.0) for _ in range(count)]
    mean, deviation = fmean(drawn), pstdev(drawn)
    return [(value - mean) / deviation for value in drawn]


def _row(number: int, at_s: float, east_px: float, north_px: float) -> str:
    strayed = f"{east_px:.3f},{north_px:.3f}"
    return f'{number},{at_s:.3f},"Mount",{strayed},{strayed},0.000,0.000,0,,0,,,,1713,28.59,0'


def _begun(shots: Sequence[Shot]) -> datetime:
    return (shots[0].local - timedelta(seconds=_BEFORE_S)).replace(microsecond=0)


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
