"""Counts stay true whatever is judged, restored, switched on and off: a property, and the peer's cases beside ours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.scheduler import (
    AcquiredImage,
    Change,
    ExposurePlan,
    PlannedTarget,
    Project,
    SchedulerRows,
    SeenFrame,
)
from pipeline.rules.scheduler_counts import MANUAL_ACQUIRED, count_changes

CASES = Path(__file__).resolve().parents[2].parent / "shared/cases/process.json"
_STATES = ("accepted", "moved on", "culled", "blinked away", "offered", "unseen")


def rows_of(grades: Iterable[int], *, purged: int, is_graded: bool, desired: int = 100) -> SchedulerRows:
    """One plan with these images, and purged history behind them."""
    images = tuple(
        AcquiredImage(id=n, project=1, target=1, plan=1, filter="L", grade=grade, taken_unix_s=60.0 * n)
        for n, grade in enumerate(grades, 1)
    )
    accepted = purged + sum(one.grade == 1 for one in images)
    plan = ExposurePlan(
        id=1,
        target=1,
        filter="L",
        exposure_s=300,
        desired=desired,
        accepted=accepted,
        acquired=purged + len(images),
    )
    return SchedulerRows(
        level=28,
        projects={1: Project(id=1, profile="p", name="M31", is_graded=is_graded)},
        targets={1: PlannedTarget(id=1, project=1, name="M31")},
        plans={1: plan},
        images=images,
    )


def made(rows: SchedulerRows, changes: Iterable[Change]) -> SchedulerRows:
    """The rows once the changes are made."""
    images, plan = {one.id: one for one in rows.images}, rows.plans[1]
    for one in changes:
        if one.table == "exposureplan":
            assert getattr(plan, one.column) == one.before
            plan = replace(plan, **{one.column: one.after})  # type: ignore[arg-type]
        else:
            name = {"gradingStatus": "grade", "rejectreason": "reason"}[one.column]
            assert getattr(images[one.id], name) == one.before
            images[one.id] = replace(images[one.id], **{name: one.after})  # type: ignore[arg-type]
    return replace(rows, plans={1: plan}, images=tuple(images.values()))


def frames_of(states: Iterable[str]) -> dict[int, SeenFrame]:
    return {
        n: SeenFrame(stored=str(n), file=str(n), rig="rig", state=state)
        for n, state in enumerate(states, 1)
        if state != "unseen"
    }


@given(
    grades=st.lists(st.integers(0, 2), min_size=8, max_size=8),
    purged=st.integers(0, 50),
    judged=st.lists(
        st.tuples(st.booleans(), st.lists(st.sampled_from(_STATES), min_size=8, max_size=8)), max_size=5
    ),
)
def test_accepted_is_always_the_history_and_the_images_that_are_accepted(
    grades: list[int], purged: int, judged: list[tuple[bool, list[str]]]
) -> None:
    rows = rows_of(grades, purged=purged, is_graded=True)
    for is_graded, states in judged:
        rows = replace(rows, projects={1: replace(rows.projects[1], is_graded=is_graded)})
        rows = made(rows, count_changes(rows, frames_of(states))[0])
        assert count_changes(rows, frames_of(states))[0] == []
        assert rows.plans[1].accepted == purged + sum(one.grade == 1 for one in rows.images)
        away = sum(one.reason == MANUAL_ACQUIRED for one in rows.images)
        assert rows.plans[1].acquired == purged + len(grades) - away
        for image, state in zip(rows.images, states, strict=True):
            assert state not in {"accepted", "moved on"} or image.grade == 1
            assert state not in {"culled", "blinked away"} or image.grade == 2


def test_no_count_is_doubled_so_that_shooting_stops() -> None:
    if not CASES.is_file():
        pytest.skip(f"{CASES} is not there")
    cases = [one for one in json.loads(CASES.read_text("utf-8")) if one["kind"] == "accepted -> exposureplan"]
    assert cases
    for one in cases:
        accepted, desired = one["input"]["accepted_in_db"], one["input"]["desired"]
        rows = rows_of([1] * accepted, purged=0, is_graded=True, desired=desired)
        assert made(rows, count_changes(rows, frames_of(["accepted"] * accepted))[0]) == rows, one
