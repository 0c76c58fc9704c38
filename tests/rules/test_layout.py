"""Where frames lie, and that no header can talk a path out of the library."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Frame, Kind
from pipeline.rules import names
from pipeline.rules.escape import PART_BYTES, PATH_CHARS, unescape
from pipeline.rules.layout import (
    base_name,
    frame_path,
    longest_path,
    night_part,
    number_text,
    parts_of,
    path_warning,
    ratio_text,
    rig_folder,
    target_part,
    twin_path,
)
from pipeline.rules.targets import tidied
from tests.factories import make_frame

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
NIGHT = date(2026, 1, 14)


def test_a_light_lies_under_rig_night_target_and_settings() -> None:
    frame = make_frame(hfr_px=1.85, stars=718, rms_arcsec=0.62)
    assert frame_path(frame, RIG, NIGHT) == (
        f"{RIG}/00_Frames/DATE_2026-01-14/LIGHT/M31/FILTER_L_EXP_300.00_SETTEMP_-10.00_PANEL_2/"
        "2026-01-15_00-12-33_HFR_1.85_STARS_718_RMSAC_0.62_TEMP_-9.90.fits"
    )


def test_darks_and_bias_belong_to_the_camera() -> None:
    frame = make_frame(kind=Kind.DARK, target=None, panel="")
    assert frame_path(frame, RIG, NIGHT).startswith(
        "_Calibration/ZWO ASI2600MM Pro/DATE_2026-01-14/DARK/EXP_300.00_SETTEMP_-10.00/"
    )


def test_flats_have_no_target_folder() -> None:
    frame = make_frame(kind=Kind.FLAT, exposure_s=6.24656)
    assert "/FLAT/FILTER_L_EXP_6.25_SETTEMP_-10.00/" in frame_path(frame, RIG, NIGHT)


def test_the_second_frame_of_one_second_gets_a_suffix() -> None:
    frame = make_frame()
    second = twin_path(frame_path(frame, RIG, NIGHT), 2)
    assert "/2026-01-15_00-12-33~2_" in second
    assert twin_path(frame_path(frame, RIG, NIGHT), 1) == frame_path(frame, RIG, NIGHT)
    read = names.read_path(second.replace("_PANEL_2", "").replace("~2_TEMP", "~2_HFR_1.85_TEMP"))
    assert (read.local, read.hfr_px, read.sensor_temp_c) == (frame.local, 1.85, -9.9)


def test_a_frame_without_a_time_keeps_its_own_name() -> None:
    frame = make_frame(local=None, path="in/mystery shot.FIT")
    assert PurePosixPath(frame_path(frame, RIG, NIGHT)).name == "mystery shot_TEMP_-9.90.fit"


@pytest.mark.parametrize(
    ("optic", "ratio", "camera", "folder"),
    [
        ("Refractor", 5.6, "Camera1", "Refractor@f5.6+Camera1"),
        (None, 5.6, "Camera1", "Camera1"),
        ("Refractor", None, "Camera1", "Refractor+Camera1"),
        ("Refractor", 5.6, None, "Refractor@f5.6"),
        (None, 5.6, None, None),
        (None, None, None, None),
    ],
)
def test_a_rig_name_degrades_with_its_parts(
    optic: str | None, ratio: float | None, camera: str | None, folder: str | None
) -> None:
    assert rig_folder(optic, ratio, camera) == folder


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (300, "300.00"),
        (-10, "-10.00"),
        (0.7, "0.70"),
        (0.0001, "0.0001"),
        (0.001, "0.001"),
        (-0.001, "-0.001"),
        (0, "0.00"),
    ],
)
def test_numbers_are_written_as_nina_writes_them_unless_that_loses_them(number: float, text: str) -> None:
    assert number_text(number) == text


def test_focal_ratios_are_one_number_however_written() -> None:
    assert ratio_text(10) == ratio_text(10.0) == "10.0"
    assert ratio_text(4.75) == "4.75"


HOSTILE = st.text(max_size=200)


@given(
    target=HOSTILE,
    panel=HOSTILE,
    filter_name=HOSTILE,
    camera=HOSTILE,
    path=HOSTILE,
    kind=st.sampled_from(list(Kind)),
)
def test_no_header_leads_out_of_the_library(
    target: str, panel: str, filter_name: str, camera: str, path: str, kind: Kind
) -> None:
    frame = make_frame(
        kind=kind,
        target=target or None,
        panel=panel,
        filter=filter_name,
        camera=camera or None,
        path=path,
        local=None,
    )
    stored = frame_path(frame, RIG, NIGHT)
    parts = stored.split("/")
    assert not any(part in {"", ".", ".."} or "\\" in part or ":" in part or "\0" in part for part in parts)
    assert parts[0] in {RIG, "_Calibration"}
    assert len(twin_path(stored, 99)) <= PATH_CHARS
    assert all(len(part.encode()) <= PART_BYTES for part in parts)


@given(
    target=st.from_regex(r"[A-Za-zα-ω][\w '+()-]{0,20}[A-Za-z0-9]", fullmatch=True),
    panel=st.sampled_from(["", "1", "12", "A"]),
    filter_name=st.sampled_from(["L", "Ha", "Ha_3nm", "OIII", "", "L-eXtreme", "B_EXP_7", "S_"]),
    exposure_s=st.floats(0.0001, 3600),
    set_temp_c=st.one_of(st.none(), st.floats(-40, 30)),
    hfr=st.one_of(st.none(), st.floats(0.5, 20)),
)
def test_a_canonical_name_says_what_it_was_made_from(
    target: str, panel: str, filter_name: str, exposure_s: float, set_temp_c: float | None, hfr: float | None
) -> None:
    frame = make_frame(
        target=target,
        panel=panel,
        filter=filter_name,
        exposure_s=exposure_s,
        set_temp_c=set_temp_c,
        hfr_px=hfr,
    )
    read = names.read_path(frame_path(frame, RIG, NIGHT))
    assert (read.kind, read.night, read.local) == (Kind.LIGHT, NIGHT, datetime(2026, 1, 15, 0, 12, 33))
    assert unescape(read.filter or "") == filter_name
    assert unescape(read.target or "") == tidied(target)
    assert (read.panel or "") == panel
    assert read.exposure_s == pytest.approx(exposure_s, rel=0.006)
    assert (read.set_temp_c is None) == (set_temp_c is None)
    assert set_temp_c is None or read.set_temp_c == pytest.approx(set_temp_c, abs=0.006)
    assert hfr is None or read.hfr_px == pytest.approx(hfr, abs=0.006)
    assert (read.optic, read.focal_ratio, read.camera) == ("C8E", 10.0, "ZWO ASI2600MM Pro")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_canonical_path_says_its_kind_and_its_target(kind: Kind) -> None:
    frame = make_frame(kind=kind)
    read = names.read_path(frame_path(frame, RIG, NIGHT))
    assert (read.kind, read.night) == (kind, NIGHT)
    assert read.target == ("M31" if kind in {Kind.LIGHT, Kind.SNAPSHOT, Kind.STACK} else None)
    nameless = names.read_path(frame_path(make_frame(kind=kind, target=None), RIG, NIGHT))
    assert (nameless.kind, nameless.target) == (kind, None)


def test_a_long_target_is_cut_only_as_far_as_the_budget_needs() -> None:
    assert (
        target_part("The Great Nebula in Orion and its Running Man")
        == "The Great Nebula in Orion and its Running Man"
    )
    assert len(target_part("x" * 300).encode()) <= 60


@pytest.mark.parametrize(
    "path",
    [
        "D:\\RAW\\LIGHT\\x.fits",
        "D:/RAW/LIGHT/x.fits",
        "\\\\nas\\share\\RAW\\LIGHT\\x.fits",
        "/RAW/LIGHT/x.fits",
    ],
)
def test_either_slash_is_read(path: str) -> None:
    assert parts_of(path)[-3:] == ("RAW", "LIGHT", "x.fits")


def test_a_double_suffix_is_one() -> None:
    assert base_name("a/b.fits.fz") == ("b", ".fits.fz")
    assert base_name("a/.fits") == (".fits", "")
    assert base_name("a/b.fit.fits") == ("b.fit", ".fits")
    assert base_name("night.log") == ("night.log", "")


def test_a_root_too_deep_for_windows_is_warned_of() -> None:
    assert path_warning("D:/Astro", RIG) is None
    warning = path_warning("D:/" + "deep/" * 30, RIG)
    assert warning is not None
    assert "characters" in warning
    assert longest_path("D:/Astro", RIG) < 240


def test_a_night_is_the_evenings_date() -> None:
    assert night_part(NIGHT) == "DATE_2026-01-14"


def test_the_frame_factory_makes_frames() -> None:
    assert isinstance(make_frame(), Frame)


LONG_RIG = "An Optic of a Very Long Name@f10.0+A Camera Whose Name Is No Shorter Pro"


@given(
    kind=st.sampled_from(list(Kind)),
    target=st.text(max_size=90),
    settings=st.tuples(st.text(max_size=60), st.text(max_size=60)),
    rig=st.sampled_from([RIG, LONG_RIG, "Ω" * 100]),
    timed=st.booleans(),
)
def test_no_name_is_too_long_for_the_path_budget(
    kind: Kind, target: str, settings: tuple[str, str], rig: str, timed: bool
) -> None:
    frame = make_frame(
        kind=kind, target=target, filter=settings[0], panel=settings[1], hfr_px=12.34, stars=12345
    )
    frame = frame if timed else replace(frame, local=None, path="in/" + "x" * 300 + ".fits.fz")
    stored = frame_path(frame, rig, NIGHT)
    assert len(twin_path(stored, 99)) <= PATH_CHARS
    assert all(len(part.encode()) <= PART_BYTES for part in stored.split("/"))


@given(target=st.text(max_size=80), filter_name=st.text(max_size=40))
def test_frames_of_one_set_lie_in_one_folder_whatever_was_measured(target: str, filter_name: str) -> None:
    bare = make_frame(target=target, filter=filter_name, sensor_temp_c=None)
    measured = replace(bare, hfr_px=12.34, stars=12345, rms_arcsec=1.23, sensor_temp_c=-9.9, path="x.fits.fz")
    folders = {PurePosixPath(frame_path(frame, LONG_RIG, NIGHT)).parent for frame in (bare, measured)}
    assert len(folders) == 1


def test_what_there_is_no_room_for_is_left_out_of_the_name() -> None:
    frame = make_frame(target="x" * 60, hfr_px=1.85, stars=718, rms_arcsec=0.62)
    stored = frame_path(frame, LONG_RIG, NIGHT)
    assert PurePosixPath(stored).name.startswith("2026-01-15_00-12-33")
    assert len(stored) <= PATH_CHARS
