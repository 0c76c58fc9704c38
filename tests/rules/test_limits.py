"""Limits that follow the set or the rig, as numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.measures import QUANTITIES
from pipeline.model.policies import Relative
from pipeline.rules.limits import Bound, bound, number_text, pair_text
from tests.judging import hfr, rows

HFR = QUANTITIES["hfr"]


def reckon(limit, values, name="hfr", usual=None):
    return bound(name, limit, rows(*({name: value} for value in values)).values(), usual or {})


def test_a_plain_number_stands_as_it_is():
    assert reckon(4.6, []) == Bound(quantity=HFR, limit=4.6)


def test_sigma_is_robust_against_the_very_frames_it_is_to_find():
    limit = reckon(Relative(sigma=3), [2.0, 2.1, 2.2, 2.3, 2.4, 90.0])
    assert limit.limit == pytest.approx(2.25 + 3 * 1.4826 * 0.15)
    assert limit.derived == "3 sigma of the set"


def test_sigma_of_stars_lies_below_their_median():
    assert reckon(Relative(sigma=2), [100, 90, 110, 95, 105], "stars").limit == pytest.approx(
        100 - 2 * 1.4826 * 5
    )


def test_times_is_the_sets_median_so_often():
    limit = reckon(Relative(times=1.5), [2.0, 2.2, 9.0])
    assert (limit.limit, limit.derived) == (pytest.approx(3.3), "1.5 x the set's median 2.2")


def test_usual_is_the_rigs_so_often_and_a_clouded_night_does_not_judge_itself():
    limit = reckon(Relative(usual=1.4), [9.0, 9.0, 9.0], usual={"hfr": 2.1})
    assert (limit.limit, limit.derived) == (pytest.approx(2.94), "1.4 x the rig's usual 2.1")


@pytest.mark.parametrize(
    ("limit", "values", "sentence"),
    [
        (Relative(sigma=3), [2.0] * 4, "HFR: 4 of the 5 values that 3 sigma of the set is reckoned from"),
        (
            Relative(times=1.5),
            [2.0] * 2,
            "HFR: 2 of the 3 values that 1.5 x the set's median is reckoned from",
        ),
        (Relative(usual=1.5), [2.0] * 9, "HFR: no usual value yet, 1.5 x it limits nothing"),
    ],
)
def test_what_cannot_be_reckoned_is_said(limit, values, sentence):
    assert reckon(limit, values) == sentence


@pytest.mark.parametrize(
    ("limit", "values", "name"),
    [
        (Relative(sigma=3), [2.0, 2.0, 2.0, 2.0, 9.0], "hfr"),
        (Relative(times=2), [0.0, 0.0, 0.0, 1.0], "saturated_percent"),
        (Relative(times=2), [-5.0, -4.0, -3.0], "moon_altitude_deg"),
        (Relative(sigma=3), [], "hfr"),
    ],
)
def test_no_scatter_nothing_to_multiply_and_nothing_at_all_limit_nothing(limit, values, name):
    assert reckon(limit, values, name) is None


def test_what_is_no_number_has_no_part_in_the_median():
    measured = [*hfr(2.0, 2.2, float("nan"), 2.4).values()]
    assert bound("hfr", Relative(times=1), measured, {}).limit == 2.2


@given(st.lists(st.floats(0.1, 100), min_size=5, max_size=20), st.floats(0.1, 10))
def test_the_median_frame_is_never_beyond_a_limit_of_its_own_set(values, factor):
    for name in ("hfr", "stars"):
        limit = reckon(Relative(sigma=factor), values, name)
        middle = sorted(values)[len(values) // 2 if name == "stars" else (len(values) - 1) // 2]
        assert limit is None or not limit.is_beyond(middle)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("hfr", 4.6, "4.6"), ("hfr", 2.0, "2.0"), ("hfr", 2.314, "2.31"), ("stars", 1204.0, "1,204"),
     ("moon_altitude_deg", -3.21, "−3.2"), ("stars", 300, "300")],
)  # fmt: skip
def test_numbers_have_the_digits_that_make_sense(name, value, text):
    assert number_text(value, QUANTITIES[name]) == text


def test_a_value_a_hair_beyond_its_limit_is_shown_to_be():
    assert pair_text(4.6004, 4.6, HFR) == ("4.6004", "4.6")
    assert pair_text(5.1, 4.6, HFR) == ("5.1", "4.6")
