"""The catalogue held against the frames that are there, both ways: rows without a frame, frames without a row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container
from dataclasses import dataclass

from pipeline.model.records import Stays
from pipeline.rules.ledger import Ledger
from pipeline.rules.record_places import LIBRARY_CATALOG
from pipeline.rules.spoken import counted
from pipeline.rules.verifying import Finding, Wrong
from pipeline.world.catalog import catalog_files, read_catalog
from pipeline.world.library import OpenLibrary

_MEND = "run `doit`"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogLooked:
    """What was seen."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def look_at_catalog(
    library: OpenLibrary, ledger: Ledger, missing: Container[str], holds: Callable[[str], bool]
) -> CatalogLooked:
    """Compare; nothing is said where there is no catalogue yet.

    Args:
        library: Whose it is.
        ledger: All of it.
        missing: Frames that are not where they were stored.
        holds: True for a path that is to be looked at.
    """
    if not set(catalog_files(library)) - {LIBRARY_CATALOG}:
        return CatalogLooked()
    found = read_catalog(library, tables={"frames"})
    rows = {row["stored"] for one in found.owners.values() for row in one.frames if holds(row["stored"])}
    gone = rows - ledger.stored.keys()
    outdated = sorted(gone - ledger.tombstones.keys())
    said = [
        Finding(wrong=Wrong.OUTDATED, path=path, says="is in the catalogue, and stored no more", mend=_MEND)
        for path in outdated
    ]
    unknown = [] if found.troubles else _without_row(ledger, rows, missing, holds)
    said += [
        Finding(wrong=Wrong.UNCATALOGUED, path=path, says="is stored, and not in the catalogue", mend=_MEND)
        for path in unknown
    ]
    return CatalogLooked(
        findings=tuple(said), notes=(*found.troubles, *_given_up(gone & ledger.tombstones.keys()))
    )


def _given_up(paths: Collection[str]) -> list[str]:
    """Nothing is wrong with what a person gave up since the last night."""
    said = f"The catalogue still has {counted(len(paths), 'row')} of frames given up: the next `doit` leaves them out."
    return [said] if paths else []


def _without_row(
    ledger: Ledger, rows: set[str], missing: Container[str], holds: Callable[[str], bool]
) -> list[str]:
    return [
        fact.stored
        for fact in ledger.stored.values()
        if fact.stays == Stays.FRAME
        and fact.stored not in rows
        and fact.stored not in missing
        and holds(fact.stored)
    ]
