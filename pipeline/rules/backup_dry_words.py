"""What a backup would send, looked at before anything is sent: bytes, requests and the first year, kind by kind.

items ─▶ packs ─▶ files, bytes, packs, requests of each kind ─prices of class and region─▶ its first year
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.model.backup import Item, Kept
from pipeline.model.backup_policies import Backup
from pipeline.model.errors import UserError
from pipeline.model.prices import PriceTable
from pipeline.rules.backup_costs import PART_BYTES, REGION, Load, bill, class_of, first_year, region_of
from pipeline.rules.backup_shapes import sending_of, shaped
from pipeline.rules.backup_words import said_of
from pipeline.rules.spoken import counted, sized


def dry_words(
    homes: Sequence[Sequence[Item]], settings: Backup, table: PriceTable
) -> tuple[list[str], dict[str, Any]]:
    """What a backup would send, kind by kind, and what that costs in its first year: as sentences and as data."""
    items = [item for home in homes for item in home]
    packs = [pack for home in homes for pack in shaped(home, settings, table)]
    rows = []
    for kind in Kept:
        files = [one for one in items if one.kind is kind]
        mine = [sum(one.size for one in pack) for told, pack in packs if told is kind]
        if files:
            row = _dry_row(kind, len(files), mine, settings, table)
            rows.append({**row, "why": sending_of(kind, files, settings, table).why})
    if not rows:
        return ["Nothing is to be sent."], {"kinds": [], "requests": 0, "first_year": 0.0}
    requests, known = sum(row["requests"] for row in rows), [row["first_year"] for row in rows]
    year = None if None in known else round(sum(known), 4)
    lines = [
        *(_dry_line(row, table.currency) for row in rows),
        f"About {counted(requests, 'request')} in all.",
    ]
    lines += _year_lines(rows, settings, table, year)
    return lines, {"kinds": rows, "requests": requests, "first_year": year, "currency": table.currency}


def _dry_row(
    kind: Kept, files: int, packs: Sequence[int], settings: Backup, table: PriceTable
) -> dict[str, Any]:
    size, name, place = sum(packs), settings.class_of(kind), settings.place(kind)
    return {
        "kind": kind.value,
        "files": files,
        "bytes": size,
        "packs": len(packs),
        "class": name,
        "requests": sum(2 + -(-one // PART_BYTES) for one in packs),
        "first_year": _year(
            table, "" if place.endpoint_url else place.region or REGION, name, size, len(packs)
        ),
    }


def _year(table: PriceTable, region: str, name: str, size: int, packs: int) -> float | None:
    """Packs, and the small index beside each; None where no prices are known."""
    try:
        where = region_of(table, region)
        sent = bill(where, class_of(where, name), Load(size_bytes=size, objects=packs, part_bytes=PART_BYTES))
        beside = bill(where, class_of(where, "STANDARD"), Load(size_bytes=0, objects=packs))
    except UserError:
        return None
    return round(first_year((sent, beside)), 4)


def _dry_line(row: Mapping[str, Any], currency: str) -> str:
    paid = "" if row["first_year"] is None else f", {row['first_year']:,.2f} {currency} in the first year"
    is_packed = row["packs"] < row["files"] or row["files"] == 1
    how = f"in {counted(row['packs'], 'pack')}" if is_packed else "each an object of its own"
    return (
        f"{said_of(Kept(row['kind']))}: {counted(row['files'], 'file')}, {sized(row['bytes'])} before packing, "
        f"{how} of class {row['class']}, {counted(row['requests'], 'request')}{paid}; {row['why']}"
    )


def _year_lines(
    rows: Sequence[Mapping[str, Any]], settings: Backup, table: PriceTable, year: float | None
) -> Iterator[str]:
    """The sum, and how it was come by."""
    if year is None:
        yield "What it costs is not known here: `doit backup-costs` has Amazon's prices, and no others."
        return
    places = {settings.place(Kept(row["kind"])).region or REGION for row in rows}
    yield (
        f"First year: about {year:,.2f} {table.currency} ({', '.join(sorted(places))}; prices as of "
        f"{table.as_of.isoformat()}), as if nothing were made smaller by packing."
    )
    notes = {one.name: one.note for one in table.regions if one.name in places and one.note}
    yield from (f"{name}: {note}." for name, note in sorted(notes.items()))
