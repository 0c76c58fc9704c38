"""What holds the stages of a night together: files that pass from one to the next, and which waits for which.

measured ─frames.json─▶ culled ─▶ offered, accepted        behind(jobs, first): of the same night, or its owner's
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace

from pipeline.model.jobs import Job
from pipeline.model.measures import CULLED, MEASURED

_MANIFESTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "measured": ((), (MEASURED,)),
    "culled": ((MEASURED,), (CULLED,)),
    "offered": ((CULLED,), ()),
    "accepted": ((CULLED,), ()),
}
"""What each stage reads of a set, and makes."""


def with_manifests(jobs: Iterable[Job], state: str) -> list[Job]:
    """The jobs of sets with the files that pass between them."""
    found = []
    for job in jobs:
        reads, makes = _MANIFESTS[job.stage]
        home = f"{state}/manifests/{job.arguments['set_id']}"
        inputs, targets = tuple(f"{home}/{name}" for name in reads), tuple(f"{home}/{name}" for name in makes)
        found.append(replace(job, inputs=inputs, targets=targets, derived=True))
    return found


def behind(jobs: Sequence[Job], first: Iterable[Job]) -> list[Job]:
    """The jobs, each behind those of its own night, or of its owner's nights, that are to be done first."""
    ahead: dict[tuple[str, str], list[str]] = {}
    for one in first:
        ahead.setdefault((one.arguments.get("owner", ""), one.arguments.get("night", "")), []).append(
            one.name
        )
    found = []
    for job in jobs:
        owner, night = job.arguments["owner"], job.arguments["night"]
        names = (*job.after, *ahead.get((owner, night), ()), *ahead.get((owner, ""), ()))
        after = tuple(dict.fromkeys(names))
        found.append(job if after == job.after else replace(job, after=after))  # thousands stay as they are
    return found


def without_waiting(jobs: Iterable[Job], kept: Iterable[Job]) -> list[Job]:
    """The jobs that are kept, without those that need one that is not, and none behind such a one.

    What is not kept waits for a disk: nothing is made of half the frames, and nothing else is stopped by it.
    """
    left = list(kept)
    waiting = {job.name for job in jobs} - {job.name for job in left}
    while stuck := {job.name for job in left if not waiting.isdisjoint(job.after)}:
        waiting |= stuck
        left = [job for job in left if job.name not in stuck]
    return [
        job
        if waiting.isdisjoint(job.behind)
        else replace(job, behind=tuple(name for name in job.behind if name not in waiting))
        for job in left
    ]


def hold_back(jobs: Sequence[Job], late: Set[str], is_away: Callable[[str], bool]) -> list[Job]:
    """The jobs: those that speak for every rig without the rigs whose disk is away, nor behind jobs that wait for it.

    Args:
        jobs: What is planned.
        late: The names of the jobs that speak for every rig, by `owners` in their arguments.
        is_away: Whether a rig's or camera's disk is away.
    """
    planned = {job.name for job in jobs}
    return [_held_back(job, planned, is_away) if job.name in late else job for job in jobs]


def _held_back(job: Job, planned: Set[str], is_away: Callable[[str], bool]) -> Job:
    there = {owner: told for owner, told in job.arguments["owners"].items() if not is_away(owner)}
    behind = tuple(name for name in job.behind if name in planned)
    return replace(job, behind=behind, arguments={"owners": there}, check_arguments={"owners": there})
