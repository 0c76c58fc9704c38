"""Batches of calibration frames as they are kept between runs: only what grouping asks for, as JSON and back.

Batch ─lighten─▶ a few fields ─(JSON)─▶ load_night ─▶ NightBatches
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from pipeline.model.frames import Frame, Kind
from pipeline.model.master_groups import Batch, NightBatches

_KEPT_FIELDS = (
    "path kind rig optic focal_ratio camera camera_id night filter exposure_s set_temp_c sensor_temp_c gain offset"
    " binning readout_mode focal_length_mm width_px height_px rotator_deg bayer"
)
_KEPT = frozenset(_KEPT_FIELDS.split())


def lighten(batch: Batch) -> Batch:
    """Only what grouping asks for."""
    frame = Frame(**{name: getattr(batch.frame, name) for name in _KEPT})
    return replace(batch, frame=frame)


def load_night(plain: Mapping[str, Any]) -> NightBatches:
    """What one journal came to, from that JSON."""
    return NightBatches(
        batches=tuple(map(_batch, plain["batches"])),
        waiting=plain["waiting"],
        unripe=plain["unripe"],
        promoted=tuple(plain["promoted"]),
    )


def _batch(plain: Mapping[str, Any]) -> Batch:
    values = {key: value for key, value in plain["frame"].items() if key in _KEPT and value is not None}
    frame = Frame(**{**values, "kind": Kind(values["kind"])})
    if "night" in values:
        frame = replace(frame, night=date.fromisoformat(values["night"]))
    return Batch(**{**plain, "filed": date.fromisoformat(plain["filed"]), "frame": frame})
