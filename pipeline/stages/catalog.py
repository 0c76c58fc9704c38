"""Everything known written down as rows in `_Catalog/<rig>.json`: what questions and reports are asked of.

    journals, decisions, manifests ─▶ _Catalog/<rig or camera>.json ─┐
                  masters, settings ─────────────────────────────────┴─▶ _Catalog/_library.json

Derived only: each rig's file is brought up to date night by night, and comes out as if it were made from nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.rules.record_places import LIBRARY_CATALOG, catalog_file
from pipeline.rules.spoken import counted

VERSION = 2
LIBRARY = job_name("catalog", "_library")


def plan(owners: Iterable[str], jobs: Sequence[Job]) -> list[Job]:
    """One job for each rig and camera, behind its jobs of this night, and one for the library.

    Args:
        owners: Rigs and cameras of which something is stored.
        jobs: All other jobs of the night: their failing stops no catalogue.
    """
    of_all = tuple(job.name for job in jobs if not _owner_of(job))
    ahead: dict[str, list[str]] = {}
    for job in jobs:
        ahead.setdefault(_owner_of(job), []).append(job.name)
    found = [_job(owner, (*ahead.get(owner, ()), *of_all)) for owner in owners]
    return [*found, _library_job(tuple(job.name for job in found) or of_all)] if found else []


def _owner_of(job: Job) -> str:
    return str(job.arguments.get("owner", job.rig))


def _job(owner: str, behind: tuple[str, ...]) -> Job:
    return Job(
        stage="catalog",
        name=job_name("catalog", owner),
        doc=f"Write down what is known of {owner}",
        targets=(catalog_file(owner),),
        settings={"VERSION": VERSION},
        effect="pipeline.stages.catalog:write_owner",
        arguments={"owner": owner},
        check="pipeline.stages.catalog:is_written",
        check_arguments={"owner": owner},
        behind=behind,
        derived=True,
        rig=owner,
    )


def _library_job(behind: tuple[str, ...]) -> Job:
    return Job(
        stage="catalog",
        name=LIBRARY,
        doc="Write down masters, equipment and sites",
        targets=(LIBRARY_CATALOG,),
        settings={"VERSION": VERSION},
        effect="pipeline.stages.catalog:write_library",
        check="pipeline.stages.catalog:is_library_written",
        behind=behind,
        derived=True,
    )


def is_written(library: Path, *, owner: str) -> bool:
    """True when the rig's rows were made from what is there now."""
    from pipeline.world.catalog_check import is_made
    from pipeline.world.library import open_library

    return is_made(open_library(library), owner)


def write_owner(work: Work, *, owner: str) -> Outcome:
    """Bring the rig's file up to date; a night that could not be read fails this job, its other nights are written."""
    from pipeline.rules.cull_words import rig_word
    from pipeline.world.catalog_making import make_catalog
    from pipeline.world.library import open_library

    made = make_catalog(open_library(work.library), owner, work.progress)
    if made.trouble is not None:
        raise made.trouble
    if not made.nights and not made.remarks:
        return Outcome()
    said = f"{counted(made.frames, 'frame')}, {counted(made.sets, 'set')} of {counted(made.nights, 'night')}"
    return Outcome("; ".join((f"{rig_word(owner):<5} {said}", *made.remarks)), {"catalogued": made.frames})


def is_library_written(library: Path) -> bool:
    """True when masters, equipment and sites are as they were when they were written down."""
    from pipeline.world.catalog_check import is_library_made
    from pipeline.world.library import open_library

    return is_library_made(open_library(library))


def write_library(work: Work) -> Outcome:
    """Write down what belongs to no rig."""
    from pipeline.world.catalog_library import make_catalog
    from pipeline.world.library import open_library

    masters = make_catalog(open_library(work.library))
    return Outcome("" if masters is None else f"the library  {counted(masters, 'master')}")
