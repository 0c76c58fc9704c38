"""Files of one rig and night put into the store, in batches that each end in the ledger.

    items (a file, how it was seen, where it belongs) ─Shelf.put─▶ names, made durable ─▶ ledger ─▶ the next batch

Whoever stores (from an inbox, out of an archive, beside a night) does it here, one at a time for each night, so that
two at once neither take one address nor write one line twice. A kill loses at most the ledger's last batch: the next
run finds the names, sees that they are the same files, and writes it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from pipeline.model.errors import FrameError, NoRoom, PassingError
from pipeline.model.library import KeepFree
from pipeline.model.records import Duplicate, LedgerEntry, Received, Stays
from pipeline.model.survey import Found
from pipeline.rules.addresses import read_address
from pipeline.rules.arrivals import is_settled
from pipeline.rules.layout import witness_path
from pipeline.rules.ledger import ledger_file
from pipeline.rules.spoken import counted, sized
from pipeline.rules.witnesses import Place
from pipeline.world import ledger
from pipeline.world.files import sha256_of, sync_folder
from pipeline.world.space import room_for
from pipeline.world.store import Put, Shelf

BATCH = 64
"""Files between two writes of the ledger: what a kill makes the next run look at again."""
_KEEP = KeepFree()
_nights: dict[tuple[Path, str], Lock] = {}


class Item(NamedTuple):
    """A file to be stored."""

    source: Path
    """Where its bytes are now."""
    found: Found
    """How it looked, and where it came from."""
    address: Callable[[int], str]
    """The address of the n-th frame of its second."""


def store_frames(
    library: Path,
    owner: str,
    night: date,
    items: Iterable[Item],
    tell: Callable[[int], None] = lambda _done: None,
    *,
    keep: KeepFree = _KEEP,
    hashed: bool = False,
) -> Counter[str]:
    """Store frames; how many were `stored`, `duplicates`, or `left` since they changed.

    Args:
        library: Its root.
        owner: The rig or camera.
        night: The evening's date.
        items: What to store; taken one by one, so that it may wait until each is settled.
        tell: Told after each batch how many are dealt with.
        keep: Room that is never filled, where bytes must be copied.
        hashed: Take the SHA-256 now: nobody else will read these frames tonight.

    Raises:
        NoRoom: the next batch would fill the disk.
        FrameError: a frame could not be stored; all others are.
    """
    counts: Counter[str] = Counter()
    refused: list[FrameError] = []
    with _alone(library, owner, night):
        shelf = Shelf(library=library, ledger=ledger.read_night(library, owner, night))
        for batch in _batches(items):
            _require_room(shelf, batch, keep)
            with _writing(library, owner, night, counts) as puts:
                for item in batch:
                    try:
                        puts.append(_put(shelf, item, hashed))
                    except FrameError as error:
                        refused.append(error)
            tell(counts.total())
    if refused:
        raise FrameError(f"{counts['stored']} stored, {len(refused)} could not be: {refused[0]}")
    return counts


def store_witnesses(library: Path, place: Place, items: Iterable[tuple[Path, Found]]) -> Counter[str]:
    """Store logs and session files beside a night; how many are `witnesses` now, the `same`, or `left`.

    Raises:
        FrameError: one could not be read; all others are stored. PassingError: not just now.
    """
    counts: Counter[str] = Counter()
    refused: list[FrameError | PassingError] = []
    with _alone(library, place.owner, place.night):
        shelf = Shelf(library=library, ledger=ledger.read_night(library, place.owner, place.night))
        for source, found in items:
            try:
                put = _put_witness(shelf, place, source, found)
            except (FrameError, PassingError) as error:
                refused.append(error)
            else:
                _write(library, place.owner, place.night, [put], counts)
    if refused:
        raise refused[0]
    words = {"stored": "witnesses", "duplicates": "same"}
    return Counter({words.get(word, word): number for word, number in counts.items()})


def await_settled(found: Found, settle_s: float) -> None:
    """A file just written is given the time to prove that nobody goes on writing it."""
    while not is_settled(found, time.time_ns(), settle_s):
        time.sleep(min(0.2, settle_s))


def _require_room(shelf: Shelf, batch: Sequence[Item], keep: KeepFree) -> None:
    """Raise `NoRoom` where a batch that must be copied would fill the disk; links take no room."""
    wanted = sum(item.found.size for item in batch if _takes_room(shelf, item))
    room = room_for(wanted, shelf.library, keep_percent=keep.percent, keep_gb=keep.gb)
    if not room.fits:
        raise NoRoom(
            f"the next {counted(len(batch), 'frame')} must be copied and need {sized(wanted)}; "
            f"{sized(room.free_bytes)} are free, of which {sized(room.kept_bytes)} are kept. Make room, run `doit`."
        )


def _takes_room(shelf: Shelf, item: Item) -> bool:
    """True for a frame that is not there yet and comes from another disk, or one without links."""
    if (shelf.library / item.address(1)).exists():
        return False
    return shelf.copies or item.source.parent.stat().st_dev != shelf.library.stat().st_dev


def _put(shelf: Shelf, item: Item, hashed: bool) -> Put:
    in_a_library = read_address(item.address(1)) is None
    put = shelf.put(item.source, item.found, item.address, Stays.MASTER if in_a_library else Stays.FRAME)
    return _with_hash(shelf, put) if hashed else put


def _put_witness(shelf: Shelf, place: Place, source: Path, found: Found) -> Put:
    """Store a version of its own, unless the night has one of the same bytes."""
    try:
        seen = source.lstat()
    except FileNotFoundError:
        return Put(found=found, left="gone since it was looked at")
    if (seen.st_size, seen.st_mtime_ns) != (found.size, found.mtime_ns):
        return Put(found=found, left="changed since it was looked at")
    sha256 = sha256_of(source)
    twin = _twin(shelf, found, sha256)
    if twin is not None:
        return twin
    address = partial(witness_path, place.home, found.original.rpartition("/")[2])
    return _with_hash(shelf, shelf.put(source, found, address, Stays.WITNESS))


def _twin(shelf: Shelf, found: Found, sha256: str) -> Put | None:
    """The witness of this night that has these bytes, if there is one."""
    for fact in shelf.ledger.stored.values():
        if fact.stays == Stays.WITNESS and fact.sha256 == sha256 and (shelf.library / fact.stored).is_file():
            entry = Duplicate(
                when=datetime.now(UTC),
                inbox=found.inbox,
                original=found.original,
                size=found.size,
                mtime_ns=found.mtime_ns,
                sha256=sha256,
                of=fact.stored,
            )
            return Put(found=found, entry=entry)
    return None


def _with_hash(shelf: Shelf, put: Put) -> Put:
    entry = put.entry
    if not isinstance(entry, Received) or entry.sha256 is not None:
        return put
    return replace(put, entry=replace(entry, sha256=sha256_of(shelf.library / entry.stored)))


@contextmanager
def _writing(library: Path, owner: str, night: date, counts: Counter[str]) -> Iterator[list[Put]]:
    """Collect what is put; the ledger is told of it also when the batch is cut short."""
    puts: list[Put] = []
    try:
        yield puts
    finally:
        _write(library, owner, night, puts, counts)


def _write(library: Path, owner: str, night: date, puts: Iterable[Put], counts: Counter[str]) -> None:
    """Make the names durable, then the ledger's lines."""
    entries: list[LedgerEntry] = [put.entry for put in puts if put.entry is not None]
    received = [entry for entry in entries if isinstance(entry, Received)]
    for folder in {(library / entry.stored).parent for entry in received}:
        sync_folder(folder)
    ledger.write(library, owner, night, entries)
    counts["stored"] += len(received)
    counts["duplicates"] += len(entries) - len(received)
    counts["left"] += sum(put.entry is None for put in puts)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


@contextmanager
def _alone(library: Path, owner: str, night: date) -> Iterator[None]:
    """One at a time for each night; other processes are kept out by the library's lock."""
    with _nights.setdefault((library, ledger_file(owner, night)), Lock()):
        yield
