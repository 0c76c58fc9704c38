from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.moves import meaning_of

HOME = "C8E@f10.0+Cam/10_Blink"
LINK = f"{HOME}/M31/DATE_2026-01-14/FILTER_L/x.fits"
REJECTED = f"_Reject/{LINK}"
ACCEPTED = "C8E@f10.0+Cam/20_Data/M31/accept/DATE_2026-01-14/FILTER_L/x.fits"
CASES = Path(__file__).resolve().parents[2].parent / "shared/cases/process.json"


def says(link, found, *, home=True):
    return meaning_of(link, found, home=home).says


@pytest.mark.parametrize(
    "folder",
    ["M31/accept", "M31/accept/DATE_2026-01-14/FILTER_L", "M31/Accept/PANEL_1/DATE_2026-01-14", "M31/DATE_2026-01-14/ACCEPT",
     "M31/DATE_2026-01-14/FILTER_L/accept", "Andromeda/accept/DATE_2026-01-14/FILTER_L"],
)  # fmt: skip
def test_what_is_moved_into_accept_is_accepted(folder):
    assert says(LINK, f"{HOME}/{folder}/x.fits") == "accept"
    assert says(REJECTED, f"{HOME}/{folder}/x.fits") == "accept"


def test_what_is_moved_straight_into_20_data_is_accepted():
    assert says(LINK, ACCEPTED) == says(REJECTED, ACCEPTED) == "accept"


@pytest.mark.parametrize(
    "folder",
    [
        "M31/DATE_2026-01-14/FILTER_L/bad",
        "M31/DATE_2026-01-14/bad",
        "M31/bad",
        "M31/bad/DATE_2026-01-14/FILTER_L",
    ],
)
def test_what_is_put_aside_into_a_folder_of_ones_own_is_rejected(folder):
    assert meaning_of(LINK, f"{HOME}/{folder}/x.fits", home=True).why == "moved into bad/"


def test_what_is_moved_into_reject_by_hand_is_rejected():
    assert says(LINK, REJECTED) == says(ACCEPTED, REJECTED) == "reject"


def test_what_is_moved_back_from_reject_is_restored():
    assert says(REJECTED, LINK) == "restore"
    assert says(REJECTED, f"{HOME}/Andromeda/DATE_2026-01-14/FILTER_L/x.fits") == "restore"
    assert says(REJECTED, f"{HOME}/M31/DATE_2026-01-14/FILTER_L/bad/x.fits") == "reject"


@pytest.mark.parametrize(
    "folder",
    ["Andromeda/DATE_2026-01-14/FILTER_L", "M31/DATE_2026-01-14/FILTER_L_EXP_300.00", "Galaxies/M31/DATE_2026-01-14/FILTER_L",
     "M31/PANEL_1/DATE_2026-01-14/FILTER_L", "M31/DATE_2026-01-14"],
)  # fmt: skip
def test_what_was_renamed_or_merged_is_still_offered(folder):
    assert says(LINK, f"{HOME}/{folder}/x.fits") == ""


def test_a_set_folder_given_another_name_is_renamed_and_not_put_aside():
    assert says(LINK, f"{HOME}/M31/DATE_2026-01-14/L good/x.fits", home=False) == ""
    assert says(LINK, f"{HOME}/M31/the best night/FILTER_L/x.fits", home=False) == ""


@pytest.mark.parametrize("stage", ["30_Master", "60_Done", "70_Abandon"])
def test_what_is_moved_on_says_nothing(stage):
    for link in (LINK, REJECTED, ACCEPTED):
        assert says(link, f"C8E@f10.0+Cam/{stage}/M31/x.fits") == ""


def test_calibration_frames_are_accepted_and_put_aside_alike():
    dark = "_Calibration/Cam/10_Blink/DARK/DATE_2026-01-14/EXP_300.00/x.fits"
    assert says(dark, "_Calibration/Cam/10_Blink/DARK/DATE_2026-01-14/EXP_300.00/bad/x.fits") == "reject"
    assert says(dark, "_Calibration/Cam/10_Blink/DARK/accept/x.fits") == "accept"


def test_the_peers_idea_of_accept_folders_is_ours():
    if not CASES.exists():
        pytest.skip("the shared cases are not here")
    cases = [
        one
        for one in json.loads(CASES.read_text("utf-8"))
        if one["kind"].startswith("move to data default path")
    ]
    assert cases
    for case in cases:
        for folder in case["input"]["dirs"]:
            found = f"{HOME}/{folder}/x.fits"
            wanted = folder in case["expect"]["considered"]
            assert (says(f"{HOME}/M31/DATE_1/F/x.fits", found) == "accept") == wanted
            assert bool(re.match(case["input"]["regex"], found)) == wanted


@given(st.text(max_size=40), st.booleans())
def test_any_place_has_a_meaning(text, home):
    assert says(LINK, f"{HOME}/{text}/x.fits", home=home) in {"", "accept", "reject"}
    assert says(text, LINK, home=home) in {"", "accept", "reject", "restore"}
