"""Send what is not kept yet to the bucket that library.toml names.

  doit backup                          everything that is to be kept and is not there yet
  doit backup --target M31             only the nights on which M31 was shot
  doit backup --session 2026-01-14     only this night; `2026-01-14/<rig>` means one rig's
  doit backup --year 2025              only the nights of that year
  doit backup --dry-run                how much it would send, in how many requests, and what the first year costs
  doit backup --rebuild-receipts       write `_Backup` anew from what the bucket has; nothing is sent

A run that is stopped goes on where it was: parts that arrived are not sent again. With `enabled = true` in [backup]
each `doit` does the same at its end.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import date

from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.model.backup import Sent
from pipeline.model.backup_policies import Backup
from pipeline.model.errors import PassingError, UserError
from pipeline.rules.backup_dry_words import dry_words
from pipeline.rules.backup_words import added, sent_words
from pipeline.rules.spoken import counted
from pipeline.world.backing_up import carrier, send_home
from pipeline.world.backup_homes import Home, due_of, homes_of, note_sent
from pipeline.world.backup_rebuilt import rebuild
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.prices import read_prices
from pipeline.world.telling import teller


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("--session", default="", metavar="NIGHT", help="only this night, or NIGHT/<rig>")
    parser.add_argument("--target", default="", help="only nights on which this was shot")
    parser.add_argument("--year", type=int, metavar="YYYY", help="only the nights of this year")
    parser.add_argument("--dry-run", action="store_true", help="say what would be sent; send nothing")
    parser.add_argument("--rebuild-receipts", action="store_true", help="write _Backup anew from the bucket")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Send, or say what would be sent."""
    library = open_library(context.library, context.environment)
    settings = library.configuration.library.backup
    if not settings.bucket:
        raise UserError(
            'No bucket is named: write bucket = "..." and enabled = true into [backup] of library.toml.'
        )
    if arguments.rebuild_receipts:
        with Lock(library.root, command="doit backup"):
            return _rebuilt(library, settings)
    homes = list(_chosen(library, settings, arguments))
    if arguments.dry_run:
        return _dry(library, settings, homes, context)
    with Lock(library.root, command="doit backup"):
        return _send(library, settings, homes, context, records=not _is_narrowed(arguments))


def _is_narrowed(arguments: argparse.Namespace) -> bool:
    return bool(arguments.session or arguments.target or arguments.year)


def _chosen(library: OpenLibrary, settings: Backup, arguments: argparse.Namespace) -> Iterator[Home]:
    """The homes that were asked for; shelves belong to no night, and come along only when all is sent."""
    evening, _, rig = arguments.session.partition("/")
    if evening:
        try:
            date.fromisoformat(evening)
        except ValueError as error:
            raise UserError(f"--session {arguments.session}: write a night, as in 2026-01-14") from error
    found = False
    for home in homes_of(library, settings, target=arguments.target):
        if home.night is None:
            is_meant = not _is_narrowed(arguments)
        else:
            is_meant = evening in {"", home.night.isoformat()} and rig in {"", home.owner}
            is_meant = is_meant and arguments.year in {None, home.night.year}
        if is_meant:
            found = True
            yield home
    if not found and _is_narrowed(arguments):
        raise UserError("Nothing is stored of that: `doit show nights` lists what there is.")


def _send(
    library: OpenLibrary, settings: Backup, homes: Sequence[Home], context: Context, *, records: bool
) -> Answer:
    from pipeline.world.backup_records import send_records

    due = [(home, items) for home in homes if (items := due_of(library, settings, home))]
    total, before, lines, sums = sum(one.size for _, items in due for one in items), 0, list[str](), Sent()
    tell = teller(context.say, "MB backed up")
    with carrier(library, settings) as using:
        for home, items in due:
            start = before

            def told(done: int, _of: int, start: int = start) -> None:
                tell((start + done) // 1_000_000, total // 1_000_000)

            sent = send_home(using, home.name, items, told)
            note_sent(library, settings, home, sent)
            before += sum(one.size for one in items)
            sums = added(sums, sent)
            lines += [said] if (said := sent_words(home.says, sent)) else []
    if records and settings.records.keep:
        sent = send_records(library, settings)
        lines += [said] if (said := sent_words("records", sent)) else []
    lines += sums.troubles
    if not lines:
        lines = ["Everything that is to be kept is in the bucket already."]
    data = {
        "files": sums.files,
        "bytes": sums.bytes,
        "packs": sums.packs,
        "sent_bytes": sums.sent_bytes,
        "found": sums.found,
        "troubles": list(sums.troubles),
    }
    return Answer(sentences=tuple(lines), data=data, exit_code=WAITS if sums.troubles else OK)


def _dry(library: OpenLibrary, settings: Backup, homes: Sequence[Home], context: Context) -> Answer:
    table = read_prices(library.root, context.environment.get("NIGHTBUILD_RIGS"))
    words, data = dry_words([due_of(library, settings, home) for home in homes], settings, table)
    return Answer(sentences=tuple(words), data=data)


def _rebuilt(library: OpenLibrary, settings: Backup) -> Answer:
    done = rebuild(library, settings)
    lines = [
        f"{counted(done.receipts, 'receipt')} written from what the bucket has: "
        f"{counted(done.packs, 'pack')}, {counted(done.files, 'file')}."
    ]
    lines += done.troubles
    if not done.packs and not done.troubles:
        raise PassingError("The bucket has no pack of this library.")
    return Answer(sentences=tuple(lines), exit_code=WAITS if done.troubles else OK)
