"""The pixels of a plain FITS file: read by strips of rows or whole, written whole or not at all.

Reading is ours because a stack of two hundred frames is read row by row, straight into the camera's type, and
a worker that only reads pixels need not import astropy. Compressed ones (`.fz`) are not plain and say so.

    open_image ─▶ FitsImage (a value that travels to a worker) ─▶ rows(y0, y1)
    pixels + cards ─▶ image_bytes ─▶ write_image
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.model.frames import Value
from pipeline.world.files import open_regular, replace_if_different, write_new
from pipeline.world.fits_cards import parse_cards, split_cards
from pipeline.world.fits_text import BLOCK, LINE, Card, header_text
from pipeline.world.passing import retry

Pixels = NDArray[Any]

_STORED = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_UNSIGNED = {(8, -128.0): "i1", (16, 32768.0): "u2", (32, 2147483648.0): "u4"}
"""FITS has no such integers: it stores them moved by half their range, which one flipped bit undoes."""
_LONGEST_HEADER = 4 << 20
_PIECE = 1 << 15
"""Pixels turned at once: they stay in a core's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitsImage:
    """Where the pixels of a file lie and how they are stored."""

    path: Path
    data_at: int
    bitpix: int
    width: int
    height: int
    planes: int = 1
    bzero: float = 0.0
    bscale: float = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array `pixels` gives: rows and columns, behind the planes of a colour picture."""
        return (self.height, self.width) if self.planes == 1 else (self.planes, self.height, self.width)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the array: the camera's own integers where the file holds such, else floats."""
        if self.bscale == 1 and self.bzero == 0:
            return np.dtype(_STORED[self.bitpix]).newbyteorder("=")
        if self.bscale == 1 and (self.bitpix, self.bzero) in _UNSIGNED:
            return np.dtype(_UNSIGNED[self.bitpix, self.bzero])
        return np.dtype("f4" if self.bitpix in {8, 16, -32} else "f8")

    def rows(self, y0: int, y1: int) -> Pixels:
        """Rows `y0` up to, not including, `y1`, counted as they lie in the file."""
        y0, y1 = max(y0, 0), min(y1, self.height)
        return retry(lambda: self._rows(y0, max(y1, y0)), self.path)

    def pixels(self) -> Pixels:
        """The whole picture."""
        return self.rows(0, self.height)

    def _rows(self, y0: int, y1: int) -> Pixels:
        raw = np.empty((self.planes, y1 - y0, self.width), np.dtype(_STORED[self.bitpix]))
        with os.fdopen(open_regular(self.path), "rb", buffering=0) as file:
            for plane in range(self.planes):
                file.seek(self.data_at + (plane * self.height + y0) * self.width * raw.itemsize)
                self._fill(file, raw[plane])
        values = _scaled(raw, self)
        return values[0] if self.planes == 1 else values

    def _fill(self, file: FileIO, rows: Pixels) -> None:
        left = rows.reshape(-1).view(np.uint8).data
        while left:
            count = file.readinto(left)
            if not count:
                raise CutOff(f"{self.path}: the data end before the last row (copy cut off?)")
            left = left[count:]


def open_image(path: Path) -> FitsImage:
    """Find the pixels of a plain FITS file.

    Raises:
        NotAFrame: there is no plain picture in it.
        CutOff: the file ends before its own header says it does.
    """
    return retry(lambda: _open(path), path)


def write_image(path: Path, pixels: Pixels, cards: Iterable[Card], *, replace: bool = False) -> bool:
    """Write a picture, whole or not at all.

    Args:
        path: where; its folder exists.
        pixels: uint16 or float32, (rows, columns) or (planes, rows, columns).
        cards: what the header says besides the layout of the pixels.
        replace: take the place of an older one (derived files); else that is a `FileExistsError`.

    Returns:
        False when the very same file was there already (with `replace` only).
    """
    data = image_bytes(pixels, cards)
    if replace:
        return replace_if_different(path, data)
    write_new(path, data)
    return True


def image_bytes(pixels: Pixels, cards: Iterable[Card]) -> bytes:
    """A whole FITS file: header and pixels, each filled up to its block."""
    header = header_text(_layout(pixels), cards)
    whole = np.zeros(len(header) + -(-pixels.nbytes // BLOCK) * BLOCK, np.uint8)
    whole[: len(header)] = np.frombuffer(header, np.uint8)
    place = whole[len(header) : len(header) + pixels.nbytes]
    if pixels.dtype == np.uint16:
        place.view(">u2").reshape(pixels.shape)[...] = pixels ^ np.uint16(0x8000)
    else:
        place.view(">f4").reshape(pixels.shape)[...] = pixels
    return whole.tobytes()


def as_cards(cards: Mapping[str, Value]) -> list[Card]:
    """A header that was read, to be written again."""
    return [Card(key, value) for key, value in cards.items()]


def _layout(pixels: Pixels) -> list[Card]:
    if pixels.dtype not in (np.uint16, np.float32) or pixels.ndim not in (2, 3):
        raise ValueError(f"pixels of type {pixels.dtype} and shape {pixels.shape} are not written as FITS")
    whole = pixels.dtype == np.uint16
    axes = [Card(f"NAXIS{number}", length) for number, length in enumerate(reversed(pixels.shape), 1)]
    return [
        Card("SIMPLE", True, "FITS standard"),
        Card("BITPIX", 16 if whole else -32),
        Card("NAXIS", pixels.ndim),
        *axes,
        *([Card("BZERO", 32768), Card("BSCALE", 1)] if whole else []),
        Card("EXTEND", True),
    ]


def _open(path: Path) -> FitsImage:
    with os.fdopen(open_regular(path), "rb") as file:
        cards, data_at = _read_cards(path, file)
        size = file.seek(0, 2)
    image = _image(path, cards, data_at)
    pixels = image.width * image.height * image.planes
    needed = data_at + pixels * abs(image.bitpix) // 8
    if size < needed:
        raise CutOff(f"{path}: the data end after {size / 1e6:.2f} of {needed / 1e6:.2f} MB (copy cut off?)")
    return image


def _read_cards(path: Path, file: BinaryIO) -> tuple[dict[str, Value], int]:
    """The cards of the first header, and where its data begin."""
    header = b""
    while block := file.read(BLOCK):
        if not header and not block.startswith(b"SIMPLE  ="):
            raise NotAFrame(f"{path}: not a FITS file")
        header += block
        for at in range(len(header) - len(block), len(header), LINE):
            if header[at : at + LINE].rstrip(b" \0") == b"END":
                return parse_cards(split_cards(header[:at].replace(b"\0", b" ")))[0], len(header)
        if len(header) > _LONGEST_HEADER:
            raise NotAFrame(f"{path}: no END card in its first {len(header):,} bytes")
    raise CutOff(f"{path}: ends after {len(header):,} bytes, within its header (copy cut off?)")


def _image(path: Path, cards: Mapping[str, Value], data_at: int) -> FitsImage:
    bitpix, axes = cards.get("BITPIX"), cards.get("NAXIS")
    if axes == 0:
        raise NotAFrame(f"{path}: its first part holds no picture (compressed?); unpack it with funpack")
    if type(bitpix) is not int or bitpix not in _STORED or type(axes) is not int or not 2 <= axes <= 9:
        raise NotAFrame(f"{path}: BITPIX {bitpix} with NAXIS {axes} is no picture we can read")
    lengths = [_length(path, cards, f"NAXIS{number}") for number in range(1, axes + 1)]
    if any(length != 1 for length in lengths[3:]):
        raise NotAFrame(f"{path}: a picture of {' × '.join(map(str, lengths))} has too many axes")
    return FitsImage(
        path=path,
        data_at=data_at,
        bitpix=bitpix,
        width=lengths[0],
        height=lengths[1],
        planes=lengths[2] if axes > 2 else 1,
        bzero=_factor(cards.get("BZERO"), 0.0),
        bscale=_factor(cards.get("BSCALE"), 1.0),
    )


def _length(path: Path, cards: Mapping[str, Value], key: str) -> int:
    length = cards.get(key)
    if type(length) is not int or length < 1:
        raise NotAFrame(f"{path}: {key} is {length}, so there are no pixels")
    return length


def _factor(value: Value | None, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) else default


def _scaled(raw: Pixels, image: FitsImage) -> Pixels:
    """Stored numbers as what they stand for, in place where the type allows it."""
    native = _turned(raw)
    wanted = image.dtype
    if wanted == native.dtype and image.bscale == 1 and image.bzero == 0:
        return native
    if wanted.kind in "iu":
        unsigned = native.view(f"u{wanted.itemsize}")
        unsigned ^= unsigned.dtype.type(1 << (8 * wanted.itemsize - 1))
        return unsigned.view(wanted)
    values = native.astype(wanted, copy=False)
    values *= wanted.type(image.bscale)
    values += wanted.type(image.bzero)
    return values


def _turned(raw: Pixels) -> Pixels:
    """The same memory in this computer's order of bytes, by pieces: numpy's byteswap takes three times as long."""
    native = raw.view(raw.dtype.newbyteorder("="))
    if sys.byteorder == "little" and raw.itemsize > 1:
        flat, turned = raw.reshape(-1), native.reshape(-1)
        for at in range(0, len(flat), _PIECE):
            turned[at : at + _PIECE] = flat[at : at + _PIECE].astype(native.dtype)
    return native
