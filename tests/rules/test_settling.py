"""Rig, clock, night and filter settled: what is said when witnesses, clocks and rig files do not agree."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.model.frames import Evidence, Frame, Value
from pipeline.model.rigs import Alias, Camera, SiteUse
from pipeline.rules.identity import Clues, Known, identify
from tests.factories import make_header, make_rig, make_site

RIG = make_rig()
RIDGE = make_site()
HERE: dict[str, Any] = {"SITELAT": 40.0, "SITELONG": -3.0}
THERE: dict[str, Any] = {"SITELAT": 10.0, "SITELONG": -110.0}


def look(path: str = "x.fits", *, rigs: Any = (RIG,), sites: Any = (RIDGE,), **cards: Any) -> Frame:
    return identify(Clues(path=path, header=make_header(**cards)), Known(rigs=rigs, sites=sites))


def said(frame: Frame) -> dict[str, str]:
    return {problem.code: problem.text for problem in frame.problems}


def test_an_alias_holds_until_the_morning_of_its_last_night() -> None:
    rig = make_rig(camera_aliases=(Alias(name="Old", valid_to=date(2026, 1, 15)),))
    morning: dict[str, Any] = {
        "INSTRUME": "Old",
        "DATE__OBS": "2026-01-15T03:00:00",
        "DATE__LOC": None,
        **HERE,
    }
    assert look(rigs=(rig,), **morning).rig_known
    assert not look(rigs=(rig,), **(morning | {"DATE__OBS": "2026-01-15T20:00:00"})).rig_known


def test_a_corrected_night_decides_what_was_valid() -> None:
    rig = make_rig(camera_aliases=(Alias(name="Old", valid_to=date(2024, 1, 1)),))
    clues = Clues(
        path="x.fits", header=make_header(INSTRUME="Old"), corrections=Evidence(night=date(2023, 6, 1))
    )
    frame = identify(clues, Known(rigs=(rig,)))
    assert (frame.rig, frame.night) == (rig.name, date(2023, 6, 1))


def test_the_rigs_own_words_for_one_thing_are_no_disagreement() -> None:
    path = "LIGHT/C8E+ASI2600MM Pro/M31/DATE_2025-06-01/FILTER_H_EXP_300.00/2025-06-02_00-12-33.fits"
    frame = look(
        path, FILTER="Ha", OBJECT="M31", DATE__OBS="2025-06-01T22:12:33", DATE__LOC="2025-06-02T00:12:33"
    )
    assert (frame.filter, frame.camera) == ("H", "ZWO ASI2600MM Pro")
    assert frame.problems == ()


def test_two_filters_of_the_wheel_are_a_disagreement() -> None:
    path = "LIGHT/C8E+ZWO ASI2600MM Pro/M31/DATE_2026-01-14/FILTER_H3_EXP_300.00/2026-01-15_00-12-33.fits"
    assert said(look(path, OBJECT="M31")) == {
        "disagree": "filter: the name says 'H3', the header says 'L'; the name is believed"
    }


def test_a_clock_set_to_another_place_is_told_once_and_the_site_believed() -> None:
    frame = look(DATE__OBS="2026-01-15T00:12:33", DATE__LOC="2026-01-15T00:12:33", **HERE)
    assert frame.local == datetime(2026, 1, 15, 1, 12, 33)
    assert said(frame) == {
        "clock-disagrees": "local time: the header DATE-LOC says 2026-01-15 00:12, "
        "by time zone Europe/Madrid it was 2026-01-15 01:12; the latter is believed"
    }


def test_a_name_given_when_the_frame_was_saved_is_no_wrong_clock() -> None:
    frame = look("2026-01-15_00-32-33.fits", DATE__LOC=None, **HERE)
    assert frame.problems == ()


def test_coordinates_of_no_listed_site_are_told_where_sites_are_listed() -> None:
    rig = make_rig(sites=(SiteUse(name="ridge"),))
    frame = look(rigs=(rig,), DATE__LOC=None, **THERE)
    assert frame.site is None
    assert frame.local == datetime(2026, 1, 14, 15, 52, 33, 123456)
    assert set(said(frame)) == {"unlisted-site"}
    assert "unlisted-site" not in said(look(sites=(), DATE__LOC=None, **THERE))
    assert look(rigs=(rig,), DATE__LOC=None).site == "ridge"


def test_a_device_that_does_not_know_its_place_stood_where_the_rig_stands() -> None:
    rig = make_rig(sites=(SiteUse(name="ridge"),))
    assert look(rigs=(rig,), SITELAT=0.0, SITELONG=0.0).site == "ridge"


@pytest.mark.parametrize(
    ("utc", "night"),
    [("2026-01-15T10:59:59", date(2026, 1, 14)), ("2026-01-15T11:00:00", date(2026, 1, 15))],
)
def test_noon_at_the_site_divides_the_nights(utc: str, night: date) -> None:
    assert look(DATE__OBS=utc, DATE__LOC=None, **HERE).night == night


def test_a_dwarfs_own_clock_becomes_utc_at_its_site() -> None:
    header = {
        "ORIGIN": "DWARFLAB",
        "SWCREATE": None,
        "DATE__LOC": None,
        "DATE__OBS": "2026-01-15T00:12:33.000",
    }
    frame = look("M 31_30s60_Astro_20260115-001233000_15C.fits", **header, **HERE)
    assert frame.utc == datetime(2026, 1, 14, 23, 12, 33, tzinfo=UTC)
    assert frame.night == date(2026, 1, 14)


def test_another_body_of_the_camera_is_named_as_the_reason() -> None:
    rig = make_rig(camera=Camera(name="ZWO ASI2600MM Pro", ids=("A1",)))
    assert said(look(rigs=(rig,), CAMERAID="C3"))["unknown-rig"] == (
        "the camera's id 'C3' is not among the camera.ids of C8E@f10.0+ZWO ASI2600MM Pro, which would fit otherwise"
    )


def test_two_bodies_of_one_model_are_told_apart_or_asked_about() -> None:
    alias = (Alias(name="ZWO ASI2600MM Pro"),)
    bodies = [
        make_rig(name=f"C8E@f10.0+{name}", camera=Camera(name=name, ids=(name,)), camera_aliases=alias)
        for name in ("left", "right")
    ]
    assert look(rigs=bodies, CAMERAID="RIGHT").rig == "C8E@f10.0+right"
    assert said(look(rigs=bodies))["unknown-rig"] == "several rigs fit: C8E@f10.0+left, C8E@f10.0+right"
    dark: dict[str, Any] = {
        "IMAGETYP": "DARK",
        "TELESCOP": None,
        "FOCRATIO": None,
        "FOCALLEN": None,
        "OBJECT": None,
    }
    assert look(rigs=bodies, CAMERAID="left", **dark).camera == "left"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (247.0, "no optic is named, and no rig file has ZWO ASI2600MM Pro at 247 mm"),
        (None, "neither optic nor focal length is named, and ZWO ASI2600MM Pro alone is no rig"),
    ],
)
def test_a_camera_without_an_optic_is_told_what_it_lacks(length: float | None, text: str) -> None:
    frame = look(TELESCOP=None, FOCRATIO=None, FOCALLEN=length)
    assert said(frame)["unknown-rig"] == text


def test_a_dslr_is_known_by_camera_and_focal_length_or_by_its_inbox() -> None:
    rig = make_rig(
        name="R135@f2.0+Canon SL2",
        optic="R135",
        focal_ratio=2.0,
        focal_length_mm=135.0,
        camera=Camera(name="Canon SL2", cooled=False),
        camera_aliases=(Alias(name="Canon EOS 200D"),),
        filters=(),
    )
    cards: dict[str, Value] = {"INSTRUME": "Canon EOS 200D", "EXPTIME": 60.0, "ISOSPEED": 1600,
                               "DATE-LOC": "2026-01-15T00:12:33", "FOCALLEN": 135.0}  # fmt: skip
    header = make_header(cards)
    known = Known(rigs=(rig,))
    frame = identify(Clues(path="IMG_1.CR2", header=header), known)
    assert (frame.rig, frame.camera, frame.gain, frame.utc) == (rig.name, "Canon SL2", 1600.0, None)
    assert frame.night == date(2026, 1, 14)
    lensless = make_header(cards, FOCALLEN=None)
    assert identify(Clues(path="IMG_1.CR2", header=lensless), known).rig_known is False
    assert identify(Clues(path="IMG_1.CR2", header=lensless, inbox_rig=rig.name), known).rig == rig.name


@pytest.mark.parametrize(
    ("path", "imagetyp", "kind"),
    [
        ("BIAS/stack.fit", "Master Bias", "MASTER BIAS"),
        ("_Dark Library/ZWO ASI2600MM Pro/masterDark_EXPOSURE_300.00_GAIN_100.xisf", "DARK", "MASTER DARK"),
        ("master/masterBias_BIN-1_6248x4176.xisf", "BIAS", "MASTER BIAS"),
        ("SNAPSHOT/x.fits", "LIGHT", "SNAPSHOT"),
        ("Autofocus/x.fits", "LIGHT", "SNAPSHOT"),
        ("FLATDARK/x.fits", "FLAT", "FLATDARK"),
        ("x.fits", "DARKFLAT", "FLATDARK"),
        ("FLAT/x.fits", "DARK", "FLAT"),
    ],
)
def test_path_and_header_together_say_the_kind(path: str, imagetyp: str, kind: str) -> None:
    assert look(path, IMAGETYP=imagetyp).kind == kind
