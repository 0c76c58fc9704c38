"""What one journal of the ledger comes down to: made once, kept, and asked instead of the lines.

records ─fold─▶ what is so ─summarise─▶ NightSummary ─▶ rules/outline: the questions of a whole library
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from pipeline.model.records import Adopted, Stays
from pipeline.model.summaries import Marks, Names, NightSummary, Told
from pipeline.rules import places
from pipeline.rules.addresses import Address, read_address
from pipeline.rules.adopted_states import adopted_night
from pipeline.rules.escape import escape
from pipeline.rules.guards import held_homes
from pipeline.rules.layout import FRAMES, STAGES, WITNESS
from pipeline.rules.ledger import Ledger, Origin, Record, fold
from pipeline.rules.packed import is_member
from pipeline.rules.targets import target_key
from pipeline.rules.witnesses import lying_of

VERSION = 12
_KEY_BYTES = 8
_TARGET_PARTS = 7
"""`<rig>/00_Frames/DATE_/KIND/<target>/<settings>/<name>`"""


def key_of(*texts: str) -> int:
    """A number for a name: two names have two numbers, but for one chance in ten billion billions."""
    text = "\0".join(texts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=_KEY_BYTES).digest(), "little")


def mark_of(inbox: str, original: str, size: int, mtime_ns: int) -> int:
    """What tells one arrival from every other, before and after it is stored."""
    return key_of(inbox, original, str(size), str(mtime_ns))


def pack(numbers: Iterable[int]) -> str:
    """Numbers of eight bytes as text."""
    return _in_order(array("Q", numbers)).tobytes().hex()


def unpack(text: str) -> Sequence[int]:
    """The numbers in such a text."""
    return _in_order(array("Q", bytes.fromhex(text)))


def joined(marks: Iterable[int], more: Iterable[int]) -> Sequence[int]:
    """Marks in order, each once."""
    return array("Q", sorted({*marks, *more}))


def digest_of(marks: Sequence[int]) -> str:
    """One text for all that a night ever received, in order."""
    return hashlib.sha256(_in_order(array("Q", marks)).tobytes()).hexdigest()


def _in_order(numbers: array[int]) -> array[int]:
    """The least byte first, on every machine."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def summarise(records: Sequence[Record]) -> NightSummary:
    """What these lines come down to."""
    from pipeline.rules.calibration_due import lights_to_copy, open_calibrations
    from pipeline.rules.lacking import lacking_in
    from pipeline.rules.states import ledger_states  # not needed in a night in which nothing is due

    ledger = fold(records)
    waiting = places.waiting_frames(ledger)
    return NightSummary(
        nights=tuple(_marks(records)),
        homes=dict(held_homes(ledger)),
        targets=target_folders(ledger.stored),
        their_targets=their_targets(ledger.adopted),
        lying=tuple(sorted(lying_of(ledger.stored.values()))),
        names=_names(records, ledger),
        unsettled=dict(Counter(kind for kind, _ in waiting)),
        unoffered=dict(Counter(kind for kind, offered in waiting if not offered)),
        states=dict(Counter(state.value for state in ledger_states(ledger).values())),
        leaves=places.leaf_folders(ledger.links.values()),
        written_off=places.written_off(ledger.links.values()),
        views=places.view_homes(ledger.links.values()),
        lacks=lacking_in(ledger),
        calibration=open_calibrations(ledger),
        copies=lights_to_copy(ledger),
        adopted=len(ledger.adopted),
        latest=max((str(record.get("when", "")) for record in records), default=""),
    )


def target_folders(stored: Iterable[str]) -> dict[str, str]:
    """What each target is equal by, to the folder it has in the store: the first spelling's."""
    targets = dict.fromkeys(
        parts[4] for path in stored if len(parts := path.split("/")) == _TARGET_PARTS and parts[1] == FRAMES
    )
    folders: dict[str, str] = {}
    for target in targets:
        folders.setdefault(target_key(target), target)
    return folders


def their_targets(adopted: Iterable[str]) -> dict[str, str]:
    """What a target is equal by, to the folder its person keeps it in: new nights go there, not beside it."""
    parts = (path.split("/") for path in adopted)
    names = dict.fromkeys(found[2] for found in parts if len(found) > 3 and found[1] in STAGES[1:])
    folders: dict[str, str] = {}
    for name in names:
        if name[0] != "_" and escape(name) == name:
            folders.setdefault(target_key(name), name)
    return folders


def _marks(records: Iterable[Record]) -> Iterator[Marks]:
    nights: dict[tuple[str, date], set[int]] = {}
    for record in records:
        address = _dealt_with(record)
        if address is not None and address.night is not None:
            marks = nights.setdefault((address.owner, address.night), set())
            if not is_member(record["original"]):  # members of archives come with their archive
                marks.add(mark_of(record["inbox"], record["original"], record["size"], record["mtime_ns"]))
        elif record.get("event") == Adopted.event and (home := _night_of_adopted(record)) is not None:
            nights.setdefault(home, set())
    for (owner, night), marks in sorted(nights.items()):
        yield Marks(owner=owner, night=night.isoformat(), marks=pack(sorted(marks)))


def _night_of_adopted(record: Record) -> tuple[str, date] | None:
    """The night an adopted frame is filed under; it brings no mark, since nothing is to be done about it."""
    night = adopted_night(record)
    return (str(record["owner"]), night) if record.get("owner") and night is not None else None


def _dealt_with(record: Record) -> Address | None:
    """The night that a file's coming is counted under."""
    get = record.get
    if get("event") == "received":
        stored = get("stored") if get("stays", Stays.FRAME) == Stays.FRAME else None
    else:
        stored = get("of") if get("event") == "duplicate" else None
    texts, numbers = (stored, get("inbox"), get("original")), (get("size"), get("mtime_ns"))
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(n, int) for n in numbers):
        return None
    address = read_address(str(stored))
    return None if address is None or address.kind == WITNESS else address


def _names(records: Iterable[Record], ledger: Ledger) -> dict[str, Names]:
    told = _told(ledger)
    since = _since(ledger)
    found: dict[str, list[Origin]] = {}
    for origin in dict.fromkeys(_mentioned(records)):
        found.setdefault(origin[0], []).append(origin)
    return {
        inbox: Names(
            keys=pack(key_of(*origin) for origin in origins),
            told=bytes(told.get(origin, Told.NOTHING) for origin in origins).hex(),
            since=pack(since.get(origin, 0) for origin in origins),
        )
        for inbox, origins in found.items()
    }


def _mentioned(records: Iterable[Record]) -> Iterator[Origin]:
    for record in records:
        inbox, original = record.get("inbox"), record.get("original")
        if isinstance(inbox, str) and isinstance(original, str):
            yield inbox, original


def _told(ledger: Ledger) -> dict[Origin, int]:
    told: dict[Origin, int] = dict.fromkeys(ledger.retired, Told.RETIRED)

    def say(origin: Origin, what: int) -> None:
        told[origin] = told.get(origin, 0) | what

    for origin, stored in ledger.given_up.items():
        say(origin, 0 if _is_witness(stored) else Told.GIVEN_UP)
    for origin, of in ledger.duplicates.items():
        say(origin, _held(origin) | (0 if _is_witness(of) else Told.DUPLICATE))
    for fact in ledger.stored.values():
        origin = fact.inbox, fact.original
        if fact.is_adopted:
            continue
        if fact.stays == Stays.WITNESS:
            say(origin, _held(origin) | Told.WITNESS)
        else:
            say(origin, _held(origin) | (Told.STORED if fact.origin == "received" else 0))
    return told


def _held(origin: Origin) -> int:
    return 0 if is_member(origin[1]) else Told.HELD


def _since(ledger: Ledger) -> dict[Origin, int]:
    """When each name last came or went, as a number that grows with time."""
    since: dict[Origin, int] = {}
    came = [((fact.inbox, fact.original), fact.when) for fact in ledger.stored.values()]
    for origin, when in [*came, *ledger.compared.items(), *ledger.retired.items()]:
        since[origin] = max(_moment(when), since.get(origin, 0))
    return since


def _moment(when: object) -> int:
    """`2026-01-14T21:03:05.120000Z` as 20260114210305120; what is no moment is before all others."""
    digits = "".join(char for char in str(when) if "0" <= char <= "9")[:17]
    return int(digits.ljust(17, "0")) if len(digits) >= 14 else 0


def _is_witness(stored: str) -> bool:
    return f"/{WITNESS}/" in stored
