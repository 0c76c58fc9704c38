"""A library that a person blinks in, with masters in its libraries: as `tests.eyes`, and what masters need beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.model.frames import Frame, Kind, Value
from pipeline.model.records import MasterGiven, MasterTaken
from pipeline.rules.library_names import library_path
from pipeline.rules.records import entry_of
from pipeline.world import journals
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.ledger import journal_files
from tests.eyes import Eyes, make_eyes
from tests.factories import NINA_LIGHT, make_frame
from tests.stages.night_library import LONG_AGO_S

DARK, FLAT, BIAS = Kind.DARK, Kind.FLAT, Kind.BIAS
_TYPES = {DARK: "Master Dark", FLAT: "Master Flat", BIAS: "Master Bias", Kind.FLATDARK: "Master FlatDark"}
DATE = "DATE_2026-01-14"


@dataclass
class Served(Eyes):
    """The library, a person in it, and masters."""

    made: int = 0

    def master(
        self, kind: Kind = DARK, *, night: str = "2026-01-10", path: str = "", **cards: Value | None
    ) -> Path:
        """A master in its library, as the night would have made it."""
        self.made += 1
        told: dict[str, Value | None] = {
            **NINA_LIGHT,
            "IMAGETYP": _TYPES[kind],
            "OBJECT": None,
            "DATE-OBS": f"{night}T22:00:00.5",
            "DATE-LOC": f"{night}T22:00:00.5",
            "NCOMBINE": 20,
        }
        if kind is not FLAT:
            told["FILTER"] = None
        told |= {
            DARK: {},
            FLAT: {"EXPTIME": 2.0, "EXPOSURE": 2.0},
            BIAS: {"EXPTIME": 0.0, "EXPOSURE": 0.0},
        }.get(kind, {})
        shape = cards.pop("shape", None) or (8, 12)
        told |= {key.replace("__", "-"): value for key, value in cards.items()}
        target = self.root / (path or library_path(self._frame_of(kind, night, told)))
        target.parent.mkdir(parents=True, exist_ok=True)
        drop = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}
        wanted = {key: value for key, value in told.items() if key not in drop and value is not None}
        pixels = np.random.default_rng(900 + self.made).random(shape, dtype=np.float32)  # type: ignore[arg-type]
        target.write_bytes(image_bytes(pixels, as_cards(wanted)))
        os.utime(target, (LONG_AGO_S + self.made, LONG_AGO_S + self.made))
        self.rest(target.parent)
        return target

    def raw_darks(self, number: int = 3, *, day: int = 0) -> None:
        """Darks as a camera takes them, all alike: no light leaked in."""
        for path in self.calibrate("DARK", number, day=day):
            header, at = path.read_bytes(), 0
            while b"END" + b" " * 77 not in header[at : at + 2880]:
                at += 2880
            pixels = np.random.default_rng(self.shot).normal(500, 3, 96).astype(">i2")
            data = pixels.tobytes().ljust(2880, b"\0")
            path.write_bytes(header[: at + 2880] + data)
            os.utime(path, (LONG_AGO_S, LONG_AGO_S))

    def rest(self, folder: Path) -> None:
        """The folder and those above it were last changed long ago, each time a little later."""
        then = LONG_AGO_S + 10 * self.made
        while folder != self.root:
            os.utime(folder, (then, then))
            folder = folder.parent

    def _frame_of(self, kind: Kind, night: str, told: dict[str, Value | None]) -> Frame:
        from datetime import date

        made: Any = make_frame(
            kind=kind.master,
            night=date.fromisoformat(night),
            filter=told.get("FILTER") or "",
            exposure_s=told["EXPTIME"],
            focal_length_mm=told.get("FOCALLEN"),
            gain=told.get("GAIN"),
            set_temp_c=told.get("SET-TEMP"),
        )
        return replace(made, filter=made.filter or None)

    def accept(self, *, target: str = "M31", date: str = DATE) -> None:
        """The person has looked at a night."""
        self.mark(f"{self.rig}/10_Blink/{target}/{date}")

    @property
    def rig(self) -> str:
        return "C8E@f10.0+ZWO ASI2600MM Pro"

    def masters(self, place: str = "20_Data") -> list[str]:
        """The masters that lie below a stage's folder, relative to it."""
        home = self.root / self.rig / place
        return sorted(path.relative_to(home).as_posix() for path in home.rglob("master*") if path.is_file())

    def told(self) -> list[str]:
        """What the ledger says of masters' places, in order: `given`, `taken`, `taken by you`."""
        found = []
        for path in journal_files(self.root / "_Ledger"):
            for record in journals.read(path).records:
                entry = entry_of(record)
                if isinstance(entry, MasterGiven):
                    found.append("given")
                elif isinstance(entry, MasterTaken) and not entry.gone:
                    found.append("taken by you" if entry.by_person else "taken")
        return found

    def matched(self) -> list[dict[str, Any]]:
        """The choices that hold."""
        return [dict(record) for record in self.ledger.matched.values()]


def make_served(root: Path, *rigs: str) -> Served:
    """An empty library of the C8E."""
    return Served(make_eyes(root, *rigs).root)
