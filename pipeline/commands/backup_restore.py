"""Bring frames, sets, sessions, targets, or the whole library, back from the backup.

  doit backup-restore FRAME                        what it would cost and when it would be here; nothing is done
  doit backup-restore M31 --yes                    every frame of a target, to where it lay
  doit backup-restore 2026-01-14/C8E@f10.0+ZWO --yes        a session; a folder or a file's name will do too
  doit backup-restore M31 --to DIR --yes           into another folder
  doit backup-restore --all --to DIR               the whole library, after a disaster: look first
  doit backup-restore --all --to DIR --bucket NAME --bucket-region R --yes       on a computer that has nothing yet
  doit backup-restore --all --to DIR --tier Standard --yes      faster and dearer than Bulk

Every byte is held against what was first recorded before a file gets its name. Nothing is ever written over. Archived
packs are asked for, then looked at every quarter of an hour until they are here; stopped at any moment, the same
line goes on. With --no-wait it asks, and brings what is here already.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.commands.backup_typed import add_place, typed_place
from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.model.errors import NoRoom, UserError
from pipeline.rules.backup_keys import moment_words
from pipeline.rules.backup_restoring import Chosen, choose_all, choose_everything, choose_words
from pipeline.rules.restore_words import coming_words, cost_words, done_words, named, not_coming_words
from pipeline.rules.spoken import counted
from pipeline.world import ledger as ledgers
from pipeline.world.backup_place import all_places, backup_settings, library_id, main_place, places_told
from pipeline.world.configuration import load_configuration
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.prices import read_prices
from pipeline.world.restore_look import (
    Look,
    Sources,
    costs,
    look,
    open_sources,
    packs_there,
    right_tier,
    to_come,
)
from pipeline.world.restore_rounds import Way, bring_all, counter
from pipeline.world.restore_source import only_library
from pipeline.world.restore_whole import Finished, as_it_stood, begin, begun_with, finish
from pipeline.world.restored_records import Snapshot, latest_snapshot
from pipeline.world.restoring import Fate, Home, Restored
from pipeline.world.s3 import Bucket

_EVERY_MIN = 15.0
_UNREAD = "is no index of ours, so nothing comes out of its pack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is to be done, and where."""

    root: Path
    identity: str
    sources: Sources
    chosen: Chosen
    snapshot: Snapshot | None = None
    is_fresh: bool = False
    """True: a whole library into an empty folder."""
    is_library: bool = False
    """True: into the library itself."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("what", nargs="*", metavar="WHAT", help="frames, folders, sessions or targets")
    parser.add_argument("--all", action="store_true", help="the whole library")
    parser.add_argument("--to", default="", metavar="DIR", help="into this folder, not where it lay")
    parser.add_argument(
        "--tier", default="", metavar="TIER", help="Bulk (the default), Standard or Expedited"
    )
    parser.add_argument("--yes", action="store_true", help="do it; else only cost and hours are said")
    parser.add_argument("--no-wait", action="store_true", help="do not wait for packs that were asked for")
    parser.add_argument(
        "--every", type=float, default=_EVERY_MIN, metavar="MIN", help="look again every so many minutes"
    )
    parser.add_argument("--library", default="", metavar="ID", help="which library, where several are kept")
    add_place(parser)


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Look; with --yes, do it."""
    if bool(arguments.what) == arguments.all:
        raise UserError("What? Name frames, sets, sessions or targets; or --all for the whole library.")
    errand = _errand(arguments, context)
    seen = look(errand.sources, errand.chosen)
    classes = [standing.storage_class for standing in seen.standings.values()]
    tier = right_tier(arguments.tier, classes)
    said = [*_said(errand, seen, context, tier)]
    if not arguments.yes:
        return _unchanged(seen, said)
    for line in said:
        context.say(line)
    lock: AbstractContextManager[object] = nullcontext()
    if errand.is_library or errand.is_fresh:
        lock = Lock(errand.root, command="doit backup-restore")
    try:
        with lock:
            return _do(errand, seen, tier, arguments, context)
    except NoRoom as error:
        raise NoRoom(f"{errand.root}: its disk is full; make room, then type the same again") from error


def _errand(arguments: argparse.Namespace, context: Context) -> Errand:
    rigs = context.environment.get("NIGHTBUILD_RIGS")
    library = _library(context)
    root = library.root if library is not None else None
    settings = backup_settings(load_configuration(root, rigs), typed_place(arguments))
    to = (context.folder / arguments.to).resolve() if arguments.to else root
    if to is None:
        raise UserError("Where to? Stand in the library, or give an empty folder with --to DIR.")
    typed = arguments.library or (library_id(root) if root is not None else "")
    identity, bucket = only_library(main_place(settings), typed)
    begun = begun_with(to, identity) if arguments.all else None
    snapshot = _snapshot(bucket, begun, is_bare=root is None)
    told = places_told(snapshot.library_toml(), bucket.place) if root is None and snapshot is not None else []
    sources = open_sources(bucket, told or all_places(settings), identity)
    if arguments.all:
        return _whole(to, identity, sources, snapshot, is_fresh=begun is not None)
    ledger = ledgers.read(root) if root is not None else None
    chosen = choose_words(sources.packs, arguments.what, ledger)
    return Errand(root=to, identity=identity, sources=sources, chosen=chosen, is_library=to == root)


def _snapshot(bucket: Bucket, begun: str | None, *, is_bare: bool) -> Snapshot | None:
    """What a whole library is made of; where there is no library it says which places packs lie in, too."""
    if begun is not None:
        return latest_snapshot(bucket, begun)
    with suppress(UserError):  # single frames come back without it
        return latest_snapshot(bucket) if is_bare else None
    return None


def _whole(to: Path, identity: str, sources: Sources, snapshot: Snapshot | None, *, is_fresh: bool) -> Errand:
    if not is_fresh:
        chosen = choose_all(sources.packs, ledgers.read(to))
        return Errand(root=to, identity=identity, sources=sources, chosen=chosen, is_library=True)
    chosen = (
        choose_all(sources.packs, snapshot.ledger())
        if snapshot is not None
        else choose_everything(sources.packs)
    )
    return Errand(
        root=to,
        identity=identity,
        sources=sources,
        chosen=as_it_stood(chosen, snapshot),
        snapshot=snapshot,
        is_fresh=True,
    )


def _library(context: Context) -> OpenLibrary | None:
    """The library one stands in; none on a computer that lost it."""
    if context.library is None or not context.library.exists():
        return None
    return open_library(context.library, context.environment)


def _said(errand: Errand, seen: Look, context: Context, tier: str) -> list[str]:
    """Cost and hours first."""
    unread = named(errand.sources.unread, _UNREAD)
    if not seen.chosen.wanted and not errand.is_fresh:
        return [*not_coming_words(seen.chosen, seen.lost), *unread] or ["Nothing is kept of that."]
    table = read_prices(None, context.environment.get("NIGHTBUILD_RIGS"))
    there = len(seen.chosen.wanted)
    seen = to_come(seen, errand.root)
    there -= len(seen.chosen.wanted)
    found = costs(seen, table, "", tier)
    lines = [coming_words(seen.chosen, str(errand.root), there)]
    if errand.is_fresh:
        lines.append(
            f"Records as of {moment_words(errand.snapshot.when)}."
            if errand.snapshot is not None
            else "No records are kept: frames come back without ledger, decisions and links."
        )
    if seen.chosen.wanted:
        lines += cost_words(found, table.currency, table.as_of.isoformat(), len(seen.asleep()))
    if seen.asleep():
        lines.append(f"{counted(len(seen.asleep()), 'pack')} would be asked for, {tier}.")
    if seen.coming():
        lines.append(f"{counted(len(seen.coming()), 'pack')} were asked for and are on their way.")
    return [*lines, *not_coming_words(seen.chosen, seen.lost), *unread]


def _unchanged(seen: Look, said: Sequence[str]) -> Answer:
    nothing = not seen.chosen.wanted
    closing = () if nothing else ("Nothing was done. To do it: the same with --yes",)
    code = CANNOT if nothing else WAITS if seen.lost or seen.chosen.altered else OK
    return Answer(sentences=tuple(said), closing=closing, data=_data(seen, Restored(), None), exit_code=code)


def _do(errand: Errand, seen: Look, tier: str, arguments: argparse.Namespace, context: Context) -> Answer:
    library, other = None, list[str]()
    if errand.is_fresh:
        rigs = context.environment.get("NIGHTBUILD_RIGS")
        library, other = begin(errand.root, errand.identity, errand.snapshot, rigs)
    told = counter(context.say, seen.chosen.bytes)
    home = Home(root=errand.root, told=told, is_quick=arguments.all)
    way = Way(tier=tier, every_min=arguments.every, is_patient=not arguments.no_wait, say=context.say)
    done = bring_all(errand.sources, seen.chosen, home, way)
    finished = None
    if library is not None and not done.later:
        finished = finish(
            library,
            errand.identity,
            errand.snapshot,
            packs_there(errand.sources),
            seen.chosen,
            _damaged(seen.chosen, done),
        )
    return _answer(errand, seen, done, finished, other)


def _damaged(chosen: Chosen, done: Restored) -> set[str]:
    bad = set(done.of(Fate.DAMAGED))
    return {copy.pack.key for one in chosen.wanted if one.to in bad for copy in one.copies}


def _answer(
    errand: Errand, seen: Look, done: Restored, finished: Finished | None, other: Sequence[str]
) -> Answer:
    fates = Counter(fate.value for fate in done.fates.values())
    lines = [done_words(fates, done.bytes)]
    lines += named(
        done.of(Fate.OTHER), "another file lies there, so it was left; --to DIR brings it elsewhere"
    )
    lines += named(done.of(Fate.DAMAGED), "damaged in the backup, so nothing was placed")
    lines += named([*other, *(finished.other if finished else ())], "another file lies there, so it was left")
    lines += named(
        done.of(Fate.REFUSED),
        "cannot be written there (its name, a folder's rights, a link on the way?), so it was left",
    )
    lines += not_coming_words(seen.chosen, seen.lost)
    lines += named(errand.sources.unread, _UNREAD)
    if finished is not None:
        if finished.links:
            lines.append(f"{counted(finished.links, 'name')} given in the folders you work in.")
        if finished.promoted:
            lines.append(
                f"{counted(len(finished.promoted), 'master')} stored as frames now: their raw frames were not kept."
            )
        lines.append(f"{errand.root} is your library again. Type there: doit verify, then doit")
    if done.later:
        lines.append(f"Later: {done.later}.")
    bad = any(done.of(fate) for fate in (Fate.DAMAGED, Fate.OTHER, Fate.REFUSED))
    is_amiss = bool(done.later or seen.lost or bad or other or errand.sources.unread)
    code = WAITS if is_amiss or seen.chosen.unmatched or seen.chosen.altered else OK
    return Answer(sentences=tuple(lines), data=_data(seen, done, finished), exit_code=code)


def _data(seen: Look, done: Restored, finished: Finished | None) -> dict[str, Any]:
    return {
        "files": len(seen.chosen.wanted),
        "bytes": seen.chosen.bytes,
        "download_bytes": seen.chosen.packed_bytes,
        "asleep": seen.asleep() if seen.standings else [],
        "not_kept": list(seen.chosen.not_kept),
        "altered": list(seen.chosen.altered),
        "unmatched": list(seen.chosen.unmatched),
        "lost": list(seen.lost),
        **{fate.name.lower(): done.of(fate) for fate in Fate},
        "later": done.later,
        "finished": finished is not None,
    }
