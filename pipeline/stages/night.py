"""The whole night planned at once; what surrounds a run is `stages/surroundings`.

library ─see─▶ Seen ─plan_jobs (pure)─▶ jobs in the order of the night
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.jobs import Asked, Job, Plan
from pipeline.model.master_groups import Wanted
from pipeline.model.sets import FrameSet
from pipeline.rules.ledger import ledger_file
from pipeline.rules.notes import FOLDER
from pipeline.rules.packed import UNPACKED
from pipeline.rules.plan_priority import NOTHING_SAID, Urgency
from pipeline.rules.views_away import hold_back_jobs
from pipeline.rules.waiting import Waiting
from pipeline.stages import (
    accepted,
    blinked,
    bookkeeping,
    calibrated,
    culled,
    distributed,
    gathered,
    masters,
    measured,
    offered,
    quarantined,
    recorded,
    renamed,
    retired,
    shown,
    unpacked,
    witnessed,
)
from pipeline.stages.ordering import behind, hold_back, with_manifests, without_waiting

if TYPE_CHECKING:
    from pipeline.world.found_masters import Source
    from pipeline.world.open_nights import OpenNight
    from pipeline.world.retirement import Leaving
    from pipeline.world.survey import Seen

_AS_USUAL = Asked()


def plan_library(root: Path, asked: Asked = _AS_USUAL) -> Plan:
    """Look at the library once, and plan everything that could be due; what held frames and is away waits."""
    from pipeline.world.found_masters import sources_of
    from pipeline.world.guards import views_away
    from pipeline.world.library import open_library
    from pipeline.world.master_plan import wanted_masters
    from pipeline.world.open_nights import open_nights
    from pipeline.world.retirement import leaving_now
    from pipeline.world.survey import see
    from pipeline.world.urgency import read_urgency

    seen = see(open_library(root))
    nights = open_nights(seen, everything=asked.everything, now=asked.now)
    leaving, left = leaving_now(seen)[0], _names_in(root / UNPACKED)
    over = _over(nights)
    wanted = wanted_masters(seen.library, over)
    sources = sources_of(seen.library)
    urgency = (
        read_urgency(seen.library, seen.said) if over else NOTHING_SAID
    )  # a no-op reads no plan and no pin
    guard, views = seen.guard, views_away(seen.library, seen.outline, seen.guard)
    away = (*guard.waits, *views.waits)
    jobs = plan_jobs(seen, nights, _names_in(root / FOLDER), leaving, left, sources, wanted, urgency, away)
    there = [job for job in jobs if not _is_away(job, guard.owners)]
    near = hold_back_jobs(there, views)
    late = {distributed.LATE, calibrated.LATE}
    near = hold_back(near, late, lambda owner: owner in guard.owners or views.concerns(owner))
    return Plan(
        jobs=without_waiting(jobs, near),
        waits=tuple(f"{one.what}." for one in away),
    )


def _is_away(job: Job, owners: Set[str]) -> bool:
    return job.rig in owners or job.arguments.get("owner") in owners


def _names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def plan_jobs(
    seen: Seen,
    nights: Sequence[OpenNight] = (),
    in_quarantine: Sequence[str] = (),
    leaving: Sequence[Leaving] = (),
    left_behind: Sequence[str] = (),
    sources: Sequence[Source] = (),
    wanted: Sequence[Wanted] = (),
    urgency: Urgency = NOTHING_SAID,
    away: Sequence[Waiting] = (),
) -> list[Job]:
    """Every job of the night, in its order; pure."""
    arrivals = seen.survey.arrivals
    stored = renamed.plan(arrivals, seen.outline.nights)
    unpacking = unpacked.plan(arrivals, left_behind)
    beside = witnessed.plan(arrivals, seen.near, seen.around, unpacking)
    quarantine = quarantined.plan(arrivals, in_quarantine, keep=seen.guard.inbox_away)
    settings = seen.library.configuration.library
    sets = [one for night in nights for one in night.sets]
    over = _over(nights)
    taken = blinked.plan([(night.owner, night.night) for night in nights])
    measuring = behind(measured.plan(sets), [*stored, *beside])
    state = seen.library.state_path
    jobs = [
        *(*unpacking, *stored, *beside, *taken, *with_manifests(measuring, state)),
        *behind(recorded.plan(stored), measuring),
        *with_manifests(behind(culled.plan(over), taken), state),
        *with_manifests(behind(offered.plan(over), taken), state),
        *with_manifests(behind(accepted.plan(over), taken), state),
        *gathered.plan(sources),
    ]
    passing = [job for job in jobs if job.stage in {"recorded", "accepted"}]
    jobs += masters.plan(wanted, passing, [job for job in jobs if job.stage == "gathered"])
    jobs += _distributing(seen, over, urgency, taken, jobs)
    jobs += _calibrating(seen, over, urgency, jobs)
    jobs += shown.plan(over) if settings.blink.pages else ()
    jobs += [*quarantine, *retired.plan(leaving)]
    return [*jobs, *bookkeeping.plan(seen, jobs, away)]


def _over(nights: Iterable[OpenNight]) -> list[FrameSet]:
    """The sets whose night is over."""
    return [one for night in nights for one in night.sets if one.id in night.over]


def _distributing(
    seen: Seen, over: Sequence[FrameSet], urgency: Urgency, taken: Sequence[Job], jobs: Sequence[Job]
) -> list[Job]:
    """Masters laid beside lights, behind whatever makes masters in this very run."""
    making = [job for job in jobs if job.stage in {"gathered", "masters"}]
    sets = behind(distributed.plan(over, making, urgency), taken)
    journals = seen.outline.journals
    lacks = {
        night: journals[name].lacks
        for night in seen.outline.nights
        if (name := ledger_file(*night)) in journals
    }
    late = [distributed.plan_late(lacks, [*making, *taken])] if lacks or jobs else []
    return [*sets, *late]


def _calibrating(seen: Seen, over: Sequence[FrameSet], urgency: Urgency, jobs: Sequence[Job]) -> list[Job]:
    """Accepted lights calibrated, behind the masters that are laid beside them in this very run."""
    configuration, journals = seen.library.configuration, seen.outline.journals
    sets = calibrated.plan(over, configuration, urgency)
    waiting = {
        night: journals[name].calibration
        for night in seen.outline.nights
        if (name := ledger_file(*night)) in journals
    }
    serving = [job.name for job in jobs if job.name == distributed.LATE]
    return [*sets, *calibrated.plan_late(waiting, configuration, serving)]
