"""NINA's Target Scheduler: read for what is wanted, told what is to be shot again where library.toml asks for it.

    database ─▶ _Catalog/_plans/<source>.json      [scheduler] write = true: culled and blinked-away frames ─▶ counts

What cannot be written now (NINA is at work, the database lies on another computer) waits, and stops no night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.model.record_policies import Scheduler, SchedulerDatabase

if TYPE_CHECKING:
    from pipeline.world.library import OpenLibrary

VERSION = 1


def plan(settings: Scheduler, first: Sequence[str]) -> list[Job]:
    """One job for each database, behind the catalogue."""
    return [_job(settings, database, first) for database in settings.databases]


def _job(settings: Scheduler, database: SchedulerDatabase, first: Sequence[str]) -> Job:
    return Job(
        stage="scheduler",
        name=job_name("scheduler", database.name),
        doc=f"Look after the scheduler {database.name}",
        settings={
            "VERSION": VERSION,
            "write": settings.write,
            "project_state": settings.project_state,
            **asdict(database),
        },
        effect="pipeline.stages.scheduler:look_after_database",
        arguments={"name": database.name},
        check="pipeline.stages.scheduler:is_done",
        check_arguments={"name": database.name},
        behind=tuple(first),
    )


def is_done(library: Path, *, name: str) -> bool:
    """True when nothing is new of it, or nothing can be done just now."""
    from pipeline.world import scheduling
    from pipeline.world.library import open_library

    opened = open_library(library)
    database = _database(opened, name)
    return database is None or scheduling.is_done(opened, database)


def look_after_database(work: Work, *, name: str) -> Outcome:
    """Take the snapshot, and make the changes where that is asked for and possible."""
    from pipeline.rules.scheduler_words import diary_line
    from pipeline.world.library import open_library
    from pipeline.world.scheduling import look_after

    library = open_library(work.library)
    database = _database(library, name)
    if database is None:
        return Outcome()
    found = look_after(library, database)
    changed = found.proposal.changes if found.backup is not None else ()
    says = diary_line(name, found.proposal, waits=found.waits, is_made=bool(changed))
    return Outcome(says, {"scheduler changes": len(changed)})


def _database(library: OpenLibrary, name: str) -> SchedulerDatabase | None:
    found = library.configuration.library.scheduler.databases
    return next((one for one in found if one.name == name), None)
