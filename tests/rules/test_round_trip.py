"""A frame is one frame wherever it lies: read in its inbox, or in the store with its original path (DESIGN §2.2)."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.frames import Evidence, Frame, Header, Kind, Value
from pipeline.model.rigs import Alias, Camera, Filter, Rig, SiteUse
from pipeline.rules.identity import Clues, Known, identify
from pipeline.rules.layout import frame_path
from tests.factories import NINA_LIGHT, make_rig, make_site

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "headers.json"
ELSEWHERE = {"path", "stage"}
"""What tells of the place and not of the frame."""

NINA_FOLDER = (
    "LIGHT\\C8E+ZWO ASI2600MM Pro\\M31 Panel 2\\DATE_2026-01-14\\FILTER_L_EXP_300.00_SETTEMP_-10.00\\"
)
NOTHING: dict[str, Any] = dict.fromkeys(NINA_LIGHT)
DSLR: dict[str, Value] = {
    "INSTRUME": "Canon EOS 200D",
    "EXPTIME": 60.0,
    "ISOSPEED": 1600,
    "DATE-LOC": "2026-01-15T00:12:33",
    "FOCALLEN": 135.0,
    "OBJECT": "M 45",
}
SYNTHETIC: dict[str, tuple[str, dict[str, Any], str]] = {
    "nina-light": (NINA_FOLDER + "2026-01-15_00-12-33_HFR_1.85_RMSAC_0.62_TEMP_-10.00.fits", {}, "fits"),
    "nina-empty-filter": ("LIGHT/2026-01-15_00-12-33__-10.00_300.00s_0007.fits", {"FILTER": None}, "fits"),
    "nina-flat-in-a-target": (
        "M31/FLAT/2026-01-15_07-12-33_L_-10.00_1.00s_0001.fits",
        {"IMAGETYP": "FLAT", "EXPTIME": 1.00234, "EXPOSURE": 1.00234},
        "fits",
    ),
    "nina-2-darkflat": (
        "DARKFLAT/2026-01-15_07-12-33__-10.00_1.00s_0001.fits",
        {"IMAGETYP": "DARKFLAT", "EXPTIME": 1.0, "EXPOSURE": 1.0, "OBJECT": None, "FILTER": None},
        "fits",
    ),
    "nina-bias": ("BIAS/x.fits", {"IMAGETYP": "BIAS", "EXPTIME": 0.0001, "EXPOSURE": 0.0001, "OBJECT": None}, "fits"),
    "nina-snapshot": ("SNAPSHOT/2026-01-15_00-12-33_L_-10.00_5.00s_0001.fits", {"EXPTIME": 5.0}, "fits"),
    "nina-snapshot-without-target": ("SNAPSHOT/a b.fits", {"OBJECT": None, "EXPTIME": 5.0}, "fits"),
    "nina-greek": ("LIGHT/alf Ori/2026-01-15_00-12-33_L_-10.00_300.00s_0007.fits", {"OBJECT": "α Ori"}, "fits"),
    "nina-comet": ("x.fits", {"OBJECT": "C/2022 E3 (ZTF)"}, "fits"),
    "nina-hostile": ("x.fits", {"OBJECT": "../../etc\n<script>", "FILTER": "Ha_EXP_7/../x"}, "fits"),
    "nina-long": ("x.fits", {"OBJECT": "Ω" * 200}, "fits"),
    "nina-elsewhere": ("x.fits", {"SITELAT": -10.0, "SITELONG": 150.0, "DATE-LOC": None}, "fits"),
    "nina-no-clock-no-place": ("x.fits", {"DATE-LOC": None}, "fits"),
    "nina-date-only": ("x.fits", {"DATE-LOC": None, "DATE-OBS": "2026-01-14"}, "fits"),
    "nina-unknown-rig": ("x.fits", {"TELESCOP": "RedCat 51", "FOCRATIO": None, "FOCALLEN": None}, "fits"),
    "sharpcap": (
        "2026-01-15/M 31/00_12_33/M 31_00001.fits",
        {"SWCREATE": "SharpCap v4.1", "IMAGETYP": "Light", "BLKLEVEL": 50, "OBJECT": "M 31", "DATE-LOC": None},
        "fits",
    ),
    "maxim": (
        "M31-001L.fit",
        {"SWCREATE": "MaxIm DL Version 6.20", "IMAGETYP": "Light Frame", "FOCRATIO": None, "APTDIA": 203.2,
         "SITELAT": "40 00 00", "SITELONG": "-03 00 00", "LOCALTIM": "1/15/2026 12:12:33 AM STANDARD"},
        "fits",
    ),
    "sgp": ("M31_300sec_1x1_L_frame7.fit", {"SWCREATE": None, "CREATOR": "Sequence Generator Pro v4"}, "fits"),
    "apt": ("L_2026-01-15_00-12-33_Bin1x1_300s__-10C.fit", {"SWCREATE": "Astro Photography Tool - APT v.4.10"}, "fits"),
    "ekos": (
        "M_31/Light/L/M_31_Light_L_300_secs_2026-01-15T00-12-33_001.fits",
        {"IMAGETYP": None, "SWCREATE": None, "FRAME": "Light", "SITELAT": 40.0, "SITELONG": 357.0, "DATE-LOC": None},
        "fits",
    ),
    "siril-master": ("dark_stacked.fit", {"PROGRAM": "Siril 1.4.0", "IMAGETYP": "DARK", "STACKCNT": 20}, "fits"),
    "pixinsight-master": ("master/masterDark_BIN-1_6248x4176_EXPOSURE-300.00s.xisf", {"IMAGETYP": "DARK"}, "xisf"),
    "dslr": ("DCIM/100CANON/IMG_0001.CR2", NOTHING | DSLR, "raw"),
    "asiair-filterless": (
        "Autorun/Light/M 31/Light_M 31_300.0s_Bin1_2600MM_gain100_20260115-001305_-10.0C_0001.fit",
        {"SWCREATE": None, "CREATOR": "ZWO ASIAIR Plus", "TELESCOP": "ZWO AM5", "FOCRATIO": None, "FILTER": None,
         "DATE-LOC": None, "OBJECT": "M 31"},
        "fits",
    ),
}  # fmt: skip


def dslr_rig() -> Rig:
    return make_rig(
        name="R135@f2.0+Canon SL2",
        optic="R135",
        focal_ratio=2.0,
        focal_length_mm=135.0,
        camera=Camera(name="Canon SL2", cooled=False),
        camera_aliases=(Alias(name="Canon EOS 200D"),),
        filters=(Filter(name="RGB", aliases=("",)),),
    )


ZONED = Known(rigs=(make_rig(sites=(SiteUse(name="ridge"),)), dslr_rig()), sites=(make_site(),))
UNZONED = Known(rigs=(make_rig(), dslr_rig()), sites=(make_site(time_zone=None),))
STRANGER = Known()
KNOWN = {"zoned": ZONED, "unzoned": UNZONED, "stranger": STRANGER}


def synthetic() -> dict[str, tuple[str, Header]]:
    return {
        name: (path, Header({k: v for k, v in (NINA_LIGHT | cards).items() if v is not None}, container))
        for name, (path, cards, container) in SYNTHETIC.items()
    }


def real() -> dict[str, tuple[str, Header]]:
    if not CASES.exists():
        return {}
    cases = json.loads(CASES.read_text())
    return {case["kind"]: (case["name"] or "x.fits", Header(case["header"], "fits")) for case in cases}


def stored_path(frame: Frame) -> str:
    return frame_path(frame, frame.rig or "a rig", frame.night or date(2026, 1, 1))


def differences(one: Frame, other: Frame) -> dict[str, tuple[Any, Any]]:
    pairs = {f.name: (getattr(one, f.name), getattr(other, f.name)) for f in fields(Frame)}
    del pairs["sources"]
    heard = one.sources.keys() | other.sources.keys()
    pairs |= {f"source of {name}": (one.sources.get(name), other.sources.get(name)) for name in heard}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and name not in ELSEWHERE}


@pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN.keys())
@pytest.mark.parametrize(("path", "header"), synthetic().values(), ids=synthetic().keys())
def test_a_frame_of_any_program_is_the_same_in_the_store(path: str, header: Header, known: Known) -> None:
    assert_same(path, header, known)


@pytest.mark.skipif(not CASES.exists(), reason="../shared/cases is not beside this checkout")
@pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN.keys())
@pytest.mark.parametrize(("path", "header"), real().values(), ids=real().keys())
def test_a_frame_with_a_real_header_is_the_same_in_the_store(path: str, header: Header, known: Known) -> None:
    assert_same(path, header, known)


def assert_same(path: str, header: Header, known: Known) -> None:
    """For what can be stored: without a kind or a night a file stays in its inbox."""
    inbox_rig = known.rigs[0].name if known.rigs else None
    for rig in (None, inbox_rig):
        first = identify(Clues(path=path, header=header, inbox_rig=rig), known)
        if first.kind is None or first.night is None:
            continue
        again = identify(Clues(path=stored_path(first), header=header, original=path, inbox_rig=rig), known)
        assert differences(first, again) == {}


def test_a_corrected_frame_is_the_same_in_the_store() -> None:
    path, header = synthetic()["nina-light"]
    said = Evidence(kind=Kind.LIGHT, target="M 32", panel="", night=date(2026, 1, 20), filter="H3")
    first = identify(Clues(path=path, header=header, corrections=said), ZONED)
    clues = Clues(path=stored_path(first), header=header, original=path, corrections=said)
    assert differences(first, identify(clues, ZONED)) == {}
    assert first.night == date(2026, 1, 20)


def test_a_site_learnt_later_moves_the_clock_although_the_stored_name_shows_another() -> None:
    header = synthetic()["nina-no-clock-no-place"][1]
    first = identify(Clues(path="x.fits", header=header), STRANGER)
    assert first.has("no-site")
    again = identify(Clues(path=stored_path(first), header=header, original="x.fits"), ZONED)
    assert again.local is not None
    assert first.local is not None
    assert (again.local - first.local).total_seconds() == 3600
    assert again.problems == ()
