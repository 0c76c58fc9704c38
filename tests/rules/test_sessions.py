"""Imaging sessions: a rig's night, parted by pauses or by a person, joined, named; and stable while others change."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.catalog import FrameRow
from pipeline.model.record_policies import Sessions
from pipeline.model.records import About, Decision
from pipeline.rules.decisions import Decisions, fold
from pipeline.rules.session_parts import JOIN, NAME, SPLIT, session_id
from pipeline.rules.sessions import Sessioned, sessions_of
from tests.rules.test_astrobin import RIG, a_set

N14, N15 = session_id(RIG, "2026-01-14"), session_id(RIG, "2026-01-15")


def frame(clock: str, night: str = "2026-01-14", **more: Any) -> FrameRow:
    """`clock`: hours since the night's noon, or a UTC moment."""
    row: Any = {
        "stored": f"{night} {clock}",
        "night": night,
        "kind": "LIGHT",
        "state": "accepted",
        "set": f"{night}/L",
        "utc": f"2026-01-{clock}+00:00",
        "target": "M31",
        "filter": "L",
        "exposure_s": 300.0,
    }
    row.update(more)
    return row  # type: ignore[no-any-return]


EVENING, MIDNIGHT, MORNING = "14T20:00:00", "15T00:00:00", "15T05:00:00"
NIGHT = [frame(EVENING), frame(MIDNIGHT), frame(MORNING)]


def said(kind: str, session: str, **values: str) -> Decision:
    return Decision(
        id=f"{kind}{values}",
        kind=kind,
        about=About.SESSION,
        subject=session,
        when=datetime(2026, 2, 1, tzinfo=UTC),
        owner=RIG,
        values=values,
    )


def sessions(frames: list[FrameRow], *decisions: Decision, gap_hours: float = 0.0) -> Sessioned:
    sets = [a_set(id=one["set"]) for one in frames if "set" in one]
    words = fold([decisions]) if decisions else Decisions()
    return sessions_of(RIG, sets, frames, Sessions(gap_hours=gap_hours), words)


def test_a_rigs_night_is_one_session() -> None:
    (row,) = sessions(NIGHT).rows
    assert (row["id"], row["frames"], row["accepted_s"]) == (N14, 3, 900.0)
    assert (row["first_utc"][:16], row["last_utc"][:16]) == ("2026-01-14T20:00", "2026-01-15T05:00")


def test_a_long_pause_parts_it_where_the_rule_says_so() -> None:
    parts = sessions(NIGHT, gap_hours=4.5).rows
    assert [(row["id"], row["frames"]) for row in parts] == [(N14, 2), (f"{N14}~2", 1)]


def test_flats_at_dawn_part_nothing() -> None:
    flats = frame("15T12:00:00", kind="FLAT", set="flats")
    (row,) = sessions([*NIGHT, flats], gap_hours=6).rows
    assert (row["frames"], row["lights"]) == (4, 3)


def test_a_person_parts_it_at_a_frame() -> None:
    told = sessions(NIGHT, said(SPLIT, N14, at="2026-01-15T00:00:00+00:00"))
    assert [row["frames"] for row in told.rows] == [1, 2]
    assert told.of_set == {"2026-01-14/L": N14}


def test_two_nights_joined_are_one_session_of_both() -> None:
    (row,) = sessions([*NIGHT, frame("15T22:00:00", "2026-01-15")], said(JOIN, N15, into=N14)).rows
    assert (row["id"], row["nights"], row["frames"]) == (N14, ["2026-01-14", "2026-01-15"], 4)


def test_sessions_joined_in_a_ring_end() -> None:
    told = sessions(
        [*NIGHT, frame("15T22:00:00", "2026-01-15")], said(JOIN, N15, into=N14), said(JOIN, N14, into=N15)
    )
    assert sum(row["frames"] for row in told.rows) == 4


def test_the_latest_name_holds() -> None:
    (row,) = sessions(NIGHT, said(NAME, N14, name="first"), said(NAME, N14, name="Perseids")).rows
    assert row["name"] == "Perseids"


def test_a_frame_without_a_time_belongs_to_the_first_part() -> None:
    timeless = frame("x")
    del timeless["utc"]
    told = sessions([timeless, *NIGHT], gap_hours=4.5)
    assert told.of_frame[timeless["stored"]] == N14


def test_medians_are_of_lights_that_count() -> None:
    culled = frame("14T21:00:00", state="culled", values={"hfr": 9.0})
    frames = [frame(clock, values={"hfr": hfr}) for clock, hfr in ((EVENING, 2.0), (MIDNIGHT, 2.4))]
    (row,) = sessions([culled, *frames]).rows
    assert row["medians"] == {"hfr": 2.2}


def test_another_night_changes_no_sessions_name() -> None:
    before = sessions(NIGHT, gap_hours=4.5).of_frame
    after = sessions([frame("13T22:00:00", "2026-01-13"), *NIGHT], gap_hours=4.5).of_frame
    assert before.items() <= after.items()


@given(st.lists(st.integers(0, 86_000), unique=True), st.floats(0, 24), st.lists(st.integers(0, 86_000)))
def test_every_frame_is_in_one_session_and_sessions_follow_each_other(
    seconds: list[int], gap_hours: float, splits: list[int]
) -> None:
    def at(second: int) -> str:
        return f"15T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"

    frames = [frame(at(one)) for one in seconds]
    words = [said(SPLIT, N14, at=f"2026-01-{at(one)}+00:00") for one in set(splits)]
    told = sessions(frames, *words, gap_hours=gap_hours)
    assert set(told.of_frame) == {row["stored"] for row in frames}
    assert sum(row["frames"] for row in told.rows) == len(frames)
    spans = sorted((row["first_utc"], row["last_utc"]) for row in told.rows)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
