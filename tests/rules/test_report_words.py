"""Numbers on the pages carry units and sensible digits; filters have the trade's colours."""

from __future__ import annotations

import pytest

from pipeline.rules import report_words as words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 min"),
        (2700, "45 min"),
        (15_900, "4 h 25 min"),
        (7200, "2 h"),
        (3599, "1 h"),
        (475_200, "132 h"),
    ],
)
def test_hours_say_minutes_while_they_matter(seconds: float, said: str) -> None:
    assert words.hours(seconds) == said


def test_nothing_is_a_dash_in_a_table() -> None:
    assert words.some_hours(0) == "–"
    assert words.some_hours(300) == "5 min"


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 10, "0 %"), (1, 1000, "1 %"), (999, 1000, "99 %"), (10, 10, "100 %"), (12, 10, "120 %"), (1, 0, "")],
)
def test_a_share_is_all_or_nothing_only_when_it_is(part: float, whole: float, said: str) -> None:
    assert words.percent(part, whole) == said


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("H", "Ha"),
        ("Ha_3nm", "Ha"),
        ("H-alpha", "Ha"),
        ("O", "OIII"),
        ("OIII 6.5nm", "OIII"),
        ("SII", "SII"),
        ("Lum", "L"),
        ("Red", "R"),
        ("L-eXtreme", "other"),
        ("", "other"),
    ],
)
def test_a_filter_has_the_colour_of_the_trade(name: str, sign: str) -> None:
    assert words.filter_sign(name) == sign


def test_filters_stand_in_the_order_of_the_trade() -> None:
    assert sorted(["SII", "O", "Ha", "B", "L", "R", "Duo", "G"], key=words.filter_order) == [
        "L",
        "R",
        "G",
        "B",
        "Ha",
        "O",
        "SII",
        "Duo",
    ]


def test_quantities_carry_their_unit() -> None:
    assert words.quantity("hfr", 2.3) == "2.30 px"
    assert words.quantity("rms_arcsec", 0.615) == "0.61″"
    assert words.quantity("stars", 1834.0) == "1,834"
    assert words.degrees_c(-10.0) == "−10.0 °C"


def test_a_night_is_the_date_of_its_evening() -> None:
    assert words.evening("2026-01-17") == "Saturday 17 January 2026"
    assert words.evening("someday") == "someday"
    assert words.as_of(["2026-01-14", "2026-01-17"]).startswith("As of the night of 2026-01-17.")
