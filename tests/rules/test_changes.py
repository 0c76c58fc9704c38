from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipeline.model.masters import Change
from pipeline.rules.changes import change_between, cutoff, find_changes
from tests.rules.masters import NIGHT, light

RIG = "C8E@f10.0+ZWO ASI2600MM Pro"


def nights(key, *values):
    """Night after night, frames with these values; a list: several of them."""
    return {
        NIGHT + timedelta(days=at): [
            light(**{key: one}) for one in (told if isinstance(told, list) else [told])
        ]
        for at, told in enumerate(values)
    }


def found(key, *values):
    return [(one.night - NIGHT).days for one in find_changes(RIG, nights(key, *values))]


def test_a_change_parts_the_nights_before_it_from_its_own_and_those_after():
    change = Change(rig=RIG, night=NIGHT)
    before, after = NIGHT - timedelta(days=1), NIGHT + timedelta(days=5)
    assert change_between(before, NIGHT, [change]) is change
    assert change_between(after, before, [change]) is change
    assert change_between(NIGHT, after, [change]) is None
    assert change_between(before - timedelta(days=9), before, [change]) is None


def test_the_latest_of_several_changes_is_named():
    first, last = (
        Change(rig=RIG, night=NIGHT),
        Change(rig=RIG, night=NIGHT + timedelta(days=2), why="cleaned"),
    )
    assert change_between(NIGHT - timedelta(days=1), NIGHT + timedelta(days=9), [last, first]) is last


def test_the_latest_mark_up_to_a_night_holds():
    assert cutoff(NIGHT, [date(2025, 1, 1), date(2025, 9, 1), date(2026, 9, 1)]) == date(2025, 9, 1)
    assert cutoff(NIGHT, []) is None


@pytest.mark.parametrize(
    ("key", "values", "jumps"),
    [
        ("focal_length_mm", (2032.0, 2040.0, 1280.0, 1280.0, 2032.0), [2, 4]),
        ("camera_id", ("a", "A", "b"), [2]),
        ("rotator_deg", (359.6, 0.4, 91.0), [2]),
        ("focal_length_mm", (2032.0, None, 1280.0), [2]),
    ],
)
def test_a_jump_of_focal_length_camera_or_rotator_is_a_change(key, values, jumps):
    assert found(key, *values) == jumps


def test_a_rotator_that_turns_from_target_to_target_changes_no_rig():
    assert found("rotator_deg", [10.0, 80.0], [40.0], [120.0, 10.0]) == []
    assert found("focal_length_mm", [2032.0, 1280.0], [1280.0]) == []


def test_a_change_says_what_jumped():
    told = find_changes(RIG, nights("focal_length_mm", 2032.0, 1280.0))
    assert told == (
        Change(
            rig=RIG,
            night=NIGHT + timedelta(days=1),
            why="focal length 1280 mm, before 2032 mm",
            by_hand=False,
        ),
    )
