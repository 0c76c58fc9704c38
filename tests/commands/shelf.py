"""Masters laid into a library's own shelves, as small real files, for tests of the commands that speak of them."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import numpy as np

from pipeline.model.frames import Value
from pipeline.world.fits_image import as_cards, image_bytes
from tests.factories import NINA_LIGHT

CAMERA = "ZWO ASI2600MM Pro"
DARKS = f"_Dark Library/{CAMERA}"
BIASES = f"_Bias Library/{CAMERA}"
FLATS = f"_Flat Stash/{CAMERA}/C8E"
_LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO", "OBJECT"}


def lay(
    root: Path, path: str, kind: str, day: str, *, size: tuple[int, int] = (8, 12), **cards: Value | None
) -> str:
    """A master of this kind (`Dark`) shot in the night of `day`; its path."""
    changed = {key.replace("__", "-"): value for key, value in cards.items()}
    times = {"DATE-LOC": f"{day}T22:00:00", "DATE-OBS": f"{day}T22:00:00"}
    told = NINA_LIGHT | times | {"IMAGETYP": f"Master {kind}", "NCOMBINE": 20} | changed
    wanted = {key: value for key, value in told.items() if key not in _LAYOUT and value is not None}
    pixels = np.random.default_rng(abs(hash(path)) % 2**32).random(size, dtype=np.float32)
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(image_bytes(pixels, as_cards(wanted)))
    made_s = datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()
    os.utime(file, (made_s, made_s))
    return path


def lay_dark(
    root: Path, day: str = "2026-01-02", name: str = "masterDark_EXPOSURE_300.00.fits", **cards: Value
) -> str:
    return lay(root, f"{DARKS}/{name}", "Dark", day, **cards)  # type: ignore[arg-type]


def lay_flat(
    root: Path, day: str = "2026-01-14", name: str = "masterFlat_FILTER_L.fits", **cards: Value
) -> str:
    return lay(root, f"{FLATS}/DATE_{day}/{name}", "Flat", day, **{"EXPOSURE": 2.0, "EXPTIME": 2.0, **cards})  # type: ignore[arg-type]
