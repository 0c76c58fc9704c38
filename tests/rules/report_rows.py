"""Rows of a small catalogue, as values: what the pages are made from."""

from __future__ import annotations

from typing import Any

from pipeline.model.catalog import Catalog, NightRow, OwnerTables, ProjectRow, SetRow
from pipeline.model.library import Configuration
from pipeline.model.plans import Wish
from pipeline.model.reports import Ground
from pipeline.model.rigs import Camera, Rig

C8E = "C8E@f10.0+ZWO ASI2600MM Pro"
CAMERA = Camera(name="ZWO ASI2600MM Pro", pixel_um=3.76, width_px=6248, height_px=4176)
RIG = Rig(name=C8E, optic="C8E", focal_ratio=10.0, focal_length_mm=2032.0, camera=CAMERA)
GROUND = Ground(configuration=Configuration(rigs=(RIG,), stranger=RIG))


def set_row(target: str = "M31", name: str = "L", night: str = "2026-01-14", **said: Any) -> SetRow:
    """Ten lights of 300 s, all offered, unless it is said otherwise."""
    states = said.pop("states", {"offered": 10})
    accepted = sum(states.get(state, 0) for state in ("accepted", "moved on"))
    exposure_s = said.get("exposure_s", 300.0)
    row: dict[str, Any] = {
        "id": f"{C8E}/{target}/DATE_{night}/FILTER_{name}{said.get('panel', '')}",
        "owner": C8E,
        "rig": C8E,
        "night": night,
        "kind": "LIGHT",
        "label": f"{target} {name} {exposure_s:g} s",
        "target": target,
        "filter": name,
        "exposure_s": exposure_s,
        "frames": sum(states.values()),
        "states": states,
        "accepted": accepted,
        "accepted_s": accepted * exposure_s,
        "bytes": 52_000_000 * sum(states.values()),
        "medians": {"hfr": 2.31, "rms_arcsec": 0.62},
        "blink": f"{C8E}/10_Blink/{target}",
        "data": f"{C8E}/20_Data/{target}/accept",
    }
    return row | said  # type: ignore[return-value]


def catalog(*sets: SetRow, projects: tuple[ProjectRow, ...] = ()) -> Catalog:
    """A library of these sets."""
    nights: list[NightRow] = [
        {"night": night, "made_from": "x"} for night in sorted({one["night"] for one in sets})
    ]
    owners = {}
    for owner in sorted({one["owner"] for one in sets}):
        mine = [one for one in sets if one["owner"] == owner]
        owners[owner] = OwnerTables(owner, nights=nights, sets=mine, projects=projects)
    return Catalog(owners=owners)


def wish(target: str = "M31", name: str = "L", **said: Any) -> Wish:
    """Twenty exposures of 300 s."""
    return Wish(
        **{"target": target, "filter": name, "desired": 20, "exposure_s": 300.0, "source": "plan"} | said
    )
