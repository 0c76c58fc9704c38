"""Finding what no plan expects: stale derived files, abandoned part-files, empty folders of the store.

Found first, all of it; taken away only by `prune`, and a derived file only into the trash.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.rules.pruning import PICTURES, PLACES, Expected, Place, is_picture_name
from pipeline.world import trash
from pipeline.world.files import abandoned_parts, sync_folder
from pipeline.world.leftovers import entered
from pipeline.world.library import OpenLibrary
from pipeline.world.store_listing import store_folders
from pipeline.world.tidying import remove_hollow

_HEAD_BYTES = 65_536


@dataclass(slots=True, kw_only=True)
class Prunings:
    """What may go. Paths relative to the library."""

    derived: list[str] = field(default_factory=list)
    looked_at: int = 0
    """Derived files there are."""
    parts: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    """Empty, the deepest first."""
    unread: list[str] = field(default_factory=list)
    """What could not be read: then nothing may go."""

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to take."""
        return not (self.derived or self.parts or self.folders)


def find_prunings(library: OpenLibrary, expected: Expected, left: Iterable[str] = ()) -> Prunings:
    """Look everywhere we write.

    Args:
        library: Where to look.
        expected: What is to stay.
        left: Folders of ours in which no place is left.
    """
    found = Prunings()
    for place in PLACES:
        _find_derived(library.root, place, expected, found)
    _find_parts(library, found)
    for folder in store_folders(library.root):
        found.folders += [path for path in _hollow(library.root, folder, found) if path != folder]
    hollow = {
        path
        for folder in left
        if (library.root / folder).is_dir()
        for path in _hollow(library.root, folder, found)
    }
    found.folders += sorted(hollow, key=lambda path: (-path.count("/"), path))
    return found


def prune(library: Path, found: Prunings) -> Prunings:
    """Take it away; returns what went."""
    gone = Prunings(looked_at=found.looked_at)
    for path in found.derived:
        with suppress(FileNotFoundError):
            trash.throw(library, path, why="no plan expected it")
            gone.derived.append(path)
            _drop_picture_folder((library / path).parent)
    for path in found.parts:
        with suppress(FileNotFoundError):
            (library / path).unlink()
            gone.parts.append(path)
    for path in found.folders:
        with suppress(OSError):
            (library / path).rmdir()
            sync_folder((library / path).parent)
            gone.folders.append(path)
            remove_hollow(library, [(library / path).parent])  # the target's folder, where that was its last
    return gone


def _drop_picture_folder(folder: Path) -> None:
    """Pictures have folders of their own, below the one that is named for their page: empty, they go too."""
    with suppress(OSError):
        while PICTURES in f"{folder.name}{folder.parent.name}":
            folder.rmdir()
            folder = folder.parent


def _find_derived(root: Path, place: Place, expected: Expected, found: Prunings) -> None:
    for folder, names in _walk(root, place.folder, found):
        if place.index and place.index not in names:
            continue
        for name in names:
            path = f"{folder}/{name}"
            if name.endswith(place.suffix) and _is_ours(root / path, place, found):
                found.looked_at += 1
                found.derived += [path] if not expected.holds(path) else []


def _is_ours(path: Path, place: Place, found: Prunings) -> bool:
    if path.is_symlink():
        return False
    if place.index:
        return is_picture_name(path.name) and f"{PICTURES}/" in path.as_posix()
    try:
        with path.open("rb") as file:
            return place.mark in file.read(_HEAD_BYTES)
    except OSError:
        found.unread.append(str(path))
        return False


def _find_parts(library: OpenLibrary, found: Prunings) -> None:
    for folder, _ in _walk(library.root, "", found, entered(library)):
        try:
            parts = abandoned_parts(library.root / folder)
        except OSError:
            found.unread.append(folder)
            continue
        found.parts += [part.relative_to(library.root).as_posix() for part in parts]


def _walk(
    root: Path, start: str, found: Prunings, enters: Callable[[str], bool] = lambda _path: True
) -> Iterator[tuple[str, list[str]]]:
    """Folders below `start` with the names of their files; links are not followed."""
    if not (root / start).is_dir():
        return
    try:
        with os.scandir(root / start) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        found.unread.append(start or ".")
        return
    folders = [entry.name for entry in listed if entry.is_dir(follow_symlinks=False)]
    yield start, [entry.name for entry in listed if not entry.is_dir(follow_symlinks=False)]
    for name in folders:
        path = f"{start}/{name}" if start else name
        if enters(path):
            yield from _walk(root, path, found, enters)


def _hollow(root: Path, folder: str, found: Prunings) -> list[str]:
    """The folders from here down that hold no file at all, the deepest first."""
    try:
        with os.scandir(root / folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        found.unread.append(folder)
        return []
    hollow: list[str] = []
    is_hollow = True
    for entry in listed:
        path = f"{folder}/{entry.name}"
        below = _hollow(root, path, found) if entry.is_dir(follow_symlinks=False) else []
        hollow += below
        is_hollow = is_hollow and path in below
    return [*hollow, folder] if is_hollow else hollow
