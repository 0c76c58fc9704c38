"""Targets and panels: which spellings are one name."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.targets import panel_key, split_panel, target_key, tidied

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "process.json"


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("M31 Panel 2", ("M31", "2")),
        ("M31_PANEL_2", ("M31", "2")),
        ("M31 panel 02", ("M31", "2")),
        ("M31-Panel-2", ("M31", "2")),
        ("M31 Panel2", ("M31", "2")),
        ("M31 (Panel 2)", ("M31", "2")),
        ("M31 Panel 2 of 6", ("M31", "2")),
        ("M31 Panel A", ("M31", "A")),
        ("M31 Panel 1-2", ("M31", "1-2")),
        ("My Target Name Panel 32", ("My Target Name", "32")),
        ("M31 Panel 2 Panel 3", ("M31 Panel 2", "3")),
    ],
)
def test_panel_is_split_from_the_target(name, split):
    assert split_panel(name) == split


@pytest.mark.parametrize(
    "name",
    ["NGC 7000 Panel", "Panel 2", "Solar panels 2", "M31 Paneling", "M31 Panel of stars", "C-2022 E3 (ZTF)"],
)
def test_a_name_that_only_sounds_like_a_panel_stays_whole(name):
    assert split_panel(name) == (name, "")


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("M'42", "M42"),
        ("'M42'", "M42"),
        ('"M42"', "M42"),
        ("’M 42‘", "M 42"),
        ("Markarian's Chain", "Markarian's Chain"),
        ("Barnard’s Loop", "Barnard's Loop"),
        ("  NGC\t7000\n", "NGC 7000"),
        ("T_A", "T_A"),
        ("'", ""),
    ],
)
def test_stray_quotes_go_and_apostrophes_stay(name, tidy):
    assert tidied(name) == tidy


def test_each_target_case_of_the_process_is_answered():
    if not CASES.is_file():
        pytest.skip(f"the shared cases are not here: {CASES}")
    cases = json.loads(CASES.read_text("utf-8"))
    asked = {case["input"]: case["expect"] for case in cases if case["kind"] == "target->[target,panel]"}
    assert asked
    for name, right in asked.items():
        assert split_panel(name) == (right["targetname"], right["panel"]), name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("M31", "m31"),
        ("NGC  7000 ", "ngc 7000"),
        ("Cañón", unicodedata.normalize("NFD", "cañón")),
        ("Barnard's Loop", "BARNARD’S LOOP"),
        ("Straße", "STRASSE"),
    ],
)
def test_spellings_of_one_name_are_equal(one, other):
    assert target_key(one) == target_key(other)


def test_names_that_differ_in_more_than_case_and_blanks_are_two():
    assert target_key("M 31") != target_key("M31")
    assert target_key("T_A") != target_key("T A")


def test_panels_compare_as_numbers_and_letters():
    assert panel_key("02") == panel_key("2")
    assert panel_key("a") == panel_key("A")
    assert panel_key("2") != panel_key("20")
    assert panel_key("9" * 9999) == "9" * 9999


@given(st.text(max_size=60))
def test_any_name_is_read_and_reading_it_again_changes_nothing(name):
    target, _ = split_panel(name)
    assert tidied(target) == target
    assert target_key(target_key(name)) == target_key(name)


@given(st.text(max_size=40), st.integers(0, 9999))
def test_a_panel_put_on_any_target_comes_off_again(name, panel):
    target = tidied(name).strip(" _,([-")
    if target:
        assert split_panel(f"{target} Panel {panel}") == (target, str(panel))
