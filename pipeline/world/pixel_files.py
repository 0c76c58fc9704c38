"""The pixels of a stored frame, whatever plain or packed FITS holds them: for pictures, where speed is not all.

Plain FITS is read by our own reader. What is packed (`.fz`, `.gz`) is left to astropy, which is only then loaded.
Other formats say plainly that no picture is made of them.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.model.errors import FrameError, NightbuildError, NotAFrame
from pipeline.world.files import open_regular, unreadable
from pipeline.world.fits_image import open_image

Pixels = NDArray[Any]

_PACKED = (".fz", ".gz")
_PLAIN = (".fits", ".fit", ".fts")
_MOST_PIXELS = 400_000_000
"""A header may promise more than a computer holds; no camera does."""


def read_pixels(path: Path) -> Pixels:
    """The picture in a file: (rows, columns), or (planes, rows, columns).

    Raises:
        NightbuildError: there is none that we can read; the sentence says why.
    """
    name = path.name.lower()
    if name.endswith(_PACKED):
        return _unpacked(path)
    if not name.endswith(_PLAIN):
        raise NotAFrame(f"{path}: pictures are made of FITS only, so far")
    return open_image(path).pixels()


def _unpacked(path: Path) -> Pixels:
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            return _first_picture(path, file)
    except NightbuildError:
        raise
    except OSError as error:
        raise unreadable(path, error) or FrameError(f"{path}: cannot be unpacked ({error})") from error
    except Exception as error:  # a stranger's bytes in a large library: anything may come
        raise NotAFrame(f"{path}: cannot be unpacked ({error})") from error


def _first_picture(path: Path, file: BinaryIO) -> Pixels:
    from astropy.io import fits

    with fits.open(file, memmap=False) as parts:
        part = next((part for part in parts if part.is_image and len(part.shape) >= 2), None)
        if part is None:
            raise NotAFrame(f"{path}: no part of it holds a picture")
        if math.prod(part.shape) > _MOST_PIXELS or len(part.shape) > 3:
            raise NotAFrame(f"{path}: a picture of {' × '.join(map(str, part.shape[::-1]))} is not shown")
        pixels = np.asarray(part.data)
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
