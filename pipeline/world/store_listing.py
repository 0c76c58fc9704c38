"""What lies in the store, listed: every file below 00_Frames and _Calibration, and nothing opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.model.survey import Sort
from pipeline.rules.layout import CALIBRATION, FRAMES
from pipeline.rules.sorting import sort_of
from pipeline.world.files import is_part


@dataclass(slots=True, kw_only=True)
class StoreListing:
    """One walk through the store."""

    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Path relative to the library, to size and time; of what is no plain file the size is -1."""
    unread: list[str] = field(default_factory=list)
    """Folders that could not be listed: what lies there is not known."""
    folders: list[str] = field(default_factory=list)
    """Every folder below a night, the deepest first."""


def list_store(library: Path) -> StoreListing:
    """Walk through the stores of all rigs and cameras; links are not followed."""
    listing = StoreListing()
    for root in store_folders(library):
        _walk(library, root, listing)
    return listing


def store_folders(library: Path) -> Iterator[str]:
    """`<rig>/00_Frames`, and the nights of each camera in _Calibration."""
    for rig in _folders(library):
        if (library / rig / FRAMES).is_dir():
            yield f"{rig}/{FRAMES}"
    for camera in _folders(library / CALIBRATION):
        for night in _folders(library / CALIBRATION / camera):
            if night.startswith("DATE_"):
                yield f"{CALIBRATION}/{camera}/{night}"


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _walk(library: Path, folder: str, listing: StoreListing) -> None:
    try:
        with os.scandir(library / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        listing.unread.append(folder)
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            _walk(library, path, listing)
            listing.folders.append(path)
        elif sort_of(entry.name) is not Sort.LITTER and not is_part(entry.name):
            seen = entry.stat(follow_symlinks=False)
            listing.files[path] = (seen.st_size if stat.S_ISREG(seen.st_mode) else -1, seen.st_mtime_ns)
