"""Catalogue names in one form, and twins: proposed where they are likely, and only there."""

from __future__ import annotations

import json
import math
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.catalogues import Pointed, Twin, likely_twins, normal_form, separation_deg

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "catalog.json"


@pytest.mark.parametrize(
    ("form", "spellings"),
    [
        ("M31", ["m 31", "Messier 31", "messier_31", "M-31", "M031", "M'31", "Andromeda M31", "M31 core"]),
        ("M51", ["Whirlpool M51+170d"]),
        ("NGC 7000", ["NGC7000", "NGC_7000", "ngc-7000", "NGC7000 Panel 1", "North America NGC 7000"]),
        ("NGC 224", ["NGC 0224"]),
        ("NGC 5194A", ["NGC 5194a"]),
        ("Sh2-155", ["SH2-155", "Sh2-155", "Sh 2-155", "Sh2 155", "Sharpless 155", "Sharpless 2-155"]),
        ("Sh2-157", ["SH 2-157 Lobster Claw Nebula"]),
        ("Sh2-240", ["Sharpless 240"]),
        ("C49", ["Caldwell 49", "C 49"]),
        ("B33", ["Barnard 33", "B33 Horsehead"]),
        ("Mel 15", ["Melotte15", "Mel 15"]),
        ("Cr 399", ["Collinder399", "Cr 399"]),
        ("LDN 1235", ["LDN1235"]),
        ("LBN 438", ["LBN 438"]),
        ("vdB 152", ["VDB152", "van den Bergh 152", "vdB 152"]),
        ("Abell 39", ["Abell39"]),
        ("PGC 39058", ["PGC 39058", "LEDA 39058"]),
        ("UGC 10214", ["UGC10214"]),
        ("Gum 12", ["Gum 12"]),
        ("RCW 86", ["RCW86"]),
        ("Arp 273", ["arp 273"]),
        ("HCG 92", ["Hickson 92"]),
        ("PK 164+31.1", ["PK 164+31.1", "PK164+31.1"]),
        ("Min 2-9", ["M2-9", "Min 2-9"]),
        ("C/2022 E3", ["C/2022 E3 (ZTF)", "C-2022 E3", "C_2022_E3", "C2022E3", "C-2022 E3 (ZTF) 2023-01-14"]),
        ("12P", ["12P/Pons-Brooks", "Comet 12P", "12p"]),
        ("2I", ["2I/Borisov"]),
        ("M81 + M82", ["M81 M82", "M82 & M81", "M81/M82"]),
        ("NGC 4449", ["NGC 4449 C 21 Box Galaxy"]),
    ],
)
def test_spellings_of_one_object_have_one_form(form, spellings):
    assert {name: normal_form(name) for name in spellings} == dict.fromkeys(spellings, form)


@pytest.mark.parametrize(
    "name",
    [
        "Markarian's Chain",
        "Barnard's Loop",
        "Sun 2024",
        "2025",
        "2024-01-02",
        "M 200",
        "NGC 9999",
        "M31a",
        "C8E test",
        "Filter B 2",
        "3C 273",
        "",
    ],
)
def test_a_name_without_an_object_of_a_catalogue_has_none(name):
    assert normal_form(name) is None


def cases() -> list[dict]:
    if not CASES.is_file():
        pytest.skip(f"the shared cases are not here: {CASES}")
    return json.loads(CASES.read_text("utf-8"))


def test_each_good_object_case_is_answered():
    # Spellings such as Messier_31_Andromeda_Galaxy are their peer's own: the object is what must agree.
    good = [case for case in cases() if case["kind"] == "good"]
    asked = [case for case in good if {*case["input"]} in ({"OBJECT"}, {"object"})]
    assert len(asked) >= 7
    for case in asked:
        (name,) = case["input"].values()
        assert normal_form(name) is not None
        assert normal_form(name) == normal_form(case["expect"]), name


def test_each_good_object_from_folder_case_is_answered():
    asked = [case for case in cases() if "object from folder" in case["source"] and case["kind"] == "good"]
    assert asked
    for case in asked:
        folders = PurePosixPath(case["input"]["path"]).parts
        forms = [form for form in map(normal_form, folders) if form]
        right = normal_form(case["expect"]) if case["expect"] else None
        if right:
            assert forms == [right], case
        else:
            assert normal_form(folders[-1]) is None, case


def test_no_bug_of_a_peer_is_repeated():
    asked = [case for case in cases() if case["kind"] == "bug" and set(case["input"]) == {"OBJECT"}]
    assert asked
    for case in asked:
        wrong, ours = case["expect"], normal_form(case["input"]["OBJECT"])
        if case["input"]["OBJECT"] != "NGC6992 Panel 1":  # right but for the panel, which split_panel keeps
            assert ours is not None and ours != normal_form(wrong), case


@given(st.text(max_size=80))
def test_any_name_has_a_form_or_none_and_the_form_is_its_own(name):
    form = normal_form(name)
    assert form is None or normal_form(form) == form


@pytest.mark.parametrize("prefix", ["M ", "NGC ", "Sh2-", "LDN ", "vdB ", "C", "Abell ", "PGC "])
@given(st.integers(1, 109))
def test_each_number_keeps_its_catalogue(prefix, number):
    assert normal_form(f"{prefix}{number}") == normal_form(f"{prefix}{number:04} Nebula".lower())


def test_one_designation_makes_likely_twins_and_the_more_frames_lead():
    shot = [Pointed(name="M 31", frames=3), Pointed(name="Messier 31", frames=40), Pointed(name="M33")]
    assert likely_twins(shot) == [Twin("Messier 31", "M 31", "both are M31")]


def test_near_pointings_make_likely_twins_with_their_distance():
    shot = [
        Pointed(name="Horsehead", ra_deg=85.25, dec_deg=-2.45, frames=5),
        Pointed(name="B33", ra_deg=85.25, dec_deg=-2.35, frames=4),
        Pointed(name="Flame", ra_deg=85.45, dec_deg=-1.85, frames=4),
    ]
    assert likely_twins(shot) == [Twin("Horsehead", "B33", "they point 0.10° apart")]


def test_pointings_are_compared_across_zero_hours_and_at_the_pole():
    assert likely_twins(
        [Pointed(name="a", ra_deg=359.95, dec_deg=0), Pointed(name="b", ra_deg=0.05, dec_deg=0)]
    )
    assert likely_twins(
        [Pointed(name="a", ra_deg=10, dec_deg=89.95), Pointed(name="b", ra_deg=190, dec_deg=89.95)]
    )


def test_panels_of_one_target_are_no_twins():
    shot = [Pointed(name=f"M31 Panel {panel}", ra_deg=10.6, dec_deg=41 + panel / 20) for panel in range(1, 4)]
    assert likely_twins(shot) == []


def test_one_panel_of_two_spellings_is_a_twin():
    shot = [
        Pointed(name="Veil Panel 1", ra_deg=312.0, dec_deg=31.0, frames=9),
        Pointed(name="Veil Panel 2", ra_deg=313.0, dec_deg=31.0, frames=9),
        Pointed(name="Cygnus Loop", panel="01", ra_deg=312.01, dec_deg=31.0, frames=2),
        Pointed(name="Cygnus Loop", panel="2", ra_deg=313.01, dec_deg=31.0, frames=2),
    ]
    assert [(twin.a, twin.b) for twin in likely_twins(shot)] == [("Veil", "Cygnus Loop")]


def test_spellings_that_are_equal_anyway_are_no_twins():
    assert likely_twins([Pointed(name="NGC 7000"), Pointed(name="ngc  7000")]) == []


def test_a_pointing_that_is_no_number_is_passed_over():
    shot = [Pointed(name="a", ra_deg=math.nan, dec_deg=1), Pointed(name="b", ra_deg=1, dec_deg=math.nan)]
    assert likely_twins([*shot, Pointed(name="c", ra_deg=1, dec_deg=1)]) == []


def test_separation_is_the_angle_on_the_sphere():
    assert separation_deg(0, 0, 90, 0) == pytest.approx(90)
    assert separation_deg(0, -90, 123, 90) == pytest.approx(180)
    assert separation_deg(10, 60, 10.2, 60) == pytest.approx(0.1, rel=1e-4)
