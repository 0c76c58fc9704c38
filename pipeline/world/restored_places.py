"""A restored library made one again: links are links, targets lie in their stage folders, what was not kept is said.

    places ─▶ links, copies, folders       receipts ─▶ _Backup       masters whose raw frames are not kept ─▶ promoted
    frames never kept ─▶ withdrawn and a tombstone: known, not kept; brought into an inbox again, they are stored again

Only for a library that is being restored whole: in a living one a missing link may be what its person wanted.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.model.backup import Pack, Receipt
from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.model.records import LedgerEntry, LinkFact, Promoted, Purged, Withdrawn
from pipeline.rules.addresses import read_address
from pipeline.rules.backup_keys import home_of
from pipeline.rules.ledger import Ledger
from pipeline.rules.positions import lies_at
from pipeline.world import ledger as ledgers
from pipeline.world.files import inside, make_folder, sha256_of, sync_folder
from pipeline.world.library import OpenLibrary
from pipeline.world.links import Mode, place
from pipeline.world.master_shelf import read_shelf
from pipeline.world.receipts import read_receipt, with_pack, without_packs, write_receipt
from pipeline.world.restored_records import Snapshot

NOT_KEPT = "known, not kept: no backup had it when the library was restored"
"""What the tombstone of such a frame says."""
_RAW = frozenset({Kind.BIAS.value, Kind.DARK.value, Kind.FLAT.value, Kind.FLATDARK.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One name in the person's folders."""

    at: str
    source: str
    """Where the bytes lie, relative to the library; of a symbolic link what it says."""
    mode: Mode


def spots(snapshot: Snapshot, ledger: Ledger) -> Iterator[Spot]:
    """Every name to be given: as the snapshot saw them, else as the ledger has them."""
    if not snapshot.places:
        for link in ledger.links.values():
            fact = ledger.stored.get(link.stored)
            if fact is not None and lies_at(link) and not link.is_own:
                yield Spot(at=lies_at(link), source=fact.at, mode=Mode.LINK)
        return
    for kind, mode in (("links", Mode.LINK), ("copies", Mode.COPY), ("symlinks", Mode.SYMLINK)):
        for at, source in sorted(_pairs(snapshot.places, kind)):
            known = ledger.stored.get(source)
            yield Spot(at=at, source=known.at if known is not None else source, mode=mode)


def give_places(library: OpenLibrary, snapshot: Snapshot, ledger: Ledger) -> tuple[int, list[str]]:
    """Give every name its bytes again; how many were given, and what lies where one should."""
    root, given = library.root, 0
    other: list[str] = []
    for folder in snapshot.places.get("folders", ()):
        if inside(root, root / folder):
            with suppress(UserError):  # a file lies there: it stays
                make_folder(root / folder)
    views = library.configuration.library.views
    touched: set[Path] = set()
    for spot in spots(snapshot, ledger):
        mode = Mode.COPY if views == "copy" and spot.mode is Mode.LINK else spot.mode
        try:
            given += _give(root, spot, mode, touched)
        except (FileExistsError, UserError):  # or a file, where a folder of it should be
            other.append(spot.at)
    for folder in touched:
        sync_folder(folder)
    return given, other


def write_receipts(root: Path, packs: Iterable[Pack], damaged: Collection[str] = ()) -> int:
    """What the bucket has of each night and shelf, as `_Backup` keeps it; how many receipts there are."""
    by_home: dict[str, list[Pack]] = {}
    for pack in packs:
        if home := home_of(pack.key):
            by_home.setdefault(home, []).append(pack)
    for home, mine in by_home.items():
        receipt: Receipt = read_receipt(root, home)
        for pack in mine:
            is_bad = pack.key in damaged
            receipt = without_packs(receipt, [pack.key]) if is_bad else with_pack(receipt, pack)
        write_receipt(root, receipt)
    return len(by_home)


def promote_masters(library: OpenLibrary, ledger: Ledger, not_kept: Iterable[str]) -> list[str]:
    """Masters become stored frames where raw frames of theirs may be among those not kept."""
    if not any((address := read_address(path)) and address.kind in _RAW for path in not_kept):
        return []
    promoted = []
    for master in read_shelf(library, remember=False):
        if master.path in ledger.stored or master.trouble:
            continue
        path = library.root / master.path
        seen = path.stat()
        entry = Promoted(
            when=datetime.now(UTC),
            stored=master.path,
            size=seen.st_size,
            mtime_ns=seen.st_mtime_ns,
            sha256=sha256_of(path),
        )
        ledgers.write(library.root, master.frame.camera, master.frame.night, [entry])
        promoted.append(master.path)
    return promoted


def bury_not_kept(root: Path, ledger: Ledger, not_kept: Iterable[str]) -> int:
    """Write down which frames are known and not kept; frames of which it is written already are none of these."""
    by_night: dict[tuple[str | None, date | None], list[LedgerEntry]] = {}
    places: dict[str, list[LinkFact]] = {}
    for link in ledger.links.values():
        places.setdefault(link.stored, []).append(link)
    count = 0
    for stored in not_kept:
        fact = ledger.stored[stored]
        told = by_night.setdefault(_filed(ledger, stored), [])
        for link in places.get(stored, ()):
            if link.state in {"delivered", "absent", "moved_on"}:
                told.append(Withdrawn(when=datetime.now(UTC), link=link.link, stored=stored, why=NOT_KEPT))
        # without its hash the same bytes in an inbox are no twin of something given up: they are stored again
        told.append(Purged(when=datetime.now(UTC), stored=stored, size=fact.size, sha256="", why=NOT_KEPT))
        count += 1
    for (owner, night), entries in sorted(by_night.items(), key=lambda one: str(one[0])):
        ledgers.write(root, owner, night, entries)
    return count


def counted_not_kept(ledger: Ledger) -> int:
    """How many frames are known and not kept, by the ledger."""
    return sum(stone.get("why") == NOT_KEPT for stone in ledger.tombstones.values())


def _give(root: Path, spot: Spot, mode: Mode, touched: set[Path]) -> int:
    target = root / spot.at
    if not inside(root, target):
        return 0
    if mode is Mode.SYMLINK:
        return _point(root, target, spot.source)
    source = root / spot.source
    if not inside(root, source) or not source.is_file():
        return 0  # its bytes were not kept
    if os.path.lexists(target):
        if target.is_file() and target.stat().st_size == source.stat().st_size:
            return 0
        raise FileExistsError(spot.at)
    make_folder(target.parent)
    place(source, target, mode, sync=False)
    touched.add(target.parent)
    return 1


def _point(root: Path, target: Path, says: str) -> int:
    """A symbolic link within the library; one that led out of it is not made again."""
    if os.path.lexists(target) or Path(says).is_absolute():
        return 0
    if not Path(os.path.normpath(target.parent / says)).is_relative_to(root):
        return 0
    make_folder(target.parent)
    with suppress(OSError):  # a disk, or a right, that knows no symbolic links: `doit relink` has other ways
        target.symlink_to(says)
        return 1
    return 0


def _pairs(places: Mapping[str, object], kind: str) -> Iterator[tuple[str, str]]:
    found = places.get(kind)
    for at, source in found.items() if isinstance(found, Mapping) else ():
        if isinstance(at, str) and isinstance(source, str):
            yield at, source


def _filed(ledger: Ledger, stored: str) -> tuple[str | None, date | None]:
    """The journal that speaks of a frame."""
    record = ledger.adopted.get(stored)
    if record is not None:
        with suppress(ValueError, TypeError):
            return str(record.get("owner") or "") or None, date.fromisoformat(str(record.get("night")))
    address = read_address(stored)
    return (address.owner, address.night) if address is not None else (None, None)
