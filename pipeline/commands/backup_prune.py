"""Take packs out of the bucket that nothing asks for any more: look first.

  doit backup-prune                    which would go, why, how much room that is, what leaving early costs
  doit backup-prune --yes              take them away
  doit backup-prune --yes --expect 120     more than 50, or more than 2 % of them all, only by their number

A pack goes when every one of its files is in another pack too, was given up (`retention_days` ago, 30 unless [backup]
says otherwise), or was kept anew since; and when its upload was never finished. A frame that is merely missing in the
library is what a backup is for: its pack stays. Where the bucket keeps old versions, they stay as long as
`doit backup-lifecycle` says.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pipeline.commands.backup_typed import add_place, typed_place
from pipeline.model.answers import CANNOT, OK, Answer, Context, Figure
from pipeline.model.backup import Member
from pipeline.model.backup_policies import Backup
from pipeline.model.errors import UserError
from pipeline.rules.backup_costs import class_of, early_deletion, region_of
from pipeline.rules.backup_pruning import Prunable, prunable
from pipeline.rules.spoken import counted, sized
from pipeline.world.backup_place import all_places, backup_settings, library_id
from pipeline.world.backup_pruning import delete_pack, objects_there
from pipeline.world.library import open_library
from pipeline.world.lock import Lock
from pipeline.world.prices import read_prices
from pipeline.world.purging import whole_ledger
from pipeline.world.receipts import all_receipts
from pipeline.world.restore_look import READERS
from pipeline.world.restore_source import read_packs
from pipeline.world.s3 import Bucket, open_bucket

_MOST, _MOST_SHARE = 50, 0.02

_Going = list[tuple[Bucket, Prunable]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("--yes", action="store_true", help="do it; else only what would go is said")
    parser.add_argument("--expect", type=int, metavar="N", help="that so many would go is right")
    add_place(parser)


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Say what would go, or take it away."""
    library = open_library(context.library, context.environment)
    identity = library_id(library.root)
    settings = backup_settings(library.configuration, typed_place(arguments))
    buckets = [open_bucket(place, identity) for place in all_places(settings)]
    if not arguments.yes:
        going, of = _find(library.root, buckets, settings)
        return _answer(going, of, arguments, done=False)
    with Lock(library.root, command="doit backup-prune"):
        going, of = _find(library.root, buckets, settings)
        if refusal := _too_many(len(going), of, arguments.expect):
            raise UserError(refusal)
        for bucket, one in going:
            delete_pack(library.root, bucket, one)
    return _answer(going, of, arguments, done=True)


def _find(root: Path, buckets: Sequence[Bucket], settings: Backup) -> tuple[_Going, int]:
    """What may go, and of how many packs."""
    ledger, now = whole_ledger(root), datetime.now(UTC)
    broken = {key for receipt in all_receipts(root) for key in receipt.broken}
    going: _Going = []
    of = 0
    with ThreadPoolExecutor(READERS) as crew:
        for bucket in buckets:
            there, shelf = objects_there(bucket), read_packs(bucket, crew)
            if shelf.unread:
                raise UserError(
                    f"{shelf.unread[0]}: is no index of ours, so nothing is pruned; look with `doit backup-verify`"
                )
            of += len(shelf.packs)
            found = prunable(shelf.packs, there, ledger, now, settings, broken, partial(_lies_there, root))
            going += [(bucket, one) for one in found]
    return going, of


def _lies_there(root: Path, member: Member) -> bool:
    try:
        seen = (root / member.path).lstat()
    except (OSError, ValueError):
        return False
    return (seen.st_size, seen.st_mtime_ns) == (member.size, member.mtime_ns)


def _too_many(number: int, of: int, expected: int | None) -> str:
    """Why so many are not taken without their number; empty where they are."""
    if expected is not None:
        return (
            ""
            if expected == number
            else f"{counted(number, 'pack')} would go, not {expected}. Nothing was changed."
        )
    if number > _MOST or (of > _MOST and number > of * _MOST_SHARE):
        return (
            f"{counted(number, 'pack')} of {of} would go: too many to be taken for granted; --expect {number}"
        )
    return ""


def _answer(going: _Going, of: int, arguments: argparse.Namespace, *, done: bool) -> Answer:
    if not going:
        return Answer(
            sentences=(f"Each of {counted(of, 'pack')} is asked for; nothing goes.",), data={"packs": []}
        )
    freed = sum(one.size for _, one in going)
    did = "went" if done else "would go"
    closing = [f"{counted(len(going), 'pack')} of {of} {did}, {sized(freed)}."]
    closing += [said] if (said := _early(going)) else []
    refusal = "" if done else _too_many(len(going), of, arguments.expect)
    if not done:
        closing.append(refusal or "Nothing was changed. To do it: the same with --yes")
    rows = [
        {"pack": one.key, "size": Figure(sized(one.size)), "class": one.storage_class, "why": one.why.value}
        for _, one in going
    ]
    data = {"done": done, "of": of, "freed_bytes": freed, "packs": rows}
    return Answer(rows=rows, closing=tuple(closing), data=data, exit_code=CANNOT if refusal else OK)


def _early(going: _Going) -> str:
    """What is paid still, since they leave before their time; empty where nothing is, or prices are not known."""
    table, owed = read_prices(), 0.0
    for bucket, one in going:
        if not bucket.place.endpoint_url:
            with suppress(UserError):  # of a region or class the table lacks nothing is known
                region = region_of(table, bucket.place.region or "us-east-1")
                owed += early_deletion(class_of(region, one.storage_class), one.size, one.stayed_days)
    if owed < 0.005:
        return ""
    return f"Some leave before the shortest stay is over: {owed:,.2f} {table.currency} are paid for that."
