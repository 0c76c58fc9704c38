"""Make equal copies links again, so that each frame takes its room once.

  doit relink --dry-run            what could be won; nothing is read or changed
  doit relink                      copies of stored frames on the same disk, in inboxes and views, become links

Both files are read and must have the SHA-256 that was recorded; size and time must be equal. A name is replaced
in one step by the very same bytes.
"""

from __future__ import annotations

import argparse
from typing import Any

from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.rules.spoken import counted, sized
from pipeline.stages.surroundings import pause_sync
from pipeline.world.library import open_library
from pipeline.world.lock import Lock
from pipeline.world.relinking import Twin, find_copies, relink
from pipeline.world.survey import see
from pipeline.world.telling import teller

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("--dry-run", action="store_true", help="say what could be won, change nothing")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Find the copies, and replace them by links."""
    library = open_library(context.library, context.environment)
    if arguments.dry_run:
        return _answer(find_copies(see(library, remember=False)), [], dry_run=True)
    with Lock(library.root, command="doit relink"):
        twins = find_copies(see(library))
        if not twins:
            return _answer([], [], dry_run=False)
        done: list[Twin] = []
        stayed: list[str] = []
        tell = teller(context.say, "looked at")
        with pause_sync(library.root):
            for number, (one, refusal) in enumerate(relink(twins), 1):
                done += [one] if refusal is None else []
                stayed += [refusal] if refusal is not None else []
                tell(number, len(twins))
    return _answer(done, stayed, dry_run=False)


def _answer(done: list[Twin], stayed: list[str], *, dry_run: bool) -> Answer:
    won = sum(one.wins for one in done)
    data: dict[str, Any] = {
        "dry_run": dry_run,
        "relinked": [{"copy": str(one.copy), "stored": str(one.stored)} for one in done],
        "stayed": stayed,
        "won_bytes": won,
    }
    if not done and not stayed:
        return Answer(sentences=("No copies in place of links.",), data=data)
    number = counted(len(done), "copy", "copies")
    said = (
        f"{number} could be links, which would win {sized(won)}."
        if dry_run
        else f"{number} made links: {sized(won)} won."
    )
    code = OK if not stayed else WAITS if done else CANNOT
    return Answer(sentences=(said, *stayed[:_SHOWN]), data=data, exit_code=code)
