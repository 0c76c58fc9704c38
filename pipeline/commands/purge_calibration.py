"""What `doit purge` does about calibration: the options, and which of the three is asked.

--raw-calibration   raw frames whose master is safe        --masters   masters nothing needs
--wbpp              what WBPP left, once libraries have it
"""

from __future__ import annotations

import argparse

from pipeline.commands import purge_masters, purge_raws, purge_wbpp
from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.world.library import open_library
from pipeline.world.purge_needs import refuse_need


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    what = parser.add_argument_group("calibration").add_mutually_exclusive_group()
    what.add_argument(
        "--raw-calibration",
        action="store_true",
        help="raw bias, darks, flat-darks and flats whose master is proven",
    )
    what.add_argument(
        "--wbpp", action="store_true", help="masters WBPP left, once a library has each of them"
    )
    what.add_argument("--masters", action="store_true", help="masters no set uses, and superseded ones")
    parser.add_argument("--camera", default="", help="with --raw-calibration: only of this camera")
    parser.add_argument(
        "--made-by-hand",
        action="store_true",
        help="with --raw-calibration: also where another program made the master",
    )
    parser.add_argument(
        "--older-than", type=float, metavar="DAYS", help="with --masters: only those shot longer ago"
    )
    parser.add_argument(
        "--expect", type=int, metavar="N", help="with these: go on only if it is exactly N files"
    )


def is_asked(arguments: argparse.Namespace) -> bool:
    """True when this is not about frames a person gives up."""
    told = arguments.raw_calibration or arguments.wbpp or arguments.masters
    if not told and (arguments.camera or arguments.made_by_hand):
        raise UserError("--camera and --made-by-hand go with --raw-calibration.")
    if arguments.older_than is not None and not arguments.masters:
        raise UserError("--older-than goes with --masters.")
    if not told and arguments.expect is not None:
        raise UserError("--expect goes with --raw-calibration, --wbpp and --masters.")
    return bool(told)


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """One of the three. Each only says what it would do until `--yes`."""
    if arguments.frames or arguments.target or arguments.why or arguments.distributed:
        raise UserError(
            "This goes without FRAME, --target, --why and --distributed: see `doit purge --help`."
        )
    library = open_library(context.library, context.environment)
    if arguments.wbpp:
        refuse_need(arguments)
        return purge_wbpp.answer(library, arguments)
    if arguments.masters:
        return purge_masters.answer(library, arguments)
    return purge_raws.answer(library, arguments, context)
