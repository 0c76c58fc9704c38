"""What a frame's header says of it, whichever program wrote it."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model.frames import Evidence, Header
from pipeline.rules.cards import Cards
from pipeline.rules.dialects import CAPTURED, COMMON, PROCESSED
from pipeline.rules.dialects.common import evidence, read_common

VERSION = 3
"""Raised when a dialect reads more, or otherwise: what was quarantined is then tried again."""


def read_header(header: Header) -> Evidence:
    """The header's statement; whoever made the file last signs it, the program at the telescope wrote its words."""
    cards = Cards(header)
    values = read_common(cards)
    maker = next((d for d in PROCESSED if d.speaks(cards)), None)
    camera = next((d for d in CAPTURED if d.speaks(cards)), None)
    for tongue in (maker, camera) if maker or camera else (COMMON,):
        values = tongue.mend(cards, values) if tongue else values
    statement = evidence((maker or camera or COMMON).name, values, cards)
    return statement if header.container != "raw" else replace(statement, dialect="camera-raw")
