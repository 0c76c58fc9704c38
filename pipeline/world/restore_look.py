"""A restore looked at before anything is done: what comes back, out of which packs, for how much and how late.

indexes ─▶ packs ─choose─▶ Wanted ─listing─▶ ready, coming back, asleep ─prices─▶ cost and hours
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model.backup import Pack
from pipeline.model.backup_policies import Place
from pipeline.model.errors import UserError
from pipeline.model.prices import ClassPrices, PriceTable, Region
from pipeline.rules.backup_costs import class_of, region_of
from pipeline.rules.backup_keys import PACKS
from pipeline.rules.backup_restoring import Chosen, Copy, Wanted, fewest_packs
from pipeline.rules.retrieval_costs import TIERS, Retrieval, retrieval
from pipeline.world.restore_source import CONNECTIONS, Ready, Standing, read_packs, standings
from pipeline.world.s3 import Bucket, open_bucket

READERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The buckets a library is kept in, and the packs in them."""

    buckets: tuple[Bucket, ...]
    packs: tuple[Pack, ...]
    home: dict[str, Bucket]
    """Key of a pack to the bucket it lies in."""
    unread: tuple[str, ...] = ()
    """Indexes nobody could make sense of."""

    def bucket_of(self, copy: Copy) -> Bucket:
        """Where a copy lies."""
        return self.home[copy.pack.key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a restore would do."""

    sources: Sources
    chosen: Chosen
    standings: dict[str, Standing]
    lost: tuple[str, ...] = ()
    """Files whose every pack is gone from the bucket."""

    def asleep(self) -> list[str]:
        """Packs that have to be asked for, of those that are read."""
        return self._packs(Ready.ASLEEP)

    def coming(self) -> list[str]:
        """Packs that were asked for and are not there yet."""
        return self._packs(Ready.COMING)

    def ready(self) -> list[Wanted]:
        """The files that can be read now."""
        return [one for one in self.chosen.wanted if self._standing(one) is Ready.READY]

    def _packs(self, ready: Ready) -> list[str]:
        keys = {one.copies[0].pack.key for one in self.chosen.wanted}
        return sorted(key for key in keys if self.standings[key].ready is ready)

    def _standing(self, one: Wanted) -> Ready:
        return self.standings[one.copies[0].pack.key].ready


def open_sources(main: Bucket, places: Iterable[Place], library: str) -> Sources:
    """Every pack of a library, in every place it is kept in.

    Args:
        main: Where the records lie.
        places: All of them.
        library: Its id.
    """
    buckets, packs, home = [], dict[str, Pack](), dict[str, Bucket]()
    unread: list[str] = []
    with ThreadPoolExecutor(READERS * 2) as crew:
        for place in dict.fromkeys(places):
            bucket = main if place == main.place else open_bucket(place, library, connections=CONNECTIONS)
            shelf = read_packs(bucket, crew)
            buckets.append(bucket)
            unread += shelf.unread
            for pack in shelf.packs:
                packs.setdefault(pack.key, pack)
                home.setdefault(pack.key, bucket)
    return Sources(buckets=tuple(buckets), packs=tuple(packs.values()), home=home, unread=tuple(unread))


def packs_there(sources: Sources) -> list[Pack]:
    """The packs that lie in their buckets, of the size their indexes say: an index may outlive its pack."""
    sizes = {bucket.place: bucket.sizes(f"{PACKS}/") for bucket in sources.buckets}
    return [pack for pack in sources.packs if sizes[sources.home[pack.key].place].get(pack.key) == pack.size]


def look(sources: Sources, chosen: Chosen) -> Look:
    """How the packs stand that hold what was chosen; of several copies the one that is read most easily."""
    keys = {copy.pack.key for one in chosen.wanted for copy in one.copies}
    found: dict[str, Standing] = {}
    with ThreadPoolExecutor(READERS * 2) as crew:
        for bucket in sources.buckets:
            found |= standings(bucket, (key for key in keys if sources.home[key] is bucket), crew)
    here = {key for key, standing in found.items() if standing.ready is not Ready.GONE}
    wanted, lost = [], []
    for one in chosen.wanted:
        copies = tuple(copy for copy in one.copies if copy.pack.key in here)
        if copies:
            wanted.append(replace(one, copies=copies))
        else:
            lost.append(one.to)
    ready = {key: found[key].ready is Ready.READY for key in here}
    best = replace(chosen, wanted=fewest_packs(wanted, ready))
    return Look(sources=sources, chosen=best, standings=found, lost=tuple(lost))


def to_come(look: Look, root: Path) -> Look:
    """The same without what lies there already, by its size; whether it is the same is asked when it is done."""
    coming = tuple(one for one in look.chosen.wanted if not _lies_there(root / one.to, one.size))
    return replace(look, chosen=replace(look.chosen, wanted=coming))


def _lies_there(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def costs(look: Look, table: PriceTable, region: str, tier: str) -> list[Retrieval]:
    """What having it all costs, class by class; empty where no prices are known of the service."""
    found = []
    for bucket in look.sources.buckets:
        if bucket.place.endpoint_url:
            continue
        mine = [one for one in look.chosen.wanted if look.sources.bucket_of(one.copies[0]) is bucket]
        for name in sorted({_class(look, one) for one in mine}):
            these = [one for one in mine if _class(look, one) == name]
            with suppress(UserError):  # a region or class the table lacks keeps nobody from their frames
                where = region_of(table, region or bucket.place.region or "us-east-1")
                found.append(_cost(look, these, where, class_of(where, name), tier))
    return found


def right_tier(typed: str, classes: Iterable[str]) -> str:
    """The tier as the API writes it: as typed, else the cheapest; DEEP_ARCHIVE knows no Expedited."""
    if not typed:
        return TIERS[0]
    for tier in TIERS:
        if tier.casefold() == typed.casefold():
            if tier == "Expedited" and "DEEP_ARCHIVE" in set(classes):
                raise UserError(
                    "DEEP_ARCHIVE does not come back Expedited; say --tier Standard or --tier Bulk"
                )
            return tier
    raise UserError(f"{typed}: no such tier; say Bulk, Standard or Expedited")


def _cost(look: Look, mine: Sequence[Wanted], where: Region, prices: ClassPrices, tier: str) -> Retrieval:
    """Archived packs come back whole; of the others only the parts that are read are paid."""
    asked = {key for one in mine if look.standings[key := one.copies[0].pack.key].ready is Ready.ASLEEP}
    if asked:
        size = sum(look.standings[key].size for key in asked)
        return retrieval(where, prices, size, len(asked), tier if prices.is_archive else "")
    packed = sum(one.copies[0].member.packed for one in mine)
    return replace(retrieval(where, prices, packed, len(mine)), asking=0.0, hours=0.0, tier="")


def _class(look: Look, one: Wanted) -> str:
    return look.standings[one.copies[0].pack.key].storage_class
