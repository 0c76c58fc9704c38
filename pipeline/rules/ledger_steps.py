"""What each line of the ledger changes: one step for each kind of line, as `rules/ledger` folds them in their order.

    received, adopted, promoted ─▶ stored      purged ─▶ a tombstone      restored ─▶ stored again
    judged, matched, calibration, master_given: of all that was said of one thing the latest holds

A line that lacks what its step needs ends in a KeyError or TypeError; whoever folds counts and skips it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.model.records import LinkFact, Stays, StoredFact
from pipeline.rules.ledger_links import LINK_STEPS
from pipeline.rules.positions import last_seen, lies_at

if TYPE_CHECKING:
    from pipeline.rules.ledger import Ledger

Record = Mapping[str, Any]
_FRAME = Stays.FRAME.value
_fact = partial(tuple.__new__, StoredFact)  # as its own constructor, at a third of the time


def _received(ledger: Ledger, record: Record) -> None:
    inbox, original = record["inbox"], record["original"]
    _store(ledger, record, inbox, original)
    if ledger.retired:
        ledger.retired.pop((inbox, original), None)
    if ledger.duplicates:
        ledger.duplicates.pop((inbox, original), None)
        ledger.looks.pop((inbox, original), None)
        ledger.compared.pop((inbox, original), None)


def _adopted(ledger: Ledger, record: Record) -> None:
    """A frame registered where it lies: its place is its address, and is looked after like any other place."""
    stored = record["stored"]
    known = ledger.links.get(stored)
    _store(ledger, record, "", record.get("original", ""))
    ledger.adopted[stored] = record
    if known is None or not lies_at(known):
        when = record.get("when", "")
        ledger.links[stored] = LinkFact(stored, stored, "delivered", when, when)
    elif known.to:
        _follow(ledger, known)


def _released(ledger: Ledger, record: Record) -> None:
    stored = record["stored"]
    if ledger.adopted.pop(stored, None) is not None:
        ledger.stored.pop(stored, None)
        ledger.links.pop(stored, None)


def _follow(ledger: Ledger, link: LinkFact) -> None:
    """The address of an adopted frame stays; its bytes lie where they were moved."""
    fact = ledger.stored.get(link.stored)
    if fact is not None:
        ledger.stored[fact.stored] = fact._replace(
            moved="" if last_seen(link) == fact.stored else last_seen(link)
        )


def _promoted(ledger: Ledger, record: Record) -> None:
    _store(ledger, record, "", record.get("original", ""), Stays.MASTER.value)


def _store(ledger: Ledger, record: Record, inbox: str, original: str, stays: str = _FRAME) -> None:
    get = record.get
    stored, size, mtime_ns, sha256 = record["stored"], record["size"], record["mtime_ns"], get("sha256")
    texts, numbers = (
        stored.__class__ is inbox.__class__ is original.__class__,
        size.__class__ is mtime_ns.__class__,
    )
    if not (texts and numbers and stored.__class__ is str and size.__class__ is int):
        raise TypeError
    if sha256 is None and stored in ledger.stored and ledger.stored[stored].size == size:
        sha256 = ledger.stored[stored].sha256  # said twice after a crash: the hash taken meanwhile holds
    ledger.stored[stored] = _fact(
        (
            stored,
            size,
            mtime_ns,
            sha256,
            inbox,
            original,
            get("when", ""),
            get("stays", stays),
            record["event"],
            "",
        )
    )
    if ledger.tombstones:
        ledger.tombstones.pop(stored, None)
        ledger.buried.pop(stored, None)


def _hashed(ledger: Ledger, record: Record) -> None:
    fact = ledger.stored[record["stored"]]
    if fact.sha256 is None:  # what was first recorded holds: a later hash is evidence, not truth
        ledger.stored[fact.stored] = fact._replace(sha256=record["sha256"])


def _duplicate(ledger: Ledger, record: Record) -> None:
    origin = record["inbox"], record["original"]
    ledger.duplicates[origin] = record["of"]
    look = record.get("size", -1), record.get("mtime_ns", -1)
    if ledger.looks.get(origin) != look:  # said twice: the first time counts
        ledger.compared[origin] = record.get("when", "")
    ledger.looks[origin] = look
    ledger.retired.pop(origin, None)


def _linked(ledger: Ledger, record: Record) -> None:
    LINK_STEPS[record["event"]](ledger.links, record)
    if record["link"] in ledger.adopted:
        _follow(ledger, ledger.links[record["link"]])


def _told(ledger: Ledger, record: Record) -> None:
    """What is said of a set, of a master's place or of a file of the person's own: the latest holds."""
    match record["event"]:
        case "judged":
            ledger.judged[record["set"]] = record
        case "matched":
            ledger.matched[record["set"]] = record
        case "carried":
            ledger.carried[record["to"]] = record["source"]
        case "calibration":
            ledger.calibration[record["set"]] = record
        case _:
            ledger.masters[record["link"]] = record


def _retired(ledger: Ledger, record: Record) -> None:
    ledger.retired[record["inbox"], record["original"]] = record.get("when", "")


def _purged(ledger: Ledger, record: Record) -> None:
    fact = ledger.stored.pop(record["stored"], None)
    if fact is not None:
        ledger.given_up[fact.inbox, fact.original] = fact.stored
        ledger.buried[fact.stored] = fact
    ledger.tombstones[record["stored"]] = record


def _restored(ledger: Ledger, record: Record) -> None:
    fact = ledger.buried.pop(record["stored"], None)
    if fact is not None:
        ledger.stored[fact.stored] = fact
        ledger.given_up.pop((fact.inbox, fact.original), None)
    ledger.tombstones.pop(record["stored"], None)


def _unpacked(ledger: Ledger, record: Record) -> None:
    ledger.unpacked[record["inbox"], record["original"]] = record


STEPS: dict[str, Callable[[Ledger, Record], None]] = {
    "received": _received,
    "adopted": _adopted,
    "released": _released,
    "promoted": _promoted,
    "hashed": _hashed,
    "duplicate": _duplicate,
    **dict.fromkeys(LINK_STEPS, _linked),
    "judged": _told,
    "carried": _told,
    "matched": _told,
    "master_given": _told,
    "master_taken": _told,
    "calibration": _told,
    "retired": _retired,
    "purged": _purged,
    "restored": _restored,
    "unpacked": _unpacked,
}
