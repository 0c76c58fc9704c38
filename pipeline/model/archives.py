"""A zip or tar from an inbox as values: how far it is trusted, and what came out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """How far an archive is trusted. The defaults let a season of one rig through and no bomb."""

    total_bytes: int = 1024**4
    members: int = 20_000
    ratio: float = 100.0
    """Unpacked to packed. Frames of a camera reach about 3."""
    ratio_free_bytes: int = 32 * 1024 * 1024
    """Below this size no ratio is looked at: a few empty frames pack a thousand times."""
    keep_free_bytes: int = 0
    """Room to leave on the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file that was in an archive and now lies in the folder."""

    name: str
    """As the archive spells it: evidence, never a path."""
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMember:
    """A member that was not unpacked, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """An archive whose every file was unpacked, refused with a reason, or is litter."""

    folder: Path
    members: tuple[Member, ...]
    refused: tuple[RefusedMember, ...]
    litter: int
    """Members such as `__MACOSX/._x`, which are nobody's files."""

    @property
    def size_bytes(self) -> int:
        """What the unpacked files take."""
        return sum(member.size_bytes for member in self.members)
