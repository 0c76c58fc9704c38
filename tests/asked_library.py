"""A library of which only the catalogue is there: what questions, exports and their benchmarks are asked of."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from random import Random

from pipeline.model.measures import QUANTITIES
from pipeline.rules.record_places import LIBRARY_CATALOG, catalog_file
from pipeline.world.catalog_files import dump
from pipeline.world.library import init_library

CAMERA = "ZWO ASI2600MM Pro"
RIGS = (f"C8E@f10.0+{CAMERA}", f"SQA55@f5.3+{CAMERA}")
TARGETS = ("M 31", "NGC 7000", "Sh2-101", "Barnard 33", "=cmd|' /C calc'!A0")
FILTERS = ("L", "R", "G", "B", "Ha", "OIII", "SII")
FIRST = date(2025, 11, 3)


def make_asked_library(root: Path, *, rigs=RIGS, frames: int = 240, a_set: int = 12) -> Path:
    """So many frames, shared among the rigs, in sets of so many; one set in five is partly calibrated."""
    init_library(root)
    (root / "_Catalog").mkdir()
    sets_by_rig = {}
    for number, rig in enumerate(rigs):
        mine = frames // len(rigs) + (number < frames % len(rigs))
        tables = _tables(rig, number, mine, a_set)
        sets_by_rig[rig] = tables["sets"]
        (root / catalog_file(rig)).write_bytes(dump(rig, tables)[0])
    (root / LIBRARY_CATALOG).write_bytes(dump("_library", _library_tables(sets_by_rig))[0])
    return root


def _tables(rig: str, number: int, frames: int, a_set: int):
    chance, sets, rows, sessions = Random(number), [], [], {}
    while len(rows) < frames:
        at = len(sets)
        night = (FIRST + timedelta(days=at // 3)).isoformat()
        target, filter_ = TARGETS[(at // 3 + number) % len(TARGETS)], FILTERS[at % len(FILTERS)]
        exposure_s = 300.0 if at % 2 else 60.0
        one = f"{rig}/{target}/DATE_{night}/FILTER_{filter_}_EXP_{exposure_s:.2f}"
        mine = [
            _frame(rig, night, target, filter_, exposure_s, one, n, chance)
            for n in range(min(a_set, frames - len(rows)))
        ]
        rows += mine
        sets.append(_set(rig, night, target, filter_, exposure_s, one, mine, at))
        session = sessions.setdefault(night, _session(rig, night))
        session["sets"].append(one)
        session["frames"] += len(mine)
    projects = [
        {"rig": rig, "target": target, "stage": "20_Data", "status": "active", "files": 3, "panels": [],
         "sets": [row["id"] for row in sets if row["target"] == target]}
        for target in sorted({row["target"] for row in sets})
    ]  # fmt: skip
    nights = [{"night": night, "made_from": night} for night in sessions]
    done = [{"set": row["id"], "state": "done", "lights": row["accepted"], "calibrated": row["calibrated"], "score": 93.5,
             "masters": {"DARK": row["masters"]["DARK"]["path"]}} for row in sets if row["calibrated"]]  # fmt: skip
    return {
        "nights": nights, "sets": sets, "sessions": list(sessions.values()), "calibrations": done, "projects": projects,
        "frames": rows,
    }  # fmt: skip


def _frame(rig, night, target, filter_, exposure_s, one, n, chance):
    state = "accepted" if n % 6 else "culled"
    values = {name: round(chance.uniform(1, 5), 3) for name in QUANTITIES if name != "trail"}
    folder = one.partition("/DATE_")[2]
    name = f"{night}_22-{n:02}-33_HFR_{values['hfr']:.2f}.fits"
    stage = "20_Data" if state == "accepted" else "10_Blink"
    home = rig if state == "accepted" else f"_Reject/{rig}"
    return {
        "stored": f"{rig}/00_Frames/DATE_{night}/LIGHT/{target}/{folder}/{name}",
        "night": night, "kind": "LIGHT", "state": state, "set": one, "session": f"{rig} {night}", "target": target,
        "filter": filter_, "exposure_s": exposure_s, "utc": f"{night}T21:{n % 60:02}:33+00:00",
        "local": f"{night}T22:{n % 60:02}:33+01:00", "fate": "kept" if state == "accepted" else "culled",
        **({"reasons": [f"HFR {values['hfr']:.2f} px (NINA) > 4.60"]} if state == "culled" else {}),
        "values": values, "sensor_temp_c": -10.0, "ra_deg": 10.6847, "dec_deg": 41.269, "site": "garden",
        "size": 52_200_000, "sha256": hashlib.sha256(f"{one}{n}".encode()).hexdigest(), "inbox": "_Inbox",
        "original": f"{night}/{target}/LIGHT/{filter_}_{n:04}.fits", "origin": "received",
        "lies_at": f"{home}/{stage}/{target}/accept/DATE_{night}/{name}",
        **({"calibrated": f"{rig}/20_Data/{target}/calibrated/DATE_{night}/{name}"} if n == 1 else {}),
    }  # fmt: skip


def _set(rig, night, target, filter_, exposure_s, one, frames, at):
    accepted = sum(frame["state"] == "accepted" for frame in frames)
    states = {state: sum(frame["state"] == state for frame in frames) for state in ("accepted", "culled")}
    optic, _, camera = rig.partition("@")
    dark = f"_Dark Library/{CAMERA}/masterDark_EXPOSURE_{exposure_s:.2f}.fits"
    return {
        "id": one, "owner": rig, "night": night, "rig": rig, "kind": "LIGHT", "label": f"{target} {filter_} {exposure_s:g} s",
        "frames": len(frames), "states": states, "session": f"{rig} {night}", "target": target,
        "filter": filter_, "exposure_s": exposure_s, "gain": 100.0, "offset": 50.0, "binning": 1, "optic": optic,
        "camera": camera.partition("+")[2], "site": "garden", "accepted": accepted, "accepted_s": accepted * exposure_s,
        "bytes": 52_200_000 * len(frames), "medians": {"hfr": 2.0 + at % 5 / 2, "stars": 1200.0},
        "masters": {"DARK": {"path": dark, "sha256": "ab" * 32, "why": "dark 60 s"}}, "calibrated": 1 if at % 5 == 0 else 0,
        "data": f"{rig}/20_Data/{target}",
    }  # fmt: skip


def _session(rig, night):
    return {"id": f"{rig} {night}", "rig": rig, "night": night, "site": "garden", "sets": [], "frames": 0}


def _library_tables(sets_by_rig):
    sets = [row for rows in sets_by_rig.values() for row in rows]
    paths = sorted({row["masters"]["DARK"]["path"] for row in sets})
    masters = [
        {"path": path, "kind": "MASTER DARK", "state": "good", "camera": CAMERA, "exposure_s": float(path[-11:-5].strip("_E")),
         "gain": 100.0, "frames": 20, "sets": [row["id"] for row in sets if row["masters"]["DARK"]["path"] == path]}
        for path in paths
    ]  # fmt: skip
    used = [("rig", rig) for rig in sets_by_rig] + [("optic", rig.partition("@")[0]) for rig in sets_by_rig]
    equipment = [
        {"what": what, "name": name, "defined": True, "frames": 12}
        for what, name in [*used, ("camera", CAMERA)]
    ]
    sites = [
        {"name": "garden", "defined": True, "latitude_deg": 48.1, "longitude_deg": 11.6, "frames": len(sets)}
    ]
    return {"masters": masters, "equipment": equipment, "sites": sites}
