"""What the parts of one path say, gathered into a witness statement.

Readers of folders, keys, patterns and device names each yield claims. They are heard in order: the first to
speak of a value is believed, one that differs later is a disagreement a person may want to hear of. A claim
whose place begins with `default` was only assumed, and gives way to any that was written down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.model.frames import Evidence, Kind, Problem
from pipeline.rules.escape import unescape
from pipeline.rules.targets import split_panel, target_key

ASSUMED = "default"
"""How the place of an assumed claim begins."""

_SILENT = {"dialect", "stage"}
"""About the path itself: a second opinion on these is no news."""


class Claim(NamedTuple):
    """One value said in one place."""

    field: str
    """A field of `Evidence`."""
    value: object
    place: str
    """Where: `folder DATE_`, `name FILTER_`, `default folder date`."""


@dataclass(slots=True)
class Claims:
    """Claims as they come in."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def hear(self, claims: Iterable[Claim]) -> None:
        """Take claims in their order of trust."""
        for name, value, place in claims:
            if isinstance(value, Problem):
                self.problems.append(value)
            elif name == "target":
                target, panel = split_panel(str(value))
                self._take(name, target or None, place)
                self._take("panel", panel or None, place)
            elif name in self.values:
                self._take(name, value, place)
            elif value is not None:
                self.values[name] = value
                self.places[name] = place

    def join(self, others: Claims) -> None:
        """Take what others heard, after what was heard here."""
        for name, value in others.values.items():
            self._take(name, value, others.places[name])
        self.problems += others.problems

    def _take(self, name: str, value: object, place: str) -> None:
        if value is None:
            return
        if name not in self.values or (_is_assumed(self.places[name]) and not _is_assumed(place)):
            self.values[name] = value
            self.places[name] = place
        elif name not in _SILENT and not _is_assumed(place) and not same(self.values[name], value):
            self.problems.append(self._disagreement(name, value, place))

    def evidence(self) -> Evidence:
        """The finished statement."""
        spoken = {name: place for name, place in self.places.items() if name not in _SILENT}
        problems = tuple(dict.fromkeys(self.problems)) if self.problems else ()
        return Evidence(spoken=spoken, problems=problems, **self.values)

    def _disagreement(self, name: str, value: object, place: str) -> Problem:
        word = name.split("_")[0] if name.endswith(("_s", "_c", "_px", "_mm")) else name.replace("_", " ")
        held, there = self.values[name], self.places[name]
        return Problem("disagree", f"{word}: {there} says {held}, {place} says {value}; {there} is believed")


def same(one: object, other: object) -> bool:
    """Equal as what they mean: numbers by value, words by letters, a master and its raws by kind."""
    if one == other:
        return True
    if isinstance(one, Kind) and isinstance(other, Kind):
        return one.raw is other.raw
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)
    if isinstance(one, str) and isinstance(other, str):
        return target_key(one) == target_key(other)
    return False


def plain_text(part: str) -> str:
    """What a path part says, its escapes undone; a part that only looks escaped says itself."""
    if "%" not in part:
        return part
    try:
        return unescape(part)
    except UnicodeDecodeError:
        return part


def _is_assumed(place: str) -> bool:
    return place.startswith(ASSUMED)
