"""What a set's manifests say, in the words of the catalogue; and the same read back from rows it has already.

    manifests ─of_manifests─▶ Told      measured.json, culled.json, calibrated.json, as far as they are there
    old rows  ─of_rows──────▶ Told      for those that are not: `.nightbuild` was deleted, and the set is finished work

So that nothing is forgotten that was known once, and nothing measured again that is done with.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.model.calibrated import CalibratedLight, CalibrationProgress
from pipeline.model.catalog import CalibrationRow, FrameRow, SetRow
from pipeline.model.measures import Measured
from pipeline.model.verdicts import Fate, Judgement, SetVerdict
from pipeline.rules.cull_words import reason_text

_DIGITS = 4
"""Digits kept behind the point: more than any measure is good for."""

Values = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """By stored path, but for what is of the set as a whole."""

    values: Values = field(default_factory=dict)
    levels: Values = field(default_factory=dict)
    fates: Mapping[str, str] = field(default_factory=dict)
    """Of every frame that was judged."""
    reasons: Mapping[str, list[str]] = field(default_factory=dict)
    held: bool = False
    copies: Mapping[str, str] = field(default_factory=dict)
    """Where its calibrated copy lies."""
    counts: Mapping[str, float] = field(default_factory=dict)
    """`calibrated`, `withheld`, `failed`, `score` of its calibration."""

    @property
    def verdict(self) -> SetVerdict | None:
        """As far as a frame's standing asks for it; None: the set was never judged."""
        judged = {stored: Judgement(fate=Fate(fate)) for stored, fate in self.fates.items()}
        return SetVerdict(frames=judged, held=self.held) if judged else None


def of_manifests(
    before: Told,
    measured: Mapping[str, Measured] | None,
    verdict: SetVerdict | None,
    calibrated: tuple[Mapping[str, CalibratedLight], CalibrationProgress] | None,
) -> Told:
    """What the manifests say; of those that are not there (None), what the catalogue has already."""
    told = before
    if measured is not None:
        told = replace(
            told,
            values={stored: rounded(row.values) for stored, row in measured.items() if row.values},
            levels={stored: rounded(row.levels) for stored, row in measured.items() if row.levels},
        )
    if verdict is not None:
        told = replace(
            told,
            fates={stored: one.fate.value for stored, one in verdict.frames.items()},
            reasons={
                stored: list(dict.fromkeys(map(reason_text, one.reasons)))
                for stored, one in verdict.frames.items()
                if one.reasons and one.fate is not Fate.KEPT
            },
            held=verdict.held,
        )
    if calibrated is not None:
        lights, progress = calibrated
        copies = {stored: one.target for stored, one in lights.items() if one.target and not one.withheld}
        told = replace(told, copies=copies, counts=_counts(progress))
    return told


def of_rows(frames: Iterable[FrameRow], one: SetRow | None, calibration: CalibrationRow | None) -> Told:
    """What the catalogue says already of a set and its frames."""
    rows = list(frames)
    return Told(
        values={row["stored"]: row["values"] for row in rows if "values" in row},
        levels={row["stored"]: row["levels"] for row in rows if "levels" in row},
        fates={row["stored"]: row["fate"] for row in rows if row.get("fate") in _FATES},
        reasons={row["stored"]: row["reasons"] for row in rows if "reasons" in row},
        held=one is not None and one.get("held", False),
        copies={row["stored"]: row["calibrated"] for row in rows if "calibrated" in row},
        counts={} if calibration is None else _kept(calibration),
    )


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Finite numbers, without digits that say nothing."""
    return {name: round(value, _DIGITS) for name, value in values.items() if math.isfinite(value)}


def _counts(progress: CalibrationProgress) -> dict[str, float]:
    found: dict[str, float] = {
        "calibrated": progress.calibrated,
        "withheld": progress.withheld,
        "failed": progress.failed,
    }
    return found if progress.score is None else {**found, "score": round(progress.score, 2)}


def _kept(row: CalibrationRow) -> dict[str, float]:
    return {name: row[name] for name in ("calibrated", "withheld", "failed", "score") if name in row}


_FATES = frozenset(fate.value for fate in Fate)
