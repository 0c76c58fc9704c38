"""Hours summed: what is had, wanted and needed, tables for AstroBin and spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.model.jobs import Job, Outcome, Work, job_name
from pipeline.rules.record_places import SUMMARIES
from pipeline.rules.spoken import counted, lasting

VERSION = 1
_NAME = "library"


def plan(first: Sequence[str]) -> list[Job]:
    """The job, behind catalogue and scheduler: whatever became of these, what is known is summed."""
    if not first:
        return []
    return [
        Job(
            stage="summaries",
            name=job_name("summaries", _NAME),
            doc=f"Sum hours, and write tables into {SUMMARIES}",
            settings={"VERSION": VERSION},
            targets=(f"{SUMMARIES}/totals.json", f"{SUMMARIES}/totals.txt"),
            effect="pipeline.stages.summaries:sum_up",
            check="pipeline.stages.summaries:is_done",
            behind=tuple(first),
            derived=True,
        )
    ]


def is_done(library: Path) -> bool:
    """True when catalogue and plans are those that were summed."""
    from pipeline.world.record_marks import is_told

    return is_told(library, "summaries")


def sum_up(work: Work) -> Outcome:
    """Write what is other than before."""
    from pipeline.world.library import open_library
    from pipeline.world.record_marks import keep_told, told_mark
    from pipeline.world.summing import write_summaries

    library = open_library(work.library)
    mark = told_mark(library)
    done = write_summaries(library)
    keep_told(library, "summaries", mark)
    if not done.written:
        return Outcome()
    said = f"{counted(done.targets, 'target')}, {lasting(done.had_s)} accepted"
    said += f"; ready for a master: {', '.join(done.ready)}" if done.ready else ""
    return Outcome(said, {"summaries": done.written})
