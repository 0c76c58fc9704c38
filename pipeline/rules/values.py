"""Words in names read as values: numbers with their units, days, kinds.

Every reader here answers None to what it cannot read, so that `NaN`, `--`, an empty field and junk never
become a value. Nothing infinite leaves this room.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from functools import lru_cache

from pipeline.model.frames import Kind
from pipeline.rules import nights
from pipeline.rules.claims import plain_text
from pipeline.rules.dialects.common import kind_of

_SILENT = frozenset({"", "nan", "--", "-", "n/a", "na", "null", "∞", "inf", "-inf", "infinity"})
_NUMBER = re.compile(r"([+-]?\d{1,18}(?:\.\d{0,18})?(?:[eE][+-]?\d{1,3})?)\s?([a-zA-Z°%\"]*)", re.ASCII)
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?!\d)", re.ASCII)
_LOCAL = re.compile(
    r"(?<!\d)(\d{4})-(\d\d)-(\d\d)[_T ](\d\d)[-.:](\d\d)[-.:](\d\d)(?!\d)"
    r"|(?<!\d)(\d{4})(\d\d)(\d\d)[-_T](\d\d)(\d\d)(\d\d)(\d{3})?(?!\d)",
    re.ASCII,
)
_UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "secs": 1.0, "ms": 1e-3, "us": 1e-6, "m": 60.0, "min": 60.0}


def is_silent(written: str) -> bool:
    """True for what says nothing: `NaN`, `--`, an empty field, a token no plugin filled (`$$FWHM$$`)."""
    return written.strip().casefold() in _SILENT or "$$" in written


def number(written: str) -> float | None:
    """A finite number, whatever unit follows it."""
    found = _NUMBER.fullmatch(written.strip())
    value = float(found[1]) if found else math.nan
    return value if math.isfinite(value) else None


def not_negative(written: str) -> float | None:
    """A number from zero up."""
    value = number(written)
    return None if value is None or value < 0 else value


def positive(written: str) -> float | None:
    """A number above zero: an HFR of 0 is an HFR nobody measured."""
    value = number(written)
    return None if value is None or value <= 0 else value


def exposure(written: str) -> float | None:
    """An exposure in seconds; `520.0ms` too."""
    found = _NUMBER.fullmatch(written.strip())
    scale = _UNITS.get(found[2].casefold()) if found else None
    if found is None or scale is None:
        return None
    value = float(found[1]) * scale
    return value if math.isfinite(value) and value >= 0 else None


def temperature(written: str) -> float | None:
    """Degrees Celsius; `50.0F` is converted."""
    found = _NUMBER.fullmatch(written.strip())
    if found is None or found[2].strip("°").casefold() not in {"", "c", "f"}:
        return None
    degrees = float(found[1])
    celsius = round((degrees - 32) / 1.8, 2) if found[2].casefold().endswith("f") else degrees
    return celsius if -274 < celsius < 200 else None


def count(written: str) -> int | None:
    """A whole number from zero up."""
    value = not_negative(written)
    return int(value) if value is not None and value < 1e9 else None


def binning(written: str) -> int | None:
    """Pixels a side: `2`, `2x2`, `2*2`."""
    value = count(re.split(r"[xX*×]", written, maxsplit=1)[0])
    return value if value is not None and 0 < value < 100 else None


def day(written: str) -> date | None:
    """The day a value begins with: `2026-01-15`, `20210513`, `2023-12-14 BAD`."""
    found = _DAY.match(written.strip())
    parsed = nights.parse_time("-".join(found.groups())) if found else None
    return parsed.day if parsed else None


def moment(written: str) -> datetime | None:
    """The first date with a time of day in a name: `2026-01-15_00-12-33`, `20260828-221500`."""
    found = _LOCAL.search(written)
    if found is None:
        return None
    year, month, day, hour, minute, second, *thousandths = (int(p) for p in found.groups() if p is not None)
    if not nights.FIRST_YEAR <= year <= nights.LAST_YEAR:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, 1000 * sum(thousandths))  # noqa: DTZ001 - a clock's
    except ValueError:
        return None


def panel(written: str) -> str | None:
    """A panel of a mosaic; `02` is `2`."""
    words = plain_text(written).strip()
    return str(int(words)) if words.isascii() and words.isdecimal() and len(words) < 5 else words or None


def text(written: str) -> str | None:
    """Words as they are; nothing written means: there is none."""
    return None if "$$" in written else plain_text(written).strip()


def name(written: str) -> str | None:
    """Words that name something; nothing written says nothing."""
    return text(written) or None


@lru_cache(maxsize=256)
def kind(written: str) -> Kind | None:
    """A kind of frame."""
    return kind_of(written)
