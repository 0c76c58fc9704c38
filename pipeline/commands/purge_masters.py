"""`doit purge --masters`: masters no set uses and superseded ones, each with its reason; the others with theirs."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.model.answers import CANNOT, OK, WAITS, Answer
from pipeline.model.errors import PassingError, UserError
from pipeline.rules.ledger import Ledger
from pipeline.rules.purge_masters import Spare
from pipeline.rules.purge_said import few, unexpected
from pipeline.rules.spoken import counted, sized
from pipeline.world.library import OpenLibrary
from pipeline.world.lock import Lock
from pipeline.world.purge_masters import Sorted, purge_masters, sort_masters
from pipeline.world.purge_needs import BackupNeed, need_typed
from pipeline.world.purging import whole_ledger
from pipeline.world.space import freed_by_removing


def answer(library: OpenLibrary, arguments: argparse.Namespace) -> Answer:
    """Say what would go, or let it go."""
    if arguments.rig or arguments.night or arguments.camera or arguments.made_by_hand:
        raise UserError("--masters looks at all of them: it goes with --older-than, --expect and --yes.")
    if not arguments.yes:
        ledger = whole_ledger(library.root)
        return _look(library, _found(library, ledger, arguments), arguments)
    with Lock(library.root, command="doit purge"):
        ledger = whole_ledger(library.root)
        found = _found(library, ledger, arguments)
        refusal = unexpected(len(found.spares), "master", arguments.expect)
        if refusal:
            return Answer(
                sentences=(refusal,), data=_data(found, [], [refusal], 0, done=False), exit_code=CANNOT
            )
        return _purge(library, ledger, found)


def _found(library: OpenLibrary, ledger: Ledger, arguments: argparse.Namespace) -> Sorted:
    found = sort_masters(
        library, ledger, older_than_days=arguments.older_than, today=datetime.now().astimezone().date()
    )
    spares, unkept = BackupNeed(library, asked=arguments.needs_backup).masters(found.spares)
    kept = sorted((*found.kept, *unkept), key=lambda one: one.path)
    return replace(found, spares=tuple(spares), kept=tuple(kept))


def _look(library: OpenLibrary, found: Sorted, arguments: argparse.Namespace) -> Answer:
    freed = freed_by_removing(library.root / one.master.path for one in found.spares)
    lines = few([_spare_line(one) for one in found.spares])
    lines += few([f"{one.path}: stays, {one.why}" for one in found.kept])
    number = len(found.spares)
    closing = ["No master may go."]
    if number:
        closing = [
            f"{counted(number, 'master')} would go to the trash; emptying it would free {sized(freed)}.",
            f"Nothing was changed. To do it: {_same_again(arguments)}",
        ]
    refusal = unexpected(number, "master", arguments.expect)
    closing += [refusal] if refusal else []
    return Answer(
        sentences=tuple(lines),
        closing=tuple(closing),
        data=_data(found, [one.master.path for one in found.spares], [], freed, done=False),
        exit_code=CANNOT if refusal else OK,
    )


def _purge(library: OpenLibrary, ledger: Ledger, found: Sorted) -> Answer:
    freed = freed_by_removing(library.root / one.master.path for one in found.spares)
    gone: list[str] = []
    try:
        refused = purge_masters(library, ledger, found, gone, lambda _done, _of: None)
    except (PassingError, OSError) as error:
        refused = [f"Stopped: {error}. Nothing is lost; the same command goes on."]
    lines = [f"{counted(len(gone), 'master')} went to the trash.", *few(refused)]
    lines += (
        ["Room is made by `doit trash --empty`; `doit trash --restore MASTER` brings one back."]
        if gone
        else []
    )
    data = _data(found, gone, refused, freed if not refused else 0, done=True)
    return Answer(
        sentences=tuple(lines), data=data, exit_code=OK if not refused else WAITS if gone else CANNOT
    )


def _spare_line(one: Spare) -> str:
    return f"{one.master.path}: {one.why}{'; nothing could make it again' if one.is_only else ''}"


def _same_again(arguments: argparse.Namespace) -> str:
    words = ["doit", "purge", "--masters"]
    if arguments.older_than is not None:
        words += ["--older-than", shlex.quote(f"{arguments.older_than:g}")]
    return " ".join([*words, *need_typed(arguments), "--yes"])


def _data(
    found: Sorted, masters: Sequence[str], refused: Sequence[str], freed: int, *, done: bool
) -> dict[str, Any]:
    return {
        "done": done,
        "masters": list(masters),
        "why": {one.master.path: one.why for one in found.spares},
        "kept": {one.path: one.why for one in found.kept},
        "refused": list(refused),
        "freed_bytes": freed,
    }
