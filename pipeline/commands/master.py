"""List the masters there are, and say of one whether it may be used.

  doit master                    every master: what it is, how many accepted sets use it, what is to be known of it
  doit master --all              superseded ones too
  doit master NAME               one of them, and how it was made
  doit master NAME --ok          use it all the same: one that is held comes to its place with the next `doit`
  doit master NAME --reject      never use it; it stays where it lies, and what was rejected is not made again
  doit master NAME --undo        take the latest of these words back

NAME is its path in the library or its file name. A new master that is unlike the one before it (level, noise, hot
pixels, shape) is held: it lies in a folder `held` until you have said what it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.commands.master_word import say_of, take_back
from pipeline.commands.why_master import why_master
from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.model.errors import UserError
from pipeline.rules.library_names import plain_path
from pipeline.rules.master_list import Use, master_row, uses
from pipeline.rules.master_words import OK as FINE
from pipeline.rules.master_words import REJECT
from pipeline.rules.typed import as_typed
from pipeline.world import ledger as ledgers
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.master_account import told_of
from pipeline.world.master_finder import find_master_named
from pipeline.world.master_shelf import Shelved, hash_of_master, look_at_shelf

_COLUMNS = ("master", "frames", "night", "sets", "last chosen", "state")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="a master's path or file name")
    word = parser.add_mutually_exclusive_group()
    word.add_argument("--ok", action="store_true", help="it may be used")
    word.add_argument("--reject", action="store_true", help="it is never used")
    word.add_argument("--undo", action="store_true", help="take the latest word on it back")
    parser.add_argument("--all", action="store_true", help="list superseded masters too")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """List, show or decide."""
    library = open_library(context.library, context.environment)
    speaks = arguments.ok or arguments.reject or arguments.undo
    if not arguments.name:
        if speaks:
            raise UserError("Of which master? `doit master` lists them.")
        return _listed(library, whole=arguments.all)
    if not speaks:
        return why_master(library, told_of(library, _meant(library, arguments.name, context)))
    with Lock(library.root, command="doit master"):
        one = _meant(library, arguments.name, context)
        if arguments.undo:
            return take_back(library, one, arguments.why, context)
        return say_of(library, one, FINE if arguments.ok else REJECT, arguments.why, context)


def _meant(library: OpenLibrary, name: str, context: Context) -> Shelved:
    shelf = look_at_shelf(library, remember=False)
    master = find_master_named(name, context.folder, library.root, [one.master for one in shelf])
    return next(one for one in shelf if one.master.path == master.path)


def _listed(library: OpenLibrary, *, whole: bool) -> Answer:
    shelf = look_at_shelf(library, remember=False)
    shown = [one for one in shelf if whole or not one.master.superseded]
    rows = _rows(library, shown)
    if not rows:
        return Answer(sentences=("There are no masters in this library yet.",), data=[])
    held = [row for row in rows if row["held"]]
    aside = len(shelf) - len(shown)
    closing = [f"{aside} superseded not shown: `doit master --all`."] if aside else []
    closing += [f"Held: `doit master {as_typed(row['master'])} --ok` or --reject." for row in held]
    return Answer(
        columns=_COLUMNS, rows=rows, data=rows, closing=tuple(closing), exit_code=WAITS if held else OK
    )


def _rows(library: OpenLibrary, shelf: Sequence[Shelved]) -> list[dict[str, Any]]:
    used = uses(ledgers.read(library.root).matched.values())
    today, rigs = datetime.now(UTC).date(), library.configuration.rigs
    return [master_row(one.master, _use(library, one, used), rigs, today) for one in shelf]


def _use(library: OpenLibrary, one: Shelved, used: Mapping[tuple[str, str], Use]) -> Use:
    """By its bytes: what bore its name before it was another master."""
    name = plain_path(one.master.path).rpartition("/")[2].partition("_DATE_")[0].rpartition(".")[0]
    near = {key: use for key, use in used.items() if name and name in key[0]}
    if not near:
        return Use()
    sha256 = one.master.sha256 or hash_of_master(library, one.master)
    mine = [use for (_, hashed), use in near.items() if hashed == sha256]
    return Use(sets=sum(use.sets for use in mine), last=max((use.last for use in mine), default=""))
