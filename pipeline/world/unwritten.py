"""Names a killed run had given and not yet written down: found by their frames' bytes, and written down after all.

    placed, not in the ledger; then killed; then moved by a person ─write_down─▶ delivered      the move is heard next

Where such a name still lies as it was put, the next run would find it there anyway. Where a person has moved it, the
frame would be offered a second time, and what the move says would be lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.model.records import Delivered, LinkFact, Stays, StoredFact
from pipeline.model.sets import FrameSet
from pipeline.rules.ledger import ledger_file
from pipeline.rules.positions import lies_at
from pipeline.world import ledger
from pipeline.world.library import OpenLibrary
from pipeline.world.listings import Folders
from pipeline.world.moments import not_before
from pipeline.world.nightbook import NightBook, open_book
from pipeline.world.seeking import Seeker, homes_of
from pipeline.world.summaries import read_outline


def write_down(library: OpenLibrary) -> int:
    """Look through the nights in which something waits; how many names were written down."""
    outline, number = read_outline(library.root, library.state), 0
    for owner, night in sorted(outline.nights):
        summary = outline.journals.get(ledger_file(owner, night))
        if summary is not None and summary.unsettled:
            found = list(_unwritten(open_book(library.root, owner, night)))
            number += len(found)
            if found:
                ledger.write(library.root, owner, night, found)
    return number


def _unwritten(book: NightBook) -> Iterator[Delivered]:
    facts = book.ledger.stored
    wanted = {path: fact for path, fact in facts.items() if _has_more_names(book, fact)}
    if not wanted:
        return
    homes = {home for one in book.sets for home in homes_of(one.blink)}
    found = Seeker(book.library, Folders(book.library.root)).find(wanted, sorted(homes))
    for one in book.sets:
        for member in one.members:
            for path in found.get(member.stored, ()):
                link = _link_of(one, member.name, path)
                if _is_new(book, member.stored, link, path):
                    yield Delivered(when=not_before(book.floor), link=link, stored=member.stored, how="found")


def _has_more_names(book: NightBook, fact: StoredFact) -> bool:
    """True when the stored bytes bear more names than are known: in the store, the inbox, and where they were put."""
    if fact.stays != Stays.FRAME:
        return False
    root, folders = book.library.root, {inbox.path: path for inbox, path in book.library.inboxes}
    known = [
        root / fact.stored,
        *(root / at for link in book.links.get(fact.stored, ()) if (at := lies_at(link))),
    ]
    known += [folders[fact.inbox] / fact.original] if fact.inbox in folders else []
    try:
        own = known[0].stat()
        return own.st_nlink > sum(_leads_to(path, own) for path in known)
    except OSError:
        return False


def _leads_to(path: Path, own: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.lstat(), own)
    except OSError:
        return False


def _link_of(one: FrameSet, name: str, path: str) -> str:
    """The place it was given: where it lies, if that is one of ours; else, moved since, its place in 10_Blink."""
    is_ours = path.rpartition("/")[0] in {one.blink, one.reject, one.data}
    return path if is_ours else f"{one.blink}/{name}"


def _is_new(book: NightBook, stored: str, link: str, path: str) -> bool:
    """True unless the ledger speaks of the name: as a place, as moved from one, or as one that is about to go."""
    held = book.links.get(stored, ())
    return link not in {one.link for one in held} and path not in {p for one in held for p in _places(one)}


def _places(link: LinkFact) -> tuple[str, str]:
    return lies_at(link), link.at or link.link
