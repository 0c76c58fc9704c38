"""PHD2's guide log, line by line: stretches of guiding, each with a start, a scale and its rows.

Nothing in it is trusted: what cannot be read is counted, a crash leaves a stretch without an end, and rows of a lost
star or of the moments after a dither, while the mount settles, are left out.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from pipeline.rules.nights import parse_time
from pipeline.rules.spoken import counted

BEGINS = "Guiding Begins at"
LONGEST_S = 86_400.0 * 2
"""No stretch of guiding, and no exposure, lasts longer."""

_ENDS = ("Guiding Ends at", "Calibration Begins at", "Log closed at", "Log disabled at", "PHD2 version")
_SETTLING = "INFO: SETTLING STATE CHANGE"
_COLUMNS = ("Time", "mount", "RARawDistance", "DECRawDistance")
_USUAL_PLACES = (1, 2, 5, 6)
_SCALE = re.compile(r"Pixel scale = (\d{1,4}(?:\.\d{1,6})?) arc-sec/px")
_POINTING = re.compile(r"RA = (\d{1,2}(?:\.\d{1,6})?) hr, Dec = (-?\d{1,2}(?:\.\d{1,6})?) deg")
_SETTLES_WITHIN_S = 300.0
"""A log that never says that settling ended (PHD2 was stopped, the line was lost) must not hide the night."""
_FARTHEST_PX = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guiding:
    """One stretch of guiding, from its start to its end or to the crash."""

    begun: datetime
    """On the clock of the computer that guided; naive."""
    arcsec_px: float | None = None
    """Scale of the guide camera as it was binned; None where PHD2 was not told."""
    ra_deg: float | None = None
    """Where the mount said it pointed."""
    dec_deg: float | None = None
    at_s: array[float] = field(default_factory=lambda: array("d"))
    """When each guide exposure was, in seconds from the start; ascending."""
    ra_px: array[float] = field(default_factory=lambda: array("f"))
    """How far the star stood from its place in right ascension, uncorrected."""
    dec_px: array[float] = field(default_factory=lambda: array("f"))


class _Row(NamedTuple):
    at_s: float
    mount: str
    ra_px: float
    dec_px: float


class Reading:
    """A log half read."""

    def __init__(self) -> None:
        self._stretches: list[Guiding] = []
        self._now: Guiding | None = None
        self._places: tuple[int, ...] = _USUAL_PLACES
        self._last_s = 0.0
        self._settling_until_s = -math.inf
        self._by_ao = False
        self._unread = 0
        self._unplaced = 0

    def hear(self, line: str) -> None:
        """Take in one line: most are rows, and begin with a figure."""
        if line[0].isdigit():
            self._hear_row(line)
        elif line.startswith(BEGINS):
            self._begin(line.removeprefix(BEGINS))
        elif line.startswith(_ENDS):
            self._now, self._settling_until_s = None, -math.inf
        elif line.startswith(_SETTLING):
            self._settling_until_s = self._last_s + _SETTLES_WITHIN_S if "started" in line else -math.inf
        elif line.startswith("Frame,"):
            self._places = _places(line)
            self._unplaced += self._now is None
        elif self._now is not None and not self._now.at_s:
            self._now = self._stretches[-1] = _with_setting(self._now, line)

    def stretches(self) -> tuple[Guiding, ...]:
        """Those with a row to count, in the order of the log."""
        return tuple(_in_order(one) for one in self._stretches if one.at_s)

    def sentences(self) -> Iterator[str]:
        """What was lost, for a person."""
        if self._unplaced:
            lost = counted(self._unplaced, "stretch of guiding", "stretches of guiding")
            yield f"{lost} without a start in the log: not used."
        if self._unread:
            yield f"{counted(self._unread, 'row')} that could not be read: not used."

    def _begin(self, said: str) -> None:
        """NINA has PHD2 settle first: that may be said before the guiding itself begins."""
        began = parse_time(said)
        self._now, self._places, self._by_ao, self._last_s = None, _USUAL_PLACES, False, 0.0
        self._settling_until_s = _SETTLES_WITHIN_S if self._settling_until_s > 0 else -math.inf
        if began is not None and began.moment is not None:
            self._now = Guiding(begun=began.moment.replace(tzinfo=None))
            self._stretches.append(self._now)

    def _hear_row(self, line: str) -> None:
        now = self._now
        row = _row(line, self._places) if now is not None else None
        if now is None or row is None:
            self._unread += now is not None
            return
        self._last_s = row.at_s
        if row.mount == "AO" and not self._by_ao:
            self._by_ao = True
            del now.at_s[:], now.ra_px[:], now.dec_px[:]
        if self._is_sound(row):
            now.at_s.append(row.at_s)
            now.ra_px.append(row.ra_px)
            now.dec_px.append(row.dec_px)

    def _is_sound(self, row: _Row) -> bool:
        """Not for a lost star, nor while settling; beside adaptive optics the mount's rows are only its slow help."""
        lost = row.mount == "DROP" or (self._by_ao and row.mount != "AO")
        return not lost and row.at_s > self._settling_until_s


def _in_order(guiding: Guiding) -> Guiding:
    """Ascending in time, as PHD2 writes it; a damaged row must not hide those behind it."""
    if all(one <= other for one, other in pairwise(guiding.at_s)):
        return guiding
    rows = sorted(zip(guiding.at_s, guiding.ra_px, guiding.dec_px, strict=True))
    at_s, ra_px, dec_px = zip(*rows, strict=True)
    return replace(guiding, at_s=array("d", at_s), ra_px=array("f", ra_px), dec_px=array("f", dec_px))


def _with_setting(guiding: Guiding, line: str) -> Guiding:
    """What the lines between start and first row say of scale and pointing."""
    scale, pointing = _SCALE.search(line), _POINTING.search(line)
    if scale is not None and float(scale[1]) > 0:
        guiding = replace(guiding, arcsec_px=float(scale[1]))
    if pointing is not None:
        guiding = replace(guiding, ra_deg=15 * float(pointing[1]), dec_deg=float(pointing[2]))
    return guiding


def _places(line: str) -> tuple[int, ...]:
    """Where the columns we read stand, by their headings."""
    headings = [heading.strip() for heading in line.split(",")]
    if any(name not in headings for name in _COLUMNS):
        return _USUAL_PLACES
    return tuple(headings.index(name) for name in _COLUMNS)


def _row(line: str, places: tuple[int, ...]) -> _Row | None:
    """One guide exposure; of a lost star only the time."""
    at, mounted, east, up = places
    cells = line.split(",", max(places) + 1)
    if len(cells) < max(places) + 2:  # cut off, maybe in the middle of a number
        return None
    mount = cells[mounted].strip('" ')
    try:
        at_s = float(cells[at])
        ra_px, dec_px = (0.0, 0.0) if mount == "DROP" else (float(cells[east]), float(cells[up]))
    except ValueError:
        return None
    if 0 <= at_s <= LONGEST_S and abs(ra_px) + abs(dec_px) <= _FARTHEST_PX:
        return _Row(at_s, mount, ra_px, dec_px)
    return None  # too far, or NaN
