"""Masters and lights as values, for tests of what is matched with what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from pipeline.model.calibration import Matching, MaxAge
from pipeline.model.frames import Frame, Kind
from pipeline.model.masters import Candidate, Fitness, Master, Match
from tests.factories import make_frame

NIGHT = date(2026, 1, 14)
RULES = Matching()
OVER = RULES.dark_max_age
__all__ = [
    "NIGHT",
    "RULES",
    "MaxAge",
    "bias",
    "dark",
    "flat",
    "flatdark",
    "light",
    "raw_flat",
    "rules",
    "verdict",
]


def light(**changes: Any) -> Frame:
    return _frame(Kind.LIGHT, **changes)


def raw_flat(**changes: Any) -> Frame:
    return _frame(Kind.FLAT, **({"exposure_s": 60.0} | changes))


def dark(exposure_s: float | None = 300.0, **changes: Any) -> Master:
    return _master(Kind.MASTER_DARK, f"dark_{exposure_s}", exposure_s=exposure_s, **changes)


def flatdark(exposure_s: float = 60.0, **changes: Any) -> Master:
    return _master(Kind.MASTER_FLATDARK, f"flatdark_{exposure_s}", exposure_s=exposure_s, **changes)


def bias(**changes: Any) -> Master:
    return _master(Kind.MASTER_BIAS, "bias", exposure_s=0.0, **changes)


def flat(**changes: Any) -> Master:
    return _master(Kind.MASTER_FLAT, "flat", **({"exposure_s": 2.0} | changes))


def rules(**changes: Any) -> Matching:
    return replace(RULES, **changes)


def verdict(match: Match, master: Master) -> tuple[Fitness, str]:
    """What became of one master, and why."""
    found: Candidate = next(one for one in match.candidates if one.master.path == master.path)
    return found.fitness, "; ".join(found.reasons)


def _frame(kind: Kind, **changes: Any) -> Frame:
    days = changes.pop("days", 0)
    size = {"width_px": 6248, "height_px": 4176}
    values = {"night": NIGHT + timedelta(days=days), "focal_length_mm": 2032.0, "readout_mode": "Low"}
    return make_frame(**({"kind": kind, "panel": ""} | size | values | changes))


def _master(kind: Kind, name: str, **changes: Any) -> Master:
    own = {
        key: changes.pop(key)
        for key in ("superseded", "held", "trouble", "mtime_ns", "path")
        if key in changes
    }
    told = "_".join(f"{key}_{value}" for key, value in changes.items())
    return Master(**({"path": f"_Library/{name}_{told}.fits"} | own), frame=_frame(kind, **changes))
