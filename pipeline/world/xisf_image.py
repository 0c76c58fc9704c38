"""The pixels of an XISF file (PixInsight's format, which NINA writes too): by strips of rows, or whole.

Only the first image is read. Where its samples lie in the file as they are, rows are read alone; packed ones, and
those written in the header itself, are unpacked whole.

    open_xisf ─▶ XisfImage (a value that travels to a worker) ─▶ rows(y0, y1)
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model.errors import CutOff, FrameError, NotAFrame
from pipeline.world.files import open_regular
from pipeline.world.fits_cards import legible
from pipeline.world.passing import retry
from pipeline.world.xisf_blocks import Block, find_block, load_block, require_whole
from pipeline.world.xisf_first import first_image

Pixels = NDArray[Any]

_SAMPLES = {"UInt8": "u1", "UInt16": "u2", "UInt32": "u4", "Float32": "f4", "Float64": "f8"}
_MOST_PIXELS = 400_000_000
"""Of a packed picture: a header may promise more than a computer holds; no camera does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XisfImage:
    """Where the pixels of a file lie and how they are stored."""

    path: Path
    block: Block
    sample: str
    """As numpy names it: `u2`, `f4`."""
    width: int
    height: int
    planes: int = 1
    is_planar: bool = True
    """Plane after plane; False: the samples of a pixel lie together."""
    bounds: str = ""
    """What the file says black and white are: `0:1`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array `pixels` gives: rows and columns, behind the planes of a colour picture."""
        return (self.height, self.width) if self.planes == 1 else (self.planes, self.height, self.width)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the array: the samples of the file, in this computer's order of bytes."""
        return np.dtype(self.sample)

    @property
    def by_strips(self) -> bool:
        """Rows are read alone; otherwise the whole is unpacked for them."""
        return self.block.is_plain

    def rows(self, y0: int, y1: int) -> Pixels:
        """Rows `y0` up to, not including, `y1`, counted as they lie in the file."""
        y0, y1 = max(y0, 0), min(y1, self.height)
        read = self._strip if self.by_strips else self._unpacked
        with _naming(self.path):
            return retry(lambda: read(y0, max(y1, y0)), self.path)

    def pixels(self) -> Pixels:
        """The whole picture."""
        return self.rows(0, self.height)

    @property
    def _stored(self) -> np.dtype[Any]:
        return self.dtype.newbyteorder(">" if self.block.is_big_endian else "<")

    def _strip(self, y0: int, y1: int) -> Pixels:
        planes, across = (self.planes, 1) if self.is_planar else (1, self.planes)
        raw = np.empty((planes, y1 - y0, self.width * across), self._stored)
        with os.fdopen(open_regular(self.path), "rb", buffering=0) as file:
            for plane in range(planes):
                line = self.width * across * raw.itemsize
                file.seek(self.block.at + (plane * self.height + y0) * line)
                _fill(file, raw[plane])
        return self._arranged(raw, y1 - y0)

    def _unpacked(self, y0: int, y1: int) -> Pixels:
        with os.fdopen(open_regular(self.path), "rb") as file:
            raw = load_block(self.block, file).view(self._stored)
        planes, across = (self.planes, 1) if self.is_planar else (1, self.planes)
        return self._arranged(raw.reshape(planes, self.height, self.width * across)[:, y0:y1], y1 - y0)

    def _arranged(self, raw: Pixels, height: int) -> Pixels:
        """Samples as they are stored, as an array of our own: planes apart, native, writable."""
        if not self.is_planar:
            raw = np.moveaxis(raw.reshape(height, self.width, self.planes), -1, 0)
        is_ours = raw.dtype == self.dtype and raw.flags.c_contiguous and raw.flags.writeable
        values = raw if is_ours else raw.astype(self.dtype, order="C")
        return values[0] if self.planes == 1 else values


def open_xisf(path: Path, *, prove: bool = True) -> XisfImage:
    """Find the pixels of the first image in an XISF file.

    Args:
        path: of the file.
        prove: compare pixels that lie there unpacked with their checksum, which reads them all. What is packed is
            always compared, when it is unpacked.

    Raises:
        NotAFrame: there is no picture in it that we can read.
        CutOff: the file ends before its own header says it does.
        FrameError: it is damaged.
    """
    with _naming(path):
        return retry(lambda: _open(path, prove), path)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Errors from inside a file say which file."""
    try:
        yield
    except FrameError as error:
        if str(error).startswith(str(path)):
            raise
        raise type(error)(f"{path}: {error}") from error


def _open(path: Path, prove: bool) -> XisfImage:
    with os.fdopen(open_regular(path), "rb") as file:
        attributes, text = first_image(file)
        image = _image(path, attributes, text)
        size = file.seek(0, os.SEEK_END)
        end = image.block.at + image.block.stored
        if image.block.held is None and size < end:
            raise CutOff(f"the data end after {size / 1e6:.2f} of {end / 1e6:.2f} MB (copy cut off?)")
        if prove and image.by_strips:
            require_whole(image.block, file)
    return image


def _image(path: Path, attributes: Mapping[str, str], text: str) -> XisfImage:
    kind = attributes.get("sampleFormat", "")
    if kind not in _SAMPLES:
        raise NotAFrame(
            f"its samples are {legible(kind)[:20] or 'of no kind'}, which no camera writes; save it as 32-bit float"
        )
    width, height, planes = _sides(attributes.get("geometry", ""))
    size = width * height * planes * np.dtype(_SAMPLES[kind]).itemsize
    block = find_block(attributes, text, size)
    if not block.is_plain and width * height * planes > _MOST_PIXELS:
        raise NotAFrame(f"a packed picture of {width} × {height} × {planes} is larger than any camera's")
    return XisfImage(
        path=path,
        block=block,
        sample=_SAMPLES[kind],
        width=width,
        height=height,
        planes=planes,
        is_planar=attributes.get("pixelStorage", "Planar").strip().lower() != "normal",
        bounds="".join(attributes.get("bounds", "").split())[:64],
    )


def _sides(geometry: str) -> tuple[int, int, int]:
    """Width, height and planes."""
    sides = geometry.strip().split(":")
    if not all(side.isascii() and side.isdecimal() and len(side) < 10 for side in sides):
        raise NotAFrame(f"its geometry {legible(geometry)[:40]} is not understood")
    lengths = [int(side) for side in sides]
    if not 3 <= len(lengths) <= 4 or math.prod(lengths) < 1 or (len(lengths) == 4 and lengths[2] != 1):
        raise NotAFrame(f"its geometry {legible(geometry)[:40]} is no flat picture")
    return lengths[0], lengths[1], lengths[-1]


def _fill(file: FileIO, rows: Pixels) -> None:
    left = rows.reshape(-1).view(np.uint8).data
    while left:
        count = file.readinto(left)
        if not count:
            raise CutOff("the data end before the last row (copy cut off?)")
        left = left[count:]
