"""Say what is in the bucket and what it costs, what would be lost tonight, and what was never verified.

  doit backup-status             from the receipts alone: nothing is asked of the bucket

With `--json` the same as data.
"""

from __future__ import annotations

import argparse

from pipeline.model.answers import OK, WAITS, Answer, Context
from pipeline.rules.backup_standing import standing_words
from pipeline.world.backup_standing import standing_of
from pipeline.world.library import open_library
from pipeline.world.prices import read_prices


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""


def run(arguments: argparse.Namespace, context: Context) -> Answer:  # noqa: ARG001 - it takes none
    """Add up receipts and ledger."""
    library = open_library(context.library, context.environment)
    settings = library.configuration.library.backup
    standing = standing_of(library, settings)
    table = read_prices(library.root, context.environment.get("NIGHTBUILD_RIGS"))
    lines, data = standing_words(standing, settings, table)
    return Answer(
        sentences=tuple(lines), data=data, exit_code=WAITS if standing.due or standing.broken else OK
    )
