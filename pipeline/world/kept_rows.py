"""The catalogue's rows told where the bucket has them: frames line by line, sets by how many of theirs, masters each.

    read_catalog ─with_backup─▶ the same, its sets and masters with `backed_up`       only where [backup] is on

Joined for a question and never written: `world/backup_held` says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from pipeline.model.catalog import Catalog, MasterRow, OwnerTables
from pipeline.world.backup_held import InBucket
from pipeline.world.collector import collector_resting
from pipeline.world.frame_rows import frame_rows
from pipeline.world.library import OpenLibrary


def bucket_of_rows(library: OpenLibrary) -> InBucket | None:
    """Whom to ask where a frame is kept; None where nothing is backed up."""
    return InBucket(library) if library.configuration.library.backup.enabled else None


def with_backup(library: OpenLibrary, catalog: Catalog, bucket: InBucket, *, sets: bool = True) -> Catalog:
    """The catalogue with what is kept of it; of files that cannot be read nothing is.

    Args:
        library: Whose.
        catalog: All tables but the frames'.
        bucket: Whom to ask.
        sets: False: only masters are told; sets need every frame.
    """
    counts = _kept_of_sets(library, catalog, bucket) if sets else {}
    owners = {name: _told(tables, counts) for name, tables in catalog.owners.items()}
    masters = [_master(row, bucket) for row in catalog.masters]
    return replace(catalog, owners=owners if sets else catalog.owners, masters=masters)


def _kept_of_sets(library: OpenLibrary, catalog: Catalog, bucket: InBucket) -> Counter[str]:
    with collector_resting():
        rows = frame_rows(library, catalog.owners, [], bucket)
        return Counter(str(row.get("set")) for row in rows if row.get("backed_up"))


def _told(tables: OwnerTables, counts: Mapping[str, int]) -> OwnerTables:
    return replace(tables, sets=[{**row, "backed_up": counts.get(row["id"], 0)} for row in tables.sets])


def _master(row: MasterRow, bucket: InBucket) -> MasterRow:
    held = bucket.of_master(row["path"], row.get("sha256"), row.get("size"))
    if held is None:
        return row
    return {**row, "backed_up": held.storage_class, "backup_pack": held.pack}
