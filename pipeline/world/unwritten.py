"""Places about to be given and taken are noted first: what a kill or a full disk kept out of the ledger is known so.

    note ─▶ frames placed ─▶ ledger        killed in between: a place nobody wrote down
         ─▶ ledger ─▶ names taken          killed in between: a name that was written off, and is still there
    note gone

The next run finds the note. Where such a name was moved by its person meanwhile, the ledger is told of the place after
all, and the move is heard like any other; else a frame would be seen twice, and what its person said be lost. The note
is a hidden file beside the night's journal, so that it outlives the caches.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson

from pipeline.model.records import Delivered, StoredFact
from pipeline.model.sets import FrameSet
from pipeline.rules.deliveries import Moves, Withdrawal
from pipeline.rules.ledger import NOTE_ENDING, ledger_file
from pipeline.rules.positions import lies_at
from pipeline.world import ledger
from pipeline.world.files import make_folder, sync_file, write_all
from pipeline.world.library import OpenLibrary
from pipeline.world.listings import Folders
from pipeline.world.moments import not_before
from pipeline.world.nightbook import NightBook, open_book
from pipeline.world.seeking import Seeker, homes_of

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
_CLOCK_NS = 2 * 10**9
"""The coarsest clock of a disk (FAT)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """What a killed run was about to do in a night."""

    owner: str
    night: date
    links: Sequence[tuple[str, str]]
    """Places to be given, each with its stored frame."""
    gone: Sequence[tuple[str, str]]
    """Places to be taken: each link, and where its name lay."""
    since_ns: int


@contextmanager
def noted(root: Path, one: FrameSet, due: Moves, behind: Iterable[Withdrawal] = ()) -> Iterator[None]:
    """Note what is about to be done to the places of a set, for as long as it takes.

    Args:
        root: The library.
        one: The set.
        due: What is to be given and taken.
        behind: Names that were written off before, and are to be taken now.
    """
    note = _place_of(root, one)
    said = {
        "owner": one.owner,
        "night": one.night.isoformat(),
        "links": [(given.link, given.stored) for given in due.deliver],
        "gone": [(taken.link, taken.at) for taken in (*behind, *due.first, *due.withdraw)],
    }
    make_folder(note.parent)
    descriptor = os.open(note, _FLAGS, 0o666)
    try:
        write_all(descriptor, orjson.dumps(said))
        sync_file(descriptor)
    finally:
        os.close(descriptor)
    yield
    note.unlink(
        missing_ok=True
    )  # not where it failed: what a full disk kept out of the ledger is still to be told


def write_down(library: OpenLibrary, notes: Iterable[Path]) -> int:
    """Tell the ledger of the places that runs left which did not come to their end; how many they were."""
    number = 0
    for path in notes:
        note, rest = _read(path), False
        if note is not None:
            book = open_book(library.root, note.owner, note.night)
            found = list(_unwritten(book, note))
            ledger.write(library.root, note.owner, note.night, found)
            rest = any(os.path.lexists(library.root / at) for _, at in _written_off(book, note))
            number += len(found)
        if not rest:  # else it may still be moved, should this run be killed too: its set's next moves end it
            path.unlink(missing_ok=True)
    return number


def _place_of(root: Path, one: FrameSet) -> Path:
    journal = root / ledger_file(one.owner, one.night)
    word = hashlib.sha256(one.id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return journal.with_name(f".{journal.stem}.{word}{NOTE_ENDING}")


def _read(path: Path) -> _Note | None:
    """None for a torn one: nothing was done yet."""
    try:
        said = orjson.loads(path.read_bytes())
        return _Note(
            owner=str(said["owner"]),
            night=date.fromisoformat(said["night"]),
            links=[(str(link), str(stored)) for link, stored in said["links"]],
            gone=[(str(link), str(at)) for link, at in said["gone"]],
            since_ns=path.stat().st_mtime_ns - _CLOCK_NS,
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _unwritten(book: NightBook, note: _Note) -> Iterator[Delivered]:
    """The places that are there, wherever their names lie by now."""
    seeker, asked = Seeker(book.library, Folders(book.library.root)), _in_question(book, note)
    missing = {link: fact for link, fact in asked.items() if not seeker.is_frame(link, fact)}
    homes = sorted({home for link in missing for home in homes_of(link)})
    found = seeker.find(missing, homes) if missing else {}
    for link, fact in asked.items():
        if link not in missing or _is_moved(book, fact, found.get(fact.stored, ()), note.since_ns):
            yield Delivered(when=not_before(book.floor), link=link, stored=fact.stored, how="found")


def _in_question(book: NightBook, note: _Note) -> dict[str, StoredFact]:
    """Places the ledger does not speak of as given, each with its frame."""
    facts, known = book.ledger.stored, book.ledger.links
    asked = {
        link: facts[stored]
        for link, stored in note.links
        if stored in facts and not (link in known and lies_at(known[link]))
    }
    for link, at in _written_off(book, note):
        if not os.path.lexists(book.library.root / at):
            asked.setdefault(link, facts[known[link].stored])
    return asked


def _written_off(book: NightBook, note: _Note) -> list[tuple[str, str]]:
    """The name that may not have gone with its line in the ledger: the last one; each goes as soon as it is told."""
    known = book.ledger.links
    told = [
        (link, at)
        for link, at in note.gone
        if link in known and not lies_at(known[link]) and known[link].stored in book.ledger.stored
    ]
    return [max(told, key=lambda one: known[one[0]].since)] if told else []


def _is_moved(book: NightBook, fact: StoredFact, paths: Iterable[str], since_ns: int) -> bool:
    """True when the frame has a name nobody wrote down, so that it is the one that is missing, moved."""
    known = {lies_at(link) for link in book.links.get(fact.stored, ())}
    root = book.library.root
    return any(path not in known and _is_ours(root / path, root / fact.stored, since_ns) for path in paths)


def _is_ours(path: Path, stored: Path, since_ns: int) -> bool:
    """True for a link, or a copy that was made or moved since; not for one a person made before."""
    try:
        return path.is_symlink() or path.samefile(stored) or path.lstat().st_ctime_ns >= since_ns
    except OSError:
        return False
