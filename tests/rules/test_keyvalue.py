from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Kind, Problem
from pipeline.rules.keyvalue import KEYS, cut_keys, read_all_pairs, read_claims, read_pairs


def said(part: str) -> dict[str, object]:
    return {claim.field: claim.value for claim in read_claims(part, "name")}


@pytest.mark.parametrize(
    ("part", "pairs"),
    [
        ("FILTER_L_EXP_300.00_SETTEMP_-10.00", {"FILTER": "L", "EXP": "300.00", "SETTEMP": "-10.00"}),
        ("FILTER_Ha_3nm_EXP_300", {"FILTER": "Ha_3nm", "EXP": "300"}),
        ("FILTER__EXP_30.00", {"FILTER": "", "EXP": "30.00"}),
        ("FILTER_EXP_30.00", {"FILTER": "", "EXP": "30.00"}),
        ("HFR__STARS_718", {"HFR": "", "STARS": "718"}),
        ("SETTEMP--10.00_GAIN-100", {"SETTEMP": "-10.00", "GAIN": "100"}),
        ("SET-TEMP_-10_EXPOSURE-120.00s", {"SET-TEMP": "-10", "EXPOSURE": "120.00"}),
        ("SET-TEMP--10", {"SET-TEMP": "-10"}),
        ("DATE-OBS_2026-01-20_x", {"DATE-OBS": "2026-01-20"}),
        ("DATE-2026-01-20", {"DATE": "2026-01-20"}),
        ("DATE-OBS-2026-01-20", {"DATE-OBS": "2026-01-20"}),
        ("FILTER-S_mono", {"FILTER": "S"}),
        ("FILTER_UVIR_2023-12-07_20-27-45_HFR_2.51", {"FILTER": "UVIR", "HFR": "2.51"}),
        ("FILTER_UVIR_0007", {"FILTER": "UVIR"}),
        ("FILTER_LeXtr_300.00s", {"FILTER": "LeXtr"}),
        ("OBJECT_NGC_7000_GAIN_100", {"OBJECT": "NGC_7000", "GAIN": "100"}),
        ("READOUTM_Low Conversion Gain", {"READOUTM": "Low Conversion Gain"}),
        ("T_A", {}),
        ("C-2022 E3 (ZTF) 2023-01-14", {}),
        ("", {}),
    ],
)
def test_known_keys_speak(part: str, pairs: dict[str, str]) -> None:
    assert read_pairs(part) == pairs


def test_first_occurrence_wins_in_a_part_and_along_a_path() -> None:
    assert read_pairs("EXP_1_EXP_2") == {"EXP": "1"}
    assert read_all_pairs(["EXP_1", "EXP_2_GAIN_3"]) == {"EXP": "1", "GAIN": "3"}


def test_a_key_that_stops_a_text_need_not_tell_us_anything() -> None:
    assert said("FILTER_UVIR_GROUP_A") == {"filter": "UVIR"}
    assert said("PANEL_15_NOTE-BadObstruction") == {"panel": "15"}


def test_values_are_numbers_dates_and_kinds() -> None:
    part = (
        "TYPE_LIGHT_DATE_20210513_EXP_0.70_SETTEMP_-10.00_GAIN_100_BIN_2x2_STARS_718_FOCRATIO_2.8_RMSAC_0.85"
    )
    assert said(part) == {
        "kind": Kind.LIGHT,
        "night": date(2021, 5, 13),
        "exposure_s": 0.7,
        "set_temp_c": -10.0,
        "gain": 100.0,
        "binning": 2,
        "stars": 718,
        "focal_ratio": 2.8,
        "rms_arcsec": 0.85,
    }


def test_units_are_understood() -> None:
    assert said("EXP_520.0ms_TEMP_25c") == {"exposure_s": 0.52, "sensor_temp_c": 25.0}
    assert said("TEMP_50.0F") == {"sensor_temp_c": 10.0}


@pytest.mark.parametrize("word", ["NaN", "", "--", "inf", "-inf", "$$HFR$$", "1e999"])
def test_silent_words_say_nothing(word: str) -> None:
    claims = [claim for claim in read_claims(f"HFR_{word}_X", "name") if claim.field != "problem"]
    assert claims == []


def test_junk_is_named_as_a_problem() -> None:
    (claim,) = read_claims("HFR_hfr", "name")
    assert isinstance(claim.value, Problem)
    assert claim.value.code == "unreadable"


def test_note_behind_a_date_does_not_spoil_it() -> None:
    assert said("DATE_2023-01-24_170d") == {"night": date(2023, 1, 24)}
    assert said("DATE_2023-12-14_BAD") == {"night": date(2023, 12, 14)}


def test_keys_are_cut_off_a_name_and_underscores_are_not() -> None:
    assert cut_keys("Target Name_LOCATION_Home") == ("Target Name", "LOCATION_Home")
    assert cut_keys("T_A") == ("T_A", "")
    assert cut_keys("Moon_2024-08-15") == ("Moon_2024-08-15", "")
    assert cut_keys("M31_GAIN-100") == ("M31", "GAIN-100")
    assert cut_keys("M31_TEMP") == ("M31_TEMP", "")
    assert cut_keys("OBJECT_M31") == ("OBJECT_M31", "")


@given(st.text(max_size=300))
def test_any_text_reads_without_a_crash(part: str) -> None:
    assert set(read_pairs(part)) <= set(KEYS)
    list(read_claims(part, "name"))


@given(
    st.lists(st.sampled_from([*KEYS, "", "Ha", "-10.00", "2026-01-15", "NaN", "300s", "M_31"]), max_size=60)
)
def test_any_order_of_keys_and_values_reads(pieces: list[str]) -> None:
    for part in ("_".join(pieces), "-".join(pieces)):
        assert set(read_pairs(part)) <= set(KEYS)
