"""The ledger folded: from lines of what happened to what is so now.

    received ─▶ stored        hashed fills in the SHA-256        purged: a tombstone
    delivered ─▶ a link: withdrawn, absent (since), back, moved on, accepted        retired: its inbox name is gone
                             restored: no tombstone any more

Saying a thing twice changes nothing, so a line repeated after a crash does no harm. Lines of a kind this
version does not know are kept in the file, counted and skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from pipeline.model.frames import Problem
from pipeline.model.records import LinkFact, Stays, StoredFact
from pipeline.rules.escape import escape, shorten
from pipeline.rules.layout import night_part
from pipeline.rules.ledger_steps import STEPS
from pipeline.rules.spoken import counted

Record = Mapping[str, Any]
Origin = tuple[str, str]
"""An inbox, and a path relative to it."""

UNKNOWN = "_unknown"
"""Where the night or the rig is not known."""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """What is so now, by stored path, by link and by original. Filled by `fold`, then only read."""

    stored: dict[str, StoredFact] = field(default_factory=dict)
    links: dict[str, LinkFact] = field(default_factory=dict)
    duplicates: dict[Origin, str] = field(default_factory=dict)
    """Inbox name to the stored path, or tombstone, it has the bytes of."""
    looks: dict[Origin, tuple[int, int]] = field(default_factory=dict)
    """Size and time a duplicate had when it was compared: written anew, it is another file."""
    compared: dict[Origin, str] = field(default_factory=dict)
    """When a duplicate was found to be one."""
    retired: dict[Origin, str] = field(default_factory=dict)
    """Inbox names that went, with when; received anew, a name is no longer here."""
    tombstones: dict[str, Record] = field(default_factory=dict)
    """Stored path to the record of its purge."""
    buried: dict[str, StoredFact] = field(default_factory=dict)
    """Stored path to what was known of the frame under its tombstone."""
    unpacked: dict[Origin, Record] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    given_up: dict[Origin, str] = field(default_factory=dict)
    """Inbox name to the stored path of a frame that was purged."""
    judged: dict[str, Record] = field(default_factory=dict)
    """Set id to the record of its latest first judgement."""
    carried: dict[str, str] = field(default_factory=dict)
    """Where a file of the person's own was given a place, to where it came from."""
    matched: dict[str, Record] = field(default_factory=dict)
    """Set id to the record of the latest choice of its masters."""
    masters: dict[str, Record] = field(default_factory=dict)
    """Places masters were given in DATE folders, to the latest record: `master_given` or `master_taken`."""
    calibration: dict[str, Record] = field(default_factory=dict)
    """Set id to the latest record on its calibration."""
    adopted: dict[str, Record] = field(default_factory=dict)
    """Address of a frame registered where it lies, to the record of its adoption."""
    _by_origin: dict[Origin, str] | None = None
    _by_sha256: dict[str, tuple[str, ...]] | None = None
    _graves: dict[str, Record] | None = None

    def of_origin(self, inbox: str, original: str) -> str | None:
        """The stored path an inbox name was last received as, is a duplicate of, or was purged from."""
        if self._by_origin is None:
            received = {(fact.inbox, fact.original): fact.stored for fact in self.stored.values()}
            self._by_origin = self.given_up | received
        return self.duplicates.get((inbox, original)) or self._by_origin.get((inbox, original))

    def holds(self, origin: Origin, size: int, mtime_ns: int) -> bool:
        """True when this very file of an inbox was dealt with: same name, size, time.

        Also after it was retired: a run killed in the middle left it, or it was copied here again.
        """
        return (
            self.looks.get(origin) == (size, mtime_ns)
            or self._received_as(origin, size, mtime_ns) is not None
        )

    def twin_of(self, origin: Origin, size: int, mtime_ns: int) -> StoredFact | None:
        """The stored file that this very file of an inbox became or is a duplicate of; None: given up."""
        if self.looks.get(origin) == (size, mtime_ns):
            return self.stored.get(self.duplicates[origin])
        fact = self._received_as(origin, size, mtime_ns)
        return fact if fact is not None and fact.stored in self.stored else None

    def _received_as(self, origin: Origin, size: int, mtime_ns: int) -> StoredFact | None:
        if self._by_origin is None:
            self.of_origin(*origin)
        stored = (self._by_origin or {}).get(origin, "")
        fact = self.stored.get(stored) or self.buried.get(stored)
        return fact if fact is not None and (fact.size, fact.mtime_ns) == (size, mtime_ns) else None

    def of_sha256(self, sha256: str) -> tuple[str, ...]:
        """Stored paths of these bytes, the first received first."""
        if self._by_sha256 is None:
            found: dict[str, tuple[str, ...]] = {}
            for fact in self.stored.values():
                if fact.sha256:
                    found[fact.sha256] = (*found.get(fact.sha256, ()), fact.stored)
            self._by_sha256 = found
        return self._by_sha256.get(sha256, ())

    def tombstone_of(self, sha256: str) -> Record | None:
        """The purge of a frame of these bytes, if there was one: it was given up, and came again."""
        if self._graves is None:
            self._graves = {str(stone.get("sha256")): stone for stone in self.tombstones.values()}
        return self._graves.get(sha256)

    def unhashed(self) -> list[str]:
        """Stored paths whose SHA-256 is still to be taken; of adopted frames only `doit verify` takes it."""
        return [fact.stored for fact in self.stored.values() if fact.sha256 is None and not fact.is_adopted]

    def links_of(self, stored: str) -> list[LinkFact]:
        """Every place a stored frame was ever given."""
        return [link for link in self.links.values() if link.stored == stored]

    def count(self, stays: Stays = Stays.FRAME) -> int:
        """How many stored files of this sort there are."""
        return sum(1 for fact in self.stored.values() if fact.stays == stays)


NOTE_ENDING = ".placing"
"""Of a hidden file beside a journal: what a run was about to do (`world/unwritten`)."""


@cache
def ledger_file(owner: str | None, night: date | None) -> str:
    """`_Ledger/<rig>/DATE_<night>.jsonl` below the library; what is not known lies under `_unknown`."""
    if night is None:
        return str(PurePosixPath("_Ledger", UNKNOWN, f"{owner_part(owner)}.jsonl"))
    return str(PurePosixPath("_Ledger", owner_part(owner), f"{night_part(night)}.jsonl"))


def owner_part(owner: str | None) -> str:
    """The folder of a rig or camera, safe everywhere."""
    return shorten(escape(owner), 70) if owner else UNKNOWN


def fold(records: Iterable[Record], notes: Iterable[Problem] = ()) -> Ledger:
    """What is so after all these lines, in their order."""
    ledger = Ledger()
    unknown: Counter[str] = Counter()
    broken = 0
    for record in records:
        event = record.get("event")
        step = STEPS.get(event) if event.__class__ is str else None
        if step is None:
            unknown[str(event)] += 1
            continue
        try:
            step(ledger, record)
        except (KeyError, TypeError):
            broken += 1
    ledger.notes = (*notes, *(_unknown(event, count) for event, count in sorted(unknown.items())))
    if broken:
        ledger.notes += (Problem("bad-record", f"ledger: {broken} lines lack what they need; kept, skipped"),)
    return ledger


def _unknown(event: str, count: int) -> Problem:
    text = f"ledger: {counted(count, 'line')} of a kind this version does not know ({event[:40]!r}); kept, skipped"
    return Problem("unknown-kind", text)
