"""What dodo.py needs to be a table of contents: doit's settings, and the planned tasks of a stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from doit.task import Task

from pipeline.engine.loader import night_config, shift_here, the_night
from pipeline.engine.shift import Shift
from pipeline.engine.tasks import make_tasks
from pipeline.model.jobs import Job


def doit_config() -> dict[str, Any]:
    """DOIT_CONFIG for the library that is meant."""
    return night_config(_shift())


def tasks_of(name: str) -> Iterator[Task]:
    """The tasks of one stage, its group first; the group is there also when it has nothing to do."""
    stages = [stage for stage in _shift().night.stages if stage.name == name]
    yield from make_tasks(stages, [job for job in _jobs() if job.stage == name], _shift())


@cache
def _shift() -> Shift:
    return shift_here(the_night)


@cache
def _jobs() -> Sequence[Job]:
    return _shift().plan()
