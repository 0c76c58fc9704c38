"""Register a library that existed before this one, where it lies: frames are read by headers and paths, not touched.

  doit adopt DIR --dry-run         say what would be understood, what not and why, which spellings look alike; also with
                                   --link and --release
  doit adopt DIR                   write its frames into the ledger: counted, shown, asked for; nothing is done to them
  doit adopt DIR --accepted        lights that lie in no stage folder count as accepted (else as not judged)
  doit adopt DIR --rig RIG         whose frames these are, where neither header nor folders say it
  doit adopt DIR --link            link them into the store instead: from then on they are frames like all others
  doit adopt DIR --release         take the adoption back; nothing on the disk changes

DIR lies in the library (a rig's folder, 20_Data, the whole library); one elsewhere can only be linked. Lights in
20_Data count as accepted, those in 30_Master and beyond as moved on, those in 10_Blink as offered: adopted frames keep
what their folders say; markers, limits, `doit accept` and `doit blink` do nothing to them. Nothing is renamed, moved,
measured, culled or made read-only; where you move them later is found out. Linked frames become read-only, and
those in 10_Blink are judged by their rig's limits; what lay in accept/ stays accepted, in bad/ or reject/ rejected.
Stopped in the middle, the same command goes on.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from pipeline.model.adopting import Reading
from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.model.errors import UserError
from pipeline.rules.adopting_words import COLUMNS, data, remarks, rows, understood
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.world import ledger as ledgers
from pipeline.world.adopted_status import remember_unclear
from pipeline.world.adopting import Ground, ground_of, read, register, releasable, release
from pipeline.world.adopting_links import link_all, require_links
from pipeline.world.library import open_library
from pipeline.world.lock import Lock
from pipeline.world.rig_called import rig_called
from pipeline.world.telling import teller


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("folder", metavar="DIR", help="where the frames lie")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--link", action="store_true", help="link the frames into the store")
    how.add_argument("--release", action="store_true", help="take the adoption back")
    parser.add_argument("--copy", action="store_true", help="with --link: copy what cannot be linked")
    parser.add_argument("--rig", default="", help="whose frames these are, where nothing else says it")
    parser.add_argument(
        "--accepted", action="store_true", help="lights outside stage folders count as accepted"
    )


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Read the folder; then register, link or release, or only say what was read."""
    library = open_library(context.library, context.environment)
    ground = ground_of(library, arguments.folder, context.folder, rig_called(library, arguments.rig))
    if arguments.dry_run:
        return _told(ground, context, arguments)
    if not ground.is_inside and not arguments.link:
        _refuse_outside(arguments.folder)
    with Lock(library.root, command="doit adopt"):
        if arguments.release:
            return _released(ground)
        return (
            _linked(ground, context, arguments) if arguments.link else _registered(ground, context, arguments)
        )


def _told(ground: Ground, context: Context, arguments: argparse.Namespace) -> Answer:
    """What would be done: a report, so that nothing in it is a failure."""
    if arguments.release:
        would = len(releasable(ground, ledgers.read(ground.library.root)))
        said = f"{counted(would, 'frame')} would be released. Nothing was written."
        return Answer(sentences=(said,), data={"released": 0, "would_release": would})
    reading = _read(ground, context, remember=False)
    if arguments.link:
        require_links(ground, reading.candidates, copy=arguments.copy)
    closing = ("Nothing was written.", *_next(arguments, ground))
    return replace(_answer(reading, 0, "linked" if arguments.link else "registered", closing), exit_code=OK)


def _read(ground: Ground, context: Context, *, remember: bool) -> Reading:
    ledger = ledgers.read(ground.library.root)
    return read(ground, ledger, teller(context.say, "files read"), remember=remember)


def _registered(ground: Ground, context: Context, arguments: argparse.Namespace) -> Answer:
    reading, root = _read(ground, context, remember=True), ground.library.root
    tell = teller(context.say, "frames registered")
    done = register(ground, reading.candidates, ledgers.read(root), tell, accepted=arguments.accepted)
    remember_unclear(ground.library, ground.below, reading.unclear)
    said = f"{counted(done, 'frame')} registered where they lie." if done else "Nothing new to register."
    undo = f"To take it back: doit adopt {as_typed(arguments.folder)} --release"
    return _answer(reading, done, "registered", (said, *([undo] if done else [])))


def _linked(ground: Ground, context: Context, arguments: argparse.Namespace) -> Answer:
    reading, ledger = _read(ground, context, remember=True), ledgers.read(ground.library.root)
    require_links(ground, reading.candidates, copy=arguments.copy)
    counts = link_all(ground, reading.candidates, ledger, teller(context.say, "frames linked"))
    if ground.is_inside:
        remember_unclear(ground.library, ground.below, reading.unclear)
    said = (
        f"{counted(counts['stored'], 'frame')} linked into the store"
        if counts["stored"]
        else "Nothing new to link"
    )
    said += f"; {counted(counts['duplicates'], 'duplicate')}" if counts["duplicates"] else ""
    said += (
        f"; {counted(counts['left'], 'frame')} left, since they changed meanwhile" if counts["left"] else ""
    )
    return _answer(reading, counts["stored"], "linked", (f"{said}.", "The next `doit` goes on with them."))


def _released(ground: Ground) -> Answer:
    done = release(ground, ledgers.read(ground.library.root))
    remember_unclear(ground.library, ground.below, ())
    said = (
        f"{counted(done, 'frame')} released: they lie as they lay, and are none of ours any more."
        if done
        else "Nothing there is registered. Linked frames are in the store: `doit purge` gives them up."
    )
    return Answer(sentences=(said,), data={"released": done}, exit_code=OK if done else CANNOT)


def _refuse_outside(typed: str) -> None:
    raise UserError(
        f"{typed} lies outside the library, and frames are registered by where they lie in it. Move its folders into "
        f"the library, or link (or copy) them into the store: doit adopt {as_typed(typed)} --link"
    )


def _next(arguments: argparse.Namespace, ground: Ground) -> tuple[str, ...]:
    how = "" if ground.is_inside and not arguments.link else " --link"
    does = "link" if how else "register"
    return (f"To {does} them: doit adopt {as_typed(arguments.folder)}{how}",)


def _answer(reading: Reading, done: int, verb: str, closing: tuple[str, ...]) -> Answer:
    return Answer(
        sentences=(understood(reading), *remarks(reading)),
        columns=COLUMNS,
        rows=rows(reading.candidates),
        data=data(reading, done, verb),
        closing=closing,
        exit_code=WAITS if reading.unclear or reading.problems else OK,
    )
