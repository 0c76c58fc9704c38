"""Say what keeping the library in S3 costs: each month, in the first year, and to have it back.

  doit backup-costs                                  of this library, in every storage class
  doit backup-costs --gb 827                         of 827 GB, wherever you stand
  doit backup-costs --gb 4000 --frames 80000 --class DEEP_ARCHIVE --region eu-central-1

Counted are storage, requests, the 32 KB and 8 KB that archives add to each object, the shortest stay that is paid,
bringing it back by each tier, and what leaves the service. The prices are those of rigs/prices, or of _Rigs/prices in
your library; the answer says of which day. Nothing is asked of any server.
"""

from __future__ import annotations

import argparse

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import UserError
from pipeline.model.prices import GB_BYTES
from pipeline.rules.backup_cost_words import COLUMNS, basis, class_cost, class_sentences, cost_row, sources
from pipeline.rules.backup_costs import REGION, class_of, region_of
from pipeline.world.prices import read_prices

_FRAME_BYTES = 52_200_000
"""A frame of 26 megapixels, 16 bits each: what is taken where nobody said how many frames there are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument(
        "--gb", type=_amount, metavar="N", help="how much, in GB; else what this library stores"
    )
    parser.add_argument("--frames", type=_count, metavar="N", help="in how many frames")
    parser.add_argument(
        "--class", dest="storage_class", default="", metavar="C", help="only this class, at length"
    )
    parser.add_argument(
        "--region", default="", metavar="R", help=f"where; else library.toml's, else {REGION}"
    )


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """All classes as a table, or one at length."""
    table = read_prices(context.library, context.environment.get("NIGHTBUILD_RIGS"))
    region = region_of(table, arguments.region or _configured_region(context) or REGION)
    size_bytes, frames = _load(arguments, context)
    said = basis(table, region, size_bytes, frames)
    if arguments.storage_class:
        cost = class_cost(region, class_of(region, arguments.storage_class), size_bytes, frames)
        lines = (said, *class_sentences(cost, table.currency))
        return Answer(sentences=lines, closing=tuple(sources(table, region)), data=cost)
    costs = [class_cost(region, prices, size_bytes, frames) for prices in region.classes]
    return Answer(
        sentences=(said,),
        columns=COLUMNS,
        rows=[cost_row(cost) for cost in costs],
        data={"as_of": table.as_of.isoformat(), "currency": table.currency, "classes": costs},
        closing=tuple(sources(table, region)),
    )


def _load(arguments: argparse.Namespace, context: Context) -> tuple[int, int]:
    """Bytes and frames: as typed, else as this library's ledger has them."""
    if arguments.gb is not None:
        size_bytes = round(arguments.gb * GB_BYTES)
        return size_bytes, arguments.frames or max(round(size_bytes / _FRAME_BYTES), 1)
    if context.library is None:
        raise UserError("How much? Say it with --gb N, or stand in a library.")
    from pipeline.world import ledger as ledgers
    from pipeline.world.library import open_library

    stored = ledgers.read(open_library(context.library, context.environment).root).stored.values()
    return sum(fact.size for fact in stored), arguments.frames or len(stored)


def _configured_region(context: Context) -> str:
    """The region library.toml names for the backup; empty where there is none."""
    from pipeline.world.configuration import load_configuration

    settings = load_configuration(context.library, context.environment.get("NIGHTBUILD_RIGS")).library
    return str(getattr(getattr(settings, "backup", None), "region", "") or "")


def _amount(text: str) -> float:
    amount = float(text)
    if not 0 < amount < 1e9:
        raise argparse.ArgumentTypeError(f"{text}: expected a size in GB, more than 0")
    return amount


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text}: expected a number of frames, 1 or more")
    return int(text)
