"""One night of one rig as it stands now: what was done with its frames, what was decided, and the sets they form.

    open_book(library, rig, night) ─▶ NightBook(ledger, decisions, sets)        asked by every task, read once

Opened again after something was written, it is read anew; while nothing was, it is the same value. Stages that follow
on each other in one run thus see what the one before has just put down.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from pipeline.model.frames import Frame, Kind
from pipeline.model.records import LinkFact, Stays, StoredFact
from pipeline.model.rigs import Rig
from pipeline.model.sets import FrameSet, Member
from pipeline.rules.addresses import read_address
from pipeline.rules.adopted_sets import as_adopted
from pipeline.rules.corrected import heed
from pipeline.rules.decisions import Decisions
from pipeline.rules.escape import unescape
from pipeline.rules.grouping import group_frames, speller
from pipeline.rules.ledger import Ledger, ledger_file
from pipeline.rules.targets import target_key
from pipeline.world import ledger as ledgers
from pipeline.world.decisions import writes
from pipeline.world.journals import Look
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.moments import just_after
from pipeline.world.said import Said, read_said
from pipeline.world.stored import frames_of_stored
from pipeline.world.summaries import read_outline
from pipeline.world.survey import Seen

_guard = threading.Lock()
_reading = threading.Lock()
_books: dict[tuple[str, str, date], tuple[tuple[object, ...], NightBook]] = {}
_decided: dict[str, tuple[int, Said]] = {}
_SETS = frozenset({"sets", "adopted_sets"})


@dataclass(frozen=True)
class NightBook:
    """What is so of one rig's or camera's night."""

    library: OpenLibrary
    owner: str
    night: date
    ledger: Ledger
    """Of this night alone."""
    decisions: Decisions
    """All there are."""
    remember: bool = True
    """False: headers that had to be read are not kept."""

    @cached_property
    def sets(self) -> tuple[FrameSet, ...]:
        """What its frames form. Only this needs headers: what the ledger answers by itself costs none."""
        with _reading:
            seen = Seen(library=self.library, near=self.ledger, corrections=heed(self.decisions, self.ledger))
            facts = [fact for fact in self.ledger.stored.values() if not fact.is_adopted]
            return sets_of(seen, facts, self.owner, self.night, remember=self.remember)

    @cached_property
    def adopted_sets(self) -> tuple[FrameSet, ...]:
        """What its adopted frames form: for counting and showing; no stage acts on them."""
        facts = [fact for fact in self.ledger.stored.values() if fact.is_adopted]
        if not facts:
            return ()
        with _reading:
            seen = Seen(library=self.library, near=self.ledger, corrections=heed(self.decisions, self.ledger))
            sets = sets_of(seen, facts, self.owner, self.night, remember=self.remember)
        return as_adopted(sets, self.ledger, {one.id for one in self.sets})

    @cached_property
    def by_id(self) -> dict[str, FrameSet]:
        """The sets by their names."""
        return {one.id: one for one in self.sets}

    @cached_property
    def links(self) -> dict[str, list[LinkFact]]:
        """Every place each stored frame was ever given, in the order it was."""
        found: dict[str, list[LinkFact]] = {}
        for link in self.ledger.links.values():
            found.setdefault(link.stored, []).append(link)
        return found

    @cached_property
    def floor(self) -> datetime:
        """What is written of it next bears no earlier moment, also where the clock was set back."""
        mine = (self.owner, self.night)
        return just_after(
            (one.when for one in self.decisions.said if (one.owner, one.night) == mine), self.ledger
        )

    def rig_of(self, frames: FrameSet) -> Rig:
        """The settings of a set's rig; what holds for strangers where no file describes it."""
        settings = self.library.configuration
        found = settings.rig(frames.rig)
        if found is not None:
            return found
        frame = frames.members[0].frame
        return settings.describe_stranger(
            name=frames.rig,
            optic=frame.optic or "",
            focal_ratio=frame.focal_ratio or 1.0,
            camera=frame.camera or "",
        )


def open_book(root: Path, owner: str, night: date) -> NightBook:
    """The night as it is now."""
    return open_books(root, owner, [night])[0]


def open_books(root: Path, owner: str, nights: Iterable[date]) -> list[NightBook]:
    """Several nights of one rig or camera; settings and decisions are looked at once for all of them."""
    library, evenings = open_library(root), list(nights)
    with _guard:
        said = _said(library, owner, evenings)
        return [_opened(library, owner, night, said) for night in evenings]


def _said(library: OpenLibrary, owner: str, nights: Iterable[date]) -> Said:
    """What was decided, read anew when something was: here, or by a person or a command on these nights."""
    written, key = writes(), str(library.root)
    kept = _decided.get(key)
    if kept is None or kept[0] != written or not kept[1].is_still(owner, nights):
        kept = _decided[key] = written, read_said(library.root, library.state, remember=False)
    return kept[1]


def _opened(library: OpenLibrary, owner: str, night: date, said: Said) -> NightBook:
    look = (_looked_at(library.root, ledger_file(owner, night)), said.looks, library.mark)
    key = (str(library.root), owner, night)
    kept = _books.get(key)
    if kept is None or kept[0] != look:
        book = read_book(library, owner, night, said.all)
        if kept is not None and kept[0][1:] == look[1:]:
            _hand_over(kept[1], book)
        kept = _books[key] = look, book
    return kept[1]


def _hand_over(before: NightBook, book: NightBook) -> None:
    """Only what was said of the frames' places is new: the sets are as they were, and no header is asked again."""
    if before.ledger.stored == book.ledger.stored:
        vars(book).update({name: vars(before)[name] for name in _SETS & vars(before).keys()})


def read_book(
    library: OpenLibrary, owner: str, night: date, decisions: Decisions, *, remember: bool = True
) -> NightBook:
    """The night, read. `remember` False: not even the cache of headers is written."""
    ledger = ledgers.read_night(library.root, owner, night)
    return NightBook(library, owner, night, ledger, decisions, remember)


def sets_of(
    seen: Seen,
    facts: Iterable[StoredFact],
    owner: str,
    night: date,
    arriving: Iterable[Member] = (),
    folders: dict[str, str] | None = None,
    *,
    remember: bool = True,
) -> tuple[FrameSet, ...]:
    """The sets of a night.

    Args:
        seen: The library, its corrections.
        facts: What is stored of the night.
        owner: Its rig or camera.
        night: Its date.
        arriving: Frames that are about to be stored.
        folders: Spellings of targets, where they are known already.
        remember: False: headers that had to be read are not kept.
    """
    frames = [fact for fact in facts if fact.stays == Stays.FRAME]
    members = [_member(fact, frame) for fact, frame in frames_of_stored(seen, frames, remember=remember)]
    members += arriving
    if not members:
        return ()
    aliases = seen.library.configuration.targets
    if folders is None:
        folders = (
            _spelled_here(members)
            or read_outline(seen.library.root, seen.library.state, remember=False).target_folders()
        )
    return group_frames(members, owner, night, speller(folders, aliases))


def _member(fact: StoredFact, frame: Frame) -> Member:
    return Member(
        stored=fact.stored,
        name=fact.stored.rpartition("/")[2],
        size=fact.size,
        mtime_ns=fact.mtime_ns,
        sha256=fact.sha256,
        frame=frame,
    )


def _spelled_here(members: Iterable[Member]) -> dict[str, str] | None:
    """The spellings as the stored folders have them; None where a correction asks for another target."""
    folders: dict[str, str] = {}
    for member in members:
        parts = member.stored.split("/")
        if member.frame.target and member.frame.kind is Kind.LIGHT:
            key = target_key(member.frame.target)
            if parts[3:4] != ["LIGHT"] or target_key(unescape(parts[4])) != key:
                return None
            folders.setdefault(key, parts[4])
    return folders


def _looked_at(root: Path, journal: str) -> Look | None:
    """Its size and time: journals only grow, so what was added always shows."""
    try:
        seen = (root / journal).stat()
    except FileNotFoundError:
        return None
    return seen.st_size, seen.st_mtime_ns


def address_of(stored: str) -> tuple[str, date] | None:
    """Under which rig or camera and night a stored path is filed."""
    address = read_address(stored)
    return None if address is None or address.night is None else (address.owner, address.night)
