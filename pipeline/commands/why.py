"""Say everything known about one file: what it is and who says so, its state and why, what happened to it.

Of a frame in a set also what was measured, how the limits judged it, and where it is offered, rejected or accepted. Of
a master: what it was made of and how, which accepted sets use it, and why it is held or not used. Of a calibrated
light: of which light it is the copy, by which masters, what was done, its score.

  doit why FILE            a file in an inbox, in the store, or any link to one; either slash, also when it is gone
  doit why FILE --json

A name alone will do where one stored frame bears it. Nothing is written, not even a cache.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.commands.why_calibrated import why_calibrated
from pipeline.commands.why_master import why_master
from pipeline.model.answers import Answer, Context
from pipeline.model.errors import FrameError
from pipeline.model.frames import Frame, Problem
from pipeline.model.records import Decision, LedgerEntry, LinkFact
from pipeline.model.survey import Arrival
from pipeline.rules.corrected import heed, inbox_subject, night_subject
from pipeline.rules.decisions import Decisions
from pipeline.rules.frame_account import FrameAccount, set_data, set_sections, situation_in_set
from pipeline.rules.frame_words import frame_values
from pipeline.rules.history import Names, decision_words, entry_words
from pipeline.rules.identity import Clues
from pipeline.rules.ledger import Ledger
from pipeline.rules.overview import section
from pipeline.rules.records import decision_record, entry_of, entry_record
from pipeline.rules.situation import STORED, Situation, of_arrival, of_stored
from pipeline.world import decisions as decided
from pipeline.world import journals
from pipeline.world import ledger as ledgers
from pipeline.world.calibrated_account import account_of_calibrated
from pipeline.world.frame_account import account_of
from pipeline.world.headers import read_header
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.local_time import local_words
from pipeline.world.master_account import account_of_master
from pipeline.world.survey import see
from pipeline.world.whereabouts import Whereabouts, find_file


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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument(
        "file", metavar="FILE", help="a path; a name alone will do where only one frame bears it"
    )


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Find the file, ask everybody, tell."""
    library = open_library(context.library, context.environment)
    master = account_of_master(library, arguments.file, context.folder)
    if master is not None:
        return why_master(library, master)
    decisions = decided.read(library.root)
    copy = account_of_calibrated(library, arguments.file, context.folder, decisions)
    if copy is not None:
        return why_calibrated(copy)
    account = gather(library, arguments.file, context.folder, decisions)
    return Answer(sentences=tuple(_lines(account, decisions)), data=_data(account, decisions))


def gather(library: OpenLibrary, typed: str, standing: Path, decisions: Decisions) -> Account:
    """Everything known; nothing is written, not even a cache."""
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
        situation=of_arrival(arrival)
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


def _situation(
    library: OpenLibrary, ledger: Ledger, here: Whereabouts, in_set: FrameAccount | None
) -> Situation:
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
        lying = fact.at if fact is not None else here.stored
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


def _lines(account: Account, decisions: Decisions) -> Iterator[str]:
    here, situation = account.here, account.situation
    why = f": {situation.why}" if situation.why else ""
    yield str(here.path)
    yield from section(
        "State", [situation.state + why, *([f"  {situation.command}"] if situation.command else [])]
    )
    yield from section("Names", list(_names(account)))
    values = list(frame_values(account.frame))
    name_width = max((len(name) for name, _, _ in values), default=0)
    value_width = max((len(value) for _, value, _ in values), default=0)
    told = [
        f"{name:{name_width}}  {value:{value_width}}  {source}".rstrip() for name, value, source in values
    ]
    yield from section("Is", told)
    for heading, lines in set_sections(account.in_set):
        yield from section(heading, lines)
    yield from section("Noticed", [problem.text for problem in account.frame.problems])
    happened = [f"{local_words(entry.when)}  {entry_words(entry)}" for entry in account.history]
    yield from section("History", happened)
    said = [f"{local_words(one.when)}  {decision_words(one, decisions)}" for one in account.decisions]
    yield from section("Decisions", said)


def _names(account: Account) -> Iterator[str]:
    here = account.here
    if here.original:
        lies = "in the inbox" if here.lies and here.lies.exists() else "no longer in the inbox"
        yield f"{inbox_subject(here.inbox, here.original)} ({lies})"
    if here.stored:
        yield f"{here.stored} (stored)"
    for link in account.links:
        to = f" to {link.to}" if link.to else ""
        yield f"{link.link} ({link.state.replace('_', ' ')}{to})"
    if here.link and here.link not in {link.link for link in account.links}:
        yield f"{here.link} (a name we did not give)"


def _data(account: Account, decisions: Decisions) -> dict[str, Any]:
    here, situation = account.here, account.situation
    return {
        "file": here.typed,
        "path": str(here.path),
        "state": situation.state,
        "why": situation.why,
        "command": situation.command,
        "stored": here.stored,
        "inbox": here.inbox,
        "original": here.original,
        "sha256": account.sha256,
        "links": [link._asdict() for link in account.links],
        "identity": [
            {"value": name, "is": value, "from": source}
            for name, value, source in frame_values(account.frame)
        ],
        "set": set_data(account.in_set),
        "problems": [str(problem) for problem in account.frame.problems],
        "history": [{**entry_record(entry), "says": entry_words(entry)} for entry in account.history],
        "decisions": [
            {**decision_record(one), "says": decision_words(one, decisions), "holds": decisions.holds(one.id)}
            for one in account.decisions
        ],
    }
