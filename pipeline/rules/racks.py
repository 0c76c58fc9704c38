"""Masters by kind and camera, so that a light is held against those of its own camera and no others.

Two thousand masters are sorted once; every light, flat and set of a run is matched against the same racks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.model.frames import Kind
from pipeline.model.masters import Candidate, Fitness, Master
from pipeline.rules.targets import target_key

_By = dict[str, list[Master]]


@dataclass(frozen=True, slots=True)
class Racks:
    """All masters of a library, sorted."""

    by_kind: dict[Kind, _By] = field(default_factory=dict)
    """Raw kind, then camera; those of no known camera under an empty name."""
    by_path: dict[str, Master] = field(default_factory=dict)
    _strange: dict[tuple[Kind, str], tuple[Candidate, ...]] = field(default_factory=dict, repr=False)

    def of(self, kind: Kind, camera: str | None) -> list[Master]:
        """The masters of a kind that may be of this camera; of every camera, where it is not known."""
        racks = self.by_kind.get(kind, {})
        if not camera:
            return [master for rack in racks.values() for master in rack]
        return [*racks.get(target_key(camera), ()), *racks.get("", ())]

    def strange(self, kind: Kind, camera: str | None) -> tuple[Candidate, ...]:
        """Those of other cameras: lost, and why."""
        if not camera:
            return ()
        key = kind, camera
        if key not in self._strange:
            self._strange[key] = tuple(
                Candidate(
                    master=master,
                    fitness=Fitness.LOST,
                    reasons=(f"camera {master.frame.camera}, not {camera}",),
                )
                for other, rack in sorted(self.by_kind.get(kind, {}).items())
                if other not in {"", target_key(camera)}
                for master in sorted(rack, key=_path)
            )
        return self._strange[key]


def sorted_racks(masters: Sequence[Master] | Racks) -> Racks:
    """The masters in their racks; racks stay what they are."""
    if isinstance(masters, Racks):
        return masters
    racks = Racks()
    for master in masters:
        racks.by_path[master.path] = master
        if master.frame.kind is not None and master.frame.kind.is_master:
            cameras = racks.by_kind.setdefault(master.frame.kind.raw, {})
            cameras.setdefault(target_key(master.frame.camera or ""), []).append(master)
    return racks


def _path(master: Master) -> str:
    return master.path
