"""What a zip and a tar share while they are read: files one after another, and a meter that stops them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.model.archives import ArchiveLimits
from pipeline.model.errors import BadArchive, CutOff, PassingError

CHUNK_BYTES = 1024 * 1024
_LOOK_EVERY_BYTES = 16 * CHUNK_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of an archive, before anything is written."""

    name: str
    mtime_s: float | None = None
    """None where the archive does not say."""
    refusal: str = ""
    """What it is, when it is no plain file we can read."""
    chunks: Callable[[], Iterator[bytes]] = lambda: iter(())
    """Its bytes, once, in pieces of at most `CHUNK_BYTES`; raises DamagedMember."""


class DamagedMember(Exception):  # noqa: N818 - never leaves this room: the member is refused, the others go on
    """The bytes of one member are not what the archive promises; the text is the reason."""


def cut_off(archive: Path) -> CutOff:
    """The error for an archive that ends too early."""
    return CutOff(
        f"{archive.name} ends in the middle (copy cut off?). Nothing was taken from it and it stays where it "
        "is. Copy it again and run `doit`."
    )


def damaged(archive: Path, reason: str) -> BadArchive:
    """The error for an archive whose bytes make no sense."""
    return BadArchive(
        f"{archive.name} was not unpacked: {reason}. Nothing was taken from it and it stays where it is."
    )


@dataclass(slots=True, kw_only=True)
class Meter:
    """Counts what comes out of an archive, and stops it at the limits."""

    archive: Path
    into: Path
    limits: ArchiveLimits
    packed_bytes: int
    _came_bytes: int = 0
    _look_at_bytes: int = 0

    def expect(self, declared_bytes: int) -> None:
        """Refuse before the first byte what the archive itself says is too much."""
        self._compare(declared_bytes)
        self._look_for_room(declared_bytes)

    def add(self, size_bytes: int) -> None:
        """Count bytes that are about to be written."""
        self._came_bytes += size_bytes
        self._compare(self._came_bytes)
        if self._came_bytes >= self._look_at_bytes:
            self._look_for_room(size_bytes)
            self._look_at_bytes = self._came_bytes + _LOOK_EVERY_BYTES

    def count_members(self, members: int) -> None:
        """Refuse an archive of more members than it may have."""
        if members > self.limits.members:
            raise self._too_much(f"it holds more than {self.limits.members} files")

    def _compare(self, size_bytes: int) -> None:
        by_ratio = max(self.limits.ratio_free_bytes, int(self.packed_bytes * self.limits.ratio))
        allowed = min(self.limits.total_bytes, by_ratio)
        if size_bytes > allowed:
            raise self._too_much(f"its {_size(self.packed_bytes)} would become more than {_size(allowed)}")

    def _look_for_room(self, size_bytes: int) -> None:
        free = shutil.disk_usage(self.into).free
        if size_bytes + self.limits.keep_free_bytes > free:
            raise PassingError(
                f"{self.archive.name} waits: unpacked it needs {_size(size_bytes)}; {_size(free)} are free, "
                f"of which {_size(self.limits.keep_free_bytes)} are kept. Make room and run `doit`."
            )

    def _too_much(self, reason: str) -> BadArchive:
        return BadArchive(
            f"{self.archive.name} was not unpacked: {reason}. It stays where it is; if you trust it, unpack "
            "it by hand and drop the files in the inbox."
        )


def _size(size_bytes: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size_bytes >= scale:
            return f"{size_bytes / scale:.1f} {unit}"
    return f"{size_bytes} bytes"
