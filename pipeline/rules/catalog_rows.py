"""A night's sets and frames as rows of the catalogue: pure, and the same bytes whenever nothing changed.

FrameSet, states, links, ledger, Told ─▶ frame_rows, set_row, calibration_row
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any, TypeVar, cast

from pipeline.model.catalog import COUNTING, CalibrationRow, FrameRow, SetRow
from pipeline.model.frames import Frame, Kind
from pipeline.model.records import LinkFact, StoredFact
from pipeline.model.rigs import Rig
from pipeline.model.sets import FrameSet, Member
from pipeline.model.verdicts import Fate, State
from pipeline.rules.catalog_told import Told
from pipeline.rules.catalogues import normal_form
from pipeline.rules.grouping import is_shown
from pipeline.rules.layout import calibrated_folder
from pipeline.rules.positions import lies_at
from pipeline.rules.session_signs import is_asked
from pipeline.rules.states import in_life_order

_SKY_DIGITS = 6
_IN_THE_DARK = {Kind.DARK, Kind.BIAS}
Row = TypeVar("Row")
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightNow:
    """What is so of the frames of one rig's or camera's night, by stored path."""

    night: str
    """ISO."""
    facts: Mapping[str, StoredFact]
    links: Mapping[str, Sequence[LinkFact]]
    states: Mapping[str, State]
    why: Mapping[str, str] = field(default_factory=dict)
    """What a person did with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetKnown:
    """What is known of a set beside its frames."""

    told: Told
    rig: Rig
    matched: Record | None = None
    """The ledger's latest record on its masters."""
    calibration: Record | None = None
    """And on its calibration."""


def frame_rows(night: NightNow, one: FrameSet, told: Told) -> list[FrameRow]:
    """The rows of a set's frames."""
    of_set = {"set": one.id, "target": one.target}
    return [frame_row(night, member.stored, member.frame, told, of_set) for member in one.members]


def frame_row(night: NightNow, stored: str, frame: Frame, told: Told, of_set: Mapping[str, str]) -> FrameRow:
    """The row of one stored frame; `of_set` is empty where it belongs to none."""
    fact, kind = night.facts[stored], frame.kind
    return filled(
        FrameRow,
        {
            "stored": stored,
            "night": night.night,
            "kind": kind.value if kind is not None else "",
            "state": night.states[stored].value,
            **(of_set or {"target": frame.target}),
            "panel": frame.panel,
            "filter": _filter_of(frame),
            "exposure_s": frame.exposure_s,
            "utc": _utc_text(frame.utc),
            "local": frame.local.isoformat() if frame.local is not None else "",
            "fate": told.fates.get(stored),
            "reasons": told.reasons.get(stored),
            "why": night.why.get(stored),
            "values": told.values.get(stored) or _of_header(frame),
            "levels": told.levels.get(stored),
            "sensor_temp_c": frame.sensor_temp_c,
            "focuser_temp_c": frame.focuser_temp_c,
            "ambient_temp_c": frame.ambient_temp_c,
            "ra_deg": _sky(frame.ra_deg),
            "dec_deg": _sky(frame.dec_deg),
            "rotator_deg": frame.rotator_deg,
            "site": frame.site,
            "size": fact.size,
            "sha256": fact.sha256,
            "inbox": fact.inbox,
            "original": fact.original,
            "origin": fact.origin,
            "lies_at": _seen_at(night.links.get(stored, ())),
            "calibrated": told.copies.get(stored),
            "problems": sorted({problem.code for problem in frame.problems}),
        },
    )


def set_row(night: NightNow, one: FrameSet, known: SetKnown, rows: Sequence[FrameRow]) -> SetRow:
    """The row of a set, from those of its frames too."""
    frame, told = one.members[0].frame, known.told
    states = Counter(row["state"] for row in rows)
    begun = sorted(member.frame.utc for member in one.members if member.frame.utc is not None)
    good = [row for row in rows if row["state"] in COUNTING]
    return filled(
        SetRow,
        {
            "id": one.id,
            "owner": one.owner,
            "night": night.night,
            "rig": one.rig,
            "kind": one.kind.value,
            "label": one.label,
            "frames": len(rows),
            "states": in_life_order(states),
            "target": one.target,
            "object": normal_form(one.target) if one.target else "",
            "panel": frame.panel,
            "filter": _filter_of(frame),
            "exposure_s": frame.exposure_s,
            "gain": frame.gain,
            "offset": frame.offset,
            "set_temp_c": frame.set_temp_c,
            "binning": frame.binning,
            "readout_mode": frame.readout_mode,
            "optic": frame.optic,
            "focal_ratio": frame.focal_ratio,
            "focal_length_mm": known.rig.focal_length_mm or frame.focal_length_mm,
            "camera": frame.camera,
            **_place(one.members),
            "first_utc": _utc_text(begun[0]) if begun else "",
            "last_utc": _utc_text(begun[-1]) if begun else "",
            "accepted": len(good),
            "accepted_s": math.fsum(row.get("exposure_s", 0.0) for row in good),
            "bytes": sum(row.get("size", 0) for row in rows),
            "medians": _medians(good or [row for row in rows if row.get("fate", Fate.KEPT) == Fate.KEPT]),
            "focuser_temp_c": _middle(good, "focuser_temp_c"),
            "ambient_temp_c": _middle(good, "ambient_temp_c"),
            "problems": dict(
                sorted(Counter(code for row in rows for code in row.get("problems", ())).items())
            ),
            "held": told.held or None,
            "suspects": sum(map(is_asked, rows)) or None,
            **_masters(known.matched),
            "calibration": known.calibration.get("state") if known.calibration is not None else "",
            "calibrated": told.counts.get("calibrated"),
            "blink": one.blink if is_shown(one.kind, known.rig.blink) else "",
            "data": one.data,
            "reject": one.reject,
        },
    )


def calibration_row(one: FrameSet, known: SetKnown, accepted: int) -> CalibrationRow | None:
    """How far a set of lights is calibrated; None where nobody asked."""
    record = known.calibration
    if record is None and not known.told.counts:
        return None
    chosen = (known.matched or {}).get("masters")
    paths = {kind: said["path"] for kind, said in _chosen(chosen).items() if "path" in said}
    return filled(
        CalibrationRow,
        {
            "set": one.id,
            "state": str(record.get("state", "")) if record is not None else "done",
            "lights": accepted,
            **known.told.counts,
            "masters": paths,
            "why": record.get("why") if record is not None else "",
            "folder": calibrated_folder(one.data),
        },
    )


def _masters(matched: Record | None) -> dict[str, Any]:
    if matched is None:
        return {}
    shoot = matched.get("shoot")
    return {
        "masters": _chosen(matched.get("masters")),
        "chosen": matched.get("when"),
        "lacks": [str(one) for one in shoot.values()] if isinstance(shoot, Mapping) else [],
    }


def _chosen(masters: object) -> dict[str, dict[str, str]]:
    """By raw kind what is said of each master, as text."""
    told = masters if isinstance(masters, Mapping) else {}
    return {
        str(kind): {name: str(said[name]) for name in ("path", "sha256", "why") if said.get(name)}
        for kind, said in sorted(told.items())
        if isinstance(said, Mapping)
    }


def _place(members: Iterable[Member]) -> dict[str, Any]:
    """Where the set was taken and where it looked: as its first frame that says so."""
    frames = [member.frame for member in members]
    first = {
        name: next((value for frame in frames if (value := getattr(frame, name)) is not None), None)
        for name in ("site", "latitude_deg", "longitude_deg", "ra_deg", "dec_deg")
    }
    return {name: _sky(value) if isinstance(value, float) else value for name, value in first.items()}


def _middle(rows: Iterable[Mapping[str, Any]], name: str) -> float | None:
    values = [row[name] for row in rows if name in row]
    return round(median(values), 2) if values else None


def _medians(rows: Sequence[FrameRow]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.get("values", {}).items():
            found.setdefault(name, []).append(value)
    return {name: round(median(values), 4) for name, values in sorted(found.items())}


def _of_header(frame: Frame) -> dict[str, float]:
    """What the capture program said, of a frame that was never measured here."""
    said = {"hfr": frame.hfr_px, "stars": frame.stars, "rms_arcsec": frame.rms_arcsec}
    return {name: round(float(value), 4) for name, value in said.items() if value and math.isfinite(value)}


def _filter_of(frame: Frame) -> str | None:
    """What it was taken through; of a dark or bias, where the wheel happened to stand says nothing."""
    return None if frame.kind is not None and frame.kind.raw in _IN_THE_DARK else frame.filter


def _seen_at(links: Sequence[LinkFact]) -> str:
    return next((at for link in reversed(links) if (at := lies_at(link))), "")


def _sky(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, _SKY_DIGITS)


def _utc_text(when: datetime | None) -> str:
    return "" if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def filled(_: type[Row], values: Mapping[str, object]) -> Row:
    """The row without what is unknown: nothing, no text, no number."""
    return cast(
        "Row",
        {
            name: value
            for name, value in values.items()
            if value is not None
            and value != ""
            and not (value.__class__ is float and not math.isfinite(value))
            and value not in ([], {}, ())
        },
    )
