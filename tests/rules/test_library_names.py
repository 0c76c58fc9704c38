"""Places of masters: the names the tools wrote, on both generations of libraries, and never out of the library."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.errors import FrameError
from pipeline.model.frames import Frame, Kind
from pipeline.rules.escape import PATH_CHARS, unescape
from pipeline.rules.library_names import (
    USUAL,
    held_path,
    homes_in,
    is_held,
    is_superseded,
    library_path,
    plain_path,
    superseded_path,
)
from pipeline.rules.names import read_path

CASES = Path(__file__).resolve().parents[2].parent / "shared/cases/process.json"
TOOLS = homes_in(["MASTER BIAS", "MASTER DARK", "MASTER FLAT"])
FIELDS = {"exposureseconds": "exposure_s", "settemp": "set_temp_c", "gain": "gain", "offset": "offset", "focallen": "focal_length_mm"}  # fmt: skip


def frame(said: dict[str, Any]) -> Frame:
    numbers = {FIELDS[key]: float(value) for key, value in said.items() if key in FIELDS}
    kinds = {kind.value for kind in Kind}
    return Frame(
        path="x.xisf",
        kind=Kind(said["type"]) if said.get("type") in kinds else None,
        camera=said.get("camera"),
        optic=said.get("optic") or None,
        night=date.fromisoformat(said["date"]) if "date" in said else None,
        filter=said.get("filter"),
        readout_mode=said.get("readoutmode"),
        **numbers,
    )


def cases() -> list[Any]:
    if not CASES.exists():
        return [
            pytest.param({}, marks=pytest.mark.skip(reason="../shared/cases is not beside this checkout"))
        ]
    told = json.loads(CASES.read_text(encoding="utf-8"))
    found = [one for one in told if "library path" in one["kind"]]
    return [pytest.param(one, id=f"{one['kind'][-5:-1]}-{at}") for at, one in enumerate(found)]


def plain(path: str) -> list[Any]:
    """Numbers as numbers: one tool writes -10, the other -10.00."""
    parts = path.replace("\\", "/").casefold().rpartition(".")[0].replace("/", "_").split("_")
    return [float(part) if part.lstrip("-").replace(".", "", 1).isdigit() else part for part in parts]


@pytest.mark.parametrize("case", cases())
def test_master_lies_where_the_tools_put_it(case):
    told, expect = case["input"], case["expect"]
    if "masters" in told:
        for name, wanted in expect["copies"]:
            keys = set(told["filters"]) | {"camera", "type"}
            said = {key: value for key, value in told["masters"][name].items() if key in keys}
            said |= {"date": "2026-01-14"}
            path = library_path(frame(said), suffix=".xisf")
            assert plain(path.rpartition("/")[2]) == plain(wanted.replace("\\", "/").rpartition("/")[2])
        return
    homes = TOOLS if "2026" in case["kind"] else USUAL
    if "error" in expect:
        with pytest.raises(FrameError):
            library_path(frame(told["metadata"]), homes)
        return
    path = library_path(frame(told["metadata"]), homes, suffix=Path(told["file"]).suffix)
    assert plain(path) == plain(expect["path"].removeprefix("/dest/"))


def test_the_folder_that_exists_is_written():
    assert homes_in([]) == USUAL
    assert homes_in(["_Flats Stash", "MASTER FLAT"]).of(Kind.FLAT) == "_Flats Stash"
    assert homes_in(["MASTER DARK"]).of(Kind.FLATDARK) == "MASTER DARK"
    assert homes_in(["_flat stash"]).of(Kind.MASTER_FLAT) == "_flat stash"


@pytest.mark.parametrize("kind", [Kind.BIAS, Kind.DARK, Kind.FLAT, Kind.FLATDARK])
def test_a_name_says_again_what_it_was_made_of(kind):
    one = Frame(
        path="x", kind=kind, camera="ZWO ASI2600MM Pro", optic="C8E", night=date(2026, 1, 14), filter="Ha_3nm",
        exposure_s=300.0, set_temp_c=-10.0, gain=100.0, offset=50.0, binning=2, readout_mode="Low Conversion Gain",
    )  # fmt: skip
    for number in (1, 2):
        path = library_path(one, number=number)
        for place in (path, held_path(path), superseded_path(path, date(2026, 1, 14), 3)):
            said = read_path(place)
            assert (said.kind, said.camera, said.gain) == (kind.master, one.camera, 100.0)
            assert (said.set_temp_c, said.binning, said.readout_mode) == (-10.0, 2, "Low Conversion Gain")
            assert kind is not Kind.FLAT or (said.filter, said.optic, said.night) == (
                "Ha_3nm",
                "C8E",
                one.night,
            )


def test_superseded_and_held_masters_find_their_way_back():
    path = "_Dark Library/Cam/masterDark_EXPOSURE_300.00.fits"
    assert (
        superseded_path(path, date(2026, 1, 14))
        == "_Dark Library/Cam/superseded/masterDark_EXPOSURE_300.00_DATE_2026-01-14.fits"
    )
    assert is_superseded(superseded_path(path, None)) and is_held(held_path(path)) and not is_held(path)
    assert plain_path(held_path(path)) == path
    assert plain_path(path, 2) == "_Dark Library/Cam/masterDark~2_EXPOSURE_300.00.fits"
    flat = "_Flat Stash/Cam/C8E/DATE_2026-01-14/masterFlat_FILTER_L.fits"
    assert superseded_path(flat, date(2026, 1, 14)).endswith(
        "DATE_2026-01-14/superseded/masterFlat_FILTER_L.fits"
    )


@given(
    st.text(max_size=200), st.text(max_size=200), st.text(max_size=200), st.floats(allow_nan=False, width=32)
)
def test_hostile_words_stay_in_the_library_and_within_the_budget(camera, optic, words, number):
    one = Frame(
        path="x", kind=Kind.FLAT, camera=camera or "c", optic=optic, night=date(2026, 1, 14), filter=words, gain=number,
        readout_mode=words, set_temp_c=-10.0,
    )  # fmt: skip
    path = library_path(one)
    parts = path.split("/")
    assert ".." not in parts and parts[0] == "_Flat Stash" and 4 <= len(parts) <= 5
    assert len(superseded_path(path, one.night, 99)) <= PATH_CHARS
    assert all(len(part.encode()) <= 143 for part in parts)


@pytest.mark.parametrize("camera", ["superseded", "Held"])
def test_no_camera_is_called_like_a_folder_masters_are_moved_to(camera: str) -> None:
    path = library_path(Frame(path="x", kind=Kind.DARK, camera=camera, exposure_s=60.0))
    assert not is_superseded(path) and not is_held(path)
    folder = path.split("/")[1]
    assert folder.casefold() != camera.casefold() and unescape(folder) == camera
    assert plain_path(superseded_path(path, None)) == path
