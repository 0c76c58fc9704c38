"""Show the trash, put something back, or empty it for good.

  doit trash                       what lies there: since when, from where, why
  doit trash --restore WHAT...     back to where it was: a path, a folder or a pattern in quotes
  doit trash --empty               what emptying would free; with --yes it is done and cannot be undone
  doit trash --empty --older-than 30 --yes

A frame that comes back loses its tombstone and is a stored frame again. What is the only copy of a frame the
ledger still holds is never deleted. What `doit purge --wbpp` took lies in `_Trash` beside WBPP's folder; it is shown,
restored and emptied with the rest.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.model.errors import NightbuildError, UserError
from pipeline.rules.choosing import match
from pipeline.rules.spoken import counted, sized
from pipeline.world import ledger as ledgers
from pipeline.world.emptying import emptiable
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.naming import spellings
from pipeline.world.purging import restore
from pipeline.world.space import freed_by_removing
from pipeline.world.trash import Thrown, contents, empty
from pipeline.world.trash import restore as put_back
from pipeline.world.trash_beside import homes_beside, thrown_beside


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="what lies there (also without any option)")
    what.add_argument(
        "--restore", nargs="+", metavar="WHAT", help="put back: a path it had, or has in the trash"
    )
    what.add_argument("--empty", action="store_true", help="delete for good")
    parser.add_argument("--older-than", type=float, metavar="DAYS", help="with --empty: only what is older")
    parser.add_argument("--yes", action="store_true", help="with --empty: do it")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """One of the three."""
    library = open_library(context.library, context.environment)
    root, beside = library.root, homes_beside(library)
    if arguments.older_than is not None and not arguments.empty:
        raise UserError("--older-than goes with --empty.")
    if arguments.restore:
        with Lock(root, command="doit trash"):
            return _restore(root, beside, arguments.restore, context.folder)
    if arguments.empty and arguments.yes:
        with Lock(root, command="doit trash"):
            return _empty(library, arguments.older_than, really=True)
    return _empty(library, arguments.older_than, really=False) if arguments.empty else _list(root, beside)


def _list(root: Path, beside: Sequence[Path]) -> Answer:
    thrown = [*contents(root), *(_told(home, one) for home in beside for one in thrown_beside(root, home))]
    if not thrown:
        return Answer(sentences=("The trash is empty.",), data={"trash": []})
    freed = freed_by_removing([root / one.where for one in thrown])
    said = f"{counted(len(thrown), 'file')}; emptying would free {sized(freed)}: doit trash --empty --yes"
    rows = [{"thrown": f"{one.when:%Y-%m-%d %H:%M} UTC", "was": one.origin, "why": one.why} for one in thrown]
    data = {"trash": [_plain(one) for one in thrown], "freed_bytes": freed}
    return Answer(rows=rows, columns=("thrown", "was", "why"), closing=(said,), data=data)


def _told(home: Path, one: Thrown) -> Thrown:
    """What lies outside the library, with its paths in full."""
    return replace(one, where=(home / one.where).as_posix(), origin=(home / one.origin).as_posix())


def _restore(root: Path, beside: Sequence[Path], words: Sequence[str], standing: Path) -> Answer:
    chosen = _chosen(root, beside, words, standing)
    ledger = ledgers.read(root)
    restored, refused = [], []
    for home, one in chosen:
        try:
            there = restore(root, one, ledger) if home == root else put_back(home, one)
            restored.append((there.relative_to(root) if home == root else there).as_posix())
        except NightbuildError as error:
            refused.append(str(error))
    lines = [f"{counted(len(restored), 'file')} put back.", *restored, *refused]
    code = OK if not refused else WAITS if restored else CANNOT
    return Answer(sentences=tuple(lines), data={"restored": restored, "refused": refused}, exit_code=code)


def _chosen(
    root: Path, beside: Sequence[Path], words: Sequence[str], standing: Path
) -> list[tuple[Path, Thrown]]:
    """What the words mean, by the path it had or has, and where its trash lies; of several of one path the latest."""
    thrown = [(root, one, one) for one in contents(root)]
    thrown += [(home, one, _told(home, one)) for home in beside for one in thrown_beside(root, home)]
    found: dict[str, tuple[Path, Thrown]] = {}
    for word in words:
        read_as = [*spellings(word, standing, root), (standing / word).as_posix()]
        had, has = (
            set(match(read_as, [getattr(told, at) for *_, told in thrown])) for at in ("origin", "where")
        )
        matches = [each for each in thrown if each[2].origin in had or each[2].where in has]
        if not matches:
            raise UserError(f"{word}: nothing in the trash was or is called so; see `doit trash --list`")
        found |= {told.origin: (home, one) for home, one, told in matches}
    return list(found.values())


def _empty(library: OpenLibrary, older_than: float | None, *, really: bool) -> Answer:
    latest = datetime.now(UTC) - timedelta(days=older_than) if older_than is not None else None
    found = emptiable(library, latest)
    kept = found.kept
    emptied = [empty(home, mine) for home, mine in found.going.items()] if really else []
    freed = sum(emptied) if really else found.freed_bytes()
    chosen = [
        one if home == library.root else _told(home, one)
        for home, mine in found.going.items()
        for one in mine
    ]
    did = "were deleted for good, which freed" if really else "would be deleted for good, which would free"
    lines = [f"{counted(len(chosen), 'file')} {did} {sized(freed)}." if chosen else "Nothing to empty."]
    lines += [
        f"{one.where}: stays, the ledger holds it as stored and it is nowhere else; doit trash --restore"
        for one in kept
    ]
    if chosen and not really:
        lines.append("Nothing was changed. To do it: the same with --yes; it cannot be undone.")
    data: dict[str, Any] = {
        "done": really,
        "files": [_plain(one) for one in chosen],
        "kept": [_plain(one) for one in kept],
        "freed_bytes": freed,
    }
    return Answer(sentences=tuple(lines), data=data, exit_code=WAITS if kept else OK)


def _plain(one: Thrown) -> dict[str, Any]:
    return {"where": one.where, "origin": one.origin, "when": one.when, "why": one.why, "size": one.size}
