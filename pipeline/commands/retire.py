"""Take names out of the inboxes now, whatever `retire` in library.toml says, once the stored frame is proven.

  doit retire                      every name whose frame is stored and hashed; the stored frame is read again
  doit retire --dry-run            read and prove, but take nothing out
  doit retire --inbox PATH         one inbox only, written as in library.toml or as a folder
  doit retire --needs-backup       only names of frames that the backup has

A name goes only when its stored twin has the size and the SHA-256 that were first recorded. What is still
being written, not understood or not stored stays; so does what was given up. Folders that become empty go,
but not one that holds `.keep` or anything else.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.model.errors import UserError
from pipeline.rules.retiring import Leaver, leavers
from pipeline.rules.spoken import counted
from pipeline.rules.waiting import Waiting
from pipeline.stages.surroundings import pause_sync
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.retirement import Retirement, kept_in_bucket, sort_out, take_out
from pipeline.world.survey import see
from pipeline.world.telling import teller

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("--dry-run", action="store_true", help="prove, but take nothing out")
    parser.add_argument("--inbox", metavar="PATH", help="only this inbox")
    parser.add_argument("--needs-backup", action="store_true", help="only what the backup has")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Prove and take out what can go."""
    library = open_library(context.library, context.environment)
    inbox = _named_inbox(arguments.inbox, library, context.folder)
    if arguments.dry_run:
        names, waiting = _names(library, inbox, arguments, remember=False)
        return _answer(
            take_out(library, names, teller(context.say, "proven"), only_look=True), waiting, dry_run=True
        )
    with Lock(library.root, command="doit retire"):
        names, waiting = _names(library, inbox, arguments, remember=True)
        if not names:
            return _answer(Retirement(), waiting, dry_run=False)
        with pause_sync(library.root):
            return _answer(take_out(library, names, teller(context.say, "proven")), waiting, dry_run=False)


def _names(
    library: OpenLibrary, inbox: str | None, arguments: argparse.Namespace, *, remember: bool
) -> tuple[list[Leaver], list[Waiting]]:
    seen = see(library, remember=remember)
    found = [one for one in leavers(seen.survey.arrivals, seen.ledger) if inbox in {None, one.inbox}]
    if arguments.needs_backup:
        found = list(filter(kept_in_bucket(library), found))
    leaving, waiting = sort_out(library, (one for one in found if not seen.guard.why(one.stored)))
    return [one.leaver for one in leaving], [*seen.guard.waits, *waiting]


def _named_inbox(named: str | None, library: OpenLibrary, standing: Path) -> str | None:
    """The inbox a person means, as library.toml writes it."""
    if named is None:
        return None
    for inbox, folder in library.inboxes:
        if named == inbox.path or (standing / named).resolve() == folder.resolve():
            return inbox.path
    known = ", ".join(inbox.path for inbox, _ in library.inboxes)
    raise UserError(f"{named} is no inbox of this library; it has: {known}")


def _answer(done: Retirement, waiting: list[Waiting], *, dry_run: bool) -> Answer:
    data: dict[str, Any] = {
        "dry_run": dry_run,
        "retired": [
            {"inbox": one.inbox, "original": one.original, "stored": one.stored} for one in done.retired
        ],
        "stayed": done.stayed,
        "folders_removed": done.folders,
        "waiting": [{"what": one.what, "where": one.where, "command": one.command} for one in waiting],
    }
    number = counted(len(done.retired), "name")
    said = (
        f"{number} would leave, each proven by its stored frame."
        if dry_run
        else f"{number} left, each proven by its stored frame."
    )
    lines = [said if done.retired else "Nothing can leave the inboxes just now."]
    lines += done.stayed[:_SHOWN]
    lines += (
        [f"... and {len(done.stayed) - _SHOWN} more stay (--json names them all)"]
        if len(done.stayed) > _SHOWN
        else []
    )
    lines += [f"{one.what}; {one.command}." for one in waiting]
    if not (done.stayed or waiting):
        return Answer(sentences=tuple(lines), data=data, exit_code=OK)
    return Answer(sentences=tuple(lines), data=data, exit_code=WAITS if done.retired or waiting else CANNOT)
