"""Free the library's lock when the run that held it is gone. A living run keeps it.

  doit unlock              says whose lock it was, or that there is none
  doit unlock --force      take it also from a run that may still be alive: it stops at its next task

A run that died on this machine needs none of this: the next `doit` sees that it is dead.
"""

from __future__ import annotations

import argparse

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import Busy
from pipeline.world.lock import break_lock, holder_of
from pipeline.world.selected import require_library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument("--force", action="store_true", help="also from a run that may still be alive")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Take a dead run's lock away, and say whose it was."""
    library = require_library(context.library)
    holder = holder_of(library)
    try:
        said = break_lock(library, force=arguments.force)
    except Busy as error:
        if arguments.force:
            raise
        raise Busy(f"{error} If you are sure that it is dead: doit unlock --force") from error
    return Answer(
        sentences=(said,), data={"library": str(library), "was_alive": holder is not None, "said": said}
    )
