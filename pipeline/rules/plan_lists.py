"""Lists of targets as tables: Telescopius' observing lists and mosaics, and what Target Scheduler imports.

Telescopius writes `01h 33' 51""` without quotes around it, or with too few; the degree sign is U+00BA; the header may
end in CRLF while rows end in LF. Coordinates hold no commas: they are freed of their quotes before the table is split.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.model.plans import Wish
from pipeline.rules.catalogues import normal_form
from pipeline.rules.plan_places import Place, placed
from pipeline.rules.targets import split_panel

_COORDINATE = re.compile(
    r"""(?P<before>^|,)\s*"?\s*
        (?P<value>[+-]?\s*\d{1,3}(?:\.\d+)?\s*(?:h(?:r)?|º|°|d(?:eg)?)[^",\n]*?\d(?:\.\d+)?)
        \s*(?:s|"{0,3})\s*(?=,|$)""",
    re.IGNORECASE | re.VERBOSE,
)
_ENTRY = re.compile(r"[^\W\d]+[\s_.-]*\d+(?:[\s-]+\d+)?")
"""A name that is nothing but a number of a catalogue: `M 33`, `Sh2-101`; not `M31 core`."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NAMES = ("familiar name", "name", "target", "catalogue entry")
_BY_CATALOGUE = ("catalogue entry", "name", "target", "familiar name")
_RA = ("right ascension (j2000)", "right ascension", "ra")
_DEC = ("declination (j2000)", "declination", "dec")
_ROTATION = ("position angle (east)", "position angle", "rotation")
_MOST_ROWS = 100_000
Row = Mapping[str, str]


def is_table(text: str) -> bool:
    """True when the first line names columns we know."""
    names = _header(text)
    return "pane" in names or (_first(names, _RA) is not None and _first(names, _NAMES) is not None)


def is_mosaic(text: str) -> bool:
    """True for a table of a mosaic's panes."""
    return "pane" in _header(text)


def wishes_in_list(text: str, *, by_catalogue: bool = False) -> Iterator[Wish]:
    """The targets of a list; named as NINA names them on import, or by their catalogue."""
    order = _BY_CATALOGUE if by_catalogue else _NAMES
    for row in _rows(text):
        name = next((row[key].strip() for key in order if row.get(key, "").strip()), "")
        target, panel = split_panel(name)
        if target:
            wish = Wish(target=target, object=_object(row, target), panel=panel, is_mosaic=bool(panel))
            yield placed(wish, _place(row))


def wishes_in_mosaic(text: str, target: str) -> Iterator[Wish]:
    """The panes of a mosaic, as panels of this target."""
    for number, row in enumerate(_rows(text), 1):
        said = row.get("pane", "").strip()
        found = re.findall(r"\d+", said)
        panel = str(int(found[-1])) if found and len(found[-1]) < 5 else said or str(number)
        yield placed(Wish(target=target, panel=panel, is_mosaic=True), _place(row))


def degrees_of(text: str, *, is_hours: bool) -> float | None:
    """`01h 33' 51"` or `-30º 39' 37"` in degrees; a plain number is degrees, or hours where hours are meant."""
    numbers = [float(one) for one in _NUMBER.findall(text)[:3]]
    if not numbers:
        return None
    whole = sum(number / 60.0**place for place, number in enumerate(numbers))
    limit = 24.0 if is_hours else 90.0
    if whole > limit or any(number >= 60 for number in numbers[1:]):
        return None
    signed = -whole if re.match(r"\s*[-−‒–]", text) else whole
    return round(signed * 15 if is_hours else signed, 6)


def _object(row: Row, target: str) -> str:
    """The object a row is about: by its catalogue entry, else where the name begins with one: `NGC 7000, ...`."""
    entry = row.get("catalogue entry", "").strip() or target.partition(",")[0].strip()
    return (normal_form(entry) or "") if _ENTRY.fullmatch(entry.partition(",")[0].strip()) else ""


def _place(row: Row) -> Place:
    angle = _NUMBER.findall(_of(row, _ROTATION))
    return Place(
        degrees_of(_of(row, _RA), is_hours=True),
        degrees_of(_of(row, _DEC), is_hours=False),
        float(angle[0]) if angle else None,
    )


def _rows(text: str) -> Iterator[Row]:
    """The rows as mappings; a note in quotes may go on over several lines."""
    names = _header(text)
    lines = [_COORDINATE.sub(r"\g<before>\g<value>", line) for line in _lines(text)[1:] if line.strip()]
    for number, cells in enumerate(csv.reader(line + "\n" for line in lines)):
        if number >= _MOST_ROWS:
            return
        if any(cell.strip() for cell in cells):
            yield dict(zip(names, (cell.strip() for cell in cells), strict=False))


def _header(text: str) -> list[str]:
    lines = _lines(text)
    first = next(csv.reader(lines[:1]), []) if lines else []
    return [" ".join(name.lower().split()) for name in first]


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\n|\r", text.lstrip("\ufeff\n\r"))


def _first(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    return next((name for name in wanted if name in names), None)


def _of(row: Row, wanted: Sequence[str]) -> str:
    return next((row[name] for name in wanted if row.get(name)), "")
