"""What surrounds a run: the leftovers of a killed one cleared, the sync service held, the balance told at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pipeline.model.answers import OK, WAITS, Answer
from pipeline.model.errors import PassingError
from pipeline.model.jobs import FileRecord, Tally
from pipeline.model.records import StoredFact
from pipeline.rules.addresses import read_address
from pipeline.rules.balance import balance_line, weigh
from pipeline.rules.packed import OUT_OF_ARCHIVES
from pipeline.rules.spoken import counted
from pipeline.rules.summaries import key_of


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
    if late := int(tally.counts.get(OUT_OF_ARCHIVES, 0)):
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
