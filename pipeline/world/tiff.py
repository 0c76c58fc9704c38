"""The directories of a TIFF file: what pictures it holds, how large, and the words beside them.

TIFF is also the skeleton of most camera RAW files. Directories are read as tables of numbers and texts; every
length in them is somebody else's claim and is bounded here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.model.frames import Header, Problem, Value
from pipeline.world.fits_cards import CARD, legible, parse_cards
from pipeline.world.window import Window

MAGICS = (b"II*\0", b"MM\0*")
WIDTH, HEIGHT, BITS, PLANES = 0x0100, 0x0101, 0x0102, 0x0115
SUB_DIRECTORIES, EXIF = 0x014A, 0x8769
_TITLES = (0x010E, 0x9C9B, 0x010D)
"""Image description, Windows' title (UTF-16), document name."""
_BLOCKS = ((0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202))
"""Where strips, tiles and JPEGs begin, and how long they are."""
_FORMATS = {
    1: "s",
    2: "s",
    3: "H",
    4: "I",
    5: "II",
    6: "b",
    7: "s",
    8: "h",
    9: "i",
    10: "ii",
    11: "f",
    12: "d",
    13: "I",
}
_MOST_ENTRIES = 512
_MOST_DIRECTORIES = 32
_MOST_BYTES = 1 << 18
_MAKER_NOTE = 0x927C
"""A camera maker's own block: large, and secret."""
_CARD_LINE = re.compile(r"\s*([A-Za-z0-9_-]{1,8})\s*=\s*(.*)")

Tag = bytes | tuple[float, ...]
"""Text and raw bytes as bytes; numbers as numbers; a fraction as its quotient."""
Directory = Mapping[int, Tag]


@dataclass(frozen=True, slots=True)
class Tiff:
    """The directories of a file in the order they were found."""

    directories: tuple[Directory, ...]
    exif: Directory
    """Empty where there is none."""
    end: int
    """Where the last strip, tile or JPEG ends; 0 where none is known."""

    def text(self, tag: int) -> str:
        """The first of these texts in any directory; empty when there is none."""
        for directory in (*self.directories, self.exif):
            value = directory.get(tag)
            if isinstance(value, bytes):
                return legible(value.split(b"\0")[0].decode(errors="replace").strip())
        return ""

    def number(self, tag: int) -> float | None:
        """The first of these numbers in any directory."""
        for directory in (self.exif, *self.directories):
            value = directory.get(tag)
            if isinstance(value, tuple) and value:
                return value[0]
        return None


def read_tiff(window: Window) -> Header:
    """Read the FITS cards NINA writes as lines of text into a TIFF's title, and the size of the picture."""
    tiff = read_directories(window)
    cards, bad = parse_cards(
        [line for tag in _TITLES for line in _card_lines(tiff.directories[0].get(tag, b""))]
    )
    problems = [Problem("not-measurable", "not measurable: TIFF"), *bad]
    return Header({**cards, **_shape(tiff.directories[0])}, "tiff", tiff.end or None, tuple(problems))


def _card_lines(title: Tag) -> Iterator[bytes]:
    if not isinstance(title, bytes):
        return
    text = title.decode("utf-16-le" if title[1:2] == b"\0" else "utf-8", errors="replace")
    for line in text.replace("\0", "\n").splitlines():
        if line.strip() == "END":
            return
        found = _CARD_LINE.fullmatch(line)
        if found:
            yield f"{found[1]:8}= {found[2].strip()}".encode()[:CARD].ljust(CARD)


def _shape(directory: Directory) -> dict[str, Value]:
    numbers = {
        tag: int(value[0]) for tag, value in directory.items() if isinstance(value, tuple) and value[:1]
    }
    planes = numbers.get(PLANES, 1)
    shape = {"NAXIS": 3 if planes > 1 else 2, "NAXIS1": numbers.get(WIDTH), "NAXIS2": numbers.get(HEIGHT)}
    extra = {"NAXIS3": planes if planes > 1 else None, "BITPIX": numbers.get(BITS)}
    return {key: value for key, value in {**shape, **extra}.items() if value is not None}


def read_directories(window: Window) -> Tiff:
    """Walk the directories of a file or of a piece of one.

    Raises:
        CutOff: the first directory is not there.
        NotAFrame: it is no TIFF, or a directory of it makes no sense.
    """
    start = window.at(0, 8)
    if start[:4] not in MAGICS or len(start) < 8:
        raise NotAFrame("not a TIFF file")
    order = "<" if start.startswith(b"II") else ">"
    found: dict[int, Directory] = {}
    waiting = [struct.unpack(f"{order}I", start[4:])[0]]
    while waiting and len(found) < _MOST_DIRECTORIES:
        at = waiting.pop(0)
        if at and at not in found:
            found[at], following = _read_directory(window, at, order)
            waiting += [*_places(found[at].get(SUB_DIRECTORIES)), following]
    directories = tuple(found.values())
    if not directories or not directories[0]:
        raise CutOff("the file ends before its first TIFF directory (copy cut off?)")
    exif = next((places[0] for each in directories if (places := _places(each.get(EXIF)))), 0)
    return Tiff(directories, _read_directory(window, exif, order)[0] if exif else {}, _end_of(directories))


def _read_directory(window: Window, at: int, order: str) -> tuple[Directory, int]:
    """The tags of one directory, and where the next one lies (0: nowhere)."""
    counted = window.at(at, 2)
    if len(counted) < 2:
        return {}, 0
    count = struct.unpack(f"{order}H", counted)[0]
    table = window.at(at + 2, min(count, _MOST_ENTRIES) * 12 + 4)
    tags = {}
    for place in range(0, min(count, _MOST_ENTRIES, len(table) // 12) * 12, 12):
        tag, kind, values = struct.unpack(f"{order}HHI", table[place : place + 8])
        if tag != _MAKER_NOTE:
            tags[tag] = _read_tag(window, kind, values, table[place + 8 : place + 12], order)
    last = table[count * 12 : count * 12 + 4]
    return tags, struct.unpack(f"{order}I", last)[0] if len(last) == 4 else 0


def _read_tag(window: Window, kind: int, count: int, inline: bytes, order: str) -> Tag:
    """The values of one entry: in its last four bytes when they fit, else where those point to."""
    form = _FORMATS.get(kind)
    if form is None:
        return ()
    size = struct.calcsize(f"={form}")
    length = min(size * count, _MOST_BYTES) // size * size
    data = inline[:length] if length <= 4 else window.at(struct.unpack(f"{order}I", inline)[0], length)
    if form == "s":
        return data
    data = data[: len(data) // size * size]
    numbers = struct.unpack(f"{order}{len(data) // size * len(form)}{form[0]}", data)
    return tuple(map(_quotient, numbers[::2], numbers[1::2])) if len(form) == 2 else numbers


def _quotient(above: float, below: float) -> float:
    return above / below if below else 0.0


def _places(tag: Tag | None) -> list[int]:
    return [int(place) for place in tag[:_MOST_DIRECTORIES]] if isinstance(tag, tuple) else []


def _end_of(directories: tuple[Directory, ...]) -> int:
    ends = [0]
    for directory in directories:
        for begins, lengths in _BLOCKS:
            places, counts = directory.get(begins), directory.get(lengths)
            if isinstance(places, tuple) and isinstance(counts, tuple):
                ends += [int(place + count) for place, count in zip(places, counts, strict=False)]
    return max(ends)
