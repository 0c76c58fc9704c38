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
from typing import Any

from pipeline.commands.why_backup import with_backup_said
from pipeline.commands.why_calibrated import why_calibrated
from pipeline.commands.why_master import why_master
from pipeline.model.answers import Answer, Context
from pipeline.rules.corrected import inbox_subject
from pipeline.rules.decisions import Decisions
from pipeline.rules.frame_account import set_data, set_sections
from pipeline.rules.frame_words import frame_values
from pipeline.rules.history import decision_words, entry_words
from pipeline.rules.overview import section
from pipeline.rules.records import decision_record, entry_record
from pipeline.world import decisions as decided
from pipeline.world.calibrated_account import account_of_calibrated
from pipeline.world.file_account import Account, gather
from pipeline.world.library import open_library
from pipeline.world.local_time import local_words
from pipeline.world.master_account import account_of_master


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
        return with_backup_said(why_master(library, master), library, master.one.master.path, master.sha256)
    decisions = decided.read(library.root)
    copy = account_of_calibrated(library, arguments.file, context.folder, decisions)
    if copy is not None:
        return why_calibrated(copy)
    account = gather(library, arguments.file, context.folder, decisions)
    answer = Answer(sentences=tuple(_lines(account, decisions)), data=_data(account, decisions))
    return with_backup_said(answer, library, account.here.stored, account.sha256)


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
        yield f"{here.stored} ({'adopted here' if here.is_adopted else 'stored'})"
    for link in account.links:
        to = f" to {link.to}" if link.to else ""
        if not here.is_adopted or link.state != "delivered":
            yield f"{link.link} ({link.state.replace('_', ' ')}{to})"
    known = {name for link in account.links for name in (link.link, link.to)}
    if here.link and here.link not in known:
        yield f"{here.link} ({'where it lies now' if here.moved_to else 'a name we did not give'})"


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
