"""Cases collected from other programs' tests and from real files, where they are at hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.frames import Evidence, Kind
from pipeline.rules.claims import same
from pipeline.rules.keyvalue import KEYS, read_all_pairs
from pipeline.rules.names import read_path
from pipeline.rules.nights import night_of, parse_time
from pipeline.rules.paths import split_path

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases"
ABSENT = [pytest.param({}, marks=pytest.mark.skip(reason=f"no cases at {CASES}"))]

ALIASES = {"Ha": "H", "": "RGB"}
"""The peer renames filters for everybody; here each rig's file does, so a path gives what is written."""

PEER_IS_WRONG: dict[str, dict[str, Any]] = {
    # a target's underscore is no grammar
    r"F:\d\R@f2+C\20_Data\T_A\accept\DATE_2023-01-14\FILTER_L_EXP_30.00\x.fits": {"targetname": "T_A"},
    # the notes tell the right answers for DWARF's own names
    "M 42_15s60_Astro_20250413-193110677_27C.fits": {
        "targetname": "M 42",
        "exposureseconds": "15.00",
        "gain": "60",
        "filter": "Astro",
        "temp": "27",
        "datetime": "2025-04-13_19-31-10",
    },
    "M 42_15s60_Duo-Band_20250413-193110677_27C.fits": {"filter": "Duo-Band", "exposureseconds": "15.00"},
    # rig, target, type and time stand in the path for whoever knows NINA's pattern
    r"D:\RAW\LIGHT\C8E+ZWO ASI2600MM Pro\M31 Panel 2\DATE_2026-01-15\FILTER_L_EXP_300.00_SETTEMP_-10.00"
    r"\2026-01-15_22-31-07_HFR_1.85_RMSAC_0.62_TEMP_-10.00.fits": {
        "targetname": "M31",
        "panel": "2",
        "optic": "C8E",
        "camera": "ZWO ASI2600MM Pro",
        "type": "LIGHT",
        "datetime": "2026-01-15_22-31-07",
    },
}


def cases(name: str, *kinds: str) -> list[Any]:
    file = CASES / name
    if not file.is_file():
        return ABSENT
    return [case for case in json.loads(file.read_text(encoding="utf-8")) if case["kind"] in kinds]


def spoken(case: dict[str, Any]) -> str:
    return str(case.get("input", case))[:120]


def spelt(*, normal: bool) -> list[Any]:
    """Cases whose answers are normal values (`gain`), or the path's own keys (`GAIN`)."""
    found = cases("process.json", "filename->metadata", "path->header keys")
    if found is ABSENT:
        return found
    return [case for case in found if any(key.islower() for key in case["expect"]) is normal]


NORMAL = {
    "targetname": "target",
    "panel": "panel",
    "optic": "optic",
    "focal_ratio": "focal_ratio",
    "camera": "camera",
    "type": "kind",
    "date": "night",
    "datetime": "local",
    "filter": "filter",
    "exposureseconds": "exposure_s",
    "settemp": "set_temp_c",
    "temp": "sensor_temp_c",
    "gain": "gain",
    "offset": "offset",
    "hfr": "hfr_px",
    "stars": "stars",
    "rmsac": "rms_arcsec",
    "bin": "binning",
    "readoutmode": "readout_mode",
}
RAW = {
    "TELESCOP": "optic",
    "FOCRATIO": "focal_ratio",
    "INSTRUME": "camera",
    "OBJECT": "target",
    "LOCATION": "site",
    "DATE": "night",
}


def shown(found: Evidence, field: str) -> str | None:
    value = getattr(found, field)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d_%H-%M-%S}"
    return None if value is None else str(value)


def agrees(found: str | None, wanted: str | None) -> bool:
    if found is None or wanted in {None, "NaN"}:
        return found is None and wanted in {None, "NaN"}
    try:
        return same(float(found), float(str(wanted)))
    except ValueError:
        return found in {wanted, ALIASES.get(str(wanted), wanted)} or ALIASES.get(found) == wanted


@pytest.mark.parametrize("case", spelt(normal=True), ids=spoken)
def test_normal_values_from_file_names(case: dict[str, Any]) -> None:
    path = case["input"]
    found = read_path(path)
    for name, wanted in (case["expect"] | PEER_IS_WRONG.get(path, {})).items():
        if name in {"INSTRUME", "astro"}:  # raw keys the peer leaves behind
            continue
        assert agrees(shown(found, NORMAL[name]), wanted), name


@pytest.mark.parametrize("case", spelt(normal=False), ids=spoken)
def test_raw_keys_from_paths(case: dict[str, Any]) -> None:
    note, path, expect = case.get("note", ""), case["input"], dict(case["expect"])
    rig_or_target = {
        key: expect.pop(key) for key in RAW if "Path=True" in note and _placed(key, note) and key in expect
    }
    for key, wanted in rig_or_target.items():
        assert agrees(shown(read_path(path), RAW[key]), wanted), key
    folders, stem, _ = split_path(path)
    parts = (*folders, *([] if stem is None else [stem]))
    # KEY1, ONE, TEST and the like: the grammar is told which words are keys
    found = read_all_pairs(parts, {*KEYS, *expect})
    for key, wanted in expect.items():
        assert found.get(key) == wanted, key


def _placed(key: str, note: str) -> bool:
    if key in {"TELESCOP", "FOCRATIO", "INSTRUME"}:
        return "profileFromPath=True" in note
    return key == "OBJECT" and "objectFromPath=True" in note


@pytest.mark.parametrize("case", cases("process.json", "filename beats header"), ids=spoken)
def test_file_name_tells_the_exposure(case: dict[str, Any]) -> None:
    assert read_path(case["input"]["file"]).exposure_s == float(case["expect"]["exposureseconds"])


@pytest.mark.parametrize("case", cases("process.json", "DATE-OBS->night (2026: tz-12 h)"), ids=spoken)
def test_night_of_a_time_and_an_offset(case: dict[str, Any]) -> None:
    parsed = parse_time(case["input"]["date_obs"])
    if parsed is None:
        assert case["input"]["date_obs"] == "invalid-date"  # the peer hands junk on as a date
    elif parsed.moment is None:
        assert parsed.day == date.fromisoformat(case["expect"]["date"])
    else:
        local = parsed.moment + timedelta(hours=case["input"]["utc_offset_h"])
        assert night_of(local) == date.fromisoformat(case["expect"]["date"])


@pytest.mark.parametrize("case", cases("process.json", "DATE-OBS->night (2025: minus 16 h)"), ids=spoken)
def test_night_at_the_peers_site(case: dict[str, Any]) -> None:
    """The peer takes 16 h off: noon at UTC−4. A zone behind the time, which it drops, is applied here."""
    parsed = parse_time(case["input"])
    assert parsed is not None
    wanted = date.fromisoformat(case["expect"]["date"])
    if parsed.moment is None:
        assert parsed.day == wanted
        return
    utc = parsed.moment if parsed.moment.tzinfo else parsed.moment.replace(tzinfo=UTC)
    if case["input"].endswith("-05:00"):
        assert utc == datetime(2024, 1, 15, 17, 30, 45, tzinfo=UTC)
        wanted = date(2024, 1, 15)
    assert night_of(utc.replace(tzinfo=None) - timedelta(hours=4)) == wanted


@pytest.mark.parametrize("case", cases("process.json", "path->scheduler project.state"), ids=spoken)
def test_stage_of_a_path(case: dict[str, Any]) -> None:
    states = {"10": 1, "20": 1, "30": 2, "40": 2, "50": 2, "60": 3}
    found = read_path(case["input"])
    assert states.get((found.stage or "")[:2], 0) == case["expect"]["state"]
    assert (found.target, found.night) == ("My Target", date(2023, 12, 12))


@pytest.mark.parametrize("case", cases("process.json", "metadata->path"), ids=spoken)
def test_peers_own_paths_read_back(case: dict[str, Any]) -> None:
    if "path" not in case["expect"]:
        pytest.skip("the peer refuses to name this one")
    found, headers = read_path(case["expect"]["path"]), case["input"]["headers"]
    for name, wanted in headers.items():
        if name == "type" and wanted == "LIGHT":
            continue  # not in the peer's path
        if name == "focal_ratio" and headers["type"] != "LIGHT":
            continue  # the peer drops it from calibration paths
        junk = wanted in {"hfr", "stars", "rmsac"}
        assert agrees(shown(found, NORMAL[name]), None if junk else wanted), name


HEADERS_KIND = {
    "asiair/": Kind.LIGHT,
    "bias-stacked": Kind.MASTER_BIAS,
    "dwarf3/failed": Kind.LIGHT,
    "dwarf3/stacked": Kind.STACK,
    "flat-stacked": Kind.MASTER_FLAT,
    "malformedasimaster": Kind.MASTER_BIAS,
    "nina/nina-bias": Kind.BIAS,
    "nina/nina-dark": Kind.DARK,
    "nina/nina-typ-flat": Kind.FLAT,
    "nina/nina-typ-light": Kind.LIGHT,
    "seestar/seestar-stacked": Kind.STACK,
    "seestar/seestar-typ": Kind.LIGHT,
}


def _named_headers() -> list[Any]:
    file = CASES / "headers.json"
    if not file.is_file():
        return ABSENT
    return [case for case in json.loads(file.read_text(encoding="utf-8")) if case["name"]]


@pytest.mark.parametrize("case", _named_headers(), ids=lambda case: case.get("name", ""))
def test_real_names_agree_with_their_headers(case: dict[str, Any]) -> None:
    found, header = read_path(case["name"]), case["header"]
    wanted = next((kind for start, kind in HEADERS_KIND.items() if case["kind"].startswith(start)), None)
    assert found.kind is wanted
    if found.target is not None:
        assert found.target == header["OBJECT"]
    if found.filter:
        assert found.filter == header["FILTER"]
    if found.exposure_s is not None and found.kind is not Kind.STACK:
        assert abs(found.exposure_s - header["EXPTIME"]) < 0.005
    if found.gain is not None:
        assert found.gain == header["GAIN"]
    if found.sensor_temp_c is not None:
        assert abs(found.sensor_temp_c - header.get("CCD-TEMP", header.get("DET-TEMP"))) < 0.051
    if found.local is not None and "DATE-LOC" in header:
        assert abs(found.local - datetime.fromisoformat(header["DATE-LOC"][:19])) < timedelta(seconds=2)


def _catalog(word: str) -> list[Any]:
    file = CASES / "catalog.json"
    if not file.is_file():
        return ABSENT
    return [case for case in json.loads(file.read_text(encoding="utf-8")) if word in case["source"]]


@pytest.mark.parametrize("case", _catalog("(DWARF folder"), ids=spoken)
def test_dwarf_session_folders(case: dict[str, Any]) -> None:
    found, expect = read_path(case["input"]["folder"]), case["expect"]
    assert (found.target, found.gain) == (expect["object"], expect["gain"])
    assert found.exposure_s == expect["exposure"]
    if "T" in expect["date"]:
        assert found.local == datetime.fromisoformat(expect["date"])
    else:
        assert found.night == date.fromisoformat(expect["date"])


@pytest.mark.parametrize("case", _catalog("night date (noon rule)"), ids=spoken)
def test_nights_by_the_noon_rule(case: dict[str, Any]) -> None:
    parsed = parse_time(case["input"]["utc"])
    assert parsed is not None
    assert parsed.moment is not None
    local = parsed.moment.replace(tzinfo=None) + timedelta(hours=case["input"]["offset_h"])
    assert night_of(local) == date.fromisoformat(case["expect"])
