"""Flats of another night: which nights hold what is needed, how far they are, which of them a person is shown.

    flats that fit in all but filter and night ─held_by_night─▶ {night: filters} ─whole_nights─▶ those with all of them
    ─offer─▶ up to five older, none ("the rig changed"), up to five newer

Only a night that holds every filter is offered, so that one answer serves all of a night's lights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import NamedTuple

from pipeline.model.frames import Frame
from pipeline.rules.spoken import counted
from pipeline.rules.targets import target_key

SHOWN_NIGHTS = 5
"""So many either side are enough to choose from."""


class Offer(NamedTuple):
    """The nights whose flats a person may choose, the oldest first on either side."""

    older: tuple[date, ...]
    newer: tuple[date, ...]
    hidden_older: int = 0
    hidden_newer: int = 0

    @property
    def shown(self) -> tuple[date | None, ...]:
        """In the order they are shown; None stands for `none of these`."""
        return (*self.older, None, *self.newer)

    @property
    def usual(self) -> int:
        """Which of those shown holds without an answer: none."""
        return len(self.older)


def offer(light: date, nights: Iterable[date], most: int = SHOWN_NIGHTS) -> Offer:
    """The nearest nights either side of a light's own."""
    known = sorted(set(nights))
    older = [night for night in known if night < light]
    newer = [night for night in known if night > light]
    return Offer(
        older=tuple(older[max(len(older) - most, 0) :]),
        newer=tuple(newer[:most]),
        hidden_older=max(len(older) - most, 0),
        hidden_newer=max(len(newer) - most, 0),
    )


def distance_words(days: int) -> str:
    """`10 days older`, `1 day newer`, `same night`: a master against what it serves."""
    if not days:
        return "same night"
    return f"{counted(abs(days), 'day')} {'older' if days < 0 else 'newer'}"


def filter_key(name: str | None) -> str:
    """What is equal for two spellings of one filter; empty for none."""
    return target_key(name or "")


def held_by_night(flats: Iterable[Frame]) -> dict[date, frozenset[str]]:
    """Which filters there are flats for, night by night."""
    found: dict[date, set[str]] = {}
    for flat in flats:
        if flat.night is not None:
            found.setdefault(flat.night, set()).add(filter_key(flat.filter))
    return {night: frozenset(filters) for night, filters in found.items()}


def lacking(night: date, needed: AbstractSet[str], held: Mapping[date, AbstractSet[str]]) -> list[str]:
    """The filters that are needed and of which that night has no flats; empty: it has them all."""
    return sorted(needed - held.get(night, frozenset()))


def whole_nights(needed: AbstractSet[str], held: Mapping[date, AbstractSet[str]]) -> list[date]:
    """The nights that hold every filter that is needed."""
    return sorted(night for night in held if not lacking(night, needed, held))
