"""The masters of the libraries as rows: what each is, what is to be known of it, and which sets it was chosen for.

Of their age nothing is said, which would be another tomorrow; and the digest is that by which a set chose it: what the
ledger keeps, not what a cache happens to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.model.catalog import MasterRow, SetRow
from pipeline.model.masters import Master
from pipeline.rules.catalog_rows import filled
from pipeline.rules.master_list import told_of
from pipeline.rules.match_words import master_label


@dataclass(slots=True)
class _Use:
    sets: list[str] = field(default_factory=list)
    last: str = ""
    sha256: str = ""


def master_rows(masters: Iterable[Master], sets: Sequence[SetRow]) -> list[MasterRow]:
    """A row each, in the order of their paths."""
    used = _uses(sets)
    return [_row(one, used.get(one.path, _Use())) for one in sorted(masters, key=lambda one: one.path)]


def _uses(sets: Sequence[SetRow]) -> dict[str, _Use]:
    found: dict[str, _Use] = {}
    for row in sets:
        for chosen in row.get("masters", {}).values():
            use, when = found.setdefault(chosen.get("path", ""), _Use()), row.get("chosen", "")
            use.sets.append(row["id"])
            if when >= use.last:
                use.last, use.sha256 = when, chosen.get("sha256", "")
    return found


def _row(master: Master, use: _Use) -> MasterRow:
    frame = master.frame
    return filled(
        MasterRow,
        {
            "path": master.path,
            "kind": frame.kind.value if frame.kind is not None else "",
            "state": told_of(master),
            "label": master_label(master),
            "camera": frame.camera,
            "optic": frame.optic,
            "filter": frame.filter,
            "exposure_s": frame.exposure_s,
            "set_temp_c": frame.set_temp_c,
            "sensor_temp_c": frame.sensor_temp_c,
            "gain": frame.gain,
            "offset": frame.offset,
            "binning": frame.binning,
            "readout_mode": frame.readout_mode,
            "night": frame.night.isoformat() if frame.night is not None else "",
            "frames": master.frames,
            "by": master.by,
            "sha256": use.sha256,
            "size": master.size,
            "sets": sorted(use.sets),
            "last_chosen": use.last[:10],
        },
    )
