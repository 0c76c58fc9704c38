"""The masters of a set: those it was accepted with, else those that would be chosen now. Asked by whoever needs them.

accepted ─the ledger's record─▶ SetMatch        by bytes: also where a newer master took the name since
open     ─rules/matching over the shelf─▶ SetMatch      what was chosen is looked at before it is used
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.model.frames import Kind
from pipeline.model.masters import Candidate, Fitness, Master, Match, SetMatch
from pipeline.model.records import Matched
from pipeline.rules.frozen import (
    asked_anew,
    freeze,
    frozen_record,
    is_same_choice,
    kinds_asked,
    masters_of,
    missing_of,
    unwanted_kinds,
)
from pipeline.rules.ledger import Record
from pipeline.rules.matching import need_of
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.racks import sorted_racks
from pipeline.rules.records import moment
from pipeline.world.looking import SetNow
from pipeline.world.master_files import Listed, read_masters
from pipeline.world.master_places import find_master, hash_of, hash_of_name, why_not_used
from pipeline.world.master_shelf import read_shelf
from pipeline.world.moments import not_before
from pipeline.world.set_masters import match_set


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be written down of a set's masters, and what holds then."""

    record: Matched | Record | None
    """The choice for good; None: the set is open."""
    due: Matched | None = None
    """The same, where it is still to be written."""
    live: SetMatch | None = None
    """What would be chosen now, where that was asked."""


def chosen_masters(now: SetNow) -> SetMatch:
    """The masters of a set of lights: of an accepted one those it keeps, else the best there are now."""
    record = holding(now) if is_accepted(now) else None
    return live_masters(now) if record is None else _as_match(now, record)


def is_accepted(now: SetNow) -> bool:
    """True when a light of the set lies in 20_Data."""
    return now.frames.kind is Kind.LIGHT and any(
        stage_of(lies_at(link)) is Place.DATA
        for stored in now.frames.by_stored
        for link in now.book.links.get(stored, ())
        if lies_at(link)
    )


def holding(now: SetNow) -> Record | None:
    """The choice for good that holds."""
    asked = asked_anew(now.frames.id, now.book.decisions)
    return frozen_record(now.frames.id, now.book.ledger, now.words, asked)


def _before_pins(now: SetNow) -> Record | None:
    """What stays of an earlier choice where a person has asked for another master of one kind only."""
    old = frozen_record(now.frames.id, now.book.ledger, now.words, None)
    asked = kinds_asked(now.frames.id, now.book.decisions, since=moment(old["when"])) if old else None
    if old is None or asked is None:
        return None
    kept = {kind: said for kind, said in masters_of(old).items() if kind not in asked}
    return {**old, "masters": kept}


def _before_rematch(now: SetNow, live: SetMatch) -> Record | None:
    """What stays where a person has asked for other masters: those in whose place none would be chosen."""
    old = frozen_record(now.frames.id, now.book.ledger, now.words, None)
    if old is None:
        return None
    kept = {kind: said for kind, said in masters_of(old).items() if live.master(Kind(kind)) is None}
    return {**old, "masters": kept}


def choose(now: SetNow) -> Choice:
    """What is to be written down; asked of the libraries only where something is to be chosen."""
    if not is_accepted(now):
        return Choice(record=None)
    record = holding(now)
    if record is not None and not missing_of(record):
        return Choice(record=record)
    live = live_masters(now)
    unwanted = unwanted_kinds(now.frames.id, now.book.decisions)
    hashes = hashes_of(now, live)
    when = not_before(now.book.floor)
    before = record or _before_pins(now) or _before_rematch(now, live)
    found = freeze(now.frames.id, live, hashes, before, when=when, unwanted=unwanted)
    if record is not None and is_same_choice(found, record):
        return Choice(record=record, live=live)
    return Choice(record=found, due=found, live=live)


def live_masters(now: SetNow) -> SetMatch:
    """What would be chosen now. A master that turns out unsound is set aside, and the next best is taken."""
    light, library = need_of(now.frames), now.book.library
    masters = list(read_shelf(library, now.book.decisions))
    troubles: dict[str, str] = {}
    while True:
        found = match_set(now, sorted_racks(masters))
        bad = {
            master.path: why
            for one in found.matches.values()
            if one.chosen is not None
            if (why := why_not_used(library, master := one.chosen.master, light))
        }
        fresh = bad.keys() - troubles.keys()
        if not fresh:
            return _with_troubles(found, troubles)
        troubles |= bad
        masters = [
            replace(one, trouble=troubles[one.path]) if one.path in troubles else one for one in masters
        ]


def hashes_of(now: SetNow, match: SetMatch) -> dict[str, str]:
    """SHA-256 of each chosen master, by its path."""
    chosen = [one.chosen.master for one in match.matches.values() if one.chosen is not None]
    return {master.path: hash_of(now.book.library, master) for master in chosen}


def _with_troubles(found: SetMatch, troubles: Mapping[str, str]) -> SetMatch:
    """The match, with a sentence for each master that would have been chosen and is unsound."""
    if not troubles:
        return found
    matches = {}
    for kind, one in found.matches.items():
        mine = {candidate.master.path for candidate in one.candidates} & troubles.keys()
        said = tuple(
            f"{path}: {troubles[path]}; it is left where it is, and not used" for path in sorted(mine)
        )
        matches[kind] = replace(one, warnings=(*one.warnings, *said))
    return SetMatch(matches=matches)


def _as_match(now: SetNow, record: Record) -> SetMatch:
    """A choice for good as a match."""
    shelf = read_shelf(now.book.library, now.book.decisions)
    matches = {
        Kind(kind): _kept_match(now, Kind(kind), said, shelf) for kind, said in masters_of(record).items()
    }
    for kind, shoot in missing_of(record).items():
        matches[Kind(kind)] = Match(kind=Kind(kind), missing=shoot, why="it was missing")
    return SetMatch(matches=matches)


def _kept_match(now: SetNow, kind: Kind, said: Mapping[str, Any], shelf: Iterable[Master]) -> Match:
    path, sha256 = str(said.get("path", "")), str(said.get("sha256", ""))
    master = find_master(now.book.library, path, sha256, shelf=shelf) or _given(now, sha256)
    if master is None:
        gone = f"{path}, which the set was accepted with, is in no library any more as it was"
        return Match(kind=kind, why=str(said.get("why", "")), warnings=(gone,))
    night, own = master.frame.night, need_of(now.frames).night
    chosen = Candidate(
        master=replace(master, sha256=sha256),  # whoever opens it proves that it still is these bytes
        fitness=Fitness.CHOSEN,
        days=None if night is None or own is None else (night - own).days,
        scale=float(said.get("scale", 1.0)),
    )
    return Match(kind=kind, chosen=chosen, candidates=(chosen,), why=str(said.get("why", "")))


def _given(now: SetNow, sha256: str) -> Master | None:
    """The master as it lies beside the lights, where no library has it any more."""
    library = now.book.library
    for link, record in now.book.ledger.masters.items():
        path = library.root / link
        if record["event"] != "master_given" or record.get("sha256") != sha256 or not path.is_file():
            continue
        if hash_of_name(path) == sha256:
            seen = path.stat()
            listed = Listed(link, seen.st_size, seen.st_mtime_ns)
            frame = read_masters(library, [listed], remember=False)[listed].frame
            return Master(path=link, frame=frame, size=listed.size, mtime_ns=listed.mtime_ns, sha256=sha256)
    return None
