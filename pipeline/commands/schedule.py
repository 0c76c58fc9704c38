r"""Show what NINA's Target Scheduler wants, and tell it which frames to shoot again.

  doit schedule                          what is wanted, accepted and acquired of each target, panel and filter
  doit schedule --dry-run                each change that would be made in the databases, and why; nothing is touched
  doit schedule --push [NAME]            make them now, on the computer the database lies on; NINA must be closed
  doit schedule --push NAME --database 'C:\Users\me\AppData\Local\NINA\SchedulerPlugin\schedulerdb.sqlite'
  doit schedule --backups                the copies from before each change
  doit schedule --restore [NAME] [--backup COPY]      put the newest copy back, or that one

NAME is a [[scheduler.database]] of library.toml. With `[scheduler] write = true` each `doit` makes the changes itself
while NINA rests. A copy of the database is made first, always; what is put back is copied before too.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.model.errors import NightbuildError, UserError
from pipeline.model.plans import Plans
from pipeline.model.record_policies import SchedulerDatabase
from pipeline.model.scheduler import Proposal
from pipeline.rules.scheduler_words import change_data, change_rows, diary_line, wish_row
from pipeline.rules.spoken import counted, sized
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.local_time import local_words
from pipeline.world.lock import Lock
from pipeline.world.nina_at_work import at_work
from pipeline.world.plans import read_plans
from pipeline.world.scheduler_db import database_file, look_of
from pipeline.world.scheduler_status import scheduler_waits
from pipeline.world.scheduler_write import backups_in, restore
from pipeline.world.scheduling import backups_of, file_of, logs_of, proposal_for, push

_COLUMNS = (
    "target", "filter", "exposure", "wanted", "accepted", "acquired", "project", "state", "rig", "from",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="only this scheduler")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="show each change and why, and touch nothing")
    what.add_argument("--push", action="store_true", help="make the changes now")
    what.add_argument("--restore", action="store_true", help="put a copy from before a change back")
    what.add_argument("--backups", action="store_true", help="list the copies")
    parser.add_argument(
        "--database",
        default="",
        metavar="FILE",
        help="with --push or --restore: the file, as it is called here",
    )
    parser.add_argument("--backup", default="", metavar="COPY", help="with --restore: which; else the newest")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Show, propose, push or restore."""
    library = open_library(context.library, context.environment)
    if arguments.database and not (arguments.push or arguments.restore):
        raise UserError("--database goes with --push or --restore.")
    if arguments.backup and not arguments.restore:
        raise UserError("--backup goes with --restore.")
    if arguments.backups:
        return _list_backups(library, _named(library, arguments.name))
    if arguments.dry_run:
        return _propose(library, _named(library, arguments.name))
    if not (arguments.push or arguments.restore):
        return _show(library, arguments.name)
    database = _one(library, arguments.name)
    file = _file(library, database, arguments.database, context.folder)
    with Lock(library.root, command="doit schedule"):
        if arguments.restore:
            return _restore(library, database, file, arguments.backup)
        return _push(library, database, file)


def _show(library: OpenLibrary, name: str) -> Answer:
    plans = read_plans(library)
    known = [source.name for source in plans.sources]
    if name and name not in known:
        raise UserError(f"No plan is called {name}; known: {', '.join(known) or 'none'}.")
    if not plans.sources:
        raise UserError(
            "Nothing is planned. Name NINA's database in library.toml under [[scheduler.database]], "
            "or import a list: doit plan-import FILE"
        )
    wishes = [wish for wish in plans.wishes if not name or wish.source == name]
    rows = sorted(map(wish_row, wishes), key=lambda row: (str(row["target"]).casefold(), str(row["filter"])))
    waits = scheduler_waits(library)
    closing = tuple(f"{one.what}; {one.command}" for one in waits)
    told = tuple(_sources(plans, name))
    return Answer(
        sentences=told,
        columns=_COLUMNS,
        rows=rows,
        data={"wishes": rows, "sources": list(told), "waits": list(closing)},
        closing=closing,
        exit_code=WAITS if waits else OK,
    )


def _sources(plans: Plans, name: str) -> Iterator[str]:
    for one in plans.sources:
        if not name or one.name == name:
            when = f"as of {local_words(one.as_of)}" if one.as_of is not None else "not read yet: type `doit`"
            yield f"{one.name} ({one.kind}), {when}" + (f"; {one.why}" if one.why else "")


def _propose(library: OpenLibrary, databases: Sequence[SchedulerDatabase]) -> Answer:
    rows: list[dict[str, Any]] = []
    data: list[dict[str, Any]] = []
    left: list[str] = []
    for database in databases:
        try:
            found = proposal_for(library, database)
        except NightbuildError as error:
            left.append(f"{database.name}: {error}.")
            continue
        rows += change_rows(database.name, found.changes)
        data += [change_data(database.name, one) for one in found.changes]
        left += [f"{database.name}: {one}." for one in found.left]
    said = () if rows else ("Nothing would be changed.",)
    return Answer(sentences=said, rows=rows, data={"changes": data, "left": left}, closing=tuple(left))


def _push(library: OpenLibrary, database: SchedulerDatabase, file: Path) -> Answer:
    found = push(library, database, file)
    closing = [f"{database.name}: {one}." for one in found.proposal.left]
    if found.backup is None:
        return Answer(sentences=(f"{database.name}: nothing was to be changed.",), closing=tuple(closing))
    return Answer(
        sentences=(f"{diary_line(database.name, found.proposal, waits='', is_made=True)}.",),
        rows=list(change_rows(database.name, found.proposal.changes)),
        data={"changes": _data(database, found.proposal), "backup": str(found.backup)},
        closing=(*closing, f"As it was before: {found.backup}. `doit schedule --restore` puts it back."),
    )


def _restore(library: OpenLibrary, database: SchedulerDatabase, file: Path, wanted: str) -> Answer:
    folder = backups_of(library, database)
    copies = backups_in(folder)
    chosen = next((one for one in copies if not wanted or wanted in {one.stem, one.name}), None)
    if chosen is None:
        known = ", ".join(one.stem for one in copies)
        raise UserError(f"{database.name}: no such copy in {folder}; there are: {known or 'none'}.")
    if busy := at_work(file, logs_of(library, database), None):
        raise UserError(f"{database.name}: {busy}. Nothing was put back; end NINA and type it again.")
    settings = library.configuration.library.scheduler
    before = restore(file, chosen, folder, settings.keep_backups)
    closing = [f"As it was just now: {before}."]
    if settings.write:
        closing.append(
            "With `write = true` the next `doit` changes it again: set it to false in library.toml first, "
            "or restore the frames."
        )
    return Answer(
        sentences=(f"{database.name}: as it was in {chosen.name}.",),
        closing=tuple(closing),
        data={"restored": str(chosen), "before": str(before)},
    )


def _list_backups(library: OpenLibrary, databases: Sequence[SchedulerDatabase]) -> Answer:
    rows = [
        {"scheduler": one.name, "copy": path.stem, "size": sized(path.stat().st_size), "file": str(path)}
        for one in databases
        for path in backups_in(backups_of(library, one))
    ]
    said = () if rows else ("There are no copies: nothing was changed yet.",)
    return Answer(sentences=said, rows=rows, exit_code=OK)


def _data(database: SchedulerDatabase, proposal: Proposal) -> list[dict[str, Any]]:
    return [change_data(database.name, one) for one in proposal.changes]


def _named(library: OpenLibrary, name: str) -> Sequence[SchedulerDatabase]:
    found = library.configuration.library.scheduler.databases
    if not found:
        raise UserError(
            "No scheduler is named in library.toml; add a [[scheduler.database]] with name and path."
        )
    chosen = [one for one in found if not name or one.name == name]
    if not chosen:
        known = ", ".join(one.name for one in found)
        raise UserError(f"No scheduler is called {name}; library.toml names {known}.")
    return chosen


def _one(library: OpenLibrary, name: str) -> SchedulerDatabase:
    found = _named(library, name)
    if len(found) > 1:
        known = ", ".join(one.name for one in found)
        raise UserError(f"Which one? library.toml names {counted(len(found), 'scheduler')}: {known}.")
    return found[0]


def _file(library: OpenLibrary, database: SchedulerDatabase, typed: str, folder: Path) -> Path:
    file = database_file(folder / typed) if typed else file_of(library, database)
    if look_of(file) is None:
        raise UserError(
            f"{file}: there is no such file. On the computer NINA runs on it is usually "
            r"%LOCALAPPDATA%\NINA\SchedulerPlugin\schedulerdb.sqlite; name it with --database"
        )
    return file
