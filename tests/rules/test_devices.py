from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Evidence, Kind
from pipeline.rules.devices import read_device_name
from pipeline.rules.dwarf import read_dwarf_folder, read_dwarf_name
from pipeline.rules.names import read_path


def values(evidence: Evidence) -> dict[str, object]:
    return {field: getattr(evidence, field) for field in evidence.spoken}


def test_asiair_light_says_everything() -> None:
    found = read_path("Light_M 8_300.0s_Bin1_2600MC_gain100_20260828-221500_-10.0C_0001.fit")
    assert found.dialect == "asiair"
    assert values(found) == {
        "kind": Kind.LIGHT,
        "target": "M 8",
        "exposure_s": 300.0,
        "binning": 1,
        "camera": "2600MC",
        "gain": 100,
        "local": datetime(2026, 8, 28, 22, 15),
        "sensor_temp_c": -10.0,
    }


def test_asiairs_short_camera_name_gives_way_to_the_header() -> None:
    found = read_path("Light_M 8_300.0s_Bin1_2600MC_gain100_20260828-221500_-10.0C_0001.fit")
    assert found.spoken["camera"].startswith("default")


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("Light_M 31_30.0s_Bin1_2600MC_None_gain100_20250824-225244_-10.0C_0009.fit", "filter", ""),
        ("Flat_520.0ms_Bin1_O_gain0_20240707-002348_-10.0C_0001.fit", "filter", "O"),
        ("Flat_520.0ms_Bin1_O_gain0_20240707-002348_-10.0C_0001.fit", "exposure_s", 0.52),
        ("Light_M 8_300.0s_Bin1_gain100_20260828-221500_50.0F_0001.fit", "sensor_temp_c", 10.0),
        ("Light_M 8_300.0s_Bin2_gain100_20260828-221500_50.0F_0001.fit", "binning", 2),
        ("Light_T_A_300.0s_Bin1_gain100_20260828-221500_0001.fit", "target", "T_A"),
        ("Light_M 8_300.0s_Bin1_S_gain100_20260828-221500_180deg_0001.fit", "rotator_deg", 180.0),
        ("Preview_M 8_3.0s_Bin1_gain100_20260828-221500_0001.fit", "kind", Kind.SNAPSHOT),
        ("Dark_300.0s_Bin1_gain100_20260828-221500_-10.0C_0001.fit", "kind", Kind.DARK),
        ("Bias_1.0ms_Bin1_gain100_20260828-221500_-10.0C_0001.fit", "exposure_s", 0.001),
    ],
)
def test_asiair_fields_are_known_by_their_looks(name: str, field: str, value: object) -> None:
    assert getattr(read_path(name), field) == value


def test_asiair_masters_are_masters() -> None:
    flat = read_path("MasterFlat_Stack20_50.0ms_Bin1_2600MC_filter-NoFilter_gain100_20250221_1.6C.fit")
    assert (flat.kind, flat.stack_count, flat.filter, flat.exposure_s) == (Kind.MASTER_FLAT, 20, "", 0.05)
    assert (flat.night, flat.spoken["night"]) == (date(2025, 2, 21), "default name date")
    bias = read_path("Stacked/DSO/Master Bias/MasterBias_1.0ms_-9.8C_gain100_2600MC_20250721-054720.fit")
    assert (bias.kind, bias.sensor_temp_c, bias.gain, bias.target) == (Kind.MASTER_BIAS, -9.8, 100, None)


def test_asiair_folder_and_name_agree_on_the_target() -> None:
    found = read_path("Autorun/Light/M 31/Light_M 31_30.0s_Bin1_gain100_20250824-225244_-10.0C_0009.fit")
    assert (found.target, found.problems) == ("M 31", ())


def test_seestar_exposure_is_a_light_of_its_folders_target() -> None:
    found = read_path("M 101_sub/Light_M 101_10.0s_IRCUT_20250704-232412.fit")
    assert found.dialect == "seestar"
    assert (found.kind, found.target, found.filter, found.exposure_s) == (Kind.LIGHT, "M 101", "IRCUT", 10.0)
    assert found.local == datetime(2025, 7, 4, 23, 24, 12)


@pytest.mark.parametrize(
    ("name", "count", "target", "filter_name"),
    [
        ("Stacked_187_NGC 6027A_10.0s_IRCUT_20250513-234835.fit", 187, "NGC 6027A", "IRCUT"),
        ("Stacked_614_Sadr_10.0s_LP_20250715-052001.fit", 614, "Sadr", "LP"),
        ("DSO_Stacked_425_M 100_10.0s_20250704_070948.fit", 425, "M 100", None),
    ],
)
def test_seestars_own_stack_is_told_from_its_exposures(
    name: str, count: int, target: str, filter_name: str | None
) -> None:
    found = read_path(name)
    assert (found.kind, found.stack_count, found.target) == (Kind.STACK, count, target)
    assert found.filter == filter_name


def test_stack_among_exposures_stays_a_stack() -> None:
    assert read_path("Light/Stacked_187_M 31_10.0s_IRCUT_20250513-234835.fit").kind is Kind.STACK


def test_seestar_mosaic_is_of_the_same_target() -> None:
    assert read_path("M 31_mosaic_sub/Light_mosaic_M 31_10.0s_IRCUT_20250704-232412.fit").target == "M 31"


def test_dwarf_light_says_everything() -> None:
    found = read_path("M 42_15s60_Astro_20250413-193110677_27C.fits")
    assert found.dialect == "dwarf"
    assert values(found) == {
        "kind": Kind.LIGHT,
        "target": "M 42",
        "exposure_s": 15.0,
        "gain": 60.0,
        "filter": "Astro",
        "local": datetime(2025, 4, 13, 19, 31, 10, 677000),
        "sensor_temp_c": 27.0,
    }


def test_dwarf_frame_left_out_of_the_stack_is_a_light_like_others() -> None:
    found = read_path("failed_IC 434_60s60_Duo-Band_20251018-051725998_-5C.fits")
    assert (found.kind, found.target, found.filter) == (Kind.LIGHT, "IC 434", "Duo-Band")
    assert found.sensor_temp_c == -5.0


def test_dwarfs_own_stack_is_a_stack() -> None:
    found = read_path("stacked-16_IC 434_60s60_Astro_20251018-045127226.fits")
    assert (found.kind, found.stack_count, found.target) == (Kind.STACK, 16, "IC 434")


def test_dwarf_dark_is_a_dark() -> None:
    found = read_path("DWARF_DARK/tele_exp_30_gain_60_bin_1_x/raw_30s_60_0000_20251021-003814624_22C.fits")
    assert (found.kind, found.exposure_s, found.gain, found.binning) == (Kind.DARK, 30.0, 60.0, 1)


def test_factory_masters_have_all_in_their_names() -> None:
    dark = read_path("CALI_FRAME/dark/cam_0/dark_exp_30.000000_gain_60_bin_1_22C_stack_10.fits")
    assert (dark.kind, dark.exposure_s, dark.gain) == (Kind.MASTER_DARK, 30.0, 60.0)
    assert (dark.sensor_temp_c, dark.stack_count) == (22.0, 10)
    flat = read_path("CALI_FRAME/flat/cam_0/flat_gain_2_bin_1_ir_2.fits")
    assert (flat.kind, flat.filter, flat.gain) == (Kind.MASTER_FLAT, "Duo-Band", None)
    assert read_path("CALI_FRAME/bias/cam_1/bias_gain_2_bin_1.fits").kind is Kind.MASTER_BIAS


@pytest.mark.parametrize(
    ("folder", "target"),
    [
        ("DWARF_RAW_TELE_M 33_EXP_30_GAIN_60_2025-10-21-22-18-55-284", "M 33"),
        ("DWARF_RAW_M 33_EXP_30_GAIN_60_2025-10-21-22-18-55-284", "M 33"),
        ("DWARF_RAW_WIDE_T_A_EXP_30_GAIN_60_2025-10-21-22-18-55-284", "T_A"),
        ("MOSAIC_DWARF_RAW_TELE_M 33_EXP_30_GAIN_60_2025-10-21-22-18-55-284", "M 33"),
        ("DWARF_RAW_TELE_EXP_30_GAIN_60_2025-10-21-22-18-55-284", None),
    ],
)
def test_dwarf_session_names_target_settings_and_its_night(folder: str, target: str | None) -> None:
    found = read_path(f"Astronomy/{folder}")
    assert (found.dialect, found.target, found.exposure_s, found.gain) == ("dwarf", target, 30.0, 60.0)
    assert found.night == date(2025, 10, 21)
    assert found.spoken["night"].startswith("default")


def test_restacked_session_holds_stacks() -> None:
    folder = "RESTACKED_DWARF_RAW_TELE_M 33_EXP_30_GAIN_60_2025-10-21-22-18-55-284"
    assert read_path(folder).kind is Kind.STACK


@pytest.mark.parametrize(
    "name", ["Light_", "Light_M 31", "Light_M 31_10.0s", "Stacked", "_", "Flat_O_1s_x", "M_1s_2"]
)
def test_other_names_are_left_to_others(name: str) -> None:
    assert read_device_name(name) is None
    assert read_dwarf_name(name) is None


@given(st.text(alphabet="_-. LightSackedDWRFEXPGN0123456789msC", max_size=300))
def test_any_name_reads_without_a_crash(name: str) -> None:
    read_device_name(name)
    read_device_name(f"Light_{name}_10.0s_{name}")
    read_dwarf_name(name)
    read_dwarf_folder(f"DWARF_RAW_{name}")
