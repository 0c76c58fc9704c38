"""What a look at the inboxes found, before anything is done about it.

scan ─▶ Found (a name, a size, a time) ─▶ read ─▶ Sighting (its frame, or why there is none) ─▶ Arrival (what to do)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pipeline.model.frames import Frame, Problem


class Sort(StrEnum):
    """What a name promises."""

    FRAME = "frame"
    WITNESS = "witness"
    ARCHIVE = "archive"
    UNFINISHED = "unfinished"
    LITTER = "litter"
    KEEP = "keep"
    """`.keep`: a person wants the folder to stay."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Found:
    """A file in an inbox, as a directory listing shows it."""

    inbox: str
    """The inbox's path as configured."""
    original: str
    """Relative to the inbox, with `/`."""
    size: int
    mtime_ns: int
    sort: Sort

    @property
    def origin(self) -> tuple[str, str]:
        """What the ledger knows it by."""
        return self.inbox, self.original


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxScan:
    """One inbox, listed."""

    inbox: str
    reachable: bool = True
    why: str = ""
    """Why it is not, as the end of a sentence that begins with its name; empty: it is not there."""
    files: tuple[Found, ...] = ()
    """Litter left out."""
    litter: int = 0
    bare: bool = False
    """True: there is nothing in it at all, not even an empty folder."""
    problems: tuple[Problem, ...] = ()
    """Folders that could not be read, loops, names no program can type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A frame file, read; or why it could not be."""

    found: Found
    frame: Frame | None = None
    refusal: str = ""
    """Half a sentence; empty where there is a frame."""
    passing: bool = False
    """True when it may well be readable next time (a share that hiccuped)."""


class Fate(StrEnum):
    """What becomes of a file in an inbox."""

    STORE = "store"
    UNSETTLED = "unsettled"
    """Still being written, or too young to be sure."""
    QUARANTINE = "quarantine"
    """Not understood: left where it is, a sentence in _Quarantine."""
    UNKNOWN_RIG = "unknown rig"
    """Waits for a rig file or an alias."""
    LATER = "later"
    """Could not be read just now."""
    KNOWN = "known"
    """In the ledger already: stored, or a duplicate of a stored frame."""
    WITNESS = "witness"
    """A log or session file, to be stored beside its night."""
    ARCHIVE = "archive"
    """A zip or tar, to be unpacked."""
    OTHER = "other"
    """Not ours: left and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file in an inbox and what is to become of it."""

    found: Found
    fate: Fate
    why: str = ""
    """Half a sentence for a person; empty where there is nothing to explain."""
    cure: str = ""
    """What to type, where typing helps."""
    frame: Frame | None = None
    owner: str = ""
    """The rig or camera it will be filed under."""
    night: date | None = None
    stored: str = ""
    """The address it will get, unless another frame of that very second has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Everything planning needs to know of the inboxes."""

    arrivals: tuple[Arrival, ...] = ()
    scans: tuple[InboxScan, ...] = ()
    counts: Mapping[Fate, int] = field(default_factory=dict)
