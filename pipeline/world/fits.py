"""What the header of a FITS file says, and how long the file ought to be.

Reads the first blocks, no pixels. The picture may lie in an extension (tile-compressed `.fz`, CFITSIO's
compression in NINA): then its cards come first, the primary header's beside them, and BITPIX and NAXIS are
those of the picture, not of the table it is packed in.

A file counts as whole when the bytes of its picture are there: the filling of the last block is not asked
for, nor are extensions behind the picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from math import prod

from pipeline.model.errors import CutOff
from pipeline.model.frames import Header, Problem, Value
from pipeline.world.fits_cards import CARD, parse_cards, split_cards
from pipeline.world.window import FIRST_LOOK, Window

BLOCK = 2880
_LONGEST_HEADER = 2 << 20
_MOST_EXTENSIONS = 8
"""How far behind an empty primary header a picture is looked for."""
_MOST_AXES = 999
_MOST_BYTES = 1 << 62
_BITPIX = frozenset({8, 16, 32, 64, -32, -64})
_LIKE_A_CARD = re.compile(rb"[A-Za-z0-9_ -]{8}")
_OF_THE_TABLE = re.compile(
    r"XTENSION|PCOUNT|GCOUNT|TFIELDS|THEAP|EXTNAME|EXTVER|BITPIX|NAXIS\d*"
    r"|T(?:TYPE|FORM|UNIT|DIM|NULL|SCAL|ZERO|DISP)\d+"
    r"|Z(?:IMAGE|TENSION|SIMPLE|EXTEND|BLOCKED|PCOUNT|GCOUNT|CMPTYPE|QUANTIZ|DITHER0|MASKCMP|HECKSUM|DATASUM)"
    r"|Z(?:BITPIX|NAXIS\d*|TILE\d+|NAME\d+|VAL\d+)|CHECKSUM|DATASUM"
)


@dataclass(frozen=True, slots=True)
class _Unit:
    """One header with the place and length of its data."""

    cards: dict[str, Value]
    problems: tuple[Problem, ...]
    data_at: int
    data_bytes: int | None
    """None where the cards do not say, or the header itself is not whole."""
    ended: bool
    """True when the END card was found."""

    @property
    def end(self) -> int | None:
        """Where the data end, without padding."""
        return None if self.data_bytes is None else self.data_at + self.data_bytes


def read_fits(window: Window) -> Header:
    """Read the cards of the picture in a FITS file.

    Raises:
        CutOff: not even one card is there.
    """
    primary = _read_unit(window, 0)
    if primary.ended and primary.data_bytes == 0 and primary.cards.get("NAXIS") == 0:
        return _read_extension(window, primary)
    return Header(primary.cards, "fits", _whole_bytes(window, primary), primary.problems)


def _read_extension(window: Window, primary: _Unit) -> Header:
    at = primary.data_at
    for _ in range(_MOST_EXTENSIONS):
        if not window.at(at, CARD).startswith(b"XTENSION"):
            break
        unit = _read_unit(window, at)
        if not unit.ended or _is_picture(unit.cards):
            cards = {**_of_picture(primary.cards), **_picture_cards(unit.cards)}
            return Header(cards, "fits", _whole_bytes(window, unit), (*primary.problems, *unit.problems))
        if unit.end is None:
            break
        at = _full_blocks(unit.end)
    missing = Problem("no-image", "the header describes no image, and no extension holds one (copy cut off?)")
    return Header(primary.cards, "fits", None, (*primary.problems, missing))


def _is_picture(cards: dict[str, Value]) -> bool:
    if cards.get("XTENSION") == "IMAGE":
        return cards.get("NAXIS") not in (None, 0)
    return cards.get("ZIMAGE") is True


def _picture_cards(cards: dict[str, Value]) -> dict[str, Value]:
    """The cards of an extension's picture, those of the table it may be packed in left out."""
    packed = cards.get("ZIMAGE") is True
    shape = re.compile(r"Z(BITPIX|NAXIS\d*)" if packed else r"(BITPIX|NAXIS\d*)")
    found = {match[1]: value for key, value in cards.items() if (match := shape.fullmatch(key))}
    return {**found, **_of_picture(cards)}


def _of_picture(cards: dict[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in cards.items() if not _OF_THE_TABLE.fullmatch(key)}


def _read_unit(window: Window, at: int) -> _Unit:
    data, end = _read_until_end(window, at)
    if end < 0:
        return _read_torn(window, at, data)
    header, padding = data[:end], data[end : _full_blocks(end + CARD)]
    problems: list[Problem] = []
    if b"\0" in header or b"\0" in padding:
        header = header.replace(b"\0", b" ")
        problems.append(Problem("nul-padded", "the header is padded with NUL bytes; read as blanks"))
    cards, bad = parse_cards(split_cards(header))
    data_bytes = length_of_data(cards)
    if data_bytes is None:
        problems.append(Problem("no-size", "BITPIX and NAXIS do not say how long the data are"))
    return _Unit(cards, (*problems, *bad), at + _full_blocks(end + CARD), data_bytes, ended=True)


def _read_until_end(window: Window, at: int) -> tuple[bytes, int]:
    """The bytes of a header, and where in them its END card lies; -1 where there is none."""
    data = window.at(at, FIRST_LOOK)
    end = _find_end(data)
    while end < 0 and len(data) < _LONGEST_HEADER and _is_like_cards(data):
        more = window.at(at + len(data), len(data))
        if not more:
            break
        data += more
        end = _find_end(data)
    return data, end


def _find_end(data: bytes) -> int:
    at = data.find(b"END")
    while at >= 0 and (at % CARD or data[at + 3 : at + 8].strip(b" \0")):
        at = data.find(b"END", at + 1)
    return at


def _is_like_cards(data: bytes) -> bool:
    """False when the last full card is none: pixels follow, and there is no end to find."""
    last = len(data) // CARD * CARD - CARD
    return last >= 0 and bool(_LIKE_A_CARD.match(data[last : last + CARD].replace(b"\0", b" ")))


def _read_torn(window: Window, at: int, data: bytes) -> _Unit:
    """Read what there is of a header without END."""
    data = data[:_LONGEST_HEADER].replace(b"\0", b" ")
    cards, bad = parse_cards(list(takewhile(_LIKE_A_CARD.match, split_cards(data))))
    if not cards:
        raise window.trouble or CutOff(f"the FITS header ends after {len(data)} bytes, before its first card")
    return _Unit(cards, (_why_torn(window, at, data), *bad), at, None, ended=False)


def _why_torn(window: Window, at: int, data: bytes) -> Problem:
    if window.trouble:
        return Problem("cut-off", f"{window.trouble}; the header has no END card")
    if window.size is None or at + len(data) < window.size:
        return Problem("no-end", f"no END card in the first {len(data):,} bytes; what reads as cards is kept")
    text = f"the header ends after {len(data):,} bytes, before its END card (copy cut off?)"
    return Problem("cut-off", text)


def _whole_bytes(window: Window, unit: _Unit) -> int | None:
    """The least size of a whole file; of one that ends within its header, the end of that block."""
    if window.size is None or unit.ended:
        return None if window.size is None else unit.end
    torn = any(problem.code == "cut-off" for problem in unit.problems)
    return _full_blocks(window.size + 1) if torn else None


def length_of_data(cards: dict[str, Value]) -> int | None:
    """Length of the data by the cards, None where they do not say or cannot be believed."""
    axes, bits = cards.get("NAXIS"), cards.get("BITPIX")
    if type(axes) is not int or not 0 <= axes <= _MOST_AXES or type(bits) is not int or bits not in _BITPIX:
        return None
    sides = [cards.get(f"NAXIS{number}") for number in range(1, axes + 1)]
    counts = (*sides, cards.get("PCOUNT", 0), cards.get("GCOUNT", 1))
    known = [count for count in counts if type(count) is int and count >= 0]
    if len(known) < axes + 2:
        return None
    *lengths, extra, groups = known
    total = abs(bits) // 8 * groups * (extra + prod(lengths)) if axes else 0
    return total if total < _MOST_BYTES else None


def _full_blocks(length: int) -> int:
    return -(-length // BLOCK) * BLOCK
