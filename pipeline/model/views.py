"""What the ledger keeps of the folders a person works in: places given, taken away, found empty; sets judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A stored frame was given a place in a folder a person works in."""

    event: ClassVar[str] = "delivered"
    when: datetime
    link: str
    stored: str
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """We took a link away again (it may lawfully come back)."""

    event: ClassVar[str] = "withdrawn"
    when: datetime
    link: str
    stored: str
    why: str = ""
    at: str = ""
    """Where its name lay, if a person had moved it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAbsent:
    """A delivered link was not there when we looked; the first such look starts the settle time."""

    event: ClassVar[str] = "seen_absent"
    when: datetime
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAgain:
    """A link that had been absent is back."""

    event: ClassVar[str] = "seen_again"
    when: datetime
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedOn:
    """A delivered link was found elsewhere in the library: a person moved it on."""

    event: ClassVar[str] = "moved_on"
    when: datetime
    link: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The place a frame was offered in was taken away again, since the frame was accepted (or passed the blink)."""

    event: ClassVar[str] = "accepted"
    when: datetime
    link: str
    """Where it had been offered."""
    stored: str
    to: str = ""
    """Where it lies now; empty for calibration frames, which stay in the store."""
    at: str = ""
    """Where the name that went had lain, if a person had moved it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A file of the person's own, found in a set's folder, was given a place beside the accepted lights."""

    event: ClassVar[str] = "carried"
    when: datetime
    source: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A set was judged for the first time: what it was held against, and what later nights learn from it."""

    event: ClassVar[str] = "judged"
    when: datetime
    set: str
    usual: Mapping[str, float] = field(default_factory=dict)
    """The rig's usual values at that time: kept, so that new nights never re-judge old sets."""
    filter: str = ""
    medians: Mapping[str, float] = field(default_factory=dict)
    """Medians over the frames its limits kept, by quantity."""
    kept: int = 0
    of: int = 0
