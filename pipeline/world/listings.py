"""Folders listed, each once in a look: names and inodes come with the listing, so that nothing else is asked of a disk.

What cannot be listed is kept as a sentence: a folder nobody may read is not an empty one.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.world.passing import is_passing, retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What lies in one folder."""

    path: str
    """Relative to the library, or absolute for what lies outside."""
    device: int
    mtime_s: float
    entries: Mapping[str, os.DirEntry[str]]
    """By name, accents composed."""


class Folders:
    """The folders of a library, as they were when they were first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.unread: dict[str, str] = {}
        """Folders that are there and could not be listed, with a sentence."""
        self._kept: dict[str, Listing | None] = {}

    def at(self, folder: str) -> Listing | None:
        """The folder's listing; None where there is no such folder, or it could not be listed."""
        if folder not in self._kept:
            self._kept[folder] = self._list(folder)
        return self._kept[folder]

    def entry(self, path: str) -> os.DirEntry[str] | None:
        """What lies under this path; None: nothing."""
        folder, _, name = path.rpartition("/")
        listing = self.at(folder)
        return None if listing is None else listing.entries.get(composed(name))

    def nearest(self, folder: str) -> Listing | None:
        """The folder, or the nearest one above it that is there."""
        while folder:
            listing = self.at(folder)
            if listing is not None:
                return listing
            folder = folder.rpartition("/")[0]
        return self.at("")

    def _list(self, folder: str) -> Listing | None:
        path = self.root / folder
        try:
            return retry(lambda: _listing(path, folder), path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if is_passing(error):
                raise
            self.unread[folder] = (
                f"{folder or path}: cannot be listed ({error.strerror}); nothing is concluded from it"
            )
            return None


def _listing(path: Path, folder: str) -> Listing:
    seen = path.stat()
    with os.scandir(path) as found:
        entries = {composed(entry.name): entry for entry in found}
    return Listing(path=folder, device=seen.st_dev, mtime_s=seen.st_mtime, entries=entries)


def composed(name: str) -> str:
    """The name with its accents composed: a Mac's disk may take them apart."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)
