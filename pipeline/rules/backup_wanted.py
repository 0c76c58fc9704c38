"""Which files of a night are to be kept, and which of them no pack has yet.

    ledger + policy ─▶ Item …      Item … − receipt ─▶ what is still to be sent

A file is known by its address and its SHA-256: the log of a night that has grown since is sent again, beside the old.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline.model.backup import Item, Kept, Receipt
from pipeline.model.backup_policies import Backup
from pipeline.model.catalog import COUNTING
from pipeline.model.frames import Kind
from pipeline.model.records import Stays, StoredFact
from pipeline.model.verdicts import State
from pipeline.rules.addresses import read_address
from pipeline.rules.ledger import Ledger

_RAW = frozenset({Kind.BIAS.value, Kind.DARK.value, Kind.FLAT.value, Kind.FLATDARK.value})

_REJECTED = frozenset({State.CULLED.value, State.REJECTED.value, State.TAKEN_OUT.value})


def wanted_of_night(ledger: Ledger, settings: Backup, states: Mapping[str, str] | None = None) -> list[Item]:
    """The files of a night that are to be kept.

    Args:
        ledger: Of that night.
        settings: What is kept.
        states: Stored path to where the frame is in its life, where only accepted lights are kept.
    """
    found = ((fact, _kind(fact, ledger, states or {}, settings)) for fact in ledger.stored.values())
    return [_item(fact, kind) for fact, kind in found if kind is not None and settings.of(kind).keep]


def needs_states(settings: Backup) -> bool:
    """True where it must be known which lights were accepted."""
    return settings.lights.when == "accepted"


def missing(items: Iterable[Item], receipt: Receipt) -> list[Item]:
    """Those that no pack has; of a file that was never hashed, its size and time decide."""
    kept = receipt.members
    # of the same bytes sent under two times both are known: a master made again need not be sent for ever
    looks = {(one.path, one.size, one.mtime_ns) for pack in receipt.packs for one in pack.members}
    return [
        item
        for item in items
        if (
            (item.path, item.size, item.mtime_ns) not in looks
            if item.sha256 is None
            else (item.path, item.sha256) not in kept
        )
    ]


def lying_here(receipt: Receipt, settings: Backup) -> Receipt:
    """The receipt without packs that lie in another bucket than the one that is named now."""
    here = tuple(pack for pack in receipt.packs if pack.place == settings.place(pack.kind).text)
    return receipt if len(here) == len(receipt.packs) else replace(receipt, packs=here)


def kind_of_frame(kind: str) -> Kept:
    """Which policy speaks for stored frames of this kind."""
    if kind in _RAW:
        return Kept.RAW_CALIBRATION
    return Kept.MASTERS if kind.startswith("MASTER ") else Kept.LIGHTS


def _kind(fact: StoredFact, ledger: Ledger, states: Mapping[str, str], settings: Backup) -> Kept | None:
    if fact.stays == Stays.WITNESS:
        return Kept.RECORDS
    if fact.stays == Stays.MASTER:
        return None  # it lies in a library, and is kept with that
    address = read_address(fact.stored)
    told = address.kind if address is not None else str(ledger.adopted.get(fact.stored, {}).get("kind", ""))
    kind = kind_of_frame(told)
    if kind is not Kept.LIGHTS or not needs_states(settings):
        return kind
    state = states.get(fact.stored, "")
    if state in COUNTING:
        return Kept.LIGHTS
    return Kept.REJECTS if state in _REJECTED else None


def _item(fact: StoredFact, kind: Kept) -> Item:
    return Item(
        path=fact.stored,
        at=fact.at,
        size=fact.size,
        mtime_ns=fact.mtime_ns,
        sha256=fact.sha256,
        kind=kind,
    )
