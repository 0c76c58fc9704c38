"""What is written down of a night once all else is done, planned together: the last six steps.

    every job of the night ─▶ catalog ─▶ scheduler ─▶ summaries ─▶ reports, notes ─▶ backed_up ─▶ its own page

Each comes behind what it tells of, and is done whatever became of that: a night that failed is told of too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pipeline.model.jobs import Job
from pipeline.rules.report_asked import waits_mark
from pipeline.rules.waiting import Waiting
from pipeline.stages import backed_up, catalog, notes, reports, scheduler, summaries

if TYPE_CHECKING:
    from pipeline.world.survey import Seen


def plan(seen: Seen, jobs: Sequence[Job], away: Iterable[Waiting] = ()) -> list[Job]:
    """The jobs of the last six steps, behind those of the night; `away` is what is not reachable."""
    settings = seen.library.configuration.library
    owners = _owners(seen)
    told = catalog.plan(owners, jobs)
    asked = scheduler.plan(settings.scheduler, _names(told))
    summed = summaries.plan(_names([*told, *asked]))
    waits = waits_mark(seen.survey, [rig.name for rig in seen.library.configuration.rigs], away)
    shown = reports.plan(owners, _names([*told, *asked, *summed]), waits)
    noted = notes.plan(settings.notes, _names([*told, *asked]))
    told_of = [*told, *asked, *summed, *shown, *noted]
    kept = backed_up.plan(settings.backup, _nights(seen), [*jobs, *told_of])
    return [*told_of, *kept, *reports.plan_backup(_names([*jobs, *told_of, *kept]) if kept else ())]


def _nights(seen: Seen) -> set[tuple[str, date]]:
    """The nights of which something is stored, or about to be."""
    arriving = {
        (one.owner, one.night) for one in seen.survey.arrivals if one.stored and one.night is not None
    }
    return {*seen.outline.nights, *arriving}


def _owners(seen: Seen) -> list[str]:
    """The rigs and cameras of which something is stored, or about to be."""
    arriving = {one.owner for one in seen.survey.arrivals if one.stored}
    return sorted({owner for owner, _ in seen.outline.nights} | (arriving - {""}))


def _names(jobs: Iterable[Job]) -> tuple[str, ...]:
    return tuple(job.name for job in jobs)
