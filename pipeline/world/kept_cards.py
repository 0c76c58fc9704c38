"""The header of a light carried over to its calibrated copy: every card byte for byte, but those that describe bytes.

    light ─kept_lines─▶ 80-byte lines in their order, duplicates, comments and HISTORY too ─┐
    what we say, `Card`s ──────────────────────────────────────────────────────────────────┴─▶ header_with

Left behind: the layout (BITPIX, NAXIS, BZERO ...), sums over bytes that are no more, and what we say ourselves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.world.fits_cards import CARD
from pipeline.world.fits_image import as_cards
from pipeline.world.fits_text import BLOCK, Card, card_lines
from pipeline.world.headers import read_header
from pipeline.world.window import Gunzipped, Window, open_window

_OF_THE_BYTES = re.compile(
    rb"(?:SIMPLE|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|BZERO|BSCALE|BLANK|CHECKSUM|DATASUM|DATAMIN|DATAMAX"
    rb"|END) *"
)
_LONGEST = 4 << 20
_GZIP = b"\x1f\x8b"


def kept_lines(path: Path, spoken: Collection[str]) -> list[bytes]:
    """The lines of a light's header that its copy keeps.

    Args:
        path: the light; of one that is packed or no FITS the cards are written anew.
        spoken: keywords that the copy says itself.

    Raises:
        NotAFrame, CutOff: there is no header.
    """
    own = {key.ljust(8).encode() for key in spoken}
    lines, keeps = [], True
    for line in _lines(path):
        if not line.startswith(b"CONTINUE"):  # those go with the card before them
            keeps = not _OF_THE_BYTES.fullmatch(line[:8]) and line[:8] not in own
        if keeps:
            lines.append(line)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def header_with(layout: Iterable[Card], kept: Iterable[bytes], said: Iterable[Card]) -> bytes:
    """A whole header, filled up to its block: its layout, what is kept, what we say."""
    data = b"".join([*_written(layout), *kept, *_written(said), b"END".ljust(CARD)])
    return data.ljust(-(-len(data) // BLOCK) * BLOCK)


def _written(cards: Iterable[Card]) -> Iterator[bytes]:
    for card in cards:
        for line in card_lines(card):
            yield line.ljust(CARD).encode("ascii")


def _lines(path: Path) -> list[bytes]:
    with open_window(path) as window:
        start = window.at(0, CARD)
        plain: Window = Gunzipped(window) if start.startswith(_GZIP) else window
        if plain.at(0, 10).replace(b" ", b"").startswith(b"SIMPLE="):
            lines = _until_end(path, plain)
            if not any(re.match(rb"NAXIS   = *0(?!\d)", line) for line in lines):
                return lines
    return list(_written(as_cards(read_header(path).cards)))


def _until_end(path: Path, window: Window) -> list[bytes]:
    lines: list[bytes] = []
    while len(lines) * CARD < _LONGEST:
        block = window.at(len(lines) * CARD, BLOCK)
        if len(block) < BLOCK:
            raise CutOff(f"{path}: ends within its header (copy cut off?)")
        for at in range(0, BLOCK, CARD):
            line = block[at : at + CARD].replace(b"\0", b" ")
            if line.rstrip() == b"END":
                return lines
            lines.append(line)
    raise NotAFrame(f"{path}: no END card in its first {_LONGEST:,} bytes")
