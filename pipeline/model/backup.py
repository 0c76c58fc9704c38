"""What a backup is made of: files to keep, the packs they were sent in, and a receipt for each night.

    Item (a file to be kept) ─packed─▶ Member of a Pack ─sent, and its index beside it─▶ Receipt

A receipt holds nothing that the bucket does not hold too: it can be made again from the bucket alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kept(StrEnum):
    """What a kept file is to its person: each has its own policy."""

    LIGHTS = "lights"
    MASTERS = "masters"
    RECORDS = "records"
    """Ledger, decisions, rig files, notes, and the logs and session files beside the nights."""
    RAW_CALIBRATION = "raw_calibration"
    REJECTS = "rejects"
    CALIBRATED = "calibrated"
    OWN = "own"
    """The person's own folders, 30_Master to 70_Abandon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file that is to be kept."""

    path: str
    """What it is kept as: a stored frame's address, else where it lies in the library."""
    at: str
    """Where its bytes lie."""
    size: int
    mtime_ns: int
    sha256: str | None
    """As first recorded; None: not taken yet, whatever is read is the truth."""
    kind: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The part of a file that is samples of 16 bits: what is packed as planes."""

    at: int
    """Its first byte."""
    size: int
    order: str
    """`>` or `<`: which byte of a sample comes first."""
    step: int
    """How far away the neighbour is that a sample is told by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file in a pack."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    """Of the file, not of what it was packed to."""
    codec: str
    """`none`, `zst`, or `planes`."""
    at: int
    """Where its bytes begin in the pack."""
    packed: int
    """How many they are."""
    span: Span | None = None
    """Of `planes` alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One object in the bucket."""

    key: str
    """Below the library's place in the bucket."""
    kind: Kept
    size: int
    sha256: str
    storage_class: str
    """It was sent with; the bucket's rules may have moved it on since."""
    etag: str = ""
    """What the service calls these bytes."""
    place: str = ""
    """In which bucket it lies (`Place.text`); an index does not say it, for it lies there too."""
    members: tuple[Member, ...]

    @property
    def bytes(self) -> int:
        """Of its members, unpacked."""
        return sum(member.size for member in self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the bucket has of one night, or of one shelf."""

    home: str
    """`<owner>/DATE_<night>`, as in the keys; or `_shelves/<name>`."""
    packs: tuple[Pack, ...] = ()
    """By their keys."""
    broken: tuple[str, ...] = ()
    """Keys of packs that were found damaged or gone: what they held counts as not kept."""

    @property
    def members(self) -> dict[tuple[str, str], Member]:
        """What is kept, by path and SHA-256."""
        return {(one.path, one.sha256): one for pack in self.packs for one in pack.members}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of backing up one night or shelf."""

    files: int = 0
    bytes: int = 0
    """Of those files, as they lie in the library."""
    packs: int = 0
    sent_bytes: int = 0
    """That really went over the wire now."""
    found: int = 0
    """Files that another run, or another computer, had sent already."""
    troubles: tuple[str, ...] = ()
    """Sentences on files that were not sent."""
