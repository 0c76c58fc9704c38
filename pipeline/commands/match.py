"""Show which masters a set is calibrated with, and what became of every other one. Nothing is written but caches.

  doit match SET...                               each master with its verdict and the reason
  doit match SET --all                            those of other cameras too, and all that do not fit
  doit match --rig RIG --night 2026-01-14         all sets of that night; --target M31 and FROM..TO work too

SET is a set's name or any folder it is seen in. The verdicts: chosen; fits (another is nearer, or it is a flat of
another night and asks you); unknown (something is said on one side only: used if nothing better is there); lost (does
not fit). Sets of flats show what is taken from them before they become a master. To choose yourself: `doit pin`.
"""

from __future__ import annotations

import argparse

from pipeline.commands.match_told import about_match, as_data, asks, hidden_words, rows_of
from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.frames import Kind
from pipeline.world.chosen import live_masters
from pipeline.world.library import open_library
from pipeline.world.looking import look_at_set
from pipeline.world.set_finder import find_sets

_CALIBRATED = frozenset({Kind.LIGHT, Kind.FLAT})
_CHOOSE = "To take one of another night: `doit pin SET MASTER`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("sets", nargs="*", metavar="SET", help="a set's name, or a folder it is seen in")
    parser.add_argument("--rig", default="", help="only sets of this rig or camera")
    parser.add_argument("--night", default="", metavar="DATE", help="only this night, or FROM..TO")
    parser.add_argument("--target", default="", help="only sets of this target")
    parser.add_argument("--all", action="store_true", help="show every master, fitting or not")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Look, and say."""
    library = open_library(context.library, context.environment)
    if not (arguments.sets or arguments.rig or arguments.night or arguments.target):
        raise UserError("Match what? Name a set or a folder, or say --rig, --night or --target.")
    asked = {"rig": arguments.rig, "night": arguments.night, "target": arguments.target}
    sets = [
        look_at_set(book, frames)
        for book, frames in find_sets(library, arguments.sets, context.folder, **asked)
    ]
    if any(now.frames.kind in _CALIBRATED for now in sets):
        sets = [now for now in sets if now.frames.kind in _CALIBRATED]
    found = [(now, live_masters(now)) for now in sets]
    return Answer(
        sentences=tuple(line for one in found for line in about_match(*one)),
        columns=("for", "verdict", "master", "why") if len(found) == 1 else (),
        rows=[row for one in found for row in rows_of(*one, everything=arguments.all)],
        closing=(
            *(() if arguments.all else hidden_words([match for _, match in found])),
            *((_CHOOSE,) if any(map(asks, (match for _, match in found))) else ()),
        ),
        data=[as_data(*one) for one in found],
    )
