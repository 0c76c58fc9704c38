"""Witnesses weighed: for each value the one that is believed, and what the others said.

Corrections a person made, then the original path, then the header, then what only the stored path still holds
(DESIGN §2.2). A claim a reader merely assumed (`default ...`) counts less than any that was written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from pipeline.model.frames import Evidence, Kind, Problem
from pipeline.rules.targets import target_key
from pipeline.rules.tokens import as_nina_writes

VALUES = tuple(f.name for f in fields(Evidence) if f.name not in {"spoken", "problems", "dialect", "stage"})
STORED = "stored name"
"""The last witness: an address, heard only where all others are silent."""

_ALL_OF = attrgetter(*VALUES)
_LABELS = {
    "kind": "kind of frame",
    "optic": "optic",
    "focal_ratio": "focal ratio",
    "camera": "camera",
    "target": "target",
    "panel": "panel",
    "filter": "filter",
    "exposure_s": "exposure in s",
    "set_temp_c": "set temperature in °C",
    "gain": "gain",
    "offset": "offset",
    "binning": "binning",
    "readout_mode": "readout mode",
}
"""Values whose disagreement a person wants to hear of; measures and times are compared where they are used."""

_ROUNDED = frozenset({"exposure_s", "set_temp_c", "sensor_temp_c", "focal_length_mm", "focal_ratio", "local"})
"""Values that names carry with two decimals, or to the second."""

_RAW = frozenset({Kind.LIGHT, Kind.FLAT, Kind.DARK, Kind.BIAS, Kind.FLATDARK})
_TOLERANCE = {"focal_ratio": 0.02, "exposure_s": 0.005}


@dataclass(frozen=True, slots=True)
class Witness:
    """One statement and whose it is: `correction`, `name`, `header`, `stored name`."""

    title: str
    says: Evidence


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two witnesses who say different things of one value."""

    name: str
    believed: Witness
    other: Witness

    @property
    def values(self) -> tuple[Any, Any]:
        """What is believed, and what is not."""
        return getattr(self.believed.says, self.name), getattr(self.other.says, self.name)

    @property
    def problem(self) -> Problem:
        """The sentence a person reads."""
        heard = f"{_say(self.believed, self.name)}, {_say(self.other, self.name)}"
        text = f"{_LABELS[self.name]}: {heard}; the {self.believed.title} is believed"
        return Problem("disagree", text)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The believed values, where each came from, and the disagreements."""

    values: Mapping[str, Any]
    sources: Mapping[str, str]
    disagreements: tuple[Disagreement, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every disagreement as a sentence."""
        return tuple(each.problem for each in self.disagreements)


def weigh(witnesses: Sequence[Witness], header_wins: Sequence[str] = ()) -> Weighed:
    """Hear all witnesses on every value, the most trusted first."""
    if len(witnesses) == 1:
        return _alone(witnesses[0])
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    disagreements: list[Disagreement] = []
    for name, claims in _claims(witnesses):
        believed = claims[0]
        if len(claims) > 1:
            claims = _ranked(name, claims, name in header_wins)
            disagreements += _disagreements(name, claims)
            believed = _finer(name, claims)
        values[name] = getattr(believed.says, name)
        sources[name] = f"{believed.title} {believed.says.spoken.get(name, '')}".rstrip()
    return Weighed(values, sources, tuple(disagreements))


def _alone(witness: Witness) -> Weighed:
    """A path without a file: nobody to disagree with."""
    title, spoken = witness.title, witness.says.spoken
    values = {
        name: value for name, value in zip(VALUES, _ALL_OF(witness.says), strict=True) if value is not None
    }
    return Weighed(values, {name: f"{title} {spoken.get(name, '')}".rstrip() for name in values}, ())


def _claims(witnesses: Sequence[Witness]) -> Iterator[tuple[str, list[Witness]]]:
    """Each value that somebody speaks of, with those who do."""
    rows = [_ALL_OF(witness.says) for witness in witnesses]
    silent = (None,) * len(rows)
    for name, said in zip(VALUES, zip(*rows, strict=True), strict=True):
        if said != silent:
            yield name, [w for w, value in zip(witnesses, said, strict=True) if value is not None]


def _ranked(name: str, claims: list[Witness], header_first: bool) -> list[Witness]:
    if header_first:
        claims.sort(key=lambda w: w.title not in {"correction", "header"})
    claims.sort(key=lambda w: 2 if w.title == STORED else _is_assumed(w, name))
    return claims


def _finer(name: str, claims: Sequence[Witness]) -> Witness:
    """The first claim; or the header's where it says the same and more.

    A bias of `0.00` s lasted 0.0001; `C_te` in a name is what NINA leaves of Côte; a folder of biases may hold the
    master made from them.
    """
    first = claims[0]
    if first.title != "name":
        return first
    header = next((w for w in claims[1:] if w.title == "header" and not _is_assumed(w, name)), None)
    if header is None:
        return first
    short, long = getattr(first.says, name), getattr(header.says, name)
    return header if short != long and _says_more(name, short, long) else first


def _says_more(name: str, short: object, long: object) -> bool:
    if name in _ROUNDED:
        return same(name, short, long)
    if isinstance(short, Kind) and isinstance(long, Kind):
        return _is_made_of(long, short)
    return isinstance(long, str) and not long.isascii() and same(name, short, long)


def _is_made_of(made: Kind, raw: Kind) -> bool:
    """A master of exposures of that kind, or a stack of lights."""
    if raw is Kind.LIGHT and made is Kind.STACK:
        return True
    return raw in _RAW and made is raw.master


def _disagreements(name: str, claims: Sequence[Witness]) -> list[Disagreement]:
    if name not in _LABELS or claims[0].title == "correction":
        return []
    first = claims[0]
    value = getattr(first.says, name)
    return [
        Disagreement(name, first, other)
        for other in claims[1:]
        if other.title != STORED
        and not _is_assumed(other, name)
        and not same(name, value, getattr(other.says, name))
    ]


def same(name: str, one: object, other: object) -> bool:
    """Equal as what they mean: 300 = 300.0, `L` = `l`, a BIAS under a master's name."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        slack = _TOLERANCE.get(name, 1e-3) * max(abs(one), abs(other))
        return abs(one - other) <= max(slack, 5e-3 if name in {"exposure_s", "set_temp_c"} else 1e-9)
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs((one - other).total_seconds()) < 2
    if isinstance(one, Kind) and isinstance(other, Kind):
        return one.raw is other.raw or one in {Kind.SNAPSHOT, Kind.STACK} or _is_made_of(other, one)
    return one == other or same_words(name, str(one), str(other))


def same_words(name: str, one: str, other: str) -> bool:
    """Equal but for letter case, blanks, accents' spelling, and what NINA cannot write into a name."""
    if target_key(one) == target_key(other):
        return True
    is_target = name == "target"
    cleaned = {target_key(as_nina_writes(word, target=is_target)) for word in (one, other)}
    return len(cleaned) == 1


def _is_assumed(witness: Witness, name: str) -> bool:
    return witness.says.spoken.get(name, "").startswith("default")


def _say(witness: Witness, name: str) -> str:
    value = getattr(witness.says, name)
    if isinstance(value, str):
        return f"the {witness.title} says {str(value) or 'none'!r}"
    is_time = isinstance(value, (date, datetime))
    shown = value.isoformat() if is_time else f"{value:g}" if isinstance(value, float) else value
    return f"the {witness.title} says {shown}"
