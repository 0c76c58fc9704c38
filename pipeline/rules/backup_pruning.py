"""Which packs in a bucket nothing asks for any more: judged from the indexes and the ledger alone.

    doubled        each of its files is in another pack that stays, with the same bytes
    given up       each of its frames was purged, by a tombstone in the ledger, and has been for `retention_days`
    superseded     each of its files was kept anew since: a log that grew, a master made again
    unfinished     a pack without an index, or an index without a pack, a week old

A pack that holds one file that is still asked for stays whole. For a pack that is cut short, or was found damaged, no
other one goes. A file that is merely missing from the library is the very thing a backup is for: its pack stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.model.backup import Member, Pack
from pipeline.model.backup_policies import Backup
from pipeline.rules.addresses import read_address
from pipeline.rules.backup_keys import INDEX, PACKS, index_key, pack_of_index
from pipeline.rules.ledger import Ledger
from pipeline.rules.records import moment_text

UNFINISHED_DAYS = 7
"""Until then a computer may still be at it."""


class Why(StrEnum):
    """Why a pack is not asked for any more."""

    DOUBLED = "its files are in another pack too"
    GIVEN_UP = "its frames were given up"
    SUPERSEDED = "its files were kept anew since"
    UNFINISHED = "its upload was never finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """An object in the bucket."""

    size: int
    modified: datetime
    storage_class: str = "STANDARD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prunable:
    """A pack that may go."""

    key: str
    keys: tuple[str, ...]
    """What is deleted, in this order: the index first, so that nobody believes in a pack that is gone."""
    why: Why
    size: int
    storage_class: str
    stayed_days: float


def prunable(
    packs: Iterable[Pack],
    there: Mapping[str, There],
    ledger: Ledger,
    now: datetime,
    settings: Backup | None = None,
    broken: Collection[str] = (),
    lies_there: Callable[[Member], bool] = lambda _member: False,
) -> list[Prunable]:
    """What may go, by key.

    Args:
        packs: By their indexes.
        there: Every object below `packs/` and `index/`, by key.
        ledger: Read whole.
        now: The present, in UTC.
        settings: How long packs of each kind stay after their frames were purged; None: not at all.
        broken: Keys of packs that were found damaged.
        lies_there: True for a file that lies in the library as it was kept, by size and time.
    """
    whole = sorted((pack for pack in packs if pack.key in there), key=lambda pack: pack.key)
    sound = {one.key for one in whole if there[one.key].size == one.size and one.key not in broken}
    newest = _newest(pack for pack in whole if pack.key in sound)
    going: dict[str, Why] = {}
    for pack in whole:
        fates = {_why(member, ledger, newest, lies_there) for member in pack.members}
        if fates and None not in fates and not _is_retained(pack, ledger, now, settings):
            going[pack.key] = Why.GIVEN_UP if Why.GIVEN_UP in fates else Why.SUPERSEDED
    left = [pack for pack in whole if pack.key not in going]
    going |= dict.fromkeys(_doubled(left, sound, lies_there), Why.DOUBLED)
    found = [_prunable(key, why, there, now) for key, why in going.items()]
    return sorted([*found, *_unfinished(there, now)], key=lambda one: one.key)


def _is_retained(pack: Pack, ledger: Ledger, now: datetime, settings: Backup | None) -> bool:
    """True while a frame of it was purged so lately that its person may want it back."""
    if settings is None:
        return False
    oldest = moment_text(now - timedelta(days=settings.of(pack.kind).retention_days))
    stones = (ledger.tombstones.get(member.path) for member in pack.members)
    return any(str(stone.get("when", "")) > oldest for stone in stones if stone is not None)


def _why(
    member: Member,
    ledger: Ledger,
    newest: Mapping[str, tuple[int, str]],
    lies_there: Callable[[Member], bool],
) -> Why | None:
    """Why a file is not asked for any more; None: it is."""
    fact = ledger.stored.get(member.path)
    if fact is not None:
        is_other = fact.sha256 is not None and fact.sha256 != member.sha256
        return Why.SUPERSEDED if is_other and _is_kept_anew(member, newest) else None
    stone = ledger.tombstones.get(member.path)
    if stone is not None:
        return Why.GIVEN_UP if stone.get("sha256") == member.sha256 else None
    if read_address(member.path) is not None:
        return None  # the ledger does not know it, the backup does: it stays
    return Why.SUPERSEDED if _is_kept_anew(member, newest) and not lies_there(member) else None


def _is_kept_anew(member: Member, newest: Mapping[str, tuple[int, str]]) -> bool:
    """True where a later version lies in a sound pack."""
    found = newest.get(member.path, (-1, ""))
    return found[1] != member.sha256 and found > (member.mtime_ns, member.sha256)


def _newest(packs: Iterable[Pack]) -> dict[str, tuple[int, str]]:
    """Path to time and hash of its latest version."""
    found: dict[str, tuple[int, str]] = {}
    for pack in packs:
        for one in pack.members:
            found[one.path] = max(found.get(one.path, (-1, "")), (one.mtime_ns, one.sha256))
    return found


def _doubled(packs: list[Pack], sound: Collection[str], lies_there: Callable[[Member], bool]) -> list[str]:
    """Packs of which each file is in another sound one that stays.

    Damaged ones are asked first, then those whose files lie in the library otherwise (the same bytes, but another
    time: the next backup would send again what went), then the smallest.
    """
    strange = {pack.key: sum(not lies_there(one) for one in pack.members) for pack in packs}
    holders: dict[tuple[str, str], int] = {}
    for pack in packs:
        for one in _files(pack) if pack.key in sound else ():
            holders[one] = holders.get(one, 0) + 1
    found = []
    order = sorted(packs, key=lambda one: (one.key in sound, -strange[one.key], len(one.members), one.key))
    for pack in order:
        mine, own = _files(pack), int(pack.key in sound)
        if mine and all(holders.get(one, 0) > own for one in mine):
            found.append(pack.key)
            for one in mine:
                holders[one] -= own
    return found


def _files(pack: Pack) -> set[tuple[str, str]]:
    return {(member.path, member.sha256) for member in pack.members}


def _unfinished(there: Mapping[str, There], now: datetime) -> list[Prunable]:
    """Halves that lie there for a week: whoever sent them has either finished elsewhere, or given up."""
    old = {key: one for key, one in there.items() if now - one.modified > timedelta(days=UNFINISHED_DAYS)}
    halves = [key for key in old if key.startswith(f"{PACKS}/") and index_key(key) not in there]
    halves += [key for key in old if key.startswith(f"{INDEX}/") and pack_of_index(key) not in there]
    return [_prunable(key, Why.UNFINISHED, there, now) for key in halves]


def _prunable(key: str, why: Why, there: Mapping[str, There], now: datetime) -> Prunable:
    mine = [one for one in dict.fromkeys((index_key(key), key)) if one in there]
    if key.startswith(f"{INDEX}/"):
        mine = [key]
    found = there[key]
    return Prunable(
        key=key,
        keys=tuple(mine),
        why=why,
        size=sum(there[one].size for one in mine),
        storage_class=found.storage_class,
        stayed_days=(now - found.modified).total_seconds() / 86_400,
    )
