"""Files that were made from others: masters and stacks of Siril and PixInsight."""

from __future__ import annotations

from typing import Any

from pipeline.model.frames import Kind, Problem
from pipeline.rules.cards import Cards, as_number

_RAW = frozenset({Kind.LIGHT, Kind.FLAT, Kind.DARK, Kind.BIAS, Kind.FLATDARK})


def is_siril(cards: Cards) -> bool:
    """Siril signs PROGRAM."""
    return cards.word("PROGRAM").startswith("siril")


def read_stacked(_cards: Cards, values: dict[str, Any]) -> dict[str, Any]:
    """Whoever stacked leaves IMAGETYP as it was; the count of frames tells a master from an exposure."""
    stacked = (values["stack_count"] or 0) > 1
    return values | {"kind": values["kind"].master} if stacked and values["kind"] in _RAW else values


def read_siril(cards: Cards, values: dict[str, Any]) -> dict[str, Any]:
    """A master by its count; one exposure in floating point is a calibrated copy (`pp_`), which no camera wrote."""
    bits = as_number(cards.raw("BITPIX") or 0)
    if bits is not None and bits < 0 and (values["stack_count"] or 0) <= 1:
        said = "Siril saved it in floating point: a calibrated or processed copy, not what the camera wrote"
        cards.problems.append(Problem("processed", said))
    return read_stacked(cards, values)


def is_pixinsight(cards: Cards) -> bool:
    """PixInsight signs the XISF metadata; its FITS masters say `Master ...` in IMAGETYP."""
    signed = any(
        cards.word(key).startswith("pixinsight") for key in ("CREATOR", "SWCREATE", "PROGRAM", "SOFTWARE")
    )
    return signed or cards.word("IMAGETYP").startswith("master")
