"""What is there of what held frames: folders are looked into, no file is opened (DESIGN §2.6).

Twice: before anything is planned, for the whole library, and again before a name is placed, since the disk may have
gone in between.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.model.errors import NotReachable
from pipeline.model.survey import InboxScan, Sort
from pipeline.rules.guards import Guard, guard_of, held_homes, home_of, is_unlisted, lost_ledger
from pipeline.rules.layout import CALIBRATION, FRAMES
from pipeline.rules.ledger import fold, owner_part
from pipeline.rules.outline import Outline
from pipeline.rules.places import view_home
from pipeline.rules.sorting import sort_of
from pipeline.rules.views_away import ViewsAway, views_away_of
from pipeline.world import journals
from pipeline.world.ledger import journal_files, read_some
from pipeline.world.library import OpenLibrary
from pipeline.world.listings import Folders
from pipeline.world.seeking import Seeker, homes_of
from pipeline.world.selected import require_library

LEDGER = "_Ledger"
_NIGHT = "DATE_"


def look_around(library: Path, held: Mapping[str, int], scans: Sequence[InboxScan]) -> Guard:
    """What must wait until it is back.

    Raises:
        NotReachable: frames are stored and there is no ledger at all.
    """
    folders = _ledger_folders(library)
    unlisted = [home for home in _homes(library) if home not in held and is_unlisted(home, folders)]
    if unlisted and not folders:
        raise NotReachable(f"{library}: {lost_ledger(unlisted)}")
    return guard_of(held, lambda home: _holds(library / home), unlisted, scans)


def require_home(library: Path, owner: str, stored: str) -> None:
    """Raise `NotReachable` where a store folder that held files, or the library itself, went away meanwhile."""
    require_library(library)
    home = home_of(stored)
    if _holds(library / home):
        return
    records = [
        r for path in journal_files(library / LEDGER / owner_part(owner)) for r in journals.read(path).records
    ]
    if home in held_homes(fold(records)) and not _holds(
        library / home
    ):  # another task may just have begun it
        raise NotReachable(
            f"{library / home} is gone or empty, though frames were stored there: is its disk mounted?"
        )


def views_away(library: OpenLibrary, outline: Outline, guard: Guard) -> ViewsAway:
    """The folders a person works in that are gone or empty as a whole: nothing is concluded from that.

    Where one of the frames that lay there is found elsewhere in the library, a person moved them on.
    """

    def is_there(home: str) -> bool:
        return _holds(library.root / home) or _is_moved_on(library, outline, home)

    return views_away_of(outline.held_views(), outline.owners_of_views(), is_there, guard)


def _is_moved_on(library: OpenLibrary, outline: Outline, home: str) -> bool:
    """True when any frame that lay there is seen elsewhere: near its rig first, then anywhere."""
    ledger = read_some(library.root, (name for name, one in outline.journals.items() if home in one.views))
    wanted = {
        one.link: fact
        for one in ledger.links.values()
        if one.state == "delivered" and view_home(one.link) == home
        if (fact := ledger.stored.get(one.stored)) is not None
    }
    seeker = Seeker(library, Folders(library.root))
    near = sorted({near for link in wanted for near in homes_of(link)})
    return bool(seeker.find(wanted, near) or seeker.find(wanted, seeker.top_folders(), skip=near))


def _homes(library: Path) -> list[str]:
    """Every folder of the library that has nights of a store in it."""
    rigs = (f"{name}/{FRAMES}" for name in _folders(library) if name[0] not in "._")
    cameras = (f"{CALIBRATION}/{name}" for name in _folders(library / CALIBRATION))
    return [home for home in (*rigs, *cameras) if _has_nights(library / home)]


def _ledger_folders(library: Path) -> list[str]:
    """The rigs and cameras that have a journal."""
    home = library / LEDGER
    return [name for name in _folders(home) if _any(home / name, lambda entry: entry.name.endswith(".jsonl"))]


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except OSError:
        return []


def _has_nights(folder: Path) -> bool:
    return _any(folder, lambda entry: entry.name.startswith(_NIGHT))


def _holds(folder: Path) -> bool:
    """True when there is anything in it that a system does not leave about by itself."""
    return _any(folder, lambda entry: sort_of(entry.name) is not Sort.LITTER)


def _any(folder: Path, wanted: Callable[[os.DirEntry[str]], bool]) -> bool:
    """Whether something like that is in a folder; one that cannot be listed has nothing."""
    try:
        with os.scandir(folder) as entries:
            return any(wanted(entry) for entry in entries)
    except OSError:
        return False
