"""The ledger on disk: `_Ledger/<rig>/DATE_<night>.jsonl`, only ever added to.

It keeps what cannot be seen again. Delete every cache and it still says where each frame came from, what
was delivered to whom and what went, and why. What the lines mean together is for `rules.ledger` to say.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.model.frames import Problem
from pipeline.model.records import LedgerEntry
from pipeline.rules.ledger import Ledger, fold, ledger_file
from pipeline.rules.records import entry_of, entry_record
from pipeline.world import journals
from pipeline.world.collector import collector_resting
from pipeline.world.files import require_inside


def write(
    library: Path, owner: str | None, night: date | None, entries: Iterable[LedgerEntry]
) -> tuple[Problem, ...]:
    """Add entries on the frames of one rig or camera and night, durably, before what they tell of is done."""
    path = library / ledger_file(owner, night)
    require_inside(library, path)
    return journals.append(path, (entry_record(entry) for entry in entries))


def begin(library: Path, owner: str | None, night: date | None) -> None:
    """Make a night's file before its first frame is placed: a store without a ledger is a lost ledger."""
    path = library / ledger_file(owner, night)
    require_inside(library, path)
    journals.begin(path)


def read(library: Path) -> Ledger:
    """The whole ledger, folded."""
    return _folded(journal_files(library / "_Ledger"))


def read_night(library: Path, owner: str | None, night: date | None) -> Ledger:
    """What the ledger says of one rig's or camera's night alone."""
    return _folded([library / ledger_file(owner, night)])


def read_some(library: Path, names: Iterable[str]) -> Ledger:
    """What these journals say, by their paths in the library; in the order the whole ledger is folded in."""
    return _folded(library / name for name in names)


def entries(library: Path) -> Iterator[LedgerEntry]:
    """Every entry this version knows, file by file, as it was written: for `doit why` and `doit log`."""
    for path in journal_files(library / "_Ledger"):
        for record in journals.read(path).records:
            entry = entry_of(record)
            if entry is not None:
                yield entry


def journal_files(folder: Path) -> list[Path]:
    """Every journal below a folder, in the order of their names; links to folders are not followed."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        found += [Path(parent, name) for name in sorted(names) if name.endswith(".jsonl") and name[0] != "."]
    return found


def _folded(paths: Iterable[Path]) -> Ledger:
    notes: list[Problem] = []

    def records() -> Iterator[dict[str, Any]]:
        for path in paths:
            journal = journals.read(path)
            notes.extend(journal.notes)
            yield from journal.records

    with collector_resting():
        ledger = fold(records())
    ledger.notes = (*notes, *ledger.notes)
    return ledger
