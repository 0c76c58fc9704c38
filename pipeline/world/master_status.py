"""What `doit status` and `doit why` say of the masters of sets; hashed is only what may be a kept one, renamed.

open nights ─matched now─▶ what lacks, what would be better          sealed ones ─their ledger's outline─▶ what lacks
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from pipeline.model.frames import Frame, Kind
from pipeline.model.masters import Candidate, Fitness, Master, Match, SetMatch
from pipeline.model.served import Lack
from pipeline.model.verdicts import State
from pipeline.rules.decisions import Decisions
from pipeline.rules.frozen import masters_of, missing_of
from pipeline.rules.ledger import Record, ledger_file
from pipeline.rules.master_coming import Coming
from pipeline.rules.master_needs import (
    Better,
    Need,
    as_now,
    better_data,
    better_lines,
    better_of,
    grouped,
    missing_data,
    missing_lines,
    needs_of_lacks,
    needs_of_match,
)
from pipeline.rules.outline import Outline
from pipeline.rules.racks import sorted_racks
from pipeline.rules.waiting import Waiting
from pipeline.world.chosen import holding, is_accepted
from pipeline.world.library import OpenLibrary
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.master_coming import Ahead, look_ahead
from pipeline.world.master_places import hash_of
from pipeline.world.master_shelf import look_at_shelf, read_shelf
from pipeline.world.nightbook import read_book
from pipeline.world.own_masters import own_masters
from pipeline.world.set_masters import match_set

_WAITING = frozenset({State.STORED, State.OFFERED, State.HELD, State.LATE, State.ACCEPTED})
_LATEST_NIGHTS = 10
"""Sealed nights that are asked whether something better is there: the latest, since each has to be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MastersSeen:
    """What is to be said of masters."""

    needs: tuple[Need, ...] = ()
    better: tuple[Better, ...] = ()
    remarks: tuple[str, ...] = ()
    due: int = 0
    """Sets whose masters the next run chooses for good."""

    @property
    def waiting(self) -> list[Waiting]:
        """What to shoot or to choose."""
        return missing_lines(self.needs)

    @property
    def advice(self) -> list[str]:
        """What nothing waits for."""
        return [*better_lines(self.better), *self.remarks]

    @property
    def data(self) -> dict[str, Any]:
        """All of it for programs."""
        return {
            "missing": missing_data(self.needs),
            "better": better_data(self.better),
            "remarks": list(self.remarks),
        }


def masters_seen(
    library: OpenLibrary,
    outline: Outline,
    decisions: Decisions,
    sets: Iterable[SetNow],
    *,
    latest_nights: int = _LATEST_NIGHTS,
) -> MastersSeen:
    """What lacks and what would be better.

    Args:
        library: Where to look.
        outline: The ledger's.
        decisions: What people decided.
        sets: Those of the nights in which something waits.
        latest_nights: Sealed nights that are opened besides, to see whether something better is there.
    """
    lacks = _lacks(outline)
    looked, sets = look_at_shelf(library, decisions, remember=False), list(sets)
    shelf = tuple(one.master for one in looked)
    racks = sorted_racks(shelf)
    opened = [now for now in sets if now.frames.kind is Kind.LIGHT]
    waiting = [now for now in opened if not is_accepted(now) and _number(now)]
    matched = [(now, match_set(now, racks)) for now in waiting]
    known = [*opened, *_sealed(library, outline, decisions, opened, latest_nights)]
    kept = [(now, record) for now in known if (record := _kept(now))]
    needs = [need for now, match in matched for need in needs_of_match(now.frames, match, _number(now))]
    better = [
        one
        for now, record in kept
        for one in better_of(now.frames, masters_of(record), match_set(now, racks), partial(hash_of, library))
    ]
    by_id = {now.frames.id: now for now in known}
    needs += [
        as_now(one, by_id[one.set].frames, match_set(by_id[one.set], racks)) if one.set in by_id else one
        for one in needs_of_lacks(lacks)
    ]
    if needs:
        needs = _with_coming(needs, known, look_ahead(library, sets, shelf))
    said = [text for _, match in matched for one in match.matches.values() for text in one.warnings]
    said += [text for now, record in kept for text in own_masters(now, record)]
    said += _edited(now for now in known if now.rig.calibrate.enabled)
    said += [f"{one.master.path}: {one.unlike}" for one in looked if one.unlike and not one.master.superseded]
    return MastersSeen(
        needs=tuple(needs),
        better=tuple(better),
        remarks=tuple(dict.fromkeys(said)),
        due=sum(not one.kind and not one.folder for found in lacks.values() for one in found),
    )


def _edited(sets: Iterable[SetNow]) -> list[str]:
    """Calibrated lights that stay without a light; what brings numpy along waits until a rig asks for any."""
    found = list(sets)
    if not found:
        return []
    from pipeline.world.calibration_look import edited_copies

    return [text for now in found for text in edited_copies(now)]


def _with_coming(needs: Iterable[Need], known: Iterable[SetNow], ahead: Ahead) -> list[Need]:
    """The needs, each with what its frames wait for; one set speaks for all of its rig that need the same."""
    sets = {now.frames.id: now for now in known}
    found = []
    for alike in grouped(needs):
        speakers = {one.rig: sets[one.set] for one in reversed(alike) if one.set in sets}
        coming = {rig: ahead.of(speaker, alike[0].kind) for rig, speaker in speakers.items()}
        found += [_with(one, coming.get(one.rig)) for one in alike]
    return found


def _with(need: Need, coming: Coming | None) -> Need:
    return need if need.coming == coming else replace(need, coming=coming)


def said_match(now: SetNow, decisions: Decisions) -> SetMatch:
    """The masters of a set in words: by the record of an accepted one, else as they would be chosen now."""
    masters = read_shelf(now.book.library, decisions, remember=False)
    record = _kept(now)
    return _of_record(record, masters) if record is not None else match_set(now, sorted_racks(masters))


def _of_record(record: Record, masters: Iterable[Master]) -> SetMatch:
    known = {one.path: one for one in masters}
    matches = {}
    for kind, said in masters_of(record).items():
        master = known.get(said["path"]) or Master(path=said["path"], frame=Frame(path=said["path"]))
        chosen = Candidate(master=master, fitness=Fitness.CHOSEN)
        matches[Kind(kind)] = Match(kind=Kind(kind), chosen=chosen, why=str(said.get("why", "")))
    for kind, shoot in missing_of(record).items():
        matches[Kind(kind)] = Match(kind=Kind(kind), missing=shoot, why="there was none")
    return SetMatch(matches=matches)


def _kept(now: SetNow) -> Record | None:
    return holding(now) if is_accepted(now) else None


def _number(now: SetNow) -> int:
    """How many lights of a set wait for masters."""
    return now.count(*_WAITING)


def _lacks(outline: Outline) -> dict[tuple[str, date], Sequence[Lack]]:
    journals = outline.journals
    told = {
        night: journals[name].lacks for night in outline.nights if (name := ledger_file(*night)) in journals
    }
    return {night: found for night, found in told.items() if found}


def _sealed(
    library: OpenLibrary,
    outline: Outline,
    decisions: Decisions,
    opened: Iterable[SetNow],
    latest_nights: int,
) -> Iterator[SetNow]:
    """The sets of the latest nights that are not open."""
    known = {(now.book.owner, now.book.night) for now in opened}
    nights = sorted((one for one in outline.nights if one not in known), key=lambda one: one[1], reverse=True)
    for owner, night in nights[:latest_nights]:
        book = read_book(library, owner, night, decisions, remember=False)
        if book.ledger.matched:
            yield from (look_at_set(book, one) for one in book.sets if one.id in book.ledger.matched)
