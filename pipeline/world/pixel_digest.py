"""A digest of the pixels of a file we wrote, for its own header: whoever changes them later cannot keep it by accident.

Each plane is hashed alone, because strips of several planes are written in turns; the digest is that of their digests.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.model.errors import CutOff
from pipeline.world.files import open_regular

_STEP = 1 << 20


def digest_of(planes: Iterable[bytes]) -> str:
    """The digest of a picture from the SHA-256 of each plane, as hex."""
    return hashlib.sha256(b"".join(planes)).hexdigest()


def digest_of_pixels(path: Path) -> str:
    """The digest of the pixels as they lie in a plain FITS file, all of which are read.

    Raises:
        NightbuildError: it is no plain FITS file, or not whole.
        OSError: it cannot be read.
    """
    return digest_of(_planes(path))


def _planes(path: Path) -> Iterator[bytes]:
    from pipeline.world.fits_image import open_image  # numpy comes with it: only where pixels are read

    image = open_image(path)
    length = image.height * image.width * abs(image.bitpix) // 8
    with os.fdopen(open_regular(path), "rb") as file:
        file.seek(image.data_at)
        for _ in range(image.planes):
            plane, left = hashlib.sha256(), length
            while left:
                piece = file.read(min(left, _STEP))
                if not piece:
                    raise CutOff(f"{path}: the data end before the last row (copy cut off?)")
                plane.update(piece)
                left -= len(piece)
            yield plane.digest()
