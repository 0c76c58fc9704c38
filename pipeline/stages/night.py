"""The whole night planned at once, and what surrounds a run: the sync service held, the balance told.

library ─see─▶ Seen ─plan_jobs (pure)─▶ jobs in the order of the night
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model.answers import OK, WAITS, Answer
from pipeline.model.errors import PassingError
from pipeline.model.jobs import FileRecord, Job, Plan, Tally
from pipeline.model.records import StoredFact
from pipeline.rules.addresses import read_address
from pipeline.rules.balance import balance_line, weigh
from pipeline.rules.notes import FOLDER
from pipeline.rules.packed import UNPACKED
from pipeline.rules.summaries import key_of
from pipeline.stages import quarantined, recorded, renamed, retired, unpacked, witnessed

if TYPE_CHECKING:
    from pipeline.world.retirement import Leaving
    from pipeline.world.survey import Seen


def plan_library(root: Path) -> Plan:
    """Look at the library once, and plan everything that could be due; what held frames and is away waits."""
    from pipeline.world.library import open_library
    from pipeline.world.retirement import leaving_now
    from pipeline.world.survey import see

    seen = see(open_library(root))
    jobs = plan_jobs(seen, _names_in(root / FOLDER), leaving_now(seen)[0], _names_in(root / UNPACKED))
    guard = seen.guard
    return Plan(
        jobs=[job for job in jobs if job.rig not in guard.owners] if guard.owners else jobs,
        waits=tuple(f"{one.what}." for one in guard.waits),
    )


def _names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def plan_jobs(
    seen: Seen,
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
    return [*unpacking, *stored, *beside, *recorded.plan(stored), *quarantine, *retired.plan(leaving)]


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


def close_run(root: Path, _tally: Tally) -> Answer:
    """The run's last lines: what waits, and the balance of a fresh look (DESIGN §2.9)."""
    from pipeline.world.library import open_library
    from pipeline.world.retirement import leaving_now
    from pipeline.world.survey import see

    seen = see(open_library(root))
    sums = weigh(seen.survey, seen.outline.remembered(), lambda origin: key_of(*origin))
    lines = [f"Waiting      {one.what}; {one.command}" for one in leaving_now(seen)[1]]
    lines.append(balance_line(sums))
    if sums.difference:
        lines.append(
            f"The balance is off by {sums.difference}: this is a bug in Nightbuild. Run `doit verify`."
        )
    return Answer(sentences=tuple(lines), exit_code=OK if not sums.difference else WAITS)
