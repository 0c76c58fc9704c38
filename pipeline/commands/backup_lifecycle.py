"""Show or set what the bucket does by itself with packs, with old versions and with unfinished uploads.

  doit backup-lifecycle                                   the rules there are, and ours as they would be
  doit backup-lifecycle --apply                           set ours; every other rule of the bucket stays as it is
  doit backup-lifecycle --apply --into DEEP_ARCHIVE --after 7     packs move there after a week
  doit backup-lifecycle --apply --keep-days 90            old versions stay 90 days
  doit backup-lifecycle --remove                          take ours away again

Old versions are kept 30 days at least: a bad overwrite has to be noticed first. Uploads nobody finished go after a
week. Indexes and records are never moved into an archive. `--into stay` ends a move that was set before.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pipeline.commands.backup_typed import add_place, typed_place
from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.model.errors import UserError
from pipeline.rules.backup_keys import root_of
from pipeline.rules.backup_lifecycle import (
    KEEP_DAYS,
    Rule,
    Wanted,
    is_ours,
    merge,
    our_rules,
    rule_prefix,
    rule_words,
    same_rules,
    stranger_expiry,
    wanted_as_set,
)
from pipeline.world.backup_lifecycle import apply_rules, is_versioned, read_rules, remove_rules
from pipeline.world.backup_place import all_places, backup_settings, library_id
from pipeline.world.library import open_library
from pipeline.world.s3 import Bucket, open_bucket

_STAY = "stay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--show", action="store_true", help="only look (what happens without any option)")
    what.add_argument("--apply", action="store_true", help="set our rules")
    what.add_argument("--remove", action="store_true", help="take our rules away")
    parser.add_argument(
        "--into", default="", metavar="CLASS", help="move packs into this class; `stay`: nowhere"
    )
    parser.add_argument("--after", type=_days, metavar="DAYS", help="with --into: after so many days")
    parser.add_argument(
        "--keep-days", type=_days, metavar="DAYS", help=f"old versions stay so long, {KEEP_DAYS} at least"
    )
    add_place(parser)


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Show, set or take away, in every bucket the backup goes to."""
    library = open_library(context.library, context.environment)
    if arguments.after is not None and not arguments.into:
        raise UserError("--after goes with --into CLASS.")
    identity = library_id(library.root)
    settings = backup_settings(library.configuration, typed_place(arguments))
    answers = [_one(open_bucket(place, identity), identity, arguments) for place in all_places(settings)]
    return Answer(
        sentences=tuple(line for said, _, _ in answers for line in said),
        columns=("bucket", "rule", "whose", "for", "does"),
        rows=[row for _, rows, _ in answers for row in rows],
        exit_code=WAITS if any(waits for _, _, waits in answers) else OK,
    )


_Told = tuple[list[str], list[dict[str, Any]], bool]


def _one(bucket: Bucket, library: str, arguments: argparse.Namespace) -> _Told:
    """Sentences, the rules as they are now, and whether something waits for the person."""
    name = bucket.place.bucket
    if arguments.remove:
        took = remove_rules(bucket, library)
        return (
            [f"{name}: our rules are gone." if took else f"{name}: no rule is ours."],
            _rows(bucket, library),
            False,
        )
    before = read_rules(bucket)
    wanted = _wanted(wanted_as_set(before.rules, _base(bucket, library)), arguments)
    ours = our_rules(wanted)
    said = list(_warnings(bucket, before.rules, wanted))
    if not arguments.apply:
        is_set = same_rules(merge(before.rules, ours, library), before.rules)
        said.insert(
            0,
            f"{name}: our rules are set." if is_set else f"{name}: not set. To do it: the same with --apply",
        )
        said += [] if is_set else [f"    {rule_prefix(rule)}: {rule_words(rule)}" for rule in ours]
        return said, _rows(bucket, library), not is_set
    changed = apply_rules(bucket, ours, library)
    said.insert(0, f"{name}: our rules are set." if changed else f"{name}: our rules stood there already.")
    return said, _rows(bucket, library), False


def _base(bucket: Bucket, library: str) -> Wanted:
    return Wanted(library=library, base=root_of(bucket.place.prefix, library))


def _wanted(found: Wanted, arguments: argparse.Namespace) -> Wanted:
    """As it was set before, with what was typed in its place."""
    if arguments.into == _STAY:
        found = replace(found, into="", after_days=0)
    elif arguments.into:
        found = replace(found, into=arguments.into.upper(), after_days=arguments.after or 0)
    return found if arguments.keep_days is None else replace(found, keep_days=arguments.keep_days)


def _warnings(bucket: Bucket, rules: Sequence[Rule], wanted: Wanted) -> Iterator[str]:
    for rule in stranger_expiry(rules, wanted):
        whose = f"rule {rule.get('ID', '(no id)')} of someone else"
        yield f"{bucket.place.bucket}: {whose} speaks for our files too: {rule_words(rule)}"
    if not is_versioned(bucket):
        yield (
            f"{bucket.place.bucket}: keeps no old versions, so what is written over or deleted there is gone at once; "
            "switch its versioning on"
        )


def _rows(bucket: Bucket, library: str) -> list[dict[str, Any]]:
    return [
        {
            "bucket": bucket.place.bucket,
            "rule": rule.get("ID", ""),
            "whose": "ours" if is_ours(rule, library) else "another's",
            "for": rule_prefix(rule) or "everything",
            "does": rule_words(rule),
        }
        for rule in read_rules(bucket).rules
    ]


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > 36_500:
        raise argparse.ArgumentTypeError(f"{text}: expected a number of days")
    return int(text)
