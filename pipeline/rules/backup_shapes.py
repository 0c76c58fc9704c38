"""In which shape files are sent: many in a pack, or each an object of its own, whichever costs less where they go.

An object of its own is a pack with one member: it is read, verified, brought back and pruned as every other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.model.backup import Item, Kept
from pipeline.model.backup_policies import Backup
from pipeline.model.errors import UserError
from pipeline.model.prices import PriceTable
from pipeline.rules.backup_costs import REGION, choose_shape, class_of, region_of
from pipeline.rules.backup_packs import grouped

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Sending:
    """How files of one kind are sent."""

    packed: bool
    why: str
    """Half a sentence, or a sentence with the figures."""


def sending_of(kind: Kept, items: Sequence[Item], settings: Backup, prices: PriceTable | None) -> Sending:
    """Packs, unless it is known that an object a file costs less."""
    place = settings.place(kind)
    if place.endpoint_url or prices is None:
        return Sending(True, "packed, since what requests cost there is not known")
    try:
        region = region_of(prices, place.region or REGION)
        shape = choose_shape(
            region,
            class_of(region, settings.class_of(kind)),
            sum(item.size for item in items),
            len(items),
            settings.pack_mb * _MB,
        )
    except UserError:  # a region or a class no table has
        return Sending(True, "packed, since what requests cost there is not known")
    return Sending(shape.packed, shape.why)


def shaped(
    items: Iterable[Item], settings: Backup, prices: PriceTable | None = None
) -> list[tuple[Kept, list[Item]]]:
    """Files as they go: each group is one object."""
    by_kind: dict[Kept, list[Item]] = {}
    for item in items:
        by_kind.setdefault(item.kind, []).append(item)
    found: list[tuple[Kept, list[Item]]] = []
    for kind in sorted(by_kind):
        is_packed = sending_of(kind, by_kind[kind], settings, prices).packed
        bound = settings.pack_mb * _MB if is_packed else 0
        found += grouped(by_kind[kind], bound)
    return found
