"""What NINA's Session Metadata plugin wrote of each exposure: `ImageMetaData.csv`, or the same rows as JSON.

It tells what names and headers do not: star count, HFR, FWHM, eccentricity, guiding. Columns are read by their
headings. A table that went on after an update of the plugin has rows that are longer than its old headings; these are
read in the order of the version that wrote them. What cannot be read is said once, and the rest still counts.

    parse_session ─▶ rows ─index_rows─▶ find_row(a frame's names and time) ─▶ readings_of
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.rules.nights import parse_time
from pipeline.rules.session_match import SessionRow, find_row, index_rows, name_key

_PLUGIN = (
    "exposurenumber", "filepath", "filtername", "exposurestart", "duration", "binning", "cameratemp",
    "cameratargettemp", "gain", "offset", "adustdev", "adumean", "adumedian", "adumin", "adumax", "detectedstars",
    "hfr", "hfrstdev", "fwhm", "eccentricity", "guidingrms", "guidingrmsarcsec", "guidingrmsra",
    "guidingrmsraarcsec", "guidingrmsdec", "guidingrmsdecarcsec", "focuserposition", "focusertemp",
    "rotatorposition", "pierside", "airmass", "exposurestartutc", "mountra", "mountdec", "imagetype",
)  # fmt: skip
"""Its columns since 2.6.3."""
_LAYOUTS = {
    len(columns): columns
    for columns in (
        tuple(name for name in _PLUGIN[:31] if name not in {"fwhm", "eccentricity"}),  # before 2.3.4
        _PLUGIN[:31],
        _PLUGIN[:34],  # since 2.5
        _PLUGIN,
    )
}
_SIDES = frozenset({"east", "west", "n/a", "unknown", "pierunknown", ""})
_LINE_END = re.compile(r"\r\n|\r|\n")
_LONGEST_LINE = 100_000

_Cells = Mapping[str, object]


@dataclass(slots=True)
class _Losses:
    """What could not be read, counted, with the first as an example."""

    number: int = 0
    first: str = ""

    def note(self, why: str) -> None:
        self.number += 1
        self.first = self.first or why


def parse_session(text: str, name: str) -> tuple[tuple[SessionRow, ...], tuple[str, ...]]:
    """Every exposure a session file tells of, and sentences on what of it could not be read.

    A file that is no table of exposures (weather, equipment) has no rows, and that is no fault of it.

    Args:
        text: Its content, CSV or JSON whatever its ending; undecodable bytes already replaced.
        name: Its name, for the sentence.
    """
    text, losses = text.removeprefix("\ufeff"), _Losses()
    is_json = text.lstrip()[:1] in {"[", "{"}
    records = _json_records(text, losses) if is_json else _csv_records(text, losses)
    rows = tuple(row for row in map(_row, records) if row is not None)
    if losses.number:
        return rows, (f"{name}: {_lost(losses)}: {losses.first}.",)
    if name.casefold().startswith("imagemetadata") and "filepath" not in text.casefold() and text.strip():
        return (), (f"{name}: it has no headings that tell which file a row speaks of.",)
    return rows, ()


def readings_of(row: SessionRow) -> dict[str, float]:
    """What a row says of its frame, by the names of `QUANTITIES`; NaN, unknown and unguided are not there."""
    read = {
        "hfr": row.hfr_px,
        "fwhm_arcsec": row.fwhm_arcsec,
        "eccentricity": row.eccentricity,
        "stars": row.stars,
        "rms_arcsec": row.rms_arcsec,
    }
    return {name: float(value) for name, value in read.items() if value is not None}


def match_row(
    rows: Sequence[SessionRow],
    original_name: str,
    stored_name: str,
    utc: datetime | None,
    exposure_s: float | None = None,
) -> SessionRow | None:
    """The row that tells of a frame; for many frames `index_rows` once and `find_row` each is quicker."""
    return find_row(index_rows(rows), original_name, stored_name, utc, exposure_s)


def _lost(losses: _Losses) -> str:
    if losses.number == 1:
        return "1 row could not be read and counts for nothing"
    return f"{losses.number} rows could not be read and count for nothing; the first"


def _csv_records(text: str, losses: _Losses) -> Iterator[_Cells]:
    """Each line by itself, so that a stray quote costs one row and not the rest of the night."""
    headings: tuple[str, ...] = ()
    for number, line in enumerate(_LINE_END.split(text), 1):
        cells = _cells(line)
        if cells is None:
            losses.note(f"line {number} is no line of a table")
        elif "filepath" in (heard := tuple(cell.strip().casefold() for cell in cells)):
            headings = heard
        elif headings and any(heard):
            columns = _columns(headings, cells)
            if columns is None:
                losses.note(f"line {number} has {len(cells)} values under {len(headings)} headings")
            else:
                yield dict(zip(columns, cells, strict=False))


def _cells(line: str) -> list[str] | None:
    if len(line) > _LONGEST_LINE:
        return None
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return None


def _columns(headings: tuple[str, ...], cells: Sequence[str]) -> tuple[str, ...] | None:
    """What the values of a row mean: as the headings say, or as the version that wrote so many of them says."""
    if len(cells) == len(headings):
        return headings
    if headings != _LAYOUTS.get(
        len(headings)
    ):  # not the plugin's own order: nothing is known of other versions
        return headings if len(cells) > len(headings) else None
    columns = _LAYOUTS.get(min(len(cells), len(_PLUGIN)))
    if columns is None:
        return None
    said = dict(zip(columns, cells, strict=False))
    started = said.get("exposurestartutc")
    sound = said["pierside"].casefold() in _SIDES and (started is None or parse_time(started) is not None)
    return columns if sound else None


def _json_records(text: str, losses: _Losses) -> Iterator[_Cells]:
    """Record by record, so that those before a break still count."""
    decoder, at = json.JSONDecoder(), 0
    while (start := text.find("{", at)) != -1:
        try:
            record, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            losses.note("the file breaks off, or is no JSON from there on")
            return
        heard = {str(key).casefold(): value for key, value in record.items()}
        if "filepath" in heard:
            yield heard


def _row(said: _Cells) -> SessionRow | None:
    file = str(said.get("filepath") or "").strip()
    utc = _moment(said.get("exposurestartutc"))
    if not file and utc is None:
        return None
    return SessionRow(
        file=file,
        key=name_key(file),
        utc=utc,
        exposure_s=_at_least(said.get("duration"), 0.0),
        stars=_count(said.get("detectedstars")),
        hfr_px=_above_zero(said.get("hfr")),
        fwhm_arcsec=_above_zero(said.get("fwhm")),
        eccentricity=_share(said.get("eccentricity")),
        rms_arcsec=_above_zero(said.get("guidingrmsarcsec")),
        rms_guider_px=_above_zero(said.get("guidingrms")),
    )


def _number(said: object) -> float | None:
    """A finite number; `NaN`, an empty field, true and junk are none."""
    if isinstance(said, bool) or not isinstance(said, (int, float, str)):
        return None
    try:
        value = float(said)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) and "_" not in str(said) else None


def _at_least(said: object, least: float) -> float | None:
    value = _number(said)
    return value if value is not None and value >= least else None


def _above_zero(said: object) -> float | None:
    """An HFR of 0 is one nobody measured; an RMS of 0 is a frame nobody guided."""
    return _at_least(said, math.nextafter(0.0, 1.0))


def _share(said: object) -> float | None:
    value = _at_least(said, 0.0)
    return value if value is not None and value <= 1.0 else None


def _count(said: object) -> int | None:
    """NINA writes −1 stars where it did not look for any."""
    value = _at_least(said, 0.0)
    return int(value) if value is not None and value == int(value) else None


def _moment(said: object) -> datetime | None:
    read = parse_time(said) if isinstance(said, str) else None
    if read is None or read.moment is None:
        return None
    return read.moment.astimezone(UTC) if read.moment.tzinfo else read.moment.replace(tzinfo=UTC)
