"""The whole night planned at once, and what surrounds a run: the sync service held, the balance told.

library ─see─▶ Seen ─plan_jobs (pure)─▶ jobs in the order of the night
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.answers import OK, WAITS, Answer
from pipeline.model.errors import PassingError
from pipeline.model.jobs import Asked, FileRecord, Job, Plan, Tally
from pipeline.model.measures import CULLED, MEASURED
from pipeline.model.records import StoredFact
from pipeline.rules.addresses import read_address
from pipeline.rules.balance import balance_line, weigh
from pipeline.rules.notes import FOLDER
from pipeline.rules.packed import UNPACKED
from pipeline.rules.spoken import counted
from pipeline.rules.summaries import key_of
from pipeline.rules.views_away import hold_back_jobs
from pipeline.stages import (
    accepted,
    blinked,
    culled,
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

if TYPE_CHECKING:
    from pipeline.world.open_nights import OpenNight
    from pipeline.world.retirement import Leaving
    from pipeline.world.survey import Seen

_AS_USUAL = Asked()
_MANIFESTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "measured": ((), (MEASURED,)),
    "culled": ((MEASURED,), (CULLED,)),
    "offered": ((CULLED,), ()),
    "accepted": ((CULLED,), ()),
}
"""What each stage reads of a set, and makes."""


def plan_library(root: Path, asked: Asked = _AS_USUAL) -> Plan:
    """Look at the library once, and plan everything that could be due; what held frames and is away waits."""
    from pipeline.world.guards import views_away
    from pipeline.world.library import open_library
    from pipeline.world.open_nights import open_nights
    from pipeline.world.retirement import leaving_now
    from pipeline.world.survey import see

    seen = see(open_library(root))
    nights = open_nights(seen, everything=asked.everything, now=asked.now)
    leaving, left = leaving_now(seen)[0], _names_in(root / UNPACKED)
    jobs = plan_jobs(seen, nights, _names_in(root / FOLDER), leaving, left)
    guard, views = seen.guard, views_away(seen.library, seen.outline, seen.guard)
    there = [job for job in jobs if not _is_away(job, guard.owners)]
    return Plan(
        jobs=hold_back_jobs(there, views),
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
) -> list[Job]:
    """Every job of the night, in its order; pure."""
    arrivals = seen.survey.arrivals
    stored = renamed.plan(arrivals, seen.outline.nights)
    unpacking = unpacked.plan(arrivals, left_behind)
    beside = witnessed.plan(arrivals, seen.near, seen.around, unpacking)
    quarantine = quarantined.plan(arrivals, in_quarantine, keep=seen.guard.inbox_away)
    settings = seen.library.configuration.library
    sets = [one for night in nights for one in night.sets]
    over = [one for night in nights for one in night.sets if one.id in night.over]
    taken = blinked.plan([(night.owner, night.night) for night in nights])
    measuring = _behind(measured.plan(sets), beside)
    state = seen.library.state_path
    return [
        *(*unpacking, *stored, *beside, *taken, *_with_manifests(measuring, state)),
        *_behind(recorded.plan(stored), measuring),
        *_with_manifests(_behind(culled.plan(over), taken), state),
        *_with_manifests(_behind(offered.plan(over), taken), state),
        *_with_manifests(_behind(accepted.plan(over), taken), state),
        *(shown.plan(over) if settings.blink.pages else ()),
        *(*quarantine, *retired.plan(leaving)),
    ]


def _with_manifests(jobs: Iterable[Job], state: str) -> list[Job]:
    """The jobs of sets with the files that pass between them."""
    found = []
    for job in jobs:
        reads, makes = _MANIFESTS[job.stage]
        home = f"{state}/manifests/{job.arguments['set_id']}"
        inputs, targets = tuple(f"{home}/{name}" for name in reads), tuple(f"{home}/{name}" for name in makes)
        found.append(replace(job, inputs=inputs, targets=targets, derived=True))
    return found


def _behind(jobs: Sequence[Job], first: Iterable[Job]) -> list[Job]:
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
        found.append(replace(job, after=tuple(dict.fromkeys(names))))
    return found


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
    """The first things a run does: step back for other programs, let sync go on that a killed run had paused."""
    from pipeline.world.library import open_library
    from pipeline.world.pause_notes import note_in
    from pipeline.world.priority import step_back

    library = open_library(root)
    step_back(library.configuration.library.limits.nice)
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
    from pipeline.world.library import open_library
    from pipeline.world.library_states import states_said
    from pipeline.world.retirement import leaving_now
    from pipeline.world.survey import see

    seen = see(open_library(root))
    sums = weigh(seen.survey, seen.outline.remembered(), lambda origin: key_of(*origin))
    lines = [f"Waiting      {one.what}; {one.command}" for one in leaving_now(seen)[1]]
    if late := int(tally.counts.get(unpacked.OUT_OF_ARCHIVES, 0)):
        lines.append(
            f"Waiting      {counted(late, 'frame')} came out of archives: the next `doit` goes on with them"
        )
    states, wrong = states_said(seen)
    lines += [balance_line(sums), *([states] if states else [])]
    if sums.difference:
        wrong = f"The balance is off by {sums.difference}: this is a bug in Nightbuild. Run `doit verify`."
    lines += [wrong] if wrong else []
    return Answer(sentences=tuple(lines), exit_code=WAITS if wrong else OK)
