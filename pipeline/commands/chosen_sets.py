"""The head of a command that decides about accepted sets: which sets are meant, what may be typed beside them.

doit reopen, doit rematch, doit calibrate
"""

from __future__ import annotations

import argparse
from typing import Any

from pipeline.model.answers import Context
from pipeline.model.errors import UserError
from pipeline.world.library import OpenLibrary
from pipeline.world.looking import SetNow, look_at_set
from pipeline.world.set_finder import find_sets

Told = tuple[list[str], dict[str, Any]]
"""What is said of one set: sentences, and the same as data."""


def add_choice(parser: argparse.ArgumentParser, *, undo: str) -> None:
    """Sets, by name or by rig, night and target; to take it back; why."""
    parser.add_argument("sets", nargs="*", metavar="SET", help="a set's name, or a folder it is seen in")
    parser.add_argument("--rig", default="", help="only sets of this rig or camera")
    parser.add_argument("--night", default="", metavar="DATE", help="only this night, or FROM..TO")
    parser.add_argument("--target", default="", help="only sets of this target")
    parser.add_argument("--undo", action="store_true", help=undo)
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the decision")


def require_choice(arguments: argparse.Namespace, verb: str) -> None:
    """Raise where nothing says which sets are meant: a command without words does nothing to a library."""
    if not (arguments.sets or arguments.rig or arguments.night or arguments.target):
        raise UserError(f"{verb} what? Name a set or a folder, or say --rig, --night or --target.")


def meant_sets(library: OpenLibrary, arguments: argparse.Namespace, context: Context) -> list[SetNow]:
    """The sets that are meant, looked at."""
    asked = {"rig": arguments.rig, "night": arguments.night, "target": arguments.target}
    found = find_sets(library, arguments.sets, context.folder, **asked)
    return [look_at_set(book, frames) for book, frames in found]
