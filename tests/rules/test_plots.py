"""Axes with sensible ticks, whatever the values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.rules.plots import hour_ticks, range_words, scale_of

_VALUES = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)


@given(st.lists(_VALUES, min_size=1, max_size=50), st.none() | _VALUES)
def test_a_scale_has_room_and_a_few_ticks(values: list[float], limit: float | None) -> None:
    scale = scale_of(values, limit)
    assert scale.low < scale.high
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 3
    assert len({tick.text for tick in ticks}) == len(ticks)
    assert all(0 <= tick.at <= 100 for tick in ticks)
    assert all(0 <= scale.up(value) <= 100 for value in values)


def test_ticks_are_round_numbers() -> None:
    assert [tick.text for tick in scale_of([3.07, 6.63]).ticks()] == ["4", "6"]
    assert [tick.text for tick in scale_of([-10.1, -9.9]).ticks()] == ["−10.1", "−10.0", "−9.9"]
    assert [tick.text for tick in scale_of([0.0, 60.0]).ticks()] == ["0", "25", "50"]


def test_one_frame_in_the_clouds_does_not_flatten_the_others() -> None:
    assert scale_of([2.0, 2.1, 2.2, 2.0, 2.1, 2.2, 2.1, 2.0, 900.0]).high < 10


def test_a_limit_far_from_all_values_is_left_out() -> None:
    assert scale_of([2.0, 2.4], 2.6).high >= 2.6
    assert scale_of([2.0, 2.4], 90.0).high < 3


@given(st.integers(1, 60 * 24 * 40))
def test_hours_are_few_and_on_the_plot(minutes: int) -> None:
    begun = datetime(2026, 1, 14, 18, 31, tzinfo=UTC)
    ticks = hour_ticks(begun, begun + timedelta(minutes=minutes), timedelta(hours=5, minutes=45))
    assert len(ticks) <= 7
    assert all(0 <= tick.at <= 100 for tick in ticks)


def test_hours_are_those_of_the_clock_at_the_site() -> None:
    begun = datetime(2026, 1, 14, 18, 31, tzinfo=UTC)
    ticks = hour_ticks(begun, begun + timedelta(hours=5), timedelta(hours=1))
    assert [tick.text for tick in ticks] == ["20:00", "21:00", "22:00", "23:00", "00:00"]


def test_a_range_is_said_once_where_it_is_none() -> None:
    assert range_words([2.0, 2.0], "{:.1f} px".format) == "2.0 px throughout"
    assert range_words([3.0, 2.0], "{:.1f} px".format) == "between 2.0 px and 3.0 px"
