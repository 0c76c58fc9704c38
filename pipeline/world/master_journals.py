"""Where the ledger keeps what it says of a master: its path names no night, so the journal is looked for.

What was said last holds only if it is said in the same journal: journals are folded one after another, by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pipeline.model.records import LedgerEntry, Promoted, Purged, Restored
from pipeline.rules.records import entry_record
from pipeline.world import journals
from pipeline.world import ledger as ledgers
from pipeline.world.files import require_inside

_SPEAKING = frozenset({Promoted.event, Purged.event, Restored.event})
_SIGNS = tuple(f'"{event}"'.encode() for event in _SPEAKING)


def journal_of(library: Path, stored: str) -> Path | None:
    """The journal that spoke last of a master being stored or given up."""
    found = None
    for path in ledgers.journal_files(library / "_Ledger"):
        data = path.read_bytes()
        if any(sign in data for sign in _SIGNS) and any(
            record.get("event") in _SPEAKING and record.get("stored") == stored
            for record in journals.read(path).records
        ):
            found = path
    return found


def write_beside(
    library: Path, stored: str, entries: Iterable[LedgerEntry], home: tuple[str | None, date | None]
) -> None:
    """Write entries on a master where the last one on it is, else where `home` says."""
    journal = journal_of(library, stored)
    if journal is None:
        ledgers.write(library, *home, entries)
        return
    require_inside(library, journal)
    journals.append(journal, (entry_record(entry) for entry in entries))
