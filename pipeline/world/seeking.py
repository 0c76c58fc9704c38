"""A stored frame recognised under any name: by inode where links share bytes, by name, size and hash where copies lie.

At rest a frame in its place costs nothing but the listing of two folders. Only what is missing is searched for: first
among the folders of its rig, then in the rest of the library; never in the store, an inbox, the trash or our caches.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.model.errors import FrameError
from pipeline.model.records import StoredFact
from pipeline.model.survey import Sort
from pipeline.rules.layout import BLINK, CALIBRATION, DATA, FRAMES, REJECT, VERDICTS
from pipeline.rules.record_places import CATALOG, REPORTS, SCHEDULER
from pipeline.rules.sorting import sort_of
from pipeline.world.copies import equal_bytes
from pipeline.world.files import sha256_of
from pipeline.world.library import OpenLibrary
from pipeline.world.listings import Folders, Listing, composed
from pipeline.world.passing import retry

_CLOCK_NS = 2 * 10**9
"""The coarsest clock of a disk (FAT)."""
_ASIDE = frozenset(
    {
        "lost+found",
        "_Trash",
        "_Ledger",
        "_Decisions",
        "_Rigs",
        "_Quarantine",
        VERDICTS,
        CATALOG,
        REPORTS,
        SCHEDULER,
        "_Notes",
    }
)
"""Folders of the library in which no frame of a person's lies."""
_NIGHT = "DATE_"

Wanted = Mapping[str, StoredFact]
"""The places that are empty, each with the frame that lay there."""
Key = tuple[int, int]


class Seeker:
    """Recognises frames in the folders of one library."""

    def __init__(self, library: OpenLibrary, folders: Folders) -> None:
        self.root = library.root
        self.folders = folders
        inside = (path for _, path in library.inboxes if path.is_relative_to(library.root))
        self._aside = {path.relative_to(library.root).as_posix() for path in inside} | _ASIDE
        if library.state.is_relative_to(library.root):
            self._aside.add(library.state.relative_to(library.root).as_posix())

    def is_frame(self, path: str, fact: StoredFact) -> bool | None:
        """True when the frame lies under this path; False when something else does; None: nothing does."""
        listing = self.folders.at(path.rpartition("/")[0])
        entry = self.folders.entry(path)
        return None if listing is None or entry is None else self._is_it(listing, entry, fact)

    def find(self, wanted: Wanted, roots: Iterable[str], skip: Collection[str] = ()) -> dict[str, list[str]]:
        """Where below these folders the frames of empty places lie: stored path to paths, in order.

        Args:
            wanted: What is sought.
            roots: Folders to be walked through.
            skip: Folders that are not entered.
        """
        keys = {key: fact.stored for fact in wanted.values() if (key := self._key(fact)) is not None}
        names: dict[str, dict[str, StoredFact]] = {}
        pointed: dict[str, list[StoredFact]] = {}
        for place, fact in wanted.items():
            pointed.setdefault(fact.stored.rpartition("/")[2], []).append(fact)
            for path in (place, fact.stored):
                names.setdefault(composed(path.rpartition("/")[2]), {})[fact.stored] = fact
        found: dict[str, list[str]] = {}
        for listing, entry in self._walk(roots, skip):
            stored = keys.get((listing.device, entry.inode())) or self._by_name(entry, names, pointed)
            if stored:
                found.setdefault(stored, []).append(_path(listing, entry))
        return found

    def top_folders(self) -> list[str]:
        """The folders of the library that may hold a frame somebody moved on."""
        listing = self.folders.at("")
        return sorted(name for name in (listing.entries if listing else ()) if not self.is_aside(name))

    def _walk(
        self, roots: Iterable[str], skip: Collection[str]
    ) -> Iterator[tuple[Listing, os.DirEntry[str]]]:
        """Every file below the roots with the folder it lies in; links to folders are not followed."""
        ahead = sorted(roots, reverse=True)
        while ahead:
            listing = self.folders.at(ahead.pop())
            if listing is None:
                continue
            for entry in listing.entries.values():
                path = _path(listing, entry)
                if not entry.is_dir(follow_symlinks=False):
                    yield listing, entry
                elif path not in skip and not self.is_aside(path):
                    ahead.append(path)

    def is_aside(self, path: str) -> bool:
        """True for what no person works in: the store, our own folders, hidden ones, a system's trash."""
        parts = path.split("/")
        if parts[1:2] == [FRAMES] or path in self._aside:
            return True
        if parts[0] == CALIBRATION and len(parts) > 2 and parts[2].startswith(_NIGHT):
            return True
        return parts[-1].startswith(".") or sort_of(parts[-1]) is Sort.LITTER

    def _is_it(self, listing: Listing, entry: os.DirEntry[str], fact: StoredFact) -> bool:
        if entry.is_dir(follow_symlinks=False):
            return False
        if entry.is_symlink():
            return _points_at(entry, fact)
        key = self._key(fact)
        is_link = key is not None and key == (listing.device, entry.inode())
        return is_link or self._is_copy(entry, fact, by_time=True)

    def _is_copy(self, entry: os.DirEntry[str], fact: StoredFact, *, by_time: bool) -> bool:
        """True for a copy. In its own place equal size and time say so; anywhere else its bytes must."""
        with suppress(FileNotFoundError, FrameError):
            seen = entry.stat(follow_symlinks=False)
            if seen.st_size != fact.size:
                return False
            if by_time and abs(seen.st_mtime_ns - fact.mtime_ns) <= _CLOCK_NS:
                return True
            path = Path(entry.path)
            if fact.sha256 is not None:
                return sha256_of(path) == fact.sha256
            return retry(lambda: equal_bytes(self.root / fact.stored, path), path)
        return False

    def _by_name(
        self,
        entry: os.DirEntry[str],
        names: Mapping[str, Mapping[str, StoredFact]],
        pointed: Mapping[str, Sequence[StoredFact]],
    ) -> str:
        if entry.is_symlink():  # says by itself what it leads to, whatever it is called
            facts = pointed.get(_pointer(entry).rpartition("/")[2], ())
            return next((fact.stored for fact in facts if _points_at(entry, fact)), "")
        alike = names.get(composed(entry.name), {})
        found = (
            stored for stored, fact in alike.items() if self._is_copy(entry, fact, by_time=fact.is_adopted)
        )
        if not any(fact.is_adopted for fact in alike.values()):
            return next(found, "")
        path = Path(entry.path).relative_to(self.root).as_posix()
        return max(found, key=lambda stored: common_tail(path, stored), default="")

    def _key(self, fact: StoredFact) -> Key | None:
        """The stored frame's own device and inode; None where it is not there, or its disk knows none."""
        listing = self.folders.at(fact.stored.rpartition("/")[0])
        entry = self.folders.entry(fact.stored)
        if listing is None or entry is None or not entry.inode():
            return None
        return listing.device, entry.inode()


def common_tail(one: str, other: str) -> int:
    """How many parts two paths have in common, from the file upwards: programs number frames anew in each folder."""
    pairs = zip(reversed(one.split("/")), reversed(other.split("/")), strict=False)
    return next((at for at, (first, second) in enumerate(pairs) if first != second), min(one.count("/"), 9))


def homes_of(path: str) -> list[str]:
    """The folders in which a person works on what was delivered there: 10_Blink, 20_Data and _Reject of its rig."""
    parts = path.removeprefix(f"{REJECT}/").split("/")
    if parts[0] == CALIBRATION:
        camera = "/".join(parts[:2])
        return [f"{camera}/{BLINK}", f"{REJECT}/{camera}"]
    return [f"{parts[0]}/{BLINK}", f"{parts[0]}/{DATA}", f"{REJECT}/{parts[0]}"]


def _path(listing: Listing, entry: os.DirEntry[str]) -> str:
    return f"{listing.path}/{entry.name}" if listing.path else entry.name


def _pointer(entry: os.DirEntry[str]) -> str:
    """Where a symbolic link leads, with `/`; empty where that cannot be read."""
    try:
        return str(Path(entry.path).readlink()).replace("\\", "/")
    except OSError:
        return ""


def _points_at(entry: os.DirEntry[str], fact: StoredFact) -> bool:
    """True for a symbolic link to the frame; a relative one that was moved still names the frame's night."""
    parts = [part for part in _pointer(entry).split("/") if part not in {"", ".", ".."}]
    stored = fact.stored.split("/")
    return len(parts) > 1 and (parts[-len(stored) :] == stored or stored[-len(parts) :] == parts)
