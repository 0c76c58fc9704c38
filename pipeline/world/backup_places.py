"""Where frames lie in their person's folders: what a restore needs to make links links again.

    10_Blink, 20_Data, 30..70, _Reject ─▶ {"links": {place: stored}, "copies": …, "symlinks": …, "folders": …}

A name is a link where it is the very file of a stored frame or of a master in a library; equal copies are known by the
ledger. What is neither is the person's own: only its size and time are written down here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.model.survey import Sort
from pipeline.rules.layout import BLINK, CALIBRATION, FRAMES, REJECT, STAGES
from pipeline.rules.ledger import Ledger
from pipeline.rules.library_names import LIBRARIES
from pipeline.rules.positions import lies_at
from pipeline.rules.sorting import sort_of
from pipeline.world.files import is_part
from pipeline.world.master_places import copied_master

Look = tuple[int, int]
SMALL_BYTES = 1 << 20
_MADE = (".jpg", ".jpeg", ".png", ".html", ".webp")
"""What can be made again: previews and pages."""


def places_of(root: Path, ledger: Ledger) -> dict[str, Any]:
    """Every place in the person's folders."""
    stored = _by_identity(root, ledger)
    known = {place: link.stored for link in ledger.links.values() if (place := lies_at(link))}
    found: dict[str, Any] = {"folders": [], "links": {}, "copies": {}, "symlinks": {}, "others": {}}
    for path, entry in _entries(root):
        if entry.is_dir(follow_symlinks=False):
            found["folders"].append(path)
            continue
        seen = entry.stat(follow_symlinks=False)
        frame = stored.get((seen.st_dev, seen.st_ino))
        if stat.S_ISLNK(seen.st_mode):
            found["symlinks"][path] = str(Path(entry.path).readlink())
        elif frame is not None:
            found["links"][path] = frame
        elif path in known and _size(root, known[path]) == seen.st_size:
            found["copies"][path] = known[path]
        elif path in ledger.masters and (master := copied_master(root, path, ledger.masters[path])):
            found["copies"][path] = master
        elif stat.S_ISREG(seen.st_mode) and not entry.name.lower().endswith(_MADE):
            found["others"][path] = [seen.st_size, seen.st_mtime_ns]
    return found


def small_files(places: dict[str, Any]) -> list[str]:
    """Markers, notes and verdicts in the person's folders: small enough to go with the records."""
    return [
        path
        for path, (size, _) in places["others"].items()
        if size <= SMALL_BYTES and sort_of(path) is not Sort.FRAME
    ]


def stage_names(root: Path) -> Iterator[str]:
    """The targets in each stage folder of each rig: what shows that one was moved on."""
    for home in _homes(root):
        for stage in STAGES[1:]:
            yield from (f"{home}/{stage}/{name}" for name in _names(root / home / stage))


def _by_identity(root: Path, ledger: Ledger) -> dict[Look, str]:
    """Stored frames and masters by what tells that a name is the same file."""
    found: dict[Look, str] = {}
    paths = {path: path for name in LIBRARIES for path, _ in _below(root, name)}
    paths |= {fact.stored: fact.at for fact in ledger.stored.values() if not fact.is_adopted}
    for stored, at in paths.items():
        try:
            seen = os.stat(f"{root}/{at}")  # noqa: PTH116 - of eighty thousand frames
        except OSError:
            continue
        found[seen.st_dev, seen.st_ino] = stored
    return found


def _entries(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for home in _homes(root):
        for stage in STAGES[1:]:
            yield from _below(root, f"{home}/{stage}")
    yield from _below(root, REJECT)
    for camera in _names(root / CALIBRATION):
        yield from _below(root, f"{CALIBRATION}/{camera}/{BLINK}")


def _below(root: Path, folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(root / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if is_part(entry.name) or sort_of(entry.name) is Sort.LITTER:
            continue
        yield path, entry
        if entry.is_dir(follow_symlinks=False):
            yield from _below(root, path)


def _homes(root: Path) -> list[str]:
    """The rigs' folders."""
    return [name for name in _names(root) if name[0] not in "._" and (root / name / FRAMES).is_dir()]


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _size(root: Path, path: str) -> int:
    try:
        return (root / path).stat().st_size
    except OSError:
        return -1
