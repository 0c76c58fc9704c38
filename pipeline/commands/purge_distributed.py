"""`doit purge --distributed TARGET`: the masters laid beside the lights of a target that is done are taken away.

The libraries keep every one of them: what is not, byte for byte, a master in a library stays where it is.
"""

from __future__ import annotations

import argparse

from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.rules.spoken import counted, sized
from pipeline.rules.typed import as_typed
from pipeline.world.finished_masters import Lying, find_finished, shelf_of, take_finished, why_kept
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import Lock
from pipeline.world.space import freed_by_removing

_SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed beside it: `--rig` and `--yes`."""
    parser.add_argument(
        "--distributed",
        default="",
        metavar="TARGET",
        help="masters laid beside the lights of a target in 60_Done or 70_Abandon",
    )


def purge_distributed(arguments: argparse.Namespace, context: Context) -> Answer:
    """Say what would go, or take it away."""
    library = open_library(context.library, context.environment)
    if not arguments.yes:
        return _look(library, arguments)
    with Lock(library.root, command="doit purge"):
        found = find_finished(library, arguments.distributed, arguments.rig)
        freed = freed_by_removing([library.root / one.path for one in found])
        kept = [said for one in found if (said := take_finished(library, one))]
    gone = len(found) - len(kept)
    said = (
        f"{counted(gone, 'master')} taken away; the libraries have them all." if gone else "No master went."
    )
    data = _data(found, kept, freed=0 if kept else freed, done=True)
    return Answer(sentences=(said, *kept), data=data, exit_code=WAITS if kept else OK)


def _look(library: OpenLibrary, arguments: argparse.Namespace) -> Answer:
    found, shelf = find_finished(library, arguments.distributed, arguments.rig), shelf_of(library)
    told = [(one, why_kept(library, one, shelf)) for one in found]
    going, kept = [one for one, why in told if not why], [why for _, why in told if why]
    freed = freed_by_removing([library.root / one.path for one in going])
    lines = [one.path for one in going[:_SHOWN]]
    lines += [f"... and {len(going) - _SHOWN:,} more"] if len(going) > _SHOWN else []
    closing = [f"{counted(len(going), 'master')} would be taken away; that would free {sized(freed)}."]
    if going:
        rig = f" --rig {as_typed(arguments.rig)}" if arguments.rig else ""
        again = f"doit purge --distributed {as_typed(arguments.distributed)}{rig} --yes"
        closing.append(f"Nothing was changed. To do it: {again}")
    code = CANNOT if kept and not going else OK
    data = _data(found, kept, freed=freed, done=False)
    return Answer(sentences=(*lines, *kept), closing=tuple(closing), data=data, exit_code=code)


def _data(found: list[Lying], kept: list[str], *, freed: int, done: bool) -> dict[str, object]:
    stays = {said.partition(": ")[0] for said in kept}
    return {
        "done": done,
        "masters": [one.path for one in found if one.path not in stays],
        "refused": kept,
        "frees_bytes": freed,
    }
