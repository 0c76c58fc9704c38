"""A frame that a person gave up goes to the trash, and can come back from there.

    purge      read again: the recorded bytes ─▶ a tombstone in the ledger ─▶ the trash, by a rename
    restore    read in the trash: those bytes ─▶ the ledger says it is back ─▶ where it lay

Killed between the two, the ledger is ahead of the disk, no byte is lost, and the same command ends what was begun.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from pipeline.model.errors import FrameError, NightbuildError, UserError
from pipeline.model.records import Hashed, LedgerEntry, Purged, Restored, StoredFact
from pipeline.rules.addresses import read_address
from pipeline.rules.ledger import Ledger, Record
from pipeline.world import ledger as ledgers
from pipeline.world import trash
from pipeline.world.files import sha256_of
from pipeline.world.master_journals import write_beside
from pipeline.world.removal import Refusal
from pipeline.world.retirement import may_remove

_BENIGN = frozenset({"torn-line", "unknown-kind"})
"""A line cut short by a crash was never acted on; one of a later version says nothing this one could."""


def whole_ledger(library: Path) -> Ledger:
    """The ledger, of which every line could be read: one that could not may be the one that speaks against it.

    Raises:
        UserError: there is such a line.
    """
    ledger = ledgers.read(library)
    unread = [note.text for note in ledger.notes if note.code not in _BENIGN]
    if unread:
        raise UserError(f"Nothing is purged while the ledger cannot be read whole: {'; '.join(unread[:3])}")
    return ledger


def half_purged(library: Path, ledger: Ledger) -> list[str]:
    """Frames whose tombstone is written, but which lie in the store still: a purge was cut short."""
    return [
        stored
        for stored, stone in ledger.tombstones.items()
        if os.path.lexists(library / stored) and _is_that(library, stored, stone)
    ]


def refuse_purge(library: Path, stored: str, ledger: Ledger) -> Refusal | None:
    """Why a frame may not be given up, as far as it can be said without reading it."""
    path, known = library / stored, ledger.stored.get(stored)
    if known is not None and known.is_adopted:
        return (
            f"{stored}: stays, it is your own file, registered where it lies: delete it there, if you want to"
        )
    places = [link.link for link in ledger.links_of(stored) if link.state == "delivered"]
    if places:
        return f"{stored}: stays, it is delivered to {places[0]}; take it out there first"
    if path.is_symlink() or not path.is_file():
        return f"{stored}: is missing, or no plain file; run `doit verify`"
    if path.stat().st_dev != library.stat().st_dev:
        return f"{stored}: stays, it lies on another disk than the trash"
    if not may_remove(path):
        return f"{stored}: stays, its folder cannot be written (read-only?)"
    fact = ledger.stored.get(stored)
    if fact is not None and path.stat().st_size != fact.size:
        return f"{stored}: stays, it is not what was first recorded; run `doit verify`"
    return None


def purge(library: Path, stored: str, ledger: Ledger, *, why: str) -> Refusal | None:
    """Give a frame up: proven to be what was recorded, a tombstone written, then moved to the trash."""
    refusal = refuse_purge(library, stored, ledger)
    if refusal is not None:
        return refusal
    path = library / stored
    try:
        sha256 = sha256_of(path)
    except FrameError as error:
        return f"{stored}: stays, {error}"
    fact = ledger.stored.get(stored)
    if fact is None:
        return _finish(library, stored, sha256, ledger, why)
    if not _is_recorded(path, fact, sha256):
        return f"{stored}: stays, it is not what was first recorded; run `doit verify`"
    now = datetime.now(UTC)
    hashed = [] if fact.sha256 else [Hashed(when=now, stored=stored, sha256=sha256)]
    stone = Purged(when=now, stored=stored, size=fact.size, sha256=sha256, why=why)
    _write(library, stored, [*hashed, stone])
    return _throw(library, stored, why)


def restore(library: Path, thrown: trash.Thrown, ledger: Ledger) -> Path:
    """Put a file back where it was; a frame's tombstone is taken back first.

    Raises:
        UserError: Something lies there now, or the file is not the one that was given up.
    """
    stone = ledger.tombstones.get(thrown.origin)
    target = library / thrown.origin
    if stone is not None:
        if os.path.lexists(target):
            raise UserError(f"{target}: something lies there now; move it away, then restore again")
        if sha256_of(library / thrown.where) != stone.get("sha256"):
            raise UserError(
                f"{library / thrown.where}: is not the frame that was given up; left in the trash"
            )
        _write(library, thrown.origin, [Restored(when=datetime.now(UTC), stored=thrown.origin)])
    return trash.restore(library, thrown)


def precious(library: Path, thrown: Iterable[trash.Thrown], ledger: Ledger) -> list[trash.Thrown]:
    """What in the trash is the only copy of a frame the ledger still holds: it must not be deleted."""
    return [
        one for one in thrown if one.origin in ledger.stored and not os.path.lexists(library / one.origin)
    ]


def _is_that(library: Path, stored: str, stone: Record) -> bool:
    """True unless another master took the name since: a frame's own name is never given again."""
    if read_address(stored) is not None:
        return True
    path = library / stored
    try:
        return path.lstat().st_size == stone.get("size") and sha256_of(path) == stone.get("sha256")
    except (FrameError, OSError):
        return False


def _is_recorded(path: Path, fact: StoredFact, sha256: str) -> bool:
    if fact.sha256 is not None:
        return fact.sha256 == sha256
    seen = path.stat()
    return (seen.st_size, seen.st_mtime_ns) == (fact.size, fact.mtime_ns)


def _finish(library: Path, stored: str, sha256: str, ledger: Ledger, why: str) -> Refusal | None:
    """End a purge that was cut short after its tombstone."""
    stone = ledger.tombstones.get(stored)
    if stone is None or stone.get("sha256") != sha256:
        return f"{stored}: stays, it is not the frame that was given up"
    trash.throw(library, stored, why=why or str(stone.get("why", "")))
    return None


def _throw(library: Path, stored: str, why: str) -> Refusal | None:
    """Move it; where that cannot be, the tombstone does not hold."""
    try:
        trash.throw(library, stored, why=why)
    except (NightbuildError, OSError) as error:
        _write(library, stored, [Restored(when=datetime.now(UTC), stored=stored)])
        return f"{stored}: stays, {error}"
    return None


def _write(library: Path, stored: str, entries: Iterable[LedgerEntry]) -> None:
    address = read_address(stored)
    if address is None:
        write_beside(library, stored, entries, (None, None))
    else:
        ledgers.write(library, address.owner, address.night, entries)
