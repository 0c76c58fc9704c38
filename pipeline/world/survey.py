"""The survey: every inbox listed, every new header read, and for each file what is to become of it.

One look for a whole run: what is planned, listed and shown comes from the same survey.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from pipeline.model.frames import Evidence
from pipeline.model.rigs import Inbox
from pipeline.model.survey import Arrival, Found, InboxScan, Sighting, Sort, Survey
from pipeline.rules.arrivals import Rules, judge_frame, judge_name
from pipeline.rules.corrected import Corrections, heed
from pipeline.rules.corrections import CORRECT, overlaid
from pipeline.rules.decisions import Decisions
from pipeline.rules.guards import Guard, hold_back, mark_away
from pipeline.rules.identity import Clues
from pipeline.rules.ledger import Ledger
from pipeline.rules.library_names import homes_in
from pipeline.rules.outline import Night, Outline, names_in
from pipeline.rules.packed import judge_archives
from pipeline.rules.witnesses import Around, around_of, places_of
from pipeline.world import ledger as ledgers
from pipeline.world.attempts import mark_of, read_attempt
from pipeline.world.guards import look_around
from pipeline.world.index import Index, index_of
from pipeline.world.library import OpenLibrary
from pipeline.world.said import Said, read_said
from pipeline.world.scan import scan_inbox
from pipeline.world.summaries import read_outline


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A library at one moment: what planning, status and `plan` all start from."""

    library: OpenLibrary
    said: Said = field(default_factory=Said)
    """What people decided."""
    outline: Outline = field(default_factory=Outline)
    """What the whole ledger comes down to."""
    near: Ledger = field(default_factory=Ledger)
    """The ledger of what lies in the inboxes, and of the nights its logs tell of."""
    survey: Survey = field(default_factory=Survey)
    corrections: Corrections = field(default_factory=Corrections)
    """What the decisions say of single frames, sets and nights."""
    guard: Guard = field(default_factory=Guard)
    """What must wait, since what held frames is not there."""
    around: Around = field(default_factory=Around)
    """Which nights' frames lie, or lay, near the logs in the inboxes."""

    @cached_property
    def ledger(self) -> Ledger:
        """The whole ledger, read when it is asked for: a night in which nothing is due needs none of it."""
        return ledgers.read(self.library.root)

    @property
    def decisions(self) -> Decisions:
        """All decisions, likewise."""
        return self.said.all


def see(library: OpenLibrary, *, remember: bool = True) -> Seen:
    """Look at everything once. `remember` False: not even the cache is written."""
    state = library.state if remember or library.state.is_dir() else None
    outline = read_outline(library.root, state, remember=remember)
    said = read_said(library.root, state, remember=remember)
    index = index_of(library, remember=remember)
    scans = [
        mark_away(scan_inbox(inbox.path, folder), outline.held_names) for inbox, folder in library.inboxes
    ]
    guard = look_around(library.root, outline.held_homes(), scans)
    names = [*(found.origin for scan in scans for found in scan.files), *names_in(said.wide.of_kind(CORRECT))]
    near = ledgers.read_some(library.root, outline.speaking_of(names))
    corrections = heed(said.wide, near)
    rules, arrivals = arrival_rules(library, near, outline.target_folders()), list[Arrival]()
    for scan, (inbox, folder) in zip(scans, library.inboxes, strict=True):
        arrivals += _judge(scan, inbox, folder, library, rules, corrections, index)
    arrivals = hold_back(_judge_archives(arrivals, library, near, said.wide, outline), guard)
    survey = Survey(arrivals=tuple(arrivals), scans=tuple(scans), counts=Counter(a.fate for a in arrivals))
    around, nights = _told_of(arrivals, outline)
    return Seen(
        library=library,
        said=said,
        outline=outline,
        near=ledgers.read_some(library.root, outline.speaking_of(names, nights)) if nights else near,
        survey=survey,
        corrections=corrections,
        guard=guard,
        around=around,
    )


def _told_of(arrivals: Sequence[Arrival], outline: Outline) -> tuple[Around, set[Night]]:
    """The nights that logs and session files in the inboxes tell of."""
    logs = [arrival.found for arrival in arrivals if arrival.found.sort is Sort.WITNESS]
    if not logs:
        return Around(), set()
    around = around_of(outline.lying(), arrivals)
    return around, {(place.owner, place.night) for found in logs for place in places_of(found, around)}


def _judge(
    scan: InboxScan,
    inbox: Inbox,
    folder: Path,
    library: OpenLibrary,
    rules: Rules,
    corrections: Corrections,
    index: Index,
) -> Iterator[Arrival]:
    unread = []
    for found in scan.files:
        told = judge_name(found, rules)
        if told is not None:
            yield told
        else:
            unread.append(found)
    for sighting in _sightings(unread, folder, inbox, library, corrections, index):
        yield judge_frame(sighting, rules)


def _sightings(
    unread: Sequence[Found],
    folder: Path,
    inbox: Inbox,
    library: OpenLibrary,
    corrections: Corrections,
    index: Index,
) -> Iterator[Sighting]:
    """What each file is; one whose night was corrected is looked at again, now that its night is known."""
    readers = library.configuration.library.limits.readers
    again: dict[str, Evidence | None] = {}

    def ask(found: Found) -> Clues:
        said = again[found.original] if found.original in again else corrections.of_found(found)
        return Clues(path=found.original, inbox_rig=inbox.rig, corrections=said)

    for sighting in index.look(unread, folder, library.known, ask, readers):
        night = corrections.of_night(sighting.frame) if sighting.frame is not None else None
        if night is None:
            yield sighting
        else:
            again[sighting.found.original] = overlaid(corrections.of_found(sighting.found), night)
    corrected = [found for found in unread if found.original in again]
    yield from index.look(corrected, folder, library.known, ask, readers, again=True)


def _judge_archives(
    arrivals: Sequence[Arrival],
    library: OpenLibrary,
    near: Ledger,
    decisions: Decisions,
    outline: Outline,
) -> list[Arrival]:
    attempt_of, mark = partial(read_attempt, library), partial(mark_of, library, decisions)
    unpack = library.configuration.library.archives.unpack
    return judge_archives(arrivals, near, attempt_of, mark, outline.lying, unpack=unpack)


def arrival_rules(library: OpenLibrary, ledger: Ledger, targets: dict[str, str]) -> Rules:
    """What judging a file depends on besides the file, now."""
    settings = library.configuration.library
    return Rules(
        now_ns=time.time_ns(),
        settle_s=settings.settle_seconds,
        accept_unknown=settings.unknown_rigs == "accept",
        rig_names=[rig.name for rig in library.configuration.rigs],
        known=ledger.holds,
        homes=homes_in([entry.name for entry in os.scandir(library.root)]),
        target_folders=targets,
    )
