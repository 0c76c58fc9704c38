"""A master opened before it is used: whole, readable, and with the very pixels it was written with.

Whoever only asks where masters lie imports this too: what opens pictures is brought in where one is opened.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.errors import FrameError
from pipeline.model.masters import Master
from pipeline.rules.master_headers import made_by
from pipeline.world.headers import read_header
from pipeline.world.library import OpenLibrary

if TYPE_CHECKING:
    import numpy as np

_DEEP = 256
"""Rows looked at together."""


def trouble_of(library: OpenLibrary, master: Master) -> str:
    """Why a master cannot be used, as half a sentence; empty when it can.

    One of ours says in its header what its pixels come to; of others it is looked at whether they can be read.
    """
    from pipeline.world.pictures import open_picture

    path = library.root / master.path
    try:
        header = read_header(path)
        picture = open_picture(path)
        said = made_by(header.cards).pixels
        if (picture.width, picture.height) != (master.frame.width_px, master.frame.height_px):
            return "it has another size than it had"
        if said and said != digest_of_file(path):
            return "its pixels are not those it was written with (damaged?)"
        picture.rows(picture.height - 1, picture.height)
    except FileNotFoundError:
        return "it is not there"
    except (FrameError, OSError) as error:
        return str(error).removeprefix(f"{path}: ")
    return ""


def digest_of_file(path: Path) -> str:
    """The digest of the pixels of a plain FITS file, as `digest_of_pixels` gave it."""
    from pipeline.world.fits_image import open_image

    image = open_image(path)
    digest = sha256()
    for first in range(0, image.height, _DEEP):
        digest.update(_as_stored(image.rows(first, first + _DEEP)))
    return digest.hexdigest()


def digest_of_pixels(pixels: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    """A digest of one plane, row by row as a file holds it."""
    digest = sha256()
    for first in range(0, pixels.shape[0], _DEEP):
        digest.update(_as_stored(pixels[first : first + _DEEP]))
    return digest.hexdigest()


def _as_stored(rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> bytes:
    import numpy as np

    return np.ascontiguousarray(rows, ">f4").tobytes()
