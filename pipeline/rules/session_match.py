"""Which row of a session file tells of which frame: by the name NINA gave the file, else by its start.

A name that fits while the time does not is another exposure (a numbering that began anew); without a name the time
must fit, and fit one row only: two cameras may begin in the same second.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from pipeline.rules.layout import base_name

_SAME_START_S = 2.0
_SAME_EXPOSURE_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One exposure as NINA saw it; None where it says nothing that could count."""

    file: str
    """The file's path on the machine that took it."""
    key: str
    """Its name, for comparing: see `name_key`."""
    utc: datetime | None = None
    """Start of the exposure; files of before 2.5 have only minutes, which tell no exposure from the next."""
    exposure_s: float | None = None
    stars: int | None = None
    hfr_px: float | None = None
    fwhm_arcsec: float | None = None
    """Of Hocus Focus."""
    eccentricity: float | None = None
    """Of Hocus Focus."""
    rms_arcsec: float | None = None
    rms_guider_px: float | None = None


@dataclass(frozen=True, slots=True)
class SessionIndex:
    """The rows of a night's session files, ready to be asked about many frames."""

    by_name: Mapping[str, Sequence[SessionRow]]
    """In the order they were written."""
    starts: tuple[float, ...]
    """When the rows of `timed` began, in seconds since 1970."""
    timed: tuple[SessionRow, ...]


def index_rows(rows: Sequence[SessionRow]) -> SessionIndex:
    """Put rows in order; of several files give the older first, since the last row on an exposure speaks."""
    by_name: defaultdict[str, list[SessionRow]] = defaultdict(list)
    for row in rows:
        if row.key:
            by_name[row.key].append(row)
    timed = sorted((row for row in rows if row.utc is not None), key=_start)
    return SessionIndex(by_name, tuple(map(_start, timed)), tuple(timed))


def find_row(
    index: SessionIndex,
    original_name: str,
    stored_name: str,
    utc: datetime | None,
    exposure_s: float | None = None,
) -> SessionRow | None:
    """The row that tells of a frame, or none.

    Args:
        index: The rows that lie with its night.
        original_name: What the file was called in the inbox, path and all.
        stored_name: What it is called in the store.
        utc: Start of its exposure.
        exposure_s: How long it lasted: keeps apart what two cameras began together.
    """
    if utc is not None and utc.tzinfo is None:
        utc = utc.replace(tzinfo=UTC)
    for name in (original_name, stored_name):
        fitting = [row for row in index.by_name.get(name_key(name), ()) if not _another(row, utc)]
        if fitting:
            return fitting[-1]
    return _by_time(index, utc, exposure_s) if utc is not None else None


def name_key(path: str) -> str:
    """A file's name for comparing: without folders and ending, `%20` and `+` read as the blanks they stand for."""
    name = unquote(path.replace("\\", "/").rpartition("/")[2]).replace("+", " ")
    return " ".join(unicodedata.normalize("NFC", base_name(name)[0]).casefold().split())


def _by_time(index: SessionIndex, utc: datetime, exposure_s: float | None) -> SessionRow | None:
    at_s = utc.timestamp()
    first = bisect_left(index.starts, at_s - _SAME_START_S)
    last = bisect_right(index.starts, at_s + _SAME_START_S)
    near = [row for row in index.timed[first:last] if _as_long(row, exposure_s)]
    return near[-1] if len({row.key for row in near}) == 1 else None


def _another(row: SessionRow, utc: datetime | None) -> bool:
    return row.utc is not None and utc is not None and abs((row.utc - utc).total_seconds()) > _SAME_START_S


def _as_long(row: SessionRow, exposure_s: float | None) -> bool:
    if row.exposure_s is None or exposure_s is None:
        return True
    return abs(row.exposure_s - exposure_s) <= _SAME_EXPOSURE_S


def _start(row: SessionRow) -> float:
    return row.utc.timestamp() if row.utc is not None else 0.0
