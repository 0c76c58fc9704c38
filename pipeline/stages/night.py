"""The whole night planned at once, and what surrounds a run: the sync service held, the balance told.

library ─see─▶ Seen ─plan_jobs (pure)─▶ jobs in the order of the night
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.answers import OK, WAITS, Answer
from pipeline.model.errors import PassingError
from pipeline.model.jobs import Asked, FileRecord, Job, Plan, Tally
from pipeline.model.master_groups import Wanted
from pipeline.model.records import StoredFact
from pipeline.model.sets import FrameSet
from pipeline.rules.addresses import read_address
from pipeline.rules.balance import balance_line, weigh
from pipeline.rules.ledger import ledger_file
from pipeline.rules.notes import FOLDER
from pipeline.rules.packed import UNPACKED
from pipeline.rules.pins import PIN
from pipeline.rules.spoken import counted
from pipeline.rules.summaries import key_of
from pipeline.rules.views_away import hold_back_jobs
from pipeline.stages import (
    accepted,
    blinked,
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
from pipeline.stages.ordering import behind, with_manifests, without_waiting

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

    seen = see(open_library(root))
    nights = open_nights(seen, everything=asked.everything, now=asked.now)
    leaving, left = leaving_now(seen)[0], _names_in(root / UNPACKED)
    wanted = wanted_masters(seen.library, _over(nights))
    sources = sources_of(seen.library)
    jobs = plan_jobs(seen, nights, _names_in(root / FOLDER), leaving, left, sources, wanted)
    guard, views = seen.guard, views_away(seen.library, seen.outline, seen.guard)
    there = [job for job in jobs if not _is_away(job, guard.owners)]
    near = hold_back_jobs(there, views)
    for stage in (distributed, calibrated):
        near = stage.hold_back(near, lambda owner: owner in guard.owners or views.concerns(owner))
    return Plan(
        jobs=without_waiting(jobs, near),
        waits=tuple(f"{one.what}." for one in (*guard.waits, *views.waits)),
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
    measuring = behind(measured.plan(sets), beside)
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
    jobs += _distributing(seen, over, taken, jobs)
    jobs += _calibrating(seen, over, jobs)
    return [
        *jobs,
        *(shown.plan(over) if settings.blink.pages else ()),
        *(*quarantine, *retired.plan(leaving)),
    ]


def _over(nights: Iterable[OpenNight]) -> list[FrameSet]:
    """The sets whose night is over."""
    return [one for night in nights for one in night.sets if one.id in night.over]


def _distributing(
    seen: Seen, over: Sequence[FrameSet], taken: Sequence[Job], jobs: Sequence[Job]
) -> list[Job]:
    """Masters laid beside lights, behind whatever makes masters in this very run."""
    making = [job for job in jobs if job.stage in {"gathered", "masters"}]
    sets = behind(distributed.plan(over, making, _pinned(seen, over)), taken)
    journals = seen.outline.journals
    lacks = {
        night: journals[name].lacks
        for night in seen.outline.nights
        if (name := ledger_file(*night)) in journals
    }
    late = [distributed.plan_late(lacks, [*making, *taken])] if lacks or jobs else []
    return [*sets, *late]


def _pinned(seen: Seen, over: Sequence[FrameSet]) -> frozenset[str]:
    """Names of sets for which a person chose a master; not asked where no night is open."""
    return frozenset(one.subject for one in seen.decisions.of_kind(PIN)) if over else frozenset()


def _calibrating(seen: Seen, over: Sequence[FrameSet], jobs: Sequence[Job]) -> list[Job]:
    """Accepted lights calibrated, behind the masters that are laid beside them in this very run."""
    configuration, journals = seen.library.configuration, seen.outline.journals
    sets = calibrated.plan(over, configuration, _pinned(seen, over))
    waiting = {
        night: journals[name].calibration
        for night in seen.outline.nights
        if (name := ledger_file(*night)) in journals
    }
    serving = [job.name for job in jobs if job.name == distributed.LATE]
    return [*sets, *calibrated.plan_late(waiting, configuration, serving)]


def state_folder(root: Path) -> Path:
    """Where caches, state and lock of a library lie."""
    from pipeline.world.library import open_library

    return open_library(root).state


def known_files(root: Path) -> Callable[[str], FileRecord | None]:
    """What the ledger knows of a stored path, so that no frame is hashed twice."""
    from pipeline.world import ledger

    nights: dict[tuple[str, date | None], dict[str, StoredFact]] = {}

    def known(path: str) -> FileRecord | None:
        stored = path.replace("\\", "/")
        address = read_address(stored)
        if address is None:
            return None
        night = address.owner, address.night
        if night not in nights:
            nights[night] = ledger.read_night(root, *night).stored
        fact = nights[night].get(stored)
        return FileRecord(fact.size, fact.mtime_ns, fact.sha256) if fact is not None and fact.sha256 else None

    return known


def threads(root: Path) -> int:
    """How many tasks run side by side where `-n` does not say; 0 is one after another."""
    from pipeline.world.library import open_library

    workers = open_library(root).configuration.library.limits.workers or 1
    return workers if workers > 1 else 0


def open_run(root: Path) -> tuple[str, ...]:
    """The first things a run does: step back for other programs, clear up behind a killed run, let sync go on."""
    from pipeline.world.leftovers import clear_up
    from pipeline.world.library import open_library
    from pipeline.world.pause_notes import note_in
    from pipeline.world.priority import step_back

    library = open_library(root)
    step_back(library.configuration.library.limits.nice)
    clear_up(library)
    if not note_in(library.state).exists():
        return ()
    from pipeline.world import services

    try:
        said = services.resume_left(library.configuration.library.sync, note_in(library.state))
    except PassingError as error:
        said = f"Sync was not resumed; the next run tries again. {error}"
    return (said,) if said else ()


@contextmanager
def pause_sync(root: Path) -> Iterator[None]:
    """The sync service waits from the first raw file touched until the run's end."""
    from pipeline.world import services
    from pipeline.world.library import open_library
    from pipeline.world.pause_notes import note_in

    library = open_library(root)
    library.state.mkdir(parents=True, exist_ok=True)
    paused = services.pause(library.configuration.library.sync, note_in(library.state))
    try:
        yield
    finally:
        if paused is not None:
            services.resume(paused)


def close_run(root: Path, tally: Tally) -> Answer:
    """The run's last lines: what waits, and the balance of a fresh look (DESIGN §2.9)."""
    from pipeline.world.leftovers import sweep_state
    from pipeline.world.library import open_library
    from pipeline.world.library_states import states_said
    from pipeline.world.master_waiting import short_groups
    from pipeline.world.retirement import leaving_now
    from pipeline.world.survey import see

    seen = see(open_library(root))
    sweep_state(seen.library.state)
    sums = weigh(seen.survey, seen.outline.remembered(), lambda origin: key_of(*origin))
    lines = [f"Waiting      {one.what}; {one.command}" for one in leaving_now(seen)[1]]
    if late := int(tally.counts.get(unpacked.OUT_OF_ARCHIVES, 0)):
        lines.append(
            f"Waiting      {counted(late, 'frame')} came out of archives: the next `doit` goes on with them"
        )
    lines += short_groups(seen.library) if tally.counts.get("passed") else []
    states, wrong = states_said(seen)
    lines += [balance_line(sums), *([states] if states else [])]
    if sums.difference:
        wrong = f"The balance is off by {sums.difference}: this is a bug in Nightbuild. Run `doit verify`."
    lines += [wrong] if wrong else []
    return Answer(sentences=tuple(lines), exit_code=WAITS if wrong else OK)
