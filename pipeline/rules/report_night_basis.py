"""What the page of a night is made from: its rows, and of all else only what it shows.

So that a new night renders one page and its neighbour, and an edited limit those of one rig.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.model.catalog import CalibrationRow, FrameRow, OwnerTables, SetRow
from pipeline.model.frames import Kind
from pipeline.model.reports import Ground
from pipeline.model.rigs import Rig, Site
from pipeline.rules.report_sums import by, lights, session_names, sum_of

_ENOUGH, _EARLIER = 3, 5
"""Good frames by which a set is judged by itself, and the earlier sets that speak for it otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightBasis:
    """Everything a night's page is made from."""

    owner: str
    night: str
    frames: Sequence[FrameRow]
    sets: Sequence[SetRow]
    calibrations: Mapping[str, CalibrationRow]
    name: str
    """What a person called its session; empty where nobody did."""
    around: tuple[str, str]
    earlier: Mapping[str, Mapping[str, float]]
    """Set to what is usual for it, where its own frames are too few to tell."""
    limits: Mapping[str, float]
    is_cooled: bool
    site: tuple[str, str]
    """Name and time zone."""
    pictures: Mapping[str, str]

    @property
    def told(self) -> list[Any]:
        """The same as plain data."""
        return [getattr(self, name) for name in self.__slots__]


def night_bases(tables: OwnerTables, ground: Ground) -> Iterable[NightBasis]:
    """What the page of each night of the owner is made from."""
    rig, sites = ground.configuration.rig(tables.owner), ground.configuration.sites
    nights = sorted({row["night"] for row in tables.nights})
    frames = _by_night(tables.frames)
    sets = by(tables.sets, lambda row: row["night"])
    calibrations = {row["set"]: row for row in tables.calibrations}
    alike, names = _alike(tables.sets), session_names(tables.sessions)
    for number, night in enumerate(nights):
        mine = sets.get(night, [])
        around = nights[number - 1] if number else "", nights[number + 1] if night != nights[-1] else ""
        yield NightBasis(
            owner=tables.owner,
            night=night,
            frames=frames.get(night, []),
            sets=mine,
            calibrations={row["id"]: calibrations[row["id"]] for row in mine if row["id"] in calibrations},
            name=names.get(night, ""),
            around=around,
            earlier={row["id"]: usual for row in mine if (usual := _earlier(row, alike))},
            limits=_limits(rig),
            is_cooled=rig.camera.cooled if rig is not None else True,
            site=_site(mine, sites),
            pictures={row["id"]: ground.pictures[row["id"]] for row in mine if row["id"] in ground.pictures},
        )


def _by_night(frames: Iterable[FrameRow]) -> Mapping[str, list[FrameRow]]:
    found: dict[str, list[FrameRow]] = defaultdict(list)
    for one in frames:
        found[one["night"]].append(one)
    return found


_Alike = tuple[object, ...]


def _kind_of(row: SetRow) -> _Alike:
    """What sets must share before the values of one are usual for another."""
    names = ("target", "panel", "filter", "exposure_s", "gain", "offset", "binning", "readout_mode")
    return tuple(row.get(name) for name in names)


def _alike(sets: Iterable[SetRow]) -> Mapping[_Alike, list[SetRow]]:
    found: dict[_Alike, list[SetRow]] = defaultdict(list)
    for row in sorted(lights(sets), key=lambda row: (row["night"], row["id"])):
        found[_kind_of(row)].append(row)
    return found


def _earlier(row: SetRow, alike: Mapping[_Alike, list[SetRow]]) -> dict[str, float]:
    """What earlier sets of its kind had, where its own good frames are too few to tell what is usual."""
    if row["kind"] != Kind.LIGHT or sum_of([row]).kept >= _ENOUGH:
        return {}
    before = [one for one in alike.get(_kind_of(row), ()) if one["night"] < row["night"]][-_EARLIER:]
    found: dict[str, float] = {}
    for one in before:  # the latest speaks; a quantity it lacks is taken from one before
        found |= one.get("medians", {})
    return found


def _limits(rig: Rig | None) -> dict[str, float]:
    told = rig.cull.pass1.limits if rig is not None and rig.cull.pass1 is not None else {}
    return {name: limit for name, limit in told.items() if isinstance(limit, (int, float))}


def _site(sets: Iterable[SetRow], sites: Mapping[str, Site]) -> tuple[str, str]:
    name = next((row["site"] for row in sets if row.get("site")), "")
    zone = sites[name].time_zone if name in sites else ""
    return name, zone or ""
