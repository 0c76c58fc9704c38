from __future__ import annotations

from datetime import date

import pytest

from pipeline.model.frames import Evidence, Kind
from pipeline.rules.kinds import kind_of_folder, kind_of_name
from pipeline.rules.names import read_path

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"


def rig(evidence: Evidence) -> tuple[str | None, float | None, str | None]:
    return evidence.optic, evidence.focal_ratio, evidence.camera


@pytest.mark.parametrize(
    ("folder", "parts"),
    [
        (RIG, ("C8E", 10.0, "ZWO ASI2600MM Pro")),
        ("R135@f2+Canon T2i", ("R135", 2.0, "Canon T2i")),
        ("150PDS@f4.75+A+B", ("150PDS", 4.75, "A+B")),
        ("Refractor+Camera1", ("Refractor", None, "Camera1")),
        ("Refractor@f5.6", ("Refractor", 5.6, None)),
        ("Refractor", (None, None, None)),
    ],
)
def test_rig_folder_degrades_with_its_parts(folder: str, parts: tuple[object, ...]) -> None:
    assert rig(read_path(rf"F:\Data\{folder}\20_Data\M31\accept\DATE_2024-05-01")) == parts


def test_last_rig_folder_counts() -> None:
    assert read_path(f"A@f1+B/old/{RIG}/20_Data/M31/x.fits").optic == "C8E"


def test_target_with_a_plus_is_no_rig() -> None:
    found = read_path("R@f2+C/20_Data/Whirlpool M51+170d/accept/DATE_2023-09-04/FILTER_L_EXP_30.00/x.fits")
    assert (found.target, found.camera) == ("Whirlpool M51+170d", "C")
    found = read_path("LIGHT/Whirlpool M51+170d/DATE_2023-09-04/x.fits")
    assert (found.target, found.optic) == ("Whirlpool M51+170d", None)
    assert read_path("D:/M31+M32/x.fits").optic is None


def test_raw_tree_has_rig_then_target_then_night() -> None:
    found = read_path(r"D:\RAW\LIGHT\C8E+ZWO ASI2600MM Pro\M31 Panel 2\DATE_2026-01-15\FILTER_L\x.fits")
    assert rig(found) == ("C8E", None, "ZWO ASI2600MM Pro")
    assert (found.target, found.panel, found.night) == ("M31", "2", date(2026, 1, 15))
    assert (found.kind, found.dialect) == (Kind.LIGHT, "nina")


@pytest.mark.parametrize("kind", ["SNAPSHOT", "LIGHT", "FLAT"])
def test_raw_tree_without_a_target_still_has_its_rig(kind: str) -> None:
    found = read_path(rf"D:\RAW\{kind}\C8E+ZWO ASI2600MM Pro\DATE_2026-01-15\FILTER_L\x.fits")
    assert (found.optic, found.target) == ("C8E", None)


def test_raw_calibration_has_a_rig_and_no_target() -> None:
    found = read_path(r"E:\output\BIAS\optic+camera\DATE_2023-12-12\FILTER_F_EXP_120.00\x.fits")
    assert (found.kind, found.optic, found.camera, found.target) == (Kind.BIAS, "optic", "camera", None)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (f"{RIG}/20_Data/M31/accept/DATE_2024-05-01/FILTER_L/x.fits", "M31"),
        (f"{RIG}/20_Data/M31/DATE_2024-05-01/FILTER_L/accept/x.fits", "M31"),
        (f"{RIG}/10_Blink/M31/DATE_2024-05-01/FILTER_L/x.fits", "M31"),
        (f"{RIG}/60_Done/M31/accept/PANEL_1/DATE_2021-11-19/x.fits", "M31"),
        (f"{RIG}/60_Done/M31/accept/DATE_2021-11-19_OFFSET_50_FILTER_UVIR/accept/x.fits", "M31"),
        (f"{RIG}/30_Master/M31/master/2024-01-05/2x/x.xisf", "M31"),
        (f"{RIG}/70_Abandon/NOT Thor's Helmet/accept/DATE_2023-12-14_BAD/x.fits", "NOT Thor's Helmet"),
        (f"{RIG}/20_Data/T_A/accept/x.fits", "T_A"),
        (f"{RIG}/20_Data/C-2022 E3 (ZTF) 2023-01-14/accept/x.fits", "C-2022 E3 (ZTF) 2023-01-14"),
        (f"{RIG}/99_Old/M31/x.fits", "M31"),
        (f"{RIG}/M31/accept/x.fits", "M31"),
        (f"{RIG}/M31/DATE_2024-05-01/x.fits", "M31"),
        ("anything/M31/accept/DATE_2024-05-01/x.fits", "M31"),
        ("20_Data/M31/x.fits", "M31"),
        (f"{RIG}/10_Blink/_FLAT/DATE_2024-05-01/x.fits", None),
        (f"{RIG}/00_Frames/DATE_2024-05-01/FLAT/FILTER_L_EXP_1.00/x.fits", None),
        (f"{RIG}/00_Frames/DATE_2024-05-01/_witness/x.fits", None),
        (f"{RIG}/20_Data/x.fits", None),
    ],
)
def test_target_is_known_by_its_place(path: str, target: str | None) -> None:
    assert read_path(path).target == target


def test_keys_behind_a_target_are_read_and_cut_off() -> None:
    found = read_path(r"C:\base\profile\Target Name_LOCATION_Home\accept\DATE_2023-12-12\etc.fits")
    assert (found.target, found.site) == ("Target Name", "Home")


def test_folder_above_accept_beats_a_later_object() -> None:
    found = read_path(rf"C:\base\{RIG}\Target Name\accept\DATE_2023-12-12_OBJECT_Some Other Name\etc.fits")
    assert found.target == "Target Name"
    (problem,) = found.problems
    assert problem.code == "disagree"
    assert "Some Other Name" in problem.text


def test_store_is_read_back() -> None:
    found = read_path(
        f"{RIG}/00_Frames/DATE_2026-01-14/LIGHT/M31%2FM32/FILTER_Ha_3nm_EXP_300.00_SETTEMP_-10.00_PANEL_2"
        "/2026-01-15_00-12-33~2_HFR_1.85_STARS_1423_RMSAC_0.62_TEMP_-9.90.fits"
    )
    assert (found.stage, found.kind, found.night) == ("00_Frames", Kind.LIGHT, date(2026, 1, 14))
    assert (found.target, found.panel, found.filter) == ("M31/M32", "2", "Ha_3nm")
    assert (found.exposure_s, found.set_temp_c, found.sensor_temp_c) == (300.0, -10.0, -9.9)
    assert (found.hfr_px, found.stars, found.rms_arcsec) == (1.85, 1423, 0.62)
    assert found.spoken["local"] == "name time"


def test_stored_frame_without_a_target_has_none() -> None:
    assert read_path(f"{RIG}/00_Frames/DATE_2026-01-14/SNAPSHOT/unnamed/FILTER_/x.fits").target is None


def test_time_in_a_moved_name_gives_way_to_the_header() -> None:
    found = read_path(f"{RIG}/20_Data/M31/accept/DATE_2026-01-14/FILTER_L/2026-01-15_05-12-33.fits")
    assert found.spoken["local"].startswith("default")


def test_rejected_frames_keep_their_rig() -> None:
    found = read_path(f"lib/_Reject/{RIG}/M31/DATE_2026-01-14/FILTER_L_EXP_300.00/x.fits")
    assert (found.stage, found.optic, found.target) == ("_Reject", "C8E", "M31")


@pytest.mark.parametrize(
    ("path", "kind", "camera", "optic"),
    [
        ("_Dark Library/ATR585M/masterDark_EXP_60.xisf", Kind.MASTER_DARK, "ATR585M", None),
        ("_Bias Library/ATR585M/superseded/x.xisf", Kind.MASTER_BIAS, "ATR585M", None),
        ("_Flat Stash/ATR585M/SQA55/DATE_2026-01-14/x.xisf", Kind.MASTER_FLAT, "ATR585M", "SQA55"),
        ("_Flats Stash/ATR585M/DATE_2026-01-14/x.xisf", Kind.MASTER_FLAT, "ATR585M", None),
        ("MASTER DARK/ATR585M/x.xisf", Kind.MASTER_DARK, "ATR585M", None),
        ("MASTER FLAT/ATR585M/SQA55/DATE_2026-01-14/x.xisf", Kind.MASTER_FLAT, "ATR585M", "SQA55"),
        ("_Calibration/ATR585M/DATE_2026-01-14/DARK/EXP_60.00/x.fits", Kind.DARK, "ATR585M", None),
        ("_Calibration/ATR585M/10_Blink/BIAS/DATE_2026-01-14/x.fits", Kind.BIAS, "ATR585M", None),
    ],
)
def test_libraries_name_kind_camera_and_optic(path: str, kind: Kind, camera: str, optic: str | None) -> None:
    found = read_path(f"F:/lib/{path}")
    assert (found.kind, found.camera, found.optic, found.target) == (kind, camera, optic, None)


def test_old_layouts_are_read() -> None:
    found = read_path(f"{RIG}/60_Done/M31/accept/PANEL_1/DATE_2021-11-19/LIGHT_Ha")
    assert (found.kind, found.filter, found.panel) == (Kind.LIGHT, "Ha", "1")
    found = read_path(f"{RIG}/60_Done/M31/accept/DATE_2021-04-02_EXP_600/RAW/MERIDIAN_Post")
    assert (found.target, found.exposure_s) == ("M31", 600.0)
    assert read_path(f"{RIG}/60_Done/M31/accept/DATE_2021-03-21/TYPE_LIGHT_EXP_45").kind is Kind.LIGHT


def test_date_nobody_explained_is_only_assumed_to_be_the_night() -> None:
    found = read_path("M 27/2025-09-16/LIGHT/x.fits")
    assert (found.night, found.spoken["night"]) == (date(2025, 9, 16), "default folder date")
    assert (found.target, found.spoken["target"]) == ("M 27", "default folder")
    assert read_path("2025-09-15/DATE_2025-09-16/x.fits").night == date(2025, 9, 16)


def test_date_of_a_masters_making_is_no_night() -> None:
    assert read_path(f"{RIG}/30_Master/M31/master/2024-01-05/2x/x.xisf").night is None


@pytest.mark.parametrize("folder", ["Astro", "2025", "Pictures", "Session 1"])
def test_any_folder_over_a_date_is_not_a_target(folder: str) -> None:
    assert read_path(f"D:/{folder}/2025-09-16/LIGHT/x.fits").target is None


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("LIGHT", Kind.LIGHT),
        ("Lights", Kind.LIGHT),
        ("light frames", Kind.LIGHT),
        ("FLATS", Kind.FLAT),
        ("_FLAT", Kind.FLAT),
        ("dark", Kind.DARK),
        ("BIASES", Kind.BIAS),
        ("bias", Kind.BIAS),
        ("FLATDARK", Kind.FLATDARK),
        ("Dark Flats", Kind.FLATDARK),
        ("flat-darks", Kind.FLATDARK),
        ("SNAPSHOTS", Kind.SNAPSHOT),
        ("PlateSolve", Kind.SNAPSHOT),
        ("plate_solving_2026", Kind.SNAPSHOT),
        ("AutoFocus", Kind.SNAPSHOT),
        ("AutoCenter", Kind.SNAPSHOT),
        ("focus", Kind.SNAPSHOT),
        ("Master Bias", Kind.MASTER_BIAS),
        ("M31", None),
        ("Dark Shark", None),
        ("Flatiron", None),
        ("masters", None),
        ("", None),
    ],
)
def test_folders_are_named_for_kinds(word: str, kind: Kind | None) -> None:
    assert kind_of_folder(word) is kind


@pytest.mark.parametrize(
    ("stem", "kind"),
    [
        ("masterDark_EXPOSURE_300.00", Kind.MASTER_DARK),
        ("MasterFlat_Stack20", Kind.MASTER_FLAT),
        ("master_BIAS", Kind.MASTER_BIAS),
        ("masterLight_BIN-1", Kind.MASTER_LIGHT),
        ("masterDarkFlat_x", Kind.MASTER_FLATDARK),
        ("masterpiece", None),
        ("masterDarkest", None),
    ],
)
def test_files_are_named_for_masters(stem: str, kind: Kind | None) -> None:
    assert kind_of_name(stem) is kind


def test_kind_nearest_to_the_file_counts_and_a_snapshot_anywhere() -> None:
    assert read_path("D:/LIGHTS/M31/DARKS/x.fits").kind is Kind.DARK
    assert read_path("D:/LIGHTS/M31/autofocus/17/x.fits").kind is Kind.SNAPSHOT
    assert read_path("SNAPSHOT/x/LIGHT/x.fits").kind is Kind.SNAPSHOT


def test_folders_above_a_rig_are_somebodys_disk() -> None:
    found = read_path(f"/home/focus/FILTER_tests/DARKS/mine/{RIG}/20_Data/M31/x.fits")
    assert (found.kind, found.filter) == (None, None)
