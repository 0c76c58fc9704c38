"""A master becomes a stored frame before what it was made from goes: proven, made durable, then written down.

    master ─fsync─▶ read again: pixels, hash ─▶ ledger: promoted        never made again, never changed after that

What speaks of a master is filed where its raw frames are, so that their night knows it.
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.model.errors import FrameError
from pipeline.model.masters import Master
from pipeline.model.records import Promoted, Stays, StoredFact
from pipeline.rules.ledger import Ledger
from pipeline.world import ledger as ledgers
from pipeline.world.files import require_inside, sha256_of, sync_file, sync_folder
from pipeline.world.library import OpenLibrary
from pipeline.world.links import protect
from pipeline.world.master_proof import trouble_of
from pipeline.world.removal import Refusal


def promote_master(
    library: OpenLibrary, master: Master, owner: str | None, night: date | None, ledger: Ledger
) -> Refusal | None:
    """Make a master a stored frame, where it is none yet; or say why it proves nothing.

    Args:
        library: Where it lies.
        master: As the shelf has it.
        owner: Under whom its raw frames are filed.
        night: The night of the first of them.
        ledger: What is so now.
    """
    fact = promoted_fact(ledger, master.path)
    sha256, refusal = prove(library, master, fact)
    if refusal is not None or fact is not None:
        return refusal
    path = library.root / master.path
    protect(path)
    seen = path.stat()
    entry = Promoted(
        when=datetime.now(UTC),
        stored=master.path,
        size=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        sha256=sha256,
    )
    ledgers.write(library.root, owner, night, [entry])
    return None


def prove(library: OpenLibrary, master: Master, fact: StoredFact | None) -> tuple[str, Refusal | None]:
    """Read a master again, from the disk as far as that can be asked: its hash, or why it is not what it should be."""
    path = library.root / master.path
    try:
        require_inside(library.root, path)
        if not stat.S_ISREG(path.lstat().st_mode):
            return "", f"{master.path}: is no plain file, so it proves nothing"
        _make_durable(path)
        trouble = trouble_of(library, master)
        sha256 = sha256_of(path) if not trouble else ""
    except FrameError as error:
        return "", f"{master.path}: proves nothing, {str(error).removeprefix(f'{path}: ')}"
    except FileNotFoundError:
        return "", f"{master.path}: is not there any more"
    if trouble:
        return "", f"{master.path}: proves nothing, {trouble}"
    expected = {one for one in (fact.sha256 if fact is not None else None, master.sha256) if one}
    if expected - {sha256}:
        return "", f"{master.path}: is not what was first recorded, so it proves nothing; run `doit verify`"
    return sha256, None


def promoted_fact(ledger: Ledger, path: str) -> StoredFact | None:
    """What the ledger knows of a master that is a stored frame."""
    fact = ledger.stored.get(path)
    return fact if fact is not None and fact.stays == Stays.MASTER else None


def _make_durable(path: Path) -> None:
    """Its bytes and its name."""
    flags = os.O_RDWR | getattr(os, "O_BINARY", 0) if os.name == "nt" else os.O_RDONLY
    descriptor = os.open(path, flags)
    try:
        sync_file(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)
