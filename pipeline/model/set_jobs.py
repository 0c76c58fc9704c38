"""Jobs of a set, and of a rig's or camera's night, made alike by every stage that works level-triggered.

Such a stage is two functions at the top of its module, called by the same names: `effect(work, *, owner, night, ...)`
brings about what ought to be so, `check(library, *, owner, night, ...)` says whether it is. They are given as they
are, and travel as text:

    set_job(one, f"Measure {one.label}", measure_frames, is_done, version=VERSION, after=(...))
      ─▶ Job(stage="measured", name="measured:<set>", effect="pipeline.stages.measured:measure_frames",
             arguments={"owner": ..., "night": "2026-01-14", "set_id": ...}, settings={"VERSION": 1}, ...)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from pipeline.model.jobs import Job, Outcome, job_name
from pipeline.model.sets import FrameSet

Effect = Callable[..., Outcome]
Check = Callable[..., bool]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def set_job(
    one: FrameSet,
    says: str,
    effect: Effect,
    check: Check,
    *,
    version: int,
    after: tuple[str, ...] = (),
    settings: Mapping[str, Any] = _NOTHING,
) -> Job:
    """The job of the effect's stage for one set.

    Args:
        one: The set; its id, owner and night are what effect and check are called with.
        says: `Measure M31 L 300 s`; whose it is, and of which night, is added.
        effect: Does it; its module's name is the stage's.
        check: True when there is nothing to do.
        version: The stage's VERSION.
        after: Names of jobs to be done first: `(set_job_name("measured", one),)`.
        settings: What else it depends on that is no file.
    """
    night = one.night.isoformat()
    return Job(
        stage=_stage_of(effect),
        name=set_job_name(_stage_of(effect), one),
        doc=f"{says}, {one.owner}, night of {night}",
        settings={"VERSION": version, **settings},
        effect=_dotted(effect),
        arguments={"owner": one.owner, "night": night, "set_id": one.id},
        check=_dotted(check),
        check_arguments={"owner": one.owner, "night": night, "set_id": one.id},
        after=after,
        rig=one.rig,
        night=night,
        target=one.target,
    )


def night_job(
    owner: str,
    evening: date,
    says: str,
    effect: Effect,
    check: Check,
    *,
    version: int,
    after: tuple[str, ...] = (),
    settings: Mapping[str, Any] = _NOTHING,
) -> Job:
    """The same for a rig's or a camera's night; `says` is `Make the page for blinking`, and the owner follows."""
    night = evening.isoformat()
    return Job(
        stage=_stage_of(effect),
        name=job_name(_stage_of(effect), owner, night),
        doc=f"{says} {owner}, night of {night}",
        settings={"VERSION": version, **settings},
        effect=_dotted(effect),
        arguments={"owner": owner, "night": night},
        check=_dotted(check),
        check_arguments={"owner": owner, "night": night},
        after=after,
        rig=owner,
        night=night,
    )


def set_job_name(stage: str, one: FrameSet) -> str:
    """How a stage's job for a set is called, for those to be done after it."""
    return job_name(stage, one.id)


def _stage_of(effect: Effect) -> str:
    """`measured` of a function in pipeline/stages/measured.py: one file a step."""
    return effect.__module__.rpartition(".")[2]


def _dotted(function: Callable[..., Any]) -> str:
    return f"{function.__module__}:{function.__name__}"
