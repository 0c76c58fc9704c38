"""What is left to do once a set's links have come and gone: the note in _Reject, and folders of ours that became empty.

A folder with anything of the person's in it stays, and so does the stage's own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pipeline.rules.layout import CALIBRATION, REJECT
from pipeline.world.files import make_folder, sync_folder
from pipeline.world.looking import SetNow
from pipeline.world.reject_notes import is_noted, write_note

_TAKEN = frozenset({"withdrawn", "accepted"})
_folders = threading.Lock()
"""Nights that are settled side by side share the folders above them."""


def enter_folder(folder: Path) -> None:
    """Make a folder for links, unless it is there; none above it is taken away meanwhile."""
    with _folders:
        make_folder(folder)


def is_tidy(now: SetNow) -> bool:
    """True when there is nothing to tidy up."""
    return is_noted(now) and not hollow_folders(now)


def tidy(now: SetNow) -> None:
    """Renew the note, take empty folders away."""
    write_note(now)
    remove_hollow(now.book.library.root, hollow_folders(now))


def hollow_folders(now: SetNow) -> list[Path]:
    """Empty folders of the set that held links of ours alone, all of which we took away again."""
    root, members = now.book.library.root, now.frames.by_stored
    links = [link for held in now.book.links.values() for link in held]
    taken = {_folder(link.link) for link in links if link.state in _TAKEN and link.stored in members}
    in_use = {_folder(link.link) for link in links if link.state not in _TAKEN}
    left = {_standing(root, folder) for folder in taken - in_use}
    return [root / folder for folder in sorted(left) if is_empty(root / folder) and not is_stage(folder)]


def remove_hollow(library: Path, folders: Iterable[Path]) -> None:
    """Take empty folders away, and those above them that became empty, up to the stage's own."""
    for folder in folders:
        inside = folder.relative_to(library).as_posix()
        while not is_stage(inside) and _remove(library / inside):
            inside = _folder(inside)


def stage_folder(path: str) -> str:
    """`<rig>/10_Blink`, `<rig>/20_Data`, `_Calibration/<camera>/10_Blink`, `_Reject`: what we never remove."""
    parts = path.split("/")
    if parts[0] == REJECT:
        return REJECT
    return "/".join(parts[: 3 if parts[0] == CALIBRATION else 2])


def is_stage(folder: str) -> bool:
    """True for a stage's own folder, and for what is above it."""
    return not folder.startswith(stage_folder(folder) + "/")


def is_empty(folder: Path) -> bool:
    """True for a folder that is there and has nothing in it."""
    try:
        with os.scandir(folder) as entries:
            return next(iter(entries), None) is None
    except OSError:
        return False


def _standing(root: Path, folder: str) -> str:
    """The folder, or the nearest one above it that is there: a run was killed while it took them away."""
    while not is_stage(folder) and not (root / folder).is_dir():
        folder = _folder(folder)
    return folder


def _remove(folder: Path) -> bool:
    try:
        with _folders:
            folder.rmdir()
    except OSError:
        return False
    with suppress(OSError):
        sync_folder(folder.parent)
    return True


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
