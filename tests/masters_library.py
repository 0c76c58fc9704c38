"""A library whose calibration frames are blinked and become masters: small frames with levels of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from pipeline.model.frames import Value
from pipeline.model.masters import Master
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.library import open_library
from pipeline.world.master_shelf import read_shelf
from tests.eyes import EVENING, LIMITS, NO_PAGES, Eyes
from tests.factories import NINA_LIGHT
from tests.libraries import write
from tests.stages.night_library import RIG, new_library

FEW = "[masters]\n" + "".join(
    f"[masters.{kind}]\nmin_frames = 3\n" for kind in ("bias", "dark", "flat", "flatdark")
)
NO_EYES = "[blink]\nflat = false\ndark = false\nbias = false\nflatdark = false\n"
LEVELS = {"BIAS": (500.0, 0.0, None), "DARK": (560.0, 300.0, None), "FLAT": (25_000.0, 2.0, "L"),
          "FLATDARK": (502.0, 2.0, None)}  # fmt: skip
"""Level in the camera's numbers, exposure, filter."""
CAMERA = "ZWO ASI2600MM Pro"
SIZE = 24, 36
_LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}


@dataclass
class Stacked(Eyes):
    """The library, and what arrives in it."""

    def expose(
        self, kind: str, number: int = 4, *, day: int = 0, level: float | None = None, noise: float = 8.0,
        size: tuple[int, int] = SIZE, **cards: Value | None,
    ) -> list[Path]:  # fmt: skip
        """Calibration frames of one morning."""
        usual, exposure, named = LEVELS[kind]
        told: dict[str, Value | None] = {
            **NINA_LIGHT, "IMAGETYP": kind, "EXPOSURE": exposure, "EXPTIME": exposure, "FILTER": named, "OBJECT": None,
            **{key.replace("__", "-"): value for key, value in cards.items()},
        }  # fmt: skip
        return [
            self._exposed(kind, day, usual if level is None else level, noise, size, told)
            for _ in range(number)
        ]

    def _exposed(
        self,
        kind: str,
        day: int,
        level: float,
        noise: float,
        size: tuple[int, int],
        told: dict[str, Value | None],
    ) -> Path:
        self.shot += 1
        begun = EVENING + timedelta(days=day, hours=9, seconds=60 * self.shot)
        clock = f"{begun:%Y-%m-%dT%H:%M:%S}.5"
        cards = {**told, "DATE-OBS": clock, "DATE-LOC": clock}
        wanted = {key: value for key, value in cards.items() if key not in _LAYOUT and value is not None}
        random = np.random.default_rng(self.shot)
        pixels = np.clip(random.normal(level, noise, size), 0, 65_535).astype(np.uint16)
        return write(
            self.root / "_Inbox" / f"{kind}_{self.shot:05}.fits", image_bytes(pixels, as_cards(wanted))
        )

    def blink(self, kind: str) -> None:
        """A marker beside every set of a kind."""
        home = f"{RIG}/10_Blink/_FLAT" if kind == "FLAT" else f"_Calibration/{CAMERA}/10_Blink/{kind}"
        for folder in sorted({path.parent for path in (self.root / home).rglob("*.fits")}):
            self.mark(folder)

    def shelf(self) -> list[Master]:
        """The masters there are."""
        return list(read_shelf(open_library(self.root), remember=False))

    def libraries(self) -> list[str]:
        """What lies in the libraries, each with its folder."""
        return [one.path for one in self.shelf()]


def make_stacked(root: Path, settings: str = FEW) -> Stacked:
    """An empty library of the C8E whose masters are made of three frames and more."""
    found = Stacked(new_library(root, RIG, eyes=True))
    found.limit(LIMITS + settings)
    found.settings(NO_PAGES)
    return found
