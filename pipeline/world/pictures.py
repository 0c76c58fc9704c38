"""Any picture the pipeline can read, by strips of rows, in the camera's numbers (ADU).

    open_picture ─▶ Picture (a small value that travels to a worker) ─▶ rows(y0, y1) | pixels()

Plain FITS and plain XISF are read from the disk strip by strip. What is packed (`.fz`, `.gz`, compressed XISF) is
unpacked whole and kept a while, so that its next strips cost nothing; who takes strips of more such pictures than
are kept lays them out as plain files first (`lay_out`).

Float files hold 0..1 or the camera's numbers, and few say which. `adu_scale` is what 1.0 stands for: by the
ADUSCALE card, by the bounds of an XISF image, else by a look at the values. Integer files hold the camera's numbers.
"""

from __future__ import annotations

import math
import os
import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.model.errors import CutOff, NotAFrame
from pipeline.model.frames import Header, Value
from pipeline.model.masters import ADUSCALE
from pipeline.world.files import open_regular
from pipeline.world.fits_image import open_image, write_image
from pipeline.world.fits_text import Card
from pipeline.world.headers import read_header
from pipeline.world.packed_fits import PackedFits, unpack
from pipeline.world.passing import retry
from pipeline.world.xisf_image import XisfImage, open_xisf

Pixels = NDArray[Any]

FULL_SCALE_ADU = 65535.0
"""What 1.0 stands for in a file that runs from 0 to 1."""
_KEPT_BYTES = 512 << 20
_SAMPLED_ROWS = 24
_MOST_OF_UNIT = 2.0
"""A stack may overshoot 1; numbers of a camera lie far beyond."""
_LEAST_OF_UNIT = -1.0
_GZIP = b"\x1f\x8b"
_NO_PICTURE_FIRST = re.compile(rb"NAXIS   = *0(?!\d)")
_NOT_READ = {
    "raw": "a camera RAW: its pixels are not read, only its header; convert it to FITS",
    "tiff": "a TIFF: its pixels are not read, only its header; convert it to FITS",
}


class Source(Protocol):
    """Where the stored samples come from."""

    @property
    def shape(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def dtype(self) -> np.dtype[Any]: ...  # noqa: D102
    def rows(self, y0: int, y1: int) -> Pixels: ...  # noqa: D102
    def pixels(self) -> Pixels: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture in a file, in the camera's numbers."""

    path: Path
    shape: tuple[int, ...]
    """(rows, columns), or (planes, rows, columns)."""
    dtype: np.dtype[Any]
    """Of what `rows` gives: the camera's own integers where the file holds such, else float32."""
    adu_scale: float
    """What 1.0 in the file stands for; 1: the file holds the camera's numbers."""
    by_strips: bool
    """Rows are read alone from the disk; False: the whole is unpacked for the first of them."""
    source: Source

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.shape[-2]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.shape[-1]

    def rows(self, y0: int, y1: int) -> Pixels:
        """Rows `y0` up to, not including, `y1`, counted as they lie in the file; an array of the caller's own."""
        if self.by_strips:
            return self._in_adu(self.source.rows(y0, y1))
        return self._in_adu(_kept(self)[..., max(y0, 0) : max(y1, 0), :].copy())

    def pixels(self) -> Pixels:
        """The whole picture, an array of the caller's own; nothing is kept for it."""
        known = None if self.by_strips else _KEPT.get(self)
        return self._in_adu(self.source.pixels() if known is None else known.copy())

    def _in_adu(self, stored: Pixels) -> Pixels:
        if self.dtype != np.float32:
            return stored
        with np.errstate(all="ignore"):  # odd values stay odd, and no word reaches the terminal
            values = stored.astype(np.float32, copy=False)
            if self.adu_scale != 1.0:
                values *= np.float32(self.adu_scale)
        return values


def open_picture(path: Path, *, prove: bool = True) -> Picture:
    """Find the picture in a file, whatever FITS or XISF it is.

    Args:
        path: of the file.
        prove: compare the pixels of a plain XISF with its checksum, if it has one, which reads them all; not
            needed where the file's own hash was just looked at.

    Raises:
        NotAFrame: there is none that we can read.
        CutOff: the file ends before its own header says it does.
        FrameError: it is damaged, or may not be read.
        PassingError: the disk or share does not answer just now.
        OSError: it is not there.
    """
    header = _header(path)
    if header.container in _NOT_READ:
        raise NotAFrame(f"{path}: {_NOT_READ[header.container]}")
    source, by_strips = _source(path, header.container, prove)
    is_float = source.dtype.kind == "f"
    picture = Picture(
        path=path,
        shape=source.shape,
        dtype=np.dtype("f4") if is_float else source.dtype,
        adu_scale=1.0,
        by_strips=by_strips,
        source=source,
    )
    return (
        replace(picture, adu_scale=_adu_scale(picture, header.cards.get(ADUSCALE))) if is_float else picture
    )


def lay_out(picture: Picture, path: Path) -> Picture:
    """The same picture as a plain FITS file, for who reads many by strips; one that is read so already comes back."""
    if picture.by_strips:
        return picture
    pixels = picture.pixels()
    whole = pixels if pixels.dtype == np.uint16 else pixels.astype(np.float32)
    write_image(path, whole, [Card(ADUSCALE, 1.0, "the camera's numbers")], replace=True)
    return open_picture(path)


def _header(path: Path) -> Header:
    os.close(open_regular(path))  # says in words what cannot be opened
    try:
        return retry(lambda: read_header(path), path)
    except (NotAFrame, CutOff) as error:
        raise type(error)(f"{path}: {error}") from error


def _source(path: Path, container: str, prove: bool) -> tuple[Source, bool]:
    with os.fdopen(open_regular(path), "rb") as file:
        start = file.read(2880)
    if container == "xisf":
        if start.startswith(_GZIP):
            raise NotAFrame(f"{path}: a gzipped XISF; unpack it with gunzip")
        image: XisfImage = open_xisf(path, prove=prove)
        return image, image.by_strips
    if not start.startswith(_GZIP) and not _NO_PICTURE_FIRST.search(start):
        return open_image(path), True
    pixels = unpack(path)
    packed = PackedFits(path=path, shape=pixels.shape, dtype=pixels.dtype)
    _KEPT.put(path, packed, pixels)
    return packed, False


def _adu_scale(picture: Picture, card: Value | None) -> float:
    if isinstance(card, (int, float)) and not isinstance(card, bool) and 0 < card < math.inf:
        return float(card)
    bounds = getattr(picture.source, "bounds", "")
    if bounds:
        return FULL_SCALE_ADU if _is_unit(bounds) else 1.0
    return FULL_SCALE_ADU if _looks_like_unit(picture) else 1.0


def _is_unit(bounds: str) -> bool:
    try:
        return [float(bound) for bound in bounds.split(":")] == [0.0, 1.0]
    except ValueError:
        return False


def _looks_like_unit(picture: Picture) -> bool:
    """True when values spread over the picture lie between 0 and 1, or a little beyond."""
    places = {round(place) for place in np.linspace(0, picture.height - 1, _SAMPLED_ROWS)}
    seen = np.concatenate([picture.rows(place, place + 1).reshape(-1) for place in sorted(places)])
    sound = seen[np.isfinite(seen)]
    return bool(sound.size and sound.min() >= _LEAST_OF_UNIT and sound.max() <= _MOST_OF_UNIT)


class _Kept:
    """The pictures that were unpacked last, as long as they are few: strips are asked for one after the other."""

    def __init__(self) -> None:
        self._known: OrderedDict[object, Pixels] = OrderedDict()
        self._lock = Lock()

    def get(self, picture: Picture) -> Pixels | None:
        """What was unpacked of this file, if it has not changed since."""
        key = _key(picture.path, picture.source)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def put(self, path: Path, source: Source, pixels: Pixels) -> None:
        """Keep this one; the oldest go, the newest stays however large."""
        with self._lock:
            self._known[_key(path, source)] = pixels
            while len(self._known) > 1 and sum(each.nbytes for each in self._known.values()) > _KEPT_BYTES:
                self._known.popitem(last=False)


_KEPT = _Kept()


def _key(path: Path, source: Source) -> object:
    state = path.stat()
    return source, state.st_size, state.st_mtime_ns


def _kept(picture: Picture) -> Pixels:
    known = _KEPT.get(picture)
    if known is None:
        known = picture.source.pixels()
        _KEPT.put(picture.path, picture.source, known)
    return known
