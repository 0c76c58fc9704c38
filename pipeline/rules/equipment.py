"""Equipment and sites: what rig files define, what frames used, from when to when.

rig files, library.toml ─┐
sets of all rigs ────────┴─▶ EquipmentRow, SiteRow      what was used and is defined nowhere is listed too
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pipeline.model.catalog import EquipmentRow, SetRow, SiteRow
from pipeline.model.library import Configuration
from pipeline.model.rigs import Rig, Site
from pipeline.rules.rigfiles import rig_key

NEAR_DEG = 0.1
"""Coordinates that differ by less are one site."""
_Key = tuple[str, str, str]
"""What, name, whose."""


def equipment(
    settings: Configuration, sets: Sequence[SetRow], examples: Collection[str] = ()
) -> list[EquipmentRow]:
    """Rigs, optics, cameras and filters; by what they are, then by name.

    Args:
        settings: What is defined.
        sets: What was used.
        examples: Rigs whose file came with Nightbuild and is as it came: nobody's, until something is shot with them.
    """
    used_rigs = {rig_key(one["rig"]) for one in sets}
    strange = {rig_key(name) for name in examples} - used_rigs
    defined = dict(_defined(rig for rig in settings.rigs if rig_key(rig.name) not in strange))
    used: dict[_Key, list[SetRow]] = {}
    for one in sets:
        for key in _keys_of(one):
            used.setdefault(key, []).append(one)
    spelled = {_folded(key): key for key in (*used, *defined)}
    by_folded: dict[_Key, list[SetRow]] = {}
    for key, rows in used.items():
        by_folded.setdefault(_folded(key), []).extend(rows)
    known = {_folded(key): details for key, details in defined.items()}
    return [
        _equipment(key, by_folded.get(folded, ()), known.get(folded))
        for folded, key in sorted(spelled.items(), key=lambda one: (_ORDER[one[1][0]], one[0]))
    ]


_ORDER = {"rig": 0, "optic": 1, "camera": 2, "filter": 3}


def _folded(key: _Key) -> _Key:
    what, name, rig = key
    return what, str(rig_key(name)) if what == "rig" else name.casefold(), str(rig_key(rig)) if rig else ""


def _keys_of(one: SetRow) -> list[_Key]:
    is_light = one["kind"] == "LIGHT" or one["kind"] == "FLAT"
    found: list[_Key] = [("rig", one["rig"], "")] if is_light else []
    found += [("optic", one["optic"], "")] if is_light and one.get("optic") else []
    found += [("camera", one["camera"], "")] if one.get("camera") else []
    found += [("filter", one["filter"], one["rig"])] if is_light and one.get("filter") else []
    return found


def _defined(rigs: Iterable[Rig]) -> Iterable[tuple[_Key, dict[str, Any]]]:
    for rig in rigs:
        yield ("rig", rig.name, ""), _plain(focal_ratio=rig.focal_ratio, focal_length_mm=rig.focal_length_mm)
        yield ("optic", rig.optic, ""), _plain(aperture_mm=rig.aperture_mm)
        camera = rig.camera
        yield (
            ("camera", camera.name, ""),
            _plain(
                pixel_um=camera.pixel_um,
                width_px=camera.width_px,
                height_px=camera.height_px,
                bayer=camera.bayer,
                cooled=camera.cooled,
            ),
        )
        for one in rig.filters:
            yield ("filter", one.name, rig.name), _plain(astrobin_id=one.astrobin_id)


def _plain(**values: object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _equipment(key: _Key, sets: Sequence[SetRow], details: Mapping[str, Any] | None) -> EquipmentRow:
    what, name, rig = key
    row = EquipmentRow(what=what, name=name, defined=details is not None)
    if rig:
        row["rig"] = rig
    _use(row, sets)
    row["accepted_s"] = math.fsum(one.get("accepted_s", 0.0) for one in sets)
    if details:
        row["details"] = dict(details)
    return row


def _use(row: EquipmentRow | SiteRow, sets: Sequence[SetRow]) -> None:
    row["frames"] = sum(one["frames"] for one in sets)
    if nights := sorted(one["night"] for one in sets):
        row["first_night"], row["last_night"] = nights[0], nights[-1]


def sites(settings: Configuration, sets: Sequence[SetRow]) -> list[SiteRow]:
    """The places frames were taken at, and those that are only defined; undefined ones last, by their coordinates."""
    named: dict[str, list[SetRow]] = {site.name: [] for site in settings.library.sites}
    strange: list[tuple[tuple[float, float], list[SetRow]]] = []
    for one in sets:
        if one.get("site", "") in named:
            named[one["site"]].append(one)
        elif "latitude_deg" in one and "longitude_deg" in one:
            _put(strange, (one["latitude_deg"], one["longitude_deg"]), one)
    defined = [_site(site, named[site.name]) for site in settings.library.sites]
    return sorted(defined, key=lambda row: row["name"]) + [
        _stranger(at, rows) for at, rows in sorted(strange, key=_at)
    ]


def _at(one: tuple[tuple[float, float], list[SetRow]]) -> tuple[float, float]:
    return one[0]


def _put(
    strange: list[tuple[tuple[float, float], list[SetRow]]], at: tuple[float, float], one: SetRow
) -> None:
    """With the place nearby, else as a place of its own."""
    for place, rows in strange:
        if abs(place[0] - at[0]) <= NEAR_DEG and abs(place[1] - at[1]) <= NEAR_DEG:
            rows.append(one)
            return
    strange.append((at, [one]))


def _site(site: Site, sets: Sequence[SetRow]) -> SiteRow:
    row = SiteRow(name=site.name, defined=True, latitude_deg=site.latitude, longitude_deg=site.longitude)
    details = _plain(elevation_m=site.elevation_m, time_zone=site.time_zone, bortle=site.bortle, sqm=site.sqm)
    return _filled(row, sets, details)


def _stranger(at: tuple[float, float], sets: Sequence[SetRow]) -> SiteRow:
    """A place no file names: with its coordinates, to a tenth of a degree."""
    row = SiteRow(name="", defined=False, latitude_deg=round(at[0], 1), longitude_deg=round(at[1], 1))
    return _filled(row, sets, {})


def _filled(row: SiteRow, sets: Sequence[SetRow], details: Mapping[str, Any]) -> SiteRow:
    row["rigs"] = sorted({one["rig"] for one in sets})
    _use(row, sets)
    if details:
        row["details"] = dict(details)
    return row
