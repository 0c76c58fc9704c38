"""What a person speaks of when they correct something: a file, a set, a night; and what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.model.records import About, LinkFact, StoredFact
from pipeline.model.survey import Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One thing that was named, and the frames that are meant by it."""

    about: About
    name: str
    """How a decision on it names it."""
    owner: str | None = None
    """The rig or camera a decision on it is filed under."""
    night: date | None = None
    stored: tuple[StoredFact, ...] = ()
    """The stored frames it means."""
    arrivals: tuple[Arrival, ...] = ()
    """What of it waits in an inbox."""
    also: tuple[tuple[About, str], ...] = ()
    """What else decisions on the very same thing are called: the inbox name a stored frame came under."""

    @property
    def names(self) -> tuple[tuple[About, str], ...]:
        """Every key under which decisions on exactly this thing are kept."""
        return ((self.about, self.name), *self.also)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What is otherwise than before a decision."""

    changes: tuple[Mapping[str, Any], ...] = ()
    """Value by value, of a single stored frame."""
    waiting: tuple[Arrival, ...] = ()
    """The files in the inboxes that are meant, as they are judged now."""
    delivered: tuple[LinkFact, ...] = ()
    """Places the meant frames were given; they stay as they are."""
    outranked: int = 0
    """Stored frames of which something nearer says otherwise."""
