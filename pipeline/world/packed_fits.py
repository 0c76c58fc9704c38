"""The picture of a packed FITS file (`.fz`, `.gz`, or in an extension): unpacked whole.

That is left to astropy, which is only then loaded. What its header promises is judged before it is unpacked, and of a
gzipped file what lies behind the picture is not read.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.model.errors import CutOff, FrameError, NightbuildError, NotAFrame
from pipeline.model.frames import Value
from pipeline.world.files import open_regular, unreadable
from pipeline.world.fits import length_of_data
from pipeline.world.fits_cards import parse_cards, split_cards
from pipeline.world.fits_text import BLOCK, LINE

Pixels = NDArray[Any]

_MOST_BYTES = 2 << 30
"""A header may promise more than a computer holds; no camera's picture does."""
_LONGEST_HEADER = 2 << 20
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFits:
    """A file whose picture comes out whole or not at all."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def rows(self, y0: int, y1: int) -> Pixels:
        """Rows `y0` up to, not including, `y1`: all are unpacked for them."""
        return self.pixels()[..., max(y0, 0) : max(y1, 0), :]

    def pixels(self) -> Pixels:
        """The whole picture."""
        return unpack(self.path)


def unpack(path: Path) -> Pixels:
    """The picture in a packed FITS file, in this computer's order of bytes.

    Raises:
        NightbuildError: there is none that we can read; the sentence says why.
    """
    try:
        with os.fdopen(open_regular(path), "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cards that are not ours to judge here
            return _first_picture(path, file)
    except NightbuildError:
        raise
    except OSError as error:
        raise unreadable(path, error) or FrameError(f"{path}: cannot be unpacked ({error})") from error
    except Exception as error:  # a stranger's bytes in a large library: anything may come
        raise NotAFrame(f"{path}: cannot be unpacked ({error})") from error


def _first_picture(path: Path, file: BinaryIO) -> Pixels:
    from astropy.io import fits

    is_zipped = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    with fits.open(_as_far_as_the_picture(path, file) if is_zipped else file, memmap=False) as parts:
        part = next((part for part in parts if part.is_image and len(part.shape) >= 2), None)
        if part is None:
            raise NotAFrame(f"{path}: no part of it holds a picture")
        size = math.prod(part.shape) * abs(int(part.header["BITPIX"])) // 8
        if size > _MOST_BYTES or len(part.shape) > 3:
            raise NotAFrame(f"{path}: a picture of {' × '.join(map(str, part.shape[::-1]))} is not read")
        pixels = np.asarray(part.data)
        return np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("="), copy=False))


def _as_far_as_the_picture(path: Path, file: BinaryIO) -> BinaryIO:
    """The parts of a gzipped file, unzipped, up to the end of the first that holds a picture."""
    kept, stays = bytearray(), True
    with gzip.GzipFile(fileobj=file) as stream:
        while stays and (header := _header(stream)):
            cards = parse_cards(split_cards(header))[0]
            length, stays = length_of_data(cards), not _is_picture(cards)
            if length is None or len(kept) + len(header) + length > _MOST_BYTES:
                sides = [cards.get(f"{'Z' * ('ZNAXIS' in cards)}NAXIS{number}") for number in (1, 2)]
                raise NotAFrame(f"{path}: a picture of {sides[0]} × {sides[1]} is not read")
            data = stream.read(length)
            if len(data) < length:
                raise CutOff(f"{path}: the data end before the last row (copy cut off?)")
            kept += header + data + bytes(-length % BLOCK)
            stream.read(-length % BLOCK)
    if not kept:
        raise NotAFrame(f"{path}: no part of it holds a picture")
    return io.BytesIO(kept)


def _header(stream: BinaryIO | gzip.GzipFile) -> bytes:
    """The blocks of the header that begins here; nothing where none does."""
    header = b""
    while len(header) < _LONGEST_HEADER and len(block := stream.read(BLOCK)) == BLOCK:
        if not header and not block.startswith((b"SIMPLE", b"XTENSION")):
            break
        header += block
        if any(block[at : at + LINE].rstrip(b" \0") == b"END" for at in range(0, BLOCK, LINE)):
            return header
    return b""


def _is_picture(cards: Mapping[str, Value]) -> bool:
    axes = cards.get("NAXIS")
    is_plain = cards.get("XTENSION", "IMAGE") == "IMAGE" and isinstance(axes, int) and axes >= 2
    return is_plain or cards.get("ZIMAGE") is True
