"""Hold the bucket against the receipts, and say which packs are gone, cut or altered.

  doit backup-verify                 ask for every pack: is it there, of its size, the one that was sent (--quick)
  doit backup-verify --sample 3      read 3 packs back, those first that have waited longest, and unpack each file
  doit backup-verify --full          read every pack back, and every snapshot of the records

The latest snapshot of the records is always read. What is found damaged counts as not kept from then on: the next
`doit backup` sends it again from the library. Packs in an archive class are read back only after a restore.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.model.backup import Kept, Pack
from pipeline.model.backup_policies import Backup
from pipeline.rules.backup_wanted import lying_here
from pipeline.rules.spoken import counted, sized
from pipeline.world.backing_up import bucket_of
from pipeline.world.backup_checks import Checked, ask, read_back, require_something
from pipeline.world.backup_seen import last_records_in, note_records_bad, note_verified, verified_at
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.receipts import all_receipts, renew, without_packs
from pipeline.world.records_checks import CheckedRecords, check_records
from pipeline.world.telling import teller


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="ask for each pack, read none back (the default)")
    how.add_argument("--sample", type=_count, metavar="N", help="read N packs back")
    how.add_argument("--full", action="store_true", help="read every pack back")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Ask or read back, then strike what is damaged from the receipts."""
    library = open_library(context.library, context.environment)
    settings = library.configuration.library.backup
    packs = [pack for receipt in all_receipts(library.root) for pack in lying_here(receipt, settings).packs]
    require_something(packs)
    if arguments.full or arguments.sample is not None:
        chosen = _longest_unread(library, packs)[: None if arguments.full else arguments.sample]
        found = _read_back(library, settings, chosen, context)
    else:
        found = _ask(library, settings, packs)
    records = _records(library, settings, is_full=arguments.full)
    wrong = [one for one in found if one.wrong]
    if wrong or any(one.wrong for one in records):
        with Lock(library.root, command="doit backup-verify"):
            _strike(library, settings, wrong, records)
    return _answer(found, wrong, records)


def _longest_unread(library: OpenLibrary, packs: Sequence[Pack]) -> list[Pack]:
    seen = verified_at(library)
    return sorted(packs, key=lambda pack: (seen.get(pack.key, ""), pack.key))


def _ask(library: OpenLibrary, settings: Backup, packs: Sequence[Pack]) -> list[Checked]:
    found: list[Checked] = []
    with ThreadPoolExecutor(settings.concurrency) as crew:
        for kind in dict.fromkeys(pack.kind for pack in packs):
            found += ask(bucket_of(library, settings, kind), [one for one in packs if one.kind is kind], crew)
    return found


def _read_back(
    library: OpenLibrary, settings: Backup, packs: Sequence[Pack], context: Context
) -> list[Checked]:
    total, done = sum(pack.size for pack in packs), 0
    tell = teller(context.say, "MB read back")

    def told(size: int) -> None:
        nonlocal done
        done += size
        tell(done // 1_000_000, total // 1_000_000)

    found = []
    for pack in packs:
        one = read_back(bucket_of(library, settings, pack.kind), pack, told)
        found.append(one)
        if not one.wrong and not one.later:
            note_verified(library, [pack.key], datetime.now(UTC))
    return found


def _records(library: OpenLibrary, settings: Backup, *, is_full: bool) -> list[CheckedRecords]:
    if not settings.records.keep:
        return []
    sent = last_records_in(library, settings.place(Kept.RECORDS).text)
    return check_records(bucket_of(library, settings, Kept.RECORDS), sent, is_full=is_full)


def _strike(
    library: OpenLibrary, settings: Backup, wrong: Sequence[Checked], records: Sequence[CheckedRecords]
) -> None:
    """What is damaged counts as not kept."""
    bad = {one.pack.key for one in wrong}
    for receipt in list(all_receipts(library.root)):
        if keys := bad & {pack.key for pack in receipt.packs}:
            renew(library.root, receipt.home, partial(without_packs, keys=keys))
    for one in records:
        if one.wrong and one.is_latest:
            note_records_bad(library, one.key, settings.place(Kept.RECORDS).text)


def _answer(found: Sequence[Checked], wrong: Sequence[Checked], records: Sequence[CheckedRecords]) -> Answer:
    later = [one for one in found if one.later]
    read = sum(one.bytes for one in found)
    looked = f"{counted(len(found) - len(later), 'pack')} " + (
        f"read back, {sized(read)}." if read else "looked at."
    )
    lines = [looked, *(f"{one.pack.key}: {one.later}" for one in later)]
    lines += [f"{one.pack.key}: {one.wrong}" for one in wrong]
    lines += [f"{one.key}: {one.later or one.wrong}" for one in records if one.later or one.wrong]
    if wrong:
        files = sum(len(one.pack.members) for one in wrong)
        lines.append(f"{counted(files, 'file')} count as not kept. Mend: doit backup")
    elif any(one.wrong and one.is_latest for one in records):
        lines.append("The records are to be sent anew. Mend: doit backup")
    elif not later and not any(one.wrong or one.later for one in records):
        lines.append("Everything is there as it was sent.")
    rows = [{"key": one.pack.key, "wrong": one.wrong, "later": one.later} for one in (*wrong, *later)]
    snapshots = [{"key": one.key, "wrong": one.wrong, "later": one.later} for one in records]
    data = {
        "packs": len(found),
        "read_bytes": read,
        "wrong": rows[: len(wrong)],
        "later": rows[len(wrong) :],
        "records": snapshots,
    }
    waits = wrong or later or any(one.wrong or one.later for one in records)
    return Answer(sentences=tuple(lines), data=data, exit_code=WAITS if waits else OK)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text}: expected a number of packs, 1 or more")
    return int(text)
