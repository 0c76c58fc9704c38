"""What was seen in the folders, written down: decisions first, then the ledger, so that a kill loses nothing.

look_over(root, rig, nights) ─▶ Absorption ─write_down─▶ _Decisions, _Ledger
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.model.records import Decision
from pipeline.model.sets import FrameSet
from pipeline.model.watching import Absorption, Saying
from pipeline.rules import absorbing
from pipeline.rules.absorb_words import questions
from pipeline.rules.adopted_moves import with_adopted
from pipeline.rules.places import leaf_folders
from pipeline.rules.waiting import Waiting
from pipeline.world import decisions as decided
from pipeline.world import ledger
from pipeline.world.library import OpenLibrary
from pipeline.world.moments import not_before
from pipeline.world.nightbook import NightBook, open_books
from pipeline.world.person import who_decides
from pipeline.world.quiet import marker_places, stirred
from pipeline.world.seals import look_at, seal
from pipeline.world.verdict_inbox import library_id, strays
from pipeline.world.watching import observe


def look_over(root: Path, owner: str, nights: Iterable[date]) -> Absorption:
    """What the folders of these nights say that is not written down yet; where that is nothing, they are sealed."""
    books = open_books(root, owner, sorted(set(nights)))
    leaves = {folder for book in books for folder in leaf_folders(book.ledger.links.values())}
    times = look_at(root, leaves)
    awake = stirred(books[0].library, books) if books else []
    found = absorption_of(awake, marker_places(books) if awake else ())
    if books and found.is_empty:
        seal(books[0].library, times)
    return found


def absorption_of(books: Sequence[NightBook], beside: Collection[str] = ()) -> Absorption:
    """The same, of nights that are open already; `beside`: further folders whose markers are to be seen."""
    if not books:
        return Absorption()
    library, now = books[0].library, next_moment(books)
    seen = observe(library, books, beside)
    found = absorbing.absorb(
        seen,
        [one for book in books for one in book.sets],
        {stored: links for book in books for stored, links in book.links.items()},
        books[0].decisions,
        library_id=library_id(library.root),
        now=now,
    )
    nights = {stored: book.night for book in books for stored in book.ledger.adopted}
    return with_adopted(found, seen, nights, now) if nights else found


def next_moment(books: Sequence[NightBook]) -> datetime:
    """Now; or just after the last thing known of these nights, should the clock have been set back."""
    return not_before(max(book.floor for book in books))


def write_down(root: Path, owner: str, found: Absorption) -> list[Decision]:
    """Write decisions, then ledger lines; the decisions that were written."""
    written = say(root, found.sayings, found.when)
    for night, entries in sorted(found.entries.items()):
        ledger.write(root, owner, night, entries)
    return written


def say(root: Path, sayings: Iterable[Saying], when: datetime | None = None) -> list[Decision]:
    """Write decisions down, all of one breath: they bear the same moment, and can be taken back together."""
    who, when = who_decides(os.environ), when or datetime.now(UTC)
    written = [
        Decision(
            id=decided.new_id(when),
            kind=one.kind,
            about=one.about,
            subject=one.subject,
            when=when,
            owner=one.owner,
            night=one.night,
            values=one.values,
            who=one.who or who,
            why=one.why,
            undoes=one.undoes,
        )
        for one in sayings
    ]
    if written:
        decided.write(root, written)
    return written


def questions_of(library: OpenLibrary, nights: Iterable[tuple[str, date]]) -> list[Waiting]:
    """What a person is to be asked, or told, about what they did in the folders of these nights; for `doit status`."""
    by_owner: dict[str, list[date]] = {}
    for owner, night in nights:
        by_owner.setdefault(owner, []).append(night)
    found: list[Waiting] = []
    for owner, evenings in sorted(by_owner.items()):
        books = open_books(library.root, owner, sorted(set(evenings)))
        labels = {one.id: _named(one) for book in books for one in book.sets}
        found += questions(absorption_of(books), labels)
    said = {one.what for one in found}
    return found + [
        one for one in questions(Absorption(problems=tuple(strays(library))), {}) if one.what not in said
    ]


def _named(one: FrameSet) -> str:
    return f"{one.label}, night of {one.night}"
