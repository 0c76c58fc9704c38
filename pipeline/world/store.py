"""Putting one frame into the store, so that a kill at any instant loses nothing and does nothing twice.

    place the name (never over another) ─▶ write the ledger ─▶ the inbox name may be retired, in a later run

Killed between the two, the next run finds its own name there, sees that it is the same file, and writes the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.model.records import Duplicate, LedgerEntry, Received, Stays, StoredFact
from pipeline.model.survey import Found
from pipeline.rules.addresses import read_address
from pipeline.rules.ledger import Ledger
from pipeline.world import ledger as journal
from pipeline.world.files import make_folder, require_inside, sha256_of, sweep_parts
from pipeline.world.guards import require_home
from pipeline.world.links import How, Mode, place, protect, same_file

_SECOND = len("2026-01-15_00-12-33")


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What became of one file of an inbox."""

    found: Found
    entry: LedgerEntry | None = None
    """What the ledger is to be told; None: it was left."""
    left: str = ""
    """Why it was left, as half a sentence."""


@dataclass(slots=True, kw_only=True)
class Shelf:
    """The store of one rig or camera and night, as it fills."""

    library: Path
    ledger: Ledger
    """Of this night."""
    taken: set[str] = field(default_factory=set)
    """Addresses given away in this run, folded for file systems without letter case."""
    copies: bool = False
    """True once a frame had to be copied: this disk knows no links."""
    _swept: set[Path] = field(default_factory=set)
    _alike: dict[tuple[str, int], list[StoredFact]] = field(default_factory=dict)
    """By second and size: a night of thousands is not looked through for each of its frames."""

    def __post_init__(self) -> None:
        for fact in self.ledger.stored.values():
            self._alike.setdefault(_likeness(fact.stored, fact.size), []).append(fact)

    def put(
        self, source: Path, found: Found, address: Callable[[int], str], stays: Stays = Stays.FRAME
    ) -> Put:
        """Store a file under the first free address; one that holds the same bytes makes it a duplicate.

        Args:
            source: The file in its inbox.
            found: How it looked when the night was planned.
            address: The address of the n-th frame of one second.
            stays: A witness gets bytes of its own: its writer may go on writing.
        """
        try:
            seen = source.lstat()
        except FileNotFoundError:
            return Put(found=found, left="gone since it was looked at")
        if (seen.st_size, seen.st_mtime_ns) != (found.size, found.mtime_ns):
            return Put(found=found, left="changed since it was looked at")
        twin = self._itself(source, found) or self._twin_by_content(source, found, address(1))
        if twin is not None:
            return twin
        for number in range(1, 10_000):
            stored = address(number)
            answer = self._try(source, found, stored, stays)
            if answer is not None:
                return answer
        raise AssertionError("ten thousand frames of one second")

    def _try(self, source: Path, found: Found, stored: str, stays: Stays) -> Put | None:
        """Store here, or say that it is stored here already; None: another frame has the address."""
        target = self.library / stored
        require_inside(self.library, target)
        fact = self.ledger.stored.get(stored)
        if stored.casefold() in self.taken:
            return None
        if fact is None and not target.exists():
            return self._place(source, found, stored, stays)
        if fact is None:  # placed by a run that was killed before it could write the ledger, or a stranger's
            return self._find(source, found, stored, stays)
        if not target.exists() and fact.sha256 is not None and fact.sha256 == sha256_of(source):
            return self._place(source, found, stored, stays)  # the stored one is missing: here it comes again
        return None

    def _find(self, source: Path, found: Found, stored: str, stays: Stays) -> Put | None:
        """Own a name that lies there already, if it is the very file; None: it is another."""
        target = self.library / stored
        if not same_file(source, target):
            return None
        self._prepare(stored)
        protect(target)
        return self._received(found, stored, None, "found", stays)

    def _place(self, source: Path, found: Found, stored: str, stays: Stays) -> Put:
        target = self.library / stored
        self._prepare(stored)
        placed = place(source, target, Mode.COPY if stays is Stays.WITNESS else Mode.LINK, sync=False)
        self.copies = self.copies or (placed.how is How.COPY and stays is not Stays.WITNESS)
        protect(target)
        return self._received(found, stored, placed.sha256, placed.how.value, stays)

    def _prepare(self, stored: str) -> None:
        """Make the folder, once: nothing there that should be is away, and nothing is left of a killed run."""
        folder = (self.library / stored).parent
        if folder in self._swept:
            return
        address = read_address(stored)
        if address is not None:
            require_home(self.library, address.owner, stored)
            journal.begin(self.library, address.owner, address.night)
        make_folder(folder)
        sweep_parts(folder)
        self._swept.add(folder)

    def _received(self, found: Found, stored: str, sha256: str | None, how: str, stays: Stays) -> Put:
        self.taken.add(stored.casefold())
        entry = Received(
            when=datetime.now(UTC),
            inbox=found.inbox,
            original=found.original,
            stored=stored,
            size=found.size,
            mtime_ns=found.mtime_ns,
            sha256=sha256,
            how=how,
            stays=stays,
        )
        fact = StoredFact(
            stored,
            found.size,
            found.mtime_ns,
            sha256,
            found.inbox,
            found.original,
            "",
            stays.value,
            Received.event,
        )
        self.ledger.stored[stored] = fact
        self._alike.setdefault(_likeness(stored, found.size), []).append(
            fact
        )  # the next frame may be its twin
        return Put(found=found, entry=entry)

    def _itself(self, source: Path, found: Found) -> Put | None:
        """A stored frame's own inbox name, written to since: no second frame, and `doit verify` names the harm."""
        fact = self.ledger.stored.get(self.ledger.of_origin(*found.origin) or "")
        if fact is None or (fact.size, fact.mtime_ns) == (found.size, found.mtime_ns):
            return None
        target = self.library / fact.stored
        if not target.exists() or not target.samefile(source):
            return None
        return self._duplicate(found, sha256_of(source), fact.stored)

    def _twin_by_content(self, source: Path, found: Found, stored: str) -> Put | None:
        """A frame of the same second and size is compared byte for byte with what is stored, or was given up."""
        suspects = self._alike.get(_likeness(stored, found.size), ())
        graves = [s for s in self.ledger.tombstones.values() if s.get("size") == found.size]
        if not suspects and not graves:
            return None
        sha256 = None
        for fact in suspects:
            target = self.library / fact.stored
            if not target.exists():
                continue
            if target.samefile(source) and (fact.inbox, fact.original) == found.origin:
                continue  # its own name, seen again after the ledger was cut short
            sha256 = sha256 or sha256_of(source)
            if sha256 == (fact.sha256 or sha256_of(target)):
                return self._duplicate(found, sha256, fact.stored)
        for stone in graves:
            sha256 = sha256 or sha256_of(source)
            if sha256 == stone.get("sha256"):
                return self._duplicate(found, sha256, str(stone["stored"]))
        return None

    def _duplicate(self, found: Found, sha256: str, of: str) -> Put:
        entry = Duplicate(
            when=datetime.now(UTC),
            inbox=found.inbox,
            original=found.original,
            size=found.size,
            mtime_ns=found.mtime_ns,
            sha256=sha256,
            of=of,
        )
        return Put(found=found, entry=entry)


def _likeness(stored: str, size: int) -> tuple[str, int]:
    """What a frame and its twin have in common: the second they were taken in, and their size."""
    return stored.rpartition("/")[2][:_SECOND], size
