"""How much of the library the bucket has, night by night; what a night came to is remembered until it changes.

    _Ledger/<rig>/DATE_….jsonl + _Backup/<rig>/DATE_….json ─▶ NightCoverage      two looks a night, else two files read

A cache in `.nightbuild`; deleting it costs a moment, and changes nothing that is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from pipeline.model.backup import Kept
from pipeline.model.errors import NightbuildError
from pipeline.rules.backup_coverage import (
    NightCoverage,
    Share,
    by_kind,
    cover,
    coverage_record,
    lost_words,
    read_coverage,
    total,
    with_masters,
)
from pipeline.rules.backup_held import PackSum
from pipeline.rules.backup_keys import SHELVES, night_home, receipt_file
from pipeline.rules.ledger import ledger_file
from pipeline.world import ledger as ledgers
from pipeline.world.backup_held import InBucket
from pipeline.world.catalog import read_catalog
from pipeline.world.collector import collector_resting
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.marks import mark_of_files
from pipeline.world.receipts import homes

FILE = "backup_coverage.json"
VERSION = 1
Nights = Iterable[tuple[str, date]]


def coverage_of(library: OpenLibrary, nights: Nights, *, remember: bool = True) -> list[NightCoverage]:
    """Every night, in order.

    Args:
        library: Whose.
        nights: The nights of which something is stored.
        remember: False: nothing is written.
    """
    known, bucket = _load(library.state / FILE), InBucket(library)
    places = " ".join(bucket.settings.place(kind).text for kind in Kept)
    found: dict[str, list[Any]] = {}
    with collector_resting():
        for owner, night in sorted(nights):
            home = night_home(owner, night)
            mark = mark_of_files(library.root, [ledger_file(owner, night), receipt_file(home)], places)
            kept = known.get(home)
            if kept is None or kept[0] != mark:
                ledger = ledgers.read_night(library.root, owner, night)
                one = cover(owner, night.isoformat(), ledger, bucket.of_home(home))
                kept = [mark, coverage_record(one)]
            found[home] = kept
    if remember and found != known:
        _save(library.state / FILE, found)
    return [read_coverage(record) for _, record in found.values()]


def lost_tonight(library: OpenLibrary, nights: Nights, *, remember: bool = True) -> str:
    """What only the library has, in words; empty where nothing is backed up at all, or nothing would be lost."""
    if not library.configuration.library.backup.enabled:
        return ""
    kinds = by_kind(coverage_of(library, nights, remember=remember))
    return lost_words(with_masters(kinds, masters_kept(library)))


def masters_kept(library: OpenLibrary) -> Share:
    """The masters in the libraries, as the catalogue knows them."""
    bucket, found = InBucket(library), []
    for row in read_catalog(library, tables={"masters"}).masters:
        size = row.get("size") or 0
        is_kept = bucket.of_master(row["path"], row.get("sha256"), size) is not None
        found.append(Share(1, size, int(is_kept), size if is_kept else 0))
    return total(found)


def shelf_packs(library: OpenLibrary) -> tuple[tuple[PackSum, ...], int]:
    """The sound packs of all shelves, and how many were found damaged."""
    bucket = InBucket(library)
    found = [bucket.of_home(home) for home in homes(library.root) if home.startswith(f"{SHELVES}/")]
    return tuple(pack for one in found for pack in one.packs), sum(one.broken for one in found)


def _load(path: Path) -> dict[str, list[Any]]:
    """What was kept; nothing of what is damaged, or from another version."""
    try:
        said = orjson.loads(path.read_bytes())
        if said["version"] != VERSION:
            return {}
        for _, record in said["nights"].values():
            read_coverage(record)
        found: dict[str, list[Any]] = said["nights"]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return found


def _save(path: Path, found: dict[str, list[Any]]) -> None:
    """A place that cannot be written costs time at the next look, nothing else."""
    with suppress(OSError, NightbuildError, orjson.JSONEncodeError):
        make_folder(path.parent)
        replace_if_different(path, orjson.dumps({"version": VERSION, "nights": found}))
