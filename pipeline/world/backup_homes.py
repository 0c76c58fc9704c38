"""What is to be kept of each night and each shelf, as it stands now: what a backup compares with its receipt.

nights: the ledger of a rig's night        shelves: masters, the person's own folders, calibrated lights: folders
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from pipeline.model.backup import Item, Kept, Sent
from pipeline.model.backup_policies import Backup
from pipeline.model.survey import Sort
from pipeline.rules.backup_keys import night_home, receipt_file, shelf_of
from pipeline.rules.backup_wanted import lying_here, missing, needs_states, wanted_of_night
from pipeline.rules.layout import CALIBRATED, DATA, STAGES
from pipeline.rules.ledger import ledger_file, owner_part
from pipeline.rules.library_names import LIBRARIES
from pipeline.rules.record_places import catalog_file
from pipeline.rules.sorting import sort_of
from pipeline.rules.targets import target_key
from pipeline.world import ledger as ledgers
from pipeline.world.catalog import read_catalog
from pipeline.world.files import is_part
from pipeline.world.library import OpenLibrary
from pipeline.world.marks import keep_mark, mark_of_files
from pipeline.world.receipts import read_receipt
from pipeline.world.summaries import read_outline

SHELVES = (Kept.MASTERS, Kept.CALIBRATED, Kept.OWN)
"""The kinds that are kept by folders, not by nights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A night of a rig or camera, or a shelf."""

    name: str
    """As in the keys."""
    owner: str
    night: date | None = None
    kind: Kept | None = None
    """Of a shelf."""

    @property
    def says(self) -> str:
        """As a person would call it."""
        return "  ".join(
            filter(None, (self.kind.value if self.kind else "", self.owner, str(self.night or "")))
        )


def homes_of(library: OpenLibrary, settings: Backup, *, target: str = "") -> list[Home]:
    """Every night and shelf of the library; with a target only the nights on which it was shot."""
    nights = sorted(read_outline(library.root, library.state, remember=False).nights)
    if target:
        shot = _nights_of(library, target)
        nights = [one for one in nights if one in shot]
    found = [Home(name=night_home(owner, night), owner=owner, night=night) for owner, night in nights]
    owners = sorted({owner for owner, _ in nights})
    for kind in SHELVES if not target else ():
        if settings.of(kind).keep:
            names = [""] if kind is Kept.MASTERS else owners
            found += [Home(name=shelf_of(kind.value, name), owner=name, kind=kind) for name in names]
    return found


def due_of(library: OpenLibrary, settings: Backup, home: Home) -> list[Item]:
    """What no pack has yet of a home, by its receipt."""
    if home.night is not None:
        items = night_items(library, settings, home.owner, home.night)
    else:
        items = shelf_items(library, home.kind or Kept.MASTERS, home.owner)
    return missing(items, lying_here(read_receipt(library.root, home.name), settings))


def note_sent(library: OpenLibrary, settings: Backup, home: Home, sent: Sent) -> None:
    """Remember that a home is kept, so that the next run need not compare it."""
    if not sent.troubles:
        keep_mark(library, mark_name(home.name), mark_of(library, settings, home))


def mark_of(library: OpenLibrary, settings: Backup, home: Home) -> str:
    """What the backup of a home was last made of."""
    if home.night is not None:
        return night_mark(library, settings, home.owner, home.night)
    return shelf_mark(library, settings, home.kind or Kept.MASTERS, home.owner)


def mark_name(home: str) -> str:
    """Under which the mark of a home is kept."""
    return f"backup {home}"


def night_items(library: OpenLibrary, settings: Backup, owner: str, night: date) -> list[Item]:
    """The files of a night that are to be kept."""
    ledger = ledgers.read_night(library.root, owner, night)
    states = _states(library, owner, night) if needs_states(settings) else None
    return wanted_of_night(ledger, settings, states)


def night_mark(library: OpenLibrary, settings: Backup, owner: str, night: date) -> str:
    """What a night's backup was last made of: cheap."""
    files = [ledger_file(owner, night), receipt_file(night_home(owner, night))]
    if needs_states(settings):
        files.append(catalog_file(owner))
    return mark_of_files(library.root, files, _policy(settings))


@lru_cache(maxsize=4)
def _policy(settings: Backup) -> str:
    """What of the settings decides which files are kept, and where."""
    return (
        " ".join(f"{kind.value} {settings.place(kind).text}" for kind in Kept if settings.of(kind).keep)
        + settings.lights.when
    )


def shelf_items(library: OpenLibrary, kind: Kept, owner: str) -> list[Item]:
    """The files of a shelf; what its person linked there out of the store is kept with its night."""
    found = list(_listed(library.root, shelf_folders(library, kind, owner), kind))
    if kind is not Kept.OWN:
        return found
    ledger = ledgers.read(library.root)
    stored = {link.to or link.at or link.link: link.stored for link in ledger.links.values()}
    return [item for item in found if not _is_frame(library.root, item, stored.get(item.path, ""))]


def shelf_mark(library: OpenLibrary, settings: Backup, kind: Kept, owner: str) -> str:
    """What a shelf's backup was last made of: names, sizes and times."""
    told = (
        f"{item.path}\0{item.size}\0{item.mtime_ns}"
        for item in _listed(library.root, shelf_folders(library, kind, owner), kind)
    )
    return mark_of_files(
        library.root, [receipt_file(shelf_of(kind.value, owner))], settings.place(kind).text, *told
    )


def shelf_folders(library: OpenLibrary, kind: Kept, owner: str) -> list[str]:
    """The folders of a shelf, relative to the library."""
    if kind is Kept.MASTERS:
        return [name for name in LIBRARIES if (library.root / name).is_dir()]
    home = owner_part(owner)
    if kind is Kept.OWN:
        return [f"{home}/{stage}" for stage in STAGES[3:] if (library.root / home / stage).is_dir()]
    data = library.root / home / DATA
    targets = sorted(path.name for path in data.iterdir()) if data.is_dir() else []
    return [f"{home}/{DATA}/{name}/{CALIBRATED}" for name in targets if (data / name / CALIBRATED).is_dir()]


def _nights_of(library: OpenLibrary, target: str) -> set[tuple[str, date]]:
    wanted, catalog = target_key(target), read_catalog(library, tables={"sets"})
    return {
        (row["owner"], date.fromisoformat(row["night"]))
        for row in catalog.sets
        if target_key(row.get("target", "")) == wanted
    }


def _states(library: OpenLibrary, owner: str, night: date) -> dict[str, str]:
    catalog = read_catalog(library, tables={"frames"}, owners={owner})
    rows = [row for tables in catalog.owners.values() for row in tables.frames]
    return {row["stored"]: row["state"] for row in rows if row["night"] == night.isoformat()}


def _listed(root: Path, folders: Sequence[str], kind: Kept) -> Iterator[Item]:
    for folder in folders:
        yield from _walk(root, folder, kind)


def _walk(root: Path, folder: str, kind: Kept) -> Iterator[Item]:
    with os.scandir(root / folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, path, kind)
        elif not is_part(entry.name) and sort_of(entry.name) is not Sort.LITTER:
            seen = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(seen.st_mode):
                yield Item(
                    path=path, at=path, size=seen.st_size, mtime_ns=seen.st_mtime_ns, sha256=None, kind=kind
                )


def _is_frame(root: Path, item: Item, stored: str) -> bool:
    try:
        return bool(stored) and (root / stored).samefile(root / item.path)
    except OSError:
        return False
