"""A scheduler project's state from the stage its targets' folders have come to; only where library.toml asks for it.

    10_Blink, 20_Data ─▶ active        30_Master, 40_Process, 50_Bake ─▶ inactive        60_Done, 70_Abandon ─▶ closed

The most active of all speaks. A project with a target nothing is known of is not put to rest: that one is still to
be shot. A draft stays a draft: its person has not begun.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.model.scheduler import STATES, Change, Project, SchedulerRows
from pipeline.rules.targets import split_panel, target_key

DRAFT, ACTIVE, INACTIVE, CLOSED = STATES
_BY_STAGE = {
    "00": ACTIVE,
    "10": ACTIVE,
    "20": ACTIVE,
    "30": INACTIVE,
    "40": INACTIVE,
    "50": INACTIVE,
    "60": CLOSED,
    "70": CLOSED,
}

Stages = Mapping[tuple[str, str], Sequence[str]]
"""Rig and target (as `targets.target_key` writes it) to the stage folders it lies in."""


def state_of_stages(stages: Iterable[str]) -> int:
    """The state that these stage folders ask for; DRAFT where none is known."""
    known = [state for stage in stages if (state := _BY_STAGE.get(stage[:2])) is not None]
    return min(known, default=DRAFT)


def state_changes(
    rows: SchedulerRows, stages: Stages, rigs: Mapping[str, Sequence[str]], joined: Mapping[str, str]
) -> Iterator[Change]:
    """The projects whose state is to follow their folders.

    Args:
        rows: The database.
        stages: Where the library's targets lie.
        rigs: NINA profile to the rigs it drives.
        joined: Other spellings of targets, by key, to the spelling of their folder.
    """
    for project in rows.projects.values():
        found = _stages_of(project, rows, stages, rigs.get(project.profile, ()), joined)
        state = state_of_stages(one for each in found for one in each)
        unknown = not all(found)
        if not found or state in {DRAFT, project.state} or project.state == DRAFT:
            continue
        if unknown and state != ACTIVE:
            continue
        yield Change(
            table="project",
            id=project.id,
            column="state",
            before=project.state,
            after=state,
            about=project.name,
            why=f"{_most_active(found)}: {STATES.get(project.state, project.state)} becomes {STATES[state]}",
        )


def _stages_of(
    project: Project, rows: SchedulerRows, stages: Stages, rigs: Sequence[str], joined: Mapping[str, str]
) -> list[list[str]]:
    """The stage folders of each of its targets."""
    names = {split_panel(one.name)[0] for one in rows.targets.values() if one.project == project.id}
    return [
        [stage for rig in rigs for stage in stages.get((rig, _key(name, joined)), ())]
        for name in sorted(names)
    ]


def _key(name: str, joined: Mapping[str, str]) -> str:
    key = target_key(name)
    return target_key(joined.get(key, name))


def _most_active(found: Iterable[Sequence[str]]) -> str:
    return min((stage for each in found for stage in each), default="")
