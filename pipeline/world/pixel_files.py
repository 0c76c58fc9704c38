"""The pixels of a stored frame at once, in the camera's numbers: for measures and previews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.world.pictures import open_picture

Pixels = NDArray[Any]


def read_pixels(path: Path) -> Pixels:
    """The picture in a file: (rows, columns), or (planes, rows, columns).

    Raises:
        NightbuildError: there is none that we can read; the sentence says why.
    """
    return open_picture(path).pixels()
