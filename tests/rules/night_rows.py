"""Nights as rows of the catalogue, frame by frame: good ones, clouded ones, soft ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.model.catalog import FrameRow, OwnerTables, SetRow
from pipeline.rules.session_signs import SetSeen, usual_of
from tests.rules.report_rows import C8E, set_row

NIGHT = "2026-01-14"
GOOD: Mapping[str, float] = {
    "hfr": 2.3,
    "rms_arcsec": 0.6,
    "eccentricity_measured": 0.4,
    "stars_measured": 700.0,
    "background_adu": 900.0,
    "clear_percent": 100.0,
    "altitude_deg": 60.0,
}
CLOUDED = {**GOOD, "hfr": 3.1, "rms_arcsec": 1.4, "stars_measured": 210.0, "background_adu": 1500.0}
TRAILED = {**GOOD, "hfr": 4.0, "eccentricity_measured": 0.85, "rms_arcsec": 2.4, "stars_measured": 300.0}
SOFT = {**GOOD, "hfr": 5.0, "stars_measured": 120.0}


def frame(number: int, values: Mapping[str, float] | None = GOOD, **said: Any) -> FrameRow:
    """The n-th light of a night, five minutes each, offered unless it is said otherwise."""
    begun = datetime(2026, 1, 14, 18, 30, tzinfo=UTC) + timedelta(minutes=5 * number)
    name = f"{begun:%Y-%m-%d_%H-%M-%S}.fits"
    row: dict[str, Any] = {
        "stored": f"{C8E}/00_Frames/DATE_{NIGHT}/LIGHT/M31/FILTER_L/{name}",
        "lies_at": f"{C8E}/10_Blink/M31/DATE_{NIGHT}/FILTER_L/{name}",
        "night": NIGHT,
        "kind": "LIGHT",
        "state": "offered",
        "set": set_row()["id"],
        "target": "M31",
        "filter": "L",
        "exposure_s": 300.0,
        "utc": begun.isoformat().replace("+00:00", "Z"),
        "local": (begun.replace(tzinfo=None) + timedelta(hours=1)).isoformat(),
        "sensor_temp_c": -10.0,
        **({"values": dict(values)} if values is not None else {}),
    }
    return row | said  # type: ignore[return-value]


def culled(number: int, values: Mapping[str, float] | None, *reasons: str) -> FrameRow:
    """A light that a limit took."""
    return frame(
        number, values, state="culled", fate="culled", reasons=list(reasons or ["HFR 5.10 px (NINA) > 4.60"])
    )


def seen(frames: Iterable[FrameRow], earlier: Mapping[str, float] | None = None, **said: Any) -> SetSeen:
    """A set of them."""
    found = list(frames)
    return SetSeen(row=set_row(**said), frames=found, usual=usual_of(found, earlier or {}))


def tables(frames: Iterable[FrameRow], *sets: SetRow) -> OwnerTables:
    """A rig with one night."""
    return OwnerTables(
        C8E, nights=[{"night": NIGHT, "made_from": "x"}], frames=list(frames), sets=list(sets) or [set_row()]
    )
