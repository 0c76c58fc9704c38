"""Values for tests: a sensible default for everything, so that a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pipeline.model.frames import Frame, Header, Kind, Value
from pipeline.model.rigs import Alias, Camera, Filter, Rig, Site

FRAME: dict[str, Any] = {
    "path": "LIGHT/M31/x.fits",
    "kind": Kind.LIGHT,
    "rig": "C8E@f10.0+ZWO ASI2600MM Pro",
    "rig_known": True,
    "optic": "C8E",
    "focal_ratio": 10.0,
    "camera": "ZWO ASI2600MM Pro",
    "target": "M31",
    "panel": "2",
    "night": date(2026, 1, 14),
    "utc": datetime(2026, 1, 14, 23, 12, 33, tzinfo=UTC),
    "local": datetime(2026, 1, 15, 0, 12, 33),
    "filter": "L",
    "exposure_s": 300.0,
    "set_temp_c": -10.0,
    "sensor_temp_c": -9.9,
    "gain": 100.0,
    "offset": 50.0,
    "binning": 1,
}

NINA_LIGHT: dict[str, Value] = {
    "SIMPLE": True,
    "BITPIX": 16,
    "NAXIS": 2,
    "NAXIS1": 6248,
    "NAXIS2": 4176,
    "BZERO": 32768,
    "IMAGETYP": "LIGHT",
    "EXPOSURE": 300.0,
    "EXPTIME": 300.0,
    "DATE-LOC": "2026-01-15T00:12:33.1234567",
    "DATE-OBS": "2026-01-14T23:12:33.1234567",
    "XBINNING": 1,
    "YBINNING": 1,
    "GAIN": 100,
    "OFFSET": 50,
    "XPIXSZ": 3.76,
    "INSTRUME": "ZWO ASI2600MM Pro",
    "SET-TEMP": -10.0,
    "CCD-TEMP": -9.9,
    "TELESCOP": "C8E",
    "FOCALLEN": 2032.0,
    "FOCRATIO": 10.0,
    "FILTER": "L",
    "OBJECT": "M31 Panel 2",
    "SWCREATE": "N.I.N.A. 3.2.0.9001 (x64)",
}


def make_frame(**changes: Any) -> Frame:
    """A light of M31, panel 2, with what the test changes."""
    return Frame(**(FRAME | changes))


def make_header(cards: dict[str, Value] | None = None, /, **changes: Value | None) -> Header:
    """A NINA light's header; `KEY=None` takes a card away; a dash in a keyword is `__`."""
    merged: dict[str, Value | None] = dict(NINA_LIGHT if cards is None else cards)
    merged |= {key.replace("__", "-"): value for key, value in changes.items()}
    return Header(cards={key: value for key, value in merged.items() if value is not None}, container="fits")


def make_rig(**changes: Any) -> Rig:
    """The C8E at f/10, as its file describes it."""
    values: dict[str, Any] = {
        "name": "C8E@f10.0+ZWO ASI2600MM Pro",
        "optic": "C8E",
        "focal_ratio": 10.0,
        "focal_length_mm": 2032.0,
        "camera": Camera(name="ZWO ASI2600MM Pro"),
        "camera_aliases": (Alias(name="ASI2600MM Pro"),),
        "filters": (
            Filter(name="L", aliases=("Lum",)),
            Filter(name="H", aliases=("Ha",), valid_to=date(2026, 1, 1)),
            Filter(name="H3", aliases=("Ha",), valid_from=date(2026, 1, 1)),
        ),
    }
    return Rig(**(values | changes))


def make_site(**changes: Any) -> Site:
    """An invented ridge."""
    values: dict[str, Any] = {
        "name": "ridge",
        "latitude": 40.0,
        "longitude": -3.0,
        "time_zone": "Europe/Madrid",
    }
    return Site(**(values | changes))
