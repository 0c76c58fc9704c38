"""How the backup stands, by the receipts, the ledger and what was read back: nothing is asked of the bucket."""

from __future__ import annotations

from pipeline.model.backup import Kept
from pipeline.model.backup_policies import Backup
from pipeline.model.records import Stays
from pipeline.model.verdicts import State
from pipeline.rules.addresses import read_address
from pipeline.rules.backup_standing import Amount, Standing
from pipeline.rules.backup_wanted import kind_of_frame, lying_here
from pipeline.rules.backup_words import said_of
from pipeline.world import ledger as ledgers
from pipeline.world.backup_coverage import masters_kept
from pipeline.world.backup_homes import due_of, homes_of
from pipeline.world.backup_seen import last_records, verified_at
from pipeline.world.catalog import read_catalog
from pipeline.world.library import OpenLibrary
from pipeline.world.receipts import all_receipts

_REJECTED = {State.CULLED.value, State.REJECTED.value, State.TAKEN_OUT.value}
_COUNTING = {State.ACCEPTED.value, State.MOVED_ON.value}


def standing_of(library: OpenLibrary, settings: Backup) -> Standing:
    """Everything added up."""
    standing = Standing(records=last_records(library))
    kept: set[tuple[str, str]] = set()
    looks: set[tuple[str, int]] = set()
    verified = verified_at(library)
    moments = []
    for receipt in (lying_here(one, settings) for one in all_receipts(library.root)):
        standing.broken += receipt.broken
        for pack in receipt.packs:
            standing.packed.setdefault(pack.storage_class, Amount()).add(pack.size)
            standing.billed.setdefault((pack.kind, pack.storage_class), Amount()).add(pack.size)
            for member in pack.members:
                standing.kept.setdefault(pack.kind, Amount()).add(member.size)
                kept.add((member.path, member.sha256))
                looks.add((member.path, member.size))
            moment = verified.get(pack.key)
            moments += [moment] if moment else []
            standing.unverified += moment is None
    standing.oldest = min(moments, default="")
    for home in homes_of(library, settings):
        for item in due_of(library, settings, home):
            standing.due.setdefault(item.kind, Amount()).add(item.size)
    _add_lost(library, standing, kept, looks)
    masters = masters_kept(library)
    if masters.lost:
        standing.lost[said_of(Kept.MASTERS)] = Amount(masters.lost, masters.lost_bytes)
    return standing


def _add_lost(
    library: OpenLibrary, standing: Standing, kept: set[tuple[str, str]], looks: set[tuple[str, int]]
) -> None:
    """Stored frames that no pack has, whatever the policy says."""
    ledger = ledgers.read(library.root)
    states = {
        row["stored"]: row["state"]
        for tables in read_catalog(library, tables={"frames"}).owners.values()
        for row in tables.frames
    }
    for fact in ledger.stored.values():
        is_kept = (fact.stored, fact.sha256) in kept if fact.sha256 else (fact.stored, fact.size) in looks
        if not is_kept and fact.stays == Stays.FRAME:
            address = read_address(fact.stored)
            told = address.kind if address else str(ledger.adopted.get(fact.stored, {}).get("kind", ""))
            what = _what(told, states.get(fact.stored, ""))
            standing.lost.setdefault(what, Amount()).add(fact.size)


def _what(kind: str, state: str) -> str:
    if kind_of_frame(kind) is Kept.RAW_CALIBRATION:
        return "raw calibration"
    if state in _REJECTED:
        return "rejected"
    return "accepted" if state in _COUNTING else "unblinked"
