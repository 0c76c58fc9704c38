"""How much of a library the bucket has: each rig's night counted by kind, and added up.

    ledger of a night + Holding of its receipt ─▶ NightCoverage        some numbers a night, small enough to be kept
    many of them ─lost_of─▶ what would be lost tonight, by kind

Frames alone are counted here; masters, and what else lies on shelves, are counted by their receipts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.model.backup import Kept
from pipeline.model.records import Stays
from pipeline.rules.addresses import read_address
from pipeline.rules.backup_held import Holding, PackSum
from pipeline.rules.backup_wanted import kind_of_frame
from pipeline.rules.backup_words import said_of
from pipeline.rules.ledger import Ledger
from pipeline.rules.spoken import counted, sized


class Share(NamedTuple):
    """Files, and those of them that the bucket has."""

    files: int = 0
    bytes: int = 0
    kept: int = 0
    kept_bytes: int = 0

    def plus(self, other: Share) -> Share:
        """Both together."""
        return Share(*(mine + more for mine, more in zip(self, other, strict=True)))

    @property
    def lost(self) -> int:
        """Files that nothing but the library has."""
        return self.files - self.kept

    @property
    def lost_bytes(self) -> int:
        """Their bytes."""
        return self.bytes - self.kept_bytes


NO_FILES = Share()


@dataclass(frozen=True, slots=True, kw_only=True)
class NightCoverage:
    """A rig's or camera's night."""

    owner: str
    night: str
    kinds: Mapping[str, Share]
    """`Kept` to how much of it there is."""
    packs: tuple[PackSum, ...] = ()
    broken: int = 0

    @property
    def frames(self) -> Share:
        """All kinds together."""
        return total(self.kinds.values())


def cover(owner: str, night: str, ledger: Ledger, holding: Holding) -> NightCoverage:
    """Count one night."""
    kinds: dict[str, Share] = {}
    for fact in ledger.stored.values():
        if fact.stays != Stays.FRAME:
            continue
        address = read_address(fact.stored)
        told = (
            address.kind if address is not None else str(ledger.adopted.get(fact.stored, {}).get("kind", ""))
        )
        kind = kind_of_frame(told).value
        is_kept = holding.of(fact.stored, fact.sha256, fact.size) is not None
        one = Share(1, fact.size, int(is_kept), fact.size if is_kept else 0)
        kinds[kind] = kinds.get(kind, Share()).plus(one)
    return NightCoverage(owner=owner, night=night, kinds=kinds, packs=holding.packs, broken=holding.broken)


def total(shares: Iterable[Share]) -> Share:
    """All together."""
    found = Share()
    for one in shares:
        found = found.plus(one)
    return found


def by_kind(nights: Iterable[NightCoverage]) -> dict[str, Share]:
    """Of all nights together."""
    found: dict[str, Share] = {}
    for one in nights:
        for kind, share in one.kinds.items():
            found[kind] = found.get(kind, Share()).plus(share)
    return dict(sorted(found.items()))


def with_masters(kinds: Mapping[str, Share], masters: Share) -> dict[str, Share]:
    """Frames by kind, and the masters with those that became stored frames."""
    kind = Kept.MASTERS.value
    return {**kinds, kind: kinds.get(kind, NO_FILES).plus(masters)} if masters.files else dict(kinds)


def lost_words(kinds: Mapping[str, Share]) -> str:
    """`would be lost tonight: 12 frames, 640 MB: lights 2, raw calibration 10`; empty where nothing would."""
    lost = {kind: one for kind, one in kinds.items() if one.lost}
    if not lost:
        return ""
    all_ = total(lost.values())
    parts = ", ".join(f"{said_of(kind)} {one.lost:,}" for kind, one in lost.items())
    return f"would be lost tonight: {counted(all_.lost, 'frame')}, {sized(all_.lost_bytes)}: {parts}"


def coverage_record(one: NightCoverage) -> dict[str, Any]:
    """As it is kept between looks."""
    return {
        "owner": one.owner,
        "night": one.night,
        "kinds": {kind: list(share) for kind, share in one.kinds.items()},
        "packs": [list(pack) for pack in one.packs],
        "broken": one.broken,
    }


def read_coverage(record: Mapping[str, Any]) -> NightCoverage:
    """And back; KeyError, TypeError or AttributeError where it is none."""
    return NightCoverage(
        owner=record["owner"],
        night=record["night"],
        kinds={kind: Share(*share) for kind, share in record["kinds"].items()},
        packs=tuple(PackSum(*pack) for pack in record["packs"]),
        broken=record["broken"],
    )
