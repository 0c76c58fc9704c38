"""One night of one rig as it stands now: its sets, what was done with them, what was decided.

    open_book(library, rig, night) ─▶ NightBook(sets, ledger, decisions)        asked by every task, read once

Opened again after something was written, it is read anew; while nothing was, it is the same value. Stages that follow
on each other in one run thus see what the one before has just put down.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from pipeline.model.frames import Frame
from pipeline.model.records import LinkFact, Stays, StoredFact
from pipeline.model.rigs import Rig
from pipeline.model.sets import FrameSet, Member
from pipeline.rules.addresses import read_address
from pipeline.rules.corrected import heed
from pipeline.rules.decisions import Decisions
from pipeline.rules.escape import unescape
from pipeline.rules.grouping import group_frames, speller
from pipeline.rules.ledger import Ledger, ledger_file
from pipeline.rules.targets import target_key
from pipeline.world import decisions as decided
from pipeline.world import ledger as ledgers
from pipeline.world.ledger import journal_files
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.stored import frames_of_stored
from pipeline.world.summaries import read_outline
from pipeline.world.survey import Seen

_Look = tuple[tuple[str, int, int], ...]
_guard = threading.Lock()
_books: dict[tuple[str, str, date], tuple[object, NightBook]] = {}
_decisions: dict[str, tuple[_Look, Decisions]] = {}


@dataclass(frozen=True)
class NightBook:
    """What is so of one rig's or camera's night."""

    library: OpenLibrary
    owner: str
    night: date
    sets: tuple[FrameSet, ...]
    ledger: Ledger
    """Of this night alone."""
    decisions: Decisions
    """All there are."""

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
    library = open_library(root)
    with _guard:
        decisions, said = _decided(root)
        look = (_looks(root, [root / ledger_file(owner, night)]), said, library.mark)
        key = (str(root), owner, night)
        kept = _books.get(key)
        if kept is None or kept[0] != look:
            kept = look, read_book(library, owner, night, decisions)
            _books[key] = kept
        return kept[1]


def read_book(
    library: OpenLibrary, owner: str, night: date, decisions: Decisions, *, remember: bool = True
) -> NightBook:
    """The night, read. `remember` False: not even the cache of headers is written."""
    ledger = ledgers.read_night(library.root, owner, night)
    seen = Seen(library=library, decisions=decisions, near=ledger, corrections=heed(decisions, ledger))
    sets = sets_of(seen, ledger.stored.values(), owner, night, remember=remember)
    return NightBook(library, owner, night, sets, ledger, decisions)


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
        if member.frame.target and len(parts) > 5:
            key = target_key(member.frame.target)
            if target_key(unescape(parts[4])) != key and parts[3] == "LIGHT":
                return None
            folders.setdefault(key, parts[4])
    return folders


def _decided(root: Path) -> tuple[Decisions, _Look]:
    look = _looks(root, journal_files(root / "_Decisions"))
    kept = _decisions.get(str(root))
    if kept is None or kept[0] != look:
        kept = look, decided.read(root)
        _decisions[str(root)] = kept
    return kept[1], look


def _looks(root: Path, files: Iterable[Path]) -> _Look:
    """Sizes and times: journals only grow, so what was added always shows."""
    found = []
    for path in files:
        try:
            seen = path.stat()
        except FileNotFoundError:
            continue
        found.append((path.relative_to(root).as_posix(), seen.st_size, seen.st_mtime_ns))
    return tuple(found)


def address_of(stored: str) -> tuple[str, date] | None:
    """Under which rig or camera and night a stored path is filed."""
    address = read_address(stored)
    return None if address is None or address.night is None else (address.owner, address.night)
