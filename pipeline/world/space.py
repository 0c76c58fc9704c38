"""Room on a disk, told truly: what is free, what must stay free, what files take, each counted once."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

GB = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Whether so many bytes may still be written to a disk."""

    wanted_bytes: int
    free_bytes: int
    kept_bytes: int
    """What stays free whatever happens."""

    @property
    def fits(self) -> bool:
        """True when the kept part would stay free."""
        return self.wanted_bytes <= max(self.free_bytes - self.kept_bytes, 0)

    @property
    def short_bytes(self) -> int:
        """How much is missing; 0 when it fits."""
        return max(self.wanted_bytes + self.kept_bytes - self.free_bytes, 0) if not self.fits else 0


def free_bytes(path: Path) -> int:
    """What this user may still write on the disk that holds `path`, or would hold it."""
    return shutil.disk_usage(_standing(path)).free


def room_for(wanted_bytes: int, path: Path, *, keep_percent: float = 5.0, keep_gb: float = 20.0) -> Room:
    """Whether `wanted_bytes` fit on the disk of `path` while 5 % of it, or 20 GB if that is less, stay free.

    Nothing to write always fits: a full disk must not stop a night that adds nothing.
    """
    usage = shutil.disk_usage(_standing(path))
    kept = min(int(usage.total * keep_percent / 100), int(keep_gb * GB))
    return Room(wanted_bytes=wanted_bytes, free_bytes=usage.free, kept_bytes=kept)


def true_size(paths: Iterable[Path]) -> int:
    """Bytes of these files, each counted once however many names it has; what is gone counts nothing."""
    sizes = {(found.st_dev, found.st_ino): found.st_size for found in _stats(paths)}
    return sum(sizes.values())


def freed_by_removing(paths: Iterable[Path]) -> int:
    """Bytes that would come free if these names went: a file goes only with its last name."""
    names: Counter[tuple[int, int]] = Counter()
    facts: dict[tuple[int, int], tuple[int, int]] = {}
    for found in _stats(set(paths)):
        key = (found.st_dev, found.st_ino)
        names[key] += 1
        facts[key] = (found.st_nlink, found.st_size)
    return sum(size for key, (links, size) in facts.items() if names[key] >= links)


def _stats(paths: Iterable[Path]) -> Iterable[os.stat_result]:
    for path in paths:
        try:
            yield path.lstat()
        except OSError:
            continue


def _standing(path: Path) -> Path:
    """The nearest folder that is there."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
