"""Give stored frames up: into the trash, with a tombstone in the ledger. Says first what would go.

  doit purge FRAME...              what would go, and how much room that makes; nothing is changed
  doit purge FRAME... --yes        do it
  doit purge --night 2026-01-14 --target M31 --rig C8E --yes --why "cloud all night"
  doit purge --raw-calibration     raw bias, then darks, then flats whose master is proven; that is kept for good
  doit purge --wbpp                what WBPP left, once a library has each master of it
  doit purge --masters             masters no set uses, and superseded ones
  doit purge --distributed M31     masters laid beside the lights of a target you have finished
  doit purge FRAME... --needs-backup      only what the backup has; [backup] purge_needs asks for it always

A FRAME is a stored file, a folder of them or a pattern in quotes. Each is read again, and goes only when it is
what was first recorded. The same frame coming again into an inbox is recognised, and left there. To undo:
`doit trash --restore FRAME`. Room is made when the trash is emptied, and only by the last name of a frame.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.commands import purge_calibration, purge_distributed
from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.model.errors import UserError
from pipeline.rules.choosing import Filed, night
from pipeline.rules.ledger import Ledger
from pipeline.rules.purge_needs import unkept_words
from pipeline.rules.spoken import counted, sized
from pipeline.world import ledger as ledgers
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.naming import named
from pipeline.world.purge_needs import BackupNeed, add_need, need_typed, refuse_need
from pipeline.world.purging import half_purged, purge, refuse_purge
from pipeline.world.rig_called import rig_called
from pipeline.world.space import freed_by_removing
from pipeline.world.telling import teller

_SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    purge_distributed.add_arguments(parser)
    parser.add_argument("frames", nargs="*", metavar="FRAME", help="a stored file, a folder, or a pattern")
    parser.add_argument("--rig", default="", help="only of this rig, or of this camera's darks and bias")
    parser.add_argument("--night", type=night, help="only of this night, YYYY-MM-DD")
    parser.add_argument("--target", default="", help="only of this target")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the tombstone")
    parser.add_argument("--yes", action="store_true", help="do it")
    add_need(parser)
    purge_calibration.add_arguments(parser)


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Say what would go, or let it go."""
    if purge_calibration.is_asked(arguments):
        return purge_calibration.run(arguments, context)
    if arguments.distributed:
        refuse_need(arguments)
        return purge_distributed.purge_distributed(arguments, context)
    library = open_library(context.library, context.environment)
    need = BackupNeed(library, asked=arguments.needs_backup)
    arguments.rig = rig_called(library, arguments.rig)
    if not arguments.yes:
        ledger = ledgers.read(library.root)
        chosen = _chosen(arguments, context.folder, library.root, ledger)
        return _look(library, chosen, ledger, need, arguments)
    with Lock(library.root, command="doit purge"):
        ledger = ledgers.read(library.root)
        chosen = _chosen(arguments, context.folder, library.root, ledger)
        tell = teller(context.say, "read again")
        return _purge(library.root, chosen, ledger, need, arguments.why, tell)


def _chosen(arguments: argparse.Namespace, standing: Path, library: Path, ledger: Ledger) -> list[str]:
    """The stored paths that are meant."""
    filed = Filed(rig=arguments.rig, night=arguments.night or "", target=arguments.target)
    if not arguments.frames and filed.is_any:
        raise UserError("Which frames? Name them, or choose by --rig, --night and --target.")
    there = [*ledger.stored, *half_purged(library, ledger)]
    if arguments.frames:
        nothing = "no stored frame has this name, lies there or fits"
        there = named(arguments.frames, standing, library, lambda: there, nothing=nothing)
    chosen = sorted(path for path in there if filed.holds(path))
    if not chosen:
        raise UserError("No stored frame is filed there. `doit status` says what there is.")
    return chosen


def _look(
    library: OpenLibrary,
    chosen: Sequence[str],
    ledger: Ledger,
    need: BackupNeed,
    arguments: argparse.Namespace,
) -> Answer:
    unkept = [said for path in chosen if (said := need.refuse(path, ledger))]
    asked = {said.partition(": ")[0] for said in unkept}
    refused = [
        said for path in chosen if path not in asked and (said := refuse_purge(library.root, path, ledger))
    ] + unkept
    kept = {said.partition(": ")[0] for said in refused}
    going = [path for path in chosen if path not in kept]
    freed, named_still = _room(library.root, going)
    lines = [*going[:_SHOWN]]
    lines += [f"... and {len(going) - _SHOWN:,} more"] if len(going) > _SHOWN else []
    lines += refused
    closing = [
        f"{counted(len(going), 'frame')} would go to the trash; emptying it would free {sized(freed)}."
    ]
    closing += [*_named_still(named_still), *_unkept(len(unkept))]
    if going:
        closing.append(f"Nothing was changed. To do it: {_same_again(arguments)}")
    data = _data(going, refused, freed, named_still, done=False)
    code = CANNOT if not going else OK
    return Answer(sentences=tuple(lines), closing=tuple(closing), data=data, exit_code=code)


def _purge(
    library: Path,
    chosen: Sequence[str],
    ledger: Ledger,
    need: BackupNeed,
    why: str,
    tell: Callable[[int, int], None],
) -> Answer:
    freed, named_still = _room(library, chosen)
    gone, refused, unkept = [], [], 0
    for number, path in enumerate(chosen, 1):
        refusal = need.refuse(path, ledger)
        unkept += refusal is not None
        refusal = refusal or purge(library, path, ledger, why=why)
        if refusal is None:
            gone.append(path)
        else:
            refused.append(refusal)
        tell(number, len(chosen))
    if refused:
        freed, named_still = 0, [path for path in named_still if path in gone]
    lines = [f"{counted(len(gone), 'frame')} went to the trash.", *refused]
    lines += [*_named_still(named_still), *_unkept(unkept)]
    lines += (
        ["Room is made by `doit trash --empty`; `doit trash --restore FRAME` brings one back."]
        if gone
        else []
    )
    data = _data(gone, refused, freed, named_still, done=True)
    code = OK if not refused else WAITS if gone else CANNOT
    return Answer(sentences=tuple(lines), data=data, exit_code=code)


def _room(library: Path, paths: Sequence[str]) -> tuple[int, list[str]]:
    """Bytes that come free in the end, and the frames that have other names and free nothing."""
    places = {path: library / path for path in paths}
    elsewhere = [path for path, place in places.items() if place.exists() and place.stat().st_nlink > 1]
    return freed_by_removing(places.values()), elsewhere


def _named_still(paths: Sequence[str]) -> list[str]:
    if not paths:
        return []
    return [
        f"{counted(len(paths), 'frame')} of them free nothing while another name of the same bytes is left "
        f"(in an inbox?), such as {paths[0]}."
    ]


def _unkept(number: int) -> list[str]:
    return [unkept_words(number)] if number else []


def _same_again(arguments: argparse.Namespace) -> str:
    words = ["doit", "purge", *map(shlex.quote, arguments.frames)]
    for name in ("rig", "night", "target", "why"):
        value = getattr(arguments, name)
        words += [f"--{name}", shlex.quote(value)] if value else []
    return " ".join([*words, *need_typed(arguments), "--yes"])


def _data(
    frames: Sequence[str], refused: Sequence[str], freed: int, named_still: Sequence[str], *, done: bool
) -> dict[str, Any]:
    return {
        "done": done,
        "frames": list(frames),
        "refused": list(refused),
        "freed_bytes": freed,
        "free_nothing": list(named_still),
    }
