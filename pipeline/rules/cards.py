"""Cards read as values: the tongs with which every dialect picks numbers, words and times out of a header.

A header is hostile input (DESIGN §2.13): a number may be text, a text may be a number, NaN may be anything. `Cards`
hands out a clean value or nothing, remembers which keyword each value came from, and notes what it could not read.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.model.frames import Header, Problem, Value
from pipeline.rules import nights

SILENT = frozenset({"", "n/a", "na", "none", "nan", "null", "unknown", "undefined", "--", "-"})
"""Texts that say nothing where a number or a time is expected."""

NAMELESS = frozenset({"n/a", "none", "null", "unknown", "undefined", "--", "-"})
"""Words that name no target, no optic and no camera."""

_ZONE = re.compile(r"\s*(?:[Zz]|UTC|[+-]\d{2}(?::?\d{2})?)$", re.ASCII)
_SEXAGESIMAL = re.compile(
    r"^\s*([+-]?)\s*(\d{1,3})\s*[:hd°\s]\s*(\d{1,2})\s*(?:[:m'′\s]\s*(\d{1,2}(?:[.,]\d*)?)\s*[s\"″]?)?\s*([NSEW]?)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date card as it was written, and what it means."""

    day: date
    moment: datetime | None
    """Naive where no zone was said; in UTC where one was."""
    clock: datetime | None
    """What the clock showed, whatever zone stands behind it."""
    zone: timedelta | None
    """That zone; None where none was said."""


class Cards:
    """One header, being read: values out, sources and problems kept."""

    def __init__(self, header: Header) -> None:
        """Start reading; nothing is known yet."""
        self.header = header
        self.spoken: dict[str, str] = {}
        self.problems: list[Problem] = []

    def raw(self, key: str) -> Value | None:
        """The card as it stands."""
        return self.header.cards.get(key)

    def has(self, *keys: str) -> bool:
        """True when any of the keywords is there."""
        return any(key in self.header.cards for key in keys)

    def word(self, key: str) -> str:
        """A card's text, lower case and trimmed, for comparing; empty when absent."""
        return _as_text(self.header.cards.get(key)).casefold()

    def text(self, field: str, *keys: str) -> str | None:
        """The first card of these with words in it; an empty one counts only when no other speaks."""
        empty = None
        for key in keys:
            value = self.header.cards.get(key)
            if value is None:
                continue
            words = _as_text(value)
            if words:
                self.spoken[field] = key
                return words
            empty = key if empty is None else empty
        if empty is not None:
            self.spoken[field] = empty
            return ""
        return None

    def name(self, field: str, *keys: str) -> str | None:
        """Words that name something; `N/A`, `None` and the like name nothing."""
        words = self.text(field, *keys)
        return words if words and words.casefold() not in NAMELESS else None

    def number(self, field: str, *keys: str) -> float | None:
        """The first card of these that is a finite number, also when written as text."""
        for key in keys:
            value = self.header.cards.get(key)
            if value is None or _is_silent(value):
                continue
            number = as_number(value)
            if number is not None:
                self.spoken[field] = key
                return number
            self.problems.append(Problem("not-a-number", f"{key} is {show(value)}, which is no number"))
        return None

    def count(self, field: str, *keys: str) -> int | None:
        """The first card of these that is a whole number."""
        number = self.number(field, *keys)
        return None if number is None or abs(number) > 1e12 else round(number)

    def angle(self, field: str, *keys: str) -> float | None:
        """Degrees from a number or from `+41 16 07`."""
        for key in keys:
            value = self.header.cards.get(key)
            if value is None or _is_silent(value):
                continue
            degrees = as_number(value)
            if degrees is None:
                degrees = sexagesimal(_as_text(value))
            if degrees is not None:
                self.spoken[field] = key
                return degrees
            self.problems.append(Problem("not-a-number", f"{key} is {show(value)}, which is no angle"))
        return None

    def time(self, field: str, *keys: str) -> Stamp | None:
        """The first of these that holds a date, with or without a time of day."""
        for key in keys:
            value = self.header.cards.get(key)
            if value is None:
                continue
            words = _as_text(value)
            if words.casefold() in SILENT:
                self.problems.append(Problem("no-time", f"{key} is {show(value)}: it tells no time"))
                continue
            parsed = nights.parse_time(words)
            if parsed is not None:
                self.spoken[field] = key
                return _stamp(parsed, words)
            self.problems.append(Problem("no-time", f"{key} is {show(value)}, which is no date"))
        return None


def as_number(value: Value) -> float | None:
    """A finite number from a number or from text (`300,5` too); otherwise nothing."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _finite(value)
    text = value.strip()
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        return _finite(float(text)) if "_" not in text else None
    except ValueError:
        return None


def sexagesimal(text: str) -> float | None:
    """`+41 16 07`, `41:16:07.5`, `41d16m07s S` as degrees (or hours, where hours were written)."""
    found = _SEXAGESIMAL.match(text)
    if found is None:
        return None
    sign, degrees, minutes, seconds, side = found.groups()
    size = int(degrees) + int(minutes) / 60 + float((seconds or "0").replace(",", ".")) / 3600
    return -size if sign == "-" or side.upper() in {"S", "W"} else size


def _stamp(parsed: nights.ParsedTime, words: str) -> Stamp:
    moment = parsed.moment
    if moment is None or moment.tzinfo is None:
        return Stamp(parsed.day, moment, moment, None)
    shown = nights.parse_time(_ZONE.sub("", words.strip("'\" ")))
    clock = shown.moment if shown is not None else None
    zone = clock - moment.replace(tzinfo=None) if clock is not None else timedelta(0)
    return Stamp(parsed.day, moment, clock, zone)


def joined_time(day: date, clock: str) -> datetime | None:
    """A date card and a separate time-of-day card (`TIME-OBS`), as old programs write them."""
    parsed = nights.parse_time(f"{day.isoformat()}T{clock.strip()}")
    return None if parsed is None else parsed.moment


def show(value: Value) -> str:
    """A card's value as it may stand in a sentence: short, quoted, printable."""
    text = "".join(c if c.isprintable() else "�" for c in str(value))
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def _as_text(value: Value | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return " ".join(str(value).replace("\0", " ").split())


def _is_silent(value: Value) -> bool:
    return isinstance(value, str) and value.strip().casefold() in SILENT


def _finite(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
