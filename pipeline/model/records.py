"""What is written down for good: ledger entries and decisions, as frozen values.

The ledger keeps what cannot be seen again (where a frame came from, what was delivered, what went and why);
decisions keep what a person said. Both are lines of JSON; `event` and `kind` are the words they are told
apart by. Paths are relative to the library's root and written with `/`; an original path is relative to its
inbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, NamedTuple, get_args

from pipeline.model import calibrated, served, views

Delivered = views.Delivered
Withdrawn = views.Withdrawn
SeenAbsent = views.SeenAbsent
SeenAgain = views.SeenAgain
MovedOn = views.MovedOn
Accepted = views.Accepted
Carried = views.Carried
Judged = views.Judged
Matched = served.Matched
MasterGiven = served.MasterGiven
MasterTaken = served.MasterTaken
Calibration = calibrated.Calibration


class Stays(StrEnum):
    """What a stored file is to the library."""

    FRAME = "frame"
    WITNESS = "witness"
    """A log or a session file stored beside the night; it may be received again when it has grown."""
    MASTER = "master"
    """A master promoted to a stored frame, since its raw frames went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file was taken from an inbox into the store."""

    event: ClassVar[str] = "received"
    when: datetime
    inbox: str
    """The inbox's path as configured: what `original` is relative to."""
    original: str
    stored: str
    size: int
    mtime_ns: int
    sha256: str | None = None
    """None: to be hashed with the first read that is needed anyway."""
    how: str = ""
    """`hardlink`, `reflink` or `copy`."""
    stays: Stays = Stays.FRAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashed:
    """A stored frame got its SHA-256, once."""

    event: ClassVar[str] = "hashed"
    when: datetime
    stored: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A frame that lay in the library before us is taken as stored where it lies: nothing is done to it."""

    event: ClassVar[str] = "adopted"
    when: datetime
    stored: str
    """Where it lay then: its address for ever, wherever its person moves it."""
    size: int
    mtime_ns: int
    owner: str = ""
    """The rig or camera it is filed under: its path need not say it."""
    night: date | None = None
    kind: str = ""
    """What it was made for: a value of `Kind`."""
    rig: str = ""
    """Whose it is, as the person said, where neither header nor path does."""
    accepted: bool = False
    """True where its folders say nothing of it and the person said that it counts."""
    original: str = ""
    """Where it lay, if it was given another name."""
    sha256: str | None = None
    stays: Stays = Stays.FRAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """An adoption was taken back: the file lies as it lay, and is none of ours any more."""

    event: ClassVar[str] = "released"
    when: datetime
    stored: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """A derived file became a stored frame, since what it was made from is no longer all there."""

    event: ClassVar[str] = "promoted"
    when: datetime
    stored: str
    size: int
    mtime_ns: int
    sha256: str
    original: str = ""
    stays: Stays = Stays.MASTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A file in an inbox has the bytes of a frame that is stored already."""

    event: ClassVar[str] = "duplicate"
    when: datetime
    inbox: str
    original: str
    size: int
    mtime_ns: int
    sha256: str
    of: str
    """The stored path, or that of a tombstone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """An inbox name went, its stored twin proven."""

    event: ClassVar[str] = "retired"
    when: datetime
    inbox: str
    original: str
    stored: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """A tombstone: this frame was given up, and is not a missing one."""

    event: ClassVar[str] = "purged"
    when: datetime
    stored: str
    size: int
    sha256: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A frame that was given up came back from the trash: its tombstone holds no longer."""

    event: ClassVar[str] = "restored"
    when: datetime
    stored: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """An archive in an inbox was unpacked; its members were received from `into`."""

    event: ClassVar[str] = "unpacked"
    when: datetime
    inbox: str
    original: str
    size: int
    mtime_ns: int
    sha256: str
    members: int
    into: str = ""


LedgerEntry = (
    Received
    | Hashed
    | Adopted
    | Released
    | Promoted
    | Duplicate
    | Delivered
    | Withdrawn
    | SeenAbsent
    | SeenAgain
    | MovedOn
    | Accepted
    | Carried
    | Judged
    | Matched
    | MasterGiven
    | MasterTaken
    | Calibration
    | Retired
    | Purged
    | Restored
    | Unpacked
)

ENTRY_TYPES: tuple[type[LedgerEntry], ...] = get_args(LedgerEntry)


class StoredFact(NamedTuple):
    """What the ledger knows of one stored file. A tuple: 80,000 of these are made in a blink."""

    stored: str
    size: int
    mtime_ns: int
    sha256: str | None
    inbox: str
    original: str
    when: str
    """ISO, UTC."""
    stays: str
    origin: str
    """`received`, `adopted` or `promoted`."""
    moved: str = ""
    """Where a person moved an adopted frame to; empty for all others."""

    @property
    def is_adopted(self) -> bool:
        """True for a frame that is registered where it lies: its person's own file."""
        return self.origin == Adopted.event

    @property
    def at(self) -> str:
        """Where its bytes lie: its address, but for an adopted frame that was moved."""
        return self.moved or self.stored


class LinkFact(NamedTuple):
    """What the ledger knows of one delivered link."""

    link: str
    stored: str
    state: str
    """`delivered`, `withdrawn`, `absent`, `moved_on` or `accepted`."""
    since: str
    """When it entered that state: of an absence, the first look that missed it."""
    delivered: str
    """When it was last delivered."""
    to: str = ""
    at: str = ""
    """Of one withdrawn, accepted or absent: where its name lay last, if a person had moved it."""

    @property
    def is_own(self) -> bool:
        """True for the place of an adopted frame: no link of ours, but the file itself."""
        return self.link == self.stored


class About(StrEnum):
    """What a decision speaks of."""

    FRAME = "frame"
    SET = "set"
    NIGHT = "night"
    INBOX = "inbox"
    """A file still in its inbox: a quarantined one."""
    RIG = "rig"
    MASTER = "master"
    """Its path in the library, with `/`."""
    SESSION = "session"
    """Its id, `2026-01-14/<rig>`."""
    LIBRARY = "library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person said, or a command on their behalf. Never changed: undo is a further decision."""

    id: str
    kind: str
    """`correct`, `cull`, `restore`, `blink`, `give-up`, `accept`, `reopen`, `pin`, `changed`, `master`, `undo`, ..."""
    about: About
    subject: str
    """Stored path, set id, night, inbox path, rig or a master's path."""
    when: datetime
    owner: str | None = None
    """The rig or camera it is filed under; None: the library."""
    night: date | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    """What was decided, as JSON: `{"target": "M31"}`."""
    who: str = ""
    why: str = ""
    undoes: str | None = None
    """The id of the decision this one takes back."""
