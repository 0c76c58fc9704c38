"""What a camera RAW file says of its exposure: CR2, NEF, ARW and DNG (TIFF inside), CR3 (ISO media boxes).

Its EXIF tags are handed on as cards with FITS names, so that a dialect reads them like any other header. The
camera's clock is local time. Pixels are not looked at: what needs them says "not measurable".
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.model.frames import Header, Problem, Value
from pipeline.world.tiff import HEIGHT, WIDTH, Directory, Tiff, read_directories
from pipeline.world.window import Piece, Window

_MODEL = 0x0110
_EXPOSURE, _FOCAL_RATIO, _FOCAL_LENGTH = 0x829A, 0x829D, 0x920A
_ISO, _ISO_RECOMMENDED, _ISO_SPEED = 0x8827, 0x8832, 0x8833
_TAKEN, _TAKEN_FRACTION = 0x9003, 0x9291
_EXIF_WIDTH, _EXIF_HEIGHT = 0xA002, 0xA003
_SERIAL, _DNG_SERIAL = 0xA431, 0xC62F
_ISO_TOO_LARGE = 65535
"""What cameras write into the short ISO tag when it does not hold the number."""
_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d:\d\d:\d\d)")
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_MOST_BOXES = 64
_LONGEST_BLOCK = 1 << 20


def read_raw(window: Window) -> Header:
    """Read the exposure of a camera RAW file that is built like a TIFF."""
    tiff = read_directories(window)
    return _header(tiff, tiff.end or None)


def read_cr3(window: Window) -> Header:
    """Read the exposure of a Canon CR3 file: two small TIFFs in boxes, one for the camera, one for the shot.

    Raises:
        CutOff: the box that holds them is not there.
        NotAFrame: it is another kind of media file.
    """
    if window.at(8, 4) != b"crx ":
        raise NotAFrame("a media file (video, HEIF), not a camera's CR3")
    boxes = {kind: (at, end) for kind, at, end in _boxes(window, 0, window.size)}
    camera = _canon_block(window, boxes, b"CMT1")
    shot = _canon_block(window, boxes, b"CMT2")
    if camera is None and shot is None:
        raise CutOff("the CR3 file ends before the box that describes the exposure (copy cut off?)")
    parts = [part for part in (camera, shot) if part is not None]
    tiff = Tiff(tuple(each for part in parts for each in part.directories), {}, 0)
    return _header(tiff, max((end for _, end in boxes.values()), default=None))


def _canon_block(window: Window, boxes: dict[bytes, tuple[int, int]], name: bytes) -> Tiff | None:
    for kind, at, end in _boxes(window, *boxes.get(b"moov", (0, 0))):
        if kind == b"uuid" and window.at(at, 16) == _CANON:
            for inner, inner_at, inner_end in _boxes(window, at + 16, end):
                if inner == name:
                    return read_directories(
                        Piece(window.at(inner_at, min(inner_end - inner_at, _LONGEST_BLOCK)))
                    )
    return None


def _boxes(window: Window, at: int, end: int | None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start of content and end of each box between two places."""
    for _ in range(_MOST_BOXES):
        head = window.at(at, 16)
        if len(head) < 8 or (end is not None and at >= end):
            return
        size, kind = struct.unpack(">I4s", head[:8])
        content = at + 8
        if size == 1 and len(head) == 16:
            size, content = struct.unpack(">Q", head[8:])[0], at + 16
        if size < content - at:
            return
        yield kind, content, at + size
        at += size


def _header(tiff: Tiff, whole_bytes: int | None) -> Header:
    width, height = _largest(tiff)
    found: dict[str, Value | None] = {
        "EXPTIME": _above_zero(tiff.number(_EXPOSURE)),
        "GAIN": _iso(tiff),
        "DATE-LOC": _taken(tiff),
        "INSTRUME": tiff.text(_MODEL),
        "CAMERAID": tiff.text(_SERIAL) or tiff.text(_DNG_SERIAL),
        "FOCALLEN": _above_zero(tiff.number(_FOCAL_LENGTH)),
        "FOCRATIO": _above_zero(tiff.number(_FOCAL_RATIO)),
        "NAXIS1": width,
        "NAXIS2": height,
    }
    cards = {key: value for key, value in found.items() if value}
    return Header(cards, "raw", whole_bytes, (Problem("not-measurable", "not measurable: camera RAW"),))


def _above_zero(number: float | None) -> float | None:
    return float(number) if number is not None and 0.0 < number < 1e9 else None


def _iso(tiff: Tiff) -> Value | None:
    for tag in (_ISO, _ISO_RECOMMENDED, _ISO_SPEED):
        iso = tiff.number(tag)
        if iso and not (tag == _ISO and iso >= _ISO_TOO_LARGE):
            return int(iso)
    return None


def _taken(tiff: Tiff) -> str:
    found = _TIME.match(tiff.text(_TAKEN))
    if not found or found[1] == "0000":
        return ""
    fraction = re.match(r"\d{1,9}", tiff.text(_TAKEN_FRACTION))
    return f"{found[1]}-{found[2]}-{found[3]}T{found[4]}" + (f".{fraction[0]}" if fraction else "")


def _largest(tiff: Tiff) -> tuple[int, int]:
    """The largest picture of the file: the others are previews."""
    sizes = [_size(each, WIDTH, HEIGHT) for each in tiff.directories]
    sizes += [_size(each, _EXIF_WIDTH, _EXIF_HEIGHT) for each in (tiff.exif, *tiff.directories)]
    return max(sizes, key=lambda size: size[0] * size[1])


def _size(directory: Directory, across: int, down: int) -> tuple[int, int]:
    width, height = directory.get(across), directory.get(down)
    if isinstance(width, tuple) and isinstance(height, tuple) and width and height:
        return int(width[0]), int(height[0])
    return 0, 0
