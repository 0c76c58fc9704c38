"""Whom one believes, and what is said of the others."""

from __future__ import annotations

from datetime import datetime

import pytest

from pipeline.model.frames import Evidence, Kind
from pipeline.rules.weighing import Witness, same, weigh


def test_the_person_outranks_the_name_and_the_name_the_header() -> None:
    said = [
        Witness("correction", Evidence(target="A")),
        Witness("name", Evidence(target="B", filter="L")),
        Witness("header", Evidence(target="C", filter="R", gain=1.0)),
    ]
    found = weigh(said)
    assert (found.values["target"], found.values["filter"], found.values["gain"]) == ("A", "L", 1.0)
    assert [p.text for p in found.problems] == [
        "filter: the name says 'L', the header says 'R'; the name is believed"
    ]


def test_what_was_only_assumed_counts_less_than_what_was_written() -> None:
    said = [
        Witness("name", Evidence(kind=Kind.LIGHT, spoken={"kind": "default .cr2"})),
        Witness("header", Evidence(kind=Kind.DARK)),
    ]
    found = weigh(said)
    assert found.values["kind"] is Kind.DARK
    assert found.problems == ()


def test_the_header_gives_the_digits_that_the_name_rounded_away() -> None:
    said = [Witness("name", Evidence(exposure_s=0.0, local=datetime(2026, 1, 1, 20, 0, 1))),
            Witness("header", Evidence(exposure_s=0.0001, local=datetime(2026, 1, 1, 20, 0, 1, 500000)))]  # fmt: skip
    found = weigh(said)
    assert found.values["exposure_s"] == 0.0001
    assert found.values["local"].microsecond == 500000
    assert found.problems == ()


def test_a_real_difference_is_no_rounding() -> None:
    said = [Witness("name", Evidence(exposure_s=300.0)), Witness("header", Evidence(exposure_s=180.0))]
    assert weigh(said).values["exposure_s"] == 300.0


@pytest.mark.parametrize(
    ("name", "one", "other", "equal"),
    [
        ("exposure_s", 300, 300.0, True),
        ("exposure_s", 300.0, 303.0, False),
        ("gain", 100, 101, False),
        ("focal_ratio", 10.0, 9.9, True),
        ("filter", "ha", "Ha", True),
        ("kind", Kind.MASTER_BIAS, Kind.BIAS, True),
        ("kind", Kind.SNAPSHOT, Kind.LIGHT, True),
        ("kind", Kind.FLAT, Kind.LIGHT, False),
    ],
)
def test_values_are_compared_as_what_they_mean(name: str, one: object, other: object, equal: bool) -> None:
    assert same(name, one, other) is equal


def heard(name: Evidence, header: Evidence) -> tuple[Evidence, list[str]]:
    found = weigh([Witness("name", name), Witness("header", header)])
    return Evidence(**found.values), [p.text for p in found.problems]


@pytest.mark.parametrize(
    ("by_name", "by_header", "kind"),
    [
        (Kind.BIAS, Kind.MASTER_BIAS, Kind.MASTER_BIAS),
        (Kind.MASTER_BIAS, Kind.BIAS, Kind.MASTER_BIAS),
        (Kind.LIGHT, Kind.STACK, Kind.STACK),
        (Kind.STACK, Kind.LIGHT, Kind.STACK),
        (Kind.SNAPSHOT, Kind.LIGHT, Kind.SNAPSHOT),
    ],
)
def test_what_was_made_from_many_is_no_exposure_whoever_says_so(
    by_name: Kind, by_header: Kind, kind: Kind
) -> None:
    said, problems = heard(Evidence(kind=by_name), Evidence(kind=by_header))
    assert said.kind is kind
    assert problems == []


def test_a_flat_in_a_folder_of_lights_is_a_disagreement() -> None:
    said, problems = heard(Evidence(kind=Kind.LIGHT), Evidence(kind=Kind.FLAT))
    assert said.kind is Kind.LIGHT
    assert problems == ["kind of frame: the name says 'LIGHT', the header says 'FLAT'; the name is believed"]


@pytest.mark.parametrize(
    ("by_name", "by_header", "believed"),
    [
        ("alf Ori", "α Ori", "α Ori"),
        ("C_te d_Azur", "Côte d’Azur", "Côte d’Azur"),
        ("C-2022 E3 (ZTF)", "C/2022 E3 (ZTF)", "C-2022 E3 (ZTF)"),
        ("m  31", "M 31", "m  31"),
    ],
)
def test_what_nina_cannot_write_into_a_name_is_no_disagreement(
    by_name: str, by_header: str, believed: str
) -> None:
    said, problems = heard(Evidence(target=by_name), Evidence(target=by_header))
    assert said.target == believed
    assert problems == []


def test_a_stored_name_counts_less_than_anything_even_assumed() -> None:
    said = [
        Witness("name", Evidence(kind=Kind.LIGHT, spoken={"kind": "default camera RAW"})),
        Witness("stored name", Evidence(kind=Kind.DARK, gain=7.0)),
    ]
    found = weigh(said)
    assert (found.values["kind"], found.values["gain"]) == (Kind.LIGHT, 7.0)
    assert found.sources == {"kind": "name default camera RAW", "gain": "stored name"}
    assert found.problems == ()
