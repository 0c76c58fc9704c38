"""Everything the library knows of one file: which file is meant, what it is, how it stands, what happened to it.

    typed ─find_file─▶ Whereabouts ─┬▶ an inbox file nobody stored: what is to become of it
                                    └▶ a stored frame: ledger, set, decisions, its own header

Nothing is written, not even a cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model.errors import FrameError
from pipeline.model.frames import Frame, Problem
from pipeline.model.records import Decision, LedgerEntry, LinkFact
from pipeline.model.survey import Arrival
from pipeline.rules.corrected import heed, night_subject
from pipeline.rules.decisions import Decisions
from pipeline.rules.frame_account import FrameAccount, situation_in_set
from pipeline.rules.history import Names
from pipeline.rules.identity import Clues
from pipeline.rules.ledger import Ledger
from pipeline.rules.records import entry_of
from pipeline.rules.situation import STORED, Situation, of_arrival, of_moved, of_stored
from pipeline.world import journals
from pipeline.world import ledger as ledgers
from pipeline.world.frame_account import account_of
from pipeline.world.headers import read_header
from pipeline.world.library import OpenLibrary
from pipeline.world.survey import see
from pipeline.world.whereabouts import Whereabouts, find_file, path_below


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything known about one file."""

    here: Whereabouts
    situation: Situation
    frame: Frame
    sha256: str
    links: list[LinkFact]
    in_set: FrameAccount | None
    """What follows the store; None for what is not stored."""
    history: list[LedgerEntry]
    decisions: list[Decision]


def gather(library: OpenLibrary, typed: str, standing: Path, decisions: Decisions) -> Account:
    """Everything known.

    Raises:
        UserError: Nothing is known by that name, or several are.
    """
    ledger = ledgers.read(library.root)
    here = find_file(library, ledger, typed, standing)
    arrival = _arrival(library, ledger, here)
    frame = _identify(library, ledger, here, decisions) if arrival is None else _of_arrival(arrival, here)
    fact = ledger.stored.get(here.stored)
    links = ledger.links_of(here.stored) if here.stored else []
    names = _all_names(here, frame, links, is_stored=arrival is None)
    in_set = account_of(library, here.stored, decisions) if fact is not None and arrival is None else None
    return Account(
        here=here,
        situation=of_arrival(arrival, _folder_of(library, here))
        if arrival or not here.stored
        else _situation(library, ledger, here, in_set),
        frame=frame,
        sha256=(fact.sha256 or "") if fact is not None and arrival is None else "",
        links=links,
        in_set=in_set,
        history=sorted(_history(library.root, names), key=lambda entry: entry.when),
        decisions=[one for one in decisions.said if names.concerns(one)],
    )


def _all_names(here: Whereabouts, frame: Frame, links: list[LinkFact], *, is_stored: bool) -> Names:
    """What ledger and decisions call it. A file written anew under an old name is not the stored one."""
    return Names(
        stored=here.stored if is_stored else "",
        origin=(here.inbox, here.original),
        links=frozenset(link.link for link in links),
        nights=_nights(frame),
        rig=frame.rig or "",
    )


def _arrival(library: OpenLibrary, ledger: Ledger, here: Whereabouts) -> Arrival | None:
    """What is to become of an inbox file the ledger does not know, or not with this size and time."""
    if here.path != here.lies or not here.path.is_file():
        return None
    seen = here.path.stat()
    if ledger.holds((here.inbox, here.original), seen.st_size, seen.st_mtime_ns):
        return None
    survey = see(library, remember=False).survey
    origin = (here.inbox, here.original)
    return next((arrival for arrival in survey.arrivals if arrival.found.origin == origin), None)


def _folder_of(library: OpenLibrary, here: Whereabouts) -> str:
    """The folder of a file nobody knows, where that lies in the library: it may be adopted."""
    inside = path_below(here.path, library.root)
    return inside.rpartition("/")[0] if inside is not None else ""


def _situation(
    library: OpenLibrary, ledger: Ledger, here: Whereabouts, in_set: FrameAccount | None
) -> Situation:
    if here.moved_to:
        return of_moved(here.moved_to)
    try:
        fact = ledger.stored.get(here.stored)
        found = (library.root / (fact.at if fact is not None else here.stored)).stat()
        seen = (found.st_size, found.st_mtime_ns)
    except OSError:
        seen = None
    is_duplicate = (here.inbox, here.original) in ledger.duplicates
    told = of_stored(here.stored, ledger, seen, is_duplicate=is_duplicate)
    return situation_in_set(in_set) if in_set is not None and told.state == STORED else told


def _identify(library: OpenLibrary, ledger: Ledger, here: Whereabouts, decisions: Decisions) -> Frame:
    """Who it is, all its witnesses heard: the file's header where it is there, its first name, corrections."""
    fact = ledger.stored.get(here.stored)
    corrections = heed(decisions, ledger)
    header, problem = None, None
    try:
        lying = here.moved_to or (fact.at if fact is not None else here.stored)
        header = read_header(library.root / lying if here.stored else here.path)
    except (FrameError, OSError) as error:
        problem = Problem("unreadable", f"the header could not be read: {error}")
    clues = Clues(
        path=here.stored or str(here.path),
        header=header,
        original=(fact.original if fact is not None else here.original) or None,
        inbox_rig=next((inbox.rig for inbox, _ in library.inboxes if inbox.path == here.inbox), None),
        corrections=corrections.of_stored(fact) if fact is not None else None,
    )
    frame = corrections.identify(clues, library.known)
    return frame if problem is None else replace(frame, problems=(problem, *frame.problems))


def _of_arrival(arrival: Arrival, here: Whereabouts) -> Frame:
    return arrival.frame or Frame(path=str(here.path))


def _nights(frame: Frame) -> frozenset[str]:
    if frame.night is None:
        return frozenset()
    owners = (None, frame.rig, frame.camera)
    return frozenset(night_subject(frame.night, owner) for owner in owners)


def _history(root: Path, names: Names) -> Iterator[LedgerEntry]:
    """What the ledger wrote of it; a line is looked at only when it holds one of the names."""
    wanted = names.paths
    for path in ledgers.journal_files(root / "_Ledger") if wanted else ():
        for record in journals.read(path).records:
            if not wanted.isdisjoint({text for text in record.values() if isinstance(text, str)}):
                entry = entry_of(record)
                if entry is not None and names.speaks(entry):
                    yield entry
